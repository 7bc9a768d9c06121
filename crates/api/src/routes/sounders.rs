//! Bells, sirens and gongs that can be rung, and who rang them.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use domain::{Action, PlaceId, ReviewItemId, Ring, RingId, Sounder, SounderId, SounderSpec};
use index::RingQuery;
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::Server;
use crate::audit::Deed;
use crate::auth::caller::Caller;
use crate::auth::rights::{At, Right, Target, guarded};
use crate::extract::{Json, Query, Version, name, tagged};
use crate::ports::RingOrder;
use crate::problem::{Answer, Code, Problem};
use crate::search::{decode_place_in_list, encode_cursor, limit};

/// Rings of a page, where nothing else is asked, and at most.
const PAGE: u32 = 50;
const LARGEST_PAGE: u32 = 500;
/// Longest reason.
const REASON: usize = 500;

const THIS: Right = Right::At(Action::ManageCameras, At::Sounder);

pub(super) fn routes() -> OpenApiRouter<Server> {
    OpenApiRouter::default()
        .routes(guarded(Right::At(Action::View, At::Somewhere), routes!(list)))
        .routes(guarded(Right::At(Action::ManageCameras, At::Somewhere), routes!(create)))
        .routes(guarded(Right::At(Action::View, At::Sounder), routes!(read)))
        .routes(guarded(THIS, routes!(change)))
        .routes(guarded(THIS, routes!(remove)))
        .routes(guarded(Right::At(Action::Ring, At::Sounder), routes!(ring)))
        .routes(guarded(Right::At(Action::View, At::Somewhere), routes!(rings)))
}

/// Bells, sirens and gongs.
#[derive(Serialize, utoipa::ToSchema)]
struct Sounders {
    /// By name.
    items: Vec<Sounder>,
}

/// List bells, sirens and gongs
#[utoipa::path(get, path = "/sounders", operation_id = "listSounders", tag = "sounders",
    responses((status = 200, body = Sounders)))]
async fn list(State(server): State<Server>, caller: Caller) -> Answer<axum::Json<Sounders>> {
    let items = server.index.sounders(&caller.visibility(Action::View)).await?;
    Ok(axum::Json(Sounders { items }))
}

/// A sounder to add.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct SounderToAdd {
    /// The place that it belongs to.
    place_id: PlaceId,
    /// What it is.
    sounder: SounderSpec,
}

/// Add a bell, siren or gong
#[utoipa::path(post, path = "/sounders", operation_id = "createSounder", tag = "sounders",
    request_body = SounderToAdd, responses((status = 201, body = Sounder)))]
async fn create(
    State(server): State<Server>,
    caller: Caller,
    Json(new): Json<SounderToAdd>,
) -> Answer<Response> {
    caller.require_place(&server.index, Action::ManageCameras, new.place_id, "place_id").await?;
    new.sounder.check()?;
    let sounder = server.index.create_sounder(new.place_id, &new.sounder).await?;
    changed(&server, &caller, "sounder.create", &sounder).await;
    Ok((StatusCode::CREATED, tagged(sounder.version, sounder)).into_response())
}

/// Read a bell, siren or gong
#[utoipa::path(get, path = "/sounders/{sounder_id}", operation_id = "readSounder", tag = "sounders",
    params(("sounder_id" = SounderId, Path)), responses((status = 200, body = Sounder)))]
async fn read(Target(sounder): Target<Sounder>) -> Response {
    tagged(sounder.version, Sounder::clone(&sounder))
}

/// Change a bell, siren or gong
#[utoipa::path(put, path = "/sounders/{sounder_id}", operation_id = "changeSounder", tag = "sounders",
    params(("sounder_id" = SounderId, Path), Version), request_body = SounderSpec,
    responses((status = 200, body = Sounder)))]
async fn change(
    State(server): State<Server>,
    caller: Caller,
    Target(sounder): Target<Sounder>,
    headers: HeaderMap,
    Query(query): Query<Version>,
    Json(spec): Json<SounderSpec>,
) -> Answer<Response> {
    spec.check()?;
    let version = query.read(&headers)?;
    let sounder = server.index.change_sounder(sounder.id, version, &spec).await?;
    changed(&server, &caller, "sounder.change", &sounder).await;
    Ok(tagged(sounder.version, sounder))
}

/// Remove a bell, siren or gong
#[utoipa::path(delete, path = "/sounders/{sounder_id}", operation_id = "removeSounder", tag = "sounders",
    params(("sounder_id" = SounderId, Path), Version), responses((status = 204, description = "It is gone.")))]
async fn remove(
    State(server): State<Server>,
    caller: Caller,
    Target(sounder): Target<Sounder>,
    headers: HeaderMap,
    Query(query): Query<Version>,
) -> Answer<StatusCode> {
    server.index.remove_sounder(sounder.id, query.read(&headers)?).await?;
    changed(&server, &caller, "sounder.remove", &sounder).await;
    Ok(StatusCode::NO_CONTENT)
}

/// An order to ring.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct RingToOrder {
    /// Why: it is kept, with your name.
    #[schema(example = "Cháy nhà số 12, gọi bà con đến giúp")]
    reason: String,
    /// Must be true: a whole hamlet will hear it.
    confirm: bool,
    /// The review item behind it.
    item_id: Option<ReviewItemId>,
}

/// Ring it
///
/// The answer comes at once; whether it rings is seen on `/live` (`ring_changed`) and in `GET /rings`.
#[utoipa::path(post, path = "/sounders/{sounder_id}/ring", operation_id = "ringSounder", tag = "sounders",
    params(("sounder_id" = SounderId, Path)), request_body = RingToOrder, responses((status = 202, body = Ring)))]
async fn ring(
    State(server): State<Server>,
    caller: Caller,
    Target(sounder): Target<Sounder>,
    Json(order): Json<RingToOrder>,
) -> Answer<(StatusCode, axum::Json<Ring>)> {
    let reason = name("reason", &order.reason, REASON)?;
    if !order.confirm {
        return Err(Problem::field(
            "confirm",
            "confirm must be true",
            "Ask the person whether it is to be rung: everybody around will hear it.",
        ));
    }
    if !sounder.spec.enabled {
        return Err(
            Problem::new(Code::Conflict, "it is switched off").remedy("Have an operator switch it on.")
        );
    }
    let order = RingOrder {
        sounder: Sounder::clone(&sounder),
        by: (caller.id(), caller.user.username.clone()),
        reason: reason.clone(),
        item_id: order.item_id,
    };
    let ring = server.bells.ring(order).ok_or_else(|| {
        Problem::new(Code::Unavailable, "too much is being rung")
            .remedy("Try again in a moment.")
            .retry_after(std::time::Duration::from_secs(5))
    })?;
    let detail = serde_json::json!({"reason": reason, "ring_id": ring.id, "item_id": ring.item_id});
    server.audit.change(&caller, deed("sounder.ring", &sounder, detail)).await;
    Ok((StatusCode::ACCEPTED, axum::Json(ring)))
}

/// Which rings: all that is given must hold.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct RingFilter {
    /// Behind this review item.
    item: Option<ReviewItemId>,
    /// Rings of a page, 1 to 500; 50 if not given.
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// A page of rings.
#[derive(Serialize, utoipa::ToSchema)]
struct Rings {
    /// The latest first.
    items: Vec<Ring>,
    /// Give it as `cursor` for the next page; null at the end.
    next_cursor: Option<String>,
}

/// List what was rung
#[utoipa::path(get, path = "/rings", operation_id = "listRings", tag = "sounders", params(RingFilter),
    responses((status = 200, body = Rings)))]
async fn rings(
    State(server): State<Server>,
    caller: Caller,
    Query(filter): Query<RingFilter>,
) -> Answer<axum::Json<Rings>> {
    let before = filter.cursor.as_deref().map(decode_place_in_list).transpose()?;
    let query = RingQuery {
        item: filter.item,
        visible: caller.visibility(Action::View),
        before: before.map(|(time, id)| (time, RingId(id))),
        limit: limit(filter.limit, PAGE, LARGEST_PAGE)?,
    };
    let page = server.index.rings(&query).await?;
    let next_cursor = page.next.map(|(time, id)| encode_cursor(time, id.0));
    Ok(axum::Json(Rings { items: page.rings, next_cursor }))
}

fn deed(action: &'static str, sounder: &Sounder, detail: serde_json::Value) -> Deed {
    Deed { action, target: format!("sounder/{}", sounder.id), place: Some(sounder.place_id), detail }
}

/// Accounts for a change and lets it hold at once.
async fn changed(server: &Server, caller: &Caller, action: &'static str, sounder: &Sounder) {
    server.audit.change(caller, deed(action, sounder, serde_json::json!(sounder.spec))).await;
    server.bells.devices_changed().await;
}
