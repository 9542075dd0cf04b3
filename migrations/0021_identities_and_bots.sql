-- Identities as projections/identities.py folds them: with the shoppers that a visitor was
-- separated from, who never join it again.
ALTER TABLE blueprint.interaction_identities ADD COLUMN separated jsonb NOT NULL DEFAULT '[]';

-- Bots are marked and counted apart.
ALTER TABLE blueprint.live_kpis ADD COLUMN bot_events integer NOT NULL;

-- Nobody asks for a product's people, and each write of a cell paid for this.
DROP INDEX blueprint.interactions_product_id_idx;
