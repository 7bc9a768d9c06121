//! What a probe says of cameras that work.

use std::time::Duration;

use camera::probe_within;
use domain::{StreamKind, Transport, VideoCodec};

use crate::support::media::{Packetizer, Video};
use crate::support::{FakeCamera, PACE, Script, Tcp, short, steps};

#[tokio::test]
async fn both_streams_are_found_out() {
    let (small, h265) = (Video::small(), Video::h265());
    let main = FakeCamera::start(Script::video(&h265)).await;
    let g711 = "m=audio 0 RTP/AVP 0\r\na=control:track2\r\n";
    let played = small.clone();
    let script =
        Script::new(format!("{}{g711}", small.sdp()), move |_| steps(&played, &mut Packetizer::default()));
    let sub = FakeCamera::start(Script { tcp: Tcp::Refused(461), ..script }).await;
    let streams = [(StreamKind::Main, main.address()), (StreamKind::Sub, sub.address())];
    let report = probe_within(&streams, Duration::from_secs(5), short()).await.unwrap();
    let [main, sub] = &report[..] else { panic!("{report:?}") };
    for seen in [main, sub] {
        let picture = seen.key_frame.as_ref().expect("a key frame was seen");
        assert!(picture.random_access && !picture.data.is_empty());
    }
    let (main, sub) = (&main.report, &sub.report);

    assert_eq!((main.stream, main.codec), (StreamKind::Main, VideoCodec::H265));
    assert_eq!((main.width, main.height, main.transport), (64, 64, Transport::Tcp));
    assert!(main.advice.iter().any(|line| line.en.contains("H.265")), "{:?}", main.advice);

    assert_eq!((sub.stream, sub.codec), (StreamKind::Sub, VideoCodec::H264));
    assert_eq!((sub.width, sub.height, sub.transport), (64, 48, Transport::Udp));
    assert_eq!(sub.tool.as_deref(), Some("fake camera 1.0"));
    assert!(sub.audio.is_none() && sub.audio_dropped.as_ref().unwrap().en.contains("G.711"));
    // As they came, not as declared: the pace of the fake camera, which a busy machine may slow down.
    let true_rate = 1.0 / PACE.as_secs_f32();
    assert!(sub.frame_rate > true_rate / 4.0 && sub.frame_rate < true_rate * 1.5, "{}", sub.frame_rate);
    let distance = sub.key_frame_distance.unwrap() * sub.frame_rate;
    assert!((distance - 10.0).abs() < 2.5, "a key frame every {distance} pictures");
    assert!(sub.bit_rate > 10_000, "{}", sub.bit_rate);
}

#[tokio::test]
async fn the_probe_ends_after_its_limit() {
    let video = Video::small();
    let played = video.clone();
    let script = Script::new(video.sdp(), move |_| {
        let mut packetizer = Packetizer::default();
        (0..2_000).flat_map(|_| steps(&played, &mut packetizer)).collect()
    });
    let camera = FakeCamera::start(script).await;
    let streams = [(StreamKind::Main, camera.address())];
    let probe = probe_within(&streams, Duration::from_millis(300), short());
    let report = tokio::time::timeout(Duration::from_secs(8), probe).await.expect("in time").unwrap();
    assert!(report[0].report.frame_rate > 0.0);
}
