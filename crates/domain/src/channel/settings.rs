//! What kinds of channel there are, what it takes to reach each, and which secrets it shows.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use url::Url;

use crate::Secret;
use crate::check::{Checked, invalid};

/// Longest text of one setting.
const LONGEST_TEXT: usize = 500;
/// Most recipients of one e-mail.
const MOST_ADDRESSES: usize = 100;
/// Longest secret.
const LONGEST_SECRET: usize = 4096;

/// What a channel shows for itself, by name. Never given back, sealed where it is stored.
pub type ChannelSecrets = BTreeMap<String, Secret>;

/// How a connection to a mail server is protected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum MailSecurity {
    /// TLS from the first byte, RFC 8314.
    #[default]
    Tls,
    /// TLS after STARTTLS, RFC 3207; refused where the server does not offer it.
    StartTls,
    /// None: for a server on the same machine.
    None,
}

/// Who is written to on Zalo.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum ZaloRecipient {
    /// A person who follows the Official Account and has written to it lately.
    User {
        /// The person's identifier for this Official Account.
        user_id: String,
    },
    /// A group that the Official Account belongs to.
    Group {
        /// The group's identifier.
        group_id: String,
    },
}

/// What kind of channel, and what it takes to reach it, secrets left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum ChannelSettings {
    /// JSON to another system, signed. Secret: `secret`.
    Webhook {
        /// Where it is posted to.
        #[cfg_attr(feature = "openapi", schema(value_type = String, example = "https://example.vn/taimat"))]
        url: Url,
    },
    /// A Zalo Official Account. Secrets: `access_token`, `refresh_token`, `secret_key`; and `oa_secret_key`, the key of its
    /// webhook, where residents' messages are to become reports.
    Zalo {
        /// The application that the Official Account has granted its rights.
        app_id: String,
        /// The Official Account, where the application serves several. Channels of one account share its tokens.
        #[serde(default)]
        oa_id: String,
        /// Who is written to.
        recipient: ZaloRecipient,
        /// Where the API is.
        #[serde(default = "zalo_api")]
        #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
        api_url: Url,
        /// Where tokens are renewed.
        #[serde(default = "zalo_oauth")]
        #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
        oauth_url: Url,
    },
    /// A Telegram chat. Secret: `token`, the bot's.
    Telegram {
        /// The chat's identifier, or `@name` of a public one.
        chat_id: String,
        /// Where the API is.
        #[serde(default = "telegram_api")]
        #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
        api_url: Url,
    },
    /// E-mail over SMTP. Secrets, where the server asks for them: `username`, `password`.
    Email {
        /// The mail server.
        host: String,
        /// Its port; 465 with TLS and 587 with STARTTLS are usual.
        port: u16,
        /// How the connection is protected.
        #[serde(default)]
        security: MailSecurity,
        /// Who writes.
        from: String,
        /// Who is written to.
        to: Vec<String>,
    },
    /// An MQTT broker, with discovery for Home Assistant. Secrets, where the broker asks for them: `username`, `password`.
    Mqtt {
        /// The broker.
        host: String,
        /// Its port.
        #[serde(default = "mqtt_port")]
        port: u16,
        /// What the topics begin with.
        #[serde(default = "mqtt_prefix")]
        prefix: String,
        /// What the topics begin with at which Home Assistant looks for devices; empty: none are announced.
        #[serde(default = "discovery_prefix")]
        discovery_prefix: String,
    },
    /// A browser that has subscribed, RFC 8030. Secrets: `auth`, which it gives with its subscription, and `vapid_key`: the
    /// private key, in base64url, whose public half it was given when it subscribed.
    WebPush {
        /// Where its push service listens for it.
        #[cfg_attr(feature = "openapi", schema(value_type = String, example = "https://push.example.net/v1/abc"))]
        endpoint: Url,
        /// Its public key, in base64url.
        p256dh: String,
        /// Whom the push service may ask about messages: `mailto:` or `https:`.
        subject: String,
    },
}

fn address(text: &str) -> Url {
    // Only ever given the constants below, which a test parses.
    #[expect(clippy::expect_used, reason = "a constant")]
    Url::parse(text).expect("an address")
}

fn zalo_api() -> Url {
    address("https://openapi.zalo.me/")
}

fn zalo_oauth() -> Url {
    address("https://oauth.zaloapp.com/")
}

fn telegram_api() -> Url {
    address("https://api.telegram.org/")
}

fn mqtt_port() -> u16 {
    1883
}

fn mqtt_prefix() -> String {
    "taimat".to_owned()
}

fn discovery_prefix() -> String {
    "homeassistant".to_owned()
}

impl ChannelSettings {
    /// The name of the kind in the API and in metrics.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Webhook { .. } => "webhook",
            Self::Zalo { .. } => "zalo",
            Self::Telegram { .. } => "telegram",
            Self::Email { .. } => "email",
            Self::Mqtt { .. } => "mqtt",
            Self::WebPush { .. } => "web_push",
        }
    }

    /// The names of secrets that it needs, and of those that it may have besides.
    #[must_use]
    pub const fn secret_names(&self) -> (&'static [&'static str], &'static [&'static str]) {
        match self {
            Self::Webhook { .. } => (&["secret"], &[]),
            Self::Zalo { .. } => (&["access_token", "refresh_token", "secret_key"], &["oa_secret_key"]),
            Self::Telegram { .. } => (&["token"], &[]),
            Self::WebPush { .. } => (&["auth", "vapid_key"], &[]),
            Self::Email { .. } | Self::Mqtt { .. } => (&[], &["username", "password"]),
        }
    }

    /// Whether secrets that were given for the other are shown to the same side by this one.
    #[must_use]
    pub fn leads_as(&self, other: &Self) -> bool {
        match (self, other) {
            (
                Self::Zalo { app_id, oa_id, api_url, oauth_url, .. },
                Self::Zalo { app_id: app, oa_id: oa, api_url: api, oauth_url: oauth, .. },
            ) => app_id == app && oa_id == oa && api_url == api && oauth_url == oauth,
            (Self::Telegram { api_url, .. }, Self::Telegram { api_url: api, .. }) => api_url == api,
            (
                Self::Email { host, port, security, .. },
                Self::Email { host: other_host, port: other_port, security: other_security, .. },
            ) => host == other_host && port == other_port && security == other_security,
            (Self::Mqtt { host, port, .. }, Self::Mqtt { host: other_host, port: other_port, .. }) => {
                host == other_host && port == other_port
            }
            (Self::Webhook { url }, Self::Webhook { url: other }) => url == other,
            (Self::WebPush { endpoint, .. }, Self::WebPush { endpoint: other, .. }) => endpoint == other,
            _ => false,
        }
    }

    /// Checks that the secrets are those that it needs.
    pub fn check_secrets(&self, secrets: &ChannelSecrets) -> Checked {
        let (needed, optional) = self.secret_names();
        if let Some(missing) = needed.iter().find(|name| !secrets.contains_key(**name)) {
            return invalid("credentials", format!("{missing} is missing: {} needs it", self.kind()));
        }
        let known = |name: &str| needed.contains(&name) || optional.contains(&name);
        if let Some(other) = secrets.keys().find(|name| !known(name)) {
            let other: String = other.chars().take(50).collect();
            return invalid("credentials", format!("{other:?} is none that {} knows", self.kind()));
        }
        let wrong = |secret: &Secret| {
            let text = secret.reveal();
            text.is_empty() || text.len() > LONGEST_SECRET || text.chars().any(char::is_control)
        };
        match secrets.iter().find(|(_, secret)| wrong(secret)) {
            Some((name, _)) => invalid(
                "credentials",
                format!("{name} needs 1 to {LONGEST_SECRET} characters, none of them a control"),
            ),
            None => Ok(()),
        }
    }

    pub(super) fn check(&self) -> Checked {
        match self {
            Self::Webhook { url } => web_address("settings.url", url),
            Self::Zalo { app_id, oa_id, recipient, api_url, oauth_url } => {
                plain("settings.app_id", app_id)?;
                if !oa_id.is_empty() {
                    plain("settings.oa_id", oa_id)?;
                }
                match recipient {
                    ZaloRecipient::User { user_id } => plain("settings.recipient.user_id", user_id)?,
                    ZaloRecipient::Group { group_id } => plain("settings.recipient.group_id", group_id)?,
                }
                web_address("settings.api_url", api_url)?;
                web_address("settings.oauth_url", oauth_url)
            }
            Self::Telegram { chat_id, api_url } => {
                plain("settings.chat_id", chat_id)?;
                web_address("settings.api_url", api_url)
            }
            Self::Email { host, from, to, .. } => {
                plain("settings.host", host)?;
                mail_address("settings.from", from)?;
                if to.is_empty() || to.len() > MOST_ADDRESSES {
                    return invalid("settings.to", format!("it needs 1 to {MOST_ADDRESSES} addresses"));
                }
                to.iter().try_for_each(|one| mail_address("settings.to", one))
            }
            Self::WebPush { endpoint, p256dh, subject } => {
                web_address("settings.endpoint", endpoint)?;
                plain("settings.p256dh", p256dh)?;
                plain("settings.subject", subject)?;
                if !subject.starts_with("mailto:") && !subject.starts_with("https:") {
                    return invalid("settings.subject", "it must begin with mailto: or https:");
                }
                Ok(())
            }
            Self::Mqtt { host, prefix, discovery_prefix, .. } => {
                plain("settings.host", host)?;
                topic("settings.prefix", prefix)?;
                if discovery_prefix.is_empty() {
                    return Ok(());
                }
                topic("settings.discovery_prefix", discovery_prefix)
            }
        }
    }
}

/// Some text without blanks and control characters.
fn plain(field: &'static str, text: &str) -> Checked {
    let blank = text.is_empty() || text.chars().any(|letter| letter.is_control() || letter.is_whitespace());
    if blank || text.len() > LONGEST_TEXT {
        return invalid(field, format!("it needs 1 to {LONGEST_TEXT} characters without blanks"));
    }
    Ok(())
}

fn web_address(field: &'static str, url: &Url) -> Checked {
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() || url.cannot_be_a_base() {
        return invalid(field, "it must be an address such as https://example.vn/path");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return invalid(field, "give secrets apart, not in the address");
    }
    Ok(())
}

/// An address without a name beside it, RFC 5321 §4.1.2. The mail library reads it again, more strictly.
fn mail_address(field: &'static str, text: &str) -> Checked {
    plain(field, text)?;
    let parts = text.rsplit_once('@');
    let odd = |letter: char| matches!(letter, '<' | '>' | ',' | ';' | '"' | '(' | ')' | '\\');
    match parts {
        Some((local, domain)) if !local.is_empty() && !domain.is_empty() && !text.contains(odd) => Ok(()),
        _ => invalid(field, "it must be an address such as truc.ban@example.vn"),
    }
}

/// The beginning of a topic: no wildcards, MQTT 5.0 §4.7.
fn topic(field: &'static str, text: &str) -> Checked {
    plain(field, text)?;
    if text.contains(['#', '+', '$']) || text.starts_with('/') || text.ends_with('/') {
        return invalid(field, "it must be words such as taimat, parted by slashes, without #, + and $");
    }
    Ok(())
}
