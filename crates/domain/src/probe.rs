//! What is found when a camera is tried before it is added, and what may be wrong with it.

use serde::{Deserialize, Serialize};

use crate::{Sentence, StreamKind, Transport, VideoCodec};

/// What kind of trouble it is. Callers branch on it; the interface translates it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    /// The name does not resolve.
    HostNotFound,
    /// Nothing listens at the port, or a firewall says no.
    Refused,
    /// No answer within the limit.
    TimedOut,
    /// The user name or password is wrong or missing.
    WrongPassword,
    /// The camera knows no such path.
    NoSuchPath,
    /// What answers does not speak RTSP.
    NotRtsp,
    /// The camera offers no video there.
    NoVideo,
    /// The video is neither H.264 nor H.265.
    UnsupportedCodec,
    /// The camera takes neither TCP nor UDP as offered.
    TransportRefused,
    /// Frames came, but no key frame to start from within the limit.
    NoKeyFrame,
    /// A picture of zero or absurd size, or parameters that cannot be read.
    BadParameters,
    /// The stream stopped sending.
    Stalled,
    /// The camera closed the connection.
    Closed,
    /// The stream broke the protocol beyond tolerance.
    Protocol,
}

/// Trouble with a stream, for a person to act on. Never holds a credential.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[error("{}", message.en)]
pub struct ConnectFailure {
    /// What kind of trouble.
    pub kind: FailureKind,
    /// What happened, with what was tried.
    pub message: Sentence,
    /// What a person can do about it.
    pub remedy: Sentence,
}

/// One stream as it was found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StreamReport {
    /// Which stream.
    pub stream: StreamKind,
    /// Compression.
    pub codec: VideoCodec,
    /// RFC 6381 name of the codec, profile and level.
    pub rfc6381: String,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Frames a second as they came, by their time stamps.
    pub frame_rate: f32,
    /// Seconds from one key frame to the next; `None` where only one was seen.
    pub key_frame_distance: Option<f32>,
    /// Bits a second as they came.
    pub bit_rate: u64,
    /// How RTP travelled.
    pub transport: Transport,
    /// Sound that will be recorded, by its RFC 6381 name.
    pub audio: Option<String>,
    /// Why sound will not be recorded, where there is some.
    pub audio_dropped: Option<Sentence>,
    /// The camera's clock less the server's, in seconds, where the camera tells its time.
    pub clock_offset: Option<f64>,
    /// The server software that the camera names.
    pub tool: Option<String>,
    /// What works, but could be better, in plain words.
    pub advice: Vec<Sentence>,
    /// What it shows: a JPEG in base64, where pictures were asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub picture: Option<String>,
    /// Why there is no picture, where pictures were asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub no_picture: Option<Sentence>,
}

/// A camera as it was found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ProbeReport {
    /// One row a stream that was asked for.
    pub streams: Vec<StreamReport>,
}
