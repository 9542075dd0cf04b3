-- Appends one batch of requests: each is accepted whole or refused alone, all in one commit.
--
-- The caller (application/event_store/postgres.py) promises that within one batch no two requests
-- share a conditioned stream, an event id or an idempotency key; such a request waits for the next
-- batch. So every check below is set-wise, and the lock on log.head makes it free of races.
--
-- Answers one row per request: status 'appended' | 'duplicate' (all its events are in the log
-- already) | 'conflict' (detail names the stream, version is its current one) | 'event_id_taken'
-- | 'replayed' (its idempotency key was used).
CREATE FUNCTION log.append_events(
    request_actor       text[],
    request_visit       text[],
    request_correlation uuid[],
    request_causation   uuid[],
    key_request    int[], key_text text[], key_hash bytea[], key_result bytea[], key_seconds int[],
    condition_request int[], condition_stream text[], condition_version int[],
    event_request  int[],
    event_uuid     uuid[],
    event_stream   text[],
    event_topic    text[],
    event_schema   smallint[],
    event_occurred timestamptz[],
    event_payload  bytea[],
    event_leaf     bytea[]
) RETURNS TABLE (request int, status text, first_position bigint, last_position bigint,
                 stream text, current_version int)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_generic_plan
AS $$
#variable_conflict use_column
DECLARE
    head        log.head%ROWTYPE;
    recorded    timestamptz;
    refused     int[];
    wanted      int;
    inserted    int;
    batch_digest bytea;
    next_chain  bytea;
    answers     jsonb := '{}';
    problem     record;
BEGIN
    SELECT * INTO STRICT head FROM log.head FOR UPDATE;
    recorded := clock_timestamp();

    -- 1. Refuse what has been answered before or lost its race.
    FOR problem IN
        SELECT c.request, c.stream, coalesce(s.version, 0) AS version
        FROM unnest(condition_request, condition_stream, condition_version) AS c (request, stream, version)
        LEFT JOIN log.streams s ON s.stream_id = c.stream
        WHERE coalesce(s.version, 0) <> c.version
    LOOP
        refused := refused || problem.request;
        answers := answers || jsonb_build_object(problem.request::text,
            jsonb_build_object('status', 'conflict', 'stream', problem.stream, 'version', problem.version));
    END LOOP;
    IF cardinality(key_request) > 0 THEN
        FOR problem IN
            SELECT k.request, i.last_position
            FROM unnest(key_request, key_text) AS k (request, key)
            JOIN log.idempotency i ON i.key = k.key AND i.expires_at > recorded
        LOOP
            refused := refused || problem.request;
            answers := answers || jsonb_build_object(problem.request::text,
                jsonb_build_object('status', 'replayed', 'first', problem.last_position, 'last', problem.last_position));
        END LOOP;
    END IF;

    -- 2. Claim the event ids of the rest. Almost always all are new and this is one pass.
    wanted := cardinality(event_uuid);
    IF refused IS NULL THEN
        INSERT INTO log.event_ids (event_id, position)
        SELECT e.id, head.position + e.ordinal
        FROM unnest(event_uuid) WITH ORDINALITY AS e (id, ordinal)
        ON CONFLICT DO NOTHING;
        GET DIAGNOSTICS inserted = ROW_COUNT;
    END IF;
    IF refused IS NOT NULL OR inserted < wanted THEN
        DELETE FROM log.event_ids
        WHERE event_id = ANY (event_uuid) AND position > head.position;

        -- A request all of whose events are in the log is a repetition: it gets its first answer,
        -- even where its conditions no longer hold. A conditional request that shares only some is
        -- refused; an unconditional one goes on with its new events.
        FOR problem IN
            SELECT e.request, count(*) AS events, count(i.position) AS known,
                   min(i.position) AS first, max(i.position) AS last,
                   e.request = ANY (condition_request) AS conditional
            FROM unnest(event_request, event_uuid) AS e (request, id)
            LEFT JOIN log.event_ids i ON i.event_id = e.id
            GROUP BY e.request
            HAVING count(i.position) > 0
        LOOP
            IF problem.known = problem.events THEN
                refused := refused || problem.request;
                answers := answers || jsonb_build_object(problem.request::text,
                    jsonb_build_object('status', 'duplicate', 'first', problem.first, 'last', problem.last));
            ELSIF problem.conditional AND NOT problem.request = ANY (coalesce(refused, '{}')) THEN
                refused := refused || problem.request;
                answers := answers || jsonb_build_object(problem.request::text,
                    jsonb_build_object('status', 'event_id_taken'));
            END IF;
        END LOOP;

        SELECT coalesce(array_agg(e.request ORDER BY e.ordinal), '{}'),
               coalesce(array_agg(e.id ORDER BY e.ordinal), '{}'),
               coalesce(array_agg(e.stream ORDER BY e.ordinal), '{}'),
               coalesce(array_agg(e.topic ORDER BY e.ordinal), '{}'),
               coalesce(array_agg(e.schema ORDER BY e.ordinal), '{}'),
               coalesce(array_agg(e.occurred ORDER BY e.ordinal), '{}'),
               coalesce(array_agg(e.payload ORDER BY e.ordinal), '{}'),
               coalesce(array_agg(e.leaf ORDER BY e.ordinal), '{}')
        INTO event_request, event_uuid, event_stream, event_topic, event_schema, event_occurred,
             event_payload, event_leaf
        FROM unnest(event_request, event_uuid, event_stream, event_topic, event_schema, event_occurred,
                    event_payload, event_leaf)
             WITH ORDINALITY AS e (request, id, stream, topic, schema, occurred, payload, leaf, ordinal)
        LEFT JOIN log.event_ids i ON i.event_id = e.id
        WHERE i.position IS NULL AND e.request <> ALL (coalesce(refused, '{}'));
        wanted := cardinality(event_uuid);

        INSERT INTO log.event_ids (event_id, position)
        SELECT e.id, head.position + e.ordinal
        FROM unnest(event_uuid) WITH ORDINALITY AS e (id, ordinal);
    END IF;

    -- 3. Insert the accepted events, extend the chain over them, move the head.
    IF wanted > 0 THEN
        WITH grown AS (
            INSERT INTO log.streams AS s (stream_id, version, first_position, last_position)
            SELECT e.stream, count(*), head.position + min(e.ordinal), head.position + max(e.ordinal)
            FROM unnest(event_stream) WITH ORDINALITY AS e (stream, ordinal)
            GROUP BY e.stream
            ON CONFLICT (stream_id) DO UPDATE
                SET version = s.version + excluded.version, last_position = excluded.last_position
            RETURNING stream_id, version
        ), incoming AS (
            SELECT e.*, row_number() OVER (PARTITION BY e.stream ORDER BY e.ordinal DESC) - 1 AS later
            FROM unnest(event_request, event_uuid, event_stream, event_topic, event_schema,
                        event_occurred, event_payload)
                 WITH ORDINALITY AS e (request, id, stream, topic, schema, occurred, payload, ordinal)
        )
        INSERT INTO log.events (position, event_id, stream_id, version, topic, schema_version, occurred_at,
                                recorded_at, actor, visit_id, correlation_id, causation_id, payload)
        SELECT head.position + i.ordinal, i.id, i.stream, g.version - i.later, i.topic, i.schema, i.occurred,
               recorded, request_actor[i.request], request_visit[i.request],
               request_correlation[i.request], request_causation[i.request], i.payload
        FROM incoming i JOIN grown g ON g.stream_id = i.stream;

        SELECT sha256(string_agg(e.leaf, ''::bytea ORDER BY e.ordinal)) INTO batch_digest
        FROM unnest(event_leaf) WITH ORDINALITY AS e (leaf, ordinal);
        next_chain := sha256(head.chain || int8send(head.position + 1) || int8send(head.position + wanted)
                             || int8send((extract(epoch FROM recorded) * 1000000)::bigint) || batch_digest);
        INSERT INTO log.batches VALUES
            (head.position + 1, head.position + wanted, recorded, batch_digest, next_chain);
        UPDATE log.head SET position = head.position + wanted, chain = next_chain;
        IF cardinality(key_request) > 0 THEN
            INSERT INTO log.idempotency (key, request_hash, result, last_position, expires_at)
            SELECT k.key, k.hash, k.result,
                   head.position + (SELECT max(e.ordinal) FROM unnest(event_request)
                                    WITH ORDINALITY AS e (request, ordinal) WHERE e.request = k.request),
                   recorded + make_interval(secs => k.seconds)
            FROM unnest(key_request, key_text, key_hash, key_result, key_seconds)
                 AS k (request, key, hash, result, seconds)
            WHERE k.request = ANY (event_request)
            ON CONFLICT (key) DO UPDATE  -- an expired one is free again
                SET request_hash = excluded.request_hash, result = excluded.result,
                    last_position = excluded.last_position, expires_at = excluded.expires_at;
        END IF;
        IF head.position + wanted > head.partitioned_until - 10000000 THEN
            PERFORM log.make_partition();
        END IF;
        PERFORM pg_notify('footfall_log', (head.position + wanted)::text);
    END IF;

    -- 4. Answer each request.
    RETURN QUERY
        SELECT e.request, 'appended', head.position + min(e.ordinal), head.position + max(e.ordinal),
               NULL::text, NULL::int
        FROM unnest(event_request) WITH ORDINALITY AS e (request, ordinal)
        GROUP BY e.request;
    IF answers <> '{}' THEN
        RETURN QUERY
            SELECT a.key::int, a.value ->> 'status', (a.value ->> 'first')::bigint,
                   (a.value ->> 'last')::bigint, a.value ->> 'stream', (a.value ->> 'version')::int
            FROM jsonb_each(answers) AS a
            WHERE a.key::int <> ALL (event_request);
    END IF;
END
$$;

REVOKE ALL ON FUNCTION log.append_events FROM PUBLIC;
GRANT EXECUTE ON FUNCTION log.append_events TO footfall_app;
GRANT SELECT ON ALL TABLES IN SCHEMA log TO footfall_app;
