//! What is asked of a stream, and what it delivers.

use std::sync::Arc;
use std::time::Duration;

use domain::{
    AudioParameters, CameraId, ConnectFailure, MediaFrame, Sentence, StreamAddress, StreamKind, Timestamp,
    Transport, VideoParameters,
};

/// One stream to pull.
#[derive(Clone, Debug)]
pub struct StreamConfig {
    /// Which camera it belongs to: names it in logs and metrics.
    pub camera_id: CameraId,
    /// Which of the camera's streams it is.
    pub stream: StreamKind,
    /// Where it is, and how to get in.
    pub address: StreamAddress,
    /// How long to wait for what.
    pub limits: Limits,
}

/// How long to wait for what. No wait in this crate is without one of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// From the first attempt to resolve the host to the answer to DESCRIBE.
    pub connect: Duration,
    /// Each of SETUP and PLAY.
    pub answer: Duration,
    /// From one picture to the next, before the stream counts as stalled.
    pub stall: Duration,
    /// From PLAY, or from damage, to a key frame from which decoding can start.
    pub key_frame: Duration,
    /// For the camera to confirm TEARDOWN.
    pub teardown: Duration,
    /// The longest first wait before connecting again. The wait is drawn evenly between zero and this
    /// ("full jitter"), so that cameras that went away together do not come back together.
    pub backoff_first: Duration,
    /// The longest any such wait grows to; it doubles from try to try.
    pub backoff_max: Duration,
    /// A session that delivered for so long makes the next wait the first one again.
    pub healthy: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            answer: Duration::from_secs(10),
            stall: Duration::from_secs(10),
            key_frame: Duration::from_secs(15),
            teardown: Duration::from_secs(3),
            backoff_first: Duration::from_secs(1),
            backoff_max: Duration::from_mins(1),
            healthy: Duration::from_mins(1),
        }
    }
}

/// What a stream delivers, in order.
#[derive(Clone, Debug)]
pub enum StreamEvent {
    /// The camera plays, and the first key frame is there; frames follow.
    Connected {
        /// How RTP travels.
        transport: Transport,
        /// What it takes to decode the pictures that follow.
        video: Arc<VideoParameters>,
        /// What it takes to decode the sound, where it is kept.
        audio: Option<Arc<AudioParameters>>,
        /// Why sound is not kept, where the camera offers some.
        audio_dropped: Option<Sentence>,
        /// The server software that the camera names.
        tool: Option<String>,
    },
    /// A picture or a piece of sound. After `Connected` and after `Damaged`, the first picture is a key frame.
    Frame(MediaFrame),
    /// The camera told its time.
    Clock {
        /// The camera's clock less the server's, in seconds.
        offset: f64,
    },
    /// Part of the stream was lost or corrupt. Pictures are dropped until the next key frame.
    Damaged {
        /// From when on pictures are missing.
        at: Timestamp,
        /// What happened, for a person.
        detail: String,
    },
    /// A session failed or ended. [`run`](crate::run) goes on by itself.
    Disconnected {
        /// When.
        at: Timestamp,
        /// Why, and what a person can do about it.
        failure: ConnectFailure,
    },
}
