-- The log: every event of the shop in one gapless, commit-ordered, append-only sequence.
-- Runs as the owner. Programs work as footfall_app, which may call log.append_events and read.

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'footfall_app') THEN
        CREATE ROLE footfall_app NOLOGIN;
    END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;  -- made by a neighbour meanwhile
END
$$;
GRANT footfall_app TO CURRENT_USER;

CREATE SCHEMA log;
CREATE SCHEMA app;
CREATE SCHEMA blueprint;
CREATE SCHEMA read;
GRANT USAGE ON SCHEMA log, blueprint TO footfall_app;
GRANT USAGE ON SCHEMA app TO footfall_app;
GRANT USAGE, CREATE ON SCHEMA read TO footfall_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA app
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO footfall_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA blueprint GRANT SELECT ON TABLES TO footfall_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA app GRANT USAGE, SELECT ON SEQUENCES TO footfall_app;

-- One row. Locking it is what orders the log.
CREATE TABLE log.head (
    only_row          boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    position          bigint  NOT NULL DEFAULT 0,
    chain             bytea   NOT NULL DEFAULT '\x0000000000000000000000000000000000000000000000000000000000000000',
    epoch             integer NOT NULL DEFAULT 1,
    partitioned_until bigint  NOT NULL DEFAULT 0
) WITH (fillfactor = 10);
INSERT INTO log.head DEFAULT VALUES;

CREATE TABLE log.streams (
    stream_id      text COLLATE "C" PRIMARY KEY,
    version        integer NOT NULL,
    first_position bigint  NOT NULL,
    last_position  bigint  NOT NULL
) WITH (fillfactor = 70);

CREATE TABLE log.events (
    position       bigint      NOT NULL,
    event_id       uuid        NOT NULL,
    stream_id      text COLLATE "C" NOT NULL,
    version        integer     NOT NULL,
    topic          text COLLATE "C" NOT NULL,
    schema_version smallint    NOT NULL,
    occurred_at    timestamptz NOT NULL,
    recorded_at    timestamptz NOT NULL,
    actor          text        NOT NULL,
    visit_id       text        NOT NULL,
    correlation_id uuid,
    causation_id   uuid,
    payload        bytea       NOT NULL,
    PRIMARY KEY (position)
) PARTITION BY RANGE (position);
-- Unique only within a partition; across partitions log.streams decides under the head's lock.
CREATE INDEX events_by_stream ON log.events (stream_id, version);
CREATE INDEX events_by_time ON log.events USING brin (recorded_at);

-- Deduplicates for ever, whatever becomes of old partitions of log.events.
CREATE TABLE log.event_ids (
    event_id uuid   NOT NULL PRIMARY KEY,
    position bigint NOT NULL
) PARTITION BY HASH (event_id);
DO $$
BEGIN
    FOR remainder IN 0..7 LOOP
        EXECUTE format('CREATE TABLE log.event_ids_%s PARTITION OF log.event_ids '
                       'FOR VALUES WITH (MODULUS 8, REMAINDER %s)', remainder, remainder);
    END LOOP;
END
$$;

CREATE TABLE log.batches (
    first_position bigint      PRIMARY KEY,
    last_position  bigint      NOT NULL,
    recorded_at    timestamptz NOT NULL,
    digest         bytea       NOT NULL,
    chain          bytea       NOT NULL
);

CREATE TABLE log.idempotency (
    key            text COLLATE "C" PRIMARY KEY,
    request_hash   bytea       NOT NULL,
    result         bytea       NOT NULL,
    last_position  bigint      NOT NULL,
    expires_at     timestamptz NOT NULL
);
CREATE INDEX idempotency_by_expiry ON log.idempotency (expires_at);

-- Partitions of ten million events, made one ahead of need.
CREATE FUNCTION log.make_partition() RETURNS void LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    size      constant bigint := 10000000;
    beginning bigint;
    partition text;
BEGIN
    UPDATE log.head SET partitioned_until = partitioned_until + size
    RETURNING partitioned_until - size INTO beginning;
    partition := format('events_%s', beginning / size);
    EXECUTE format('CREATE TABLE log.%I (LIKE log.events INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', partition);
    EXECUTE format('ALTER TABLE log.%I SET (autovacuum_freeze_min_age = 0)', partition);
    EXECUTE format('ALTER TABLE log.%I ALTER COLUMN payload SET STORAGE EXTERNAL', partition);
    EXECUTE format('ALTER TABLE log.events ATTACH PARTITION log.%I FOR VALUES FROM (%s) TO (%s)',
                   partition, beginning, beginning + size);
    EXECUTE format('CREATE TRIGGER no_truncation BEFORE TRUNCATE ON log.%I '
                   'FOR EACH STATEMENT EXECUTE FUNCTION log.refuse_change()', partition);
END
$$;

CREATE FUNCTION log.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the log is append-only: % on %.% is refused', TG_OP, TG_TABLE_SCHEMA, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON log.events
    FOR EACH ROW EXECUTE FUNCTION log.refuse_change();
CREATE TRIGGER no_truncation BEFORE TRUNCATE ON log.events
    FOR EACH STATEMENT EXECUTE FUNCTION log.refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON log.batches
    FOR EACH ROW EXECUTE FUNCTION log.refuse_change();
CREATE TRIGGER no_truncation BEFORE TRUNCATE ON log.batches
    FOR EACH STATEMENT EXECUTE FUNCTION log.refuse_change();
SELECT log.make_partition();
SELECT log.make_partition();

CREATE FUNCTION log.forget_expired_idempotency_keys() RETURNS bigint LANGUAGE sql
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH forgotten AS (DELETE FROM log.idempotency WHERE expires_at < clock_timestamp() RETURNING 1)
    SELECT count(*) FROM forgotten
$$;

-- For people with psql.
CREATE VIEW log.readable_events AS
SELECT position, stream_id, version, topic, occurred_at, recorded_at, actor, visit_id,
       convert_from(payload, 'UTF8')::jsonb AS payload, event_id, correlation_id, causation_id
FROM log.events;
