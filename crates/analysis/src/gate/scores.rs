//! The activity score of each GOP, held back until its looks have come back.

use std::collections::VecDeque;
use std::time::Duration;

use domain::Timestamp;

use super::GopActivity;

/// How long after the end of a GOP its looks may still come back.
const SETTLED: Duration = Duration::from_secs(5);
/// Most scores that wait to be taken; the oldest go.
const MOST: usize = 4096;
/// Score of a robust standard deviation above normal.
const DEVIATION: f32 = 16.0;
/// Least score of a GOP in which an object moved.
const OBJECT: u8 = 128;

/// Scores that were not taken yet, oldest first; the last is that of the current GOP.
#[derive(Clone, Debug, Default)]
pub(super) struct Scores {
    /// Each with the time of the stream at which it began.
    gops: VecDeque<(Duration, GopActivity)>,
}

impl Scores {
    /// A GOP begins.
    pub(super) fn begin(&mut self, start: Timestamp, now: Duration) {
        if self.gops.len() >= MOST {
            self.gops.pop_front();
        }
        self.gops.push_back((now, GopActivity { start, score: 0 }));
    }

    /// The current GOP was that far above normal.
    pub(super) fn raise_latest(&mut self, deviations: f32) {
        if let Some((_, gop)) = self.gops.back_mut() {
            gop.score = gop.score.max(score(deviations));
        }
    }

    /// The GOP that was current at that time was that far above normal.
    pub(super) fn raise(&mut self, time: Timestamp, deviations: f32) {
        if let Some(gop) = self.at(time) {
            gop.score = gop.score.max(score(deviations));
        }
    }

    /// An object moved in the GOP that was current at that time.
    pub(super) fn objects(&mut self, time: Timestamp) {
        if let Some(gop) = self.at(time) {
            gop.score = gop.score.max(OBJECT);
        }
    }

    fn at(&mut self, time: Timestamp) -> Option<&mut GopActivity> {
        self.gops.iter_mut().rev().map(|(_, gop)| gop).find(|gop| gop.start <= time)
    }

    /// Those that will not change any more.
    pub(super) fn take(&mut self, now: Duration) -> Vec<GopActivity> {
        let ends = self.gops.iter().skip(1).map(|(begun, _)| *begun);
        let settled = ends.take_while(|end| now.saturating_sub(*end) >= SETTLED).count();
        self.gops.drain(..settled).map(|(_, gop)| gop).collect()
    }

    pub(super) fn finish(&mut self) -> Vec<GopActivity> {
        self.gops.drain(..).map(|(_, gop)| gop).collect()
    }
}

fn score(deviations: f32) -> u8 {
    // A cast from a float saturates, and takes no number for 0.
    (DEVIATION * deviations) as u8
}
