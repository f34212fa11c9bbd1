-- What people were told and are told no second time, by what it is about.
CREATE TABLE told (
    subject TEXT PRIMARY KEY,
    what TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Notices, for as long as somebody has still to get them. No number is given twice.
CREATE TABLE notice (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    profile TEXT,
    title TEXT NOT NULL,
    body TEXT NOT NULL,
    at INTEGER NOT NULL
) STRICT;

-- To whom, and when that is tried next.
CREATE TABLE delivery (
    notice_id INTEGER NOT NULL REFERENCES notice (id) ON DELETE CASCADE,
    channel TEXT NOT NULL,
    next_at INTEGER NOT NULL,
    PRIMARY KEY (notice_id, channel)
) STRICT, WITHOUT ROWID;

-- How each channel fares.
CREATE TABLE channel (
    name TEXT PRIMARY KEY,
    sent INTEGER NOT NULL,
    failed INTEGER NOT NULL,
    -- Failures since the last time it went well, and the last of them.
    misses INTEGER NOT NULL,
    problem TEXT,
    sent_at INTEGER
) STRICT, WITHOUT ROWID;
