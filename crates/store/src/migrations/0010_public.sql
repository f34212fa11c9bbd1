-- What is read without a token, as everybody sees it: private titles are not in it.
ALTER TABLE account ADD COLUMN public INTEGER NOT NULL DEFAULT 0;
ALTER TABLE snapshot ADD COLUMN public INTEGER NOT NULL DEFAULT 0;
ALTER TABLE look ADD COLUMN public INTEGER NOT NULL DEFAULT 0;
