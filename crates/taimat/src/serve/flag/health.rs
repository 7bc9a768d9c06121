//! Rules about the cameras themselves: what is offline, whose clock is wrong, whose recordings the disk does not keep up with.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::{
    Camera, CameraId, Clock, Condition, Measured, Rule, RuleId, StreamKind, StreamState, SystemClock,
};
use recorder::Recorder;
use tokio_util::sync::CancellationToken;

use super::book::{RuleBook, Rules};
use super::flagger::{Flag, Flags};
use crate::serve::board::Board;
use crate::serve::roster::Roster;

/// How often the cameras are looked at.
const INTERVAL: Duration = Duration::from_secs(1);
/// With so many bytes waiting, the disk does not keep up: pictures are lost once all of the queue is full.
const MOST_QUEUED: usize = 64 << 20;

/// Watches how the cameras fare.
pub(crate) struct HealthRules {
    pub(crate) rules: Rules,
    pub(crate) board: Arc<Board>,
    pub(crate) roster: Arc<Roster>,
    pub(crate) clock: Arc<SystemClock>,
    pub(crate) flags: Flags,
    pub(crate) recorder: Recorder,
    /// What retention keeps free on the disk, in bytes.
    pub(crate) keep_free_bytes: u64,
    pub(crate) stop: CancellationToken,
}

impl HealthRules {
    /// Works until the server stops.
    pub(crate) async fn run(mut self) {
        let mut book = Arc::<RuleBook>::default();
        // What is met now and was told: it is told again only once it was mended.
        let mut told: HashSet<(RuleId, CameraId)> = HashSet::new();
        let mut behind: Option<Instant> = None;
        let mut rounds = tokio::time::interval(INTERVAL);
        rounds.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        while self.stop.run_until_cancelled(rounds.tick()).await.is_some() {
            if let Some(changed) = self.rules.changed() {
                book = changed;
            }
            behind = self.storage_behind().then(|| behind.unwrap_or_else(Instant::now));
            let behind_for = behind.map(|since| since.elapsed().as_secs_f32());
            let mut met = HashSet::new();
            for state in self.board.states() {
                let Some(camera) = self.roster.camera(state.camera_id) else { continue };
                let main = state.streams.iter().find(|stream| stream.stream == StreamKind::Main);
                let Some(main) = main else { continue };
                for rule in book.of(&camera) {
                    if let Some(measured) = self.meets(&rule, main, behind_for) {
                        met.insert((rule.id, camera.id));
                        if !told.contains(&(rule.id, camera.id)) {
                            self.flag(&camera, rule, measured);
                        }
                    }
                }
            }
            told = met;
        }
    }

    /// What met a rule, if it is about health and holds now.
    fn meets(&self, rule: &Rule, main: &StreamState, behind_for: Option<f32>) -> Option<Measured> {
        let now = self.clock.now();
        let seconds = match rule.spec.condition {
            Condition::CameraOffline { seconds: limit } if !main.online => {
                let away = now.since(main.since).as_secs_f32();
                (away > limit).then_some(away)
            }
            Condition::ClockWrong { seconds: limit } => {
                let off = main.clock_offset.map(|offset| offset.abs() as f32);
                off.filter(|off| *off > limit)
            }
            Condition::StorageBehind { seconds: limit } => behind_for.filter(|lasted| *lasted > limit),
            _ => None,
        };
        let holds =
            rule.spec.enabled && rule.spec.schedule.as_ref().is_none_or(|schedule| schedule.holds(now));
        let seconds = seconds.filter(|_| holds)?;
        Some(Measured { seconds: Some(seconds), ..Measured::default() })
    }

    /// Whether the disk is all but full, though retention has removed what it may, or does not keep up. One that cannot be
    /// asked counts as well: nothing can be written to it either.
    fn storage_behind(&self) -> bool {
        let full = match self.recorder.space() {
            Ok(space) => crate::serve::health::too_full(&space, self.keep_free_bytes),
            Err(error) => {
                tracing::warn!("the disk of the recordings cannot be asked: {error}");
                true
            }
        };
        full || self.recorder.queued_bytes() > MOST_QUEUED
    }

    fn flag(&self, camera: &Camera, rule: Arc<Rule>, measured: Measured) {
        self.flags.raise(Flag {
            camera_id: Some(camera.id),
            place_id: camera.place_id,
            rule,
            at: self.clock.now(),
            event_id: None,
            measured,
            cameras: Vec::new(),
        });
    }
}
