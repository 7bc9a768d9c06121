//! Decoding of one stream with libavcodec.

use domain::{VideoCodec, VideoParameters};
use ffmpeg_next::codec::{self, Flags, packet};
use ffmpeg_next::{Dictionary, Discard, Error, Packet, decoder, ffi, frame};

/// Longest side that is decoded, in pixels.
const LONGEST_SIDE: u32 = 16_384;
/// Most pixels that are decoded: 8192 × 8192.
const MOST_PIXELS: u64 = 1 << 26;

/// What the pictures are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Quality {
    /// To be searched: without loop filter, which costs a quarter of the time and shows little when scaled down.
    Analysis,
    /// To be shown.
    Full,
}

/// A decoder for one set of parameters.
pub(crate) struct Decoder {
    inner: decoder::Video,
}

impl Decoder {
    /// Opens a decoder, of one thread.
    pub(crate) fn open(parameters: &VideoParameters, quality: Quality) -> Result<Self, String> {
        check_size(parameters.width, parameters.height)?;
        let id = match parameters.codec {
            VideoCodec::H264 => codec::Id::H264,
            VideoCodec::H265 => codec::Id::HEVC,
        };
        let codec = decoder::find(id)
            .ok_or_else(|| format!("this FFmpeg has no decoder for {}", parameters.codec.as_str()))?;
        let mut context = codec::Context::new_with_codec(codec);
        // Version 1 of avcC and hvcC; anything else libavcodec would take for another format.
        if parameters.decoder_configuration.first() != Some(&1) {
            return Err("the decoder configuration is no avcC or hvcC".to_owned());
        }
        set_extradata(&mut context, &parameters.decoder_configuration)?;
        context.set_flags(Flags::LOW_DELAY);
        let mut decoder = context.decoder();
        if quality == Quality::Analysis {
            decoder.skip_loop_filter(Discard::All);
        }
        let mut options = Dictionary::new();
        options.set("threads", "1");
        options.set("max_pixels", &MOST_PIXELS.to_string());
        let opened = decoder.open_as_with(codec, options).and_then(decoder::Opened::video);
        let inner = opened.map_err(|error| format!("the decoder does not open: {error}"))?;
        Ok(Self { inner })
    }

    /// Gives a unit to the decoder; its picture, once it comes, carries `number`.
    pub(crate) fn send(&mut self, data: &[u8], number: i64, random_access: bool) -> Result<(), String> {
        if data.is_empty() {
            return Err("the unit is empty".to_owned());
        }
        let mut packet = Packet::copy(data);
        packet.set_pts(Some(number));
        if random_access {
            packet.set_flags(packet::Flags::KEY);
        }
        self.inner.send_packet(&packet).map_err(|error| format!("the unit does not decode: {error}"))
    }

    /// Takes the next picture out, if one is ready. `Err` is a picture that could not be made.
    pub(crate) fn receive(&mut self, picture: &mut frame::Video) -> Result<Option<i64>, String> {
        match self.inner.receive_frame(picture) {
            Ok(()) => {
                check_size(picture.width(), picture.height())?;
                Ok(Some(picture.pts().unwrap_or(-1)))
            }
            Err(Error::Eof | Error::Other { errno: ffmpeg_next::error::EAGAIN }) => Ok(None),
            Err(error) => Err(format!("the picture does not decode: {error}")),
        }
    }

    /// Whether pictures come out in the order of their units, as far as the stream has shown.
    pub(crate) fn is_in_order(&self) -> bool {
        !self.inner.has_b_frames()
    }

    /// No more units come: pictures that are held back can be received. Then [`Self::restart`] or drop.
    pub(crate) fn drain(&mut self) {
        if let Err(error) = self.inner.send_eof() {
            // It drains already.
            tracing::debug!(%error, "the decoder cannot be drained");
        }
    }

    /// Forgets all pictures: what comes next is a key frame.
    pub(crate) fn restart(&mut self) {
        self.inner.flush();
    }
}

/// Refuses sizes that no camera has and that would exhaust memory.
fn check_size(width: u32, height: u32) -> Result<(), String> {
    if width == 0 || height == 0 {
        return Err(format!("a picture of {width}×{height} pixels is none"));
    }
    let pixels = u64::from(width) * u64::from(height);
    if width > LONGEST_SIDE || height > LONGEST_SIDE || pixels > MOST_PIXELS {
        return Err(format!("a picture of {width}×{height} pixels is too large to decode"));
    }
    Ok(())
}

/// Hands the decoder configuration over: ffmpeg-next has no call for that.
#[expect(unsafe_code, reason = "the context owns its extradata and frees it, so libav must allocate it")]
fn set_extradata(context: &mut codec::Context, bytes: &[u8]) -> Result<(), String> {
    let size = i32::try_from(bytes.len()).ok().filter(|size| *size < 1 << 20);
    let size = size.ok_or_else(|| format!("a decoder configuration of {} bytes is too long", bytes.len()))?;
    let padded = bytes.len() + ffi::AV_INPUT_BUFFER_PADDING_SIZE as usize;
    // SAFETY: the buffer is as long as libavcodec demands (the bytes and zeroed padding) and comes from
    // `av_mallocz`, as it frees it with `av_free`. The context is ours and not opened yet, so its extradata is
    // null and nobody else writes it.
    unsafe {
        let buffer = ffi::av_mallocz(padded).cast::<u8>();
        if buffer.is_null() {
            return Err("no memory for the decoder configuration".to_owned());
        }
        std::ptr::copy_nonoverlapping(bytes.as_ptr(), buffer, bytes.len());
        let context = context.as_mut_ptr();
        (*context).extradata = buffer;
        (*context).extradata_size = size;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absurd_sizes_are_refused() {
        for (width, height) in [(0, 360), (640, 0), (16_385, 16), (16, 20_000), (9000, 9000)] {
            assert!(check_size(width, height).is_err(), "{width}×{height}");
        }
        for (width, height) in [(16, 16), (640, 360), (7680, 4320), (8192, 8192)] {
            assert!(check_size(width, height).is_ok(), "{width}×{height}");
        }
    }

    #[test]
    fn no_configuration_and_no_unit_makes_it_panic() {
        bolero::check!().with_type::<(bool, Vec<u8>, Vec<Vec<u8>>)>().for_each(
            |(hevc, configuration, units)| {
                let mut bytes = vec![1];
                bytes.extend_from_slice(configuration);
                let parameters = VideoParameters {
                    codec: if *hevc { VideoCodec::H265 } else { VideoCodec::H264 },
                    width: 640,
                    height: 360,
                    rfc6381: String::new(),
                    decoder_configuration: bytes.into(),
                };
                ffmpeg_next::log::set_level(ffmpeg_next::log::Level::Quiet);
                let Ok(mut decoder) = Decoder::open(&parameters, Quality::Analysis) else { return };
                let mut picture = frame::Video::empty();
                for (number, unit) in units.iter().enumerate() {
                    drop(decoder.send(unit, number as i64, number == 0));
                    while let Ok(Some(_)) = decoder.receive(&mut picture) {}
                }
            },
        );
    }
}
