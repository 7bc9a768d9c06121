//! `taimat check`.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Args;
use domain::Segment;
use index::{Index, SegmentKey};
use indicatif::{ProgressBar, ProgressStyle};
use recorder::recover::{self, ScannedFile};
use serde_json::json;

use super::local::with_index;
use super::output::Output;
use crate::config::Config;

/// Rows read at once.
const PAGE: u32 = 500;

/// How thorough to be.
#[derive(Args)]
#[group(id = "check_arguments")]
pub(super) struct Check {
    /// Do not look for files that the index does not know.
    #[arg(long)]
    rows_only: bool,
}

/// One way in which files and index disagree.
struct Finding {
    path: String,
    problem: String,
}

impl Check {
    /// Compares, lists each disagreement, and exits with 1 where there is one.
    pub(super) async fn run(self, config: &Config, out: Output) -> Result<ExitCode> {
        let root = config.recordings();
        let (rows, findings) = with_index(config, async |index| {
            let bar = ProgressBar::new_spinner();
            bar.set_style(ProgressStyle::with_template("{spinner} {pos} checked, {elapsed}")?);
            let (known, mut findings) = check_rows(&index, &root, &bar).await?;
            let rows = known.len();
            if !self.rows_only {
                findings.extend(check_files(known, root.clone(), bar.clone()).await?);
            }
            bar.finish_and_clear();
            Ok((rows, findings))
        })
        .await?;
        let report = json!({
            "segments": rows,
            "disagreements": findings
                .iter()
                .map(|finding| json!({ "file": finding.path, "problem": finding.problem }))
                .collect::<Vec<_>>(),
        });
        out.either(&report, |_| {
            let mut lines: Vec<String> =
                findings.iter().map(|finding| format!("{}: {}", finding.path, finding.problem)).collect();
            lines.push(format!("{rows} segments checked, {} disagreements", findings.len()));
            if !findings.is_empty() {
                lines.push("`taimat reindex` takes the files as the truth".to_owned());
            }
            lines.join("\n")
        })?;
        Ok(if findings.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

/// Every row against its file; the paths of all rows.
async fn check_rows(
    index: &Index,
    root: &Path,
    bar: &ProgressBar,
) -> Result<(HashSet<String>, Vec<Finding>)> {
    let (mut known, mut findings) = (HashSet::new(), Vec::new());
    let mut after: Option<SegmentKey> = None;
    loop {
        let page = index.segments_after(after, PAGE).await.context("the index cannot be read")?;
        let Some(last) = page.last() else { return Ok((known, findings)) };
        after = Some(SegmentKey { camera_id: last.camera_id, stream: last.stream, start: last.start });
        known.extend(page.iter().map(|segment| segment.path.clone()));
        bar.inc(page.len() as u64);
        let root = root.to_owned();
        findings.extend(
            tokio::task::spawn_blocking(move || {
                page.iter().flat_map(|row| verify(&root, row)).collect::<Vec<_>>()
            })
            .await?,
        );
    }
}

fn verify(root: &Path, row: &Segment) -> Vec<Finding> {
    recover::verify(root, row)
        .into_iter()
        .map(|problem| Finding { path: row.path.clone(), problem: problem.to_string() })
        .collect()
}

/// Every file against the rows.
async fn check_files(known: HashSet<String>, root: PathBuf, bar: ProgressBar) -> Result<Vec<Finding>> {
    let check = move || {
        recover::scan(&root)
            .inspect(|_| bar.inc(1))
            .filter_map(|file| match file {
                ScannedFile::Segment { segment, .. } if known.contains(&segment.path) => None,
                ScannedFile::Segment { segment, .. } => {
                    Some(Finding { path: segment.path, problem: "is not in the index".to_owned() })
                }
                ScannedFile::Broken { path, .. } if known.contains(&path) => None,
                ScannedFile::Broken { path, problem } => Some(Finding { path, problem: problem.to_string() }),
                ScannedFile::Foreign { path } => Some(Finding {
                    path: path.display().to_string(),
                    problem: "is no recording of ours".to_owned(),
                }),
            })
            .collect()
    };
    tokio::task::spawn_blocking(check).await.context("the files could not be read")
}
