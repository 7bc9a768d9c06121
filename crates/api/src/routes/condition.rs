//! How well cameras were recorded lately, and how long there is room for more.

use std::time::Duration;

use axum::extract::State;
use domain::{Action, Camera, CameraId, GapKind, GapReason, StreamKind, TimeRange, Timestamp};
use index::{GapSum, StreamStock};
use recorder::DiskSpace;
use serde::Serialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::Server;
use crate::auth::caller::Caller;
use crate::auth::rights::{At, Right, guarded};
use crate::ports::Keeping;
use crate::problem::{Answer, Problem};

const VIEW_SOMEWHERE: Right = Right::At(Action::View, At::Somewhere);
/// What counts as lately.
const LATELY: Duration = Duration::from_hours(24);
/// From less than this, nothing is foretold.
const LEAST_MEASURED: f64 = 600.0;
const DAY: f64 = 86_400.0;

pub(super) fn routes() -> OpenApiRouter<Server> {
    OpenApiRouter::default()
        .routes(guarded(VIEW_SOMEWHERE, routes!(health)))
        .routes(guarded(VIEW_SOMEWHERE, routes!(storage)))
}

/// How well cameras were recorded.
#[derive(Serialize, utoipa::ToSchema)]
struct CamerasRecorded {
    /// The first moment looked at: 24 hours ago.
    from: Timestamp,
    /// The first moment after it: now.
    to: Timestamp,
    /// One row a camera, by name.
    items: Vec<CameraRecorded>,
}

/// How well a camera was recorded.
#[derive(Serialize, utoipa::ToSchema)]
struct CameraRecorded {
    /// Which camera.
    camera_id: CameraId,
    /// What is missing of the recording of its main stream.
    recording_gaps: FootageMissing,
    /// Seconds that were recorded, not analysed, and not caught up.
    analysis_gap_seconds: f64,
    /// What is recorded, by stream.
    streams: Vec<Stock>,
    /// When its oldest footage begins.
    oldest: Option<Timestamp>,
}

/// What is missing.
#[derive(Default, Serialize, utoipa::ToSchema)]
struct FootageMissing {
    /// How many gaps.
    count: u64,
    /// How long they are together.
    seconds: f64,
    /// The same by reason, the longest first.
    by_reason: Vec<FootageMissingFor>,
}

/// What is missing for one reason.
#[derive(Serialize, utoipa::ToSchema)]
struct FootageMissingFor {
    /// Why.
    reason: GapReason,
    /// How many gaps.
    count: u64,
    /// How long they are together.
    seconds: f64,
}

/// What is recorded of a stream.
#[derive(Serialize, utoipa::ToSchema)]
struct Stock {
    /// Which stream.
    stream: StreamKind,
    /// Bytes recorded in the period.
    bytes: u64,
    /// Bytes of all that is kept.
    stored_bytes: u64,
}

/// How well cameras were recorded in the last 24 hours
#[utoipa::path(get, path = "/cameras/health", operation_id = "listCameraHealth", tag = "cameras",
    responses((status = 200, body = CamerasRecorded)))]
async fn health(State(server): State<Server>, caller: Caller) -> Answer<axum::Json<CamerasRecorded>> {
    let to = server.clock.now();
    let from = to - LATELY;
    let cameras = server.index.cameras(&[], &caller.visibility(Action::View)).await?;
    let ids: Vec<CameraId> = cameras.iter().map(|camera| camera.id).collect();
    let stock = server.index.stock(Some(&ids), TimeRange { from, to }).await?;
    let gaps = server.index.gap_sums(&ids, TimeRange { from, to }).await?;
    let items = cameras.iter().map(|camera| condition(camera, &stock, &gaps)).collect();
    Ok(axum::Json(CamerasRecorded { from, to, items }))
}

fn condition(camera: &Camera, stock: &[StreamStock], gaps: &[GapSum]) -> CameraRecorded {
    let mut recording_gaps = FootageMissing::default();
    let mut analysis_gap_seconds = 0.0;
    for gap in gaps.iter().filter(|gap| gap.camera_id == camera.id) {
        if gap.kind == GapKind::Analysis {
            analysis_gap_seconds += gap.seconds;
            continue;
        }
        recording_gaps.count += gap.count;
        recording_gaps.seconds += gap.seconds;
        let GapSum { reason, count, seconds, .. } = *gap;
        recording_gaps.by_reason.push(FootageMissingFor { reason, count, seconds });
    }
    let own = || stock.iter().filter(|stock| stock.camera_id == camera.id);
    CameraRecorded {
        camera_id: camera.id,
        recording_gaps,
        analysis_gap_seconds,
        streams: own()
            .map(|stock| Stock {
                stream: stock.stream,
                bytes: stock.lately_bytes,
                stored_bytes: stock.stored_bytes,
            })
            .collect(),
        oldest: own().filter_map(|stock| stock.oldest).min(),
    }
}

/// How much room recordings have, and how long it lasts.
#[derive(Debug, PartialEq, Serialize, utoipa::ToSchema)]
struct Storage {
    /// Size of the disk that holds the recordings.
    disk_bytes: u64,
    /// What is free on it.
    free_bytes: u64,
    /// What the recordings of all cameras take.
    used_bytes: u64,
    /// What they may take, by the disk and the settings.
    capacity_bytes: u64,
    /// What one day adds, by the last 24 hours or as many as there are; null where nothing was recorded lately.
    bytes_per_day: Option<u64>,
    /// In how many days the capacity is used up and the oldest footage begins to make room before its time; null where
    /// that will not happen, or cannot be told.
    days_until_full: Option<f64>,
    /// How many days back footage goes now.
    days_kept: f64,
    /// How many days it is to be kept: the setting. A camera may have one of its own.
    keep_days: u32,
    /// What ends the keeping of footage as things go; null where that cannot be told.
    limited_by: Option<Limit>,
}

/// What ends the keeping of footage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
enum Limit {
    /// The days that it is kept.
    Days,
    /// The most bytes that all footage may take.
    MaxBytes,
    /// The room on the disk.
    Disk,
}

/// How long there is room for recordings
///
/// Of the whole server: the room is everybody's, and no camera is named.
#[utoipa::path(get, path = "/storage", operation_id = "readStorage", tag = "system",
    responses((status = 200, body = Storage)))]
async fn storage(State(server): State<Server>) -> Answer<axum::Json<Storage>> {
    let root = server.recorder.root().to_owned();
    let space = tokio::task::spawn_blocking(move || DiskSpace::of(&root)).await;
    let space =
        space.map_err(|error| Problem::internal(&error))?.map_err(|error| Problem::internal(&error))?;
    let now = server.clock.now();
    let stock = server.index.stock(None, TimeRange { from: now - LATELY, to: now }).await?;
    Ok(axum::Json(foretell(space, &stock, server.config.keeping, now)))
}

fn foretell(space: DiskSpace, stock: &[StreamStock], keeping: Keeping, now: Timestamp) -> Storage {
    let used_bytes: u64 = stock.iter().map(|stock| stock.stored_bytes).sum();
    let on_disk = used_bytes.saturating_add(space.free).saturating_sub(keeping.free_bytes);
    let (capacity_bytes, full) = match keeping.most_bytes {
        most if most > 0 && most < on_disk => (most, Limit::MaxBytes),
        _ => (on_disk, Limit::Disk),
    };
    let ago = |moment: Timestamp| now.since(moment).as_secs_f64();
    let measured = stock.iter().filter_map(|stock| stock.lately_from).min().map_or(0.0, ago);
    let lately: u64 = stock.iter().map(|stock| stock.lately_bytes).sum();
    let per_day = (lately > 0 && measured >= LEAST_MEASURED).then(|| lately as f64 / measured.min(DAY) * DAY);
    let enough = per_day.map(|per_day| capacity_bytes as f64 / per_day >= f64::from(keeping.days));
    let room = capacity_bytes.saturating_sub(used_bytes);
    Storage {
        disk_bytes: space.total,
        free_bytes: space.free,
        used_bytes,
        capacity_bytes,
        bytes_per_day: per_day.map(|bytes| bytes as u64),
        days_until_full: per_day.filter(|_| enough == Some(false)).map(|per_day| room as f64 / per_day),
        days_kept: stock.iter().filter_map(|stock| stock.oldest).min().map_or(0.0, ago) / DAY,
        keep_days: keeping.days,
        limited_by: enough.map(|enough| if enough { Limit::Days } else { full }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GIB: u64 = 1 << 30;
    const NOW: Timestamp = Timestamp::from_micros(1_795_000_000_000_000);

    fn stream(stored: u64, lately: u64, hours: u64) -> StreamStock {
        StreamStock {
            camera_id: CameraId::generate(),
            stream: StreamKind::Main,
            stored_bytes: stored * GIB,
            oldest: Some(NOW - Duration::from_hours(48)),
            lately_bytes: lately * GIB,
            lately_from: Some(NOW - Duration::from_hours(hours)),
        }
    }

    fn told(free: u64, stock: &[StreamStock], most: u64, days: u32) -> Storage {
        let keeping = Keeping { days, free_bytes: 5 * GIB, most_bytes: most * GIB };
        foretell(DiskSpace { total: 1000 * GIB, free: free * GIB }, stock, keeping, NOW)
    }

    #[test]
    fn the_disk_the_limit_or_the_days_end_the_keeping() {
        let streams = [stream(30, 10, 24), stream(10, 10, 24)];
        let by_disk = told(105, &streams, 0, 60);
        assert_eq!((by_disk.used_bytes, by_disk.capacity_bytes), (40 * GIB, 140 * GIB));
        assert_eq!(by_disk.bytes_per_day, Some(20 * GIB));
        assert_eq!((by_disk.days_until_full, by_disk.limited_by), (Some(5.0), Some(Limit::Disk)));
        assert!((by_disk.days_kept - 2.0).abs() < 1e-9);
        let by_bytes = told(105, &streams, 60, 60);
        assert_eq!((by_bytes.days_until_full, by_bytes.limited_by), (Some(1.0), Some(Limit::MaxBytes)));
        let by_days = told(105, &streams, 0, 7);
        assert_eq!((by_days.days_until_full, by_days.limited_by), (None, Some(Limit::Days)));
        let full = told(2, &streams, 0, 60);
        assert_eq!((full.days_until_full, full.capacity_bytes), (Some(0.0), 37 * GIB));
    }

    #[test]
    fn a_young_recording_is_scaled_up_and_a_too_young_one_foretells_nothing() {
        assert_eq!(told(105, &[stream(1, 1, 2)], 0, 60).bytes_per_day, Some(12 * GIB));
        let young = StreamStock { lately_from: Some(NOW - Duration::from_mins(1)), ..stream(1, 1, 1) };
        let told = told(105, &[young], 0, 60);
        assert_eq!((told.bytes_per_day, told.days_until_full, told.limited_by), (None, None, None));
    }
}
