//! When the camera's sensor saw a picture, by the server's UTC.
//!
//! A camera tells the time of a picture by its own oscillator, in RTP time stamps whose start means nothing.
//! The server knows when the picture arrived, which is later by a delay that varies. [`StreamClock`] joins the
//! two: time stamps give the spacing, and the least delayed arrivals give the position and, over minutes, the
//! rate. A declared frame rate is never used: cameras that count 25 frames a second in their time stamps and
//! send 21 exist, and so do oscillators that are off by 300 ppm.
//!
//! [`ServerTime`] gives arrivals a UTC time that the server's wall clock can only bend, not break: a step of
//! the wall clock (NTP, an operator) does not move frames.
//!
//! Both are pure: time comes in as a value.

use std::num::NonZeroU32;
use std::time::Duration;

use domain::Timestamp;

const SECOND: i64 = 1_000_000;

/// Beyond this, RTP time and arrival do not belong together, and the clock starts over.
const JUMP: i64 = 3 * SECOND;
/// A camera that sends what it had buffered makes the first pictures this much late at most.
const BURST: i64 = 30 * SECOND;
/// Pictures out of presentation order (B pictures) lie this much before the newest at most.
const REORDER: i64 = SECOND;
/// This many pictures in a row before the newest are no B pictures but a step backwards.
const REORDER_RUN: u32 = 8;
/// Arrivals that are late by [`JUMP`] for so long are not congestion.
const PATIENCE: i64 = 10 * SECOND;
/// The first windows of observation, and the longest.
const WINDOW_FIRST: i64 = SECOND;
const WINDOW_LONGEST: i64 = 64 * SECOND;
/// After so many windows the clock counts as settled.
const SETTLED: u32 = 10;
/// A settled clock works through so many windows of a length before they double.
const WINDOWS_A_LENGTH: u32 = 4;
/// A clock that is off by more learns anew.
const UNSETTLE: f64 = 500_000.0;

/// A picture's time, and whether RTP time had to be given up for it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Placed {
    /// When the picture was seen.
    pub time: Timestamp,
    /// Seconds by which RTP time disagreed with the clock, where it did so beyond tolerance.
    pub jump: Option<f64>,
}

/// Maps the RTP time of one track to UTC.
#[derive(Clone, Debug)]
pub struct StreamClock {
    rate: NonZeroU32,
    line: Option<Line>,
    /// What the first picture's time must be after.
    floor: Option<Timestamp>,
}

/// Where RTP time lies in UTC, as far as it is known.
#[derive(Clone, Debug)]
struct Line {
    /// RTP time of the newest picture.
    rtp: i64,
    /// Estimated UTC of it, in microseconds.
    time: f64,
    /// UTC seconds that pass in one second of RTP time, less one.
    skew: f64,
    /// The UTC that was given to it.
    given: f64,
    /// RTP time of the newest picture before it, and the UTC that was given to that.
    before: (i64, f64),
    /// Pictures in a row that were older than it.
    older: u32,
    /// Since when every arrival has been late by more than [`JUMP`].
    late_since: Option<i64>,
    window: Window,
}

/// A stretch of arrivals, of which the least delayed counts.
#[derive(Clone, Debug)]
struct Window {
    opened: i64,
    length: i64,
    /// Arrival less estimate, of the least delayed arrival, in microseconds.
    least: f64,
    /// Which window it is since learning began, from 1.
    number: u32,
}

impl Window {
    fn first(opened: i64) -> Self {
        Self { opened, length: WINDOW_FIRST, least: f64::INFINITY, number: 1 }
    }

    fn next(&self, opened: i64) -> Self {
        let number = self.number.saturating_add(1);
        let grows = number > SETTLED && number.is_multiple_of(WINDOWS_A_LENGTH);
        let length = if grows { (self.length * 2).min(WINDOW_LONGEST) } else { self.length };
        Self { opened, length, least: f64::INFINITY, number }
    }

    fn settled(&self) -> bool {
        self.number > SETTLED
    }

    /// How far one window moves the estimate, and its rate.
    fn gains(&self) -> (f64, f64) {
        let number = f64::from(self.number);
        if self.length == WINDOW_LONGEST {
            (0.3, 0.05)
        } else if self.settled() {
            (0.5, 0.15)
        } else if self.number == 1 {
            (1.0, 0.0)
        } else {
            // The straight line through the windows so far, by least squares.
            let both = number * (number + 1.0);
            (2.0 * (2.0 * number - 1.0) / both, 6.0 / both)
        }
    }
}

impl StreamClock {
    /// A clock for a track whose RTP time runs at `rate` units a second.
    #[must_use]
    pub fn new(rate: NonZeroU32) -> Self {
        Self { rate, line: None, floor: None }
    }

    /// Times are to be after `floor`, at which an earlier session of the same stream ended.
    pub fn not_before(&mut self, floor: Timestamp) {
        self.floor = Some(floor);
    }

    /// Starts the clock from the first arrivals together, so that the pictures that a camera had buffered, and
    /// sent at once, get their true times. Without it the clock starts at the first picture's arrival, and
    /// takes a few seconds to mend that.
    pub fn begin(&mut self, arrivals: &[(i64, Timestamp)]) {
        let (Some((first, arrived)), Some((_, latest))) = (arrivals.first(), arrivals.last()) else { return };
        let arrived = arrived.as_micros() as f64;
        let least = arrivals
            .iter()
            .map(|(rtp, at)| at.as_micros() as f64 - micros(*rtp, *first, self.rate))
            .filter(|seen| (seen - arrived).abs() <= BURST as f64)
            .fold(arrived, f64::min);
        let given = self.after_floor(least);
        let window = Window::first(latest.as_micros());
        self.line = Some(Line { window, ..Line::start(*first, least as i64, given, 0.0) });
    }

    fn after_floor(&self, time: f64) -> f64 {
        self.floor.map_or(time, |floor| time.max((floor.as_micros() + 1_000) as f64))
    }

    /// The time of the picture with the extended (never wrapping) RTP time stamp `rtp`, of which the first
    /// packet arrived at `arrived`. Pictures come in decoding order. Times of pictures that are not B pictures
    /// never go back.
    pub fn place(&mut self, rtp: i64, arrived: Timestamp) -> Placed {
        let arrived = arrived.as_micros();
        let rate = self.rate;
        let Some(line) = &mut self.line else {
            let given = self.after_floor(arrived as f64);
            self.line = Some(Line::start(rtp, arrived, given, 0.0));
            return placed(given, None);
        };
        let elapsed = micros(rtp, line.rtp, rate);
        if elapsed <= 0.0 {
            line.older += u32::from(elapsed < 0.0);
            if elapsed > -(REORDER as f64) && line.older <= REORDER_RUN {
                return placed(line.between(rtp, elapsed), None);
            }
            return line.start_over(rtp, arrived, elapsed);
        }
        line.older = 0;
        let predicted = line.time + elapsed * (1.0 + line.skew);
        let late = arrived as f64 - predicted;
        let settled = line.window.settled();
        if late < -((if settled { JUMP } else { BURST }) as f64) {
            return line.start_over(rtp, arrived, -late);
        }
        if late > JUMP as f64 {
            let since = *line.late_since.get_or_insert(arrived);
            if arrived.saturating_sub(since) > PATIENCE {
                return line.start_over(rtp, arrived, -late);
            }
        } else {
            line.late_since = None;
        }
        line.before = (line.rtp, line.given);
        line.rtp = rtp;
        line.time = predicted;
        line.observe(late, arrived);
        line.give(elapsed);
        placed(line.given, None)
    }

    /// Seconds by which the camera's clock is ahead of the server's, from an RTCP sender report (RFC 3550
    /// §6.4.1): `ntp` is its NTP time stamp and `rtp` the RTP time, extended like those of
    /// [`place`](Self::place). `None` before the first picture, and for a camera that does not know the time.
    #[must_use]
    pub fn camera_offset(&self, rtp: i64, ntp: u64) -> Option<f64> {
        /// Seconds from 1900 to 1970.
        const NTP_EPOCH: i64 = 2_208_988_800;
        /// 2001-09-09: a camera that names an earlier time counts from its start, or has lost its clock.
        const SENSIBLE: i64 = 1_000_000_000;
        let line = self.line.as_ref()?;
        let seconds = (ntp >> 32) as i64 - NTP_EPOCH;
        if seconds < SENSIBLE {
            return None;
        }
        let camera = seconds as f64 + (ntp & 0xffff_ffff) as f64 / 4_294_967_296.0;
        let elapsed = micros(rtp, line.rtp, self.rate);
        // A report belongs to a moment close by; anything else is a report of an earlier session.
        if elapsed.abs() > 60.0 * SECOND as f64 {
            return None;
        }
        Some(camera - (line.given + elapsed * (1.0 + line.skew)) / SECOND as f64)
    }

    /// Forgets all that was learnt: for a server whose wall clock was set anew.
    pub fn reset(&mut self) {
        self.line = None;
        self.floor = None;
    }
}

impl Line {
    fn start(rtp: i64, arrived: i64, given: f64, skew: f64) -> Self {
        Self {
            rtp,
            time: arrived as f64,
            skew,
            given,
            before: (rtp, given),
            older: 0,
            late_since: None,
            window: Window::first(arrived),
        }
    }

    /// Joins RTP time and UTC anew at this arrival. `by` are the microseconds by which they disagreed.
    fn start_over(&mut self, rtp: i64, arrived: i64, by: f64) -> Placed {
        // At least a millisecond on, so that times never go back nor repeat.
        let given = (arrived as f64).max(self.given + 1_000.0);
        *self = Self::start(rtp, arrived, given, self.skew);
        placed(given, Some(by / SECOND as f64))
    }

    /// The time of a picture older than the newest: in its place between its neighbours.
    fn between(&self, rtp: i64, elapsed: f64) -> f64 {
        let (before, given) = self.before;
        if before < rtp && rtp < self.rtp {
            let part = (i128::from(rtp) - i128::from(before)) as f64
                / (i128::from(self.rtp) - i128::from(before)) as f64;
            given + (self.given - given) * part
        } else {
            self.given + elapsed * (1.0 + self.skew)
        }
    }

    /// Learns from an arrival that was `late` microseconds after the estimate, or before it.
    fn observe(&mut self, late: f64, arrived: i64) {
        // Nothing arrives before it is seen: what came before was held up.
        let first = self.window.number == 1;
        let held_up = late < 0.0 && first || late < -UNSETTLE;
        if held_up {
            self.time += late;
            if !first {
                self.skew = 0.0;
                self.window = Window::first(arrived);
            }
        }
        let late = if held_up { 0.0 } else { late };
        self.window.least = if held_up { late } else { self.window.least.min(late) };
        let open = arrived.saturating_sub(self.window.opened);
        if open.saturating_abs() < self.window.length {
            return;
        }
        let off = self.window.least;
        if self.window.settled() && off.abs() > UNSETTLE {
            self.window = Window::first(arrived);
            return;
        }
        // An alpha-beta filter on the least delayed arrival of each window: alpha moves the estimate, beta its
        // rate. A settled clock is slow to believe in a change of the rate.
        let (alpha, beta) = self.window.gains();
        let drift = if self.window.settled() { off.clamp(-50_000.0, 50_000.0) } else { off };
        self.time += alpha * off;
        self.skew = (self.skew + beta * drift / open.max(self.window.length) as f64).clamp(-0.75, 3.0);
        self.window = self.window.next(arrived);
    }

    /// Gives the newest picture its time: the estimate, held so close to the spacing of the time stamps that
    /// motion stays smooth.
    fn give(&mut self, elapsed: f64) {
        let spacing = elapsed * (1.0 + self.skew);
        let slack = if self.window.settled() { 0.01 } else { 0.5 };
        self.given =
            self.time.clamp(self.given + spacing * (1.0 - slack), self.given + spacing * (1.0 + slack));
    }
}

/// Microseconds from RTP time `from` to `to`.
fn micros(to: i64, from: i64, rate: NonZeroU32) -> f64 {
    (i128::from(to) - i128::from(from)) as f64 * SECOND as f64 / f64::from(rate.get())
}

fn placed(time: f64, jump: Option<f64>) -> Placed {
    Placed { time: Timestamp::from_micros(time.round() as i64), jump }
}

/// The server's UTC, bent slowly towards its wall clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct ServerTime {
    state: Option<Bent>,
}

#[derive(Clone, Copy, Debug)]
struct Bent {
    /// Wall clock less monotonic clock, in microseconds, as it is followed.
    offset: i64,
    /// Monotonic time of the latest reading.
    read: i64,
    /// Since when the wall clock has been off by more than [`ServerTime::SET_ANEW`].
    off_since: Option<i64>,
}

impl ServerTime {
    /// A wall clock that is off by more than this, for ten seconds, was wrong before: a machine without a
    /// battery-backed clock found the time. It is then believed at once.
    pub const SET_ANEW: Duration = Duration::from_mins(1);
    /// One part in so many of the time that passes is how fast a smaller step is followed: 5 %.
    const BEND: i64 = 20;

    /// The time now, from both clocks as they are read now. The second value is true where the wall clock was
    /// set anew and time has therefore jumped.
    pub fn at(&mut self, wall: Timestamp, monotonic: Duration) -> (Timestamp, bool) {
        let now = i64::try_from(monotonic.as_micros()).unwrap_or(i64::MAX);
        let offset = wall.as_micros().saturating_sub(now);
        let Some(bent) = &mut self.state else {
            self.state = Some(Bent { offset, read: now, off_since: None });
            return (wall, false);
        };
        let passed = now.saturating_sub(bent.read).max(0);
        bent.read = now.max(bent.read);
        let off = offset.saturating_sub(bent.offset);
        let mut set = false;
        if off.unsigned_abs() > Self::SET_ANEW.as_micros() as u64 {
            let since = *bent.off_since.get_or_insert(now);
            if now.saturating_sub(since) >= PATIENCE {
                *bent = Bent { offset, read: now, off_since: None };
                set = true;
            }
        } else {
            bent.off_since = None;
            let most = passed / Self::BEND;
            bent.offset = bent.offset.saturating_add(off.clamp(-most, most));
        }
        (Timestamp::from_micros(now.saturating_add(bent.offset)), set)
    }
}

#[cfg(test)]
mod tests;
