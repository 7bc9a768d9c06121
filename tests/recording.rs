//! Recording: nothing is lost, and every moment is found again as a clip that plays.

use std::time::Duration;

use anyhow::ensure;
use blackbox::{Camsim, Server, eventually, number, probe, text};
use serde_json::json;
use tokio::process::Command;

const CAMERAS: &str = r#"
[[camera]]
name = "gate"
main = "people-main-h264.mp4"
sub = "people-sub-h264.mp4"
username = "admin"
password = "binh-an"

[[camera]]
name = "alley"
main = "people-sub-h265.mp4"
transport = "udp"
"#;

/// One picture at 15 a second, and a little.
const PICTURE: f64 = 1.05 / 15.0;

async fn gate(server: &Server, camsim: &Camsim) -> anyhow::Result<String> {
    let place = server.place("Xã Bình An", "commune", None).await?;
    let more = json!({ "sub_url": camsim.sub("gate")?, "credentials": { "username": "admin", "password": "binh-an" } });
    server.camera(&place, "Cổng", &camsim.main("gate")?, &more).await
}

#[tokio::test]
async fn every_frame_is_recorded_and_clips_are_exact() -> anyhow::Result<()> {
    let mut camsim = Camsim::start(CAMERAS)?;
    let server = Server::recording().await?;
    let camera = gate(&server, &camsim).await?;
    let place = server.api.get(&format!("cameras/{camera}")).await?;
    let alley = server.camera(&text(&place, "/place_id")?, "Ngõ", &camsim.main("alley")?, &json!({})).await?;
    server.received(&camera, "main", 200.0).await?;
    server.received(&alley, "main", 100.0).await?;

    // Any range, exact to the frame, with sound, from a stream that is still growing.
    for (stream, codec) in [("main", "h264"), ("sub", "h264")] {
        let whole = server.recorded(&camera, stream).await?;
        assert_eq!(whole.len(), 1, "{whole:?}");
        for (after, seconds) in [(0.7, 5.0), (3.21, 4.44), (1.0, 0.3)] {
            let clip = server.clip(&camera, stream, whole[0].part(after, seconds)).await?;
            assert!((clip.probed.duration - seconds).abs() < PICTURE, "{seconds}: {:?}", clip.probed);
            assert_eq!(clip.probed.codecs[0], codec);
            assert!((clip.probed.times.len() as f64 - seconds * 15.0).abs() <= 1.5, "{:?}", clip.probed);
            assert!(clip.probed.steps().all(|step| step < PICTURE), "{:?}", clip.probed);
            assert_eq!(clip.errors, "", "{stream} {after} {seconds}");
        }
    }
    let clip = server.clip(&alley, "main", server.recorded(&alley, "main").await?[0].part(1.0, 3.0)).await?;
    assert_eq!((clip.probed.codecs[0].as_str(), clip.errors.as_str()), ("hevc", ""));
    assert!((clip.probed.duration - 3.0).abs() < PICTURE);

    // A playlist of a period plays. Of one file: at the border of two, where the playlist says DISCONTINUITY, this
    // ffmpeg leaves out a group of pictures.
    let whole = server.recorded(&camera, "main").await?[0];
    let border = 60.0 - whole.from.timestamp_micros().rem_euclid(60_000_000) as f64 / 1e6;
    let after = if (0.0..12.0).contains(&border) {
        server.received(&camera, "main", (border + 14.0) * 15.0).await?;
        border + 4.5
    } else {
        2.5
    };
    let part = whole.part(after, 5.0);
    let url = format!("{}/api/v1/cameras/{camera}/playlist.m3u8?{}", server.api.base, part.query());
    let played = Command::new("ffmpeg")
        .args(["-v", "error", "-headers"])
        .arg(format!("Authorization: Bearer {}\r\n", server.api.token.as_deref().unwrap()))
        .args(["-i", &url, "-map", "0:v", "-f", "framecrc", "-"])
        .output()
        .await?;
    let pictures =
        String::from_utf8_lossy(&played.stdout).lines().filter(|line| line.starts_with("0,")).count();
    // It begins at the key frame before, and ends with the group of pictures that the end falls into.
    assert!((75..=120).contains(&pictures), "{pictures}: {}", String::from_utf8_lossy(&played.stderr));

    // What the cameras sent is what was received and recorded.
    for name in ["gate", "alley"] {
        camsim.offline(name)?;
    }
    server.trouble(&camera, "main", Duration::from_secs(15)).await?;
    server.trouble(&alley, "main", Duration::from_secs(15)).await?;
    let counts = camsim.counts()?;
    for (camera, stream, sent) in [
        (&camera, "main", counts[0].0),
        (&camera, "sub", counts[0].1.unwrap()),
        (&alley, "main", counts[1].0),
    ] {
        let state = server.stream(camera, stream).await?;
        let seconds: f64 =
            server.recorded(camera, stream).await?.into_iter().map(blackbox::Stretch::seconds).sum();
        assert!((seconds * 15.0 - sent.units as f64).abs() <= 1.5, "{sent:?} {seconds} s {state}");
        assert!((number(&state, "/frames_received")? - sent.units as f64).abs() <= 1.0, "{sent:?} {state}");
        assert_eq!(state["frames_lost"], 0, "{state}");
    }
    Ok(())
}

#[tokio::test]
async fn a_stop_closes_every_file_and_the_gap_is_told() -> anyhow::Result<()> {
    let camsim = Camsim::start(CAMERAS)?;
    let mut server = Server::recording().await?;
    let camera = gate(&server, &camsim).await?;
    server.received(&camera, "main", 60.0).await?;
    let took = server.stop().await?;
    assert!(took < Duration::from_secs(10), "{took:?}");
    let (clean, said) = server.check().await?;
    assert!(clean, "{said}");

    server.restart().await?;
    server.received(&camera, "main", 40.0).await?;
    let whole = server.recorded(&camera, "main").await?;
    assert_eq!(whole.len(), 2, "{whole:?}");
    let gap = server.gap(&camera, "recording", "server_stopped", Duration::from_secs(10)).await?;
    let told: chrono::DateTime<chrono::Utc> = text(&gap, "/from")?.parse()?;
    assert!((told - whole[0].to).num_milliseconds().abs() < 1_000, "{gap} {whole:?}");

    // A clip across the gap holds what there is, and the gap is not filled with anything.
    let across = blackbox::Stretch { from: whole[0].from, to: whole[1].to };
    let clip = server.clip(&camera, "main", across).await?;
    assert_eq!(clip.errors, "");
    assert!(clip.probed.times.len() as f64 >= (whole[0].seconds() + whole[1].seconds() - 1.0) * 15.0);
    Ok(())
}

#[tokio::test]
async fn a_kill_costs_two_seconds_at_most() -> anyhow::Result<()> {
    let camsim = Camsim::start(CAMERAS)?;
    let mut server = Server::recording().await?;
    let camera = gate(&server, &camsim).await?;
    for round in 1..=2_usize {
        server.received(&camera, "main", 100.0).await?;
        let before = server.recorded(&camera, "main").await?;
        // The server alone, then everything at once.
        let killed = chrono::Utc::now();
        if round == 1 {
            server.kill()?;
        } else {
            server.kill_all()?;
        }
        for file in mp4s(&server.recordings())? {
            probe(&file).await?;
        }
        server.restart().await?;
        let (clean, said) = eventually_clean(&server).await?;
        assert!(clean, "{said}");
        let after = server.recorded(&camera, "main").await?;
        let end = after[round - 1].to;
        assert!((killed - end).num_milliseconds() < 2_000, "killed at {killed}: {before:?}, then {after:?}");
        let clip = server.clip(&camera, "main", after[round - 1]).await?;
        assert_eq!(clip.errors, "");
    }
    Ok(())
}

#[tokio::test]
async fn an_emptied_index_is_rebuilt_from_the_files() -> anyhow::Result<()> {
    let camsim = Camsim::start(CAMERAS)?;
    let mut server = Server::recording().await?;
    let camera = gate(&server, &camsim).await?;
    server.received(&camera, "sub", 60.0).await?;
    server.stop().await?;
    server.restart().await?;
    server.api.patch(&format!("cameras/{camera}"), &json!({ "enabled": false })).await?;
    let ranges = async || -> anyhow::Result<_> {
        Ok((server.recorded(&camera, "main").await?, server.recorded(&camera, "sub").await?))
    };
    let before = eventually(Duration::from_secs(10), || async {
        let state = server.api.get(&format!("cameras/{camera}/state")).await?;
        ensure!(state["streams"] == json!([]), "{state}");
        ranges().await
    })
    .await?;
    server.sql("delete from segments").await?;
    assert_eq!(ranges().await?, (vec![], vec![]));
    let (clean, said) = server.check().await?;
    assert!(!clean && said.contains(".mp4"), "{said}");
    server.cli(&["reindex"]).await?;
    assert_eq!(ranges().await?, before);
    let (clean, said) = server.check().await?;
    assert!(clean, "{said}");
    Ok(())
}

/// What was torn is mended in the background after a start.
async fn eventually_clean(server: &Server) -> anyhow::Result<(bool, String)> {
    eventually(Duration::from_secs(15), || async {
        let (clean, said) = server.check().await?;
        ensure!(clean, "{said}");
        Ok((clean, said))
    })
    .await
}

fn mp4s(folder: &std::path::Path) -> anyhow::Result<Vec<String>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(mp4s(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "mp4") {
            found.push(path.to_string_lossy().into_owned());
        }
    }
    Ok(found)
}
