-- Read model: reviews.
CREATE TABLE blueprint.reviews (
    review_id    text COLLATE "C" PRIMARY KEY,
    product_id   text COLLATE "C" NOT NULL,
    shopper_id   text COLLATE "C" NOT NULL,
    rating       smallint NOT NULL,
    comment      text NOT NULL,
    is_withdrawn boolean NOT NULL,
    submitted_at timestamptz NOT NULL,
    edited_at    timestamptz NOT NULL,
    version      integer NOT NULL,
    position     bigint NOT NULL
);
CREATE INDEX ON blueprint.reviews (position);
CREATE INDEX ON blueprint.reviews (product_id, position DESC);
