//! From what a session delivers to what the pipeline gets: times, key frames first, parameters, damage.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::{
    AccessUnit, AudioFrame, AudioParameters, Clock, ConnectFailure, MediaFrame, Sentence, Timestamp,
    Transport, VideoParameters,
};
use tracing::warn;

use crate::clock::{ServerTime, StreamClock};
use crate::failure;
use crate::session::{Item, Picture, Session, Sound};
use crate::stream::StreamEvent;

/// How often the offset of the camera's clock is told at least, while the camera tells its time.
const CLOCK_EVERY: Duration = Duration::from_mins(1);
/// A change of it by so many seconds is told at once.
const CLOCK_CHANGE: f64 = 0.5;
/// So long are the first pictures held back, until it shows which of them the camera had buffered. Servers that
/// start each viewer at a key frame send up to a whole GOP at once.
const SETTLE: Duration = Duration::from_millis(500);
/// No more than this is held back.
const HELD_ITEMS: usize = 1_024;
const HELD_BYTES: usize = 16 << 20;
/// So many unreadable parameter sets in a row before the first picture are enough.
const BAD_PARAMETERS: u32 = 3;

/// What outlives a session: times go on where they were.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    server: ServerTime,
    /// Time of the latest picture.
    last: Option<Timestamp>,
    /// Whether the wall clock was set anew since that picture.
    set_anew: bool,
}

impl Memory {
    /// The server's time now.
    pub(crate) fn now(&mut self, clock: &impl Clock) -> Timestamp {
        let (now, set_anew) = self.server.at(clock.now(), clock.monotonic());
        if set_anew {
            self.last = None;
            self.set_anew = true;
        }
        now
    }

    /// The server's time now, and not before the latest picture.
    pub(crate) fn now_after_last(&mut self, clock: &impl Clock) -> Timestamp {
        let now = self.now(clock);
        self.last.map_or(now, |last| last.max(now))
    }
}

/// What the camera said of the session, to be told with its first picture.
#[derive(Clone, Debug)]
pub(crate) struct Offer {
    pub(crate) transport: Transport,
    pub(crate) audio: Option<Arc<AudioParameters>>,
    pub(crate) audio_dropped: Option<Sentence>,
    pub(crate) tool: Option<String>,
    /// Units a second of RTP time.
    pub(crate) video_rate: u32,
    pub(crate) audio_rate: u32,
}

impl Offer {
    pub(crate) fn of(session: &Session) -> Self {
        let (video_rate, audio_rate) = session.clock_rates();
        Self {
            transport: session.transport,
            audio: session.audio().cloned(),
            audio_dropped: session.audio_dropped.clone(),
            tool: session.tool.clone(),
            video_rate,
            audio_rate,
        }
    }
}

/// What happened, for those who count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// Pictures dropped while none could be decoded.
    pub(crate) dropped: u64,
    /// Jumps of RTP time.
    pub(crate) jumps: u64,
}

/// Turns the items of one session into events.
pub(crate) struct Delivery<'a, C> {
    clock: &'a C,
    memory: &'a mut Memory,
    offer: Offer,
    key_frame_limit: Duration,
    video: StreamClock,
    audio: StreamClock,
    parameters: Option<Arc<VideoParameters>>,
    /// Whether they changed since the latest picture.
    changed: bool,
    /// The first items, with their arrivals, while they are held back.
    held: Option<Vec<(Item, Timestamp)>>,
    /// Since when, by the monotonic clock, a key frame is waited for.
    waiting: Option<Duration>,
    connected: bool,
    bad_parameters: u32,
    told_clock: Option<(Duration, f64)>,
    pub(crate) tally: Tally,
}

impl<'a, C: Clock> Delivery<'a, C> {
    pub(crate) fn new(clock: &'a C, memory: &'a mut Memory, offer: Offer, key_frame_limit: Duration) -> Self {
        let rate = |hertz| NonZeroU32::new(hertz).unwrap_or(NonZeroU32::MIN);
        let mut video = StreamClock::new(rate(offer.video_rate));
        if let Some(last) = memory.last {
            video.not_before(last);
        }
        Self {
            waiting: Some(clock.monotonic()),
            audio: StreamClock::new(rate(offer.audio_rate)),
            video,
            clock,
            memory,
            offer,
            key_frame_limit,
            parameters: None,
            changed: false,
            held: Some(Vec::new()),
            connected: false,
            bad_parameters: 0,
            told_clock: None,
            tally: Tally::default(),
        }
    }

    /// Whether the first picture was delivered.
    pub(crate) fn connected(&self) -> bool {
        self.connected
    }

    /// What follows from an item: events in order, or the end of the session.
    pub(crate) fn accept(&mut self, item: Item, events: &mut Vec<StreamEvent>) -> Result<(), ConnectFailure> {
        let arrived = match &item {
            Item::Picture(Picture { arrived, .. }) | Item::Sound(Sound { arrived, .. }) => {
                self.arrival(*arrived)
            }
            Item::Report { .. } | Item::Damage { .. } => self.memory.now(self.clock),
        };
        match &mut self.held {
            Some(held) => {
                held.push((item, arrived));
                if settled(held, arrived) {
                    self.release(events)?;
                }
            }
            None => self.deliver(item, arrived, events)?,
        }
        if self.overdue() {
            self.release(events)?;
        }
        if !self.overdue() {
            return Ok(());
        }
        Err(if self.bad_parameters > 0 && !self.connected {
            failure::bad_parameters("its parameter sets cannot be read")
        } else {
            failure::no_key_frame(self.key_frame_limit)
        })
    }

    /// Whether a key frame is waited for beyond the limit.
    fn overdue(&self) -> bool {
        self.waiting.is_some_and(|since| self.clock.monotonic().saturating_sub(since) > self.key_frame_limit)
    }

    /// Delivers what is held back, and starts the clocks by it. To be called when the session ends.
    pub(crate) fn release(&mut self, events: &mut Vec<StreamEvent>) -> Result<(), ConnectFailure> {
        let Some(held) = self.held.take() else { return Ok(()) };
        let (mut pictures, mut sounds) = (Vec::new(), Vec::new());
        for (item, arrived) in &held {
            match item {
                Item::Picture(picture) => pictures.push((picture.rtp, *arrived)),
                Item::Sound(sound) => sounds.push((sound.rtp, *arrived)),
                Item::Report { .. } | Item::Damage { .. } => {}
            }
        }
        self.video.begin(&pictures);
        self.audio.begin(&sounds);
        held.into_iter().try_for_each(|(item, arrived)| self.deliver(item, arrived, events))
    }

    fn deliver(
        &mut self,
        item: Item,
        arrived: Timestamp,
        events: &mut Vec<StreamEvent>,
    ) -> Result<(), ConnectFailure> {
        match item {
            Item::Picture(picture) => return self.picture(picture, arrived, events),
            Item::Sound(sound) => self.sound(sound, arrived, events),
            Item::Report { rtp, ntp } => self.report(rtp, ntp, events),
            Item::Damage { detail, parameters } => {
                self.bad_parameters += u32::from(parameters);
                if !self.connected && self.bad_parameters >= BAD_PARAMETERS {
                    return Err(failure::bad_parameters(&detail));
                }
                self.damaged(detail, events);
            }
        }
        Ok(())
    }

    /// The server's time at which something arrived.
    fn arrival(&mut self, arrived: Instant) -> Timestamp {
        self.memory.now(self.clock) - arrived.elapsed()
    }

    fn picture(
        &mut self,
        picture: Picture,
        arrived: Timestamp,
        events: &mut Vec<StreamEvent>,
    ) -> Result<(), ConnectFailure> {
        if std::mem::take(&mut self.memory.set_anew) {
            self.damaged("the server's clock was set anew".into(), events);
            self.video.reset();
            self.audio.reset();
        }
        let placed = self.video.place(picture.rtp, arrived);
        if let Some(seconds) = placed.jump {
            self.tally.jumps += 1;
            warn!(seconds, "the camera's time stamps jumped");
        }
        if picture.lost > 0 {
            let detail = match picture.lost {
                1 => "a packet was lost".to_owned(),
                lost => format!("{lost} packets were lost"),
            };
            self.damaged(detail, events);
        }
        match picture.parameters {
            Some(Ok(parameters)) if self.parameters.as_deref() != Some(&parameters) => {
                self.changed = self.parameters.is_some();
                self.parameters = Some(Arc::new(parameters));
            }
            Some(Err(detail)) => return Err(failure::bad_parameters(&detail)),
            _ => {}
        }
        if picture.data.is_empty() {
            return Ok(());
        }
        if std::mem::take(&mut self.changed) && !picture.random_access {
            self.damaged("the camera changed its parameters between key frames".into(), events);
        }
        let Some(parameters) =
            self.parameters.as_ref().filter(|_| self.waiting.is_none() || picture.random_access)
        else {
            self.tally.dropped += 1;
            return Ok(());
        };
        self.waiting = None;
        if !self.connected {
            self.connected = true;
            events.push(StreamEvent::Connected {
                transport: self.offer.transport,
                video: Arc::clone(parameters),
                audio: self.offer.audio.clone(),
                audio_dropped: self.offer.audio_dropped.clone(),
                tool: self.offer.tool.clone(),
            });
        }
        self.memory.last = self.memory.last.max(Some(placed.time));
        events.push(StreamEvent::Frame(MediaFrame::Video(AccessUnit {
            time: placed.time,
            random_access: picture.random_access,
            data: picture.data,
            parameters: Arc::clone(parameters),
        })));
        Ok(())
    }

    fn sound(&mut self, sound: Sound, arrived: Timestamp, events: &mut Vec<StreamEvent>) {
        let placed = self.audio.place(sound.rtp, arrived);
        // Sound without pictures is of no use, and the recording begins with a key frame.
        if let (true, Some(parameters)) = (self.connected, &self.offer.audio) {
            events.push(StreamEvent::Frame(MediaFrame::Audio(AudioFrame {
                time: placed.time,
                data: sound.data,
                parameters: Arc::clone(parameters),
            })));
        }
    }

    fn report(&mut self, rtp: i64, ntp: u64, events: &mut Vec<StreamEvent>) {
        let Some(offset) = self.video.camera_offset(rtp, ntp).filter(|_| self.connected) else { return };
        let now = self.clock.monotonic();
        let due = self.told_clock.is_none_or(|(at, told)| {
            now.saturating_sub(at) >= CLOCK_EVERY || (offset - told).abs() > CLOCK_CHANGE
        });
        if due {
            self.told_clock = Some((now, offset));
            events.push(StreamEvent::Clock { offset });
        }
    }

    /// Pictures are missing from now on until the next key frame. Told once.
    fn damaged(&mut self, detail: String, events: &mut Vec<StreamEvent>) {
        if self.waiting.is_some() {
            return;
        }
        self.waiting = Some(self.clock.monotonic());
        let at = self.memory.last.unwrap_or_else(|| self.memory.now(self.clock));
        events.push(StreamEvent::Damaged { at, detail });
    }
}

/// Whether enough is held back to start the clocks.
fn settled(held: &[(Item, Timestamp)], now: Timestamp) -> bool {
    let first = held.iter().find(|(item, _)| matches!(item, Item::Picture(_)));
    let bytes = || -> usize {
        held.iter()
            .map(|(item, _)| if let Item::Picture(picture) = item { picture.data.len() } else { 0 })
            .sum()
    };
    let unreadable =
        || held.iter().filter(|(item, _)| matches!(item, Item::Damage { parameters: true, .. })).count();
    first.is_some_and(|(_, arrived)| now.since(*arrived) >= SETTLE)
        || held.len() >= HELD_ITEMS
        || unreadable() >= BAD_PARAMETERS as usize
        || bytes() > HELD_BYTES
}

#[cfg(test)]
mod tests;
