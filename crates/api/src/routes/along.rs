//! The cameras along a route, in the order in which somebody passes them.

use std::time::Duration;

use axum::extract::State;
use domain::{Action, CameraId, GeoPoint, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::Server;
use crate::auth::caller::Caller;
use crate::auth::rights::{At, Right, guarded};
use crate::extract::Json;
use crate::problem::Answer;
use crate::search::{metres, route};

/// Metres a second: on foot, on a motorcycle through a village, by car.
const WALKER: f64 = 1.4;
const MOTORCYCLE: f64 = 8.0;
const CAR: f64 = 10.0;

pub(super) fn routes() -> OpenApiRouter<Server> {
    OpenApiRouter::default().routes(guarded(Right::At(Action::View, At::Somewhere), routes!(along)))
}

/// A route.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Way {
    /// Its points in order, 2 to 100.
    points: Vec<GeoPoint>,
    /// How far from it a camera may stand, in metres, 1 to 5000.
    #[schema(example = 50)]
    metres: f64,
    /// When somebody was at its first point: each camera then says when he would pass.
    at: Option<Timestamp>,
}

/// Cameras along a route.
#[derive(Serialize, utoipa::ToSchema)]
struct Along {
    /// In the order in which they are passed.
    items: Vec<Passed>,
}

/// A camera that is passed.
#[derive(Serialize, utoipa::ToSchema)]
struct Passed {
    /// Which.
    camera_id: CameraId,
    /// Metres along the route.
    along_metres: f64,
    /// Metres from the route.
    off_metres: f64,
    /// Seconds from the first point of the route.
    seconds: Speeds<f64>,
    /// The moments, where `at` was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    expected: Option<Speeds<Timestamp>>,
}

/// Something for each speed.
#[derive(Serialize, utoipa::ToSchema)]
struct Speeds<T> {
    /// On foot: 1.4 m/s.
    walker: T,
    /// On a motorcycle through a village: 8 m/s.
    motorcycle: T,
    /// By car: 10 m/s.
    car: T,
}

impl<T> Speeds<T> {
    fn each(of: impl Fn(f64) -> T) -> Self {
        Self { walker: of(WALKER), motorcycle: of(MOTORCYCLE), car: of(CAR) }
    }
}

/// List the cameras along a route
///
/// Those that the caller may see and whose place on the map is known, each at the nearest part of the route, with the time that it takes to
/// get there on foot (1.4 m/s), on a motorcycle (8 m/s) and by car (10 m/s).
#[utoipa::path(post, path = "/cameras/along", operation_id = "listCamerasAlong", tag = "cameras",
    request_body = Way, responses((status = 200, body = Along)))]
async fn along(
    State(server): State<Server>,
    caller: Caller,
    Json(way): Json<Way>,
) -> Answer<axum::Json<Along>> {
    let (route, metres) = (route("points", &way.points)?, metres("metres", way.metres)?);
    let cameras = server.index.cameras(&[], &caller.visibility(Action::View)).await?;
    let mut items: Vec<Passed> = cameras
        .into_iter()
        .filter_map(|camera| {
            let beside = route.beside(camera.point?);
            (beside.off <= metres).then(|| Passed {
                camera_id: camera.id,
                along_metres: beside.along,
                off_metres: beside.off,
                seconds: Speeds::each(|speed| beside.along / speed),
                expected: way.at.map(|at| {
                    Speeds::each(|speed| at + Duration::from_secs_f64((beside.along / speed).max(0.0)))
                }),
            })
        })
        .collect();
    items.sort_by(|a, b| a.along_metres.total_cmp(&b.along_metres).then(a.camera_id.cmp(&b.camera_id)));
    Ok(axum::Json(Along { items }))
}
