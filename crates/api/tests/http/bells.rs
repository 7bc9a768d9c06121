//! Alarm bells and sounders.

use axum::body::Body;
use bells::signature::sign;
use domain::{Bell, BellId, Press, Role, Secret, Sounder, Timestamp};
use serde_json::{Value, json};

use crate::world::{NOW, Reply, World, at, run};

fn spec(device: &str) -> Value {
    json!({"name": "Chuông nhà ông Ba", "household": "Hộ ông Ba", "device": device,
        "point": {"latitude": 16.46, "longitude": 107.59}})
}

/// A bell at `home`.
pub(crate) async fn bell(world: &World) -> Bell {
    let device = uuid::Uuid::new_v4().simple().to_string();
    let spec = serde_json::from_value(spec(&device)).unwrap();
    world.index.create_bell(BellId::generate(), world.home.id, &spec, b"sealed").await.unwrap()
}

fn gong() -> Value {
    json!({"name": "Kẻng tổ 5", "kind": "gong", "output": {"type": "mqtt", "topic": "cmnd/keng/POWER"}})
}

/// A gong at `home`.
pub(crate) async fn sounder(world: &World) -> Sounder {
    let spec = serde_json::from_value(gong()).unwrap();
    world.index.create_sounder(world.home.id, &spec).await.unwrap()
}

async fn press(world: &World, bell: &str, signature: &str, body: &str) -> Reply {
    let client = world.nobody();
    let request =
        client.request("POST", &format!("/bells/{bell}/presses")).header("taimat-signature", signature);
    client.send(request.body(Body::from(body.to_owned())).unwrap()).await
}

#[test]
fn bells_are_added_where_one_may_and_one_device_is_one_bell() {
    run(|world| async move {
        let operator = world.client(&[at(Role::Operator, &world.inside)]).await;
        let device = uuid::Uuid::new_v4().simple().to_string();
        let add = |place, bell: Value| json!({"place_id": place, "bell": bell});
        operator.post("/bells", add(world.outside.id, spec(&device))).await.expect(404);
        let mut nowhere = spec(&device);
        nowhere["point"]["latitude"] = json!(91);
        let refused = operator.post("/bells", add(world.home.id, nowhere)).await.expect(400);
        assert_eq!(refused.json()["field"], "point");
        let made = operator.post("/bells", add(world.home.id, spec(&device))).await.expect(201).json();
        assert!(made["key"].as_str().unwrap().len() >= 32);
        let id = made["bell"]["id"].as_str().unwrap().to_owned();
        let twice = operator.post("/bells", add(world.home.id, spec(&device.to_uppercase()))).await;
        assert_eq!(twice.expect(400).json()["field"], "device");
        // The key is nowhere else.
        let key = made["key"].as_str().unwrap();
        let read = operator.get(&format!("/bells/{id}")).await.expect(200);
        assert!(!read.text().contains(key) && !operator.get("/bells").await.text().contains(key));
        let mut renamed = spec(&device);
        renamed["name"] = json!("Chuông mới");
        operator.json("PUT", &format!("/bells/{id}?version=7"), renamed.clone()).await.expect(412);
        let changed =
            operator.json("PUT", &format!("/bells/{id}?version=1"), renamed).await.expect(200).json();
        assert_eq!((&changed["name"], &changed["version"]), (&json!("Chuông mới"), &json!(2)));
        assert!(operator.get("/bells/unknown").await.expect(200).text().contains("7028D3"));
        operator.delete(&format!("/bells/{id}?version=2")).await.expect(204);
        operator.get(&format!("/bells/{id}")).await.expect(404);
    });
}

#[test]
fn a_press_over_http_is_heard_once_and_only_with_the_bells_own_signature() {
    run(|world| async move {
        let operator = world.client(&[at(Role::Operator, &world.inside)]).await;
        let device = uuid::Uuid::new_v4().simple().to_string();
        let add = json!({"place_id": world.home.id, "bell": spec(&device)});
        let made = operator.post("/bells", add).await.expect(201).json();
        let (id, key) = (made["bell"]["id"].as_str().unwrap(), Secret::new(made["key"].as_str().unwrap()));
        let body = r#"{"press":"real","battery":0.5}"#;
        let signature = sign(&key, NOW, body.as_bytes());
        press(&world, id, &signature, body).await.expect(202);
        // Recorded on the way and sent again.
        press(&world, id, &signature, body).await.expect(409);
        let later = |millis: i64| NOW.plus_micros(millis * 1000);
        let forged = sign(&Secret::new("guess"), later(1), body.as_bytes());
        press(&world, id, &forged, body).await.expect(403);
        press(&world, id, &sign(&key, later(-600_000), body.as_bytes()), body).await.expect(403);
        press(&world, id, &sign(&key, later(2), body.as_bytes()), r#"{"press":"test"}"#).await.expect(403);
        press(&world, id, "nonsense", body).await.expect(403);
        let stranger = BellId::generate().to_string();
        press(&world, &stranger, &sign(&key, later(3), body.as_bytes()), body).await.expect(403);
        let sent = |body: &'static str, time: Timestamp| (sign(&key, time, body.as_bytes()), body);
        let (signature, wrong) = sent(r#"{"press":"loud"}"#, later(4));
        assert_eq!(press(&world, id, &signature, wrong).await.expect(400).json()["field"], "press");
        let (signature, wrong) = sent(r#"{"battery":97}"#, later(5));
        assert_eq!(press(&world, id, &signature, wrong).await.expect(400).json()["field"], "battery");
        let (signature, test) = sent(r#"{"press":"test"}"#, later(6));
        press(&world, id, &signature, test).await.expect(202);
        let heard = world.bells.heard.lock().unwrap().clone();
        let presses: Vec<_> = heard.iter().map(|signal| (signal.device.clone(), signal.press)).collect();
        assert_eq!(presses, [(device.clone(), Some(Press::Real)), (device, Some(Press::Test))]);
        assert_eq!(heard[0].battery, Some(0.5));
    });
}

#[test]
fn a_gong_is_rung_by_officers_who_say_why_and_mean_it() {
    run(|world| async move {
        let gong = sounder(&world).await;
        let officer = world.client(&[at(Role::DutyOfficer, &world.inside)]).await;
        let path = format!("/sounders/{}/ring", gong.id);
        let refused = officer.post(&path, json!({"reason": "Cháy", "confirm": false})).await.expect(400);
        assert_eq!(refused.json()["field"], "confirm");
        let refused = officer.post(&path, json!({"reason": " ", "confirm": true})).await.expect(400);
        assert_eq!(refused.json()["field"], "reason");
        let ring = officer.post(&path, json!({"reason": "Cháy", "confirm": true})).await.expect(202).json();
        assert_eq!((&ring["state"], &ring["reason"]), (&json!("asked"), &json!("Cháy")));
        for (role, status) in [(Role::Observer, 403), (Role::Operator, 403), (Role::Administrator, 202)] {
            let client = world.client(&[at(role, &world.inside)]).await;
            client.post(&path, json!({"reason": "x", "confirm": true})).await.expect(status);
        }
        let root = world.client(&[crate::world::everywhere(Role::Administrator)]).await;
        let audit = root.get("/audit?action=sounder.ring").await.expect(200);
        assert!(audit.text().contains(&gong.id.to_string()));
        // What was rung before is listed a page at a time.
        for number in 0..3 {
            let mut done: domain::Ring = serde_json::from_value(ring.clone()).unwrap();
            done.id = domain::RingId::generate();
            done.asked_at = NOW.plus_micros(number);
            world.index.write_ring(&done, None).await.unwrap();
        }
        let page = officer.get("/rings?limit=2").await.expect(200).json();
        assert_eq!(page["items"].as_array().unwrap().len(), 2);
        let next = page["next_cursor"].as_str().unwrap();
        let rest = officer.get(&format!("/rings?limit=2&cursor={next}")).await.expect(200).json();
        assert_eq!((rest["items"].as_array().unwrap().len(), &rest["next_cursor"]), (1, &Value::Null));
        let outsider = world.client(&[at(Role::DutyOfficer, &world.outside)]).await;
        assert_eq!(outsider.get("/rings").await.expect(200).json()["items"], json!([]));
    });
}

#[test]
fn what_makes_no_sounder_is_refused() {
    run(|world| async move {
        let operator = world.client(&[at(Role::Operator, &world.inside)]).await;
        let add = |sounder: Value| json!({"place_id": world.home.id, "sounder": sounder});
        let mut secret = gong();
        secret["output"] = json!({"type": "http", "url": "http://user:secret@192.0.2.1/"});
        let refused = operator.post("/sounders", add(secret)).await.expect(400);
        assert_eq!(refused.json()["field"], "output.url");
        assert!(!refused.text().contains("secret"));
        let mut unheard = gong();
        unheard["timetable"] = json!({"time_zone": "Asia/Ho_Chi_Minh", "weekly": []});
        assert_eq!(operator.post("/sounders", add(unheard)).await.expect(400).json()["field"], "timetable");
        let made = operator.post("/sounders", add(gong())).await.expect(201).json();
        let path = format!("/sounders/{}", made["id"].as_str().unwrap());
        operator.json("PUT", &format!("{path}?version=1"), gong()).await.expect(200);
        operator.delete(&format!("{path}?version=1")).await.expect(412);
        operator.delete(&format!("{path}?version=2")).await.expect(204);
    });
}
