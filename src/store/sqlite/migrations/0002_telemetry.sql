-- The span of the call that brought a delivery about, as W3C Trace Context writes it. Empty while traces are off.
ALTER TABLE deliveries ADD COLUMN trace TEXT;

-- What is owed to whom, oldest first: how old the oldest is must be cheap to ask however much is owed.
CREATE INDEX deliveries_owed ON deliveries (destination) WHERE settled_at IS NULL;
