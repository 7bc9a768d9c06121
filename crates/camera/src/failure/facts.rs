//! What can be told of an error of retina.
//!
//! [`retina::Error`] offers a status code and text. Its `Debug` form begins with the name of the variant and
//! holds the number of the stream and the kind of an I/O error; [`Facts`] reads these, and falls back to
//! "broke the protocol" where a later version should print something else.

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
    /// Its name in a sentence in English.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Describe => "DESCRIBE",
            Self::Setup => "SETUP",
            Self::Play => "PLAY",
            Self::Stream => "the stream",
        }
    }

    /// Its name in a sentence in Vietnamese.
    pub(super) const fn ten(self) -> &'static str {
        match self {
            Self::Stream => "luồng hình",
            asked => asked.name(),
        }
    }
}

/// What can be told of an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Facts {
    /// Name of retina's error variant.
    pub(super) variant: String,
    /// RTSP status code, where it is about an answer.
    pub(crate) status: Option<u16>,
    /// Name of the [`std::io::ErrorKind`], where it is about input or output.
    pub(super) io: Option<String>,
    /// Which of the presentation's streams a packet belonged to, where it is about a packet.
    pub(crate) stream: Option<usize>,
    /// The first paragraph of the message.
    pub(super) detail: String,
}

impl Facts {
    /// Reads an error of retina.
    pub(crate) fn of(error: &retina::Error) -> Self {
        Self::read(&format!("{error:?}"), &error.to_string(), error.status_code())
    }

    pub(super) fn read(debug: &str, display: &str, status: Option<u16>) -> Self {
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
    pub(super) fn refuses_transport(&self, stage: Stage) -> bool {
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
