//! `taimat sounder`.

use std::path::PathBuf;

use anyhow::Result;
use clap::Subcommand;
use domain::{PlaceId, SounderId, SounderSpec};
use reqwest::Method;
use serde_json::{Value, json};

use super::client::Client;
use super::file::read;
use super::output::{Output, cell, table};

/// What to do with bells, sirens and gongs that can be rung.
#[derive(Subcommand)]
pub(super) enum Command {
    /// List them.
    List,
    /// Add one from a file of TOML or JSON.
    Add {
        /// The place that it belongs to.
        #[arg(long)]
        place: PlaceId,
        /// The file.
        file: PathBuf,
    },
    /// Ring one: everybody around will hear it.
    Ring {
        /// Which one.
        sounder: SounderId,
        /// Why: it is kept, with your name.
        #[arg(long)]
        reason: String,
        /// That it is really to be rung.
        #[arg(long, required = true)]
        confirm: bool,
    },
    /// List what was rung, the latest first.
    Rings,
    /// Remove one.
    Remove {
        /// Which one.
        sounder: SounderId,
    },
}

impl Command {
    /// Does it and prints.
    pub(super) async fn run(self, client: &Client, out: Output) -> Result<()> {
        match self {
            Self::List => out.either(&client.get("sounders", &[]).await?, sounders),
            Self::Add { place, file } => {
                let body = json!({ "place_id": place, "sounder": read::<SounderSpec>(&file, "sounder")? });
                let made = client.change(Method::POST, "sounders", None, &body).await?;
                out.either(&made, |made| cell(made, "/id"))
            }
            Self::Ring { sounder, reason, confirm } => {
                let body = json!({ "reason": reason, "confirm": confirm });
                let path = format!("sounders/{sounder}/ring");
                let ring = client.change(Method::POST, &path, None, &body).await?;
                out.either(&ring, |ring| format!("{} {}", cell(ring, "/id"), cell(ring, "/state")))
            }
            Self::Rings => out.either(&client.get("rings", &[]).await?, rings),
            Self::Remove { sounder } => {
                client.remove(&format!("sounders/{sounder}")).await?;
                out.either(&json!({ "removed": sounder }), |_| format!("{sounder} is removed"))
            }
        }
    }
}

fn sounders(found: &Value) -> String {
    let mut rows = vec![["sounder", "kind", "on", "seconds", "name"].map(String::from).to_vec()];
    for sounder in found.get("items").and_then(Value::as_array).into_iter().flatten() {
        let row = ["/id", "/kind", "/enabled", "/seconds", "/name"].map(|pointer| cell(sounder, pointer));
        rows.push(row.to_vec());
    }
    table(&rows)
}

fn rings(found: &Value) -> String {
    let mut rows = vec![["at", "state", "cause", "by", "sounder", "reason"].map(String::from).to_vec()];
    for ring in found.get("items").and_then(Value::as_array).into_iter().flatten() {
        let row = ["/asked_at", "/state", "/cause", "/username", "/sounder_name", "/reason"];
        rows.push(row.map(|pointer| cell(ring, pointer)).to_vec());
    }
    table(&rows)
}
