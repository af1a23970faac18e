-- Of an agent: it has not reached the user, not even in part. Desks that are asked later do not read it.
ALTER TABLE messages ADD COLUMN unsaid INTEGER NOT NULL DEFAULT 0;
