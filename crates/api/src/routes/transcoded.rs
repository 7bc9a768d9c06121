//! Recordings in H.265 for those who play only H.264: pieces, transcoded when they are fetched.

use std::time::Duration;

use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use domain::{Action, Camera, CameraId, StreamKind, VideoCodec};
use serde::Deserialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::Server;
use crate::audit::Deed;
use crate::auth::caller::Caller;
use crate::auth::rights::{At, Right, Target, guarded};
use crate::extract::Path;
use crate::media::{self, Media};
use crate::ports::TranscodeFailure;
use crate::problem::{Answer, Code, Problem};
use crate::routes::recordings;

/// How long a browser may keep a piece, in seconds: it never changes.
const KEEP: u32 = 86_400;
const FROM_PLAYLIST: &str = "Take the address from the playlist.";

pub(super) fn routes() -> OpenApiRouter<Server> {
    OpenApiRouter::default().routes(guarded(Right::At(Action::Review, At::Camera), routes!(piece)))
}

/// The path of a part of a piece.
#[derive(Deserialize)]
struct PiecePath {
    stream: String,
    start: String,
    piece: usize,
    part: String,
}

/// A transcoded piece of a recording
///
/// Fragmented MP4 with H.264, no wider than 1280 pixels. It is made when it is fetched first, and kept for a while. `unavailable` (503, with
/// `Retry-After`) where as much is being made as the server allows, or where making it failed and may work another time.
#[utoipa::path(get, path = "/cameras/{camera_id}/transcoded/{stream}/{start}/{piece}/{part}",
    operation_id = "readTranscodedPiece", tag = "recordings",
    params(
        ("camera_id" = CameraId, Path),
        ("stream" = StreamKind, Path),
        ("start" = String, Path, description = "Microseconds since 1970 of the first picture of the segment."),
        ("piece" = u32, Path, description = "Number of the piece in its segment, from 0."),
        ("part" = String, Path, description = "`init.mp4` or `media.mp4`.")),
    responses(
        (status = 200, body = Vec<u8>, content_type = "video/mp4"),
        (status = 206, body = Vec<u8>, content_type = "video/mp4")))]
async fn piece(
    State(server): State<Server>,
    caller: Caller,
    Target(camera): Target<Camera>,
    Path(path): Path<PiecePath>,
    headers: HeaderMap,
) -> Answer<Response> {
    if !matches!(path.part.as_str(), "init.mp4" | "media.mp4") {
        return Err(Problem::field("part", "part is init.mp4 or media.mp4", FROM_PLAYLIST));
    }
    let segment = recordings::named(&server, camera.id, &path.stream, &path.start).await?;
    if segment.video.codec == VideoCodec::H264 {
        return Err(Problem::field("start", "this recording is H.264 as it is", FROM_PLAYLIST));
    }
    let deed = Deed {
        action: "recording.fetch",
        target: format!("camera/{}", camera.id),
        place: Some(camera.place_id),
        detail: serde_json::json!({"from": segment.start, "stream": segment.stream}),
    };
    server.audit.look(&caller, deed).await?;
    let made = server.video.piece(&segment, path.piece).await.map_err(|failure| failed(&failure))?;
    let made = made.ok_or_else(|| Problem::not_found("piece"))?;
    let bytes = if path.part == "init.mp4" { made.init } else { made.media };
    let media = Media { kind: "video/mp4", length: bytes.len() as u64, etag: None, keep: KEEP };
    let part = media::requested(&headers, &media)?;
    let wanted = part.clone().unwrap_or(0..media.length);
    let body = bytes.slice(wanted.start as usize..wanted.end as usize);
    Ok(media::answer(&media, part, Body::from(body)))
}

fn failed(failure: &TranscodeFailure) -> Problem {
    let again = |seconds| {
        Problem::new(Code::Unavailable, failure.to_string())
            .remedy("Try again in some seconds.")
            .retry_after(Duration::from_secs(seconds))
    };
    match failure {
        TranscodeFailure::Busy => again(3),
        TranscodeFailure::Unavailable(_) => again(1),
        TranscodeFailure::Failed(_) => Problem::new(Code::NoFootage, failure.to_string())
            .remedy("Play the recording as it is, or ask the operator to run `taimat check`."),
    }
}
