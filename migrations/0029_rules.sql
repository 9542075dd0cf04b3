-- Read model: rules, what the shop wants of its recommendations. A removed one stays, flagged.
CREATE TABLE blueprint.rules (
    rule_id    text COLLATE "C" PRIMARY KEY,
    terms      jsonb       NOT NULL,
    event_id   uuid        NOT NULL,  -- of what was said last
    is_removed boolean     NOT NULL,
    set_at     timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    version    integer     NOT NULL,
    position   bigint      NOT NULL
);
CREATE INDEX ON blueprint.rules (position);
