-- Ids are UUIDs, times milliseconds since 1970, what the program turns over is JSON as text, character by character.
-- What belongs to a conversation is changed only together with its `revision`, so that who has read it knows at the
-- write whether it still is as it was read.

-- The clock of leases, the same for every replica.
CREATE FUNCTION handover_clock() RETURNS BIGINT LANGUAGE sql VOLATILE
AS $$ SELECT (extract(epoch FROM clock_timestamp()) * 1000)::BIGINT $$;

-- Ends the transaction where something is not as it was read: somebody else was quicker.
CREATE FUNCTION handover_expect(counted BIGINT, wanted BIGINT) RETURNS BIGINT LANGUAGE plpgsql IMMUTABLE
AS $$
BEGIN
    IF counted <> wanted THEN
        RAISE EXCEPTION 'somebody else was quicker' USING ERRCODE = 'HB001';
    END IF;
    RETURN counted;
END
$$;

CREATE TABLE meta (
    name  TEXT NOT NULL PRIMARY KEY,
    value BYTEA NOT NULL
);
-- The key of the keyed hash in `keys`: made here, never leaves the database.
INSERT INTO meta (name, value) VALUES
    ('key_secret', decode(replace(gen_random_uuid()::TEXT || gen_random_uuid()::TEXT || gen_random_uuid()::TEXT, '-', ''), 'hex')),
    ('probed_at', '');

CREATE TABLE conversations (
    id             UUID NOT NULL PRIMARY KEY,
    bot            TEXT NOT NULL,
    realm          TEXT NOT NULL,
    "user"         TEXT NOT NULL,
    revision       BIGINT NOT NULL,
    version        BIGINT NOT NULL,
    state          TEXT NOT NULL,
    phase          TEXT,
    wake_at        BIGINT,
    updated_at     BIGINT NOT NULL,
    -- When the oldest message was kept, while the conversation has never been handed over.
    observed_since BIGINT,
    handed_over    BOOLEAN NOT NULL,
    -- The desk that has its handover, and so one place less.
    at_desk        TEXT,
    UNIQUE (bot, realm, "user"),
    CHECK ((phase IS NULL) = (wake_at IS NULL))
) WITH (fillfactor = 70);
CREATE INDEX conversations_user ON conversations ("user");
CREATE INDEX conversations_at_desk ON conversations (at_desk) WHERE at_desk IS NOT NULL;
CREATE INDEX conversations_wake ON conversations (wake_at) WHERE wake_at IS NOT NULL;
CREATE INDEX conversations_observed ON conversations (observed_since) WHERE observed_since IS NOT NULL;

CREATE TABLE handovers (
    row          BIGINT GENERATED ALWAYS AS IDENTITY UNIQUE,
    id           UUID NOT NULL PRIMARY KEY,
    conversation UUID NOT NULL,
    desk         TEXT NOT NULL,
    facts        TEXT NOT NULL,
    phase        TEXT,
    answer       TEXT NOT NULL,
    requested_at BIGINT NOT NULL,
    phase_since  BIGINT NOT NULL,
    ended_at     BIGINT,
    reason       TEXT,
    -- What an answer gave that later calls to the bot in the same handover need.
    taken        TEXT,
    -- Whoever has the handover, at the console.
    operator     TEXT,
    CHECK ((phase IS NULL) = (ended_at IS NOT NULL))
);
CREATE INDEX handovers_conversation ON handovers (conversation);
CREATE UNIQUE INDEX handovers_open ON handovers (conversation) WHERE ended_at IS NULL;
CREATE INDEX handovers_at_desk ON handovers (desk) WHERE ended_at IS NULL;
CREATE INDEX handovers_ended ON handovers (ended_at) WHERE ended_at IS NOT NULL;
-- The lists of the inbox, in their order.
CREATE INDEX handovers_by_age ON handovers (requested_at) WHERE ended_at IS NULL;
CREATE INDEX handovers_waiting ON handovers (requested_at) WHERE phase NOT IN ('attended', 'closing');
CREATE INDEX handovers_operator ON handovers (operator, requested_at) WHERE operator IS NOT NULL AND phase <> 'closing';

CREATE TABLE legs (
    id        UUID NOT NULL PRIMARY KEY,
    handover  UUID NOT NULL,
    desk      TEXT NOT NULL,
    reference TEXT,
    closed    BOOLEAN NOT NULL,
    -- What an answer gave that later calls of the leg need.
    taken     TEXT
);
CREATE INDEX legs_handover ON legs (handover, desk);

-- What desks call our legs. A leg may have several names; a name is the newest leg's that was called so.
CREATE TABLE leg_names (
    desk      TEXT NOT NULL,
    reference TEXT NOT NULL,
    leg       UUID NOT NULL REFERENCES legs (id) ON DELETE CASCADE,
    PRIMARY KEY (desk, reference)
);
CREATE INDEX leg_names_leg ON leg_names (leg);

-- What a desk told of a conversation that is not known to be ours yet, for a minute or so.
CREATE TABLE unmatched_events (
    row        BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    desk       TEXT NOT NULL,
    reference  TEXT NOT NULL,
    expires_at BIGINT NOT NULL,
    size       BIGINT NOT NULL,
    event      TEXT NOT NULL,
    keys       TEXT NOT NULL
);
CREATE INDEX unmatched_events_reference ON unmatched_events (desk, reference);

CREATE TABLE messages (
    row          BIGINT GENERATED ALWAYS AS IDENTITY,
    -- In the order of `recorded_at`.
    id           UUID NOT NULL PRIMARY KEY,
    conversation UUID NOT NULL,
    seq          BIGINT NOT NULL,
    actor        TEXT NOT NULL,
    at           BIGINT NOT NULL,
    handover     UUID,
    late         BOOLEAN NOT NULL,
    -- Of an agent: it has not reached the user, not even in part. Desks that are asked later do not read it.
    unsaid       BOOLEAN NOT NULL DEFAULT FALSE,
    content      TEXT NOT NULL,
    raw          TEXT,
    recorded_at  BIGINT NOT NULL,
    UNIQUE (conversation, seq)
);

CREATE TABLE deliveries (
    row          BIGINT GENERATED ALWAYS AS IDENTITY UNIQUE,
    id           UUID NOT NULL PRIMARY KEY,
    conversation UUID NOT NULL,
    handover     UUID NOT NULL,
    lane         UUID NOT NULL,
    destination  TEXT NOT NULL,
    ord          BIGINT NOT NULL,
    urgent       BOOLEAN NOT NULL,
    -- A platform waits for what comes of it: its lane goes ahead of those that are only late.
    awaited      BOOLEAN NOT NULL,
    task         TEXT NOT NULL,
    state        TEXT NOT NULL CHECK (state IN ('pending', 'retrying', 'delivered', 'dead', 'cancelled')),
    attempts     BIGINT NOT NULL,
    due_at       BIGINT NOT NULL,
    error_class  TEXT,
    created_at   BIGINT NOT NULL,
    settled_at   BIGINT,
    -- The span of the call that brought it about, as W3C Trace Context writes it. Empty while traces are off.
    trace        TEXT,
    CHECK ((settled_at IS NULL) = (state IN ('pending', 'retrying')))
) WITH (fillfactor = 80);
-- In the order in which they go: the head of a lane is found at once, however many wait behind it.
CREATE INDEX deliveries_lane ON deliveries (lane, urgent DESC, ord) WHERE settled_at IS NULL;
-- What goes early does not stand behind what stays longer.
CREATE INDEX deliveries_settled ON deliveries (settled_at) WHERE state IN ('delivered', 'cancelled');
CREATE INDEX deliveries_died ON deliveries (settled_at) WHERE state = 'dead';
CREATE INDEX deliveries_dead ON deliveries (row) WHERE state = 'dead';
CREATE INDEX deliveries_cancelled ON deliveries (row) WHERE state = 'cancelled';
CREATE INDEX deliveries_owed ON deliveries (destination, row) WHERE settled_at IS NULL;
-- From a message to what became of it. Of bots alone: what users say is most of what is owed, and goes to desks.
CREATE INDEX deliveries_to_bot ON deliveries (conversation) WHERE substr(destination, 1, 4) = 'bot:';

-- The lanes with unsettled deliveries, each with its head: whoever looks for work looks here, and at nothing that is
-- settled. Who holds one does so until `leased_until` of the database's clock; each hold has a number of its own, so
-- that what a former holder has to say changes nothing.
CREATE TABLE lanes (
    id           UUID NOT NULL PRIMARY KEY,
    destination  TEXT NOT NULL,
    -- The head, and when it is due. None: nothing waits, and the lane goes when it is given back.
    head         UUID,
    due_at       BIGINT,
    -- A claim was dropped: nobody claims the lane before this.
    not_before   BIGINT NOT NULL DEFAULT 0,
    owner        UUID,
    fence        BIGINT NOT NULL DEFAULT 0,
    leased_until BIGINT NOT NULL DEFAULT 0,
    -- What is on its way.
    flying       UUID
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.0, autovacuum_vacuum_threshold = 2000);
CREATE INDEX lanes_due ON lanes (destination, due_at) WHERE due_at IS NOT NULL;
CREATE INDEX lanes_held ON lanes (owner) WHERE owner IS NOT NULL;
CREATE SEQUENCE lane_fences;

CREATE TABLE keys (
    hash      BYTEA NOT NULL PRIMARY KEY CHECK (length(hash) = 16),
    day       BIGINT NOT NULL,
    reference UUID,
    body      BYTEA
);
-- Small, since a day's keys share its entries. Summaries of blocks (BRIN) would not do: newer keys take the place of
-- removed ones, and each block ends up with old days and new ones.
CREATE INDEX keys_day ON keys (day);

CREATE TABLE echoes (
    row          BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    conversation UUID NOT NULL,
    fingerprint  BYTEA NOT NULL CHECK (length(fingerprint) = 16),
    delivery     UUID NOT NULL,
    expires_at   BIGINT
);
CREATE INDEX echoes_conversation ON echoes (conversation);
CREATE INDEX echoes_expired ON echoes (expires_at) WHERE expires_at IS NOT NULL;

CREATE TABLE journal (
    row        BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    handover   UUID,
    at         BIGINT NOT NULL,
    from_phase TEXT,
    to_phase   TEXT,
    cause      TEXT NOT NULL,
    detail     TEXT,
    -- Whoever did this, at the console.
    operator   TEXT
);
CREATE INDEX journal_handover ON journal (handover);

CREATE TABLE warnings (
    kind     TEXT NOT NULL,
    subject  TEXT NOT NULL,
    count    BIGINT NOT NULL,
    first_at BIGINT NOT NULL,
    last_at  BIGINT NOT NULL,
    PRIMARY KEY (kind, subject)
);

CREATE TABLE unknown_events (
    row          BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    conversation UUID NOT NULL,
    at           BIGINT NOT NULL,
    raw          TEXT NOT NULL
);
CREATE INDEX unknown_events_conversation ON unknown_events (conversation);

CREATE TABLE pauses (
    destination TEXT NOT NULL PRIMARY KEY,
    until       BIGINT NOT NULL,
    because     TEXT NOT NULL
);

-- What operators changed.
CREATE TABLE audit (
    row     BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at      BIGINT NOT NULL,
    actor   TEXT NOT NULL,
    action  TEXT NOT NULL,
    subject TEXT NOT NULL
);

-- What operators had erased. Says nothing of whom.
CREATE TABLE erasures (
    row              BIGINT GENERATED ALWAYS AS IDENTITY UNIQUE,
    id               UUID NOT NULL PRIMARY KEY,
    at_platform      BOOLEAN NOT NULL,
    requested_at     BIGINT NOT NULL,
    finished_at      BIGINT,
    conversations    BIGINT NOT NULL,
    -- In how many of them the platform has deleted its part, and in how many it has not.
    platform_deleted BIGINT NOT NULL DEFAULT 0,
    platform_kept    BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX erasures_pending ON erasures (row) WHERE finished_at IS NULL;

-- Conversations on their way out. Goes with the conversation, and until then an erasure is not finished.
CREATE TABLE erasing (
    conversation UUID NOT NULL,
    erasure      UUID NOT NULL,
    -- Its handover has been told to end.
    told         BOOLEAN NOT NULL,
    PRIMARY KEY (conversation, erasure)
);
CREATE INDEX erasing_erasure ON erasing (erasure);

-- How far an operator has read.
CREATE TABLE console_reads (
    conversation UUID NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    operator     TEXT NOT NULL,
    seq          BIGINT NOT NULL,
    PRIMARY KEY (conversation, operator)
);

-- Who is signed in, by the hash of a token that is not kept.
CREATE TABLE console_sessions (
    id       BYTEA NOT NULL PRIMARY KEY CHECK (length(id) = 32),
    operator TEXT NOT NULL,
    begun_at BIGINT NOT NULL,
    seen_at  BIGINT NOT NULL
);

-- What people see changed, for the other replicas, for some minutes. `transaction` is whose it is: rows are read of those
-- transactions that were not over at the last reading.
CREATE TABLE changes (
    transaction   BIGINT NOT NULL DEFAULT (pg_current_xact_id()::TEXT::BIGINT),
    -- Each with its version, at the same place.
    conversations UUID[] NOT NULL,
    versions      BIGINT[] NOT NULL,
    at            BIGINT NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0.0, autovacuum_vacuum_threshold = 20000);
CREATE INDEX changes_transaction ON changes (transaction);

-- Which replicas live, and the bots and desks that each knows. `seen_at` is of the database's clock, and `since` the time
-- from which on it has been heard without a gap.
CREATE TABLE replicas (
    id      UUID NOT NULL PRIMARY KEY,
    bots    TEXT[] NOT NULL,
    desks   TEXT[] NOT NULL,
    since   BIGINT NOT NULL,
    seen_at BIGINT NOT NULL
);

-- Requests that became no handover.
CREATE INDEX journal_of_none ON journal (row) WHERE handover IS NULL;

-- Samples of these columns would outlive the rows that they were taken from, and help to plan nothing.
ALTER TABLE conversations ALTER COLUMN "user" SET STATISTICS 0, ALTER COLUMN state SET STATISTICS 0;
ALTER TABLE handovers ALTER COLUMN facts SET STATISTICS 0, ALTER COLUMN taken SET STATISTICS 0;
ALTER TABLE legs ALTER COLUMN reference SET STATISTICS 0, ALTER COLUMN taken SET STATISTICS 0;
ALTER TABLE leg_names ALTER COLUMN reference SET STATISTICS 0;
ALTER TABLE messages ALTER COLUMN content SET STATISTICS 0, ALTER COLUMN raw SET STATISTICS 0;
ALTER TABLE deliveries ALTER COLUMN task SET STATISTICS 0;
ALTER TABLE journal ALTER COLUMN detail SET STATISTICS 0;
ALTER TABLE unknown_events ALTER COLUMN raw SET STATISTICS 0;
ALTER TABLE unmatched_events ALTER COLUMN reference SET STATISTICS 0, ALTER COLUMN event SET STATISTICS 0;
