//! The gate: which access units are worth decoding, decided without decoding any.
//!
//! *Idle*, it lets through a key frame now and then, the sentinel; so it does while it learns what is normal.
//! *Checking*, because the coded pictures say that something may have changed, and *active*, because looks have shown
//! that it has, it lets through the whole GOP from its start, which it still holds, and then every unit, until nothing
//! has happened for a while.

mod buffer;
mod clock;
mod doubt;
mod normal;
mod quantiser;
mod scores;
mod sentinel;
mod size;

use std::time::Duration;

use domain::{AccessUnit, Timestamp, VideoCodec, VideoParameters, WatchReason as Reason, WatchState};

use crate::Attention;
use buffer::Gop;
use clock::{Pace, StreamClock};
use doubt::Doubt;
use normal::Normal;
use scores::Scores;
use sentinel::Sentinel;
use size::Sizes;

/// Settings of a gate. The defaults favour looking too often over missing something.
#[derive(Clone, Debug, PartialEq)]
pub struct GateConfig {
    /// How many frames a second are looked at while something is new. Lowered under overload.
    pub looks_per_second: f32,
    /// Shortest time between two key frames that are looked at while idle.
    pub sentinel_interval: Duration,
    /// Longest time between two key frames that are looked at while idle, of a camera at which looks have found
    /// nothing that its coded pictures had not foretold.
    pub sentinel_longest: Duration,
    /// A GOP longer than this is followed unit by unit.
    pub longest_gop: Duration,
    /// How long looks are made after coded pictures said that something may have changed.
    pub check_for: Duration,
    /// How long a camera stays active after the last look that showed something.
    pub quiet_after: Duration,
    /// Most units of the current GOP that are held.
    pub held_units: usize,
    /// Most bytes of the current GOP that are held.
    pub held_bytes: usize,
    /// How far above its normal the size of the frames must be, in robust standard deviations.
    pub size_deviations: f32,
    /// How far above its normal the moving share of the picture must be, in robust standard deviations.
    pub motion_deviations: f32,
}

impl Default for GateConfig {
    fn default() -> Self {
        Self {
            looks_per_second: 5.0,
            sentinel_interval: Duration::from_millis(900),
            sentinel_longest: Duration::from_secs(4),
            longest_gop: Duration::from_millis(4500),
            check_for: Duration::from_millis(1200),
            quiet_after: Duration::from_secs(3),
            held_units: 300,
            held_bytes: 8 << 20,
            size_deviations: 3.0,
            motion_deviations: 4.0,
        }
    }
}

/// What the gate asks its owner to do, in this order.
#[derive(Clone, Debug)]
pub enum GateOutput {
    /// Send this to the worker.
    Work {
        /// What to decode.
        unit: AccessUnit,
        /// Whether to look for objects in the picture once it is decoded.
        look: bool,
    },
    /// This stretch cannot be analysed: there was no key frame to start from, or too much of it to hold.
    Dropped {
        /// First moment that is missing.
        from: Timestamp,
        /// First moment after it.
        to: Timestamp,
    },
}

/// What the worker saw in one frame that was looked at.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Look {
    /// Time of the frame.
    pub time: Timestamp,
    /// Objects that are not known to stand still: [`crate::Tracker::moving`]. A parked car does not count.
    pub objects: usize,
    /// Share of the picture that changed against its background, 0 to 1. Exactly 0 where no part of it did.
    pub motion: f32,
    /// How soon the tracker needs the next look.
    pub attention: Attention,
}

/// How much happened in one GOP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GopActivity {
    /// Time of its key frame.
    pub start: Timestamp,
    /// 16 for each robust standard deviation that its frames or its motion lay above the camera's normal,
    /// 128 or more where an object moved; 0 for a GOP as usual, at most 255.
    pub score: u8,
}

/// A stretch without a key frame is reported at least this often.
const LONGEST_SILENCE: Duration = Duration::from_secs(10);
/// Least spread of the moving share of the picture that is believed.
const LEAST_MOTION_DEVIATION: f32 = 0.0002;
/// Where objects are seen for this long and not one part of the picture changes, they do not move, nor do others until
/// a part changes: a detector that takes a bush for somebody puts its box now here, now there.
const STILL_AFTER: Duration = Duration::from_secs(5);
/// Fewest and most looks a second.
const LOOKS_PER_SECOND: (f32, f32) = (0.1, 60.0);

/// How many times as long as usual the next look may wait.
fn patience(attention: Attention) -> f32 {
    match attention {
        Attention::Keen => 1.0,
        Attention::Steady => 2.0,
        Attention::None => 3.0,
    }
}

/// A stretch that cannot be decoded.
#[derive(Clone, Copy, Debug)]
struct Blind {
    from: Timestamp,
    since: Duration,
}

/// The gate of one stream.
#[derive(Debug)]
pub struct Gate {
    config: GateConfig,
    clock: StreamClock,
    gop: Gop,
    /// Since when there is nothing that decoding could start from.
    blind: Option<Blind>,
    looks: Pace,
    sizes: Sizes,
    motion: Normal,
    scores: Scores,
    sentinel: Sentinel,
    doubt: Doubt,
    /// Since when objects are seen in a picture that does not change.
    still: Option<Duration>,
    /// What coded pictures say, and until when it is checked.
    sign: Option<(Reason, Duration)>,
    /// What looks have shown, and until when it keeps the camera active.
    shown: Option<(Reason, Duration)>,
    attention: Attention,
    /// When the current GOP began, and whether it is followed because it is long.
    begun: Duration,
    following: bool,
    /// Compression and size of the pictures.
    picture: Option<(VideoCodec, u32, u32)>,
}

impl Gate {
    /// A gate that knows nothing of its stream yet: sizes are learnt without decoding, so it looks at key frames
    /// until it knows what is normal. A server that starts with all its cameras is not overwhelmed by them.
    #[must_use]
    pub fn new(config: GateConfig) -> Self {
        let looks = config.looks_per_second;
        let mut gate = Self {
            sentinel: Sentinel::new(config.sentinel_interval, config.sentinel_longest),
            config,
            clock: StreamClock::default(),
            gop: Gop::default(),
            blind: None,
            looks: Pace::default(),
            sizes: Sizes::new(),
            motion: Normal::new(LEAST_MOTION_DEVIATION),
            scores: Scores::default(),
            doubt: Doubt::default(),
            still: None,
            sign: None,
            shown: None,
            attention: Attention::Keen,
            begun: Duration::ZERO,
            following: false,
            picture: None,
        };
        gate.set_looks_per_second(looks);
        gate
    }

    /// Takes the next unit of the stream, in decode order; gives what is to be sent now, in decode order.
    pub fn push(&mut self, unit: AccessUnit) -> Vec<GateOutput> {
        let now = self.clock.advance(unit.time);
        let mut out = Vec::new();
        if unit.random_access {
            self.begin_gop(&unit.parameters, now);
            self.scores.begin(unit.time, now);
        }
        self.judge(&unit, now);
        let (time, key_frame) = (unit.time, unit.random_access);
        if key_frame {
            out.extend(self.blind.take().map(|blind| GateOutput::Dropped { from: blind.from, to: time }));
            self.gop.begin(now, unit);
        } else if self.gop.start().is_none() {
            self.blind.get_or_insert(Blind { from: time, since: now });
        } else if self.blind.is_none() {
            self.gop.push(now, unit);
        }
        if let Some(blind) = &mut self.blind {
            if now.saturating_sub(blind.since) >= LONGEST_SILENCE {
                out.push(GateOutput::Dropped { from: blind.from, to: time });
                *blind = Blind { from: time, since: now };
            }
            return out;
        }
        let full = self.gop.exceeds(self.config.held_units, self.config.held_bytes);
        self.following |= full || now.saturating_sub(self.begun) >= self.config.longest_gop;
        if self.state() != WatchState::Idle {
            self.give(&mut out);
        } else if key_frame && self.looks.due(now, self.sentinel.interval()) {
            out.extend(self.gop.give_key_frame().map(|unit| GateOutput::Work { unit, look: true }));
        }
        // Only what was given is let go: a GOP that is full is followed.
        if full {
            self.gop.shed();
        }
        out
    }

    /// Takes what was seen in a frame that was looked at. What follows from it comes with the next [`Self::push`].
    pub fn observe(&mut self, look: &Look) {
        let now = self.clock.now();
        let motion = if look.motion.is_finite() { look.motion.clamp(0.0, 1.0) } else { 0.0 };
        self.scores.raise(look.time, self.motion.deviations(motion).unwrap_or(0.0));
        self.attention = look.attention;
        if motion > 0.0 {
            self.still = None;
        } else if look.objects > 0 {
            self.still.get_or_insert(now);
        }
        let still = self.still.is_some_and(|since| now.saturating_sub(since) >= STILL_AFTER);
        let objects = look.objects > 0 && !still;
        let shown = if objects {
            self.scores.objects(look.time);
            self.sizes.objects_seen();
            Some(Reason::Objects)
        } else {
            self.motion.is_unusual(motion, self.config.motion_deviations).then_some(Reason::Motion)
        };
        match (shown, self.state()) {
            (Some(_), WatchState::Idle) => self.sentinel.surprised(),
            // Rarer only once both sizes and motion can give it away.
            (None, WatchState::Idle) if self.sizes.is_known() && self.motion.is_known() => {
                self.sentinel.quiet();
            }
            _ => {}
        }
        if let Some(reason) = shown {
            self.doubt.dispel();
            self.shown = Some((reason, now.saturating_add(self.config.quiet_after)));
        }
        self.motion.learn_later(motion, now);
        if objects {
            self.motion.objects_seen();
        }
    }

    /// After the worker died: what a new one needs to go on, the current GOP from its start. Where that is held no
    /// more, the stretch until the next key frame comes as [`GateOutput::Dropped`].
    pub fn resend(&mut self) -> Vec<GateOutput> {
        let mut out = Vec::new();
        let now = self.clock.now();
        if !self.gop.is_whole() {
            if let Some(from) = self.gop.start() {
                self.blind.get_or_insert(Blind { from, since: now });
            }
            return out;
        }
        let begun = self.gop.rewind();
        self.looks.reset();
        if self.state() != WatchState::Idle {
            self.give(&mut out);
        } else if begun && self.looks.due(now, self.sentinel.interval()) {
            out.extend(self.gop.give_key_frame().map(|unit| GateOutput::Work { unit, look: true }));
        }
        out
    }

    /// When what was given could not be sent from the unit of this time on (the worker's queue is full): the rest
    /// of the GOP cannot be decoded and is not given; the stretch until the next key frame comes as
    /// [`GateOutput::Dropped`].
    pub fn abandon(&mut self, from: Timestamp) {
        self.gop.shed();
        self.blind.get_or_insert(Blind { from, since: self.clock.now() });
    }

    /// Sets how many frames a second are looked at while active, between 0.1 and 60: lowered under overload, raised
    /// when it is over.
    pub fn set_looks_per_second(&mut self, rate: f32) {
        if rate.is_finite() {
            self.config.looks_per_second = rate.clamp(LOOKS_PER_SECOND.0, LOOKS_PER_SECOND.1);
        } else {
            self.config.looks_per_second = GateConfig::default().looks_per_second;
        }
    }

    /// The scores of GOPs that are over and whose looks have had time to come back, oldest first.
    pub fn take_activity(&mut self) -> Vec<GopActivity> {
        self.scores.take(self.clock.now())
    }

    /// The scores of all other GOPs, when the stream ends.
    pub fn finish(&mut self) -> Vec<GopActivity> {
        self.scores.finish()
    }

    /// How many frames a second are looked at at most.
    #[must_use]
    pub fn looks_per_second(&self) -> f32 {
        self.config.looks_per_second
    }

    /// Time between two looks while idle, as it is now.
    #[must_use]
    pub fn sentinel_interval(&self) -> Duration {
        self.sentinel.interval()
    }

    /// How closely the camera is watched.
    #[must_use]
    pub fn state(&self) -> WatchState {
        match self.reason() {
            None | Some(Reason::Learning) => WatchState::Idle,
            Some(Reason::Size | Reason::KeyFrameSize) => WatchState::Checking,
            Some(_) => WatchState::Active,
        }
    }

    /// Why the camera is not idle, or that it is for now ([`Reason::Learning`]); `None` where nothing is unusual.
    #[must_use]
    pub fn reason(&self) -> Option<Reason> {
        let now = self.clock.now();
        let lasting = |sign: Option<(Reason, Duration)>| sign.filter(|(_, until)| now < *until);
        match (lasting(self.shown), lasting(self.sign)) {
            (Some((reason, _)), _) | (None, Some((reason, _))) => Some(reason),
            (None, None) if self.following => Some(Reason::LongGop),
            (None, None) => (!self.sizes.is_known()).then_some(Reason::Learning),
        }
    }

    fn begin_gop(&mut self, parameters: &VideoParameters, now: Duration) {
        self.following = false;
        self.begun = now;
        let picture = (parameters.codec, parameters.width, parameters.height);
        if self.picture.replace(picture).is_some_and(|before| before != picture) {
            self.sizes.forget();
            self.motion.forget();
        }
    }

    /// What the unit's size says.
    fn judge(&mut self, unit: &AccessUnit, now: Duration) {
        let sign = self.sizes.take(unit, now, self.config.size_deviations);
        self.scores.raise_latest(sign.deviations);
        if self.state() == WatchState::Checking {
            self.doubt.raise(sign.deviations);
        }
        if sign.unusual && self.doubt.believes(sign.deviations, now) && self.state() != WatchState::Active {
            let reason = if unit.random_access { Reason::KeyFrameSize } else { Reason::Size };
            if self.sign.is_none_or(|(_, until)| until <= now) {
                self.doubt.begin(sign.deviations, now);
                self.sign = Some((reason, now.saturating_add(self.config.check_for)));
            }
        }
    }

    /// Gives everything that is held and was not given.
    fn give(&mut self, out: &mut Vec<GateOutput>) {
        let usual = Duration::from_secs_f32(1.0 / self.config.looks_per_second);
        let interval = match (self.reason(), self.attention) {
            (Some(Reason::LongGop), _) => self.config.sentinel_interval,
            (Some(Reason::Objects | Reason::Motion), attention) => usual.mul_f32(patience(attention)),
            _ => usual,
        };
        let looks = &mut self.looks;
        out.extend(
            self.gop.give().map(|(at, unit)| GateOutput::Work { look: looks.due(at, interval), unit }),
        );
    }
}
