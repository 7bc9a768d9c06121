//! Holds: footage that retention leaves alone.

use axum::extract::State;
use axum::http::StatusCode;
use domain::{Action, Camera, CameraId, Timestamp, UserId};
use index::{Hold, NewHold};
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::app::Server;
use crate::audit::Deed;
use crate::auth::caller::Caller;
use crate::auth::rights::{At, Right, Target, guarded};
use crate::extract::{Json, name};
use crate::problem::{Answer, Problem};
use crate::search::closed_range;

const SOMEWHERE: Right = Right::At(Action::Hold, At::Somewhere);
const THIS: Right = Right::At(Action::Hold, At::Hold);

pub(super) fn routes() -> OpenApiRouter<Server> {
    OpenApiRouter::default()
        .routes(guarded(SOMEWHERE, routes!(list)))
        .routes(guarded(SOMEWHERE, routes!(create)))
        .routes(guarded(THIS, routes!(read)))
        .routes(guarded(THIS, routes!(release)))
}

/// Footage that retention leaves alone.
#[derive(Serialize, utoipa::ToSchema)]
struct HoldAnswer {
    /// Identifier.
    id: Uuid,
    /// Whose footage.
    camera_id: CameraId,
    /// First moment.
    from: Timestamp,
    /// First moment after it.
    to: Timestamp,
    /// Why.
    reason: String,
    /// Who asked for it; null where the account is gone.
    user_id: Option<UserId>,
    /// When.
    created_at: Timestamp,
    /// When it was released; null while it holds.
    released_at: Option<Timestamp>,
}

impl From<&Hold> for HoldAnswer {
    fn from(hold: &Hold) -> Self {
        Self {
            id: hold.id,
            camera_id: hold.camera_id,
            from: hold.range.from,
            to: hold.range.to,
            reason: hold.reason.clone(),
            user_id: hold.user_id,
            created_at: hold.created_at,
            released_at: hold.released_at,
        }
    }
}

/// Holds.
#[derive(Serialize, utoipa::ToSchema)]
struct Holds {
    /// Latest first.
    items: Vec<HoldAnswer>,
}

/// List holds in force
#[utoipa::path(get, path = "/holds", operation_id = "listHolds", tag = "holds",
    responses((status = 200, body = Holds)))]
async fn list(State(server): State<Server>, caller: Caller) -> Answer<axum::Json<Holds>> {
    let holds = server.index.holds(&caller.visibility(Action::Hold)).await?;
    Ok(axum::Json(Holds { items: holds.iter().map(Into::into).collect() }))
}

/// Footage to hold.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct HoldToMake {
    /// Whose footage.
    camera_id: CameraId,
    /// First moment.
    from: Timestamp,
    /// First moment after it.
    to: Timestamp,
    /// Why, for whoever finds it later.
    #[schema(example = "Mất xe máy trước chợ, tin báo số 12")]
    reason: String,
}

/// Hold footage
///
/// It is kept, whatever its age and however full the disk, until the hold is released.
#[utoipa::path(post, path = "/holds", operation_id = "createHold", tag = "holds", request_body = HoldToMake,
    responses((status = 201, body = HoldAnswer)))]
async fn create(
    State(server): State<Server>,
    caller: Caller,
    Json(new): Json<HoldToMake>,
) -> Answer<(StatusCode, axum::Json<HoldAnswer>)> {
    let camera = server.index.camera(new.camera_id).await.map_err(|error| match error {
        index::IndexError::NotFound { .. } => Problem::not_found("camera").at("camera_id"),
        other => other.into(),
    })?;
    let allowed = caller.require(&server.index, Action::Hold, camera.place_id, "camera").await;
    allowed.map_err(|problem| problem.at("camera_id"))?;
    let new = NewHold {
        camera_id: camera.id,
        range: closed_range(new.from, new.to)?,
        reason: name("reason", &new.reason, 500)?,
        user_id: Some(caller.id()),
    };
    let hold = server.index.create_hold(new).await?;
    account(&server, &caller, "hold.create", &hold, &camera).await;
    Ok((StatusCode::CREATED, axum::Json((&hold).into())))
}

/// Read a hold
#[utoipa::path(get, path = "/holds/{hold_id}", operation_id = "readHold", tag = "holds",
    params(("hold_id" = Uuid, Path)), responses((status = 200, body = HoldAnswer)))]
async fn read(Target(hold): Target<Hold>) -> axum::Json<HoldAnswer> {
    axum::Json(hold.as_ref().into())
}

/// Release a hold
///
/// Retention may then remove the footage. The hold stays on record.
#[utoipa::path(delete, path = "/holds/{hold_id}", operation_id = "releaseHold", tag = "holds",
    params(("hold_id" = Uuid, Path)), responses((status = 200, body = HoldAnswer)))]
async fn release(
    State(server): State<Server>,
    caller: Caller,
    Target(hold): Target<Hold>,
    Target(camera): Target<Camera>,
) -> Answer<axum::Json<HoldAnswer>> {
    let hold = server.index.release_hold(hold.id, Some(caller.id())).await?;
    account(&server, &caller, "hold.release", &hold, &camera).await;
    Ok(axum::Json((&hold).into()))
}

async fn account(server: &Server, caller: &Caller, action: &'static str, hold: &Hold, camera: &Camera) {
    let detail = serde_json::json!({"camera_id": hold.camera_id, "range": hold.range, "reason": hold.reason});
    let deed = Deed { action, target: format!("hold/{}", hold.id), place: Some(camera.place_id), detail };
    server.audit.change(caller, deed).await;
}
