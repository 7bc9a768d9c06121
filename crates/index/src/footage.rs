//! What was recorded: segments, and the ranges that they make up.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use domain::{AudioParameters, CameraId, Segment, StreamKind, TimeRange, Timestamp, VideoParameters};
use sqlx::postgres::{PgConnection, PgPool, Postgres};
use sqlx::{FromRow, QueryBuilder, Row};
use uuid::Uuid;

use crate::codec::{decode_fragments, encode_fragments};
use crate::columns::{at, corrupt, interval, parse, range, signed, unsigned};
use crate::partitions::Partitioned;
use crate::{Index, IndexError, Result};

/// Segments that begin at most so long before a period are looked at even where a later one begins before it too:
/// after a step of the camera's clock, segments of a stream may overlap.
const LOOK_BACK: Duration = Duration::from_hours(1);

/// What names a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SegmentKey {
    /// Which camera.
    pub camera_id: CameraId,
    /// Which of its streams.
    pub stream: StreamKind,
    /// Time of the first picture.
    pub start: Timestamp,
}

impl From<&Segment> for SegmentKey {
    fn from(segment: &Segment) -> Self {
        Self { camera_id: segment.camera_id, stream: segment.stream, start: segment.start }
    }
}

/// An unbroken stretch of recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordedRange {
    /// From the first to the last picture.
    pub range: TimeRange,
    /// Bytes of its segments.
    pub bytes: u64,
}

const SEGMENTS: &str = "SELECT s.camera_id, s.stream, s.starts_at, s.ends_at, s.path, s.bytes, s.header_bytes, \
    s.frames, s.closed, s.fragments, v.codec, v.width, v.height, v.rfc6381, v.configuration, \
    a.sample_rate, a.channels, a.rfc6381 AS audio_rfc6381, a.configuration AS audio_configuration \
    FROM segments s JOIN video_parameters v ON v.id = s.video_id \
    LEFT JOIN audio_parameters a ON a.id = s.audio_id ";

#[derive(FromRow)]
struct SegmentRow {
    camera_id: Uuid,
    stream: String,
    starts_at: DateTime<Utc>,
    ends_at: DateTime<Utc>,
    path: String,
    bytes: i64,
    header_bytes: i64,
    frames: i64,
    closed: bool,
    fragments: Vec<u8>,
    codec: String,
    width: i64,
    height: i64,
    rfc6381: String,
    configuration: Vec<u8>,
    sample_rate: Option<i64>,
    channels: Option<i32>,
    audio_rfc6381: Option<String>,
    audio_configuration: Option<Vec<u8>>,
}

impl TryFrom<SegmentRow> for Segment {
    type Error = IndexError;
    fn try_from(row: SegmentRow) -> Result<Self> {
        let what = format!("segment {}", row.path);
        let audio = match (row.sample_rate, row.channels, row.audio_rfc6381, row.audio_configuration) {
            (Some(rate), Some(channels), Some(rfc6381), Some(configuration)) => Some(AudioParameters {
                configuration: Bytes::from(configuration),
                sample_rate: unsigned(&what, rate)?,
                channels: unsigned(&what, i64::from(channels))?,
                rfc6381,
            }),
            _ => None,
        };
        Ok(Self {
            camera_id: CameraId(row.camera_id),
            stream: parse(&what, &row.stream)?,
            start: row.starts_at.into(),
            end: row.ends_at.into(),
            bytes: unsigned(&what, row.bytes)?,
            header_bytes: unsigned(&what, row.header_bytes)?,
            frames: unsigned(&what, row.frames)?,
            video: VideoParameters {
                codec: parse(&what, &row.codec)?,
                width: unsigned(&what, row.width)?,
                height: unsigned(&what, row.height)?,
                rfc6381: row.rfc6381,
                decoder_configuration: Bytes::from(row.configuration),
            },
            audio,
            fragments: decode_fragments(&row.fragments).map_err(|error| corrupt(&what, error))?,
            closed: row.closed,
            path: row.path,
        })
    }
}

impl Index {
    /// Segments that overlap the range, in order of time, with their fragments.
    pub async fn segments_in(
        &self,
        camera: CameraId,
        stream: StreamKind,
        range: TimeRange,
    ) -> Result<Vec<Segment>> {
        let Some(from) = self.first_start(camera, stream, range).await? else { return Ok(Vec::new()) };
        let mut query = QueryBuilder::new(SEGMENTS);
        query.push("WHERE s.camera_id = ").push_bind(camera.0);
        query.push(" AND s.stream = ").push_bind(stream.as_str());
        query.push(" AND s.starts_at >= ").push_bind(from);
        query.push(" AND s.starts_at < ").push_bind(at(range.to));
        query.push(" AND s.ends_at > ").push_bind(at(range.from));
        query.push(" ORDER BY s.starts_at");
        self.fetch_segments(query).await
    }

    /// Where to start looking for segments that overlap the range; `None` where there are none. A bound on the
    /// start lets the partitions and the index be read from there, however long segments are.
    async fn first_start(
        &self,
        camera: CameraId,
        stream: StreamKind,
        range: TimeRange,
    ) -> Result<Option<DateTime<Utc>>> {
        let around: Option<DateTime<Utc>> = sqlx::query_scalar(
            "SELECT starts_at FROM segments WHERE camera_id = $1 AND stream = $2 AND starts_at <= $3
             ORDER BY starts_at DESC LIMIT 1",
        )
        .bind(camera.0)
        .bind(stream.as_str())
        .bind(at(range.from))
        .fetch_optional(&self.pool)
        .await?;
        let look_back = at(range.from - LOOK_BACK);
        Ok(Some(around.map_or(look_back, |around| around.min(look_back))))
    }

    /// One segment.
    pub async fn segment(&self, key: SegmentKey) -> Result<Segment> {
        let mut query = QueryBuilder::new(SEGMENTS);
        query.push("WHERE s.camera_id = ").push_bind(key.camera_id.0);
        query.push(" AND s.stream = ").push_bind(key.stream.as_str());
        query.push(" AND s.starts_at = ").push_bind(at(key.start));
        self.fetch_segments(query).await?.pop().ok_or_else(|| IndexError::NotFound {
            what: "segment",
            id: format!("{} {} {}", key.camera_id, key.stream, key.start),
        })
    }

    /// End of the latest segment; `None` where nothing is recorded.
    pub async fn latest_segment_end(
        &self,
        camera: CameraId,
        stream: StreamKind,
    ) -> Result<Option<Timestamp>> {
        let end: Option<DateTime<Utc>> = sqlx::query_scalar(
            "SELECT ends_at FROM segments WHERE camera_id = $1 AND stream = $2 ORDER BY starts_at DESC LIMIT 1",
        )
        .bind(camera.0)
        .bind(stream.as_str())
        .fetch_optional(&self.pool)
        .await?;
        Ok(end.map(Timestamp::from))
    }

    /// First and last moment recorded.
    pub async fn recorded_span(&self, camera: CameraId, stream: StreamKind) -> Result<Option<TimeRange>> {
        let first: Option<DateTime<Utc>> = sqlx::query_scalar(
            "SELECT starts_at FROM segments WHERE camera_id = $1 AND stream = $2 ORDER BY starts_at LIMIT 1",
        )
        .bind(camera.0)
        .bind(stream.as_str())
        .fetch_optional(&self.pool)
        .await?;
        let last = self.latest_segment_end(camera, stream).await?;
        Ok(first.zip(last).and_then(|(first, last)| TimeRange::new(first.into(), last)))
    }

    /// Segments of the range merged where no more than `max_gap` lies between them, in order of time.
    pub async fn recording_ranges(
        &self,
        camera: CameraId,
        stream: StreamKind,
        range_asked: TimeRange,
        max_gap: Duration,
    ) -> Result<Vec<RecordedRange>> {
        let Some(from) = self.first_start(camera, stream, range_asked).await? else { return Ok(Vec::new()) };
        let rows = sqlx::query(
            "SELECT min(starts_at), max(ends_at), sum(bytes)::bigint FROM (
                 SELECT starts_at, ends_at, bytes, count(*) FILTER (WHERE apart) OVER (ORDER BY starts_at) AS island FROM (
                     SELECT starts_at, ends_at, bytes, starts_at > max(ends_at) OVER (
                         ORDER BY starts_at ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) + $6 AS apart
                     FROM segments
                     WHERE camera_id = $1 AND stream = $2
                       AND starts_at >= $3 AND starts_at < $5 AND ends_at > $4
                 ) neighbours
             ) islands GROUP BY island ORDER BY 1",
        )
        .bind(camera.0)
        .bind(stream.as_str())
        .bind(from)
        .bind(at(range_asked.from))
        .bind(at(range_asked.to))
        .bind(interval(max_gap))
        .fetch_all(&self.pool)
        .await?;
        rows.iter()
            .map(|row| {
                Ok(RecordedRange {
                    range: range("a recorded range", row.try_get(0)?, row.try_get(1)?)?,
                    bytes: unsigned("a recorded range", row.try_get(2)?)?,
                })
            })
            .collect()
    }

    /// The next `limit` segments after `after` in order of key: for `taimat check`.
    pub async fn segments_after(&self, after: Option<SegmentKey>, limit: u32) -> Result<Vec<Segment>> {
        let mut query = QueryBuilder::new(SEGMENTS);
        if let Some(after) = after {
            query.push("WHERE (s.camera_id, s.stream, s.starts_at) > (").push_bind(after.camera_id.0);
            query.push(", ").push_bind(after.stream.as_str());
            query.push(", ").push_bind(at(after.start)).push(")");
        }
        query.push(" ORDER BY s.camera_id, s.stream, s.starts_at LIMIT ").push_bind(i64::from(limit));
        self.fetch_segments(query).await
    }

    /// Segments that a crash left open.
    pub async fn open_segments(&self) -> Result<Vec<Segment>> {
        let mut query = QueryBuilder::new(SEGMENTS);
        query.push("WHERE NOT s.closed ORDER BY s.camera_id, s.stream, s.starts_at");
        self.fetch_segments(query).await
    }

    async fn fetch_segments(&self, mut query: QueryBuilder<Postgres>) -> Result<Vec<Segment>> {
        let rows: Vec<SegmentRow> = query.build_query_as().fetch_all(&self.pool).await?;
        rows.into_iter().map(Segment::try_from).collect()
    }

    /// Writes segments at once, replacing rows of the same key: for `taimat reindex`.
    pub async fn put_segments(&self, segments: &[Segment]) -> Result<()> {
        for segments in segments.chunks(1000) {
            let segments: Vec<&Segment> = segments.iter().collect();
            self.prepare_segments(&segments).await?;
            let mut transaction = self.pool.begin().await?;
            self.write_segments(&mut transaction, &segments).await?;
            transaction.commit().await?;
        }
        Ok(())
    }

    /// Makes the partitions and parameters that the segments refer to.
    pub(crate) async fn prepare_segments(&self, segments: &[&Segment]) -> Result<()> {
        let starts = segments.iter().map(|segment| segment.start);
        self.ensure_partitions_for(Partitioned::Segments, starts).await?;
        for video in missing(&self.video, segments.iter().map(|segment| &segment.video)) {
            let id = insert_video(&self.pool, &video).await?;
            lock(&self.video).insert(video, id);
        }
        for audio in missing(&self.audio, segments.iter().filter_map(|segment| segment.audio.as_ref())) {
            let id = insert_audio(&self.pool, &audio).await?;
            lock(&self.audio).insert(audio, id);
        }
        Ok(())
    }

    /// Writes segments that were [prepared](Self::prepare_segments). Of two with one key the later counts, but an
    /// open one never replaces a closed one.
    pub(crate) async fn write_segments(
        &self,
        connection: &mut PgConnection,
        segments: &[&Segment],
    ) -> Result<()> {
        let mut latest: HashMap<SegmentKey, &Segment> = HashMap::with_capacity(segments.len());
        for segment in segments {
            let held = latest.entry((*segment).into()).or_insert(segment);
            if segment.closed || !held.closed {
                *held = segment;
            }
        }
        let mut rows: Vec<&Segment> = latest.into_values().collect();
        rows.sort_unstable_by_key(|segment| SegmentKey::from(*segment));
        let (video, audio): (Vec<_>, Vec<_>) = {
            let (known_video, known_audio) = (lock(&self.video), lock(&self.audio));
            rows.iter()
                .map(|row| {
                    (
                        known_video.get(&row.video).copied(),
                        row.audio.as_ref().and_then(|a| known_audio.get(a).copied()),
                    )
                })
                .unzip()
        };
        let column = |value: fn(&Segment) -> i64| rows.iter().map(|row| value(row)).collect::<Vec<_>>();
        sqlx::query(
            "INSERT INTO segments (camera_id, stream, starts_at, ends_at, bytes, header_bytes, frames, video_id,
                 audio_id, closed, path, fragments)
             SELECT * FROM unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::timestamptz[], $5::bigint[],
                 $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[], $10::bool[], $11::text[], $12::bytea[])
             ON CONFLICT (camera_id, stream, starts_at) DO UPDATE SET
                 ends_at = EXCLUDED.ends_at, bytes = EXCLUDED.bytes, header_bytes = EXCLUDED.header_bytes,
                 frames = EXCLUDED.frames, video_id = EXCLUDED.video_id, audio_id = EXCLUDED.audio_id,
                 closed = EXCLUDED.closed, path = EXCLUDED.path, fragments = EXCLUDED.fragments
             WHERE EXCLUDED.closed OR NOT segments.closed",
        )
        .bind(rows.iter().map(|row| row.camera_id.0).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.stream.as_str()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| at(row.start)).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| at(row.end)).collect::<Vec<_>>())
        .bind(column(|row| signed(row.bytes)))
        .bind(column(|row| i64::from(row.header_bytes)))
        .bind(column(|row| i64::from(row.frames)))
        .bind(video)
        .bind(audio)
        .bind(rows.iter().map(|row| row.closed).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.path.as_str()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| encode_fragments(&row.fragments)).collect::<Vec<_>>())
        .execute(connection)
        .await?;
        Ok(())
    }
}

async fn insert_video(pool: &PgPool, video: &VideoParameters) -> Result<i64> {
    // An update that changes nothing, so that the row's id is returned whether or not it was there.
    let id = sqlx::query_scalar(
        "INSERT INTO video_parameters (codec, width, height, rfc6381, configuration) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (codec, width, height, rfc6381, digest) DO UPDATE SET codec = EXCLUDED.codec RETURNING id",
    )
    .bind(video.codec.as_str())
    .bind(i64::from(video.width))
    .bind(i64::from(video.height))
    .bind(&video.rfc6381)
    .bind(video.decoder_configuration.as_ref())
    .fetch_one(pool)
    .await?;
    Ok(id)
}

async fn insert_audio(pool: &PgPool, audio: &AudioParameters) -> Result<i64> {
    let id = sqlx::query_scalar(
        "INSERT INTO audio_parameters (sample_rate, channels, rfc6381, configuration) VALUES ($1, $2, $3, $4)
         ON CONFLICT (sample_rate, channels, rfc6381, digest) DO UPDATE SET channels = EXCLUDED.channels
         RETURNING id",
    )
    .bind(i64::from(audio.sample_rate))
    .bind(i32::from(audio.channels))
    .bind(&audio.rfc6381)
    .bind(audio.configuration.as_ref())
    .fetch_one(pool)
    .await?;
    Ok(id)
}

/// Those that are not known, once each.
fn missing<'a, T: Clone + Eq + Hash + 'a>(
    known: &Mutex<HashMap<T, i64>>,
    wanted: impl Iterator<Item = &'a T>,
) -> HashSet<T> {
    let known = lock(known);
    wanted.filter(|parameters| !known.contains_key(*parameters)).cloned().collect()
}

/// A lock whose holders cannot fail half-way; a poisoned one holds good data.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
