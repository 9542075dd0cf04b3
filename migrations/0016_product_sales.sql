-- Read model: product sales by day of the sale (UTC).
CREATE TABLE blueprint.product_sales (
    product_id     text COLLATE "C" NOT NULL,
    day            date    NOT NULL,
    currency       text    NOT NULL,
    orders         integer NOT NULL,
    units          integer NOT NULL,
    revenue_minor  bigint  NOT NULL,
    returned_units integer NOT NULL,
    refund_minor   bigint  NOT NULL,
    views          integer NOT NULL,
    basket_adds    integer NOT NULL,
    position       bigint  NOT NULL,
    PRIMARY KEY (product_id, day, currency)
);
CREATE INDEX ON blueprint.product_sales (position);
CREATE INDEX ON blueprint.product_sales (day);
