//! What residents write to a Zalo Official Account, as its webhook tells it: checked, and put into plain words.
//!
//! The account signs with `X-ZEvent-Signature: mac=HEX`, the SHA-256 of the application's identifier, the body, the body's
//! `timestamp` and the account's secret key, one after another.

use domain::GeoPoint;
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

/// Longest text that is taken over.
const LONGEST: usize = 2_000;

/// Something that a resident wrote.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Letter {
    /// The account's name for the resident.
    pub(crate) sender: String,
    /// The message's name.
    pub(crate) message: String,
    /// What it says.
    pub(crate) text: String,
    /// Where the resident was or pointed.
    pub(crate) point: Option<GeoPoint>,
}

/// Why a call of the webhook is left aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BadCall {
    /// It is not signed by the account.
    Forged,
    /// It is no event of Zalo's.
    Malformed,
}

#[derive(Deserialize)]
struct Event {
    app_id: String,
    #[serde(rename = "event_name")]
    name: String,
    timestamp: Timestamp,
    sender: Option<Sender>,
    message: Option<Message>,
}

/// Zalo writes it as text, and as a number in some events.
#[derive(Deserialize)]
#[serde(untagged)]
enum Timestamp {
    Text(String),
    Number(u64),
}

#[derive(Deserialize)]
struct Sender {
    id: String,
}

#[derive(Deserialize)]
struct Message {
    msg_id: String,
    #[serde(default)]
    text: String,
    #[serde(default)]
    attachments: Vec<Attachment>,
}

#[derive(Deserialize)]
struct Attachment {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    payload: Value,
}

/// Reads a call: `Ok(None)` for events that are no letters.
pub(crate) fn read(app_id: &str, key: &str, signature: &str, body: &[u8]) -> Result<Option<Letter>, BadCall> {
    let event: Event = serde_json::from_slice(body).map_err(|_| BadCall::Malformed)?;
    let timestamp = match &event.timestamp {
        Timestamp::Text(text) => text.clone(),
        Timestamp::Number(number) => number.to_string(),
    };
    let made = mac(app_id, body, &timestamp, key);
    let given = signature.strip_prefix("mac=").unwrap_or(signature);
    // Compared by their hashes, so that nothing is learnt from how long it takes.
    if event.app_id != app_id || Sha256::digest(given.to_ascii_lowercase()) != Sha256::digest(&made) {
        return Err(BadCall::Forged);
    }
    let letter = ["user_send_text", "user_send_image", "user_send_location"].contains(&event.name.as_str());
    let (Some(sender), Some(message), true) = (event.sender, event.message, letter) else { return Ok(None) };
    let point = message.attachments.iter().find_map(point);
    let pictures = message.attachments.iter().filter(|attachment| attachment.kind == "image").count();
    let mut text = plain(&message.text);
    let note = match (pictures, point) {
        (0, None) => None,
        (0, Some(_)) => Some("[vị trí]".to_owned()),
        (count, _) => Some(format!("[{count} hình ảnh, xem trên Zalo]")),
    };
    if let Some(note) = note {
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(&note);
    }
    if text.is_empty() || sender.id.is_empty() || message.msg_id.is_empty() {
        return Ok(None);
    }
    Ok(Some(Letter { sender: sender.id, message: message.msg_id, text, point }))
}

/// The signature that the account makes, in hexadecimal.
pub(crate) fn mac(app_id: &str, body: &[u8], timestamp: &str, key: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(app_id);
    hash.update(body);
    hash.update(timestamp);
    hash.update(key);
    format!("{:x}", bytes::Bytes::copy_from_slice(&hash.finalize()))
}

fn point(attachment: &Attachment) -> Option<GeoPoint> {
    let number = |name: &str| {
        let found = attachment.payload.pointer(&format!("/coordinates/{name}"))?;
        found.as_f64().or_else(|| found.as_str()?.parse().ok())
    };
    GeoPoint::new(number("latitude")?, number("longitude")?)
}

/// Without control characters, and no longer than a report may be.
fn plain(text: &str) -> String {
    text.trim().chars().filter(|letter| !letter.is_control() || *letter == '\n').take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const APP: &str = "360846524940903967";

    fn body(event: &str, message: &str) -> String {
        format!(
            r#"{{"app_id":"{APP}","sender":{{"id":"246845883529197922"}},"recipient":{{"id":"388613280878808645"}},"event_name":"{event}","message":{message},"timestamp":"1543908534741"}}"#
        )
    }

    fn letter(event: &str, message: &str) -> Option<Letter> {
        let body = body(event, message);
        let signature = format!("mac={}", mac(APP, body.as_bytes(), "1543908534741", "key"));
        read(APP, "key", &signature, body.as_bytes()).unwrap()
    }

    #[test]
    fn texts_pictures_and_places_are_read() {
        let text = letter("user_send_text", r#"{"text":"Có trộm ở chợ","msg_id":"m1"}"#).unwrap();
        assert_eq!((text.text.as_str(), text.message.as_str()), ("Có trộm ở chợ", "m1"));
        assert_eq!(text.sender, "246845883529197922");
        let image = r#"{"text":"đây","msg_id":"m2","attachments":[{"type":"image","payload":{"url":"https://example.vn/a.jpg"}}]}"#;
        assert_eq!(letter("user_send_image", image).unwrap().text, "đây [1 hình ảnh, xem trên Zalo]");
        let place = r#"{"text":"","msg_id":"m3","attachments":[{"type":"location","payload":{"coordinates":{"latitude":"16.46","longitude":"107.59"}}}]}"#;
        let place = letter("user_send_location", place).unwrap();
        assert_eq!((place.text.as_str(), place.point), ("[vị trí]", GeoPoint::new(16.46, 107.59)));
        assert_eq!(letter("follow", r#"{"msg_id":"m4"}"#), None);
    }

    #[test]
    fn only_the_accounts_own_signature_counts() {
        let body = body("user_send_text", r#"{"text":"x","msg_id":"m1"}"#);
        let signed = |app, key| format!("mac={}", mac(app, body.as_bytes(), "1543908534741", key));
        let refused =
            |app, signature: &str, body: &str| read(app, "key", signature, body.as_bytes()).unwrap_err();
        assert_eq!(refused(APP, &signed(APP, "guess"), &body), BadCall::Forged);
        assert_eq!(refused(APP, "", &body), BadCall::Forged);
        assert_eq!(refused("another", &signed("another", "key"), &body), BadCall::Forged);
        assert_eq!(refused(APP, &signed(APP, "key"), &body.replace('x', "y")), BadCall::Forged);
        assert_eq!(refused(APP, "mac=", "{"), BadCall::Malformed);
    }

    #[test]
    fn any_call_is_read_or_refused() {
        bolero::check!().with_type::<(String, Vec<u8>)>().for_each(|(signature, body)| {
            assert!(read(APP, "key", signature, body).is_err());
        });
    }
}
