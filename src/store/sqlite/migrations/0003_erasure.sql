-- What operators had erased. Says nothing of whom.
CREATE TABLE erasures (
    row              INTEGER PRIMARY KEY,
    id               BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
    at_platform      INTEGER NOT NULL,
    requested_at     INTEGER NOT NULL,
    finished_at      INTEGER,
    conversations    INTEGER NOT NULL,
    -- In how many of them the platform has deleted its part, and in how many it has not.
    platform_deleted INTEGER NOT NULL DEFAULT 0,
    platform_kept    INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX erasures_pending ON erasures (row) WHERE finished_at IS NULL;

-- Conversations on their way out. Goes with the conversation, and until then an erasure is not finished.
CREATE TABLE erasing (
    conversation INTEGER NOT NULL,
    erasure      BLOB NOT NULL,
    -- Its handover has been told to end.
    told         INTEGER NOT NULL,
    PRIMARY KEY (conversation, erasure)
) STRICT, WITHOUT ROWID;
CREATE INDEX erasing_erasure ON erasing (erasure);

CREATE INDEX unknown_events_conversation ON unknown_events (conversation);
