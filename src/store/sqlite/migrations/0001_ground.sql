-- Ids are 16 bytes, times milliseconds since 1970, what the program turns over is JSON.

CREATE TABLE meta (
    name  TEXT NOT NULL PRIMARY KEY,
    value ANY NOT NULL
) STRICT, WITHOUT ROWID;

-- The key of the keyed hash in `keys`: made here, never leaves the file.
INSERT INTO meta (name, value) VALUES ('key_secret', randomblob(32)), ('probed_at', 0);

-- A row's number is never given out again: a delivery that outlives its conversation must not find another's.
CREATE TABLE conversations (
    row            INTEGER PRIMARY KEY AUTOINCREMENT,
    id             BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
    bot            TEXT NOT NULL,
    realm          TEXT NOT NULL,
    user           TEXT NOT NULL,
    version        INTEGER NOT NULL,
    state          TEXT NOT NULL,
    phase          TEXT,
    wake_at        INTEGER,
    updated_at     INTEGER NOT NULL,
    -- When the oldest message was kept, while the conversation has never been handed over.
    observed_since INTEGER,
    handed_over    INTEGER NOT NULL,
    UNIQUE (bot, realm, user),
    CHECK ((phase IS NULL) = (wake_at IS NULL))
) STRICT;
CREATE INDEX conversations_wake ON conversations (wake_at) WHERE wake_at IS NOT NULL;
CREATE INDEX conversations_observed ON conversations (observed_since) WHERE observed_since IS NOT NULL;

CREATE TABLE handovers (
    row          INTEGER PRIMARY KEY,
    id           BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
    conversation INTEGER NOT NULL REFERENCES conversations (row),
    desk         TEXT NOT NULL,
    facts        TEXT NOT NULL,
    phase        TEXT,
    answer       TEXT NOT NULL,
    requested_at INTEGER NOT NULL,
    phase_since  INTEGER NOT NULL,
    ended_at     INTEGER,
    reason       TEXT,
    CHECK ((phase IS NULL) = (ended_at IS NOT NULL))
) STRICT;
CREATE INDEX handovers_conversation ON handovers (conversation);
CREATE UNIQUE INDEX handovers_open ON handovers (conversation) WHERE ended_at IS NULL;
CREATE INDEX handovers_ended ON handovers (ended_at) WHERE ended_at IS NOT NULL;

CREATE TABLE legs (
    id        BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    handover  BLOB NOT NULL REFERENCES handovers (id),
    desk      TEXT NOT NULL,
    reference TEXT,
    closed    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX legs_handover ON legs (handover, desk);

CREATE TABLE messages (
    row          INTEGER PRIMARY KEY,
    id           BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
    conversation INTEGER NOT NULL REFERENCES conversations (row),
    seq          INTEGER NOT NULL,
    actor        TEXT NOT NULL,
    at           INTEGER NOT NULL,
    handover     BLOB,
    late         INTEGER NOT NULL,
    content      TEXT NOT NULL,
    raw          TEXT,
    recorded_at  INTEGER NOT NULL,
    UNIQUE (conversation, seq)
) STRICT;

CREATE TABLE deliveries (
    row          INTEGER PRIMARY KEY,
    id           BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
    conversation INTEGER NOT NULL,
    handover     BLOB NOT NULL,
    lane         BLOB NOT NULL CHECK (length(lane) = 16),
    destination  TEXT NOT NULL,
    ord          INTEGER NOT NULL,
    urgent       INTEGER NOT NULL,
    task         TEXT NOT NULL,
    state        TEXT NOT NULL CHECK (state IN ('pending', 'retrying', 'delivered', 'dead', 'cancelled')),
    attempts     INTEGER NOT NULL,
    due_at       INTEGER NOT NULL,
    error_class  TEXT,
    created_at   INTEGER NOT NULL,
    settled_at   INTEGER,
    CHECK ((settled_at IS NULL) = (state IN ('pending', 'retrying')))
) STRICT;
CREATE INDEX deliveries_lane ON deliveries (lane) WHERE settled_at IS NULL;
CREATE INDEX deliveries_settled ON deliveries (settled_at) WHERE settled_at IS NOT NULL;
CREATE INDEX deliveries_dead ON deliveries (row) WHERE state = 'dead';

-- Rows are appended day by day, so what is old stands in front and is removed without an index on the day.
CREATE TABLE keys (
    row       INTEGER PRIMARY KEY,
    hash      BLOB NOT NULL UNIQUE CHECK (length(hash) = 16),
    day       INTEGER NOT NULL,
    reference BLOB,
    body      BLOB
) STRICT;

CREATE TABLE echoes (
    row          INTEGER PRIMARY KEY,
    conversation INTEGER NOT NULL,
    fingerprint  BLOB NOT NULL CHECK (length(fingerprint) = 16),
    delivery     BLOB NOT NULL,
    expires_at   INTEGER
) STRICT;
CREATE INDEX echoes_conversation ON echoes (conversation);
CREATE INDEX echoes_expired ON echoes (expires_at) WHERE expires_at IS NOT NULL;

CREATE TABLE journal (
    row        INTEGER PRIMARY KEY,
    handover   BLOB,
    at         INTEGER NOT NULL,
    from_phase TEXT,
    to_phase   TEXT,
    cause      TEXT NOT NULL,
    detail     TEXT
) STRICT;
CREATE INDEX journal_handover ON journal (handover);

CREATE TABLE warnings (
    kind     TEXT NOT NULL,
    subject  TEXT NOT NULL,
    count    INTEGER NOT NULL,
    first_at INTEGER NOT NULL,
    last_at  INTEGER NOT NULL,
    PRIMARY KEY (kind, subject)
) STRICT, WITHOUT ROWID;

CREATE TABLE unknown_events (
    row          INTEGER PRIMARY KEY,
    conversation BLOB NOT NULL,
    at           INTEGER NOT NULL,
    raw          TEXT NOT NULL
) STRICT;

CREATE TABLE pauses (
    destination TEXT NOT NULL PRIMARY KEY,
    until       INTEGER NOT NULL,
    because     TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- What operators changed.
CREATE TABLE audit (
    row     INTEGER PRIMARY KEY,
    at      INTEGER NOT NULL,
    actor   TEXT NOT NULL,
    action  TEXT NOT NULL,
    subject TEXT NOT NULL
) STRICT;
