//! Adding cameras: what is found, and what a person is told where nothing is.

use std::time::Duration;

use anyhow::{Context, ensure};
use blackbox::{Camsim, Server, number, text};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;

/// A camera of each kind, and what is wrong with some.
const CAMERAS: &str = r#"
[[camera]]
name = "digest"
main = "people-main-h264.mp4"
sub = "people-sub-h264.mp4"
username = "admin"
password = "right-horse"

[[camera]]
name = "basic"
main = "people-main-h265.mp4"
sub = "people-sub-h265.mp4"
username = "admin"
password = "right-horse"
auth = "basic"

[[camera]]
name = "udp"
main = "junction-sub-h264.mp4"
transport = "udp"

[[camera]]
name = "alaw"
main = "people-sub-h264.mp4"
audio = "alaw"

[[camera]]
name = "blind"
main = "people-sub-h264.mp4"
faults.main.no_key_frames = true

[[camera]]
name = "ahead"
main = "people-sub-h264.mp4"
clock_offset = 3600

[[camera]]
name = "brand"
main = "people-main-h264.mp4"
sub = "people-sub-h264.mp4"
username = "admin"
password = "right-horse"
realm = "IP Camera(E3669)"
main_path = "/Streaming/Channels/101"
sub_path = "/Streaming/Channels/102"

# A sequence parameter set of 131072 × 131072 pixels.
[[camera]]
name = "huge"
main = "people-sub-h264.mp4"
faults.main.codec_data = "0142c01fffe1000e6742c01fda00020000030040019001000468ce3c80"

# One whose cropping leaves nothing.
[[camera]]
name = "empty"
main = "people-sub-h264.mp4"
faults.main.codec_data = "0142c01fffe100086742c01fda7e262501000468ce3c80"
"#;

async fn try_out(server: &Server, body: Value) -> anyhow::Result<blackbox::Answer> {
    server.api.call(reqwest::Method::POST, "cameras/probe", Some(&body)).await
}

async fn failure(server: &Server, body: Value) -> anyhow::Result<Value> {
    let problem = try_out(server, body).await?.problem()?;
    let about = problem.get("failure").with_context(|| format!("no failure in {problem}"))?.clone();
    ensure!(!text(&about, "/message/vi")?.is_empty() && !text(&about, "/remedy/en")?.is_empty(), "{about}");
    ensure!(!problem.to_string().contains("horse"), "a password is shown: {problem}");
    Ok(about)
}

fn credentials(password: &str) -> Value {
    json!({ "username": "admin", "password": password })
}

#[tokio::test]
async fn a_probe_says_what_is_there() -> anyhow::Result<()> {
    let camsim = Camsim::start(CAMERAS)?;
    let server = Server::recording().await?;

    let found = try_out(
        &server,
        json!({ "main_url": camsim.main("digest")?, "sub_url": camsim.sub("digest")?, "credentials": credentials("right-horse") }),
    );
    let found = found.await?.ok()?;
    let (main, sub) = (&found["streams"][0], &found["streams"][1]);
    assert_eq!((main["codec"].as_str(), main["width"].as_u64()), (Some("h264"), Some(1920)));
    assert_eq!((sub["stream"].as_str(), sub["width"].as_u64()), (Some("sub"), Some(640)));
    assert_eq!(main["transport"], "tcp");
    assert!((number(main, "/frame_rate")? - 15.0).abs() < 0.5, "{main}");
    assert!((number(main, "/key_frame_distance")? - 2.0).abs() < 0.2, "{main}");
    assert!(main["audio"].as_str().is_some_and(|audio| audio.starts_with("mp4a.40")), "{main}");

    let found = try_out(
        &server,
        json!({ "main_url": camsim.main("basic")?, "credentials": credentials("right-horse") }),
    );
    assert_eq!(found.await?.ok()?["streams"][0]["codec"], "h265");

    // TCP is tried first, and UDP where it is refused.
    let found = try_out(&server, json!({ "main_url": camsim.main("udp")? })).await?.ok()?;
    assert_eq!(found["streams"][0]["transport"], "udp");

    let found = try_out(&server, json!({ "main_url": camsim.main("alaw")? })).await?.ok()?;
    assert_eq!(found["streams"][0]["audio"], Value::Null);
    assert!(!text(&found, "/streams/0/audio_dropped/vi")?.is_empty());
    Ok(())
}

#[tokio::test]
async fn streams_are_found_by_host_and_password() -> anyhow::Result<()> {
    let camsim = Camsim::start(CAMERAS)?;
    let server = Server::recording().await?;
    let find = async |password: &str| {
        let url = reqwest::Url::parse(&camsim.main("brand")?)?;
        let body = json!({ "host": "127.0.0.1", "port": url.port(), "password": password });
        server.api.call(reqwest::Method::POST, "cameras/find", Some(&body)).await
    };
    let found = find("right-horse").await?.ok()?;
    assert_eq!(text(&found, "/main_url")?, camsim.main("brand")?);
    assert!(text(&found, "/sub_url")?.ends_with("/Streaming/Channels/102"), "{found}");
    assert_eq!((text(&found, "/brand")?, text(&found, "/guessed_by")?), ("Hikvision".into(), "realm".into()));
    assert_eq!(found["streams"].as_array().map(Vec::len), Some(2), "{found}");
    let refused = find("wrong-horse").await?.problem()?;
    assert_eq!(
        (text(&refused, "/failure/kind")?, text(&refused, "/field")?),
        ("wrong_password".into(), "password".into())
    );
    assert!(text(&refused, "/failure/remedy/vi")?.starts_with("Hikvision"), "{refused}");

    // Analysis is off here, so that a trial has no picture and says why.
    let body = json!({ "main_url": camsim.main("brand")?, "credentials": credentials("right-horse"), "pictures": true });
    let tried = try_out(&server, body).await?.ok()?;
    assert!(tried.pointer("/streams/0/picture").is_none());
    assert!(text(&tried, "/streams/0/no_picture/vi")?.contains("phân tích"), "{tried}");
    Ok(())
}

#[tokio::test]
async fn a_probe_says_what_is_wrong() -> anyhow::Result<()> {
    let camsim = Camsim::start(CAMERAS)?;
    let server = Server::recording().await?;
    let kind =
        async |body: Value| -> anyhow::Result<String> { text(&failure(&server, body).await?, "/kind") };

    let digest = camsim.main("digest")?;
    for (name, password) in
        [("digest", Some("wrong-horse")), ("digest", None), ("basic", Some("wrong-horse"))]
    {
        let body = json!({ "main_url": camsim.main(name)?, "credentials": password.map(credentials) });
        assert_eq!(kind(body).await?, "wrong_password", "{name}");
    }
    let nowhere = digest.replace("/main", "/nowhere");
    let body = json!({ "main_url": nowhere, "credentials": credentials("right-horse") });
    assert_eq!(kind(body).await?, "no_such_path");
    assert_eq!(
        kind(json!({ "main_url": camsim.main("udp")?, "transport": "tcp" })).await?,
        "transport_refused"
    );
    assert_eq!(kind(json!({ "main_url": camsim.main("blind")? })).await?, "no_key_frame");
    for name in ["huge", "empty"] {
        assert_eq!(kind(json!({ "main_url": camsim.main(name)? })).await?, "bad_parameters", "{name}");
    }
    assert_eq!(kind(json!({ "main_url": "rtsp://no-such-host.invalid/main" })).await?, "host_not_found");

    // A sub stream that fails is named as such.
    let body = json!({ "main_url": digest, "sub_url": nowhere, "credentials": credentials("right-horse") });
    let problem = try_out(&server, body).await?.problem()?;
    assert_eq!((problem["stream"].as_str(), problem["field"].as_str()), (Some("sub"), Some("sub_url")));
    Ok(())
}

#[tokio::test]
async fn what_is_no_camera_is_told_apart() -> anyhow::Result<()> {
    let server = Server::recording().await?;
    let kind = async |port: u16| -> anyhow::Result<String> {
        let body = json!({ "main_url": format!("rtsp://127.0.0.1:{port}/main") });
        text(&failure(&server, body).await?, "/kind")
    };

    // Nothing listens: a port that was free a moment ago.
    let port = TcpListener::bind("127.0.0.1:0").await?.local_addr()?.port();
    assert_eq!(kind(port).await?, "refused");

    // A web server.
    let web = TcpListener::bind("127.0.0.1:0").await?;
    let port = web.local_addr()?.port();
    let serving = tokio::spawn(async move {
        while let Ok((mut client, _)) = web.accept().await {
            let _ = client.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n").await;
        }
    });
    assert_eq!(kind(port).await?, "not_rtsp");
    serving.abort();

    // Something that takes connections and never answers.
    let hole = TcpListener::bind("127.0.0.1:0").await?;
    let port = hole.local_addr()?.port();
    let serving = tokio::spawn(async move {
        let mut held = Vec::new();
        while let Ok((client, _)) = hole.accept().await {
            held.push(client);
        }
    });
    let asked = std::time::Instant::now();
    assert_eq!(kind(port).await?, "timed_out");
    assert!(asked.elapsed() < Duration::from_secs(30));
    serving.abort();
    Ok(())
}

#[tokio::test]
async fn cameras_come_change_and_go_while_running() -> anyhow::Result<()> {
    let camsim = Camsim::start(CAMERAS)?;
    let server = Server::recording().await?;
    let place = server.place("Xã Bình An", "commune", None).await?;

    // Adding tries first: nothing is added where that fails.
    let add = |password: &str| {
        json!({
            "name": "Cổng", "place_id": place, "main_url": camsim.main("digest").unwrap(),
            "sub_url": camsim.sub("digest").unwrap(), "credentials": credentials(password),
        })
    };
    let refused =
        server.api.call(reqwest::Method::POST, "cameras", Some(&add("wrong-horse"))).await?.problem()?;
    assert_eq!(refused["failure"]["kind"], "wrong_password");
    assert_eq!(server.api.get("cameras").await?["items"], json!([]));

    let added = server.api.post("cameras", &add("right-horse")).await?;
    assert_eq!(added["probe"]["streams"][0]["codec"], "h264");
    assert!(!added.to_string().contains("right-horse"));
    let id = text(&added, "/camera/id")?;
    for stream in ["main", "sub"] {
        let state = server.received(&id, stream, 20.0).await?;
        assert_eq!(state["frames_lost"], 0);
    }

    // Another camera's trouble is not its own.
    let other = server.camera(&place, "Ngõ", "rtsp://127.0.0.1:1/main", &json!({})).await?;
    assert_eq!(server.trouble(&other, "main", Duration::from_secs(15)).await?, "refused");
    let frames = number(&server.stream(&id, "main").await?, "/frames_received")?;
    server.received(&id, "main", frames + 15.0).await?;

    // A changed address holds at once; disabling stops it.
    let path = format!("cameras/{other}");
    server.api.patch(&path, &json!({ "main_url": camsim.main("udp")?, "probe": false })).await?;
    let state = server.received(&other, "main", 15.0).await?;
    assert_eq!(state["transport"], "udp");
    server.api.patch(&path, &json!({ "enabled": false })).await?;
    blackbox::eventually(Duration::from_secs(10), || async {
        let state = server.api.get(&format!("{path}/state")).await?;
        ensure!(state["streams"] == json!([]), "{state}");
        Ok(())
    })
    .await?;

    // While it is off, the gap is seen; when it is on again, the gap has an end, and no other gap is left open.
    blackbox::eventually(Duration::from_secs(10), || async {
        let gaps = server.gaps(&other, "recording").await?;
        let open = gaps.iter().filter(|gap| gap["to"] == Value::Null);
        let reasons: Vec<&str> = open.filter_map(|gap| gap["reason"].as_str()).collect();
        ensure!(reasons == ["disabled"], "{gaps:?}");
        Ok(())
    })
    .await?;
    server.api.patch(&path, &json!({ "enabled": true })).await?;
    server.received(&other, "main", 15.0).await?;
    blackbox::eventually(Duration::from_secs(10), || async {
        let gaps = server.gaps(&other, "recording").await?;
        ensure!(gaps.iter().all(|gap| gap["to"] != Value::Null), "{gaps:?}");
        ensure!(gaps.iter().any(|gap| gap["reason"] == "disabled"), "{gaps:?}");
        Ok(())
    })
    .await?;

    server.api.remove(&path).await?;
    assert_eq!(server.api.get("cameras").await?["items"].as_array().unwrap().len(), 1);
    assert!(!server.log().contains("right-horse"), "a password is in the log");
    Ok(())
}

#[tokio::test]
async fn the_command_line_works_on_cameras_and_places() -> anyhow::Result<()> {
    let camsim = Camsim::start(CAMERAS)?;
    let server = Server::recording().await?;
    let place = server.cli(&["place", "add", "Xã Bình An", "--kind", "commune"]).await?;
    let place = text(&place, "/id")?;
    let (main, sub) = (camsim.main("digest")?, camsim.sub("digest")?);
    let add =
        ["camera", "add", "Cổng", "--place", &place, "--main", &main, "--sub", &sub, "--username", "admin"];
    let wrong = server.run(&add, "wrong-horse\n").await?;
    assert!(!wrong.status.success());
    let message = String::from_utf8_lossy(&wrong.stderr);
    assert!(message.contains("password") && !message.contains("wrong-horse"), "{message}");
    let added = server.cli_with(&add, "right-horse\n").await?;
    let id = text(&added, "/camera/id")?;
    server.received(&id, "main", 10.0).await?;
    assert_eq!(server.cli(&["camera", "list"]).await?["items"][0]["id"], id);
    let found = server.cli(&["place", "list", "--name", "binh an"]).await?;
    assert_eq!(found["items"][0]["id"], place);
    server.cli(&["camera", "set", &id, "--name", "Cổng chính"]).await?;
    assert_eq!(server.api.get(&format!("cameras/{id}")).await?["name"], "Cổng chính");
    server.cli(&["camera", "remove", &id]).await?;
    assert_eq!(server.api.get("cameras").await?["items"], json!([]));
    Ok(())
}
