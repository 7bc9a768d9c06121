//! `taimat reindex`.

use anyhow::{Context, Result};
use domain::Segment;
use indicatif::{ProgressBar, ProgressStyle};
use recorder::recover::{self, ScannedFile};
use serde_json::json;
use tokio::sync::mpsc;

use super::local::with_index;
use super::output::Output;
use crate::config::Config;

/// Rows of one transaction.
const BATCH: usize = 500;

/// Reads every file and writes its row; what is no segment is listed.
pub(super) async fn run(config: &Config, out: Output) -> Result<()> {
    let root = config.recordings();
    with_index(config, async |index| {
        let (found, mut files) = mpsc::channel(BATCH);
        let scan = tokio::task::spawn_blocking(move || {
            for file in recover::scan(&root) {
                if found.blocking_send(file).is_err() {
                    break;
                }
            }
        });
        let bar = ProgressBar::new_spinner();
        bar.set_style(ProgressStyle::with_template("{spinner} {pos} files read, {elapsed}")?);
        let (mut written, mut broken) = (0, Vec::new());
        let mut batch: Vec<Segment> = Vec::with_capacity(BATCH);
        while let Some(file) = files.recv().await {
            bar.inc(1);
            match file {
                ScannedFile::Segment { segment, torn_bytes } => {
                    if torn_bytes > 0 {
                        broken.push((segment.path.clone(), format!("{torn_bytes} bytes at its end are torn")));
                    }
                    batch.push(*segment);
                }
                ScannedFile::Broken { path, problem } => broken.push((path, problem.to_string())),
                ScannedFile::Foreign { path } => {
                    broken.push((path.display().to_string(), "is no recording of ours".to_owned()));
                }
            }
            if batch.len() == BATCH {
                written += put(&index, &mut batch).await?;
            }
        }
        written += put(&index, &mut batch).await?;
        scan.await.context("the files could not be read")?;
        index.tidy().await?;
        bar.finish_and_clear();
        let report = json!({
            "segments": written,
            "left_out": broken.iter().map(|(file, why)| json!({ "file": file, "why": why })).collect::<Vec<_>>(),
        });
        out.either(&report, |_| {
            let mut lines = vec![format!("{written} segments are in the index")];
            lines.extend(broken.iter().map(|(file, why)| format!("{file}: {why}")));
            lines.join("\n")
        })
    })
    .await
}

async fn put(index: &index::Index, batch: &mut Vec<Segment>) -> Result<usize> {
    index.put_segments(batch).await.context("segments could not be written to the index")?;
    let written = batch.len();
    batch.clear();
    Ok(written)
}
