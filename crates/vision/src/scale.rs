//! Scaling of decoded pictures, with scalers that are kept for the next picture of the same kind.

use ffmpeg_next::format::Pixel;
use ffmpeg_next::frame;
use ffmpeg_next::software::scaling::{Context, Flags};

/// Kinds of pictures for which a scaler is kept. A few hundred kilobytes each.
const KEPT: usize = 16;

/// Scalers into one pixel format.
pub(crate) struct Scalers {
    format: Pixel,
    flags: Flags,
    /// Most recently used last.
    kept: Vec<Scaler>,
}

struct Scaler {
    from: (Pixel, u32, u32),
    context: Context,
    scaled: frame::Video,
}

// SAFETY: a scaling context is plain memory of libswscale without ties to a thread, reached only through its
// owner; ffmpeg-next merely does not say so.
#[expect(unsafe_code, reason = "scalers are made on one thread and used on another")]
unsafe impl Send for Scaler {}

impl Scalers {
    pub(crate) fn new(format: Pixel, flags: Flags) -> Self {
        Self { format, flags, kept: Vec::new() }
    }

    /// The picture at another size. The result is reused by the next call.
    pub(crate) fn scale(
        &mut self,
        picture: &frame::Video,
        width: u32,
        height: u32,
    ) -> Result<&mut frame::Video, String> {
        let from = (picture.format(), picture.width(), picture.height());
        let known = self.kept.iter().position(|scaler| {
            scaler.from == from
                && (scaler.context.output().width, scaler.context.output().height) == (width, height)
        });
        let mut scaler = match known {
            Some(index) => self.kept.remove(index),
            None => Scaler {
                from,
                context: Context::get(from.0, from.1, from.2, self.format, width, height, self.flags)
                    .map_err(|_| format!("a picture of {from:?} cannot be scaled to {width}×{height}"))?,
                scaled: frame::Video::empty(),
            },
        };
        scaler
            .context
            .run(picture, &mut scaler.scaled)
            .map_err(|error| format!("scaling failed: {error}"))?;
        if self.kept.len() >= KEPT {
            self.kept.remove(0);
        }
        self.kept.push(scaler);
        self.kept.last_mut().map(|scaler| &mut scaler.scaled).ok_or_else(|| "no scaler".to_owned())
    }
}
