//! How fast an object goes over ground that was measured.

use std::collections::VecDeque;
use std::time::Duration;

use domain::{Ground, PicturePoint, Timestamp};

/// Its speed is taken over this time, …
const SPAN: Duration = Duration::from_millis(1500);
/// … and over no less than this.
const LEAST: Duration = Duration::from_millis(500);
/// What was not seen for so long may be something else.
const LONGEST_STEP: Duration = Duration::from_secs(1);
/// Kilometres an hour of a metre a second.
const KMH: f64 = 3.6;

/// Where an object was lately, on the ground.
#[derive(Clone, Debug, Default)]
pub(super) struct Pace(VecDeque<(Timestamp, [f64; 2])>);

impl Pace {
    /// Takes where it stands now; its speed in km/h, once it was seen on the ground for long enough.
    pub(super) fn see(&mut self, ground: &Ground, time: Timestamp, foot: PicturePoint) -> Option<f32> {
        let here = ground.metres(foot);
        let latest = self.0.back().map(|(time, _)| *time);
        if here.is_none() || latest.is_some_and(|latest| time <= latest || time.since(latest) > LONGEST_STEP)
        {
            self.0.clear();
        }
        self.0.push_back((time, here?));
        while self.0.front().is_some_and(|(first, _)| time.since(*first) > SPAN) {
            self.0.pop_front();
        }
        let (first, _) = self.0.front()?;
        (time.since(*first) >= LEAST).then(|| self.speed()).flatten()
    }

    /// The median of the steps, along and across: a box that trembles goes nowhere, and one that jumps once counts once.
    fn speed(&self) -> Option<f32> {
        let steps = self.0.iter().zip(self.0.iter().skip(1)).map(|((from, a), (to, b))| {
            let seconds = to.since(*from).as_secs_f64();
            [(b[0] - a[0]) / seconds, (b[1] - a[1]) / seconds]
        });
        let (mut across, mut along): (Vec<f64>, Vec<f64>) = steps.map(|[x, y]| (x, y)).unzip();
        Some((median(&mut across)?.hypot(median(&mut along)?) * KMH) as f32)
    }
}

fn median(values: &mut [f64]) -> Option<f64> {
    values.sort_unstable_by(f64::total_cmp);
    let upper = values.get(values.len() / 2)?;
    if values.len() % 2 == 1 {
        return Some(*upper);
    }
    values.get(values.len() / 2 - 1).map(|lower| f64::midpoint(*lower, *upper))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ten metres by ten, seen from above.
    const GROUND: Ground =
        Ground { corners: [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]], width: 10.0, length: 10.0 };

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_micros(millis * 1000)
    }

    #[test]
    fn speed_needs_half_a_second_and_does_not_mind_a_jump() {
        let mut pace = Pace::default();
        // Five metres a second.
        let see = |pace: &mut Pace, step: i64, off: f32| {
            pace.see(&GROUND, at(200 * step), [0.05 + 0.1 * step as f32 + off, 0.5])
        };
        assert_eq!([0, 1, 2].map(|step| see(&mut pace, step, 0.0)), [None; 3]);
        assert!((see(&mut pace, 3, 0.0).unwrap() - 18.0).abs() < 0.1);
        let jumped = see(&mut pace, 4, 0.05).unwrap();
        assert!((jumped - 18.0).abs() < 5.0, "{jumped}");
        assert!((see(&mut pace, 5, 0.0).unwrap() - 18.0).abs() < 0.1);
    }

    #[test]
    fn what_trembles_stands_and_what_left_the_ground_begins_anew() {
        let mut pace = Pace::default();
        let mut seen =
            (0..20).map(|step| pace.see(&GROUND, at(200 * step), [0.5 + 0.02 * (step % 2) as f32, 0.5]));
        assert!(seen.all(|speed| speed.is_none_or(|speed| speed < 4.0)));
        assert_eq!(pace.see(&GROUND, at(4200), [1.5, 0.5]), None);
        assert_eq!(pace.see(&GROUND, at(4400), [0.5, 0.5]), None);
    }
}
