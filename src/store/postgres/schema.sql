-- Times are milliseconds since 1970, what the program turns over is JSON.

CREATE TABLE meta (
    name  text PRIMARY KEY,
    value bytea NOT NULL
);

-- The key of the keyed hash in `keys`: made here, never leaves the database.
INSERT INTO meta (name, value) VALUES ('key_secret', sha256(gen_random_uuid()::text::bytea || gen_random_uuid()::text::bytea || gen_random_uuid()::text::bytea));

CREATE TABLE conversations (
    row            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id             uuid NOT NULL UNIQUE,
    bot            text NOT NULL,
    realm          text NOT NULL,
    "user"         text NOT NULL,
    version        bigint NOT NULL,
    -- Grows with every change that a person sees.
    touched        bigint NOT NULL,
    state          text NOT NULL,
    phase          text,
    wake_at        bigint,
    updated_at     bigint NOT NULL,
    -- When the oldest message was kept, while the conversation has never been handed over.
    observed_since bigint,
    handed_over    boolean NOT NULL,
    UNIQUE (bot, realm, "user"),
    CHECK ((phase IS NULL) = (wake_at IS NULL))
);
CREATE INDEX conversations_wake ON conversations (wake_at) WHERE wake_at IS NOT NULL;
CREATE INDEX conversations_observed ON conversations (observed_since) WHERE observed_since IS NOT NULL;

CREATE TABLE handovers (
    row          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id           uuid NOT NULL UNIQUE,
    conversation bigint NOT NULL REFERENCES conversations (row),
    desk         text NOT NULL,
    facts        text NOT NULL,
    phase        text,
    answer       text NOT NULL,
    requested_at bigint NOT NULL,
    phase_since  bigint NOT NULL,
    ended_at     bigint,
    reason       text,
    operator     text,
    taken        text,
    CHECK ((phase IS NULL) = (ended_at IS NOT NULL))
);
CREATE INDEX handovers_conversation ON handovers (conversation);
CREATE UNIQUE INDEX handovers_open ON handovers (conversation) WHERE ended_at IS NULL;
CREATE INDEX handovers_ended ON handovers (ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX handovers_by_age ON handovers (requested_at) WHERE ended_at IS NULL;
CREATE INDEX handovers_waiting ON handovers (requested_at) WHERE phase NOT IN ('attended', 'closing');
CREATE INDEX handovers_operator ON handovers (operator, requested_at) WHERE operator IS NOT NULL AND phase <> 'closing';

CREATE TABLE legs (
    id        uuid PRIMARY KEY,
    handover  uuid NOT NULL REFERENCES handovers (id),
    desk      text NOT NULL,
    reference text,
    closed    boolean NOT NULL,
    taken     text
);
CREATE INDEX legs_handover ON legs (handover, desk);

CREATE TABLE leg_names (
    desk      text NOT NULL,
    reference text NOT NULL,
    leg       uuid NOT NULL REFERENCES legs (id) ON DELETE CASCADE,
    PRIMARY KEY (desk, reference)
);
CREATE INDEX leg_names_leg ON leg_names (leg);

CREATE TABLE messages (
    row          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id           uuid NOT NULL UNIQUE,
    conversation bigint NOT NULL REFERENCES conversations (row),
    seq          bigint NOT NULL,
    actor        text NOT NULL,
    at           bigint NOT NULL,
    handover     uuid,
    late         boolean NOT NULL,
    content      text NOT NULL,
    raw          text,
    recorded_at  bigint NOT NULL,
    UNIQUE (conversation, seq)
);

CREATE TABLE deliveries (
    row          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id           uuid NOT NULL UNIQUE,
    conversation bigint NOT NULL,
    handover     uuid NOT NULL,
    lane         uuid NOT NULL,
    destination  text NOT NULL,
    ord          bigint NOT NULL,
    urgent       boolean NOT NULL,
    task         text NOT NULL,
    state        text NOT NULL CHECK (state IN ('pending', 'retrying', 'delivered', 'dead', 'cancelled')),
    attempts     integer NOT NULL,
    due_at       bigint NOT NULL,
    error_class  text,
    created_at   bigint NOT NULL,
    settled_at   bigint,
    trace        text,
    CHECK ((settled_at IS NULL) = (state IN ('pending', 'retrying')))
);
CREATE INDEX deliveries_lane ON deliveries (lane) WHERE settled_at IS NULL;
CREATE INDEX deliveries_owed ON deliveries (destination, row) WHERE settled_at IS NULL;
CREATE INDEX deliveries_settled ON deliveries (settled_at) WHERE settled_at IS NOT NULL;
CREATE INDEX deliveries_dead ON deliveries (destination, row) WHERE state = 'dead';
CREATE INDEX deliveries_to_bot ON deliveries (conversation) WHERE substr(destination, 1, 4) = 'bot:';

CREATE TABLE keys (
    row       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    hash      bytea NOT NULL UNIQUE,
    day       bigint NOT NULL,
    reference uuid,
    body      bytea
);

CREATE TABLE echoes (
    row          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    conversation bigint NOT NULL,
    fingerprint  bytea NOT NULL,
    delivery     uuid NOT NULL,
    expires_at   bigint
);
CREATE INDEX echoes_conversation ON echoes (conversation);
CREATE INDEX echoes_expired ON echoes (expires_at) WHERE expires_at IS NOT NULL;

CREATE TABLE journal (
    row        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    handover   uuid,
    at         bigint NOT NULL,
    from_phase text,
    to_phase   text,
    cause      text NOT NULL,
    detail     text,
    operator   text
);
CREATE INDEX journal_handover ON journal (handover) WHERE handover IS NOT NULL;
CREATE INDEX journal_of_none ON journal (row) WHERE handover IS NULL;

CREATE TABLE warnings (
    kind     text NOT NULL,
    subject  text NOT NULL,
    count    bigint NOT NULL,
    first_at bigint NOT NULL,
    last_at  bigint NOT NULL,
    PRIMARY KEY (kind, subject)
);

CREATE TABLE unknown_events (
    row          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    conversation uuid NOT NULL,
    at           bigint NOT NULL,
    raw          text NOT NULL
);
CREATE INDEX unknown_events_conversation ON unknown_events (conversation);

CREATE TABLE unmatched_events (
    row        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    desk       text NOT NULL,
    reference  text NOT NULL,
    expires_at bigint NOT NULL,
    size       bigint NOT NULL,
    event      text NOT NULL,
    keys       text NOT NULL
);
CREATE INDEX unmatched_events_reference ON unmatched_events (desk, reference);

CREATE TABLE pauses (
    destination text PRIMARY KEY,
    until       bigint NOT NULL,
    because     text NOT NULL
);

-- What operators changed.
CREATE TABLE audit (
    row     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at      bigint NOT NULL,
    actor   text NOT NULL,
    action  text NOT NULL,
    subject text NOT NULL
);

-- What operators had erased. Says nothing of whom.
CREATE TABLE erasures (
    row              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id               uuid NOT NULL UNIQUE,
    at_platform      boolean NOT NULL,
    requested_at     bigint NOT NULL,
    finished_at      bigint,
    conversations    bigint NOT NULL,
    -- In how many of them the platform has deleted its part, and in how many it has not.
    platform_deleted bigint NOT NULL DEFAULT 0,
    platform_kept    bigint NOT NULL DEFAULT 0
);
CREATE INDEX erasures_pending ON erasures (row) WHERE finished_at IS NULL;

-- Conversations on their way out. Goes with the conversation, and until then an erasure is not finished.
CREATE TABLE erasing (
    conversation bigint NOT NULL,
    erasure      uuid NOT NULL,
    -- Its handover has been told to end.
    told         boolean NOT NULL,
    PRIMARY KEY (conversation, erasure)
);
CREATE INDEX erasing_erasure ON erasing (erasure);

-- How far an operator has read.
CREATE TABLE console_reads (
    conversation bigint NOT NULL REFERENCES conversations (row) ON DELETE CASCADE,
    operator     text NOT NULL,
    seq          bigint NOT NULL,
    PRIMARY KEY (conversation, operator)
);

-- Who is signed in, by the hash of a token that is not kept.
CREATE TABLE console_sessions (
    id       bytea PRIMARY KEY CHECK (length(id) = 32),
    operator text NOT NULL,
    begun_at bigint NOT NULL,
    seen_at  bigint NOT NULL
);

-- What people see changed, for the other replicas, for a few minutes.
CREATE TABLE changes (
    transaction  bigint NOT NULL DEFAULT (pg_current_xact_id()::text::bigint),
    conversation uuid NOT NULL,
    version      bigint NOT NULL,
    at           bigint NOT NULL
);
CREATE INDEX changes_transaction ON changes (transaction);

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
