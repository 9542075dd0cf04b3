-- Read model live KPIs: from a number back to the log. The events that make the numbers of a
-- bucket lie between its first_position and its position.
ALTER TABLE blueprint.live_kpis ADD COLUMN first_position bigint NOT NULL;

-- Orders of imported behaviour, whose lines come as events of their own.
CREATE TABLE blueprint.live_kpi_orders (
    source   text COLLATE "C" NOT NULL,  -- the actor that brought it
    order_id text COLLATE "C" NOT NULL,
    position bigint NOT NULL,  -- of its first line, which counts the order
    PRIMARY KEY (source, order_id)
);
CREATE INDEX ON blueprint.live_kpi_orders (position);
