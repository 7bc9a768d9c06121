//! What went wrong with a stream, in kinds that callers branch on and words, in both languages, that a person acts on.

mod facts;
#[cfg(test)]
mod tests;

use std::time::Duration;

use domain::{ConnectFailure, FailureKind, Sentence, Transport};

pub(crate) use self::facts::{Facts, Stage};
use crate::address::Target;

/// What helps where a camera speaks strangely, said in both languages.
const UPDATE: (&str, &str) = (
    "Khởi động lại camera và cập nhật phần mềm (firmware). Nếu vẫn không được, hãy báo tên model của camera.",
    "Restart the camera and update its firmware. If that does not help, report the camera's model.",
);
/// What helps where nothing comes any more.
const CHECK_NETWORK: (&str, &str) = (
    "Kiểm tra dây mạng hoặc Wi-Fi của camera; nếu hay xảy ra thì khởi động lại camera.",
    "Check the camera's network cable or Wi-Fi, and restart the camera if it happens often.",
);

/// Says what an error of retina means for the person who looks after the camera.
pub(crate) fn explain(
    facts: &Facts,
    stage: Stage,
    target: &Target,
    transport: Transport,
    has_credentials: bool,
) -> ConnectFailure {
    let place = target.place();
    if facts.refuses_transport(stage) {
        let transport = transport.as_str().to_ascii_uppercase();
        return failure(
            FailureKind::TransportRefused,
            (
                format!("{place} từ chối truyền qua {transport}"),
                format!("{place} refuses to send over {transport}"),
            ),
            (
                "Đặt kiểu truyền là tự động hoặc kiểu còn lại; một số camera có mục chọn kiểu truyền trong cài đặt.",
                "Set the transport to automatic, or to the other one; some cameras have a setting for it.",
            ),
        );
    }
    if let Some(status) = facts.status.filter(|status| !(200..300).contains(status)) {
        return of_status(status, stage, target, has_credentials);
    }
    let said = facts.shown(target).map_or_else(String::new, |detail| format!(": {detail}"));
    match (facts.variant.as_str(), facts.io.as_deref()) {
        ("ConnectError", io) => of_connection(io, &place),
        ("RtspFramingError", _) if stage == Stage::Stream && facts.detail.contains("at EOF") => {
            closed(&place, stage)
        }
        ("RtspFramingError", _) | ("RtspReadError", Some("InvalidData")) if stage == Stage::Describe => {
            not_rtsp(&place)
        }
        ("RtspReadError", Some("TimedOut")) => failure(
            FailureKind::Stalled,
            (
                format!("{place} ngừng trả lời trong lúc đang truyền hình"),
                format!("{place} stopped answering while it was streaming"),
            ),
            CHECK_NETWORK,
        ),
        ("RtspReadError" | "WriteError" | "UdpRecvError", _) => closed(&place, stage),
        ("RtspResponseError", _) => failure(
            FailureKind::Protocol,
            (
                format!("{place} trả lời {} không hợp lệ{said}", stage.ten()),
                format!("{place} gave an answer to {} that makes no sense{said}", stage.name()),
            ),
            UPDATE,
        ),
        _ => failure(
            FailureKind::Protocol,
            (
                format!("{place} làm sai giao thức ở bước {}{said}", stage.ten()),
                format!("{place} broke the protocol in {}{said}", stage.name()),
            ),
            UPDATE,
        ),
    }
}

/// What an answer other than 2xx means.
pub(crate) fn of_status(status: u16, stage: Stage, target: &Target, has_credentials: bool) -> ConnectFailure {
    let (place, path) = (target.place(), &target.path);
    match status {
        401 | 403 => refused_user(status, &place, path, has_credentials),
        404 => failure(
            FailureKind::NoSuchPath,
            (format!("{place} không có đường dẫn {path}"), format!("{place} knows no path {path}")),
            (
                "Kiểm tra đường dẫn: mỗi hãng một kiểu, ví dụ /Streaming/Channels/101 (Hikvision), \
                 /cam/realmonitor?channel=1&subtype=0 (Dahua, KBVision, Imou) hoặc /stream1 (Tapo).",
                "Check the path: each brand has its own, such as /Streaming/Channels/101 (Hikvision), \
                 /cam/realmonitor?channel=1&subtype=0 (Dahua, KBVision, Imou) or /stream1 (Tapo).",
            ),
        ),
        453 | 503 => failure(
            FailureKind::Refused,
            (
                format!("{place} đang bận, trả lời {} bằng mã {status}", stage.ten()),
                format!("{place} is busy and answers {} with {status}", stage.name()),
            ),
            (
                "Tắt các phần mềm, đầu ghi khác đang xem camera này: nhiều loại chỉ cho hai luồng cùng lúc.",
                "Close other viewers and recorders of this camera: many allow only two streams at a time.",
            ),
        ),
        300..=399 => failure(
            FailureKind::NoSuchPath,
            (
                format!("{place} chuyển {path} sang địa chỉ khác ({status})"),
                format!("{place} sends callers of {path} elsewhere ({status})"),
            ),
            (
                "Nhập đúng địa chỉ mà camera hoặc đầu ghi của nó đang dùng.",
                "Enter the address that the camera or its recorder uses itself.",
            ),
        ),
        _ => failure(
            FailureKind::Protocol,
            (
                format!("{place} trả lời {} bằng mã lỗi {status}", stage.ten()),
                format!("{place} answers {} with status {status}", stage.name()),
            ),
            (
                "Kiểm tra đường dẫn rồi khởi động lại camera. Một số camera trả lời như vậy khi sai đường dẫn.",
                "Check the path, and restart the camera. Some cameras answer so where a path does not exist.",
            ),
        ),
    }
}

fn refused_user(status: u16, place: &str, path: &str, has_credentials: bool) -> ConnectFailure {
    let kind = FailureKind::WrongPassword;
    match status {
        403 => failure(
            kind,
            (
                format!("{place} không cho tài khoản này xem {path}"),
                format!("{place} forbids this user to see {path}"),
            ),
            (
                "Cấp quyền xem trực tiếp cho tài khoản trong cài đặt của camera, hoặc dùng tài khoản khác.",
                "Give the user the right to live video in the camera's settings, or use another user.",
            ),
        ),
        _ if !has_credentials => failure(
            kind,
            (
                format!("{place} yêu cầu tài khoản và mật khẩu, nhưng chưa có"),
                format!("{place} asks for a user name and a password, and none are stored"),
            ),
            (
                "Nhập tài khoản và mật khẩu của camera. Nhiều hãng có tài khoản riêng cho RTSP hoặc ONVIF.",
                "Enter the camera's user name and password. On many brands RTSP or ONVIF has an account of its own.",
            ),
        ),
        _ => failure(
            kind,
            (
                format!("Sai tài khoản hoặc mật khẩu: {place} không chấp nhận"),
                format!("{place} does not accept the user name or the password"),
            ),
            (
                "Kiểm tra cả tài khoản lẫn mật khẩu. Imou và Ezviz dùng mã an toàn in trên tem làm mật khẩu, Tapo \
                 dùng tài khoản camera tạo trong ứng dụng. Nhập sai nhiều lần, một số camera sẽ khóa nửa giờ.",
                "Check both. Imou and Ezviz want the code on the label as password, Tapo the camera account made in \
                 its app. Several wrong tries lock some cameras for half an hour.",
            ),
        ),
    }
}

fn of_connection(kind: Option<&str>, place: &str) -> ConnectFailure {
    match kind {
        Some("ConnectionRefused" | "ConnectionReset" | "ConnectionAborted" | "PermissionDenied") => failure(
            FailureKind::Refused,
            (
                format!("Cổng {place} đang đóng hoặc bị tường lửa chặn"),
                format!("nothing listens at {place}, or a firewall says no"),
            ),
            (
                "Kiểm tra cổng (đa số camera dùng 554) và bật RTSP trong cài đặt hoặc ứng dụng của camera. Một số \
                 bản phần mềm Ezviz đóng cổng này, còn camera dùng pin thì không có.",
                "Check the port (554 for most cameras) and switch RTSP on in the camera's settings or app. Some \
                 Ezviz firmware closes the port, and battery cameras have none.",
            ),
        ),
        Some("TimedOut" | "HostUnreachable" | "NetworkUnreachable" | "NetworkDown") => unreachable(place),
        _ => failure(
            FailureKind::Refused,
            (format!("Không kết nối được tới {place}"), format!("no connection to {place} can be made")),
            ("Kiểm tra địa chỉ và mạng của máy chủ.", "Check the address and the server's network."),
        ),
    }
}

/// The connection could not be made.
pub(crate) fn unconnected(error: &std::io::Error, place: &str) -> ConnectFailure {
    of_connection(Some(&format!("{:?}", error.kind())), place)
}

/// The address holds a user name or a password.
pub(crate) fn password_in_address() -> ConnectFailure {
    failure(
        FailureKind::WrongPassword,
        (
            "Địa chỉ có chứa tài khoản hoặc mật khẩu".to_owned(),
            "the address holds a user name or a password".to_owned(),
        ),
        (
            "Bỏ cả hai khỏi địa chỉ và nhập vào ô riêng.",
            "Take both out of the address and give them in their own fields.",
        ),
    )
}

/// The address is none of RTSP.
pub(crate) fn no_rtsp_address(scheme: &str) -> ConnectFailure {
    failure(
        FailureKind::NotRtsp,
        (
            format!("Địa chỉ bắt đầu bằng {scheme:?} không phải địa chỉ RTSP"),
            format!("an address that begins with {scheme:?} is not an RTSP address"),
        ),
        ("Nhập địa chỉ dạng rtsp://máy:cổng/đường-dẫn.", "Give the address as rtsp://host:port/path."),
    )
}

/// The camera refuses TCP and UDP.
pub(crate) fn both_refused(target: &Target) -> ConnectFailure {
    let place = target.place();
    failure(
        FailureKind::TransportRefused,
        (
            format!("{place} từ chối truyền cả qua TCP lẫn UDP"),
            format!("{place} refuses to send over TCP and over UDP"),
        ),
        (
            "Xem trong cài đặt camera có đang chỉ phát multicast không; nếu có thì tắt đi.",
            "Look in the camera's settings whether it sends by multicast only, and switch that off.",
        ),
    )
}

/// The name server knows no such host.
pub(crate) fn host_not_found(target: &Target) -> ConnectFailure {
    let host = &target.host;
    failure(
        FailureKind::HostNotFound,
        (format!("Không tìm thấy máy nào tên {host:?}"), format!("the name {host:?} belongs to no host")),
        (
            "Kiểm tra lại cách viết, hoặc nhập địa chỉ IP của camera.",
            "Check the spelling, or enter the camera's IP address.",
        ),
    )
}

/// The host does not react at all.
pub(crate) fn unreachable(place: &str) -> ConnectFailure {
    failure(
        FailureKind::TimedOut,
        (format!("{place} không trả lời"), format!("{place} does not answer")),
        (
            "Kiểm tra nguồn điện, mạng của camera và xem địa chỉ IP có bị đổi không.",
            "Check that the camera has power and network, and that its address has not changed.",
        ),
    )
}

/// The host took the connection and said nothing.
pub(crate) fn silent(place: &str, stage: Stage, waited: Duration) -> ConnectFailure {
    let waited = waited.as_secs_f64().max(1.0);
    failure(
        FailureKind::TimedOut,
        (
            format!("{place} không trả lời {} trong {waited:.0} giây", stage.ten()),
            format!("{place} did not answer {} within {waited:.0} s", stage.name()),
        ),
        (
            "Khởi động lại camera. Nếu vẫn vậy, kiểm tra xem đó có đúng là cổng RTSP của camera không.",
            "Restart the camera. If it stays so, check that the port is the camera's RTSP port.",
        ),
    )
}

/// The presentation has no video.
pub(crate) fn no_video(target: &Target) -> ConnectFailure {
    let (place, path) = (target.place(), &target.path);
    failure(
        FailureKind::NoVideo,
        (format!("{place} không có hình tại {path}"), format!("{place} offers no video at {path}")),
        (
            "Kiểm tra đường dẫn: có thể đây là đường dẫn chỉ có tiếng hoặc dữ liệu.",
            "Check the path: this one may be for sound or data only.",
        ),
    )
}

/// The video is compressed in a way that is not supported.
pub(crate) fn unsupported_codec(target: &Target, name: &str) -> ConnectFailure {
    let name = target.shown(name).map(|name| name.to_uppercase());
    let path = &target.path;
    failure(
        FailureKind::UnsupportedCodec,
        (
            format!(
                "Hình tại {path} nén kiểu {}, không phải H.264 hay H.265",
                name.as_deref().unwrap_or("không rõ")
            ),
            format!(
                "the video at {path} is {}, not H.264 or H.265",
                name.as_deref().unwrap_or("SOMETHING UNKNOWN")
            ),
        ),
        (
            "Đặt luồng này là H.264 (hoặc H.265) trong cài đặt camera, không dùng \"smart codec\" hay dấu \"+\".",
            "Set this stream to H.264 (or H.265) in the camera's settings, without \"smart codec\" or \"+\".",
        ),
    )
}

/// The picture has no or an absurd size, or parameter sets cannot be read.
pub(crate) fn bad_parameters(detail: &str) -> ConnectFailure {
    failure(
        FailureKind::BadParameters,
        (
            format!("Camera mô tả khung hình không hợp lệ: {detail}"),
            format!("the camera describes its picture in a way that cannot be: {detail}"),
        ),
        (
            "Chọn độ phân giải khác trong cài đặt camera, hoặc khởi động lại và cập nhật phần mềm của camera.",
            "Set another resolution in the camera's settings, or restart the camera and update its firmware.",
        ),
    )
}

/// Pictures come, but none to start from.
pub(crate) fn no_key_frame(waited: Duration) -> ConnectFailure {
    let waited = waited.as_secs_f64().max(1.0);
    failure(
        FailureKind::NoKeyFrame,
        (
            format!("Không có khung hình chính (I-frame) nào trong {waited:.0} giây"),
            format!("no key frame came within {waited:.0} s"),
        ),
        (
            "Đặt khoảng cách khung hình chính (I-frame) tối đa 2 giây trong cài đặt camera và tắt \"smart codec\".",
            "Set the key-frame (I-frame) interval to 2 s or less in the camera's settings, and switch \"smart \
             codec\" off.",
        ),
    )
}

/// No picture came for a while.
pub(crate) fn stalled(target: &Target, transport: Transport, waited: Duration, ever: bool) -> ConnectFailure {
    let (place, waited) = (target.place(), waited.as_secs_f64().max(1.0));
    let remedy = if transport == Transport::Udp {
        (
            "Truyền qua UDP có thể bị tường lửa chặn: nếu camera cho phép thì đặt kiểu truyền là TCP, nếu không thì \
             mở tường lửa. Ngoài ra, kiểm tra mạng của camera và khởi động lại camera.",
            "Over UDP a firewall may drop the pictures: set the transport to TCP if the camera can, else open the \
             way. Otherwise check the camera's network and restart it.",
        )
    } else {
        CHECK_NETWORK
    };
    let message = if ever {
        (
            format!("{place} không gửi hình nào trong {waited:.0} giây"),
            format!("{place} has sent no picture for {waited:.0} s"),
        )
    } else {
        (
            format!("{place} nhận lệnh phát nhưng không gửi hình nào trong {waited:.0} giây"),
            format!("{place} plays, but sent no picture within {waited:.0} s"),
        )
    };
    failure(FailureKind::Stalled, message, remedy)
}

/// The camera hung up.
pub(crate) fn closed(place: &str, stage: Stage) -> ConnectFailure {
    let message = match stage {
        Stage::Stream => (format!("{place} đã ngắt kết nối"), format!("{place} closed the connection")),
        stage => (
            format!("{place} ngắt kết nối thay vì trả lời {}", stage.ten()),
            format!("{place} closed the connection instead of answering {}", stage.name()),
        ),
    };
    failure(
        FailureKind::Closed,
        message,
        (
            "Khởi động lại camera và tắt các phần mềm khác đang xem camera này. Một số camera tự ngắt khi có quá \
             nhiều người xem.",
            "Restart the camera, and close other viewers of it. Some cameras hang up where too many watch.",
        ),
    )
}

/// A library gave up on what the camera sent.
pub(crate) fn absurd(target: &Target) -> ConnectFailure {
    let place = target.place();
    failure(
        FailureKind::Protocol,
        (
            format!("{place} gửi dữ liệu không xử lý được"),
            format!("{place} sent something that could not be handled"),
        ),
        UPDATE,
    )
}

/// What answers speaks something else.
pub(crate) fn not_rtsp(place: &str) -> ConnectFailure {
    failure(
        FailureKind::NotRtsp,
        (
            format!("Thiết bị tại {place} không dùng giao thức RTSP"),
            format!("what answers at {place} does not speak RTSP"),
        ),
        (
            "Kiểm tra cổng: RTSP thường là 554; các cổng 80, 8000 và 37777 dùng cho việc khác.",
            "Check the port: 554 is usual for RTSP; 80, 8000 and 37777 are for other things.",
        ),
    )
}

fn failure(kind: FailureKind, (vi, en): (String, String), remedy: (&str, &str)) -> ConnectFailure {
    ConnectFailure { kind, message: Sentence::new(vi, en), remedy: Sentence::new(remedy.0, remedy.1) }
}
