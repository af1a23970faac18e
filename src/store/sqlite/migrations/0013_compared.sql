-- A list of more than two is looked up in a table that SQLite makes for every row that is written, and throws away.
-- Compared one by one, the states cost nothing to speak of.
DROP INDEX deliveries_lost;
CREATE INDEX deliveries_lost ON deliveries (conversation)
    WHERE (state = 'retrying' OR state = 'dead' OR state = 'cancelled') AND substr(destination, 1, 4) = 'bot:';
