-- A list of more than two is looked up in a table that SQLite makes for every row that is written, and throws away.
-- Compared one by one, the states cost nothing to speak of.
CREATE TABLE deliveries_anew (
    row          INTEGER PRIMARY KEY,
    id           BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
    conversation INTEGER NOT NULL,
    handover     BLOB NOT NULL,
    lane         BLOB NOT NULL CHECK (length(lane) = 16),
    destination  TEXT NOT NULL,
    ord          INTEGER NOT NULL,
    urgent       INTEGER NOT NULL,
    task         TEXT NOT NULL,
    state        TEXT NOT NULL CHECK (state = 'pending' OR state = 'retrying' OR state = 'delivered' OR state = 'dead'
                                      OR state = 'cancelled'),
    attempts     INTEGER NOT NULL,
    due_at       INTEGER NOT NULL,
    error_class  TEXT,
    created_at   INTEGER NOT NULL,
    settled_at   INTEGER,
    trace        TEXT,
    CHECK ((settled_at IS NULL) = (state = 'pending' OR state = 'retrying'))
) STRICT;
INSERT INTO deliveries_anew (row, id, conversation, handover, lane, destination, ord, urgent, task, state, attempts, due_at,
                             error_class, created_at, settled_at, trace)
SELECT row, id, conversation, handover, lane, destination, ord, urgent, task, state, attempts, due_at, error_class,
       created_at, settled_at, trace
FROM deliveries;
DROP TABLE deliveries;
ALTER TABLE deliveries_anew RENAME TO deliveries;
CREATE INDEX deliveries_settled ON deliveries (settled_at) WHERE settled_at IS NOT NULL;
CREATE INDEX deliveries_dead ON deliveries (row) WHERE state = 'dead';
CREATE INDEX deliveries_owed ON deliveries (destination) WHERE settled_at IS NULL;
CREATE INDEX deliveries_bot_lane ON deliveries (lane) WHERE settled_at IS NULL AND substr(destination, 1, 4) = 'bot:';
CREATE INDEX deliveries_to_bot ON deliveries (conversation) WHERE substr(destination, 1, 4) = 'bot:';
