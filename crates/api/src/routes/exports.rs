//! Exports of cases: files to take away, made in the background.

use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use domain::{
    Action, Case, CaseExport, CaseId, CaseItem, CaseItemKind, ExportId, ExportState, PlaceId, at_home,
};
use index::NewExport;
use serde::Serialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::Server;
use crate::audit::Deed;
use crate::auth::caller::Caller;
use crate::auth::rights::{At, Right, Target, guarded};
use crate::media::{self, Media};
use crate::problem::{Answer, Code, Problem};

/// Footage of one export, all clips together.
const MOST_FOOTAGE: Duration = Duration::from_hours(24);

const OF_CASE: Right = Right::At(Action::Export, At::Case);
const THIS: Right = Right::At(Action::Export, At::Export);

pub(super) fn routes() -> OpenApiRouter<Server> {
    OpenApiRouter::default()
        .routes(guarded(OF_CASE, routes!(list)))
        .routes(guarded(OF_CASE, routes!(create)))
        .routes(guarded(THIS, routes!(read)))
        .routes(guarded(THIS, routes!(end)))
        .routes(guarded(THIS, routes!(file)))
}

/// Exports of a case.
#[derive(Serialize, utoipa::ToSchema)]
struct Exports {
    /// The latest first.
    items: Vec<CaseExport>,
}

/// List the exports of a case
#[utoipa::path(get, path = "/cases/{case_id}/exports", operation_id = "listExports", tag = "cases",
    params(("case_id" = CaseId, Path)), responses((status = 200, body = Exports)))]
async fn list(State(server): State<Server>, Target(case): Target<Case>) -> Answer<axum::Json<Exports>> {
    Ok(axum::Json(Exports { items: server.index.exports_of(case.id).await? }))
}

/// Export a case
///
/// A ZIP of its clips and pictures with a list of them is made in the background; it stays for seven days. Needs the right `export`
/// at the places of all its footage, of which there may be 24 hours. One export of a case is made at a time.
#[utoipa::path(post, path = "/cases/{case_id}/exports", operation_id = "createExport", tag = "cases",
    params(("case_id" = CaseId, Path)), responses((status = 202, body = CaseExport)))]
async fn create(
    State(server): State<Server>,
    caller: Caller,
    Target(case): Target<Case>,
) -> Answer<(StatusCode, axum::Json<CaseExport>)> {
    let items = server.index.case_items(case.id).await?;
    if items.is_empty() {
        return Err(Problem::new(Code::Conflict, "the case is empty").remedy("Add something to it first."));
    }
    let length: Duration = items.iter().map(length).sum();
    if length > MOST_FOOTAGE {
        let (hours, most) = (length.as_secs_f64() / 3600.0, MOST_FOOTAGE.as_secs() / 3600);
        let detail =
            format!("the case holds {hours:.1} hours of footage, where {most} are the most of one export");
        return Err(Problem::new(Code::Conflict, detail).remedy("Shorten its clips, or split the case."));
    }
    let mut places: Vec<PlaceId> = Vec::new();
    for (number, item) in items.iter().enumerate() {
        let Some(footage) = &item.footage else { continue };
        if !places.contains(&footage.place_id) {
            let allowed = caller.require(&server.index, Action::Export, footage.place_id, "footage").await;
            allowed.map_err(|problem| problem.at(format!("items[{number}]")))?;
            places.push(footage.place_id);
        }
    }
    let by = (caller.id(), caller.user.username.clone());
    let export = server.index.create_export(&NewExport { case_id: case.id, places, by }).await?;
    let detail = serde_json::json!({"export_id": export.id, "items": items.len()});
    server.audit.change(&caller, deed("case.export", &case, detail)).await;
    server.exports.exports_changed();
    Ok((StatusCode::ACCEPTED, axum::Json(export)))
}

/// How much footage an item holds.
fn length(item: &CaseItem) -> Duration {
    match (&item.kind, &item.footage) {
        (CaseItemKind::Clip { .. } | CaseItemKind::Event { .. }, Some(footage)) => footage.range.duration(),
        _ => Duration::ZERO,
    }
}

/// Read how far an export has come
#[utoipa::path(get, path = "/exports/{export_id}", operation_id = "readExport", tag = "cases",
    params(("export_id" = ExportId, Path)), responses((status = 200, body = CaseExport)))]
async fn read(Target(export): Target<CaseExport>) -> axum::Json<CaseExport> {
    axum::Json(CaseExport::clone(&export))
}

/// Cancel or remove an export
///
/// One that is not made yet is cancelled; one that is over is removed with its file.
#[utoipa::path(delete, path = "/exports/{export_id}", operation_id = "endExport", tag = "cases",
    params(("export_id" = ExportId, Path)), responses((status = 204, description = "It is cancelled or gone.")))]
async fn end(
    State(server): State<Server>,
    caller: Caller,
    Target(export): Target<CaseExport>,
    Target(case): Target<Case>,
) -> Answer<StatusCode> {
    server.index.end_export(export.id, server.clock.now()).await?;
    let detail = serde_json::json!({"export_id": export.id});
    server.audit.change(&caller, deed("case.export.end", &case, detail)).await;
    server.exports.exports_changed();
    Ok(StatusCode::NO_CONTENT)
}

/// Fetch the file of an export
#[utoipa::path(get, path = "/exports/{export_id}/file", operation_id = "readExportFile", tag = "cases",
    params(("export_id" = ExportId, Path),
        ("Range" = Option<String>, Header, description = "One range of bytes.")),
    responses(
        (status = 200, body = Vec<u8>, content_type = "application/zip"),
        (status = 206, body = Vec<u8>, content_type = "application/zip")))]
async fn file(
    State(server): State<Server>,
    caller: Caller,
    Target(export): Target<CaseExport>,
    Target(case): Target<Case>,
    headers: HeaderMap,
) -> Answer<Response> {
    for place in &export.place_ids {
        caller.require(&server.index, Action::Export, *place, "export").await?;
    }
    let (ExportState::Done, Some(length)) = (export.state, export.bytes) else {
        return Err(Problem::new(Code::Conflict, "the export is not done")
            .remedy("GET /exports/{export_id} says how far it is."));
    };
    let media = Media { kind: "application/zip", length, etag: Some(format!("\"{}\"", export.id)), keep: 0 };
    // Refused here already, so that only what goes out is accounted for.
    media::requested(&headers, &media)?;
    let detail = serde_json::json!({"export_id": export.id, "bytes": length});
    server.audit.export(&caller, deed("case.export.fetch", &case, detail)).await?;
    let path = server.export_files.join(format!("{}.zip", export.id));
    let mut response = media::file(&path, &media, &headers).await?;
    let day = at_home(export.requested_at).format("%Y-%m-%d").to_string();
    let name = media::file_name(&format!("{} {day}.zip", case.spec.title));
    let disposition = media::attachment(&format!("case {day}.zip"), &name);
    response.headers_mut().insert(header::CONTENT_DISPOSITION, disposition);
    Ok(response)
}

fn deed(action: &'static str, case: &Case, detail: serde_json::Value) -> Deed {
    Deed { action, target: format!("case/{}", case.id), place: Some(case.place_id), detail }
}
