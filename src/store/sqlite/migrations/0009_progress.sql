-- What has moved of its conversation's state with this message, or after it and before the next: a merge patch (RFC 7396) of
-- that state. Most messages move no more, and a state is long and has its own place in the file; so it is written only
-- where more has changed. Of a conversation's messages the newest counts, if its version is above that of the state.
ALTER TABLE messages ADD COLUMN progress TEXT;

-- Conversations as they are now, for whoever reads more of a state than its profile and its desk. One that is no JSON is
-- given as it is.
CREATE VIEW conversations_now AS
SELECT c.row, c.id, c.bot, c.realm, c.user, max(c.version, coalesce(m.progress ->> '$.version', 0)) AS version,
       iif(m.progress ->> '$.version' > c.version AND json_valid(c.state), json_patch(c.state, m.progress), c.state) AS state,
       c.phase, c.wake_at, c.updated_at, c.observed_since, c.handed_over
FROM conversations c LEFT JOIN messages m ON m.conversation = c.row
     AND m.seq = (SELECT max(seq) FROM messages WHERE conversation = c.row);
