//! Real pictures from the ffmpeg program, and a recorder in a temporary folder.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "shared by several tests, each of which uses a part"
)]

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use bytes::Bytes;
use domain::{
    AccessUnit, AudioFrame, AudioParameters, CameraId, MediaFrame, Segment, SystemClock, Timestamp,
    VideoCodec, VideoParameters,
};
use recorder::{Recorder, RecorderConfig, RecorderEvent, RecorderTask};
use tokio::sync::mpsc;

/// Pictures in decoding order, times in microseconds from 0.
pub(crate) struct Footage {
    pub(crate) parameters: Arc<VideoParameters>,
    pub(crate) units: Vec<(i64, bool, Bytes)>,
    /// Microseconds that all of it lasts.
    pub(crate) length: i64,
    pub(crate) audio: Vec<(i64, Bytes)>,
    pub(crate) audio_parameters: Option<Arc<AudioParameters>>,
}

/// `seconds` of a test picture at 10 a second, a key frame a second. Encoded once for all tests of a program.
pub(crate) fn footage(
    codec: VideoCodec,
    size: (u32, u32),
    seconds: u32,
    b_frames: bool,
    audio: bool,
) -> &'static Footage {
    type Known = HashMap<(VideoCodec, (u32, u32), u32, bool, bool), &'static Footage>;
    static KNOWN: LazyLock<Mutex<Known>> = LazyLock::new(Mutex::default);
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    known
        .entry((codec, size, seconds, b_frames, audio))
        .or_insert_with(|| Box::leak(Box::new(encode(codec, size, seconds, b_frames, audio))))
}

fn encode(codec: VideoCodec, size: (u32, u32), seconds: u32, b_frames: bool, audio: bool) -> Footage {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("footage.mp4");
    let (width, height) = size;
    let encoder = match codec {
        VideoCodec::H264 => ["libx264", "-x264-params"],
        VideoCodec::H265 => ["libx265", "-x265-params"],
    };
    let b = if b_frames { 2 } else { 0 };
    let options = format!("keyint=10:min-keyint=10:scenecut=0:bframes={b}:open-gop=0:log-level=error");
    let mut ffmpeg = Command::new("ffmpeg");
    ffmpeg.args(["-v", "error", "-f", "lavfi", "-i", &format!("testsrc=size={width}x{height}:rate=10")]);
    if audio {
        ffmpeg.args(["-f", "lavfi", "-i", "sine=frequency=440:sample_rate=16000"]);
    }
    ffmpeg.args([
        "-t",
        &seconds.to_string(),
        "-c:v",
        encoder[0],
        "-preset",
        "ultrafast",
        encoder[1],
        &options,
    ]);
    ffmpeg.args(["-pix_fmt", "yuv420p", "-c:a", "aac", "-ac", "1", "-tag:v"]);
    ffmpeg.arg(if codec == VideoCodec::H264 { "avc1" } else { "hvc1" }).arg(&file);
    assert!(ffmpeg.status().expect("the ffmpeg program is needed").success());

    let bytes = Bytes::from(std::fs::read(&file).unwrap());
    let name: &[u8] = if codec == VideoCodec::H264 { b"avcC" } else { b"hvcC" };
    let at = bytes.windows(4).position(|four| four == name).unwrap();
    let length = u32::from_be_bytes(bytes[at - 4..at].try_into().unwrap()) as usize;
    let parameters = VideoParameters {
        codec,
        width,
        height,
        rfc6381: if codec == VideoCodec::H264 { "avc1.42C01E" } else { "hvc1.1.6.L60.90" }.into(),
        decoder_configuration: bytes.slice(at + 4..at - 4 + length),
    };
    let packets = |stream: &str| -> Vec<(i64, bool, Bytes)> {
        let entries = "packet=pts_time,size,pos,flags";
        let text = ffprobe(&file, &["-select_streams", stream, "-show_entries", entries, "-of", "csv=p=0"]);
        let packet = |line: &str| {
            let mut parts = line.split(',');
            let time: f64 = parts.next()?.parse().ok()?;
            let size: usize = parts.next()?.parse().ok()?;
            let place: usize = parts.next()?.parse().ok()?;
            let key = parts.next()?.starts_with('K');
            Some(((time * 1e6).round() as i64, key, bytes.slice(place..place + size)))
        };
        text.lines().filter_map(packet).collect()
    };
    let audio_frames = if audio { packets("a") } else { Vec::new() };
    Footage {
        parameters: Arc::new(parameters),
        units: packets("v"),
        length: i64::from(seconds) * 1_000_000,
        audio: audio_frames
            .into_iter()
            .filter(|(time, ..)| *time >= 0)
            .map(|(time, _, data)| (time, data))
            .collect(),
        audio_parameters: audio.then(|| {
            Arc::new(AudioParameters {
                configuration: Bytes::from_static(&[0x14, 0x08]), // AAC-LC, 16 kHz, mono
                sample_rate: 16_000,
                channels: 1,
                rfc6381: "mp4a.40.2".into(),
            })
        }),
    }
}

impl Footage {
    /// The pictures and the sound, over and over, from `start` on for `micros`, in the order of time of decoding.
    pub(crate) fn play(&self, start: Timestamp, micros: i64) -> Vec<MediaFrame> {
        let mut frames = Vec::new();
        let mut round = 0;
        while round < micros {
            let mut audio = self.audio.iter().peekable();
            let mut latest = 0;
            for (time, random_access, data) in &self.units {
                latest = latest.max(*time);
                while let Some((at, data)) = audio.next_if(|(at, _)| *at <= latest) {
                    if let Some(parameters) = &self.audio_parameters {
                        frames.push(MediaFrame::Audio(AudioFrame {
                            time: start.plus_micros(round + at),
                            data: data.clone(),
                            parameters: Arc::clone(parameters),
                        }));
                    }
                }
                frames.push(MediaFrame::Video(AccessUnit {
                    time: start.plus_micros(round + time),
                    random_access: *random_access,
                    data: data.clone(),
                    parameters: Arc::clone(&self.parameters),
                }));
            }
            round += self.length;
        }
        frames.retain(|frame| match frame {
            MediaFrame::Video(unit) => unit.time < start.plus_micros(micros),
            MediaFrame::Audio(frame) => frame.time < start.plus_micros(micros),
        });
        frames
    }
}

pub(crate) fn units(frames: &[MediaFrame]) -> Vec<AccessUnit> {
    let unit = |frame: &MediaFrame| match frame {
        MediaFrame::Video(unit) => Some(unit.clone()),
        MediaFrame::Audio(_) => None,
    };
    frames.iter().filter_map(unit).collect()
}

/// A moment shortly after the start of a minute.
pub(crate) fn morning() -> Timestamp {
    "2026-11-23T07:00:05Z".parse().unwrap()
}

pub(crate) fn camera() -> CameraId {
    "0193a4f0-0000-7000-8000-000000000001".parse().unwrap()
}

pub(crate) struct Bench {
    pub(crate) root: tempfile::TempDir,
    pub(crate) recorder: Recorder,
    pub(crate) task: RecorderTask,
    pub(crate) events: mpsc::Receiver<RecorderEvent>,
}

pub(crate) fn bench() -> Bench {
    bench_with(tempfile::tempdir().unwrap(), |_| {})
}

pub(crate) fn bench_with(root: tempfile::TempDir, change: impl FnOnce(&mut RecorderConfig)) -> Bench {
    let mut config = RecorderConfig::new(root.path());
    change(&mut config);
    let (sender, events) = mpsc::channel(65_536);
    let (recorder, task) = Recorder::start(config, Arc::new(SystemClock::default()), sender).unwrap();
    Bench { root, recorder, task, events }
}

pub(crate) struct Outcome {
    pub(crate) root: tempfile::TempDir,
    pub(crate) events: Vec<RecorderEvent>,
}

impl Bench {
    /// Ends the recorder and gives everything that it told.
    pub(crate) async fn end(self) -> Outcome {
        let Self { root, recorder, task, mut events } = self;
        task.shutdown().await;
        drop(recorder);
        let mut all = Vec::new();
        while let Some(event) = events.recv().await {
            all.push(event);
        }
        Outcome { root, events: all }
    }
}

impl Outcome {
    pub(crate) fn path(&self) -> &Path {
        self.root.path()
    }

    pub(crate) fn closed(&self) -> Vec<Segment> {
        let closed = |event: &RecorderEvent| match event {
            RecorderEvent::Segment(segment) if segment.closed => Some(segment.clone()),
            _ => None,
        };
        let mut all: Vec<_> = self.events.iter().filter_map(closed).collect();
        all.sort_by_key(|segment| segment.start);
        all
    }

    pub(crate) fn gaps(&self) -> Vec<domain::Gap> {
        let gap = |event: &RecorderEvent| match event {
            RecorderEvent::Gap(gap) => Some(gap.clone()),
            RecorderEvent::Segment(_) | RecorderEvent::Flushed(_) => None,
        };
        self.events.iter().filter_map(gap).collect()
    }

    pub(crate) fn file(&self, segment: &Segment) -> PathBuf {
        self.path().join(&segment.path)
    }
}

pub(crate) fn ffprobe(file: &Path, arguments: &[&str]) -> String {
    let output = Command::new("ffprobe").args(["-v", "error"]).args(arguments).arg(file).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Decodes everything; gives the times in seconds at which pictures are shown. Fails on any complaint.
pub(crate) fn decode(input: &Path, stream: &str) -> Vec<f64> {
    let mut ffprobe = Command::new("ffprobe");
    ffprobe.args(["-v", "warning", "-allowed_extensions", "ALL", "-protocol_whitelist", "file,crypto,data"]);
    if input.extension().is_some_and(|extension| extension == "mp4") {
        ffprobe = Command::new("ffprobe");
        ffprobe.args(["-v", "warning"]);
    }
    ffprobe.args(["-select_streams", stream, "-show_entries", "frame=pts_time", "-of", "csv=p=0"]).arg(input);
    let output = ffprobe.output().unwrap();
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && complaints.is_empty(), "{complaints}");
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().filter_map(|line| line.trim_end_matches(',').parse().ok()).collect()
}
