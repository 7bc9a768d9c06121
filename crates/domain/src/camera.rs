//! Cameras as they are configured, and as they fare.

use std::fmt;

use serde::{Deserialize, Serialize};
use url::Url;

use crate::{CameraId, GeoPoint, PlaceId, StreamKind, Timestamp};

/// Text that must not be shown: it prints as `***` and does not serialise.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(value_type = String, format = Password))]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Takes the text in.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Gives the text to the one place that needs it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// What a camera asks for.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Credentials {
    /// User name.
    pub username: String,
    /// Password.
    pub password: Secret,
}

/// How RTP travels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Transport {
    /// TCP, and UDP where the camera refuses TCP.
    #[default]
    Auto,
    /// Interleaved in the RTSP connection, RFC 2326 §10.12.
    Tcp,
    /// Datagrams of their own.
    Udp,
}

impl Transport {
    /// `auto`, `tcp` or `udp`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Tcp => "tcp",
            Self::Udp => "udp",
        }
    }
}

impl std::str::FromStr for Transport {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "auto" => Ok(Self::Auto),
            "tcp" => Ok(Self::Tcp),
            "udp" => Ok(Self::Udp),
            other => Err(format!("{other:?} is no transport: auto, tcp or udp")),
        }
    }
}

/// All it takes to open one stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamAddress {
    /// `rtsp://host[:port]/path`, without user name and password.
    pub url: Url,
    /// What to answer when the camera asks who we are.
    pub credentials: Option<Credentials>,
    /// How RTP travels.
    pub transport: Transport,
}

/// A camera as it is configured. Its credentials are kept apart, encrypted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Camera {
    /// Identifier.
    pub id: CameraId,
    /// What people call it.
    pub name: String,
    /// Where it belongs.
    pub place_id: PlaceId,
    /// Where it stands.
    pub point: Option<GeoPoint>,
    /// Where it looks: degrees clockwise from north.
    pub bearing: Option<f32>,
    /// Address of the main stream, without credentials.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub main_url: Url,
    /// Address of the sub stream, without credentials.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub sub_url: Option<Url>,
    /// How RTP travels.
    pub transport: Transport,
    /// Whether a user name and password are stored for it.
    pub has_credentials: bool,
    /// Whether it is to be pulled, recorded and analysed.
    pub enabled: bool,
    /// Whether it is to be analysed at all.
    pub analysed: bool,
    /// Name of its folder under the recordings: made from its name when it was added, never changed.
    pub folder: String,
    /// Footage older than this many days is removed; `None` for the server's setting.
    pub keep_days: Option<u32>,
    /// Footage beyond this many bytes is removed, oldest first; `None` for no limit of its own.
    pub keep_bytes: Option<u64>,
    /// When it was added.
    pub created_at: Timestamp,
    /// Rises with each change; what a changer must present.
    pub version: i64,
}

/// How one stream of a camera fares.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StreamState {
    /// Which stream.
    pub stream: StreamKind,
    /// Whether frames are coming in.
    pub online: bool,
    /// Since when that is so.
    pub since: Timestamp,
    /// Why it is offline, for a person.
    pub trouble: Option<crate::ConnectFailure>,
    /// How RTP travels, once connected.
    pub transport: Option<Transport>,
    /// Compression.
    pub codec: Option<crate::VideoCodec>,
    /// Width in pixels.
    pub width: Option<u32>,
    /// Height in pixels.
    pub height: Option<u32>,
    /// Frames a second, measured.
    pub frame_rate: Option<f32>,
    /// Bits a second, measured.
    pub bit_rate: Option<u64>,
    /// The camera's clock less the server's, in seconds, where the camera tells its time.
    pub clock_offset: Option<f64>,
    /// Why sound is not recorded, where the camera sends some.
    pub audio_dropped: Option<crate::Sentence>,
    /// Frames received since the server started.
    pub frames_received: u64,
    /// Frames handed to the disk since the server started.
    pub frames_recorded: u64,
    /// Frames that were received and could not be recorded since the server started.
    pub frames_lost: u64,
    /// Connections made since the server started, less the first.
    pub reconnects: u64,
}

/// How a camera fares.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CameraState {
    /// Which camera.
    pub camera_id: CameraId,
    /// One row a stream; none where the camera is disabled.
    pub streams: Vec<StreamState>,
}
