-- What stands in these functions is planned once for each connection, for rows that are found by what they are called,
-- however many there were when it was planned. A change of it is another function, so that two versions of the program
-- can use one database.

-- What is kept of conversations, of keys, of pauses and of deliveries that are to be settled, as of one moment. Each row is
-- about one of them, and empty elsewhere.
CREATE FUNCTION handover_read(bots TEXT[], realms TEXT[], users TEXT[], hashes BYTEA[], settled UUID[], now BIGINT)
RETURNS TABLE (
    id UUID, revision BIGINT, state TEXT, observed_since BIGINT, handed_over BOOLEAN, wake_at BIGINT,
    hash BYTEA, reference UUID, body BYTEA,
    destination TEXT, because TEXT,
    delivery UUID, owner UUID, handover UUID, lane UUID, task TEXT, stands TEXT, leg_closed BOOLEAN, trace TEXT,
    fence BIGINT, flies BOOLEAN
)
LANGUAGE plpgsql STABLE
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
SET jit = off
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY SELECT c.id, c.revision, c.state, c.observed_since, c.handed_over, c.wake_at,
            NULL::BYTEA, NULL::UUID, NULL::BYTEA, NULL, NULL,
            NULL::UUID, NULL::UUID, NULL::UUID, NULL::UUID, NULL, NULL, NULL::BOOLEAN, NULL, NULL::BIGINT, NULL::BOOLEAN
        FROM unnest(bots, realms, users) AS g (bot, realm, named)
        JOIN conversations c ON c.bot = g.bot AND c.realm = g.realm AND c."user" = g.named;
    IF cardinality(hashes) > 0 THEN
        RETURN QUERY SELECT NULL::UUID, NULL::BIGINT, NULL, NULL::BIGINT, NULL::BOOLEAN, NULL::BIGINT,
                k.hash, k.reference, k.body, NULL, NULL,
                NULL::UUID, NULL::UUID, NULL::UUID, NULL::UUID, NULL, NULL, NULL::BOOLEAN, NULL, NULL::BIGINT,
                NULL::BOOLEAN
            FROM unnest(hashes) AS g (hash) JOIN keys k ON k.hash = g.hash;
    END IF;
    IF cardinality(settled) > 0 THEN
        RETURN QUERY SELECT NULL::UUID, NULL::BIGINT, NULL, NULL::BIGINT, NULL::BOOLEAN, NULL::BIGINT,
                NULL::BYTEA, NULL::UUID, NULL::BYTEA, d.destination, NULL,
                d.id, d.conversation, d.handover, d.lane, d.task, d.state, coalesce(l.closed, FALSE), d.trace,
                n.fence, coalesce(n.flying = d.id AND n.leased_until > handover_clock(), FALSE)
            FROM unnest(settled) AS g (id) JOIN deliveries d ON d.id = g.id
            LEFT JOIN legs l ON l.id = d.lane LEFT JOIN lanes n ON n.id = d.lane;
    END IF;
    RETURN QUERY SELECT NULL::UUID, NULL::BIGINT, NULL, NULL::BIGINT, NULL::BOOLEAN, NULL::BIGINT,
            NULL::BYTEA, NULL::UUID, NULL::BYTEA, p.destination, p.because,
            NULL::UUID, NULL::UUID, NULL::UUID, NULL::UUID, NULL, NULL, NULL::BOOLEAN, NULL, NULL::BIGINT, NULL::BOOLEAN
        FROM pauses p WHERE p.until > handover_read.now;
END
$$;

-- Writes the rows of a step, or of many; gives the destinations of lanes that have got a head. Ends the transaction where
-- a conversation is not as it was read: its revision is none that is given, or somebody else has made it (a NULL).
CREATE FUNCTION handover_write(
    now BIGINT, today BIGINT,
    touched UUID[], touched_revisions BIGINT[],
    changed UUID[], revisions BIGINT[], bots TEXT[], realms TEXT[], users TEXT[], versions BIGINT[], states TEXT[],
    phases TEXT[], wake_ats BIGINT[], observed BIGINT[], hands BOOLEAN[], at_desks TEXT[],
    message_ids UUID[], message_conversations UUID[], seqs BIGINT[], actors TEXT[], ats BIGINT[],
    message_handovers UUID[], lates BOOLEAN[], contents TEXT[], raws TEXT[],
    delivery_ids UUID[], delivery_conversations UUID[], delivery_handovers UUID[], delivery_lanes UUID[],
    destinations TEXT[], ords BIGINT[], urgents BOOLEAN[], awaiteds BOOLEAN[], tasks TEXT[], delivery_states TEXT[],
    settled_ats BIGINT[], traces TEXT[], error_classes TEXT[],
    new_keys BYTEA[], new_references UUID[], new_bodies BYTEA[],
    known_keys BYTEA[], known_references UUID[], known_bodies BYTEA[],
    longer UUID[],
    seen UUID[], seen_versions BIGINT[],
    attempted UUID[], outcomes TEXT[], counts BIGINT[], classes TEXT[], dues BIGINT[], ends BIGINT[],
    said_conversations UUID[], said UUID[], echo_until BIGINT
) RETURNS TEXT[]
LANGUAGE plpgsql VOLATILE
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
SET jit = off
AS $$
#variable_conflict use_column
DECLARE
    made BIGINT := 0;
    counted BIGINT := 0;
    got_heads TEXT[] := '{}';
BEGIN
    -- Rows are changed in the order of their ids, which is that of the arrays: nobody waits for one who waits for them.
    IF cardinality(touched) > 0 THEN
        PERFORM FROM conversations c WHERE c.id = ANY (touched || changed) ORDER BY c.id FOR UPDATE;
        UPDATE conversations c SET revision = c.revision + 1
            FROM unnest(touched, touched_revisions) AS g (id, revision)
            WHERE c.id = g.id AND c.revision = g.revision;
        GET DIAGNOSTICS counted = ROW_COUNT;
    END IF;
    IF cardinality(changed) > 0 THEN
        UPDATE conversations c SET revision = c.revision + 1, version = g.version, state = g.state, phase = g.phase,
                wake_at = g.wake_at, observed_since = g.observed_since, handed_over = g.handed_over,
                at_desk = g.at_desk, updated_at = now
            FROM unnest(changed, revisions, versions, states, phases, wake_ats, observed, hands, at_desks)
                AS g (id, revision, version, state, phase, wake_at, observed_since, handed_over, at_desk)
            WHERE c.id = g.id AND c.revision = g.revision;
        GET DIAGNOSTICS made = ROW_COUNT;
        counted := counted + made;
        IF array_position(revisions, NULL) IS NOT NULL THEN
            INSERT INTO conversations (id, revision, bot, realm, "user", version, state, phase, wake_at, observed_since,
                    handed_over, at_desk, updated_at)
                SELECT g.id, 1, g.bot, g.realm, g.named, g.version, g.state, g.phase, g.wake_at, g.observed_since,
                    g.handed_over, g.at_desk, now
                FROM unnest(changed, revisions, bots, realms, users, versions, states, phases, wake_ats, observed,
                    hands, at_desks) AS g (id, revision, bot, realm, named, version, state, phase, wake_at,
                    observed_since, handed_over, at_desk)
                WHERE g.revision IS NULL ORDER BY g.bot, g.realm, g.named
                ON CONFLICT DO NOTHING;
            GET DIAGNOSTICS made = ROW_COUNT;
            counted := counted + made;
        END IF;
    END IF;
    IF counted <> cardinality(touched) + cardinality(changed) THEN
        RAISE EXCEPTION 'somebody else was quicker' USING ERRCODE = 'HB001';
    END IF;
    IF cardinality(message_ids) > 0 THEN
        INSERT INTO messages (id, conversation, seq, actor, at, handover, late, content, raw, recorded_at)
            SELECT g.*, now FROM unnest(message_ids, message_conversations, seqs, actors, ats, message_handovers, lates,
                contents, raws) AS g;
    END IF;
    IF cardinality(delivery_ids) > 0 THEN
        INSERT INTO deliveries (id, conversation, handover, lane, destination, ord, urgent, awaited, task, state,
                settled_at, trace, error_class, attempts, due_at, created_at)
            SELECT g.*, 0, now, now FROM unnest(delivery_ids, delivery_conversations, delivery_handovers,
                delivery_lanes, destinations, ords, urgents, awaiteds, tasks, delivery_states, settled_ats, traces,
                error_classes) AS g;
    END IF;
    -- What came of attempts, and of texts from when on they do not come back.
    IF cardinality(attempted) > 0 THEN
        UPDATE deliveries d SET state = g.state, attempts = d.attempts + g.counts,
                error_class = coalesce(g.class, d.error_class), due_at = coalesce(g.due, d.due_at), settled_at = g.ended
            FROM unnest(attempted, outcomes, counts, classes, dues, ends) AS g (id, state, counts, class, due, ended)
            WHERE d.id = g.id;
    END IF;
    IF cardinality(said) > 0 THEN
        UPDATE echoes e SET expires_at = echo_until FROM unnest(said_conversations, said) AS g (conversation, delivery)
            WHERE e.conversation = g.conversation AND e.delivery = g.delivery;
    END IF;
    -- Fails where somebody else has stored one meanwhile: the step is decided again, and knows it then.
    IF cardinality(new_keys) > 0 THEN
        INSERT INTO keys (hash, reference, body, day)
            SELECT g.*, today FROM unnest(new_keys, new_references, new_bodies) AS g;
    END IF;
    -- Of messages that have been removed since, and are kept anew.
    IF cardinality(known_keys) > 0 THEN
        INSERT INTO keys (hash, reference, body, day)
            SELECT g.*, today FROM unnest(known_keys, known_references, known_bodies) AS g
            ON CONFLICT (hash) DO UPDATE SET reference = excluded.reference;
    END IF;
    IF cardinality(seen) > 0 THEN
        INSERT INTO changes (conversations, versions, at) VALUES (seen, seen_versions, now);
    END IF;
    -- What is put behind the head of a lane leaves its row as it is. Whether there is a head changes only together with
    -- the revision of the conversation, which is locked by now.
    IF cardinality(longer) > 0 THEN
        WITH got AS (
            INSERT INTO lanes AS l (id, destination, head, due_at)
                SELECT h.lane, h.destination, h.id, h.due
                -- The offset has these found first: nobody looks into a lane that has a head.
                FROM (SELECT g.lane FROM unnest(longer) AS g (lane) WHERE NOT EXISTS
                    (SELECT FROM lanes k WHERE k.id = g.lane AND k.head IS NOT NULL) OFFSET 0) AS g
                CROSS JOIN LATERAL
                    (SELECT d.lane, d.destination, d.id,
                        CASE WHEN d.awaited AND d.state = 'pending' THEN 0 ELSE d.due_at END AS due
                    FROM deliveries d WHERE d.lane = g.lane AND d.settled_at IS NULL
                    ORDER BY d.urgent DESC, d.ord LIMIT 1) AS h
                ORDER BY h.lane
                ON CONFLICT (id) DO UPDATE SET destination = excluded.destination, head = excluded.head,
                    due_at = greatest(excluded.due_at, l.not_before)
                RETURNING l.destination)
            SELECT coalesce(array_agg(DISTINCT got.destination), '{}') INTO got_heads FROM got;
    END IF;
    RETURN got_heads;
END
$$;

-- All that calls need which are about to be made, but for the transcript that a desk is told at first.
CREATE FUNCTION handover_jobs(ids UUID[])
RETURNS TABLE (
    delivery UUID, destination TEXT, task TEXT, attempts BIGINT, created_at BIGINT, trace TEXT, handover UUID,
    state TEXT, facts TEXT, taken TEXT, reference TEXT, leg_taken TEXT,
    message UUID, seq BIGINT, actor TEXT, at BIGINT, content TEXT, of_handover UUID, late BOOLEAN, raw TEXT
)
LANGUAGE sql STABLE
AS $$
    SELECT d.id, d.destination, d.task, d.attempts, d.created_at, d.trace, d.handover,
        c.state, h.facts, h.taken, l.reference, l.taken,
        m.id, m.seq, m.actor, m.at, m.content, m.handover, m.late, m.raw
    FROM deliveries d JOIN conversations c ON c.id = d.conversation
    LEFT JOIN handovers h ON h.id = d.handover LEFT JOIN legs l ON l.id = d.lane
    CROSS JOIN LATERAL (SELECT substr(d.task, strpos(d.task, '"message":"') + 11, 36) AS message) AS t
    -- A task of a newer version may be anything. A regular expression would take longer than all the rest.
    LEFT JOIN messages m ON m.id = CASE WHEN t.message LIKE '________-____-____-____-____________'
        AND translate(t.message, '0123456789abcdef', '') = '----' THEN t.message::UUID END
    WHERE d.id = ANY (ids)
$$;

-- Claims lanes of a destination that are due, those first that have been for the longest, with what stands at their heads.
-- After them comes, without a lane, when the next one falls due that nobody has. Lanes with one of `strange` at their heads
-- are left to others.
CREATE FUNCTION handover_claim(wanted TEXT, now BIGINT, most BIGINT, claimer UUID, strange UUID[])
RETURNS TABLE (
    lane UUID, fence BIGINT, flying UUID, due_at BIGINT,
    delivery UUID, destination TEXT, task TEXT, attempts BIGINT, created_at BIGINT, trace TEXT, handover UUID,
    state TEXT, facts TEXT, taken TEXT, reference TEXT, leg_taken TEXT,
    message UUID, seq BIGINT, actor TEXT, at BIGINT, content TEXT, of_handover UUID, late BOOLEAN, raw TEXT
)
LANGUAGE plpgsql VOLATILE
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
SET jit = off
AS $$
#variable_conflict use_column
DECLARE
    held UUID[];
    fences BIGINT[];
    heads UUID[];
    dues BIGINT[];
BEGIN
    WITH due AS (
            SELECT l.id, l.due_at FROM lanes l WHERE l.destination = wanted AND l.due_at <= now
                AND (l.owner IS NULL OR l.leased_until <= handover_clock())
                AND l.head <> ALL (strange)
                AND NOT EXISTS (SELECT FROM pauses p WHERE p.destination = wanted AND p.until > now)
            ORDER BY l.due_at LIMIT most FOR UPDATE SKIP LOCKED),
        claimed AS (
            UPDATE lanes l SET owner = claimer, fence = nextval('lane_fences'), flying = l.head,
                leased_until = handover_clock() + 15000
            FROM due WHERE l.id = due.id RETURNING l.id, l.fence, l.flying, due.due_at)
        SELECT array_agg(c.id), array_agg(c.fence), array_agg(c.flying), array_agg(c.due_at)
            INTO held, fences, heads, dues FROM claimed c;
    -- A statement of its own: a lane that was changed while the one before began may have a head that is newer than it.
    IF held IS NOT NULL THEN
        RETURN QUERY SELECT g.*, j.* FROM unnest(held, fences, heads, dues) AS g (lane, fence, flying, due_at)
            LEFT JOIN handover_jobs(heads) j ON j.delivery = g.flying ORDER BY g.due_at;
    END IF;
    RETURN QUERY SELECT NULL::UUID, NULL::BIGINT, NULL::UUID,
            greatest(l.due_at, (SELECT p.until FROM pauses p WHERE p.destination = wanted AND p.until > now)),
            NULL::UUID, NULL, NULL, NULL::BIGINT, NULL::BIGINT, NULL, NULL::UUID, NULL, NULL, NULL, NULL, NULL,
            NULL::UUID, NULL::BIGINT, NULL, NULL::BIGINT, NULL, NULL::UUID, NULL::BOOLEAN, NULL
        FROM lanes l WHERE l.destination = wanted AND l.owner IS NULL AND l.due_at IS NOT NULL
            AND l.head <> ALL (strange)
        ORDER BY l.due_at LIMIT 1;
END
$$;

-- Ends a step for the lanes. Ends the transaction where one of them has had another claim than the step has seen. Finds the
-- heads of those anew in which something has been moved or settled; one in which nothing waits goes, unless it is held. A
-- lane whose flight has ended goes on to its next head if that is due and its destination may be called, else it is given
-- back; either way its number is over. Of these it gives what waits in them, and what is to be called next.
CREATE FUNCTION handover_go_on(
    seen UUID[], fences BIGINT[], stirred UUID[], landed UUID[], now BIGINT
)
RETURNS TABLE (
    lane UUID, fence BIGINT, flying UUID, due_at BIGINT,
    delivery UUID, destination TEXT, task TEXT, attempts BIGINT, created_at BIGINT, trace TEXT, handover UUID,
    state TEXT, facts TEXT, taken TEXT, reference TEXT, leg_taken TEXT,
    message UUID, seq BIGINT, actor TEXT, at BIGINT, content TEXT, of_handover UUID, late BOOLEAN, raw TEXT
)
LANGUAGE plpgsql VOLATILE
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
SET jit = off
AS $$
#variable_conflict use_column
DECLARE
    counted BIGINT;
    held UUID[];
    numbers BIGINT[];
    heads UUID[];
    dues BIGINT[];
BEGIN
    IF cardinality(seen) > 0 THEN
        SELECT count(*) INTO counted FROM (
            SELECT FROM unnest(seen, fences) AS g (id, fence) JOIN lanes l ON l.id = g.id AND l.fence = g.fence
            ORDER BY l.id FOR UPDATE OF l) AS same;
        IF counted <> cardinality(seen) THEN
            RAISE EXCEPTION 'somebody else was quicker' USING ERRCODE = 'HB001';
        END IF;
    END IF;
    IF cardinality(stirred) > 0 THEN
        INSERT INTO lanes AS l (id, destination, head, due_at)
            SELECT h.lane, h.destination, h.id, h.due FROM unnest(stirred) AS g (lane) CROSS JOIN LATERAL
                (SELECT d.lane, d.destination, d.id,
                    CASE WHEN d.awaited AND d.state = 'pending' THEN 0 ELSE d.due_at END AS due
                FROM deliveries d WHERE d.lane = g.lane AND d.settled_at IS NULL
                ORDER BY d.urgent DESC, d.ord LIMIT 1) AS h
            ORDER BY h.lane
            ON CONFLICT (id) DO UPDATE SET destination = excluded.destination, head = excluded.head,
                due_at = greatest(excluded.due_at, l.not_before);
        WITH empty AS (
                SELECT l.id, l.owner FROM lanes l WHERE l.id = ANY (stirred) AND NOT EXISTS
                    (SELECT FROM deliveries d WHERE d.lane = l.id AND d.settled_at IS NULL)
                ORDER BY l.id FOR UPDATE),
            gone AS (DELETE FROM lanes l USING empty e WHERE l.id = e.id AND e.owner IS NULL)
            UPDATE lanes l SET head = NULL, due_at = NULL FROM empty e WHERE l.id = e.id AND e.owner IS NOT NULL;
    END IF;
    IF cardinality(landed) > 0 THEN
        DELETE FROM lanes l WHERE l.id = ANY (landed)
            AND NOT EXISTS (SELECT FROM deliveries d WHERE d.lane = l.id AND d.settled_at IS NULL);
        GET DIAGNOSTICS counted = ROW_COUNT;
        IF counted = cardinality(landed) THEN
            RETURN;
        END IF;
        WITH next AS (
                SELECT h.lane, h.destination, h.id, greatest(h.due, l.not_before) AS due,
                    greatest(h.due, l.not_before) <= now AND NOT EXISTS
                        (SELECT FROM pauses p WHERE p.destination = h.destination AND p.until > now) AS goes_on
                FROM unnest(landed) AS g (lane) JOIN lanes l ON l.id = g.lane CROSS JOIN LATERAL
                    (SELECT d.lane, d.destination, d.id,
                        CASE WHEN d.awaited AND d.state = 'pending' THEN 0 ELSE d.due_at END AS due
                    FROM deliveries d WHERE d.lane = l.id AND d.settled_at IS NULL
                    ORDER BY d.urgent DESC, d.ord LIMIT 1) AS h),
            went AS (
                UPDATE lanes l SET destination = n.destination, head = n.id, due_at = n.due,
                    fence = nextval('lane_fences'), flying = CASE WHEN n.goes_on THEN n.id END,
                    owner = CASE WHEN n.goes_on THEN l.owner END,
                    leased_until = CASE WHEN n.goes_on THEN handover_clock() + 15000 ELSE 0 END
                FROM next n WHERE l.id = n.lane RETURNING l.id, l.fence, l.flying, l.due_at)
            SELECT array_agg(w.id), array_agg(w.fence), array_agg(w.flying), array_agg(w.due_at)
                INTO held, numbers, heads, dues FROM went w;
        IF held IS NOT NULL THEN
            RETURN QUERY SELECT g.*, j.* FROM unnest(held, numbers, heads, dues) AS g (lane, fence, flying, due_at)
                LEFT JOIN handover_jobs(heads) j ON j.delivery = g.flying;
        END IF;
    END IF;
END
$$;
