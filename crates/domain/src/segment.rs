//! Segments: one file per stream and minute, and what the index knows of its inside.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{AudioParameters, CameraId, StreamKind, TimeRange, Timestamp, VideoParameters};

/// One fragment (`moof` and `mdat`) of a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fragment {
    /// Time of its first picture, from the start of the segment.
    pub start: Duration,
    /// Time from its first picture to the first picture of what follows.
    pub duration: Duration,
    /// Bytes of the fragment, `moof` and `mdat` together. Fragments lie one after another.
    pub bytes: u32,
    /// Number of pictures.
    pub frames: u16,
    /// Whether its first picture is a key frame, so that playback may start here.
    pub random_access: bool,
}

/// The fragments of a segment in order. The first begins where the header ends.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FragmentIndex(pub Vec<Fragment>);

/// What the index knows of one file. Keyed by camera, stream and start.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Segment {
    /// Which camera.
    pub camera_id: CameraId,
    /// Which of its streams.
    pub stream: StreamKind,
    /// Time of the first picture.
    pub start: Timestamp,
    /// Time at which the last picture ends.
    pub end: Timestamp,
    /// The file, relative to the folder of recordings.
    pub path: String,
    /// Size of the file.
    pub bytes: u64,
    /// Bytes before the first fragment (`ftyp` and `moov`).
    pub header_bytes: u32,
    /// Number of pictures.
    pub frames: u32,
    /// What it takes to decode the pictures.
    pub video: VideoParameters,
    /// What it takes to decode the sound, where there is some.
    pub audio: Option<AudioParameters>,
    /// Where the fragments are.
    pub fragments: FragmentIndex,
    /// Whether the file is finished. An open segment still grows.
    pub closed: bool,
}

impl Segment {
    /// The time that it covers; `None` for an empty one.
    #[must_use]
    pub fn range(&self) -> Option<TimeRange> {
        TimeRange::new(self.start, self.end)
    }

    /// Each fragment with the offset of its first byte in the file.
    pub fn located_fragments(&self) -> impl Iterator<Item = (u64, &Fragment)> {
        self.fragments.0.iter().scan(u64::from(self.header_bytes), |offset, fragment| {
            let at = *offset;
            *offset += u64::from(fragment.bytes);
            Some((at, fragment))
        })
    }
}
