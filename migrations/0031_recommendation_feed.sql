-- The lists that changed since a position: the feed `recommendations` and the live topic.
CREATE INDEX ON app.recommendation_lists (position);
