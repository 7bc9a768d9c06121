//! Alarm bells over a real broker: a press is an alarm with its footage at once, and the gong answers.

use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use blackbox::{Camsim, Mosquitto, Server, Settings, eventually, list, text};
use chrono::{DateTime, TimeDelta, Timelike, Utc};
use serde_json::{Value, json};

const CAMERAS: &str = r#"
[[camera]]
name = "near"
main = "people-main-h264.mp4"

[[camera]]
name = "far"
main = "people-main-h264.mp4"
"#;

const LIMIT: Duration = Duration::from_secs(20);

async fn site(broker: &str) -> anyhow::Result<(Server, String)> {
    let config = format!("[mqtt]\nbroker = \"{broker}\"\n");
    let server = Server::start(Settings { config, ..Settings::default() }).await?;
    let commune = server.place("Xã Bình An", "commune", None).await?;
    Ok((server, commune))
}

fn bell(name: &str, device: &str) -> Value {
    json!({ "name": name, "household": format!("Hộ {name}"), "device": device,
        "point": { "latitude": 18.679, "longitude": 105.6813 } })
}

/// The newest item of a bell in the queue with a severity.
async fn alarm(server: &Server, name: &str, severity: &str) -> anyhow::Result<Value> {
    eventually(LIMIT, || async {
        let queue = server.api.get(&format!("review-items?severity={severity}")).await?;
        let items = list(&queue, "/items")?;
        let found = items.iter().rfind(|item| item["rule_name"] == name).cloned();
        found.with_context(|| format!("no {severity} of {name} among {items:?}"))
    })
    .await
}

#[tokio::test]
async fn a_press_is_an_alarm_with_the_cameras_around_and_their_footage_is_held() -> anyhow::Result<()> {
    let (camsim, broker) = (Camsim::start(CAMERAS)?, Mosquitto::start().await?);
    let (server, commune) = site(&broker.url()).await?;
    let stands =
        |latitude: f64| json!({ "point": { "latitude": latitude, "longitude": 105.6813 }, "bearing": 180 });
    let near = server.camera(&commune, "Cổng", &camsim.main("near")?, &stands(18.6795)).await?;
    server.camera(&commune, "Xa", &camsim.main("far")?, &stands(18.79)).await?;
    server.received(&near, "main", 10.0).await?;
    let add = |bell: Value| json!({ "place_id": commune, "bell": bell });
    server.api.post("bells", &add(bell("ông Ba", "nha-ong-ba"))).await?;
    server.api.post("bells", &add(bell("bà Tư", "7028D3"))).await?;
    let device = broker.device("cau-noi", "nothing").await?;

    // What cannot be read, and what is nobody's, raises nothing and is counted.
    device.say("zigbee2mqtt/nha-ong-ba", r#"{"action": "#).await?;
    device.say("zigbee2mqtt/nha-la", r#"{"action": "single"}"#).await?;
    eventually(LIMIT, || async {
        for reason in ["malformed", "unknown_bell"] {
            let label = format!("reason=\"{reason}\"");
            let count = server.api.metric("taimat_bell_rejects_total", &[&label]).await?;
            ensure!(count >= 1.0, "{reason}: {count}");
        }
        Ok(())
    })
    .await?;
    let unknown = server.api.get("bells/unknown").await?;
    assert_eq!(text(&unknown, "/items/0/device")?, "nha-la");
    assert_eq!(list(&server.api.get("review-items").await?, "/items")?, [] as [Value; 0]);

    // Twice within a minute is one alarm; its sentence says whose bell it was.
    let pressed = Utc::now();
    device.say("zigbee2mqtt/nha-ong-ba", r#"{"action": "single", "battery": 90}"#).await?;
    let item = alarm(&server, "ông Ba", "alarm").await?;
    tokio::time::sleep(Duration::from_millis(1200)).await;
    device.say("zigbee2mqtt/nha-ong-ba", r#"{"action": "single", "battery": 90}"#).await?;
    let again = eventually(LIMIT, || async {
        let item = alarm(&server, "ông Ba", "alarm").await?;
        ensure!(item["firings"] == 2, "{item}");
        Ok(item)
    })
    .await?;
    assert_eq!((&again["id"], &again["camera_id"]), (&item["id"], &json!(near)));
    assert_eq!(text(&item, "/why/vi")?, "Hộ ông Ba bấm chuông cảnh báo “ông Ba”.");
    assert_eq!(text(&item, "/why/en")?, "Hộ ông Ba pressed the alarm bell “ông Ba”.");

    // The near camera is named, the far one is not; its footage is held from a minute before to five minutes after.
    let story = server.api.get(&format!("review-items/{}", text(&item, "/id")?)).await?;
    let cameras = list(&story, "/fired/0/cameras")?;
    assert_eq!((cameras.len(), &cameras[0]["camera_id"]), (1, &json!(near)), "{cameras:?}");
    assert_eq!(cameras[0]["looks_at"], json!(true));
    let holds = list(&server.api.get("holds").await?, "/items")?;
    assert_eq!((holds.len(), &holds[0]["camera_id"]), (1, &json!(near)), "{holds:?}");
    let moment = |pointer: &str| -> anyhow::Result<DateTime<Utc>> { Ok(text(&holds[0], pointer)?.parse()?) };
    ensure!(moment("/from")? <= pressed - TimeDelta::seconds(58), "{holds:?}");
    ensure!(moment("/to")? >= pressed + TimeDelta::seconds(300), "{holds:?}");

    // A trial is marked so, is no alarm, and holds nothing; another household's bell is another item.
    device.say("zigbee2mqtt/nha-ong-ba", r#"{"action": "test"}"#).await?;
    let trial = alarm(&server, "ông Ba", "notice").await?;
    ensure!(text(&trial, "/why/vi")?.contains("bấm thử"), "{trial}");
    let rf = r#"{"Time":"2026-11-24T08:00:00","RfReceived":{"Sync":12510,"Data":"7028D3","RfKey":"None"}}"#;
    device.say("tele/cau-noi/RESULT", rf).await?;
    alarm(&server, "bà Tư", "alarm").await?;
    let holds = list(&server.api.get("holds").await?, "/items")?;
    assert_eq!(holds.len(), 2, "one for each alarm: {holds:?}");

    // A battery that is nearly empty is told of once.
    device.say("zigbee2mqtt/nha-ong-ba", r#"{"action": "", "battery": 11}"#).await?;
    let care = eventually(LIMIT, || async {
        let item = alarm(&server, "ông Ba", "notice").await?;
        let story = server.api.get(&format!("review-items/{}", text(&item, "/id")?)).await?;
        let fired = list(&story, "/fired")?;
        let low =
            fired.iter().find(|firing| firing["rule"]["condition"]["type"] == "bell_battery_low").cloned();
        low.context("no word of the battery")
    })
    .await?;
    ensure!(text(&care, "/why/vi")?.contains("11 %"), "{care}");
    let bells = list(&server.api.get("bells").await?, "/items")?;
    let known = bells.iter().find(|bell| bell["device"] == "nha-ong-ba").context("the bell")?;
    eventually(LIMIT, || async {
        let bell = server.api.get(&format!("bells/{}", text(known, "/id")?)).await?;
        ensure!(bell["battery"].as_f64().is_some_and(|left| (left - 0.11).abs() < 0.01), "{bell}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn gongs_are_rung_by_hand_and_by_bells_and_say_whether_they_ring() -> anyhow::Result<()> {
    let mut broker = Mosquitto::start().await?;
    let (server, commune) = site(&broker.url()).await?;
    let point = json!({ "latitude": 18.6795, "longitude": 105.6813 });
    let gong = |name: &str, answers: bool| {
        let answer = answers.then(|| format!("stat/{name}/POWER"));
        json!({ "place_id": commune, "sounder": { "name": name, "kind": "gong", "seconds": 1, "point": point,
            "bells_within": 300, "output": { "type": "mqtt", "topic": format!("cmnd/{name}/POWER"), "off": "OFF",
            "answer_topic": answer, "answer_holds": "ON" } } })
    };
    let made = server.api.post("sounders", &gong("keng", true)).await?;
    server.api.post("bells", &json!({ "place_id": commune, "bell": bell("ông Ba", "nha-ong-ba") })).await?;
    let mut relay = broker.device("keng", "cmnd/keng/POWER").await?;

    // By hand: with a reason; the relay answers, and is switched off after a second.
    let path = format!("sounders/{}/ring", text(&made, "/id")?);
    let order = json!({ "reason": "Cháy nhà số 12", "confirm": true });
    let ring = server.api.post(&path, &order).await?;
    assert_eq!(ring["state"], "asked");
    assert_eq!(relay.hear(LIMIT).await?.1, "ON");
    relay.say("stat/keng/POWER", "ON").await?;
    let state = |id: String| {
        let server = &server;
        async move {
            eventually(LIMIT, || async {
                let rings = list(&server.api.get("rings").await?, "/items")?;
                let ring = rings.iter().find(|ring| ring["id"] == id.as_str()).cloned().context("no ring")?;
                ensure!(ring["state"] != "asked", "{ring}");
                Ok(ring)
            })
            .await
        }
    };
    let answered = state(text(&ring, "/id")?).await?;
    assert_eq!(
        (&answered["state"], &answered["username"]),
        (&json!("answered"), &json!("admin")),
        "{answered}"
    );
    assert_eq!(relay.hear(LIMIT).await?.1, "OFF");

    // By a bell near it.
    let pressed = Instant::now();
    relay.say("zigbee2mqtt/nha-ong-ba", r#"{"action": "single"}"#).await?;
    assert_eq!(relay.hear(LIMIT).await?.1, "ON");
    println!("from the press to the gong: {:?}", pressed.elapsed());
    relay.say("stat/keng/POWER", "ON").await?;
    let item = alarm(&server, "ông Ba", "alarm").await?;
    let rings = eventually(LIMIT, || async {
        let rings = list(&server.api.get(&format!("rings?item={}", text(&item, "/id")?)).await?, "/items")?;
        ensure!(!rings.is_empty(), "not rung");
        Ok(rings)
    })
    .await?;
    assert_eq!((&rings[0]["cause"], &rings[0]["reason"]), (&json!("bell"), &json!("ông Ba")));
    assert_eq!(relay.hear(LIMIT).await?.1, "OFF");

    // A relay that says nothing is known to have failed.
    let ring = server.api.post(&path, &order).await?;
    assert_eq!(relay.hear(LIMIT).await?.1, "ON");
    let failed = state(text(&ring, "/id")?).await?;
    assert_eq!(failed["state"], "failed");
    ensure!(text(&failed, "/problem")?.contains("no answer"), "{failed}");

    // Without the broker, the server goes on, and says so.
    broker.kill()?;
    eventually(LIMIT, || async {
        ensure!(server.api.metric("taimat_mqtt_connected", &[]).await? < 1.0, "still connected");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn gongs_are_rung_by_rules_and_by_timetable() -> anyhow::Result<()> {
    let broker = Mosquitto::start().await?;
    let (server, commune) = site(&broker.url()).await?;
    let mut relay = broker.device("relay", "cmnd/#").await?;
    let gong = |name: &str, more: Value| {
        let mut sounder = json!({ "name": name, "kind": "siren", "seconds": 1,
            "output": { "type": "mqtt", "topic": format!("cmnd/{name}/POWER") } });
        if let (Some(sounder), Some(more)) = (sounder.as_object_mut(), more.as_object()) {
            sounder.extend(more.clone());
        }
        json!({ "place_id": commune, "sounder": sounder })
    };
    let condition = json!({ "type": "camera_offline", "seconds": 1 });
    let rule = json!({ "name": "Mất kết nối", "severity": "alert", "condition": condition });
    let rule = server.api.post("rules", &json!({ "place_id": commune, "rule": rule })).await?;
    server.api.post("sounders", &gong("coi", json!({ "rules": [text(&rule, "/id")?] }))).await?;
    // One that begins with a minute; and one that holds already, which is no beginning.
    let minute = |later: i64| (Utc::now() + TimeDelta::minutes(later)).format("%H:%M").to_string();
    let days = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    let timetable = |from: String, to: String| json!({ "timetable": { "time_zone": "UTC", "weekly": [{ "days": days, "from": from, "to": to }] } });
    server.api.post("sounders", &gong("som", timetable(minute(-5), minute(5)))).await?;
    // Far enough away that it is known before.
    let begins = minute(if Utc::now().second() > 30 { 2 } else { 1 });
    server.api.post("sounders", &gong("keng", timetable(begins.clone(), minute(4)))).await?;
    // A camera that nobody answers for.
    server.camera(&commune, "Cổng", "rtsp://127.0.0.1:9/main", &json!({})).await?;
    assert_eq!(relay.hear(LIMIT).await?, ("cmnd/coi/POWER".to_owned(), "ON".to_owned()));
    assert_eq!(relay.hear(Duration::from_mins(2)).await?.0, "cmnd/keng/POWER");
    assert_eq!(minute(0), begins, "when its timetable begins to hold");
    // A gong does not wait for the database: its row follows.
    eventually(LIMIT, || async {
        let rings = list(&server.api.get("rings").await?, "/items")?;
        let causes: Vec<_> = rings.iter().map(|ring| ring["cause"].clone()).collect();
        ensure!(causes == [json!("timetable"), json!("rule")], "{rings:?}");
        Ok(())
    })
    .await?;
    // Nobody knows whether they ring: there is no answer to wait for.
    eventually(LIMIT, || async {
        let rings = list(&server.api.get("rings").await?, "/items")?;
        ensure!(rings.iter().all(|ring| ring["state"] == "unconfirmed"), "{rings:?}");
        Ok(())
    })
    .await
}
