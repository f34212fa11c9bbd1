-- Who may see the pages: one password, and who has shown it.
CREATE TABLE login (
    only_one INTEGER PRIMARY KEY CHECK (only_one = 1),
    -- A password hash with its salt and cost, never the password.
    password TEXT NOT NULL,
    set_at INTEGER NOT NULL
) STRICT;

CREATE TABLE session (
    id TEXT PRIMARY KEY,
    -- Of the secret half of the cookie.
    hash TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    used_at INTEGER NOT NULL,
    agent TEXT NOT NULL,
    address TEXT NOT NULL
) STRICT, WITHOUT ROWID;
