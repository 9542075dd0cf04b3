-- Read model: orders. The address is emptied when its shopper is erased.
CREATE TABLE blueprint.orders (
    order_id       text COLLATE "C" PRIMARY KEY,
    shopper_id     text COLLATE "C" NOT NULL,
    visitor        text NOT NULL,
    status         text NOT NULL,
    lines          jsonb NOT NULL,
    currency       text NOT NULL,
    goods_minor    bigint NOT NULL,
    discount_minor bigint NOT NULL,
    total_minor    bigint NOT NULL,
    refunded_minor bigint NOT NULL DEFAULT 0,
    payment_method text NOT NULL,
    address        jsonb,
    country        text NOT NULL,
    source         text NOT NULL,
    placed_at      timestamptz NOT NULL,
    version        integer NOT NULL,
    position       bigint NOT NULL
);
CREATE INDEX ON blueprint.orders (position);
CREATE INDEX ON blueprint.orders (shopper_id, placed_at DESC, order_id DESC);
CREATE INDEX ON blueprint.orders (placed_at);
