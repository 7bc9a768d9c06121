//! Clips: any range of a stream as one progressive MP4, without re-encoding, exact to the frame by an edit list.

mod movie;
mod plan;
mod samples;
mod stream;

use std::io;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use domain::{Segment, TimeRange, Timestamp};
use futures::Stream;

use crate::read::ReadError;

/// Why there is no clip.
#[derive(Debug, thiserror::Error)]
pub enum ClipError {
    /// Nothing was recorded in the range.
    #[error("nothing was recorded from {} to {}", range.from, range.to)]
    Empty {
        /// What was asked for.
        range: TimeRange,
    },
    /// More than one file can hold.
    #[error("the range holds more than {limit} pictures; ask for a shorter one")]
    TooLong {
        /// How many a clip may hold.
        limit: usize,
    },
    /// A segment is damaged.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// It cannot be put into one MP4.
    #[error("the range does not fit one MP4: {0}")]
    Boxes(#[from] mp4_atom::Error),
    /// The server is shutting down.
    #[error("the server is shutting down")]
    Stopped,
}

/// A clip that is ready to be sent. The same segments and range give the same bytes.
#[derive(Clone, Debug)]
pub struct ClipPlan {
    /// Bytes of the whole MP4.
    pub content_length: u64,
    /// A strong HTTP entity tag, without quotes: the SHA-256 of what the bytes are made from.
    pub etag: String,
    /// Time of the first picture that is shown.
    pub start: Timestamp,
    /// What a player shows as the length.
    pub duration: Duration,
    /// Number of pictures that are shown.
    pub frames: u32,
    /// Stretches within the clip without pictures; the picture before stands still there.
    pub gaps: Vec<TimeRange>,
    /// Whether the clip has sound.
    pub audio: bool,
    content: Arc<stream::Content>,
}

/// Plans a clip of one stream's segments (any order; those outside the range are left out). Includes the pictures with
/// `range.from <= time < range.to`, in real time: before a gap, the last picture stands still. Sound is included where
/// all segments have the same. Where segments overlap (a clock that was set back), the later one is shown.
/// Works on segments that still grow.
pub async fn plan(root: PathBuf, segments: Vec<Segment>, range: TimeRange) -> Result<ClipPlan, ClipError> {
    tokio::task::spawn_blocking(move || plan::plan(&root, segments, range))
        .await
        .map_err(|_| ClipError::Stopped)?
}

impl ClipPlan {
    /// The bytes of a range of the MP4, `0..content_length` for all; read on threads for blocking work, in pieces of
    /// at most 256 KiB. A range beyond the end is cut.
    pub fn stream(&self, bytes: Range<u64>) -> impl Stream<Item = io::Result<Bytes>> + Send + 'static {
        stream::stream(Arc::clone(&self.content), bytes)
    }
}
