-- Whether there is a snapshot from after a moment.
CREATE INDEX snapshot_by_moment ON snapshot (user_id, created_at);

-- From when until when an account was looked at without a token, all such times in one: what was private then is not known.
CREATE TABLE public_time (
    user_id INTEGER PRIMARY KEY,
    first INTEGER NOT NULL,
    last INTEGER NOT NULL
) STRICT;
