//! Access units to fragmented MP4 on disk, and back: clips, playlists, checks.
//!
//! [`Recorder`] writes one file per camera, stream and minute. Frames go through a [`StreamRecorder`], which
//! builds fragments in memory, to one writer thread, which alone touches the disk; a second thread syncs.
//! What was recorded and what was not comes out as [`RecorderEvent`]s. The other modules read what was
//! written: [`mod@read`] for pictures, [`clip`] and [`playlist`] for people ([`live`] for those who watch now), [`recover`] for checks and for what
//! a kill left behind, [`retention`] for what to delete.

mod assembler;
pub mod clip;
mod config;
mod counters;
mod error;
mod fragment;
mod growing;
mod layout;
pub mod live;
mod mp4;
mod outbox;
pub mod playlist;
pub mod read;
mod recorder;
pub mod recover;
pub mod retention;
mod segment_file;
mod stream;
mod sync;
mod tree;
mod usage;
mod writer;

pub use config::RecorderConfig;
pub use counters::StreamCounters;
pub use error::{FileProblem, RecorderError};
pub use layout::{SegmentPath, camera_folder};
pub use recorder::{Recorder, RecorderEvent, RecorderTask};
pub use stream::StreamRecorder;
pub use usage::{DiskSpace, Usage};
