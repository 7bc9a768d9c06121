//! Video for a browser: watched as it comes in, and played back where the browser cannot play what the camera sends.

use std::time::Duration;

use blackbox::{Camsim, Server, number, text};
use chrono::{TimeDelta, Utc};
use serde_json::{Value, json};

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
    assert_eq!(played.size.0 as f64, number(&start, "/width")?);
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
