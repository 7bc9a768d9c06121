//! JSON to another system, signed so that it knows who sent it and when.

use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::Secret;
/// Signs a body with the seconds since 1970. Who receives it makes the same, compares in constant time, and refuses what
/// is old.
pub use domain::signature::sign as signature;
use reqwest::header::CONTENT_TYPE;
use serde_json::json;
use url::Url;

use crate::{Channel, Message, SendError, Sent, Words, http};

/// The header with the signature: `t=SECONDS,v1=HEX`.
pub const SIGNATURE: &str = "Taimat-Signature";
/// The header that is the same however often a message is tried.
pub const IDEMPOTENCY_KEY: &str = "Idempotency-Key";
/// Longest text.
const LONGEST: usize = 4000;

pub(crate) struct Webhook {
    pub(crate) http: reqwest::Client,
    pub(crate) words: Words,
    pub(crate) url: Url,
    pub(crate) secret: Secret,
}

impl Webhook {
    fn body(&self, message: &Message) -> String {
        let picture = message
            .picture
            .as_ref()
            .map(|jpeg| json!({ "media_type": "image/jpeg", "base64": STANDARD.encode(jpeg) }));
        json!({
            "type": message.kind,
            "idempotency_key": message.key,
            "sent_at": message.sent_at,
            "severity": message.severity(),
            "language": self.words.language.code(),
            "title": self.words.title(message),
            "text": self.words.text(message, LONGEST),
            "warnings": message.warnings,
            "link": message.link,
            "picture": picture,
        })
        .to_string()
    }
}

#[async_trait]
impl Channel for Webhook {
    async fn send(&self, message: &Message) -> Result<Sent, SendError> {
        let body = self.body(message);
        let seconds = message.sent_at.as_micros() / 1_000_000;
        let request = self
            .http
            .post(self.url.clone())
            .header(CONTENT_TYPE, "application/json")
            .header(IDEMPOTENCY_KEY, &message.key)
            .header(SIGNATURE, signature(&self.secret, seconds, body.as_bytes()))
            .body(body);
        let answer = http::send(request).await?;
        answer.check(&String::from_utf8_lossy(&answer.body))?;
        Ok(Sent { with_picture: message.picture.is_some() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_covers_time_and_body() {
        // By `printf '1795000000.{}' | openssl dgst -sha256 -hmac secret`.
        let secret = Secret::new("secret");
        let made = signature(&secret, 1_795_000_000, b"{}");
        assert_eq!(made, "t=1795000000,v1=6b4c7e66d3b69c810f27c4aa67ee370757d4dfdabf1fbb338ea7cf6aba9e0494");
        assert_ne!(made, signature(&secret, 1_795_000_001, b"{}"));
        assert_ne!(made, signature(&secret, 1_795_000_000, b"{ }"));
        assert_ne!(made, signature(&Secret::new("other"), 1_795_000_000, b"{}"));
    }
}
