//! The real worker for tests, with what `cargo xtask setup` installed.
#![allow(dead_code, reason = "each test program uses its part")]

mod footage;

use std::path::{Path, PathBuf};

use domain::{AccessUnit, Timestamp, VideoCodec};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use vision_client::{Vision, VisionConfig};

use footage::Source;

pub(crate) const WORKER: &str = env!("CARGO_BIN_EXE_taimat-vision");

/// 2026-11-23T07:00:00Z.
pub(crate) const START: Timestamp = Timestamp::from_micros(1_795_417_200_000_000);

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A file that setup installs.
pub(crate) fn installed(path: &str) -> PathBuf {
    let folder = std::env::var_os("TAIMAT_SETUP_DIR").map_or_else(|| root().join(".setup"), PathBuf::from);
    let path = folder.join(path);
    assert!(path.exists(), "{} is missing: run `cargo xtask setup`", path.display());
    path
}

pub(crate) fn manifest() -> PathBuf {
    root().join("models/nanodet-g-416-int8.toml")
}

pub(crate) fn config() -> VisionConfig {
    let mut config = VisionConfig::new(WORKER, manifest(), installed("onnxruntime/libonnxruntime.so.1.32.0"));
    config.models = Some(installed("models"));
    config.niceness = 0;
    config
}

pub(crate) struct Server {
    pub(crate) vision: Vision,
    task: JoinHandle<()>,
    shutdown: CancellationToken,
}

impl Server {
    pub(crate) async fn start(change: impl FnOnce(&mut VisionConfig)) -> Self {
        let mut config = config();
        change(&mut config);
        let shutdown = CancellationToken::new();
        let (vision, task) = Vision::start(config, shutdown.clone()).await.unwrap();
        Self { vision, task, shutdown }
    }

    pub(crate) async fn stop(self) {
        self.shutdown.cancel();
        self.task.await.unwrap();
    }
}

/// The first frames of a clip that setup installs.
pub(crate) fn footage(file: &str, codec: VideoCodec, frames: u32) -> Vec<AccessUnit> {
    let path = installed("footage").join(file);
    let frames = frames.to_string();
    let arguments = ["-i", path.to_str().unwrap(), "-c:v", "copy", "-frames:v", &frames];
    Source { arguments: &arguments, codec, size: (640, 360), frame_rate: 15.0, start: START }.read().unwrap()
}

/// The first picture of a clip again and again, as a camera whose sensor hangs compresses it: a key frame each second.
pub(crate) fn repeated(file: &str, frames: u32) -> Vec<AccessUnit> {
    let path = installed("footage").join(file);
    let frames = frames.to_string();
    let mut arguments = vec!["-i", path.to_str().unwrap(), "-vf"];
    arguments.extend(["trim=end_frame=1,loop=loop=-1:size=1,setpts=N/15/TB", "-frames:v", &frames]);
    arguments.extend(["-c:v", "libx264", "-preset", "veryfast", "-bf", "0", "-g", "15", "-crf", "28"]);
    let (codec, size) = (VideoCodec::H264, (640, 360));
    Source { arguments: &arguments, codec, size, frame_rate: 15.0, start: START }.read().unwrap()
}

/// A moving test pattern, compressed as the options say.
pub(crate) fn pattern(codec: VideoCodec, options: &str, size: (u32, u32), frames: u32) -> Vec<AccessUnit> {
    let input = format!("testsrc2=s={}x{}:r=15", size.0, size.1);
    let frames = frames.to_string();
    let mut arguments = vec!["-f", "lavfi", "-i", &input, "-frames:v", &frames, "-pix_fmt", "yuv420p"];
    match codec {
        VideoCodec::H264 => arguments.extend(["-c:v", "libx264", "-sc_threshold", "0"]),
        VideoCodec::H265 => {
            arguments.extend(["-c:v", "libx265", "-x265-params", "log-level=none:open-gop=0:scenecut=0"]);
        }
    }
    arguments.extend(["-preset", "veryfast"]);
    arguments.extend(options.split(' '));
    Source { arguments: &arguments, codec, size, frame_rate: 15.0, start: START }.read().unwrap()
}

/// Kills a process without warning.
pub(crate) fn kill(pid: u32) {
    let status = std::process::Command::new("kill").args(["-9", &pid.to_string()]).status().unwrap();
    assert!(status.success());
}
