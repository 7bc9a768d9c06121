//! The OpenAPI document: generated from the routes, completed with what holds for all of them.

use axum::body::Bytes;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{Components, InfoBuilder, OpenApi, RefOr, Schema};
use utoipa::{PartialSchema as _, ToSchema as _};
use utoipa_axum::router::OpenApiRouter;

use crate::app::Server;
use crate::auth::session::COOKIE;
use crate::problem::{Code, ProblemBody};
use crate::routes;

const DESCRIPTION: &str = "\
Neighbourhood security cameras: recordings, events, search by time and place.

**Rights.** Each operation states in `x-right` what it needs: `open` for nothing, `signed_in` for a session or token, or \
an action and where it must be allowed. A role held at a place gives its actions there and at every place below. What \
you may not see answers 404, as if it were not there; what you may see and not do answers 403.

**Signing in.** People: `POST /api/v1/session` sets an HttpOnly cookie. A changing request that a browser sends from a \
page of another site is refused. Machines: `Authorization: Bearer` with a token from `POST /api/v1/tokens`.

**Problems** are `application/problem+json` (RFC 9457) with a stable `code`, the `field` that is wrong and the `remedy`. \
Parameters and fields that are not known are refused.

**Changes** of cameras, places and users carry the `version` that was read; where someone else was faster, the answer is 412 \
and nothing is changed.

**Time** is RFC 3339 with a zone; ranges include `from` and exclude `to`. **Lists** that may be long have a `cursor`.";

/// The OpenAPI 3.1 document of the API.
#[must_use]
pub fn openapi() -> OpenApi {
    complete(routes::all()).into_openapi()
}

/// Adds title, security schemes and the problem document.
pub(crate) fn complete(mut router: OpenApiRouter<Server>) -> OpenApiRouter<Server> {
    let document = router.get_openapi_mut();
    document.info = InfoBuilder::new()
        .title("Taimat")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(format!("{DESCRIPTION}\n\n**Codes of problems:** {}.", codes())))
        .build();
    let components = document.components.get_or_insert_with(Components::new);
    let mut schemas: Vec<(String, RefOr<Schema>)> = Vec::new();
    ProblemBody::schemas(&mut schemas);
    components.schemas.extend(schemas);
    components.schemas.insert("ProblemBody".to_owned(), ProblemBody::schema());
    let cookie = ApiKeyValue::with_description(COOKIE, "Set by POST /api/v1/session.");
    components
        .security_schemes
        .insert("session".to_owned(), RefOr::T(SecurityScheme::ApiKey(ApiKey::Cookie(cookie))));
    let bearer = Http::builder()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("A token from POST /api/v1/tokens."))
        .build();
    components.security_schemes.insert("token".to_owned(), RefOr::T(SecurityScheme::Http(bearer)));
    router
}

fn codes() -> String {
    let codes = Code::ALL.map(|code| format!("`{}` ({})", code.as_str(), code.status().as_u16()));
    codes.join(", ")
}

/// The document as it is served.
#[derive(Debug)]
pub(crate) struct Document(pub(crate) Bytes);

impl Document {
    pub(crate) fn new(document: &OpenApi) -> Self {
        let text = document.to_json().unwrap_or_else(|error| {
            tracing::error!(%error, "the OpenAPI document cannot be written");
            "{}".to_owned()
        });
        Self(text.into())
    }
}
