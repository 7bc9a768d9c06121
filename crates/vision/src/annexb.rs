//! H.264 byte streams (Rec. ITU-T H.264 annex B), as encoders write them, to what MP4 holds (ISO/IEC 14496-15 §5.3.3).

use bytes::Bytes;

/// NAL unit types, H.264 table 7-1.
const SEI: u8 = 6;
const SEQUENCE_PARAMETERS: u8 = 7;
const PICTURE_PARAMETERS: u8 = 8;
const DELIMITER: u8 = 9;

/// One access unit.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Unit {
    /// Its slices, each behind a length of four bytes.
    pub(crate) data: Bytes,
    /// The body of `avcC` and the codec by RFC 6381, where parameter sets stand in the unit.
    pub(crate) configuration: Option<(Bytes, String)>,
}

/// Reads one access unit.
pub(crate) fn unit(stream: &[u8]) -> Result<Unit, String> {
    let mut data = Vec::with_capacity(stream.len() + 16);
    let (mut sequence, mut picture) = (None, None);
    for nal in nal_units(stream) {
        match nal.first().map(|header| header & 0x1f) {
            None | Some(SEI | DELIMITER) => {}
            Some(SEQUENCE_PARAMETERS) => sequence = Some(nal),
            Some(PICTURE_PARAMETERS) => picture = Some(nal),
            Some(_) => {
                let length = u32::try_from(nal.len()).map_err(|_| "a slice is too long")?;
                data.extend_from_slice(&length.to_be_bytes());
                data.extend_from_slice(nal);
            }
        }
    }
    if data.is_empty() {
        return Err("the encoder gave no slice".to_owned());
    }
    let configuration = match (sequence, picture) {
        (Some(sequence), Some(picture)) => Some(configuration(sequence, picture)?),
        _ => None,
    };
    Ok(Unit { data: data.into(), configuration })
}

/// The NAL units between start codes, without the zeros that may follow each.
fn nal_units(stream: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = start(stream).map(|(_, after)| after);
    std::iter::from_fn(move || {
        let nal = rest?;
        let (nal, after) = start(nal).map_or((nal, None), |(before, after)| (before, Some(after)));
        rest = after;
        let end = nal.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
        Some(nal.get(..end).unwrap_or_default())
    })
}

/// What lies before the next start code, and what after it.
fn start(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = bytes.windows(3).position(|three| three == [0, 0, 1])?;
    Some((bytes.get(..at)?, bytes.get(at + 3..)?))
}

fn configuration(sequence: &[u8], picture: &[u8]) -> Result<(Bytes, String), String> {
    let [_, profile, compatibility, level, ..] = *sequence else {
        return Err("the sequence parameters are too short".to_owned());
    };
    let mut body = vec![1, profile, compatibility, level, 0xff, 0xe1];
    for (set, count) in [(sequence, None), (picture, Some(1))] {
        let length = u16::try_from(set.len()).map_err(|_| "a parameter set is too long")?;
        body.extend(count);
        body.extend_from_slice(&length.to_be_bytes());
        body.extend_from_slice(set);
    }
    // The profiles that tell more of themselves: 4:2:0 of eight bits, as all that we encode.
    if matches!(profile, 100 | 110 | 122 | 144) {
        body.extend_from_slice(&[0xfd, 0xf8, 0xf8, 0]);
    }
    Ok((body.into(), format!("avc1.{profile:02X}{compatibility:02X}{level:02X}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_frame_yields_its_parameters_and_its_slices() {
        let stream = [
            &[0, 0, 0, 1, 9, 0xf0][..],
            &[0, 0, 0, 1, 0x67, 66, 0xc0, 31, 5],
            &[0, 0, 0, 1, 0x68, 7, 8],
            &[0, 0, 1, 6, 5, 1],
            &[0, 0, 1, 0x65, 1, 2, 3, 0],
            &[0, 0, 1, 0x65, 4],
        ]
        .concat();
        let unit = unit(&stream).unwrap();
        assert_eq!(unit.data.as_ref(), [0, 0, 0, 4, 0x65, 1, 2, 3, 0, 0, 0, 2, 0x65, 4]);
        let (body, codec) = unit.configuration.unwrap();
        assert_eq!(codec, "avc1.42C01F");
        assert_eq!(
            body.as_ref(),
            [1, 66, 0xc0, 31, 0xff, 0xe1, 0, 5, 0x67, 66, 0xc0, 31, 5, 1, 0, 3, 0x68, 7, 8]
        );
    }

    #[test]
    fn a_unit_without_a_slice_is_refused() {
        assert!(unit(&[]).is_err());
        assert!(unit(&[0, 0, 1, 9, 0xf0]).is_err());
    }

    #[test]
    fn arbitrary_bytes_are_read() {
        bolero::check!().with_type::<Vec<u8>>().for_each(|bytes| drop(unit(bytes)));
    }
}
