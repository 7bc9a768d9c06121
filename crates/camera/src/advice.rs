//! What could be better at a camera that works, in plain words.

use domain::{StreamKind, StreamReport, Transport, VideoCodec};

/// For a camera that failed while both streams were tried, and did not when they were tried in turn.
pub(crate) const ONE_AT_A_TIME: &str = "The camera does not bear two streams at the same time. Close other \
    viewers of it, or add the main stream alone.";

/// Seconds from key frame to key frame beyond which seeking and recovery get slow.
const KEY_FRAMES_FAR: f32 = 4.0;
/// Pictures a second below which movement is hard to follow.
const FEW_FRAMES: f32 = 5.0;
/// Pixels beyond which a sub stream costs analysis more than it gives.
const LARGE_SUB: u32 = 1_280 * 720;
/// Seconds by which a camera's clock may be off.
const CLOCK_OFF: f64 = 2.0;

/// Advice on a stream that was watched for `watched` seconds, damaged and with its time stamps jumping so often.
pub(crate) fn on(report: &StreamReport, watched: f32, damages: usize, jumps: u64) -> Vec<String> {
    let mut advice = Vec::new();
    match report.key_frame_distance {
        Some(distance) if distance > KEY_FRAMES_FAR => advice.push(format!(
            "Key frames come every {distance:.1} s. Set the key-frame (I-frame) interval to 2 s: seeking gets \
             quicker, and less is lost after a disturbance."
        )),
        None if watched > KEY_FRAMES_FAR => advice.push(format!(
            "Only one key frame came in {watched:.0} s. Set the key-frame (I-frame) interval to 2 s and switch \
             \"smart codec\" (H.264+, H.265+) off."
        )),
        _ => {}
    }
    if report.codec == VideoCodec::H265 {
        advice.push(
            "The video is H.265: it saves space, but not every browser plays it. Choose H.264 where the \
             picture does not show."
                .to_owned(),
        );
    }
    if report.frame_rate < FEW_FRAMES {
        advice.push(format!(
            "Only {:.1} pictures come a second. Set 10 to 15 for movement that can be followed.",
            report.frame_rate
        ));
    }
    if report.stream == StreamKind::Sub && report.width * report.height > LARGE_SUB {
        advice.push(format!(
            "The sub stream has {} x {} pixels. Analysis needs no more than 640 x 360, and gets cheaper with it.",
            report.width, report.height
        ));
    }
    if let Some(offset) = report.clock_offset.filter(|offset| offset.abs() > CLOCK_OFF) {
        let direction = if offset > 0.0 { "ahead" } else { "behind" };
        advice.push(format!(
            "The camera's clock is {} {direction}. Recordings are not affected; set its time server (NTP) so \
             that the time shown in the picture is right.",
            span(offset.abs())
        ));
    }
    if report.transport == Transport::Udp {
        advice.push(
            "The camera sends over UDP, where Wi-Fi and busy networks lose pictures. Use a cable if you can."
                .to_owned(),
        );
    }
    if damages > 0 {
        let times = if damages == 1 { "once".to_owned() } else { format!("{damages} times") };
        advice.push(format!(
            "Part of the stream was lost {times} while it was tried. Check the network of the camera."
        ));
    }
    if jumps > 0 {
        advice.push(
            "The camera's time stamps jump. Update its firmware; recordings are mended as well as can be."
                .to_owned(),
        );
    }
    if let Some(reason) = &report.audio_dropped {
        advice.push(format!("Sound will not be recorded: {reason}."));
    }
    advice
}

fn span(seconds: f64) -> String {
    if seconds < 120.0 {
        format!("{seconds:.0} s")
    } else if seconds < 7_200.0 {
        format!("{:.0} minutes", seconds / 60.0)
    } else {
        format!("{:.0} hours", seconds / 3_600.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> StreamReport {
        StreamReport {
            stream: StreamKind::Main,
            codec: VideoCodec::H264,
            rfc6381: "avc1.4D401F".into(),
            width: 1_920,
            height: 1_080,
            frame_rate: 15.0,
            key_frame_distance: Some(2.0),
            bit_rate: 2_000_000,
            transport: Transport::Tcp,
            audio: None,
            audio_dropped: None,
            clock_offset: Some(0.3),
            tool: None,
            advice: Vec::new(),
        }
    }

    #[test]
    fn a_good_stream_gets_no_advice() {
        assert_eq!(on(&report(), 8.0, 0, 0), Vec::<String>::new());
    }

    #[test]
    fn each_weakness_gets_one_piece_of_advice() {
        let weak = [
            StreamReport { key_frame_distance: Some(10.0), ..report() },
            StreamReport { key_frame_distance: None, ..report() },
            StreamReport { codec: VideoCodec::H265, ..report() },
            StreamReport { frame_rate: 2.0, ..report() },
            StreamReport { stream: StreamKind::Sub, ..report() },
            StreamReport { clock_offset: Some(-240.0), ..report() },
            StreamReport { transport: Transport::Udp, ..report() },
            StreamReport { audio_dropped: Some("the sound is G.711".into()), ..report() },
        ];
        for report in weak {
            assert_eq!(on(&report, 8.0, 0, 0).len(), 1, "{report:?}");
        }
        let clock = on(&StreamReport { clock_offset: Some(-240.0), ..report() }, 8.0, 0, 0);
        assert!(clock[0].contains("4 minutes behind"), "{clock:?}");
    }
}
