//! What the channels over HTTP share: the client, answers of bounded length, and what a status means.

use std::time::Duration;

use domain::DeliveryTrouble;
use reqwest::header::{HeaderMap, RETRY_AFTER};
use reqwest::{RequestBuilder, Response, StatusCode};

use crate::SendError;

/// Longest time to connect, and from the first byte that is sent to the last that is received.
const CONNECT: Duration = Duration::from_secs(10);
const WHOLE: Duration = Duration::from_secs(25);
/// Longest answer that is read.
const LONGEST_ANSWER: usize = 64 * 1024;
/// Longest wait that another side may ask for.
const LONGEST_WAIT: Duration = Duration::from_hours(1);

/// A client for all channels. It follows no redirections: a signature or token is for the address that was given.
pub fn client() -> reqwest::Result<reqwest::Client> {
    reqwest::Client::builder()
        .connect_timeout(CONNECT)
        .timeout(WHOLE)
        .redirect(reqwest::redirect::Policy::none())
        .user_agent(concat!("taimat/", env!("CARGO_PKG_VERSION")))
        .build()
}

/// What was answered.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

/// Sends, and reads the answer. Errors do not repeat the address, which may hold a token.
pub(crate) async fn send(request: RequestBuilder) -> Result<Answer, SendError> {
    let lost = |error: reqwest::Error| {
        let error = error.without_url();
        let (trouble, kind) = if error.is_timeout() {
            (DeliveryTrouble::Silent, "no answer in time")
        } else if error.is_connect() {
            (DeliveryTrouble::Unreachable, "no connection")
        } else {
            (DeliveryTrouble::Unreachable, "the connection broke")
        };
        SendError::retry(trouble, format!("{kind}: {}", chain(&error)))
    };
    let mut response: Response = request.send().await.map_err(lost)?;
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(lost)? {
        let room = LONGEST_ANSWER.saturating_sub(body.len());
        body.extend(chunk.iter().take(room));
        if room <= chunk.len() {
            break;
        }
    }
    Ok(Answer { status: response.status(), headers: response.headers().clone(), body })
}

/// An error with its causes on one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        text.push_str(": ");
        text.push_str(&next.to_string());
        cause = next.source();
    }
    text
}

impl Answer {
    /// What the status says, where it is none of success. `said` is what the other side says beside it.
    pub(crate) fn check(&self, said: &str) -> Result<(), SendError> {
        if self.status.is_success() {
            return Ok(());
        }
        let code = self.status.as_u16();
        let said = crate::render::shortened(&crate::render::clean(said), 200);
        let why = if said.is_empty() { format!("HTTP {code}") } else { format!("HTTP {code}: {said}") };
        let trouble = match code {
            300..=399 | 404 | 410 => DeliveryTrouble::Address,
            408 => DeliveryTrouble::Silent,
            425 | 429 => DeliveryTrouble::Busy,
            500.. => DeliveryTrouble::Faulty,
            _ => DeliveryTrouble::Refused,
        };
        Err(match code {
            401 | 403 | 407 => SendError::Unauthorised { why },
            408 | 425 | 429 | 500.. => SendError::Retry { after: self.retry_after(), trouble, why },
            300..=399 => SendError::refused(
                trouble,
                format!("{why}: redirections are not followed, give the new address"),
            ),
            _ => SendError::Refused { trouble, why },
        })
    }

    /// How long to wait, in seconds: RFC 9110 §10.2.3. Dates are rare, and not read.
    fn retry_after(&self) -> Option<Duration> {
        let text = self.headers.get(RETRY_AFTER)?.to_str().ok()?;
        Some(bounded(text.trim().parse().ok()?))
    }
}

/// A wait that another side asks for, in seconds, within reason.
pub(crate) fn bounded(seconds: u64) -> Duration {
    Duration::from_secs(seconds).clamp(Duration::from_secs(1), LONGEST_WAIT)
}
