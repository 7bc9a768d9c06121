//! The gate: which access units are worth decoding, decided without decoding any.
//!
//! *Idle*, it lets through a key frame about every second, the sentinel. *Active*, it lets through the whole
//! GOP from its start, which it still holds, and then every unit, until nothing has happened for a while.

mod buffer;
mod normal;

use std::time::Duration;

use domain::{AccessUnit, Timestamp};

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
            held_units: 600,
            held_bytes: 8 << 20,
            size_deviations: 4.0,
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

/// The gate of one stream.
#[derive(Debug)]
pub struct Gate {
    config: GateConfig,
}

impl Gate {
    /// A gate that knows nothing of its stream yet: it is active until it has learnt what is normal.
    #[must_use]
    pub fn new(config: GateConfig) -> Self {
        Self { config }
    }

    /// Takes the next unit of the stream, in decode order; gives what is to be sent now, in decode order.
    pub fn push(&mut self, unit: AccessUnit) -> Vec<GateOutput> {
        todo!("{unit:?}")
    }

    /// Takes what was seen in a frame that was looked at. What follows from it comes with the next [`Self::push`].
    pub fn observe(&mut self, look: &Look) {
        todo!("{look:?}")
    }

    /// After the worker died: what a new one needs to go on, the current GOP from its start.
    pub fn resend(&mut self) -> Vec<GateOutput> {
        todo!()
    }

    /// When what was given could not be sent (the worker's queue is full): the rest of this GOP cannot be decoded
    /// and is not given; the stretch from the latest unit to the next key frame comes as [`GateOutput::Dropped`].
    pub fn abandon(&mut self) {
        todo!()
    }

    /// Sets how many frames a second are looked at while active: lowered under overload, raised when it is over.
    pub fn set_looks_per_second(&mut self, rate: f32) {
        self.config.looks_per_second = rate;
    }

    /// The scores of GOPs that are over and whose looks have had time to come back, oldest first.
    pub fn take_activity(&mut self) -> Vec<GopActivity> {
        todo!()
    }

    /// The scores of all other GOPs, when the stream ends.
    pub fn finish(&mut self) -> Vec<GopActivity> {
        todo!()
    }

    /// Whether every unit is let through.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.reason().is_some()
    }

    /// Why the camera is active; `None` while it is idle.
    #[must_use]
    pub fn reason(&self) -> Option<Reason> {
        todo!()
    }
}
