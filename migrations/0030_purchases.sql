-- Read model: purchases, which product who bought when, and how often. Rows are kept under the
-- source that bought; "person" is whom it belongs to, as in interactions.
CREATE TABLE blueprint.purchases (
    source     text COLLATE "C" NOT NULL,
    product_id text COLLATE "C" NOT NULL,
    person     text COLLATE "C" NOT NULL,
    times      integer     NOT NULL,  -- what follows within a day is the same purchase
    first_at   timestamptz NOT NULL,
    last_at    timestamptz NOT NULL,
    position   bigint      NOT NULL,
    PRIMARY KEY (source, product_id)
);
CREATE INDEX ON blueprint.purchases (position);
CREATE INDEX ON blueprint.purchases (person);
CREATE INDEX ON blueprint.purchases (product_id, last_at) WHERE times > 1;

CREATE TABLE blueprint.purchase_identities (
    source    text COLLATE "C" PRIMARY KEY,
    person    text COLLATE "C" NOT NULL,
    separated jsonb  NOT NULL,
    position  bigint NOT NULL
);
