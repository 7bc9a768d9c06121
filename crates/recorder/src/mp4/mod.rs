//! The boxes of our files. ISO/IEC 14496-12 (boxes and fragments), 14496-15 (H.264 and H.265 in MP4).
//!
//! `mp4-atom` encodes and decodes the boxes. What it has no exact place for is written around it: sample entries keep
//! the decoder configuration byte for byte, and only the boxes that we know are looked into.

pub(crate) mod file;
pub(crate) mod header;
pub(crate) mod moof;
pub(crate) mod sample_entry;
mod walk;

pub(crate) use header::Header;
pub(crate) use moof::{FragmentHead, Run, Sample};

/// Video is always track 1, at a microsecond a tick, so that times are exact.
pub(crate) const VIDEO_TRACK: u32 = 1;
/// Sound is track 2 where there is some, at a sample a tick.
pub(crate) const AUDIO_TRACK: u32 = 2;
/// Ticks a second of the video track and of the movie.
pub(crate) const VIDEO_TIMESCALE: u32 = 1_000_000;
/// Samples in one AAC frame.
pub(crate) const AAC_FRAME: u64 = 1024;
