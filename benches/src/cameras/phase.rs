//! The two phases of each load: recording only, then recording and analysing.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result};
use blackbox::Camsim;
use chrono::Utc;

use super::load::Load;
use super::site::{Frames, Site, Window};
use super::watch::{self, Histogram, Watched};
use crate::live::{Watcher, quantile};

/// Results that are later than this, for one in twenty looks, mean that the server has fallen behind.
const BEHIND: f64 = 2.0;

/// How long things are waited for and measured.
#[derive(Clone, Debug)]
pub(super) struct Times {
    /// What is measured of each phase.
    pub(super) measured: Duration,
    /// Quiet time before recording alone is measured: connecting costs more than recording.
    pub(super) recording: Duration,
    /// Quiet time before analysis is measured: it learns what is normal first.
    pub(super) analysing: Duration,
    /// Seconds of receiving alone.
    pub(super) receiving: f64,
    /// Where logs are kept, if anywhere.
    pub(super) logs: Option<PathBuf>,
}

impl Times {
    fn log(&self, load: &Load, phase: &str) -> Option<PathBuf> {
        let streams = if load.with_sub { "" } else { "-without-sub" };
        Some(self.logs.as_ref()?.join(format!("{}{streams}-{phase}.log", load.cameras())))
    }
}

/// Recording only.
pub(super) struct Recorded {
    /// What it took.
    pub(super) window: Window,
    /// What became of the pictures.
    pub(super) frames: Frames,
}

/// Recording and analysing.
pub(super) struct Analysed {
    /// What it took.
    pub(super) window: Window,
    /// What became of the pictures.
    pub(super) frames: Frames,
    /// What the analysis of the cameras took, as the server says, by what they play.
    pub(super) watched: Vec<Watched>,
    /// How far results were behind.
    pub(super) lag: Histogram,
    /// How late watchers were told of each new event, in seconds.
    pub(super) alerts: Vec<f64>,
    /// Events at idle and at active cameras that the search finds.
    pub(super) events: (usize, usize),
    /// Stretches that were left out because analysis could not keep up.
    pub(super) overload: u64,
}

impl Analysed {
    /// Whether the server did not keep up.
    pub(super) fn is_behind(&self) -> bool {
        self.overload > 0 || self.frames.lost > 0 || self.lag.quantile(0.95) > BEHIND
    }

    /// The latency of alerts that a part of them does not exceed, in seconds.
    pub(super) fn latency(&self, part: f64) -> f64 {
        quantile(self.alerts.clone(), part)
    }
}

/// Measures recording alone.
pub(super) async fn record(load: &Load, camsim: &mut Camsim, times: &Times) -> Result<Recorded> {
    let mut site = Site::start(load, camsim, false).await.context("recording only")?;
    tokio::time::sleep(times.recording).await;
    let window = site.measure(times.measured).await?;
    let frames = site.finish(times.log(load, "recording").as_deref()).await?;
    Ok(Recorded { window, frames })
}

/// Measures recording and analysing.
pub(super) async fn analyse(load: &Load, camsim: &mut Camsim, times: &Times) -> Result<Analysed> {
    let mut site = Site::start(load, camsim, true).await.context("analysing")?;
    tokio::time::sleep(times.analysing).await;
    let audience = Watcher::start(site.api()).await?;
    let from = now();
    let (lag, costs) = (Histogram::lag(site.api()).await?, watch::costs(&site).await?);
    let overload = watch::overload_gaps(site.api()).await?;
    let window = site.measure(times.measured).await?;
    let watched = watch::between(load, &costs, &watch::costs(&site).await?);
    let lag = Histogram::lag(site.api()).await?.since(&lag);
    let overload = watch::overload_gaps(site.api()).await? - overload;
    let alerts = audience.take();
    let seen = watch::events(site.api(), &format!("from={from}&to={}", now())).await?;
    let of = |active: bool| {
        let cameras = load.players.iter().zip(&site.cameras);
        let ids = cameras.filter(|(player, _)| player.piece.active == active).map(|(_, camera)| &camera.id);
        ids.map(|id| seen.iter().filter(|camera| *camera == id).count()).sum()
    };
    let events = (of(false), of(true));
    let frames = site.finish(times.log(load, "analysing").as_deref()).await?;
    Ok(Analysed { window, frames, watched, lag, alerts, events, overload })
}

/// Now, as the API takes it.
pub(super) fn now() -> String {
    blackbox::stamp(Utc::now())
}
