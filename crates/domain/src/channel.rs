//! Channels: where warnings go out, to whom, when, and in which words.

mod routing;
mod settings;

use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use crate::check::{self, Checked};
use crate::{ChannelId, Language, PlaceId, Timestamp};

pub use routing::Routing;
pub use settings::{ChannelSecrets, ChannelSettings, MailSecurity, ZaloRecipient};

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

impl ChannelSpec {
    /// Checks every field.
    pub fn check(&self) -> Checked {
        check::name("name", &self.name)?;
        self.routing.check()?;
        self.settings.check()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Secret;

    fn spec(settings: &str) -> ChannelSpec {
        serde_json::from_str(&format!(r#"{{"name": "Kênh", "settings": {settings}}}"#)).unwrap()
    }

    fn fault(settings: &str) -> &'static str {
        spec(settings).check().unwrap_err().field
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
}
