-- How an act ended, in words, where it did not end well; and which of these words somebody has read.
ALTER TABLE operation ADD COLUMN bad_end TEXT;
ALTER TABLE operation ADD COLUMN read_end TEXT;

-- Every page asks for those that nobody has read about.
CREATE INDEX operation_bad_end ON operation (at, seq) WHERE bad_end IS NOT read_end;
