-- What investigators gather about one matter. Names are copied: accounts may be removed.
CREATE TABLE cases (
    id uuid PRIMARY KEY,
    place_id uuid NOT NULL REFERENCES places (id),
    -- Title, note and state, as the program checked them.
    spec jsonb NOT NULL,
    created_by uuid,
    created_by_name text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    version bigint NOT NULL DEFAULT 1
);
CREATE INDEX cases_latest ON cases (created_at DESC, id DESC);
CREATE INDEX cases_place ON cases (place_id);

CREATE TABLE case_items (
    id uuid PRIMARY KEY,
    case_id uuid NOT NULL REFERENCES cases (id) ON DELETE CASCADE,
    position integer NOT NULL,
    kind jsonb NOT NULL,
    -- Camera, place, stream and time of the footage behind it, as they were when it was added.
    footage jsonb,
    note text,
    added_by uuid,
    added_by_name text NOT NULL,
    added_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX case_items_case ON case_items (case_id, position);

-- Footage of an item is held while its case is open.
ALTER TABLE holds ADD COLUMN case_item_id uuid;
CREATE UNIQUE INDEX holds_case_item ON holds (case_item_id) WHERE case_item_id IS NOT NULL;

-- Files that are made of cases, one after the other. The file is named after the row.
CREATE TABLE case_exports (
    id uuid PRIMARY KEY,
    case_id uuid NOT NULL REFERENCES cases (id) ON DELETE CASCADE,
    state text NOT NULL CHECK (state IN ('waiting', 'running', 'done', 'failed', 'cancelled')),
    done double precision NOT NULL DEFAULT 0,
    bytes bigint,
    place_ids uuid[] NOT NULL,
    requested_by uuid,
    requested_by_name text NOT NULL,
    requested_at timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz,
    why jsonb
);
CREATE INDEX case_exports_case ON case_exports (case_id, requested_at DESC);
CREATE INDEX case_exports_pending ON case_exports (requested_at) WHERE state IN ('waiting', 'running');
