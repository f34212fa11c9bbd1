SELECT
    c.seq, c.id, c.user_id, c.media_type, c.media_id, c.outcome, c.source, c.at, c.since,
    c.group_id, c.operation_id, c.undoes, c.title, c.error, e.before, e.after,
    (SELECT u.id FROM change u WHERE u.undoes = c.id ORDER BY u.seq DESC LIMIT 1) AS undone_by,
    (
        SELECT u.operation_id FROM change u WHERE u.undoes = c.id ORDER BY u.seq DESC LIMIT 1
    ) AS undone_in,
    -- Only of what took a title off the list: its next change that took effect, by the index of titles.
    CASE WHEN e.after IS NULL AND c.outcome IN ('deleted', 'undone') THEN (
        SELECT CASE
            WHEN r.source = 'restore' AND r.outcome = 'synced' AND r.fields = 0
                AND NOT EXISTS (
                    SELECT 1 FROM change u
                    WHERE u.undoes = r.id
                        AND NOT EXISTS (SELECT 1 FROM change v WHERE v.undoes = u.id)
                )
            THEN r.operation_id
        END
        FROM change r INDEXED BY change_of_title
        WHERE r.user_id = c.user_id AND r.media_type = c.media_type AND r.media_id = c.media_id
            AND (r.at, r.seq) > (c.at, c.seq)
            AND r.outcome IN ('synced', 'deleted', 'undone')
            AND r.source NOT IN ('import', 'api')
        ORDER BY r.at, r.seq LIMIT 1
    ) END AS put_back_by,
    EXISTS (SELECT 1 FROM hidden h WHERE h.change_id = c.id) AS is_hidden
FROM change c
JOIN change_entry e ON e.seq = c.seq
