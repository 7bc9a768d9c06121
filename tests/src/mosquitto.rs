//! A real MQTT broker, and a device that talks over it.

use std::net::TcpListener;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, bail};
use rumqttc::{AsyncClient, Event, MqttOptions, Packet, QoS};
use tokio::sync::mpsc;

use crate::process::Program;

/// A running `mosquitto` that lets everybody in.
pub struct Mosquitto {
    port: u16,
    program: Program,
    _folder: tempfile::TempDir,
}

impl Mosquitto {
    /// Starts it at a free port.
    pub async fn start() -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let config = folder.path().join("mosquitto.conf");
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        std::fs::write(&config, format!("listener {port} 127.0.0.1\nallow_anonymous true\n"))?;
        // Debian installs it where only administrators look.
        let mut command = Command::new("mosquitto");
        let path = std::env::var("PATH").unwrap_or_default();
        command.env("PATH", format!("{path}:/usr/sbin:/usr/local/sbin")).arg("-c").arg(&config);
        let mut program = Program::start(&mut command, &folder.path().join("mosquitto.log"))?;
        for _ in 0..200 {
            if tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_ok() {
                return Ok(Self { port, program, _folder: folder });
            }
            if let Some(status) = program.ended()? {
                bail!("mosquitto ended with {status}: {}", program.log());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        bail!("mosquitto does not listen: {}", program.log())
    }

    /// Its address.
    #[must_use]
    pub fn url(&self) -> String {
        format!("mqtt://127.0.0.1:{}", self.port)
    }

    /// Ends it at once.
    pub fn kill(&mut self) -> anyhow::Result<()> {
        self.program.kill()
    }

    /// A device that is connected to it and hears a topic.
    pub async fn device(&self, name: &str, topic: &str) -> anyhow::Result<Device> {
        let mut options = MqttOptions::new(name, "127.0.0.1", self.port);
        options.set_keep_alive(Duration::from_secs(10));
        let (client, mut events) = AsyncClient::new(options, 16);
        client.subscribe(topic, QoS::AtLeastOnce).await?;
        let (sender, heard) = mpsc::channel(64);
        let (ready, subscribed) = tokio::sync::oneshot::channel();
        let mut ready = Some(ready);
        let task = tokio::spawn(async move {
            loop {
                match events.poll().await {
                    Ok(Event::Incoming(Packet::SubAck(_))) => {
                        let _ = ready.take().map(|ready| ready.send(()));
                    }
                    Ok(Event::Incoming(Packet::Publish(publish))) => {
                        let text = String::from_utf8_lossy(&publish.payload).into_owned();
                        if sender.send((publish.topic, text)).await.is_err() {
                            return;
                        }
                    }
                    Ok(_) => {}
                    Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
                }
            }
        });
        tokio::time::timeout(Duration::from_secs(10), subscribed).await?.context("no subscription")?;
        Ok(Device { client, heard, task })
    }
}

/// A device at the broker.
pub struct Device {
    client: AsyncClient,
    heard: mpsc::Receiver<(String, String)>,
    task: tokio::task::JoinHandle<()>,
}

impl Device {
    /// Says something.
    pub async fn say(&self, topic: &str, payload: impl Into<Vec<u8>>) -> anyhow::Result<()> {
        Ok(self.client.publish(topic, QoS::AtLeastOnce, false, payload).await?)
    }

    /// What it hears next, within so long: topic and text.
    pub async fn hear(&mut self, limit: Duration) -> anyhow::Result<(String, String)> {
        tokio::time::timeout(limit, self.heard.recv()).await.context("nothing is heard")?.context("gone")
    }
}

impl Drop for Device {
    fn drop(&mut self) {
        self.task.abort();
    }
}
