//! Reports: what volunteers and residents tell, in the officers' queue.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use domain::{
    Action, ChannelId, ChannelSettings, Condition, Firing, FiringId, GeoPoint, LiveEvent, Measured, PlaceId,
    ReportId, ReviewItemId, Rule, RuleId, RuleSpec, Secret, Severity, Timestamp, UserId, nearest_cameras,
};
use index::{IndexError, NewReport, Report, ReportQuery, Visibility};
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::Server;
use crate::audit::Deed;
use crate::auth::caller::Caller;
use crate::auth::rights::{At, Right, guarded};
use crate::extract::{Json, Path, Query};
use crate::problem::{Answer, Code, Problem};
use crate::search::{decode_place_in_list, encode_cursor, limit};
use crate::zalo::{self, BadCall};

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
        .routes(guarded(Right::Open, routes!(zalo)))
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
        text: written(&new.text)?,
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

/// Take what residents write on Zalo
///
/// The webhook of a Zalo Official Account: give its address and have the channel know `oa_secret_key`. Texts, pictures and
/// places that residents send become reports at the channel's place; what one person sends within ten minutes is one item.
#[utoipa::path(post, path = "/channels/{channel_id}/zalo", operation_id = "receiveZalo", tag = "reports",
    params(("channel_id" = ChannelId, Path), ("X-ZEvent-Signature" = String, Header)), request_body = serde_json::Value,
    responses((status = 200, description = "It is taken, or is nothing that is taken.")))]
async fn zalo(
    State(server): State<Server>,
    Path(channel): Path<ChannelId>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer<StatusCode> {
    let refused = |reason: &'static str| {
        metrics::counter!("taimat_reports_refused_total", "reason" => reason).increment(1);
        tracing::warn!(%channel, reason, "a call of the Zalo webhook is left aside");
    };
    // A channel that is not there is answered as a wrong signature is: nobody learns which there are.
    let forged = || {
        Problem::new(Code::Forbidden, "the call is not signed by this channel's Official Account")
            .at("X-ZEvent-Signature")
            .remedy("Give the channel the secret key of the account's webhook as oa_secret_key.")
    };
    let Some((place_id, app_id, key)) = account(&server, channel).await? else {
        refused("unknown_channel");
        return Err(forged());
    };
    let signature = headers.get("x-zevent-signature").and_then(|signature| signature.to_str().ok());
    let letter = match zalo::read(&app_id, key.reveal(), signature.unwrap_or_default(), &body) {
        Ok(Some(letter)) => letter,
        // Zalo sends again what is not answered well.
        Ok(None) => return Ok(StatusCode::OK),
        Err(BadCall::Forged) => {
            refused("forged");
            return Err(forged());
        }
        Err(BadCall::Malformed) => {
            refused("malformed");
            return Err(Problem::new(Code::InvalidRequest, "the body is no event of Zalo's"));
        }
    };
    if server.residents.take(&letter.sender, server.clock.monotonic()).is_err() {
        refused("too_many");
        return Ok(StatusCode::OK);
    }
    // The account knows people by numbers; the last digits tell them apart for the officer.
    let digits: Vec<char> = letter.sender.chars().rev().take(4).collect();
    let told = Told {
        place_id,
        source: "zalo",
        external_id: Some(format!("{app_id}/{}", letter.message)),
        user_id: None,
        sender: format!("Người dân (Zalo …{})", digits.iter().rev().collect::<String>()),
        sender_id: Some(letter.sender),
        text: letter.text,
        point: letter.point,
        at: server.clock.now(),
    };
    take(&server, told).await?;
    Ok(StatusCode::OK)
}

/// The place, the application and the webhook's key of a Zalo channel that takes messages in.
async fn account(server: &Server, channel: ChannelId) -> Answer<Option<(PlaceId, String, Secret)>> {
    let found = match server.index.channel(channel).await {
        Err(IndexError::NotFound { .. }) => return Ok(None),
        found => found?,
    };
    let ChannelSettings::Zalo { app_id, .. } = found.spec.settings else { return Ok(None) };
    if !found.spec.enabled {
        return Ok(None);
    }
    let Some(sealed) = server.index.sealed_secrets(channel).await? else { return Ok(None) };
    let secrets = server.vault.unseal_secrets(channel, &sealed).map_err(|error| Problem::internal(&error))?;
    Ok(secrets.get("oa_secret_key").map(|key| (found.place_id, app_id, key.clone())))
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
    let firing = Firing {
        id: FiringId::at(at),
        item_id: ReviewItemId::at(at),
        rule: Arc::new(rule(id, place_id, sender.clone(), text.clone(), at)),
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

/// The rule that a report meets.
fn rule(id: ReportId, place_id: PlaceId, sender: String, text: String, at: Timestamp) -> Rule {
    Rule {
        id: RuleId(id.0),
        place_id,
        spec: RuleSpec {
            name: NAME.to_owned(),
            severity: Severity::Alert,
            enabled: true,
            cameras: Vec::new(),
            classes: Vec::new(),
            min_score: 0.0,
            min_height: 0.0,
            schedule: None,
            condition: Condition::ReportReceived { sender, text },
            cool_down_seconds: 0,
        },
        created_at: at,
        version: 1,
    }
}

/// What somebody wrote, in as many lines as it takes.
fn written(text: &str) -> Answer<String> {
    let text = text.trim();
    let control = |letter: char| letter.is_control() && letter != '\n';
    if text.is_empty() || text.chars().count() > LONGEST || text.chars().any(control) {
        return Err(Problem::field(
            "text",
            format!("text must have 1 to {LONGEST} characters, none of them a control character"),
            "Correct the field and try again.",
        ));
    }
    Ok(text.to_owned())
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
    let limit = limit(filter.limit, PAGE, LARGEST_PAGE)?;
    let query = ReportQuery {
        visible: caller.visibility(Action::Review),
        before: before.map(|(time, id)| (time, ReportId(id))),
        limit: limit + 1,
    };
    let deed =
        Deed { action: "report.list", target: String::new(), place: None, detail: serde_json::json!({}) };
    server.audit.look(&caller, deed).await?;
    let mut items = server.index.reports(&query).await?;
    let more = items.len() > limit as usize;
    items.truncate(limit as usize);
    let last = items.last().filter(|_| more);
    let next_cursor = last.map(|last| encode_cursor(last.received_at, last.id.0));
    Ok(axum::Json(Reports { items: items.into_iter().map(Into::into).collect(), next_cursor }))
}
