//! Streams as they are pulled: authentication, transports, damage, changes, time stamps, leaving.

use std::sync::Arc;
use std::time::Duration;

use camera::{Limits, StreamEvent};
use domain::{AccessUnit, Clock, FailureKind, MediaFrame, StreamAddress, SystemClock, Transport, VideoCodec};

use crate::support::media::{AAC, Codec, Packetizer, RATE, Video, sdp};
use crate::support::{Auth, FakeCamera, PACE, PASSWORD, Pull, Script, Step, Tcp, short, steps};

fn is_disconnected(event: &StreamEvent) -> bool {
    matches!(event, StreamEvent::Disconnected { .. })
}

fn units(events: &[StreamEvent]) -> Vec<&AccessUnit> {
    events
        .iter()
        .filter_map(|event| match event {
            StreamEvent::Frame(MediaFrame::Video(unit)) => Some(unit),
            _ => None,
        })
        .collect()
}

fn failure_kind(events: &[StreamEvent]) -> FailureKind {
    match events.last() {
        Some(StreamEvent::Disconnected { failure, .. }) => failure.kind,
        other => panic!("no failure but {other:?}"),
    }
}

/// NAL units with four-byte lengths, as the recorder gets them.
fn with_lengths(units: &[Vec<u8>]) -> Vec<u8> {
    units.iter().flat_map(|unit| [&(unit.len() as u32).to_be_bytes()[..], unit].concat()).collect()
}

/// The pictures that arrive must be those that were sent, without parameter sets.
fn assert_received(units: &[&AccessUnit], video: &Video) {
    let sets = if video.codec == Codec::H264 { 2 } else { 3 };
    for (n, (unit, sent)) in units.iter().zip(&video.pictures).enumerate() {
        let key = sent.len() > 1;
        assert_eq!(unit.random_access, key, "picture {n}");
        assert!(unit.data[..] == with_lengths(&sent[if key { sets } else { 0 }..]), "picture {n}");
    }
}

#[tokio::test]
async fn every_way_in_delivers_every_picture_in_order() {
    let mut ways = Vec::new();
    for codec in [VideoCodec::H264, VideoCodec::H265] {
        for auth in [Auth::Open, Auth::Basic, Auth::Digest] {
            for tcp in [Tcp::Taken, Tcp::Refused(461)] {
                ways.push(way_in(codec, auth, tcp));
            }
        }
    }
    futures::future::join_all(ways).await;
}

async fn way_in(codec: VideoCodec, auth: Auth, tcp: Tcp) {
    let (video, rfc6381) = match codec {
        VideoCodec::H264 => (Video::small(), "avc1."),
        VideoCodec::H265 => (Video::h265(), "hvc1."),
    };
    let camera = FakeCamera::start(Script { auth, tcp, ..Script::video(&video) }).await;
    let mut pull = Pull::start(camera.address_with(PASSWORD), short());
    let events = pull.until(is_disconnected).await;
    let StreamEvent::Connected { transport, video: parameters, audio, tool, .. } = &events[0] else {
        panic!("not connected but {:?}", events[0])
    };
    assert_eq!(*transport, if tcp == Tcp::Taken { Transport::Tcp } else { Transport::Udp });
    assert_eq!(parameters.codec, codec);
    assert!(parameters.rfc6381.starts_with(rfc6381), "{}", parameters.rfc6381);
    assert_eq!(parameters.decoder_configuration[0], 1, "configurationVersion");
    assert_eq!(tool.as_deref(), Some("fake camera 1.0"));
    assert!(audio.is_none());
    let units = units(&events);
    assert_eq!(units.len(), video.pictures.len());
    assert_received(&units, &video);
    assert!(units.iter().all(|unit| Arc::ptr_eq(&unit.parameters, parameters)));
    assert!(units.windows(2).all(|pair| pair[0].time < pair[1].time));
    assert_eq!(failure_kind(&events), FailureKind::Stalled);
    pull.stop().await;
}

#[tokio::test]
async fn the_transport_that_worked_is_tried_first_the_next_time() {
    for tcp in [Tcp::Refused(461), Tcp::Refused(406), Tcp::Mismatched] {
        let video = Video::small();
        let played = video.clone();
        let script = Script::new(video.sdp(), move |_| {
            let mut steps = steps(&played, &mut Packetizer::default());
            steps.push(Step::Close);
            steps
        });
        let camera = FakeCamera::start(Script { tcp, ..script }).await;
        let mut pull = Pull::start(camera.address(), short());
        for _ in 0..3 {
            pull.until(is_disconnected).await;
        }
        pull.stop().await;
        let asked: Vec<bool> = camera
            .requests()
            .iter()
            .filter(|request| request.starts_with("SETUP"))
            .map(|request| request.contains("interleaved"))
            .collect();
        assert_eq!(asked[..4], [true, false, false, false]);
    }
}

#[tokio::test]
async fn times_follow_the_cameras_light() {
    let video = Video::small();
    let camera = FakeCamera::start(Script::video(&video)).await;
    let before = SystemClock::default().now();
    let mut pull = Pull::start(camera.address(), short());
    let events = pull.until(is_disconnected).await;
    let units = units(&events);
    let (first, last) = (units[0].time, units.last().unwrap().time);
    let spacing = last.since(first) / (units.len() as u32 - 1);
    assert!(spacing > PACE / 2 && spacing < PACE * 4, "{spacing:?}");
    assert!(first > before && first.since(before) < Duration::from_secs(5));
    pull.stop().await;
}

#[tokio::test]
async fn a_stream_that_stalls_is_noticed_and_pulled_again() {
    let camera = FakeCamera::start(Script::video(&Video::small())).await;
    let mut pull = Pull::start(camera.address(), short());
    let mut last = None;
    for _ in 0..3 {
        let events = pull.until(is_disconnected).await;
        assert!(matches!(events[0], StreamEvent::Connected { .. }));
        assert_eq!(failure_kind(&events), FailureKind::Stalled);
        // Times never go back, also from session to session.
        for unit in units(&events) {
            assert!(Some(unit.time) > last);
            last = Some(unit.time);
        }
    }
    pull.stop().await;
    // Each session was torn down.
    assert!(camera.count("TEARDOWN") >= 3, "{:?}", camera.requests());
}

#[tokio::test]
async fn leaving_tells_the_camera() {
    let video = Video::small();
    let played = video.clone();
    let script = Script::new(video.sdp(), move |_| {
        let mut packetizer = Packetizer::default();
        (0..100).flat_map(|_| steps(&played, &mut packetizer)).collect()
    });
    let camera = FakeCamera::start(script).await;
    let mut pull = Pull::start(camera.address(), Limits { teardown: Duration::from_secs(8), ..short() });
    pull.until(|event| matches!(event, StreamEvent::Frame(_))).await;
    pull.stop().await;
    // It has left only when the camera has answered.
    assert_eq!(camera.count("TEARDOWN"), 1);
}

#[tokio::test]
async fn a_receiver_that_goes_away_ends_the_pull() {
    let camera = FakeCamera::start(Script::video(&Video::small())).await;
    let pull = Pull::start(camera.address(), short());
    drop(pull.events);
    tokio::time::timeout(Duration::from_secs(10), pull.done).await.unwrap().unwrap();
}

#[tokio::test]
async fn a_full_pipeline_is_waited_for_and_not_taken_for_a_stall() {
    let video = Video::small();
    let camera = FakeCamera::start(Script::video(&video)).await;
    let mut pull = Pull::start(camera.address(), short());
    assert!(matches!(pull.next().await, StreamEvent::Connected { .. }));
    // The channel holds 16 events; the rest waits in the sockets for longer than the stall limit.
    tokio::time::sleep(2 * short().stall).await;
    let events = pull.until(is_disconnected).await;
    assert_eq!(units(&events).len(), video.pictures.len());
    pull.stop().await;
}

#[tokio::test]
async fn parameters_that_change_in_mid_stream_come_with_the_key_frame_that_has_them() {
    let (small, larger) = (Video::small(), Video::larger());
    let (first, second) = (small.clone(), larger.clone());
    let script = Script::new(small.sdp(), move |_| {
        let mut packetizer = Packetizer::default();
        [steps(&first, &mut packetizer), steps(&second, &mut packetizer), steps(&first, &mut packetizer)]
            .concat()
    });
    let camera = FakeCamera::start(script).await;
    let mut pull = Pull::start(camera.address(), short());
    let events = pull.until(is_disconnected).await;
    assert!(!events.iter().any(|event| matches!(event, StreamEvent::Damaged { .. })));
    let units = units(&events);
    assert_eq!(units.len(), 80);
    let widths: Vec<u32> = units.iter().map(|unit| unit.parameters.width).collect();
    assert!(widths[..30].iter().all(|w| *w == 64) && widths[30..50].iter().all(|w| *w == 96));
    assert!(widths[50..].iter().all(|w| *w == 64));
    let changes: Vec<usize> =
        (1..units.len()).filter(|n| !Arc::ptr_eq(&units[*n].parameters, &units[n - 1].parameters)).collect();
    assert_eq!(changes, [30, 50]);
    assert!(changes.iter().all(|n| units[*n].random_access));
    pull.stop().await;
}

/// What is made of the packets of each picture.
type Damage = fn(usize, Vec<Vec<u8>>) -> Vec<Vec<u8>>;

async fn damaged_by(damage: Damage) -> Vec<StreamEvent> {
    let video = Video::small();
    let played = video.clone();
    let script = Script::new(video.sdp(), move |_| {
        let mut packetizer = Packetizer::default();
        let mut steps = Vec::new();
        for (n, picture) in played.pictures.iter().enumerate() {
            let packets = damage(n, packetizer.picture(Codec::H264, picture));
            steps.extend(packets.into_iter().map(|packet| Step::Rtp(0, packet)));
            steps.push(Step::Wait(PACE));
        }
        steps
    });
    let camera = FakeCamera::start(script).await;
    let mut pull = Pull::start(camera.address(), short());
    let events = pull.until(is_disconnected).await;
    pull.stop().await;
    events
}

#[tokio::test]
async fn after_damage_pictures_come_again_from_the_next_key_frame() {
    let damages: [(&str, Damage); 4] = [
        ("lost", |n, mut packets| {
            if n == 13 {
                packets.remove(0);
            }
            packets
        }),
        ("truncated", |n, mut packets| {
            if n == 13 {
                packets[0].truncate(13);
            }
            packets
        }),
        ("forbidden bit", |n, mut packets| {
            if n == 13 {
                packets[0][12] |= 0x80;
            }
            packets
        }),
        ("no RTP header", |n, mut packets| {
            if n == 13 {
                packets[0] = vec![1, 2, 3];
            }
            packets
        }),
    ];
    for (name, damage) in damages {
        let events = damaged_by(damage).await;
        let at = events.iter().position(|event| matches!(event, StreamEvent::Damaged { .. }));
        let at = at.unwrap_or_else(|| panic!("{name}: no damage told"));
        let (before, after) = events.split_at(at);
        assert_eq!(units(before).len(), 13, "{name}");
        let after_units = units(after);
        assert!(after_units[0].random_access, "{name}");
        assert_eq!(after_units.len(), 10, "{name}");
        let damages = events.iter().filter(|event| matches!(event, StreamEvent::Damaged { .. })).count();
        assert_eq!(damages, 1, "{name}: told once");
        let StreamEvent::Damaged { at, detail } = &after[0] else { unreachable!() };
        assert_eq!(*at, units(before)[12].time);
        assert!(!detail.is_empty());
    }
}

#[tokio::test]
async fn packets_of_an_older_session_are_let_pass() {
    let events = damaged_by(|n, mut packets| {
        if n % 5 == 4 {
            let mut stale = packets[0].clone();
            stale[8] ^= 0xff; // SSRC
            packets.insert(0, stale);
        }
        packets
    })
    .await;
    assert!(!events.iter().any(|event| matches!(event, StreamEvent::Damaged { .. })));
    assert_eq!(units(&events).len(), 30);
}

#[tokio::test]
async fn time_stamps_that_jump_both_ways_leave_times_going_forward() {
    for jump in [-500_i64, 500, 40_000] {
        let video = Video::small();
        let played = video.clone();
        let script = Script::new(video.sdp(), move |_| {
            let mut packetizer = Packetizer::default();
            let mut all = steps(&played, &mut packetizer);
            packetizer.time = packetizer.time.wrapping_add((jump * i64::from(RATE)) as u32);
            all.extend(steps(&played, &mut packetizer));
            all
        });
        let camera = FakeCamera::start(script).await;
        let mut pull = Pull::start(camera.address(), short());
        let events = pull.until(is_disconnected).await;
        let units = units(&events);
        assert_eq!(units.len(), 60, "jump of {jump} s");
        assert!(units.windows(2).all(|pair| pair[0].time < pair[1].time), "jump of {jump} s");
        let span = units[59].time.since(units[0].time);
        assert!(span < Duration::from_secs(5), "jump of {jump} s: {span:?}");
        pull.stop().await;
    }
}

#[tokio::test]
async fn aac_is_kept_and_comes_on_the_same_clock() {
    let video = Video::small();
    let played = video.clone();
    let description = format!("{}{AAC}", video.sdp());
    let script = Script::new(description, move |_| {
        let mut sound = Packetizer { payload_type: 97, ssrc: 9, time: 77, ..Packetizer::default() };
        let mut picture = Packetizer::default();
        let mut steps = Vec::new();
        for (n, units) in played.pictures.iter().enumerate() {
            let packets = picture.picture(Codec::H264, units);
            steps.extend(packets.into_iter().map(|packet| Step::Rtp(0, packet)));
            if n % 2 == 1 {
                steps.push(Step::Rtp(1, sound.aac(&[0x21, n as u8, 3, 4])));
            }
            steps.push(Step::Wait(PACE));
        }
        steps
    });
    let camera = FakeCamera::start(script).await;
    let mut pull = Pull::start(camera.address(), short());
    let events = pull.until(is_disconnected).await;
    let StreamEvent::Connected { audio: Some(audio), audio_dropped: None, .. } = &events[0] else {
        panic!("no sound: {:?}", events[0])
    };
    assert_eq!((audio.sample_rate, audio.channels, &audio.rfc6381[..]), (48_000, 1, "mp4a.40.2"));
    assert_eq!(audio.configuration[..], [0x11, 0x88]);
    let sounds: Vec<_> = events
        .iter()
        .filter_map(|event| match event {
            StreamEvent::Frame(MediaFrame::Audio(frame)) => Some(frame),
            _ => None,
        })
        .collect();
    assert_eq!(sounds.len(), 15);
    assert_eq!(sounds[0].data[..], [0x21, 1, 3, 4]);
    assert!(sounds.windows(2).all(|pair| pair[0].time < pair[1].time));
    let start = units(&events)[0].time;
    assert!(sounds[0].time.micros_since(start).abs() < 1_000_000);
    pull.stop().await;
}

#[tokio::test]
async fn sound_never_costs_video() {
    let video = Video::small();
    let played = video.clone();
    let pictures = move |_| steps(&played, &mut Packetizer::default());
    let g711 = "m=audio 0 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\na=control:track2\r\n";
    let g726 = "m=audio 0 RTP/AVP 98\r\na=rtpmap:98 G726-32/8000\r\na=control:track2\r\n";
    let odd = "m=audio 0 RTP/AVP 99\r\na=rtpmap:99 X-NOISE/8000\r\na=control:track2\r\n";
    for (sound, words) in [(g711, "G.711"), (g726, "G.726"), (odd, "unknown")] {
        let script = Script::new(format!("{}{sound}", video.sdp()), pictures.clone());
        let camera = FakeCamera::start(script).await;
        let mut pull = Pull::start(camera.address(), short());
        let StreamEvent::Connected { audio: None, audio_dropped: Some(reason), .. } = pull.next().await
        else {
            panic!("{words}: sound is kept or goes without a word")
        };
        assert!(reason.en.contains(words), "{reason:?}");
        pull.stop().await;
    }
    // The camera offers AAC and does not give it.
    let script = Script::new(format!("{}{AAC}", video.sdp()), pictures);
    let camera = FakeCamera::start(Script { second_track: 500, ..script }).await;
    let mut pull = Pull::start(camera.address(), short());
    let events = pull.until(is_disconnected).await;
    assert!(matches!(&events[0], StreamEvent::Connected { audio: None, audio_dropped: Some(_), .. }));
    assert_eq!(units(&events).len(), 30);
    pull.stop().await;
}

#[tokio::test]
async fn sound_that_breaks_the_stream_is_left_out_the_next_time() {
    let video = Video::small();
    let played = video.clone();
    let script = Script::new(format!("{}{AAC}", video.sdp()), move |_| {
        let mut steps = steps(&played, &mut Packetizer::default());
        let mut sound = Packetizer { payload_type: 97, ssrc: 9, time: 77, ..Packetizer::default() };
        // Two frames are announced in the header, and one is cut short.
        let mut packet = sound.aac(&[1; 40]);
        packet.truncate(30);
        let broken =
            [Step::Rtp(1, packet), Step::Rtp(1, sound.aac(&[1; 40])), Step::Rtp(1, sound.aac(&[2; 9]))];
        let half = steps.len() / 2;
        steps.splice(half..half, broken);
        steps
    });
    let camera = FakeCamera::start(script).await;
    let mut pull = Pull::start(camera.address(), short());
    let mut whole = false;
    for _ in 0..3 {
        whole |= units(&pull.until(is_disconnected).await).len() == 30;
    }
    assert!(whole, "the video never came through");
    pull.stop().await;
}

#[tokio::test]
async fn the_cameras_clock_is_told() {
    let video = Video::small();
    let played = video.clone();
    let script = Script::new(video.sdp(), move |_| {
        let mut packetizer = Packetizer::default();
        let mut steps = Vec::new();
        for (n, units) in played.pictures.iter().enumerate() {
            if n % 10 == 5 {
                let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
                let ahead = n as f64 * PACE.as_secs_f64() + 250.0;
                steps.push(Step::Rtcp(0, packetizer.sender_report(now.as_secs_f64() + ahead)));
            }
            let packets = packetizer.picture(Codec::H264, units);
            steps.extend(packets.into_iter().map(|packet| Step::Rtp(0, packet)));
            steps.push(Step::Wait(PACE));
        }
        steps
    });
    let camera = FakeCamera::start(script).await;
    let mut pull = Pull::start(camera.address(), short());
    let events = pull.until(is_disconnected).await;
    let offsets: Vec<f64> = events
        .iter()
        .filter_map(|event| match event {
            StreamEvent::Clock { offset } => Some(*offset),
            _ => None,
        })
        .collect();
    assert_eq!(offsets.len(), 1, "told once while it does not change: {offsets:?}");
    assert!((offsets[0] - 250.0).abs() < 1.0, "{offsets:?}");
    pull.stop().await;
}

#[tokio::test]
async fn one_cameras_trouble_is_never_anothers() {
    let silent = FakeCamera::start(Script { silent: true, ..Script::video(&Video::small()) }).await;
    let video = Video::small();
    let good = FakeCamera::start(Script::video(&video)).await;
    let mut troubled = Pull::start(silent.address(), short());
    let mut fine = Pull::start(good.address(), short());
    let events = fine.until(is_disconnected).await;
    assert_eq!(units(&events).len(), 30);
    let events = troubled.until(is_disconnected).await;
    assert_eq!(failure_kind(&events), FailureKind::TimedOut);
    fine.stop().await;
    troubled.stop().await;
}

#[tokio::test]
async fn an_address_with_a_password_in_it_is_refused_and_not_tried() {
    let camera = FakeCamera::start(Script::video(&Video::small())).await;
    let mut address: StreamAddress = camera.address();
    address.url.set_username("admin").unwrap();
    address.url.set_password(Some("secret")).unwrap();
    let mut pull = Pull::start(address, short());
    let events = pull.until(is_disconnected).await;
    assert_eq!(failure_kind(&events), FailureKind::WrongPassword);
    assert!(!format!("{events:?}").contains("secret"));
    assert_eq!(camera.requests(), Vec::<String>::new());
    pull.stop().await;
}

#[tokio::test]
async fn a_description_with_several_videos_gives_the_first_that_can_be_used() {
    let video = Video::small();
    let played = video.clone();
    let description = sdp(&format!(
        "m=video 0 RTP/AVP 26\r\na=control:track9\r\n{}",
        video.sdp().split_once("a=control:*\r\n").unwrap().1
    ));
    let script = Script::new(description, move |_| steps(&played, &mut Packetizer::default()));
    let camera = FakeCamera::start(script).await;
    let mut pull = Pull::start(camera.address(), short());
    let events = pull.until(is_disconnected).await;
    assert_eq!(units(&events).len(), 30);
    pull.stop().await;
}
