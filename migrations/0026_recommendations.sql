-- Recommendation lists, kept by the recommender worker: a read model of the log and a model.
CREATE TABLE app.recommender (
    only_row   boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    position   bigint      NOT NULL,  -- every list knows the log up to here
    model      text        NOT NULL,  -- version that ranks; '' where none serves
    updated_at timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 50);

CREATE TABLE app.recommendation_lists (
    visitor    text COLLATE "C" PRIMARY KEY,
    model      text        NOT NULL,
    position   bigint      NOT NULL,  -- of the event that made it
    items      jsonb       NOT NULL,  -- [{product_id, score, because: [[product_id, kind, event_id], ...]}, ...]
    touched    jsonb       NOT NULL,  -- {product_id: the strongest that was done to it}
    updated_at timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 70);
CREATE INDEX ON app.recommendation_lists (updated_at);

-- What goes with a product: like it, and bought with it.
CREATE TABLE app.product_neighbours (
    product_id  text COLLATE "C" PRIMARY KEY,
    model       text  NOT NULL,
    alike       jsonb NOT NULL,  -- [{product_id, score}, ...], best first
    complements jsonb NOT NULL
);
