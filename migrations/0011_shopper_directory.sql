-- Read model: shopper directory. Personal columns are emptied when a shopper is erased.
CREATE TABLE blueprint.shopper_directory (
    shopper_id    text COLLATE "C" PRIMARY KEY,
    name          text NOT NULL DEFAULT '',
    email         text NOT NULL DEFAULT '',
    username      text NOT NULL DEFAULT '',
    country       text NOT NULL DEFAULT '',
    source        text NOT NULL DEFAULT 'shop',
    addresses     jsonb NOT NULL DEFAULT '{}',
    visitors      text[] NOT NULL DEFAULT '{}',
    consent       jsonb NOT NULL DEFAULT '{}',
    registered_at timestamptz NOT NULL,
    is_erased     boolean NOT NULL DEFAULT false,
    version       integer NOT NULL,
    position      bigint NOT NULL
);
CREATE INDEX ON blueprint.shopper_directory (position);
CREATE INDEX ON blueprint.shopper_directory (registered_at);
