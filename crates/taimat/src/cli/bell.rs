//! `taimat bell`.

use anyhow::Result;
use clap::Subcommand;
use domain::{BellId, PlaceId};
use reqwest::Method;
use serde_json::{Value, json};

use super::client::Client;
use super::output::{Output, cell, table};

/// What to do with alarm bells.
#[derive(Subcommand)]
pub(super) enum Command {
    /// List alarm bells.
    List,
    /// List devices that were pressed and are no bell's: press a new button, and find its name here.
    Unknown,
    /// Add an alarm bell. Prints the key of its presses over HTTP, which is shown this once.
    Add {
        /// The place that it belongs to.
        #[arg(long)]
        place: PlaceId,
        /// What people call it.
        #[arg(long)]
        name: String,
        /// Whose it is.
        #[arg(long)]
        household: String,
        /// The name by which its messages call it: the device's name in Zigbee2MQTT, the code of an RF bridge.
        #[arg(long)]
        device: String,
        /// Where it is: degrees north.
        #[arg(long, allow_negative_numbers = true)]
        latitude: f64,
        /// Degrees east.
        #[arg(long, allow_negative_numbers = true)]
        longitude: f64,
        /// Tell when nothing was heard of it for so many hours.
        #[arg(long)]
        silent_after_hours: Option<f32>,
    },
    /// Remove an alarm bell.
    Remove {
        /// Which bell.
        bell: BellId,
    },
}

impl Command {
    /// Does it and prints.
    pub(super) async fn run(self, client: &Client, out: Output) -> Result<()> {
        match self {
            Self::List => out.either(&client.get("bells", &[]).await?, bells),
            Self::Unknown => out.either(&client.get("bells/unknown", &[]).await?, unknown),
            Self::Add { place, name, household, device, latitude, longitude, silent_after_hours } => {
                let bell = json!({ "name": name, "household": household, "device": device,
                    "point": { "latitude": latitude, "longitude": longitude },
                    "silent_after_hours": silent_after_hours });
                let body = json!({ "place_id": place, "bell": bell });
                let made = client.change(Method::POST, "bells", None, &body).await?;
                out.either(&made, |made| format!("{}\nkey {}", cell(made, "/bell/id"), cell(made, "/key")))
            }
            Self::Remove { bell } => {
                client.remove(&format!("bells/{bell}")).await?;
                out.either(&json!({ "removed": bell }), |_| format!("{bell} is removed"))
            }
        }
    }
}

fn bells(found: &Value) -> String {
    let mut rows =
        vec![["bell", "device", "on", "battery", "heard", "name", "household"].map(String::from).to_vec()];
    for bell in found.get("items").and_then(Value::as_array).into_iter().flatten() {
        let row = ["/id", "/device", "/enabled", "/battery", "/heard_at", "/name", "/household"];
        rows.push(row.map(|pointer| cell(bell, pointer)).to_vec());
    }
    table(&rows)
}

fn unknown(found: &Value) -> String {
    let mut rows = vec![["device", "pressed"].map(String::from).to_vec()];
    for stranger in found.get("items").and_then(Value::as_array).into_iter().flatten() {
        rows.push(["/device", "/at"].map(|pointer| cell(stranger, pointer)).to_vec());
    }
    table(&rows)
}
