-- Where each read model stands. A generation is one build of it: a schema "<name>_g<generation>"
-- with tables like those in "blueprint"; the views in "read" show the live generation.
CREATE TABLE app.projection (
    name               text COLLATE "C" NOT NULL,
    generation         integer     NOT NULL,
    status             text        NOT NULL CHECK (status IN
        ('live', 'requested', 'building', 'retired', 'failed', 'cancelled')),
    code_version       integer     NOT NULL,
    position           bigint      NOT NULL DEFAULT 0,
    epoch              bigint      NOT NULL DEFAULT 0,
    published_position bigint      NOT NULL DEFAULT 0,
    target_position    bigint      NOT NULL DEFAULT 0,
    error              text        NOT NULL DEFAULT '',
    started_at         timestamptz NOT NULL DEFAULT now(),
    updated_at         timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (name, generation)
) WITH (fillfactor = 50);
CREATE UNIQUE INDEX one_live_generation ON app.projection (name) WHERE status = 'live';
CREATE UNIQUE INDEX one_build_at_a_time ON app.projection (name)
    WHERE status IN ('requested', 'building');

-- The program may make schemas for generations, and no others.
CREATE FUNCTION app.make_generation_schema(wanted text) RETURNS void LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF wanted !~ '^[a-z][a-z_]*_(g|asof)[0-9]+$' THEN
        RAISE EXCEPTION '% is no name of a generation', wanted;
    END IF;
    EXECUTE format('CREATE SCHEMA IF NOT EXISTS %I AUTHORIZATION footfall_app', wanted);
END
$$;

-- Events that a read model could not take, and later ones of the same stream.
CREATE TABLE app.parked (
    name       text COLLATE "C" NOT NULL,
    generation integer     NOT NULL,
    position   bigint      NOT NULL,
    stream_id  text COLLATE "C" NOT NULL,
    topic      text        NOT NULL,
    error      text        NOT NULL,
    attempts   integer     NOT NULL DEFAULT 1,
    parked_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (name, generation, position)
);
CREATE INDEX parked_by_stream ON app.parked (name, generation, stream_id);
