-- Whether there is a snapshot from after a moment.
CREATE INDEX snapshot_by_moment ON snapshot (user_id, created_at);
