//! Access units from footage: the `ffmpeg` program makes a raw stream, and this cuts it into units as a camera
//! would deliver them.

use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use domain::{AccessUnit, Timestamp, VideoCodec, VideoParameters};

/// Where footage comes from.
#[derive(Clone, Debug)]
pub(crate) struct Source<'a> {
    /// What `ffmpeg` is told before the output: `-i FILE -c:v copy`, or a test pattern and an encoder. Without
    /// B-frames, for times are given in decoding order.
    pub(crate) arguments: &'a [&'a str],
    /// How the output is compressed.
    pub(crate) codec: VideoCodec,
    /// Width and height of the output in pixels.
    pub(crate) size: (u32, u32),
    /// Frames a second.
    pub(crate) frame_rate: f64,
    /// Time of the first picture.
    pub(crate) start: Timestamp,
}

/// Why there is no footage.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FootageError {
    /// The program could not be run, or failed.
    #[error("ffmpeg {arguments}: {detail}")]
    Ffmpeg {
        /// What it was told.
        arguments: String,
        /// What went wrong.
        detail: String,
    },
    /// What it made has no parameter sets.
    #[error("the footage has no parameter sets")]
    NoParameters,
}

impl Source<'_> {
    /// Runs `ffmpeg` and cuts what it makes into units.
    pub(crate) fn read(&self) -> Result<Vec<AccessUnit>, FootageError> {
        let (filter, format) = match self.codec {
            VideoCodec::H264 => ("h264_mp4toannexb,h264_metadata=aud=insert", "h264"),
            VideoCodec::H265 => ("hevc_mp4toannexb,hevc_metadata=aud=insert", "hevc"),
        };
        let mut command = Command::new("ffmpeg");
        command.args(["-v", "error", "-nostdin"]).args(self.arguments);
        command.args(["-an", "-bsf:v", filter, "-f", format, "-"]).stdin(Stdio::null());
        let failed = |detail: String| FootageError::Ffmpeg { arguments: self.arguments.join(" "), detail };
        let output = command.output().map_err(|error| failed(error.to_string()))?;
        if !output.status.success() {
            return Err(failed(String::from_utf8_lossy(&output.stderr).trim().to_owned()));
        }
        self.cut(&output.stdout)
    }

    fn cut(&self, stream: &[u8]) -> Result<Vec<AccessUnit>, FootageError> {
        let (mut sets, mut parameters): (Vec<&[u8]>, Option<Arc<VideoParameters>>) = (Vec::new(), None);
        let mut units: Vec<(bool, Vec<u8>)> = Vec::new();
        for nal in nal_units(stream) {
            match self.kind(nal) {
                Kind::Delimiter => units.push((false, Vec::new())),
                Kind::ParameterSet if parameters.is_none() => sets.push(nal),
                Kind::Picture { random_access } => {
                    if parameters.is_none() {
                        parameters =
                            Some(Arc::new(self.parameters(&sets).ok_or(FootageError::NoParameters)?));
                    }
                    if let Some((random, data)) = units.last_mut() {
                        *random |= random_access;
                        data.extend((nal.len() as u32).to_be_bytes());
                        data.extend(nal);
                    }
                }
                Kind::ParameterSet | Kind::Other => {}
            }
        }
        let parameters = parameters.ok_or(FootageError::NoParameters)?;
        let frame = Duration::from_secs_f64(1.0 / self.frame_rate.max(0.001));
        let units = units.into_iter().filter(|(_, data)| !data.is_empty()).zip(0u32..);
        let unit = |((random_access, data), number): ((bool, Vec<u8>), u32)| AccessUnit {
            time: self.start + frame * number,
            random_access,
            data: Bytes::from(data),
            parameters: Arc::clone(&parameters),
        };
        Ok(units.map(unit).collect())
    }

    fn kind(&self, nal: &[u8]) -> Kind {
        let first = nal.first().copied().unwrap_or(0);
        match self.codec {
            VideoCodec::H264 => match first & 0x1f {
                9 => Kind::Delimiter,
                7 | 8 => Kind::ParameterSet,
                kind @ 1..=5 => Kind::Picture { random_access: kind == 5 },
                _ => Kind::Other,
            },
            VideoCodec::H265 => match (first >> 1) & 0x3f {
                35 => Kind::Delimiter,
                32..=34 => Kind::ParameterSet,
                kind @ 0..=31 => Kind::Picture { random_access: (16..=21).contains(&kind) },
                _ => Kind::Other,
            },
        }
    }

    /// avcC, ISO/IEC 14496-15 §5.3.3, or hvcC, §8.3.3.
    fn parameters(&self, sets: &[&[u8]]) -> Option<VideoParameters> {
        let list = |wanted: &dyn Fn(u8) -> bool| {
            let chosen: Vec<_> =
                sets.iter().filter(|nal| nal.first().is_some_and(|first| wanted(*first))).collect();
            let mut bytes = Vec::new();
            for nal in &chosen {
                bytes.extend((nal.len() as u16).to_be_bytes());
                bytes.extend(**nal);
            }
            (chosen.len() as u8, bytes)
        };
        let (rfc6381, configuration) = match self.codec {
            VideoCodec::H264 => {
                let sps = sets.iter().find(|nal| nal.first().is_some_and(|first| first & 0x1f == 7))?;
                let [profile, compatibility, level] = *sps.get(1..4)?.first_chunk()?;
                let mut bytes = vec![1, profile, compatibility, level, 0xff];
                let (count, nals) = list(&|first| first & 0x1f == 7);
                bytes.push(0xe0 | count);
                bytes.extend(nals);
                let (count, nals) = list(&|first| first & 0x1f == 8);
                bytes.push(count);
                bytes.extend(nals);
                (format!("avc1.{profile:02x}{compatibility:02x}{level:02x}"), bytes)
            }
            VideoCodec::H265 => {
                let sps = sets.iter().find(|nal| nal.first().is_some_and(|first| first >> 1 == 33))?;
                let plain = without_emulation(sps);
                let mut bytes = vec![1];
                // profile_tier_level follows the header of two bytes and one byte of the set.
                bytes.extend(plain.get(3..15)?);
                bytes.extend([0xf0, 0, 0xfc, 0xfd, 0xf8, 0xf8, 0, 0, 0x0f, 3]);
                for kind in 32..=34 {
                    let (count, nals) = list(&|first| first >> 1 == kind);
                    bytes.extend([0x80 | kind, 0, count]);
                    bytes.extend(nals);
                }
                ("hvc1".to_owned(), bytes)
            }
        };
        Some(VideoParameters {
            codec: self.codec,
            width: self.size.0,
            height: self.size.1,
            rfc6381,
            decoder_configuration: configuration.into(),
        })
    }
}

enum Kind {
    Delimiter,
    ParameterSet,
    Picture { random_access: bool },
    Other,
}

/// The NAL units of a raw stream, ISO/IEC 14496-10 annex B.
fn nal_units(stream: &[u8]) -> impl Iterator<Item = &[u8]> {
    let starts: Vec<usize> = stream
        .windows(3)
        .enumerate()
        .filter(|(_, bytes)| *bytes == [0, 0, 1])
        .map(|(index, _)| index)
        .collect();
    let ends = starts.clone().into_iter().skip(1).chain([stream.len()]);
    starts.into_iter().zip(ends).filter_map(move |(start, end)| {
        let nal = stream.get(start + 3..end)?;
        let zeros = nal.iter().rev().take_while(|byte| **byte == 0).count();
        nal.get(..nal.len() - zeros).filter(|nal| !nal.is_empty())
    })
}

/// Without emulation prevention bytes, §7.4.1.
fn without_emulation(nal: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(nal.len());
    for byte in nal {
        if !(*byte == 3 && plain.ends_with(&[0, 0])) {
            plain.push(*byte);
        }
    }
    plain
}
