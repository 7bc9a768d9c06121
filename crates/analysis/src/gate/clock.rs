//! Time of the stream itself: it only goes forward, whatever the cameras' clocks do.

use std::time::Duration;

use domain::Timestamp;

/// Longest step that is believed: what lies between was not seen, and needs no catching up.
const LONGEST_STEP: i64 = 10_000_000;
/// A picture this much before the latest is one that is shown before it was sent (a B picture); one further back
/// means that the clock was set back.
const LATE: i64 = 2_000_000;
/// What a picture is thought to last where the clock was set back.
const A_PICTURE: Duration = Duration::from_millis(40);

/// How far the stream has gone since its first picture.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct StreamClock {
    latest: Option<Timestamp>,
    now: Duration,
}

impl StreamClock {
    /// Takes the time of the next picture in decode order.
    pub(super) fn advance(&mut self, time: Timestamp) -> Duration {
        let step = self.latest.map_or(0, |latest| time.micros_since(latest));
        if step < -LATE {
            self.now += A_PICTURE;
        } else {
            self.now += Duration::from_micros(step.clamp(0, LONGEST_STEP).cast_unsigned());
        }
        if !(-LATE..0).contains(&step) {
            self.latest = Some(time);
        }
        self.now
    }

    pub(super) fn now(&self) -> Duration {
        self.now
    }
}

/// Spreads looks over time.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Pace {
    /// Where on the grid of its interval the latest look lies; `None` before the first.
    latest: Option<Duration>,
}

impl Pace {
    /// Whether a picture at this time is due to be looked at; if so, it is held to be.
    pub(super) fn due(&mut self, at: Duration, interval: Duration) -> bool {
        let Some(latest) = self.latest else {
            self.latest = Some(at);
            return true;
        };
        let since = at.saturating_sub(latest);
        let due = since.saturating_add(interval / 8) >= interval;
        if due {
            // On the grid, so that the rate is right on average where pictures lie beside it; but no look is made
            // up for.
            let regular = since < interval.saturating_add(interval / 2);
            self.latest = Some(if regular { latest.saturating_add(interval) } else { at });
        }
        due
    }

    /// Forgets the looks: the next picture is due.
    pub(super) fn reset(&mut self) {
        self.latest = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_only_goes_forward() {
        let mut clock = StreamClock::default();
        let times = [0, 100_000, 50_000, 200_000, -3_600_000_000, -3_599_900_000, 90_000_000_000];
        let went: Vec<_> =
            times.iter().map(|time| clock.advance(Timestamp::from_micros(*time)).as_millis()).collect();
        assert_eq!(went, [0, 100, 100, 200, 240, 340, 10_340]);
    }

    #[test]
    fn the_rate_holds_at_any_frame_rate() {
        for frames in [8, 10, 12, 15, 25, 30, 60] {
            let mut pace = Pace::default();
            let looks = (0..frames * 20)
                .filter(|frame| {
                    pace.due(Duration::from_secs(*frame) / frames as u32, Duration::from_millis(200))
                })
                .count();
            assert!((98..=102).contains(&looks), "{looks} looks in 20 s at {frames} frames a second");
        }
    }

    #[test]
    fn nothing_is_made_up_for_after_a_pause() {
        let mut pace = Pace::default();
        assert!(pace.due(Duration::ZERO, Duration::from_millis(200)));
        assert!(pace.due(Duration::from_mins(1), Duration::from_millis(200)));
        assert!(!pace.due(Duration::from_millis(60_040), Duration::from_millis(200)));
    }
}
