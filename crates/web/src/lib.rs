//! The web application as it is served: files built by `cargo xtask web`, embedded in the program.
//!
//! Files under `assets/` carry a hash of their content in their name and are kept by browsers for good; the page is asked
//! for anew each time. Every page of the application is the same document: which one is shown follows from the address.

mod files;
mod policy;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use tower::ServiceExt as _;

pub use policy::Policy;

/// Addresses that are the API's own: these, and all below the last one.
const API: [&str; 4] = ["/healthz", "/readyz", "/metrics", "/api/"];

/// The server's whole face: the API where it is, the web application everywhere else.
pub fn over(api: Router, policy: Policy) -> Router {
    // Not by routes: what a route matches in the path would be a parameter of the API's routes as well.
    Router::new().fallback(dispatch).with_state((api, Arc::new(policy)))
}

async fn dispatch(State((api, policy)): State<(Router, Arc<Policy>)>, request: Request) -> Response {
    let path = request.uri().path();
    if API.iter().any(|own| path == *own || (own.ends_with('/') && path.starts_with(own))) {
        let Ok(answer) = api.oneshot(request).await;
        return answer;
    }
    serve(&policy, request.method(), request.uri(), request.headers())
}

fn serve(policy: &Policy, method: &Method, uri: &Uri, headers: &HeaderMap) -> Response {
    if method != Method::GET && method != Method::HEAD {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    }
    let path = uri.path().trim_start_matches('/');
    let mut response = if let Some(file) = files::find(path) {
        files::answer(path, &file, headers)
    } else if path.rsplit('/').next().is_some_and(|name| name.contains('.')) {
        // A file of an earlier version, not a page.
        StatusCode::NOT_FOUND.into_response()
    } else {
        page(policy)
    };
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    ] {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

/// The document, with a nonce for the styles of the component library.
fn page(policy: &Policy) -> Response {
    let Some(document) = files::document() else {
        return (StatusCode::NOT_FOUND, "This build has no web application: run `cargo xtask web`.\n")
            .into_response();
    };
    let nonce = policy::nonce();
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8".to_owned()),
        (header::CACHE_CONTROL, "no-store".to_owned()),
        (header::CONTENT_SECURITY_POLICY, policy.header(&nonce)),
    ];
    (headers, document.replace("@NONCE@", &nonce)).into_response()
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::extract::Path;
    use axum::routing::get;

    use super::*;

    async fn answer(method: Method, path: &str) -> Response {
        let api = Router::new()
            .route("/api/v1/cameras", get(async || "cameras"))
            .route("/api/v1/cameras/{camera}", get(async |Path(camera): Path<String>| camera))
            .fallback(async || (StatusCode::NOT_FOUND, "the API's own"));
        let request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
        over(api, Policy::default()).oneshot(request).await.unwrap()
    }

    #[tokio::test]
    async fn the_api_is_the_apis_and_the_rest_is_pages() {
        assert_eq!(answer(Method::GET, "/api/v1/cameras").await.status(), StatusCode::OK);
        assert_eq!(answer(Method::GET, "/api/v1/cameras/7").await.status(), StatusCode::OK);
        assert_eq!(answer(Method::GET, "/api/v1/nothing").await.status(), StatusCode::NOT_FOUND);
        assert_eq!(answer(Method::POST, "/queue").await.status(), StatusCode::METHOD_NOT_ALLOWED);
        assert_eq!(
            answer(Method::GET, "/assets/of-an-older-version.js").await.status(),
            StatusCode::NOT_FOUND
        );
        let page = answer(Method::GET, "/queue").await;
        assert_eq!(page.headers()[header::X_FRAME_OPTIONS], "DENY");
        // In a checkout where the web application was not built there is a hint instead.
        if files::document().is_some() {
            assert_eq!(page.status(), StatusCode::OK);
            let policy = page.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
            assert!(policy.contains("script-src 'self';") && !policy.contains("unsafe"), "{policy}");
        }
    }
}
