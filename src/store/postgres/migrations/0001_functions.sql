-- What stands in these functions is planned once for each connection, for rows that are found by what they are called,
-- however many there were when it was planned. A change of it is another function, so that two versions of the program
-- can use one database.

-- What is kept of conversations, of keys and of pauses as of one moment, for messages that have come.
CREATE FUNCTION handover_read(bots TEXT[], realms TEXT[], users TEXT[], hashes BYTEA[], now BIGINT)
RETURNS TABLE (
    id UUID, revision BIGINT, state TEXT, observed_since BIGINT, handed_over BOOLEAN, wake_at BIGINT,
    hash BYTEA, reference UUID, body BYTEA,
    destination TEXT, because TEXT
)
LANGUAGE plpgsql STABLE
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
SET jit = off
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY SELECT c.id, c.revision, c.state, c.observed_since, c.handed_over, c.wake_at,
            NULL::BYTEA, NULL::UUID, NULL::BYTEA, NULL, NULL
        FROM unnest(bots, realms, users) AS g (bot, realm, named)
        JOIN conversations c ON c.bot = g.bot AND c.realm = g.realm AND c."user" = g.named;
    RETURN QUERY SELECT NULL::UUID, NULL::BIGINT, NULL, NULL::BIGINT, NULL::BOOLEAN, NULL::BIGINT,
            k.hash, k.reference, k.body, NULL, NULL
        FROM unnest(hashes) AS g (hash) JOIN keys k ON k.hash = g.hash;
    RETURN QUERY SELECT NULL::UUID, NULL::BIGINT, NULL, NULL::BIGINT, NULL::BOOLEAN, NULL::BIGINT,
            NULL::BYTEA, NULL::UUID, NULL::BYTEA, p.destination, p.because
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
    seen UUID[], seen_versions BIGINT[]
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
    PERFORM handover_expect(counted, cardinality(touched) + cardinality(changed));
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

-- Finds the heads of lanes anew. A lane in which nothing waits goes, unless it is held.
CREATE FUNCTION handover_heads(lanes UUID[]) RETURNS VOID
LANGUAGE plpgsql VOLATILE
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
SET jit = off
AS $$
BEGIN
    INSERT INTO lanes AS l (id, destination, head, due_at)
        SELECT h.lane, h.destination, h.id, h.due FROM unnest(handover_heads.lanes) AS g (lane) CROSS JOIN LATERAL
            (SELECT d.lane, d.destination, d.id,
                CASE WHEN d.awaited AND d.state = 'pending' THEN 0 ELSE d.due_at END AS due
            FROM deliveries d WHERE d.lane = g.lane AND d.settled_at IS NULL
            ORDER BY d.urgent DESC, d.ord LIMIT 1) AS h
        ORDER BY h.lane
        ON CONFLICT (id) DO UPDATE SET destination = excluded.destination, head = excluded.head,
            due_at = greatest(excluded.due_at, l.not_before);
    WITH empty AS (
            SELECT l.id, l.owner FROM lanes l WHERE l.id = ANY (handover_heads.lanes) AND NOT EXISTS
                (SELECT FROM deliveries d WHERE d.lane = l.id AND d.settled_at IS NULL)
            ORDER BY l.id FOR UPDATE),
        gone AS (DELETE FROM lanes l USING empty e WHERE l.id = e.id AND e.owner IS NULL)
        UPDATE lanes l SET head = NULL, due_at = NULL FROM empty e WHERE l.id = e.id AND e.owner IS NOT NULL;
END
$$;

-- Goes on to the next head of a held lane if it is due and its destination may be called; else gives the lane back. Either
-- way its number is over.
CREATE FUNCTION handover_advance(held UUID, by_fence BIGINT, now BIGINT)
RETURNS TABLE (id UUID, fence BIGINT, flying UUID, due_at BIGINT)
LANGUAGE plpgsql VOLATILE
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET jit = off
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY UPDATE lanes l SET fence = nextval('lane_fences'),
            flying = CASE WHEN g.goes_on THEN l.head END, owner = CASE WHEN g.goes_on THEN l.owner END,
            leased_until = CASE WHEN g.goes_on THEN handover_clock() + 15000 ELSE 0 END
        FROM (SELECT coalesce(h.due_at <= now, FALSE) AND NOT EXISTS
                (SELECT FROM pauses p WHERE p.destination = h.destination AND p.until > now) AS goes_on
            FROM lanes h WHERE h.id = held) AS g
        WHERE l.id = held AND l.fence = by_fence RETURNING l.id, l.fence, l.flying, l.due_at;
    DELETE FROM lanes l WHERE l.id = held AND l.head IS NULL AND l.owner IS NULL;
END
$$;
