-- Messages that could not be understood, kept so that nothing a shop sent is lost.
CREATE TABLE app.bad_rows (
    bad_row_id  uuid        PRIMARY KEY,  -- the same for a repeated message
    received_at timestamptz NOT NULL,
    key_id      text        NOT NULL,     -- the write key that brought it
    call        text        NOT NULL,     -- track, page, ...; empty for a message of a batch
    sent_at     timestamptz,              -- the client's clock as its batch left
    code        text        NOT NULL,
    detail      text        NOT NULL,
    body        bytea       NOT NULL,
    status      text        NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'repaired', 'discarded')),
    closed_by   text,
    closed_at   timestamptz
);
CREATE INDEX bad_rows_by_time ON app.bad_rows (status, received_at, bad_row_id);
