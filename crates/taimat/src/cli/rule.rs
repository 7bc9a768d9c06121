//! `taimat rule`.

use std::path::PathBuf;

use anyhow::Result;
use clap::Subcommand;
use domain::{CameraId, PlaceId, RuleId, RuleSpec, Timestamp};
use reqwest::Method;
use serde_json::{Value, json};

use super::client::Client;
use super::file::read;
use super::output::{Output, cell, table};

/// What to do with rules.
#[derive(Subcommand)]
pub(super) enum Command {
    /// List rules.
    List,
    /// Add a rule from a file: TOML or JSON, as in config/presets.
    Add {
        /// The place whose rule it is: it holds there and below.
        #[arg(long)]
        place: PlaceId,
        /// The file.
        file: PathBuf,
    },
    /// Run a rule from a file over the stored tracks of a past period, and list what it would have flagged.
    Test {
        /// The place at which it would hold, and below.
        #[arg(long)]
        place: PlaceId,
        /// From this time on, with a zone: 2026-11-23T14:00:00+07:00.
        #[arg(long)]
        from: Timestamp,
        /// Before this time.
        #[arg(long)]
        to: Timestamp,
        /// The file.
        file: PathBuf,
    },
    /// Apply a ready-made set of rules; without a name, list them.
    Preset {
        /// Its name, such as safe-school.
        #[arg(requires = "place")]
        name: Option<String>,
        /// The place whose rules they become.
        #[arg(long)]
        place: Option<PlaceId>,
        /// Only this camera; may be given more than once.
        #[arg(long)]
        camera: Vec<CameraId>,
    },
    /// Remove a rule.
    Remove {
        /// Which rule.
        rule: RuleId,
    },
}

impl Command {
    /// Does it and prints.
    pub(super) async fn run(self, client: &Client, out: Output) -> Result<()> {
        match self {
            Self::List => out.either(&client.get("rules", &[]).await?, rules),
            Self::Add { place, file } => {
                let body = json!({ "place_id": place, "rule": read::<RuleSpec>(&file, "rule")? });
                let rule = client.change(Method::POST, "rules", None, &body).await?;
                out.either(&rule, |rule| cell(rule, "/id"))
            }
            Self::Test { place, from, to, file } => {
                let body = json!({ "place_id": place, "rule": read::<RuleSpec>(&file, "rule")?, "from": from, "to": to });
                let tested = client.change(Method::POST, "rules/test", None, &body).await?;
                out.either(&tested, firings)
            }
            Self::Preset { name: None, .. } => out.either(&client.get("rule-presets", &[]).await?, presets),
            Self::Preset { name: Some(name), place, camera } => {
                let (path, body) =
                    (format!("rule-presets/{name}/apply"), json!({ "place_id": place, "cameras": camera }));
                out.either(&client.change(Method::POST, &path, None, &body).await?, rules)
            }
            Self::Remove { rule } => {
                client.remove(&format!("rules/{rule}")).await?;
                out.either(&json!({ "removed": rule }), |_| format!("{rule} is removed"))
            }
        }
    }
}

fn rules(found: &Value) -> String {
    let mut rows = vec![["rule", "severity", "on", "name", "condition"].map(String::from).to_vec()];
    for rule in found.get("items").and_then(Value::as_array).into_iter().flatten() {
        let row =
            ["/id", "/severity", "/enabled", "/name", "/condition/type"].map(|pointer| cell(rule, pointer));
        rows.push(row.to_vec());
    }
    table(&rows)
}

fn presets(found: &Value) -> String {
    let mut rows = vec![["preset", "title", "purpose"].map(String::from).to_vec()];
    for preset in found.get("items").and_then(Value::as_array).into_iter().flatten() {
        rows.push(["/name", "/title/vi", "/purpose/vi"].map(|pointer| cell(preset, pointer)).to_vec());
    }
    table(&rows)
}

fn firings(tested: &Value) -> String {
    let mut rows = vec![["at", "camera", "event", "why"].map(String::from).to_vec()];
    for firing in tested.get("items").and_then(Value::as_array).into_iter().flatten() {
        rows.push(
            ["/at", "/camera_id", "/event_id", "/why/vi"].map(|pointer| cell(firing, pointer)).to_vec(),
        );
    }
    let (count, events) = (cell(tested, "/firings"), cell(tested, "/events"));
    format!("{}\nit would have fired {count} times, over {events} events", table(&rows))
}
