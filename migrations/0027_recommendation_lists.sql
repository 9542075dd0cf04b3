-- A visitor's list as one text that only its reader takes apart: a tenth of the bytes, and nothing
-- for Postgres to parse twice. The recommender begins again and makes the lists of who was there
-- lately anew.
DROP TABLE app.recommendation_lists;
CREATE TABLE app.recommendation_lists (
    visitor    text COLLATE "C" PRIMARY KEY,
    model      text        NOT NULL,
    position   bigint      NOT NULL,  -- of the event that made it
    list       json        NOT NULL,  -- see KeptList in projections/recommendations.py
    updated_at timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 70);
DELETE FROM app.recommender;

-- What goes with a product is written while the model serves already, product by product.
CREATE INDEX ON app.product_neighbours (model);
