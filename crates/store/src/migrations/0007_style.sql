-- How an account wants its titles and scores shown, in AniList's words; nothing until it was asked.
ALTER TABLE account ADD COLUMN title_language TEXT;
ALTER TABLE account ADD COLUMN score_format TEXT;
ALTER TABLE account ADD COLUMN shows_adult INTEGER;
