//! What could be better at a camera that works, in plain words of both languages.

use domain::{Language, Sentence, StreamKind, StreamReport, Transport, VideoCodec};

/// Seconds from key frame to key frame beyond which seeking and recovery get slow.
const KEY_FRAMES_FAR: f32 = 4.0;
/// Pictures a second below which movement is hard to follow.
const FEW_FRAMES: f32 = 5.0;
/// Pixels beyond which a sub stream costs analysis more than it gives.
const LARGE_SUB: u32 = 1_280 * 720;
/// Seconds by which a camera's clock may be off.
const CLOCK_OFF: f64 = 2.0;

/// For a camera that failed while both streams were tried, and did not when they were tried in turn.
pub(crate) fn one_at_a_time() -> Sentence {
    Sentence::new(
        "Camera không chịu được hai luồng cùng lúc. Tắt các phần mềm khác đang xem camera, hoặc chỉ thêm luồng chính.",
        "The camera does not bear two streams at the same time. Close other viewers of it, or add the main stream \
         alone.",
    )
}

/// Advice on a stream that was watched for `watched` seconds, damaged and with its time stamps jumping so often.
pub(crate) fn on(report: &StreamReport, watched: f32, damages: usize, jumps: u64) -> Vec<Sentence> {
    let mut advice = Vec::new();
    advice.extend(on_key_frames(report, watched));
    if report.codec == VideoCodec::H265 {
        advice.push(Sentence::new(
            "Hình nén H.265: tiết kiệm dung lượng nhưng không phải trình duyệt nào cũng xem được. Chọn H.264 nếu \
             không thấy hình.",
            "The video is H.265: it saves space, but not every browser plays it. Choose H.264 where the picture \
             does not show.",
        ));
    }
    if report.frame_rate < FEW_FRAMES {
        let rate = report.frame_rate;
        advice.push(Sentence::new(
            format!("Chỉ có {rate:.1} hình mỗi giây. Đặt 10 đến 15 để theo dõi được chuyển động."),
            format!("Only {rate:.1} pictures come a second. Set 10 to 15 for movement that can be followed."),
        ));
    }
    if report.stream == StreamKind::Sub && report.width * report.height > LARGE_SUB {
        let (width, height) = (report.width, report.height);
        advice.push(Sentence::new(
            format!("Luồng phụ có {width} x {height} điểm ảnh. Phân tích chỉ cần 640 x 360, và sẽ nhẹ máy hơn."),
            format!(
                "The sub stream has {width} x {height} pixels. Analysis needs no more than 640 x 360, and gets \
                 cheaper with it."
            ),
        ));
    }
    advice.extend(report.clock_offset.filter(|offset| offset.abs() > CLOCK_OFF).map(on_clock));
    if report.transport == Transport::Udp {
        advice.push(Sentence::new(
            "Camera truyền qua UDP: Wi-Fi hoặc mạng bận dễ làm mất hình. Nên dùng dây mạng nếu được.",
            "The camera sends over UDP, where Wi-Fi and busy networks lose pictures. Use a cable if you can.",
        ));
    }
    if damages > 0 {
        let times = if damages == 1 { "once".to_owned() } else { format!("{damages} times") };
        advice.push(Sentence::new(
            format!("Luồng hình bị mất dữ liệu {damages} lần trong lúc thử. Kiểm tra mạng của camera."),
            format!(
                "Part of the stream was lost {times} while it was tried. Check the network of the camera."
            ),
        ));
    }
    if jumps > 0 {
        advice.push(Sentence::new(
            "Nhãn thời gian của camera bị nhảy. Cập nhật phần mềm của camera; bản ghi được sửa lại trong khả năng có thể.",
            "The camera's time stamps jump. Update its firmware; recordings are mended as well as can be.",
        ));
    }
    if let Some(reason) = &report.audio_dropped {
        advice.push(Sentence::new(
            format!("Sẽ không ghi âm thanh: {}.", reason.vi),
            format!("Sound will not be recorded: {}.", reason.en),
        ));
    }
    advice
}

fn on_key_frames(report: &StreamReport, watched: f32) -> Option<Sentence> {
    match report.key_frame_distance {
        Some(distance) if distance > KEY_FRAMES_FAR => Some(Sentence::new(
            format!(
                "Khung hình chính cách nhau {distance:.1} giây. Đặt khoảng cách khung hình chính (I-frame) là 2 giây: \
                 tua nhanh hơn và mất ít hình hơn sau mỗi lần nhiễu."
            ),
            format!(
                "Key frames come every {distance:.1} s. Set the key-frame (I-frame) interval to 2 s: seeking gets \
                 quicker, and less is lost after a disturbance."
            ),
        )),
        None if watched > KEY_FRAMES_FAR => Some(Sentence::new(
            format!(
                "Chỉ có một khung hình chính trong {watched:.0} giây. Đặt khoảng cách khung hình chính (I-frame) là 2 \
                 giây và tắt \"smart codec\" (H.264+, H.265+)."
            ),
            format!(
                "Only one key frame came in {watched:.0} s. Set the key-frame (I-frame) interval to 2 s and switch \
                 \"smart codec\" (H.264+, H.265+) off."
            ),
        )),
        _ => None,
    }
}

fn on_clock(offset: f64) -> Sentence {
    let ahead = offset > 0.0;
    let by = |language: Language| language.span(offset.abs() as f32);
    Sentence::new(
        format!(
            "Đồng hồ camera chạy {} {}. Bản ghi không bị ảnh hưởng; hãy đặt máy chủ thời gian (NTP) để giờ hiện trên \
             hình được đúng.",
            if ahead { "nhanh" } else { "chậm" },
            by(Language::Vi)
        ),
        format!(
            "The camera's clock is {} {}. Recordings are not affected; set its time server (NTP) so that the time \
             shown in the picture is right.",
            by(Language::En),
            if ahead { "ahead" } else { "behind" }
        ),
    )
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
            picture: None,
            no_picture: None,
        }
    }

    #[test]
    fn a_good_stream_gets_no_advice() {
        assert_eq!(on(&report(), 8.0, 0, 0), Vec::<Sentence>::new());
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
            StreamReport {
                audio_dropped: Some(Sentence::new("âm thanh là loại G.711", "the sound is G.711")),
                ..report()
            },
        ];
        for report in weak {
            assert_eq!(on(&report, 8.0, 0, 0).len(), 1, "{report:?}");
        }
        let clock = on(&StreamReport { clock_offset: Some(-240.0), ..report() }, 8.0, 0, 0);
        assert!(clock[0].en.contains("4 min behind") && clock[0].vi.contains("chậm 4 phút"), "{clock:?}");
    }
}
