-- The extensions (postgis, ltree, unaccent) are made by the program before this, with clear errors.

-- What a name is compared by: no case, no diacritics, composed or not ("Đường Lê Lợi" = "duong le loi").
CREATE FUNCTION plain(text) RETURNS text LANGUAGE sql STABLE STRICT PARALLEL SAFE
    RETURN lower(unaccent(normalize($1, NFC)));

-- Makes one partition where it is missing. Attaching one that was made apart does not stop readers and
-- writers of the table, as CREATE TABLE … PARTITION OF would.
CREATE FUNCTION ensure_partition(parent text, name text, lower timestamptz, upper timestamptz)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('taimat partition ' || parent));
    IF to_regclass(name) IS NULL THEN
        EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING ALL EXCLUDING INDEXES)', name, parent);
        EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', parent, name, lower, upper);
    END IF;
END $$;

CREATE TABLE settings (
    key text PRIMARY KEY,
    value jsonb NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now()
);

-- Places. A path is made of labels from the root down, so that a subtree is one index range.
CREATE TABLE places (
    id uuid PRIMARY KEY,
    label integer GENERATED ALWAYS AS IDENTITY UNIQUE,
    path ltree NOT NULL,
    parent_id uuid REFERENCES places (id),
    kind text NOT NULL,
    name text NOT NULL,
    former_names text[] NOT NULL DEFAULT '{}',
    latitude double precision,
    longitude double precision,
    merged_into uuid REFERENCES places (id),
    created_at timestamptz NOT NULL DEFAULT now(),
    version bigint NOT NULL DEFAULT 1,
    CHECK ((latitude IS NULL) = (longitude IS NULL))
);
CREATE INDEX places_path ON places USING gist (path);
CREATE INDEX places_parent ON places (parent_id);

CREATE TABLE cameras (
    id uuid PRIMARY KEY,
    name text NOT NULL,
    place_id uuid NOT NULL REFERENCES places (id),
    latitude double precision,
    longitude double precision,
    bearing real,
    main_url text NOT NULL,
    sub_url text,
    transport text NOT NULL,
    credentials bytea,
    enabled boolean NOT NULL,
    analysed boolean NOT NULL,
    folder text NOT NULL UNIQUE,
    keep_days integer,
    keep_bytes bigint,
    created_at timestamptz NOT NULL DEFAULT now(),
    -- Kept while footage or events of it are.
    removed_at timestamptz,
    version bigint NOT NULL DEFAULT 1,
    CHECK ((latitude IS NULL) = (longitude IS NULL))
);
CREATE INDEX cameras_place ON cameras (place_id);
