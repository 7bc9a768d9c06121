//! A Telegram chat, by a bot.

use async_trait::async_trait;
use domain::{DeliveryTrouble, Secret};
use reqwest::multipart::{Form, Part};
use serde::Deserialize;
use serde_json::json;
use url::Url;

use crate::http::bounded;
use crate::render::{clean, html, shortened};
use crate::{Channel, Message, SendError, Sent, Words, http};

/// Longest text and longest caption of a picture, in UTF-16 units after markup was read.
const LONGEST_TEXT: usize = 4096;
const LONGEST_CAPTION: usize = 1024;

pub(crate) struct Telegram {
    pub(crate) http: reqwest::Client,
    pub(crate) words: Words,
    pub(crate) chat_id: String,
    pub(crate) api: Url,
    pub(crate) token: Secret,
}

/// What the Bot API answers.
#[derive(Deserialize)]
struct Reply {
    ok: bool,
    #[serde(default)]
    description: String,
    #[serde(default)]
    parameters: Parameters,
}

#[derive(Default, Deserialize)]
struct Parameters {
    retry_after: Option<u64>,
}

impl Telegram {
    /// Title in bold, then the rest. Length is counted before markup, as the Bot API does.
    fn markup(&self, message: &Message, longest: usize) -> String {
        let text = self.words.text(message, longest);
        let (title, rest) = text.split_once('\n').unwrap_or((&text, ""));
        format!("<b>{}</b>\n{}", html(title), html(rest))
    }

    fn method(&self, name: &str) -> Result<Url, SendError> {
        let mut url = self.api.clone();
        // Not joined: a token has a colon in it, and would be read as a scheme.
        let mut segments = url
            .path_segments_mut()
            .map_err(|()| SendError::refused(DeliveryTrouble::Address, "api_url is no base of addresses"))?;
        segments.pop_if_empty().extend([format!("bot{}", self.token.reveal()).as_str(), name]);
        drop(segments);
        Ok(url)
    }
}

#[async_trait]
impl Channel for Telegram {
    async fn send(&self, message: &Message) -> Result<Sent, SendError> {
        let request = if let Some(jpeg) = &message.picture {
            let part = Part::stream_with_length(jpeg.clone(), jpeg.len() as u64).file_name("taimat.jpg");
            let part = part
                .mime_str("image/jpeg")
                .map_err(|_| SendError::refused(DeliveryTrouble::Internal, "a picture cannot be sent"))?;
            let form = Form::new()
                .text("chat_id", self.chat_id.clone())
                .text("caption", self.markup(message, LONGEST_CAPTION))
                .text("parse_mode", "HTML")
                .part("photo", part);
            self.http.post(self.method("sendPhoto")?).multipart(form)
        } else {
            self.http.post(self.method("sendMessage")?).json(&json!({
                "chat_id": self.chat_id,
                "text": self.markup(message, LONGEST_TEXT),
                "parse_mode": "HTML",
                "link_preview_options": { "is_disabled": true },
            }))
        };
        let answer = http::send(request).await?;
        let Ok(reply) = serde_json::from_slice::<Reply>(&answer.body) else {
            answer.check("")?;
            return Err(SendError::retry(DeliveryTrouble::Faulty, "the answer is none of the Bot API"));
        };
        if reply.ok {
            return Ok(Sent { with_picture: message.picture.is_some() });
        }
        let code = answer.status.as_u16();
        let why = format!("Telegram {code}: {}", shortened(&clean(&reply.description), 200));
        Err(match code {
            429 => {
                let after = reply.parameters.retry_after.map(bounded);
                SendError::Retry { after, trouble: DeliveryTrouble::Busy, why }
            }
            // A token that is none is answered with "Not Found".
            401 | 404 => SendError::Unauthorised { why },
            // The bot was thrown out of the group or blocked by the person; of the rest only the words tell.
            403 => SendError::refused(DeliveryTrouble::Address, why),
            400 if reply.description.contains("chat not found") => {
                SendError::refused(DeliveryTrouble::Address, why)
            }
            400..500 => SendError::refused(DeliveryTrouble::Refused, why),
            _ => SendError::retry(DeliveryTrouble::Faulty, why),
        })
    }
}
