-- Who may ask for what: staff, their and the shoppers' sign-ins, and keys for programs.
-- Tokens and keys are random 256 bits, so a plain SHA-256 of them is enough to keep.
CREATE TABLE app.users (
    username      text        PRIMARY KEY CHECK (username = lower(username)),
    password_hash text        NOT NULL,
    roles         text[]      NOT NULL CHECK (roles <@ ARRAY ['analyst', 'auditor', 'ml', 'admin'] AND roles <> '{}'),
    created_at    timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE app.sessions (
    token_hash bytea       PRIMARY KEY,
    actor      text        NOT NULL,  -- shopper:ID or user:NAME
    roles      text[]      NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL
);
CREATE INDEX sessions_by_actor ON app.sessions (actor);
CREATE INDEX sessions_by_expiry ON app.sessions (expires_at);

CREATE TABLE app.api_keys (
    key_id     text        PRIMARY KEY,
    key_hash   bytea       NOT NULL UNIQUE,
    kind       text        NOT NULL CHECK (kind IN ('write', 'api')),
    name       text        NOT NULL DEFAULT '',
    roles      text[]      NOT NULL DEFAULT '{}',
    hint       text        NOT NULL,  -- its first letters, to tell it from others
    created_at timestamptz NOT NULL DEFAULT now(),
    revoked_at timestamptz,
    CHECK (roles <@ ARRAY ['analyst', 'auditor', 'ml', 'admin']),
    CHECK (kind = 'api' OR roles = '{}')
);
