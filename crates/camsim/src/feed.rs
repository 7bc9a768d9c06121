//! What a session is sent: the units of the loop in their order, and the faults that concern whole units.

use std::sync::Arc;
use std::time::Duration;

use gstreamer as gst;

use crate::config::StreamFaults;
use crate::footage::Track;
use crate::timeline::Position;

/// The footage that a stream changes to, and when.
#[derive(Clone)]
pub(crate) struct Change {
    /// Time since the session's start.
    pub(crate) after: Duration,
    /// What to go on with.
    pub(crate) track: Arc<Track>,
}

/// When a stream stops, in time since the session's start.
#[derive(Clone, Default)]
pub(crate) struct Ends {
    /// No more units.
    pub(crate) stall: Option<Duration>,
    /// Hang up.
    pub(crate) close: Option<Duration>,
}

/// The unit-wise faults of a stream.
#[derive(Clone, Default)]
pub(crate) struct FeedFaults {
    /// When it stops.
    pub(crate) ends: Ends,
    /// What it changes to.
    pub(crate) change: Option<Change>,
    /// Leave key frames out.
    pub(crate) no_key_frames: bool,
    /// Begin with what was sent since the last key frame.
    pub(crate) burst: bool,
}

impl FeedFaults {
    /// Takes them from the configuration; `change` is loaded by the caller.
    pub(crate) fn new(faults: &StreamFaults, change: Option<Change>) -> Self {
        let seconds = |time: Option<f64>| time.map(Duration::from_secs_f64);
        Self {
            ends: Ends { stall: seconds(faults.stall_after), close: seconds(faults.close_after) },
            change,
            no_key_frames: faults.no_key_frames,
            burst: faults.burst,
        }
    }
}

/// One session of one track.
pub(crate) struct Feed {
    track: Arc<Track>,
    /// The next unit; `None` before the first.
    position: Option<Position>,
    start: Duration,
    faults: FeedFaults,
}

/// What to do next.
pub(crate) enum Step {
    /// Send a unit; first announce the format where it changed.
    Send(Option<gst::Caps>, gst::Buffer),
    /// Send nothing any more.
    Stall,
    /// Hang up.
    Close,
}

impl Feed {
    /// A session that has sent nothing yet.
    pub(crate) fn new(track: Arc<Track>, faults: FeedFaults) -> Self {
        Self { track, position: None, start: Duration::ZERO, faults }
    }

    /// The next unit, stamped with the time of the camera at which it is due. The first is the next key frame, or the
    /// last where a burst is asked for.
    pub(crate) fn step(&mut self, now: Duration) -> Step {
        let mut caps = None;
        let mut position = self.position.unwrap_or_else(|| {
            let timeline = &self.track.timeline;
            let first = if self.faults.burst { timeline.key_before(now) } else { timeline.key_after(now) };
            self.start = timeline.time(first);
            first
        });
        loop {
            let timeline = &self.track.timeline;
            let time = timeline.time(position);
            let age = time.saturating_sub(self.start);
            let due = |limit: Option<Duration>| limit.is_some_and(|limit| age >= limit);
            if due(self.faults.ends.close) {
                return Step::Close;
            }
            if due(self.faults.ends.stall) {
                return Step::Stall;
            }
            if let Some(change) = self.faults.change.take_if(|change| age >= change.after) {
                position = change.track.timeline.key_after(time);
                caps = Some(change.track.caps.clone());
                self.track = change.track;
                continue;
            }
            let next = timeline.next(position);
            self.position = Some(next);
            if self.faults.no_key_frames && timeline.is_key(position) {
                position = next;
                continue;
            }
            return self.stamped(position).map_or(Step::Stall, |unit| Step::Send(caps, unit));
        }
    }

    fn stamped(&self, position: Position) -> Option<gst::Buffer> {
        let mut unit = self.track.units.get(position.index)?.copy();
        let time = gst::ClockTime::try_from(self.track.timeline.time(position)).ok();
        let stamped = unit.get_mut()?;
        stamped.set_pts(time);
        stamped.set_dts(time);
        Some(unit)
    }
}
