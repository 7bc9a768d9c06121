//! The references: what it costs to analyse each piece of footage the plain way, and what is found then. They run
//! outside the load, once for each piece, for their cost is the same at every camera that plays it.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use domain::{Detection, Timestamp};
use serde::Deserialize;
use tokio::process::Command;

use super::load::{Load, Piece};
use super::pure::{self, Look};
use super::site::MEASURED_CORE;
use crate::footage::Clip;

/// The model of the server, of the references and of the recall.
pub(super) const MODEL: &str = "models/nanodet-g-416-int8.toml";

/// A plain way to analyse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// A: the whole picture, five times a second.
    Whole,
    /// B: what moves, each region alone.
    Motion,
}

/// Seconds of processor time for each second of footage.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Cost {
    /// For decoding.
    pub(super) decode: f64,
    /// For finding motion and regions.
    pub(super) motion: f64,
    /// For scaling and the model.
    pub(super) detect: f64,
    /// For tracking.
    pub(super) track: f64,
    /// Runs of the model.
    pub(super) runs: f64,
}

impl Cost {
    /// All of it.
    pub(super) fn seconds(&self) -> f64 {
        self.decode + self.motion + self.detect + self.track
    }

    /// Adds another, so many times.
    fn add(&mut self, other: &Self, times: f64) {
        self.decode += other.decode * times;
        self.motion += other.motion * times;
        self.detect += other.detect * times;
        self.track += other.track * times;
        self.runs += other.runs * times;
    }
}

/// What a reference makes of a piece of footage.
pub(super) struct Reference {
    /// What it took.
    pub(super) cost: Cost,
    /// What it saw.
    pub(super) looks: Vec<Look>,
}

/// Both references on one stream of one piece.
pub(super) struct Both {
    /// The piece.
    pub(super) piece: Piece,
    /// Reference A.
    pub(super) whole: Reference,
    /// Reference B.
    pub(super) motion: Reference,
    /// The footage.
    pub(super) clip: Clip,
}

#[derive(Deserialize)]
struct Line {
    time_us: i64,
    detections: Vec<Detection>,
}

#[derive(Deserialize)]
struct Summary {
    frames: u64,
    runs: u64,
    decode_s: f64,
    motion_s: f64,
    detect_s: f64,
}

/// Runs both references on a stream of a piece; `seconds` of it, where not all of it is wanted.
pub(super) async fn both(piece: Piece, stream: &str, seconds: Option<f64>) -> Result<Both> {
    let path = piece.path(stream);
    let clip = Clip::load(&path).context("no footage: run `cargo xtask setup`")?;
    let whole = run(Way::Whole, &path, &clip, seconds).await?;
    let motion = run(Way::Motion, &path, &clip, seconds).await?;
    Ok(Both { piece, whole, motion, clip })
}

/// Runs one reference on a file, on the measured core.
pub(super) async fn run(way: Way, path: &Path, clip: &Clip, seconds: Option<f64>) -> Result<Reference> {
    let setup = blackbox::setup();
    let mut command = Command::new("taskset");
    command.args(["-c", MEASURED_CORE]).arg(blackbox::program("taimat-vision")).arg("bench-reference");
    command.args(["--way", if way == Way::Whole { "whole" } else { "motion" }]);
    command.arg("--model").arg(MODEL).arg("--models").arg(setup.join("models"));
    command.arg("--runtime").arg(runtime(&setup));
    if let Some(seconds) = seconds {
        command.args(["--seconds", &seconds.to_string()]);
    }
    let output = command.arg(path).kill_on_drop(true).output().await?;
    let error = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "the reference on {}: {}", path.display(), error.trim());
    let text = String::from_utf8_lossy(&output.stdout);
    let (lines, summary) = text.trim_end().rsplit_once('\n').context("the reference saw nothing")?;
    let summary: Summary = serde_json::from_str(summary).context("the reference's sums")?;
    let start = clip.units.first().map(|unit| unit.time).context("an empty clip")?;
    let looks = lines.lines().map(|line| -> Result<Look> {
        let line: Line = serde_json::from_str(line).context("a look of the reference")?;
        Ok((start.plus_micros(line.time_us), line.detections))
    });
    let looks = looks.collect::<Result<Vec<_>>>()?;
    let played = summary.frames as f64 / clip.frame_rate;
    let track = pure::track(clip, &looks).seconds * looks.len() as f64;
    let cost = Cost {
        decode: summary.decode_s / played,
        motion: summary.motion_s / played,
        detect: summary.detect_s / played,
        track: track / played,
        runs: summary.runs as f64 / played,
    };
    Ok(Reference { cost, looks })
}

/// The ONNX Runtime library that set-up installed.
pub(super) fn runtime(setup: &Path) -> PathBuf {
    std::env::var_os("ORT_DYLIB_PATH")
        .map_or_else(|| setup.join("onnxruntime/libonnxruntime.so.1.32.0"), PathBuf::from)
}

/// What a reference takes for the idle and for the active cameras of a load, all together.
pub(super) fn of_load(load: &Load, references: &[Both], way: Way) -> Result<(Cost, Cost)> {
    let (mut idle, mut active) = (Cost::default(), Cost::default());
    for both in references {
        let cameras = load.players.iter().filter(|player| player.piece == both.piece).count() as f64;
        let cost = if way == Way::Whole { &both.whole.cost } else { &both.motion.cost };
        if both.piece.active { active.add(cost, cameras) } else { idle.add(cost, cameras) }
    }
    let known = |piece: &Piece| references.iter().any(|both| both.piece == *piece);
    ensure!(load.pieces().iter().all(known), "no reference for a piece of the load");
    Ok((idle, active))
}

/// Looks at a clip that is played twice.
pub(super) fn twice(looks: &[Look], duration_micros: i64) -> Vec<Look> {
    let again = looks.iter().map(|(time, found)| (time.plus_micros(duration_micros), found.clone()));
    looks.iter().cloned().chain(again).collect::<Vec<(Timestamp, _)>>()
}
