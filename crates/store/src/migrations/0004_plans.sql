-- A plan is an act that was not begun: the same row, the same steps.
ALTER TABLE operation ADD COLUMN expires_at INTEGER;
-- JSON: what the plan says besides its titles.
ALTER TABLE operation ADD COLUMN detail TEXT NOT NULL DEFAULT '{}';
-- JSON: statuses that made no activity before the act muted the others; put back when it ends.
ALTER TABLE operation ADD COLUMN muted_before TEXT;
-- What somebody wants of an act that is under way, perhaps from another process.
ALTER TABLE operation ADD COLUMN wish TEXT;
-- What is left out or left as it is, a line each.
ALTER TABLE step ADD COLUMN notes TEXT;

CREATE INDEX step_unsure ON step (operation_id) WHERE state = 'intended';

-- Changes that somebody does not want to see. They stay where they are.
CREATE TABLE hidden (
    change_id TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;
