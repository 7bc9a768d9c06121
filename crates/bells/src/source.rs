//! The shapes of messages: which are about bells, and where in them things stand.

use domain::{BellSignal, Press};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Longest message that is read, in bytes.
const LONGEST: usize = 64 * 1024;
/// Longest name of a device, in characters.
const LONGEST_DEVICE: usize = 200;

/// A kind of message about bells.
///
/// A place in a message is a JSON pointer (RFC 6901), such as `/action`; the empty one is the whole message. A message
/// that is no JSON counts as a string.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Topic filter: `+` stands for one level, `#` for all that follow.
    pub topic: String,
    /// Where the device's name stands: a place in the message, or `topic/2` for the second level of the topic.
    pub device: String,
    /// What says that it was pressed.
    pub press: Sign,
    /// What says that it was pressed to try it.
    #[serde(default)]
    pub test: Option<Sign>,
    /// Where the battery's charge stands, in percent.
    #[serde(default)]
    pub battery: Option<String>,
}

/// Something that a message may say.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sign {
    /// Where it stands.
    pub path: String,
    /// What stands there then: one of these; anything at all where there are none.
    #[serde(default)]
    pub values: Vec<String>,
}

/// Why a message of a bell cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadMessage {
    /// More than 64 KiB.
    #[error("it is too long")]
    TooLong,
    /// Neither JSON nor text.
    #[error("it is neither JSON nor text")]
    Malformed,
    /// The device's name is none.
    #[error("the name of the device is none")]
    NoDevice,
}

impl BadMessage {
    /// The name in metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TooLong => "too_long",
            Self::Malformed => "malformed",
            Self::NoDevice => "no_device",
        }
    }
}

impl Source {
    /// Buttons of Zigbee2MQTT: `zigbee2mqtt/NAME` with `{"action": "single", "battery": 97}`.
    #[must_use]
    pub fn zigbee2mqtt() -> Self {
        let values = ["single", "double", "long", "hold", "on", "press", "emergency", "panic"];
        Self {
            topic: "zigbee2mqtt/+".to_owned(),
            device: "topic/2".to_owned(),
            press: Sign { path: "/action".to_owned(), values: values.map(str::to_owned).to_vec() },
            test: Some(Sign { path: "/action".to_owned(), values: vec!["test".to_owned()] }),
            battery: Some("/battery".to_owned()),
        }
    }

    /// An RF bridge with Tasmota: `tele/NAME/RESULT` with `{"RfReceived": {"Data": "7028D3"}}`.
    #[must_use]
    pub fn tasmota_rf() -> Self {
        Self {
            topic: "tele/+/RESULT".to_owned(),
            device: "/RfReceived/Data".to_owned(),
            press: Sign { path: "/RfReceived/Data".to_owned(), values: Vec::new() },
            test: None,
            battery: None,
        }
    }

    /// What a message says; `None` where it is not about a bell.
    pub fn read(&self, topic: &str, payload: &[u8]) -> Result<Option<BellSignal>, BadMessage> {
        if !rumqttc::matches(topic, &self.topic) {
            return Ok(None);
        }
        if payload.len() > LONGEST {
            return Err(BadMessage::TooLong);
        }
        let message = read(payload)?;
        let device = match self.device.strip_prefix("topic/") {
            Some(level) => {
                let level = level.parse::<usize>().ok().and_then(|level| level.checked_sub(1));
                level.and_then(|level| topic.split('/').nth(level)).map(str::to_owned)
            }
            None => match at(&message, &self.device) {
                None => return Ok(None),
                found => found,
            },
        };
        let valid = |name: &String| {
            let length = name.chars().count();
            (1..=LONGEST_DEVICE).contains(&length) && !name.chars().any(char::is_control)
        };
        let device = device.filter(valid).ok_or(BadMessage::NoDevice)?;
        let press = match &self.test {
            Some(test) if test.is_in(&message) => Some(Press::Test),
            _ => self.press.is_in(&message).then_some(Press::Real),
        };
        let percent = self.battery.as_ref().and_then(|path| message.pointer(path)).and_then(Value::as_f64);
        let battery = percent.map(|percent| (percent / 100.0).clamp(0.0, 1.0) as f32);
        Ok(Some(BellSignal { device, press, battery }))
    }
}

impl Sign {
    fn is_in(&self, message: &Value) -> bool {
        let found = at(message, &self.path);
        found.is_some_and(|found| self.values.is_empty() || self.values.contains(&found))
    }
}

fn read(payload: &[u8]) -> Result<Value, BadMessage> {
    let text = std::str::from_utf8(payload).map_err(|_| BadMessage::Malformed)?;
    match serde_json::from_str(text) {
        Ok(value) => Ok(value),
        Err(_) if text.trim_start().starts_with(['{', '[']) => Err(BadMessage::Malformed),
        Err(_) => Ok(Value::String(text.trim().to_owned())),
    }
}

/// What stands at a place of a message, as text.
fn at(message: &Value, path: &str) -> Option<String> {
    match message.pointer(path)? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(yes) => Some(yes.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signal(source: &Source, topic: &str, payload: &str) -> Option<BellSignal> {
        source.read(topic, payload.as_bytes()).unwrap()
    }

    fn pressed(device: &str, press: Press, battery: Option<f32>) -> BellSignal {
        BellSignal { device: device.to_owned(), press: Some(press), battery }
    }

    #[test]
    fn buttons_of_zigbee2mqtt() {
        let source = Source::zigbee2mqtt();
        let read = |topic: &str, payload: &str| signal(&source, topic, payload);
        let payload = r#"{"action":"single","battery":97,"linkquality":120,"voltage":3000}"#;
        assert_eq!(
            read("zigbee2mqtt/nha-ong-ba", payload),
            Some(pressed("nha-ong-ba", Press::Real, Some(0.97)))
        );
        let payload = r#"{"action":"test","battery":12}"#;
        assert_eq!(
            read("zigbee2mqtt/nha-ong-ba", payload),
            Some(pressed("nha-ong-ba", Press::Test, Some(0.12)))
        );
        // The button is let go, or says how it fares.
        for payload in
            [r#"{"action":"","battery":97}"#, r#"{"action":null,"battery":97}"#, r#"{"battery":97}"#]
        {
            let heard = read("zigbee2mqtt/nha-ong-ba", payload).unwrap();
            assert_eq!((heard.press, heard.battery), (None, Some(0.97)), "{payload}");
        }
        assert_eq!(read("zigbee2mqtt/bridge/state", r#"{"state":"online"}"#), None);
    }

    #[test]
    fn an_rf_bridge_with_tasmota() {
        let source = Source::tasmota_rf();
        let payload = r#"{"Time":"2026-11-24T08:00:00","RfReceived":{"Sync":12510,"Low":420,"High":1250,"Data":"7028D3","RfKey":"None"}}"#;
        assert_eq!(
            signal(&source, "tele/cau-noi/RESULT", payload),
            Some(pressed("7028D3", Press::Real, None))
        );
        assert_eq!(signal(&source, "tele/cau-noi/RESULT", r#"{"Switch1":"ON"}"#), None);
        assert_eq!(signal(&source, "tele/cau-noi/STATE", payload), None);
    }

    #[test]
    fn plain_text_is_a_message_and_broken_json_is_none() {
        let sign = |value: &str| Sign { path: String::new(), values: vec![value.to_owned()] };
        let source = Source {
            topic: "chuong/+/nut".to_owned(),
            device: "topic/2".to_owned(),
            press: sign("ON"),
            test: Some(sign("TEST")),
            battery: None,
        };
        assert_eq!(signal(&source, "chuong/12/nut", "ON\n"), Some(pressed("12", Press::Real, None)));
        assert_eq!(signal(&source, "chuong/12/nut", "TEST"), Some(pressed("12", Press::Test, None)));
        assert_eq!(signal(&source, "chuong/12/nut", "OFF").unwrap().press, None);
        let refused = |topic: &str, payload: &[u8]| source.read(topic, payload).unwrap_err();
        assert_eq!(refused("chuong/12/nut", br#"{"action": "#), BadMessage::Malformed);
        assert_eq!(refused("chuong/12/nut", &[0xff, 0xfe]), BadMessage::Malformed);
        assert_eq!(refused("chuong//nut", b"ON"), BadMessage::NoDevice);
        assert_eq!(refused("chuong/12/nut", &vec![b'1'; LONGEST + 1]), BadMessage::TooLong);
    }

    #[test]
    fn no_message_makes_it_panic() {
        let sources = [Source::zigbee2mqtt(), Source::tasmota_rf()];
        bolero::check!().with_type::<(String, Vec<u8>)>().for_each(|(name, payload)| {
            for (source, topic) in
                sources.iter().zip([format!("zigbee2mqtt/{name}"), format!("tele/{name}/RESULT")])
            {
                if let Ok(Some(signal)) = source.read(&topic, payload) {
                    assert!(!signal.device.is_empty());
                    assert!(signal.battery.is_none_or(|battery| (0.0..=1.0).contains(&battery)));
                }
            }
        });
    }
}
