//! Pictures of stored segments, for catch-up analysis, stills and previews.

use std::path::{Path, PathBuf};

use domain::{AccessUnit, Segment, TimeRange, Timestamp};
use futures::Stream;

use crate::FileProblem;

/// A segment that cannot be read (any further).
#[derive(Debug, thiserror::Error)]
#[error("{}: {problem}", path.display())]
pub struct ReadError {
    /// The file.
    pub path: PathBuf,
    /// What is wrong.
    #[source]
    pub problem: FileProblem,
}

/// The access units of one segment in decoding order, from the last key frame at or before `from` (the first one
/// where there is none) to the end of what its row tells. Blocks on the disk: call it where that is allowed.
pub fn units(root: &Path, segment: &Segment, from: Timestamp) -> Result<UnitReader, ReadError> {
    let _ = (root, segment, from);
    todo!()
}

/// See [`units`].
#[derive(Debug)]
pub struct UnitReader {}

impl Iterator for UnitReader {
    type Item = Result<AccessUnit, ReadError>;
    fn next(&mut self) -> Option<Self::Item> {
        todo!()
    }
}

/// The access units of several segments of one stream (oldest first), from the last key frame at or before `range.from`
/// to the last picture before `range.to`. Reads ahead a little, on threads for blocking work.
/// A damaged segment gives one error, and the next segment follows.
pub fn stream(
    root: PathBuf,
    segments: Vec<Segment>,
    range: TimeRange,
) -> impl Stream<Item = Result<AccessUnit, ReadError>> + Send + 'static {
    let _ = (root, segments, range);
    futures::stream::empty()
}
