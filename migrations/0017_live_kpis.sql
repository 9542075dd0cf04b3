-- Read model: live KPIs by minute, hour and day of what happened (UTC), and currency: money and
-- what it buys stands under its currency, everything else under ''.
CREATE TABLE blueprint.live_kpis (
    bucket          text COLLATE "C" NOT NULL,
    bucket_start    timestamptz NOT NULL,
    currency        text COLLATE "C" NOT NULL,
    visitors        integer NOT NULL,
    page_views      integer NOT NULL,
    product_views   integer NOT NULL,
    clicks          integer NOT NULL,
    searches        integer NOT NULL,
    baskets_started integer NOT NULL,
    items_added     integer NOT NULL,
    items_removed   integer NOT NULL,
    orders          integer NOT NULL,
    orders_cancelled integer NOT NULL,
    units           integer NOT NULL,
    units_returned  integer NOT NULL,
    revenue_minor   bigint  NOT NULL,
    refund_minor    bigint  NOT NULL,
    registrations   integer NOT NULL,
    reviews         integer NOT NULL,
    position        bigint  NOT NULL,
    PRIMARY KEY (bucket, bucket_start, currency)
);
CREATE INDEX ON blueprint.live_kpis (position);

CREATE TABLE blueprint.live_kpi_visitors (
    bucket       text COLLATE "C" NOT NULL,
    bucket_start timestamptz NOT NULL,
    visitor      text COLLATE "C" NOT NULL,
    PRIMARY KEY (bucket, bucket_start, visitor)
);
