-- A data key for each shopper, wrapped by the master key. Erasing a shopper destroys the key here;
-- the ciphertext in the log stays, and nobody can read it again.
CREATE TABLE app.subject_keys (
    subject_id  text COLLATE "C" PRIMARY KEY,
    wrapped_key bytea,
    made_at     timestamptz NOT NULL DEFAULT now(),
    erased_at   timestamptz,
    CHECK ((wrapped_key IS NULL) = (erased_at IS NOT NULL))
);

-- The state of long streams at some version; a cache that may be emptied at any time.
CREATE TABLE app.snapshots (
    stream_id text COLLATE "C" PRIMARY KEY,
    version   integer NOT NULL,
    format    text    NOT NULL,
    state     bytea   NOT NULL
);
