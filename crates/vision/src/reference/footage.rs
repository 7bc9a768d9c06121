//! A file, decoded picture by picture as any program would.

use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use ffmpeg_next::codec::{self, threading};
use ffmpeg_next::format::{self, context::Input};
use ffmpeg_next::{Error, Packet, decoder, error::EAGAIN, frame, media};

use crate::timing::Stopwatch;

/// A file that is read to its end once.
pub(super) struct Footage {
    input: Input,
    decoder: decoder::Video,
    stream: usize,
    /// Microseconds of one tick of the file's clock.
    tick: f64,
    /// Processor time of decoding; reading the file does not count.
    pub(super) decoding: Duration,
}

impl Footage {
    pub(super) fn open(file: &Path) -> anyhow::Result<Self> {
        let input = format::input(file).with_context(|| format!("cannot open {}", file.display()))?;
        let stream = input.streams().best(media::Type::Video).context("there is no video")?;
        let mut context = codec::Context::from_parameters(stream.parameters())?;
        context.set_threading(threading::Config::count(1));
        let decoder = context.decoder().video()?;
        let (stream, tick) = (stream.index(), f64::from(stream.time_base()) * 1e6);
        Ok(Self { input, decoder, stream, tick, decoding: Duration::ZERO })
    }

    /// The next picture in the order in which they are shown, and its time in microseconds. `None` at the end.
    pub(super) fn next(&mut self, picture: &mut frame::Video) -> anyhow::Result<Option<i64>> {
        loop {
            match self.decode(|decoder| decoder.receive_frame(picture)) {
                Ok(()) => {
                    return Ok(Some((picture.timestamp().unwrap_or(0) as f64 * self.tick).round() as i64));
                }
                Err(Error::Eof) => return Ok(None),
                Err(Error::Other { errno: EAGAIN }) => {}
                Err(error) => return Err(error).context("a picture does not decode"),
            }
            let mut packet = Packet::empty();
            match packet.read(&mut self.input) {
                Ok(()) if packet.stream() == self.stream => {
                    self.decode(|decoder| decoder.send_packet(&packet))
                        .context("a picture does not decode")?;
                }
                Ok(()) => {}
                Err(Error::Eof) => self.decoder.send_eof()?,
                Err(error) => return Err(error).context("the file cannot be read"),
            }
        }
    }

    fn decode<T>(&mut self, work: impl FnOnce(&mut decoder::Video) -> T) -> T {
        let watch = Stopwatch::start();
        let result = work(&mut self.decoder);
        self.decoding += watch.spent();
        result
    }
}
