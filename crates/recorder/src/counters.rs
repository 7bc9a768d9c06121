//! Figures of one stream.

use std::sync::atomic::{AtomicU64, Ordering};

/// What became of the pictures of a stream since its [`StreamRecorder`](crate::StreamRecorder) was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StreamCounters {
    /// Pictures on disk.
    pub recorded_frames: u64,
    /// Pictures that were lost: the disk refused them, or a jump of time made them undecodable.
    pub lost_frames: u64,
    /// Pictures that came before the first key frame of a connection: no player could show them.
    pub skipped_frames: u64,
    /// Bytes on disk, headers included.
    pub bytes: u64,
}

/// The same, shared between the stream and the writer.
#[derive(Debug, Default)]
pub(crate) struct SharedCounters {
    pub(crate) recorded: AtomicU64,
    pub(crate) lost: AtomicU64,
    pub(crate) skipped: AtomicU64,
    pub(crate) bytes: AtomicU64,
}

impl SharedCounters {
    pub(crate) fn read(&self) -> StreamCounters {
        StreamCounters {
            recorded_frames: self.recorded.load(Ordering::Relaxed),
            lost_frames: self.lost.load(Ordering::Relaxed),
            skipped_frames: self.skipped.load(Ordering::Relaxed),
            bytes: self.bytes.load(Ordering::Relaxed),
        }
    }
}
