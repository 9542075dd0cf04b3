-- What the forecaster expects, kept by it; see projections/forecasts.py. All rows are of one forecast.
CREATE TABLE app.forecasts (
    period     text   NOT NULL CHECK (period IN ('day', 'week')),
    level      text   NOT NULL CHECK (level IN ('product', 'category', 'total')),
    series_id  text   COLLATE "C" NOT NULL,  -- of the product or category; '' is no category, or all
    class      text   NOT NULL,
    models     text[] NOT NULL,
    starts_on  date   NOT NULL,
    mean       float8[] NOT NULL,            -- pieces, period by period
    quantiles  json   NOT NULL,              -- level: pieces, period by period
    position   bigint NOT NULL,              -- of forecast.made
    PRIMARY KEY (period, level, series_id)
);
CREATE INDEX ON app.forecasts (position);

CREATE TABLE app.stock_advice (
    product_id     text COLLATE "C" PRIMARY KEY,
    stock          integer,                  -- there when it was made; NULL is not counted
    reorder_point  bigint NOT NULL,
    order_up_to    bigint NOT NULL,
    order_quantity bigint,                   -- NULL where the stock is not counted
    lead_demand    float8 NOT NULL,          -- expected until an order arrives
    days_left      float8,                   -- NULL is unknown, or for ever
    shortage       float8,                   -- chance to run out before an order arrives
    position       bigint NOT NULL
);
CREATE INDEX ON app.stock_advice (position);

-- The forecast that the rows above are of, or why there is none.
CREATE TABLE app.forecast_state (
    only_row    boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    forecast_id text    NOT NULL,            -- '' before the first
    until       bigint  NOT NULL,            -- the log was read up to here
    position    bigint  NOT NULL,            -- of forecast.made; 0 before the first
    reason      text    NOT NULL,
    lacks       text    NOT NULL,            -- what is missing where there is not enough data
    made_at     timestamptz NOT NULL,
    errors      json    NOT NULL
);
