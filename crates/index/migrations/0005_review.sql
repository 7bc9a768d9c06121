-- Rules. What they say is data of the program, which checks it before it is stored.
CREATE TABLE rules (
    id uuid PRIMARY KEY,
    place_id uuid NOT NULL REFERENCES places (id),
    spec jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    version bigint NOT NULL DEFAULT 1
);
CREATE INDEX rules_place ON rules (place_id);

-- What was flagged: firings of one rule at one place, close to each other in time.
-- No foreign keys to cameras and rules: both may be removed, and rows may arrive late, from the spool.
CREATE TABLE review_items (
    id uuid PRIMARY KEY,
    place_id uuid NOT NULL,
    assigned_place_id uuid NOT NULL,
    camera_id uuid,
    rule_id uuid NOT NULL,
    rule_name text NOT NULL,
    severity smallint NOT NULL CHECK (severity BETWEEN 0 AND 2),
    state text NOT NULL,
    first_at timestamptz NOT NULL,
    last_at timestamptz NOT NULL,
    firings bigint NOT NULL,
    why_vi text NOT NULL,
    why_en text NOT NULL,
    officer_id uuid,
    officer_name text,
    officer_at timestamptz,
    dismissed_because text,
    -- When it became what it is: what is left alone for too long is escalated by itself.
    state_since timestamptz NOT NULL DEFAULT now(),
    version bigint NOT NULL DEFAULT 1
);
-- The queue: what is open, the worst first, then the oldest.
CREATE INDEX review_items_queue ON review_items (severity DESC, first_at, id)
    WHERE state IN ('new', 'taken', 'escalated');
CREATE INDEX review_items_state ON review_items (state, first_at DESC, id DESC);
CREATE INDEX review_items_place ON review_items (assigned_place_id, first_at DESC);

CREATE TABLE firings (
    id uuid PRIMARY KEY,
    item_id uuid NOT NULL REFERENCES review_items (id) ON DELETE CASCADE,
    rule_id uuid NOT NULL,
    camera_id uuid,
    at timestamptz NOT NULL,
    event_id uuid,
    firing jsonb NOT NULL
);
CREATE INDEX firings_item ON firings (item_id, at);
CREATE INDEX firings_event ON firings (event_id) WHERE event_id IS NOT NULL;

-- Who did what with an item: append-only, names are copied.
CREATE TABLE review_steps (
    item_id uuid NOT NULL REFERENCES review_items (id) ON DELETE CASCADE,
    number bigint GENERATED ALWAYS AS IDENTITY,
    at timestamptz NOT NULL DEFAULT now(),
    user_id uuid,
    username text NOT NULL,
    step text NOT NULL,
    state text NOT NULL,
    note text,
    PRIMARY KEY (item_id, number)
);
CREATE INDEX review_steps_at ON review_steps (at);

-- A hold may be made for a review item.
ALTER TABLE holds ADD COLUMN item_id uuid;
CREATE INDEX holds_item ON holds (item_id) WHERE item_id IS NOT NULL;
