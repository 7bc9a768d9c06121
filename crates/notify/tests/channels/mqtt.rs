use std::io::Write;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use domain::DeliveryTrouble;
use notify::{SendError, Sent};
use rumqttc::{AsyncClient, Event, MqttOptions, Packet, QoS};
use serde_json::{Value, json};

use crate::support::{message, open};

/// A real broker; it ends with the test.
struct Broker {
    child: Child,
    port: u16,
    _folder: tempfile::TempDir,
}

impl Drop for Broker {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Broker {
    async fn start(anonymous: bool) -> Self {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join("mosquitto.conf");
        let mut file = std::fs::File::create(&config).unwrap();
        writeln!(file, "listener {port} 127.0.0.1\nallow_anonymous {anonymous}\npersistence false").unwrap();
        let program = ["/usr/sbin/mosquitto", "/usr/bin/mosquitto", "/usr/local/sbin/mosquitto"];
        let program = program.into_iter().find(|path| std::path::Path::new(path).exists());
        let child = Command::new(program.unwrap_or("mosquitto"))
            .arg("-c")
            .arg(&config)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect(
                "mosquitto does not start: install Debian's package mosquitto, as `cargo xtask setup` does",
            );
        let broker = Self { child, port, _folder: folder };
        for _ in 0..200 {
            if tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_ok() {
                return broker;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("mosquitto does not listen");
    }

    /// What the broker hands out to somebody who comes now.
    async fn retained(&self) -> Vec<(String, String)> {
        let (client, mut events) = AsyncClient::new(MqttOptions::new("reader", "127.0.0.1", self.port), 8);
        client.subscribe("#", QoS::AtLeastOnce).await.unwrap();
        let mut found = Vec::new();
        // The broker sends what it keeps at once, then nothing.
        while let Ok(Ok(event)) = tokio::time::timeout(Duration::from_millis(1500), events.poll()).await {
            if let Event::Incoming(Packet::Publish(publication)) = event {
                found.push((publication.topic, String::from_utf8(publication.payload.to_vec()).unwrap()));
            }
        }
        found
    }
}

#[tokio::test]
async fn home_assistant_finds_a_sensor_for_each_place_and_severity() {
    let broker = Broker::start(true).await;
    let channel = open(&json!({ "type": "mqtt", "host": "127.0.0.1", "port": broker.port }), &[]);
    let mut message = message("Đêm", None);
    let place = message.open[0].place_id.0.simple().to_string();
    assert_eq!(channel.send(&message).await, Ok(Sent { with_picture: false }));
    let kept = broker.retained().await;
    let find = |topic: &str| kept.iter().find(|(known, _)| known == topic).map(|(_, text)| text.clone());
    let config = find(&format!("homeassistant/binary_sensor/taimat_{place}_alarm/config")).unwrap();
    let config: Value = serde_json::from_str(&config).unwrap();
    assert_eq!(config["device"]["name"], "Tổ 5");
    assert_eq!(find(config["state_topic"].as_str().unwrap()).as_deref(), Some("ON"));
    assert_eq!(find(&format!("taimat/{place}/alert/state")).as_deref(), Some("OFF"));
    assert_eq!(find(&format!("taimat/{place}/alarm/attributes")).as_deref(), Some(r#"{"open":1}"#));
    assert_eq!(find(&format!("taimat/{place}/event")), None, "events are not kept");

    message.open[0].count.insert(domain::Severity::Alarm, 0);
    channel.send(&message).await.unwrap();
    let after = broker.retained().await;
    let state = after.iter().find(|(topic, _)| *topic == format!("taimat/{place}/alarm/state"));
    assert_eq!(state.map(|(_, text)| text.as_str()), Some("OFF"), "somebody has seen to it");
}

#[tokio::test]
async fn a_broker_that_wants_a_login_and_one_that_is_not_there_are_told_apart() {
    let broker = Broker::start(false).await;
    let settings = |port: u16| json!({ "type": "mqtt", "host": "127.0.0.1", "port": port });
    let refused = open(&settings(broker.port), &[]).send(&message("Đêm", None)).await.unwrap_err();
    assert!(matches!(refused, SendError::Unauthorised { .. }), "{refused}");
    let gone = open(&settings(1), &[]).send(&message("Đêm", None)).await.unwrap_err();
    assert!(matches!(gone, SendError::Retry { trouble: DeliveryTrouble::Unreachable, .. }), "{gone}");
}
