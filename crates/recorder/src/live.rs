//! Pictures to fragmented MP4 in memory, as they come: what a browser's Media Source plays.

use bytes::{Bytes, BytesMut};
use domain::{AccessUnit, CameraId, StreamKind, Timestamp, VideoParameters};

use crate::fragment::{Building, Chain, Prepared};
use crate::mp4::Header;

/// Until two pictures have told better: 15 a second.
const TYPICAL_DISTANCE: i64 = 66_667;

/// Pictures that do not fit into MP4 boxes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the pictures do not fit into MP4 boxes: {0}")]
pub struct BoxError(String);

impl From<mp4_atom::Error> for BoxError {
    fn from(error: mp4_atom::Error) -> Self {
        Self(error.to_string())
    }
}

/// The init segment for pictures with these parameters, whose times begin at `start`.
pub fn init(
    camera_id: CameraId,
    stream: StreamKind,
    start: Timestamp,
    video: &VideoParameters,
) -> Result<Bytes, BoxError> {
    Ok(Header { camera_id, stream, start, video: video.clone(), audio: None }.encode()?.into())
}

/// Pictures of one stream to fragments, as small as can be: one picture each where pictures are not reordered.
///
/// A picture leaves when the next one comes, since only then is known how long it is shown: a player that was told too
/// little takes what follows for a hole, and shows nothing until the next key frame (Media Source Extensions §3.5.8).
#[derive(Debug)]
pub struct Fragmenter {
    start: Timestamp,
    chain: Chain,
    building: Option<Building>,
}

impl Fragmenter {
    /// Times in fragments begin at `start`.
    #[must_use]
    pub fn new(start: Timestamp) -> Self {
        Self { start, chain: Chain::new(TYPICAL_DISTANCE), building: None }
    }

    /// When the media time is zero.
    #[must_use]
    pub const fn start(&self) -> Timestamp {
        self.start
    }

    /// Takes the next picture, in decoding order; gives the fragment before it, where it is complete.
    pub fn push(&mut self, unit: &AccessUnit) -> Result<Option<Bytes>, BoxError> {
        let time = unit.time.micros_since(self.start);
        match &mut self.building {
            Some(building) if !building.ends_before(time, unit, 0) => {
                building.push(time, unit);
                Ok(None)
            }
            building => match building.replace(Building::new(time, unit)) {
                Some(complete) => self.finish(complete, Some(time)).map(Some),
                None => Ok(None),
            },
        }
    }

    /// Gives what is left: nothing follows on it without a hole.
    pub fn flush(&mut self) -> Result<Option<Bytes>, BoxError> {
        self.building.take().map(|rest| self.finish(rest, None)).transpose()
    }

    fn finish(&mut self, building: Building, next: Option<i64>) -> Result<Bytes, BoxError> {
        Ok(joined(building.finish(&mut self.chain, self.start, next)?))
    }
}

/// One fragment of pictures in decoding order. Its times begin at `start`; the last picture is shown until `end`.
/// `None` where there is no picture.
pub fn fragment(units: &[AccessUnit], start: Timestamp, end: Timestamp) -> Result<Option<Bytes>, BoxError> {
    let Some((first, rest)) = units.split_first() else { return Ok(None) };
    let mut building = Building::new(first.time.micros_since(start), first);
    for unit in rest {
        building.push(unit.time.micros_since(start), unit);
    }
    let prepared =
        building.finish(&mut Chain::new(TYPICAL_DISTANCE), start, Some(end.micros_since(start)))?;
    Ok(Some(joined(prepared)))
}

fn joined(Prepared { head, payload, .. }: Prepared) -> Bytes {
    let mut bytes = BytesMut::with_capacity(head.len() + payload.iter().map(Bytes::len).sum::<usize>());
    bytes.extend_from_slice(&head);
    for part in payload {
        bytes.extend_from_slice(&part);
    }
    bytes.freeze()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
mod tests {
    use std::sync::Arc;

    use domain::VideoCodec;

    use super::*;
    use crate::mp4::moof;

    fn unit(micros: i64, random_access: bool) -> AccessUnit {
        let parameters = VideoParameters {
            codec: VideoCodec::H264,
            width: 64,
            height: 64,
            rfc6381: String::new(),
            decoder_configuration: Bytes::new(),
        };
        AccessUnit {
            time: Timestamp::from_micros(micros),
            random_access,
            data: Bytes::from_static(&[0, 0, 0, 1, 9]),
            parameters: Arc::new(parameters),
        }
    }

    fn run(fragment: &Bytes) -> moof::Run {
        let size = u32::from_be_bytes(fragment[..4].try_into().unwrap()) as usize;
        moof::parse(&fragment[..size], (fragment.len() - size) as u64).unwrap().video
    }

    #[test]
    fn each_picture_lasts_until_the_next_one() {
        let mut fragmenter = Fragmenter::new(Timestamp::from_micros(1_000));
        let mut ends = 0;
        let mut pictures = 0;
        // Unequal distances, and a hole.
        for (number, micros) in [1_000, 41_000, 101_000, 130_000, 3_000_000].into_iter().enumerate() {
            let Some(fragment) = fragmenter.push(&unit(micros, number == 0)).unwrap() else { continue };
            let run = run(&fragment);
            assert_eq!(run.decode_time, ends);
            assert_eq!(run.samples[0].sync, number == 1);
            ends += run.samples.iter().map(|sample| u64::from(sample.duration)).sum::<u64>();
            pictures += run.samples.len();
            assert_eq!(ends as i64, micros - 1_000, "up to the next picture");
        }
        assert_eq!(pictures, 4);
        assert_eq!(run(&fragmenter.flush().unwrap().unwrap()).decode_time, ends);
        assert!(fragmenter.flush().unwrap().is_none());
    }

    #[test]
    fn reordered_pictures_stay_together() {
        let mut fragmenter = Fragmenter::new(Timestamp::default());
        // Decoded I P B B P: shown 0 3 1 2 6.
        let shown = [0, 120_000, 40_000, 80_000, 240_000];
        let fragments: Vec<_> =
            shown.iter().filter_map(|time| fragmenter.push(&unit(*time, *time == 0)).unwrap()).collect();
        let [first, second] = fragments.as_slice() else { panic!("{} fragments", fragments.len()) };
        assert_eq!(run(first).samples.len(), 1);
        let second = run(second);
        let mut decode = second.decode_time as i64;
        let shown_again: Vec<i64> = second
            .samples
            .iter()
            .map(|sample| {
                let shown = decode + i64::from(sample.offset);
                decode += i64::from(sample.duration);
                shown
            })
            .collect();
        assert_eq!(shown_again, shown[1..4]);
    }

    #[test]
    fn a_piece_ends_where_the_next_one_begins() {
        let units: Vec<_> = (0..4).map(|number| unit(number * 66_667, number == 0)).collect();
        let at = Timestamp::from_micros;
        let piece = run(&fragment(&units, at(-500_000), at(300_000)).unwrap().unwrap());
        assert_eq!(piece.decode_time, 500_000);
        assert_eq!(piece.samples.iter().map(|sample| u64::from(sample.duration)).sum::<u64>(), 300_000);
        assert!(fragment(&[], at(0), at(1)).unwrap().is_none());
    }
}
