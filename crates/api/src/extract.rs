//! Extractors whose refusals are problem documents that name the field.

use axum::body::Bytes;
use axum::extract::path::ErrorKind;
use axum::extract::rejection::{BytesRejection, PathRejection};
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::{HeaderMap, HeaderValue, header, request};
use axum::response::{IntoResponse, Response};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize};

use crate::problem::{Code, Problem};

/// A JSON body.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Json<T>(pub T);

/// A JSON body that may be left out.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MaybeJson<T>(pub T);

/// A query string. A parameter may come several times where the route says that it is a list.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Query<T>(pub T);

/// The parameters of the path.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Path<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        require_json(request.headers())?;
        let bytes = Bytes::from_request(request, state).await.map_err(|rejection| unreadable(&rejection))?;
        parse_json(&bytes).map(Self)
    }
}

impl<T: DeserializeOwned + Default, S: Send + Sync> FromRequest<S> for MaybeJson<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let stated = require_json(request.headers());
        let bytes = Bytes::from_request(request, state).await.map_err(|rejection| unreadable(&rejection))?;
        if bytes.is_empty() {
            return Ok(Self(T::default()));
        }
        stated?;
        parse_json(&bytes).map(Self)
    }
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut request::Parts, _: &S) -> Result<Self, Problem> {
        parse_query(parts.uri.query().unwrap_or_default()).map(Self)
    }
}

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut request::Parts, state: &S) -> Result<Self, Problem> {
        let path = axum::extract::Path::<T>::from_request_parts(parts, state).await;
        path.map(|axum::extract::Path(value)| Self(value)).map_err(|rejection| bad_path(&rejection))
    }
}

/// Reads a query string.
pub(crate) fn parse_query<T: DeserializeOwned>(query: &str) -> Result<T, Problem> {
    let pairs = url::form_urlencoded::parse(query.as_bytes());
    serde_path_to_error::deserialize(serde_html_form::Deserializer::new(pairs))
        .map_err(|error| explain(&error.path().to_string(), &error.inner().to_string()))
}

/// Reads a JSON body.
pub(crate) fn parse_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let inner = error.inner();
        if inner.is_data() {
            explain(&error.path().to_string(), &without_position(&inner.to_string()))
        } else {
            Problem::new(Code::InvalidRequest, format!("the body is not valid JSON: {inner}"))
                .remedy("Send one JSON object.")
        }
    })?;
    json.end().map_err(|_| {
        Problem::new(Code::InvalidRequest, "something follows the JSON value in the body")
            .remedy("Send one JSON object.")
    })?;
    Ok(value)
}

/// For a field that may be left out (leave it) or null (forget it): `None` or `Some(None)`.
#[expect(clippy::option_option, reason = "leave, forget and set are three different wishes")]
pub(crate) fn nullable<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    from: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(from).map(Some)
}

/// The version of the thing that the caller read: from `If-Match`, or as given in the query or body.
pub(crate) fn version(headers: &HeaderMap, given: Option<i64>) -> Result<i64, Problem> {
    if let Some(version) = given {
        return Ok(version);
    }
    let Some(tag) = headers.get(header::IF_MATCH) else {
        return Err(Problem::new(Code::MissingField, "version is missing")
            .at("version")
            .remedy("Give the version that you read, as a field or as an If-Match header."));
    };
    let tag = tag.to_str().unwrap_or_default().trim().trim_matches('"');
    tag.parse().map_err(|_| {
        Problem::field("If-Match", "If-Match holds no version", "Give the ETag of the answer that you read.")
    })
}

/// Which version of a thing is to be changed or removed.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Version {
    /// The version that was read; or send `If-Match`.
    version: Option<i64>,
}

impl Version {
    /// The version that the caller read: from here, or from `If-Match`.
    pub(crate) fn read(&self, headers: &HeaderMap) -> Result<i64, Problem> {
        version(headers, self.version)
    }
}

/// The tag of a version, for `If-Match`.
pub(crate) fn etag(version: i64) -> HeaderValue {
    HeaderValue::try_from(format!("\"{version}\"")).unwrap_or_else(|_| HeaderValue::from_static("\"\""))
}

/// A thing with the tag of its version.
pub(crate) fn tagged<T: Serialize>(version: i64, thing: T) -> Response {
    ([(header::ETAG, etag(version))], axum::Json(thing)).into_response()
}

/// What people write, in as many lines as it takes.
pub(crate) fn written(field: &str, text: &str, longest: usize) -> Result<String, Problem> {
    let text = text.trim();
    let control = |letter: char| letter.is_control() && letter != '\n';
    if text.is_empty() || text.chars().count() > longest || text.chars().any(control) {
        return Err(Problem::field(
            field,
            format!("{field} must have 1 to {longest} characters, none of them a control character"),
            "Correct the field and try again.",
        ));
    }
    Ok(text.to_owned())
}

/// A name that people read: trimmed, not empty, not endless, without control characters.
pub(crate) fn name(field: &str, text: &str, longest: usize) -> Result<String, Problem> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > longest || text.chars().any(char::is_control) {
        return Err(Problem::field(
            field,
            format!("{field} must have 1 to {longest} characters, none of them a control character"),
            "Correct the field and try again.",
        ));
    }
    Ok(text.to_owned())
}

/// A body of JSON must say that it is: a form of another site cannot.
fn require_json(headers: &HeaderMap) -> Result<(), Problem> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    if kind.eq_ignore_ascii_case("application/json") {
        return Ok(());
    }
    Err(Problem::new(Code::UnsupportedMediaType, "the body must be JSON")
        .at("Content-Type")
        .remedy("Send the header Content-Type: application/json."))
}

fn unreadable(rejection: &BytesRejection) -> Problem {
    if rejection.status() == axum::http::StatusCode::PAYLOAD_TOO_LARGE {
        Problem::new(Code::TooLarge, "the body is larger than the server reads").remedy("Send less at once.")
    } else {
        Problem::new(Code::InvalidRequest, "the body could not be read to its end")
    }
}

fn bad_path(rejection: &PathRejection) -> Problem {
    let PathRejection::FailedToDeserializePathParams(error) = rejection else {
        return Problem::internal(rejection);
    };
    let (field, detail) = match error.kind() {
        ErrorKind::ParseErrorAtKey { key, value, expected_type } => {
            (Some(key.clone()), format!("{:?} is no {expected_type}", shortened(value)))
        }
        ErrorKind::DeserializeError { key, value, message } => {
            (Some(key.clone()), format!("{:?}: {message}", shortened(value)))
        }
        ErrorKind::InvalidUtf8InPathParam { key } => (Some(key.clone()), "it is not UTF-8".to_owned()),
        other => (None, other.to_string()),
    };
    let problem = Problem::new(Code::InvalidField, detail).remedy("Correct the path.");
    match field {
        Some(field) => problem.at(field),
        None => problem,
    }
}

/// Turns serde's words into a problem that names the field. serde tells an unknown and a missing field in its
/// message only: "unknown field `x`, expected one of …" and "missing field `x`".
fn explain(path: &str, message: &str) -> Problem {
    let named = message.split('`').nth(1).unwrap_or_default();
    let inside = |name: &str| match path.trim_matches('.') {
        "" | "?" => name.to_owned(),
        parent if parent == name || parent.ends_with(&format!(".{name}")) => parent.to_owned(),
        parent => format!("{parent}.{name}"),
    };
    if message.starts_with("unknown field") {
        let expected = message.split_once(", expected ").map_or("", |(_, expected)| expected);
        return Problem::new(Code::UnknownField, format!("{:?} is not known here", shortened(named)))
            .at(inside(named))
            .remedy(if expected.is_empty() || expected.starts_with("there are no") {
                "Leave it out.".to_owned()
            } else {
                format!("Leave it out, or use {}.", expected.replace('`', ""))
            });
    }
    if message.starts_with("missing field") {
        return Problem::new(Code::MissingField, format!("{named} is missing"))
            .at(inside(named))
            .remedy("Add the field.");
    }
    if message.starts_with("duplicate field") {
        return Problem::new(Code::InvalidField, format!("{named} is given more than once"))
            .at(inside(named))
            .remedy("Give it once.");
    }
    let problem = Problem::new(Code::InvalidField, shortened(message));
    match path.trim_matches('.') {
        "" | "?" => problem.remedy("Correct the request."),
        field => problem.at(field).remedy("Correct the field and try again."),
    }
}

fn without_position(message: &str) -> String {
    message.rsplit_once(" at line ").map_or(message, |(before, _)| before).to_owned()
}

/// What a user sent may be long; an answer need not repeat it all.
fn shortened(text: &str) -> String {
    const LONGEST: usize = 300;
    if text.chars().count() <= LONGEST {
        text.to_owned()
    } else {
        text.chars().take(LONGEST).chain(['…']).collect()
    }
}

#[cfg(test)]
mod tests {
    use domain::{CameraId, Timestamp};
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only whether it parses matters")]
    struct Filter {
        from: Option<Timestamp>,
        #[serde(default)]
        camera: Vec<CameraId>,
        limit: u16,
        inner: Option<Inner>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only whether it parses matters")]
    struct Inner {
        depth: u8,
    }

    fn query(text: &str) -> (String, Option<String>) {
        let body = parse_query::<Filter>(text).unwrap_err().body();
        (body.code, body.field)
    }

    fn json(text: &str) -> (String, Option<String>) {
        let body = parse_json::<Filter>(text.as_bytes()).unwrap_err().body();
        (body.code, body.field)
    }

    fn expected(code: &str, field: &str) -> (String, Option<String>) {
        (code.to_owned(), (!field.is_empty()).then(|| field.to_owned()))
    }

    #[test]
    fn a_bad_query_names_its_field() {
        assert_eq!(query("limit=5&from=yesterday"), expected("invalid_field", "from"));
        assert_eq!(query("limit=many"), expected("invalid_field", "limit"));
        assert_eq!(query("limit=5&camera=x"), expected("invalid_field", "camera[0]"));
        assert_eq!(query("limit=5&form=1"), expected("unknown_field", "form"));
        assert_eq!(query(""), expected("missing_field", "limit"));
        assert_eq!(query("limit=5&limit=6"), expected("invalid_field", "limit"));
    }

    #[test]
    fn a_bad_body_names_its_field() {
        assert_eq!(json(r#"{"limit":70000}"#), expected("invalid_field", "limit"));
        assert_eq!(json(r#"{"limit":5,"inner":{"depth":-1}}"#), expected("invalid_field", "inner.depth"));
        assert_eq!(json(r#"{"limit":5,"inner":{"x":1}}"#), expected("unknown_field", "inner.x"));
        assert_eq!(json(r#"{"limit":5,"inner":{}}"#), expected("missing_field", "inner.depth"));
        assert_eq!(json("{"), expected("invalid_request", ""));
        assert_eq!(json(r#"{"limit":5}x"#), expected("invalid_request", ""));
        assert_eq!(json("[]x"), expected("invalid_field", ""));
    }

    #[test]
    fn several_values_make_a_list() {
        let id = CameraId::generate();
        let filter: Filter = parse_query(&format!("limit=1&camera={id}&camera={id}")).unwrap();
        assert_eq!(filter.camera, [id, id]);
    }
}
