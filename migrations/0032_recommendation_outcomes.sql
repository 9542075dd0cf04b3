-- Read model: recommendation_outcomes, what came of served lists; see
-- projections/recommendation_outcomes.py.
CREATE TABLE blueprint.served_lists (
    recommendation_id text COLLATE "C" PRIMARY KEY,
    source      text COLLATE "C" NOT NULL,  -- visitor:ID or shopper:ID it was served to; '' unknown
    person      text COLLATE "C" NOT NULL,  -- whom that turned out to be
    placement   text COLLATE "C" NOT NULL,
    model       text COLLATE "C" NOT NULL,
    served_at   timestamptz NOT NULL,
    products    text[]      NOT NULL,       -- the first place first
    clicks      integer     NOT NULL,       -- products clicked in the list itself
    views       integer     NOT NULL,       -- products looked at soon after it, however
    basket_adds integer     NOT NULL,       -- products put into a basket within a day
    orders      integer     NOT NULL,       -- products ordered within a day
    position    bigint      NOT NULL
);
CREATE INDEX ON blueprint.served_lists (source, served_at);
CREATE INDEX ON blueprint.served_lists (person, served_at);
CREATE INDEX ON blueprint.served_lists (position);

-- Those products of a list of which something came.
CREATE TABLE blueprint.served_products (
    recommendation_id text COLLATE "C" NOT NULL,
    product_id        text COLLATE "C" NOT NULL,
    place             integer NOT NULL,  -- from 1
    clicks            integer NOT NULL,
    views             integer NOT NULL,
    basket_adds       integer NOT NULL,
    orders            integer NOT NULL,
    PRIMARY KEY (recommendation_id, product_id)
);

-- By the day that the lists were served; money under its currency, all else under ''.
CREATE TABLE blueprint.recommendation_days (
    day           date    NOT NULL,
    model         text COLLATE "C" NOT NULL,
    placement     text COLLATE "C" NOT NULL,
    currency      text COLLATE "C" NOT NULL,
    lists         integer NOT NULL,
    products      integer NOT NULL,
    clicked_lists integer NOT NULL,
    clicks        integer NOT NULL,
    views         integer NOT NULL,
    basket_adds   integer NOT NULL,
    orders        integer NOT NULL,
    revenue_minor bigint  NOT NULL,
    position      bigint  NOT NULL,
    PRIMARY KEY (day, model, placement, currency)
);

-- Who a visitor is, as projections/identities.py folds it.
CREATE TABLE blueprint.served_identities (
    source    text COLLATE "C" PRIMARY KEY,  -- visitor:ID
    person    text COLLATE "C" NOT NULL,
    separated jsonb  NOT NULL,
    position  bigint NOT NULL
);
