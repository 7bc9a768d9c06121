//! What the API asks of the rest of the server. `taimat` implements these; tests put fakes in their place.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use domain::{
    AccessUnit, BellSignal, BoundingBox, CameraId, CameraState, CameraWatch, ConnectFailure, FailureKind,
    GreyGrid, ProbeReport, ReviewItemId, Ring, Segment, Sounder, StreamAddress, StreamKind, Timestamp,
    UserId,
};
use futures::stream::BoxStream;
use serde::Serialize;

/// The cameras as they run.
#[async_trait]
pub trait CameraPort: Send + Sync {
    /// Tries the streams once and says what was found, or which stream failed and why.
    async fn probe(
        &self,
        streams: Vec<(StreamKind, StreamAddress)>,
    ) -> Result<ProbeReport, (StreamKind, ConnectFailure)>;

    /// Says that the stored configuration of a camera was added, changed or removed. It is read from the index
    /// and applied soon after; this does not wait for it.
    async fn configuration_changed(&self, camera: CameraId);

    /// How every configured camera fares now.
    fn states(&self) -> Vec<CameraState>;

    /// How a camera is watched, and what that costs; `None` where it was not analysed since the server started.
    fn watch(&self, camera: CameraId) -> Option<CameraWatch>;
}

/// The rules as they hold.
pub trait RulePort: Send + Sync {
    /// Says that a stored rule was added, changed or removed. They are read from the index and hold soon after; this
    /// does not wait for it.
    fn rules_changed(&self);
}

/// The making of files of cases.
pub trait ExportPort: Send + Sync {
    /// Says that an export was asked for, cancelled or removed. It is read from the index; this does not wait for it.
    fn exports_changed(&self);
}

/// Alarm bells and sounders as they work.
#[async_trait]
pub trait BellPort: Send + Sync {
    /// Says that a stored bell or sounder was added, changed or removed, and waits a moment until that holds: who adds a
    /// bell presses it next.
    async fn devices_changed(&self);

    /// Something was heard of a bell over HTTP. `Err` where too much waits.
    fn heard(&self, signal: BellSignal) -> Result<(), Deaf>;

    /// Devices that were pressed lately and are no bell's, the latest first.
    fn strangers(&self) -> Vec<Stranger>;

    /// Begins to ring a sounder; `None` where too much is being rung.
    fn ring(&self, order: RingOrder) -> Option<Ring>;
}

/// Too many signals of bells wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many signals of bells wait")]
pub struct Deaf;

/// A device that was pressed and is no bell's.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Stranger {
    /// The name by which its messages call it.
    pub device: String,
    /// When it was pressed last.
    pub at: Timestamp,
}

/// An order of a person to ring.
#[derive(Clone, Debug)]
pub struct RingOrder {
    /// What.
    pub sounder: Sounder,
    /// Who orders it, with the name.
    pub by: (UserId, String),
    /// Why.
    pub reason: String,
    /// The review item behind it.
    pub item_id: Option<ReviewItemId>,
}

/// One picture.
#[derive(Clone, Debug)]
pub struct Still {
    /// The picture as JPEG.
    pub jpeg: Bytes,
    /// When it was seen: at or before the time that was asked for.
    pub time: Timestamp,
}

/// Why there is no picture.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StillFailure {
    /// Nothing is recorded at that time.
    #[error("nothing is recorded at {camera} at {at}")]
    NoFootage {
        /// Which camera.
        camera: CameraId,
        /// The time that was asked for.
        at: Timestamp,
    },
    /// The vision worker is not running, or has too much to do. Trying again later helps.
    #[error("pictures cannot be made now: {0}")]
    Busy(String),
    /// The footage is there, and no picture could be made of it.
    #[error("no picture could be made: {0}")]
    Failed(String),
}

/// Pictures cut from recordings.
#[async_trait]
pub trait StillPort: Send + Sync {
    /// The picture of the main stream that was showing at the time, no wider than `max_width` pixels.
    async fn still(
        &self,
        camera: CameraId,
        at: Timestamp,
        max_width: Option<u32>,
    ) -> Result<Still, StillFailure>;

    /// How bright key frames of one set of parameters are, in a part of the picture and as a whole; those that cannot
    /// be decoded are left out. Done when nothing else is to be done.
    async fn grids(
        &self,
        key_frames: Vec<AccessUnit>,
        area: BoundingBox,
    ) -> Result<Vec<GreyGrid>, StillFailure>;
}

/// What somebody who watches a stream is shown.
#[derive(Clone, Debug)]
pub enum LiveVideo {
    /// A picture. The first one, and the first one after anything else, is a key frame.
    Picture(AccessUnit),
    /// Pictures were left out: the watcher is too slow.
    Skipped,
    /// The camera is away.
    Offline {
        /// Since when.
        since: Timestamp,
        /// Why; `None` where it is switched off or was not tried yet.
        trouble: Option<FailureKind>,
    },
}

/// A stream as it comes in. It ends where the camera is removed.
pub type LiveFeed = BoxStream<'static, LiveVideo>;

/// A piece of a recording, transcoded to H.264.
#[derive(Clone, Debug)]
pub struct TranscodedPiece {
    /// The init segment: the same for all pieces of a file.
    pub init: Bytes,
    /// The fragment.
    pub media: Bytes,
}

/// Why nothing is transcoded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TranscodeFailure {
    /// Too much is being transcoded. Trying again later helps.
    #[error("as much is being transcoded as the server allows")]
    Busy,
    /// The transcoder died, or took too long. Trying again may help.
    #[error("the transcoder failed: {0}")]
    Unavailable(String),
    /// The pictures cannot be transcoded.
    #[error("the pictures cannot be transcoded: {0}")]
    Failed(String),
}

/// Video to be watched.
#[async_trait]
pub trait VideoPort: Send + Sync {
    /// A stream from now on. It begins with the key frame before now, so that there is something to see at once.
    fn watch(&self, camera: CameraId, stream: StreamKind) -> LiveFeed;

    /// The same of a stream of H.265, as H.264. It ends where the camera sends something else, and where it cannot be
    /// transcoded.
    fn watch_transcoded(&self, camera: CameraId, stream: StreamKind) -> Result<LiveFeed, TranscodeFailure>;

    /// One of the [`pieces`](recorder::playlist::pieces) of a recording in H.265, as H.264; `None` where there is no such
    /// piece.
    async fn piece(
        &self,
        segment: &Segment,
        number: usize,
    ) -> Result<Option<TranscodedPiece>, TranscodeFailure>;
}

/// Whether one part of the server is fit to serve.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct HealthCheck {
    /// The part: `database`, `disk`, `worker`.
    #[schema(value_type = String, example = "database")]
    pub name: &'static str,
    /// Whether it works.
    pub ok: bool,
    /// What it is doing, or what is wrong and what to do about it. Holds no secret.
    pub detail: String,
}

/// How the parts of the server fare.
#[async_trait]
pub trait HealthPort: Send + Sync {
    /// One row a part. The server is ready when all are well.
    async fn checks(&self) -> Vec<HealthCheck>;
}

/// What an operator may set.
#[derive(Clone, Debug)]
pub struct ApiConfig {
    /// Whether people reach the server over https, so that the cookie may be marked `Secure`.
    pub secure_cookies: bool,
    /// Reverse proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<std::net::IpAddr>,
    /// Origins other than the server's own from which a browser may change things, such as `https://taimat.example`.
    pub trusted_origins: Vec<String>,
    /// How long a session lasts without use.
    pub session_idle: Duration,
    /// How long a session lasts at most.
    pub session_longest: Duration,
    /// How long an answer may take to begin.
    pub request_timeout: Duration,
    /// The largest body of a request, in bytes.
    pub body_limit: usize,
    /// Clips that are sent at the same time.
    pub clip_streams: usize,
    /// The longest clip.
    pub longest_clip: Duration,
    /// Cameras that people watch at the same time, each counted as often as it is watched.
    pub video_streams: usize,
    /// People who watch `/live` at the same time.
    pub live_streams: usize,
    /// How often the session and the rights of those who watch are looked at again.
    pub live_recheck: Duration,
    /// Dismissals of the like of it after which a camera is quiet; 0: never.
    pub quiet_after: u32,
}

impl Default for ApiConfig {
    fn default() -> Self {
        Self {
            secure_cookies: false,
            trusted_proxies: Vec::new(),
            trusted_origins: Vec::new(),
            session_idle: Duration::from_hours(24),
            session_longest: Duration::from_hours(24 * 30),
            request_timeout: Duration::from_secs(30),
            body_limit: 256 * 1024,
            clip_streams: 8,
            longest_clip: Duration::from_hours(24),
            video_streams: 256,
            live_streams: 256,
            live_recheck: Duration::from_secs(30),
            quiet_after: 3,
        }
    }
}
