-- What has not reached a user, of all that was ever owed to a bot in a conversation.
CREATE INDEX deliveries_lost ON deliveries (conversation)
    WHERE state IN ('retrying', 'dead', 'cancelled') AND substr(destination, 1, 4) = 'bot:';
