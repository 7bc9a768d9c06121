//! The boxes of a clip: a progressive MP4 with complete sample tables. ISO/IEC 14496-12 §8.6 to §8.7.

use domain::{AudioParameters, Timestamp, VideoParameters};
use mp4_atom::{
    BufMut, Co64, Ctts, CttsEntry, Edts, Elst, ElstEntry, Encode, Error, FourCC, Ftyp, Header as BoxHeader,
    Stsc, StscEntry, Stss, Stsz, StszSamples, Stts, SttsEntry,
};

use super::plan::Placed;
use super::samples::Chunk;
use crate::mp4::{VIDEO_TIMESCALE, header, sample_entry};

pub(super) struct Movie {
    pub(super) start: Timestamp,
    /// What a player shows, microseconds.
    pub(super) duration: u64,
    pub(super) video: VideoTrack,
    pub(super) audio: Option<AudioTrack>,
}

/// The sample tables of the pictures, times in ticks of its timescale.
pub(super) struct VideoTrack {
    pub(super) timescale: u32,
    /// When the first picture is shown.
    pub(super) media_time: u64,
    pub(super) durations: Vec<u32>,
    pub(super) offsets: Vec<i64>,
    pub(super) sizes: Vec<u32>,
    /// Numbers from 1 of the key frames.
    pub(super) sync: Vec<u32>,
    /// Samples of each chunk, and its description from 1.
    pub(super) chunks: Vec<(u32, u32)>,
    pub(super) descriptions: Vec<VideoParameters>,
}

/// The sample tables of the sound, times in samples.
pub(super) struct AudioTrack {
    pub(super) parameters: AudioParameters,
    /// When the first frame is heard, from the first picture on; it may begin before.
    pub(super) first: i64,
    pub(super) durations: Vec<u32>,
    pub(super) sizes: Vec<u32>,
    /// Each with the number of the pictures' chunks before it.
    pub(super) chunks: Vec<(usize, Chunk)>,
}

impl Default for AudioTrack {
    fn default() -> Self {
        let parameters = AudioParameters {
            configuration: bytes::Bytes::new(),
            sample_rate: 1,
            channels: 1,
            rfc6381: String::new(),
        };
        Self { parameters, first: 0, durations: Vec::new(), sizes: Vec::new(), chunks: Vec::new() }
    }
}

/// The finest timescale in which the longest distance between two pictures, in microseconds, fits `stts`.
pub(super) fn timescale(longest: i64) -> u32 {
    let fits = |scale: &u32| ticks(longest, *scale) <= i64::from(u32::MAX);
    [VIDEO_TIMESCALE, 90_000, 1_000].into_iter().find(fits).unwrap_or(1)
}

pub(super) fn ticks(micros: i64, timescale: u32) -> i64 {
    let ticks = (i128::from(micros) * i128::from(timescale)).div_euclid(1_000_000);
    i64::try_from(ticks).unwrap_or(i64::MAX)
}

/// `ftyp`, `moov` and the header of `mdat`, for media in the order of `placed`.
pub(super) fn encode(movie: &Movie, placed: &[Placed]) -> Result<Vec<u8>, Error> {
    let media: u64 = placed.iter().map(|placed| placed.chunk.bytes).sum();
    // The size of the boxes does not depend on the offsets in them.
    let size = encode_at(movie, placed, 0, media)?.len();
    encode_at(movie, placed, size as u64, media)
}

fn encode_at(movie: &Movie, placed: &[Placed], media_at: u64, media: u64) -> Result<Vec<u8>, Error> {
    let mut offsets = [Vec::new(), Vec::new()];
    let mut at = media_at;
    for placed in placed {
        let [video, audio] = &mut offsets;
        if placed.sound {
            audio.push(at);
        } else {
            video.push(at);
        }
        at += placed.chunk.bytes;
    }
    let [video_offsets, audio_offsets] = offsets;
    let mut buf = Vec::new();
    Ftyp {
        major_brand: b"isom".into(),
        minor_version: 512,
        compatible_brands: vec![b"isom".into(), b"iso2".into(), b"mp41".into()],
    }
    .encode(&mut buf)?;
    buf.encode_atom(*b"moov", |buf| {
        header::movie(movie.start, movie.duration, 3).encode(buf)?;
        video(movie, video_offsets, buf)?;
        match &movie.audio {
            Some(track) => audio(movie, track, audio_offsets, buf),
            None => Ok(()),
        }
    })?;
    let payload = usize::try_from(media).map_err(|_| Error::TooLarge(FourCC::new(b"mdat")))?;
    BoxHeader { kind: FourCC::new(b"mdat"), size: Some(payload) }.encode(&mut buf)?;
    Ok(buf)
}

fn video(movie: &Movie, offsets: Vec<u64>, buf: &mut Vec<u8>) -> Result<(), Error> {
    let track = &movie.video;
    let edit = ElstEntry {
        segment_duration: movie.duration,
        media_time: Some(track.media_time),
        media_rate: 1.into(),
    };
    let edits = edits(vec![edit])?;
    let largest =
        track.descriptions.iter().max_by_key(|video| u64::from(video.width) * u64::from(video.height));
    let Some(largest) = largest else { return Err(Error::Unsupported("a clip without video")) };
    let duration = track.durations.iter().map(|duration| u64::from(*duration)).sum();
    let media = Some((track.timescale, duration, edits.as_slice()));
    header::video_track(largest, movie.start, movie.duration, media, buf, |buf| {
        sample_entry::encode_video(track.descriptions.iter(), buf)?;
        times(&track.durations).encode(buf)?;
        if track.offsets.iter().any(|offset| *offset != 0) {
            let entries = runs(&track.offsets)
                .map(|(sample_count, sample_offset)| CttsEntry { sample_count, sample_offset })
                .collect();
            Ctts { entries }.encode(buf)?;
        }
        Stss { entries: track.sync.clone() }.encode(buf)?;
        tables(&track.chunks, track.sizes.clone(), offsets, buf)
    })
}

fn audio(movie: &Movie, track: &AudioTrack, offsets: Vec<u64>, buf: &mut Vec<u8>) -> Result<(), Error> {
    let rate = i64::from(track.parameters.sample_rate.max(1));
    // Silence until the first frame, or a first frame that is cut.
    let late = track.first.max(0).saturating_mul(1_000_000) / rate;
    let late = u64::try_from(late).unwrap_or(0).min(movie.duration);
    let cut = u64::try_from(-track.first).unwrap_or(0);
    let silence = ElstEntry { segment_duration: late, media_time: None, media_rate: 1.into() };
    let sound =
        ElstEntry { segment_duration: movie.duration - late, media_time: Some(cut), media_rate: 1.into() };
    let edits = edits(if late > 0 { vec![silence, sound] } else { vec![sound] })?;
    let duration = track.durations.iter().map(|duration| u64::from(*duration)).sum();
    let durations = [movie.duration, duration];
    header::audio_track(&track.parameters, movie.start, durations, Some(&edits), buf, |buf| {
        sample_entry::encode_audio(&track.parameters, buf)?;
        times(&track.durations).encode(buf)?;
        let chunks: Vec<_> = track.chunks.iter().map(|(_, chunk)| (chunk.samples, 1)).collect();
        tables(&chunks, track.sizes.clone(), offsets, buf)
    })
}

fn edits(entries: Vec<ElstEntry>) -> Result<Vec<u8>, Error> {
    let mut buf = Vec::new();
    Edts { elst: Some(Elst { entries }) }.encode(&mut buf)?;
    Ok(buf)
}

fn times(durations: &[u32]) -> Stts {
    let entries = runs(durations);
    Stts {
        entries: entries
            .map(|(sample_count, sample_delta)| SttsEntry { sample_count, sample_delta })
            .collect(),
    }
}

/// `stsc`, `stsz` and `co64`.
fn tables(chunks: &[(u32, u32)], sizes: Vec<u32>, offsets: Vec<u64>, buf: &mut Vec<u8>) -> Result<(), Error> {
    let mut entries = Vec::new();
    let mut first_chunk = 1;
    for (count, (samples_per_chunk, sample_description_index)) in runs(chunks) {
        entries.push(StscEntry { first_chunk, samples_per_chunk, sample_description_index });
        first_chunk += count;
    }
    Stsc { entries }.encode(buf)?;
    Stsz { samples: StszSamples::Different { sizes } }.encode(buf)?;
    Co64 { entries: offsets }.encode(buf)
}

/// Equal neighbours as a count and a value.
fn runs<T: Copy + PartialEq>(all: &[T]) -> impl Iterator<Item = (u32, T)> {
    all.chunk_by(|one, other| one == other)
        .filter_map(|run| run.first().map(|value| (run.len() as u32, *value)))
}
