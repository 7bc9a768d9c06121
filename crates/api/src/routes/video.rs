//! Cameras watched as they are now.

use axum::extract::State;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::http::HeaderMap;
use axum::response::Response;
use domain::{Action, Camera, CameraId, StreamKind, VideoCodec};
use serde::Deserialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::Server;
use crate::audit::Deed;
use crate::auth::caller::Caller;
use crate::auth::origin;
use crate::auth::rights::{At, Right, Target, guarded};
use crate::extract::Query;
use crate::problem::{Answer, Code, Problem};
use crate::video::{Telling, Watch};

/// The most that a watcher may send us in one message: he has nothing to say.
const LONGEST: usize = 1024;

pub(super) fn routes() -> OpenApiRouter<Server> {
    OpenApiRouter::default().routes(guarded(Right::At(Action::Watch, At::Camera), routes!(watch)))
}

/// Which stream.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Wanted {
    /// Which stream; the main one if not given.
    #[serde(default = "main")]
    #[param(value_type = Option<StreamKind>)]
    stream: StreamKind,
    /// `h264`: a stream of H.265 is transcoded, as `start` then says. As the camera sends it if not given.
    codec: Option<VideoCodec>,
}

fn main() -> StreamKind {
    StreamKind::Main
}

/// Whether what is sent must be H.264: nothing else is transcoded to.
pub(super) fn only_h264(codec: Option<VideoCodec>) -> Answer<bool> {
    match codec {
        None => Ok(false),
        Some(VideoCodec::H264) => Ok(true),
        Some(VideoCodec::H265) => Err(Problem::field(
            "codec",
            "only h264 can be asked for",
            "Leave it out to get what the camera sends.",
        )),
    }
}

/// Watch a camera
///
/// A WebSocket for Media Source Extensions. Texts are JSON: `start`, `offline`, `skipped`. Bytes are fragmented MP4: an init
/// segment after each `start`, then fragments of a picture or so. First comes what led to the present picture, in a burst: seek to the
/// end of what is buffered. It is closed with 1008 when the session or the right ends, with 1001 when the server stops, with 1000
/// when the camera is removed, with 1013 when as many streams are being transcoded as the server allows (try again later), with 1011
/// when the stream cannot be shown.
#[utoipa::path(get, path = "/cameras/{camera_id}/live", operation_id = "watchCamera", tag = "live",
    params(("camera_id" = CameraId, Path), Wanted),
    responses((status = 101, description = "Texts of this shape, and bytes.", body = Telling)))]
async fn watch(
    State(server): State<Server>,
    caller: Caller,
    Target(camera): Target<Camera>,
    Query(wanted): Query<Wanted>,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Answer<Response> {
    origin::require_own(&headers, &server.config.trusted_origins)?;
    let upgrade = upgrade.map_err(|rejection| {
        Problem::new(Code::InvalidRequest, rejection.body_text())
            .at("Upgrade")
            .remedy("Open this address as a WebSocket.")
    })?;
    if wanted.stream == StreamKind::Sub && camera.sub_url.is_none() {
        return Err(Problem::field("stream", "the camera has no sub stream", "Watch the main stream."));
    }
    let only_h264 = only_h264(wanted.codec)?;
    let permit = server.video_streams.clone().try_acquire_owned().map_err(|_| {
        Problem::new(Code::TooManyStreams, "as many cameras are being watched as the server allows")
            .remedy("Close a page that is open elsewhere.")
            .retry_after(std::time::Duration::from_secs(10))
    })?;
    let deed = Deed {
        action: "camera.watch",
        target: format!("camera/{}", camera.id),
        place: Some(camera.place_id),
        detail: serde_json::json!({"stream": wanted.stream}),
    };
    server.audit.look(&caller, deed).await?;
    let watch = Watch { server, caller, camera: camera.id, stream: wanted.stream, only_h264, permit };
    Ok(upgrade.max_message_size(LONGEST).max_frame_size(LONGEST).on_upgrade(move |socket| watch.run(socket)))
}
