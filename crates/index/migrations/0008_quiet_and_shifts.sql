-- Who was on duty where, from signing on to signing off. No foreign keys: accounts may be removed, names are copied.
CREATE TABLE shifts (
    id uuid PRIMARY KEY,
    place_id uuid NOT NULL REFERENCES places (id),
    user_id uuid NOT NULL,
    username text NOT NULL,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz CHECK (ends_at >= starts_at),
    note text,
    closed_by text
);
-- At most one open shift of a person at a place.
CREATE UNIQUE INDEX shifts_open ON shifts (place_id, user_id) WHERE ends_at IS NULL;
CREATE INDEX shifts_latest ON shifts (starts_at DESC, id DESC);
CREATE INDEX shifts_place ON shifts (place_id, starts_at DESC);

-- What came at a place in a shift.
CREATE INDEX review_items_at ON review_items (place_id, first_at DESC);
-- What was decided, or given up, after a moment was open at it.
CREATE INDEX review_items_since ON review_items (place_id, state_since);

-- Why an item was dismissed, as one of a few reasons; the note says it in words.
ALTER TABLE review_steps ADD COLUMN reason text;

-- Where officers keep finding nothing in what a camera shows. A forgotten one stays on record and counts no more.
CREATE TABLE quiet_spots (
    id uuid PRIMARY KEY,
    camera_id uuid NOT NULL,
    class text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    forgotten_at timestamptz,
    forgotten_by uuid
);
CREATE INDEX quiet_spots_camera ON quiet_spots (camera_id) WHERE forgotten_at IS NULL;

-- The dismissals that taught it: one of each item, taken back with the decision. All that is known of a spot is made
-- from these.
CREATE TABLE quiet_lessons (
    spot_id uuid NOT NULL REFERENCES quiet_spots (id) ON DELETE CASCADE,
    item_id uuid NOT NULL REFERENCES review_items (id) ON DELETE CASCADE,
    firing_id uuid NOT NULL,
    event_id uuid,
    taught_at timestamptz NOT NULL DEFAULT now(),
    at timestamptz NOT NULL,
    reason text NOT NULL,
    x real NOT NULL,
    y real NOT NULL,
    w real NOT NULL,
    h real NOT NULL,
    PRIMARY KEY (spot_id, item_id)
);
CREATE INDEX quiet_lessons_item ON quiet_lessons (item_id);

-- What fired and was kept from the officers. No foreign keys: rows may arrive late, from the spool.
CREATE TABLE suppressed_firings (
    id uuid PRIMARY KEY,
    spot_id uuid NOT NULL,
    at timestamptz NOT NULL,
    firing jsonb NOT NULL
);
CREATE INDEX suppressed_firings_spot ON suppressed_firings (spot_id, at DESC, id DESC);
