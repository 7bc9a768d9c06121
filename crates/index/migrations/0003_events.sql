-- A camera as it stood and belonged while it saw things: a handful of rows. Camera, place, radius, polygon and
-- rights all come down to a set of these, so that every search is a few ranges of one index.
-- No foreign keys: an event that waited in the spool must not be refused because its place was removed.
CREATE TABLE viewpoints (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    camera_id uuid NOT NULL,
    place_id uuid NOT NULL,
    latitude double precision,
    longitude double precision,
    point geography(Point, 4326)
        GENERATED ALWAYS AS (ST_SetSRID(ST_MakePoint(longitude, latitude), 4326)::geography) STORED,
    UNIQUE NULLS NOT DISTINCT (camera_id, place_id, latitude, longitude),
    CHECK ((latitude IS NULL) = (longitude IS NULL))
);
CREATE INDEX viewpoints_place ON viewpoints (place_id);
CREATE INDEX viewpoints_point ON viewpoints USING gist (point);

CREATE TABLE events (
    id uuid NOT NULL,
    first_seen timestamptz NOT NULL,
    last_seen timestamptz NOT NULL,
    footage_from timestamptz NOT NULL,
    footage_to timestamptz NOT NULL,
    viewpoint_id integer NOT NULL,
    score real NOT NULL,
    detections bigint NOT NULL,
    ongoing boolean NOT NULL,
    stationary boolean NOT NULL,
    class text NOT NULL,
    stream text NOT NULL CHECK (stream IN ('main', 'sub')),
    snapshot text,
    path bytea NOT NULL,
    best bytea NOT NULL,
    PRIMARY KEY (id, first_seen)
) PARTITION BY RANGE (first_seen);

-- The same order in each, so that pages merge from any of them; what else a search may ask for is included, so
-- that rows are fetched only for the page that is shown.
CREATE INDEX events_by_time ON events (first_seen DESC, id DESC)
    INCLUDE (last_seen, score, stationary, class, viewpoint_id);
CREATE INDEX events_by_class ON events (class, first_seen DESC, id DESC)
    INCLUDE (last_seen, score, stationary, viewpoint_id);
CREATE INDEX events_by_viewpoint ON events (viewpoint_id, first_seen DESC, id DESC)
    INCLUDE (last_seen, score, stationary, class);
CREATE INDEX events_by_viewpoint_class ON events (viewpoint_id, class, first_seen DESC, id DESC)
    INCLUDE (last_seen, score, stationary);
-- The few that last long (a parked car) are found by the moment at which a search begins.
CREATE INDEX events_long ON events USING gist (tstzrange(first_seen, last_seen, '[]'))
    WHERE last_seen - first_seen > interval '10 minutes';
