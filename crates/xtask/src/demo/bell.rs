//! The demo's alarm bell: a real MQTT broker, a household with a button, a gong, and a press.

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use super::client::{Client, items, text};
use super::commune::Commune;
use super::process::Process;
use super::receiver::Receiver;
use crate::command;

/// The button's name at the broker.
const DEVICE: &str = "chuong-nha-ong-ba";
/// What the button says when it is pressed.
const PRESS: &str = r#"{"action":"single","battery":93}"#;
const NAME: &str = "Chuông nhà ông Ba";
const GONG: &str = "Kẻng an ninh";
/// Debian installs the broker where only administrators look.
const PATHS: &str = "/usr/sbin:/usr/local/sbin";
const STARTING: Duration = Duration::from_secs(10);
const PATIENCE: Duration = Duration::from_secs(20);

/// The broker that bells speak through.
pub(super) struct Broker {
    pub(super) process: Process,
    port: u16,
}

impl Broker {
    /// Starts it at a free port of this machine.
    pub(super) fn start(folder: &Path) -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).context("find a free port")?;
        let port = listener.local_addr()?.port();
        drop(listener);
        let config = folder.join("mosquitto.conf");
        fs::write(&config, format!("listener {port} 127.0.0.1\nallow_anonymous true\n"))
            .with_context(|| format!("write {}", config.display()))?;
        let mut mosquitto = Command::new("mosquitto");
        let path = std::env::var("PATH").unwrap_or_default();
        mosquitto.env("PATH", format!("{path}:{PATHS}")).arg("-c").arg(&config);
        let mut process = Process::start("mosquitto", &mut mosquitto, &folder.join("mosquitto.log"))?;
        let started = Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            process.check()?;
            if started.elapsed() > STARTING {
                bail!("mosquitto does not listen after {} s", STARTING.as_secs());
            }
            thread::sleep(Duration::from_millis(50));
        }
        Ok(Self { process, port })
    }

    /// Its address.
    pub(super) fn url(&self) -> String {
        format!("mqtt://127.0.0.1:{}", self.port)
    }

    /// What presses the bell, typed by a person.
    pub(super) fn press_command(&self) -> String {
        format!("mosquitto_pub -h 127.0.0.1 -p {} -t zigbee2mqtt/{DEVICE} -m '{PRESS}'", self.port)
    }

    fn press(&self) -> Command {
        let mut publish = Command::new("mosquitto_pub");
        publish.args(["-h", "127.0.0.1", "-p", &self.port.to_string()]);
        publish.args(["-t", &format!("zigbee2mqtt/{DEVICE}"), "-m", PRESS]);
        publish
    }

    /// Presses the bell, and prints what came of it: an alarm, the cameras around, footage that is held, a gong.
    pub(super) fn press_and_report(&self, client: &Client, receiver: &Receiver) -> Result<()> {
        let pressed = Instant::now();
        command::run(&mut self.press())?;
        let item = loop {
            let queue = client.get("/review-items?severity=alarm")?;
            let found = items(&queue)?.iter().find(|item| item["rule_name"] == NAME).cloned();
            match found {
                Some(item) => break item,
                None if pressed.elapsed() > PATIENCE => bail!("the bell was pressed, and no alarm came"),
                None => thread::sleep(Duration::from_millis(20)),
            }
        };
        let took = pressed.elapsed();
        let story = client.get(&format!("/review-items/{}", text(&item, "/id")?))?;
        let cameras = story.pointer("/fired/0/cameras").and_then(Value::as_array).map_or(0, Vec::len);
        let holds = client.get("/holds")?;
        let held = items(&holds)?.iter().filter(|hold| hold["reason"] == NAME).count();
        if cameras == 0 || held != cameras {
            bail!("the bell names {cameras} cameras around, and footage of {held} is held");
        }
        let rung = loop {
            let rings = client.get(&format!("/rings?item={}", text(&item, "/id")?))?;
            match items(&rings)?.first() {
                Some(ring) if ring["state"] != "asked" => break text(ring, "/state")?.to_owned(),
                _ if pressed.elapsed() > PATIENCE => bail!("the bell did not ring the gong"),
                _ => thread::sleep(Duration::from_millis(50)),
            }
        };
        println!(
            "bell          an alarm {:.0} ms after the press; footage of {cameras} cameras is held; the gong: {rung}",
            took.as_secs_f64() * 1e3
        );
        println!("              {}", text(&item, "/why/vi")?);
        receiver.report(text(&item, "/id")?, NAME, pressed)
    }
}

impl Commune {
    /// Adds a household's bell and the gong that it rings, where the first camera stands.
    pub(super) fn add_bell(&self, client: &Client) -> Result<()> {
        let (_, province) = self.places.first().context("no place was created")?;
        let (latitude, longitude) = self.middle.context("no camera has a point")?;
        let point = json!({ "latitude": latitude, "longitude": longitude });
        let bell =
            json!({ "name": NAME, "household": "Hộ ông Nguyễn Văn Ba", "device": DEVICE, "point": point });
        client.post("/bells", &json!({ "place_id": province, "bell": bell }))?;
        let output = json!({ "type": "mqtt", "topic": "cmnd/keng/POWER", "on": "ON", "off": "OFF" });
        let gong = json!({ "name": GONG, "kind": "gong", "point": point, "seconds": 5, "bells_within": 300,
            "output": output });
        client.post("/sounders", &json!({ "place_id": province, "sounder": gong })).map(drop)
    }
}
