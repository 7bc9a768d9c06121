//! An MQTT broker, with discovery for Home Assistant: a sensor for each place and severity that is on while something of
//! that severity is open there, and an event for each message.

use std::time::Duration;

use async_trait::async_trait;
use domain::{DeliveryTrouble, Secret, Severity};
use rumqttc::{AsyncClient, ConnectReturnCode, ConnectionError, Event, EventLoop, MqttOptions, Packet, QoS};
use serde_json::{Value, json};

use crate::render::clean;
use crate::{Channel, Message, OpenItems, SendError, Sent, Words};

/// Longest time for all that one message publishes.
const WHOLE: Duration = Duration::from_secs(20);
const KEEP_ALIVE: Duration = Duration::from_secs(10);
/// Largest packet, in bytes: a digest of hundreds.
const LARGEST: usize = 512 * 1024;
/// Places of one message whose sensors are set; a digest may name many.
const MOST_PLACES: usize = 50;

pub(crate) struct Mqtt {
    pub(crate) words: Words,
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) prefix: String,
    pub(crate) discovery_prefix: String,
    pub(crate) login: Option<(Secret, Secret)>,
}

struct Publication {
    topic: String,
    retained: bool,
    payload: String,
}

impl Mqtt {
    fn publications(&self, message: &Message) -> Vec<Publication> {
        let mut all = Vec::new();
        for open in message.open.iter().take(MOST_PLACES) {
            for severity in Severity::ALL {
                all.extend(self.sensor(open, *severity));
            }
        }
        let place = message.open.first().map(|open| open.place_id.0.simple().to_string());
        let topic = match place {
            Some(place) => format!("{}/{place}/event", self.prefix),
            None => format!("{}/event", self.prefix),
        };
        let event = json!({
            "type": message.kind,
            "idempotency_key": message.key,
            "title": self.words.title(message),
            "text": self.words.text(message, 4000),
            "warnings": message.warnings,
            "link": message.link,
        });
        all.push(Publication { topic, retained: false, payload: event.to_string() });
        all
    }

    /// A sensor's announcement (<https://www.home-assistant.io/integrations/mqtt/#mqtt-discovery>) and its state.
    fn sensor(&self, open: &OpenItems, severity: Severity) -> Vec<Publication> {
        let place = open.place_id.0.simple();
        let base = format!("{}/{place}/{severity}", self.prefix);
        let id = format!("taimat_{place}_{severity}");
        let name = self.words.language.severity(severity);
        let count = open.count.get(&severity).copied().unwrap_or(0);
        let retained = |topic, payload| Publication { topic, retained: true, payload };
        let mut all = Vec::new();
        if !self.discovery_prefix.is_empty() {
            let device: Value = json!({ "identifiers": [format!("taimat_{place}")], "name": clean(&open.place), "manufacturer": "Taimat" });
            let config = json!({
                "name": name,
                "unique_id": id,
                "object_id": id,
                "state_topic": format!("{base}/state"),
                "json_attributes_topic": format!("{base}/attributes"),
                "payload_on": "ON",
                "payload_off": "OFF",
                "device_class": "safety",
                "device": device,
            });
            let topic = format!("{}/binary_sensor/{id}/config", self.discovery_prefix);
            all.push(retained(topic, config.to_string()));
        }
        let state = if count > 0 { "ON" } else { "OFF" };
        all.push(retained(format!("{base}/attributes"), json!({ "open": count }).to_string()));
        all.push(retained(format!("{base}/state"), state.to_owned()));
        all
    }
}

#[async_trait]
impl Channel for Mqtt {
    async fn send(&self, message: &Message) -> Result<Sent, SendError> {
        let publications = self.publications(message);
        // A name of its own for each connection: a broker throws out an older one of the same name.
        let name =
            format!("taimat-{:x}", std::process::id()) + &format!("-{:x}", message.sent_at.as_micros());
        let mut options = MqttOptions::new(name, &self.host, self.port);
        options.set_keep_alive(KEEP_ALIVE).set_max_packet_size(LARGEST, LARGEST);
        if let Some((username, password)) = &self.login {
            options.set_credentials(username.reveal(), password.reveal());
        }
        let (client, events) = AsyncClient::new(options, publications.len() + 1);
        let count = publications.len();
        for Publication { topic, retained, payload } in publications {
            let queued = client.try_publish(topic, QoS::AtLeastOnce, retained, payload);
            queued.map_err(|_| SendError::refused(DeliveryTrouble::Refused, "a topic is not valid"))?;
        }
        let taken = tokio::time::timeout(WHOLE, acknowledged(events, &client, count)).await;
        taken
            .map_err(|_| SendError::retry(DeliveryTrouble::Silent, "the broker does not answer in time"))??;
        Ok(Sent { with_picture: false })
    }
}

/// Waits until the broker has taken all, and says goodbye.
async fn acknowledged(mut events: EventLoop, client: &AsyncClient, count: usize) -> Result<(), SendError> {
    let mut missing = count;
    loop {
        match events.poll().await {
            Ok(Event::Incoming(Packet::PubAck(_))) => {
                missing = missing.saturating_sub(1);
                if missing == 0 && client.try_disconnect().is_err() {
                    return Ok(());
                }
            }
            Ok(Event::Outgoing(rumqttc::Outgoing::Disconnect)) => return Ok(()),
            Ok(_) => {}
            // What ends after all was taken ends well.
            Err(_) if missing == 0 => return Ok(()),
            Err(error) => return Err(failure(&error)),
        }
    }
}

fn failure(error: &ConnectionError) -> SendError {
    use ConnectReturnCode as Code;
    let why = format!("broker: {error}");
    match error {
        ConnectionError::ConnectionRefused(Code::BadUserNamePassword | Code::NotAuthorized) => {
            SendError::Unauthorised { why }
        }
        ConnectionError::ConnectionRefused(_)
        | ConnectionError::MqttState(_)
        | ConnectionError::NotConnAck(_) => SendError::retry(DeliveryTrouble::Faulty, why),
        ConnectionError::NetworkTimeout | ConnectionError::FlushTimeout => {
            SendError::retry(DeliveryTrouble::Silent, why)
        }
        _ => SendError::retry(DeliveryTrouble::Unreachable, why),
    }
}
