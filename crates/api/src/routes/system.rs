//! The server itself: health, metrics, documentation.

use std::sync::Arc;

use axum::extract::{Extension, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::Action;
use serde::Serialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::Server;
use crate::auth::caller::forbidden;
use crate::auth::rights::{Right, guarded};
use crate::auth::session;
use crate::openapi::Document;
use crate::ports::HealthCheck;
use crate::problem::Answer;

pub(super) fn routes() -> OpenApiRouter<Server> {
    OpenApiRouter::default()
        .routes(guarded(Right::Open, routes!(alive)))
        .routes(guarded(Right::Open, routes!(ready)))
        .routes(guarded(Right::Open, routes!(metrics)))
}

pub(super) fn documentation() -> OpenApiRouter<Server> {
    OpenApiRouter::default().routes(guarded(Right::Open, routes!(openapi)))
}

/// Whether the process is alive
#[utoipa::path(get, path = "/healthz", operation_id = "alive", tag = "system",
    responses((status = 200, body = String, content_type = "text/plain")))]
async fn alive() -> &'static str {
    "alive\n"
}

/// Whether the server is ready.
#[derive(Serialize, utoipa::ToSchema)]
struct Readiness {
    /// Whether all parts work.
    ready: bool,
    /// The parts.
    checks: Vec<HealthCheck>,
}

/// Whether everything works
///
/// 200 where it does, 503 where a part does not. Recording goes on without database and worker.
#[utoipa::path(get, path = "/readyz", operation_id = "ready", tag = "system",
    responses((status = 200, body = Readiness), (status = 503, body = Readiness)))]
async fn ready(State(server): State<Server>) -> Response {
    let checks = server.health.checks().await;
    let ready = checks.iter().all(|check| check.ok);
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, axum::Json(Readiness { ready, checks })).into_response()
}

/// Metrics for Prometheus
///
/// For whoever asks from the machine itself, or with a token that may `view` everywhere.
#[utoipa::path(get, path = "/metrics", operation_id = "metrics", tag = "system",
    responses((status = 200, body = String, content_type = "text/plain")))]
async fn metrics(State(server): State<Server>, request: Request) -> Answer<Response> {
    let (headers, extensions) = (request.headers(), request.extensions());
    // A proxy on this machine forwards for others: then its word counts, if it is trusted.
    let forwarded = headers.contains_key("x-forwarded-for") || headers.contains_key(header::FORWARDED);
    let trusting = !server.config.trusted_proxies.is_empty();
    let local = session::address(&server, headers, extensions).is_loopback() && (trusting || !forwarded);
    if !local {
        let caller = session::caller(&server, headers, extensions).await?;
        let caller = caller.ok_or_else(session::not_signed_in)?;
        if !caller.everywhere(Action::View) {
            return Err(forbidden(Action::View));
        }
    }
    // Prometheus text exposition format 0.0.4.
    let kind = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    Ok(([(header::CONTENT_TYPE, kind)], (server.metrics)()).into_response())
}

/// The OpenAPI document
#[utoipa::path(get, path = "/openapi.json", operation_id = "openapi", tag = "system",
    responses((status = 200, body = serde_json::Value)))]
async fn openapi(Extension(document): Extension<Arc<Document>>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
    ];
    (headers, document.0.clone()).into_response()
}
