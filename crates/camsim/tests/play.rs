//! Plays simulated cameras with ffmpeg, as any other program would.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test may panic")]

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Output, Stdio};
use std::sync::OnceLock;

use serde_json::Value;

/// Two seconds each, so that a short test passes the joint of the loop more than once.
fn footage() -> &'static Path {
    static FOOTAGE: OnceLock<&Path> = OnceLock::new();
    FOOTAGE.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
        make(&folder.join("h264.mp4"), "320x240", &["-c:v", "libx264", "-c:a", "aac"]);
        make(&folder.join("small.mp4"), "160x120", &["-c:v", "libx264", "-an"]);
        let x265 = "bframes=0:keyint=15:min-keyint=15:log-level=none";
        make(&folder.join("h265.mp4"), "320x240", &["-c:v", "libx265", "-x265-params", x265, "-an"]);
        folder
    })
}

fn make(file: &Path, size: &str, codecs: &[&str]) {
    let status = Command::new("ffmpeg")
        .args(["-v", "error", "-y", "-f", "lavfi", "-i", &format!("testsrc2=size={size}:rate=15:duration=2")])
        .args(["-f", "lavfi", "-i", "sine=duration=2"])
        .args(codecs)
        .args(["-bf", "0", "-g", "15", "-pix_fmt", "yuv420p"])
        .arg(file)
        .status()
        .expect("ffmpeg is needed");
    assert!(status.success());
}

struct Camsim {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    main: String,
}

impl Camsim {
    /// One camera, `/x/main`, with further settings.
    fn start(settings: &str) -> Self {
        let config = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(&config, format!("[[camera]]\nname = 'x'\n{settings}")).unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_camsim"))
            .args(["--exit-with-parent", "--config"])
            .arg(config.path())
            .arg("--footage")
            .arg(footage())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let input = child.stdin.take();
        let output = BufReader::new(child.stdout.take().unwrap());
        let mut camsim = Self { child, input, output, main: String::new() };
        camsim.line()["cameras"][0]["main"].as_str().unwrap().clone_into(&mut camsim.main);
        camsim
    }

    fn line(&mut self) -> Value {
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap()
    }

    fn command(&mut self, command: &str) -> Value {
        writeln!(self.input.as_mut().unwrap(), "{command}").unwrap();
        self.line()
    }

    fn main_with(&self, credentials: &str) -> String {
        self.main.replace("rtsp://", &format!("rtsp://{credentials}@"))
    }
}

impl Drop for Camsim {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn play(url: &str, options: &[&str]) -> Output {
    play_over("tcp", url, options)
}

fn play_over(transport: &str, url: &str, options: &[&str]) -> Output {
    Command::new("timeout")
        .args(["20", "ffmpeg", "-v", "warning", "-rtsp_transport", transport, "-copyts", "-i", url])
        .args(options)
        .args(["-c", "copy", "-f", "framecrc", "-"])
        .output()
        .unwrap()
}

/// Presentation times of the video, in seconds.
fn times(played: &Output) -> Vec<f64> {
    String::from_utf8_lossy(&played.stdout)
        .lines()
        .filter(|line| line.starts_with("0,"))
        .map(|line| line.split(',').nth(2).unwrap().trim().parse::<f64>().unwrap() / 90_000.0)
        .collect()
}

/// Times from picture to picture; what ffmpeg makes of the first one's depends on when it asked.
fn steps(times: &[f64]) -> impl Iterator<Item = f64> {
    times[1..].windows(2).map(|pair| pair[1] - pair[0])
}

#[test]
fn the_loop_has_no_seam_and_wrong_passwords_are_refused() {
    for codec in ["h264", "h265"] {
        let camsim = Camsim::start(&format!("main = '{codec}.mp4'\nusername = 'u'\npassword = 'p'"));
        let played = play(&camsim.main_with("u:p"), &["-t", "5"]);
        let times = times(&played);
        assert!(times.len() > 60, "{} frames: {}", times.len(), String::from_utf8_lossy(&played.stderr));
        assert!(steps(&times).all(|step| (step - 1.0 / 15.0).abs() < 0.001), "{times:?}");
        for url in [camsim.main_with("u:wrong"), camsim.main.clone()] {
            let refused = play(&url, &["-t", "1"]);
            assert!(!refused.status.success());
            assert!(String::from_utf8_lossy(&refused.stderr).contains("401"));
        }
    }
}

#[test]
fn basic_authentication_and_sound_in_alaw() {
    let camsim = Camsim::start(
        "main = 'h264.mp4'\nusername = 'u'\npassword = 'p'\nauth = 'basic'\naudio = 'alaw'\nphase = 1.3",
    );
    let played = play(&camsim.main_with("u:p"), &["-t", "1"]);
    let text = String::from_utf8_lossy(&played.stdout);
    assert!(text.contains("#codec_id 1: pcm_alaw"), "{text}");
    assert!(text.lines().any(|line| line.starts_with("1,")), "{text}");
}

#[test]
fn a_stream_closes_and_another_changes() {
    let camsim = Camsim::start("main = 'h264.mp4'\nfaults.main.close_after = 1.5");
    let count = times(&play(&camsim.main, &[])).len();
    assert!((20..25).contains(&count), "{count} frames in a second and a half");

    let camsim = Camsim::start("main = 'h264.mp4'\nfaults.main.change = { after = 1, to = 'small.mp4' }");
    let probed = Command::new("timeout")
        .args(["20", "ffprobe", "-v", "error", "-rtsp_transport", "tcp", "-read_intervals", "%+4"])
        .args(["-select_streams", "v", "-show_entries", "frame=width", "-of", "csv=p=0", &camsim.main])
        .output()
        .unwrap();
    let widths = String::from_utf8_lossy(&probed.stdout);
    assert!(widths.contains("320") && widths.contains("160"), "{widths}");
}

#[test]
fn packets_are_lost_and_time_jumps() {
    let camsim = Camsim::start("main = 'h264.mp4'\nfaults.main.timestamp_jump = { after = 1, by = 100 }");
    let times = times(&play(&camsim.main, &["-frames:v", "40"]));
    let jumps: Vec<_> = steps(&times).filter(|step| *step > 1.0).collect();
    assert!(matches!(jumps[..], [jump] if (jump - 100.0).abs() < 1.0), "{times:?}");

    let camsim = Camsim::start("main = 'h264.mp4'\nfaults.main.drop_every = 5");
    // Only where packets may really be lost does ffmpeg look for holes.
    let lossy = play_over("udp", &camsim.main, &["-t", "2"]);
    let warnings = String::from_utf8_lossy(&lossy.stderr);
    assert!(warnings.contains("missed"), "{warnings}");
}

#[test]
fn commands_switch_it_off_and_on_and_count() {
    let mut camsim = Camsim::start("main = 'h264.mp4'\naudio = 'none'");
    let played = times(&play(&camsim.main, &["-frames:v", "20"])).len();
    assert_eq!(played, 20);
    let counts = camsim.command("stats");
    assert_eq!(counts["cameras"][0]["main"]["sessions"], 1);
    assert!(counts["cameras"][0]["main"]["units"].as_u64().unwrap() >= 20);

    assert_eq!(camsim.command("offline x"), serde_json::json!({}));
    let refused = play(&camsim.main, &["-t", "1"]);
    assert!(String::from_utf8_lossy(&refused.stderr).contains("refused"), "{refused:?}");
    assert_eq!(camsim.command("online x"), serde_json::json!({}));
    assert!(play(&camsim.main, &["-frames:v", "5"]).status.success());
    assert!(camsim.command("dance")["error"].as_str().unwrap().contains("dance"));
}

#[test]
fn it_ends_with_its_parent() {
    let mut camsim = Camsim::start("main = 'h264.mp4'");
    camsim.input = None;
    assert!(camsim.child.wait().unwrap().success());
}
