//! py-motmetrics in a virtual environment of its own, made on first use.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

/// Pinned, with what it computes with.
const PACKAGES: [&str; 4] = ["motmetrics==1.4.0", "numpy==1.26.4", "pandas==2.2.3", "scipy==1.13.1"];
const SCRIPT: &str = include_str!("../evaluate.py");

/// What py-motmetrics says of one result, as parts of 1.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Figures {
    /// Multiple object tracking accuracy.
    pub(super) mota: f64,
    /// F1 of the identities.
    pub(super) idf1: f64,
    /// Mean distance (1 − IoU) of what was matched.
    pub(super) motp: f64,
    /// Recall of boxes.
    pub(super) recall: f64,
    /// Precision of boxes.
    pub(super) precision: f64,
    /// Changes of identity.
    pub(super) num_switches: f64,
}

pub(super) struct Evaluator {
    python: PathBuf,
}

impl Evaluator {
    /// Finds or makes the virtual environment under the set-up folder.
    pub(super) fn ready(setup: &Path) -> Result<Self> {
        let folder = setup.join("motmetrics");
        let python = folder.join("bin/python");
        let stamp = folder.join("packages.txt");
        let wanted = PACKAGES.join("\n");
        if std::fs::read_to_string(&stamp).is_ok_and(|have| have == wanted) {
            return Ok(Self { python });
        }
        println!("installing {} into {}", PACKAGES.join(" "), folder.display());
        run(Command::new("python3").args(["-m", "venv"]).arg(&folder))?;
        run(Command::new(&python).args(["-m", "pip", "install", "--quiet"]).args(PACKAGES))?;
        std::fs::write(&stamp, wanted).with_context(|| stamp.display().to_string())?;
        Ok(Self { python })
    }

    /// Compares results with the truth, all files of MOT15 text.
    pub(super) fn evaluate(&self, truth: &Path, results: &[PathBuf]) -> Result<Vec<Figures>> {
        let output = run(Command::new(&self.python).args(["-c", SCRIPT]).arg(truth).args(results))?;
        let lines = String::from_utf8_lossy(&output.stdout);
        lines.lines().map(|line| serde_json::from_str(line).context("the evaluator's answer")).collect()
    }
}

fn run(command: &mut Command) -> Result<Output> {
    let output =
        command.output().with_context(|| format!("cannot run {}", command.get_program().display()))?;
    ensure!(
        output.status.success(),
        "{} failed: {}",
        command.get_program().display(),
        String::from_utf8_lossy(&output.stderr).trim()
    );
    Ok(output)
}
