//! Channels on which warnings go out: webhook, Zalo, Telegram, e-mail, MQTT, Web Push.
//!
//! Each is one module behind one trait, [`Channel`]. A channel makes one attempt and says what came of it; when to try
//! again, and when to give up, is for whoever keeps the outbox. Names in a warning are text that anybody may have
//! written: each channel escapes them for what it writes. Secrets reach neither errors nor logs.

mod email;
mod http;
mod message;
mod mqtt;
mod render;
mod telegram;
mod webhook;
mod webpush;
mod zalo;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use domain::{ChannelSecrets, ChannelSpec, DeliveryTrouble, Secret, Timestamp};

pub use http::client;
pub use message::{Message, OpenItems};
pub use render::Words;
pub use webhook::{IDEMPOTENCY_KEY, SIGNATURE, signature};
pub use zalo::{TokenStore, ZaloTokens};

/// Somewhere that warnings go out to.
#[async_trait]
pub trait Channel: Send + Sync {
    /// Makes one attempt. It ends by itself within a minute, whatever the other side does.
    async fn send(&self, message: &Message) -> Result<Sent, SendError>;
}

/// The other side has taken it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sent {
    /// Whether the picture went with it, where there was one.
    pub with_picture: bool,
}

/// Why the other side has not taken it. What is said holds no secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// It may work later.
    #[error("{why}")]
    Retry {
        /// How long the other side asks to be left alone.
        after: Option<Duration>,
        /// What came in the way.
        trouble: DeliveryTrouble,
        /// What went wrong.
        why: String,
    },
    /// It will never work like this.
    #[error("{why}")]
    Refused {
        /// What came in the way.
        trouble: DeliveryTrouble,
        /// What is wrong with it.
        why: String,
    },
    /// The other side does not believe that we are who we say: a person has to see to the secrets.
    #[error("{why}")]
    Unauthorised {
        /// What it said.
        why: String,
    },
    /// The other side takes no more for now.
    #[error("{why}")]
    Quota {
        /// Until when.
        until: Timestamp,
        /// What it said.
        why: String,
    },
}

impl SendError {
    /// What came in the way, as far as a person can do something about it.
    #[must_use]
    pub const fn trouble(&self) -> DeliveryTrouble {
        match self {
            Self::Retry { trouble, .. } | Self::Refused { trouble, .. } => *trouble,
            Self::Unauthorised { .. } => DeliveryTrouble::Secrets,
            Self::Quota { .. } => DeliveryTrouble::Busy,
        }
    }

    pub(crate) fn retry(trouble: DeliveryTrouble, why: impl Into<String>) -> Self {
        Self::Retry { after: None, trouble, why: why.into() }
    }

    pub(crate) fn refused(trouble: DeliveryTrouble, why: impl Into<String>) -> Self {
        Self::Refused { trouble, why: why.into() }
    }
}

/// Why a channel cannot be opened as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {problem}")]
pub struct Misconfigured {
    /// The field at fault.
    pub field: &'static str,
    /// What is wrong with it.
    pub problem: String,
}

/// Opens a channel. Nothing is sent or connected yet. `tokens` keeps what Zalo renews; other kinds do not ask it.
pub fn open(
    spec: &ChannelSpec,
    secrets: &ChannelSecrets,
    http: reqwest::Client,
    tokens: Arc<dyn TokenStore>,
) -> Result<Box<dyn Channel>, Misconfigured> {
    use domain::ChannelSettings as S;
    let words = Words { language: spec.language, zone: spec.time_zone };
    let needed = |name: &str| -> Result<Secret, Misconfigured> {
        let problem = || format!("{name} is missing");
        let secret = secrets.get(name).cloned();
        secret.ok_or_else(|| Misconfigured { field: "credentials", problem: problem() })
    };
    let login = || Some((secrets.get("username")?.clone(), secrets.get("password")?.clone()));
    Ok(match &spec.settings {
        S::Webhook { url } => {
            Box::new(webhook::Webhook { http, words, url: url.clone(), secret: needed("secret")? })
        }
        S::Zalo { app_id, recipient, api_url, oauth_url, .. } => Box::new(zalo::Zalo {
            http,
            words,
            app_id: app_id.clone(),
            secret_key: needed("secret_key")?,
            recipient: recipient.clone(),
            api: api_url.clone(),
            oauth: oauth_url.clone(),
            tokens,
        }),
        S::Telegram { chat_id, api_url } => Box::new(telegram::Telegram {
            http,
            words,
            chat_id: chat_id.clone(),
            api: api_url.clone(),
            token: needed("token")?,
        }),
        S::Email { host, port, security, from, to } => {
            let server = email::Server { host, port: *port, security: *security, login: login() };
            Box::new(email::Email::new(words, &server, from, to)?)
        }
        S::WebPush { endpoint, p256dh, subject } => {
            let secrets = (&needed("auth")?, &needed("vapid_key")?);
            Box::new(webpush::WebPush::new(http, words, endpoint, (p256dh, subject), secrets)?)
        }
        S::Mqtt { host, port, prefix, discovery_prefix } => Box::new(mqtt::Mqtt {
            words,
            host: host.clone(),
            port: *port,
            prefix: prefix.clone(),
            discovery_prefix: discovery_prefix.clone(),
            login: login(),
        }),
    })
}
