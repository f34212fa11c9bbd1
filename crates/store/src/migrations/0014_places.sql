-- What was so at a moment long ago is found without reading all that came since.
DROP INDEX snapshot_of_user;
CREATE INDEX snapshot_of_user ON snapshot (user_id, position, created_at);
CREATE INDEX change_unsure ON change (user_id, at, since) WHERE since IS NOT NULL;
