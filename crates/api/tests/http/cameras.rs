//! Cameras are tried, added and changed; their passwords stay.

use std::io::Write;
use std::sync::{Arc, LazyLock, Mutex};

use axum::body::Body;
use axum::http::header;
use domain::{CameraWatch, StreamKind, WatchCost, WatchMinute, WatchReason, WatchSpan, WatchState};
use serde_json::json;

use crate::problems::problem;
use crate::world::{NOW, PASSWORD, root, run, time};

/// All that this program logs.
static LOG: LazyLock<Arc<Mutex<Vec<u8>>>> = LazyLock::new(|| {
    let log = Arc::new(Mutex::new(Vec::new()));
    let writer = log.clone();
    tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || Log(writer.clone()))
        .init();
    log
});

struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_camera_is_tried_before_it_is_added_and_its_password_never_comes_back() {
    LazyLock::force(&LOG);
    run(|world| async move {
        const SECRET: &str = "hunter2-and-more";
        let client = root(&world).await;
        let camera = |path: &str| {
            json!({"name": "Ngã ba", "place_id": world.home.id,
                "main_url": format!("rtsp://admin:{SECRET}@192.0.2.8/{path}"), "sub_url": "rtsp://192.0.2.8/sub"})
        };
        let of_home = format!("/cameras?place={}", world.home.id);
        let before = client.get(&of_home).await.expect(200).text();
        let refused = client.post("/cameras", camera("locked")).await.expect(422);
        let body = refused.json();
        assert_eq!(body["failure"]["kind"], "wrong_password");
        assert_eq!((&body["stream"], &body["field"]), (&json!("main"), &json!("main_url")));
        assert_eq!(body["remedy"], body["failure"]["remedy"]["en"]);
        assert_eq!(body["failure"]["message"]["vi"], "Camera từ chối");
        assert_eq!(client.get(&of_home).await.text(), before, "nothing was added");

        let made = client.post("/cameras", camera("main")).await.expect(201).json();
        assert_eq!(made["camera"]["main_url"], "rtsp://192.0.2.8/main");
        assert_eq!(made["camera"]["has_credentials"], true);
        let id = made["camera"]["id"].as_str().unwrap().to_owned();
        assert_eq!(world.cameras.changed.lock().unwrap().last().unwrap().to_string(), id);
        let (_, tried) = world.cameras.probed.lock().unwrap().last().unwrap().clone();
        assert_eq!(
            tried.credentials.unwrap().password.reveal(),
            SECRET,
            "the sub stream has the same password"
        );

        // The stored password follows the camera to another path, and not to another host.
        let version = made["camera"]["version"].as_i64().unwrap();
        let path = format!("/cameras/{id}");
        let elsewhere = json!({"version": version, "main_url": "rtsp://192.0.2.66/main"});
        problem(&client.json("PATCH", &path, elsewhere).await, 400, "credentials", "another host");
        let moved = json!({"version": version, "main_url": "rtsp://192.0.2.8/other"});
        client.json("PATCH", &path, moved.clone()).await.expect(200);
        let (_, tried) = world.cameras.probed.lock().unwrap().last().unwrap().clone();
        assert_eq!(tried.credentials.unwrap().password.reveal(), SECRET);
        assert_eq!(client.json("PATCH", &path, moved).await.expect(412).code(), "version_mismatch");
        client.post(&format!("{path}/probe"), json!({})).await.expect(200);

        let wanted = format!("from={}&to={}", time(NOW.plus_micros(-3_600_000_000)), time(NOW));
        for path in [
            "//".to_owned(),
            "//readyz".to_owned(),
            "/openapi.json".to_owned(),
            "/session".to_owned(),
            "/users".to_owned(),
            "/cameras".to_owned(),
            "/cameras/states".to_owned(),
            "/audit?limit=1000".to_owned(),
            "/events".to_owned(),
            "/places".to_owned(),
            path.clone(),
            format!("{path}/state"),
            format!("{path}/timeline?{wanted}"),
            format!("{path}/playlist.m3u8?{wanted}"),
        ] {
            let reply = client.get(&path).await;
            assert!(
                !reply.text().contains(SECRET) && !reply.text().contains("argon2"),
                "{path}: {}",
                reply.text()
            );
        }
        let log = String::from_utf8_lossy(&LOG.lock().unwrap()).into_owned();
        assert!(log.contains("/api/v1/cameras"), "the log was caught");
        let cookie = client.cookie.clone().unwrap();
        for secret in [SECRET, PASSWORD, cookie.as_str()] {
            assert!(!log.contains(secret), "{secret} in the log");
        }
        let version = client.get(&path).await.expect(200).headers[header::ETAG].clone();
        let removal =
            client.request("DELETE", &path).header(header::IF_MATCH, version).body(Body::empty()).unwrap();
        client.send(removal).await.expect(204);
        assert!(!client.get("/cameras").await.text().contains(&id));
    });
}

#[test]
fn what_the_analysis_of_a_camera_costs_is_told() {
    run(|world| async move {
        let client = root(&world).await;
        let path = format!("/cameras/{}/analysis", world.camera.id);
        let reply = client.get(&path).await.expect(200).json();
        assert_eq!((&reply["state"], &reply["minutes"]), (&json!("idle"), &json!([])), "not analysed yet");
        let cost = WatchCost { frames: 900, looks: 30, decode_ms: 12.5, ..WatchCost::default() };
        let spans = vec![WatchSpan {
            state: WatchState::Checking,
            reason: Some(WatchReason::KeyFrameSize),
            seconds: 1.25,
        }];
        *world.cameras.watch.lock().unwrap() = Some(CameraWatch {
            camera_id: world.camera.id,
            stream: StreamKind::Sub,
            state: WatchState::Active,
            reason: Some(WatchReason::Objects),
            looks_per_second: 5.0,
            sentinel_seconds: 1.8,
            total: cost,
            minutes: vec![WatchMinute { minute: NOW, cost, spans }],
        });
        let reply = client.get(&path).await.expect(200).json();
        assert_eq!((&reply["state"], &reply["reason"]), (&json!("active"), &json!("objects")));
        assert_eq!(reply["total"]["decode_ms"], json!(12.5));
        assert_eq!(reply["minutes"][0]["spans"][0]["reason"], json!("key_frame_size"));
        client.get("/cameras/00000000-0000-4000-8000-000000000000/analysis").await.expect(404);
    });
}
