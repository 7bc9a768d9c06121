//! Live changes.

use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use domain::{Action, LiveEvent};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::Server;
use crate::audit::Deed;
use crate::auth::caller::Caller;
use crate::auth::rights::{At, Right, guarded};
use crate::live;
use crate::problem::{Answer, Code, Problem};

pub(super) fn routes() -> OpenApiRouter<Server> {
    OpenApiRouter::default().routes(guarded(Right::At(Action::Watch, At::Somewhere), routes!(watch)))
}

/// Watch live changes
///
/// Server-sent events at places where the caller may watch: `event_started`, `event_changed`, `camera_state`, each with a change as
/// JSON. `resync` comes first, and whenever something was missed: fetch again what is shown. The stream ends when the
/// session ends; the browser comes back by itself.
#[utoipa::path(get, path = "/live", operation_id = "watchLive", tag = "live",
    responses((status = 200, body = LiveEvent, content_type = "text/event-stream")))]
async fn watch(State(server): State<Server>, caller: Caller) -> Answer<Response> {
    let permit = server.live_streams.clone().try_acquire_owned().map_err(|_| {
        Problem::new(Code::TooManyStreams, "as many are watching as the server allows")
            .remedy("Close a page that is open elsewhere, or raise the limit in the configuration.")
            .retry_after(std::time::Duration::from_secs(30))
    })?;
    let detail = serde_json::Value::Null;
    server
        .audit
        .look(&caller, Deed { action: "live.watch", target: String::new(), place: None, detail })
        .await?;
    // Tells nginx not to hold the stream back.
    let unbuffered = (header::HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    Ok(([unbuffered], live::watch(server, caller, permit)).into_response())
}
