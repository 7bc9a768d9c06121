//! What clients meet: signing in, problems, paging, media, live changes, the document.

mod common;

use std::io::Write;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use api::ports::ApiConfig;
use axum::body::Body;
use axum::http::header;
use common::{Client, NOW, PASSWORD, Reply, World, at, event_at, everywhere, run, run_with};
use domain::{LiveEvent, Role, Timestamp};
use futures::StreamExt as _;
use serde_json::{Value, json};
use tower::ServiceExt as _;

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

fn time(at: Timestamp) -> String {
    url::form_urlencoded::byte_serialize(at.to_string().as_bytes()).collect()
}

async fn root(world: &World) -> Client {
    world.client(&[everywhere(Role::Administrator)]).await
}

async fn username(world: &World, roles: &[index::RoleAt]) -> String {
    let user = world.user(roles).await;
    world.index.user(user).await.unwrap().username
}

fn cookie_of(reply: &Reply) -> String {
    let set = reply.headers[header::SET_COOKIE].to_str().unwrap();
    set.strip_prefix("taimat_session=").unwrap().split(';').next().unwrap().to_owned()
}

#[test]
fn a_person_signs_in_looks_and_signs_out() {
    let config = ApiConfig { secure_cookies: true, ..ApiConfig::default() };
    run_with(config, |world| async move {
        let name = username(&world, &[at(Role::DutyOfficer, &world.inside)]).await;
        let mut client = world.nobody();
        let typed = json!({"username": name.to_uppercase(), "password": PASSWORD});
        let reply = client.post("/session", typed).await.expect(201);
        let cookie = reply.headers[header::SET_COOKIE].to_str().unwrap().to_owned();
        for part in ["HttpOnly", "SameSite=Lax", "Secure", "Path=/"] {
            assert!(cookie.contains(part), "{cookie}");
        }
        assert!(!reply.text().contains("argon2"));
        client.cookie = Some(cookie_of(&reply));
        let session = client.get("/session").await.expect(200).json();
        assert_eq!(session["user"]["username"], json!(name));
        let review = json!({"action": "review", "everywhere": false, "places": [world.inside.id]});
        assert!(session["rights"].as_array().unwrap().contains(&review), "{session}");
        let gone = client.delete("/session").await.expect(204);
        assert!(gone.headers[header::SET_COOKIE].to_str().unwrap().contains("Max-Age=0"));
        client.get("/session").await.expect(401);
    });
}

#[test]
fn a_session_lasts_while_it_is_used_but_not_for_ever() {
    run(|world| async move {
        let name = username(&world, &[]).await;
        let mut client = world.nobody();
        let reply =
            client.post("/session", json!({"username": name, "password": PASSWORD})).await.expect(201);
        client.cookie = Some(cookie_of(&reply));
        for _ in 0..29 {
            world.clock.advance(Duration::from_hours(23));
            client.get("/session").await.expect(200);
        }
        for _ in 0..3 {
            world.clock.advance(Duration::from_hours(23));
            client.get("/session").await;
        }
        client.get("/session").await.expect(401);
    });
}

#[test]
fn guessing_passwords_is_slow_and_looks_the_same_for_every_name() {
    run(|world| async move {
        let name = username(&world, &[]).await;
        let client = Client { peer: Some("203.0.113.5"), ..world.nobody() };
        let wrong = client
            .post("/session", json!({"username": name, "password": "wrong password"}))
            .await
            .expect(401);
        let unknown = json!({"username": "nobody-of-that-name", "password": "wrong password"});
        assert_eq!(client.post("/session", unknown.clone()).await.expect(401).body, wrong.body);
        let mut last = wrong;
        for _ in 0..9 {
            last = client.post("/session", unknown.clone()).await;
        }
        assert_eq!((last.status.as_u16(), last.code().as_str()), (429, "too_many_attempts"));
        let wait: u64 = last.headers[header::RETRY_AFTER].to_str().unwrap().parse().unwrap();
        assert!((1..=30).contains(&wait));
        // The right password does not help whoever guesses from there …
        let right = json!({"username": name, "password": PASSWORD});
        client.post("/session", right.clone()).await.expect(429);
        // … and does at another place, or later.
        let elsewhere = Client { peer: Some("203.0.113.6"), ..client.clone() };
        elsewhere.post("/session", right.clone()).await.expect(201);
        world.clock.advance(Duration::from_mins(2));
        client.post("/session", right).await.expect(201);
    });
}

#[test]
fn the_address_is_the_one_that_a_trusted_proxy_names() {
    let config = ApiConfig { trusted_proxies: vec!["10.0.0.1".parse().unwrap()], ..ApiConfig::default() };
    run_with(config, |world| async move {
        let attempt = |peer: &'static str, forwarded: &'static str| {
            let client = Client { peer: Some(peer), ..world.nobody() };
            async move {
                let body =
                    json!({"username": uuid::Uuid::new_v4().to_string(), "password": "wrong password"});
                let request =
                    client.request("POST", "/session").header(header::CONTENT_TYPE, "application/json");
                let request = request.header("x-forwarded-for", forwarded).body(Body::from(body.to_string()));
                client.send(request.unwrap()).await.status.as_u16()
            }
        };
        for _ in 0..10 {
            assert_eq!(attempt("10.0.0.1", "198.51.100.1, 203.0.113.77").await, 401);
        }
        assert_eq!(attempt("10.0.0.1", "198.51.100.99, 203.0.113.77").await, 429);
        assert_eq!(attempt("10.0.0.1", "203.0.113.78").await, 401);
        // Who is no proxy cannot hide behind a header.
        for _ in 0..10 {
            attempt("203.0.113.90", "198.51.100.2").await;
        }
        assert_eq!(attempt("203.0.113.90", "198.51.100.3").await, 429);
    });
}

#[test]
fn a_new_password_ends_the_old_sessions() {
    run(|world| async move {
        let user = world.user(&[]).await;
        let [one, other] = [world.session(user).await, world.session(user).await];
        let mut one = Client { cookie: Some(one), ..world.nobody() };
        let other = Client { cookie: Some(other), ..world.nobody() };
        let change = |current: &str, new: &str| json!({"current": current, "new": new});
        let wrong = one
            .json("PUT", "/session/password", change("wrong password", "a new password"))
            .await
            .expect(400);
        assert_eq!(wrong.json()["field"], "current");
        let short = one.json("PUT", "/session/password", change(PASSWORD, "short")).await.expect(400);
        assert_eq!(short.json()["field"], "new");
        let reply =
            one.json("PUT", "/session/password", change(PASSWORD, "a new password")).await.expect(200);
        one.cookie = Some(cookie_of(&reply));
        one.get("/session").await.expect(200);
        other.get("/session").await.expect(401);
    });
}

#[test]
fn other_sites_change_nothing() {
    run(|world| async move {
        let client = root(&world).await;
        let send = |site: &'static str, kind: &'static str| {
            let request = client.request("POST", "/places").header("sec-fetch-site", site);
            let body = json!({"name": "x", "kind": "hamlet", "parent_id": world.inside.id}).to_string();
            let request = request.header(header::CONTENT_TYPE, kind).body(Body::from(body)).unwrap();
            let client = client.clone();
            async move { client.send(request).await }
        };
        assert_eq!(send("cross-site", "application/json").await.expect(403).code(), "cross_site");
        send("same-origin", "text/plain").await.expect(415);
        send("same-origin", "application/json").await.expect(201);
    });
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
            ("/places?q=".to_owned(), 400, "q"),
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
            ("POST", "/events/search".to_owned(), json!({"polygon": {"type": "Point"}}), "polygon"),
        ] {
            problem(&client.json(method, &path, body).await, 400, field, &path);
        }
        let large = json!({"username": "x".repeat(300_000), "password": "y"});
        assert_eq!(client.post("/session", large).await.expect(413).code(), "too_large");
        assert_eq!(client.get("/nothing").await.expect(404).code(), "not_found");
        assert_eq!(client.delete("/events").await.expect(405).code(), "method_not_allowed");
    });
}

#[track_caller]
fn problem(reply: &Reply, status: u16, field: &str, what: &str) {
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
fn events_are_found_page_by_page() {
    run(|world| async move {
        for minute in 1..=6 {
            world.store(event_at(&world.camera, NOW.plus_micros(-minute * 3_600_000_000)), None).await;
        }
        let client = world.client(&[at(Role::Investigator, &world.inside)]).await;
        let place = world.inside.id;
        let (mut seen, mut path) = (Vec::new(), format!("/events?place={place}&limit=3"));
        loop {
            let page = client.get(&path).await.expect(200).json();
            assert_eq!(
                page["total_estimate"].is_null(),
                !seen.is_empty(),
                "the total comes with the first page"
            );
            seen.extend(page["items"].as_array().unwrap().clone());
            let Some(cursor) = page["next_cursor"].as_str() else { break };
            path = format!("/events?place={place}&limit=3&cursor={cursor}");
        }
        assert_eq!(seen.len(), 7);
        let times: Vec<&str> = seen.iter().map(|event| event["first_seen"].as_str().unwrap()).collect();
        assert!(times.is_sorted_by(|earlier, later| earlier > later), "newest first: {times:?}");
        let square = json!([[[107.5, 16.4], [107.7, 16.4], [107.7, 16.5], [107.5, 16.5], [107.5, 16.4]]]);
        let body = json!({"place": [place], "polygon": {"type": "Polygon", "coordinates": square}, "class": ["person"]});
        assert_eq!(client.post("/events/search", body).await.expect(200).json()["total_estimate"], 7);
        let far = client.get(&format!("/events?place={place}&lat=10&lon=106&radius=1000")).await.expect(200);
        assert_eq!(far.json()["items"], json!([]));
        let one = client.get(&format!("/events/{}", world.event.id)).await.expect(200).json();
        assert_eq!(one["footage"]["stream"], "main");
    });
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
        let before = client.get("/cameras").await.text();
        let refused = client.post("/cameras", camera("locked")).await.expect(422);
        let body = refused.json();
        assert_eq!(body["failure"]["kind"], "wrong_password");
        assert_eq!((&body["stream"], &body["field"]), (&json!("main"), &json!("main_url")));
        assert_eq!(body["remedy"], body["failure"]["remedy"]);
        assert_eq!(client.get("/cameras").await.text(), before, "nothing was added");

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
fn footage_is_played_by_range_and_taken_away_with_an_account_of_it() {
    run(|mut world| async move {
        let from = NOW.plus_micros(-60_000_000);
        world.record(from, 50).await;
        let client = world.client(&[at(Role::Investigator, &world.inside)]).await;
        let camera = format!("/cameras/{}", world.camera.id);
        let wanted = format!("from={}&to={}", time(from), time(from.plus_micros(5_000_000)));

        let timeline = client.get(&format!("{camera}/timeline?{wanted}")).await.expect(200).json();
        assert_eq!(timeline["recordings"][0]["ranges"].as_array().unwrap().len(), 1, "{timeline}");
        assert_eq!(timeline["events"][0]["id"], json!(world.event.id));

        let list = client.get(&format!("{camera}/playlist.m3u8?{wanted}")).await.expect(200).text();
        let segment = list.lines().find(|line| line.starts_with("segments/")).expect(&list);
        let segment = format!("{camera}/{segment}");
        let whole = client.get(&segment).await.expect(200);
        assert_eq!(whole.headers[header::CONTENT_TYPE], "video/mp4");
        assert_eq!(&whole.body[4..8], b"ftyp");
        let part =
            client.request("GET", &segment).header(header::RANGE, "bytes=4-7").body(Body::empty()).unwrap();
        let part = client.send(part).await.expect(206);
        assert_eq!(&part.body[..], b"ftyp");
        assert_eq!(part.headers[header::CONTENT_RANGE], format!("bytes 4-7/{}", whole.body.len()));
        let beyond = client
            .request("GET", &segment)
            .header(header::RANGE, "bytes=99999999-")
            .body(Body::empty())
            .unwrap();
        assert_eq!(client.send(beyond).await.expect(416).code(), "range_not_satisfiable");
        client.get(&format!("{camera}/segments/main/1.mp4")).await.expect(404);

        let plan = client.get(&format!("{camera}/clip/plan?{wanted}")).await.expect(200).json();
        let clip = client.get(&format!("{camera}/clip?{wanted}")).await.expect(200);
        assert_eq!(json!(clip.body.len()), plan["bytes"]);
        assert_eq!(plan["frames"], 50);
        assert_eq!(clip.headers[header::CONTENT_LENGTH], clip.body.len().to_string());
        assert_eq!(clip.headers["taimat-start"], from.to_string());
        let name = clip.headers[header::CONTENT_DISPOSITION].to_str().unwrap();
        assert!(name.contains("filename*=UTF-8''C%E1%BB%95ng%20ch%E1%BB%A3"), "{name}");
        let path = format!("{camera}/clip?{wanted}");
        let tail =
            client.request("GET", &path).header(header::RANGE, "bytes=-100").body(Body::empty()).unwrap();
        assert_eq!(client.send(tail).await.expect(206).body, clip.body.slice(clip.body.len() - 100..));
        let of_event = client.get(&format!("/events/{}/clip", world.event.id)).await.expect(200);
        assert_eq!(&of_event.body[4..8], b"ftyp");
        let nothing = format!("{camera}/clip?from=2020-01-01T00:00:00Z&to=2020-01-01T00:01:00Z");
        assert_eq!(client.get(&nothing).await.expect(404).code(), "no_footage");

        let officer = world.client(&[at(Role::DutyOfficer, &world.inside)]).await;
        officer.get(&path).await.expect(403);
        officer.get(&segment).await.expect(200);

        let target = format!("camera/{}", world.camera.id);
        let entries =
            root(&world).await.get(&format!("/audit?target={target}&action=clip.")).await.expect(200).json();
        let entries = entries["items"].as_array().unwrap().clone();
        assert_eq!(entries.len(), 1, "two pieces of one clip are one export: {entries:?}");
        assert_eq!(entries[0]["detail"]["from"], json!(from));
        assert_eq!(entries[0]["address"], "0.0.0.0");
    });
}

#[test]
fn pictures_come_from_the_folder_or_are_cut_again() {
    run(|world| async move {
        let client = world.client(&[at(Role::DutyOfficer, &world.inside)]).await;
        std::fs::write(world.snapshots.join("a.jpg"), b"\xff\xd8kept").unwrap();
        let kept = event_at(&world.camera, NOW.plus_micros(-120_000_000));
        let lost = event_at(&world.camera, NOW.plus_micros(-180_000_000));
        let outside = event_at(&world.camera, NOW.plus_micros(-240_000_000));
        let ids = [kept.id, lost.id, outside.id];
        world.store(kept, Some("a.jpg".to_owned())).await;
        world.store(lost, Some("b.jpg".to_owned())).await;
        world.store(outside, Some("../secret.key".to_owned())).await;
        let [kept, lost, outside] = ids.map(|id| format!("/events/{id}/snapshot"));
        assert_eq!(&client.get(&kept).await.expect(200).body[..], b"\xff\xd8kept");
        let cut = client.get(&lost).await.expect(200);
        assert_eq!(&cut.body[..], b"\xff\xd8cut");
        assert!(cut.headers[header::CACHE_CONTROL].to_str().unwrap().starts_with("private"));
        assert_eq!(client.get(&outside).await.expect(500).code(), "internal");
        let old = format!("/cameras/{}/snapshot?at=2026-01-01T00:00:00Z", world.camera.id);
        assert_eq!(client.get(&old).await.expect(404).code(), "no_footage");
    });
}

/// What a stream of server-sent events sends until it pauses or ends.
async fn read_events(stream: &mut axum::body::BodyDataStream, until: &str) -> String {
    let mut text = String::new();
    while !text.contains(until) {
        let next = tokio::time::timeout(Duration::from_secs(20), stream.next()).await;
        match next.unwrap_or_else(|_| panic!("{until:?} never came: {text}")) {
            Some(chunk) => text.push_str(&String::from_utf8_lossy(&chunk.unwrap())),
            None => {
                text.push_str("END");
                break;
            }
        }
    }
    text
}

async fn open_live(client: &Client) -> axum::body::BodyDataStream {
    let request = client.request("GET", "/live").body(Body::empty()).unwrap();
    let response = client.router.clone().oneshot(request).await.unwrap();
    assert_eq!(response.headers()[header::CONTENT_TYPE], "text/event-stream");
    response.into_body().into_data_stream()
}

#[test]
fn live_changes_reach_those_who_may_watch_until_their_session_ends() {
    let config = ApiConfig { live_recheck: Duration::from_millis(50), ..ApiConfig::default() };
    run_with(config, |world| async move {
        let user = world.user(&[at(Role::Observer, &world.inside)]).await;
        let session = world.session(user).await;
        let member = Client { cookie: Some(session), ..world.nobody() };
        let mut stream = open_live(&member).await;
        assert!(read_events(&mut stream, "\n\n").await.contains("event: resync"));
        let foreign = domain::Event { place_id: world.outside.id, ..event_at(&world.camera, NOW) };
        world.live.send(LiveEvent::EventStarted { event: foreign.clone() }).unwrap();
        world.live.send(LiveEvent::EventStarted { event: world.event.clone() }).unwrap();
        let text = read_events(&mut stream, "event_started").await;
        assert!(
            text.contains(&world.event.id.to_string()) && !text.contains(&foreign.id.to_string()),
            "{text}"
        );
        // More than the channel holds: the client is told to fetch again.
        for _ in 0..20 {
            world.live.send(LiveEvent::EventChanged { event: world.event.clone() }).unwrap();
        }
        assert!(read_events(&mut stream, "resync").await.contains("resync"));
        member.delete("/session").await.expect(204);
        let rest = read_events(&mut stream, "never sent").await;
        assert!(rest.ends_with("END"), "{rest}");
    });
}

#[test]
fn live_streams_end_with_the_server() {
    run(|world| async move {
        let mut stream = open_live(&root(&world).await).await;
        read_events(&mut stream, "resync").await;
        world.shutdown.cancel();
        assert!(read_events(&mut stream, "never sent").await.ends_with("END"));
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

#[test]
fn readiness_names_what_is_wrong() {
    run(|world| async move {
        let client = world.nobody();
        client.get("//healthz").await.expect(200);
        assert_eq!(client.get("//readyz").await.expect(200).json()["ready"], true);
        *world.health.broken.lock().unwrap() = true;
        let body = client.get("//readyz").await.expect(503).json();
        assert_eq!(body["checks"][0]["name"], "worker");
        assert!(client.get("//").await.expect(200).text().contains("/api/v1/openapi.json"));
    });
}

#[test]
fn places_are_found_by_old_and_new_name_and_merged() {
    run(|world| async move {
        let client = world.client(&[at(Role::Operator, &world.inside)]).await;
        let new = |name: &str| json!({"name": name, "kind": "hamlet", "parent_id": world.inside.id});
        let one = client.post("/places", new("Thôn Thượng")).await.expect(201).json();
        let two = client.post("/places", new("Thôn Hạ")).await.expect(201).json();
        let id = one["id"].as_str().unwrap();
        let renamed = json!({"version": one["version"], "name": "Thôn Đông"});
        let renamed = client.json("PATCH", &format!("/places/{id}"), renamed).await.expect(200).json();
        let found = client.get("/places?q=thuong").await.expect(200).json();
        assert_eq!(found["items"][0]["id"], one["id"], "{found}");
        let stale = json!({"version": one["version"], "into": two["id"]});
        client.post(&format!("/places/{id}/merge"), stale).await.expect(412);
        let merge = json!({"version": renamed["version"], "into": two["id"]});
        let retired = client.post(&format!("/places/{id}/merge"), merge).await.expect(200).json();
        assert_eq!(retired["merged_into"], two["id"]);
        client.delete(&format!("/places/{}?version={}", world.home.id, world.home.version)).await.expect(409);
    });
}

#[test]
fn somebody_stays_administrator() {
    run(|world| async move {
        let client = root(&world).await;
        let users = client.get("/users").await.expect(200).json();
        let mut last = Reply {
            status: axum::http::StatusCode::OK,
            headers: Default::default(),
            body: Default::default(),
        };
        // Other tests share the accounts: only the answer to taking one's own role is looked at.
        let me = client.get("/session").await.expect(200).json()["user"].clone();
        for user in users["items"].as_array().unwrap().iter().filter(|user| user["id"] == me["id"]) {
            let body = json!({"version": user["version"], "roles": []});
            last = client.json("PUT", &format!("/users/{}/roles", user["id"].as_str().unwrap()), body).await;
        }
        last.expect(200);
        client.get("/users").await.expect(403);
    });
}

#[test]
fn the_document_is_whole() {
    let document = serde_json::to_value(api::openapi()).unwrap();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"), "{}", document["openapi"]);
    let mut operations = Vec::new();
    let mut references = Vec::new();
    collect(&document, &mut references);
    for reference in &references {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference} leads nowhere");
    }
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let name = format!("{method} {path}");
            operations.push(operation["operationId"].as_str().expect(&name).to_owned());
            assert!(
                operation["summary"].as_str().is_some_and(|text| !text.is_empty()),
                "{name} has no summary"
            );
            assert!(!operation["x-right"].is_null(), "{name} states no right");
            assert!(operation["responses"]["default"].is_object(), "{name} documents no problem");
            let names: Vec<&str> = operation["parameters"]
                .as_array()
                .into_iter()
                .flatten()
                .filter(|parameter| parameter["in"] == "path")
                .map(|parameter| parameter["name"].as_str().unwrap())
                .collect();
            let wanted: Vec<&str> =
                path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')).collect();
            assert_eq!(names, wanted, "{name}");
        }
    }
    let count = operations.len();
    operations.sort();
    operations.dedup();
    assert_eq!(operations.len(), count, "operation identifiers are unique");
    // Clients are generated from these names: changing one breaks them.
    for stable in
        ["signIn", "listEvents", "searchEvents", "exportClip", "createCamera", "readTimeline", "watchLive"]
    {
        assert!(operations.iter().any(|operation| operation == stable), "{stable}");
    }
}

fn collect(value: &Value, references: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (key, value) in members {
                match value.as_str() {
                    Some(text) if key == "$ref" => references.push(text.to_owned()),
                    _ => collect(value, references),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, references)),
        _ => {}
    }
}

#[test]
fn text_is_compressed_and_answers_are_guarded() {
    run(|world| async move {
        let client = world.nobody();
        let request = client.request("GET", "/openapi.json").header(header::ACCEPT_ENCODING, "gzip");
        let reply = client.send(request.body(Body::empty()).unwrap()).await.expect(200);
        assert_eq!(reply.headers[header::CONTENT_ENCODING], "gzip");
        assert_eq!(reply.headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
        let session = client.get("/session").await.expect(401);
        assert_eq!(session.headers[header::CACHE_CONTROL], "no-store");
        assert!(session.headers.contains_key(header::WWW_AUTHENTICATE));
    });
}
