//! Cameras as they are configured, and as they fare.

use std::collections::{HashMap, HashSet};

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::{
    Action, Camera, CameraId, CameraState, CameraWatch, Credentials, GeoPoint, PlaceId, ProbeReport,
    StreamKind, Transport,
};
use index::{CameraChange, NewCamera};
use serde::{Deserialize, Serialize};
use url::Url;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::places::on_earth;
use super::trials::probe;
use crate::app::Server;
use crate::audit::Deed;
use crate::auth::caller::Caller;
use crate::auth::rights::{At, Right, Target, guarded};
use crate::camera_address::{self, Addresses};
use crate::extract::{Json, Query, Version, etag, name, nullable, tagged, version};
use crate::problem::{Answer, Problem};
use crate::search::within;

const VIEW: Right = Right::At(Action::View, At::Camera);
pub(super) const MANAGE: Right = Right::At(Action::ManageCameras, At::Camera);
pub(super) const MANAGE_SOMEWHERE: Right = Right::At(Action::ManageCameras, At::Somewhere);
/// The most days and bytes of footage that can be asked for: a century, a petabyte.
pub(super) const MOST_DAYS: u32 = 36_500;
const MOST_BYTES: u64 = 1 << 50;

pub(super) fn routes() -> OpenApiRouter<Server> {
    OpenApiRouter::default()
        .routes(guarded(Right::At(Action::View, At::Somewhere), routes!(list)))
        .routes(guarded(MANAGE_SOMEWHERE, routes!(create)))
        .routes(guarded(Right::At(Action::View, At::Somewhere), routes!(states)))
        .routes(guarded(VIEW, routes!(read)))
        .routes(guarded(MANAGE, routes!(change)))
        .routes(guarded(MANAGE, routes!(remove)))
        .routes(guarded(VIEW, routes!(state)))
        .routes(guarded(VIEW, routes!(analysis)))
}

/// Cameras.
#[derive(Serialize, utoipa::ToSchema)]
struct Cameras {
    /// By name.
    items: Vec<Camera>,
}

/// Which cameras.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Which {
    /// Of this place or below; may be repeated.
    #[serde(default)]
    place: Vec<PlaceId>,
}

/// List cameras
#[utoipa::path(get, path = "/cameras", operation_id = "listCameras", tag = "cameras", params(Which),
    responses((status = 200, body = Cameras)))]
async fn list(
    State(server): State<Server>,
    caller: Caller,
    Query(which): Query<Which>,
) -> Answer<axum::Json<Cameras>> {
    let items = server.index.cameras(&which.place, &caller.visibility(Action::View)).await?;
    Ok(axum::Json(Cameras { items }))
}

/// A camera to add.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct CameraToAdd {
    /// What people call it.
    #[schema(example = "Cổng chợ")]
    name: String,
    /// Where it belongs.
    place_id: PlaceId,
    /// Where it stands.
    point: Option<GeoPoint>,
    /// Where it looks: degrees clockwise from north, 0 to 360.
    bearing: Option<f32>,
    /// Address of the main stream.
    #[schema(example = "rtsp://192.168.1.20:554/stream1")]
    main_url: String,
    /// Address of the sub stream.
    #[schema(example = "rtsp://192.168.1.20:554/stream2")]
    sub_url: Option<String>,
    /// How RTP travels.
    #[serde(default)]
    transport: Transport,
    /// What the camera asks for. They may stand in the address instead; they are taken out of it.
    credentials: Option<Credentials>,
    /// Whether it is to be pulled, recorded and analysed.
    #[serde(default = "yes")]
    enabled: bool,
    /// Whether it is to be analysed at all.
    #[serde(default = "yes")]
    analysed: bool,
    /// Footage older than this many days is removed.
    keep_days: Option<u32>,
    /// Footage beyond this many bytes is removed, oldest first.
    keep_bytes: Option<u64>,
    /// Whether to try the camera first, and to add it only if all its streams work.
    #[serde(default = "yes")]
    probe: bool,
}

fn yes() -> bool {
    true
}

/// A camera, and what was found where it was tried.
#[derive(Serialize, utoipa::ToSchema)]
struct CameraAndProbe {
    /// The camera.
    camera: Camera,
    /// What was found; null where it was not tried.
    probe: Option<ProbeReport>,
}

/// Add a camera
///
/// Tries its streams first; where one does not work, answers 422 with the reason, and adds nothing.
#[utoipa::path(post, path = "/cameras", operation_id = "createCamera", tag = "cameras", request_body = CameraToAdd,
    responses((status = 201, body = CameraAndProbe)))]
async fn create(
    State(server): State<Server>,
    caller: Caller,
    Json(new): Json<CameraToAdd>,
) -> Answer<Response> {
    caller.require_place(&server.index, Action::ManageCameras, new.place_id, "place_id").await?;
    let name = name("name", &new.name, 200)?;
    let addresses = camera_address::parse_all(&new.main_url, new.sub_url.as_deref(), new.credentials)?;
    let id = CameraId::generate();
    let stored = NewCamera {
        id,
        name,
        place_id: new.place_id,
        point: new.point.map(|point| on_earth("point", point)).transpose()?,
        bearing: new.bearing.map(bearing).transpose()?,
        main_url: addresses.main.clone(),
        sub_url: addresses.sub.clone(),
        transport: new.transport,
        sealed_credentials: seal(&server, id, addresses.credentials.as_ref())?,
        enabled: new.enabled,
        analysed: new.analysed,
        keep_days: new.keep_days.map(|days| within("keep_days", days, 1, MOST_DAYS)).transpose()?,
        keep_bytes: new.keep_bytes.map(|bytes| within("keep_bytes", bytes, 1, MOST_BYTES)).transpose()?,
    };
    let report = if new.probe { Some(probe(&server, addresses, new.transport, false).await?) } else { None };
    let camera = server.index.create_camera(stored).await?;
    account(&server, &caller, "camera.create", &camera, serde_json::json!(camera)).await;
    server.cameras.configuration_changed(camera.id).await;
    let tag = [(header::ETAG, etag(camera.version))];
    Ok((StatusCode::CREATED, tag, axum::Json(CameraAndProbe { camera, probe: report })).into_response())
}

/// Read a camera
#[utoipa::path(get, path = "/cameras/{camera_id}", operation_id = "readCamera", tag = "cameras",
    params(("camera_id" = CameraId, Path)), responses((status = 200, body = Camera)))]
async fn read(Target(camera): Target<Camera>) -> Response {
    tagged(camera.version, Camera::clone(&camera))
}

/// What to change of a camera; what is absent stays.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(clippy::option_option, reason = "leave, forget and set are three different wishes")]
struct ChangedCamera {
    /// The version that was read; or send `If-Match`.
    version: Option<i64>,
    /// What people call it.
    name: Option<String>,
    /// Where it belongs. Needs the right there as well; past events stay at the old place.
    place_id: Option<PlaceId>,
    /// Where it stands; null to forget it.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<GeoPoint>)]
    point: Option<Option<GeoPoint>>,
    /// Where it looks; null to forget it.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<f32>)]
    bearing: Option<Option<f32>>,
    /// Address of the main stream.
    main_url: Option<String>,
    /// Address of the sub stream; null for none.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    sub_url: Option<Option<String>>,
    /// How RTP travels.
    transport: Option<Transport>,
    /// What the camera asks for; null for nothing. An address on another host needs them again.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<Credentials>)]
    credentials: Option<Option<Credentials>>,
    /// Whether it is to be pulled, recorded and analysed.
    enabled: Option<bool>,
    /// Whether it is to be analysed at all.
    analysed: Option<bool>,
    /// Footage older than this many days is removed; null for the server's setting.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<u32>)]
    keep_days: Option<Option<u32>>,
    /// Footage beyond this many bytes is removed; null for no limit of its own.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<u64>)]
    keep_bytes: Option<Option<u64>>,
    /// Whether to try the camera first where addresses, transport or credentials change.
    #[serde(default = "yes")]
    probe: bool,
}

impl ChangedCamera {
    fn reaches_otherwise(&self) -> bool {
        self.main_url.is_some()
            || self.sub_url.is_some()
            || self.transport.is_some()
            || self.credentials.is_some()
    }
}

/// Change a camera
///
/// Where addresses, transport or credentials change it is tried first, as when it is added.
#[utoipa::path(patch, path = "/cameras/{camera_id}", operation_id = "changeCamera", tag = "cameras",
    params(("camera_id" = CameraId, Path)), request_body = ChangedCamera,
    responses((status = 200, body = CameraAndProbe)))]
async fn change(
    State(server): State<Server>,
    caller: Caller,
    Target(camera): Target<Camera>,
    headers: HeaderMap,
    Json(body): Json<ChangedCamera>,
) -> Answer<Response> {
    let version = version(&headers, body.version)?;
    if let Some(place) = body.place_id.filter(|place| *place != camera.place_id) {
        caller.require_place(&server.index, Action::ManageCameras, place, "place_id").await?;
    }
    let mut change = CameraChange {
        name: body.name.as_deref().map(|text| name("name", text, 200)).transpose()?,
        place_id: body.place_id,
        point: body.point.map(|point| point.map(|point| on_earth("point", point)).transpose()).transpose()?,
        bearing: body.bearing.map(|degrees| degrees.map(bearing).transpose()).transpose()?,
        transport: body.transport,
        enabled: body.enabled,
        analysed: body.analysed,
        keep_days: body
            .keep_days
            .map(|days| days.map(|days| within("keep_days", days, 1, MOST_DAYS)).transpose())
            .transpose()?,
        keep_bytes: body
            .keep_bytes
            .map(|bytes| bytes.map(|bytes| within("keep_bytes", bytes, 1, MOST_BYTES)).transpose())
            .transpose()?,
        ..CameraChange::default()
    };
    let mut report = None;
    if body.reaches_otherwise() {
        let addresses = reached(&server, &camera, &body).await?;
        change.main_url = Some(addresses.main.clone());
        change.sub_url = Some(addresses.sub.clone());
        change.sealed_credentials = Some(seal(&server, camera.id, addresses.credentials.as_ref())?);
        if body.probe {
            let transport = body.transport.unwrap_or(camera.transport);
            report = Some(probe(&server, addresses, transport, false).await?);
        }
    }
    let changed = server.index.change_camera(camera.id, version, change).await?;
    let detail =
        serde_json::json!({"before": *camera, "after": changed, "credentials": body.credentials.is_some()});
    account(&server, &caller, "camera.change", &changed, detail).await;
    server.cameras.configuration_changed(changed.id).await;
    let tag = [(header::ETAG, etag(changed.version))];
    Ok((tag, axum::Json(CameraAndProbe { camera: changed, probe: report })).into_response())
}

/// How the camera is reached after the change.
async fn reached(server: &Server, camera: &Camera, body: &ChangedCamera) -> Answer<Addresses> {
    let main = body.main_url.as_deref().unwrap_or(camera.main_url.as_str());
    let sub = match &body.sub_url {
        Some(sub) => sub.as_deref(),
        None => camera.sub_url.as_ref().map(Url::as_str),
    };
    let mut addresses = camera_address::parse_all(main, sub, body.credentials.clone().flatten())?;
    if addresses.credentials.is_none() && body.credentials.is_none() && camera.has_credentials {
        // The password is for the camera it was entered for: who may change addresses must not be able to have it
        // sent elsewhere.
        let hosts: HashSet<_> =
            [Some(&camera.main_url), camera.sub_url.as_ref()].into_iter().flatten().map(Url::host).collect();
        for (field, url) in [("main_url", Some(&addresses.main)), ("sub_url", addresses.sub.as_ref())] {
            if url.is_some_and(|url| !hosts.contains(&url.host())) {
                return Err(Problem::field(
                    "credentials",
                    format!("{field} names another host, and the stored password is not sent there"),
                    "Give the credentials again, or null for none.",
                ));
            }
        }
        addresses.credentials = stored_credentials(server, camera.id).await?;
    }
    Ok(addresses)
}

/// Remove a camera
///
/// It is no longer pulled, and its credentials are forgotten. Its footage and events stay until retention removes them.
#[utoipa::path(delete, path = "/cameras/{camera_id}", operation_id = "removeCamera", tag = "cameras",
    params(("camera_id" = CameraId, Path), Version), responses((status = 204, description = "It is removed.")))]
async fn remove(
    State(server): State<Server>,
    caller: Caller,
    Target(camera): Target<Camera>,
    headers: HeaderMap,
    Query(query): Query<Version>,
) -> Answer<StatusCode> {
    server.index.remove_camera(camera.id, query.read(&headers)?).await?;
    account(&server, &caller, "camera.remove", &camera, serde_json::json!(*camera)).await;
    server.cameras.configuration_changed(camera.id).await;
    Ok(StatusCode::NO_CONTENT)
}

/// How cameras fare.
#[derive(Serialize, utoipa::ToSchema)]
struct States {
    /// One row a camera.
    items: Vec<CameraState>,
}

/// How all cameras fare
#[utoipa::path(get, path = "/cameras/states", operation_id = "listCameraStates", tag = "cameras",
    responses((status = 200, body = States)))]
async fn states(State(server): State<Server>, caller: Caller) -> Answer<axum::Json<States>> {
    let cameras = server.index.cameras(&[], &caller.visibility(Action::View)).await?;
    let mut running: HashMap<CameraId, CameraState> =
        server.cameras.states().into_iter().map(|state| (state.camera_id, state)).collect();
    let items = cameras.iter().map(|camera| running.remove(&camera.id).unwrap_or_else(|| idle(camera.id)));
    Ok(axum::Json(States { items: items.collect() }))
}

/// How a camera fares
#[utoipa::path(get, path = "/cameras/{camera_id}/state", operation_id = "readCameraState", tag = "cameras",
    params(("camera_id" = CameraId, Path)), responses((status = 200, body = CameraState)))]
async fn state(State(server): State<Server>, Target(camera): Target<Camera>) -> axum::Json<CameraState> {
    let found = server.cameras.states().into_iter().find(|state| state.camera_id == camera.id);
    axum::Json(found.unwrap_or_else(|| idle(camera.id)))
}

/// How a camera is watched
///
/// How closely and why, now and over the last hour, and what that cost: why a camera was or was not looked at.
#[utoipa::path(get, path = "/cameras/{camera_id}/analysis", operation_id = "readCameraAnalysis", tag = "cameras",
    params(("camera_id" = CameraId, Path)), responses((status = 200, body = CameraWatch)))]
async fn analysis(State(server): State<Server>, Target(camera): Target<Camera>) -> axum::Json<CameraWatch> {
    let unwatched = || {
        let stream = if camera.sub_url.is_some() { StreamKind::Sub } else { StreamKind::Main };
        CameraWatch::new(camera.id, stream)
    };
    axum::Json(server.cameras.watch(camera.id).unwrap_or_else(unwatched))
}

/// A camera that is not pulled.
fn idle(camera_id: CameraId) -> CameraState {
    CameraState { camera_id, streams: Vec::new() }
}

pub(super) async fn stored_credentials(server: &Server, camera: CameraId) -> Answer<Option<Credentials>> {
    let sealed = server.index.sealed_credentials(camera).await?;
    Ok(sealed.map(|sealed| server.vault.unseal(camera, &sealed)).transpose()?)
}

pub(super) fn seal(
    server: &Server,
    camera: CameraId,
    credentials: Option<&Credentials>,
) -> Answer<Option<Vec<u8>>> {
    Ok(credentials.map(|credentials| server.vault.seal(camera, credentials)).transpose()?)
}

pub(super) fn bearing(degrees: f32) -> Answer<f32> {
    within("bearing", degrees, 0.0, 360.0)
}

pub(super) async fn account(
    server: &Server,
    caller: &Caller,
    action: &'static str,
    camera: &Camera,
    detail: serde_json::Value,
) {
    let deed = Deed { action, target: format!("camera/{}", camera.id), place: Some(camera.place_id), detail };
    server.audit.change(caller, deed).await;
}
