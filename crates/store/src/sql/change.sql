SELECT
    c.seq, c.id, c.user_id, c.media_type, c.media_id, c.outcome, c.source, c.at, c.since,
    c.group_id, c.operation_id, c.undoes, c.title, c.error, e.before, e.after,
    u.id AS undone_by, u.operation_id AS undone_in,
    -- A title that went comes back as a whole; what a field was otherwise is a change of it.
    CASE WHEN n.source = 'restore' AND n.outcome = 'synced' AND (n.fields = 0) = (e.after IS NULL)
        AND (
            WITH RECURSIVE taken_back (seq, id, times) AS (
                SELECT n.seq, n.id, 0
                UNION ALL
                SELECT t.seq, t.id, times + 1 FROM taken_back JOIN change t ON t.undoes = taken_back.id
            )
            SELECT times % 2 = 0 FROM taken_back ORDER BY seq DESC LIMIT 1
        )
    THEN n.operation_id END AS put_back_by,
    CASE WHEN n.source = 'restore' AND e.after IS NOT NULL THEN ne.after END AS restored,
    EXISTS (SELECT 1 FROM hidden h WHERE h.change_id = c.id) AS is_hidden
FROM change c
JOIN change_entry e ON e.seq = c.seq
-- What took it back. That may have been taken back as well, and so on: the newest of all of them says how it is now.
LEFT JOIN change u ON u.seq = (
    WITH RECURSIVE taken_back (seq, id, times, first) AS (
        SELECT c.seq, c.id, 0, NULL
        UNION ALL
        SELECT t.seq, t.id, times + 1, coalesce(first, t.seq)
        FROM taken_back JOIN change t ON t.undoes = taken_back.id
    )
    SELECT CASE times % 2 WHEN 1 THEN first END FROM taken_back ORDER BY seq DESC LIMIT 1
)
-- What happened next to the title, or to these fields of it, and took effect; by the index of titles. Whoever reads
-- very many and does not need it leaves it out (bare).
LEFT JOIN change n ON n.seq = CASE
    WHEN :bare IS NULL AND c.outcome IN ('synced', 'deleted', 'undone') AND (e.after IS NULL OR c.fields <> 0) THEN (
        SELECT r.seq FROM change r INDEXED BY change_of_title
        WHERE r.user_id = c.user_id AND r.media_type = c.media_type AND r.media_id = c.media_id
            AND (r.at, r.seq) > (c.at, c.seq)
            AND r.outcome IN ('synced', 'deleted', 'undone')
            AND r.source NOT IN ('import', 'api')
            AND (e.after IS NULL OR r.fields = 0 OR (r.fields & c.fields) <> 0)
        ORDER BY r.at, r.seq LIMIT 1
    )
END
LEFT JOIN change_entry ne ON ne.seq = n.seq
