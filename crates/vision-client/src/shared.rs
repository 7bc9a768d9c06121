//! What feeds, stills and the supervisor share: who is open, what is with the worker, how to reach it.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use domain::{GapReason, GreyGrid};
use tokio::sync::{Notify, Semaphore, mpsc, oneshot, watch};

use crate::ledger::{Ledger, Limits};
use crate::protocol::{FeedId, FeedUnit, ModelInfo, Reply, Request, StillFailure, StillPicture, encode};
use crate::{FeedError, StillError, VisionConfig, VisionReport, Work};

/// Messages on their way to the socket. Their bytes are bounded by the ledgers and the number of stills.
pub(crate) const OUTGOING: usize = 1024;
/// Stills that the worker may have at once.
const STILLS_AT_WORK: usize = 4;
/// Stills that may be asked for at once.
const STILLS: usize = 32;
/// Batches of grids that the worker may have at once.
const GRIDS_AT_WORK: usize = 1;

pub(crate) type Outcome<T> = Result<T, StillFailure>;

/// Somebody who waits for an answer.
#[derive(Debug)]
pub(crate) enum Waiting {
    /// For a still.
    Still(oneshot::Sender<Outcome<StillPicture>>),
    /// For grids.
    Grids(oneshot::Sender<Outcome<Vec<GreyGrid>>>),
}

#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) config: VisionConfig,
    pub(crate) info: Mutex<ModelInfo>,
    pub(crate) up: watch::Sender<bool>,
    pub(crate) pid: AtomicU32,
    pub(crate) stills: Semaphore,
    pub(crate) stills_at_work: Semaphore,
    pub(crate) grids_at_work: Semaphore,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    outgoing: Option<mpsc::Sender<Vec<u8>>>,
    feeds: HashMap<FeedId, Feed>,
    next_feed: FeedId,
    bytes: usize,
    waiting: HashMap<u64, Waiting>,
    next_question: u64,
}

#[derive(Debug)]
struct Feed {
    label: Arc<str>,
    ledger: Ledger,
    reports: mpsc::Sender<VisionReport>,
    room: Arc<Notify>,
    /// Set when the feed was dropped; `told` once the worker knows.
    closing: bool,
    told: bool,
}

/// A feed as its owner sees it.
pub(crate) struct Opened {
    pub(crate) id: FeedId,
    pub(crate) room: Arc<Notify>,
    pub(crate) label: Arc<str>,
    pub(crate) reports: mpsc::Receiver<VisionReport>,
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    pub(crate) fn new(config: VisionConfig, info: ModelInfo) -> Self {
        let state = State {
            outgoing: None,
            feeds: HashMap::new(),
            next_feed: 0,
            bytes: 0,
            waiting: HashMap::new(),
            next_question: 0,
        };
        Self {
            config,
            info: Mutex::new(info),
            up: watch::Sender::new(false),
            pid: AtomicU32::new(0),
            stills: Semaphore::new(STILLS),
            stills_at_work: Semaphore::new(STILLS_AT_WORK),
            grids_at_work: Semaphore::new(GRIDS_AT_WORK),
            state: Mutex::new(state),
        }
    }

    pub(crate) fn open(&self, label: Arc<str>) -> Opened {
        // Each unit has one report at most, and a unit is admitted only while there is a place for its report.
        // The places beyond are for `Lost`.
        let (sender, reports) = mpsc::channel(self.config.feed_units.max(1) + 64);
        let room = Arc::new(Notify::new());
        let mut state = lock(&self.state);
        let id = state.next_feed;
        state.next_feed = id.wrapping_add(1);
        let feed = Feed {
            label: Arc::clone(&label),
            ledger: Ledger::new(Instant::now()),
            reports: sender,
            room: Arc::clone(&room),
            closing: false,
            told: false,
        };
        state.feeds.insert(id, feed);
        Opened { id, room, label, reports }
    }

    pub(crate) fn send(&self, id: FeedId, work: Work) -> Result<(), FeedError> {
        let VisionConfig { feed_units, feed_age, feed_bytes, .. } = self.config;
        let limits = Limits { units: feed_units.max(1), age: feed_age, bytes: feed_bytes };
        let now = Instant::now();
        let size = work.unit.data.len();
        let (permit, sequence, parameters) = {
            let mut guard = lock(&self.state);
            let state = &mut *guard;
            let outgoing = state.outgoing.as_ref().ok_or(FeedError::Down)?;
            let feed = state.feeds.get_mut(&id).ok_or(FeedError::Down)?;
            let untaken = feed.reports.max_capacity() - feed.reports.capacity();
            let all_fit = state.bytes == 0 || state.bytes + size <= self.config.total_bytes;
            if !all_fit || !feed.ledger.admits(limits, untaken, size, now) {
                return Err(FeedError::Full);
            }
            let permit = outgoing.clone().try_reserve_owned().map_err(|error| match error {
                mpsc::error::TrySendError::Full(_) => FeedError::Full,
                mpsc::error::TrySendError::Closed(_) => FeedError::Down,
            })?;
            let (sequence, parameters) = feed.ledger.enter(&work.unit, now);
            state.bytes += size;
            (permit, sequence, parameters)
        };
        let unit = FeedUnit {
            feed: id,
            sequence,
            time: work.unit.time,
            random_access: work.unit.random_access,
            look: work.look,
            parameters,
            data: work.unit.data,
        };
        match encode(&Request::Unit(unit)) {
            Ok(message) => drop(permit.send(message)),
            Err(error) => self.refused(id, sequence, work.unit.time, &error.to_string()),
        }
        Ok(())
    }

    /// A unit that cannot be sent at all: answered here.
    fn refused(&self, id: FeedId, sequence: u64, time: domain::Timestamp, detail: &str) {
        let mut state = lock(&self.state);
        let now = Instant::now();
        if let Some(feed) = state.feeds.get_mut(&id) {
            feed.report(VisionReport::Failed { time, detail: detail.to_owned() });
            let freed = feed.ledger.done(sequence, None, now);
            state.bytes -= freed;
        }
    }

    pub(crate) fn close(&self, id: FeedId) {
        let mut guard = lock(&self.state);
        let state = &mut *guard;
        let Some(feed) = state.feeds.get_mut(&id) else { return };
        feed.closing = true;
        match &state.outgoing {
            Some(outgoing) => feed.tell(id, outgoing),
            None => drop(state.feeds.remove(&id)),
        }
    }

    /// Asks the worker for something. Where it goes unanswered, [`Self::forget`] must be called.
    pub(crate) fn ask<T>(
        &self,
        waiting: fn(oneshot::Sender<Outcome<T>>) -> Waiting,
        request: impl FnOnce(u64) -> Request,
    ) -> Result<(u64, oneshot::Receiver<Outcome<T>>), StillError> {
        let (id, permit, receiver) = {
            let mut state = lock(&self.state);
            let outgoing = state.outgoing.as_ref().ok_or(StillError::Down)?;
            let permit = outgoing.clone().try_reserve_owned().map_err(|error| match error {
                mpsc::error::TrySendError::Full(_) => StillError::Busy,
                mpsc::error::TrySendError::Closed(_) => StillError::Down,
            })?;
            let id = state.next_question;
            state.next_question += 1;
            let (sender, receiver) = oneshot::channel();
            state.waiting.insert(id, waiting(sender));
            (id, permit, receiver)
        };
        match encode(&request(id)) {
            Ok(message) => drop(permit.send(message)),
            Err(error) => {
                self.forget(id);
                return Err(StillError::Request(error.to_string()));
            }
        }
        Ok((id, receiver))
    }

    pub(crate) fn forget(&self, id: u64) {
        lock(&self.state).waiting.remove(&id);
    }

    /// A worker is ready: messages to it go into `outgoing`.
    pub(crate) fn came_up(&self, outgoing: mpsc::Sender<Vec<u8>>, pid: u32, info: ModelInfo) {
        *lock(&self.info) = info;
        self.pid.store(pid, Ordering::Relaxed);
        lock(&self.state).outgoing = Some(outgoing);
        self.up.send_replace(true);
        metrics::gauge!("taimat_vision_up").set(1.0);
    }

    /// The worker is gone: every feed learns what it lost.
    pub(crate) fn went_down(&self) {
        self.up.send_replace(false);
        self.pid.store(0, Ordering::Relaxed);
        metrics::gauge!("taimat_vision_up").set(0.0);
        let mut state = lock(&self.state);
        state.outgoing = None;
        state.waiting.clear();
        state.bytes = 0;
        for feed in state.feeds.values_mut() {
            if let (Some((from, to)), _) = feed.ledger.lose() {
                feed.report(VisionReport::Lost { from, to, reason: GapReason::WorkerDied });
            }
            feed.room.notify_waiters();
        }
        state.feeds.retain(|_, feed| !feed.closing);
    }

    /// The label of a feed with which the worker is stuck. Called every second or so.
    pub(crate) fn stuck(&self) -> Option<Arc<str>> {
        let mut guard = lock(&self.state);
        let state = &mut *guard;
        if let Some(outgoing) = &state.outgoing {
            state
                .feeds
                .iter_mut()
                .filter(|(_, feed)| feed.closing && !feed.told)
                .for_each(|(id, feed)| feed.tell(*id, outgoing));
        }
        let units: usize = state.feeds.values().map(|feed| feed.ledger.len()).sum();
        metrics::gauge!("taimat_vision_queue_units").set(units as f64);
        metrics::gauge!("taimat_vision_queue_bytes").set(state.bytes as f64);
        let now = Instant::now();
        let mut feeds = state.feeds.values();
        feeds
            .find(|feed| feed.ledger.is_stuck(now, self.config.hang_limit))
            .map(|feed| Arc::clone(&feed.label))
    }

    /// Takes in what the worker says. `Err` is a reason to give up on this worker.
    pub(crate) fn take(&self, reply: Reply) -> Result<(), String> {
        let mut guard = lock(&self.state);
        let state = &mut *guard;
        match reply {
            Reply::Ready(_) => return Err("it says that it is ready twice".to_owned()),
            Reply::Refused { reason } => return Err(reason),
            Reply::Done { feed: id, sequence, held_from } => {
                if let Some(feed) = state.feeds.get_mut(&id) {
                    let freed = feed.ledger.done(sequence, held_from, Instant::now());
                    state.bytes = state.bytes.saturating_sub(freed);
                    feed.room.notify_waiters();
                }
            }
            Reply::Look { feed: id, time, detections, searched, motion, view, cost } => {
                let seconds = |micros: u32| f64::from(micros) / 1e6;
                metrics::histogram!("taimat_vision_decode_seconds").record(seconds(cost.decode_micros));
                metrics::histogram!("taimat_vision_motion_seconds").record(seconds(cost.motion_micros));
                metrics::histogram!("taimat_vision_detect_seconds").record(seconds(cost.detect_micros));
                if let Some(feed) = state.feeds.get(&id) {
                    metrics::counter!("taimat_vision_looks_total", "stream" => feed.label.to_string())
                        .increment(1);
                    feed.report(VisionReport::Look { time, detections, searched, motion, view, cost });
                }
            }
            Reply::Failed { feed: id, time, detail } => {
                if let Some(feed) = state.feeds.get(&id) {
                    metrics::counter!("taimat_vision_failed_total", "stream" => feed.label.to_string())
                        .increment(1);
                    feed.report(VisionReport::Failed { time, detail });
                }
            }
            Reply::Closed { feed: id } => {
                if let Some(feed) = state.feeds.get_mut(&id) {
                    let (_, freed) = feed.ledger.lose();
                    state.bytes = state.bytes.saturating_sub(freed);
                    state.feeds.remove(&id);
                }
            }
            Reply::Still { id, outcome } => {
                // The asker may have given up; then nobody wants it.
                if let Some(Waiting::Still(waiting)) = state.waiting.remove(&id) {
                    drop(waiting.send(outcome));
                }
            }
            Reply::Grids { id, outcome } => {
                if let Some(Waiting::Grids(waiting)) = state.waiting.remove(&id) {
                    drop(waiting.send(outcome));
                }
            }
        }
        Ok(())
    }
}

impl Feed {
    /// Hands a report to the consumer. There is a place for it by construction; a worker that answers more
    /// than it was asked has its surplus dropped and counted.
    fn report(&self, report: VisionReport) {
        if let Err(mpsc::error::TrySendError::Full(_)) = self.reports.try_send(report) {
            metrics::counter!("taimat_vision_reports_dropped_total", "stream" => self.label.to_string())
                .increment(1);
        }
    }

    /// Tells the worker that the feed closes; tried again later where there is no room.
    fn tell(&mut self, id: FeedId, outgoing: &mpsc::Sender<Vec<u8>>) {
        self.told =
            encode(&Request::Close { feed: id }).is_ok_and(|message| outgoing.try_send(message).is_ok());
    }
}
