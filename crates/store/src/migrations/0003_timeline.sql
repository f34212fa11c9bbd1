-- One row of numbers, from which every id is made, so that no two things share one.
CREATE TABLE number (
    next INTEGER NOT NULL
) STRICT;

INSERT INTO number VALUES (1);

-- What pages and filters look at. The entries themselves stand apart, so that this stays small.
CREATE TABLE change (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    user_id INTEGER NOT NULL,
    media_type TEXT NOT NULL,
    media_id INTEGER NOT NULL,
    outcome TEXT NOT NULL,
    source TEXT NOT NULL,
    at INTEGER NOT NULL,
    since INTEGER,
    -- A bit for each field that differs, in the order of the model.
    fields INTEGER NOT NULL,
    group_id TEXT,
    operation_id TEXT,
    undoes TEXT,
    title TEXT,
    error TEXT
) STRICT;

CREATE INDEX change_at ON change (at, seq);
CREATE INDEX change_of_user ON change (user_id, at, seq);
CREATE INDEX change_outcome ON change (user_id, outcome, at, seq);
CREATE INDEX change_source ON change (user_id, source, at, seq);
CREATE INDEX change_of_title ON change (user_id, media_type, media_id, at, seq);
CREATE INDEX change_undoes ON change (undoes) WHERE undoes IS NOT NULL;
CREATE INDEX change_group ON change (group_id) WHERE group_id IS NOT NULL;
CREATE INDEX change_operation ON change (operation_id) WHERE operation_id IS NOT NULL;

-- JSON as in a snapshot file; nothing when the title was not on the list.
CREATE TABLE change_entry (
    seq INTEGER PRIMARY KEY REFERENCES change (seq),
    before TEXT,
    after TEXT
) STRICT;

-- Names of all titles that ever changed, to search by.
CREATE TABLE title (
    user_id INTEGER NOT NULL,
    media_type TEXT NOT NULL,
    media_id INTEGER NOT NULL,
    names TEXT NOT NULL,
    PRIMARY KEY (user_id, media_type, media_id)
) STRICT, WITHOUT ROWID;

-- The list as it was last seen.
CREATE TABLE known (
    user_id INTEGER NOT NULL,
    media_type TEXT NOT NULL,
    media_id INTEGER NOT NULL,
    entry TEXT NOT NULL,
    PRIMARY KEY (user_id, media_type, media_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE look (
    user_id INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    -- By how many titles AniList's statistics were off when the whole list was last read.
    anime_off INTEGER NOT NULL,
    manga_off INTEGER NOT NULL
) STRICT;

-- An act of ours. Its changes name it.
CREATE TABLE operation (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    user_id INTEGER NOT NULL,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    at INTEGER NOT NULL,
    what TEXT NOT NULL,
    -- The file of the snapshot that was taken first.
    safety TEXT,
    problem TEXT
) STRICT;

CREATE INDEX operation_of_user ON operation (user_id, seq);

CREATE TABLE step (
    operation_id TEXT NOT NULL REFERENCES operation (id),
    place INTEGER NOT NULL,
    media_type TEXT NOT NULL,
    media_id INTEGER NOT NULL,
    title TEXT,
    action TEXT NOT NULL,
    -- JSON as in a snapshot file: what is there before, and what is to be there.
    before TEXT,
    target TEXT,
    undoes TEXT,
    state TEXT NOT NULL,
    problem TEXT,
    PRIMARY KEY (operation_id, place)
) STRICT, WITHOUT ROWID;
