CREATE TABLE account (
    user_id INTEGER PRIMARY KEY,
    profile TEXT NOT NULL UNIQUE COLLATE NOCASE,
    name TEXT NOT NULL,
    avatar TEXT,
    added_at INTEGER NOT NULL,
    checked_at INTEGER NOT NULL,
    token_expires_at INTEGER
) STRICT;

-- Not tied to an account: files of people we hold no token for are listed too.
CREATE TABLE snapshot (
    file TEXT PRIMARY KEY,
    id TEXT NOT NULL,
    user_id INTEGER NOT NULL,
    user_name TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    anime INTEGER NOT NULL,
    manga INTEGER NOT NULL,
    size INTEGER NOT NULL,
    file_hash TEXT NOT NULL,
    content_hash TEXT NOT NULL,
    added INTEGER,
    changed INTEGER,
    removed INTEGER,
    standing TEXT NOT NULL,
    verified_at INTEGER NOT NULL
) STRICT;

CREATE INDEX snapshot_of_user ON snapshot (user_id, created_at);
CREATE INDEX snapshot_id ON snapshot (id);

CREATE TABLE attempt (
    id INTEGER PRIMARY KEY,
    user_id INTEGER NOT NULL,
    at INTEGER NOT NULL,
    outcome TEXT NOT NULL,
    detail TEXT NOT NULL
) STRICT;

CREATE INDEX attempt_of_user ON attempt (user_id, at);
