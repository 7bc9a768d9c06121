//! Fragments: `moof` with one run of pictures and at most one of sound, then `mdat` with their bytes.

use std::time::Duration;

use domain::Fragment;
use mp4_atom::{
    Decode, Encode, Error, FourCC, Header as BoxHeader, Mfhd, Moof, Tfdt, Tfhd, Traf, Trun, TrunEntry,
};

use super::{AUDIO_TRACK, VIDEO_TRACK, walk};

/// A picture or a frame of sound, in ticks of its track.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sample {
    pub(crate) size: u32,
    /// From its decoding to the next one's.
    pub(crate) duration: u32,
    /// From its decoding to its showing.
    pub(crate) offset: i32,
    pub(crate) sync: bool,
}

/// The samples of one track in a fragment. Their bytes lie one after another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Run {
    /// When the first is decoded, ticks from the start of the file.
    pub(crate) decode_time: u64,
    /// Where the bytes of the first lie, from the start of the fragment.
    pub(crate) data_offset: u32,
    pub(crate) samples: Vec<Sample>,
}

impl Run {
    pub(crate) fn bytes(&self) -> u64 {
        self.samples.iter().map(|sample| u64::from(sample.size)).sum()
    }
}

/// A fragment without its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FragmentHead {
    pub(crate) sequence: u32,
    /// `moof` and `mdat` together.
    pub(crate) bytes: u32,
    pub(crate) video: Run,
    pub(crate) audio: Option<Run>,
}

impl FragmentHead {
    /// The row of a fragment index that this is, and when its last picture ends, microseconds from the start of the file.
    pub(crate) fn row(&self) -> (Fragment, i64) {
        let first = self.video.samples.first();
        let decode = self.video.decode_time as i64;
        let start = (decode + first.map_or(0, |sample| i64::from(sample.offset))).max(0);
        let end = decode + self.video.samples.iter().map(|sample| i64::from(sample.duration)).sum::<i64>();
        let row = Fragment {
            start: Duration::from_micros(start as u64),
            duration: Duration::from_micros(u64::try_from(end - start).unwrap_or(0)),
            bytes: self.bytes,
            frames: u16::try_from(self.video.samples.len()).unwrap_or(u16::MAX),
            random_access: first.is_some_and(|sample| sample.sync),
        };
        (row, end)
    }
}

const SYNC: u32 = 0x0200_0000; // depends on no other
const NOT_SYNC: u32 = 0x0101_0000; // depends on others, is no sync sample
const MDAT_HEADER: usize = 8;

/// `moof` and the header of `mdat`. The runs' bytes follow, video first.
pub(crate) fn encode(
    sequence: u32,
    video: (u64, &[Sample]),
    audio: Option<(u64, &[Sample])>,
) -> Result<Vec<u8>, Error> {
    let bytes = |run: &[Sample]| run.iter().map(|sample| u64::from(sample.size)).sum::<u64>();
    let track = |track_id, (decode_time, samples): (u64, &[Sample])| Traf {
        tfhd: Tfhd { track_id, default_base_is_moof: true, ..Tfhd::default() },
        tfdt: Some(Tfdt { base_media_decode_time: decode_time }),
        trun: vec![Trun { data_offset: Some(0), samples: entries(samples).into() }],
        ..Traf::default()
    };
    let mut moof = Moof { mfhd: Mfhd { sequence_number: sequence }, traf: vec![track(VIDEO_TRACK, video)] };
    moof.traf.extend(audio.map(|audio| track(AUDIO_TRACK, audio)));
    let mut buf = Vec::with_capacity(128 + 16 * (video.1.len() + audio.map_or(0, |(_, run)| run.len())));
    moof.encode(&mut buf)?;
    // Its size does not depend on the offsets that it holds.
    let too_large = |_| Error::TooLarge(FourCC::new(b"mdat"));
    let mut offset = (buf.len() + MDAT_HEADER) as u64;
    let runs = [Some(video.1), audio.map(|(_, run)| run)];
    for (traf, run) in moof.traf.iter_mut().zip(runs.into_iter().flatten()) {
        for trun in &mut traf.trun {
            trun.data_offset = Some(i32::try_from(offset).map_err(too_large)?);
        }
        offset += bytes(run);
    }
    let payload = usize::try_from(offset).map_err(too_large)? - buf.len() - MDAT_HEADER;
    buf.clear();
    moof.encode(&mut buf)?;
    BoxHeader { kind: FourCC::new(b"mdat"), size: Some(payload) }.encode(&mut buf)?;
    Ok(buf)
}

fn entries(samples: &[Sample]) -> Vec<TrunEntry> {
    let reordered = samples.iter().any(|sample| sample.offset != 0);
    samples
        .iter()
        .map(|sample| TrunEntry {
            duration: Some(sample.duration),
            size: Some(sample.size),
            flags: Some(if sample.sync { SYNC } else { NOT_SYNC }),
            cts: reordered.then_some(sample.offset.into()),
        })
        .collect()
}

/// Reads `moof` (the whole box) and the size of the `mdat` that follows it. Accepts what [`encode`] writes, no more.
pub(crate) fn parse(moof: &[u8], mdat_bytes: u64) -> Result<FragmentHead, String> {
    let whole = walk::find(moof, *b"moof").ok_or("moof is missing")?;
    let sequence = walk::find(whole.body, *b"mfhd")
        .and_then(|found| Mfhd::decode(&mut { found.whole }).ok())
        .ok_or("mfhd is missing")?
        .sequence_number;
    let total = moof.len() as u64 + mdat_bytes;
    let mut video = None;
    let mut audio = None;
    for traf in walk::boxes(whole.body).filter(|found| found.is(*b"traf")) {
        let (track_id, run) = parse_track(traf.body)?;
        let end = u64::from(run.data_offset) + run.bytes();
        if u64::from(run.data_offset) < (moof.len() + MDAT_HEADER) as u64 || end > total {
            return Err(format!("the bytes of track {track_id} lie outside the fragment"));
        }
        let place = match track_id {
            VIDEO_TRACK => &mut video,
            AUDIO_TRACK => &mut audio,
            other => return Err(format!("there is no track {other}")),
        };
        if place.replace(run).is_some() {
            return Err(format!("track {track_id} has two runs"));
        }
    }
    let video = video.filter(|run: &Run| !run.samples.is_empty()).ok_or("a fragment without a picture")?;
    let bytes = u32::try_from(total).map_err(|_| "a fragment of more than 4 GiB")?;
    Ok(FragmentHead { sequence, bytes, video, audio })
}

fn parse_track(traf: &[u8]) -> Result<(u32, Run), String> {
    fn leaf<T: Decode>(traf: &[u8], kind: [u8; 4]) -> Result<T, String> {
        let name = FourCC::new(&kind);
        let found = walk::find(traf, kind).ok_or_else(|| format!("{name} is missing"))?;
        T::decode(&mut { found.whole }).map_err(|error| format!("{name}: {error}"))
    }
    let tfhd: Tfhd = leaf(traf, *b"tfhd")?;
    let tfdt: Tfdt = leaf(traf, *b"tfdt")?;
    let trun: Trun = leaf(traf, *b"trun")?;
    let data_offset =
        trun.data_offset.and_then(|offset| u32::try_from(offset).ok()).ok_or("trun has no data offset")?;
    let mp4_atom::TrunSamples::Explicit(entries) = trun.samples else {
        return Err("trun tells no sizes".into());
    };
    let samples = entries.iter().map(|entry| {
        Some(Sample {
            size: entry.size?,
            duration: entry.duration?,
            offset: i32::try_from(entry.cts.unwrap_or(0)).ok()?,
            sync: entry.flags? & 0x0001_0000 == 0,
        })
    });
    let samples: Option<Vec<_>> = samples.collect();
    // Far beyond any file of ours, and far from any overflow.
    if tfdt.base_media_decode_time > u64::MAX >> 8 {
        return Err("tfdt is out of range".into());
    }
    let run = Run {
        decode_time: tfdt.base_media_decode_time,
        data_offset,
        samples: samples.ok_or("trun tells not all of its samples")?,
    };
    Ok((tfhd.track_id, run))
}
