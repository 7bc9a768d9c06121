-- What came in the way of a delivery, as far as a person can do something about it; last_error has the other side's own
-- words, for who mends it.
ALTER TABLE outbox ADD COLUMN last_trouble text;
UPDATE outbox SET last_trouble = 'refused' WHERE last_error IS NOT NULL;
ALTER TABLE outbox ADD CHECK ((last_error IS NULL) = (last_trouble IS NULL));
