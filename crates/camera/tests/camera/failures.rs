//! Each way in which a camera can fail has its kind, a message and a remedy, and shows no password.

use std::time::Duration;

use camera::probe_within;
use domain::{ConnectFailure, FailureKind, StreamAddress, StreamKind};
use tokio::net::TcpListener;

use crate::support::media::{Packetizer, Video, sdp};
use crate::support::{Auth, FakeCamera, PASSWORD, Script, Step, Tcp, short, steps};

async fn failure_at(address: StreamAddress) -> ConnectFailure {
    let streams = [(StreamKind::Sub, address)];
    let (stream, failure) =
        probe_within(&streams, Duration::from_millis(100), short()).await.expect_err("it fails");
    assert_eq!(stream, StreamKind::Sub);
    for text in [&failure.message, &failure.remedy] {
        assert!(!text.vi.is_empty() && !text.en.is_empty() && text.vi != text.en, "{failure:?}");
    }
    let shown = format!("{failure:?} {failure}");
    assert!(!shown.contains(PASSWORD) && !shown.contains("secret"), "{shown}");
    failure
}

async fn failure_of(script: Script) -> FailureKind {
    let camera = FakeCamera::start(script).await;
    failure_at(camera.address()).await.kind
}

#[tokio::test]
async fn wrong_and_missing_passwords() {
    for auth in [Auth::Basic, Auth::Digest] {
        let camera = FakeCamera::start(Script { auth, ..Script::video(&Video::small()) }).await;
        let missing = failure_at(camera.address()).await;
        assert_eq!(missing.kind, FailureKind::WrongPassword);
        assert!(missing.message.en.contains("none are stored"), "{missing}");
        let wrong = failure_at(camera.address_with("secret")).await;
        assert_eq!(wrong.kind, FailureKind::WrongPassword);
        assert!(wrong.message.en.contains("does not accept"), "{wrong}");
    }
}

#[tokio::test]
async fn statuses_of_describe() {
    let small = Video::small();
    for (status, kind) in [
        (403, FailureKind::WrongPassword),
        (404, FailureKind::NoSuchPath),
        (453, FailureKind::Refused),
        (500, FailureKind::Protocol),
    ] {
        assert_eq!(failure_of(Script { describe: status, ..Script::video(&small) }).await, kind, "{status}");
    }
}

#[tokio::test]
async fn a_port_where_nothing_listens() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut address = FakeCamera::start(Script::video(&Video::small())).await.address();
    address.url.set_port(Some(listener.local_addr().unwrap().port())).unwrap();
    drop(listener);
    assert_eq!(failure_at(address).await.kind, FailureKind::Refused);
}

#[tokio::test]
async fn a_name_that_belongs_to_no_host() {
    let mut address = FakeCamera::start(Script::video(&Video::small())).await.address();
    address.url.set_host(Some("no-such-camera.invalid")).unwrap();
    let failure = failure_at(address).await;
    assert_eq!(failure.kind, FailureKind::HostNotFound);
    assert!(failure.message.en.contains("no-such-camera.invalid"));
}

#[tokio::test]
async fn a_host_that_takes_the_connection_and_says_nothing() {
    let camera = FakeCamera::start(Script { silent: true, ..Script::video(&Video::small()) }).await;
    let failure = failure_at(camera.address()).await;
    assert_eq!(failure.kind, FailureKind::TimedOut);
    assert!(failure.message.en.contains("DESCRIBE"), "{failure}");
}

#[tokio::test]
async fn servers_that_do_not_speak_rtsp() {
    for greeting in [
        b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n".to_vec(),
        b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n".to_vec(),
        vec![0xff; 300],
        vec![0; 5_000],
    ] {
        let script = Script { greeting: Some(greeting.clone()), ..Script::video(&Video::small()) };
        assert_eq!(failure_of(script).await, FailureKind::NotRtsp, "{greeting:?}");
    }
}

#[tokio::test]
async fn presentations_without_usable_video() {
    let nothing = |description: &str| Script::new(sdp(description), |_| Vec::new());
    let sound = "m=audio 0 RTP/AVP 8\r\na=control:track1\r\n";
    assert_eq!(failure_of(nothing(sound)).await, FailureKind::NoVideo);
    let jpeg = "m=video 0 RTP/AVP 26\r\na=control:track1\r\n";
    let camera = FakeCamera::start(nothing(jpeg)).await;
    let failure = failure_at(camera.address()).await;
    assert_eq!(failure.kind, FailureKind::UnsupportedCodec);
    assert!(failure.message.en.contains("JPEG"), "{failure}");
    let broken = Script { sdp: "this is not SDP".into(), ..nothing("") };
    assert_eq!(failure_of(broken).await, FailureKind::Protocol);
}

#[tokio::test]
async fn a_camera_that_takes_neither_transport_when_only_tcp_is_wanted() {
    let script = Script { tcp: Tcp::Refused(461), ..Script::video(&Video::small()) };
    let camera = FakeCamera::start(script).await;
    let address = StreamAddress { transport: domain::Transport::Tcp, ..camera.address() };
    assert_eq!(failure_at(address).await.kind, FailureKind::TransportRefused);
    assert_eq!(camera.count("SETUP"), 1);
}

#[tokio::test]
async fn pictures_without_a_key_frame() {
    let mut video = Video::small();
    // Parameter sets come, key frames do not.
    let sets = video.pictures[0][..2].to_vec();
    video = video.without_key_frames();
    video.pictures[0].splice(0..0, sets);
    video.pictures.extend(video.pictures.clone());
    assert_eq!(failure_of(Script::video(&video)).await, FailureKind::NoKeyFrame);
}

#[tokio::test]
async fn a_camera_that_plays_and_sends_nothing() {
    let script = Script::new(Video::small().sdp(), |_| Vec::new());
    assert_eq!(failure_of(script).await, FailureKind::Stalled);
}

#[tokio::test]
async fn a_camera_that_hangs_up() {
    let script = Script::new(Video::small().sdp(), |_| vec![Step::Close]);
    assert_eq!(failure_of(script).await, FailureKind::Closed);
}

/// Writes bits most significant first, and Exp-Golomb codes (H.264 §9.1).
#[derive(Default)]
struct Bits(Vec<bool>);

impl Bits {
    fn put(&mut self, value: u64, count: u32) {
        self.0.extend((0..count).rev().map(|bit| value >> bit & 1 == 1));
    }

    fn golomb(&mut self, value: u64) {
        let length = 64 - (value + 1).leading_zeros();
        self.put(0, length - 1);
        self.put(value + 1, length);
    }

    /// With the stop bit, and emulation prevention.
    fn finish(mut self) -> Vec<u8> {
        self.put(1, 1);
        let mut bytes: Vec<u8> = Vec::new();
        for bits in self.0.chunks(8) {
            let byte = bits.iter().enumerate().fold(0, |byte, (n, bit)| byte | u8::from(*bit) << (7 - n));
            if byte <= 3 && bytes.ends_with(&[0, 0]) {
                bytes.push(3);
            }
            bytes.push(byte);
        }
        bytes
    }
}

/// A sequence parameter set of the baseline profile for a picture of so many macroblocks, with so many pixels
/// cut off the right.
fn sps(wide: u64, high: u64, cut: Option<u64>) -> Vec<u8> {
    let mut bits = Bits::default();
    bits.put(0x67, 8);
    bits.put(66, 8); // profile_idc
    bits.put(0xc0, 8); // constraint flags
    bits.put(40, 8); // level_idc
    bits.golomb(0); // seq_parameter_set_id
    bits.golomb(0); // log2_max_frame_num_minus4
    bits.golomb(2); // pic_order_cnt_type
    bits.golomb(1); // max_num_ref_frames
    bits.put(0, 1); // gaps_in_frame_num_value_allowed_flag
    bits.golomb(wide - 1);
    bits.golomb(high - 1);
    bits.put(1, 1); // frame_mbs_only_flag
    bits.put(1, 1); // direct_8x8_inference_flag
    match cut {
        None => bits.put(0, 1),
        Some(cut) => {
            bits.put(1, 1);
            bits.golomb(0);
            bits.golomb(cut / 2);
            bits.golomb(0);
            bits.golomb(0);
        }
    }
    bits.put(0, 1); // vui_parameters_present_flag
    bits.finish()
}

#[tokio::test]
async fn pictures_of_no_or_absurd_size() {
    for absurd in [sps(4, 3, Some(64)), sps(1_100, 3, None), sps(2_000_000, 3, None), vec![0x67, 66, 0xc0]] {
        let mut video = Video::small();
        for picture in &mut video.pictures {
            if picture.len() > 1 {
                picture[0].clone_from(&absurd);
            }
        }
        // In the stream.
        assert_eq!(failure_of(Script::video(&video)).await, FailureKind::BadParameters, "{absurd:?}");
    }
    // The set is well made: with a sane size it does.
    let mut video = Video::small();
    for picture in &mut video.pictures {
        if picture.len() > 1 {
            picture[0] = sps(4, 3, None);
        }
    }
    let camera = FakeCamera::start(Script::video(&video)).await;
    let streams = [(StreamKind::Main, camera.address())];
    let report = probe_within(&streams, Duration::from_millis(100), short()).await.unwrap();
    assert_eq!((report[0].report.width, report[0].report.height), (64, 48));
    // In the description.
    let mut video = Video::small();
    video.pictures[0][0] = sps(1_100, 3, None);
    let description = video.sdp().replace(
        "packetization-mode=1",
        &format!("packetization-mode=1;sprop-parameter-sets={}", video.sprop()),
    );
    let script = Script::new(description, move |_| steps(&video, &mut Packetizer::default()));
    assert_eq!(failure_of(script).await, FailureKind::BadParameters);
}
