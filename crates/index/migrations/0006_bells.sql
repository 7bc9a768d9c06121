-- Alarm bells: households' buttons. What they are is data of the program, which checks it before it is stored.
CREATE TABLE bells (
    id uuid PRIMARY KEY,
    place_id uuid NOT NULL REFERENCES places (id),
    spec jsonb NOT NULL,
    -- The key of presses over HTTP, sealed.
    sealed_key bytea NOT NULL,
    -- The time that the latest signed press named: an older one is a replay.
    signed_at timestamptz,
    battery real,
    heard_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    version bigint NOT NULL DEFAULT 1
);
CREATE INDEX bells_place ON bells (place_id);
-- A message names the device: it must be one bell's.
CREATE UNIQUE INDEX bells_device ON bells ((lower(spec->>'device')));

-- What can be rung.
CREATE TABLE sounders (
    id uuid PRIMARY KEY,
    place_id uuid NOT NULL REFERENCES places (id),
    spec jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    version bigint NOT NULL DEFAULT 1
);
CREATE INDEX sounders_place ON sounders (place_id);

-- Who rang what and why, and whether it answered. Names are copied: sounders may be removed.
CREATE TABLE rings (
    id uuid PRIMARY KEY,
    sounder_id uuid NOT NULL,
    sounder_name text NOT NULL,
    place_id uuid NOT NULL,
    asked_at timestamptz NOT NULL,
    cause text NOT NULL,
    user_id uuid,
    username text,
    reason text NOT NULL,
    item_id uuid,
    state text NOT NULL,
    answered_at timestamptz,
    problem text
);
CREATE INDEX rings_place ON rings (place_id, asked_at DESC, id DESC);
CREATE INDEX rings_item ON rings (item_id) WHERE item_id IS NOT NULL;

-- What residents and volunteers told: each is behind a review item.
CREATE TABLE reports (
    id uuid PRIMARY KEY,
    item_id uuid NOT NULL,
    place_id uuid NOT NULL,
    source text NOT NULL,
    -- The message's name at its source: it is taken once.
    external_id text,
    user_id uuid,
    -- The source's name for who sent it, and the name for people.
    sender_id text,
    sender text NOT NULL,
    text text NOT NULL,
    latitude double precision,
    longitude double precision,
    received_at timestamptz NOT NULL,
    UNIQUE (source, external_id)
);
CREATE INDEX reports_sender ON reports (source, sender_id, received_at DESC) WHERE sender_id IS NOT NULL;
CREATE INDEX reports_item ON reports (item_id);
CREATE INDEX reports_place ON reports (place_id, received_at DESC, id DESC);
