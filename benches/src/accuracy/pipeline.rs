//! The product's own way from access units to events, once looking at every picture, and once through the gate.

use std::collections::BTreeMap;
use std::time::Duration;

use analysis::{Gate, GateConfig, GateOutput, Look, Tracker, TrackerConfig};
use anyhow::{Context, Result, bail};
use domain::{AccessUnit, ObjectClass, Track};
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
    /// Pictures that were decoded.
    pub(crate) decoded: usize,
}

impl Outcome {
    pub(crate) fn ways(&self) -> Vec<Way> {
        self.events.iter().map(|(_, way)| way.clone()).collect()
    }

    pub(crate) fn ways_of(&self, class: ObjectClass) -> Vec<Way> {
        self.events.iter().filter(|(of, _)| *of == class).map(|(_, way)| way.clone()).collect()
    }
}

/// Looks at every picture.
pub(crate) async fn every_picture(vision: &Vision, clip: &Clip) -> Result<Outcome> {
    let mut stage = Stage::new(vision, clip);
    for unit in &clip.units {
        stage.work(vec![(unit.clone(), true)]).await?;
    }
    Ok(stage.finish())
}

/// Looks at what the gate lets through. Each answer is there before the next picture, as it is in the product, where
/// a look takes less time than lies between two pictures.
pub(crate) async fn through_gate(vision: &Vision, clip: &Clip, config: GateConfig) -> Result<Outcome> {
    let mut stage = Stage::new(vision, clip);
    let mut gate = Gate::new(config);
    for unit in &clip.units {
        let work = gate.push(unit.clone()).into_iter().filter_map(|output| match output {
            GateOutput::Work { unit, look } => Some((unit, look)),
            GateOutput::Dropped { .. } => None,
        });
        for look in stage.work(work.collect()).await? {
            gate.observe(&look);
        }
    }
    Ok(stage.finish())
}

/// Worker and tracker.
struct Stage<'a> {
    clip: &'a Clip,
    feed: VisionFeed,
    reports: mpsc::Receiver<VisionReport>,
    tracker: Tracker,
    ways: BTreeMap<u64, Way>,
    events: BTreeMap<u64, Track>,
    looks: usize,
    decoded: usize,
}

impl<'a> Stage<'a> {
    fn new(vision: &Vision, clip: &'a Clip) -> Self {
        let (feed, reports) = vision.open(clip.name.as_str());
        let aspect = clip.size.0 as f32 / clip.size.1.max(1) as f32;
        let tracker = Tracker::new(TrackerConfig { aspect, ..TrackerConfig::default() });
        let (ways, events) = (BTreeMap::new(), BTreeMap::new());
        Self { clip, feed, reports, tracker, ways, events, looks: 0, decoded: 0 }
    }

    /// Sends units and waits for all looks.
    async fn work(&mut self, units: Vec<(AccessUnit, bool)>) -> Result<Vec<Look>> {
        let mut looks = Vec::new();
        for (unit, look) in units {
            self.decoded += 1;
            let sent = self.feed.send(Work { unit, look });
            tokio::time::timeout(PATIENCE, sent).await.context("the vision worker takes nothing")??;
            if look {
                looks.extend(self.answer().await?);
            }
        }
        Ok(looks)
    }

    async fn answer(&mut self) -> Result<Option<Look>> {
        self.looks += 1;
        let report = tokio::time::timeout(PATIENCE, self.reports.recv()).await;
        match report.context("the vision worker does not answer")?.context("the vision worker is gone")? {
            VisionReport::Look { time, detections, motion, .. } => {
                let update = self.tracker.update(time, &detections);
                for track in update.started.into_iter().chain(update.changed).chain(update.ended) {
                    self.events.insert(track.id, track);
                }
                let frame = self.clip.frame_at(time);
                for live in self.tracker.live() {
                    self.ways.entry(live.id).or_default().insert(frame, live.bounds);
                }
                Ok(Some(Look { time, objects: self.tracker.moving(), motion }))
            }
            VisionReport::Failed { time, detail } => {
                eprintln!("{}: picture {}: {detail}", self.clip.name, self.clip.frame_at(time));
                Ok(None)
            }
            VisionReport::Lost { .. } => bail!("the vision worker died on {}", self.clip.name),
        }
    }

    fn finish(mut self) -> Outcome {
        for track in self.tracker.finish() {
            self.events.insert(track.id, track);
        }
        let most = (JOINED * self.clip.frame_rate).round() as usize;
        let events = self
            .events
            .values()
            .filter_map(|event| Some((event.class, fill(self.ways.get(&event.id)?, most))))
            .collect();
        Outcome { events, looks: self.looks, decoded: self.decoded }
    }
}
