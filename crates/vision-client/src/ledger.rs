//! What one feed has with the worker: the bookkeeping behind back-pressure, losses and the search for a hang.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::{AccessUnit, Timestamp, VideoParameters};

/// A feed that was too far behind takes more again once its oldest unit is younger than this part of the limit.
const CAUGHT_UP: u32 = 4;

/// Limits of one feed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) units: usize,
    /// No more goes while something has been with the worker for longer.
    pub(crate) age: Duration,
    pub(crate) bytes: usize,
}

#[derive(Debug)]
struct Outstanding {
    sequence: u64,
    time: Timestamp,
    bytes: usize,
    entered: Instant,
}

/// The units of one feed that the worker has not finished with.
#[derive(Debug)]
pub(crate) struct Ledger {
    next: u64,
    outstanding: VecDeque<Outstanding>,
    bytes: usize,
    /// Earliest look inside the worker's decoder, of units that are done otherwise.
    held_from: Option<Timestamp>,
    last_sent: Option<Timestamp>,
    /// The parameters that the worker knows.
    parameters: Option<Arc<VideoParameters>>,
    /// When the worker last finished a unit, or got the first of an empty ledger.
    progress: Instant,
    /// Whether it was found too far behind, and has not caught up since.
    behind: bool,
}

impl Ledger {
    pub(crate) fn new(now: Instant) -> Self {
        Self {
            next: 0,
            outstanding: VecDeque::new(),
            bytes: 0,
            held_from: None,
            last_sent: None,
            parameters: None,
            progress: now,
            behind: false,
        }
    }

    /// Whether a unit of `size` bytes may go, with `untaken` reports waiting to be taken. One unit alone always
    /// may, however large.
    pub(crate) fn admits(&mut self, limits: Limits, untaken: usize, size: usize, now: Instant) -> bool {
        let fits = self.outstanding.is_empty() || self.bytes + size <= limits.bytes;
        let age = self.outstanding.front().map(|oldest| now.saturating_duration_since(oldest.entered));
        // One long stretch left out is better than many short ones.
        let limit = if self.behind { limits.age / CAUGHT_UP } else { limits.age };
        self.behind = age.is_some_and(|age| age > limit);
        fits && !self.behind && self.outstanding.len() + untaken < limits.units
    }

    /// Enters a unit. Gives its number, and the parameters if the worker does not know them.
    pub(crate) fn enter(&mut self, unit: &AccessUnit, now: Instant) -> (u64, Option<VideoParameters>) {
        if self.outstanding.is_empty() {
            self.progress = now;
        }
        let known = self
            .parameters
            .as_ref()
            .is_some_and(|known| Arc::ptr_eq(known, &unit.parameters) || **known == *unit.parameters);
        if !known {
            self.parameters = Some(Arc::clone(&unit.parameters));
        }
        let sequence = self.next;
        self.next += 1;
        self.outstanding.push_back(Outstanding {
            sequence,
            time: unit.time,
            bytes: unit.data.len(),
            entered: now,
        });
        self.bytes += unit.data.len();
        self.last_sent = Some(unit.time);
        (sequence, (!known).then(|| (*unit.parameters).clone()))
    }

    /// The worker has finished with all units up to `sequence`. Gives the bytes set free.
    pub(crate) fn done(&mut self, sequence: u64, held_from: Option<Timestamp>, now: Instant) -> usize {
        let mut freed = 0;
        while let Some(unit) = self.outstanding.pop_front_if(|unit| unit.sequence <= sequence) {
            freed += unit.bytes;
        }
        self.bytes -= freed;
        self.held_from = held_from;
        self.progress = now;
        freed
    }

    /// The worker is gone, and with it all that it had. Gives the span lost, none where nothing was ever sent,
    /// and the bytes set free.
    pub(crate) fn lose(&mut self) -> (Option<(Timestamp, Timestamp)>, usize) {
        let first = self.outstanding.front().map(|unit| unit.time);
        let from = [self.held_from, first].into_iter().flatten().min();
        let lost = self.last_sent.map(|to| (from.unwrap_or(to).min(to), to));
        self.outstanding.clear();
        self.held_from = None;
        self.parameters = None;
        (lost, std::mem::take(&mut self.bytes))
    }

    /// Units that the worker has not finished with.
    pub(crate) fn len(&self) -> usize {
        self.outstanding.len()
    }

    /// Whether the worker sits on work of this feed for longer than `limit`.
    pub(crate) fn is_stuck(&self, now: Instant, limit: Duration) -> bool {
        !self.outstanding.is_empty() && now.saturating_duration_since(self.progress) > limit
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use domain::VideoCodec;
    use proptest::prelude::*;

    fn parameters(width: u32) -> Arc<VideoParameters> {
        Arc::new(VideoParameters {
            codec: VideoCodec::H264,
            width,
            height: 360,
            rfc6381: "avc1.42c01e".to_owned(),
            decoder_configuration: Bytes::new(),
        })
    }

    fn unit(micros: i64, bytes: usize, parameters: &Arc<VideoParameters>) -> AccessUnit {
        AccessUnit {
            time: Timestamp::from_micros(micros),
            random_access: micros == 0,
            data: vec![0; bytes].into(),
            parameters: Arc::clone(parameters),
        }
    }

    #[test]
    fn parameters_travel_once_and_again_when_they_change_or_the_worker_does() {
        let now = Instant::now();
        let mut ledger = Ledger::new(now);
        let (small, large) = (parameters(640), parameters(1920));
        assert!(ledger.enter(&unit(0, 1, &small), now).1.is_some());
        assert!(ledger.enter(&unit(1, 1, &small), now).1.is_none());
        assert!(ledger.enter(&unit(2, 1, &parameters(640)), now).1.is_none(), "equal, though not the same");
        assert!(ledger.enter(&unit(3, 1, &large), now).1.is_some());
        ledger.lose();
        assert!(ledger.enter(&unit(4, 1, &large), now).1.is_some());
    }

    #[test]
    fn a_loss_reaches_from_the_first_without_an_answer_to_the_last_sent() {
        let now = Instant::now();
        let at = Timestamp::from_micros;
        let mut ledger = Ledger::new(now);
        assert_eq!(ledger.lose().0, None);
        let parameters = parameters(640);
        for micros in 0..5 {
            ledger.enter(&unit(micros, 10, &parameters), now);
        }
        ledger.done(2, Some(at(1)), now);
        assert_eq!(ledger.lose(), (Some((at(1), at(4))), 20));
        assert_eq!(ledger.lose(), (Some((at(4), at(4))), 0));
    }

    #[test]
    fn stuck_means_work_and_no_progress() {
        let start = Instant::now();
        let limit = Duration::from_secs(30);
        let later = |seconds| start + Duration::from_secs(seconds);
        let mut ledger = Ledger::new(start);
        assert!(!ledger.is_stuck(later(100), limit), "idle is not stuck");
        ledger.enter(&unit(0, 1, &parameters(640)), later(100));
        assert!(!ledger.is_stuck(later(120), limit));
        assert!(ledger.is_stuck(later(131), limit));
        ledger.done(0, None, later(131));
        assert!(!ledger.is_stuck(later(500), limit));
    }

    #[test]
    fn nothing_more_goes_while_the_oldest_is_too_old() {
        let start = Instant::now();
        let later = |seconds| start + Duration::from_secs(seconds);
        let limits = Limits { units: 8, age: Duration::from_secs(4), bytes: 500 };
        let mut ledger = Ledger::new(start);
        assert!(ledger.admits(limits, 0, 1, later(100)), "nothing is waited for");
        ledger.enter(&unit(0, 1, &parameters(640)), later(100));
        ledger.enter(&unit(1, 1, &parameters(640)), later(102));
        assert!(ledger.admits(limits, 0, 1, later(104)));
        assert!(!ledger.admits(limits, 0, 1, later(105)));
        ledger.done(0, None, later(105));
        assert!(!ledger.admits(limits, 0, 1, later(106)), "the second is not as old, and not young");
        ledger.done(1, None, later(106));
        ledger.enter(&unit(2, 1, &parameters(640)), later(106));
        assert!(ledger.admits(limits, 0, 1, later(107)) && ledger.admits(limits, 0, 1, later(109)));
    }

    proptest! {
        #[test]
        fn limits_hold_and_every_byte_is_set_free(sizes in prop::collection::vec(0usize..200, 1..60), taken in 1usize..5) {
            let now = Instant::now();
            let limits = Limits { units: 8, age: Duration::from_secs(4), bytes: 500 };
            let parameters = parameters(640);
            let mut ledger = Ledger::new(now);
            let (mut sent, mut freed) = (0, 0);
            for (index, size) in sizes.into_iter().enumerate() {
                if ledger.admits(limits, 0, size, now) {
                    ledger.enter(&unit(index as i64, size, &parameters), now);
                    sent += size;
                } else {
                    prop_assert!(ledger.len() > 0, "an empty ledger takes anything");
                    let until = ledger.next.saturating_sub(taken as u64);
                    freed += ledger.done(until, None, now);
                }
                prop_assert!(ledger.len() <= limits.units);
                prop_assert!(ledger.bytes <= limits.bytes || ledger.len() == 1);
            }
            freed += ledger.lose().1;
            prop_assert_eq!(sent, freed);
        }
    }
}
