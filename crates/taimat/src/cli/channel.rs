//! `taimat channel`.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Result, bail};
use clap::Subcommand;
use domain::{ChannelId, ChannelSpec, PlaceId};
use reqwest::Method;
use serde_json::{Map, Value, json};

use super::client::Client;
use super::file::read;
use super::output::{Output, cell, table};
use super::password;

/// How long a test message is waited for, and how often it is looked at.
const TEST_LIMIT: Duration = Duration::from_mins(1);
const TEST_PAUSE: Duration = Duration::from_millis(500);

/// What to do with channels.
#[derive(Subcommand)]
pub(super) enum Command {
    /// List channels.
    List,
    /// Add a channel from a file: TOML or JSON, as in config/channels. Its secrets are asked for, one a line.
    Add {
        /// The place whose channel it is: it is told of what happens there and below.
        #[arg(long)]
        place: PlaceId,
        /// Also ask for the secrets that it may have and does not need, such as the login of a mail server.
        #[arg(long)]
        login: bool,
        /// The file.
        file: PathBuf,
    },
    /// Send a message that says that the channel works, and wait for what becomes of it.
    Test {
        /// Which channel.
        channel: ChannelId,
    },
    /// Remove a channel, with what waits to go out on it.
    Remove {
        /// Which channel.
        channel: ChannelId,
    },
}

impl Command {
    /// Does it and prints.
    pub(super) async fn run(self, client: &Client, out: Output) -> Result<()> {
        match self {
            Self::List => out.either(&client.get("channels", &[]).await?, channels),
            Self::Add { place, login, file } => {
                let spec = read::<ChannelSpec>(&file, "channel")?;
                let (needed, optional) = spec.settings.secret_names();
                let mut secrets = Map::new();
                for name in needed.iter().chain(if login { optional } else { &[] }) {
                    let secret = password::read_named(name).await?;
                    secrets.insert((*name).to_owned(), Value::String(secret.reveal().to_owned()));
                }
                let body = json!({ "place_id": place, "channel": spec, "credentials": secrets });
                let channel = client.change(Method::POST, "channels", None, &body).await?;
                out.either(&channel, |channel| cell(channel, "/id"))
            }
            Self::Test { channel } => {
                let delivery = test(client, channel).await?;
                out.either(&delivery, |_| "the other side has taken it".to_owned())
            }
            Self::Remove { channel } => {
                client.remove(&format!("channels/{channel}")).await?;
                out.either(&json!({ "removed": channel }), |_| format!("{channel} is removed"))
            }
        }
    }
}

/// Sends a test message, and waits until it is taken or something goes wrong.
async fn test(client: &Client, channel: ChannelId) -> Result<Value> {
    let path = format!("channels/{channel}/test");
    let sent = client.change(Method::POST, &path, None, &json!({})).await?;
    let path = format!("deliveries/{}", cell(&sent, "/id"));
    let started = tokio::time::Instant::now();
    while started.elapsed() < TEST_LIMIT {
        let delivery = client.get(&path, &[]).await?;
        if cell(&delivery, "/state") == "sent" {
            return Ok(delivery);
        }
        if let Some(error) = delivery.get("last_error").and_then(Value::as_str) {
            bail!("it was not taken: {error}");
        }
        tokio::time::sleep(TEST_PAUSE).await;
    }
    bail!("it is still on its way: is the channel switched on? `taimat delivery list` says more")
}

fn channels(found: &Value) -> String {
    let mut rows = vec![["channel", "kind", "on", "pictures", "name"].map(String::from).to_vec()];
    for channel in found.get("items").and_then(Value::as_array).into_iter().flatten() {
        let row = ["/id", "/settings/type", "/enabled", "/allow_pictures", "/name"];
        rows.push(row.map(|pointer| cell(channel, pointer)).to_vec());
    }
    table(&rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_are_channels() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config/channels");
        let mut kinds = Vec::new();
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let spec = read::<ChannelSpec>(&path, "channel").unwrap();
            assert_eq!(spec.check(), Ok(()), "{}", path.display());
            kinds.push(spec.settings.kind());
        }
        kinds.sort_unstable();
        assert_eq!(kinds, ["email", "mqtt", "telegram", "web_push", "webhook", "zalo"]);
    }
}
