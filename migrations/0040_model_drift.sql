-- Models: the latest word of drift, as model.drifted tells it, with its moment as "at".
ALTER TABLE blueprint.models ADD COLUMN drift jsonb;
