//! What an operator may set.

use std::path::PathBuf;
use std::time::Duration;

use crate::RecorderError;

/// How and where to record. [`RecorderConfig::new`] gives the defaults.
#[derive(Clone, Debug)]
pub struct RecorderConfig {
    /// The folder of recordings. Made if it is missing.
    pub root: PathBuf,
    /// A file holds the pictures of one such span of UTC, from its first key frame on. 1 s to 1 h; 60 s.
    pub segment_length: Duration,
    /// A fragment holds at most this much, so a kill loses at most this much. 100 ms to 10 s; 1 s.
    pub fragment_length: Duration,
    /// How often written data is forced to the disk: what a power cut may cost. 100 ms to 60 s; 5 s.
    pub sync_interval: Duration,
    /// How long a stream waits for a disk that is too slow before it drops pictures. 10 s.
    pub write_patience: Duration,
    /// Pictures further apart than this have a gap between them. 5 s.
    pub frame_distance: Duration,
    /// A picture may precede an earlier one of its stream by this much (B-frames); more is a jump. 1 s.
    pub reorder_window: Duration,
    /// What may wait for the disk, in bytes, all streams together. 256 MiB.
    pub queue_bytes: usize,
}

impl RecorderConfig {
    /// The defaults, for a folder of recordings.
    #[must_use]
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self {
            root: root.into(),
            segment_length: Duration::from_mins(1),
            fragment_length: Duration::from_secs(1),
            sync_interval: Duration::from_secs(5),
            write_patience: Duration::from_secs(10),
            frame_distance: Duration::from_secs(5),
            reorder_window: Duration::from_secs(1),
            queue_bytes: 256 << 20,
        }
    }

    /// Names the first setting that is out of range.
    pub fn check(&self) -> Result<(), RecorderError> {
        let spans = [
            ("segment_length", self.segment_length, 1_000, 3_600_000),
            ("fragment_length", self.fragment_length, 100, 10_000),
            ("sync_interval", self.sync_interval, 100, 60_000),
            ("write_patience", self.write_patience, 0, 600_000),
            ("frame_distance", self.frame_distance, 1_000, 60_000),
            ("reorder_window", self.reorder_window, 0, 10_000),
        ];
        for (setting, value, least, most) in spans {
            if !(least..=most).contains(&value.as_millis()) {
                return Err(RecorderError::Setting {
                    setting,
                    value: format!("{value:?}"),
                    remedy: format!(
                        "from {:?} to {:?}",
                        Duration::from_millis(least as u64),
                        Duration::from_millis(most as u64)
                    ),
                });
            }
        }
        if self.queue_bytes < 8 << 20 {
            return Err(RecorderError::Setting {
                setting: "queue_bytes",
                value: self.queue_bytes.to_string(),
                remedy: "at least 8 MiB".into(),
            });
        }
        Ok(())
    }
}
