//! What went wrong with a stream, in kinds that callers branch on and words that a person acts on.
//!
//! [`retina::Error`] offers a status code and text. Its `Debug` form begins with the name of the variant and
//! holds the number of the stream and the kind of an I/O error; [`Facts`] reads these, and falls back to
//! "broke the protocol" where a later version should print something else.

use std::time::Duration;

use domain::{ConnectFailure, FailureKind, Transport};

use crate::address::Target;

/// How far a session had come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Connecting and DESCRIBE.
    Describe,
    /// SETUP of the video.
    Setup,
    /// PLAY.
    Play,
    /// Receiving.
    Stream,
}

impl Stage {
    const fn name(self) -> &'static str {
        match self {
            Self::Describe => "DESCRIBE",
            Self::Setup => "SETUP",
            Self::Play => "PLAY",
            Self::Stream => "the stream",
        }
    }
}

/// What can be told of an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Facts {
    /// Name of retina's error variant.
    variant: String,
    /// RTSP status code, where it is about an answer.
    pub(crate) status: Option<u16>,
    /// Name of the [`std::io::ErrorKind`], where it is about input or output.
    io: Option<String>,
    /// Which of the presentation's streams a packet belonged to, where it is about a packet.
    pub(crate) stream: Option<usize>,
    /// The first paragraph of the message.
    detail: String,
}

impl Facts {
    /// Reads an error of retina.
    pub(crate) fn of(error: &retina::Error) -> Self {
        Self::read(&format!("{error:?}"), &error.to_string(), error.status_code())
    }

    fn read(debug: &str, display: &str, status: Option<u16>) -> Self {
        let variant: String = debug.chars().take_while(char::is_ascii_alphanumeric).collect();
        let stream = (variant == "RtpPacketError" || variant == "PacketError")
            .then(|| after(debug, "stream_id: ").and_then(|text| text.parse().ok()))
            .flatten();
        let io = ["ConnectError", "RtspReadError", "UdpRecvError", "WriteError"]
            .contains(&variant.as_str())
            .then(|| after(debug, "kind: "))
            .flatten();
        let detail = display.split("\n\n").next().unwrap_or_default().to_owned();
        Self { variant, status, io, stream, detail }
    }

    /// Whether it is about a single packet, after which the session can go on.
    pub(crate) fn is_packet(&self) -> bool {
        self.variant == "RtpPacketError" || self.variant == "PacketError"
    }

    /// Whether the packet did not belong to this session or came twice, so that nothing is missing for it.
    pub(crate) fn is_foreign_packet(&self) -> bool {
        self.variant == "PacketError"
            || self.detail.starts_with("wrong ssrc")
            || self.detail.starts_with("Out-of-order")
    }

    /// Whether it says that parameter sets cannot be read.
    pub(crate) fn is_bad_parameters(&self) -> bool {
        let detail = self.detail.to_ascii_lowercase();
        self.is_packet() && ["sps", "pps", "vps", "pixel dimensions"].iter().any(|word| detail.contains(word))
    }

    /// The message in one line that may be shown.
    pub(crate) fn shown(&self, target: &Target) -> Option<String> {
        target.shown(&self.detail)
    }

    /// Whether the camera refused the transport, so that another may do.
    fn refuses_transport(&self, stage: Stage) -> bool {
        stage == Stage::Setup
            && (matches!(self.status, Some(406 | 454 | 461))
                || self.detail.contains("Transport header is missing"))
    }
}

/// The word that follows `key` in `text`.
fn after(text: &str, key: &str) -> Option<String> {
    let (_, rest) = text.split_once(key)?;
    let word: String = rest.chars().take_while(char::is_ascii_alphanumeric).collect();
    (!word.is_empty()).then_some(word)
}

/// Says what an error of retina means for the person who looks after the camera.
pub(crate) fn explain(
    facts: &Facts,
    stage: Stage,
    target: &Target,
    transport: Transport,
    has_credentials: bool,
) -> ConnectFailure {
    let place = target.place();
    let path = &target.path;
    if facts.refuses_transport(stage) {
        return failure(
            FailureKind::TransportRefused,
            format!("{place} refuses to send over {}", transport.as_str().to_ascii_uppercase()),
            "Set the transport to automatic, or to the other one; some cameras have a setting for it.",
        );
    }
    if let Some(status) = facts.status.filter(|status| !(200..300).contains(status)) {
        return explain_status(status, stage, &place, path, has_credentials);
    }
    let said = facts.shown(target).map_or_else(String::new, |detail| format!(": {detail}"));
    match (facts.variant.as_str(), facts.io.as_deref()) {
        ("ConnectError", io) => explain_io(io, &place),
        ("RtspFramingError", _) if stage == Stage::Stream && facts.detail.contains("at EOF") => {
            closed(&place, stage)
        }
        ("RtspFramingError", _) | ("RtspReadError", Some("InvalidData")) if stage == Stage::Describe => {
            not_rtsp(&place)
        }
        ("RtspReadError", Some("TimedOut")) => failure(
            FailureKind::Stalled,
            format!("{place} stopped answering while it was streaming"),
            "Check the camera's network cable or Wi-Fi, and restart the camera if it happens often.",
        ),
        ("RtspReadError" | "WriteError" | "UdpRecvError", _) => closed(&place, stage),
        ("RtspResponseError", _) => failure(
            FailureKind::Protocol,
            format!("{place} gave an answer to {} that makes no sense{said}", stage.name()),
            "Update the camera's firmware. If that does not help, report the camera's model.",
        ),
        _ => failure(
            FailureKind::Protocol,
            format!("{place} broke the protocol in {}{said}", stage.name()),
            "Restart the camera and update its firmware. If that does not help, report the camera's model.",
        ),
    }
}

fn explain_status(
    status: u16,
    stage: Stage,
    place: &str,
    path: &str,
    has_credentials: bool,
) -> ConnectFailure {
    match status {
        401 if !has_credentials => failure(
            FailureKind::WrongPassword,
            format!("{place} asks for a user name and a password, and none are stored"),
            "Enter the camera's user name and password. On many brands RTSP or ONVIF has an account of its own.",
        ),
        401 => failure(
            FailureKind::WrongPassword,
            format!("{place} does not accept the user name or the password"),
            "Check both. Imou and Ezviz want the code on the label as password, Tapo the camera account made in \
             its app. Several wrong tries lock some cameras for half an hour.",
        ),
        403 => failure(
            FailureKind::WrongPassword,
            format!("{place} forbids this user to see {path}"),
            "Give the user the right to live video in the camera's settings, or use another user.",
        ),
        404 => failure(
            FailureKind::NoSuchPath,
            format!("{place} knows no path {path}"),
            "Check the path: each brand has its own, such as /Streaming/Channels/101 (Hikvision), \
             /cam/realmonitor?channel=1&subtype=0 (Dahua, KBVision, Imou) or /stream1 (Tapo).",
        ),
        453 | 503 => failure(
            FailureKind::Refused,
            format!("{place} is busy and answers {} with {status}", stage.name()),
            "Close other viewers and recorders of this camera: many allow only two streams at a time.",
        ),
        300..=399 => failure(
            FailureKind::NoSuchPath,
            format!("{place} sends callers of {path} elsewhere ({status})"),
            "Enter the address that the camera or its recorder uses itself.",
        ),
        _ => failure(
            FailureKind::Protocol,
            format!("{place} answers {} with status {status}", stage.name()),
            "Check the path, and restart the camera. Some cameras answer so where a path does not exist.",
        ),
    }
}

fn explain_io(kind: Option<&str>, place: &str) -> ConnectFailure {
    match kind {
        Some("ConnectionRefused" | "ConnectionReset" | "ConnectionAborted" | "PermissionDenied") => failure(
            FailureKind::Refused,
            format!("nothing listens at {place}, or a firewall says no"),
            "Check the port (554 for most cameras) and switch RTSP on in the camera's settings or app. Some \
             Ezviz firmware closes the port, and battery cameras have none.",
        ),
        Some("TimedOut" | "HostUnreachable" | "NetworkUnreachable" | "NetworkDown") => unreachable(place),
        _ => failure(
            FailureKind::Refused,
            format!("no connection to {place} can be made"),
            "Check the address and the server's network.",
        ),
    }
}

/// The camera refuses TCP and UDP.
pub(crate) fn both_refused(target: &Target) -> ConnectFailure {
    failure(
        FailureKind::TransportRefused,
        format!("{} refuses to send over TCP and over UDP", target.place()),
        "Look in the camera's settings whether it sends by multicast only, and switch that off.",
    )
}

/// The name server knows no such host.
pub(crate) fn host_not_found(target: &Target) -> ConnectFailure {
    failure(
        FailureKind::HostNotFound,
        format!("the name {:?} belongs to no host", target.host),
        "Check the spelling, or enter the camera's IP address.",
    )
}

/// The host does not react at all.
pub(crate) fn unreachable(place: &str) -> ConnectFailure {
    failure(
        FailureKind::TimedOut,
        format!("{place} does not answer"),
        "Check that the camera has power and network, and that its address has not changed.",
    )
}

/// The host took the connection and said nothing.
pub(crate) fn silent(place: &str, stage: Stage, waited: Duration) -> ConnectFailure {
    failure(
        FailureKind::TimedOut,
        format!("{place} did not answer {} within {:.0} s", stage.name(), waited.as_secs_f64().max(1.0)),
        "Restart the camera. If it stays so, check that the port is the camera's RTSP port.",
    )
}

/// The presentation has no video.
pub(crate) fn no_video(target: &Target) -> ConnectFailure {
    failure(
        FailureKind::NoVideo,
        format!("{} offers no video at {}", target.place(), target.path),
        "Check the path: this one may be for sound or data only.",
    )
}

/// The video is compressed in a way that is not supported.
pub(crate) fn unsupported_codec(target: &Target, name: &str) -> ConnectFailure {
    let name = target.shown(name).unwrap_or_else(|| "something unknown".into()).to_uppercase();
    failure(
        FailureKind::UnsupportedCodec,
        format!("the video at {} is {name}, not H.264 or H.265", target.path),
        "Set this stream to H.264 (or H.265) in the camera's settings, without \"smart codec\" or \"+\".",
    )
}

/// The picture has no or an absurd size, or parameter sets cannot be read.
pub(crate) fn bad_parameters(detail: &str) -> ConnectFailure {
    failure(
        FailureKind::BadParameters,
        format!("the camera describes its picture in a way that cannot be: {detail}"),
        "Set another resolution in the camera's settings, or restart the camera and update its firmware.",
    )
}

/// Pictures come, but none to start from.
pub(crate) fn no_key_frame(waited: Duration) -> ConnectFailure {
    failure(
        FailureKind::NoKeyFrame,
        format!("no key frame came within {:.0} s", waited.as_secs_f64().max(1.0)),
        "Set the key-frame (I-frame) interval to 2 s or less in the camera's settings, and switch \"smart \
         codec\" off.",
    )
}

/// No picture came for a while.
pub(crate) fn stalled(target: &Target, transport: Transport, waited: Duration, ever: bool) -> ConnectFailure {
    let place = target.place();
    let waited = waited.as_secs_f64().max(1.0);
    let remedy = if transport == Transport::Udp {
        "Over UDP a firewall may drop the pictures: set the transport to TCP if the camera can, else open the \
         way. Otherwise check the camera's network and restart it."
    } else {
        "Check the camera's network cable or Wi-Fi, and restart the camera if it happens often."
    };
    let message = if ever {
        format!("{place} has sent no picture for {waited:.0} s")
    } else {
        format!("{place} plays, but sent no picture within {waited:.0} s")
    };
    failure(FailureKind::Stalled, message, remedy)
}

/// The camera hung up.
pub(crate) fn closed(place: &str, stage: Stage) -> ConnectFailure {
    let message = match stage {
        Stage::Stream => format!("{place} closed the connection"),
        stage => format!("{place} closed the connection instead of answering {}", stage.name()),
    };
    failure(
        FailureKind::Closed,
        message,
        "Restart the camera, and close other viewers of it. Some cameras hang up where too many watch.",
    )
}

/// A library gave up on what the camera sent.
pub(crate) fn absurd(target: &Target) -> ConnectFailure {
    failure(
        FailureKind::Protocol,
        format!("{} sent something that could not be handled", target.place()),
        "Restart the camera and update its firmware. If that does not help, report the camera's model.",
    )
}

fn not_rtsp(place: &str) -> ConnectFailure {
    failure(
        FailureKind::NotRtsp,
        format!("what answers at {place} does not speak RTSP"),
        "Check the port: 554 is usual for RTSP; 80, 8000 and 37777 are for other things.",
    )
}

fn failure(kind: FailureKind, message: String, remedy: &str) -> ConnectFailure {
    ConnectFailure { kind, message, remedy: remedy.to_owned() }
}

#[cfg(test)]
mod tests {
    use domain::StreamAddress;

    use super::*;

    fn target() -> Target {
        let url = "rtsp://cam.local/stream1".parse().unwrap();
        Target::new(&StreamAddress { url, credentials: None, transport: Transport::Auto }).unwrap()
    }

    fn kind(debug: &str, display: &str, status: Option<u16>, stage: Stage) -> FailureKind {
        explain(&Facts::read(debug, display, status), stage, &target(), Transport::Tcp, true).kind
    }

    #[test]
    fn statuses_become_kinds() {
        let of = |status, stage| kind("RtspResponseError { ", "401 response", Some(status), stage);
        assert_eq!(of(401, Stage::Describe), FailureKind::WrongPassword);
        assert_eq!(of(403, Stage::Describe), FailureKind::WrongPassword);
        assert_eq!(of(404, Stage::Describe), FailureKind::NoSuchPath);
        assert_eq!(of(404, Stage::Setup), FailureKind::NoSuchPath);
        assert_eq!(of(461, Stage::Setup), FailureKind::TransportRefused);
        assert_eq!(of(454, Stage::Setup), FailureKind::TransportRefused);
        assert_eq!(of(454, Stage::Play), FailureKind::Protocol);
        assert_eq!(of(453, Stage::Setup), FailureKind::Refused);
        assert_eq!(of(302, Stage::Describe), FailureKind::NoSuchPath);
        assert_eq!(of(500, Stage::Describe), FailureKind::Protocol);
    }

    #[test]
    fn errors_of_input_and_output_become_kinds() {
        let os = |kind| format!("ConnectError(Os {{ code: 111, kind: {kind}, message: \"…\" }})");
        assert_eq!(kind(&os("ConnectionRefused"), "", None, Stage::Describe), FailureKind::Refused);
        assert_eq!(kind(&os("HostUnreachable"), "", None, Stage::Describe), FailureKind::TimedOut);
        assert_eq!(kind("RtspFramingError { conn", "", None, Stage::Describe), FailureKind::NotRtsp);
        assert_eq!(kind("RtspFramingError { conn", "", None, Stage::Stream), FailureKind::Protocol);
        let eof = "RtspReadError { source: Custom { kind: UnexpectedEof, error: \"\" } }";
        assert_eq!(kind(eof, "", None, Stage::Describe), FailureKind::Closed);
        assert_eq!(kind("", "", None, Stage::Stream), FailureKind::Protocol);
    }

    #[test]
    fn a_transport_that_does_not_match_is_a_refusal() {
        let said =
            "200 OK response to SETUP CSeq=2: Transport header is missing interleaved parameter\n\nconn";
        assert_eq!(
            kind("RtspResponseError { ", said, Some(200), Stage::Setup),
            FailureKind::TransportRefused
        );
    }

    #[test]
    fn packets_name_their_stream() {
        let debug = "RtpPacketError { conn_ctx: ConnectionContext { }, stream_id: 1, ssrc: 3, description: \"stream_id: 9\" }";
        let facts = Facts::read(debug, "Bad SPS 00: err\n\nconn", None);
        assert_eq!(facts.stream, Some(1));
        assert!(facts.is_packet() && facts.is_bad_parameters() && !facts.is_foreign_packet());
        assert!(Facts::read("RtpPacketError {", "wrong ssrc after 3", None).is_foreign_packet());
    }

    #[test]
    fn arbitrary_errors_are_explained() {
        bolero::check!().with_type::<(String, String, Option<u16>, u8)>().for_each(
            |(debug, display, status, stage)| {
                let stages = [Stage::Describe, Stage::Setup, Stage::Play, Stage::Stream];
                let stage = stages[usize::from(stage % 4)];
                let facts = Facts::read(debug, display, *status);
                let failure = explain(&facts, stage, &target(), Transport::Udp, false);
                assert!(!failure.message.is_empty() && !failure.remedy.is_empty());
                assert!(failure.message.chars().count() < 400 && !failure.message.contains(char::is_control));
            },
        );
    }
}
