//! Rules: what is flagged, and what would have been.

use std::collections::BTreeMap;
use std::sync::Arc;

use analysis::rules::backtest;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use domain::{
    Action, CameraId, Event, EventId, Measured, PlaceId, Rule, RuleId, RuleSpec, Sentence, Timestamp,
};
use index::{EventQuery, Visibility};
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::Server;
use crate::audit::Deed;
use crate::auth::caller::Caller;
use crate::auth::rights::{At, Right, Target, guarded};
use crate::extract::{Json, Query, Version, tagged};
use crate::problem::{Answer, Problem};
use crate::search::closed_range;

/// Events that a backtest looks at, at most.
const MOST_EVENTS: usize = 200_000;
/// Events of one page of them.
const PAGE: u32 = 1_000;
/// Firings that a backtest lists.
const LISTED: usize = 500;

const SOMEWHERE: Right = Right::At(Action::ManageRules, At::Somewhere);
const THIS: Right = Right::At(Action::ManageRules, At::Rule);

pub(super) fn routes() -> OpenApiRouter<Server> {
    OpenApiRouter::default()
        .routes(guarded(Right::At(Action::View, At::Somewhere), routes!(list)))
        .routes(guarded(SOMEWHERE, routes!(create)))
        .routes(guarded(SOMEWHERE, routes!(test)))
        .routes(guarded(Right::At(Action::View, At::Rule), routes!(read)))
        .routes(guarded(THIS, routes!(change)))
        .routes(guarded(THIS, routes!(remove)))
}

/// Rules.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct Rules {
    /// By name.
    pub(super) items: Vec<Rule>,
}

/// List rules
#[utoipa::path(get, path = "/rules", operation_id = "listRules", tag = "rules",
    responses((status = 200, body = Rules)))]
async fn list(State(server): State<Server>, caller: Caller) -> Answer<axum::Json<Rules>> {
    let items = server.index.rules(&caller.visibility(Action::View)).await?;
    Ok(axum::Json(Rules { items }))
}

/// A rule to add.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct RuleToAdd {
    /// The place whose rule it is: it holds there and below.
    place_id: PlaceId,
    /// What it says.
    rule: RuleSpec,
}

/// Add a rule
///
/// It holds from now on. Try it on the past before: `POST /rules/test`.
#[utoipa::path(post, path = "/rules", operation_id = "createRule", tag = "rules", request_body = RuleToAdd,
    responses((status = 201, body = Rule)))]
async fn create(
    State(server): State<Server>,
    caller: Caller,
    Json(new): Json<RuleToAdd>,
) -> Answer<Response> {
    caller.require_place(&server.index, Action::ManageRules, new.place_id, "place_id").await?;
    new.rule.check()?;
    may_hold(&server, &new.rule)?;
    let rule = server.index.create_rule(new.place_id, &new.rule).await?;
    changed(&server, &caller, "rule.create", &rule).await;
    Ok((StatusCode::CREATED, tagged(rule.version, rule)).into_response())
}

/// Read a rule
#[utoipa::path(get, path = "/rules/{rule_id}", operation_id = "readRule", tag = "rules",
    params(("rule_id" = RuleId, Path)), responses((status = 200, body = Rule)))]
async fn read(Target(rule): Target<Rule>) -> Response {
    tagged(rule.version, Rule::clone(&rule))
}

/// Change a rule
///
/// The body is all that it says from now on. What it flagged before keeps the rule as it was then.
#[utoipa::path(put, path = "/rules/{rule_id}", operation_id = "changeRule", tag = "rules",
    params(("rule_id" = RuleId, Path), Version), request_body = RuleSpec, responses((status = 200, body = Rule)))]
async fn change(
    State(server): State<Server>,
    caller: Caller,
    Target(rule): Target<Rule>,
    headers: HeaderMap,
    Query(query): Query<Version>,
    Json(spec): Json<RuleSpec>,
) -> Answer<Response> {
    spec.check()?;
    may_hold(&server, &spec)?;
    let rule = server.index.change_rule(rule.id, query.read(&headers)?, &spec).await?;
    changed(&server, &caller, "rule.change", &rule).await;
    Ok(tagged(rule.version, rule))
}

/// Remove a rule
#[utoipa::path(delete, path = "/rules/{rule_id}", operation_id = "removeRule", tag = "rules",
    params(("rule_id" = RuleId, Path), Version), responses((status = 204, description = "It is gone.")))]
async fn remove(
    State(server): State<Server>,
    caller: Caller,
    Target(rule): Target<Rule>,
    headers: HeaderMap,
    Query(query): Query<Version>,
) -> Answer<StatusCode> {
    server.index.remove_rule(rule.id, query.read(&headers)?).await?;
    changed(&server, &caller, "rule.remove", &rule).await;
    Ok(StatusCode::NO_CONTENT)
}

/// A rule to try on the past.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct RuleToTest {
    /// The place at which it would hold, and below.
    place_id: PlaceId,
    /// What it would say. Whether it is on does not matter.
    rule: RuleSpec,
    /// The stretch to try it on.
    from: Timestamp,
    /// First moment after it.
    to: Timestamp,
}

/// What a rule would have flagged.
#[derive(Serialize, utoipa::ToSchema)]
struct Tested {
    /// How often it would have fired.
    firings: usize,
    /// How often at each camera; those where it would not have fired are left out.
    by_camera: BTreeMap<uuid::Uuid, usize>,
    /// The latest of them, newest first; 500 at most.
    items: Vec<WouldFire>,
    /// Events that were looked at.
    events: usize,
    /// Whether there were more events than are looked at, so that older ones are left out.
    incomplete: bool,
}

/// One time that a rule would have fired.
#[derive(Serialize, utoipa::ToSchema)]
struct WouldFire {
    /// Which camera.
    camera_id: CameraId,
    /// When.
    at: Timestamp,
    /// The event behind it.
    event_id: EventId,
    /// Why, in a sentence.
    why: Sentence,
    /// What met the rule.
    measured: Measured,
}

/// Try a rule on the past
///
/// Runs a rule over the stored tracks of a stretch of time and lists what it would have flagged, before it is switched on.
#[utoipa::path(post, path = "/rules/test", operation_id = "testRule", tag = "rules", request_body = RuleToTest,
    responses((status = 200, body = Tested)))]
async fn test(
    State(server): State<Server>,
    caller: Caller,
    Json(new): Json<RuleToTest>,
) -> Answer<axum::Json<Tested>> {
    let RuleToTest { place_id, rule: mut spec, from, to } = new;
    caller.require_place(&server.index, Action::ManageRules, place_id, "place_id").await?;
    spec.check()?;
    if !spec.condition.is_about_objects() {
        return Err(Problem::field(
            "rule.condition",
            "a rule about the camera itself cannot be tried on stored tracks",
            "Read the gaps of the camera's timeline instead.",
        ));
    }
    spec.enabled = true;
    let range = closed_range(from, to)?;
    let mut query = EventQuery {
        range: Some(range),
        cameras: spec.cameras.clone(),
        places: vec![place_id],
        classes: spec.classes.clone(),
        visible: Visibility::All,
        limit: PAGE,
        ..EventQuery::default()
    };
    let mut events: BTreeMap<CameraId, Vec<Event>> = BTreeMap::new();
    let mut count = 0;
    let incomplete = loop {
        let page = server.index.search_events(&query).await?;
        count += page.events.len();
        for record in page.events {
            events.entry(record.event.camera_id).or_default().push(record.event);
        }
        match page.next {
            None => break false,
            Some(_) if count >= MOST_EVENTS => break true,
            next => query.cursor = next,
        }
    };
    let rule = Arc::new(Rule { id: RuleId::generate(), place_id, spec, created_at: from, version: 0 });
    // Hundreds of thousands of sightings are a moment's work, but not one for the threads that answer others.
    let tried = Arc::clone(&rule);
    let fired = tokio::task::spawn_blocking(move || {
        let of = |(camera, events): (CameraId, Vec<Event>)| {
            backtest(&tried, &events).into_iter().map(move |fired| (camera, fired)).collect::<Vec<_>>()
        };
        events.into_iter().flat_map(of).collect::<Vec<_>>()
    });
    let mut fired = fired.await.map_err(|error| Problem::internal(&error))?;
    fired.retain(|(_, fired)| range.contains(fired.at));
    fired.sort_by_key(|(_, fired)| std::cmp::Reverse(fired.at));
    let mut by_camera = BTreeMap::new();
    for (camera, _) in &fired {
        *by_camera.entry(camera.0).or_default() += 1;
    }
    let items = fired.iter().take(LISTED).map(|(camera_id, fired)| WouldFire {
        camera_id: *camera_id,
        at: fired.at,
        event_id: fired.event_id,
        why: Sentence::of(&rule, &fired.measured),
        measured: fired.measured,
    });
    Ok(axum::Json(Tested {
        firings: fired.len(),
        by_camera,
        items: items.collect(),
        events: count,
        incomplete,
    }))
}

/// A rule that is on must be able to hold: a timetable whose dates are all past is a slip.
fn may_hold(server: &Server, spec: &RuleSpec) -> Answer<()> {
    let over = spec.schedule.as_ref().is_some_and(|schedule| schedule.is_over(server.clock.now()));
    if spec.enabled && over {
        return Err(Problem::field(
            "schedule",
            "it never holds again: it has no weekly span, and all its dates are past",
            "Give it a weekly span or a date to come, or switch the rule off.",
        ));
    }
    Ok(())
}

/// Accounts for a change and lets it hold at once.
pub(super) async fn changed(server: &Server, caller: &Caller, action: &'static str, rule: &Rule) {
    let deed = Deed {
        action,
        target: format!("rule/{}", rule.id),
        place: Some(rule.place_id),
        detail: serde_json::json!(rule.spec),
    };
    server.audit.change(caller, deed).await;
    server.rules.rules_changed();
}
