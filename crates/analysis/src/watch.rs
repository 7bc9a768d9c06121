//! One camera watched: the gate says which pictures are decoded and looked at, the tracker where they are searched, and
//! what the looks show tells both how to go on.

use std::sync::Arc;
use std::time::Duration;

use domain::{AccessUnit, Detection, LookAt, Searched, Timestamp, Track, VideoParameters};

use crate::gate::{Gate, GateConfig, GateOutput, Look};
use crate::tracker::{Tracker, TrackerConfig, TrackerUpdate};

/// Settings of a watch.
#[derive(Clone, Debug, PartialEq)]
pub struct WatchConfig {
    /// When to decode and to look.
    pub gate: GateConfig,
    /// How to follow.
    pub tracker: TrackerConfig,
    /// A picture is searched whole this often, whether anything changed or not.
    pub whole_every: Duration,
}

impl Default for WatchConfig {
    fn default() -> Self {
        Self {
            gate: GateConfig::default(),
            tracker: TrackerConfig::default(),
            whole_every: Duration::from_mins(1),
        }
    }
}

/// What a watch asks its owner to do, in this order.
#[derive(Clone, Debug)]
pub enum WatchOutput {
    /// Send this to the worker.
    Work {
        /// What to decode.
        unit: AccessUnit,
        /// How to look at the picture once it is decoded, if at all.
        look: Option<LookAt>,
    },
    /// This stretch cannot be analysed: there was no key frame to start from, or too much of it to hold.
    Dropped {
        /// First moment that is missing.
        from: Timestamp,
        /// First moment after it.
        to: Timestamp,
    },
    /// A track is over, for the picture has another shape now.
    Ended(Track),
}

/// What the worker saw in one picture.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    /// Time of the picture.
    pub time: Timestamp,
    /// What was found.
    pub detections: &'a [Detection],
    /// Where it was searched for.
    pub searched: &'a Searched,
    /// Share of the picture that changed against its background, 0 to 1.
    pub motion: f32,
}

/// Gate and tracker of one stream.
#[derive(Debug)]
pub struct Watch {
    config: WatchConfig,
    gate: Gate,
    tracker: Tracker,
    parameters: Option<Arc<VideoParameters>>,
    /// Time of the picture that was last asked to be searched whole.
    whole: Option<Timestamp>,
}

impl Watch {
    /// A watch that knows nothing of its stream yet.
    #[must_use]
    pub fn new(config: WatchConfig) -> Self {
        Self {
            gate: Gate::new(config.gate.clone()),
            tracker: Tracker::new(config.tracker.clone()),
            parameters: None,
            whole: None,
            config,
        }
    }

    /// Takes the next unit of the stream, in decode order.
    pub fn push(&mut self, unit: AccessUnit) -> Vec<WatchOutput> {
        let mut out: Vec<_> = self.follow(&unit.parameters).into_iter().map(WatchOutput::Ended).collect();
        let given = self.gate.push(unit);
        self.direct(given, &mut out);
        out
    }

    /// Takes what was seen in a picture that was looked at.
    pub fn observe(&mut self, seen: &Seen<'_>) -> TrackerUpdate {
        let update = self.tracker.update(seen.time, seen.detections, seen.searched);
        if *seen.searched == Searched::Whole {
            self.whole = self.whole.max(Some(seen.time));
        }
        self.gate.observe(&Look {
            time: seen.time,
            objects: self.tracker.moving(),
            motion: seen.motion,
            attention: self.tracker.attention(),
        });
        update
    }

    /// After the worker died: what a new one needs to go on ([`Gate::resend`]).
    pub fn resend(&mut self) -> Vec<WatchOutput> {
        self.whole = None;
        let mut out = Vec::new();
        let given = self.gate.resend();
        self.direct(given, &mut out);
        out
    }

    /// Ends all tracks; gives those that were reported as started.
    pub fn end_tracks(&mut self) -> Vec<Track> {
        self.tracker.finish()
    }

    /// The gate.
    #[must_use]
    pub fn gate(&self) -> &Gate {
        &self.gate
    }

    /// The gate, to be told of what happened to its units.
    pub fn gate_mut(&mut self) -> &mut Gate {
        &mut self.gate
    }

    /// The tracker.
    #[must_use]
    pub fn tracker(&self) -> &Tracker {
        &self.tracker
    }

    /// Boxes are parts of the picture: another shape of picture is another world to the tracker. Gives the tracks that
    /// end with the old one.
    fn follow(&mut self, parameters: &Arc<VideoParameters>) -> Vec<Track> {
        if self.parameters.as_ref().is_some_and(|known| Arc::ptr_eq(known, parameters)) {
            return Vec::new();
        }
        let changed =
            self.parameters.replace(Arc::clone(parameters)).is_none_or(|known| known != *parameters);
        if !changed {
            return Vec::new();
        }
        let ended = self.tracker.finish();
        let aspect = parameters.width as f32 / parameters.height.max(1) as f32;
        self.tracker = Tracker::new(TrackerConfig { aspect, ..self.config.tracker.clone() });
        self.whole = None;
        ended
    }

    /// Says where the pictures that the gate gives are to be searched.
    fn direct(&mut self, given: Vec<GateOutput>, out: &mut Vec<WatchOutput>) {
        for output in given {
            out.push(match output {
                GateOutput::Work { unit, look } => {
                    let look = look.then(|| self.look_at(unit.time));
                    WatchOutput::Work { unit, look }
                }
                GateOutput::Dropped { from, to } => WatchOutput::Dropped { from, to },
            });
        }
    }

    fn look_at(&mut self, time: Timestamp) -> LookAt {
        let due = self.whole.is_none_or(|whole| time < whole || time.since(whole) >= self.config.whole_every);
        if due {
            self.whole = Some(time);
            return LookAt::whole();
        }
        LookAt { focus: self.tracker.focus(time), whole: false }
    }
}
