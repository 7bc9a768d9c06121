//! The main job: from an RTSP camera to a clip found by time and place.
#![expect(clippy::indexing_slicing, reason = "a test may panic")]

use std::time::Duration;

use anyhow::{Context, ensure};
use blackbox::{Camsim, Server, Stretch, eventually, list, number, stamp, text};
use serde_json::{Value, json};

const CAMERAS: &str = r#"
[[camera]]
name = "people"
main = "people-main-h264.mp4"
sub = "people-sub-h264.mp4"

[[camera]]
name = "quiet"
main = "quiet-main-h264.mp4"
sub = "quiet-sub-h264.mp4"
"#;

/// Time for people to be found. Programs of a debug build on a busy machine are slow.
const FIND_LIMIT: Duration = Duration::from_secs(90);

async fn search(server: &Server, query: &str) -> anyhow::Result<Vec<Value>> {
    list(&server.api.get(&format!("events?{query}")).await?, "/items")
}

/// What each camera cost, and why: the busy one is looked at all the time, the quiet one now and then.
async fn costs_follow_activity(server: &Server, people: &str, quiet: &str) -> anyhow::Result<()> {
    let watch = server.api.get(&format!("cameras/{people}/analysis")).await?;
    assert_eq!((&watch["stream"], &watch["state"]), (&json!("sub"), &json!("active")), "{watch}");
    ensure!(
        number(&watch, "/total/searches")? > 10.0 && number(&watch, "/total/detect_ms")? > 0.0,
        "{watch}"
    );
    let quiet_costs = eventually(FIND_LIMIT, || async {
        let watch = server.api.get(&format!("cameras/{quiet}/analysis")).await?;
        let minutes = list(&watch, "/minutes")?;
        let whole = minutes.iter().rev().nth(1).context("no minute is over yet")?.clone();
        ensure!(watch["state"] == "idle" && number(&whole, "/cost/frames")? > 800.0, "{watch}");
        Ok(whole["cost"].clone())
    })
    .await?;
    ensure!(number(&quiet_costs, "/decoded")? < 0.5 * number(&quiet_costs, "/frames")?, "{quiet_costs}");
    Ok(())
}

#[tokio::test]
async fn people_are_found_by_time_and_place() -> anyhow::Result<()> {
    let camsim = Camsim::start(CAMERAS)?;
    let server = Server::analysing().await?;
    let commune = server.place("Xã Bình An", "commune", None).await?;
    let east = server.place("Thôn Đông", "hamlet", Some(&commune)).await?;
    let west = server.place("Thôn Tây", "hamlet", Some(&commune)).await?;
    let at = |name: &str, latitude: f64, longitude: f64| -> anyhow::Result<Value> {
        Ok(json!({ "sub_url": camsim.sub(name)?, "point": { "latitude": latitude, "longitude": longitude } }))
    };
    let began = chrono::Utc::now();
    let people =
        server.camera(&east, "Chợ", &camsim.main("people")?, &at("people", 16.4652, 107.5931)?).await?;
    let quiet =
        server.camera(&west, "Ngõ 7", &camsim.main("quiet")?, &at("quiet", 16.4597, 107.5846)?).await?;

    let event = eventually(FIND_LIMIT, || async {
        let ended = search(&server, &format!("class=person&camera={people}")).await?;
        ended.into_iter().find(|event| event["ongoing"] == false).context("no event has ended yet")
    })
    .await?;
    assert_eq!((event["class"].as_str(), event["place_id"].as_str()), (Some("person"), Some(east.as_str())));
    assert!(number(&event, "/score")? > 0.2 && !list(&event, "/path")?.is_empty());
    let (first, last) = (text(&event, "/first_seen")?, text(&event, "/last_seen")?);
    assert!(first.parse::<chrono::DateTime<chrono::Utc>>()? > began - chrono::TimeDelta::seconds(5));

    // By time and place, each way finds it, and each way does not where it was not.
    let id = text(&event, "/id")?;
    let square = |west: f64| {
        let (east, south, north) = (west + 0.004, 16.4632, 16.4672);
        let ring = [[west, south], [east, south], [east, north], [west, north], [west, south]];
        json!({ "type": "Polygon", "coordinates": [ring] }).to_string()
    };
    for (query, found) in [
        (format!("from={first}&to={}", stamp(chrono::Utc::now())), true),
        (format!("to={}", stamp(began - chrono::TimeDelta::minutes(1))), false),
        (format!("place={east}"), true),
        (format!("place={commune}"), true),
        (format!("place={west}"), false),
        (format!("camera={people}&class=person&min_score=0.1"), true),
        (format!("camera={quiet}"), false),
        ("class=bus".to_owned(), false),
        ("lat=16.4652&lon=107.5931&radius=50".to_owned(), true),
        ("lat=16.4597&lon=107.5846&radius=50".to_owned(), false),
        (format!("polygon={}", square(107.5911)), true),
        (format!("polygon={}", square(107.5811)), false),
        ("min_duration=3600".to_owned(), false),
    ] {
        let ids: Vec<_> = all(&server, &query).await?.iter().map(|event| event["id"].clone()).collect();
        assert_eq!(ids.contains(&json!(id)), found, "{query}: {ids:?}");
    }
    // A merged place keeps its footage findable under both names.
    server
        .api
        .post(
            &format!("places/{east}/merge"),
            &json!({ "into": west, "version": version(&server, &east).await? }),
        )
        .await?;
    for place in [&east, &west] {
        let found = all(&server, &format!("place={place}")).await?;
        assert!(found.iter().any(|event| event["id"] == id.as_str()), "{place}");
    }

    // The event, its picture from the full-resolution recording, and its clip.
    let shown = server.api.get(&format!("events/{id}")).await?;
    assert_eq!(shown["footage"]["stream"], "main");
    let (kind, picture) = server.api.bytes(&format!("events/{id}/snapshot")).await?;
    assert_eq!((kind.as_str(), &picture[..3]), ("image/jpeg", &[0xff, 0xd8, 0xff][..]));
    let footage =
        Stretch { from: text(&shown, "/footage/from")?.parse()?, to: text(&shown, "/footage/to")?.parse()? };
    let clip = server.media(&format!("events/{id}/clip")).await?;
    assert_eq!((clip.errors.as_str(), clip.probed.size), ("", (1920, 1080)));
    // It may reach back to before the recording began, and forward to what is not recorded yet.
    let seen = Stretch { from: first.parse()?, to: last.parse()? };
    let long = clip.probed.duration;
    assert!(
        long > seen.seconds() && long < footage.seconds() + 0.1,
        "{seen:?} {footage:?} {:?}",
        clip.probed
    );
    let (kind, picture) = server.api.bytes(&format!("cameras/{people}/snapshot?at={first}")).await?;
    assert_eq!((kind.as_str(), &picture[..2]), ("image/jpeg", &[0xff, 0xd8][..]));

    // A trial shows each stream; so begins a JPEG in base64.
    let trial = server.api.post(&format!("cameras/{people}/probe"), &json!({ "pictures": true })).await?;
    for stream in list(&trial, "/streams")? {
        assert!(text(&stream, "/picture")?.starts_with("/9j/"), "{trial}");
    }

    // The timeline shows it all; nothing was lost on the way.
    let timeline = server.timeline(&people).await?;
    assert!(list(&timeline, "/events")?.iter().any(|event| event["id"] == id.as_str()));
    // Activity is stored by the minute.
    eventually(Duration::from_secs(90), || async {
        let bars = list(&server.timeline(&people).await?, "/activity/bars")?;
        ensure!(!bars.is_empty(), "no activity");
        Ok(())
    })
    .await?;
    for stream in ["main", "sub"] {
        let state = server.stream(&people, stream).await?;
        assert!(number(&state, "/frames_lost")? < 0.5, "{state}");
    }
    costs_follow_activity(&server, &people, &quiet).await?;
    // The command line finds the same.
    let found = server.cli(&["search", "--class", "person", "--from", &first, "--limit", "200"]).await?;
    assert!(list(&found, "/items")?.iter().any(|event| event["id"] == id.as_str()), "{last}: {found}");
    Ok(())
}

/// Waits until analysis has missed something for a reason, and all that it missed is caught up; gives the gaps.
async fn missed_and_caught_up(server: &Server, camera: &str, reason: &str) -> anyhow::Result<Vec<Value>> {
    let gap = server.gap(camera, "analysis", reason, Duration::from_secs(20)).await?;
    assert!(!text(&gap, "/detail")?.is_empty());
    eventually(Duration::from_mins(1), || async {
        let gaps = server.gaps(camera, "analysis").await?;
        ensure!(gaps.iter().all(|gap| !gap["caught_up_at"].is_null()), "{gaps:?}");
        Ok(gaps)
    })
    .await
}

#[tokio::test]
async fn a_dead_worker_costs_no_recording_and_is_caught_up() -> anyhow::Result<()> {
    let camsim = Camsim::start(CAMERAS)?;
    let server = Server::analysing().await?;
    let place = server.place("Xã Bình An", "commune", None).await?;
    let more = json!({ "sub_url": camsim.sub("people")? });
    let camera = server.camera(&place, "Chợ", &camsim.main("people")?, &more).await?;
    let before = eventually(FIND_LIMIT, || async {
        let found = search(&server, "class=person").await?;
        ensure!(!found.is_empty(), "nobody was found");
        Ok(found.len())
    })
    .await?;
    server.kill_process("taimat-vision")?;
    missed_and_caught_up(&server, &camera, "worker_died").await?;
    eventually(FIND_LIMIT, || async {
        let now = search(&server, "class=person").await?.len();
        ensure!(now > before, "{before} people before, {now} after");
        Ok(())
    })
    .await?;
    for stream in ["main", "sub"] {
        let state = server.stream(&camera, stream).await?;
        assert!(number(&state, "/frames_lost")? < 0.5 && number(&state, "/reconnects")? < 0.5, "{state}");
    }
    assert_eq!(server.gaps(&camera, "recording").await?, Vec::<Value>::new());
    Ok(())
}

#[tokio::test]
async fn a_worker_that_cannot_keep_up_is_spared_and_what_it_missed_is_caught_up() -> anyhow::Result<()> {
    let camsim = Camsim::start(CAMERAS)?;
    let server = Server::analysing().await?;
    let place = server.place("Xã Bình An", "commune", None).await?;
    let more = json!({ "sub_url": camsim.sub("people")? });
    let camera = server.camera(&place, "Chợ", &camsim.main("people")?, &more).await?;
    eventually(FIND_LIMIT, || async {
        ensure!(!search(&server, "class=person").await?.is_empty(), "nobody was found");
        Ok(())
    })
    .await?;
    server.halt_process("taimat-vision")?;
    tokio::time::sleep(Duration::from_secs(10)).await;
    server.continue_process("taimat-vision")?;
    let gaps = missed_and_caught_up(&server, &camera, "overload").await?;
    assert!(
        gaps.iter().all(|gap| gap["reason"] == "overload"),
        "the worker was not taken for dead: {gaps:?}"
    );
    assert_eq!(server.gaps(&camera, "recording").await?, Vec::<Value>::new());
    Ok(())
}

#[tokio::test]
async fn a_wrong_model_is_said_at_the_start() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let config = folder.path().join("taimat.toml");
    let data = folder.path().join("data");
    std::fs::write(
        &config,
        format!(
            "[server]\nlisten = '127.0.0.1:0'\n[data]\nfolder = {data:?}\n[vision]\nmodel = '/nowhere/model.toml'\n"
        ),
    )?;
    let run = tokio::process::Command::new(blackbox::program("taimat"))
        .arg("--config")
        .arg(&config)
        .arg("serve")
        .kill_on_drop(true)
        .output();
    let output = tokio::time::timeout(Duration::from_secs(30), run).await??;
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && said.contains("/nowhere/model.toml"), "{said}");
    Ok(())
}

async fn version(server: &Server, place: &str) -> anyhow::Result<Value> {
    Ok(server.api.get(&format!("places/{place}")).await?["version"].clone())
}

/// All pages of a search.
async fn all(server: &Server, query: &str) -> anyhow::Result<Vec<Value>> {
    let mut found = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = server.api.get(&format!("events?{query}&limit=20{cursor}")).await?;
        found.extend(list(&page, "/items")?);
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return Ok(found),
        }
    }
}
