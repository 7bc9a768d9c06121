//! What retina says of codecs, in the words of the domain; and which sound is kept.

use std::sync::Arc;

use bytes::Bytes;
use domain::{AudioParameters, Sentence, VideoCodec, VideoParameters};
use retina::client::Stream;
use retina::codec::{ParametersRef, VideoParametersCodec};

/// No camera has more pixels a side; a decoder would ask for gigabytes.
const LARGEST_SIDE: u32 = 16_384;
/// What MP4 and the recorder expect of a frame of AAC.
const AAC_FRAME: u32 = 1_024;

/// Which of the presentation's streams is the video to pull.
pub(crate) enum Video {
    /// This one.
    Found(usize),
    /// There is one, but compressed in another way.
    Unsupported(String),
    /// There is none.
    Missing,
}

/// Chooses the video.
pub(crate) fn choose_video(streams: &[Stream]) -> Video {
    let videos = || streams.iter().enumerate().filter(|(_, stream)| stream.media() == "video");
    match videos().find(|(_, stream)| matches!(stream.encoding_name(), "h264" | "h265")) {
        Some((index, _)) => Video::Found(index),
        None => match videos().next() {
            Some((_, stream)) => Video::Unsupported(stream.encoding_name().to_owned()),
            None => Video::Missing,
        },
    }
}

/// Which sound to pull: AAC, the one that MP4 carries and browsers play. The second value says why there is
/// none although the camera offers some.
pub(crate) fn choose_audio(streams: &[Stream]) -> (Option<(usize, Arc<AudioParameters>)>, Option<Sentence>) {
    let mut reason = None;
    for (index, stream) in streams.iter().enumerate().filter(|(_, stream)| stream.media() == "audio") {
        match audio_parameters(stream) {
            Ok(parameters) => return (Some((index, Arc::new(parameters))), None),
            Err(why) => reason = reason.or(Some(why)),
        }
    }
    (None, reason)
}

fn audio_parameters(stream: &Stream) -> Result<AudioParameters, Sentence> {
    let name = match stream.encoding_name() {
        "mpeg4-generic" => "AAC",
        "pcma" => "G.711 A-law",
        "pcmu" => "G.711 µ-law",
        "g722" => "G.722",
        "g723" => "G.723",
        "g726-16" | "g726-24" | "g726-32" | "g726-40" => "G.726",
        "l16" => "PCM",
        "opus" => "Opus",
        "mp4a-latm" => "AAC LATM",
        _ => "",
    };
    if name != "AAC" {
        let (vi, en) = if name.is_empty() { ("không rõ", "of an unknown kind") } else { (name, name) };
        return Err(Sentence::new(
            format!(
                "âm thanh là loại {vi}, bản ghi không lưu được; đặt âm thanh của camera là AAC để giữ lại"
            ),
            format!(
                "the sound is {en}, which the recording cannot carry; set the camera's sound to AAC to keep it"
            ),
        ));
    }
    let Some(ParametersRef::Audio(parameters)) = stream.parameters() else {
        return Err(Sentence::new(
            "camera mô tả âm thanh AAC theo cách không đọc được",
            "the camera describes its AAC sound in a way that cannot be read",
        ));
    };
    match (parameters.rfc6381_codec(), parameters.frame_length().map(std::num::NonZero::get)) {
        (Some(codec), Some(AAC_FRAME)) => Ok(AudioParameters {
            configuration: Bytes::copy_from_slice(parameters.extra_data()),
            sample_rate: parameters.clock_rate(),
            channels: parameters.channels().get(),
            rfc6381: codec.to_owned(),
        }),
        _ => Err(Sentence::new(
            "camera gửi âm thanh AAC với độ dài khung khác thường",
            "the camera sends AAC sound in frames of an unusual length",
        )),
    }
}

/// The video's parameters as they are now; `None` while the camera has not told them, an error where they make
/// no sense.
pub(crate) fn video_parameters(stream: &Stream) -> Option<Result<VideoParameters, String>> {
    let Some(ParametersRef::Video(parameters)) = stream.parameters() else { return None };
    let codec = match parameters.codec_params() {
        VideoParametersCodec::H264 { .. } => VideoCodec::H264,
        VideoParametersCodec::H265 { .. } => VideoCodec::H265,
        _ => return Some(Err("it is neither H.264 nor H.265".into())),
    };
    let (width, height) = parameters.pixel_dimensions();
    if width == 0 || height == 0 || width > LARGEST_SIDE || height > LARGEST_SIDE {
        return Some(Err(format!("a size of {width} x {height} pixels")));
    }
    Some(Ok(VideoParameters {
        codec,
        width,
        height,
        rfc6381: parameters.rfc6381_codec().to_owned(),
        // For four-byte lengths retina makes the body of `avcC` or `hvcC`.
        decoder_configuration: Bytes::copy_from_slice(parameters.extra_data()),
    }))
}

/// What an access unit holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Content {
    /// Whether there is any slice of a picture in it.
    pub(crate) picture: bool,
    /// Whether every slice is of an IDR (H.264), or an IDR, CRA or BLA picture (H.265).
    pub(crate) random_access: bool,
}

/// Looks at the headers of the NAL units of `data`, each with a four-byte length before it.
pub(crate) fn content(codec: VideoCodec, data: &[u8]) -> Content {
    let mut rest = data;
    let mut found = Content::default();
    while let Some((length, tail)) = rest.split_first_chunk::<4>() {
        let length = (u32::from_be_bytes(*length) as usize).min(tail.len());
        let (unit, next) = tail.split_at(length);
        rest = next;
        let Some(header) = unit.first() else { continue };
        // H.264 table 7-1; H.265 table 7-1.
        let (slice, key) = match codec {
            VideoCodec::H264 => {
                let kind = header & 0x1f;
                ((1..=5).contains(&kind), kind == 5)
            }
            VideoCodec::H265 => {
                let kind = (header >> 1) & 0x3f;
                (kind < 32, (16..=21).contains(&kind))
            }
        };
        if slice {
            found.random_access = key && (found.random_access || !found.picture);
            found.picture = true;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(bodies: &[&[u8]]) -> Vec<u8> {
        bodies.iter().flat_map(|body| [&(body.len() as u32).to_be_bytes(), *body].concat()).collect()
    }

    #[test]
    fn key_pictures_are_told_by_their_slices() {
        let h264 = |bodies: &[&[u8]]| content(VideoCodec::H264, &unit(bodies));
        assert_eq!(h264(&[&[0x06, 1], &[0x65, 2]]), Content { picture: true, random_access: true });
        assert_eq!(h264(&[&[0x65, 1], &[0x41, 2]]), Content { picture: true, random_access: false });
        assert_eq!(h264(&[&[0x41, 1]]), Content { picture: true, random_access: false });
        // Only an access unit delimiter and SEI: no picture.
        assert_eq!(h264(&[&[0x09, 1], &[0x06, 1]]), Content::default());
        let h265 = |bodies: &[&[u8]]| content(VideoCodec::H265, &unit(bodies));
        assert_eq!(h265(&[&[19 << 1, 1]]), Content { picture: true, random_access: true });
        assert_eq!(h265(&[&[21 << 1, 1]]), Content { picture: true, random_access: true });
        assert_eq!(h265(&[&[1 << 1, 1]]), Content { picture: true, random_access: false });
        assert_eq!(h265(&[&[39 << 1, 1]]), Content::default());
    }

    #[test]
    fn arbitrary_bytes_are_looked_at() {
        bolero::check!().with_type::<(bool, Vec<u8>)>().for_each(|(h265, data)| {
            let codec = if *h265 { VideoCodec::H265 } else { VideoCodec::H264 };
            let found = content(codec, data);
            assert!(found.picture || !found.random_access);
        });
    }
}
