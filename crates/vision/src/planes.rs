//! A decoded picture as its three planes of brightness and colour, whatever the decoder made.

use ffmpeg_next::format::Pixel;
use ffmpeg_next::frame;
use ffmpeg_next::software::scaling::Flags;

use crate::scale::Scalers;

/// A picture in 4:2:0: a plane of brightness, and two of colour of half its width and height.
#[derive(Clone, Copy)]
pub(crate) struct Planes<'a> {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) luma: Plane<'a>,
    pub(crate) blue: Plane<'a>,
    pub(crate) red: Plane<'a>,
    /// Whether values go from 0 to 255; else brightness goes from 16 to 235, as is usual for video.
    pub(crate) full_range: bool,
}

/// One plane: lines of bytes.
#[derive(Clone, Copy)]
pub(crate) struct Plane<'a> {
    bytes: &'a [u8],
    stride: usize,
    width: usize,
    height: usize,
}

impl<'a> Plane<'a> {
    pub(crate) fn new(bytes: &'a [u8], stride: usize, width: usize, height: usize) -> Self {
        Self { bytes, stride: stride.max(width).max(1), width, height }
    }

    pub(crate) fn width(&self) -> usize {
        self.width
    }

    pub(crate) fn height(&self) -> usize {
        self.height
    }

    /// A line; empty where there is none.
    pub(crate) fn line(&self, number: usize) -> &'a [u8] {
        let start = number * self.stride;
        self.bytes.get(start..start + self.width).unwrap_or_default()
    }
}

/// Brings pictures of other formats into 4:2:0.
pub(crate) struct Unifier {
    scalers: Scalers,
}

impl Unifier {
    pub(crate) fn new() -> Self {
        Self { scalers: Scalers::new(Pixel::YUV420P, Flags::FAST_BILINEAR) }
    }

    /// The planes of a picture; a picture of an unusual format is converted first.
    pub(crate) fn planes<'a>(&'a mut self, picture: &'a frame::Video) -> Result<Planes<'a>, String> {
        let picture = match picture.format() {
            Pixel::YUV420P | Pixel::YUVJ420P => picture,
            _ => self.scalers.scale(picture, picture.width(), picture.height())?,
        };
        let full_range =
            picture.format() == Pixel::YUVJ420P || picture.color_range() == ffmpeg_next::color::Range::JPEG;
        let (width, height) = (picture.width() as usize, picture.height() as usize);
        let plane =
            |index, width, height| Plane::new(picture.data(index), picture.stride(index), width, height);
        let (half_width, half_height) = (width.div_ceil(2), height.div_ceil(2));
        Ok(Planes {
            width,
            height,
            luma: plane(0, width, height),
            blue: plane(1, half_width, half_height),
            red: plane(2, half_width, half_height),
            full_range,
        })
    }
}
