//! `taimat delivery`.

use anyhow::Result;
use clap::Subcommand;
use domain::{ChannelId, DeliveryId};
use reqwest::Method;
use serde_json::{Value, json};

use super::client::Client;
use super::output::{Output, cell, table};

/// What to do with deliveries.
#[derive(Subcommand)]
pub(super) enum Command {
    /// List what went out, what waits and what was given up, latest first.
    List {
        /// Only in this state: pending, sent or dead.
        #[arg(long)]
        state: Option<String>,
        /// Only on this channel.
        #[arg(long)]
        channel: Option<ChannelId>,
        /// So many at most.
        #[arg(long, default_value_t = 50)]
        limit: u32,
    },
    /// Try one that was given up anew.
    Resend {
        /// Which one.
        delivery: DeliveryId,
    },
}

impl Command {
    /// Does it and prints.
    pub(super) async fn run(self, client: &Client, out: Output) -> Result<()> {
        match self {
            Self::List { state, channel, limit } => {
                let mut query = vec![("limit", limit.to_string())];
                query.extend(state.map(|state| ("state", state)));
                query.extend(channel.map(|channel| ("channel", channel.to_string())));
                out.either(&client.get("deliveries", &query).await?, deliveries)
            }
            Self::Resend { delivery } => {
                let path = format!("deliveries/{delivery}/resend");
                let again = client.change(Method::POST, &path, None, &json!({})).await?;
                out.either(&again, |_| format!("{delivery} is tried anew"))
            }
        }
    }
}

fn deliveries(found: &Value) -> String {
    let mut rows = vec![
        ["delivery", "created", "kind", "state", "attempts", "rule", "error"].map(String::from).to_vec(),
    ];
    for delivery in found.get("items").and_then(Value::as_array).into_iter().flatten() {
        let row = ["/id", "/created_at", "/kind", "/state", "/attempts", "/warning/rule", "/last_error"];
        rows.push(row.map(|pointer| cell(delivery, pointer)).to_vec());
    }
    table(&rows)
}
