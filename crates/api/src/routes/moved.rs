//! Whether anything moved in a part of a camera's picture.

use std::time::Duration;

use analysis::Sensitivity;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use domain::{Action, BoundingBox, Camera, CameraId, Timestamp};
use futures::stream;
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::Server;
use crate::audit::Deed;
use crate::auth::caller::Caller;
use crate::auth::rights::{At, Right, Target, guarded};
use crate::extract::Json;
use crate::moved::{MovedLine, Search};
use crate::problem::{Answer, Code, Problem};
use crate::search::{closed_range, within};

/// The longest time that is searched.
const LONGEST: Duration = Duration::from_hours(24 * 7);
/// The smallest side of an area, in parts of the picture.
const SMALLEST: f32 = 0.01;
/// Lines that wait for a slow reader; then the search waits as well.
const LINES: usize = 16;

pub(super) fn routes() -> OpenApiRouter<Server> {
    OpenApiRouter::default().routes(guarded(Right::At(Action::Review, At::Camera), routes!(moved)))
}

/// Where and when to look.
#[derive(Deserialize, Serialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Question {
    /// First moment.
    from: Timestamp,
    /// First moment after it; at most seven days later.
    to: Timestamp,
    /// The part of the picture.
    area: Area,
    /// How easily a change counts: 1, something large and clear, to 10, the slightest; 5 if not given.
    #[serde(default = "usual")]
    sensitivity: u8,
}

fn usual() -> u8 {
    5
}

/// A part of the picture, in parts of its width and height.
#[derive(Clone, Copy, Deserialize, Serialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Area {
    /// Its left edge, 0 to 1.
    x: f32,
    /// Its upper edge, 0 to 1.
    y: f32,
    /// Its width, 0.01 to 1.
    width: f32,
    /// Its height, 0.01 to 1.
    height: f32,
}

impl Area {
    fn checked(self) -> Answer<BoundingBox> {
        let (x, y) = (within("area.x", self.x, 0.0, 1.0)?, within("area.y", self.y, 0.0, 1.0)?);
        let w = within("area.width", self.width, SMALLEST, 1.0)?;
        let h = within("area.height", self.height, SMALLEST, 1.0)?;
        for (field, end) in [("area.width", x + w), ("area.height", y + h)] {
            if end > 1.001 {
                return Err(Problem::field(
                    field,
                    "the area leaves the picture",
                    "Draw it inside the picture.",
                ));
            }
        }
        Ok(BoundingBox { x, y, w, h })
    }
}

/// Ask whether anything moved in a part of the picture
///
/// The recording's key frames are looked at, and what is found is told at once, a line of JSON each (`application/x-ndjson`):
/// `progress`, `moment` where something moved, `gap` where nothing is recorded or can be read, and at last `end` or `failed`. Who closes
/// the connection ends the search. Two may run at the same time.
#[utoipa::path(post, path = "/cameras/{camera_id}/moved", operation_id = "searchMovement", tag = "recordings",
    params(("camera_id" = CameraId, Path)), request_body = Question,
    responses((status = 200, body = MovedLine, content_type = "application/x-ndjson")))]
async fn moved(
    State(server): State<Server>,
    caller: Caller,
    Target(camera): Target<Camera>,
    Json(question): Json<Question>,
) -> Answer<Response> {
    let range = closed_range(question.from, question.to)?;
    if range.duration() > LONGEST {
        return Err(Problem::field("to", "at most seven days are searched", "Ask for a shorter time."));
    }
    let range = closed_range(range.from, range.to.min(server.clock.now()))
        .map_err(|_| Problem::field("from", "from lies in the future", "Ask for a time that has passed."))?;
    let area = question.area.checked()?;
    let sensitivity = Sensitivity::new(within("sensitivity", question.sensitivity, 1, 10)?);
    let permit = server.movement_searches.clone().try_acquire_owned().map_err(|_| {
        Problem::new(Code::TooManyStreams, "as many searches for movement run as the server allows")
            .remedy("Try again when one of them is done.")
            .retry_after(Duration::from_secs(10))
    })?;
    let deed = Deed {
        action: "movement.search",
        target: format!("camera/{}", camera.id),
        place: Some(camera.place_id),
        detail: serde_json::json!(question),
    };
    server.audit.look(&caller, deed).await?;
    let (lines, told) = mpsc::channel(LINES);
    let search = Search { server, camera: Camera::clone(&camera), range, area, sensitivity };
    tokio::spawn(async move {
        search.run(lines).await;
        drop(permit);
    });
    let body = stream::unfold(told, |mut told| async move {
        let line = told.recv().await?;
        Some((text(&line), told))
    });
    // Tells nginx not to hold the stream back.
    let unbuffered = (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    let kind = (header::CONTENT_TYPE, HeaderValue::from_static("application/x-ndjson"));
    Ok(([kind, unbuffered], Body::from_stream(body)).into_response())
}

fn text(line: &MovedLine) -> Result<Bytes, serde_json::Error> {
    let mut text = serde_json::to_vec(line)?;
    text.push(b'\n');
    Ok(text.into())
}
