-- Read model: interactions, the user-item matrix. Rows are kept under the source that acted (a
-- shopper or a visitor); "person" is whom it belongs to, so that a join can be undone.
CREATE TABLE blueprint.interactions (
    source            text COLLATE "C" NOT NULL,
    product_id        text COLLATE "C" NOT NULL,
    person            text COLLATE "C" NOT NULL,
    views             integer NOT NULL,
    clicks            integer NOT NULL,
    dwell_ms          bigint  NOT NULL,
    basket_adds       integer NOT NULL,
    basket_removes    integer NOT NULL,
    orders            integer NOT NULL,
    units             integer NOT NULL,
    returned_units    integer NOT NULL,
    rating            smallint NOT NULL DEFAULT 0,  -- 0: none
    -- How much it says of the person's liking, in thousandths: see projections/interactions.py.
    weight_thousandths bigint GENERATED ALWAYS AS (
        1000 * views + 500 * clicks + least(dwell_ms, 600000) / 60
        + 3000 * basket_adds - 1500 * basket_removes + 8000 * orders
        - 4000 * least(returned_units, units)
        + CASE WHEN rating = 0 THEN 0 ELSE (rating - 3) * 2000 END) STORED,
    first_at          timestamptz NOT NULL,
    last_at           timestamptz NOT NULL,
    position          bigint NOT NULL,
    PRIMARY KEY (source, product_id)
);
CREATE INDEX ON blueprint.interactions (position);
CREATE INDEX ON blueprint.interactions (person);
CREATE INDEX ON blueprint.interactions (product_id);

CREATE TABLE blueprint.interaction_identities (
    source   text COLLATE "C" PRIMARY KEY,
    person   text COLLATE "C" NOT NULL,
    position bigint NOT NULL
);
