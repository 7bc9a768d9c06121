//! The pure parts of the product in this process, timed on their own: the gate on a clip's pictures, and the tracker
//! on the detections of a reference.

use std::collections::BTreeMap;
use std::time::Duration;

use analysis::{Gate, GateConfig, Tracker, TrackerConfig};
use domain::{Detection, ObjectClass, Searched, Timestamp, Track};
use rustix::time::{ClockId, clock_gettime};

use crate::accuracy::truth::{Way, fill};
use crate::footage::Clip;

/// Boxes of one track are joined where looks are no further apart than this, in seconds.
const JOINED: f64 = 1.0;

/// Detections at a time.
pub(super) type Look = (Timestamp, Vec<Detection>);

/// Seconds of processor time that the gate takes for each picture of a clip.
pub(super) fn gate_seconds(clip: &Clip) -> f64 {
    let mut gate = Gate::new(GateConfig::default());
    let units = clip.units.clone();
    let before = processor_time();
    for unit in units {
        std::hint::black_box(gate.push(unit));
    }
    processor_time().saturating_sub(before).as_secs_f64() / clip.units.len().max(1) as f64
}

/// What the tracker makes of looks.
pub(super) struct Tracked {
    /// Events, each with its class and where it was.
    pub(super) events: Vec<(ObjectClass, Way)>,
    /// Seconds of processor time for each look.
    pub(super) seconds: f64,
}

/// Runs the tracker over looks at a clip.
pub(super) fn track(clip: &Clip, looks: &[Look]) -> Tracked {
    let mut tracker = Tracker::new(TrackerConfig { aspect: clip.aspect(), ..TrackerConfig::default() });
    let mut ways: BTreeMap<u64, Way> = BTreeMap::new();
    let mut events: BTreeMap<u64, Track> = BTreeMap::new();
    let mut took = Duration::ZERO;
    for (time, detections) in looks {
        let before = processor_time();
        let update = tracker.update(*time, detections, &Searched::Whole);
        took += processor_time().saturating_sub(before);
        let tracks = update.started.into_iter().chain(update.changed).chain(update.ended);
        events.extend(tracks.map(|track| (track.id, track)));
        for live in tracker.live() {
            ways.entry(live.id).or_default().insert(clip.frame_at(*time), live.bounds);
        }
    }
    events.extend(tracker.finish().into_iter().map(|track| (track.id, track)));
    let most = (JOINED * clip.frame_rate).round() as usize;
    let events = events.values().filter_map(|event| Some((event.class, fill(ways.get(&event.id)?, most))));
    Tracked { events: events.collect(), seconds: took.as_secs_f64() / looks.len().max(1) as f64 }
}

/// Processor time of this thread.
fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(u64::try_from(time.tv_sec).unwrap_or(0), u32::try_from(time.tv_nsec).unwrap_or(0))
}
