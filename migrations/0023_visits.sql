-- Read model: visits, what a visitor did without a pause of 30 minutes; see projections/visits.py.
CREATE TABLE blueprint.visits (
    visit_id      bigint      PRIMARY KEY,  -- position of the first of its events in the log
    visitor       text COLLATE "C" NOT NULL,
    shopper_id    text        NOT NULL,     -- who was signed in; '' where nobody was
    source        text        NOT NULL,
    device        text        NOT NULL,
    bot           text        NOT NULL,     -- why it is taken for a program; '' for people
    started_at    timestamptz NOT NULL,
    ended_at      timestamptz NOT NULL,
    left_at       timestamptz,              -- when a page was last closed
    entry_at      timestamptz,
    entry_page    text        NOT NULL,
    exit_at       timestamptz,
    exit_page     text        NOT NULL,
    page_views    integer     NOT NULL,
    product_views integer     NOT NULL,
    clicks        integer     NOT NULL,
    searches      integer     NOT NULL,
    items_added   integer     NOT NULL,
    items_removed integer     NOT NULL,
    checkouts     integer     NOT NULL,
    orders        integer     NOT NULL,
    last_order    text        NOT NULL,
    dwell_ms      bigint      NOT NULL,
    events        integer     NOT NULL,
    person        text COLLATE "C" NOT NULL,  -- shopper:ID who was signed in or joined, else visitor:ID
    position      bigint      NOT NULL
);
CREATE INDEX ON blueprint.visits (visitor, ended_at);
CREATE INDEX ON blueprint.visits (person, ended_at);
CREATE INDEX ON blueprint.visits (started_at);
CREATE INDEX ON blueprint.visits (ended_at);
CREATE INDEX ON blueprint.visits (position);

CREATE TABLE blueprint.visit_products (
    visit_id    bigint  NOT NULL,
    product_id  text COLLATE "C" NOT NULL,
    category    text COLLATE "C" NOT NULL,  -- as an event told it; '' where none did
    views       integer NOT NULL,
    clicks      integer NOT NULL,
    items_added integer NOT NULL,
    orders      integer NOT NULL,
    dwell_ms    bigint  NOT NULL,
    PRIMARY KEY (visit_id, product_id)
);

CREATE TABLE blueprint.visit_pages (
    position    bigint      PRIMARY KEY,
    visit_id    bigint      NOT NULL,
    occurred_at timestamptz NOT NULL,
    page        text        NOT NULL
);
CREATE INDEX ON blueprint.visit_pages (visit_id);

-- Who a visitor is, as projections/identities.py folds it.
CREATE TABLE blueprint.visit_identities (
    source    text COLLATE "C" PRIMARY KEY,  -- visitor:ID
    person    text   NOT NULL,               -- shopper:ID, or the source again after a separation
    separated jsonb  NOT NULL,               -- shoppers that it never joins again
    position  bigint NOT NULL
);

-- Read model: searches by day.
CREATE TABLE blueprint.searches (
    day            date   NOT NULL,
    query          text COLLATE "C" NOT NULL,  -- in small letters, spaces joined
    searches       integer NOT NULL,
    without_result integer NOT NULL,
    position       bigint  NOT NULL,
    PRIMARY KEY (day, query)
);
CREATE INDEX ON blueprint.searches (position);
