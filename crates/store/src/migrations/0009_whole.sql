-- Titles that came or went: few among the many that changed, and asked for by themselves.
CREATE INDEX change_whole ON change (user_id, outcome, at, seq) WHERE fields = 0;
