-- Read model baskets: each time that a basket was filled, from its first item to its end. A
-- basket is one row for ever, so it alone cannot say how many were begun in a window of the past.
ALTER TABLE blueprint.baskets ADD COLUMN filling bigint;  -- begun_position of the one under way

CREATE TABLE blueprint.basket_fillings (
    owner          text COLLATE "C" NOT NULL,
    begun_position bigint  NOT NULL,
    begun_at       timestamptz NOT NULL,
    is_continued   boolean NOT NULL,  -- goes on from the basket that a visitor handed over
    outcome        text    NOT NULL CHECK (outcome IN
        ('open', 'ordered', 'emptied', 'cleared', 'handed_over')),
    ended_at       timestamptz,
    order_id       text    NOT NULL DEFAULT '',
    position       bigint  NOT NULL,
    PRIMARY KEY (owner, begun_position)
);
CREATE INDEX ON blueprint.basket_fillings (begun_at);
CREATE INDEX ON blueprint.basket_fillings (position);
