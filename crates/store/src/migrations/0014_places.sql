-- What was so at a moment long ago is found without reading all that came since.
DROP INDEX snapshot_of_user;
CREATE INDEX snapshot_of_user ON snapshot (user_id, position, created_at);
DROP INDEX change_of_user;
CREATE INDEX change_of_user ON change (user_id, at, seq, since);
