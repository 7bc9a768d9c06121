//! Files without their rows: after a kill, for reindexing, and for checking.

use std::path::{Path, PathBuf};

use domain::Segment;

use crate::FileProblem;

/// A file as it was found.
#[derive(Debug)]
pub enum ScannedFile {
    /// A segment; `torn_bytes` at its end belong to no complete fragment.
    Segment {
        /// Its row, as the file alone tells it, `closed`.
        segment: Segment,
        /// Bytes at the end that no row should count.
        torn_bytes: u64,
    },
    /// A file that is named like a segment and is none.
    Broken {
        /// Relative to the folder of recordings.
        path: String,
        /// What is wrong.
        problem: FileProblem,
    },
    /// A file that is not named like a segment.
    Foreign {
        /// Relative to the folder of recordings.
        path: PathBuf,
    },
}

/// Every file of the folder, camera by camera, oldest first. Reads, changes nothing, blocks on the disk.
#[must_use]
pub fn scan(root: &Path) -> Scan {
    let _ = root;
    todo!()
}

/// See [`scan`].
#[derive(Debug)]
pub struct Scan {}

impl Iterator for Scan {
    type Item = ScannedFile;
    fn next(&mut self) -> Option<ScannedFile> {
        todo!()
    }
}

/// What the file of a row says, fragment by fragment.
pub fn scan_file(root: &Path, path: &str) -> ScannedFile {
    let _ = (root, path);
    todo!()
}

/// What became of an unfinished file.
#[derive(Debug)]
pub enum Finished {
    /// It is a closed segment now.
    Segment(Segment),
    /// It held no complete fragment and was removed.
    Removed,
}

/// Finishes a file that a kill or a power cut left behind: cuts off the torn tail and syncs. Blocks on the disk.
/// The file must not be open in a recorder.
pub fn finish(root: &Path, path: &str) -> Result<Finished, FileProblem> {
    let _ = (root, path);
    todo!()
}

/// A way in which a row and its file differ.
#[derive(Debug, thiserror::Error)]
pub enum Disagreement {
    /// The file cannot be read as a segment.
    #[error("{0}")]
    File(#[source] FileProblem),
    /// A figure differs.
    #[error("{what} is {row} in the index and {file} in the file")]
    Differs {
        /// What differs.
        what: &'static str,
        /// By the row.
        row: String,
        /// By the file.
        file: String,
    },
    /// Bytes after the last complete fragment.
    #[error("{bytes} bytes at the end belong to no fragment")]
    TornTail {
        /// How many.
        bytes: u64,
    },
}

/// Compares a row with its file; empty where they agree. Of an open row it checks only what the row tells,
/// as the file may have grown since. Blocks on the disk.
#[must_use]
pub fn verify(root: &Path, segment: &Segment) -> Vec<Disagreement> {
    let _ = (root, segment);
    todo!()
}
