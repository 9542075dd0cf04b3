-- Appends one batch of requests: each is accepted whole or refused alone, all in one commit.
--
-- The caller (application/event_store/postgres.py) promises that within one batch no two requests
-- share a conditioned stream, an event id or an idempotency key; such a request waits for the next
-- batch. So every check below is set-wise, and the lock on log.head makes it free of races.
--
-- Streams come once, by name; an event names its stream and its request by their numbers, from 1,
-- and says the how-manieth event of its stream within this batch it is (event_nth).
--
-- Answers one row per request: status 'appended' | 'duplicate' (all its events are in the log
-- already) | 'conflict' (detail names the stream, version is its current one) | 'event_id_taken'
-- | 'replayed' (its idempotency key was used).
--
-- Written for one pass over thousands of events: unnest in the select list runs its arrays in
-- step without storing them, and joins between arrays must hash, since nothing tells the planner
-- how long an array is. Look-ups in tables are sub-selects, which stay index look-ups.
CREATE FUNCTION log.append_events(
    request_actor       text[],
    request_visit       text[],
    request_correlation uuid[],
    request_causation   uuid[],
    key_request int[], key_text text[], key_hash bytea[], key_result bytea[], key_seconds int[],
    condition_request int[], condition_stream text[], condition_version int[],
    stream_ids     text[],
    event_request  int[],
    event_stream   int[],
    event_nth      int[],
    event_uuid     uuid[],
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
SET enable_nestloop = off
SET enable_mergejoin = off
AS $$
#variable_conflict use_column
DECLARE
    tip          log.head%ROWTYPE;  -- not "head": in UPDATE log.head that names the table
    recorded     timestamptz;
    refused      int[] := '{}';
    wanted       int := cardinality(event_uuid);
    is_claimed   boolean := false;
    batch_digest bytea;
    answers      jsonb := '{}';
    problem      record;
BEGIN
    SELECT * INTO STRICT tip FROM log.head FOR UPDATE;
    recorded := clock_timestamp();

    -- 1. Refuse what lost its race or was answered before.
    FOR problem IN
        SELECT * FROM (
            SELECT c.request, c.stream, c.version AS expected,
                   coalesce((SELECT s.version FROM log.streams s WHERE s.stream_id = c.stream), 0) AS version
            FROM unnest(condition_request, condition_stream, condition_version) AS c (request, stream, version)
            OFFSET 0
        ) AS checked
        WHERE version <> expected
    LOOP
        refused := refused || problem.request;
        answers := answers || jsonb_build_object(problem.request,
            jsonb_build_object('status', 'conflict', 'stream', problem.stream, 'version', problem.version));
    END LOOP;
    FOR i IN 1 .. cardinality(key_request) LOOP
        SELECT k.last_position INTO problem FROM log.idempotency k
        WHERE k.key = key_text[i] AND k.expires_at > recorded;
        IF FOUND THEN
            refused := refused || key_request[i];
            answers := answers || jsonb_build_object(key_request[i], jsonb_build_object(
                'status', 'replayed', 'first', problem.last_position, 'last', problem.last_position));
        END IF;
    END LOOP;

    -- 2. Claim the event ids. Almost always nothing was refused and all ids are new.
    IF refused = '{}' THEN
        BEGIN
            INSERT INTO log.event_ids (event_id, position)
            SELECT unnest(event_uuid), generate_series(tip.position + 1, tip.position + wanted);
            is_claimed := true;
        EXCEPTION WHEN unique_violation THEN NULL;
        END;
    END IF;
    IF NOT is_claimed THEN
        -- A request all of whose events are in the log is a repetition: it gets its first answer,
        -- even where its conditions no longer hold. A conditional request that shares only some is
        -- refused; an unconditional one goes on with its new events.
        FOR problem IN
            SELECT request, count(known) = count(*) AS is_known, min(known) AS first, max(known) AS last,
                   request = ANY (condition_request) AS is_conditional
            FROM (SELECT e.request, (SELECT i.position FROM log.event_ids i WHERE i.event_id = e.id) AS known
                  FROM unnest(event_request, event_uuid) AS e (request, id)) AS looked_up
            GROUP BY request
            HAVING count(known) > 0
        LOOP
            IF problem.is_known THEN
                refused := refused || problem.request;
                answers := answers || jsonb_build_object(problem.request, jsonb_build_object(
                    'status', 'duplicate', 'first', problem.first, 'last', problem.last));
            ELSIF problem.is_conditional AND problem.request <> ALL (refused) THEN
                refused := refused || problem.request;
                answers := answers || jsonb_build_object(problem.request,
                    jsonb_build_object('status', 'event_id_taken'));
            END IF;
        END LOOP;

        SELECT coalesce(array_agg(request ORDER BY ordinal), '{}'),
               coalesce(array_agg(id ORDER BY ordinal), '{}'),
               coalesce(array_agg(stream ORDER BY ordinal), '{}'),
               coalesce(array_agg(nth ORDER BY ordinal), '{}'),
               coalesce(array_agg(topic ORDER BY ordinal), '{}'),
               coalesce(array_agg(schema ORDER BY ordinal), '{}'),
               coalesce(array_agg(occurred ORDER BY ordinal), '{}'),
               coalesce(array_agg(payload ORDER BY ordinal), '{}'),
               coalesce(array_agg(leaf ORDER BY ordinal), '{}')
        INTO event_request, event_uuid, event_stream, event_nth, event_topic, event_schema, event_occurred,
             event_payload, event_leaf
        FROM (SELECT e.*, row_number() OVER (PARTITION BY stream ORDER BY ordinal)::int AS nth
              FROM unnest(event_request, event_uuid, event_stream, event_topic, event_schema, event_occurred,
                          event_payload, event_leaf)
                   WITH ORDINALITY AS e (request, id, stream, topic, schema, occurred, payload, leaf, ordinal)
              WHERE e.request <> ALL (refused)
                AND NOT EXISTS (SELECT FROM log.event_ids i WHERE i.event_id = e.id OFFSET 0)) AS accepted;
        wanted := cardinality(event_uuid);

        INSERT INTO log.event_ids (event_id, position)
        SELECT unnest(event_uuid), generate_series(tip.position + 1, tip.position + wanted);
    END IF;

    -- 3. Insert the accepted events, extend the chain over them, move the head.
    IF wanted > 0 THEN
        WITH touched AS (
            SELECT number, max(nth) AS events, min(position) AS first, max(position) AS last
            FROM (SELECT unnest(event_stream) AS number, unnest(event_nth) AS nth,
                         generate_series(tip.position + 1, tip.position + wanted) AS position) AS e
            GROUP BY number
        ), based AS MATERIALIZED (
            SELECT n.number, n.stream_id, t.events, t.first, t.last,
                   (SELECT s.version FROM log.streams s WHERE s.stream_id = n.stream_id) AS version
            FROM unnest(stream_ids) WITH ORDINALITY AS n (stream_id, number)
            JOIN touched t ON t.number = n.number
        ), opened AS (  -- apart from the grown ones: a plain insert costs a third of an upsert
            INSERT INTO log.streams (stream_id, version, first_position, last_position)
            SELECT stream_id, events, first, last FROM based WHERE version IS NULL
        ), grown AS (
            INSERT INTO log.streams AS s (stream_id, version, first_position, last_position)
            SELECT stream_id, version + events, first, last FROM based WHERE version IS NOT NULL
            ON CONFLICT (stream_id) DO UPDATE
                SET version = excluded.version, last_position = excluded.last_position
        ), incoming AS (
            SELECT generate_series(tip.position + 1, tip.position + wanted) AS position,
                   unnest(event_request) AS request, unnest(event_stream) AS number,
                   unnest(event_nth) AS nth, unnest(event_uuid) AS id, unnest(event_topic) AS topic,
                   unnest(event_schema) AS schema, unnest(event_occurred) AS occurred,
                   unnest(event_payload) AS payload
        )
        INSERT INTO log.events (position, event_id, stream_id, version, topic, schema_version, occurred_at,
                                recorded_at, actor, visit_id, correlation_id, causation_id, payload)
        SELECT i.position, i.id, b.stream_id, coalesce(b.version, 0) + i.nth, i.topic, i.schema, i.occurred,
               recorded, r.actor, r.visit, r.correlation, r.causation, i.payload
        FROM incoming i
        JOIN based b ON b.number = i.number
        JOIN unnest(request_actor, request_visit, request_correlation, request_causation)
             WITH ORDINALITY AS r (actor, visit, correlation, causation, number) ON r.number = i.request;

        SELECT sha256(string_agg(leaf, ''::bytea)) INTO batch_digest
        FROM (SELECT unnest(event_leaf) AS leaf) AS e;
        tip.chain := sha256(tip.chain || int8send(tip.position + 1) || int8send(tip.position + wanted)
                             || int8send((extract(epoch FROM recorded) * 1000000)::bigint) || batch_digest);
        INSERT INTO log.batches VALUES
            (tip.position + 1, tip.position + wanted, recorded, batch_digest, tip.chain);
        UPDATE log.head SET position = tip.position + wanted, chain = tip.chain;
        IF cardinality(key_request) > 0 THEN
            INSERT INTO log.idempotency (key, request_hash, result, last_position, expires_at)
            SELECT k.key, k.hash, k.result, last.position, recorded + make_interval(secs => k.seconds)
            FROM unnest(key_request, key_text, key_hash, key_result, key_seconds)
                 AS k (request, key, hash, result, seconds)
            JOIN (SELECT e.request, max(e.position) AS position
                  FROM (SELECT unnest(event_request) AS request,
                               generate_series(tip.position + 1, tip.position + wanted) AS position) AS e
                  GROUP BY e.request) AS last ON last.request = k.request
            ON CONFLICT (key) DO UPDATE  -- an expired one is free again
                SET request_hash = excluded.request_hash, result = excluded.result,
                    last_position = excluded.last_position, expires_at = excluded.expires_at;
        END IF;
        IF tip.position + wanted > tip.partitioned_until - 10000000 THEN
            PERFORM log.make_partition();
        END IF;
        PERFORM pg_notify('footfall_log', (tip.position + wanted)::text);
    END IF;

    -- 4. Answer each request.
    RETURN QUERY
        SELECT e.request, 'appended', min(e.position), max(e.position), NULL::text, NULL::int
        FROM (SELECT unnest(event_request) AS request,
                     generate_series(tip.position + 1, tip.position + wanted) AS position) AS e
        GROUP BY e.request;
    IF answers <> '{}' THEN
        RETURN QUERY
            SELECT a.key::int, a.value ->> 'status', (a.value ->> 'first')::bigint,
                   (a.value ->> 'last')::bigint, a.value ->> 'stream', (a.value ->> 'version')::int
            FROM jsonb_each(answers) AS a;
    END IF;
END
$$;

REVOKE ALL ON FUNCTION log.append_events FROM PUBLIC;
GRANT EXECUTE ON FUNCTION log.append_events TO footfall_app;
GRANT SELECT ON ALL TABLES IN SCHEMA log TO footfall_app;
