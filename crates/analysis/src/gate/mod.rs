//! The gate: which access units are worth decoding, decided without decoding any.
//!
//! *Idle*, it lets through a key frame about every second, the sentinel. *Active*, it lets through the whole
//! GOP from its start, which it still holds, and then every unit, until nothing has happened for a while.

mod buffer;
mod clock;
mod normal;
mod scores;
mod size;

use std::time::Duration;

use domain::{AccessUnit, Timestamp, VideoCodec, VideoParameters};

use buffer::Gop;
use clock::{Pace, StreamClock};
use normal::Normal;
use scores::Scores;
use size::Sizes;

/// Settings of a gate. The defaults favour looking too often over missing something.
#[derive(Clone, Debug, PartialEq)]
pub struct GateConfig {
    /// How many frames a second are looked at while active. Lowered under overload.
    pub looks_per_second: f32,
    /// Shortest time between two key frames that are looked at while idle.
    pub sentinel_interval: Duration,
    /// Longest time without a look while idle: a GOP longer than this is followed unit by unit.
    pub longest_blind: Duration,
    /// How long a camera stays active after the last sign of something.
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
            longest_blind: Duration::from_millis(4500),
            quiet_after: Duration::from_secs(5),
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
    /// Share of the picture that changed since the look before, 0 to 1.
    pub motion: f32,
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

/// Why a camera is active.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Its normal is not known yet.
    Learning,
    /// Its frames are larger than usual.
    Size,
    /// A key frame is larger than usual.
    KeyFrameSize,
    /// More of the picture moves than usual.
    Motion,
    /// There is an object that does not stand still.
    Objects,
    /// Key frames are too rare, or too much would have to be held, to wait.
    LongGop,
}

/// A stretch without a key frame is reported at least this often.
const LONGEST_SILENCE: Duration = Duration::from_secs(10);
/// Least spread of the moving share of the picture that is believed.
const LEAST_MOTION_DEVIATION: f32 = 0.0002;
/// Fewest and most looks a second.
const LOOKS_PER_SECOND: (f32, f32) = (0.1, 60.0);

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
    /// The latest sign of something, and until when it keeps the camera active.
    sign: Option<(Reason, Duration)>,
    /// Whether this GOP is followed because it is long.
    following: bool,
    /// Compression and size of the pictures.
    picture: Option<(VideoCodec, u32, u32)>,
}

impl Gate {
    /// A gate that knows nothing of its stream yet: it is active until it has learnt what is normal.
    #[must_use]
    pub fn new(config: GateConfig) -> Self {
        let looks = config.looks_per_second;
        let mut gate = Self {
            config,
            clock: StreamClock::default(),
            gop: Gop::default(),
            blind: None,
            looks: Pace::default(),
            sizes: Sizes::new(),
            motion: Normal::new(LEAST_MOTION_DEVIATION),
            scores: Scores::default(),
            sign: None,
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
            self.begin_gop(&unit.parameters);
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
        let blind_for = self.looks.since(now).unwrap_or(Duration::MAX);
        self.following |= full || (!key_frame && blind_for >= self.config.longest_blind);
        if self.is_active() {
            self.give(&mut out);
        } else if key_frame && self.looks.due(now, self.config.sentinel_interval) {
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
        if look.objects > 0 {
            self.scores.objects(look.time);
            self.sizes.objects_seen();
            self.active_for(Reason::Objects, now);
        } else if self.motion.is_unusual(motion, self.config.motion_deviations) {
            self.active_for(Reason::Motion, now);
        }
        self.motion.learn_later(motion, now);
        if look.objects > 0 {
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
        if self.is_active() {
            self.give(&mut out);
        } else if begun && self.looks.due(now, self.config.sentinel_interval) {
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

    /// Whether every unit is let through.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.reason().is_some()
    }

    /// Why the camera is active; `None` while it is idle.
    #[must_use]
    pub fn reason(&self) -> Option<Reason> {
        let now = self.clock.now();
        match self.sign {
            Some((reason, until)) if now < until => Some(reason),
            _ if !self.sizes.is_known() => Some(Reason::Learning),
            _ => self.following.then_some(Reason::LongGop),
        }
    }

    fn begin_gop(&mut self, parameters: &VideoParameters) {
        self.following = false;
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
        if sign.unusual {
            self.active_for(if unit.random_access { Reason::KeyFrameSize } else { Reason::Size }, now);
        }
    }

    fn active_for(&mut self, reason: Reason, now: Duration) {
        self.sign = Some((reason, now.saturating_add(self.config.quiet_after)));
    }

    /// Gives everything that is held and was not given.
    fn give(&mut self, out: &mut Vec<GateOutput>) {
        let interval = if self.reason() == Some(Reason::LongGop) {
            self.config.sentinel_interval
        } else {
            Duration::from_secs_f32(1.0 / self.config.looks_per_second)
        };
        let looks = &mut self.looks;
        out.extend(
            self.gop.give().map(|(at, unit)| GateOutput::Work { look: looks.due(at, interval), unit }),
        );
    }
}
