-- A challenger answers beside the champion, unseen: what it would have listed for each visitor.
ALTER TABLE blueprint.models ADD COLUMN is_shadow boolean NOT NULL DEFAULT false;

CREATE TABLE app.shadow_lists (
    visitor    text COLLATE "C" PRIMARY KEY,
    model      text   NOT NULL,
    position   bigint NOT NULL,  -- of the event that made it
    products   json   NOT NULL   -- [product_id, ...], the best first
) WITH (fillfactor = 70);

ALTER TABLE app.recommender
    ADD COLUMN shadowed bigint NOT NULL DEFAULT 0,  -- lists that challengers made
    ADD COLUMN shed     bigint NOT NULL DEFAULT 0;  -- that they did not, so as to slow nobody
