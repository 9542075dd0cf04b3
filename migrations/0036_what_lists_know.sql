-- Up to where the log was known to who made a list: its visitor's latest event is not the end of
-- that, as a product that came after it may be in the list.
ALTER TABLE app.recommendation_lists ADD COLUMN known_until bigint;
UPDATE app.recommendation_lists SET known_until = position;
ALTER TABLE app.recommendation_lists ALTER COLUMN known_until SET NOT NULL;
