//! Who is next: units wait in one queue a feed, and a lane serves its feeds in turn, so that a feed with much to
//! do (footage that is caught up on) does not hold up the others.

use std::collections::{HashMap, VecDeque};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use vision_client::protocol::{FeedId, FeedUnit};

use crate::feed::Feed;

/// Most jobs that wait. The server sends fewer; this holds if it does not.
const MOST: usize = 32_768;
/// A feed without work for this long lets go of its decoder.
const REST_AFTER: Duration = Duration::from_secs(30);
/// How often resting is thought of.
const SWEEP: Duration = Duration::from_secs(5);

/// Something to do for a feed.
#[derive(Debug)]
pub(crate) enum Job {
    /// Decode this unit, and look at it if wanted.
    Unit(FeedUnit),
    /// Nothing came for a while: answer what is held back, and free the decoder.
    Rest,
    /// Nothing more comes: answer what is held back, and say so.
    Close,
}

/// A feed with its next job, taken by one lane.
pub(crate) struct Turn {
    pub(crate) id: FeedId,
    pub(crate) feed: Box<Feed>,
    pub(crate) job: Job,
}

/// What a lane is to do next.
pub(crate) enum Next {
    /// This.
    Turn(Turn),
    /// The deadline has come.
    Late,
    /// End.
    Closed,
}

/// The queues of all feeds of a lane.
#[derive(Default)]
pub(crate) struct Schedule {
    state: Mutex<State>,
    work: Condvar,
    room: Condvar,
}

#[derive(Default)]
struct State {
    feeds: HashMap<FeedId, Slot>,
    /// Feeds that have jobs and are with no lane, in the order of their turns.
    turns: VecDeque<FeedId>,
    waiting: usize,
    swept: Option<Instant>,
    closed: bool,
}

struct Slot {
    /// `None` while a lane has it.
    feed: Option<Box<Feed>>,
    jobs: VecDeque<Job>,
    used: Instant,
    resting: bool,
}

impl Schedule {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Enters a job; waits where far too many wait already.
    pub(crate) fn push(&self, id: FeedId, job: Job) {
        let mut state = self.lock();
        while state.waiting >= MOST && !state.closed {
            state = self.room.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.push(id, job);
        drop(state);
        self.work.notify_one();
    }

    /// The next turn; waits for one, until the deadline where there is one.
    pub(crate) fn take(&self, deadline: Option<Instant>) -> Next {
        let mut state = self.lock();
        loop {
            if state.closed {
                return Next::Closed;
            }
            let now = Instant::now();
            let patience = deadline.map_or(SWEEP, |deadline| deadline.saturating_duration_since(now));
            if patience.is_zero() {
                return Next::Late;
            }
            state.sweep(now);
            if let Some(turn) = state.take() {
                drop(state);
                self.room.notify_one();
                return Next::Turn(turn);
            }
            let waited = self.work.wait_timeout(state, patience.min(SWEEP));
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Gives a feed back after its turn.
    pub(crate) fn give_back(&self, id: FeedId, feed: Box<Feed>) {
        let mut state = self.lock();
        if let Some(slot) = state.feeds.get_mut(&id) {
            slot.feed = Some(feed);
            slot.used = Instant::now();
            if !slot.jobs.is_empty() {
                state.turns.push_back(id);
                drop(state);
                self.work.notify_one();
            }
        }
    }

    /// Forgets a feed that a lane has taken and closed.
    pub(crate) fn forget(&self, id: FeedId) {
        let mut state = self.lock();
        if let Some(slot) = state.feeds.remove(&id) {
            state.waiting = state.waiting.saturating_sub(slot.jobs.len());
        }
    }

    /// Ends all waiting.
    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.work.notify_all();
        self.room.notify_all();
    }
}

impl State {
    fn push(&mut self, id: FeedId, job: Job) {
        let slot = self.feeds.entry(id).or_insert_with(|| Slot {
            feed: Some(Box::default()),
            jobs: VecDeque::new(),
            used: Instant::now(),
            resting: false,
        });
        slot.resting = matches!(job, Job::Rest);
        if slot.jobs.is_empty() && slot.feed.is_some() {
            self.turns.push_back(id);
        }
        slot.jobs.push_back(job);
        self.waiting += 1;
    }

    fn take(&mut self) -> Option<Turn> {
        while let Some(id) = self.turns.pop_front() {
            let Some(slot) = self.feeds.get_mut(&id) else { continue };
            if let (Some(feed), Some(job)) = (slot.feed.take(), slot.jobs.pop_front()) {
                self.waiting = self.waiting.saturating_sub(1);
                return Some(Turn { id, feed, job });
            }
        }
        None
    }

    fn sweep(&mut self, now: Instant) {
        if self.swept.is_some_and(|before| now.saturating_duration_since(before) < SWEEP) {
            return;
        }
        self.swept = Some(now);
        let idle = self.feeds.iter().filter(|(_, slot)| {
            slot.feed.is_some()
                && slot.jobs.is_empty()
                && !slot.resting
                && now.saturating_duration_since(slot.used) > REST_AFTER
        });
        let idle: Vec<_> = idle.map(|(id, _)| *id).collect();
        for id in idle {
            self.push(id, Job::Rest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(feed: FeedId, sequence: u64) -> Job {
        Job::Unit(FeedUnit {
            feed,
            sequence,
            time: domain::Timestamp::default(),
            random_access: false,
            look: None,
            parameters: None,
            data: bytes::Bytes::new(),
        })
    }

    fn take(schedule: &Schedule) -> Turn {
        match schedule.take(None) {
            Next::Turn(turn) => turn,
            Next::Late | Next::Closed => panic!("no turn"),
        }
    }

    #[test]
    fn a_deadline_comes_even_where_there_is_always_work() {
        let schedule = Schedule::default();
        schedule.push(1, unit(1, 0));
        assert!(matches!(schedule.take(Some(Instant::now())), Next::Late));
        assert_eq!(sequence(&take(&schedule)), 0);
        let soon = Instant::now() + Duration::from_millis(20);
        assert!(matches!(schedule.take(Some(soon)), Next::Late));
    }

    fn sequence(turn: &Turn) -> u64 {
        match &turn.job {
            Job::Unit(unit) => unit.sequence,
            _ => panic!("not a unit"),
        }
    }

    #[test]
    fn feeds_take_turns_and_keep_their_order() {
        let schedule = Schedule::default();
        for sequence in 0..3 {
            schedule.push(1, unit(1, sequence));
        }
        schedule.push(2, unit(2, 0));
        let mut served = Vec::new();
        for _ in 0..4 {
            let turn = take(&schedule);
            served.push((turn.id, sequence(&turn)));
            schedule.give_back(turn.id, turn.feed);
        }
        assert_eq!(served, [(1, 0), (2, 0), (1, 1), (1, 2)]);
    }

    #[test]
    fn a_feed_is_with_one_lane_at_a_time() {
        let schedule = Schedule::default();
        schedule.push(1, unit(1, 0));
        schedule.push(1, unit(1, 1));
        let first = take(&schedule);
        assert!(schedule.lock().take().is_none(), "its second unit waits for the first");
        schedule.give_back(1, first.feed);
        assert_eq!(sequence(&take(&schedule)), 1);
    }

    #[test]
    fn idle_feeds_rest_once() {
        let schedule = Schedule::default();
        schedule.push(1, unit(1, 0));
        let turn = take(&schedule);
        schedule.give_back(1, turn.feed);
        let mut state = schedule.lock();
        let later = Instant::now() + REST_AFTER + SWEEP;
        state.sweep(later);
        let turn = state.take().unwrap();
        assert!(matches!(turn.job, Job::Rest));
        drop(state);
        schedule.give_back(1, turn.feed);
        let mut state = schedule.lock();
        state.sweep(later + REST_AFTER + SWEEP);
        assert!(state.take().is_none());
    }

    #[test]
    fn closing_wakes_the_lanes() {
        let schedule = std::sync::Arc::new(Schedule::default());
        let lane = std::thread::spawn({
            let schedule = std::sync::Arc::clone(&schedule);
            move || matches!(schedule.take(None), Next::Closed)
        });
        schedule.close();
        assert!(lane.join().unwrap());
    }
}
