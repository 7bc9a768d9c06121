//! Compressed media as it leaves a camera and enters the recorder and the gate.

use std::sync::Arc;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// Which of a camera's streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum StreamKind {
    /// Full resolution: recorded, and what a person looks at.
    Main,
    /// Low resolution: recorded, and what analysis decodes where there is one.
    Sub,
}

impl StreamKind {
    /// Both, main first.
    pub const ALL: [Self; 2] = [Self::Main, Self::Sub];

    /// `main` or `sub`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Main => "main",
            Self::Sub => "sub",
        }
    }
}

impl std::fmt::Display for StreamKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::str::FromStr for StreamKind {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "main" => Ok(Self::Main),
            "sub" => Ok(Self::Sub),
            other => Err(format!("{other:?} is no stream: main or sub")),
        }
    }
}

/// How the video is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum VideoCodec {
    /// H.264, ISO/IEC 14496-10.
    H264,
    /// H.265, ISO/IEC 23008-2.
    H265,
}

impl VideoCodec {
    /// `h264` or `h265`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::H264 => "h264",
            Self::H265 => "h265",
        }
    }
}

impl std::str::FromStr for VideoCodec {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "h264" => Ok(Self::H264),
            "h265" => Ok(Self::H265),
            other => Err(format!("{other:?} is no codec: h264 or h265")),
        }
    }
}

/// What a decoder and a file header need to know before the first access unit.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct VideoParameters {
    /// How the video is compressed.
    pub codec: VideoCodec,
    /// Width of the picture in pixels.
    pub width: u32,
    /// Height of the picture in pixels.
    pub height: u32,
    /// `avc1.…` or `hvc1.…`, RFC 6381.
    pub rfc6381: String,
    /// The body of the `avcC` or `hvcC` box, ISO/IEC 14496-15 §5.3.3 and §8.3.3. NAL unit lengths have four bytes.
    pub decoder_configuration: Bytes,
}

/// One coded picture.
#[derive(Clone, Debug)]
pub struct AccessUnit {
    /// When the camera's sensor saw it, as well as can be told, by the server's UTC.
    pub time: Timestamp,
    /// Whether decoding can start here (an IDR, CRA or BLA picture).
    pub random_access: bool,
    /// NAL units, each with a four-byte big-endian length before it, without parameter sets where
    /// they stand in `parameters`.
    pub data: Bytes,
    /// What it takes to decode this unit. The same `Arc` while nothing changes.
    pub parameters: Arc<VideoParameters>,
}

/// What a decoder needs to know before the first AAC frame.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct AudioParameters {
    /// AudioSpecificConfig, ISO/IEC 14496-3 §1.6.2.1.
    pub configuration: Bytes,
    /// Samples a second.
    pub sample_rate: u32,
    /// Number of channels.
    pub channels: u16,
    /// `mp4a.40.…`, RFC 6381.
    pub rfc6381: String,
}

/// One raw AAC frame (no ADTS header), of 1024 samples.
#[derive(Clone, Debug)]
pub struct AudioFrame {
    /// When it was heard, on the same clock as the pictures.
    pub time: Timestamp,
    /// The frame.
    pub data: Bytes,
    /// What it takes to decode this frame.
    pub parameters: Arc<AudioParameters>,
}

/// Anything that a stream delivers.
#[derive(Clone, Debug)]
pub enum MediaFrame {
    /// A picture.
    Video(AccessUnit),
    /// A piece of sound.
    Audio(AudioFrame),
}
