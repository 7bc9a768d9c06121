//! The figures of one load, put together: what each part of the work takes for a camera.

use anyhow::{Context, Result};
use domain::WatchCost;

use super::load::Load;
use super::phase::{Analysed, Recorded};
use super::pure;
use super::receive::Received;
use super::reference::{self, Both, Cost, Way};
use super::watch;

/// Pictures, and looks of a reference, a second.
const FRAME_RATE: f64 = 15.0;
const LOOK_RATE: f64 = 5.0;
const HOUR: f64 = 3600.0;

/// A figure for an idle camera, an active one, and the mean of all.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Split {
    /// Of an idle camera.
    pub(super) idle: f64,
    /// Of an active one.
    pub(super) active: f64,
    /// The mean over all cameras.
    pub(super) all: f64,
}

impl Split {
    fn plus(self, other: Self) -> Self {
        Self { idle: self.idle + other.idle, active: self.active + other.active, all: self.all + other.all }
    }
}

/// Seconds of processor time for each hour of a camera.
pub(super) struct Block {
    /// What was played.
    pub(super) load: Load,
    /// The parts of the work in the order of the pictures' way, each with its name. The last is what is left.
    pub(super) parts: Vec<(&'static str, Split)>,
    /// All of it.
    pub(super) all: Split,
    /// What analysis adds to recording.
    pub(super) analysis: Split,
    /// What the references take for analysis.
    pub(super) whole: Split,
    /// The second of them.
    pub(super) motion: Split,
    /// The phases.
    pub(super) recorded: Recorded,
    /// The second of them.
    pub(super) analysed: Analysed,
}

impl Block {
    /// Puts it together.
    pub(super) fn new(
        load: Load,
        references: &[Both],
        received: Received,
        recorded: Recorded,
        analysed: Analysed,
    ) -> Result<Self> {
        let shares = Shares::new(&load);
        let even = |core: f64| {
            let each = core / shares.cameras * HOUR;
            Split { idle: each, active: each, all: each }
        };
        let whole = reference::of_load(&load, references, Way::Whole)?;
        let motion = reference::of_load(&load, references, Way::Motion)?;
        let (idle, active) = (watch::total(&analysed.watched, false), watch::total(&analysed.watched, true));
        let watched = |pick: fn(&WatchCost) -> f64| {
            shares.split(pick(&idle), pick(&active), HOUR / analysed.window.seconds)
        };
        // A look takes the tracker as long as it does where the reference looks.
        let looks = watched(|cost| cost.looks as f64);
        let a_look = shares.split(whole.0.track, whole.1.track, 1.0 / LOOK_RATE);
        let (idle, active) = (looks.idle * a_look.idle, looks.active * a_look.active);
        let track = shares.split(idle * shares.idle, active * shares.active, 1.0);

        let (receive, recording) = (even(received.core), even(recorded.window.core()));
        let record = even(recorded.window.core() - received.core);
        let analysis_core = analysed.window.core() - recorded.window.core();
        let mut parts = vec![
            ("receive", receive),
            ("record", record),
            ("gate", gate(&load, references, &shares)?),
            ("decode", watched(|cost| cost.decode_ms / 1e3)),
            ("motion", watched(|cost| cost.motion_ms / 1e3)),
            ("detect", watched(|cost| cost.detect_ms / 1e3)),
            ("track", track),
            ("pictures", watched(|cost| cost.picture_ms / 1e3)),
        ];
        let known = parts.iter().fold(Split::default(), |sum, (_, part)| sum.plus(*part));
        let rest = analysis_core / shares.cameras * HOUR + recording.all - known.all;
        parts.push(("rest", Split { idle: rest, active: rest, all: rest }));
        let all = parts.iter().fold(Split::default(), |sum, (_, part)| sum.plus(*part));
        let analysis = Split {
            idle: all.idle - recording.idle,
            active: all.active - recording.active,
            all: all.all - recording.all,
        };
        let of = |(idle, active): (Cost, Cost)| shares.split(idle.seconds(), active.seconds(), HOUR);
        Ok(Self { load, parts, all, analysis, whole: of(whole), motion: of(motion), recorded, analysed })
    }

    /// How many times as much reference A takes for analysis.
    pub(super) fn ratio_to_whole(&self) -> f64 {
        self.whole.all / self.analysis.all
    }

    /// How many times as much reference B takes for analysis.
    pub(super) fn ratio_to_motion(&self) -> f64 {
        self.motion.all / self.analysis.all
    }

    /// An analysis with what receiving and recording takes.
    pub(super) fn with_recording(&self, analysis: Split) -> Split {
        let recording = self.recording();
        analysis.plus(Split { idle: recording, active: recording, all: recording })
    }

    /// Seconds for each hour of a camera that is only recorded.
    pub(super) fn recording(&self) -> f64 {
        self.all.all - self.analysis.all
    }
}

/// How many cameras there are of each kind.
struct Shares {
    idle: f64,
    active: f64,
    cameras: f64,
}

impl Shares {
    fn new(load: &Load) -> Self {
        let (idle, active) = (load.count(false) as f64, load.count(true) as f64);
        Self { idle, active, cameras: idle + active }
    }

    /// Sums over the idle and over the active cameras, for one of each.
    fn split(&self, idle: f64, active: f64, factor: f64) -> Split {
        let each = |sum: f64, cameras: f64| if cameras > 0.0 { sum * factor / cameras } else { 0.0 };
        Split {
            idle: each(idle, self.idle),
            active: each(active, self.active),
            all: each(idle + active, self.cameras),
        }
    }
}

/// The gate on each piece's pictures.
fn gate(load: &Load, references: &[Both], shares: &Shares) -> Result<Split> {
    let (mut idle, mut active) = (0.0, 0.0);
    for piece in load.pieces() {
        let both = references.iter().find(|both| both.piece == piece).context("a piece without clip")?;
        let cameras = load.players.iter().filter(|player| player.piece == piece).count() as f64;
        let took = pure::gate_seconds(&both.clip) * FRAME_RATE * cameras;
        if piece.active { active += took } else { idle += took }
    }
    Ok(shares.split(idle, active, HOUR))
}
