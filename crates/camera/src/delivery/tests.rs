use std::time::{Duration, Instant};

use bytes::Bytes;
use domain::{
    AudioParameters, FailureKind, ManualClock, MediaFrame, Timestamp, Transport, VideoCodec, VideoParameters,
};

use super::*;

const SPACING: i64 = 3_600;

fn parameters(width: u32) -> VideoParameters {
    VideoParameters {
        codec: VideoCodec::H264,
        width,
        height: 480,
        rfc6381: "avc1.42C01E".into(),
        decoder_configuration: Bytes::from_static(&[1]),
    }
}

fn picture(n: i64, random_access: bool) -> Picture {
    Picture {
        rtp: n * SPACING,
        arrived: Instant::now(),
        random_access,
        lost: 0,
        data: Bytes::from_static(&[0, 0, 0, 1, 0x65]),
        parameters: (n == 0).then(|| Ok(parameters(640))),
    }
}

fn offer() -> Offer {
    let audio = AudioParameters {
        configuration: Bytes::new(),
        sample_rate: 48_000,
        channels: 1,
        rfc6381: "mp4a.40.2".into(),
    };
    Offer {
        transport: Transport::Tcp,
        audio: Some(Arc::new(audio)),
        audio_dropped: None,
        tool: None,
        video_rate: 90_000,
        audio_rate: 48_000,
    }
}

/// The names of what comes out, in order.
fn names(events: &[StreamEvent]) -> Vec<&'static str> {
    events
        .iter()
        .map(|event| match event {
            StreamEvent::Connected { .. } => "connected",
            StreamEvent::Frame(MediaFrame::Video(unit)) if unit.random_access => "key",
            StreamEvent::Frame(MediaFrame::Video(_)) => "picture",
            StreamEvent::Frame(MediaFrame::Audio(_)) => "sound",
            StreamEvent::Clock { .. } => "clock",
            StreamEvent::Damaged { .. } => "damaged",
            StreamEvent::Disconnected { .. } => "disconnected",
        })
        .collect()
}

struct Bench {
    clock: ManualClock,
    memory: Memory,
}

impl Bench {
    fn new() -> Self {
        let clock = ManualClock::new(Timestamp::from_micros(1_790_000_000_000_000));
        Self { clock, memory: Memory::default() }
    }

    fn delivery(&mut self) -> Delivery<'_, ManualClock> {
        Delivery::new(&self.clock, &mut self.memory, offer(), Duration::from_secs(15))
    }
}

#[test]
fn nothing_comes_before_the_first_key_frame() {
    let mut bench = Bench::new();
    let mut delivery = bench.delivery();
    let mut events = Vec::new();
    let sound = || Item::Sound(Sound { rtp: 0, arrived: Instant::now(), data: Bytes::new() });
    for item in [
        Item::Picture(picture(0, false)),
        sound(),
        Item::Report { rtp: 0, ntp: u64::MAX },
        Item::Damage { detail: "corrupt".into(), parameters: false },
        Item::Picture(picture(1, true)),
        sound(),
        Item::Picture(picture(2, false)),
    ] {
        delivery.accept(item, &mut events).unwrap();
    }
    delivery.release(&mut events).unwrap();
    assert_eq!(names(&events), ["connected", "key", "sound", "picture"]);
    assert_eq!(delivery.tally.dropped, 1);
}

#[test]
fn parameters_that_change_between_key_frames_are_damage() {
    let mut bench = Bench::new();
    let mut delivery = bench.delivery();
    let mut events = Vec::new();
    let changed = Picture { parameters: Some(Ok(parameters(320))), ..picture(1, false) };
    // Parameter sets alone in an access unit of their own change nothing yet.
    let sets = Picture { parameters: Some(Ok(parameters(160))), data: Bytes::new(), ..picture(4, false) };
    for picture in [picture(0, true), changed, picture(2, false), picture(3, true), sets, picture(5, true)] {
        delivery.accept(Item::Picture(picture), &mut events).unwrap();
    }
    delivery.release(&mut events).unwrap();
    assert_eq!(names(&events), ["connected", "key", "damaged", "key", "key"]);
    let widths: Vec<u32> = events
        .iter()
        .filter_map(|event| match event {
            StreamEvent::Frame(MediaFrame::Video(unit)) => Some(unit.parameters.width),
            _ => None,
        })
        .collect();
    assert_eq!(widths, [640, 320, 160]);
}

#[test]
fn a_wait_for_a_key_frame_has_an_end() {
    let clock = ManualClock::new(Timestamp::from_micros(1_790_000_000_000_000));
    let mut memory = Memory::default();
    let mut delivery = Delivery::new(&clock, &mut memory, offer(), Duration::from_secs(15));
    let mut events = Vec::new();
    delivery.accept(Item::Picture(picture(0, true)), &mut events).unwrap();
    delivery.release(&mut events).unwrap();
    delivery.accept(Item::Damage { detail: "x".into(), parameters: false }, &mut events).unwrap();
    for n in 1..=375 {
        clock.advance(Duration::from_millis(40));
        delivery.accept(Item::Picture(picture(n, false)), &mut events).unwrap();
    }
    clock.advance(Duration::from_millis(40));
    let failure = delivery.accept(Item::Picture(picture(376, false)), &mut events).unwrap_err();
    assert_eq!(failure.kind, FailureKind::NoKeyFrame);
    assert_eq!(names(&events), ["connected", "key", "damaged"]);
}

#[test]
fn parameter_sets_that_cannot_be_read_end_the_session_soon() {
    let mut bench = Bench::new();
    let mut delivery = bench.delivery();
    let bad = || Item::Damage { detail: "Bad SPS".into(), parameters: true };
    let mut events = Vec::new();
    delivery.accept(bad(), &mut events).unwrap();
    delivery.accept(bad(), &mut events).unwrap();
    assert_eq!(delivery.accept(bad(), &mut events).unwrap_err().kind, FailureKind::BadParameters);
}

#[test]
fn a_server_that_finds_the_time_starts_over_with_a_key_frame() {
    let clock = ManualClock::new(Timestamp::from_micros(1_000_000));
    let mut memory = Memory::default();
    let mut delivery = Delivery::new(&clock, &mut memory, offer(), Duration::from_secs(15));
    let mut events = Vec::new();
    for n in 0..1_000 {
        if n == 200 {
            // Seven hours back: the machine's clock had kept local time.
            clock.step_wall(1_790_000_000_000_000 - 7 * 3_600 * 1_000_000);
        }
        clock.advance(Duration::from_millis(40));
        // A sender of sound must not hide the change from the pictures.
        let sound = Sound { rtp: n * 1_920, arrived: Instant::now(), data: Bytes::new() };
        delivery.accept(Item::Sound(sound), &mut events).unwrap();
        delivery.accept(Item::Picture(picture(n, n % 50 == 0)), &mut events).unwrap();
    }
    assert_eq!(names(&events).iter().filter(|name| **name == "damaged").count(), 1);
    let last = events.iter().rev().find_map(|event| match event {
        StreamEvent::Frame(MediaFrame::Video(unit)) => Some(unit.time),
        _ => None,
    });
    assert!(clock.now().micros_since(last.unwrap()).abs() < 100_000);
}

#[test]
fn the_cameras_clock_is_told_at_first_when_it_changes_and_each_minute() {
    let clock = ManualClock::new(Timestamp::from_micros(1_790_000_000_000_000));
    let mut memory = Memory::default();
    let mut delivery = Delivery::new(&clock, &mut memory, offer(), Duration::from_secs(15));
    let mut events = Vec::new();
    for n in 0..3_750 {
        delivery.accept(Item::Picture(picture(n, n == 0)), &mut events).unwrap();
        if n % 125 == 0 {
            let ahead = if n < 2_500 { 0 } else { 3 };
            let ntp = ((1_790_000_000 + 2_208_988_800 + n / 25 + ahead) as u64) << 32;
            delivery.accept(Item::Report { rtp: n * SPACING, ntp }, &mut events).unwrap();
        }
        clock.advance(Duration::from_millis(40));
    }
    // Two and a half minutes: at first, after 60 s, at the change after 100 s.
    assert_eq!(names(&events).iter().filter(|name| **name == "clock").count(), 3);
}

#[test]
fn pictures_that_the_camera_had_buffered_get_their_true_times() {
    let clock = ManualClock::new(Timestamp::from_micros(1_790_000_000_000_000));
    let mut memory = Memory::default();
    let mut delivery = Delivery::new(&clock, &mut memory, offer(), Duration::from_secs(15));
    let mut events = Vec::new();
    // The first 25 pictures were seen in the second before, and come at once.
    let start = clock.now();
    for n in 0..100 {
        if n > 25 {
            clock.advance(Duration::from_millis(40));
        }
        delivery.accept(Item::Picture(picture(n, n == 0)), &mut events).unwrap();
    }
    let times: Vec<i64> = events
        .iter()
        .filter_map(|event| match event {
            StreamEvent::Frame(MediaFrame::Video(unit)) => Some(unit.time.micros_since(start)),
            _ => None,
        })
        .collect();
    assert_eq!(times.len(), 100);
    for (n, time) in times.iter().enumerate() {
        // Some microseconds pass between the arrival and its being looked at.
        assert!((time - (n as i64 - 25) * 40_000).abs() < 5_000, "picture {n} at {time}");
    }
}
