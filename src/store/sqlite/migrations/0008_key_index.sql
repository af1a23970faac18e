-- Where a key is looked up. A key's place in this order is anywhere, and each place is a page of its own: so keys are put
-- here many at a time, side by side, and those that are not here yet are known to the memory.
CREATE TABLE key_index (
    hash BLOB NOT NULL PRIMARY KEY CHECK (length(hash) = 16),
    row  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO key_index (hash, row) SELECT hash, row FROM keys ORDER BY hash;

-- One row: how far the index has come. Whatever row of `keys` comes before `before` is in it; of those before `began_at`,
-- where the present round began, also each whose hash is not above `hash`. The others may be.
CREATE TABLE keys_indexed (
    before   INTEGER NOT NULL,
    began_at INTEGER NOT NULL,
    hash     BLOB
) STRICT;
INSERT INTO keys_indexed (before, began_at) SELECT coalesce(max(row), 0) + 1, coalesce(max(row), 0) + 1 FROM keys;

CREATE TABLE keys_anew (
    row       INTEGER PRIMARY KEY,
    hash      BLOB NOT NULL CHECK (length(hash) = 16),
    day       INTEGER NOT NULL,
    reference BLOB,
    body      BLOB
) STRICT;
INSERT INTO keys_anew (row, hash, day, reference, body) SELECT row, hash, day, reference, body FROM keys ORDER BY row;
DROP TABLE keys;
ALTER TABLE keys_anew RENAME TO keys;
