-- Intent, kept by the intent worker: a read model of the log and of models.
CREATE TABLE app.intent (
    only_row     boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    position     bigint      NOT NULL,  -- every score knows the log up to here
    models       jsonb       NOT NULL,  -- version that answers, by what is foreseen; none: a baseline
    open_visits  integer     NOT NULL,
    scored       bigint      NOT NULL,  -- events answered after, since it began
    score_ms     jsonb       NOT NULL,  -- p50 and p99 from an event's reading to its score, lately; of it the processor
    row_ms       jsonb       NOT NULL,  -- and from its recording to its row
    updated_at   timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 50);

CREATE TABLE app.intent_visits (
    visitor             text COLLATE "C" PRIMARY KEY,
    visit_id            bigint      NOT NULL,  -- position of the first of its events in the log
    started_at          timestamptz NOT NULL,
    last_event_at       timestamptz NOT NULL,
    events              integer     NOT NULL,
    outcome             text        NOT NULL,  -- '' while it is open; then ordered, abandoned or left
    intent              float8      NOT NULL,  -- how probable an order is; 1 after one
    intent_model        text        NOT NULL,  -- version; '' where a baseline answers
    intent_pays         boolean     NOT NULL,  -- whether an offer pays at this score
    intent_factors      json        NOT NULL,  -- [{feature, value, effect, text}, ...], the strongest first
    abandonment         float8,                -- how probable it is that the basket is left; null without one
    abandonment_model   text        NOT NULL,
    abandonment_pays    boolean     NOT NULL,
    abandonment_factors json        NOT NULL,
    degraded            text        NOT NULL,  -- no_model: the basket rule answers where a version is empty
    basket_minor        bigint,                -- null: no price is known
    digest              text        NOT NULL,  -- over features and scores after each of its events
    position            bigint      NOT NULL,  -- of the event that changed it
    updated_at          timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 70);
CREATE INDEX ON app.intent_visits (position);
CREATE INDEX ON app.intent_visits (last_event_at) WHERE outcome <> '';
