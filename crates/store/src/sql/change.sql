SELECT
    c.seq, c.id, c.user_id, c.media_type, c.media_id, c.outcome, c.source, c.at, c.since,
    c.group_id, c.operation_id, c.undoes, c.title, c.error, e.before, e.after,
    (SELECT u.id FROM change u WHERE u.undoes = c.id ORDER BY u.seq DESC LIMIT 1) AS undone_by,
    (
        SELECT u.operation_id FROM change u WHERE u.undoes = c.id ORDER BY u.seq DESC LIMIT 1
    ) AS undone_in,
    -- A title that went comes back as a whole; what a field was otherwise is a change of it.
    CASE WHEN n.source = 'restore' AND n.outcome = 'synced' AND (n.fields = 0) = (e.after IS NULL)
        AND NOT EXISTS (
            SELECT 1 FROM change u
            WHERE u.undoes = n.id AND NOT EXISTS (SELECT 1 FROM change v WHERE v.undoes = u.id)
        )
    THEN n.operation_id END AS put_back_by,
    CASE WHEN n.source = 'restore' AND e.after IS NOT NULL THEN ne.after END AS restored,
    EXISTS (SELECT 1 FROM hidden h WHERE h.change_id = c.id) AS is_hidden
FROM change c
JOIN change_entry e ON e.seq = c.seq
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
