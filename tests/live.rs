//! Video for a browser: watched as it comes in, and played back where the browser cannot play what the camera sends.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use blackbox::{Camsim, Server, Settings, Stretch, decode_errors, eventually, probe, text};
use chrono::{TimeDelta, Utc};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::process::Command;

const CAMERAS: &str = r#"
[[camera]]
name = "gate"
main = "people-main-h264.mp4"

[[camera]]
name = "yard"
main = "people-main-h265.mp4"
"#;

async fn camera(server: &Server, name: &str, address: &str) -> anyhow::Result<String> {
    let place = server.place("Xã Bình An", "commune", None).await?;
    server.camera(&place, name, address, &json!({})).await
}

#[tokio::test]
async fn a_watcher_sees_what_the_camera_sees_from_a_key_frame_on() -> anyhow::Result<()> {
    let mut camsim = Camsim::start(CAMERAS)?;
    let server = Server::recording().await?;
    let gate = camera(&server, "Cổng", &camsim.main("gate")?).await?;

    // He may be there before the camera is.
    let mut first = server.watch(&gate, "").await?;
    let start = first.until("start").await?;
    assert_eq!((&start["codec"], &start["transcoded"]), (&"h264".into(), &false.into()), "{start}");
    assert!(text(&start, "/mime")?.starts_with("video/mp4; codecs=\"avc1."), "{start}");
    first.fragments(40).await?;
    let (played, errors) = first.play().await?;
    assert_eq!((played.codecs[0].as_str(), errors.as_str()), ("h264", ""));
    assert_eq!(json!(played.size.0), start["width"]);
    // It decodes without a complaint from the first picture on: that is a key frame.
    assert!(played.times.len() >= 40 && played.times[0] == 0.0, "{played:?}");
    assert!(played.steps().all(|step| step < 0.1), "{played:?}");
    // The time of each picture is known.
    let last = first.seen_at(*played.times.last().unwrap())?;
    assert!((Utc::now() - last).abs() < TimeDelta::seconds(10), "{last}");

    // Another one begins with what was before him, not with the next key frame. Were he to come just at a key frame,
    // there would be nothing before him: he has several tries.
    let mut began_before = false;
    for _ in 0..3 {
        let came = Utc::now();
        let mut second = server.watch(&gate, "stream=main").await?;
        second.fragments(5).await?;
        assert_eq!(second.told.len(), 1, "{:?}", second.told);
        assert_eq!(second.play().await?.1, "");
        began_before |= second.seen_at(0.0)? < came;
        first.fragments(first.fragments + 7).await?;
    }
    assert!(began_before);

    // The camera goes away and comes back: both is told, with the reason, and times go on.
    camsim.offline("gate")?;
    let away = first.until("offline").await?;
    assert!(away.pointer("/trouble/kind").is_some_and(Value::is_string), "{away}");
    let mut third = server.watch(&gate, "").await?;
    assert_eq!(text(&third.next().await?.unwrap(), "/type")?, "offline");
    camsim.online("gate")?;
    let again = first.until("start").await?;
    assert_eq!(again["time"], start["time"]);
    third.until("start").await?;

    // It ends with the server, at once.
    let mut server = server;
    let stopped = server.stop().await?;
    assert!(stopped < Duration::from_secs(10), "{stopped:?}");
    let ended = loop {
        if let Err(ended) = first.next().await {
            break ended.to_string();
        }
    };
    assert!(ended.contains("Away"), "{ended}");
    Ok(())
}

#[tokio::test]
async fn what_a_browser_cannot_play_is_watched_transcoded() -> anyhow::Result<()> {
    let camsim = Camsim::start(CAMERAS)?;
    let config = "[transcoding]\nlive_at_once = 1\n".to_owned();
    let server = Server::start(Settings { config, ..Settings::default() }).await?;
    let yard = camera(&server, "Sân", &camsim.main("yard")?).await?;
    let place = text(&server.api.get(&format!("cameras/{yard}")).await?, "/place_id")?;
    let other = server.camera(&place, "Sân sau", &camsim.main("yard")?, &json!({})).await?;
    server.received(&yard, "main", 20.0).await?;
    server.received(&other, "main", 20.0).await?;

    let mut first = server.watch(&yard, "codec=h264").await?;
    let start = first.until("start").await?;
    assert_eq!((&start["codec"], &start["transcoded"]), (&"h264".into(), &true.into()), "{start}");
    assert!(start["width"].as_u64().is_some_and(|width| width <= 1280), "{start}");
    first.fragments(40).await?;
    let (played, errors) = first.play().await?;
    assert_eq!((played.codecs[0].as_str(), errors.as_str()), ("h264", ""));
    assert!(played.steps().all(|step| step < 0.1), "{played:?}");

    // One process for all who watch it, and a limit on those.
    let mut second = server.watch(&yard, "codec=h264").await?;
    second.fragments(2).await?;
    assert_eq!(second.play().await?.0.codecs[0], "h264");
    assert_eq!(server.processes("taimat-vision").len(), 1);
    let mut beyond = server.watch(&other, "codec=h264").await?;
    let refused = beyond.until("start").await.unwrap_err();
    assert!(refused.to_string().contains("Again"), "{refused}");

    // The process may die: those who watch are shown the picture again.
    server.kill_process("taimat-vision")?;
    let before = first.fragments;
    first.fragments(before + 20).await?;

    // It ends with the last of them.
    drop((first, second));
    eventually(Duration::from_secs(15), || async {
        let left = server.processes("taimat-vision");
        ensure!(left.is_empty(), "{left:?}");
        Ok(())
    })
    .await
}

/// The addresses of a playlist's init segment and of its pieces, as the API takes them.
async fn pieces(server: &Server, camera: &str, part: Stretch) -> anyhow::Result<(String, Vec<String>)> {
    let path = format!("cameras/{camera}/playlist.m3u8?codec=h264&{}", part.query());
    let response = server.api.request(Method::GET, &path).send().await?.error_for_status()?;
    ensure!(response.headers().get("taimat-transcoded").is_some_and(|value| value == "true"));
    let list = response.text().await?;
    let init = list.lines().find_map(|line| line.strip_prefix("#EXT-X-MAP:URI=\"")?.strip_suffix('"'));
    let at = |address: &str| format!("cameras/{camera}/{address}");
    let pieces = list.lines().filter(|line| line.ends_with("media.mp4")).map(at).collect();
    Ok((at(init.with_context(|| format!("no init segment in {list}"))?), pieces))
}

#[tokio::test]
async fn a_recording_that_a_browser_cannot_play_is_played_in_transcoded_pieces() -> anyhow::Result<()> {
    let camsim = Camsim::start(CAMERAS)?;
    let server = Server::recording().await?;
    let yard = camera(&server, "Sân", &camsim.main("yard")?).await?;
    // Some pieces of one file: in the first or in the second one.
    server.received(&yard, "main", 300.0).await?;
    let whole = server.recorded(&yard, "main").await?[0];
    let border = 60.0 - whole.from.timestamp_micros().rem_euclid(60_000_000) as f64 / 1e6;
    let after = if border < 18.0 {
        server.received(&yard, "main", (border + 20.0) * 15.0).await?;
        border + 4.5
    } else {
        0.5
    };
    let (init, addresses) = pieces(&server, &yard, whole.part(after, 11.0)).await?;
    assert!(addresses.len() >= 2, "{addresses:?}");

    // The process dies: that is said, and the next time it works.
    let first = addresses[0].clone();
    let asked = async || {
        let response = server.api.request(Method::GET, &first).send().await?;
        anyhow::Ok((
            response.status().as_u16(),
            String::from_utf8_lossy(&response.bytes().await?).into_owned(),
        ))
    };
    let killed = async {
        eventually(Duration::from_secs(10), || async { server.kill_process("taimat-vision") }).await
    };
    let (answer, killed) = tokio::join!(asked(), killed);
    killed?;
    let (status, said) = answer?;
    assert_eq!(status, 503, "{said}");
    assert!(said.contains("unavailable") && said.contains("transcoder"), "{said}");
    assert_eq!(asked().await?.0, 200);

    // All pieces behind the init segment play as one, without a gap and at the times of the recording.
    let made = ["from=\"recording\""];
    let mut whole_film = server.api.bytes(&init).await?.1;
    for address in &addresses {
        whole_film.extend(server.api.bytes(address).await?.1);
    }
    let count = server.api.metric("taimat_transcoded_pieces_total", &made).await?;
    let file = tempfile::Builder::new().suffix(".mp4").tempfile()?;
    std::fs::write(&file, &whole_film)?;
    let name = file.path().to_string_lossy().into_owned();
    let played = probe(&name).await?;
    assert_eq!((played.codecs[0].as_str(), decode_errors(&name).await?.as_str()), ("h264", ""));
    assert_eq!(played.size.0, 1280);
    assert!(played.steps().all(|step| (step - 1.0 / 15.0).abs() < 0.02), "{played:?}");
    assert!(played.times.len() >= 15 * 4 * (addresses.len() - 1), "{played:?}");

    // The next time they come from where they are kept.
    for address in addresses.iter().chain([&init]) {
        server.api.bytes(address).await?;
    }
    let again = server.api.metric("taimat_transcoded_pieces_total", &made).await?;
    assert!((count - addresses.len() as f64).abs() < 0.5, "{count} made of {}", addresses.len());
    assert!((again - count).abs() < 0.5, "{again} made, {count} before");

    // A player plays the playlist.
    let url = format!(
        "{}/api/v1/cameras/{yard}/playlist.m3u8?codec=h264&{}",
        server.api.base,
        whole.part(after, 11.0).query()
    );
    let output = Command::new("ffmpeg")
        .args(["-v", "error", "-headers"])
        .arg(format!("Authorization: Bearer {}\r\n", server.api.token.as_deref().unwrap()))
        .args(["-i", &url, "-map", "0:v", "-f", "framecrc", "-"])
        .output()
        .await?;
    let pictures =
        String::from_utf8_lossy(&output.stdout).lines().filter(|line| line.starts_with("0,")).count();
    assert_eq!(pictures, played.times.len(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}
