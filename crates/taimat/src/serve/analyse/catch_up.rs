//! Catching up: stretches that live analysis missed are analysed later from the recording.

use std::sync::Arc;
use std::time::Duration;

use analysis::{Tracker, TrackerConfig};
use anyhow::{Context, Result};
use domain::{Camera, Clock, Gap, LookAt, StreamKind, SystemClock, TimeRange, Timestamp};
use index::{Index, Record};
use recorder::Recorder;
use tokio::sync::mpsc;
use tokio_stream::StreamExt;
use tokio_util::sync::CancellationToken;
use vision_client::{VisionFeed, VisionReport, Work};

use crate::serve::analysts::Analysts;
use crate::serve::roster::Roster;
use crate::serve::stills::footage;

/// How often gaps are looked for.
const INTERVAL: Duration = Duration::from_secs(5);
/// A gap is caught up when the recording of it is surely on disk.
const SETTLED: Duration = Duration::from_secs(5);
/// Gaps older than this stay.
const HORIZON: Duration = Duration::from_hours(7 * 24);
/// Gaps of one round.
const ROUND: u32 = 16;
/// The worker's answer to one picture is waited for so long.
const ANSWER: Duration = Duration::from_mins(1);
/// Looks that may be on their way: few, for live analysis goes first, but more than a decoder holds back.
const ON_THE_WAY: usize = 8;

/// Analyses what was missed.
pub(crate) struct CatchUp {
    pub(crate) analysts: Analysts,
    pub(crate) index: Index,
    pub(crate) recorder: Recorder,
    pub(crate) roster: Arc<Roster>,
    pub(crate) clock: Arc<SystemClock>,
    pub(crate) shutdown: CancellationToken,
}

impl CatchUp {
    /// Works until shutdown.
    pub(crate) async fn run(self) {
        let mut rounds = tokio::time::interval(INTERVAL);
        rounds.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut more = false;
        while more || self.shutdown.run_until_cancelled(rounds.tick()).await.is_some() {
            more = false;
            if !self.analysts.vision.is_up() {
                continue;
            }
            let gaps = match self.index.gaps_to_analyse(self.clock.now() - HORIZON, ROUND).await {
                Ok(gaps) => gaps,
                Err(error) => {
                    tracing::warn!("analysis gaps cannot be read: {error}");
                    continue;
                }
            };
            // Many that are waiting are not waited for.
            let (full, waiting) = (gaps.len() >= ROUND as usize, self.clock.now() - SETTLED);
            more = full && gaps.iter().all(|gap| gap.to.is_some_and(|to| to < waiting));
            for gap in gaps {
                if self.shutdown.is_cancelled() || !self.gap(gap).await {
                    more = false;
                    break;
                }
            }
            if more && self.analysts.rows.writer().flush().await.is_err() {
                more = false;
            }
        }
    }

    /// Analyses one gap. False where the round should end: the worker is away.
    async fn gap(&self, gap: Gap) -> bool {
        let Some(range) = gap.to.and_then(|to| TimeRange::new(gap.from, to)) else {
            self.done(gap).await; // Nothing lies in it: the worker was shown it again.
            return true;
        };
        if self.clock.now() < range.to + SETTLED {
            return true;
        }
        let Some(camera) = self.roster.camera(gap.camera_id) else {
            self.done(gap).await; // The camera was removed.
            return true;
        };
        match self.shutdown.run_until_cancelled(self.analyse(Arc::new(camera), gap.stream, range)).await {
            None => false,
            Some(Ok(pictures)) => {
                tracing::info!(camera = %gap.camera_id, from = %range.from, to = %range.to, pictures, "caught up");
                metrics::counter!("taimat_analysis_caught_up_seconds_total")
                    .increment(range.duration().as_secs());
                self.done(gap).await;
                true
            }
            Some(Err(error)) => {
                tracing::warn!(
                    camera = %gap.camera_id, from = %range.from, to = %range.to,
                    "not caught up, tried again later: {error:#}"
                );
                false
            }
        }
    }

    async fn done(&self, gap: Gap) {
        let caught_up_at = Some(self.clock.now());
        self.analysts.rows.send(Record::Gap(Gap { caught_up_at, ..gap })).await;
    }

    /// Looks at the recording of a stretch as live analysis does while something happens; the number of looks.
    async fn analyse(&self, camera: Arc<Camera>, stream: StreamKind, range: TimeRange) -> Result<usize> {
        let mut segments = footage(&self.index, &self.recorder, camera.id, stream, range).await?;
        if segments.is_empty() && stream == StreamKind::Sub {
            segments = footage(&self.index, &self.recorder, camera.id, StreamKind::Main, range).await?;
        }
        let (feed, reports) = self.analysts.vision.open(format!("{}/catch-up", camera.id));
        let mut replay = Replay {
            feed: Some(feed),
            reports,
            tracker: Tracker::new(TrackerConfig::default()),
            distance: Duration::from_secs_f32(1.0 / self.analysts.looks_per_second.max(0.1)),
            last_look: None,
            looks: 0,
            on_the_way: 0,
        };
        let mut events = self.analysts.events(&camera);
        let units = recorder::read::stream(self.recorder.root().to_owned(), segments, range);
        let mut units = std::pin::pin!(units);
        while let Some(unit) = units.next().await {
            match unit {
                Ok(unit) => {
                    let look = range.contains(unit.time) && replay.due(unit.time);
                    if look && replay.looks + replay.on_the_way == 0 {
                        let aspect = unit.parameters.width as f32 / unit.parameters.height.max(1) as f32;
                        replay.tracker = Tracker::new(TrackerConfig { aspect, ..TrackerConfig::default() });
                    }
                    let look = look.then(|| replay.look_at(unit.time));
                    replay.send(Work { unit, look }).await?;
                    while replay.on_the_way > ON_THE_WAY {
                        replay.answer(&mut events).await?;
                    }
                }
                // The rest of a damaged file cannot be had; that is no reason to leave out the next one.
                Err(error) => tracing::warn!(camera = %camera.id, "not analysed: {error}"),
            }
        }
        replay.finish(&mut events).await
    }
}

/// A stretch of recording on its way through worker and tracker. One look at a time: live analysis goes first.
struct Replay {
    feed: Option<VisionFeed>,
    reports: mpsc::Receiver<VisionReport>,
    tracker: Tracker,
    distance: Duration,
    last_look: Option<Timestamp>,
    looks: usize,
    on_the_way: usize,
}

impl Replay {
    fn due(&mut self, time: Timestamp) -> bool {
        let due = self.last_look.is_none_or(|last| time < last || time.since(last) >= self.distance);
        if due {
            self.last_look = Some(time);
        }
        due
    }

    /// The first picture is searched whole, the others where something changed and where somebody is.
    fn look_at(&self, time: Timestamp) -> LookAt {
        if self.looks + self.on_the_way == 0 {
            return LookAt::whole();
        }
        LookAt { focus: self.tracker.focus(time), whole: false }
    }

    async fn send(&mut self, work: Work) -> Result<()> {
        let look = work.look.is_some();
        let feed = self.feed.as_ref().context("the replay has ended")?;
        feed.send(work).await.context("the vision worker went away")?;
        self.on_the_way += usize::from(look);
        Ok(())
    }

    async fn answer(&mut self, events: &mut super::EventSink) -> Result<()> {
        let report = tokio::time::timeout(ANSWER, self.reports.recv())
            .await
            .context("the vision worker did not answer")?
            .context("the vision worker went away")?;
        self.on_the_way = self.on_the_way.saturating_sub(1);
        match report {
            VisionReport::Look { time, detections, searched, .. } => {
                self.looks += 1;
                let update = self.tracker.update(time, &detections, &searched);
                events.update(update, time, self.tracker.live().collect()).await;
                Ok(())
            }
            VisionReport::Failed { time, detail } => {
                tracing::debug!(%time, detail, "cannot decode");
                Ok(())
            }
            VisionReport::Lost { .. } => anyhow::bail!("the vision worker died"),
        }
    }

    /// Waits for the last answers and ends all tracks; the number of looks.
    async fn finish(mut self, events: &mut super::EventSink) -> Result<usize> {
        // A closed feed makes the decoder give what it holds back.
        drop(self.feed.take());
        while self.on_the_way > 0 {
            self.answer(events).await?;
        }
        for track in self.tracker.finish() {
            events.ended(track).await;
        }
        Ok(self.looks)
    }
}
