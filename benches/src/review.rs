//! `bench review`: how soon an officer sees what was flagged, and how long a rule takes over a week of tracks.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use blackbox::{Camsim, Mosquitto, Server, Settings, list, number};
use domain::{Clock, LiveEvent, Severity, SystemClock};
use serde_json::{Value, json};

use crate::live::{Watcher, quantile};

/// Two cameras with people, two with nothing.
const CAMERAS: &str = r#"
[[camera]]
name = "people"
main = "people-main-h264.mp4"
sub = "people-sub-h264.mp4"

[[camera]]
name = "night"
main = "people-main-h264.mp4"
sub = "people-sub-h264.mp4"
"#;

/// What to run.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Seconds for which what is flagged is watched.
    #[arg(long, default_value_t = 90)]
    seconds: u64,
    /// Presses of the bell, each of a household of its own.
    #[arg(long, default_value_t = 20)]
    presses: usize,
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    tokio::runtime::Runtime::new()?.block_on(measure(arguments))
}

async fn measure(arguments: &Arguments) -> Result<()> {
    let (camsim, broker) = (Camsim::start(CAMERAS)?, Mosquitto::start().await?);
    let config = format!("[mqtt]\nbroker = \"{}\"\n", broker.url());
    let server = Server::start(Settings { vision: true, quiet: true, config, ..Settings::default() }).await?;
    let commune = server.place("Xã Bình An", "commune", None).await?;
    let point = json!({ "latitude": 18.679, "longitude": 105.6813 });
    for name in ["people", "night"] {
        let more = json!({ "sub_url": camsim.sub(name)?, "point": point });
        server.camera(&commune, name, &camsim.main(name)?, &more).await?;
    }
    let line = json!({ "name": "Giữa", "from": [0.5, 0.0], "to": [0.5, 1.0] });
    for (name, condition) in [
        ("Có người", json!({ "type": "appears" })),
        ("Qua vạch", json!({ "type": "crosses", "line": line, "direction": "any" })),
    ] {
        let rule = json!({ "name": name, "severity": "alert", "condition": condition });
        server.api.post("rules", &json!({ "place_id": commune, "rule": rule })).await?;
    }
    // A fired rule is told of at once: its latest firing is what made the change.
    let flagged = Watcher::of(&server.api, |change| match change {
        LiveEvent::ReviewItemChanged { item } if item.severity == Severity::Alert => Some(item.last_at),
        _ => None,
    })
    .await?;
    println!("watching what is flagged for {} s", arguments.seconds);
    tokio::time::sleep(Duration::from_secs(arguments.seconds)).await;
    print("picture to officer", &flagged.take())?;
    let pressed = presses(arguments.presses, &server, &broker, &commune, &point).await?;
    print("press to officer", &pressed)?;
    backtest(&server, &commune).await
}

/// Presses one bell after the other; from before each press until an officer was told.
async fn presses(
    count: usize,
    server: &Server,
    broker: &Mosquitto,
    commune: &str,
    point: &Value,
) -> Result<Vec<f64>> {
    for number in 0..count {
        let bell = json!({ "name": format!("Hộ {number}"), "household": format!("Hộ {number}"),
            "device": format!("ho-{number}"), "point": point });
        server.api.post("bells", &json!({ "place_id": commune, "bell": bell })).await?;
    }
    // They are known a moment later.
    tokio::time::sleep(Duration::from_secs(1)).await;
    let device = broker.device("bench", "nothing").await?;
    let clock = SystemClock::default();
    let mut latencies = Vec::new();
    for number in 0..count {
        let told = Watcher::of(&server.api, |change| match change {
            LiveEvent::ReviewItemChanged { item } if item.severity == Severity::Alarm => Some(item.first_at),
            _ => None,
        })
        .await?;
        let pressed = clock.now();
        device.say(&format!("zigbee2mqtt/ho-{number}"), r#"{"action": "single"}"#).await?;
        let limit = Instant::now() + Duration::from_secs(5);
        while told.take().is_empty() {
            ensure!(Instant::now() < limit, "no alarm came of press {number}");
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        latencies.push(clock.now().since(pressed).as_secs_f64());
    }
    Ok(latencies)
}

fn print(what: &str, latencies: &[f64]) -> Result<()> {
    ensure!(!latencies.is_empty(), "{what}: nothing came");
    let (count, late) = (latencies.len(), |part| quantile(latencies.to_vec(), part) * 1e3);
    println!(
        "{what:<20} {count:>5} times: p50 {:.0} ms, p95 {:.0} ms, p99 {:.0} ms",
        late(0.5),
        late(0.95),
        late(0.99)
    );
    Ok(())
}

/// A rule over what is stored: the events of this run.
async fn backtest(server: &Server, commune: &str) -> Result<()> {
    let zone = json!({ "name": "Giữa", "corners": [[0.2, 0.2], [0.8, 0.2], [0.8, 0.8], [0.2, 0.8]] });
    let rule = json!({ "name": "x", "severity": "alert", "condition": { "type": "stays", "zone": zone, "seconds": 2 } });
    let now = SystemClock::default().now();
    let body = json!({ "place_id": commune, "rule": rule, "from": now - Duration::from_hours(1), "to": now });
    let started = Instant::now();
    let tested = server.api.post("rules/test", &body).await?;
    println!(
        "backtest             {:.0} ms over {} events, {} firings",
        started.elapsed().as_secs_f64() * 1e3,
        number(&tested, "/events")?,
        number(&tested, "/firings")?
    );
    list(&tested, "/items").map(drop).context("the answer")
}
