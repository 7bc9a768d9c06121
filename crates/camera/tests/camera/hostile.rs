//! Arbitrary bytes as a camera's answers must never panic, and never hang.

use std::time::Duration;

use camera::{Limits, probe_within};
use domain::StreamKind;

use crate::support::media::Video;
use crate::support::{FakeCamera, Script, Step, short};

fn hasty() -> Limits {
    Limits {
        connect: Duration::from_millis(60),
        answer: Duration::from_millis(60),
        stall: Duration::from_millis(40),
        key_frame: Duration::from_millis(40),
        teardown: Duration::from_millis(20),
        ..short()
    }
}

#[test]
fn arbitrary_answers_never_get_out_of_hand() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    bolero::check!().with_test_time(Duration::from_secs(2)).with_type::<(u8, Vec<u8>)>().for_each(
        |(place, bytes)| {
            runtime.block_on(async {
                let video = Video::small();
                let script = match place % 4 {
                    // Before any request.
                    0 => Script { greeting: Some(bytes.clone()), ..Script::video(&video) },
                    // As session description.
                    1 => {
                        let sdp = String::from_utf8_lossy(bytes).into_owned();
                        Script { sdp, ..Script::video(&video) }
                    }
                    // In place of interleaved packets.
                    2 => {
                        let raw = bytes.clone();
                        Script::new(video.sdp(), move |_| vec![Step::Raw(raw.clone()), Step::Close])
                    }
                    // As RTP payloads and RTCP.
                    _ => {
                        let raw = bytes.clone();
                        Script::new(video.sdp(), move |_| {
                            let mut steps = Vec::new();
                            for (n, payload) in raw.chunks(24).enumerate() {
                                let mut packet = vec![0x80, 96, 0, n as u8, 0, 0, 0, n as u8, 1, 2, 3, 4];
                                packet.extend_from_slice(payload);
                                steps.push(Step::Rtp(0, packet));
                                steps.push(Step::Rtcp(0, payload.to_vec()));
                            }
                            steps.push(Step::Close);
                            steps
                        })
                    }
                };
                let camera = FakeCamera::start(script).await;
                let streams = [(StreamKind::Main, camera.address())];
                let probe = probe_within(&streams, Duration::from_millis(30), hasty());
                let outcome = tokio::time::timeout(Duration::from_secs(10), probe).await.expect("it ends");
                if let Err((_, failure)) = outcome {
                    assert!(!failure.message.en.is_empty());
                }
            });
        },
    );
}
