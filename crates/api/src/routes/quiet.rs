//! Learned quiet: what cameras have learnt from dismissals, and forgetting it.

use axum::extract::State;
use axum::http::StatusCode;
use domain::{
    Action, Camera, CameraId, Lesson, Likeness, ObjectClass, QuietSpot, QuietSpotId, Sentence, Suppressed,
    Timestamp,
};
use index::Hushed;
use serde::Serialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::Server;
use crate::audit::Deed;
use crate::auth::caller::Caller;
use crate::auth::rights::{At, Right, Target, guarded};
use crate::problem::Answer;

/// Dismissals that an answer shows of each spot, …
const EXAMPLES: usize = 5;
/// … and firings that it kept quiet.
const LISTED: u32 = 100;

pub(super) fn routes() -> OpenApiRouter<Server> {
    OpenApiRouter::default()
        .routes(guarded(Right::At(Action::Review, At::Camera), routes!(list)))
        .routes(guarded(Right::At(Action::Review, At::QuietSpot), routes!(read)))
        .routes(guarded(Right::At(Action::Decide, At::QuietSpot), routes!(forget)))
}

/// What a camera has learnt not to flag, or is learning.
#[derive(Serialize, utoipa::ToSchema)]
struct QuietSpotAnswer {
    /// Identifier.
    id: QuietSpotId,
    /// Which camera.
    camera_id: CameraId,
    /// What the objects were taken for.
    class: ObjectClass,
    /// What they have in common.
    likeness: Option<Likeness>,
    /// How many items were dismissed for the like of it, …
    dismissed: usize,
    /// … and how many it takes; 0: no camera learns.
    needed: u32,
    /// Since when the like of it is not flagged; null while it is.
    active_since: Option<Timestamp>,
    /// The latest of these dismissals, newest first; five at most.
    examples: Vec<Lesson>,
    /// How many firings it kept from the officers.
    suppressed: u64,
    /// When the latest of them was.
    last_suppressed: Option<Timestamp>,
}

impl QuietSpotAnswer {
    fn new(spot: &QuietSpot, hushed: Hushed, needed: u32) -> Self {
        Self {
            id: spot.id,
            camera_id: spot.camera_id,
            class: spot.class,
            likeness: spot.likeness(),
            dismissed: spot.lessons.len(),
            needed,
            active_since: spot.active_since(needed),
            examples: spot.lessons.iter().rev().take(EXAMPLES).copied().collect(),
            suppressed: hushed.count,
            last_suppressed: hushed.last,
        }
    }
}

/// What a camera has learnt.
#[derive(Serialize, utoipa::ToSchema)]
struct QuietSpots {
    /// The oldest first.
    items: Vec<QuietSpotAnswer>,
}

/// List what a camera has learnt not to flag
///
/// Similar objects, in a similar place, at a similar hour, that were dismissed with a reason that says so. Alarms are never
/// kept quiet.
#[utoipa::path(get, path = "/cameras/{camera_id}/quiet", operation_id = "listQuietSpots", tag = "review",
    params(("camera_id" = CameraId, Path)), responses((status = 200, body = QuietSpots)))]
async fn list(
    State(server): State<Server>,
    Target(camera): Target<Camera>,
) -> Answer<axum::Json<QuietSpots>> {
    let needed = server.config.quiet_after;
    let spots = server.index.quiet_spots_of(camera.id).await?;
    let items = spots.iter().map(|(spot, hushed)| QuietSpotAnswer::new(spot, *hushed, needed));
    Ok(axum::Json(QuietSpots { items: items.collect() }))
}

/// A quiet spot, and what it kept quiet.
#[derive(Serialize, utoipa::ToSchema)]
struct QuietSpotStory {
    #[serde(flatten)]
    spot: QuietSpotAnswer,
    /// Firings that it kept from the officers, newest first; 100 at most.
    suppressed_firings: Vec<SuppressedAnswer>,
}

/// One firing that nobody was told of.
#[derive(Serialize, utoipa::ToSchema)]
struct SuppressedAnswer {
    #[serde(flatten)]
    firing: Suppressed,
    /// Why, in a sentence.
    why: Sentence,
}

/// Read a quiet spot
#[utoipa::path(get, path = "/quiet/{quiet_id}", operation_id = "readQuietSpot", tag = "review",
    params(("quiet_id" = QuietSpotId, Path)), responses((status = 200, body = QuietSpotStory)))]
async fn read(
    State(server): State<Server>,
    Target(found): Target<(QuietSpot, Hushed)>,
) -> Answer<axum::Json<QuietSpotStory>> {
    let (spot, hushed) = &*found;
    let firings = server.index.suppressed_firings(spot.id, LISTED).await?;
    let answer =
        |firing: Suppressed| SuppressedAnswer { why: Sentence::of(&firing.rule, &firing.measured), firing };
    Ok(axum::Json(QuietSpotStory {
        spot: QuietSpotAnswer::new(spot, *hushed, server.config.quiet_after),
        suppressed_firings: firings.into_iter().map(answer).collect(),
    }))
}

/// Forget a quiet spot
///
/// The like of it is flagged again from now on, until it is dismissed as often again. What was kept quiet stays on record.
#[utoipa::path(delete, path = "/quiet/{quiet_id}", operation_id = "forgetQuietSpot", tag = "review",
    params(("quiet_id" = QuietSpotId, Path)), responses((status = 204, description = "It is forgotten.")))]
async fn forget(
    State(server): State<Server>,
    caller: Caller,
    Target(found): Target<(QuietSpot, Hushed)>,
    Target(camera): Target<Camera>,
) -> Answer<StatusCode> {
    let (spot, hushed) = &*found;
    server.index.forget_quiet_spot(spot.id, Some(caller.id())).await?;
    let detail = serde_json::json!({"camera_id": spot.camera_id, "class": spot.class,
        "dismissed": spot.lessons.len(), "suppressed": hushed.count});
    let target = format!("quiet/{}", spot.id);
    let deed = Deed { action: "quiet.forget", target, place: Some(camera.place_id), detail };
    server.audit.change(&caller, deed).await;
    server.rules.rules_changed();
    Ok(StatusCode::NO_CONTENT)
}
