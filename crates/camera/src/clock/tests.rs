use std::num::NonZeroU32;
use std::time::Duration;

use domain::Timestamp;
use proptest::prelude::*;

use super::{SECOND, ServerTime, StreamClock};

const START: i64 = 1_790_000_000 * SECOND;

/// A camera whose oscillator and network are known.
struct Simulation {
    /// RTP units a true second.
    rate: f64,
    /// True seconds from frame to frame.
    spacing: f64,
    rtp_start: i64,
    /// Least delay of the network in microseconds.
    delay: i64,
    /// Most of what comes on top of it, in microseconds.
    jitter: u64,
    random: u64,
    /// When the frame before arrived: none overtakes it.
    arrived: i64,
}

impl Simulation {
    fn new(ppm: f64, jitter: u64) -> Self {
        Self {
            rate: 90_000.0 * (1.0 + ppm * 1e-6),
            spacing: 1.0 / 15.0,
            rtp_start: 4_000_000_000,
            delay: 2_000,
            jitter,
            random: 88_172_645_463_325_252,
            arrived: 0,
        }
    }

    fn random(&mut self) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.random
    }

    /// True time, RTP time and arrival of a frame.
    fn frame(&mut self, n: u64) -> (i64, i64, i64) {
        let seconds = n as f64 * self.spacing;
        let seen = START + (seconds * SECOND as f64) as i64;
        let rtp = self.rtp_start + (seconds * self.rate) as i64;
        // Most packets are little delayed, few are much delayed.
        let draw = (self.random() % 1_000) as f64 / 1_000.0;
        let late = (draw.powi(4) * self.jitter as f64) as i64;
        self.arrived = self.arrived.max(seen + self.delay + late);
        (seen, rtp, self.arrived)
    }
}

fn clock() -> StreamClock {
    StreamClock::new(NonZeroU32::new(90_000).unwrap())
}

/// Largest error in microseconds from frame `settled` on, and the largest deviation of the spacing of
/// neighbouring frames in parts of it.
fn follow(simulation: &mut Simulation, frames: u64, settled: u64) -> (i64, f64) {
    let mut clock = clock();
    let (mut error, mut uneven) = (0, 0.0_f64);
    let mut last: Option<(i64, i64)> = None;
    for n in 0..frames {
        let (seen, rtp, arrived) = simulation.frame(n);
        let placed = clock.place(rtp, Timestamp::from_micros(arrived));
        assert_eq!(placed.jump, None, "frame {n}");
        let time = placed.time.as_micros();
        if n >= settled {
            error = error.max((time - seen - simulation.delay).abs());
            if let Some((last_time, last_seen)) = last {
                uneven = uneven.max(((time - last_time) as f64 / (seen - last_seen) as f64 - 1.0).abs());
            }
        }
        if let Some((last_time, _)) = last {
            assert!(time > last_time, "frame {n} goes back from {last_time} to {time}");
        }
        last = Some((time, seen));
    }
    (error, uneven)
}

#[test]
fn oscillators_100_ppm_off_are_followed_for_days_past_the_wrap_of_rtp_time() {
    for ppm in [-100.0, 0.0, 100.0] {
        // Three days at 15 frames a second: RTP time wraps five times.
        let (error, uneven) = follow(&mut Simulation::new(ppm, 40_000), 3 * 86_400 * 15, 300 * 15);
        assert!(error < 15_000, "{ppm} ppm: {error} µs off");
        assert!(uneven < 0.02, "{ppm} ppm: spacing is off by {uneven}");
    }
}

#[test]
fn a_camera_that_counts_25_frames_a_second_and_sends_21_is_followed() {
    for (counted, sent) in [(25.0, 21.0), (15.0, 20.0), (25.0, 12.0)] {
        let mut simulation = Simulation::new(0.0, 20_000);
        simulation.rate = 90_000.0 * sent / counted;
        simulation.spacing = 1.0 / sent;
        let (error, uneven) = follow(&mut simulation, 3_600 * 20, 120 * 20);
        assert!(error < 100_000, "{counted} for {sent}: {error} µs off");
        assert!(uneven < 0.03, "{counted} for {sent}: spacing is off by {uneven}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn jitter_does_not_reach_the_frames(
        ppm in -150.0..150.0, jitter in 0..300_000_u64, seed in 1..u64::MAX, spacing in 0.02..0.5,
    ) {
        let mut simulation = Simulation::new(ppm, jitter);
        simulation.random = seed;
        simulation.spacing = spacing;
        let minutes = (60.0 / spacing) as u64;
        let (error, uneven) = follow(&mut simulation, 30 * minutes, 8 * minutes);
        prop_assert!(error < 5_000 + jitter as i64 / 4, "{} µs off", error);
        prop_assert!(uneven < 0.02, "spacing is off by {}", uneven);
    }

    #[test]
    fn jumps_of_rtp_time_are_named_and_leave_time_going_forward(
        jump in prop_oneof![-20_000_000_i64..-2, 4..20_000_000_i64], at in 1_000..3_000_u64,
    ) {
        let mut simulation = Simulation::new(30.0, 10_000);
        let mut clock = clock();
        let mut last = 0;
        let mut jumps = 0;
        for n in 0..6_000 {
            if n == at {
                simulation.rtp_start += jump * 90_000;
            }
            let (seen, rtp, arrived) = simulation.frame(n);
            let placed = clock.place(rtp, Timestamp::from_micros(arrived));
            jumps += u32::from(placed.jump.is_some());
            let time = placed.time.as_micros();
            prop_assert!(time > last, "frame {} goes back", n);
            prop_assert!((time - seen).abs() < 200_000, "frame {} is {} µs off", n, time - seen);
            last = time;
        }
        prop_assert_eq!(jumps, 1);
    }

    #[test]
    fn steps_of_the_wall_clock_only_bend_time(step in -50_000_000..50_000_000_i64) {
        let mut server = ServerTime::default();
        let mut last = None;
        for n in 0..40_000_i64 {
            let passed = Duration::from_millis(100 * n as u64);
            let wall = START + n * 100_000 + if n > 600 { step } else { 0 };
            let (time, set) = server.at(Timestamp::from_micros(wall), passed);
            prop_assert!(!set);
            if let Some(last) = last {
                let moved = time.as_micros() - last;
                prop_assert!((94_000..=106_000).contains(&moved), "moved by {}", moved);
            }
            last = Some(time.as_micros());
            if n == 39_999 {
                prop_assert_eq!(time.as_micros(), wall);
            }
        }
    }
}

#[test]
fn a_wall_clock_that_was_hours_wrong_is_believed_after_ten_seconds() {
    let mut server = ServerTime::default();
    let mut set_at = None;
    for n in 0..300 {
        let step = if n >= 100 { -7 * 3_600 * SECOND } else { 0 };
        let wall = START + n * 100_000 + step;
        let (time, set) = server.at(Timestamp::from_micros(wall), Duration::from_millis(100 * n as u64));
        if set {
            assert_eq!(set_at.replace(n), None, "it is set once");
            assert_eq!(time.as_micros(), wall);
        }
    }
    assert_eq!(set_at, Some(200));
}

#[test]
fn b_pictures_keep_their_place() {
    let mut clock = clock();
    // Decoding order I P B B, presentation at 0, 3, 1, 2 frames of 40 ms.
    let order = [0, 3, 1, 2, 6, 4, 5];
    let times: Vec<i64> = order
        .iter()
        .enumerate()
        .map(|(n, position)| {
            let arrived = Timestamp::from_micros(START + n as i64 * 40_000);
            clock.place(position * 3_600, arrived).time.as_micros() - START
        })
        .collect();
    assert!(times[2] < times[3] && times[3] < times[1]);
    assert!(times[0] < times[2]);
}

#[test]
fn a_burst_of_buffered_pictures_does_not_make_all_that_follow_late() {
    let mut clock = clock();
    // Four seconds of pictures arrive at once, then the rest as it is seen.
    for n in 0..3_000_i64 {
        let seen = START + n * 40_000;
        let arrived = seen.max(START + 4 * SECOND);
        let placed = clock.place(n * 3_600, Timestamp::from_micros(arrived));
        assert_eq!(placed.jump, None);
        if n > 500 {
            assert!((placed.time.as_micros() - seen).abs() < 10_000, "frame {n}");
        }
    }
}

#[test]
fn the_cameras_clock_is_compared_with_ours() {
    let mut clock = clock();
    assert_eq!(clock.camera_offset(0, u64::MAX), None);
    clock.place(90_000, Timestamp::from_micros(START));
    let seconds = (START / SECOND + 2_208_988_800 + 250) as u64;
    let offset = clock.camera_offset(180_000, seconds << 32).unwrap();
    assert!((offset - 249.0).abs() < 1e-3, "{offset}");
    // Counting from its own start: it does not know the time.
    assert_eq!(clock.camera_offset(180_000, 1_000 << 32), None);
}

#[test]
fn pictures_held_up_on_the_way_keep_their_times() {
    let mut clock = clock();
    for n in 0..6_000_i64 {
        let seen = START + n * 40_000;
        // From the hundredth second on the network stands still for eight seconds.
        let stalled = (100..108).contains(&(n / 25));
        let arrived = if stalled { START + 108 * SECOND } else { seen };
        let placed = clock.place(n * 3_600, Timestamp::from_micros(arrived));
        assert_eq!(placed.jump, None, "frame {n}");
        assert!((placed.time.as_micros() - seen).abs() < 5_000, "frame {n}");
    }
}

#[test]
fn a_new_session_goes_on_after_the_old_one() {
    let mut clock = clock();
    let floor = Timestamp::from_micros(START + SECOND);
    clock.not_before(floor);
    let mut last = floor;
    for n in 0..1_000_i64 {
        let time = clock.place(n * 3_600, Timestamp::from_micros(START + n * 40_000)).time;
        assert!(time > last, "frame {n}");
        last = time;
    }
    // By then it is on time.
    assert!((last.as_micros() - START - 999 * 40_000).abs() < 5_000);
}

#[test]
fn arbitrary_time_stamps_and_arrivals_leave_times_going_forward() {
    bolero::check!().with_type::<(u32, Vec<(i64, i32, bool)>)>().for_each(|(rate, steps)| {
        let Some(rate) = NonZeroU32::new(*rate) else { return };
        let mut clock = StreamClock::new(rate);
        let (mut newest, mut last) = (i64::MIN, Timestamp::MIN);
        let mut arrived = START;
        for (rtp, delay, near) in steps {
            // Both small steps and leaps.
            let rtp = if *near { newest.saturating_add(rtp % 90_000) } else { *rtp };
            arrived = arrived.saturating_add(i64::from(*delay));
            let placed = clock.place(rtp, Timestamp::from_micros(arrived));
            if rtp > newest || placed.jump.is_some() {
                assert!(placed.time >= last);
                last = placed.time;
                newest = rtp;
            }
            let _ = clock.camera_offset(rtp, u64::from(rate.get()) << 32);
        }
    });
}

#[test]
fn arbitrary_clocks_never_overflow() {
    bolero::check!().with_type::<Vec<(i64, u64)>>().for_each(|readings| {
        let mut server = ServerTime::default();
        for (wall, monotonic) in readings {
            let (time, _) = server.at(Timestamp::from_micros(*wall), Duration::from_micros(*monotonic));
            assert!((Timestamp::MIN..=Timestamp::MAX).contains(&time));
        }
    });
}
