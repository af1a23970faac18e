-- How far a conversation with an open handover has come, where the rest of its state has not changed since it was written:
-- a merge patch (RFC 7396) of that state. A state is long and has its own place in the file, and most messages move only
-- this. The newest message of a conversation has what counts, if its version is above that of the state.
ALTER TABLE messages ADD COLUMN progress TEXT;

-- Conversations as they are now, for whoever reads of a state what messages move. What is no JSON is passed over. When the
-- state was written is not when the last message came. A migration that makes one of the tables anew drops the view first.
CREATE VIEW conversations_now AS
SELECT c.row, c.id, c.bot, c.realm, c.user, max(c.version, coalesce(m.progress ->> '$.version', 0)) AS version,
       iif(m.progress ->> '$.version' > c.version AND json_valid(c.state), json_patch(c.state, m.progress), c.state) AS state,
       c.phase, c.wake_at, c.updated_at, c.observed_since, c.handed_over
FROM conversations c LEFT JOIN messages m ON m.conversation = c.row
     AND m.seq = (SELECT max(seq) FROM messages WHERE conversation = c.row) AND json_valid(m.progress);
