//! One stream for as long as it is wanted: connect, deliver, connect again.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use domain::{Clock, ConnectFailure, MediaFrame, Sentence, StreamKind, Transport};
use futures::FutureExt;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tracing::{Instrument, info, info_span, warn};

use crate::address::Target;
use crate::backoff::Backoff;
use crate::delivery::{Delivery, Memory, Offer};
use crate::failure;
use crate::meters::Meters;
use crate::session::{Plan, Session};
use crate::stream::{StreamConfig, StreamEvent};

/// No server keeps a session that nobody talks to for longer (Live555: 65 s).
const STALE_LONGEST: Duration = Duration::from_secs(70);

/// Pulls one stream until `shutdown`: connects, delivers, and connects again with exponential back-off and
/// jitter. Waits for room in `out`; returns when `shutdown` is cancelled or `out` is closed, having told the
/// camera (TEARDOWN).
pub async fn run<C: Clock>(
    config: StreamConfig,
    clock: Arc<C>,
    out: mpsc::Sender<StreamEvent>,
    shutdown: CancellationToken,
) {
    let StreamConfig { camera_id, stream, address, limits } = config;
    let span = info_span!("stream", camera = %camera_id, stream = stream.as_str());
    let puller = Puller {
        clock,
        out,
        stream,
        backoff: Backoff::new(limits.backoff_first, limits.backoff_max),
        plan: Plan::new(address, limits),
        memory: Memory::default(),
        meters: Meters::new(camera_id, stream),
        sessions: 0,
        latest: None,
    };
    puller.pull(&shutdown).instrument(span).await;
}

/// Why a session ended.
enum Ended {
    /// Nobody wants the stream any more.
    Left,
    Failed(ConnectFailure),
}

struct Puller<C> {
    clock: Arc<C>,
    out: mpsc::Sender<StreamEvent>,
    stream: StreamKind,
    plan: Plan,
    memory: Memory,
    backoff: Backoff,
    meters: Meters,
    /// Sessions that delivered.
    sessions: u64,
    /// Of the latest session that played: its transport, and since when it delivered.
    latest: Option<(Transport, Option<Duration>)>,
}

impl<C: Clock> Puller<C> {
    async fn pull(mut self, shutdown: &CancellationToken) {
        loop {
            self.latest = None;
            // What a hostile stream makes a library panic at must end its session, not the server.
            let ended = tokio::select! {
                biased;
                () = shutdown.cancelled() => Ended::Left,
                ended = AssertUnwindSafe(self.session()).catch_unwind() => {
                    ended.unwrap_or_else(|_| Ended::Failed(self.absurd()))
                }
            };
            // The session is dropped by now, which began its TEARDOWN.
            self.plan.torn_down().await;
            self.meters.online.set(0.0);
            let Ended::Failed(failure) = ended else { return };
            let wait = self.failed(&failure);
            let at = self.memory.now_after_last(&*self.clock);
            let told = self.out.send(StreamEvent::Disconnected { at, failure });
            let again = async {
                told.await.is_ok() && {
                    self.outlive_stale_sessions().await;
                    tokio::time::sleep(wait).await;
                    true
                }
            };
            let go_on = tokio::select! {
                biased;
                () = shutdown.cancelled() => false,
                () = self.out.closed() => false,
                go_on = again => go_on,
            };
            if !go_on {
                return;
            }
        }
    }

    /// One session, from connecting to its end.
    async fn session(&mut self) -> Ended {
        match self.session_or_failure().await {
            Ok(()) => Ended::Left,
            Err(failure) => Ended::Failed(failure),
        }
    }

    /// `Ok` when nobody listens any more.
    async fn session_or_failure(&mut self) -> Result<(), ConnectFailure> {
        let mut session = Session::open(&mut self.plan).await?;
        self.latest = Some((session.transport, None));
        self.meters.connects.increment(1);
        let limit = self.plan.limits.key_frame;
        let mut delivery = Delivery::new(&*self.clock, &mut self.memory, Offer::of(&session), limit);
        let mut events = Vec::new();
        let mut was_connected = false;
        loop {
            let outcome = match session.next().await {
                Ok(item) => delivery.accept(item, &mut events),
                Err(failure) => {
                    if session.ended_by_audio() {
                        self.plan.mute = Some(Sentence::new(
                            "âm thanh của camera làm hỏng luồng hình",
                            "the camera's sound broke the stream",
                        ));
                    }
                    delivery.release(&mut events).and(Err(failure))
                }
            };
            let tally = std::mem::take(&mut delivery.tally);
            self.meters.dropped.increment(tally.dropped);
            self.meters.jumps.increment(tally.jumps);
            if delivery.connected() && !was_connected {
                was_connected = true;
                self.latest = Some((session.transport, Some(self.clock.monotonic())));
                self.plan.choice.worked(session.transport);
                self.sessions += 1;
                self.meters.reconnects.increment(u64::from(self.sessions > 1));
                self.meters.online.set(1.0);
                info!(
                    transport = session.transport.as_str(),
                    sound = session.audio_dropped.as_ref().map_or("as offered", |reason| &reason.en),
                    "connected"
                );
            }
            for event in events.drain(..) {
                self.meters.count(&event);
                if self.out.send(event).await.is_err() {
                    return Ok(());
                }
            }
            outcome?;
        }
    }

    /// Takes note of a failure. Says how long to wait.
    fn failed(&mut self, failure: &ConnectFailure) -> Duration {
        self.meters.failed(failure.kind);
        match self.latest {
            Some((_, Some(since)))
                if self.clock.monotonic().saturating_sub(since) >= self.plan.limits.healthy =>
            {
                self.backoff.reset();
            }
            // It plays, but nothing comes: another transport may do.
            Some((_, None)) => self.plan.choice.forget(),
            _ => {}
        }
        let wait = self.backoff.next(failure.kind, fastrand::f64());
        warn!(
            kind = ?failure.kind,
            stream = self.stream.as_str(),
            wait_ms = wait.as_millis() as u64,
            "disconnected: {failure}"
        );
        wait
    }

    /// Waits for sessions that the server may send into a new one: the Live555 fault, which retina watches for
    /// over TCP.
    async fn outlive_stale_sessions(&self) {
        if !matches!(self.latest, Some((Transport::Tcp, _))) {
            return;
        }
        let stale = self.plan.group.stale_sessions();
        if stale.num_sessions > 0 {
            info!(sessions = stale.num_sessions, "waiting for stale sessions of the camera to expire");
            let expired = self.plan.group.await_stale_sessions(&stale);
            // Either way the next session is tried.
            let _ = tokio::time::timeout(STALE_LONGEST, expired).await;
        }
    }

    fn absurd(&self) -> ConnectFailure {
        match Target::new(&self.plan.address) {
            Ok(target) => failure::absurd(&target),
            Err(failure) => failure,
        }
    }
}

impl Meters {
    fn count(&self, event: &StreamEvent) {
        match event {
            StreamEvent::Frame(MediaFrame::Video(unit)) => {
                self.video_frames.increment(1);
                self.video_bytes.increment(unit.data.len() as u64);
            }
            StreamEvent::Frame(MediaFrame::Audio(frame)) => {
                self.audio_frames.increment(1);
                self.audio_bytes.increment(frame.data.len() as u64);
            }
            StreamEvent::Damaged { detail, .. } => {
                self.damaged.increment(1);
                warn!(detail, "the stream is damaged; waiting for a key frame");
            }
            StreamEvent::Clock { offset } => self.clock_offset.set(*offset),
            StreamEvent::Connected { .. } | StreamEvent::Disconnected { .. } => {}
        }
    }
}
