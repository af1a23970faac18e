-- What an answer gave that later calls of the leg, or to the bot in the same handover, need. JSON.
ALTER TABLE legs ADD COLUMN taken TEXT;
ALTER TABLE handovers ADD COLUMN taken TEXT;

-- What desks call our legs. A leg may have several names; a name is the newest leg's that was called so.
CREATE TABLE leg_names (
    desk      TEXT NOT NULL,
    reference TEXT NOT NULL,
    leg       BLOB NOT NULL REFERENCES legs (id) ON DELETE CASCADE,
    PRIMARY KEY (desk, reference)
) STRICT, WITHOUT ROWID;
CREATE INDEX leg_names_leg ON leg_names (leg);
INSERT OR REPLACE INTO leg_names SELECT desk, reference, id FROM legs WHERE reference IS NOT NULL ORDER BY id;

-- What a desk told of a conversation that is not known to be ours yet, for a minute or so.
CREATE TABLE unmatched_events (
    row        INTEGER PRIMARY KEY,
    desk       TEXT NOT NULL,
    reference  TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    size       INTEGER NOT NULL,
    event      TEXT NOT NULL,
    keys       TEXT NOT NULL
) STRICT;
CREATE INDEX unmatched_events_reference ON unmatched_events (desk, reference);
