-- What the intent worker knows of open visits and of people, so that it goes on where it stopped
-- without folding the whole log; see ml/intent/fold_state.py. Losing it costs time, nothing else.
CREATE TABLE app.intent_fold (
    only_row   boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    position   bigint      NOT NULL,  -- it knows the log up to here
    state      bytea       NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now()
);
ALTER TABLE app.intent_fold ALTER COLUMN state SET STORAGE EXTERNAL;  -- compressed by who writes it
