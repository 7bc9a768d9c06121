//! The gate against made-up streams: what it lets through, and that decoding always works.

use std::sync::Arc;
use std::time::Duration;

use analysis::{ActivityLog, Attention, Gate, GateConfig, GateOutput, GopActivity, Look};
use bytes::Bytes;
use domain::{
    AccessUnit, CameraId, Timestamp, VideoCodec, VideoParameters, WatchReason as Reason, WatchState,
};
use proptest::prelude::*;

const RATE: i64 = 15;
const GOP: i64 = 30;

fn parameters(width: u32) -> Arc<VideoParameters> {
    Arc::new(VideoParameters {
        codec: VideoCodec::H264,
        width,
        height: 360,
        rfc6381: "avc1.4d401e".to_owned(),
        decoder_configuration: Bytes::from_static(b"avcC"),
    })
}

fn at(frame: i64) -> Timestamp {
    Timestamp::from_micros(1_000_000_000_000_000 + frame * 1_000_000 / RATE)
}

fn saw(time: Timestamp, objects: usize, motion: f32) -> Look {
    Look { time, objects, motion, attention: Attention::Keen }
}

/// A stream with noisy sizes.
struct Stream {
    parameters: Arc<VideoParameters>,
    gop: i64,
    frame: i64,
}

impl Stream {
    fn new(gop: i64) -> Self {
        Self { parameters: parameters(640), gop, frame: 0 }
    }

    fn next(&mut self, factor: f64) -> AccessUnit {
        let frame = self.frame;
        self.frame += 1;
        let key = frame % self.gop == 0;
        let noise = 1.0 + 0.08 * ((frame * 37 % 23) as f64 / 11.5 - 1.0);
        let bytes = if key { 20_000.0 + 20.0 * noise } else { 600.0 * noise * factor };
        AccessUnit {
            time: at(frame),
            random_access: key,
            data: Bytes::from(vec![0; bytes as usize]),
            parameters: Arc::clone(&self.parameters),
        }
    }
}

fn work(output: &[GateOutput]) -> Vec<(i64, bool)> {
    output
        .iter()
        .filter_map(|output| match output {
            GateOutput::Work { unit, look } => Some((frame(unit.time), *look)),
            GateOutput::Dropped { .. } => None,
        })
        .collect()
}

fn dropped(output: &[GateOutput]) -> Vec<(i64, i64)> {
    output
        .iter()
        .filter_map(|output| match output {
            GateOutput::Dropped { from, to } => Some((frame(*from), frame(*to))),
            GateOutput::Work { .. } => None,
        })
        .collect()
}

fn frame(time: Timestamp) -> i64 {
    (time.micros_since(at(0)) as f64 * RATE as f64 / 1e6).round() as i64
}

/// Pushes frames and answers each look as nothing seen; gives what came out.
fn run(gate: &mut Gate, stream: &mut Stream, frames: i64, factor: f64) -> Vec<GateOutput> {
    let mut all = Vec::new();
    for _ in 0..frames {
        let out = gate.push(stream.next(factor));
        for (frame, look) in work(&out) {
            if look {
                gate.observe(&saw(at(frame), 0, 0.0));
            }
        }
        all.extend(out);
    }
    all
}

/// A gate that has learnt a quiet stream, at the start of a GOP.
fn quiet() -> (Gate, Stream) {
    let (mut gate, mut stream) = (Gate::new(GateConfig::default()), Stream::new(GOP));
    run(&mut gate, &mut stream, 22 * RATE, 1.0);
    assert_eq!(gate.reason(), None);
    (gate, stream)
}

#[test]
fn until_it_knows_its_stream_key_frames_are_looked_at() {
    let (mut gate, mut stream) = (Gate::new(GateConfig::default()), Stream::new(GOP));
    let out = work(&run(&mut gate, &mut stream, 7 * RATE, 1.0));
    assert_eq!((gate.reason(), gate.state()), (Some(Reason::Learning), WatchState::Idle));
    assert_eq!(out, [(0, true), (GOP, true), (2 * GOP, true), (3 * GOP, true)]);
    gate.observe(&saw(at(3 * GOP), 1, 0.0));
    assert_eq!(gate.reason(), Some(Reason::Objects), "what is seen counts at once");
    assert_eq!(work(&run(&mut gate, &mut stream, 1, 1.0)).len(), 15, "the GOP from its start");
}

#[test]
fn a_quiet_camera_costs_a_key_frame_now_and_then_ever_more_seldom() {
    let (mut gate, mut stream) = quiet();
    let start = stream.frame;
    let out = work(&run(&mut gate, &mut stream, 120 * RATE, 1.0));
    assert!(out.iter().all(|(frame, look)| *look && (frame - start) % GOP == 0), "{out:?}");
    let steps: Vec<_> = out.windows(2).map(|pair| (pair[1].0 - pair[0].0) / GOP).collect();
    assert!(steps[..3] == [1, 1, 1] && steps[steps.len() - 3..] == [2, 2, 2], "{steps:?}");
    // Somebody stands there whom the coded pictures had not foretold.
    gate.observe(&saw(at(stream.frame), 1, 0.0));
    run(&mut gate, &mut stream, 10 * RATE, 1.0);
    assert_eq!(gate.reason(), None);
    let out = work(&run(&mut gate, &mut stream, 6 * RATE, 1.0));
    assert_eq!(out.len(), 3, "every key frame again: {out:?}");
}

#[test]
fn a_sign_that_looks_do_not_bear_out_is_believed_less_for_a_while() {
    let (mut gate, mut stream) = quiet();
    let mut checked = |factor: f64, seconds: i64| {
        let mut checking = 0;
        for _ in 0..seconds * RATE {
            for (frame, look) in work(&gate.push(stream.next(factor))) {
                if look {
                    gate.observe(&saw(at(frame), 0, 0.0));
                }
            }
            checking += i64::from(gate.state() == WatchState::Checking);
        }
        checking
    };
    // A shower of ten seconds: checked once, not all the time.
    let first = checked(1.8, 10);
    assert!((RATE..3 * RATE).contains(&first), "{first}");
    assert_eq!(checked(1.0, 5), 0);
    assert_eq!(checked(1.8, 3), 0, "the same again");
    assert!(checked(4.0, 2) >= RATE, "more than that is something else");
}

#[test]
fn short_gops_are_not_looked_at_more_often_than_the_sentinel_is_due() {
    let (mut gate, mut stream) = (Gate::new(GateConfig::default()), Stream::new(5));
    run(&mut gate, &mut stream, 12 * RATE, 1.0);
    let out = work(&run(&mut gate, &mut stream, 2 * RATE, 1.0));
    assert!((1..=3).contains(&out.len()) && out.iter().all(|work| work.1), "{out:?}");
}

#[test]
fn what_enters_and_leaves_within_a_gop_is_seen_from_the_start_of_the_gop() {
    let (mut gate, mut stream) = quiet();
    let start = stream.frame;
    assert_eq!(work(&run(&mut gate, &mut stream, 10, 1.0)), [(start, true)]);
    let out = work(&run(&mut gate, &mut stream, 12, 2.0));
    assert_eq!(gate.reason(), Some(Reason::Size));
    // The key frame went before; all that follow it go now, looked at five times a second, the past ones too.
    let frames: Vec<_> = out.iter().map(|work| work.0).collect();
    assert_eq!(frames, (start + 1..start + 22).collect::<Vec<_>>());
    assert_eq!(out.iter().filter(|work| work.1).count(), 7);
    // And back to idle once it has been quiet for a while.
    run(&mut gate, &mut stream, 8 * RATE, 1.0);
    assert_eq!(gate.reason(), None);
}

#[test]
fn an_object_in_the_sentinel_opens_the_gate_and_a_still_one_does_not() {
    let (mut gate, mut stream) = quiet();
    let start = stream.frame;
    gate.push(stream.next(1.0));
    gate.observe(&saw(at(start), 0, 0.0));
    assert_eq!(work(&gate.push(stream.next(1.0))), []);
    gate.observe(&saw(at(start), 1, 0.0));
    assert_eq!(gate.reason(), Some(Reason::Objects));
    assert_eq!(work(&gate.push(stream.next(1.0))), [(start + 1, false), (start + 2, false)]);
    assert_eq!(work(&gate.push(stream.next(1.0))), [(start + 3, true)]);
}

#[test]
fn objects_in_a_picture_that_does_not_change_are_soon_left_alone() {
    let (mut gate, mut stream) = quiet();
    let mut watch = |seconds: i64, motion: f32| {
        let mut open = 0;
        for _ in 0..seconds * RATE {
            for (frame, look) in work(&gate.push(stream.next(1.0))) {
                if look {
                    gate.observe(&saw(at(frame), 2, motion));
                }
            }
            open += i64::from(gate.state() != WatchState::Idle);
        }
        open / RATE
    };
    assert!((5..10).contains(&watch(60, 0.0)), "looked at for a while");
    assert_eq!(watch(60, 0.0), 0, "and not again");
    assert!(watch(60, 0.0005) > 50, "until something changes");
}

#[test]
fn motion_opens_the_gate_until_it_is_known_to_be_normal() {
    let (mut gate, mut stream) = quiet();
    gate.push(stream.next(1.0));
    gate.observe(&saw(at(stream.frame), 0, 0.02));
    assert_eq!(gate.reason(), Some(Reason::Motion));
    // A tree in the wind, from now on.
    let mut opened = 0;
    for _ in 0..300 * RATE {
        for (frame, look) in work(&gate.push(stream.next(1.0))) {
            if look {
                let motion = 0.02 + 0.002 * (frame % 7) as f32;
                gate.observe(&saw(at(frame), 0, motion));
            }
        }
        opened += i64::from(gate.state() != WatchState::Idle);
    }
    assert_eq!(gate.reason(), None);
    assert!(opened < 120 * RATE, "active for {} s", opened / RATE);
}

#[test]
fn rain_becomes_normal() {
    let (mut gate, mut stream) = quiet();
    run(&mut gate, &mut stream, RATE, 1.8);
    assert_eq!(gate.reason(), Some(Reason::Size));
    run(&mut gate, &mut stream, 240 * RATE, 1.8);
    assert_eq!(gate.reason(), None);
    run(&mut gate, &mut stream, 10, 4.0);
    assert_eq!(gate.reason(), Some(Reason::Size), "more than the rain");
}

#[test]
fn a_long_gop_is_followed_and_its_memory_is_bounded() {
    let config = GateConfig { held_units: 100, ..GateConfig::default() };
    let (mut gate, mut stream) = (Gate::new(config), Stream::new(60 * RATE));
    let out = work(&run(&mut gate, &mut stream, 60 * RATE, 1.0));
    assert_eq!(out.len() as i64, 60 * RATE, "nothing of the first GOP is left out");
    let start = stream.frame;
    let out = work(&run(&mut gate, &mut stream, 60 * RATE, 1.0));
    assert_eq!(gate.reason(), Some(Reason::LongGop));
    let frames: Vec<_> = out.iter().map(|work| work.0).collect();
    assert_eq!(frames, (start..start + 60 * RATE).collect::<Vec<_>>());
    let looks = out.iter().filter(|work| work.1).count();
    assert!((55..=75).contains(&looks), "{looks} looks in a minute");
    // Its beginning is held no more: a new worker has to wait for the next key frame, and that is said.
    assert!(gate.resend().is_empty());
    let out = run(&mut gate, &mut stream, 5 * RATE, 1.0);
    assert_eq!(dropped(&out), [(start, start + 60 * RATE)]);
    assert_eq!(work(&out)[0].0, start + 60 * RATE);
}

#[test]
fn a_new_worker_gets_the_gop_again() {
    let (mut gate, mut stream) = quiet();
    let start = stream.frame;
    run(&mut gate, &mut stream, 5, 1.0);
    assert_eq!(work(&gate.resend()), [(start, true)], "idle: the sentinel");
    gate.observe(&saw(at(start), 1, 0.0));
    run(&mut gate, &mut stream, 5, 1.0);
    let again = work(&gate.resend());
    assert_eq!(again.iter().map(|work| work.0).collect::<Vec<_>>(), (start..start + 10).collect::<Vec<_>>());
    assert_eq!(
        again.iter().filter(|work| work.1).map(|work| work.0 - start).collect::<Vec<_>>(),
        [0, 3, 6, 9]
    );
    assert_eq!(work(&gate.push(stream.next(1.0))), [(start + 10, false)]);
}

#[test]
fn what_could_not_be_sent_is_said_and_the_next_key_frame_goes() {
    let (mut gate, mut stream) = quiet();
    let start = stream.frame;
    run(&mut gate, &mut stream, 10, 2.0);
    gate.observe(&saw(at(start + 8), 1, 0.0));
    gate.abandon(at(start + 8));
    let out = run(&mut gate, &mut stream, GOP, 2.0);
    assert_eq!(dropped(&out), [(start + 8, start + GOP)]);
    assert_eq!(work(&out)[0].0, start + GOP);
    assert_eq!(work(&out).len() as i64, 10);
}

#[test]
fn a_stream_without_key_frames_is_reported_every_ten_seconds() {
    let (mut gate, mut stream) = (Gate::new(GateConfig::default()), Stream::new(1_000_000));
    stream.frame = 1;
    let out = run(&mut gate, &mut stream, 35 * RATE, 1.0);
    assert_eq!(work(&out), []);
    assert_eq!(dropped(&out), [(1, 151), (151, 301), (301, 451)]);
}

#[test]
fn a_change_of_the_picture_is_learnt_anew() {
    let (mut gate, mut stream) = quiet();
    stream.parameters = parameters(1920);
    run(&mut gate, &mut stream, RATE, 1.0);
    assert_eq!(gate.reason(), Some(Reason::Learning));
}

#[test]
fn fewer_looks_under_overload() {
    let (mut gate, mut stream) = quiet();
    gate.set_looks_per_second(1.0);
    gate.observe(&saw(at(stream.frame), 1, 0.0));
    let out = work(&run(&mut gate, &mut stream, 2 * RATE, 1.0));
    assert_eq!(out.len() as i64, 2 * RATE);
    assert!((2..=3).contains(&out.iter().filter(|work| work.1).count()));
    gate.set_looks_per_second(f32::NAN);
    gate.set_looks_per_second(-1.0);
    gate.push(stream.next(1.0));
}

#[test]
fn scores_tell_quiet_from_busy_and_become_minutes() {
    let (mut gate, mut stream) = quiet();
    gate.take_activity();
    run(&mut gate, &mut stream, 60 * RATE, 1.0);
    let busy = stream.frame;
    run(&mut gate, &mut stream, GOP, 2.0);
    let seen = stream.frame;
    gate.push(stream.next(1.0));
    gate.observe(&saw(at(seen), 1, 0.0));
    run(&mut gate, &mut stream, 60 * RATE, 1.0);
    let mut scores = gate.take_activity();
    assert!(gate.take_activity().is_empty());
    scores.extend(gate.finish());
    let score = |first: i64| scores.iter().find(|gop| gop.start == at(first)).unwrap().score;
    assert!(score(busy) >= 64, "{}", score(busy));
    assert!(score(seen) >= 128);
    assert!((0..20).all(|gop| score(busy - 30 * 30 + gop * 30) < 64));

    let camera_id = CameraId::generate();
    let mut log = ActivityLog::new(camera_id);
    let mut minutes: Vec<_> = scores.iter().filter_map(|gop| log.push(*gop)).collect();
    minutes.extend(log.finish());
    assert!(minutes.windows(2).all(|pair| pair[1].minute.micros_since(pair[0].minute) == 60_000_000));
    assert_eq!(minutes.iter().map(|minute| minute.scores.len()).sum::<usize>(), scores.len());
    assert!(minutes.iter().all(|minute| minute.camera_id == camera_id && minute.scores.is_sorted()));
    let (minute, offset) = (at(busy).minute(), (at(busy).micros_since(at(busy).minute()) / 1000) as u16);
    let row = minutes.iter().find(|row| row.minute == minute).unwrap();
    assert!(row.scores.contains(&(offset, score(busy))));
}

#[test]
fn an_all_intra_stream_costs_two_scores_a_second_at_most() {
    let mut log = ActivityLog::new(CameraId::generate());
    let start = at(0).minute();
    for frame in 0..900 {
        let start = start + Duration::from_micros(frame * 66_666);
        log.push(GopActivity { start, score: u8::from(frame == 450) * 200 });
    }
    let minute = log.finish().unwrap();
    assert!((100..=120).contains(&minute.scores.len()), "{}", minute.scores.len());
    assert!(minute.scores.iter().any(|(_, score)| *score == 200));
}

/// Sizes of recorded access units, 10 a second, a key frame every 20. Someone stands before the camera, and sets out
/// ten pictures before the end. The recording was encoded twice, and pulses with the key frames of the first time.
const RECORDED: [usize; 120] = [
    40748, 1451, 1299, 1385, 1803, 1485, 532, 861, 1176, 607, 20871, 2769, 1442, 867, 1705, 1274, 835, 763,
    1390, 817, 41265, 1012, 685, 784, 1144, 783, 566, 587, 1193, 778, 20488, 3147, 1800, 1535, 2121, 2146,
    1392, 1318, 1892, 1529, 40571, 1679, 1977, 1779, 2699, 2033, 1467, 1881, 1423, 897, 21085, 2507, 1462,
    972, 1672, 1720, 1297, 1378, 1658, 990, 41122, 1219, 1283, 1159, 2010, 1267, 567, 773, 867, 405, 20969,
    2087, 1662, 849, 1866, 1170, 872, 1124, 1014, 545, 41538, 958, 567, 667, 1186, 1070, 393, 574, 1005, 380,
    20813, 2762, 1031, 731, 1699, 958, 437, 354, 1022, 391, 41475, 652, 641, 233, 1289, 958, 1050, 1175,
    1602, 1289, 18633, 3714, 4205, 4511, 5183, 6394, 6403, 7594, 7938, 7279,
];

#[test]
fn someone_who_sets_out_is_noticed_in_a_recorded_stream_that_pulses() {
    let mut gate = Gate::new(GateConfig::default());
    let stands = std::iter::repeat_n(&RECORDED[..100], 6).flatten().chain(&RECORDED[100..]);
    let parameters = parameters(768);
    let mut active = Vec::new();
    let mut sent = Vec::new();
    for (frame, bytes) in stands.enumerate() {
        let time = at(0) + Duration::from_millis(100 * frame as u64);
        let random_access = frame % 20 == 0;
        let data = Bytes::from(vec![0; *bytes]);
        let unit = AccessUnit { time, random_access, data, parameters: Arc::clone(&parameters) };
        sent.push(gate.push(unit).len());
        active.push(gate.reason());
    }
    let alarms = active[120..610].iter().filter(|reason| reason.is_some()).count();
    assert!(alarms < 100, "active for {alarms} of 490 pictures in which nothing happens");
    assert_eq!((active[610], active[619]), (None, Some(Reason::Size)));
    assert_eq!(sent[600..].iter().sum::<usize>(), 20, "the GOP from its start: {:?}", &sent[600..]);
}

#[derive(Clone, Debug)]
enum Step {
    Unit { step: i64, key: bool, bytes: usize, width: u32 },
    Observe { objects: usize, motion: f32 },
    Resend,
    Abandon,
    Looks(f32),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let time = prop_oneof![20 => 0i64..200_000, 1 => any::<i64>(), 1 => -3_000_000i64..30_000_000];
    let unit =
        (time, prop::bool::weighted(0.1), 0usize..3000, prop_oneof![50 => Just(640u32), 1 => Just(1280)])
            .prop_map(|(step, key, bytes, width)| Step::Unit { step, key, bytes, width });
    let step = prop_oneof![
        30 => unit,
        3 => (0usize..3, prop_oneof![0f32..0.1, Just(f32::NAN), Just(-1.0)])
            .prop_map(|(objects, motion)| Step::Observe { objects, motion }),
        1 => Just(Step::Resend),
        1 => Just(Step::Abandon),
        1 => any::<f32>().prop_map(Step::Looks),
    ];
    prop::collection::vec(step, 0..400)
}

proptest! {
    /// Whatever comes, a decoder never gets a unit whose predecessors it did not get.
    #[test]
    fn what_is_given_can_always_be_decoded(steps in steps(), units in 0usize..60, bytes in 0usize..40_000) {
        let config = GateConfig { held_units: units, held_bytes: bytes, ..GateConfig::default() };
        let mut gate = Gate::new(config);
        let mut time = at(0);
        let mut pushed = 0usize;
        // The number of the unit (its data tells it) that the decoder may take next, besides a key frame.
        let mut next: Option<usize> = None;
        for step in steps {
            let out = match step {
                Step::Unit { step, key, bytes, width } => {
                    time = time.plus_micros(step);
                    let mut data = (pushed as u32).to_be_bytes().to_vec();
                    data.resize(4 + bytes, 0);
                    pushed += 1;
                    let data = Bytes::from(data);
                    gate.push(AccessUnit { time, random_access: key, data, parameters: parameters(width) })
                }
                Step::Observe { objects, motion } => {
                    gate.observe(&saw(time, objects, motion));
                    Vec::new()
                }
                Step::Resend => {
                    next = None;
                    gate.resend()
                }
                Step::Abandon => {
                    next = None;
                    gate.abandon(time);
                    Vec::new()
                }
                Step::Looks(rate) => {
                    gate.set_looks_per_second(rate);
                    Vec::new()
                }
            };
            for output in out {
                if let GateOutput::Work { unit, .. } = output {
                    let number = u32::from_be_bytes(unit.data[..4].try_into().unwrap()) as usize;
                    prop_assert!(unit.random_access || next == Some(number), "{number} after {next:?}");
                    next = Some(number + 1);
                }
            }
            gate.take_activity();
        }
        gate.finish();
    }
}
