-- How the chance of an order moved during the visit that a row is of: the last forty scores, each
-- with the moment of its event. Both arrays are of one length.
ALTER TABLE app.intent_visits
    ADD COLUMN trail_at timestamptz[] NOT NULL DEFAULT '{}',
    ADD COLUMN trail    float8[]      NOT NULL DEFAULT '{}';
