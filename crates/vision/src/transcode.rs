//! `taimat-vision transcode`: one stream or piece of H.265 to H.264, a picture at a time, until the server closes its
//! half of the socket.

use std::collections::VecDeque;
use std::os::unix::net::UnixStream;

use anyhow::Context as _;
use domain::{Timestamp, VideoParameters};
use ffmpeg_next::format::Pixel;
use ffmpeg_next::frame;
use ffmpeg_next::software::scaling::Flags;
use vision_client::protocol::{self, CodedUnit, TranscodeReply};

use crate::decoder::{Decoder, Quality};
use crate::encoder::{Encoded, Encoder};
use crate::scale::Scalers;

/// A key frame comes at each of the source, and at least this often: who begins to watch must not wait long.
const KEY_EVERY: i64 = 2_000_000;
/// Key frames that may be inside the decoder.
const KEYS: usize = 64;
/// Units that may fail to decode one after another before nothing more is expected of the stream.
const MOST_FAILURES: u32 = 300;

/// How to transcode.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Widest that the result may be, in pixels.
    #[arg(long, default_value_t = 1280, value_parser = clap::value_parser!(u32).range(64..=8192))]
    max_width: u32,
}

/// Answers what comes in until nothing more does.
pub(crate) fn run(arguments: &Arguments, mut socket: UnixStream) -> anyhow::Result<()> {
    ffmpeg_next::init().context("FFmpeg does not start")?;
    // What goes wrong with a stream is reported to the server.
    ffmpeg_next::log::set_level(ffmpeg_next::log::Level::Quiet);
    let mut replies = socket.try_clone().context("cannot share the socket")?;
    let mut transcoding = Transcoding::new(arguments.max_width);
    let mut send =
        |unit| protocol::write(&mut replies, &TranscodeReply::Unit(unit)).context("the server takes no more");
    let mut outcome = Ok(());
    while let Some(unit) =
        protocol::read::<CodedUnit>(&mut socket).context("the server does not make sense")?
    {
        let mut made = Vec::new();
        outcome = transcoding.unit(&unit, &mut made);
        made.into_iter().try_for_each(&mut send)?;
        if outcome.is_err() {
            break;
        }
    }
    let mut made = Vec::new();
    let outcome = outcome.and_then(|()| transcoding.finish(&mut made));
    made.into_iter().try_for_each(&mut send)?;
    let last = match outcome {
        Ok(()) => TranscodeReply::Done,
        Err(detail) => TranscodeReply::Failed { detail },
    };
    protocol::write(&mut replies, &last).context("the server takes no more")
}

struct Transcoding {
    max_width: u32,
    stage: Option<Stage>,
    scalers: Scalers,
    picture: frame::Video,
    /// Pictures made so far, of all stages.
    made: u64,
    failures: u32,
    trouble: String,
}

/// Decoder and encoder for one set of parameters.
struct Stage {
    decoder: Decoder,
    encoder: Option<Encoder>,
    /// When it began: times inside are told from here.
    zero: Timestamp,
    /// Key frames inside the decoder.
    keys: VecDeque<i64>,
    last_key: i64,
    latest: Option<i64>,
}

impl Transcoding {
    fn new(max_width: u32) -> Self {
        Self {
            max_width,
            stage: None,
            scalers: Scalers::new(Pixel::YUV420P, Flags::FAST_BILINEAR),
            picture: frame::Video::empty(),
            made: 0,
            failures: 0,
            trouble: String::new(),
        }
    }

    /// Takes a unit; `Err` where no more can be made of the stream.
    fn unit(&mut self, unit: &CodedUnit, made: &mut Vec<CodedUnit>) -> Result<(), String> {
        if let Some(parameters) = &unit.parameters {
            self.end_stage(made)?;
            self.stage = Some(Stage::open(parameters, unit.time)?);
        }
        let stage = self.stage.as_mut().ok_or("the first unit has no parameters")?;
        let micros = unit.time.micros_since(stage.zero);
        if unit.random_access {
            if stage.keys.len() >= KEYS {
                stage.keys.pop_front();
            }
            stage.keys.push_back(micros);
        }
        if let Err(trouble) = stage.decoder.send(&unit.data, micros, unit.random_access) {
            self.failed(trouble)?;
        }
        self.pictures(made)
    }

    /// Gives what is left; `Err` where nothing came of it all.
    fn finish(&mut self, made: &mut Vec<CodedUnit>) -> Result<(), String> {
        self.end_stage(made)?;
        if self.made > 0 {
            return Ok(());
        }
        let nothing = "no picture came of it".to_owned();
        Err(if self.trouble.is_empty() { nothing } else { std::mem::take(&mut self.trouble) })
    }

    fn failed(&mut self, trouble: String) -> Result<(), String> {
        self.failures += 1;
        self.trouble = trouble;
        if self.failures > MOST_FAILURES { Err(std::mem::take(&mut self.trouble)) } else { Ok(()) }
    }

    fn end_stage(&mut self, made: &mut Vec<CodedUnit>) -> Result<(), String> {
        let Some(stage) = &mut self.stage else { return Ok(()) };
        stage.decoder.drain();
        self.pictures(made)?;
        let Some(Stage { encoder: Some(mut encoder), zero, .. }) = self.stage.take() else { return Ok(()) };
        encoder.drain()?;
        while let Some(encoded) = encoder.receive()? {
            self.made += 1;
            made.push(coded(encoded, zero));
        }
        Ok(())
    }

    /// Encodes what the decoder has ready.
    fn pictures(&mut self, made: &mut Vec<CodedUnit>) -> Result<(), String> {
        loop {
            let Some(stage) = &mut self.stage else { return Ok(()) };
            let micros = match stage.decoder.receive(&mut self.picture) {
                Ok(Some(micros)) => micros,
                Ok(None) => return Ok(()),
                Err(trouble) => {
                    self.failed(trouble)?;
                    continue;
                }
            };
            self.failures = 0;
            // An encoder wants times that rise; a stream that was damaged may repeat one.
            if stage.latest.is_some_and(|latest| micros <= latest) {
                continue;
            }
            stage.latest = Some(micros);
            let random_access = stage.is_key(micros);
            let (width, height) = fitted(self.picture.width(), self.picture.height(), self.max_width);
            let scaled = self.scalers.scale(&self.picture, width, height)?;
            let encoder = match &mut stage.encoder {
                Some(encoder) => encoder,
                none => none.insert(Encoder::open(width, height)?),
            };
            encoder.send(scaled, micros, random_access)?;
            while let Some(encoded) = encoder.receive()? {
                self.made += 1;
                made.push(coded(encoded, stage.zero));
            }
        }
    }
}

impl Stage {
    fn open(parameters: &VideoParameters, zero: Timestamp) -> Result<Self, String> {
        Ok(Self {
            decoder: Decoder::open(parameters, Quality::Full)?,
            encoder: None,
            zero,
            keys: VecDeque::new(),
            last_key: i64::MIN / 2,
            latest: None,
        })
    }

    /// Whether the picture is to be a key frame.
    fn is_key(&mut self, micros: i64) -> bool {
        let mut key = micros - self.last_key >= KEY_EVERY;
        while self.keys.front().is_some_and(|time| *time <= micros) {
            self.keys.pop_front();
            key = true;
        }
        if key {
            self.last_key = micros;
        }
        key
    }
}

fn coded(encoded: Encoded, zero: Timestamp) -> CodedUnit {
    let Encoded { micros, random_access, data, parameters } = encoded;
    CodedUnit { time: zero.plus_micros(micros), random_access, parameters, data }
}

/// The size at which it is encoded: even, no wider than allowed, never enlarged.
fn fitted(width: u32, height: u32, max_width: u32) -> (u32, u32) {
    let even = |side: u64| u32::try_from((side / 2 * 2).max(2)).unwrap_or(u32::MAX - 1);
    let (wide, high) = (u64::from(width), u64::from(height));
    let narrow = wide.min(u64::from(max_width)).max(1);
    (even(narrow), even((high * narrow + wide / 2) / wide.max(1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_even_and_keep_their_shape() {
        assert_eq!(fitted(1920, 1080, 1280), (1280, 720));
        assert_eq!(fitted(640, 360, 1280), (640, 360));
        assert_eq!(fitted(2592, 1944, 1280), (1280, 960));
        assert_eq!(fitted(853, 481, 1280), (852, 480));
        assert_eq!(fitted(8192, 16, 1280), (1280, 2));
    }

    #[test]
    fn key_frames_are_those_of_the_source_and_more_where_these_are_rare() {
        let parameters = VideoParameters {
            codec: domain::VideoCodec::H265,
            width: 64,
            height: 64,
            rfc6381: String::new(),
            decoder_configuration: vec![1].into(),
        };
        let mut stage = Stage::open(&parameters, Timestamp::default()).unwrap();
        stage.keys.extend([0, 500_000]);
        let keys: Vec<i64> = (0..50).map(|n| n * 100_000).filter(|at| stage.is_key(*at)).collect();
        assert_eq!(keys, [0, 500_000, 2_500_000, 4_500_000]);
    }
}
