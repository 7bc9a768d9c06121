//! Recordings to play: HLS playlists, and the segment files that they point into.

use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use domain::{Action, Camera, CameraId, Segment, StreamKind, Timestamp, VideoCodec};
use index::SegmentKey;
use recorder::playlist::{Offer, media_playlist};
use serde::Deserialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::Server;
use crate::audit::Deed;
use crate::auth::caller::Caller;
use crate::auth::rights::{At, Right, Target, guarded};
use crate::extract::{Path, Query};
use crate::media::{self, Media};
use crate::problem::{Answer, Problem};
use crate::routes::video::only_h264;
use crate::search::closed_range;
use crate::{footage, search};

const REVIEW: Right = Right::At(Action::Review, At::Camera);
/// The longest period of a playlist, in seconds: a day has some 1500 segments.
const LONGEST: u64 = 2 * 86_400;
/// How long a browser may keep a finished segment, in seconds.
const KEEP: u32 = 86_400;
/// Whether some of what a playlist offers is not as it was recorded.
const TRANSCODED: HeaderName = HeaderName::from_static("taimat-transcoded");

pub(super) fn routes() -> OpenApiRouter<Server> {
    OpenApiRouter::default()
        .routes(guarded(REVIEW, routes!(playlist)))
        .routes(guarded(REVIEW, routes!(segment)))
}

/// What to play.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Playing {
    /// First moment.
    #[param(value_type = String, format = DateTime)]
    from: Timestamp,
    /// First moment after it; at most two days later.
    #[param(value_type = String, format = DateTime)]
    to: Timestamp,
    /// Which stream; the main one if not given.
    #[serde(default = "main")]
    #[param(value_type = Option<StreamKind>)]
    stream: StreamKind,
    /// `h264`: what is recorded in H.265 is offered transcoded. As it was recorded if not given.
    codec: Option<VideoCodec>,
}

fn main() -> StreamKind {
    StreamKind::Main
}

/// HLS playlist of a period
///
/// By byte range over the segment files, or over pieces that are transcoded when they are fetched: then the header
/// `taimat-transcoded` is `true`. Where the newest segment still grows, fetch the playlist again for more.
#[utoipa::path(get, path = "/cameras/{camera_id}/playlist.m3u8", operation_id = "readPlaylist", tag = "recordings",
    params(("camera_id" = CameraId, Path), Playing),
    responses((status = 200, body = String, content_type = "application/vnd.apple.mpegurl")))]
async fn playlist(
    State(server): State<Server>,
    caller: Caller,
    Target(camera): Target<Camera>,
    Query(playing): Query<Playing>,
) -> Answer<Response> {
    let range = closed_range(playing.from, playing.to)?;
    search::within("to", range.duration().as_secs(), 0, LONGEST)?;
    let segments = footage::segments(&server, camera.id, playing.stream, range).await?;
    let only_h264 = only_h264(playing.codec)?;
    let transcoded = |segment: &Segment| only_h264 && segment.video.codec != VideoCodec::H264;
    // Relative to the playlist's own address.
    let offer = |segment: &Segment| {
        let (stream, start) = (segment.stream, segment.start.as_micros());
        if transcoded(segment) {
            Offer::Pieces(format!("transcoded/{stream}/{start}"))
        } else {
            Offer::Recorded(format!("segments/{stream}/{start}.mp4"))
        }
    };
    let list = media_playlist(&segments, range, offer).ok_or_else(|| footage::nothing(range))?;
    let deed = Deed {
        action: "recording.play",
        target: format!("camera/{}", camera.id),
        place: Some(camera.place_id),
        detail: serde_json::json!({"from": range.from, "to": range.to, "stream": playing.stream}),
    };
    server.audit.look(&caller, deed).await?;
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/vnd.apple.mpegurl")),
        (header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache")),
    ];
    let mut response = (headers, list).into_response();
    if segments.iter().any(transcoded) {
        response.headers_mut().insert(TRANSCODED, HeaderValue::from_static("true"));
    }
    Ok(response)
}

/// The path of a segment.
#[derive(Deserialize)]
struct SegmentPath {
    stream: String,
    start: String,
}

/// A segment file
///
/// Fragmented MP4, whole or by byte range. Of one that still grows, what is complete so far.
#[utoipa::path(get, path = "/cameras/{camera_id}/segments/{stream}/{start}", operation_id = "readSegment",
    tag = "recordings",
    params(
        ("camera_id" = CameraId, Path),
        ("stream" = StreamKind, Path),
        ("start" = String, Path, description = "Microseconds since 1970 of its first picture, and .mp4 if you like."),
        ("Range" = Option<String>, Header, description = "One range of bytes.")),
    responses(
        (status = 200, body = Vec<u8>, content_type = "video/mp4"),
        (status = 206, body = Vec<u8>, content_type = "video/mp4")))]
async fn segment(
    State(server): State<Server>,
    caller: Caller,
    Target(camera): Target<Camera>,
    Path(path): Path<SegmentPath>,
    headers: HeaderMap,
) -> Answer<Response> {
    let start = path.start.strip_suffix(".mp4").unwrap_or(&path.start);
    let segment = named(&server, camera.id, &path.stream, start).await?;
    let deed = Deed {
        action: "recording.fetch",
        target: format!("camera/{}", camera.id),
        place: Some(camera.place_id),
        detail: serde_json::json!({"from": segment.start, "stream": segment.stream}),
    };
    server.audit.look(&caller, deed).await?;
    let media = Media {
        kind: "video/mp4",
        length: segment.bytes,
        etag: segment.closed.then(|| format!("\"{}-{}\"", segment.start.as_micros(), segment.bytes)),
        keep: if segment.closed { KEEP } else { 0 },
    };
    media::file(&media::found_inside(server.recorder.root(), &segment.path)?, &media, &headers).await
}

/// The segment that a path names.
pub(super) async fn named(
    server: &Server,
    camera_id: CameraId,
    stream: &str,
    start: &str,
) -> Answer<Segment> {
    const REMEDY: &str = "Take the address from the playlist.";
    let stream = stream.parse::<StreamKind>().map_err(|why| Problem::field("stream", why, REMEDY))?;
    let micros = start
        .parse::<i64>()
        .map_err(|_| Problem::field("start", "start is no whole number of microseconds", REMEDY))?;
    let key = SegmentKey { camera_id, stream, start: Timestamp::from_micros(micros) };
    footage::segment(server, key).await
}
