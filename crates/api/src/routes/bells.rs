//! Alarm bells: which there are, and what is pressed over HTTP.

use std::time::Duration;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use bells::signature;
use domain::{Action, Bell, BellId, BellSignal, BellSpec, PlaceId, Press};
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::Server;
use crate::audit::Deed;
use crate::auth::caller::Caller;
use crate::auth::rights::{At, Right, Target, guarded};
use crate::auth::token;
use crate::extract::{Json, Path, Query, Version, parse_json, tagged};
use crate::ports::Stranger;
use crate::problem::{Answer, Code, Problem};

/// Where a device puts its signature.
const SIGNATURE: &str = "taimat-signature";
const AGAIN: Duration = Duration::from_secs(1);

const THIS: Right = Right::At(Action::ManageCameras, At::Bell);

pub(super) fn routes() -> OpenApiRouter<Server> {
    OpenApiRouter::default()
        .routes(guarded(Right::At(Action::View, At::Somewhere), routes!(list)))
        .routes(guarded(Right::At(Action::ManageCameras, At::Somewhere), routes!(create)))
        .routes(guarded(Right::At(Action::ManageCameras, At::Somewhere), routes!(strangers)))
        .routes(guarded(Right::At(Action::View, At::Bell), routes!(read)))
        .routes(guarded(THIS, routes!(change)))
        .routes(guarded(THIS, routes!(remove)))
        .routes(guarded(Right::Open, routes!(press)))
}

/// Alarm bells.
#[derive(Serialize, utoipa::ToSchema)]
struct Bells {
    /// By name.
    items: Vec<Bell>,
}

/// List alarm bells
#[utoipa::path(get, path = "/bells", operation_id = "listBells", tag = "bells",
    responses((status = 200, body = Bells)))]
async fn list(State(server): State<Server>, caller: Caller) -> Answer<axum::Json<Bells>> {
    let items = server.index.bells(&caller.visibility(Action::View)).await?;
    Ok(axum::Json(Bells { items }))
}

/// A bell to add.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct BellToAdd {
    /// The place that it belongs to.
    place_id: PlaceId,
    /// What it is.
    bell: BellSpec,
}

/// A bell with the key of its presses over HTTP, which is shown this once.
#[derive(Serialize, utoipa::ToSchema)]
struct FreshBell {
    /// The bell.
    bell: Bell,
    /// Its key: see `POST /bells/{bell_id}/presses`. It is in this answer and nowhere else.
    key: String,
}

/// Add an alarm bell
///
/// Its presses raise an alarm from now on.
#[utoipa::path(post, path = "/bells", operation_id = "createBell", tag = "bells", request_body = BellToAdd,
    responses((status = 201, body = FreshBell)))]
async fn create(
    State(server): State<Server>,
    caller: Caller,
    Json(new): Json<BellToAdd>,
) -> Answer<Response> {
    caller.require_place(&server.index, Action::ManageCameras, new.place_id, "place_id").await?;
    new.bell.check()?;
    let (id, key) = (BellId::generate(), domain::Secret::new(token::random()));
    let sealed = server.vault.seal_key(id.0, &key)?;
    let bell = server.index.create_bell(id, new.place_id, &new.bell, &sealed).await?;
    changed(&server, &caller, "bell.create", &bell).await;
    let fresh = FreshBell { bell, key: key.reveal().to_owned() };
    Ok((StatusCode::CREATED, axum::Json(fresh)).into_response())
}

/// Devices that are no bell's.
#[derive(Serialize, utoipa::ToSchema)]
struct Strangers {
    /// The latest first.
    items: Vec<Stranger>,
}

/// List devices that were pressed and are no bell's
///
/// To add a bell, press it and take its `device` from here.
#[utoipa::path(get, path = "/bells/unknown", operation_id = "listUnknownBells", tag = "bells",
    responses((status = 200, body = Strangers)))]
async fn strangers(State(server): State<Server>) -> axum::Json<Strangers> {
    axum::Json(Strangers { items: server.bells.strangers() })
}

/// Read an alarm bell
#[utoipa::path(get, path = "/bells/{bell_id}", operation_id = "readBell", tag = "bells",
    params(("bell_id" = BellId, Path)), responses((status = 200, body = Bell)))]
async fn read(Target(bell): Target<Bell>) -> Response {
    tagged(bell.version, Bell::clone(&bell))
}

/// Change an alarm bell
#[utoipa::path(put, path = "/bells/{bell_id}", operation_id = "changeBell", tag = "bells",
    params(("bell_id" = BellId, Path), Version), request_body = BellSpec, responses((status = 200, body = Bell)))]
async fn change(
    State(server): State<Server>,
    caller: Caller,
    Target(bell): Target<Bell>,
    headers: HeaderMap,
    Query(query): Query<Version>,
    Json(spec): Json<BellSpec>,
) -> Answer<Response> {
    spec.check()?;
    let bell = server.index.change_bell(bell.id, query.read(&headers)?, &spec).await?;
    changed(&server, &caller, "bell.change", &bell).await;
    Ok(tagged(bell.version, bell))
}

/// Remove an alarm bell
#[utoipa::path(delete, path = "/bells/{bell_id}", operation_id = "removeBell", tag = "bells",
    params(("bell_id" = BellId, Path), Version), responses((status = 204, description = "It is gone.")))]
async fn remove(
    State(server): State<Server>,
    caller: Caller,
    Target(bell): Target<Bell>,
    headers: HeaderMap,
    Query(query): Query<Version>,
) -> Answer<StatusCode> {
    server.index.remove_bell(bell.id, query.read(&headers)?).await?;
    changed(&server, &caller, "bell.remove", &bell).await;
    Ok(StatusCode::NO_CONTENT)
}

/// What a device says over HTTP.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct DeviceSays {
    /// Whether it was pressed; without it, it only says that it is well.
    press: Option<Press>,
    /// What is left of its battery, 0 to 1.
    battery: Option<f32>,
}

/// Press an alarm bell
///
/// From a device, signed with the bell's key: the header `Taimat-Signature` is `t=MILLISECONDS,v1=HEX`, where the time is UTC
/// since 1970, within five minutes of the server's and later than that of the press before, and `HEX` the HMAC-SHA256, with the
/// key, of the time, a dot and the body.
#[utoipa::path(post, path = "/bells/{bell_id}/presses", operation_id = "pressBell", tag = "bells",
    params(("bell_id" = BellId, Path), ("Taimat-Signature" = String, Header)), request_body = DeviceSays,
    responses((status = 202, description = "It is heard: a press raises an alarm at once.")))]
async fn press(
    State(server): State<Server>,
    Path(bell): Path<BellId>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer<StatusCode> {
    let rejected = |reason: &'static str, problem: Problem| {
        metrics::counter!("taimat_bell_rejects_total", "reason" => reason).increment(1);
        tracing::warn!(%bell, reason, "a press over HTTP is refused");
        problem
    };
    let signature = headers.get(SIGNATURE).and_then(|signature| signature.to_str().ok()).unwrap_or_default();
    // An unknown bell is answered as a wrong signature is: nobody learns which there are.
    let forged = || {
        Problem::new(Code::Forbidden, "the signature does not belong to this bell and this body")
            .at("Taimat-Signature")
            .remedy("Sign the time, a dot and the body with the bell's key, and set the device's clock.")
    };
    let (known, sealed) = match (server.index.bell(bell).await, server.index.bell_key(bell).await) {
        (Ok(known), Ok(sealed)) => (known, sealed),
        (Err(index::IndexError::NotFound { .. }), _) | (_, Err(index::IndexError::NotFound { .. })) => {
            return Err(rejected("unknown_bell", forged()));
        }
        (Err(error), _) | (_, Err(error)) => return Err(error.into()),
    };
    let key = server.vault.unseal_key(bell.0, &sealed)?;
    let time = signature::verify(&key, signature, &body, server.clock.now())
        .map_err(|bad| rejected(bad.as_str(), forged()))?;
    let says: DeviceSays = parse_json(&body).map_err(|problem| rejected("malformed", problem))?;
    if says.battery.is_some_and(|battery| !(0.0..=1.0).contains(&battery)) {
        let problem =
            Problem::field("battery", "battery is not from 0 to 1", "Correct the field and try again.");
        return Err(rejected("malformed", problem));
    }
    if !server.index.accept_signed_press(bell, time).await? {
        let problem = Problem::new(Code::Conflict, "a press of this time or a later one was accepted before")
            .at("Taimat-Signature")
            .remedy("Sign each press with a time of its own.");
        return Err(rejected("replayed", problem));
    }
    let signal = BellSignal { device: known.spec.device, press: says.press, battery: says.battery };
    server.bells.heard(signal).map_err(|deaf| {
        rejected("too_many", Problem::new(Code::Unavailable, deaf.to_string()).retry_after(AGAIN))
    })?;
    Ok(StatusCode::ACCEPTED)
}

/// Accounts for a change and lets it hold at once.
async fn changed(server: &Server, caller: &Caller, action: &'static str, bell: &Bell) {
    let deed = Deed {
        action,
        target: format!("bell/{}", bell.id),
        place: Some(bell.place_id),
        detail: serde_json::json!(bell.spec),
    };
    server.audit.change(caller, deed).await;
    server.bells.devices_changed().await;
}
