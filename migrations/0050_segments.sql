-- Read model: segments, one row for each shopper or visitor with what is counted of them and where
-- they belong. Counts are kept under the source that acted; "person" is whom it belongs to.
CREATE TABLE blueprint.segments (
    person               text COLLATE "C" PRIMARY KEY,  -- shopper:ID or visitor:ID
    is_known             boolean  NOT NULL,  -- has an account or an order
    is_gone              boolean  NOT NULL,  -- erased, or turned out to be somebody else
    first_at             timestamptz,
    last_at              timestamptz,
    views                integer  NOT NULL,
    basket_adds          integer  NOT NULL,
    orders               integer  NOT NULL,  -- of which something is kept
    order_days           integer  NOT NULL,
    undone               integer  NOT NULL,  -- orders of which nothing is kept
    currency             text COLLATE "C" NOT NULL,  -- of the latest order; money is in this one alone
    revenue_minor        bigint   NOT NULL,  -- less what was given back
    goods_minor          bigint   NOT NULL,
    discount_minor       bigint   NOT NULL,
    first_order_at       timestamptz,
    last_order_at        timestamptz,
    consent              jsonb    NOT NULL,
    segment              text COLLATE "C" NOT NULL,
    recency              smallint NOT NULL,  -- scores 1 to 5; 0 without an order
    frequency            smallint NOT NULL,
    monetary             smallint NOT NULL,
    cluster              smallint,
    alive_thousandths    integer,
    expected_thousandths bigint,
    value_minor          bigint,
    position             bigint   NOT NULL
) WITH (fillfactor = 70);
CREATE INDEX ON blueprint.segments (position);
CREATE INDEX ON blueprint.segments (segment, person) WHERE NOT is_gone;
CREATE INDEX ON blueprint.segments (cluster, person) WHERE cluster IS NOT NULL AND NOT is_gone;

CREATE TABLE blueprint.segment_sources (
    source      text COLLATE "C" PRIMARY KEY,
    person      text COLLATE "C" NOT NULL,
    is_known    boolean NOT NULL,
    is_erased   boolean NOT NULL,
    first_at    timestamptz NOT NULL,
    last_at     timestamptz NOT NULL,
    views       integer NOT NULL,
    basket_adds integer NOT NULL,
    consent     jsonb   NOT NULL
) WITH (fillfactor = 70);
CREATE INDEX ON blueprint.segment_sources (person);

CREATE TABLE blueprint.segment_orders (
    order_id       text COLLATE "C" PRIMARY KEY,
    source         text COLLATE "C" NOT NULL,
    person         text COLLATE "C" NOT NULL,
    currency       text COLLATE "C" NOT NULL,
    placed_at      timestamptz NOT NULL,
    is_sale        boolean NOT NULL,  -- else only what came back is known
    is_cancelled   boolean NOT NULL,
    goods_minor    bigint  NOT NULL,
    discount_minor bigint  NOT NULL,
    refund_minor   bigint  NOT NULL,
    is_kept        boolean GENERATED ALWAYS AS (
        is_sale AND NOT is_cancelled
        AND (refund_minor < goods_minor - discount_minor OR refund_minor = 0)) STORED
);
CREATE INDEX ON blueprint.segment_orders (person);
CREATE INDEX ON blueprint.segment_orders (source);

-- What each source put into baskets or bought, by the category that the product had then.
CREATE TABLE blueprint.segment_tastes (
    source   text COLLATE "C" NOT NULL,
    category text COLLATE "C" NOT NULL,
    pieces   integer NOT NULL,
    PRIMARY KEY (source, category)
);
CREATE TABLE blueprint.segment_products (
    product_id text COLLATE "C" PRIMARY KEY,
    category   text COLLATE "C" NOT NULL
);

CREATE TABLE blueprint.segment_identities (
    source    text COLLATE "C" PRIMARY KEY,
    person    text COLLATE "C" NOT NULL,
    separated jsonb  NOT NULL,
    position  bigint NOT NULL
);

-- The latest fit: the segmentation.fitted event that everyone stands by.
CREATE TABLE blueprint.segment_fit (
    only_row  boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    fit       text        NOT NULL,
    digest    text        NOT NULL,
    fitted_at timestamptz NOT NULL,
    position  bigint      NOT NULL
);
