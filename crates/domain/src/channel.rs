//! Channels: where warnings go out, to whom, when, and in which words.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::{ChannelId, PlaceId, RuleId, Schedule, Secret, Severity, Timestamp};

/// Longest name of a channel.
const LONGEST_NAME: usize = 200;
/// Longest text of one setting.
const LONGEST_TEXT: usize = 500;
/// Most rules that one channel names.
const MOST_RULES: usize = 1000;
/// Most recipients of one e-mail.
const MOST_ADDRESSES: usize = 100;
/// Longest time that a digest gathers, in minutes: a day.
const LONGEST_DIGEST: u32 = 24 * 60;
/// Longest secret.
const LONGEST_SECRET: usize = 4096;

/// What a channel shows for itself, by name. Never given back, sealed where it is stored.
pub type ChannelSecrets = BTreeMap<String, Secret>;

/// In which language people are written to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Language {
    /// Vietnamese.
    #[default]
    Vi,
    /// English.
    En,
}

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

/// What goes out on a channel, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Routing {
    /// At least so severe.
    pub least_severity: Severity,
    /// Flagged by one of these rules; none: by any.
    pub rules: Vec<RuleId>,
    /// Whether it is told as well that somebody has decided, or has taken that back, where it was told before.
    pub resolved: bool,
    /// When only alarms go out; the rest waits and follows as one digest.
    pub quiet: Option<Schedule>,
    /// What is less than an alarm is gathered for so many minutes and goes out as one digest.
    pub digest_minutes: Option<u32>,
}

impl Default for Routing {
    fn default() -> Self {
        Self {
            least_severity: Severity::Alert,
            rules: Vec::new(),
            resolved: false,
            quiet: None,
            digest_minutes: None,
        }
    }
}

/// What a person says of a channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ChannelSpec {
    /// What people call it.
    #[cfg_attr(feature = "openapi", schema(example = "Nhóm Zalo kết nối bình yên Tổ 5"))]
    pub name: String,
    /// Where it leads.
    pub settings: ChannelSettings,
    /// What goes out on it, and when.
    #[serde(default)]
    pub routing: Routing,
    /// In which language.
    #[serde(default)]
    pub language: Language,
    /// The clock by which times are told.
    #[serde(default = "home")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, example = "Asia/Ho_Chi_Minh"))]
    pub time_zone: Tz,
    /// Whether those who are written to may see pictures.
    #[serde(default)]
    pub allow_pictures: bool,
    /// Whether it is on.
    #[serde(default = "yes")]
    pub enabled: bool,
}

fn home() -> Tz {
    Tz::Asia__Ho_Chi_Minh
}

fn yes() -> bool {
    true
}

/// A channel of a place: it is told of what happens there and below.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Channel {
    /// Identifier.
    pub id: ChannelId,
    /// The place whose channel it is.
    pub place_id: PlaceId,
    /// What it is.
    #[serde(flatten)]
    pub spec: ChannelSpec,
    /// Whether secrets are stored for it.
    pub has_secrets: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// Raised by each change.
    pub version: i64,
}

/// What is wrong with a channel.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {problem}")]
pub struct InvalidChannel {
    /// The field at fault.
    pub field: &'static str,
    /// What is wrong with it, and what would be right.
    pub problem: String,
}

type Checked = Result<(), InvalidChannel>;

fn invalid(field: &'static str, problem: impl Into<String>) -> Checked {
    Err(InvalidChannel { field, problem: problem.into() })
}

impl ChannelSpec {
    /// Checks every field.
    pub fn check(&self) -> Checked {
        let length = self.name.trim().chars().count();
        if !(1..=LONGEST_NAME).contains(&length) || self.name.chars().any(char::is_control) {
            return invalid(
                "name",
                format!("it needs 1 to {LONGEST_NAME} characters, none of them a control"),
            );
        }
        self.routing.check()?;
        self.settings.check()
    }
}

impl Routing {
    fn check(&self) -> Checked {
        if self.rules.len() > MOST_RULES {
            return invalid("routing.rules", format!("at most {MOST_RULES}: leave it empty for all"));
        }
        if let Some(problem) = self.quiet.as_ref().and_then(Schedule::problem) {
            return invalid("routing.quiet", problem);
        }
        match self.digest_minutes {
            Some(minutes) if !(1..=LONGEST_DIGEST).contains(&minutes) => {
                invalid("routing.digest_minutes", format!("{minutes} is not from 1 to {LONGEST_DIGEST}"))
            }
            _ => Ok(()),
        }
    }

    /// Until when something of this severity waits for others to go out with it; `None`: it goes out now.
    #[must_use]
    pub fn held_until(&self, severity: Severity, now: Timestamp) -> Option<Timestamp> {
        if severity >= Severity::Alarm {
            return None;
        }
        let digest = self.digest_minutes.map(|minutes| {
            let step = i64::from(minutes) * 60_000_000;
            now.plus_micros(step - now.as_micros().rem_euclid(step))
        });
        let from = digest.unwrap_or(now);
        let quiet = self.quiet.as_ref().and_then(|quiet| after_quiet(quiet, from));
        quiet.or(digest)
    }
}

/// The first minute that is not quiet, a week later at most; `None` where it is not quiet now.
fn after_quiet(quiet: &Schedule, now: Timestamp) -> Option<Timestamp> {
    if !quiet.holds(now) {
        return None;
    }
    let minutes = (1..=7 * 24 * 60).map(|minute| now.minute() + Duration::from_secs(minute * 60));
    let mut minutes = minutes.skip_while(|minute| quiet.holds(*minute));
    // Quiet for ever is quiet for a week.
    Some(minutes.next().unwrap_or(now + Duration::from_hours(7 * 24)))
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

    fn check(&self) -> Checked {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(settings: &str) -> ChannelSpec {
        serde_json::from_str(&format!(r#"{{"name": "Kênh", "settings": {settings}}}"#)).unwrap()
    }

    fn fault(settings: &str) -> &'static str {
        spec(settings).check().unwrap_err().field
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn usual_addresses_are_filled_in_and_what_makes_no_channel_names_the_field() {
        let group = r#"{"type": "zalo", "app_id": "1", "recipient": {"type": "group", "group_id": "g"}}"#;
        let zalo = spec(group);
        assert_eq!(zalo.check(), Ok(()));
        let ChannelSettings::Zalo { api_url, oauth_url, .. } = &zalo.settings else { panic!("{zalo:?}") };
        assert_eq!(
            (api_url.host_str(), oauth_url.host_str()),
            (Some("openapi.zalo.me"), Some("oauth.zaloapp.com"))
        );
        assert_eq!(spec(r#"{"type": "telegram", "chat_id": "-1"}"#).check(), Ok(()));
        for (wrong, field) in [
            (r#"{"type": "webhook", "url": "ftp://example.vn/"}"#, "settings.url"),
            (r#"{"type": "webhook", "url": "https://a:b@example.vn/"}"#, "settings.url"),
            (r#"{"type": "telegram", "chat_id": "1\n2"}"#, "settings.chat_id"),
            (
                r#"{"type": "email", "host": "h", "port": 25, "from": "a@b", "to": ["a@b\r\nBcc: c@d"]}"#,
                "settings.to",
            ),
            (r#"{"type": "email", "host": "h", "port": 25, "from": "a", "to": ["a@b"]}"#, "settings.from"),
            (r#"{"type": "mqtt", "host": "h", "prefix": "a/#"}"#, "settings.prefix"),
        ] {
            assert_eq!(fault(wrong), field, "{wrong}");
        }
        assert!(serde_json::from_str::<ChannelSettings>(r#"{"type": "pigeon"}"#).is_err());
    }

    #[test]
    fn secrets_must_be_those_that_the_kind_knows() {
        let settings = spec(r#"{"type": "webhook", "url": "https://example.vn/"}"#).settings;
        let secrets = |pairs: &[(&str, &str)]| -> ChannelSecrets {
            pairs.iter().map(|(name, text)| ((*name).to_owned(), Secret::new(*text))).collect()
        };
        assert_eq!(settings.check_secrets(&secrets(&[("secret", "x")])), Ok(()));
        for wrong in [secrets(&[]), secrets(&[("secret", "")]), secrets(&[("secret", "x"), ("token", "y")])] {
            assert_eq!(settings.check_secrets(&wrong).unwrap_err().field, "credentials");
        }
        let hidden = settings.check_secrets(&secrets(&[("secret", "hunter2\n")])).unwrap_err();
        assert!(!hidden.to_string().contains("hunter2"));
    }

    #[test]
    fn alarms_pass_and_the_rest_waits_for_the_morning_or_for_the_digest() {
        let nights: Schedule = serde_json::from_str(
            r#"{"weekly": [{"days": ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"],
                "from": "22:00", "to": "05:30"}]}"#,
        )
        .unwrap();
        let quiet = Routing { quiet: Some(nights), ..Routing::default() };
        // The clock of the place is seven hours ahead of UTC.
        let night = at("2026-11-24T16:20:30Z");
        assert_eq!(quiet.held_until(Severity::Alarm, night), None);
        assert_eq!(quiet.held_until(Severity::Alert, night), Some(at("2026-11-24T22:30:00Z")));
        assert_eq!(quiet.held_until(Severity::Alert, at("2026-11-24T22:30:00Z")), None);
        let gathering = Routing { digest_minutes: Some(30), ..quiet.clone() };
        assert_eq!(
            gathering.held_until(Severity::Notice, at("2026-11-24T03:10:00Z")),
            Some(at("2026-11-24T03:30:00Z"))
        );
        assert_eq!(gathering.held_until(Severity::Notice, night), Some(at("2026-11-24T22:30:00Z")));
        assert_eq!(Routing::default().held_until(Severity::Notice, night), None);
    }
}
