//! Pictures: of an event, and of any moment.

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::response::Response;
use bytes::Bytes;
use domain::{Action, Camera, CameraId, EventId, EventRecord, StreamKind, Timestamp};
use serde::Deserialize;
use std::path::Path;
use std::time::Duration;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::Server;
use crate::audit::Deed;
use crate::auth::caller::{Caller, forbidden};
use crate::auth::rights::{At, Right, Target, guarded};
use crate::extract::Query;
use crate::media::{self, Media};
use crate::ports::{Still, StillFailure};
use crate::problem::{Answer, Code, Problem};
use crate::search::within;

/// Time of the picture, RFC 3339.
const TIME: HeaderName = HeaderName::from_static("taimat-time");
/// How long a browser may keep a picture of the past, in seconds.
const KEEP: u32 = 86_400;
/// A newest picture older than this is not shown as what is there now.
const NOW: Duration = Duration::from_secs(15);
/// Width of an event's picture where none was kept.
const EVENT_WIDTH: u32 = 1280;

pub(super) fn routes() -> OpenApiRouter<Server> {
    OpenApiRouter::default()
        .routes(guarded(Right::At(Action::Watch, At::Camera), routes!(camera_snapshot)))
        .routes(guarded(Right::At(Action::Review, At::Event), routes!(event_snapshot)))
}

/// Which picture.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Wanted {
    /// The moment; now if not given. A moment of the past needs the right `review`.
    #[param(value_type = Option<String>, format = DateTime)]
    at: Option<Timestamp>,
    /// No wider than so many pixels, 16 to 8192.
    width: Option<u32>,
}

/// A picture of a camera
///
/// The one that was showing at the time; the header `taimat-time` says when it was seen.
#[utoipa::path(get, path = "/cameras/{camera_id}/snapshot", operation_id = "readSnapshot", tag = "pictures",
    params(("camera_id" = CameraId, Path), Wanted),
    responses((status = 200, body = Vec<u8>, content_type = "image/jpeg")))]
async fn camera_snapshot(
    State(server): State<Server>,
    caller: Caller,
    Target(camera): Target<Camera>,
    Query(wanted): Query<Wanted>,
    headers: HeaderMap,
) -> Answer<Response> {
    let width = wanted.width.map(|width| within("width", width, 16, 8192)).transpose()?;
    let at = match wanted.at {
        Some(at) => {
            if !caller.allows(&server.index, Action::Review, camera.place_id).await? {
                return Err(forbidden(Action::Review).at("at"));
            }
            at
        }
        None => newest(&server, camera.id).await?,
    };
    let deed = Deed {
        action: "snapshot.view",
        target: format!("camera/{}", camera.id),
        place: Some(camera.place_id),
        detail: serde_json::json!({"at": wanted.at}),
    };
    server.audit.look(&caller, deed).await?;
    let still = still(&server, camera.id, at, width).await?;
    picture(still.jpeg, Some(still.time), if wanted.at.is_some() { KEEP } else { 0 }, &headers)
}

/// How an event's picture is wanted.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Size {
    /// No wider than so many pixels, 16 to 1920; as it was kept if not given.
    width: Option<u32>,
}

/// The best picture of an event
#[utoipa::path(get, path = "/events/{event_id}/snapshot", operation_id = "readEventSnapshot", tag = "pictures",
    params(("event_id" = EventId, Path), Size),
    responses((status = 200, body = Vec<u8>, content_type = "image/jpeg")))]
async fn event_snapshot(
    State(server): State<Server>,
    caller: Caller,
    Target(record): Target<EventRecord>,
    Query(size): Query<Size>,
    headers: HeaderMap,
) -> Answer<Response> {
    let width = size.width.map(|width| within("width", width, 16, 1920)).transpose()?;
    let event = &record.event;
    let deed = Deed {
        action: "snapshot.view",
        target: format!("event/{}", event.id),
        place: Some(event.place_id),
        detail: serde_json::json!({"camera_id": event.camera_id}),
    };
    server.audit.look(&caller, deed).await?;
    let keep = if event.ongoing { 0 } else { KEEP };
    if let Some(file) = &record.snapshot {
        let path = media::found_inside(&server.snapshots, file)?;
        match kept(&server, &path, width).await {
            Ok(jpeg) => return picture(jpeg, Some(event.best.time), keep, &headers),
            Err(why) => {
                tracing::warn!(event = %event.id, path = %path.display(), why, "a snapshot is cut again from the recording");
            }
        }
    }
    let still = still(&server, event.camera_id, event.best.time, Some(width.unwrap_or(EVENT_WIDTH))).await?;
    picture(still.jpeg, Some(still.time), keep, &headers)
}

/// A picture that was kept, made smaller where that is asked for.
async fn kept(server: &Server, path: &Path, width: Option<u32>) -> Result<Bytes, String> {
    let jpeg = Bytes::from(tokio::fs::read(path).await.map_err(|error| error.to_string())?);
    match width {
        Some(width) => server.thumbnails.smaller(jpeg, width).await,
        None => Ok(jpeg),
    }
}

fn picture(jpeg: Bytes, time: Option<Timestamp>, keep: u32, headers: &HeaderMap) -> Answer<Response> {
    let media = Media { kind: "image/jpeg", length: jpeg.len() as u64, etag: None, keep };
    let part = media::requested(headers, &media)?;
    let bytes = match &part {
        Some(part) => jpeg.slice(part.start as usize..part.end as usize),
        None => jpeg,
    };
    let mut response = media::answer(&media, part, Body::from(bytes));
    if let Some(value) = time.and_then(|time| HeaderValue::try_from(time.to_string()).ok()) {
        response.headers_mut().insert(TIME, value);
    }
    Ok(response)
}

/// The moment of the newest picture. An old picture is never shown as what is there now.
async fn newest(server: &Server, camera: CameraId) -> Answer<Timestamp> {
    let growing = server.recorder.open_segments(camera, StreamKind::Main);
    let end = match growing.iter().map(|segment| segment.end).max() {
        Some(end) => Some(end),
        None => server.index.latest_segment_end(camera, StreamKind::Main).await?,
    };
    let now = server.clock.now();
    match end {
        // Inside the last picture, not after it.
        Some(end) if now.since(end) <= NOW => Ok(end.plus_micros(-1)),
        Some(end) => Err(Problem::new(Code::NoFootage, format!("the camera's newest picture is of {end}"))
            .remedy("The camera's state says why; ask for that time to see the old picture.")),
        None => Err(Problem::new(Code::NoFootage, "nothing is recorded at this camera yet")
            .remedy("The camera's state says why.")),
    }
}

async fn still(server: &Server, camera: CameraId, at: Timestamp, width: Option<u32>) -> Answer<Still> {
    server.stills.still(camera, at, width).await.map_err(|failure| match failure {
        StillFailure::NoFootage { at, .. } => {
            Problem::new(Code::NoFootage, format!("nothing is recorded at this camera at {at}"))
                .remedy("The camera's timeline shows what is recorded, and why the rest is not.")
        }
        StillFailure::Busy(why) => {
            tracing::debug!(why, "no picture now");
            Problem::new(Code::Unavailable, "pictures cannot be made at the moment")
                .remedy("Try again in some seconds; GET /readyz says more.")
                .retry_after(Duration::from_secs(3))
        }
        StillFailure::Failed(why) => {
            tracing::warn!(%camera, %at, why, "a picture could not be made");
            Problem::new(Code::NoFootage, "the recording is there, and no picture can be made of it")
                .remedy("Try another moment; the log says more.")
        }
    })
}
