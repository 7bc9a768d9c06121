//! What a mistake is answered with.

use std::time::Duration;

use api::ports::ApiConfig;
use axum::http::header;
use serde_json::{Value, json};

use crate::world::{NOW, PASSWORD, Reply, root, run, run_with};

#[track_caller]
pub(crate) fn problem(reply: &Reply, status: u16, field: &str, what: &str) {
    assert_eq!(reply.status.as_u16(), status, "{what}: {}", reply.text());
    assert_eq!(reply.headers[header::CONTENT_TYPE], "application/problem+json", "{what}");
    let body = reply.json();
    assert_eq!(body["field"], field, "{what}: {body}");
    assert_eq!(body["status"], status, "{what}");
    for member in ["type", "title", "detail", "remedy", "code"] {
        assert!(body[member].as_str().is_some_and(|text| !text.is_empty()), "{what}: no {member}: {body}");
    }
}

#[test]
fn bad_input_names_its_field_and_the_remedy() {
    run(|world| async move {
        let client = root(&world).await;
        let camera = format!("/cameras/{}", world.camera.id);
        let day = "from=2026-11-18T00:00:00Z&to=2026-11-19T00:00:00Z";
        let backwards = "from=2026-11-19T00:00:00Z&to=2026-11-18T00:00:00Z";
        for (path, status, field) in [
            ("/events?limit=0".to_owned(), 400, "limit"),
            ("/events?colour=red".to_owned(), 400, "colour"),
            ("/events?polygon=%7B%7D".to_owned(), 400, "polygon"),
            ("/events/no-uuid".to_owned(), 400, "event_id"),
            ("/cameras/no-uuid".to_owned(), 400, "camera_id"),
            ("/cameras?place=x".to_owned(), 400, "place[0]"),
            ("/cameras?name=x".to_owned(), 400, "name"),
            ("/places?q=%07".to_owned(), 400, "q"),
            ("/places/1".to_owned(), 400, "place_id"),
            ("/users/1".to_owned(), 400, "user_id"),
            ("/holds/1".to_owned(), 400, "hold_id"),
            ("/tokens?user_id=1".to_owned(), 400, "user_id"),
            ("/audit?limit=1001".to_owned(), 400, "limit"),
            ("/audit?cursor=zz".to_owned(), 400, "cursor"),
            (format!("{camera}/timeline"), 400, "from"),
            (format!("{camera}/timeline?{backwards}"), 400, "to"),
            (format!("{camera}/timeline?{day}&stream=third"), 400, "stream"),
            (format!("{camera}/timeline?from=2026-01-01T00:00:00Z&to=2026-11-18T00:00:00Z"), 400, "to"),
            (format!("{camera}/playlist.m3u8?{backwards}"), 400, "to"),
            (format!("{camera}/playlist.m3u8?from=2026-11-01T00:00:00Z&to=2026-11-18T00:00:00Z"), 400, "to"),
            (format!("{camera}/clip?{day}&quality=9"), 400, "quality"),
            (format!("{camera}/clip?from=2026-11-01T00:00:00Z&to=2026-11-18T00:00:00Z"), 400, "to"),
            (format!("{camera}/clip/plan?{backwards}"), 400, "to"),
            (format!("{camera}/snapshot?at=noon"), 400, "at"),
            (format!("{camera}/snapshot?width=1"), 400, "width"),
            (format!("{camera}/segments/third/1"), 400, "stream"),
            (format!("{camera}/segments/main/x"), 400, "start"),
        ] {
            problem(&client.get(&path).await, status, field, &path);
        }
        let version = world.camera.version;
        let add = |field: &str, value: Value| {
            let mut body =
                json!({"name": "x", "place_id": world.home.id, "main_url": "rtsp://192.0.2.1/main"});
            body[field] = value;
            body
        };
        for (method, path, body, field) in [
            ("POST", "/session".to_owned(), json!({"username": "x"}), "password"),
            ("POST", "/session".to_owned(), json!({"username": "x", "password": "y", "otp": 1}), "otp"),
            ("POST", "/cameras".to_owned(), add("name", json!("  ")), "name"),
            ("POST", "/cameras".to_owned(), add("main_url", json!("http://192.0.2.1/")), "main_url"),
            ("POST", "/cameras".to_owned(), add("sub_url", json!("rtsp://")), "sub_url"),
            ("POST", "/cameras".to_owned(), add("transport", json!("pigeon")), "transport"),
            ("POST", "/cameras".to_owned(), add("bearing", json!(361)), "bearing"),
            ("POST", "/cameras".to_owned(), add("keep_days", json!(0)), "keep_days"),
            ("POST", "/cameras".to_owned(), add("point", json!({"latitude": 91, "longitude": 0})), "point"),
            (
                "POST",
                "/cameras".to_owned(),
                add("credentials", json!({"username": "a:b", "password": "c"})),
                "credentials.username",
            ),
            ("POST", "/cameras/probe".to_owned(), json!({"main_url": 5}), "main_url"),
            ("PATCH", camera.clone(), json!({"name": "x"}), "version"),
            ("PATCH", camera.clone(), json!({"version": version, "folder": "x"}), "folder"),
            ("POST", "/places".to_owned(), json!({"name": "x", "kind": "district"}), "kind"),
            ("POST", "/users".to_owned(), json!({"username": "a b", "password": PASSWORD}), "username"),
            ("POST", "/users".to_owned(), json!({"username": "ab", "password": "short"}), "password"),
            (
                "POST",
                "/users".to_owned(),
                json!({"username": "ab", "password": PASSWORD, "roles": [{"role": "king"}]}),
                "roles[0].role",
            ),
            (
                "POST",
                "/tokens".to_owned(),
                json!({"name": "x", "expires_at": "2020-01-01T00:00:00Z"}),
                "expires_at",
            ),
            (
                "POST",
                "/holds".to_owned(),
                json!({"camera_id": world.camera.id, "from": NOW, "to": NOW, "reason": "x"}),
                "to",
            ),
            ("POST", "/events/search".to_owned(), json!({"polygon": {"type": "Point"}}), "polygon.type"),
        ] {
            problem(&client.json(method, &path, body).await, 400, field, &path);
        }
        let large = json!({"username": "x".repeat(300_000), "password": "y"});
        assert_eq!(client.post("/session", large).await.expect(413).code(), "too_large");
        assert_eq!(client.get("/nothing").await.expect(404).code(), "not_found");
        assert_eq!(client.delete("/events").await.expect(405).code(), "method_not_allowed");
    });
}

#[test]
fn trouble_inside_stays_inside() {
    let config = ApiConfig { request_timeout: Duration::from_millis(400), ..ApiConfig::default() };
    run_with(config, |world| async move {
        let client = root(&world).await;
        let probe = |path: &str| json!({"main_url": format!("rtsp://192.0.2.1/{path}")});
        let panicked = client.post("/cameras/probe", probe("panic")).await.expect(500);
        assert_eq!(panicked.code(), "internal");
        assert!(!panicked.text().contains("nobody expected"), "{}", panicked.text());
        assert_eq!(client.post("/cameras/probe", probe("slow")).await.expect(503).code(), "timed_out");
    });
}
