//! `taimat clip`.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use clap::Args;
use domain::{CameraId, StreamKind, Timestamp};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;
use tokio::io::AsyncWriteExt;

use super::client::Client;
use super::output::Output;

/// Which clip, and where to.
#[derive(Args)]
#[group(id = "clip_arguments")]
pub(super) struct Clip {
    /// Which camera.
    camera: CameraId,
    /// The first moment, with a zone: 2026-11-23T14:00:00+07:00.
    #[arg(long)]
    from: Timestamp,
    /// The first moment after the clip.
    #[arg(long)]
    to: Timestamp,
    /// main or sub.
    #[arg(long, default_value = "main")]
    stream: StreamKind,
    /// The file to write; it must not exist.
    #[arg(long, short)]
    output: PathBuf,
}

impl Clip {
    /// Downloads the clip. A file that is there is never overwritten, and one that is not whole is not left behind.
    pub(super) async fn run(self, client: &Client, out: Output) -> Result<()> {
        let query = [
            ("from", self.from.to_string()),
            ("to", self.to.to_string()),
            ("stream", self.stream.to_string()),
        ];
        let mut response = client.download(&format!("cameras/{}/clip", self.camera), &query).await?;
        let shown = self.output.display().to_string();
        let mut file = tokio::fs::File::create_new(&self.output)
            .await
            .with_context(|| format!("cannot create {shown}"))?;
        let expected = response.content_length();
        let bar = ProgressBar::new(expected.unwrap_or(0));
        bar.set_style(ProgressStyle::with_template("{bar:40} {bytes}/{total_bytes} {bytes_per_sec} {eta}")?);
        let copied = async {
            let mut bytes = 0;
            while let Some(chunk) = response.chunk().await? {
                file.write_all(&chunk).await?;
                bytes += chunk.len() as u64;
                bar.set_position(bytes);
            }
            file.sync_all().await?;
            match expected {
                Some(expected) if expected != bytes => bail!("{bytes} of {expected} bytes came"),
                _ => Ok(bytes),
            }
        }
        .await;
        bar.finish_and_clear();
        match copied {
            Ok(bytes) => {
                out.either(&json!({ "file": shown, "bytes": bytes }), |_| format!("{shown}: {bytes} bytes"))
            }
            Err(error) => {
                tokio::fs::remove_file(&self.output).await.context("cannot remove the part that came")?;
                Err(error).with_context(|| format!("the clip broke off; {shown} was removed"))
            }
        }
    }
}
