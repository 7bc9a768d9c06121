//! The place tree.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use domain::{Action, GeoPoint, Place, PlaceId, PlaceKind};
use index::{NewPlace, PlaceChange};
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::Server;
use crate::audit::Deed;
use crate::auth::caller::{Caller, forbidden};
use crate::auth::rights::{At, Right, Target, guarded};
use crate::extract::{Json, Query, Version, name, nullable, tagged, version};
use crate::problem::{Answer, Problem};

const MANAGE: Right = Right::At(Action::ManagePlaces, At::Place);

pub(super) fn routes() -> OpenApiRouter<Server> {
    OpenApiRouter::default()
        .routes(guarded(Right::At(Action::View, At::Somewhere), routes!(list)))
        .routes(guarded(Right::At(Action::ManagePlaces, At::Somewhere), routes!(create)))
        .routes(guarded(Right::At(Action::View, At::Place), routes!(read)))
        .routes(guarded(MANAGE, routes!(change)))
        .routes(guarded(MANAGE, routes!(remove)))
        .routes(guarded(MANAGE, routes!(merge)))
}

/// Places.
#[derive(Serialize, utoipa::ToSchema)]
struct Places {
    /// The tree: parents before children, siblings by name. Those merged away come with `merged_into`.
    items: Vec<Place>,
}

/// Which places.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Which {
    /// Part of a present or former name, whatever its case and diacritics.
    #[param(example = "phu hoi")]
    q: Option<String>,
}

/// List or find places
#[utoipa::path(get, path = "/places", operation_id = "listPlaces", tag = "places", params(Which),
    responses((status = 200, body = Places)))]
async fn list(
    State(server): State<Server>,
    caller: Caller,
    Query(which): Query<Which>,
) -> Answer<axum::Json<Places>> {
    let visible = caller.visibility(Action::View);
    let items = match &which.q {
        Some(text) => server.index.find_places(&name("q", text, 200)?, &visible).await?,
        None => server.index.places(&visible).await?,
    };
    Ok(axum::Json(Places { items }))
}

/// A place to add.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct PlaceToAdd {
    /// The place that it is part of; none for a root.
    parent_id: Option<PlaceId>,
    /// What kind of place.
    kind: PlaceKind,
    /// What it is called.
    #[schema(example = "Thôn Hạ")]
    name: String,
    /// Where its middle is.
    point: Option<GeoPoint>,
}

/// Add a place
#[utoipa::path(post, path = "/places", operation_id = "createPlace", tag = "places", request_body = PlaceToAdd,
    responses((status = 201, body = Place)))]
async fn create(
    State(server): State<Server>,
    caller: Caller,
    Json(new): Json<PlaceToAdd>,
) -> Answer<Response> {
    require_parent(&server, &caller, new.parent_id).await?;
    let new = NewPlace {
        parent_id: new.parent_id,
        kind: new.kind,
        name: name("name", &new.name, 200)?,
        point: new.point.map(|point| on_earth("point", point)).transpose()?,
    };
    let place = server.index.create_place(new).await?;
    account(&server, &caller, "place.create", &place, serde_json::json!(place)).await;
    Ok((StatusCode::CREATED, tagged(place.version, place)).into_response())
}

/// Read a place
#[utoipa::path(get, path = "/places/{place_id}", operation_id = "readPlace", tag = "places",
    params(("place_id" = PlaceId, Path)), responses((status = 200, body = Place)))]
async fn read(Target(place): Target<Place>) -> Response {
    tagged(place.version, Place::clone(&place))
}

/// What to change of a place; what is absent stays.
#[derive(Deserialize, Serialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(clippy::option_option, reason = "leave, forget and set are three different wishes")]
struct ChangedPlace {
    /// The version that was read; or send `If-Match`.
    version: Option<i64>,
    /// What it shall be called. The old name stays findable.
    name: Option<String>,
    /// What kind of place.
    kind: Option<PlaceKind>,
    /// Where its middle is; null to forget it.
    #[serde(default, deserialize_with = "nullable", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<GeoPoint>)]
    point: Option<Option<GeoPoint>>,
    /// Where to move it, with all below it; null to make it a root.
    #[serde(default, deserialize_with = "nullable", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<PlaceId>)]
    parent_id: Option<Option<PlaceId>>,
}

/// Rename, move or describe a place
///
/// Moving needs the right at the parent that it leaves and at the one that it joins as well.
#[utoipa::path(patch, path = "/places/{place_id}", operation_id = "changePlace", tag = "places",
    params(("place_id" = PlaceId, Path)), request_body = ChangedPlace, responses((status = 200, body = Place)))]
async fn change(
    State(server): State<Server>,
    caller: Caller,
    Target(place): Target<Place>,
    headers: HeaderMap,
    Json(body): Json<ChangedPlace>,
) -> Answer<Response> {
    let version = version(&headers, body.version)?;
    if let Some(parent) = body.parent_id.filter(|parent| *parent != place.parent_id) {
        require_parent(&server, &caller, parent).await?;
        require_parent(&server, &caller, place.parent_id).await?;
    }
    let detail = serde_json::json!(body);
    let change = PlaceChange {
        name: body.name.map(|text| name("name", &text, 200)).transpose()?,
        kind: body.kind,
        point: body.point.map(|point| point.map(|point| on_earth("point", point)).transpose()).transpose()?,
        parent_id: body.parent_id,
    };
    let place = server.index.change_place(place.id, version, change).await?;
    account(&server, &caller, "place.change", &place, detail).await;
    Ok(tagged(place.version, place))
}

/// Remove a place
///
/// Only one where nothing is and nothing happened: merge it into another otherwise.
#[utoipa::path(delete, path = "/places/{place_id}", operation_id = "removePlace", tag = "places",
    params(("place_id" = PlaceId, Path), Version), responses((status = 204, description = "It is gone.")))]
async fn remove(
    State(server): State<Server>,
    caller: Caller,
    Target(place): Target<Place>,
    headers: HeaderMap,
    Query(query): Query<Version>,
) -> Answer<StatusCode> {
    server.index.remove_place(place.id, query.read(&headers)?).await?;
    account(&server, &caller, "place.remove", &place, serde_json::json!(*place)).await;
    Ok(StatusCode::NO_CONTENT)
}

/// Where to merge a place into.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Merge {
    /// The version that was read; or send `If-Match`.
    version: Option<i64>,
    /// The place that takes over its cameras and children.
    into: PlaceId,
}

/// Merge a place into another
///
/// Its cameras and children move there. It stays below it, retired, so that its footage is found by old and new name. Needs the
/// right at both. Answers the retired place.
#[utoipa::path(post, path = "/places/{place_id}/merge", operation_id = "mergePlace", tag = "places",
    params(("place_id" = PlaceId, Path)), request_body = Merge, responses((status = 200, body = Place)))]
async fn merge(
    State(server): State<Server>,
    caller: Caller,
    Target(place): Target<Place>,
    headers: HeaderMap,
    Json(body): Json<Merge>,
) -> Answer<Response> {
    let version = version(&headers, body.version)?;
    caller.require_place(&server.index, Action::ManagePlaces, body.into, "into").await?;
    let retired = server.index.merge_place(place.id, version, body.into).await?;
    account(&server, &caller, "place.merge", &retired, serde_json::json!({"into": body.into})).await;
    Ok(tagged(retired.version, retired))
}

/// The right to put places below `parent`, or at the root.
async fn require_parent(server: &Server, caller: &Caller, parent: Option<PlaceId>) -> Answer<()> {
    let action = Action::ManagePlaces;
    match parent {
        Some(parent) => caller.require(&server.index, action, parent, "place").await,
        None if caller.everywhere(action) => Ok(()),
        None => Err(forbidden(action).remedy("Name a parent_id, or ask an administrator of everywhere.")),
    }
    .map_err(|problem| problem.at("parent_id"))
}

/// A point that came in a body.
pub(super) fn on_earth(field: &str, point: GeoPoint) -> Answer<GeoPoint> {
    GeoPoint::new(point.latitude, point.longitude).ok_or_else(|| {
        Problem::field(
            field,
            format!(
                "{field}: latitude {} and longitude {} are not on the earth",
                point.latitude, point.longitude
            ),
            "Give latitude from -90 to 90 and longitude from -180 to 180, in degrees.",
        )
    })
}

async fn account(
    server: &Server,
    caller: &Caller,
    action: &'static str,
    place: &Place,
    detail: serde_json::Value,
) {
    let deed = Deed { action, target: format!("place/{}", place.id), place: Some(place.id), detail };
    server.audit.change(caller, deed).await;
}
