//! Sample entries: what it takes to decode a track, as it stands in `stsd`.

use bytes::Bytes;
use domain::{AudioParameters, VideoCodec, VideoParameters};
use mp4_atom::esds::{DecoderConfig, DecoderSpecific, EsDescriptor, SLConfig};
use mp4_atom::{Audio, BufMut, Compressor, Decode, Encode, Error, Esds, Visual};

use super::walk;

/// `stsd` with one video entry for each of `all`.
pub(crate) fn encode_video<'a>(
    all: impl ExactSizeIterator<Item = &'a VideoParameters>,
    buf: &mut Vec<u8>,
) -> Result<(), Error> {
    buf.encode_atom(*b"stsd", |buf| {
        0u32.encode(buf)?; // version and flags
        (all.len() as u32).encode(buf)?;
        for video in all {
            let (entry, configuration) = match video.codec {
                VideoCodec::H264 => (*b"avc1", *b"avcC"),
                VideoCodec::H265 => (*b"hvc1", *b"hvcC"),
            };
            buf.encode_atom(entry, |buf| {
                Visual {
                    data_reference_index: 1,
                    width: clamp(video.width),
                    height: clamp(video.height),
                    compressor: Compressor::default(),
                    ..Visual::default()
                }
                .encode(buf)?;
                buf.encode_atom(configuration, |buf| {
                    buf.append_slice(&video.decoder_configuration);
                    Ok(())
                })
            })?;
        }
        Ok(())
    })
}

/// `stsd` with one AAC entry.
pub(crate) fn encode_audio(audio: &AudioParameters, buf: &mut Vec<u8>) -> Result<(), Error> {
    buf.encode_atom(*b"stsd", |buf| {
        0u32.encode(buf)?; // version and flags
        1u32.encode(buf)?;
        buf.encode_atom(*b"mp4a", |buf| {
            Audio {
                data_reference_index: 1,
                channel_count: audio.channels,
                sample_size: 16,
                // Sixteen bits of whole hertz; players take the rate from the configuration.
                sample_rate: u16::try_from(audio.sample_rate).unwrap_or(0).into(),
            }
            .encode(buf)?;
            Esds {
                es_desc: EsDescriptor {
                    es_id: 0,
                    dec_config: DecoderConfig {
                        object_type_indication: 0x40, // ISO/IEC 14496-3
                        stream_type: 5,               // audio
                        dec_specific: Some(DecoderSpecific {
                            raw: audio.configuration.to_vec(),
                            ..DecoderSpecific::default()
                        }),
                        ..DecoderConfig::default()
                    },
                    sl_config: SLConfig::default(),
                    ..EsDescriptor::default()
                },
            }
            .encode(buf)
        })
    })
}

/// What the first entry of a video `stsd` body holds; `rfc6381` and exact sizes are kept elsewhere.
pub(super) fn decode_video(stsd: &[u8]) -> Option<VideoParameters> {
    let entry = walk::boxes(stsd.get(8..)?).next()?;
    let (codec, configuration) = match (entry.is(*b"avc1"), entry.is(*b"hvc1")) {
        (true, _) => (VideoCodec::H264, b"avcC"),
        (_, true) => (VideoCodec::H265, b"hvcC"),
        _ => return None,
    };
    let mut body = entry.body;
    let visual = Visual::decode(&mut body).ok()?;
    Some(VideoParameters {
        codec,
        width: visual.width.into(),
        height: visual.height.into(),
        rfc6381: String::new(),
        decoder_configuration: Bytes::copy_from_slice(walk::find(body, *configuration)?.body),
    })
}

/// What the first entry of an audio `stsd` body holds; `sample_rate` and `rfc6381` are kept elsewhere.
pub(super) fn decode_audio(stsd: &[u8]) -> Option<AudioParameters> {
    let entry = walk::boxes(stsd.get(8..)?).next().filter(|entry| entry.is(*b"mp4a"))?;
    let mut body = entry.body;
    let audio = Audio::decode(&mut body).ok()?;
    let esds = Esds::decode(&mut walk::find(body, *b"esds")?.whole).ok()?;
    Some(AudioParameters {
        configuration: esds.es_desc.dec_config.dec_specific?.raw.into(),
        sample_rate: 0,
        channels: audio.channel_count,
        rfc6381: String::new(),
    })
}

fn clamp(pixels: u32) -> u16 {
    u16::try_from(pixels).unwrap_or(u16::MAX)
}
