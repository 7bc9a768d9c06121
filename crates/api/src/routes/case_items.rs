//! The items of a case.

use axum::extract::State;
use axum::http::StatusCode;
use domain::{
    Action, Camera, CameraId, Case, CaseFootage, CaseId, CaseItem, CaseItemId, CaseItemKind, EventId,
    StreamKind, TimeRange, Timestamp,
};
use index::{IndexError, NewCaseItem};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::Server;
use crate::audit::Deed;
use crate::auth::caller::Caller;
use crate::auth::rights::{At, Right, Target, guarded};
use crate::extract::{Json, Path, nullable, written};
use crate::problem::{Answer, Problem};
use crate::search::closed_range;

/// Longest text of a note.
const NOTE: usize = 5000;
/// What is held around the moment of a picture, so that it can be cut again.
const AROUND: Duration = Duration::from_secs(15);

const THIS: Right = Right::At(Action::Export, At::Case);

pub(super) fn routes() -> OpenApiRouter<Server> {
    OpenApiRouter::default()
        .routes(guarded(THIS, routes!(add)))
        .routes(guarded(THIS, routes!(change)))
        .routes(guarded(THIS, routes!(remove)))
}

/// An item to add.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct ItemToAdd {
    /// What it is.
    kind: CaseItemKind,
    /// What you have to say of it.
    note: Option<String>,
}

/// Add to a case
///
/// Needs the right `review` where the camera belongs. While the case is open, the footage is held, where you have the right `hold`
/// there.
#[utoipa::path(post, path = "/cases/{case_id}/items", operation_id = "addCaseItem", tag = "cases",
    params(("case_id" = CaseId, Path)), request_body = ItemToAdd, responses((status = 201, body = CaseItem)))]
async fn add(
    State(server): State<Server>,
    caller: Caller,
    Target(case): Target<Case>,
    Json(new): Json<ItemToAdd>,
) -> Answer<(StatusCode, axum::Json<CaseItem>)> {
    let mut kind = new.kind;
    if let CaseItemKind::Note { text } = &mut kind {
        *text = written("kind.text", text, NOTE)?;
    }
    let footage = footage(&server, &caller, &kind).await?;
    let hold = match &footage {
        Some(footage) => caller.allows(&server.index, Action::Hold, footage.place_id).await?,
        None => false,
    };
    let new = NewCaseItem {
        kind,
        footage,
        hold,
        note: new.note.as_deref().map(|note| written("note", note, NOTE)).transpose()?,
        by: (caller.id(), caller.user.username.clone()),
    };
    let item = server.index.add_case_item(case.id, &new).await?;
    account(&server, &caller, "case.item.add", &case, item.id, serde_json::json!(item.kind)).await;
    Ok((StatusCode::CREATED, axum::Json(item)))
}

/// The footage behind an item, which the caller must be allowed to review.
async fn footage(server: &Server, caller: &Caller, kind: &CaseItemKind) -> Answer<Option<CaseFootage>> {
    let of = |camera: Camera, stream, range| {
        let Camera { id: camera_id, name: camera_name, place_id, .. } = camera;
        Some(CaseFootage { camera_id, camera_name, place_id, stream, range })
    };
    match kind {
        CaseItemKind::Clip { camera_id, from, to, stream } => {
            let range = closed_range(*from, *to).map_err(|problem| problem.at("kind.to"))?;
            let longest = server.config.longest_clip;
            if range.duration() > longest {
                let detail = format!("a clip lasts at most {} minutes", longest.as_secs() / 60);
                return Err(Problem::field("kind.to", detail, "Add several shorter clips."));
            }
            Ok(of(camera(server, caller, *camera_id).await?, *stream, range))
        }
        CaseItemKind::Picture { camera_id, at } => {
            let range = around(*at)?;
            Ok(of(camera(server, caller, *camera_id).await?, StreamKind::Main, range))
        }
        CaseItemKind::Event { event_id } => event(server, caller, *event_id).await.map(Some),
        CaseItemKind::Note { .. } => Ok(None),
    }
}

fn around(at: Timestamp) -> Answer<TimeRange> {
    closed_range(at - AROUND, at + AROUND).map_err(|problem| problem.at("kind.at"))
}

async fn camera(server: &Server, caller: &Caller, id: CameraId) -> Answer<Camera> {
    const FIELD: &str = "kind.camera_id";
    let camera = server.index.camera(id).await.map_err(|error| match error {
        IndexError::NotFound { .. } => Problem::not_found("camera").at(FIELD),
        other => other.into(),
    })?;
    let allowed = caller.require(&server.index, Action::Review, camera.place_id, "camera").await;
    allowed.map_err(|problem| problem.at(FIELD))?;
    Ok(camera)
}

async fn event(server: &Server, caller: &Caller, id: EventId) -> Answer<CaseFootage> {
    const FIELD: &str = "kind.event_id";
    let record = server.index.event(id).await.map_err(|error| match error {
        IndexError::NotFound { .. } => Problem::not_found("event").at(FIELD),
        other => other.into(),
    })?;
    let (camera_id, place_id) = (record.event.camera_id, record.event.place_id);
    let allowed = caller.require(&server.index, Action::Review, place_id, "event").await;
    allowed.map_err(|problem| problem.at(FIELD))?;
    let camera_name = match server.index.camera(camera_id).await {
        Ok(camera) => camera.name,
        // It was removed; its footage may still be there.
        Err(IndexError::NotFound { .. }) => String::new(),
        Err(error) => return Err(error.into()),
    };
    let range = closed_range(record.footage_from, record.footage_to)?;
    Ok(CaseFootage { camera_id, camera_name, place_id, stream: record.stream, range })
}

/// Which item; the guard has found its case.
#[derive(Deserialize)]
struct ItemPath {
    case_item_id: CaseItemId,
}

/// What to change of an item. What is left out stays as it is.
#[derive(Deserialize, Serialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(clippy::option_option, reason = "leave, forget and set are three different wishes")]
struct ItemToChange {
    /// What you have to say of it; null forgets it.
    #[serde(default, deserialize_with = "nullable", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    note: Option<Option<String>>,
    /// Its place among the items, from 0 on; the others move up or down.
    position: Option<u32>,
}

/// Change an item of a case
#[utoipa::path(patch, path = "/cases/{case_id}/items/{case_item_id}", operation_id = "changeCaseItem", tag = "cases",
    params(("case_id" = CaseId, Path), ("case_item_id" = CaseItemId, Path)), request_body = ItemToChange,
    responses((status = 200, body = CaseItem)))]
async fn change(
    State(server): State<Server>,
    caller: Caller,
    Target(case): Target<Case>,
    Path(path): Path<ItemPath>,
    Json(mut wanted): Json<ItemToChange>,
) -> Answer<axum::Json<CaseItem>> {
    if let Some(Some(note)) = &mut wanted.note {
        *note = written("note", note, NOTE)?;
    }
    let note = wanted.note.as_ref().map(Option::as_deref);
    let changed = server.index.change_case_item(case.id, path.case_item_id, note, wanted.position).await?;
    account(&server, &caller, "case.item.change", &case, path.case_item_id, serde_json::json!(wanted)).await;
    Ok(axum::Json(changed))
}

/// Remove an item of a case
///
/// The footage that is held for it is let go of.
#[utoipa::path(delete, path = "/cases/{case_id}/items/{case_item_id}", operation_id = "removeCaseItem", tag = "cases",
    params(("case_id" = CaseId, Path), ("case_item_id" = CaseItemId, Path)),
    responses((status = 204, description = "It is gone.")))]
async fn remove(
    State(server): State<Server>,
    caller: Caller,
    Target(case): Target<Case>,
    Path(path): Path<ItemPath>,
) -> Answer<StatusCode> {
    server.index.remove_case_item(case.id, path.case_item_id).await?;
    account(&server, &caller, "case.item.remove", &case, path.case_item_id, serde_json::Value::Null).await;
    Ok(StatusCode::NO_CONTENT)
}

async fn account(
    server: &Server,
    caller: &Caller,
    action: &'static str,
    case: &Case,
    item: CaseItemId,
    detail: serde_json::Value,
) {
    let detail = serde_json::json!({"item_id": item, "item": detail});
    let deed = Deed { action, target: format!("case/{}", case.id), place: Some(case.place_id), detail };
    server.audit.change(caller, deed).await;
}
