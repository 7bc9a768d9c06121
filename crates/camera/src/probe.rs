//! Tries a camera once and says what was found.

use std::time::{Duration, Instant};

use domain::{
    AccessUnit, ConnectFailure, FailureKind, MediaFrame, Sentence, StreamAddress, StreamKind, StreamReport,
    SystemClock, Timestamp, Transport, VideoParameters,
};
use futures::FutureExt;
use futures::future::join_all;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use crate::address::Target;
use crate::advice;
use crate::delivery::{Delivery, Memory, Offer};
use crate::failure;
use crate::session::{Plan, Session};
use crate::stream::{Limits, StreamEvent};

/// One stream as it was seen.
#[derive(Clone, Debug)]
pub struct Seen {
    /// What was found.
    pub report: StreamReport,
    /// The latest key frame: what the camera shows.
    pub key_frame: Option<AccessUnit>,
}

/// Tries each stream once, for about `limit` of pictures, and says what was found, or which stream failed and
/// why. Streams are tried at the same time, and one after another where the camera does not bear that.
pub async fn probe(
    streams: &[(StreamKind, StreamAddress)],
    limit: Duration,
) -> Result<Vec<Seen>, (StreamKind, ConnectFailure)> {
    probe_within(streams, limit, Limits::default()).await
}

/// [`probe`] with limits other than the usual ones.
pub async fn probe_within(
    streams: &[(StreamKind, StreamAddress)],
    limit: Duration,
    limits: Limits,
) -> Result<Vec<Seen>, (StreamKind, ConnectFailure)> {
    let together =
        join_all(streams.iter().map(|(kind, address)| probe_one(*kind, address, limit, limits))).await;
    let crowded = together.iter().any(Result::is_ok);
    let mut all = Vec::with_capacity(streams.len());
    let mut alone = false;
    for ((kind, address), result) in streams.iter().zip(together) {
        let result = match result {
            Err(failure) if crowded && may_be_crowded(failure.kind) => {
                alone = true;
                probe_one(*kind, address, limit, limits).await
            }
            result => result,
        };
        all.push(result.map_err(|failure| (*kind, failure))?);
    }
    if alone {
        for seen in &mut all {
            seen.report.advice.push(advice::one_at_a_time());
        }
    }
    Ok(all)
}

/// Whether a camera that already serves another stream may fail so for that reason.
fn may_be_crowded(kind: FailureKind) -> bool {
    use FailureKind::{Closed, Protocol, Refused, Stalled, TimedOut};
    matches!(kind, Refused | Closed | TimedOut | Stalled | Protocol)
}

async fn probe_one(
    stream: StreamKind,
    address: &StreamAddress,
    limit: Duration,
    limits: Limits,
) -> Result<Seen, ConnectFailure> {
    let mut plan = Plan::new(address.clone(), limits);
    let observed = AssertUnwindSafe(observe(&mut plan, limit)).catch_unwind().await;
    plan.torn_down().await;
    match observed {
        Ok(observed) => observed?.report(stream),
        Err(_) => Err(failure::absurd(&Target::new(address)?)),
    }
}

/// What was seen of a stream.
#[derive(Debug, Default)]
struct Observed {
    transport: Transport,
    video: Option<Arc<VideoParameters>>,
    audio: Option<String>,
    audio_dropped: Option<Sentence>,
    tool: Option<String>,
    /// Time and size of each picture, and whether it is a key frame.
    pictures: Vec<(Timestamp, usize, bool)>,
    key_frame: Option<AccessUnit>,
    clock_offset: Option<f64>,
    damages: usize,
    jumps: u64,
}

async fn observe(plan: &mut Plan, limit: Duration) -> Result<Observed, ConnectFailure> {
    let mut session = Session::open(plan).await?;
    let clock = SystemClock::default();
    let mut memory = Memory::default();
    let mut delivery = Delivery::new(&clock, &mut memory, Offer::of(&session), plan.limits.key_frame);
    let mut seen = Observed::default();
    let mut events = Vec::new();
    let mut first = None;
    loop {
        let item = session.next().await;
        let accepted = match item {
            Ok(item) => delivery.accept(item, &mut events),
            Err(failure) => delivery.release(&mut events).and(Err(failure)),
        };
        for event in events.drain(..) {
            seen.take(event);
        }
        if let Err(failure) = accepted {
            // A camera that hangs up in the middle is found out as well as one that does not; one that had
            // nothing to look at is not.
            if seen.pictures.len() < 2 {
                return Err(failure);
            }
            break;
        }
        if delivery.connected() && first.get_or_insert_with(Instant::now).elapsed() >= limit {
            break;
        }
    }
    seen.jumps = delivery.tally.jumps;
    Ok(seen)
}

impl Observed {
    fn take(&mut self, event: StreamEvent) {
        match event {
            StreamEvent::Connected { transport, video, audio, audio_dropped, tool } => {
                self.transport = transport;
                self.video = Some(video);
                self.audio = audio.map(|audio| audio.rfc6381.clone());
                self.audio_dropped = audio_dropped;
                self.tool = tool;
            }
            StreamEvent::Frame(MediaFrame::Video(unit)) => {
                self.pictures.push((unit.time, unit.data.len(), unit.random_access));
                self.video = Some(Arc::clone(&unit.parameters));
                if unit.random_access {
                    self.key_frame = Some(unit);
                }
            }
            StreamEvent::Frame(MediaFrame::Audio(_)) | StreamEvent::Disconnected { .. } => {}
            StreamEvent::Clock { offset } => self.clock_offset = Some(offset),
            StreamEvent::Damaged { .. } => self.damages += 1,
        }
    }

    fn report(self, stream: StreamKind) -> Result<Seen, ConnectFailure> {
        let Some(video) = &self.video else {
            return Err(failure::no_key_frame(Duration::ZERO));
        };
        let times = || self.pictures.iter().map(|(time, ..)| *time);
        let span = match (times().min(), times().max()) {
            (Some(first), Some(last)) => last.since(first).as_secs_f64(),
            _ => 0.0,
        };
        let per_second = |amount: f64| if span > 0.0 { amount / span } else { 0.0 };
        let keys: Vec<Timestamp> =
            self.pictures.iter().filter(|(.., key)| *key).map(|(time, ..)| *time).collect();
        let key_frame_distance = match keys.as_slice() {
            [first, .., last] => Some((last.since(*first).as_secs_f64() / (keys.len() - 1) as f64) as f32),
            _ => None,
        };
        // The last picture lasts beyond the span.
        let bytes: usize = self.pictures.iter().rev().skip(1).map(|(_, bytes, _)| bytes).sum();
        let report = StreamReport {
            stream,
            codec: video.codec,
            rfc6381: video.rfc6381.clone(),
            width: video.width,
            height: video.height,
            frame_rate: per_second(self.pictures.len().saturating_sub(1) as f64) as f32,
            key_frame_distance,
            bit_rate: per_second(bytes as f64 * 8.0) as u64,
            transport: self.transport,
            audio: self.audio,
            audio_dropped: self.audio_dropped,
            clock_offset: self.clock_offset,
            tool: self.tool,
            advice: Vec::new(),
            picture: None,
            no_picture: None,
        };
        let advice = advice::on(&report, span as f32, self.damages, self.jumps);
        Ok(Seen { report: StreamReport { advice, ..report }, key_frame: self.key_frame })
    }
}
