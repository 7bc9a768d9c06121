//! The product's own way from access units to events, once looking at every picture, and once through the gate.

use std::collections::BTreeMap;
use std::time::Duration;

use analysis::{
    LiveTrack, Seen, Tracker, TrackerConfig, TrackerUpdate, Watch, WatchConfig, WatchLog, WatchOutput,
};
use anyhow::{Context, Result, bail};
use domain::{
    AccessUnit, CameraId, Detection, LookAt, ObjectClass, Searched, StreamKind, Timestamp, Track, WatchCost,
    WatchSpan,
};
use tokio::sync::mpsc;
use vision_client::{Vision, VisionFeed, VisionReport, Work};

use super::truth::{Way, fill};
use crate::footage::Clip;

/// Longest that the worker may take for one look.
const PATIENCE: Duration = Duration::from_mins(1);
/// Boxes of one track are joined where looks are no further apart than this, in seconds.
const JOINED: f64 = 1.0;

/// What came of a clip.
pub(crate) struct Outcome {
    /// Events, each with its class and where it was.
    pub(crate) events: Vec<(ObjectClass, Way)>,
    /// Pictures that were looked at.
    pub(crate) looks: usize,
    /// What the worker spent.
    pub(crate) cost: WatchCost,
    /// How closely the clip was watched and why, for how long each.
    pub(crate) spans: Vec<WatchSpan>,
}

impl Outcome {
    pub(crate) fn ways(&self) -> Vec<Way> {
        self.events.iter().map(|(_, way)| way.clone()).collect()
    }

    pub(crate) fn ways_of(&self, class: ObjectClass) -> Vec<Way> {
        self.events.iter().filter(|(of, _)| *of == class).map(|(_, way)| way.clone()).collect()
    }
}

/// Decodes every picture, and searches so many a second whole.
pub(crate) async fn whole(vision: &Vision, clip: &Clip, looks_per_second: f64) -> Result<Outcome> {
    let mut stage = Stage::new(vision, clip);
    let mut tracker = Tracker::new(TrackerConfig { aspect: clip.aspect(), ..TrackerConfig::default() });
    let mut next = 0.0;
    for (number, unit) in clip.units.iter().enumerate() {
        let due = number as f64 / clip.frame_rate + 1e-6 >= next;
        if due {
            next += 1.0 / looks_per_second;
        }
        if let Some(look) = stage.work(unit.clone(), due.then(LookAt::whole)).await? {
            let update = tracker.update(look.time, &look.detections, &look.searched);
            stage.take(look.time, update, tracker.live());
        }
    }
    Ok(stage.finish(tracker.finish()))
}

/// Looks as the product does. Each answer is there before the next picture, as it is in the product, where a look takes
/// less time than lies between two pictures.
pub(crate) async fn watched(vision: &Vision, clip: &Clip, config: WatchConfig) -> Result<Outcome> {
    let mut stage = Stage::new(vision, clip);
    let mut watch = Watch::new(config);
    let mut log = WatchLog::new(CameraId::generate(), StreamKind::Sub);
    for unit in &clip.units {
        let outputs = watch.push(unit.clone());
        log.frame(unit.time, watch.gate());
        for output in outputs {
            let WatchOutput::Work { unit, look } = output else { continue };
            if let Some(look) = stage.work(unit, look).await? {
                let update = watch.observe(&Seen {
                    time: look.time,
                    detections: &look.detections,
                    searched: &look.searched,
                    motion: look.motion,
                });
                stage.take(look.time, update, watch.tracker().live());
            }
        }
    }
    let ended = watch.end_tracks();
    let mut outcome = stage.finish(ended);
    for span in log.read().minutes.into_iter().flat_map(|minute| minute.spans) {
        match outcome.spans.iter_mut().find(|known| (known.state, known.reason) == (span.state, span.reason))
        {
            Some(known) => known.seconds += span.seconds,
            None => outcome.spans.push(span),
        }
    }
    Ok(outcome)
}

/// The worker, and what the tracker says.
struct Stage<'a> {
    clip: &'a Clip,
    feed: VisionFeed,
    reports: mpsc::Receiver<VisionReport>,
    ways: BTreeMap<u64, Way>,
    events: BTreeMap<u64, Track>,
    looks: usize,
    cost: WatchCost,
}

/// What one look saw.
struct Saw {
    time: Timestamp,
    detections: Vec<Detection>,
    searched: Searched,
    motion: f32,
}

impl<'a> Stage<'a> {
    fn new(vision: &Vision, clip: &'a Clip) -> Self {
        let (feed, reports) = vision.open(clip.name.as_str());
        let (ways, events) = (BTreeMap::new(), BTreeMap::new());
        Self { clip, feed, reports, ways, events, looks: 0, cost: WatchCost::default() }
    }

    /// Sends a unit, and waits for the answer where it is looked at.
    async fn work(&mut self, unit: AccessUnit, look: Option<LookAt>) -> Result<Option<Saw>> {
        let answered = look.is_some();
        let sent = self.feed.send(Work { unit, look });
        tokio::time::timeout(PATIENCE, sent).await.context("the vision worker takes nothing")??;
        if !answered {
            return Ok(None);
        }
        self.looks += 1;
        let report = tokio::time::timeout(PATIENCE, self.reports.recv()).await;
        match report.context("the vision worker does not answer")?.context("the vision worker is gone")? {
            VisionReport::Look { time, detections, searched, motion, cost, .. } => {
                self.cost.add(&WatchCost::of_look(&searched, &cost, Duration::ZERO));
                Ok(Some(Saw { time, detections, searched, motion }))
            }
            VisionReport::Failed { time, detail } => {
                eprintln!("{}: picture {}: {detail}", self.clip.name, self.clip.frame_at(time));
                Ok(None)
            }
            VisionReport::Lost { .. } => bail!("the vision worker died on {}", self.clip.name),
        }
    }

    fn take(&mut self, time: Timestamp, update: TrackerUpdate, live: impl Iterator<Item = LiveTrack>) {
        for track in update.started.into_iter().chain(update.changed).chain(update.ended) {
            self.events.insert(track.id, track);
        }
        let frame = self.clip.frame_at(time);
        for live in live {
            self.ways.entry(live.id).or_default().insert(frame, live.bounds);
        }
    }

    fn finish(mut self, ended: Vec<Track>) -> Outcome {
        for track in ended {
            self.events.insert(track.id, track);
        }
        let most = (JOINED * self.clip.frame_rate).round() as usize;
        let events = self
            .events
            .values()
            .filter_map(|event| Some((event.class, fill(self.ways.get(&event.id)?, most))))
            .collect();
        Outcome { events, looks: self.looks, cost: self.cost, spans: Vec::new() }
    }
}
