//! `taimat quiet`.

use anyhow::Result;
use clap::Subcommand;
use domain::{CameraId, QuietSpotId};
use serde_json::{Value, json};

use super::client::Client;
use super::output::{Output, cell, table};

/// What to do with what cameras have learnt.
#[derive(Subcommand)]
pub(super) enum Command {
    /// List what a camera has learnt not to flag, or is learning.
    List {
        /// Which camera.
        #[arg(long)]
        camera: CameraId,
    },
    /// Forget it: the like of it is flagged again.
    Forget {
        /// Which of the list.
        spot: QuietSpotId,
    },
}

impl Command {
    /// Does it and prints.
    pub(super) async fn run(self, client: &Client, out: Output) -> Result<()> {
        match self {
            Self::List { camera } => {
                out.either(&client.get(&format!("cameras/{camera}/quiet"), &[]).await?, spots)
            }
            Self::Forget { spot } => {
                client.forget(&format!("quiet/{spot}")).await?;
                out.either(&json!({ "forgotten": spot }), |_| format!("{spot} is forgotten"))
            }
        }
    }
}

fn spots(found: &Value) -> String {
    let head = ["spot", "class", "dismissed", "of", "quiet since", "suppressed", "last", "latest reason"];
    let mut rows = vec![head.map(String::from).to_vec()];
    for spot in found.get("items").and_then(Value::as_array).into_iter().flatten() {
        let row = [
            "/id",
            "/class",
            "/dismissed",
            "/needed",
            "/active_since",
            "/suppressed",
            "/last_suppressed",
            "/examples/0/reason",
        ];
        rows.push(row.map(|pointer| cell(spot, pointer)).to_vec());
    }
    table(&rows)
}
