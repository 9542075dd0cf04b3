-- Counterfactual replays that somebody asked for; see application/replays.py.
CREATE TABLE app.replays (
    replay_id        uuid        PRIMARY KEY,
    policy           text        NOT NULL,
    start_position   bigint      NOT NULL,
    end_position     bigint      NOT NULL,  -- the first that no longer counts
    placement        text        NOT NULL,
    allows_hindsight boolean     NOT NULL,
    status           text        NOT NULL DEFAULT 'requested' CHECK (status IN
        ('requested', 'running', 'done', 'failed', 'cancelled')),
    done             bigint      NOT NULL DEFAULT 0,  -- positions read
    total            bigint      NOT NULL DEFAULT 0,
    attempts         integer     NOT NULL DEFAULT 0,
    error_code       text        NOT NULL DEFAULT '',
    error            text        NOT NULL DEFAULT '',
    requested_by     text        NOT NULL,
    requested_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    updated_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
    finished_at      timestamptz,
    result           text                  -- JSON, as ml/replay_report.py shapes it
);
CREATE INDEX replays_by_time ON app.replays (requested_at);
CREATE UNIQUE INDEX one_replay_at_a_time ON app.replays (status) WHERE status = 'running';
