//! Encoding of H.264 with libx264, in the shape in which Taimat keeps pictures: lengths instead of start codes, and the
//! parameter sets apart.

use bytes::Bytes;
use domain::{VideoCodec, VideoParameters};
use ffmpeg_next::format::Pixel;
use ffmpeg_next::util::picture;
use ffmpeg_next::{Dictionary, Error, Packet, Rational, codec, encoder, frame};

use crate::annexb;

/// Nominal pictures a second: what the level and the rate control reckon with. The times of pictures are their own.
const PACE: i32 = 30;
/// Key frames come when they are asked for, and after so many pictures at the latest.
const LONGEST_GROUP: u32 = 600;

/// One encoded picture.
pub(crate) struct Encoded {
    /// As it was given.
    pub(crate) micros: i64,
    pub(crate) random_access: bool,
    pub(crate) data: Bytes,
    /// Where they are new.
    pub(crate) parameters: Option<VideoParameters>,
}

/// An encoder for pictures of one size.
pub(crate) struct Encoder {
    inner: encoder::Video,
    packet: Packet,
    size: (u32, u32),
    parameters: Option<VideoParameters>,
}

impl Encoder {
    /// Opens an encoder, of one thread, that holds no picture back.
    pub(crate) fn open(width: u32, height: u32) -> Result<Self, String> {
        let codec = encoder::find_by_name("libx264").ok_or("this FFmpeg has no libx264")?;
        let context = codec::Context::new_with_codec(codec);
        let mut video = context.encoder().video().map_err(|error| error.to_string())?;
        video.set_width(width);
        video.set_height(height);
        video.set_format(Pixel::YUV420P);
        video.set_time_base(Rational(1, 1_000_000));
        video.set_frame_rate(Some(Rational(PACE, 1)));
        video.set_gop(LONGEST_GROUP);
        video.set_max_b_frames(0);
        let mut options = Dictionary::new();
        for (key, value) in [
            ("preset", "ultrafast"),
            ("tune", "zerolatency"),
            ("crf", "26"),
            ("maxrate", "4M"),
            ("bufsize", "4M"),
            ("forced-idr", "1"),
            ("threads", "1"),
        ] {
            options.set(key, value);
        }
        let inner = video
            .open_as_with(codec, options)
            .map_err(|error| format!("the encoder does not open for {width}×{height} pixels: {error}"))?;
        Ok(Self { inner, packet: Packet::empty(), size: (width, height), parameters: None })
    }

    /// Gives a picture to the encoder. Times rise.
    pub(crate) fn send(
        &mut self,
        picture: &mut frame::Video,
        micros: i64,
        random_access: bool,
    ) -> Result<(), String> {
        picture.set_pts(Some(micros));
        picture.set_kind(if random_access { picture::Type::I } else { picture::Type::None });
        self.inner.send_frame(picture).map_err(|error| format!("the picture does not encode: {error}"))
    }

    /// No more pictures come: those that are held back can be received.
    pub(crate) fn drain(&mut self) -> Result<(), String> {
        self.inner.send_eof().map_err(|error| format!("the encoder cannot be drained: {error}"))
    }

    /// Takes the next picture out, if one is ready.
    pub(crate) fn receive(&mut self) -> Result<Option<Encoded>, String> {
        match self.inner.receive_packet(&mut self.packet) {
            Ok(()) => {}
            Err(Error::Eof | Error::Other { errno: ffmpeg_next::error::EAGAIN }) => return Ok(None),
            Err(error) => return Err(format!("the picture does not encode: {error}")),
        }
        let bytes = self.packet.data().unwrap_or_default();
        let annexb::Unit { data, configuration } = annexb::unit(bytes)?;
        let parameters = configuration.map(|(decoder_configuration, rfc6381)| VideoParameters {
            codec: VideoCodec::H264,
            width: self.size.0,
            height: self.size.1,
            rfc6381,
            decoder_configuration,
        });
        let new = parameters.filter(|parameters| self.parameters.as_ref() != Some(parameters));
        if let Some(new) = &new {
            self.parameters = Some(new.clone());
        }
        Ok(Some(Encoded {
            micros: self.packet.pts().unwrap_or_default(),
            random_access: self.packet.is_key(),
            data,
            parameters: new,
        }))
    }
}
