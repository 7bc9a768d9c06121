//! What maps are drawn of: tiles of elsewhere or of a file, and outlines.

use std::path::Path;
use std::time::UNIX_EPOCH;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Serialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::Server;
use crate::auth::rights::{Right, guarded};
use crate::media::{self, Media};
use crate::problem::{Answer, Code, Problem};

/// How long a browser may keep what it has of a map, in seconds.
const KEEP: u32 = 3600;

pub(super) fn routes() -> OpenApiRouter<Server> {
    OpenApiRouter::default()
        .routes(guarded(Right::SignedIn, routes!(map)))
        .routes(guarded(Right::SignedIn, routes!(tiles)))
        .routes(guarded(Right::SignedIn, routes!(outline)))
}

/// What maps are drawn of. Without any of it, only what Taimat knows itself can be drawn.
#[derive(Serialize, utoipa::ToSchema)]
struct Map {
    /// Address of tiles, with `{z}`, `{x}` and `{y}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    tiles: Option<String>,
    /// Path of a PMTiles archive on this server.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "/api/v1/map/tiles.pmtiles")]
    pmtiles: Option<&'static str>,
    /// Whom the map is owed to: to be shown beside it.
    #[serde(skip_serializing_if = "Option::is_none")]
    attribution: Option<String>,
    /// Path of outlines, roads and names, as GeoJSON, on this server.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "/api/v1/map/outline.geojson")]
    geojson: Option<&'static str>,
    /// How far one may zoom in.
    max_zoom: u8,
}

/// What maps are drawn of
#[utoipa::path(get, path = "/map", operation_id = "readMap", tag = "map", responses((status = 200, body = Map)))]
async fn map(State(server): State<Server>) -> axum::Json<Map> {
    let settings = &server.config.map;
    axum::Json(Map {
        tiles: settings.tiles.clone(),
        pmtiles: settings.pmtiles.as_ref().map(|_| "/api/v1/map/tiles.pmtiles"),
        attribution: settings.attribution.clone(),
        geojson: settings.geojson.as_ref().map(|_| "/api/v1/map/outline.geojson"),
        max_zoom: settings.max_zoom,
    })
}

/// Tiles of the map
///
/// A PMTiles archive, whole or by byte range.
#[utoipa::path(get, path = "/map/tiles.pmtiles", operation_id = "readMapTiles", tag = "map",
    params(("Range" = Option<String>, Header, description = "One range of bytes.")),
    responses(
        (status = 200, body = Vec<u8>, content_type = "application/vnd.pmtiles"),
        (status = 206, body = Vec<u8>, content_type = "application/vnd.pmtiles")))]
async fn tiles(State(server): State<Server>, headers: HeaderMap) -> Answer<Response> {
    file(server.config.map.pmtiles.as_deref(), "pmtiles", "application/vnd.pmtiles", &headers).await
}

/// Outlines of the map
///
/// GeoJSON with outlines of places, roads and names.
#[utoipa::path(get, path = "/map/outline.geojson", operation_id = "readMapOutline", tag = "map",
    responses((status = 200, body = Object, content_type = "application/geo+json")))]
async fn outline(State(server): State<Server>, headers: HeaderMap) -> Answer<Response> {
    file(server.config.map.geojson.as_deref(), "geojson", "application/geo+json", &headers).await
}

async fn file(path: Option<&Path>, key: &str, kind: &'static str, headers: &HeaderMap) -> Answer<Response> {
    let Some(path) = path else {
        return Err(Problem::new(Code::NotFound, format!("no {key} is configured"))
            .remedy(format!("Whoever runs the server names the file as {key} of [map].")));
    };
    let gone = |error: std::io::Error| {
        tracing::error!(path = %path.display(), %error, "a file of the map cannot be read");
        Problem::new(Code::Unavailable, "the file of the map cannot be read any more")
            .remedy(format!("Whoever runs the server looks at {key} of [map]; the log says more."))
    };
    let about = tokio::fs::metadata(path).await.map_err(gone)?;
    let changed = about.modified().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok()).unwrap_or_default();
    let length = about.len();
    let etag = Some(format!("\"{length}-{}\"", changed.as_micros()));
    media::file(path, &Media { kind, length, etag, keep: KEEP }, headers).await
}
