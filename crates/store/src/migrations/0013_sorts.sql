-- All that filters ask for but names and days: how many there are of each sort, and where the rare ones are.
CREATE INDEX change_sort ON change (user_id, fields, media_type, source, outcome, at, seq);
