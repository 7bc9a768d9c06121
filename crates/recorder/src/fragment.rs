//! The fragment that a stream is building in memory.

use std::time::Duration;

use bytes::Bytes;
use domain::{AccessUnit, Fragment, Timestamp};
use mp4_atom::Error;

use crate::mp4::{AAC_FRAME, Sample, moof};

/// More than this in one fragment, and it is cut wherever it is.
const MOST_BYTES: usize = 32 << 20;
const MOST_FRAMES: usize = 4096;
/// Sound beyond this in one fragment is dropped: it may never cost video.
const MOST_AUDIO_FRAMES: usize = 4096;

/// A fragment, ready to be written.
#[derive(Debug)]
pub(crate) struct Prepared {
    /// What goes before the media: `moof` and the header of `mdat`.
    pub(crate) head: Vec<u8>,
    /// The media, in the order of the file. Not copied since it came from the camera.
    pub(crate) payload: Vec<Bytes>,
    pub(crate) row: Fragment,
    /// When its segment starts.
    pub(crate) segment: Timestamp,
    /// When the last picture ends, microseconds from the start of the segment.
    pub(crate) end: i64,
}

/// Pictures and sound since the last cut. Times are microseconds from the start of the segment.
#[derive(Debug)]
pub(crate) struct Building {
    times: Vec<i64>,
    sizes: Vec<(u32, bool)>,
    latest: i64,
    bytes: usize,
    video: Vec<Bytes>,
    audio: Vec<Bytes>,
    /// In samples from the start of the segment.
    audio_positions: Vec<u64>,
}

/// What goes on from one fragment of a segment to the next.
#[derive(Debug)]
pub(crate) struct Chain {
    sequence: u32,
    /// The first decoding time that is still free.
    decode_time: i64,
    /// The usual time between two pictures.
    typical: i64,
}

impl Chain {
    pub(crate) const fn new(typical: i64) -> Self {
        Self { sequence: 0, decode_time: 0, typical }
    }

    pub(crate) const fn typical(&self) -> i64 {
        self.typical
    }
}

impl Building {
    pub(crate) fn new(time: i64, first: &AccessUnit) -> Self {
        let mut building = Self {
            times: Vec::new(),
            sizes: Vec::new(),
            latest: i64::MIN,
            bytes: 0,
            video: Vec::new(),
            audio: Vec::new(),
            audio_positions: Vec::new(),
        };
        building.push(time, first);
        building
    }

    pub(crate) fn push(&mut self, time: i64, unit: &AccessUnit) {
        self.latest = self.latest.max(time);
        self.bytes += unit.data.len();
        self.times.push(time);
        self.sizes.push((unit.data.len() as u32, unit.random_access));
        self.video.push(unit.data.clone());
    }

    /// Adds a frame of sound; `false` where there is no room for it.
    pub(crate) fn push_audio(&mut self, position: u64, data: Bytes) -> bool {
        if self.audio.len() >= MOST_AUDIO_FRAMES || self.bytes + data.len() > MOST_BYTES {
            return false;
        }
        self.bytes += data.len();
        self.audio_positions.push(position);
        self.audio.push(data);
        true
    }

    pub(crate) const fn latest(&self) -> i64 {
        self.latest
    }

    pub(crate) fn frames(&self) -> usize {
        self.times.len()
    }

    pub(crate) fn first(&self) -> i64 {
        self.times.first().copied().unwrap_or(0)
    }

    fn starts_with_key(&self) -> bool {
        self.sizes.first().is_some_and(|(_, key)| *key)
    }

    /// Whether the fragment must end before a picture at `time`. Never between pictures that are reordered (B-frames), as
    /// the decoding times of a fragment are the sorted times of its pictures.
    pub(crate) fn ends_before(&self, time: i64, unit: &AccessUnit, fragment_length: i64) -> bool {
        if self.frames() >= MOST_FRAMES || self.bytes + unit.data.len() > MOST_BYTES {
            return true;
        }
        if time <= self.latest {
            return false;
        }
        let span = time - self.first();
        let at_key = unit.random_access && (!self.starts_with_key() || span >= fragment_length / 2);
        at_key || span >= fragment_length
    }

    /// Ends the fragment. `next`: when the picture after it is shown, where that is known.
    pub(crate) fn finish(
        self,
        chain: &mut Chain,
        segment: Timestamp,
        next: Option<i64>,
    ) -> Result<Prepared, Error> {
        let mut decode_times = self.times.clone();
        decode_times.sort_unstable();
        // The usual distance, from this fragment's middle one.
        let mut distances: Vec<i64> =
            decode_times.windows(2).filter_map(|pair| Some(pair.get(1)? - pair.first()?)).collect();
        let middle = distances.len() / 2;
        if !distances.is_empty() {
            chain.typical = (*distances.select_nth_unstable(middle).1).max(1);
        }
        for time in &mut decode_times {
            *time = (*time).max(chain.decode_time);
            chain.decode_time = *time + 1;
        }
        let end = next.unwrap_or(self.latest + chain.typical).max(self.latest + 1);
        // As the boxes tell it: not before the last picture is decoded.
        let end = end.max(chain.decode_time);
        let ends = decode_times.iter().skip(1).copied().chain([end]);
        let video: Vec<Sample> = decode_times
            .iter()
            .zip(ends)
            .zip(self.times.iter().zip(&self.sizes))
            .map(|((decode, end), (time, (size, sync)))| Sample {
                size: *size,
                duration: u32::try_from(end - decode).unwrap_or(u32::MAX),
                offset: (time - decode).clamp(i32::MIN.into(), i32::MAX.into()) as i32,
                sync: *sync,
            })
            .collect();
        let positions = &self.audio_positions;
        let audio_ends =
            positions.iter().skip(1).copied().chain(positions.last().map(|last| last + AAC_FRAME));
        let audio: Vec<Sample> = positions
            .iter()
            .zip(audio_ends)
            .zip(&self.audio)
            .map(|((position, end), data)| Sample {
                size: data.len() as u32,
                duration: u32::try_from(end.saturating_sub(*position)).unwrap_or(u32::MAX),
                offset: 0,
                sync: true,
            })
            .collect();
        chain.sequence += 1;
        let decode_time = decode_times.first().copied().unwrap_or(0) as u64;
        let sound = positions.first().map(|position| (*position, audio.as_slice()));
        let head = moof::encode(chain.sequence, (decode_time, &video), sound)?;
        let (first, random_access) = (self.first(), self.starts_with_key());
        let row = Fragment {
            start: Duration::from_micros(u64::try_from(first).unwrap_or(0)),
            duration: Duration::from_micros(u64::try_from(end - first.max(0)).unwrap_or(0)),
            bytes: (head.len() + self.bytes) as u32,
            frames: self.times.len() as u16,
            random_access,
        };
        let mut payload = self.video;
        payload.extend(self.audio);
        Ok(Prepared { head, payload, row, segment, end })
    }
}
