//! The right that each route needs, stated where the route is registered and checked before its handler runs.

use std::sync::Arc;

use axum::extract::{FromRequestParts, RawPathParams, Request};
use axum::http::request::Parts;
use axum::middleware::{self, Next};
use axum::response::Response;
use domain::{
    Action, Bell, Camera, CameraId, Case, CaseExport, CaseId, Channel, Delivery, EventId, EventRecord, Place,
    PlaceId, QuietSpot, ReviewItem, Rule, Shift, Sounder, UserId,
};
use index::{Hold, Hushed, User};
use serde::Serialize;
use utoipa::openapi::extensions::Extensions;
use utoipa::openapi::path::Operation;
use utoipa::openapi::{ContentBuilder, Ref, RefOr, Response as ApiResponse, SecurityRequirement};
use utoipa_axum::router::UtoipaMethodRouter;

use super::caller::{Caller, forbidden};
use super::session;
use crate::app::Server;
use crate::problem::{Answer, Problem};

/// The right that a route needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Right {
    /// None: anyone may ask.
    Open,
    /// A session or a token, with whatever roles.
    SignedIn,
    /// An action at a place.
    At(Action, At),
}

/// The place of a right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum At {
    /// Any place: the route answers only of places where the action is allowed, and checks the place that a
    /// body names.
    Somewhere,
    /// Everywhere.
    Everywhere,
    /// The place of the camera `{camera_id}` of the path.
    Camera,
    /// The place where the event `{event_id}` of the path was seen.
    Event,
    /// The place `{place_id}` of the path.
    Place,
    /// The place of the rule `{rule_id}` of the path.
    Rule,
    /// The place of the review item `{item_id}` of the path.
    ReviewItem,
    /// The place of the shift `{shift_id}` of the path.
    Shift,
    /// The place of the camera that has learnt the quiet spot `{quiet_id}` of the path.
    QuietSpot,
    /// The place of the channel `{channel_id}` of the path.
    Channel,
    /// The place of the channel of the delivery `{delivery_id}` of the path.
    Delivery,
    /// The place of the camera of the hold `{hold_id}` of the path.
    Hold,
    /// The place of the bell `{bell_id}` of the path.
    Bell,
    /// The place of the sounder `{sounder_id}` of the path.
    Sounder,
    /// The place of the case `{case_id}` of the path.
    Case,
    /// The place of the case of the export `{export_id}` of the path.
    Export,
    /// Every place where the user `{user_id}` of the path holds a role.
    User,
}

/// What the path names, found and checked by the guard.
#[derive(Clone, Debug)]
pub(crate) struct Target<T>(pub(crate) Arc<T>);

impl<T: Send + Sync + 'static, S: Send + Sync> FromRequestParts<S> for Target<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let target = parts.extensions.get::<Arc<T>>().cloned();
        target.map(Self).ok_or_else(|| {
            Problem::internal(&std::io::Error::other("the right of the route names no such target"))
        })
    }
}

/// Puts the guard before the handlers of a route, and the right into its documentation.
pub(crate) fn guarded(
    right: Right,
    (schemas, mut paths, methods): UtoipaMethodRouter<Server>,
) -> UtoipaMethodRouter<Server> {
    for item in paths.paths.values_mut() {
        let operations = [&mut item.get, &mut item.post, &mut item.put, &mut item.patch, &mut item.delete];
        for operation in operations.into_iter().flatten() {
            document(right, operation);
        }
    }
    let guard = middleware::from_fn(move |request, next| guard(right, request, next));
    (schemas, paths, methods.route_layer(guard))
}

fn document(right: Right, operation: &mut Operation) {
    let stated = match right {
        Right::Open => serde_json::json!("open"),
        Right::SignedIn => serde_json::json!("signed_in"),
        Right::At(action, at) => serde_json::json!({"action": action, "at": at}),
    };
    let extensions = operation.extensions.get_or_insert_with(Extensions::default);
    extensions.insert("x-right".to_owned(), stated);
    operation.security = Some(if right == Right::Open {
        Vec::new()
    } else {
        ["session", "token"].map(|scheme| SecurityRequirement::new(scheme, [""; 0])).to_vec()
    });
    // OpenAPI 3.1 wants a description of each response; what succeeded is the operation.
    for response in operation.responses.responses.values_mut() {
        if let RefOr::T(response) = response
            && response.description.is_empty()
        {
            response.description = operation.summary.clone().unwrap_or_default();
        }
    }
    let problem = ContentBuilder::new().schema(Some(Ref::from_schema_name("ProblemBody"))).build();
    let mut response = ApiResponse::new("A problem: what is wrong and what to do about it.");
    response.content.insert("application/problem+json".to_owned(), problem.into());
    operation.responses.responses.insert("default".to_owned(), response.into());
}

async fn guard(right: Right, request: Request, next: Next) -> Result<Response, Problem> {
    let (mut parts, body) = request.into_parts();
    let server = parts
        .extensions
        .get::<Server>()
        .cloned()
        .ok_or_else(|| Problem::internal(&std::io::Error::other("the router has no server")))?;
    if right != Right::Open {
        let caller = session::caller(&server, &parts.headers, &parts.extensions).await?;
        let caller = caller.ok_or_else(session::not_signed_in)?;
        if let Right::At(action, at) = right {
            check(&server, &caller, action, at, &mut parts).await?;
        }
        parts.extensions.insert(caller);
    }
    Ok(next.run(Request::from_parts(parts, body)).await)
}

async fn check(server: &Server, caller: &Caller, action: Action, at: At, parts: &mut Parts) -> Answer<()> {
    let index = &server.index;
    match at {
        At::Somewhere if !caller.somewhere(action) => return Err(forbidden(action)),
        At::Everywhere if !caller.everywhere(action) => return Err(forbidden(action)),
        At::Somewhere | At::Everywhere => {}
        At::Camera => {
            let camera = index.camera(named::<CameraId>(parts, "camera_id").await?).await;
            let camera: Camera = unless_missing(camera, "camera")?;
            caller.require(index, action, camera.place_id, "camera").await?;
            parts.extensions.insert(Arc::new(camera));
        }
        At::Event => {
            let event = index.event(named::<EventId>(parts, "event_id").await?).await;
            let event: EventRecord = unless_missing(event, "event")?;
            caller.require(index, action, event.event.place_id, "event").await?;
            parts.extensions.insert(Arc::new(event));
        }
        At::Place => {
            let place = index.place(named::<PlaceId>(parts, "place_id").await?).await;
            let place: Place = unless_missing(place, "place")?;
            caller.require(index, action, place.id, "place").await?;
            parts.extensions.insert(Arc::new(place));
        }
        At::Hold => {
            let hold: Hold = unless_missing(index.hold(named(parts, "hold_id").await?).await, "hold")?;
            let camera = unless_missing(index.camera(hold.camera_id).await, "hold")?;
            caller.require(index, action, camera.place_id, "hold").await?;
            parts.extensions.insert(Arc::new(hold));
            parts.extensions.insert(Arc::new(camera));
        }
        At::Rule => {
            let rule: Rule = unless_missing(index.rule(named(parts, "rule_id").await?).await, "rule")?;
            caller.require(index, action, rule.place_id, "rule").await?;
            parts.extensions.insert(Arc::new(rule));
        }
        At::ReviewItem => {
            let item = index.review_item(named(parts, "item_id").await?).await;
            let item: ReviewItem = unless_missing(item, "review item")?;
            caller.require(index, action, item.place_id, "review item").await?;
            parts.extensions.insert(Arc::new(item));
        }
        At::Bell => {
            let bell: Bell = unless_missing(index.bell(named(parts, "bell_id").await?).await, "bell")?;
            caller.require(index, action, bell.place_id, "bell").await?;
            parts.extensions.insert(Arc::new(bell));
        }
        At::Sounder => {
            let sounder = index.sounder(named(parts, "sounder_id").await?).await;
            let sounder: Sounder = unless_missing(sounder, "sounder")?;
            caller.require(index, action, sounder.place_id, "sounder").await?;
            parts.extensions.insert(Arc::new(sounder));
        }
        At::Shift => {
            let shift: Shift = unless_missing(index.shift(named(parts, "shift_id").await?).await, "shift")?;
            caller.require(index, action, shift.place_id, "shift").await?;
            parts.extensions.insert(Arc::new(shift));
        }
        At::QuietSpot => {
            let found = index.quiet_spot(named(parts, "quiet_id").await?).await;
            let (spot, hushed): (QuietSpot, Hushed) = unless_missing(found, "quiet spot")?;
            let camera = unless_missing(index.camera(spot.camera_id).await, "quiet spot")?;
            caller.require(index, action, camera.place_id, "quiet spot").await?;
            parts.extensions.insert(Arc::new((spot, hushed)));
            parts.extensions.insert(Arc::new(camera));
        }
        At::Channel => {
            let channel = index.channel(named(parts, "channel_id").await?).await;
            let channel: Channel = unless_missing(channel, "channel")?;
            caller.require(index, action, channel.place_id, "channel").await?;
            parts.extensions.insert(Arc::new(channel));
        }
        At::Delivery => {
            let delivery = index.delivery(named(parts, "delivery_id").await?).await;
            let delivery: Delivery = unless_missing(delivery, "delivery")?;
            let channel = unless_missing(index.channel(delivery.channel_id).await, "delivery")?;
            caller.require(index, action, channel.place_id, "delivery").await?;
            parts.extensions.insert(Arc::new(delivery));
            parts.extensions.insert(Arc::new(channel));
        }
        At::Case => {
            let id = named(parts, "case_id").await?;
            enter_case(server, caller, action, (id, "case"), parts).await?;
        }
        At::Export => {
            let export = index.export(named(parts, "export_id").await?).await;
            let export: CaseExport = unless_missing(export, "export")?;
            enter_case(server, caller, action, (export.case_id, "export"), parts).await?;
            parts.extensions.insert(Arc::new(export));
        }
        At::User => {
            let user: User =
                unless_missing(index.user(named::<UserId>(parts, "user_id").await?).await, "user")?;
            require_over(server, caller, action, &user).await?;
            parts.extensions.insert(Arc::new(user));
        }
    }
    Ok(())
}

/// Finds a case, and refuses unless the action is allowed at its place; `what` is what the path names.
async fn enter_case(
    server: &Server,
    caller: &Caller,
    action: Action,
    (id, what): (CaseId, &str),
    parts: &mut Parts,
) -> Answer<()> {
    let case: Case = unless_missing(server.index.case(id).await, what)?;
    caller.require(&server.index, action, case.place_id, what).await?;
    parts.extensions.insert(Arc::new(case));
    Ok(())
}

/// Refuses unless the action is allowed at every place where the user holds a role: who manages the people of a
/// commune must not be able to set the password of the province. A user without a role belongs to no place.
pub(crate) async fn require_over(
    server: &Server,
    caller: &Caller,
    action: Action,
    user: &User,
) -> Answer<()> {
    if !caller.somewhere(action) {
        return Err(forbidden(action));
    }
    let mut over = 0;
    for held in &user.roles {
        over += usize::from(match held.place_id {
            Some(place) => caller.allows(&server.index, action, place).await?,
            None => caller.everywhere(action),
        });
    }
    match over {
        over if over == user.roles.len() => Ok(()),
        0 => Err(Problem::not_found("user")),
        _ => Err(forbidden(action)),
    }
}

/// The identifier that the path holds.
async fn named<T: std::str::FromStr>(parts: &mut Parts, name: &str) -> Answer<T> {
    let path = RawPathParams::from_request_parts(parts, &()).await;
    let path = path.map_err(|rejection| Problem::internal(&rejection))?;
    let text = path.iter().find(|(key, _)| *key == name).map(|(_, value)| value).unwrap_or_default();
    text.parse()
        .map_err(|_| Problem::field(name, format!("{name} is no identifier (a UUID)"), "Correct the path."))
}

fn unless_missing<T>(found: index::Result<T>, what: &str) -> Answer<T> {
    found.map_err(|error| match error {
        index::IndexError::NotFound { .. } => Problem::not_found(what),
        other => other.into(),
    })
}
