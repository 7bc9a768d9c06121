//! A Zalo Official Account, OpenAPI v3.0: text and picture to a person or a group.
//!
//! An access token lasts about a day. Its refresh token renews it once: what comes back is stored before it is used, or
//! the account would be locked out by a crash in between.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{Days, NaiveTime, TimeZone};
use domain::{DeliveryTrouble, Secret, Timestamp, ZaloRecipient};
use reqwest::RequestBuilder;
use reqwest::multipart::{Form, Part};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::Mutex;
use url::Url;

use crate::{Channel, Message, SendError, Sent, Words, http};

/// Longest text of a message, in characters.
const LONGEST: usize = 2000;
/// Largest picture that is taken, in bytes.
const LARGEST_PICTURE: usize = 1_000_000;
/// Pause where too much was sent at once.
const PAUSE: Duration = Duration::from_mins(1);

/// Codes of the OpenAPI, which answers errors with HTTP 200.
mod code {
    /// The access token is wrong or has expired.
    pub(super) const TOKEN: i64 = -216;
    /// Too many calls at once.
    pub(super) const RATE: i64 = -32;
    /// The account, or the one who is written to, has had all messages of today.
    pub(super) const QUOTA: [i64; 2] = [-211, -218];
    /// The person does not follow the account.
    pub(super) const NO_FOLLOWER: i64 = -213;
    /// What will not work later either: parameters that are wrong, an account that may not, a person who has blocked it
    /// or has not written to it lately.
    pub(super) const REFUSED: [i64; 16] =
        [-201, -202, -203, -204, -205, -207, -208, -209, -210, -217, -219, -221, -224, -227, -230, -232];
    /// The refresh token is wrong, was used before or has expired; the secret key or the application is wrong.
    pub(super) const OAUTH: std::ops::RangeInclusive<i64> = -14_999..=-14_000;
}

/// The pair that lets the server speak for an Official Account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ZaloTokens {
    /// Shown with each call.
    pub access: Secret,
    /// Good for one renewal.
    pub refresh: Secret,
}

/// Where the tokens of an account are kept. All channels of one account share one.
#[async_trait]
pub trait TokenStore: Send + Sync {
    /// The tokens as they are stored.
    async fn load(&self) -> Result<ZaloTokens, String>;
    /// Stores renewed tokens. Where that fails, it keeps them and tries again before it gives any out.
    async fn save(&self, tokens: ZaloTokens) -> Result<(), String>;
    /// Whoever renews holds this, so that one refresh token is not used twice.
    fn turn(&self) -> &Mutex<()>;
}

pub(crate) struct Zalo {
    pub(crate) http: reqwest::Client,
    pub(crate) words: Words,
    pub(crate) app_id: String,
    pub(crate) secret_key: Secret,
    pub(crate) recipient: ZaloRecipient,
    pub(crate) api: Url,
    pub(crate) oauth: Url,
    pub(crate) tokens: Arc<dyn TokenStore>,
}

/// What the OpenAPI answers.
#[derive(Deserialize)]
struct Reply {
    error: i64,
    #[serde(default)]
    message: String,
    #[serde(default)]
    data: Value,
}

/// What a renewal answers: tokens, or an error.
#[derive(Deserialize)]
struct Renewed {
    access_token: Option<Secret>,
    refresh_token: Option<Secret>,
    #[serde(default)]
    error: i64,
    #[serde(default)]
    error_name: String,
}

/// Why a call did not work.
enum Failure {
    /// The access token must be renewed.
    Expired(String),
    Other(SendError),
}

#[async_trait]
impl Channel for Zalo {
    async fn send(&self, message: &Message) -> Result<Sent, SendError> {
        let tokens = self.tokens.load().await.map_err(internal)?;
        match self.attempt(message, &tokens.access).await {
            Ok(sent) => Ok(sent),
            Err(Failure::Other(error)) => Err(error),
            Err(Failure::Expired(_)) => {
                let renewed = self.renew(&tokens).await?;
                self.attempt(message, &renewed.access).await.map_err(|failure| match failure {
                    Failure::Other(error) => error,
                    Failure::Expired(why) => SendError::Unauthorised { why },
                })
            }
        }
    }
}

impl Zalo {
    async fn attempt(&self, message: &Message, access: &Secret) -> Result<Sent, Failure> {
        let text = self.words.text(message, LONGEST);
        let picture = match &message.picture {
            Some(jpeg) if jpeg.len() <= LARGEST_PICTURE => self.upload(jpeg, access).await?,
            _ => None,
        };
        let mut content = json!({ "text": text });
        if let (Some(attachment), Some(content)) = (&picture, content.as_object_mut()) {
            let elements = json!([{ "media_type": "image", "attachment_id": attachment }]);
            let payload = json!({ "template_type": "media", "elements": elements });
            content.insert("attachment".to_owned(), json!({ "type": "template", "payload": payload }));
        }
        let (path, recipient) = match &self.recipient {
            ZaloRecipient::User { user_id } => ("v3.0/oa/message/cs", json!({ "user_id": user_id })),
            ZaloRecipient::Group { group_id } => ("v3.0/oa/group/message", json!({ "group_id": group_id })),
        };
        let request = self.post(path)?.json(&json!({ "recipient": recipient, "message": content }));
        self.call(request, access).await?;
        Ok(Sent { with_picture: picture.is_some() })
    }

    /// Uploads a picture; its identifier. A picture that is refused is no reason to keep the warning back.
    async fn upload(&self, jpeg: &[u8], access: &Secret) -> Result<Option<String>, Failure> {
        let part = Part::bytes(jpeg.to_vec()).file_name("taimat.jpg").mime_str("image/jpeg");
        let part =
            part.map_err(|_| SendError::refused(DeliveryTrouble::Internal, "a picture cannot be sent"))?;
        let request = self.post("v2.0/oa/upload/image")?.multipart(Form::new().part("file", part));
        match self.call(request, access).await {
            Ok(data) => Ok(data.get("attachment_id").and_then(Value::as_str).map(str::to_owned)),
            Err(Failure::Other(SendError::Refused { why, .. })) => {
                tracing::warn!(why, "Zalo refused a picture: the warning goes out without");
                Ok(None)
            }
            Err(failure) => Err(failure),
        }
    }

    fn post(&self, path: &str) -> Result<RequestBuilder, SendError> {
        let url = self
            .api
            .join(path)
            .map_err(|_| SendError::refused(DeliveryTrouble::Address, "api_url is no base of addresses"))?;
        Ok(self.http.post(url))
    }

    async fn call(&self, request: RequestBuilder, access: &Secret) -> Result<Value, Failure> {
        let answer = http::send(request.header("access_token", access.reveal())).await?;
        answer.check("")?;
        let reply: Reply = serde_json::from_slice(&answer.body).map_err(|_| {
            SendError::retry(DeliveryTrouble::Faulty, "the answer is none of the Zalo OpenAPI")
        })?;
        let said = crate::render::clean(&reply.message);
        let why = format!("Zalo {}: {said}", reply.error);
        Err(match reply.error {
            0 => return Ok(reply.data),
            code::TOKEN => Failure::Expired(why),
            code::RATE => SendError::Retry { after: Some(PAUSE), trouble: DeliveryTrouble::Busy, why }.into(),
            quota if code::QUOTA.contains(&quota) => SendError::Quota { until: self.tomorrow(), why }.into(),
            code::NO_FOLLOWER => SendError::refused(DeliveryTrouble::Address, why).into(),
            refused if code::REFUSED.contains(&refused) => {
                SendError::refused(DeliveryTrouble::Refused, why).into()
            }
            _ => SendError::retry(DeliveryTrouble::Faulty, why).into(),
        })
    }

    /// When the quotas of a day begin anew, by the clock of the place.
    fn tomorrow(&self) -> Timestamp {
        let now = chrono::Utc::now().with_timezone(&self.words.zone);
        let midnight =
            now.date_naive().checked_add_days(Days::new(1)).map(|day| day.and_time(NaiveTime::MIN));
        let midnight =
            midnight.and_then(|midnight| self.words.zone.from_local_datetime(&midnight).earliest());
        midnight.map_or_else(
            || Timestamp::from(chrono::Utc::now()) + Duration::from_hours(12),
            |midnight| midnight.with_timezone(&chrono::Utc).into(),
        )
    }

    /// Renews the tokens, unless another channel of the account has done so since.
    async fn renew(&self, stale: &ZaloTokens) -> Result<ZaloTokens, SendError> {
        let _turn = self.tokens.turn().lock().await;
        let stored = self.tokens.load().await.map_err(internal)?;
        if stored.access != stale.access {
            return Ok(stored);
        }
        let url = self.oauth.join("v4/oa/access_token");
        let url = url
            .map_err(|_| SendError::refused(DeliveryTrouble::Address, "oauth_url is no base of addresses"))?;
        let form = [
            ("refresh_token", stored.refresh.reveal()),
            ("app_id", &self.app_id),
            ("grant_type", "refresh_token"),
        ];
        let request = self.http.post(url).header("secret_key", self.secret_key.reveal()).form(&form);
        let answer = http::send(request).await?;
        answer.check("")?;
        let renewed: Renewed = serde_json::from_slice(&answer.body).map_err(|_| {
            SendError::retry(DeliveryTrouble::Faulty, "the answer is none of Zalo's to a renewal")
        })?;
        let (Some(access), Some(refresh)) = (renewed.access_token, renewed.refresh_token) else {
            let name = crate::render::clean(&renewed.error_name);
            let why = format!("Zalo {} on renewing the access token: {name}", renewed.error);
            return Err(if code::OAUTH.contains(&renewed.error) {
                SendError::Unauthorised { why: format!("{why}. Grant the application its rights again") }
            } else {
                SendError::retry(DeliveryTrouble::Faulty, why)
            });
        };
        let tokens = ZaloTokens { access, refresh };
        self.tokens.save(tokens.clone()).await.map_err(internal)?;
        Ok(tokens)
    }
}

/// The tokens cannot be had or kept here.
fn internal(why: String) -> SendError {
    SendError::retry(DeliveryTrouble::Internal, why)
}

impl From<SendError> for Failure {
    fn from(error: SendError) -> Self {
        Self::Other(error)
    }
}
