-- Read model: segment_members, the segments that marketers defined and who is in them. Who left
-- stays, flagged: "changes" counts comings and goings.
CREATE TABLE blueprint.segment_definitions (
    segment_id  text COLLATE "C" PRIMARY KEY,
    name        text        NOT NULL,
    description text        NOT NULL,
    rule        jsonb       NOT NULL,
    is_removed  boolean     NOT NULL,
    defined_at  timestamptz NOT NULL,
    changed_at  timestamptz NOT NULL,
    version     integer     NOT NULL,
    position    bigint      NOT NULL
);
CREATE TABLE blueprint.segment_members (
    segment_id text COLLATE "C" NOT NULL,
    person     text COLLATE "C" NOT NULL,
    is_member  boolean     NOT NULL,
    changes    integer     NOT NULL,
    since      timestamptz NOT NULL,
    definition integer     NOT NULL,  -- version of the segment whose rule decided
    position   bigint      NOT NULL,
    PRIMARY KEY (segment_id, person)
);
CREATE INDEX ON blueprint.segment_members (position);
CREATE INDEX ON blueprint.segment_members (person) WHERE is_member;
CREATE INDEX ON blueprint.segment_members (segment_id, person) WHERE is_member;

-- How far the segmenter is: everyone who changed up to this position was looked at.
CREATE TABLE app.segmenter (
    only_row   boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    position   bigint      NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 50);

-- Each segment's last evaluation over everybody. May be lost: it is then done anew.
CREATE TABLE app.segment_evaluations (
    segment_id   text COLLATE "C" PRIMARY KEY,
    version      integer     NOT NULL,  -- of the definition
    is_done      boolean     NOT NULL,
    done         bigint      NOT NULL,  -- comings and goings recorded
    total        bigint      NOT NULL,
    error        text        NOT NULL DEFAULT '',
    evaluated_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
