-- Keys by which programs talk to the server. The key itself is shown once and not kept.
CREATE TABLE api_key (
    name TEXT PRIMARY KEY,
    hash TEXT NOT NULL UNIQUE,
    -- Whether it may write, or only read.
    may_write INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    used_at INTEGER
) STRICT, WITHOUT ROWID;
