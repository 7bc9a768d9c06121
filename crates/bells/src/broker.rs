//! The connection to the MQTT broker (MQTT 3.1.1): kept up, subscribed to what was asked for, both ways.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use rumqttc::{AsyncClient, Event, EventLoop, MqttOptions, Packet, QoS};
use tokio::sync::{broadcast, mpsc};
use tokio_util::sync::CancellationToken;
use url::Url;

/// Requests to the broker that may wait while it is away.
const QUEUE: usize = 64;
/// Messages that a listener may fall behind.
const BEHIND: usize = 256;
/// Longest message, in bytes, either way.
const LONGEST: usize = 256 * 1024;
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// Pauses between attempts to connect: doubled from the first to the second.
const PAUSES: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(30));
const SEND_LIMIT: Duration = Duration::from_secs(5);

/// Why there is no talking to the broker.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BrokerError {
    /// The address is none.
    #[error("{0}: write mqtt://HOST:1883 or mqtt://USER:PASSWORD@HOST:1883")]
    Address(&'static str),
    /// It has been away for too long, or too much waits for it.
    #[error("the MQTT broker takes nothing now")]
    Away,
}

/// A message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Its topic.
    pub topic: String,
    /// What it holds.
    pub payload: Bytes,
}

/// Speaks to the broker. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Broker {
    client: AsyncClient,
    topics: Topics,
    messages: broadcast::Sender<Message>,
}

/// The connection behind a [`Broker`]: it must be run.
pub struct Connection {
    events: EventLoop,
    client: AsyncClient,
    topics: Topics,
    messages: broadcast::Sender<Message>,
}

#[derive(Clone, Debug, Default)]
struct Topics(Arc<Mutex<BTreeSet<String>>>);

impl Topics {
    fn lock(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Broker {
    /// A broker at `mqtt://[USER:PASSWORD@]HOST[:1883]`, under a name that no other client of it has, subscribed to
    /// these topics. Nothing is sent until the connection runs.
    pub fn new(
        url: &Url,
        name: &str,
        topics: impl IntoIterator<Item = String>,
    ) -> Result<(Self, Connection), BrokerError> {
        if url.scheme() != "mqtt" {
            return Err(BrokerError::Address("the broker's address is not of the form mqtt://"));
        }
        let host = url.host_str().filter(|host| !host.is_empty());
        let host = host.ok_or(BrokerError::Address("the broker's address names no host"))?;
        let mut options = MqttOptions::new(name, host, url.port().unwrap_or(1883));
        options.set_keep_alive(KEEP_ALIVE).set_max_packet_size(LONGEST, LONGEST);
        if !url.username().is_empty() {
            options.set_credentials(url.username(), url.password().unwrap_or_default());
        }
        let (client, mut events) = AsyncClient::new(options, QUEUE);
        events.network_options.set_tcp_nodelay(true);
        let topics = Topics(Arc::new(Mutex::new(topics.into_iter().collect())));
        let (messages, _) = broadcast::channel(BEHIND);
        let broker = Self { client: client.clone(), topics: topics.clone(), messages: messages.clone() };
        Ok((broker, Connection { events, client, topics, messages }))
    }

    /// Subscribes to a topic as well, from now on.
    pub async fn subscribe(&self, topic: &str) -> Result<(), BrokerError> {
        if !self.topics.lock().insert(topic.to_owned()) {
            return Ok(());
        }
        within(self.client.subscribe(topic, QoS::AtLeastOnce)).await
    }

    /// Sends a message; the broker has it at least once, as soon as it can be reached.
    pub async fn publish(&self, topic: &str, payload: &str) -> Result<(), BrokerError> {
        within(self.client.publish(topic, QoS::AtLeastOnce, false, payload.to_owned())).await
    }

    /// The messages that come from now on. Who falls too far behind misses some.
    #[must_use]
    pub fn listen(&self) -> broadcast::Receiver<Message> {
        self.messages.subscribe()
    }
}

async fn within(sent: impl Future<Output = Result<(), rumqttc::ClientError>>) -> Result<(), BrokerError> {
    match tokio::time::timeout(SEND_LIMIT, sent).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) | Err(_) => Err(BrokerError::Away),
    }
}

impl Connection {
    /// Keeps the connection up until it is told to stop, and hands every message on: to `every`, which the broker waits
    /// for, and to all that listen.
    pub async fn run(mut self, every: mpsc::Sender<Message>, stop: CancellationToken) {
        let mut pause = PAUSES.0;
        metrics::gauge!("taimat_mqtt_connected").set(0.0);
        loop {
            let event = tokio::select! {
                () = stop.cancelled() => break,
                event = self.events.poll() => event,
            };
            match event {
                Ok(Event::Incoming(Packet::ConnAck(_))) => {
                    tracing::info!("connected to the MQTT broker");
                    metrics::gauge!("taimat_mqtt_connected").set(1.0);
                    pause = PAUSES.0;
                    self.subscribe();
                }
                // What a broker kept from earlier says nothing of now.
                Ok(Event::Incoming(Packet::Publish(publish))) if !publish.retain => {
                    let message = Message { topic: publish.topic, payload: publish.payload };
                    // Nobody may be listening.
                    let _ = self.messages.send(message.clone());
                    if stop.run_until_cancelled(every.send(message)).await.is_none_or(|sent| sent.is_err()) {
                        break;
                    }
                }
                Ok(_) => {}
                Err(error) => {
                    metrics::gauge!("taimat_mqtt_connected").set(0.0);
                    tracing::warn!("the MQTT broker cannot be reached, trying again in {pause:?}: {error}");
                    if stop.run_until_cancelled(tokio::time::sleep(pause)).await.is_none() {
                        break;
                    }
                    pause = (pause * 2).min(PAUSES.1);
                }
            }
        }
        metrics::gauge!("taimat_mqtt_connected").set(0.0);
        let _ = self.client.try_disconnect();
        // The goodbye, and what was to be sent before it.
        let _ = tokio::time::timeout(Duration::from_millis(500), async {
            while self.events.poll().await.is_ok() {}
        })
        .await;
    }

    /// Subscribes to all, after each connect: the broker keeps nothing of the connection before.
    fn subscribe(&self) {
        for topic in self.topics.lock().iter() {
            if let Err(error) = self.client.try_subscribe(topic, QoS::AtLeastOnce) {
                tracing::error!(topic, "the topic is not subscribed to: {error}");
            }
        }
    }
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Connection")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn addresses_that_are_none_are_refused() {
        let refused = |url: &str| Broker::new(&url.parse().unwrap(), "x", []).unwrap_err();
        assert!(refused("http://192.0.2.1").to_string().contains("mqtt://HOST"));
        assert!(refused("mqtt:1883").to_string().contains("no host"));
        let (broker, _connection) =
            Broker::new(&"mqtt://taimat:secret@192.0.2.1".parse().unwrap(), "x", []).unwrap();
        assert!(!format!("{broker:?}").contains("secret"));
    }
}
