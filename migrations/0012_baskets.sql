-- Read model: baskets, as their owners see them.
CREATE TABLE blueprint.baskets (
    owner            text COLLATE "C" PRIMARY KEY,
    items            jsonb   NOT NULL,
    pieces           integer NOT NULL,
    total_minor      bigint  NOT NULL,
    currency         text    NOT NULL,
    state            text    NOT NULL,
    first_item_at    timestamptz,
    last_activity_at timestamptz NOT NULL,
    version          integer NOT NULL,
    position         bigint  NOT NULL
);
CREATE INDEX ON blueprint.baskets (position);
CREATE INDEX ON blueprint.baskets (last_activity_at) WHERE pieces > 0;
