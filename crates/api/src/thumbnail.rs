//! Small pictures made of large ones, so that a page of thousands stays light.

use std::io::Cursor;

use bytes::Bytes;
use image::codecs::jpeg::JpegEncoder;
use image::imageops::FilterType;
use image::{ImageFormat, ImageReader, Limits};
use tokio::sync::Semaphore;

const QUALITY: u8 = 80;
/// Pictures that are made smaller at the same time.
const AT_ONCE: usize = 4;
/// Longest side of a picture that is read.
const LONGEST_SIDE: u32 = 16_384;
/// Memory for one picture.
const MOST_BYTES: u64 = 256 << 20;

/// Makes pictures smaller, a few at a time.
#[derive(Debug)]
pub(crate) struct Thumbnails(Semaphore);

impl Thumbnails {
    pub(crate) fn new() -> Self {
        Self(Semaphore::new(AT_ONCE))
    }

    /// The picture, no wider than so many pixels; as it is where it is no wider.
    pub(crate) async fn smaller(&self, jpeg: Bytes, width: u32) -> Result<Bytes, String> {
        let _turn = self.0.acquire().await.map_err(|_| "the server is stopping".to_owned())?;
        let made = tokio::task::spawn_blocking(move || shrink(jpeg, width)).await;
        made.map_err(|_| "the server is stopping".to_owned())?.map_err(|error| error.to_string())
    }
}

fn shrink(jpeg: Bytes, width: u32) -> image::ImageResult<Bytes> {
    let mut limits = Limits::default();
    (limits.max_image_width, limits.max_image_height) = (Some(LONGEST_SIDE), Some(LONGEST_SIDE));
    limits.max_alloc = Some(MOST_BYTES);
    let mut reader = ImageReader::with_format(Cursor::new(&jpeg), ImageFormat::Jpeg);
    reader.limits(limits);
    let picture = reader.decode()?;
    if picture.width() <= width {
        return Ok(jpeg);
    }
    let scaled = f64::from(picture.height()) * f64::from(width) / f64::from(picture.width());
    let small = picture.resize_exact(width, (scaled.round() as u32).max(1), FilterType::Triangle);
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, QUALITY).encode_image(&small.into_rgb8())?;
    Ok(bytes.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jpeg(width: u32, height: u32) -> Bytes {
        let mut bytes = Vec::new();
        JpegEncoder::new(&mut bytes).encode_image(&image::RgbImage::new(width, height)).unwrap();
        bytes.into()
    }

    #[test]
    fn a_picture_becomes_as_wide_as_asked_and_never_larger() {
        let large = jpeg(400, 300);
        let small = shrink(large.clone(), 100).unwrap();
        let read = image::load_from_memory_with_format(&small, ImageFormat::Jpeg).unwrap();
        assert_eq!((read.width(), read.height()), (100, 75));
        assert_eq!(shrink(large.clone(), 400).unwrap(), large);
        assert_eq!(shrink(jpeg(3000, 1), 16).unwrap().get(..2), Some(&b"\xff\xd8"[..]));
        assert!(shrink(Bytes::from_static(b"\xff\xd8no"), 100).is_err());
    }
}
