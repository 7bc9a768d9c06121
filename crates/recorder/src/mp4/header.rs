//! The header of a segment file: `ftyp`, a `uuid` box of ours that says whose the file is, and `moov`.

use domain::{AudioParameters, CameraId, StreamKind, Timestamp, VideoParameters};
use mp4_atom::{
    BufMut, Decode, Dinf, Dref, Encode, Error, ExtendedType, FourCC, Ftyp, Hdlr, Mdhd, Mvex, Mvhd, Smhd,
    Stco, Stsc, Stsz, Stts, Tkhd, Trex, Url, Uuid, Vmhd,
};
use serde::{Deserialize, Serialize};

use super::{AUDIO_TRACK, VIDEO_TIMESCALE, VIDEO_TRACK, sample_entry, walk};

/// Names our `uuid` box.
const IDENTITY: ExtendedType = ExtendedType::new(&[
    0x7a, 0x0e, 0x4c, 0x52, 0x9b, 0x1d, 0x4f, 0x6b, 0x8e, 0x37, 0xc4, 0x15, 0xd2, 0x60, 0xa9, 0x73,
]);

/// Everything that the header of a segment says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) camera_id: CameraId,
    pub(crate) stream: StreamKind,
    pub(crate) start: Timestamp,
    pub(crate) video: VideoParameters,
    pub(crate) audio: Option<AudioParameters>,
}

/// What the standard boxes have no (exact) place for, as JSON.
#[derive(Serialize, Deserialize)]
struct Identity {
    version: u32,
    camera_id: CameraId,
    stream: StreamKind,
    start_micros: i64,
    width: u32,
    height: u32,
    video: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    audio: Option<String>,
}

impl Header {
    pub(crate) fn encode(&self) -> Result<Vec<u8>, Error> {
        let mut buf = Vec::with_capacity(1536);
        Ftyp {
            major_brand: b"iso6".into(),
            minor_version: 0,
            compatible_brands: vec![b"iso6".into(), b"mp41".into()],
        }
        .encode(&mut buf)?;
        let identity = Identity {
            version: 1,
            camera_id: self.camera_id,
            stream: self.stream,
            start_micros: self.start.as_micros(),
            width: self.video.width,
            height: self.video.height,
            video: self.video.rfc6381.clone(),
            audio: self.audio.as_ref().map(|audio| audio.rfc6381.clone()),
        };
        let identity = serde_json::to_vec(&identity).map_err(|_| Error::Unsupported("identity"))?;
        Uuid::Unknown(IDENTITY, identity).encode(&mut buf)?;
        buf.encode_atom(*b"moov", |buf| {
            movie(self.start, 0, if self.audio.is_some() { 3 } else { 2 }).encode(buf)?;
            let video = &self.video;
            video_track(video, self.start, 0, None, buf, |buf| {
                sample_entry::encode_video(std::iter::once(video), buf)?;
                empty_tables(buf)
            })?;
            if let Some(audio) = &self.audio {
                audio_track(audio, self.start, [0, 0], None, buf, |buf| {
                    sample_entry::encode_audio(audio, buf)?;
                    empty_tables(buf)
                })?;
            }
            let trex = |track_id| Trex { track_id, default_sample_description_index: 1, ..Trex::default() };
            let tracks = [Some(VIDEO_TRACK), self.audio.as_ref().map(|_| AUDIO_TRACK)];
            Mvex { mehd: None, trex: tracks.into_iter().flatten().map(trex).collect() }.encode(buf)
        })?;
        Ok(buf)
    }

    /// Reads a header; gives its size too. `Err(None)`: `bytes` end before it does.
    pub(crate) fn parse(bytes: &[u8]) -> Result<(Self, u32), Option<String>> {
        let say = |what: &str| Some(what.to_owned());
        let mut size = 0;
        let mut identity = None;
        for (place, found) in walk::boxes(bytes).enumerate() {
            size += found.whole.len();
            if place == 0 && !found.is(*b"ftyp") {
                return Err(say("it does not begin with ftyp"));
            }
            if found.is(*b"uuid")
                && let Ok(Uuid::Unknown(IDENTITY, json)) = Uuid::decode(&mut { found.whole })
            {
                let read: Identity =
                    serde_json::from_slice(&json).map_err(|error| Some(error.to_string()))?;
                if read.version != 1 {
                    return Err(Some(format!("version {} of its header is not known", read.version)));
                }
                identity = Some(read);
            } else if found.is(*b"moov") {
                let identity = identity.ok_or_else(|| say("the box that says whose it is is missing"))?;
                let header =
                    Self::parse_movie(found.body, &identity).ok_or_else(|| say("moov makes no sense"))?;
                return Ok((header, u32::try_from(size).map_err(|_| say("the header is too large"))?));
            }
            if place > 8 {
                return Err(say("moov is missing"));
            }
        }
        if bytes.len() >= 8 && bytes.get(4..8) != Some(b"ftyp") {
            return Err(say("it does not begin with ftyp"));
        }
        Err(None)
    }

    fn parse_movie(moov: &[u8], identity: &Identity) -> Option<Self> {
        let mut video = None;
        let mut audio = None;
        for track in walk::boxes(moov).filter(|found| found.is(*b"trak")) {
            let track_id = Tkhd::decode(&mut walk::find(track.body, *b"tkhd")?.whole).ok()?.track_id;
            let media = walk::find(track.body, *b"mdia")?.body;
            let timescale = Mdhd::decode(&mut walk::find(media, *b"mdhd")?.whole).ok()?.timescale;
            let entries = walk::descend(media, &[*b"minf", *b"stbl", *b"stsd"])?;
            match track_id {
                VIDEO_TRACK if timescale == VIDEO_TIMESCALE => {
                    video = Some(VideoParameters {
                        width: identity.width,
                        height: identity.height,
                        rfc6381: identity.video.clone(),
                        ..sample_entry::decode_video(entries)?
                    });
                }
                AUDIO_TRACK if timescale > 0 => {
                    audio = Some(AudioParameters {
                        sample_rate: timescale,
                        rfc6381: identity.audio.clone()?,
                        ..sample_entry::decode_audio(entries)?
                    });
                }
                _ => return None,
            }
        }
        Some(Self {
            camera_id: identity.camera_id,
            stream: identity.stream,
            start: Timestamp::from_micros(identity.start_micros),
            video: video?,
            audio,
        })
    }
}

/// Seconds since 1904, in which MP4 tells when it was made. Shared with clips.
fn creation_time(at: Timestamp) -> u64 {
    u64::try_from(at.as_micros().div_euclid(1_000_000) + 2_082_844_800).unwrap_or(0)
}

/// `mvhd`, in microseconds.
pub(crate) fn movie(start: Timestamp, duration: u64, next_track_id: u32) -> Mvhd {
    Mvhd {
        creation_time: creation_time(start),
        modification_time: creation_time(start),
        timescale: VIDEO_TIMESCALE,
        duration,
        rate: 1.into(),
        volume: 1.into(),
        next_track_id,
        ..Mvhd::default()
    }
}

/// A `trak` of pictures around the sample tables that `tables` writes. `duration`: shown, in microseconds.
pub(crate) fn video_track(
    video: &VideoParameters,
    start: Timestamp,
    duration: u64,
    media: Option<(u32, u64, &[u8])>,
    buf: &mut Vec<u8>,
    tables: impl FnOnce(&mut Vec<u8>) -> Result<(), Error>,
) -> Result<(), Error> {
    let pixels = |pixels: u32| u16::try_from(pixels).unwrap_or(u16::MAX).into();
    let track = Tkhd {
        track_id: VIDEO_TRACK,
        width: pixels(video.width),
        height: pixels(video.height),
        ..track_header(start, duration)
    };
    let (timescale, media_duration, edits) = media.unwrap_or((VIDEO_TIMESCALE, 0, &[]));
    let handler = Hdlr { handler: FourCC::new(b"vide"), name: "Taimat".into() };
    track_around(&track, timescale, media_duration, edits, &handler, buf, |buf| {
        Vmhd::default().encode(buf)?;
        media_information(buf, tables)
    })
}

/// A `trak` of sound around the sample tables that `tables` writes. `durations`: shown, in microseconds; of the media,
/// in samples.
pub(crate) fn audio_track(
    audio: &AudioParameters,
    start: Timestamp,
    durations: [u64; 2],
    edits: Option<&[u8]>,
    buf: &mut Vec<u8>,
    tables: impl FnOnce(&mut Vec<u8>) -> Result<(), Error>,
) -> Result<(), Error> {
    let [shown, media] = durations;
    let track =
        Tkhd { track_id: AUDIO_TRACK, alternate_group: 1, volume: 1.into(), ..track_header(start, shown) };
    let handler = Hdlr { handler: FourCC::new(b"soun"), name: "Taimat".into() };
    track_around(&track, audio.sample_rate, media, edits.unwrap_or(&[]), &handler, buf, |buf| {
        Smhd::default().encode(buf)?;
        media_information(buf, tables)
    })
}

fn track_header(start: Timestamp, duration: u64) -> Tkhd {
    Tkhd {
        creation_time: creation_time(start),
        modification_time: creation_time(start),
        duration,
        enabled: true,
        in_movie: true,
        ..Tkhd::default()
    }
}

fn track_around(
    track: &Tkhd,
    timescale: u32,
    media_duration: u64,
    edits: &[u8],
    handler: &Hdlr,
    buf: &mut Vec<u8>,
    information: impl FnOnce(&mut Vec<u8>) -> Result<(), Error>,
) -> Result<(), Error> {
    buf.encode_atom(*b"trak", |buf| {
        track.encode(buf)?;
        buf.append_slice(edits);
        buf.encode_atom(*b"mdia", |buf| {
            Mdhd {
                creation_time: track.creation_time,
                modification_time: track.creation_time,
                timescale,
                duration: media_duration,
                language: "und".into(),
            }
            .encode(buf)?;
            handler.encode(buf)?;
            buf.encode_atom(*b"minf", information)
        })
    })
}

fn media_information(
    buf: &mut Vec<u8>,
    tables: impl FnOnce(&mut Vec<u8>) -> Result<(), Error>,
) -> Result<(), Error> {
    Dinf { dref: Dref { entries: vec![Url::default().into()] } }.encode(buf)?;
    buf.encode_atom(*b"stbl", tables)
}

fn empty_tables(buf: &mut Vec<u8>) -> Result<(), Error> {
    Stts::default().encode(buf)?;
    Stsc::default().encode(buf)?;
    Stsz::default().encode(buf)?;
    Stco::default().encode(buf)
}
