//! `taimat camera`.

use anyhow::{Result, bail};
use clap::{Args, Subcommand};
use domain::{CameraId, PlaceId, Secret, Transport};
use reqwest::Method;
use serde_json::{Map, Value, json};
use url::Url;

use super::client::Client;
use super::output::{Output, cell, table};
use super::password;
use super::place::parse_point;

/// What to do with cameras.
#[derive(Subcommand)]
pub(super) enum Command {
    /// List cameras and how they fare.
    List,
    /// Show all that is known of a camera.
    Show {
        /// Which camera.
        camera: CameraId,
    },
    /// Try a camera and say what is found, without adding it.
    Probe {
        #[command(flatten)]
        address: Address,
    },
    /// Add a camera. It is tried first, and not added where that fails.
    Add {
        /// What people call it.
        name: String,
        /// Where it belongs.
        #[arg(long)]
        place: PlaceId,
        #[command(flatten)]
        address: Address,
        #[command(flatten)]
        position: Position,
        /// Add it without trying it.
        #[arg(long)]
        no_probe: bool,
    },
    /// Change a camera; what is not given stays.
    Set {
        /// Which camera.
        camera: CameraId,
        /// What people call it.
        #[arg(long)]
        name: Option<String>,
        /// Where it belongs.
        #[arg(long)]
        place: Option<PlaceId>,
        /// Address of the main stream.
        #[arg(long)]
        main: Option<Url>,
        /// Address of the sub stream.
        #[arg(long)]
        sub: Option<Url>,
        #[command(flatten)]
        position: Position,
        /// Whether it is pulled, recorded and analysed.
        #[arg(long)]
        enabled: Option<bool>,
        /// Whether it is analysed.
        #[arg(long)]
        analysed: Option<bool>,
        /// Footage older than this many days is removed.
        #[arg(long)]
        keep_days: Option<u32>,
    },
    /// Remove a camera. Its footage stays for as long as footage is kept.
    Remove {
        /// Which camera.
        camera: CameraId,
    },
}

/// Where a camera's streams are.
#[derive(Args)]
pub(super) struct Address {
    /// Address of the main stream, rtsp://host[:port]/path, without user name and password.
    #[arg(long)]
    main: Url,
    /// Address of the sub stream.
    #[arg(long)]
    sub: Option<Url>,
    /// User name. The password is asked for, or read from standard input or `TAIMAT_CAMERA_PASSWORD`.
    #[arg(long)]
    username: Option<String>,
    /// auto, tcp or udp.
    #[arg(long, default_value = "auto")]
    transport: Transport,
}

/// Where a camera stands and looks.
#[derive(Args)]
pub(super) struct Position {
    /// Where it stands: LATITUDE,LONGITUDE.
    #[arg(long, allow_hyphen_values = true)]
    point: Option<String>,
    /// Where it looks: degrees clockwise from north.
    #[arg(long)]
    bearing: Option<f32>,
}

impl Command {
    /// Does it.
    pub(super) async fn run(self, client: &Client, out: Output) -> Result<()> {
        match self {
            Self::List => list(client, out).await,
            Self::Show { camera } => {
                let shown = client.get(&format!("cameras/{camera}"), &[]).await?;
                let state = client.get(&format!("cameras/{camera}/state"), &[]).await?;
                out.json(&json!({ "camera": shown, "state": state }))
            }
            Self::Probe { address } => {
                let body = address.body().await?;
                let report = client.change(Method::POST, "cameras/probe", None, &body).await?;
                out.either(&report, found)
            }
            Self::Add { name, place, address, position, no_probe } => {
                let mut body = address.body().await?;
                position.add_to(&mut body)?;
                body.insert("name".into(), name.into());
                body.insert("place_id".into(), json!(place));
                body.insert("probe".into(), (!no_probe).into());
                let added = client.change(Method::POST, "cameras", None, &body).await?;
                let report = added.get("probe").cloned().unwrap_or_default();
                out.either(&added, |added| format!("{}\n{}", cell(added, "/camera/id"), found(&report)))
            }
            Self::Set { camera, name, place, main, sub, position, enabled, analysed, keep_days } => {
                let mut body = Map::new();
                let mut set = |key: &str, value: Option<Value>| {
                    body.extend(value.map(|value| (key.to_owned(), value)));
                };
                set("name", name.map(Value::from));
                set("place_id", place.map(|place| json!(place)));
                set("main_url", main.map(|url| json!(url)));
                set("sub_url", sub.map(|url| json!(url)));
                set("enabled", enabled.map(Value::from));
                set("analysed", analysed.map(Value::from));
                set("keep_days", keep_days.map(Value::from));
                position.add_to(&mut body)?;
                if body.is_empty() {
                    bail!("nothing to change: give at least one setting");
                }
                let version = client.version(&format!("cameras/{camera}")).await?;
                let path = format!("cameras/{camera}");
                let changed = client.change(Method::PATCH, &path, Some(version), &body).await?;
                out.either(&changed, |_| format!("{camera} is changed"))
            }
            Self::Remove { camera } => {
                client.remove(&format!("cameras/{camera}")).await?;
                out.either(&json!({ "removed": camera }), |_| {
                    format!("{camera} is removed; its footage stays")
                })
            }
        }
    }
}

impl Address {
    async fn body(&self) -> Result<Map<String, Value>> {
        let mut body = Map::new();
        body.insert("main_url".into(), json!(self.main));
        body.insert("transport".into(), json!(self.transport));
        if let Some(sub) = &self.sub {
            body.insert("sub_url".into(), json!(sub));
        }
        if let Some(username) = &self.username {
            let password = password().await?;
            body.insert("credentials".into(), json!({ "username": username, "password": password.reveal() }));
        }
        Ok(body)
    }
}

impl Position {
    fn add_to(&self, body: &mut Map<String, Value>) -> Result<()> {
        if let Some(point) = &self.point {
            body.insert("point".into(), parse_point(point)?);
        }
        if let Some(bearing) = self.bearing {
            body.insert("bearing".into(), bearing.into());
        }
        Ok(())
    }
}

async fn password() -> Result<Secret> {
    match std::env::var("TAIMAT_CAMERA_PASSWORD") {
        Ok(password) => Ok(Secret::new(password)),
        Err(_) => password::read("The camera's password: ").await,
    }
}

async fn list(client: &Client, out: Output) -> Result<()> {
    let cameras = client.get("cameras", &[]).await?;
    if out.json {
        return out.json(&cameras);
    }
    let mut rows = vec![["camera", "name", "enabled", "streams"].map(String::from).to_vec()];
    for camera in cameras.get("items").and_then(Value::as_array).into_iter().flatten() {
        let id = cell(camera, "/id");
        let state = client.get(&format!("cameras/{id}/state"), &[]).await?;
        let streams: Vec<String> =
            state.get("streams").and_then(Value::as_array).into_iter().flatten().map(stream_line).collect();
        rows.push(vec![id, cell(camera, "/name"), cell(camera, "/enabled"), streams.join("; ")]);
    }
    out.text(&table(&rows))
}

fn stream_line(stream: &Value) -> String {
    let kind = cell(stream, "/stream");
    if stream.get("online").and_then(Value::as_bool) == Some(true) {
        let picture = format!("{}×{}", cell(stream, "/width"), cell(stream, "/height"));
        return format!("{kind} {} {picture} {} fps", cell(stream, "/codec"), cell(stream, "/frame_rate"));
    }
    format!("{kind} offline since {}: {}", cell(stream, "/since"), cell(stream, "/trouble/message/en"))
}

/// What a probe found, a line a stream and a line an advice.
fn found(report: &Value) -> String {
    let mut lines = Vec::new();
    for stream in report.get("streams").and_then(Value::as_array).into_iter().flatten() {
        lines.push(format!(
            "{}: {} {}×{}, {} frames/s, key frame every {} s, {} bit/s over {}",
            cell(stream, "/stream"),
            cell(stream, "/codec"),
            cell(stream, "/width"),
            cell(stream, "/height"),
            cell(stream, "/frame_rate"),
            cell(stream, "/key_frame_distance"),
            cell(stream, "/bit_rate"),
            cell(stream, "/transport"),
        ));
        for advice in stream.get("advice").and_then(Value::as_array).into_iter().flatten() {
            lines.push(format!("  {}", cell(advice, "/en")));
        }
    }
    lines.join("\n")
}
