//! The burst: every camera active at once, for minutes, after a time in which all were idle, and idle again after it.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use blackbox::{Camsim, footage};
use domain::{Clock, Gap, GapReason, SystemClock, Timestamp};

use super::load::{IDLE, Load};
use super::phase::now;
use super::site::{CAMERAS_CORE, Frames, Parts, Site};
use super::watch::{self, Histogram};
use crate::live::{Watcher, quantile};

/// Cameras in the burst.
const CAMERAS: usize = 64;
/// Idle time before it, and the longest idle time after it: the cameras change by themselves so long after they were
/// connected to.
const IDLE_TIME: Duration = Duration::from_secs(150);
/// How often lag is looked at.
const STEP: Duration = Duration::from_secs(30);

/// What came of it.
pub(super) struct Burst {
    /// How long it was, in seconds.
    pub(super) seconds: f64,
    /// Share of one core meanwhile.
    pub(super) core: f64,
    /// Lag that one look in twenty exceeds, in seconds, step by step: the burst, then the time after it.
    pub(super) lag: Vec<f64>,
    /// Events that watchers were told of in the burst.
    pub(super) alerts: usize,
    /// How late one alert in twenty was, or later, in seconds.
    pub(super) latency: f64,
    /// Events of that time that the search finds in the end.
    pub(super) events: usize,
    /// Stretches that analysis left out, and seconds of them.
    pub(super) gaps: usize,
    /// Seconds of footage in them.
    pub(super) left_out: f64,
    /// Seconds from the end of the burst until all of them were caught up; `None` where they were not.
    pub(super) caught_up: Option<f64>,
    /// Questions that the server did not answer after the burst.
    pub(super) unanswered: u32,
    /// What became of the pictures.
    pub(super) frames: Frames,
}

/// Idle cameras that all turn active after [`IDLE_TIME`].
fn load() -> Load {
    let mut load = Load::new(CAMERAS, true);
    for (player, piece) in load.players.iter_mut().zip(IDLE.iter().cycle()) {
        player.piece = *piece;
    }
    load
}

/// Runs it.
pub(super) async fn run(seconds: u64, log: Option<&std::path::Path>) -> Result<Burst> {
    let load = load();
    let config = load.config(Some(IDLE_TIME.as_secs()));
    let mut camsim = Camsim::start_with(&config, &footage(), &["taskset", "-c", CAMERAS_CORE])?;
    let mut site = Site::start(&load, &mut camsim, true).await.context("burst")?;
    // Streams came up one after the other: the last one changes a little later than the first.
    tokio::time::sleep(IDLE_TIME).await;
    let watcher = Watcher::start(site.api()).await?;
    let (began, from) = (SystemClock::default().now(), now());
    let (started, before) = (Instant::now(), site.parts());
    let mut lag = Lag { before: Histogram::lag(site.api()).await?, steps: Vec::new() };
    let length = Duration::from_secs(seconds);
    while started.elapsed() < length {
        tokio::time::sleep(STEP.min(length.saturating_sub(started.elapsed()))).await;
        lag.step(&site).await?;
    }
    let (seconds, core) = (started.elapsed().as_secs_f64(), core(&before, &site.parts()));
    let alerts = watcher.take();
    let to = now();
    site.reconnect_cameras()?;
    let (ended, mut unanswered) = (Instant::now(), 0);
    let (gaps, caught_up) = loop {
        tokio::time::sleep(STEP / 3).await;
        let gaps = match overload(&site, began).await {
            Ok(gaps) => gaps,
            // A busy server may answer 503; it is asked again, as a person would, and the table says how often.
            Err(error) if ended.elapsed() < IDLE_TIME => {
                println!("burst: not answered: {error:#}");
                unanswered += 1;
                continue;
            }
            Err(error) => return Err(error),
        };
        let waiting = gaps.iter().any(|gap| gap.caught_up_at.is_none());
        let elapsed = ended.elapsed();
        if !waiting || elapsed > IDLE_TIME {
            break (gaps, (!waiting).then_some(elapsed.as_secs_f64()));
        }
        lag.step(&site).await?;
    };
    let events = watch::events(site.api(), &format!("from={from}&to={to}")).await?.len();
    let left_out = gaps.iter().filter_map(|gap| Some(gap.to?.since(gap.from).as_secs_f64())).sum();
    let frames = site.finish(log).await?;
    Ok(Burst {
        seconds,
        core: core / seconds,
        lag: lag.steps,
        alerts: alerts.len(),
        latency: quantile(alerts, 0.95),
        events,
        gaps: gaps.len(),
        left_out,
        caught_up,
        unanswered,
        frames,
    })
}

struct Lag {
    before: Histogram,
    steps: Vec<f64>,
}

impl Lag {
    async fn step(&mut self, site: &Site<'_>) -> Result<()> {
        let now = Histogram::lag(site.api()).await?;
        self.steps.push(now.since(&self.before).quantile(0.95));
        self.before = now;
        Ok(())
    }
}

fn core(before: &Parts, after: &Parts) -> f64 {
    after.seconds() - before.seconds()
}

/// The stretches of all cameras since a time that analysis left out because it could not keep up.
async fn overload(site: &Site<'_>, since: Timestamp) -> Result<Vec<Gap>> {
    let mut found = Vec::new();
    for camera in &site.cameras {
        for gap in site.server.gaps(&camera.id, "analysis").await? {
            let gap: Gap = serde_json::from_value(gap).context("a gap")?;
            if gap.reason == GapReason::Overload && gap.to.is_none_or(|to| to > since) {
                found.push(gap);
            }
        }
    }
    Ok(found)
}
