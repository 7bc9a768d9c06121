//! What the watch of one camera cost, minute by minute, and why the camera was or was not looked at.

use std::collections::VecDeque;
use std::time::Duration;

use domain::{
    CameraId, CameraWatch, LookCost, Searched, StreamKind, Timestamp, WatchCost, WatchMinute, WatchReason,
    WatchSpan, WatchState,
};

use crate::gate::Gate;

/// Minutes that are kept.
const KEPT: usize = 60;
const MINUTE: i64 = 60_000_000;
/// Longest time between two pictures that counts as watched.
const LONGEST_STEP: Duration = Duration::from_secs(10);

/// The log of one camera.
#[derive(Debug)]
pub struct WatchLog {
    watch: CameraWatch,
    minutes: VecDeque<WatchMinute>,
    latest: Option<Timestamp>,
}

impl WatchLog {
    /// An empty log.
    #[must_use]
    pub fn new(camera_id: CameraId, stream: StreamKind) -> Self {
        let watch = CameraWatch::new(camera_id, stream);
        Self { watch, minutes: VecDeque::new(), latest: None }
    }

    /// A picture came, and the gate has judged it.
    pub fn frame(&mut self, time: Timestamp, gate: &Gate) {
        let step = self.latest.replace(time).map_or(Duration::ZERO, |latest| time.since(latest));
        let (state, reason) = (gate.state(), gate.reason());
        (self.watch.state, self.watch.reason) = (state, reason);
        self.watch.looks_per_second = gate.looks_per_second();
        self.watch.sentinel_seconds = gate.sentinel_interval().as_secs_f32();
        self.add(time, &WatchCost { frames: 1, ..WatchCost::default() });
        if let Some(minute) = self.minutes.back_mut() {
            spend(&mut minute.spans, state, reason, step.min(LONGEST_STEP));
        }
    }

    /// A picture was looked at; its result came `lag` after its own time.
    pub fn look(&mut self, searched: &Searched, cost: &LookCost, lag: Duration) {
        let Some(time) = self.latest else { return };
        self.add(time, &WatchCost::of_look(searched, cost, lag));
    }

    /// A picture was made that an event is stored with.
    pub fn picture(&mut self, took: Duration) {
        let Some(time) = self.latest else { return };
        self.add(time, &WatchCost { picture_ms: took.as_secs_f64() * 1e3, ..WatchCost::default() });
    }

    /// The log as it is now.
    #[must_use]
    pub fn read(&self) -> CameraWatch {
        CameraWatch { minutes: self.minutes.iter().cloned().collect(), ..self.watch.clone() }
    }

    fn add(&mut self, time: Timestamp, cost: &WatchCost) {
        self.watch.total.add(cost);
        let minute = Timestamp::from_micros(time.as_micros().div_euclid(MINUTE) * MINUTE);
        if self.minutes.back().is_none_or(|last| last.minute != minute) {
            if self.minutes.len() >= KEPT {
                self.minutes.pop_front();
            }
            self.minutes.push_back(WatchMinute { minute, cost: WatchCost::default(), spans: Vec::new() });
        }
        if let Some(last) = self.minutes.back_mut() {
            last.cost.add(cost);
        }
    }
}

fn spend(spans: &mut Vec<WatchSpan>, state: WatchState, reason: Option<WatchReason>, time: Duration) {
    let seconds = time.as_secs_f64();
    match spans.iter_mut().find(|span| span.state == state && span.reason == reason) {
        Some(span) => span.seconds += seconds,
        None => spans.push(WatchSpan { state, reason, seconds }),
    }
}
