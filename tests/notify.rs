//! Warnings out: from a person in a picture to a signed message with that picture in another system.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::{Context, ensure};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use blackbox::{Camsim, Server, Settings, eventually, list, text};
use chrono::Timelike;
use hmac::{Hmac, KeyInit, Mac};
use reqwest::Method;
use serde_json::{Value, json};
use sha2::Sha256;

const CAMERAS: &str = r#"
[[camera]]
name = "people"
main = "people-main-h264.mp4"
sub = "people-sub-h264.mp4"
"#;

/// Time for something to be flagged and to go out. Programs of a debug build on a busy machine are slow.
const LIMIT: Duration = Duration::from_mins(2);
const SECRET: &str = "bí mật của trung tâm";

/// A request as another system receives it.
#[derive(Clone, Debug)]
struct Received {
    path: String,
    headers: HeaderMap,
    body: Bytes,
}

impl Received {
    fn json(&self) -> anyhow::Result<Value> {
        Ok(serde_json::from_slice(&self.body)?)
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// Checks the signature as its documentation says.
    fn is_signed(&self) -> anyhow::Result<bool> {
        let header = self.header("taimat-signature");
        let (seconds, given) = header
            .strip_prefix("t=")
            .and_then(|rest| rest.split_once(",v1="))
            .with_context(|| format!("no signature: {header}"))?;
        let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes())?;
        mac.update(format!("{seconds}.").as_bytes());
        mac.update(&self.body);
        let pair = |at: usize| given.get(at..at + 2).context("half a byte");
        let bytes = (0..given.len()).step_by(2).map(|at| Ok(u8::from_str_radix(pair(at)?, 16)?));
        Ok(mac.verify_slice(&bytes.collect::<anyhow::Result<Vec<u8>>>()?).is_ok())
    }
}

/// Another system, and Zalo, at one address: takes everything under `/hook`, answers as the Zalo OpenAPI elsewhere, and
/// never answers under `/hang`.
struct Receiver {
    base: String,
    received: Arc<Mutex<Vec<Received>>>,
}

async fn receive(
    State(received): State<Arc<Mutex<Vec<Received>>>>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, String) {
    let path = uri.path().to_owned();
    let expired = headers.get("access_token").is_some_and(|token| token == "expired");
    if let Ok(mut received) = received.lock() {
        received.push(Received { path: path.clone(), headers, body });
    }
    let zalo = |data: Value| json!({ "error": 0, "message": "Success", "data": data }).to_string();
    let answer = match path.as_str() {
        "/hang" => std::future::pending().await,
        "/v4/oa/access_token" => {
            json!({ "access_token": "fresh", "refresh_token": "next", "expires_in": "90000" }).to_string()
        }
        _ if expired => json!({ "error": -216, "message": "Access token is invalid" }).to_string(),
        "/v2.0/oa/upload/image" => zalo(json!({ "attachment_id": "picture-1" })),
        _ => zalo(json!({ "message_id": "1" })),
    };
    (StatusCode::OK, answer)
}

impl Receiver {
    async fn start() -> anyhow::Result<Self> {
        let received: Arc<Mutex<Vec<Received>>> = Arc::default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let base = format!("http://{}", listener.local_addr()?);
        let router = Router::new()
            .fallback(receive)
            .layer(DefaultBodyLimit::disable())
            .with_state(Arc::clone(&received));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(Self { base, received })
    }

    fn at(&self, path: &str) -> Vec<Received> {
        let received = self.received.lock().map(|received| received.clone()).unwrap_or_default();
        received.into_iter().filter(|request| request.path == path).collect()
    }
}

async fn add(server: &Server, place: &str, channel: Value, credentials: Value) -> anyhow::Result<String> {
    let body = json!({ "place_id": place, "channel": channel, "credentials": credentials });
    text(&server.api.post("channels", &body).await?, "/id")
}

#[tokio::test]
async fn what_is_flagged_goes_out_once_with_its_picture_and_a_dead_channel_delays_nothing()
-> anyhow::Result<()> {
    let (camsim, receiver) = (Camsim::start(CAMERAS)?, Receiver::start().await?);
    let server = Server::start(Settings { vision: true, ..Settings::default() }).await?;
    let province = server.place("Tỉnh Thử", "province", None).await?;
    let commune = server.place("Xã Bình An", "commune", Some(&province)).await?;
    let base = &receiver.base;
    let hook = |path: &str| json!({ "type": "webhook", "url": format!("{base}{path}") });
    let secret = json!({ "secret": SECRET });
    // One that never answers and one that is not there come first.
    for url in [format!("{base}/hang"), "http://127.0.0.1:1/".to_owned()] {
        let dead = json!({ "name": "Chết", "settings": { "type": "webhook", "url": url } });
        add(&server, &commune, dead, secret.clone()).await?;
    }
    let centre = json!({ "name": "Trung tâm", "settings": hook("/hook"), "allow_pictures": true });
    let centre = add(&server, &province, centre, secret.clone()).await?;
    let blind = json!({ "name": "Không ảnh", "settings": hook("/blind"), "language": "en" });
    add(&server, &commune, blind, secret.clone()).await?;
    let group = json!({ "type": "group", "group_id": "to-5" });
    let zalo =
        json!({ "type": "zalo", "app_id": "4711", "recipient": group, "api_url": base, "oauth_url": base });
    let zalo = json!({ "name": "Zalo", "settings": zalo, "allow_pictures": true });
    let tokens = json!({ "access_token": "expired", "refresh_token": "once", "secret_key": "k" });
    let zalo = add(&server, &commune, zalo, tokens).await?;

    // A person tries a channel first.
    server.cli(&["channel", "test", &centre]).await?;
    let tried = receiver.at("/hook");
    assert_eq!((tried.len(), &tried[0].json()?["type"]), (1, &json!("test")));

    let more = json!({ "sub_url": camsim.sub("people")? });
    server.camera(&commune, "Chợ <b>", &camsim.main("people")?, &more).await?;
    let condition = json!({ "type": "appears" });
    let rule = json!({ "name": "Có người", "severity": "alarm", "classes": ["person"], "condition": condition,
        "cool_down_seconds": 3600 });
    server.api.post("rules", &json!({ "place_id": commune, "rule": rule })).await?;

    let warned = eventually(LIMIT, || async {
        let all = receiver.at("/hook");
        all.get(1).cloned().context("nothing arrived yet")
    })
    .await?;
    ensure!(warned.is_signed()?, "{:?}", warned.headers);
    let body = warned.json()?;
    assert_eq!((&body["type"], &body["severity"]), (&json!("new"), &json!("alarm")));
    assert_eq!(body["title"], "Báo động: Có người");
    assert_eq!(body["warnings"][0]["places"], json!(["Tỉnh Thử", "Xã Bình An"]));
    assert_eq!(body["warnings"][0]["camera"], "Chợ <b>");
    let picture = text(&body, "/picture/base64")?;
    ensure!(picture.starts_with("/9j/") && picture.len() > 1000, "a JPEG: {picture:.20}");
    assert_eq!(body["idempotency_key"], warned.header("idempotency-key"));

    // Whoever may not see pictures gets none, and words in the language asked for.
    let blind = eventually(LIMIT, || async { receiver.at("/blind").first().cloned().context("nothing yet") });
    let blind = blind.await?.json()?;
    assert_eq!((&blind["title"], &blind["picture"]), (&json!("Alarm: Có người"), &Value::Null));

    // Zalo: the token is renewed, the picture uploaded, the group told.
    let told = eventually(LIMIT, || async {
        let all = receiver.at("/v3.0/oa/group/message");
        all.into_iter().find(|request| request.header("access_token") == "fresh").context("nothing yet")
    });
    let told = told.await?.json()?;
    assert_eq!(told["recipient"], json!({ "group_id": "to-5" }));
    let attachment = text(&told, "/message/attachment/payload/elements/0/attachment_id")?;
    assert_eq!(attachment, "picture-1");
    assert_eq!(receiver.at("/v4/oa/access_token").len(), 1);

    // Each of it once; what the dead channels were to tell waits, with the reason.
    let item = text(&body, "/warnings/0/item_id")?;
    eventually(Duration::from_secs(10), || async {
        let deliveries = list(&server.api.get(&format!("deliveries?item={item}")).await?, "/items")?;
        let sent = deliveries.iter().filter(|delivery| delivery["state"] == "sent").count();
        ensure!((deliveries.len(), sent) == (5, 3), "{deliveries:?}");
        Ok(())
    })
    .await?;
    tokio::time::sleep(Duration::from_secs(3)).await;
    let of_item = |path: &str| -> anyhow::Result<usize> {
        let mut count = 0;
        for request in receiver.at(path) {
            count += usize::from(request.json()?["warnings"][0]["item_id"] == item.as_str());
        }
        Ok(count)
    };
    assert_eq!((of_item("/hook")?, of_item("/blind")?), (1, 1));
    ensure!(server.api.metric("taimat_notify_total", &["kind=\"webhook\"", "outcome=\"sent\""]).await? > 1.5);

    // No secret is in any answer or in the log, renewed ones included.
    let mut seen = server.log();
    for path in ["channels", "deliveries", "audit"] {
        seen += &server.api.get(path).await?.to_string();
    }
    seen += &server.api.get(&format!("channels/{zalo}")).await?.to_string();
    for secret in [SECRET, "\"once\"", "\"fresh\"", "access_token=", "refresh_token="] {
        ensure!(!seen.contains(secret), "{secret} is shown");
    }
    Ok(())
}

#[tokio::test]
async fn a_refused_message_is_kept_for_a_person_and_sent_again() -> anyhow::Result<()> {
    let receiver = Receiver::start().await?;
    let server = Server::recording().await?;
    let commune = server.place("Xã Bình An", "commune", None).await?;
    let telegram = json!({ "name": "Sai", "settings": { "type": "telegram", "chat_id": "1", "api_url": receiver.base } });
    let wrong = json!({ "place_id": commune, "channel": telegram, "credentials": { "secret": "x" } });
    let refused = server.api.call(Method::POST, "channels", Some(&wrong)).await?.problem()?;
    assert_eq!(refused["field"], "credentials", "{refused}");

    // A receiver that answers everything with a redirection takes nothing.
    let redirecting = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/", redirecting.local_addr()?);
    let elsewhere = || async { (StatusCode::FOUND, [("location", "http://127.0.0.1:1/")]) };
    tokio::spawn(async move { axum::serve(redirecting, Router::new().fallback(elsewhere)).await });
    let moved = json!({ "name": "Đã chuyển", "settings": { "type": "webhook", "url": url } });
    let channel = add(&server, &commune, moved, json!({ "secret": SECRET })).await?;
    let tried = server.api.post(&format!("channels/{channel}/test"), &json!({})).await?;
    let id = text(&tried, "/id")?;
    let state = async |wanted: &str| {
        eventually(Duration::from_secs(30), || async {
            let delivery = server.api.get(&format!("deliveries/{id}")).await?;
            ensure!(delivery["state"] == wanted, "{delivery}");
            Ok(delivery)
        })
        .await
    };
    let dead = state("dead").await?;
    ensure!(text(&dead, "/last_error")?.contains("redirections"), "{dead}");
    let listed = server.cli(&["delivery", "list", "--state", "dead"]).await?;
    assert_eq!(listed["items"][0]["id"], id.as_str());

    // Somebody mends the address, and has it sent again: the same message, now taken.
    let mended = json!({ "settings": { "type": "webhook", "url": format!("{}/hook", receiver.base) } });
    let without = json!({ "version": 1, "settings": mended["settings"] });
    let refused =
        server.api.call(Method::PATCH, &format!("channels/{channel}"), Some(&without)).await?.problem()?;
    assert_eq!(refused["field"], "credentials", "{refused}");
    let mut mended = mended;
    mended["credentials"] = json!({ "secret": SECRET });
    server.api.patch(&format!("channels/{channel}"), &mended).await?;
    server.cli(&["delivery", "resend", &id]).await?;
    state("sent").await?;
    let taken = receiver.at("/hook");
    assert_eq!(
        (taken.len(), taken[0].header("idempotency-key")),
        (1, text(&dead, "/idempotency_key")?.as_str())
    );
    Ok(())
}

#[tokio::test]
async fn alarms_pass_quiet_hours_and_the_rest_is_gathered() -> anyhow::Result<()> {
    let (mut camsim, receiver) = (Camsim::start(CAMERAS)?, Receiver::start().await?);
    let server = Server::recording().await?;
    let commune = server.place("Xã Bình An", "commune", None).await?;
    let days = json!(["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]);
    let always = json!({ "weekly": [{ "days": days, "from": "00:00", "to": "24:00" }] });
    let channel = |path: &str, routing: Value| {
        let settings = json!({ "type": "webhook", "url": format!("{}{path}", receiver.base) });
        json!({ "name": path, "settings": settings, "routing": routing })
    };
    let secret = json!({ "secret": SECRET });
    let quiet = add(&server, &commune, channel("/quiet", json!({ "quiet": always })), secret.clone()).await?;
    add(&server, &commune, channel("/digest", json!({ "digest_minutes": 1 })), secret.clone()).await?;
    let camera = server.camera(&commune, "Chợ", &camsim.main("people")?, &json!({})).await?;
    server.received(&camera, "main", 15.0).await?;
    for (name, severity) in [("Một", "alert"), ("Hai", "alert"), ("Gấp", "alarm")] {
        let condition = json!({ "type": "camera_offline", "seconds": 2 });
        let rule = json!({ "name": name, "severity": severity, "condition": condition });
        server.api.post("rules", &json!({ "place_id": commune, "rule": rule })).await?;
    }
    // What is gathered goes out at full minutes: all three are flagged within one.
    while !(2..35).contains(&chrono::Utc::now().second()) {
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    camsim.offline("people")?;

    let rules = |path: &str| -> anyhow::Result<Vec<Vec<String>>> {
        let of = |request: Received| {
            let mut names: Vec<String> = Vec::new();
            for warning in list(&request.json()?, "/warnings")? {
                names.push(text(&warning, "/rule")?);
            }
            names.sort();
            Ok(names)
        };
        receiver.at(path).into_iter().map(of).collect()
    };
    let gathered = eventually(LIMIT, || async {
        let told = rules("/digest")?;
        ensure!(told.len() >= 2, "{told:?}");
        Ok(told)
    })
    .await?;
    assert_eq!(gathered, [vec!["Gấp"], vec!["Hai", "Một"]], "the alarm at once, the rest together");
    let digest = receiver.at("/digest")[1].json()?;
    assert_eq!((&digest["type"], &digest["title"]), (&json!("digest"), &json!("2 sự kiện cần xem")));
    assert_eq!(rules("/quiet")?, [vec!["Gấp"]]);
    let waiting = server.api.get(&format!("deliveries?channel={quiet}&state=pending")).await?;
    let waiting = list(&waiting, "/items")?;
    ensure!(waiting.len() == 2 && waiting.iter().all(|one| one["held"] == true), "{waiting:?}");
    Ok(())
}
