-- Whoever has the handover, or did this, at the console.
ALTER TABLE handovers ADD COLUMN operator TEXT;
ALTER TABLE journal ADD COLUMN operator TEXT;

-- The lists of the inbox, in their order. A handover's row is written when it moves on, not with every message. What is
-- over has no phase, and so is in none of them.
CREATE INDEX handovers_by_age ON handovers (requested_at) WHERE ended_at IS NULL;
CREATE INDEX handovers_waiting ON handovers (requested_at) WHERE phase NOT IN ('attended', 'closing');
CREATE INDEX handovers_operator ON handovers (operator, requested_at) WHERE operator IS NOT NULL AND phase <> 'closing';

-- From a message to what became of it. Of bots alone: what users say is most of what is owed, and goes to desks.
CREATE INDEX deliveries_to_bot ON deliveries (conversation) WHERE substr(destination, 1, 4) = 'bot:';

-- How far an operator has read.
CREATE TABLE console_reads (
    conversation INTEGER NOT NULL REFERENCES conversations (row) ON DELETE CASCADE,
    operator     TEXT NOT NULL,
    seq          INTEGER NOT NULL,
    PRIMARY KEY (conversation, operator)
) STRICT, WITHOUT ROWID;

-- Who is signed in, by the hash of a token that is not kept.
CREATE TABLE console_sessions (
    id       BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 32),
    operator TEXT NOT NULL,
    begun_at INTEGER NOT NULL,
    seen_at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
