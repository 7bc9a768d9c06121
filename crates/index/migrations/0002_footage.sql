-- What it takes to decode a stream: a handful of rows, each shared by thousands of segments.
CREATE TABLE video_parameters (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    codec text NOT NULL,
    width bigint NOT NULL,
    height bigint NOT NULL,
    rfc6381 text NOT NULL,
    configuration bytea NOT NULL,
    -- A configuration may be longer than an index entry.
    digest bytea GENERATED ALWAYS AS (sha256(configuration)) STORED,
    UNIQUE (codec, width, height, rfc6381, digest)
);

CREATE TABLE audio_parameters (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    sample_rate bigint NOT NULL,
    channels integer NOT NULL,
    rfc6381 text NOT NULL,
    configuration bytea NOT NULL,
    digest bytea GENERATED ALWAYS AS (sha256(configuration)) STORED,
    UNIQUE (sample_rate, channels, rfc6381, digest)
);

-- One row a file. No foreign key to cameras: rows may arrive late, from the spool or from `taimat reindex`.
CREATE TABLE segments (
    camera_id uuid NOT NULL,
    stream text NOT NULL CHECK (stream IN ('main', 'sub')),
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    bytes bigint NOT NULL,
    header_bytes bigint NOT NULL,
    frames bigint NOT NULL,
    video_id bigint NOT NULL REFERENCES video_parameters (id),
    audio_id bigint REFERENCES audio_parameters (id),
    closed boolean NOT NULL,
    path text NOT NULL,
    fragments bytea NOT NULL,
    -- With end and size in the index, ranges and sums over months never touch the rows.
    PRIMARY KEY (camera_id, stream, starts_at) INCLUDE (ends_at, bytes)
) PARTITION BY RANGE (starts_at);
CREATE INDEX segments_oldest ON segments (starts_at, camera_id, stream);
CREATE INDEX segments_open ON segments (camera_id, stream) WHERE NOT closed;

-- Running counters: retention by space never adds up a table.
CREATE TABLE stream_bytes (
    camera_id uuid NOT NULL,
    stream text NOT NULL,
    bytes bigint NOT NULL,
    segments bigint NOT NULL,
    PRIMARY KEY (camera_id, stream)
);

CREATE FUNCTION count_segments() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO stream_bytes AS s
        SELECT camera_id, stream, sum(bytes), count(*) FROM added GROUP BY 1, 2 ORDER BY 1, 2
        ON CONFLICT (camera_id, stream) DO UPDATE
            SET bytes = s.bytes + EXCLUDED.bytes, segments = s.segments + EXCLUDED.segments;
    ELSIF TG_OP = 'UPDATE' THEN
        UPDATE stream_bytes s SET bytes = s.bytes + change.bytes
        FROM (
            SELECT camera_id, stream, sum(bytes) AS bytes FROM (
                SELECT camera_id, stream, bytes FROM added
                UNION ALL SELECT camera_id, stream, -bytes FROM gone
            ) AS either GROUP BY 1, 2
        ) AS change
        WHERE s.camera_id = change.camera_id AND s.stream = change.stream AND change.bytes <> 0;
    ELSE
        UPDATE stream_bytes s SET bytes = s.bytes - change.bytes, segments = s.segments - change.segments
        FROM (SELECT camera_id, stream, sum(bytes) AS bytes, count(*) AS segments FROM gone GROUP BY 1, 2) change
        WHERE s.camera_id = change.camera_id AND s.stream = change.stream;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER count_added AFTER INSERT ON segments
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION count_segments();
CREATE TRIGGER count_changed AFTER UPDATE ON segments
    REFERENCING OLD TABLE AS gone NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION count_segments();
CREATE TRIGGER count_removed AFTER DELETE ON segments
    REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION count_segments();

CREATE TABLE gaps (
    camera_id uuid NOT NULL,
    stream text NOT NULL CHECK (stream IN ('main', 'sub')),
    kind text NOT NULL,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz,
    reason text NOT NULL,
    detail text NOT NULL,
    caught_up_at timestamptz,
    PRIMARY KEY (camera_id, stream, kind, starts_at)
);
-- A period's gaps: those that end after its start, of which there are few where people look (lately).
CREATE INDEX gaps_by_end ON gaps (camera_id, (coalesce(ends_at, 'infinity')), starts_at);
CREATE INDEX gaps_open ON gaps (starts_at) WHERE ends_at IS NULL;
CREATE INDEX gaps_to_analyse ON gaps (starts_at) WHERE kind = 'analysis' AND caught_up_at IS NULL;

CREATE TABLE activity (
    camera_id uuid NOT NULL,
    minute timestamptz NOT NULL,
    scores bytea NOT NULL,
    PRIMARY KEY (camera_id, minute)
) PARTITION BY RANGE (minute);

CREATE TABLE holds (
    id uuid PRIMARY KEY,
    camera_id uuid NOT NULL,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL CHECK (ends_at > starts_at),
    reason text NOT NULL,
    user_id uuid,
    created_at timestamptz NOT NULL DEFAULT now(),
    released_at timestamptz,
    released_by uuid
);
CREATE INDEX holds_in_force ON holds (camera_id, starts_at) WHERE released_at IS NULL;
