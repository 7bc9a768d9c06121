//! The one error of the API: a problem document, RFC 9457, that names what is wrong and what to do about it.

use std::time::Duration;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::{ConnectFailure, StreamKind};
use serde::{Deserialize, Serialize};

/// What a refused or failed request is answered with, as `application/problem+json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(example = json!({
    "type": "urn:taimat:problem:invalid_field",
    "title": "A field is not valid",
    "status": 400,
    "code": "invalid_field",
    "detail": "from: \"yesterday\" is not a date and time with a zone, such as 2026-11-23T07:00:00Z",
    "field": "from",
    "remedy": "Correct the field and try again."
}))]
pub struct ProblemBody {
    /// `urn:taimat:problem:` and the code.
    #[serde(rename = "type")]
    pub kind: String,
    /// The kind of problem in a few words.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// Stable name of the kind of problem, for programs.
    pub code: String,
    /// What is wrong this time, for a person.
    pub detail: String,
    /// The field of the query, path or body that is wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// What a person can do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
    /// The stream of the camera that failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stream: Option<StreamKind>,
    /// What is wrong with the camera's stream.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<ConnectFailure>,
}

/// The kinds of problem. The name of each is part of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// The request as a whole cannot be understood.
    InvalidRequest,
    /// One field is wrong.
    InvalidField,
    /// A field that is needed is missing.
    MissingField,
    /// A field that the route does not know.
    UnknownField,
    /// A body of another type than the route reads.
    UnsupportedMediaType,
    /// A body larger than the server reads.
    TooLarge,
    /// No session or token, or one that has ended.
    NotSignedIn,
    /// User name or password wrong.
    WrongPassword,
    /// The right is missing.
    Forbidden,
    /// A browser sent it from a page of another site.
    CrossSite,
    /// There is no such thing, or it may not be seen.
    NotFound,
    /// The path is there, not for this method.
    MethodNotAllowed,
    /// Someone changed it in the meantime.
    VersionMismatch,
    /// It contradicts what is stored.
    Conflict,
    /// The camera could not be used as configured.
    CameraFailed,
    /// Nothing is recorded there.
    NoFootage,
    /// The range of bytes is not in the file.
    RangeNotSatisfiable,
    /// Too many attempts.
    TooManyAttempts,
    /// Too many streams at the same time.
    TooManyStreams,
    /// The answer took too long.
    TimedOut,
    /// A part of the server is away; trying again later helps.
    Unavailable,
    /// A fault of the server.
    Internal,
}

impl Code {
    /// Every kind, for the documentation.
    pub const ALL: [Self; 22] = [
        Self::InvalidRequest,
        Self::InvalidField,
        Self::MissingField,
        Self::UnknownField,
        Self::UnsupportedMediaType,
        Self::TooLarge,
        Self::NotSignedIn,
        Self::WrongPassword,
        Self::Forbidden,
        Self::CrossSite,
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::VersionMismatch,
        Self::Conflict,
        Self::CameraFailed,
        Self::NoFootage,
        Self::RangeNotSatisfiable,
        Self::TooManyAttempts,
        Self::TooManyStreams,
        Self::TimedOut,
        Self::Unavailable,
        Self::Internal,
    ];

    const fn row(self) -> (&'static str, u16, &'static str) {
        match self {
            Self::InvalidRequest => ("invalid_request", 400, "The request cannot be understood"),
            Self::InvalidField => ("invalid_field", 400, "A field is not valid"),
            Self::MissingField => ("missing_field", 400, "A field is missing"),
            Self::UnknownField => ("unknown_field", 400, "A field is not known"),
            Self::UnsupportedMediaType => {
                ("unsupported_media_type", 415, "The body is of a type that is not read here")
            }
            Self::TooLarge => ("too_large", 413, "The body is too large"),
            Self::NotSignedIn => ("not_signed_in", 401, "Nobody is signed in"),
            Self::WrongPassword => ("wrong_password", 401, "The user name or the password is wrong"),
            Self::Forbidden => ("forbidden", 403, "The right to do this is missing"),
            Self::CrossSite => ("cross_site", 403, "The request came from a page of another site"),
            Self::NotFound => ("not_found", 404, "There is no such thing"),
            Self::MethodNotAllowed => ("method_not_allowed", 405, "The method is not known at this path"),
            Self::VersionMismatch => ("version_mismatch", 412, "It was changed in the meantime"),
            Self::Conflict => ("conflict", 409, "It contradicts what is stored"),
            Self::CameraFailed => ("camera_failed", 422, "The camera cannot be used like this"),
            Self::NoFootage => ("no_footage", 404, "Nothing is recorded there"),
            Self::RangeNotSatisfiable => ("range_not_satisfiable", 416, "The range is not in the file"),
            Self::TooManyAttempts => ("too_many_attempts", 429, "Too many attempts"),
            Self::TooManyStreams => ("too_many_streams", 429, "Too many streams at the same time"),
            Self::TimedOut => ("timed_out", 503, "The answer took too long"),
            Self::Unavailable => ("unavailable", 503, "A part of the server is not available"),
            Self::Internal => ("internal", 500, "The server made a mistake"),
        }
    }

    /// The stable name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.row().0
    }

    /// The HTTP status that goes with it.
    #[must_use]
    pub fn status(self) -> StatusCode {
        StatusCode::from_u16(self.row().1).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

/// A refused or failed request.
#[derive(Clone, Debug)]
pub struct Problem {
    code: Code,
    detail: String,
    field: Option<String>,
    remedy: Option<String>,
    camera: Option<Box<(StreamKind, ConnectFailure)>>,
    retry_after: Option<Duration>,
}

/// What a handler returns.
pub type Answer<T> = Result<T, Problem>;

impl Problem {
    /// A problem of a kind.
    #[must_use]
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into(), field: None, remedy: None, camera: None, retry_after: None }
    }

    /// A field with a value that will not do.
    #[must_use]
    pub fn field(field: impl Into<String>, detail: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::new(Code::InvalidField, detail).at(field).remedy(remedy)
    }

    /// There is no such thing, or the asker may not know of it: both look the same.
    #[must_use]
    pub fn not_found(what: &str) -> Self {
        Self::new(Code::NotFound, format!("there is no such {what}, or you may not see it"))
    }

    /// A camera at which no stream could be found.
    #[must_use]
    pub fn search(field: &str, failure: ConnectFailure) -> Self {
        Self::camera(StreamKind::Main, failure).at(field)
    }

    /// A camera stream that could not be used.
    #[must_use]
    pub fn camera(stream: StreamKind, failure: ConnectFailure) -> Self {
        let mut problem = Self::new(Code::CameraFailed, failure.message.en.clone())
            .remedy(failure.remedy.en.clone())
            .at(match stream {
                StreamKind::Main => "main_url",
                StreamKind::Sub => "sub_url",
            });
        problem.camera = Some(Box::new((stream, failure)));
        problem
    }

    /// A fault of the server: the cause is logged with a number that the answer repeats, and stays out of the answer.
    #[must_use]
    pub fn internal(cause: &(dyn std::error::Error + 'static)) -> Self {
        let incident = uuid::Uuid::now_v7();
        tracing::error!(%incident, error = %chain(cause), "a request failed");
        Self::new(Code::Internal, format!("the server's log says more under incident {incident}"))
            .remedy("Try again; if it keeps failing, give the incident's number to whoever runs the server.")
    }

    /// Names the field that is wrong.
    #[must_use]
    pub fn at(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }

    /// Says what to do about it.
    #[must_use]
    pub fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }

    /// Says when trying again is worth it.
    #[must_use]
    pub fn retry_after(mut self, wait: Duration) -> Self {
        self.retry_after = Some(wait);
        self
    }

    /// The kind of problem.
    #[must_use]
    pub const fn code(&self) -> Code {
        self.code
    }

    /// The document.
    #[must_use]
    pub fn body(&self) -> ProblemBody {
        let (code, status, title) = self.code.row();
        let camera = self.camera.as_deref();
        ProblemBody {
            kind: format!("urn:taimat:problem:{code}"),
            title: title.to_owned(),
            status,
            code: code.to_owned(),
            detail: self.detail.clone(),
            field: self.field.clone(),
            remedy: self.remedy.clone(),
            stream: camera.map(|(stream, _)| *stream),
            failure: camera.map(|(_, failure)| failure.clone()),
        }
    }
}

/// An error with all its causes on one line.
fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        text.push_str(": ");
        text.push_str(&next.to_string());
        cause = next.source();
    }
    text
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = (self.code.status(), axum::Json(self.body())).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(wait) = self.retry_after {
            // Whole seconds, RFC 9110 §10.2.3; rounded up so that nobody comes back too early.
            headers.insert(header::RETRY_AFTER, HeaderValue::from(wait.as_secs_f64().ceil() as u64));
        }
        if matches!(self.code, Code::NotSignedIn) {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"taimat\""));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_distinct_and_have_a_status() {
        let mut names = Code::ALL.map(Code::as_str).to_vec();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Code::ALL.len());
        for code in Code::ALL {
            assert_eq!(code.status().as_u16(), code.row().1, "{code:?}");
        }
    }

    #[test]
    fn an_internal_problem_keeps_its_cause_to_itself() {
        let cause = std::io::Error::other("postgres://taimat:hunter2@db");
        let body = serde_json::to_string(&Problem::internal(&cause).body()).unwrap();
        assert!(!body.contains("hunter2") && body.contains("incident"), "{body}");
    }

    #[test]
    fn waits_are_rounded_up_to_whole_seconds() {
        let problem = Problem::new(Code::TooManyAttempts, "x").retry_after(Duration::from_millis(1200));
        assert_eq!(problem.into_response().headers()[header::RETRY_AFTER], "2");
    }
}
