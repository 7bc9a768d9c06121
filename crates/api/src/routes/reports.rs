//! Reports: what volunteers and residents tell, in the officers' queue.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use domain::{
    Action, Condition, Firing, FiringId, GeoPoint, LiveEvent, Measured, PlaceId, ReportId, ReviewItemId,
    Rule, RuleId, Severity, Timestamp, UserId, nearest_cameras,
};
use index::{NewReport, Report, ReportQuery, Visibility};
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::Server;
use crate::audit::Deed;
use crate::auth::caller::Caller;
use crate::auth::rights::{At, Right, guarded};
use crate::extract::{Json, Query, written};
use crate::problem::{Answer, Code, Problem};
use crate::search::{decode_place_in_list, encode_cursor, limit};

/// What such an item is called.
const NAME: &str = "Tin báo của nhân dân";
/// Longest text, and longest name at the sender.
const LONGEST: usize = 2_000;
const LONGEST_ID: usize = 200;
/// What happened longer ago is no report for the officer on duty.
const OLDEST: Duration = Duration::from_hours(24 * 7);
/// Reports of a page, where nothing else is asked, and at most.
const PAGE: u32 = 50;
const LARGEST_PAGE: u32 = 500;

pub(super) fn routes() -> OpenApiRouter<Server> {
    OpenApiRouter::default()
        .routes(guarded(Right::At(Action::Report, At::Somewhere), routes!(create)))
        .routes(guarded(Right::At(Action::Review, At::Somewhere), routes!(list)))
}

/// Something to tell.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct ReportToMake {
    /// The place where it happened.
    place_id: PlaceId,
    /// What happened.
    #[schema(example = "Nhóm thanh niên đua xe trước cổng chợ")]
    text: String,
    /// Where, as exactly as it is known.
    point: Option<GeoPoint>,
    /// When; now, if not given.
    at: Option<Timestamp>,
    /// A name of the sender's own: the same one sent again is the same report.
    external_id: Option<String>,
}

/// A report.
#[derive(Serialize, utoipa::ToSchema)]
struct ReportAnswer {
    /// Identifier.
    id: ReportId,
    /// The review item that it became.
    item_id: ReviewItemId,
    /// Where it happened.
    place_id: PlaceId,
    /// Where it came from: `api`, `zalo`.
    source: String,
    /// The account that sent it; null where none did.
    user_id: Option<UserId>,
    /// Who sent it.
    sender: String,
    /// What it says.
    text: String,
    /// Where, as exactly as it is known.
    point: Option<GeoPoint>,
    /// When it came.
    received_at: Timestamp,
}

impl From<Report> for ReportAnswer {
    fn from(report: Report) -> Self {
        let Report { id, item_id, place_id, source, user_id, sender, text, point, received_at } = report;
        Self { id, item_id, place_id, source, user_id, sender, text, point, received_at }
    }
}

/// Tell of something
///
/// It becomes a review item at the place, with the cameras near the point. Ten at once, then one a minute.
#[utoipa::path(post, path = "/reports", operation_id = "createReport", tag = "reports", request_body = ReportToMake,
    responses((status = 201, body = ReportAnswer), (status = 200, description = "It was told before.")))]
async fn create(
    State(server): State<Server>,
    caller: Caller,
    Json(new): Json<ReportToMake>,
) -> Answer<(StatusCode, axum::Json<ReportAnswer>)> {
    caller.require_place(&server.index, Action::Report, new.place_id, "place_id").await?;
    let now = server.clock.now();
    let told = Told {
        place_id: new.place_id,
        source: "api",
        external_id: new.external_id.map(|id| own_name(&caller, &id)).transpose()?,
        user_id: Some(caller.id()),
        sender_id: None,
        sender: caller.user.username.clone(),
        text: written("text", &new.text, LONGEST)?,
        point: new.point.map(on_earth).transpose()?,
        at: new.at.map_or(Ok(now), |at| lately(at, now))?,
    };
    server.reports_of.take(&caller.id(), server.clock.monotonic()).map_err(|wait| {
        metrics::counter!("taimat_reports_refused_total", "reason" => "too_many").increment(1);
        Problem::new(Code::TooManyAttempts, "you have told of too much in a short time")
            .remedy("Wait a little; call the duty officer if it is urgent.")
            .retry_after(wait)
    })?;
    let (report, is_new) = take(&server, told).await?;
    let deed = Deed {
        action: "report.create",
        target: format!("report/{}", report.id),
        place: Some(report.place_id),
        detail: serde_json::json!({"item_id": report.item_id, "text": report.text}),
    };
    server.audit.change(&caller, deed).await;
    let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, axum::Json(report.into())))
}

/// Something that was told, by whatever way.
pub(super) struct Told {
    pub(super) place_id: PlaceId,
    pub(super) source: &'static str,
    pub(super) external_id: Option<String>,
    pub(super) user_id: Option<UserId>,
    pub(super) sender_id: Option<String>,
    pub(super) sender: String,
    pub(super) text: String,
    pub(super) point: Option<GeoPoint>,
    pub(super) at: Timestamp,
}

/// Makes a review item of it, and tells the officers.
pub(super) async fn take(server: &Server, told: Told) -> Answer<(Report, bool)> {
    let Told { place_id, source, external_id, user_id, sender_id, sender, text, point, at } = told;
    let cameras = match point {
        Some(point) => nearest_cameras(point, &server.index.cameras(&[], &Visibility::All).await?),
        None => Vec::new(),
    };
    let id = ReportId::generate();
    let condition = Condition::ReportReceived { sender: sender.clone(), text: text.clone() };
    let rule = Rule::built_in(RuleId(id.0), place_id, NAME.to_owned(), Severity::Alert, condition, at);
    let firing = Firing {
        id: FiringId::at(at),
        item_id: ReviewItemId::at(at),
        rule: Arc::new(rule),
        camera_id: cameras.first().map(|near| near.camera_id),
        place_id,
        at,
        event_id: None,
        measured: Measured::default(),
        cameras,
    };
    let received_at = server.clock.now();
    let new =
        NewReport { id, source, external_id, user_id, sender_id, sender, text, point, received_at, firing };
    let (report, is_new) = server.index.create_report(&new).await?;
    if is_new {
        metrics::counter!("taimat_reports_total", "source" => source).increment(1);
        let item = server.index.review_item(report.item_id).await?;
        // Nobody may be watching.
        let _ = server.live.send(LiveEvent::ReviewItemChanged { item: Box::new(item) });
    }
    Ok((report, is_new))
}

fn on_earth(point: GeoPoint) -> Answer<GeoPoint> {
    GeoPoint::new(point.latitude, point.longitude).ok_or_else(|| {
        Problem::field(
            "point",
            "point is not on the earth",
            "Give latitude -90 to 90 and longitude -180 to 180.",
        )
    })
}

fn lately(at: Timestamp, now: Timestamp) -> Answer<Timestamp> {
    if at > now + Duration::from_mins(1) || now.since(at) > OLDEST {
        return Err(Problem::field(
            "at",
            "at is in the future, or more than seven days ago",
            "Give the time at which it happened, or leave it out.",
        ));
    }
    Ok(at.min(now))
}

/// The sender's own name for it: nobody can take that of another.
fn own_name(caller: &Caller, id: &str) -> Answer<String> {
    if id.is_empty() || id.len() > LONGEST_ID || id.contains('\0') {
        return Err(Problem::field(
            "external_id",
            format!("external_id must have 1 to {LONGEST_ID} bytes"),
            "Correct the field or leave it out.",
        ));
    }
    Ok(format!("{}/{id}", caller.id()))
}

/// Which reports.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ReportFilter {
    /// Reports of a page, 1 to 500; 50 if not given.
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// A page of reports.
#[derive(Serialize, utoipa::ToSchema)]
struct Reports {
    /// The latest first.
    items: Vec<ReportAnswer>,
    /// Give it as `cursor` for the next page; null at the end.
    next_cursor: Option<String>,
}

/// List what was told
#[utoipa::path(get, path = "/reports", operation_id = "listReports", tag = "reports", params(ReportFilter),
    responses((status = 200, body = Reports)))]
async fn list(
    State(server): State<Server>,
    caller: Caller,
    Query(filter): Query<ReportFilter>,
) -> Answer<axum::Json<Reports>> {
    let before = filter.cursor.as_deref().map(decode_place_in_list).transpose()?;
    let query = ReportQuery {
        visible: caller.visibility(Action::Review),
        before: before.map(|(time, id)| (time, ReportId(id))),
        limit: limit(filter.limit, PAGE, LARGEST_PAGE)?,
    };
    let deed =
        Deed { action: "report.list", target: String::new(), place: None, detail: serde_json::json!({}) };
    server.audit.look(&caller, deed).await?;
    let page = server.index.reports(&query).await?;
    let next_cursor = page.next.map(|(time, id)| encode_cursor(time, id.0));
    Ok(axum::Json(Reports { items: page.reports.into_iter().map(Into::into).collect(), next_cursor }))
}
