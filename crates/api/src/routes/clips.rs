//! Clips to take away: MP4 without re-encoding.

use std::ops::Range;
use std::time::Duration;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::Response;
use chrono::SecondsFormat;
use domain::{Action, Camera, CameraId, EventId, EventRecord, StreamKind, TimeRange, Timestamp};
use futures::{FutureExt as _, StreamExt as _};
use recorder::clip::{ClipError, ClipPlan};
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::Server;
use crate::audit::Deed;
use crate::auth::caller::Caller;
use crate::auth::rights::{At, Right, Target, guarded};
use crate::extract::Query;
use crate::footage;
use crate::media::{self, Media};
use crate::problem::{Answer, Code, Problem};
use crate::search::closed_range;

const EXPORT: Right = Right::At(Action::Export, At::Camera);
/// How long a clip that is on its way may go on when the server stops.
const LAST_BYTES: Duration = Duration::from_secs(3);
/// Gaps that the header names; the plan names all.
const GAPS_NAMED: usize = 32;
/// How the clip's gaps are told: `FROM/TO` in RFC 3339, separated by commas.
const GAPS: HeaderName = HeaderName::from_static("taimat-gaps");
/// The time of the first picture, RFC 3339.
const START: HeaderName = HeaderName::from_static("taimat-start");

pub(super) fn routes() -> OpenApiRouter<Server> {
    OpenApiRouter::default()
        .routes(guarded(EXPORT, routes!(camera_clip)))
        .routes(guarded(EXPORT, routes!(camera_plan)))
        .routes(guarded(Right::At(Action::Export, At::Event), routes!(event_clip)))
}

/// Which part of which stream.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Wanted {
    /// First moment.
    #[param(value_type = String, format = DateTime)]
    from: Timestamp,
    /// First moment after it.
    #[param(value_type = String, format = DateTime)]
    to: Timestamp,
    /// Which stream; the main one if not given.
    #[serde(default = "main")]
    #[param(value_type = Option<StreamKind>)]
    stream: StreamKind,
}

fn main() -> StreamKind {
    StreamKind::Main
}

/// What a clip would hold.
#[derive(Serialize, utoipa::ToSchema)]
struct PlanAnswer {
    /// The name that the file would have.
    file_name: String,
    /// Its size in bytes.
    bytes: u64,
    /// Time of its first picture.
    start: Timestamp,
    /// Its length in seconds.
    duration: f64,
    /// Number of pictures.
    frames: u32,
    /// Stretches within it without pictures.
    gaps: Vec<TimeRange>,
    /// Whether it has sound.
    audio: bool,
}

/// A clip of a camera
///
/// MP4 of the recorded pictures as they are, exact to the frame. The headers `taimat-start` and `taimat-gaps` tell the time of the first
/// picture and what is missing.
#[utoipa::path(get, path = "/cameras/{camera_id}/clip", operation_id = "exportClip", tag = "clips",
    params(("camera_id" = CameraId, Path), Wanted,
        ("Range" = Option<String>, Header, description = "One range of bytes.")),
    responses(
        (status = 200, body = Vec<u8>, content_type = "video/mp4"),
        (status = 206, body = Vec<u8>, content_type = "video/mp4")))]
async fn camera_clip(
    State(server): State<Server>,
    caller: Caller,
    Target(camera): Target<Camera>,
    Query(wanted): Query<Wanted>,
    headers: HeaderMap,
) -> Answer<Response> {
    let range = closed_range(wanted.from, wanted.to)?;
    let plan = plan(&server, camera.id, wanted.stream, range).await?;
    let deed = Deed {
        action: "clip.export",
        target: format!("camera/{}", camera.id),
        place: Some(camera.place_id),
        detail: serde_json::json!({"from": range.from, "to": range.to, "stream": wanted.stream}),
    };
    send(&server, &caller, &camera, &plan, deed, &headers).await
}

/// What a clip would hold
#[utoipa::path(get, path = "/cameras/{camera_id}/clip/plan", operation_id = "planClip", tag = "clips",
    params(("camera_id" = CameraId, Path), Wanted), responses((status = 200, body = PlanAnswer)))]
async fn camera_plan(
    State(server): State<Server>,
    Target(camera): Target<Camera>,
    Query(wanted): Query<Wanted>,
) -> Answer<axum::Json<PlanAnswer>> {
    let range = closed_range(wanted.from, wanted.to)?;
    let plan = plan(&server, camera.id, wanted.stream, range).await?;
    Ok(axum::Json(PlanAnswer {
        file_name: file_name(&camera.name, &plan),
        bytes: plan.content_length,
        start: plan.start,
        duration: plan.duration.as_secs_f64(),
        frames: plan.frames,
        gaps: plan.gaps,
        audio: plan.audio,
    }))
}

/// The clip of an event
///
/// The event with some time before and after it, from the stream that shows it best.
#[utoipa::path(get, path = "/events/{event_id}/clip", operation_id = "exportEventClip", tag = "clips",
    params(("event_id" = EventId, Path),
        ("Range" = Option<String>, Header, description = "One range of bytes.")),
    responses(
        (status = 200, body = Vec<u8>, content_type = "video/mp4"),
        (status = 206, body = Vec<u8>, content_type = "video/mp4")))]
async fn event_clip(
    State(server): State<Server>,
    caller: Caller,
    Target(record): Target<EventRecord>,
    headers: HeaderMap,
) -> Answer<Response> {
    let range = closed_range(record.footage_from, record.footage_to)?;
    let event = &record.event;
    let camera = server.index.camera(event.camera_id).await?;
    let plan = plan(&server, camera.id, record.stream, range).await?;
    let deed = Deed {
        action: "clip.export",
        target: format!("event/{}", event.id),
        place: Some(event.place_id),
        detail: serde_json::json!({"camera_id": camera.id, "from": range.from, "to": range.to}),
    };
    send(&server, &caller, &camera, &plan, deed, &headers).await
}

async fn plan(server: &Server, camera: CameraId, stream: StreamKind, range: TimeRange) -> Answer<ClipPlan> {
    let longest = server.config.longest_clip;
    if range.duration() > longest {
        let detail = format!("a clip lasts at most {} minutes", longest.as_secs() / 60);
        return Err(Problem::field("to", detail, "Ask for a shorter clip, or for several."));
    }
    let segments = footage::segments(server, camera, stream, range).await?;
    if segments.is_empty() {
        return Err(footage::nothing(range));
    }
    let plan = recorder::clip::plan(server.recorder.root().to_owned(), segments, range).await;
    plan.map_err(|error| match error {
        ClipError::Empty { range } => footage::nothing(range),
        ClipError::TooLong { .. } => {
            Problem::field("to", error.to_string(), "Ask for a shorter clip, or for several.")
        }
        ClipError::Stopped => Problem::new(Code::Unavailable, "the server is stopping"),
        ClipError::Read(_) | ClipError::Boxes(_) => {
            tracing::warn!(%camera, %error, "a clip could not be made");
            Problem::new(Code::NoFootage, "the recording is there, and cannot be read")
                .remedy("Ask the operator to run `taimat check`.")
        }
    })
}

/// Accounts for the export, and only then sends.
async fn send(
    server: &Server,
    caller: &Caller,
    camera: &Camera,
    plan: &ClipPlan,
    deed: Deed,
    headers: &HeaderMap,
) -> Answer<Response> {
    let permit = server.clip_streams.clone().try_acquire_owned().map_err(|_| {
        Problem::new(Code::TooManyStreams, "as many clips are being sent as the server allows")
            .remedy("Try again when one of them is done.")
            .retry_after(Duration::from_secs(5))
    })?;
    let media = Media {
        kind: "video/mp4",
        length: plan.content_length,
        etag: Some(format!("\"{}\"", plan.etag)),
        keep: 0,
    };
    let part: Option<Range<u64>> = media::requested(headers, &media)?;
    server.audit.export(caller, deed).await?;
    let bytes = plan.stream(part.clone().unwrap_or(0..plan.content_length));
    let stopping = server.shutdown.clone().cancelled_owned().then(|()| tokio::time::sleep(LAST_BYTES));
    // The permit is given back when the last byte is read or the client goes away.
    let bytes = bytes.map(move |chunk| {
        let _held = &permit;
        chunk
    });
    // A slow client must not keep the server from stopping; it asks for the rest by range.
    let bytes = bytes.take_until(stopping);
    let mut response = media::answer(&media, part, Body::from_stream(bytes));
    let answer = response.headers_mut();
    let ascii = file_name(&camera.folder, plan);
    answer.insert(header::CONTENT_DISPOSITION, media::attachment(&ascii, &file_name(&camera.name, plan)));
    let mut put = |name: HeaderName, text: String| {
        if let Ok(value) = HeaderValue::try_from(text) {
            answer.insert(name, value);
        }
    };
    put(START, plan.start.to_string());
    if !plan.gaps.is_empty() {
        let gaps = plan.gaps.iter().take(GAPS_NAMED).map(|gap| format!("{}/{}", gap.from, gap.to));
        put(GAPS, gaps.collect::<Vec<_>>().join(","));
    }
    Ok(response)
}

/// Camera and time of the first picture, UTC.
fn file_name(camera: &str, plan: &ClipPlan) -> String {
    let at = plan.start.to_datetime().to_rfc3339_opts(SecondsFormat::Secs, true).replace(':', "");
    media::file_name(&format!("{camera} {at} {}s.mp4", plan.duration.as_secs()))
}
