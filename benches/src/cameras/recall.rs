//! What the product finds of what the references find, on the same footage: the product's own way from pictures to
//! events, offline, so that it comes out the same each time.
//!
//! Each clip is played twice, as cameras of the load play it in a loop, and the second time counts: the gate has
//! learned what is normal, as in a camera that runs for long.

use std::path::Path;
use std::time::Duration;

use analysis::WatchConfig;
use anyhow::{Context, Result};
use domain::ObjectClass;
use tokio_util::sync::CancellationToken;
use vision_client::{Vision, VisionConfig};

use super::pure::{self, Look};
use super::reference::{self, Both, MODEL, Way as Plain};
use crate::accuracy::events::{Comparison, compare};
use crate::accuracy::pipeline;
use crate::accuracy::truth::{self, Way};
use crate::footage::Clip;

/// What was found in one clip.
pub(super) struct Recall {
    /// Name of the clip.
    pub(super) clip: String,
    /// The product's events; the truth is reference A's, or labels.
    pub(super) ours: Comparison,
    /// Reference A's.
    pub(super) whole: Comparison,
    /// Reference B's.
    pub(super) motion: Comparison,
}

/// The product's worker.
pub(super) struct Product {
    vision: Vision,
    worker: tokio::task::JoinHandle<()>,
    shutdown: CancellationToken,
}

impl Product {
    /// Starts it.
    pub(super) async fn start() -> Result<Self> {
        let setup = blackbox::setup();
        let config = VisionConfig {
            models: Some(setup.join("models")),
            niceness: 0,
            // There is one camera at a time.
            patience: Duration::ZERO,
            ..VisionConfig::new(blackbox::program("taimat-vision"), MODEL, reference::runtime(&setup))
        };
        let shutdown = CancellationToken::new();
        let (vision, worker) = Vision::start(config, shutdown.clone()).await?;
        Ok(Self { vision, worker, shutdown })
    }

    /// Stops it.
    pub(super) async fn stop(self) -> Result<()> {
        self.shutdown.cancel();
        self.worker.await.context("the vision worker's supervisor")
    }

    /// The product's events in a clip that is played the second time.
    async fn events(&self, clip: &Clip) -> Result<Vec<(ObjectClass, Way)>> {
        let twice = twice(clip);
        let outcome = pipeline::watched(&self.vision, &twice, WatchConfig::default()).await?;
        Ok(second(outcome.events, clip))
    }

    /// Compares with reference A on a clip that both references have seen.
    pub(super) async fn against_whole(&self, both: &Both) -> Result<Recall> {
        let clip = &both.clip;
        let truth = ways(plain(clip, &both.whole.looks));
        let ours = ways(self.events(clip).await?);
        let motion = ways(plain(clip, &both.motion.looks));
        Ok(Recall {
            clip: clip.name.clone(),
            ours: compare(&truth, &ours, clip.frame_rate),
            whole: compare(&truth, &truth, clip.frame_rate),
            motion: compare(&truth, &motion, clip.frame_rate),
        })
    }

    /// Compares with the people of labelled footage.
    pub(super) async fn against_labels(&self, path: &Path, labels: &Path) -> Result<Recall> {
        let mut clip = Clip::load(path)?;
        // A whole number of seconds, so that looks fall on the same pictures both times.
        let whole_seconds = clip.duration().as_secs() as f64 * clip.frame_rate;
        clip.units.truncate(whole_seconds.round() as usize);
        let seconds = Some(clip.duration().as_secs_f64());
        let truth = truth::load(labels, clip.size)?;
        let last = clip.units.len();
        let truth: Vec<Way> = truth
            .into_iter()
            .map(|way| way.into_iter().filter(|(frame, _)| *frame < last).collect())
            .collect();
        let mut plainly = Vec::new();
        for way in [Plain::Whole, Plain::Motion] {
            let seen = reference::run(way, path, &clip, seconds).await?;
            let people = people(plain(&clip, &seen.looks));
            plainly.push(compare(&truth, &people, clip.frame_rate));
        }
        let ours = compare(&truth, &people(self.events(&clip).await?), clip.frame_rate);
        let [whole, motion] = plainly.as_slice() else { anyhow::bail!("two references are two") };
        Ok(Recall { clip: clip.name.clone(), ours, whole: *whole, motion: *motion })
    }
}

/// The sum over clips.
pub(super) fn sum(of: impl Iterator<Item = Comparison>) -> Comparison {
    of.fold(Comparison::default(), |sum, one| Comparison {
        objects: sum.objects + one.objects,
        found: sum.found + one.found,
        events: sum.events + one.events,
        right: sum.right + one.right,
    })
}

fn plain(clip: &Clip, looks: &[Look]) -> Vec<(ObjectClass, Way)> {
    let looks = reference::twice(looks, clip.duration().as_micros() as i64);
    second(pure::track(clip, &looks).events, clip)
}

/// A clip that is played twice without a break.
fn twice(clip: &Clip) -> Clip {
    let duration: Duration = clip.duration();
    let again = clip.units.iter().cloned().map(|mut unit| {
        unit.time = unit.time + duration;
        unit
    });
    Clip { units: clip.units.iter().cloned().chain(again).collect(), name: clip.name.clone(), ..*clip }
}

/// What of events lies in the second time, counted from its start.
fn second(events: Vec<(ObjectClass, Way)>, clip: &Clip) -> Vec<(ObjectClass, Way)> {
    let first = clip.units.len();
    let moved = |way: Way| -> Way {
        way.into_iter().filter_map(|(frame, bounds)| Some((frame.checked_sub(first)?, bounds))).collect()
    };
    let moved = events.into_iter().map(|(class, way)| (class, moved(way)));
    moved.filter(|(_, way)| !way.is_empty()).collect()
}

fn ways(events: Vec<(ObjectClass, Way)>) -> Vec<Way> {
    events.into_iter().map(|(_, way)| way).collect()
}

fn people(events: Vec<(ObjectClass, Way)>) -> Vec<Way> {
    events.into_iter().filter(|(class, _)| *class == ObjectClass::Person).map(|(_, way)| way).collect()
}
