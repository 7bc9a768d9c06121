//! Streams, disks and cameras that misbehave hurt only themselves, and no gap is silent.

use std::time::{Duration, Instant};

use anyhow::ensure;
use blackbox::{Camsim, Server, Settings, eventually, number, text};
use serde_json::{Value, json};

const CAMERAS: &str = r#"
[[camera]]
name = "stalls"
main = "people-sub-h264.mp4"
faults.main.stall_after = 4

[[camera]]
name = "changes"
main = "people-sub-h264.mp4"
faults.main.change = { after = 4, to = "junction-main-h264.mp4" }

[[camera]]
name = "jumps-ahead"
main = "people-sub-h264.mp4"
faults.main.timestamp_jump = { after = 4, by = 7200 }

[[camera]]
name = "jumps-back"
main = "people-sub-h264.mp4"
faults.main.timestamp_jump = { after = 4, by = -7200 }

[[camera]]
name = "corrupt"
main = "people-sub-h264.mp4"
faults.main.corrupt_every = 7

[[camera]]
name = "lossy"
main = "people-sub-h264.mp4"
transport = "udp"
faults.main.drop_every = 97

[[camera]]
name = "blind"
main = "people-sub-h264.mp4"
faults.main.no_key_frames = true

[[camera]]
name = "closes"
main = "people-sub-h264.mp4"
faults.main.close_after = 4

[[camera]]
name = "well"
main = "people-sub-h264.mp4"
"#;

async fn camera(server: &Server, camsim: &Camsim, name: &str) -> anyhow::Result<String> {
    let place = server.place(name, "site", None).await?;
    server.camera(&place, name, &camsim.main(name)?, &json!({})).await
}

fn seconds_between(a: &str, b: &str) -> anyhow::Result<f64> {
    let (a, b): (chrono::DateTime<chrono::Utc>, chrono::DateTime<chrono::Utc>) = (a.parse()?, b.parse()?);
    Ok((b - a).as_seconds_f64())
}

#[tokio::test]
async fn a_stall_is_noticed_and_a_closed_stream_comes_back() -> anyhow::Result<()> {
    let camsim = Camsim::start(CAMERAS)?;
    let server = Server::recording().await?;
    let stalls = camera(&server, &camsim, "stalls").await?;
    let closes = camera(&server, &camsim, "closes").await?;
    server.received(&stalls, "main", 15.0).await?;
    let gap = server.gap(&stalls, "recording", "camera_offline", Duration::from_secs(25)).await?;
    // The last picture came about four seconds after the start; within ten more the stall is noticed.
    let last = server.recorded(&stalls, "main").await?[0].to;
    assert!(seconds_between(&text(&gap, "/from")?, &last.to_rfc3339())?.abs() < 1.5, "{gap} {last}");
    let state = server.stream(&stalls, "main").await?;
    assert!(number(&state, "/reconnects")? < 3.0, "{state}");

    server.gap(&closes, "recording", "camera_offline", Duration::from_secs(15)).await?;
    eventually(Duration::from_secs(20), || async {
        let state = server.stream(&closes, "main").await?;
        ensure!(number(&state, "/reconnects")? >= 1.0 && state["online"] == true, "{state}");
        Ok(())
    })
    .await?;
    Ok(())
}

#[tokio::test]
async fn new_parameters_begin_a_new_segment_and_both_play() -> anyhow::Result<()> {
    let camsim = Camsim::start(CAMERAS)?;
    let server = Server::recording().await?;
    let camera = camera(&server, &camsim, "changes").await?;
    let state = eventually(Duration::from_secs(30), || async {
        let state = server.stream(&camera, "main").await?;
        ensure!(state["width"] == 1920, "{state}");
        Ok(state)
    })
    .await?;
    let frames = number(&state, "/frames_received")?;
    let state = server.received(&camera, "main", frames + 45.0).await?;
    assert!(number(&state, "/frames_lost")? < 0.5, "{state}");
    assert!(number(&state, "/reconnects")? < 0.5, "{state}");
    let playable = server.recorded(&camera, "main").await?;
    assert!(!playable.is_empty());
    // The first seconds have the old size, the last have the new one.
    let first = server.clip(&camera, "main", playable[0].part(0.5, 2.0)).await?;
    assert_eq!((first.probed.size, first.errors.as_str()), ((640, 360), ""));
    let last = playable.last().unwrap();
    let last = server.clip(&camera, "main", last.part(last.seconds() - 2.5, 2.0)).await?;
    assert_eq!((last.probed.size, last.errors.as_str()), ((1920, 1080), ""));
    Ok(())
}

#[tokio::test]
async fn time_stamps_that_jump_do_not_move_the_recording() -> anyhow::Result<()> {
    let camsim = Camsim::start(CAMERAS)?;
    let server = Server::recording().await?;
    let ahead = camera(&server, &camsim, "jumps-ahead").await?;
    let back = camera(&server, &camsim, "jumps-back").await?;
    for camera in [&ahead, &back] {
        server.received(camera, "main", 150.0).await?;
        let now = chrono::Utc::now();
        let recorded = server.recorded(camera, "main").await?;
        for stretch in &recorded {
            assert!((now - stretch.from).num_seconds() < 120, "{recorded:?}");
            assert!((stretch.to - now).num_seconds() < 5, "{recorded:?}");
        }
        let seconds: f64 = recorded.iter().map(|stretch| stretch.seconds()).sum();
        assert!((7.0..30.0).contains(&seconds), "{recorded:?}");
        assert!(number(&server.stream(camera, "main").await?, "/frames_lost")? < 0.5);
    }
    Ok(())
}

#[tokio::test]
async fn damaged_streams_hurt_only_themselves() -> anyhow::Result<()> {
    let camsim = Camsim::start(CAMERAS)?;
    let server = Server::recording().await?;
    let well = camera(&server, &camsim, "well").await?;
    let corrupt = camera(&server, &camsim, "corrupt").await?;
    let lossy = camera(&server, &camsim, "lossy").await?;
    let blind = camera(&server, &camsim, "blind").await?;
    // Damage within units is not to be seen without decoding: it is recorded as it came.
    let state = server.received(&corrupt, "main", 60.0).await?;
    assert!(number(&state, "/frames_lost")? < 0.5, "{state}");
    // Lost packets are told.
    server.received(&lossy, "main", 60.0).await?;
    server.gap(&lossy, "recording", "stream_damaged", Duration::from_secs(20)).await?;
    // A stream without key frames cannot be recorded, and that is told too.
    assert_eq!(server.trouble(&blind, "main", Duration::from_secs(30)).await?, "no_key_frame");
    let state = server.received(&well, "main", 60.0).await?;
    assert!(number(&state, "/frames_lost")? < 0.5 && number(&state, "/reconnects")? < 0.5, "{state}");
    assert_eq!(server.gaps(&well, "recording").await?, Vec::<Value>::new());
    Ok(())
}

#[tokio::test]
async fn a_full_disk_costs_only_what_does_not_fit() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let Some(disk) = SmallDisk::mount(folder.path(), "24m")? else {
        println!("skipped: only root may mount a small disk");
        return Ok(());
    };
    let camsim = Camsim::start(CAMERAS)?;
    let config = format!("\n[recording]\nfolder = {:?}\nkeep_free_gib = 0.0\n", disk.0.join("recordings"));
    let server = Server::start(Settings { config, ..Settings::default() }).await?;
    let well = camera(&server, &camsim, "well").await?;
    server.received(&well, "main", 60.0).await?;
    let behind = json!({ "name": "Ổ đĩa", "severity": "alert", "condition": { "type": "storage_behind", "seconds": 1 } });
    let place = server.api.get(&format!("cameras/{well}")).await?["place_id"].clone();
    server.api.post("rules", &json!({ "place_id": place, "rule": behind })).await?;
    assert_eq!(server.api.get("review-items").await?["items"], json!([]), "there is room");
    let before = server.recorded(&well, "main").await?;
    let ballast = disk.0.join("ballast");
    let filled = fill(&ballast)?;
    assert!(filled > 0);
    let gap = server.gap(&well, "recording", "disk_full", Duration::from_secs(30)).await?;
    assert!(!text(&gap, "/detail")?.is_empty(), "{gap}");
    let why = eventually(Duration::from_secs(20), || async {
        text(&server.api.get("review-items").await?, "/items/0/why/vi")
    })
    .await?;
    assert!(why.starts_with("Ổ đĩa gần đầy hoặc ghi không kịp"), "{why}");

    // Nothing that was recorded is lost, and with room it goes on by itself.
    let after = server.recorded(&well, "main").await?;
    assert!(after[0].to >= before[0].to, "{before:?} {after:?}");
    let clip = server.clip(&well, "main", before[0]).await?;
    assert_eq!(clip.errors, "");
    std::fs::remove_file(&ballast)?;
    let freed = Instant::now();
    eventually(Duration::from_secs(30), || async {
        let recorded = server.recorded(&well, "main").await?;
        let last = recorded.last().unwrap();
        let age = (chrono::Utc::now() - last.to).num_seconds();
        ensure!(recorded.len() > 1 && age < 5, "{recorded:?} {:?} after", freed.elapsed());
        Ok(())
    })
    .await?;
    Ok(())
}

/// A file system of a few megabytes.
struct SmallDisk(std::path::PathBuf);

impl SmallDisk {
    /// `None` where that is not allowed.
    fn mount(folder: &std::path::Path, size: &str) -> anyhow::Result<Option<Self>> {
        let mounted = std::process::Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"])
            .arg(folder)
            .output()?;
        Ok(mounted.status.success().then(|| Self(folder.to_owned())))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = std::process::Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}

/// Writes until nothing fits any more.
fn fill(file: &std::path::Path) -> anyhow::Result<u64> {
    use std::io::Write;
    let mut out = std::fs::File::create(file)?;
    let mut written = 0;
    for size in [1 << 20, 4096] {
        let block = vec![0_u8; size];
        while out.write_all(&block).is_ok() {
            written += size as u64;
        }
    }
    Ok(written)
}
