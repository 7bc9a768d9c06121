//! Footage as access units, the way a camera would send them: H.264 without B pictures.

use std::ops::Range;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use bytes::{BufMut, Bytes, BytesMut};
use domain::{AccessUnit, Timestamp, VideoCodec, VideoParameters};
use serde::Deserialize;

/// When the first picture of every clip was taken: 2026-01-01T00:00:00Z.
const START: Timestamp = Timestamp::from_micros(1_767_225_600_000_000);

/// A clip in memory.
pub(crate) struct Clip {
    /// Name of its file, without the extension.
    pub(crate) name: String,
    /// Its pictures in decode order, which is the order in which they are shown.
    pub(crate) units: Vec<AccessUnit>,
    /// Pictures a second.
    pub(crate) frame_rate: f64,
    /// Width and height of the picture in pixels.
    pub(crate) size: (u32, u32),
}

impl Clip {
    /// Reads a file: as it is where a camera could have sent it, else encoded anew, nearly without loss, with a key
    /// frame every two seconds. All pictures are kept, and lie evenly in time.
    pub(crate) fn load(path: &Path) -> Result<Self> {
        let source = probe(path)?;
        let frame_rate =
            source.frame_rate().with_context(|| format!("{} has no frame rate", path.display()))?;
        let stream = annex_b(path, &source, frame_rate)?;
        let size = (source.width, source.height);
        let units = access_units(&stream, size, frame_rate)
            .with_context(|| format!("cannot split {} into pictures", path.display()))?;
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        Ok(Self { name, units, frame_rate, size })
    }

    /// Number of the picture of that time.
    pub(crate) fn frame_at(&self, time: Timestamp) -> usize {
        (time.since(START).as_secs_f64() * self.frame_rate).round() as usize
    }

    /// Width of the picture over its height.
    pub(crate) fn aspect(&self) -> f32 {
        self.size.0 as f32 / self.size.1.max(1) as f32
    }

    /// How long it plays.
    pub(crate) fn duration(&self) -> Duration {
        Duration::from_secs_f64(self.units.len() as f64 / self.frame_rate)
    }
}

#[derive(Deserialize)]
struct Probe {
    streams: Vec<Source>,
}

#[derive(Deserialize)]
struct Source {
    codec_name: String,
    width: u32,
    height: u32,
    has_b_frames: u32,
    avg_frame_rate: String,
}

impl Source {
    fn frame_rate(&self) -> Option<f64> {
        let (count, time) = self.avg_frame_rate.split_once('/')?;
        let rate = count.parse::<f64>().ok()? / time.parse::<f64>().ok()?;
        (rate.is_finite() && rate > 0.0).then_some(rate)
    }
}

fn probe(path: &Path) -> Result<Source> {
    let output = Command::new("ffprobe")
        .args(["-v", "error", "-select_streams", "v:0", "-of", "json", "-show_entries"])
        .arg("stream=codec_name,width,height,has_b_frames,avg_frame_rate")
        .arg(path)
        .output()
        .context("cannot run ffprobe; `cargo xtask setup` installs it")?;
    ensure!(
        output.status.success(),
        "ffprobe {}: {}",
        path.display(),
        String::from_utf8_lossy(&output.stderr).trim()
    );
    let probe: Probe = serde_json::from_slice(&output.stdout).context("ffprobe's answer")?;
    probe.streams.into_iter().next().with_context(|| format!("{} has no video", path.display()))
}

fn annex_b(path: &Path, source: &Source, frame_rate: f64) -> Result<Vec<u8>> {
    let mut ffmpeg = Command::new("ffmpeg");
    ffmpeg.args(["-v", "error", "-nostdin", "-i"]).arg(path).args([
        "-map",
        "0:v:0",
        "-fps_mode",
        "passthrough",
    ]);
    if source.codec_name == "h264" && source.has_b_frames == 0 {
        ffmpeg.args(["-c:v", "copy", "-bsf:v", "h264_mp4toannexb,h264_metadata=aud=insert"]);
    } else {
        let gop = (2.0 * frame_rate).round().max(1.0).to_string();
        ffmpeg.args([
            "-c:v", "libx264", "-preset", "veryfast", "-crf", "18", "-bf", "0", "-pix_fmt", "yuv420p",
        ]);
        ffmpeg.args(["-sc_threshold", "0", "-x264-params", "aud=1", "-g", &gop, "-keyint_min", &gop]);
    }
    let output = ffmpeg
        .args(["-f", "h264", "pipe:1"])
        .stdin(Stdio::null())
        .output()
        .context("cannot run ffmpeg; `cargo xtask setup` installs it")?;
    ensure!(
        output.status.success() && !output.stdout.is_empty(),
        "ffmpeg {}: {}",
        path.display(),
        String::from_utf8_lossy(&output.stderr).trim()
    );
    Ok(output.stdout)
}

/// NAL unit types of H.264 (ISO/IEC 14496-10 table 7-1) that matter here.
mod nal {
    pub(super) const IDR: u8 = 5;
    pub(super) const SPS: u8 = 7;
    pub(super) const PPS: u8 = 8;
    pub(super) const DELIMITER: u8 = 9;
}

/// Splits a byte stream (ISO/IEC 14496-10 annex B) at its access unit delimiters.
fn access_units(stream: &[u8], size: (u32, u32), frame_rate: f64) -> Result<Vec<AccessUnit>> {
    let nals: Vec<&[u8]> = nal_units(stream).filter_map(|range| stream.get(range)).collect();
    let kind = |nal: &[u8]| nal.first().map_or(0, |header| header & 0x1f);
    let first = |wanted| nals.iter().copied().find(|nal| kind(nal) == wanted);
    let parameters = Arc::new(parameters(
        first(nal::SPS).context("no sequence parameter set")?,
        first(nal::PPS).context("no picture parameter set")?,
        size,
    )?);
    let mut units = Vec::new();
    for picture in nals.split(|nal| kind(nal) == nal::DELIMITER) {
        let mut data = BytesMut::new();
        for nal in picture.iter().filter(|nal| !matches!(kind(nal), nal::SPS | nal::PPS)) {
            data.put_u32(u32::try_from(nal.len())?);
            data.put_slice(nal);
        }
        if data.is_empty() {
            continue;
        }
        units.push(AccessUnit {
            time: START + Duration::from_secs_f64(units.len() as f64 / frame_rate),
            random_access: picture.iter().any(|nal| kind(nal) == nal::IDR),
            data: data.freeze(),
            parameters: Arc::clone(&parameters),
        });
    }
    ensure!(!units.is_empty(), "no pictures");
    Ok(units)
}

/// Where the NAL units lie between start codes, without the zeros after them.
fn nal_units(stream: &[u8]) -> impl Iterator<Item = Range<usize>> + '_ {
    let starts: Vec<usize> =
        stream.windows(3).enumerate().filter(|(_, code)| *code == [0, 0, 1]).map(|(at, _)| at).collect();
    let ends = starts.clone().into_iter().skip(1).chain([stream.len()]);
    starts.into_iter().zip(ends).map(|(start, mut end)| {
        while end > start + 3 && stream.get(end - 1) == Some(&0) {
            end -= 1;
        }
        start + 3..end
    })
}

/// The `avcC` box's body, ISO/IEC 14496-15 §5.3.3.
fn parameters(sps: &[u8], pps: &[u8], (width, height): (u32, u32)) -> Result<VideoParameters> {
    let [_, profile, compatibility, level, ..] = *sps else {
        anyhow::bail!("the sequence parameter set is cut off");
    };
    let mut configuration = BytesMut::new();
    configuration.put_slice(&[1, profile, compatibility, level, 0xff, 0xe1]);
    configuration.put_u16(u16::try_from(sps.len())?);
    configuration.put_slice(sps);
    configuration.put_u8(1);
    configuration.put_u16(u16::try_from(pps.len())?);
    configuration.put_slice(pps);
    if !matches!(profile, 66 | 77 | 88) {
        // 4:2:0, eight bits, no extensions.
        configuration.put_slice(&[0xfd, 0xf8, 0xf8, 0]);
    }
    Ok(VideoParameters {
        codec: VideoCodec::H264,
        width,
        height,
        rfc6381: format!("avc1.{profile:02x}{compatibility:02x}{level:02x}"),
        decoder_configuration: Bytes::from(configuration),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_stream_becomes_pictures() {
        let sps = [0x67, 66, 0xc0, 30, 0xda];
        let mut stream = Vec::new();
        for nal in [
            &[0x09, 0x10][..],
            &sps,
            &[0x68, 0xce],
            &[0x65, 1, 2, 3],
            &[0x09, 0x30],
            &[0x41, 4, 5],
            &[0x41, 6],
            &[0x09, 0x30],
            &[0x41, 7],
        ] {
            stream.extend([0, 0, 0, 1]);
            stream.extend(nal);
        }
        let units = access_units(&stream, (640, 360), 10.0).unwrap();
        assert_eq!(units.iter().map(|unit| unit.random_access).collect::<Vec<_>>(), [true, false, false]);
        assert_eq!(units[0].data[..], [0, 0, 0, 4, 0x65, 1, 2, 3]);
        assert_eq!(units[1].data[..], [0, 0, 0, 3, 0x41, 4, 5, 0, 0, 0, 2, 0x41, 6]);
        assert_eq!(units[2].time.since(units[0].time), Duration::from_millis(200));
        let parameters = &units[0].parameters;
        assert_eq!(parameters.rfc6381, "avc1.42c01e");
        assert_eq!(parameters.decoder_configuration[..8], [1, 66, 0xc0, 30, 0xff, 0xe1, 0, 5]);
    }

    #[test]
    fn what_is_no_video_is_refused() {
        assert!(access_units(b"", (1, 1), 10.0).is_err());
        assert!(access_units(&[0, 0, 1, 0x67], (1, 1), 10.0).is_err());
    }
}
