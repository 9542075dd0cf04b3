-- Read model: catalogue.
CREATE TABLE blueprint.catalogue (
    product_id   text COLLATE "C" PRIMARY KEY,
    name         text    NOT NULL,
    description  text    NOT NULL,
    category     text    NOT NULL,
    price_minor  bigint  NOT NULL,
    currency     text    NOT NULL,
    stock        integer,
    attributes   jsonb   NOT NULL,
    image_url    text    NOT NULL,
    is_withdrawn boolean NOT NULL DEFAULT false,
    added_at     timestamptz NOT NULL,
    version      integer NOT NULL,
    position     bigint  NOT NULL,
    words        tsvector GENERATED ALWAYS AS (
        setweight(to_tsvector('simple', name), 'A') || setweight(to_tsvector('simple', category), 'B')
        || setweight(to_tsvector('simple', left(description, 5000)), 'C')) STORED
);
CREATE INDEX ON blueprint.catalogue (position);
CREATE INDEX ON blueprint.catalogue (category, product_id);
CREATE INDEX ON blueprint.catalogue USING gin (words);

CREATE TABLE blueprint.categories (
    category_id text COLLATE "C" PRIMARY KEY,
    name        text   NOT NULL,
    parent      text   NOT NULL,
    position    bigint NOT NULL
);
