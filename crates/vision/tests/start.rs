//! Wrong models, runtimes and settings are told clearly when the worker starts, and no worker outlives its server.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that goes wrong panics"
)]

mod support;

use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use vision_client::protocol::{self, Reply};
use vision_client::{Vision, VisionConfig};

use support::{WORKER, config, manifest};

async fn refusal(config: VisionConfig) -> String {
    let shutdown = tokio_util::sync::CancellationToken::new();
    match Vision::start(config, shutdown).await {
        Ok(_) => panic!("it started"),
        Err(error) => error.to_string(),
    }
}

/// The default manifest with a change.
async fn refusal_of(from: &str, to: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let text = std::fs::read_to_string(manifest()).unwrap();
    assert!(text.contains(from), "{from}");
    let path = folder.path().join("changed.toml");
    std::fs::write(&path, text.replace(from, to)).unwrap();
    refusal(VisionConfig { model: path, ..config() }).await
}

fn assert_names(error: &str, words: &[&str]) {
    assert!(words.iter().all(|word| error.contains(word)), "{words:?} are not all in: {error}");
}

#[tokio::test]
async fn a_wrong_runtime_is_named_with_the_remedy() {
    let missing = VisionConfig { runtime: "/nowhere/libonnxruntime.so".into(), ..config() };
    assert_names(&refusal(missing).await, &["/nowhere/libonnxruntime.so", "setup", "runtime"]);
    let folder = tempfile::tempdir().unwrap();
    let library = folder.path().join("libonnxruntime.so");
    std::fs::write(&library, "no library").unwrap();
    let path = library.display().to_string();
    assert_names(&refusal(VisionConfig { runtime: library, ..config() }).await, &[&path, "no usable"]);
}

#[tokio::test]
async fn a_wrong_manifest_is_named_with_the_field() {
    let missing = VisionConfig { model: "/nowhere/m.toml".into(), ..config() };
    assert_names(&refusal(missing).await, &["/nowhere/m.toml", "models/"]);
    let cases: [(&str, &str, &[&str]); 7] = [
        ("width = 416", "widht = 416", &["changed.toml", "widht"]),
        ("layout = \"nanodet\"", "layout = \"nanodot\"", &["changed.toml", "nanodot"]),
        ("width = 416", "width = 640", &["input.width", "640"]),
        ("name = \"images\"", "name = \"pictures\"", &["input.name", "pictures", "images"]),
        ("\"scores_8\"", "\"scores_9\"", &["output.names", "scores_9", "scores_8"]),
        ("reg_max = 10", "reg_max = 7", &["layout", "[output]"]),
        (
            "int8.onnx\"",
            "int8.onnx\"\nsha256 = \"00000000000000000000000000000000000000000000000000000000000000ff\"",
            &["sha256", "00ff", "setup"],
        ),
    ];
    for (from, to, words) in cases {
        assert_names(&refusal_of(from, to).await, words);
    }
}

#[tokio::test]
async fn a_wrong_model_file_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let text = std::fs::read_to_string(manifest()).unwrap();
    let path = folder.path().join("m.toml");
    std::fs::write(&path, text).unwrap();
    let empty = folder.path().join("empty");
    std::fs::create_dir(&empty).unwrap();
    let nowhere = VisionConfig { model: path.clone(), models: Some(empty), ..config() };
    assert_names(&refusal(nowhere).await, &["nanodet-g-416x256-int8.onnx", "setup", "TAIMAT_MODELS"]);
    std::fs::write(folder.path().join("nanodet-g-416x256-int8.onnx"), "no model").unwrap();
    let error = refusal(VisionConfig { model: path, ..config() }).await;
    assert_names(&error, &["nanodet-g-416x256-int8.onnx", "cannot be used"]);
}

#[tokio::test]
async fn a_provider_that_is_not_there_is_named_with_the_remedy() {
    let unknown = VisionConfig { provider: "abacus".to_owned(), ..config() };
    assert_names(&refusal(unknown).await, &["provider", "abacus", "cuda"]);
    for provider in ["openvino", "cuda", "tensorrt"] {
        let error = refusal(VisionConfig { provider: provider.to_owned(), ..config() }).await;
        assert_names(&error, &[provider, "provider = \"cpu\""]);
    }
}

#[test]
fn a_worker_ends_when_its_server_is_gone() {
    let (mut ours, theirs) = UnixStream::pair().unwrap();
    let config = config();
    let mut command = Command::new(WORKER);
    command.arg("--model").arg(&config.model).arg("--runtime").arg(&config.runtime);
    command.arg("--models").arg(config.models.unwrap()).stdin(Stdio::from(OwnedFd::from(theirs)));
    let mut worker = command.spawn().unwrap();
    drop(command);
    assert!(matches!(protocol::read::<Reply>(&mut ours).unwrap(), Some(Reply::Ready(_))));
    drop(ours);
    let started = Instant::now();
    loop {
        if let Some(status) = worker.try_wait().unwrap() {
            assert!(status.success(), "{status}");
            return;
        }
        assert!(started.elapsed() < Duration::from_secs(10), "it lives on");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn started_by_hand_it_says_what_it_is() {
    let output = Command::new(WORKER).stdin(Stdio::null()).output().unwrap();
    assert!(!output.status.success());
    assert_names(&String::from_utf8_lossy(&output.stderr), &["standard input", "taimat serve"]);
}
