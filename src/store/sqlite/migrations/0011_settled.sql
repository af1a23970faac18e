-- What goes early does not stand behind what stays longer.
DROP INDEX deliveries_settled;
CREATE INDEX deliveries_settled ON deliveries (settled_at) WHERE state = 'delivered' OR state = 'cancelled';
CREATE INDEX deliveries_died ON deliveries (settled_at) WHERE state = 'dead';
