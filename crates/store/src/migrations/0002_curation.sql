-- The catalogue is made anew from the snapshot files, which hold everything it says.
DROP TABLE snapshot;

-- Not tied to an account: files of people we hold no token for are listed too.
CREATE TABLE snapshot (
    file TEXT PRIMARY KEY,
    id TEXT NOT NULL,
    user_id INTEGER NOT NULL,
    user_name TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    found_at INTEGER NOT NULL,
    -- Its place among all others, whatever the clocks said.
    position INTEGER NOT NULL,
    -- Counted time in seconds when it was taken.
    counted INTEGER NOT NULL,
    kind TEXT NOT NULL,
    anime INTEGER NOT NULL,
    manga INTEGER NOT NULL,
    size INTEGER NOT NULL,
    file_hash TEXT NOT NULL,
    content_hash TEXT NOT NULL,
    previous TEXT,
    added INTEGER,
    changed INTEGER,
    removed INTEGER,
    -- JSON: what was unusual, and what people say about it.
    alarms TEXT NOT NULL,
    mark TEXT NOT NULL,
    kept INTEGER NOT NULL,
    damage TEXT,
    verified_at INTEGER NOT NULL
) STRICT;

CREATE INDEX snapshot_of_user ON snapshot (user_id, position);
CREATE INDEX snapshot_position ON snapshot (position);
CREATE INDEX snapshot_id ON snapshot (id);

-- Whether the list was another than the last time; outlives the snapshots.
ALTER TABLE attempt ADD COLUMN changed INTEGER NOT NULL DEFAULT 0;

-- Snapshots that were put into the trash, by their name there; also after they are gone from it.
CREATE TABLE discarded (
    file TEXT PRIMARY KEY,
    file_hash TEXT NOT NULL,
    user_id INTEGER NOT NULL,
    counted INTEGER NOT NULL,
    reason TEXT NOT NULL
) STRICT;
