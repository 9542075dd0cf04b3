-- Read model: models, every one that was trained, and which serves.
CREATE TABLE blueprint.models (
    kind        text COLLATE "C" NOT NULL,
    version     text COLLATE "C" NOT NULL,
    artifact    text        NOT NULL,  -- SHA-256 of its file
    until       bigint      NOT NULL,  -- log position up to which it has learnt
    settings    jsonb       NOT NULL,
    scores      jsonb       NOT NULL,  -- by model or baseline, then by measure
    trained_at  timestamptz NOT NULL,
    promoted_at timestamptz,           -- when it last began to serve
    is_champion boolean     NOT NULL,
    position    bigint      NOT NULL,
    PRIMARY KEY (kind, version)
);
CREATE INDEX ON blueprint.models (position);
