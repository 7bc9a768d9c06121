//! The router: every route with its right, and what surrounds them all.
//!
//! Outermost first: panics become problems; each request has a span without secrets and is counted; headers that
//! browsers heed; compression of text; a limit on the time to an answer and on the size of a body; a guard against
//! other sites. That guard is [`CsrfLayer`]: a browser tells where a changing request comes from (`Sec-Fetch-Site`,
//! `Origin`), and another site's is refused; besides, the cookie is `SameSite=Lax`, and bodies must be JSON. Programs
//! send neither header and are let through, with a token.

use std::any::Any;
use std::ops::Deref;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{DefaultBodyLimit, Extension, MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use domain::{Clock, LiveEvent};
use index::{Index, Vault};
use recorder::Recorder;
use tokio::sync::{Semaphore, broadcast};
use tokio_util::sync::CancellationToken;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{Predicate, SizeAbove};
use tower_http::csrf::{CsrfLayer, ProtectionError};
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::trace::TraceLayer;
use tracing::Span;

use crate::audit::Audit;
use crate::auth::rate::Limiter;
use crate::openapi;
use crate::ports::{ApiConfig, BellPort, CameraPort, ExportPort, HealthPort, RulePort, StillPort, VideoPort};
use crate::problem::{Code, Problem};
use crate::routes;
use crate::thumbnail::Thumbnails;

/// Searches for movement that run at the same time: each reads and decodes as fast as it can.
const MOVEMENT_SEARCHES: usize = 2;

/// All that the API works with. Cheap to clone.
#[derive(Clone)]
pub struct App {
    /// The database.
    pub index: Index,
    /// What is being recorded, and where.
    pub recorder: Recorder,
    /// Seals camera credentials.
    pub vault: Vault,
    /// The cameras as they run.
    pub cameras: Arc<dyn CameraPort>,
    /// The rules as they hold.
    pub rules: Arc<dyn RulePort>,
    /// Alarm bells and sounders as they work.
    pub bells: Arc<dyn BellPort>,
    /// Pictures cut from recordings.
    pub stills: Arc<dyn StillPort>,
    /// Video to be watched.
    pub video: Arc<dyn VideoPort>,
    /// Files that are made of cases.
    pub exports: Arc<dyn ExportPort>,
    /// The folder of these: `ID.zip`.
    pub export_files: PathBuf,
    /// How the parts of the server fare.
    pub health: Arc<dyn HealthPort>,
    /// Changes as they happen.
    pub live: broadcast::Sender<LiveEvent>,
    /// The folder of event snapshots.
    pub snapshots: PathBuf,
    /// The metrics in the Prometheus text format.
    pub metrics: Arc<dyn Fn() -> String + Send + Sync>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Where looks and changes are accounted for.
    pub audit: Audit,
    /// What an operator set.
    pub config: ApiConfig,
    /// Ends streams when the server stops.
    pub shutdown: CancellationToken,
}

/// [`App`] with what the API counts for itself: the state of every handler.
#[derive(Clone)]
pub(crate) struct Server(Arc<Inner>);

pub(crate) struct Inner {
    app: App,
    /// Attempts to sign in, by address.
    pub(crate) attempts_from: Limiter<std::net::IpAddr>,
    /// Attempts to sign in, by the hash of the user name.
    pub(crate) attempts_at: Limiter<[u8; 32]>,
    /// Reports, by their sender.
    pub(crate) reports_of: Limiter<domain::UserId>,
    /// Messages of residents, by the name that their source has for them.
    pub(crate) residents: Limiter<String>,
    /// Clips on their way.
    pub(crate) clip_streams: Arc<Semaphore>,
    /// Those who watch a camera.
    pub(crate) video_streams: Arc<Semaphore>,
    /// Searches for movement.
    pub(crate) movement_searches: Arc<Semaphore>,
    /// Makes pictures smaller.
    pub(crate) thumbnails: Thumbnails,
    /// Watchers of `/live`.
    pub(crate) live_streams: Arc<Semaphore>,
}

impl Deref for Server {
    type Target = Inner;
    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl Deref for Inner {
    type Target = App;
    fn deref(&self) -> &App {
        &self.app
    }
}

impl Server {
    fn new(app: App) -> Self {
        let (clips, videos, watchers) =
            (app.config.clip_streams, app.config.video_streams, app.config.live_streams);
        Self(Arc::new(Inner {
            app,
            // An office behind one address: ten wrong passwords at once, then one every six seconds.
            attempts_from: Limiter::new(10, Duration::from_secs(6), 10_000),
            // One account, from wherever: enough for a person, slow for a list of passwords.
            attempts_at: Limiter::new(10, Duration::from_secs(30), 10_000),
            // Who tells of a fire may send several at once; nobody has one to tell every minute.
            reports_of: Limiter::new(10, Duration::from_mins(1), 10_000),
            residents: Limiter::new(20, Duration::from_secs(30), 10_000),
            clip_streams: Arc::new(Semaphore::new(clips)),
            video_streams: Arc::new(Semaphore::new(videos)),
            movement_searches: Arc::new(Semaphore::new(MOVEMENT_SEARCHES)),
            thumbnails: Thumbnails::new(),
            live_streams: Arc::new(Semaphore::new(watchers)),
        }))
    }
}

/// The whole API. Serve it with `into_make_service_with_connect_info::<SocketAddr>()`, so that the address of the
/// caller is known.
pub fn router(app: App) -> Router {
    let server = Server::new(app);
    let (routes, document) = openapi::complete(routes::all()).split_for_parts();
    let document = Arc::new(openapi::Document::new(&document));
    let cross_site = cross_site_guard(&server.config.trusted_origins);
    routes
        .fallback(not_found)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(DefaultBodyLimit::max(server.config.body_limit))
        .layer(cross_site)
        .layer(middleware::from_fn_with_state(server.clone(), limit_time))
        .layer(CompressionLayer::new().compress_when(SizeAbove::new(1024).and(is_text)))
        .layer(header_layer(header::CACHE_CONTROL, "no-store"))
        .layer(header_layer(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(header_layer(header::REFERRER_POLICY, "no-referrer"))
        .layer(header_layer(header::X_FRAME_OPTIONS, "DENY"))
        .layer(header_layer(
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
        ))
        .layer(header_layer(HeaderName::from_static("cross-origin-resource-policy"), "same-origin"))
        .layer(Extension(document))
        .layer(Extension(server.clone()))
        .layer(middleware::from_fn(count))
        .layer(TraceLayer::new_for_http().make_span_with(span).on_request(()).on_response(log_response))
        .layer(CatchPanicLayer::custom(panicked))
        .with_state(server)
}

/// Sets a header where the handler did not.
fn header_layer(name: HeaderName, value: &'static str) -> SetResponseHeaderLayer<HeaderValue> {
    SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
}

type CrossSite = CsrfLayer<fn(ProtectionError) -> Response>;

fn cross_site_guard(trusted: &[String]) -> CrossSite {
    let mut layer = CsrfLayer::new();
    for origin in trusted {
        layer = match layer.clone().add_trusted_origin(origin) {
            Ok(layer) => layer,
            Err(error) => {
                tracing::error!(%error, "a trusted origin in the configuration is ignored");
                layer
            }
        };
    }
    layer.with_rejection_response(refuse_cross_site as fn(ProtectionError) -> Response)
}

fn refuse_cross_site(_: ProtectionError) -> Response {
    Problem::new(Code::CrossSite, "the browser says that this request comes from a page of another site")
        .remedy("Use Taimat's own page, or add the other site to the trusted origins of the configuration.")
        .into_response()
}

/// The address without its query: it may hold what somebody searched for.
fn span(request: &Request) -> Span {
    tracing::info_span!("request", method = %request.method(), path = %request.uri().path())
}

fn log_response(response: &Response, took: Duration, _: &Span) {
    tracing::debug!(status = response.status().as_u16(), millis = took.as_millis() as u64, "answered");
}

/// Counts and times the requests of each route.
async fn count(route: Option<MatchedPath>, request: Request, next: Next) -> Response {
    let route = route.map_or_else(|| "none".to_owned(), |path| path.as_str().to_owned());
    let method = request.method().as_str().to_owned();
    let started = Instant::now();
    let response = next.run(request).await;
    let status = response.status().as_u16().to_string();
    metrics::histogram!("taimat_api_answer_seconds", "route" => route.clone(), "method" => method.clone())
        .record(started.elapsed());
    metrics::counter!("taimat_api_requests_total", "route" => route, "method" => method, "status" => status)
        .increment(1);
    response
}

/// The time to the head of the answer; a stream may go on after that.
async fn limit_time(State(server): State<Server>, request: Request, next: Next) -> Response {
    match tokio::time::timeout(server.config.request_timeout, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Problem::new(Code::TimedOut, "the answer took longer than the server allows")
            .remedy("Ask for less at once, or try again later.")
            .retry_after(Duration::from_secs(5))
            .into_response(),
    }
}

/// Media is compressed already, and streams of events or of lines must not wait in a compressor.
fn is_text(
    _: StatusCode,
    _: axum::http::Version,
    headers: &axum::http::HeaderMap,
    _: &axum::http::Extensions,
) -> bool {
    const TEXT: [&str; 5] = [
        "application/json",
        "application/problem+json",
        "application/vnd.apple.mpegurl",
        "text/html",
        "text/plain",
    ];
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    TEXT.iter().any(|text| kind.starts_with(text))
}

#[expect(clippy::needless_pass_by_value, reason = "the signature is tower-http's")]
fn panicked(cause: Box<dyn Any + Send + 'static>) -> Response {
    let text = cause.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| cause.downcast_ref::<&str>().copied()).unwrap_or("no message");
    metrics::counter!("taimat_api_panics_total").increment(1);
    Problem::internal(&std::io::Error::other(format!("a handler panicked: {text}"))).into_response()
}

async fn not_found(uri: Uri) -> Problem {
    let path: String = uri.path().chars().take(200).collect();
    Problem::new(Code::NotFound, format!("there is nothing at {path}"))
        .remedy("GET /api/v1/openapi.json lists every path.")
}

async fn method_not_allowed(method: Method, uri: Uri) -> Problem {
    let path: String = uri.path().chars().take(200).collect();
    Problem::new(Code::MethodNotAllowed, format!("{method} is not known at {path}"))
        .remedy("GET /api/v1/openapi.json lists the methods of every path.")
}
