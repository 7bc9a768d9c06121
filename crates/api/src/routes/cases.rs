//! Cases: what investigators gather about one matter.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use domain::{Action, Case, CaseId, CaseItem, CaseSpec, CaseState, PlaceId};
use index::CaseQuery;
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::Server;
use crate::audit::Deed;
use crate::auth::caller::Caller;
use crate::auth::rights::{At, Right, Target, guarded};
use crate::extract::{Json, Query, Version, name, nullable, tagged, version, written};
use crate::problem::Answer;
use crate::search::{decode_place_in_list, encode_cursor, limit};

/// Cases of a page, where nothing else is asked, and at most.
const PAGE: u32 = 50;
const LARGEST_PAGE: u32 = 500;
/// Longest title and note.
const TITLE: usize = 200;
const NOTE: usize = 5000;

const SOMEWHERE: Right = Right::At(Action::Export, At::Somewhere);
const THIS: Right = Right::At(Action::Export, At::Case);

pub(super) fn routes() -> OpenApiRouter<Server> {
    OpenApiRouter::default()
        .routes(guarded(SOMEWHERE, routes!(list)))
        .routes(guarded(SOMEWHERE, routes!(create)))
        .routes(guarded(THIS, routes!(read)))
        .routes(guarded(THIS, routes!(change)))
        .routes(guarded(THIS, routes!(remove)))
}

/// Which cases: all that is given must hold; of several places, one.
#[derive(Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
struct CaseFilter {
    /// At this place or below; may be repeated.
    place: Vec<PlaceId>,
    /// In this state.
    state: Option<CaseState>,
    /// Cases of a page, 1 to 500; 50 if not given.
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// A page of cases.
#[derive(Serialize, utoipa::ToSchema)]
struct Cases {
    /// The latest first.
    items: Vec<Case>,
    /// Give it as `cursor` for the next page; null at the end.
    next_cursor: Option<String>,
}

/// List cases
#[utoipa::path(get, path = "/cases", operation_id = "listCases", tag = "cases", params(CaseFilter),
    responses((status = 200, body = Cases)))]
async fn list(
    State(server): State<Server>,
    caller: Caller,
    Query(filter): Query<CaseFilter>,
) -> Answer<axum::Json<Cases>> {
    let cursor = filter.cursor.as_deref().map(decode_place_in_list).transpose()?;
    let query = CaseQuery {
        places: filter.place,
        state: filter.state,
        visible: caller.visibility(Action::Export),
        cursor: cursor.map(|(time, id)| (time, CaseId(id))),
        limit: limit(filter.limit, PAGE, LARGEST_PAGE)?,
    };
    let page = server.index.cases(&query).await?;
    let next_cursor = page.next.map(|(time, id)| encode_cursor(time, id.0));
    Ok(axum::Json(Cases { items: page.cases, next_cursor }))
}

/// A case to begin.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct CaseToBegin {
    /// The place that it belongs to.
    place_id: PlaceId,
    /// What it is about.
    #[schema(example = "Mất xe máy trước chợ, tin báo số 12")]
    title: String,
    /// More about it.
    note: Option<String>,
}

/// Begin a case
#[utoipa::path(post, path = "/cases", operation_id = "createCase", tag = "cases",
    request_body = CaseToBegin, responses((status = 201, body = Case)))]
async fn create(
    State(server): State<Server>,
    caller: Caller,
    Json(new): Json<CaseToBegin>,
) -> Answer<Response> {
    caller.require_place(&server.index, Action::Export, new.place_id, "place_id").await?;
    let spec = CaseSpec {
        title: name("title", &new.title, TITLE)?,
        note: new.note.as_deref().map(|note| written("note", note, NOTE)).transpose()?,
        state: CaseState::Open,
    };
    let by = (caller.id(), caller.user.username.as_str());
    let case = server.index.create_case(new.place_id, &spec, by).await?;
    account(&server, &caller, "case.create", &case).await;
    Ok((StatusCode::CREATED, tagged(case.version, case)).into_response())
}

/// A case with what was gathered.
#[derive(Serialize, utoipa::ToSchema)]
struct WholeCase {
    #[serde(flatten)]
    case: Case,
    /// What was gathered, in its order.
    items: Vec<CaseItem>,
}

/// Read a case with its items
#[utoipa::path(get, path = "/cases/{case_id}", operation_id = "readCase", tag = "cases",
    params(("case_id" = CaseId, Path)), responses((status = 200, body = WholeCase)))]
async fn read(State(server): State<Server>, caller: Caller, Target(case): Target<Case>) -> Answer<Response> {
    let deed = Deed {
        action: "case.view",
        target: format!("case/{}", case.id),
        place: Some(case.place_id),
        detail: serde_json::Value::Null,
    };
    server.audit.look(&caller, deed).await?;
    let items = server.index.case_items(case.id).await?;
    Ok(tagged(case.version, WholeCase { case: Case::clone(&case), items }))
}

/// What to change of a case. What is left out stays as it is.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(clippy::option_option, reason = "leave, forget and set are three different wishes")]
struct CaseToChange {
    /// The version that was read; or send `If-Match`.
    version: Option<i64>,
    /// What it is about.
    title: Option<String>,
    /// More about it; null forgets it.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    note: Option<Option<String>>,
    /// Closing lets go of the footage that is held for it; opening it again holds what is still there.
    state: Option<CaseState>,
}

/// Change, close or open a case
#[utoipa::path(patch, path = "/cases/{case_id}", operation_id = "changeCase", tag = "cases",
    params(("case_id" = CaseId, Path)), request_body = CaseToChange, responses((status = 200, body = Case)))]
async fn change(
    State(server): State<Server>,
    caller: Caller,
    Target(case): Target<Case>,
    headers: HeaderMap,
    Json(wanted): Json<CaseToChange>,
) -> Answer<Response> {
    let version = version(&headers, wanted.version)?;
    let mut spec = case.spec.clone();
    if let Some(title) = &wanted.title {
        spec.title = name("title", title, TITLE)?;
    }
    if let Some(note) = &wanted.note {
        spec.note = note.as_deref().map(|note| written("note", note, NOTE)).transpose()?;
    }
    spec.state = wanted.state.unwrap_or(spec.state);
    let case = server.index.change_case(case.id, version, &spec).await?;
    account(&server, &caller, "case.change", &case).await;
    Ok(tagged(case.version, case))
}

/// Remove a case
///
/// With its items and exports; the footage that is held for it is let go of.
#[utoipa::path(delete, path = "/cases/{case_id}", operation_id = "removeCase", tag = "cases",
    params(("case_id" = CaseId, Path), Version), responses((status = 204, description = "It is gone.")))]
async fn remove(
    State(server): State<Server>,
    caller: Caller,
    Target(case): Target<Case>,
    headers: HeaderMap,
    Query(query): Query<Version>,
) -> Answer<StatusCode> {
    server.index.remove_case(case.id, query.read(&headers)?).await?;
    account(&server, &caller, "case.remove", &case).await;
    server.exports.exports_changed();
    Ok(StatusCode::NO_CONTENT)
}

async fn account(server: &Server, caller: &Caller, action: &'static str, case: &Case) {
    let deed = Deed {
        action,
        target: format!("case/{}", case.id),
        place: Some(case.place_id),
        detail: serde_json::json!(case.spec),
    };
    server.audit.change(caller, deed).await;
}
