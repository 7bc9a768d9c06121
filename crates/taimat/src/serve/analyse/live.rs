//! Live analysis of one camera: access units through the gate to the worker, detections through the tracker to
//! events. What the worker could not be shown becomes an analysis gap, which is caught up from the recording.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use analysis::{ActivityLog, GateConfig, GopActivity, Seen, Watch, WatchConfig, WatchLog, WatchOutput};
use domain::{AccessUnit, Clock, Gap, GapKind, GapReason, StreamKind, SystemClock, Timestamp};
use index::Record;
use tokio::sync::mpsc;
use vision_client::{FeedError, Vision, VisionFeed, VisionReport, Work};

use super::EventSink;
use super::pace::LookPace;
use crate::serve::analysts::Analysts;
use crate::serve::rows::Rows;
use crate::serve::stream::Offered;
use crate::serve::watches::lock;

/// How long the worker's last answers are waited for when the camera stops.
const FAREWELL: Duration = Duration::from_secs(1);

/// The analysis of one camera, while the server runs.
pub(crate) struct LiveAnalysis {
    stream: StreamKind,
    watch: Watch,
    log: Arc<Mutex<WatchLog>>,
    pace: LookPace,
    events: EventSink,
    activity: ActivityLog,
    rows: Rows,
    clock: Arc<SystemClock>,
    vision: Vision,
    feed: VisionFeed,
    hole: Option<Hole>,
    abandoned: bool,
    /// The gap that ended last: what is left out right after it makes it longer.
    last_gap: Option<Gap>,
}

/// A stretch left out right after another makes one gap of both, unless that one ended longer ago than this: it may
/// have been caught up already.
const STILL_OPEN: Duration = Duration::from_secs(4);

/// A stretch that the worker is not shown.
struct Hole {
    from: Timestamp,
    reason: GapReason,
    detail: String,
}

impl LiveAnalysis {
    /// Analysis of a camera's stream.
    pub(crate) fn new(
        stream: StreamKind,
        analysts: &Analysts,
        events: EventSink,
    ) -> (Self, mpsc::Receiver<VisionReport>) {
        let camera_id = events.camera_id();
        let (vision, looks_per_second) = (analysts.vision.clone(), analysts.looks_per_second);
        let (feed, reports) = vision.open(format!("{camera_id}/{stream}"));
        let gate = GateConfig { looks_per_second, ..GateConfig::default() };
        let live = Self {
            stream,
            watch: Watch::new(WatchConfig { gate, ..WatchConfig::default() }),
            log: analysts.watches.open(camera_id, stream),
            pace: LookPace::new(looks_per_second),
            events,
            activity: ActivityLog::new(camera_id),
            rows: analysts.rows.clone(),
            clock: Arc::clone(&analysts.clock),
            vision,
            feed,
            hole: None,
            abandoned: false,
            last_gap: None,
        };
        (live, reports)
    }

    /// Runs until the stream's channel closes; open tracks are then ended.
    pub(crate) async fn run(
        mut self,
        mut offered: mpsc::Receiver<Offered>,
        mut reports: mpsc::Receiver<VisionReport>,
    ) {
        loop {
            tokio::select! {
                biased;
                Some(report) = reports.recv() => self.report(report).await,
                offered = offered.recv() => match offered {
                    Some(offered) => self.offered(offered).await,
                    None => break,
                },
            }
        }
        // Closing the feed lets what was sent be answered.
        drop(std::mem::replace(&mut self.feed, self.vision.open("closed".to_owned()).0));
        while let Ok(Some(report)) = tokio::time::timeout(FAREWELL, reports.recv()).await {
            self.report(report).await;
        }
        self.end_tracks().await;
        for gop in self.watch.gate_mut().finish() {
            self.write_activity(gop).await;
        }
        if let Some(minute) = self.activity.finish() {
            self.rows.send(Record::Activity(minute)).await;
        }
    }

    async fn offered(&mut self, offered: Offered) {
        match offered {
            Offered::Unit(unit) => self.unit(unit).await,
            Offered::Missed { from, to } => {
                self.write_gap(from, Some(to), GapReason::Overload, "analysis was too slow".into()).await;
            }
            // Whoever was there is not followed across the break.
            Offered::Interrupted => {
                self.events.interrupted();
                self.end_tracks().await;
            }
        }
    }

    async fn unit(&mut self, unit: AccessUnit) {
        let (time, random_access) = (unit.time, unit.random_access);
        let outputs = self.watch.push(unit);
        lock(&self.log).frame(time, self.watch.gate());
        if self.hole.is_none() {
            self.send(outputs).await;
        } else if self.vision.is_up() {
            // Decoding needs the GOP from its start: the gate still holds it.
            let outputs = self.watch.resend();
            self.close_hole(&outputs, time).await;
            self.send(outputs).await;
        }
        if random_access {
            for gop in self.watch.gate_mut().take_activity() {
                self.events.activity(gop);
                self.write_activity(gop).await;
            }
        }
    }

    /// Sends in order. What cannot be sent is accounted for.
    async fn send(&mut self, outputs: Vec<WatchOutput>) {
        for output in outputs {
            match output {
                WatchOutput::Work { unit, look } => {
                    let (time, looked) = (unit.time, look.is_some());
                    match self.feed.try_send(Work { unit, look }) {
                        Ok(()) => {
                            self.abandoned = false;
                            if looked {
                                self.pace.sent(time, Instant::now());
                            }
                        }
                        Err(FeedError::Full) => {
                            // The rest of the GOP comes as dropped with the next key frame.
                            self.watch.gate_mut().abandon(time);
                            self.abandoned = true;
                            return;
                        }
                        Err(FeedError::Down) => {
                            self.open_hole(time, GapReason::WorkerDied, "the vision worker is not running")
                                .await;
                            return;
                        }
                    }
                }
                WatchOutput::Ended(track) => self.events.ended(track).await,
                WatchOutput::Dropped { from, to } => {
                    let (reason, detail) = if self.abandoned {
                        (GapReason::Overload, "the vision worker has too much to do")
                    } else {
                        (GapReason::StreamDamaged, "there was no key frame to start from")
                    };
                    self.write_gap(from, Some(to), reason, detail.to_owned()).await;
                }
            }
        }
    }

    async fn report(&mut self, report: VisionReport) {
        let camera = self.events.camera_id();
        match report {
            VisionReport::Look { time, detections, searched, motion, view, cost } => {
                let lag = self.clock.now().since(time);
                metrics::histogram!("taimat_analysis_lag_seconds").record(lag);
                lock(&self.log).look(&searched, &cost, lag);
                if let Some(rate) = self.pace.answered(time, Instant::now()) {
                    self.watch.gate_mut().set_looks_per_second(rate);
                }
                let update =
                    self.watch.observe(&Seen { time, detections: &detections, searched: &searched, motion });
                let there: Vec<_> = self.watch.tracker().live().collect();
                self.events.scene(time, view, !there.is_empty());
                self.events.update(update, time, there).await;
            }
            VisionReport::Failed { time, detail } => {
                tracing::warn!(%camera, stream = %self.stream, %time, detail, "cannot decode");
                metrics::counter!("taimat_analysis_decode_failures_total", "camera" => camera.to_string())
                    .increment(1);
            }
            VisionReport::Lost { from, reason, .. } => {
                self.open_hole(from, reason, "the vision worker died").await;
            }
        }
    }

    async fn end_tracks(&mut self) {
        for track in self.watch.end_tracks() {
            self.events.ended(track).await;
        }
    }

    async fn close_hole(&mut self, resent: &[WatchOutput], now: Timestamp) {
        let Some(hole) = self.hole.take() else { return };
        let back_at = resent.iter().find_map(|output| match output {
            WatchOutput::Work { unit, .. } => Some(unit.time),
            WatchOutput::Dropped { .. } | WatchOutput::Ended(_) => None,
        });
        // The worker is shown the GOP again, so that the hole may have ended before it began.
        let to = back_at.unwrap_or(now).max(hole.from);
        self.write_gap(hole.from, Some(to), hole.reason, hole.detail).await;
    }

    async fn open_hole(&mut self, from: Timestamp, reason: GapReason, detail: &str) {
        if self.hole.is_none() {
            self.write_gap(from, None, reason, detail.to_owned()).await;
            self.hole = Some(Hole { from, reason, detail: detail.to_owned() });
        }
    }

    async fn write_gap(&mut self, from: Timestamp, to: Option<Timestamp>, reason: GapReason, detail: String) {
        let camera_id = self.events.camera_id();
        let now = self.clock.now();
        let follows = |last: &Gap| {
            let end = last.to.unwrap_or(last.from);
            last.reason == reason && from >= last.from && from <= end && now < end + STILL_OPEN
        };
        let from = self.last_gap.take().filter(follows).map_or(from, |last| last.from);
        if to.is_some() {
            let labels = [("camera", camera_id.to_string()), ("reason", reason.as_str().to_owned())];
            metrics::counter!("taimat_analysis_gaps_total", &labels).increment(1);
        }
        let kind = GapKind::Analysis;
        let gap = Gap { camera_id, stream: self.stream, kind, from, to, reason, detail, caught_up_at: None };
        self.last_gap = to.is_some().then(|| gap.clone());
        self.rows.send(Record::Gap(gap)).await;
    }

    async fn write_activity(&mut self, gop: GopActivity) {
        if let Some(minute) = self.activity.push(gop) {
            self.rows.send(Record::Activity(minute)).await;
        }
    }
}
