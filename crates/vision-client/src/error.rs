use std::path::PathBuf;
use std::time::Duration;

use crate::protocol::StillFailure;

/// Why the worker could not be started.
#[derive(Debug, thiserror::Error)]
pub enum VisionError {
    /// The binary could not be run.
    #[error("cannot run the vision worker {}: {source}; set its path or install it beside taimat", path.display())]
    Spawn {
        /// The binary.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The worker says why it cannot work: a wrong or missing model or runtime, usually.
    #[error("the vision worker cannot start: {reason}")]
    Refused {
        /// Its reason, naming the file, the field and the remedy.
        reason: String,
    },
    /// It ended without saying why.
    #[error("the vision worker ended while it started ({status}); last line: {last_line}")]
    Died {
        /// How it ended.
        status: String,
        /// The last line that it wrote to its log.
        last_line: String,
    },
    /// It did not become ready in time.
    #[error("the vision worker was not ready within {} s", limit.as_secs())]
    Slow {
        /// How long it was given.
        limit: Duration,
    },
    /// It does not speak our language: worker and server are of different versions.
    #[error("the vision worker does not understand this server: {detail}; install both from one release")]
    Protocol {
        /// What was wrong.
        detail: String,
    },
    /// The server was told to stop before the worker was ready.
    #[error("stopped before the vision worker was ready")]
    Stopped,
}

/// Why a unit was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FeedError {
    /// Too much of this feed is with the worker or waits to be taken: try again later, or drop.
    #[error("the vision worker has too much of this stream waiting")]
    Full,
    /// There is no worker now; it is being restarted.
    #[error("the vision worker is not running")]
    Down,
}

/// Why there is no still, or no grids.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StillError {
    /// The request makes no sense.
    #[error("no still: {0}")]
    Request(String),
    /// The units could not be decoded.
    #[error("no still: the footage cannot be decoded: {0}")]
    Decode(String),
    /// Too many stills are waiting.
    #[error("no still: too many are waiting, try again in a moment")]
    Busy,
    /// There is no worker now; it is being restarted.
    #[error("no still: the vision worker is not running, try again in a moment")]
    Down,
    /// It took too long.
    #[error("no still: not made in time, try again")]
    TimedOut,
}

impl From<StillFailure> for StillError {
    fn from(failure: StillFailure) -> Self {
        match failure {
            StillFailure::Busy => Self::Busy,
            StillFailure::Decode(detail) => Self::Decode(detail),
        }
    }
}
