//! Shifts: signing on, handing over, signing off.

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use domain::{
    Action, CameraId, ConnectFailure, Language, PlaceId, Shift, ShiftId, ShiftReport, StreamKind, Timestamp,
};
use index::{IndexError, ShiftQuery};
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::review::note;
use crate::app::Server;
use crate::audit::Deed;
use crate::auth::caller::{Caller, forbidden};
use crate::auth::rights::{At, Right, Target, guarded};
use crate::extract::{Json, Query};
use crate::handover;
use crate::problem::{Answer, Code, Problem};
use crate::search::{decode_place_in_list, encode_cursor, limit};

/// Shifts of a page, where nothing else is asked, and at most.
const PAGE: u32 = 50;
const LARGEST_PAGE: u32 = 500;

const SOMEWHERE: Right = Right::At(Action::Review, At::Somewhere);
const THIS: Right = Right::At(Action::Review, At::Shift);

pub(super) fn routes() -> OpenApiRouter<Server> {
    OpenApiRouter::default()
        .routes(guarded(SOMEWHERE, routes!(list)))
        .routes(guarded(SOMEWHERE, routes!(open)))
        .routes(guarded(THIS, routes!(read)))
        .routes(guarded(THIS, routes!(close)))
        .routes(guarded(THIS, routes!(report)))
}

/// Which shifts: all that is given must hold.
#[derive(Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
struct Which {
    /// At this place or below; may be repeated.
    place: Vec<PlaceId>,
    /// Only those that last.
    open: bool,
    /// Shifts of a page, 1 to 500; 50 if not given.
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// A page of shifts.
#[derive(Serialize, utoipa::ToSchema)]
struct Shifts {
    /// The latest first.
    items: Vec<Shift>,
    /// Give it as `cursor` for the next page; null at the end.
    next_cursor: Option<String>,
}

/// List shifts
#[utoipa::path(get, path = "/shifts", operation_id = "listShifts", tag = "shifts", params(Which),
    responses((status = 200, body = Shifts)))]
async fn list(
    State(server): State<Server>,
    caller: Caller,
    Query(which): Query<Which>,
) -> Answer<axum::Json<Shifts>> {
    let query = ShiftQuery {
        places: which.place,
        open: which.open,
        visible: caller.visibility(Action::Review),
        cursor: match which.cursor {
            Some(text) => Some(decode_place_in_list(&text).map(|(from, id)| (from, ShiftId(id)))?),
            None => None,
        },
        limit: limit(which.limit, PAGE, LARGEST_PAGE)?,
    };
    let page = server.index.shifts(&query).await?;
    let next_cursor = page.next.map(|(from, id)| encode_cursor(from, id.0));
    Ok(axum::Json(Shifts { items: page.shifts, next_cursor }))
}

/// Where to go on duty.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct SigningOn {
    /// The place: what is below it counts as well.
    place_id: PlaceId,
}

/// Go on duty
///
/// Whoever asks is on duty at the place from now on, until the shift is closed. One is on duty once at a place.
#[utoipa::path(post, path = "/shifts", operation_id = "openShift", tag = "shifts", request_body = SigningOn,
    responses((status = 201, body = Shift)))]
async fn open(
    State(server): State<Server>,
    caller: Caller,
    Json(new): Json<SigningOn>,
) -> Answer<(StatusCode, axum::Json<Shift>)> {
    caller.require_place(&server.index, Action::Review, new.place_id, "place_id").await?;
    let who = (caller.id(), caller.user.username.as_str());
    let shift = server.index.open_shift(new.place_id, who, server.clock.now()).await;
    let shift = shift.map_err(|error| match error {
        IndexError::Duplicate { .. } => Problem::new(Code::Conflict, "you are on duty at this place already")
            .at("place_id")
            .remedy("GET /shifts?open=true shows the shift; close it before you begin another."),
        other => other.into(),
    })?;
    server.audit.change(&caller, deed("shift.open", &shift, serde_json::json!({}))).await;
    Ok((StatusCode::CREATED, axum::Json(shift)))
}

/// Read a shift
#[utoipa::path(get, path = "/shifts/{shift_id}", operation_id = "readShift", tag = "shifts",
    params(("shift_id" = ShiftId, Path)), responses((status = 200, body = Shift)))]
async fn read(Target(shift): Target<Shift>) -> axum::Json<Shift> {
    axum::Json(Shift::clone(&shift))
}

/// What is handed over.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct SigningOff {
    /// In words, for whoever comes next.
    #[schema(example = "Đèn đường ngõ 3 hỏng, camera 5 nhiễu từ 2 giờ.")]
    note: Option<String>,
}

/// Hand over and go off duty
///
/// Ends a shift. That of somebody else, who forgot to, is ended by whoever may decide there.
#[utoipa::path(post, path = "/shifts/{shift_id}/close", operation_id = "closeShift", tag = "shifts",
    params(("shift_id" = ShiftId, Path)), request_body = SigningOff, responses((status = 200, body = Shift)))]
async fn close(
    State(server): State<Server>,
    caller: Caller,
    Target(shift): Target<Shift>,
    Json(body): Json<SigningOff>,
) -> Answer<axum::Json<Shift>> {
    let own = shift.user_id == caller.id();
    if !own && !caller.allows(&server.index, Action::Decide, shift.place_id).await? {
        return Err(forbidden(Action::Decide));
    }
    let note = body.note.as_deref().filter(|note| !note.trim().is_empty()).map(note).transpose()?;
    let by = &caller.user.username;
    let closed = server.index.close_shift(shift.id, by, note.as_deref(), server.clock.now()).await;
    let closed = closed.map_err(|error| match error {
        IndexError::Invalid { problem, .. } => Problem::new(Code::Conflict, problem)
            .at("shift_id")
            .remedy("Nothing is left to do; POST /shifts begins another."),
        other => other.into(),
    })?;
    server.audit.change(&caller, deed("shift.close", &closed, serde_json::json!({"note": note}))).await;
    Ok(axum::Json(closed))
}

/// In which form a report is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
enum Format {
    /// For programs.
    Json,
    /// A page to print.
    Html,
}

/// How a report is wanted.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Wanted {
    /// The form; without it, the header `Accept` decides, and JSON where that does not ask for a page.
    #[param(inline)]
    format: Option<Format>,
    /// The language of the page; Vietnamese if not given.
    #[serde(default)]
    #[param(inline)]
    lang: Language,
}

/// What a shift hands over, and which cameras are offline as it is read.
#[derive(Serialize, utoipa::ToSchema)]
struct ShiftReportAnswer {
    #[serde(flatten)]
    report: ShiftReport,
    /// Cameras of the place that send nothing now.
    offline: Vec<OfflineCamera>,
}

/// A camera that sends nothing.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct OfflineCamera {
    /// Which camera.
    pub(crate) camera_id: CameraId,
    /// What people call it.
    pub(crate) name: String,
    /// Since when.
    pub(crate) since: Timestamp,
    /// Why, for a person.
    pub(crate) trouble: Option<ConnectFailure>,
}

/// Read the report of a shift
///
/// What came at its place and below, how fast it was answered, what is open, what was escalated, and how the cameras fared; of a
/// shift that lasts, up to now. As JSON, or as a page to print.
#[utoipa::path(get, path = "/shifts/{shift_id}/report", operation_id = "reportShift", tag = "shifts",
    params(("shift_id" = ShiftId, Path), Wanted),
    responses((status = 200, content((ShiftReportAnswer = "application/json"), (String = "text/html")))))]
async fn report(
    State(server): State<Server>,
    caller: Caller,
    Target(shift): Target<Shift>,
    headers: HeaderMap,
    Query(wanted): Query<Wanted>,
) -> Answer<Response> {
    server.audit.look(&caller, deed("shift.report", &shift, serde_json::json!({}))).await?;
    let report = server.index.shift_report(Shift::clone(&shift), server.clock.now()).await?;
    let offline = offline(&server, &report);
    if wanted.format.unwrap_or_else(|| preferred(&headers)) == Format::Json {
        return Ok(axum::Json(ShiftReportAnswer { report, offline }).into_response());
    }
    // Its one style is let in by a number that nobody else can know; nothing else is.
    let nonce = uuid::Uuid::new_v4().simple().to_string();
    let policy = format!(
        "default-src 'none'; style-src 'nonce-{nonce}'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    );
    let policy = HeaderValue::try_from(policy).map_err(|error| Problem::internal(&error))?;
    let page = Html(handover::page(&report, &offline, wanted.lang, &nonce));
    Ok(([(header::CONTENT_SECURITY_POLICY, policy)], page).into_response())
}

/// The cameras of a report that are offline now, by name.
fn offline(server: &Server, report: &ShiftReport) -> Vec<OfflineCamera> {
    let states = server.cameras.states();
    let of = |camera: &domain::CameraHealth| {
        let state = states.iter().find(|state| state.camera_id == camera.camera_id)?;
        let main = state.streams.iter().find(|stream| stream.stream == StreamKind::Main)?;
        (!main.online).then(|| OfflineCamera {
            camera_id: camera.camera_id,
            name: camera.name.clone(),
            since: main.since,
            trouble: main.trouble.clone(),
        })
    };
    report.cameras.iter().filter_map(of).collect()
}

/// What a browser asks for begins with a page; a program asks for JSON or for anything.
fn preferred(headers: &HeaderMap) -> Format {
    let accepted = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    let kinds = accepted.split(',').map(|kind| kind.split(';').next().unwrap_or_default().trim());
    let mut known = kinds.filter_map(|kind| match kind {
        "text/html" => Some(Format::Html),
        "application/json" | "*/*" => Some(Format::Json),
        _ => None,
    });
    known.next().unwrap_or(Format::Json)
}

fn deed(action: &'static str, shift: &Shift, detail: serde_json::Value) -> Deed {
    Deed { action, target: format!("shift/{}", shift.id), place: Some(shift.place_id), detail }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_is_shown_a_page_and_a_program_json() {
        let asked = |accept: &'static str| {
            preferred(&HeaderMap::from_iter([(header::ACCEPT, HeaderValue::from_static(accept))]))
        };
        assert_eq!(asked("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"), Format::Html);
        assert_eq!(asked("application/json, text/html;q=0.5"), Format::Json);
        assert_eq!(asked("*/*"), Format::Json);
        assert_eq!(preferred(&HeaderMap::new()), Format::Json);
    }
}
