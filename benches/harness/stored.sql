-- What a bridge has kept of :stored deliveries that were made and of :owed that wait for an hour, shaped as its own rows:
-- ten messages of a handover that is over, each with its delivery and the two keys by which a repeat is known. All of it
-- is of the last days, so that retention leaves it alone.
BEGIN;
CREATE TEMPORARY TABLE facts ON COMMIT DROP AS
SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now, (:stored / 10)::bigint AS handovers, 500000000::bigint AS span;

-- Ids are in the order of time, as the bridge's are.
CREATE FUNCTION pg_temp.id(at bigint) RETURNS uuid LANGUAGE sql VOLATILE AS $$
    SELECT encode(overlay(overlay(uuid_send(gen_random_uuid()) PLACING substring(int8send(at) FROM 3) FROM 1 FOR 6)
        PLACING '\x70'::bytea FROM 7 FOR 1), 'hex')::uuid
$$;

CREATE TEMPORARY TABLE past ON COMMIT DROP AS
SELECT n, at, pg_temp.id(at) AS conversation, pg_temp.id(at) AS handover, pg_temp.id(at) AS leg
FROM facts, LATERAL generate_series(1, handovers) AS n, LATERAL (SELECT now - span + n * span / handovers) AS t (at);

INSERT INTO conversations (id, bot, realm, "user", revision, version, state, phase, wake_at, updated_at, handed_over)
SELECT conversation, 'shop', 'ko3123ze/LIVE', 'past-' || n || '@session', 30, 20,
    format('{"id":"%1$s","key":{"bot":"shop","realm":"ko3123ze/LIVE","user":"past-%2$s@session"},"version":20,"next_seq":13,'
        '"next_order":14,"profile":{"platform_bot_id":"ko3123ze","version":"LIVE","channel":"web","language":null,"user":'
        '{"id":"past-%2$s@session","first_name":"Ann","last_name":"Example","avatar_url":null}},"handover":null}',
        conversation, n), NULL, NULL, at + 600000, TRUE
FROM past;

INSERT INTO handovers (id, conversation, desk, facts, phase, answer, requested_at, phase_since, ended_at, reason)
SELECT handover, conversation, 'stub', format('{"id":"%s","language":"en","payload":{"department":"sales"},"options":{}}',
    handover), NULL, 'accepted', at, at + 600000, at + 600000, 'solved'
FROM past;

INSERT INTO legs (id, handover, desk, reference, closed) SELECT leg, handover, 'stub', NULL, TRUE FROM past;

INSERT INTO journal (handover, at, from_phase, to_phase, cause)
SELECT handover, at + step * 1000, 'waiting', 'attended', 'accepted' FROM past, generate_series(1, 5) AS step;

CREATE TEMPORARY TABLE said ON COMMIT DROP AS
SELECT past.*, seq, past.at + seq * 30000 AS said_at, pg_temp.id(past.at + seq * 30000) AS message
FROM past, generate_series(1, 10) AS seq;

INSERT INTO messages (id, conversation, seq, actor, at, handover, late, content, raw, recorded_at)
SELECT message, conversation, seq, 'user', said_at, handover, FALSE, format('{"type":"text","text":"n=%s"}', n * 10 + seq),
    format('{"actor":"user","message":{"channelType":"web","sender":{"id":"past-%1$s@session","botId":"ko3123ze","botType":'
        '"web","firstname":"Ann","lastname":"Example"},"timestamp":"2026-01-01T00:00:00.000Z","messageType":"text","text":'
        '"n=%2$s","id":"past%2$s"},"timestamp":"2026-01-01T00:00:00.000Z"}', n, n * 10 + seq), said_at
FROM said;

INSERT INTO deliveries (id, conversation, handover, lane, destination, ord, urgent, awaited, task, state, attempts, due_at,
    created_at, settled_at)
SELECT pg_temp.id(said_at), conversation, handover, leg, 'desk:stub', seq, FALSE, FALSE,
    format('{"do":"message","message":"%s"}', message),
    CASE WHEN n % 1000 = 0 AND seq = 10 THEN 'dead' ELSE 'delivered' END, 1, said_at, said_at, said_at + 40
FROM said;

INSERT INTO keys (hash, day, reference, body)
SELECT uuid_send(gen_random_uuid()), said_at / 86400000, message, NULL FROM said, generate_series(1, 2);

-- What waits: as many lanes, whose desk will be called again in an hour.
CREATE TEMPORARY TABLE waits ON COMMIT DROP AS
SELECT past.*, pg_temp.id(now) AS delivery, now + 3600000 AS due_at
FROM facts, generate_series(1, :owed) AS place, past WHERE past.n = 1 + place % facts.handovers;

INSERT INTO deliveries (id, conversation, handover, lane, destination, ord, urgent, awaited, task, state, attempts, due_at,
    error_class, created_at)
SELECT delivery, conversation, handover, delivery, 'desk:stub', 11, FALSE, FALSE, '{"do":"resume"}', 'retrying', 3, due_at,
    'unavailable', at
FROM waits;

INSERT INTO lanes (id, destination, head, due_at) SELECT delivery, 'desk:stub', delivery, due_at FROM waits;
COMMIT;
VACUUM (ANALYZE);
