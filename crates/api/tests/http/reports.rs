//! What volunteers and residents tell.

use axum::body::{Body, Bytes};
use domain::Role;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use crate::world::{NOW, at, run};

#[test]
fn a_report_becomes_a_review_item_once_and_its_text_stays_text() {
    run(|world| async move {
        let volunteer = world.client(&[at(Role::Observer, &world.home)]).await;
        let officer = world.client(&[at(Role::DutyOfficer, &world.inside)]).await;
        let mut live = world.live.subscribe();
        let text = "<b>Đánh nhau</b> trước chợ\n'; DROP TABLE reports; --";
        let report = json!({"place_id": world.home.id, "text": text, "external_id": "7",
            "point": {"latitude": 16.46, "longitude": 107.59}});
        let made = volunteer.post("/reports", report.clone()).await.expect(201).json();
        let again = volunteer.post("/reports", report.clone()).await.expect(200).json();
        assert_eq!(again["id"], made["id"], "the same one sent again");
        // Another sender's names are others.
        let other = world.client(&[at(Role::Observer, &world.home)]).await;
        assert_ne!(other.post("/reports", report).await.expect(201).json()["id"], made["id"]);
        assert!(matches!(live.try_recv(), Ok(domain::LiveEvent::ReviewItemChanged { .. })));
        let item = made["item_id"].as_str().unwrap();
        let story = officer.get(&format!("/review-items/{item}")).await.expect(200).json();
        assert_eq!((&story["severity"], &story["firings"]), (&json!("alert"), &json!(1)));
        assert!(story["why"]["vi"].as_str().unwrap().contains(text), "{story}");
        let listed = officer.get("/reports").await.expect(200).json();
        assert_eq!(listed["items"].as_array().unwrap().len(), 2);
        volunteer.get("/reports").await.expect(403);
        volunteer.get(&format!("/review-items/{item}")).await.expect(403);
        let outsider = world.client(&[at(Role::DutyOfficer, &world.outside)]).await;
        assert_eq!(outsider.get("/reports").await.expect(200).json()["items"], json!([]));
    });
}

#[test]
fn what_makes_no_report_is_refused_and_too_many_wait() {
    run(|world| async move {
        let volunteer = world.client(&[at(Role::Observer, &world.home)]).await;
        let place = world.home.id;
        for (wrong, field) in [
            (json!({"place_id": place, "text": " "}), "text"),
            (json!({"place_id": place, "text": "a\u{7}"}), "text"),
            (json!({"place_id": place, "text": "x".repeat(2001)}), "text"),
            (json!({"place_id": place, "text": "x", "point": {"latitude": 91, "longitude": 0}}), "point"),
            (json!({"place_id": place, "text": "x", "at": NOW.plus_micros(600_000_000)}), "at"),
            (json!({"place_id": place, "text": "x", "external_id": ""}), "external_id"),
        ] {
            assert_eq!(volunteer.post("/reports", wrong).await.expect(400).json()["field"], field);
        }
        volunteer.post("/reports", json!({"place_id": world.outside.id, "text": "x"})).await.expect(404);
        let told = json!({"place_id": place, "text": "Có trộm"});
        for _ in 0..10 {
            volunteer.post("/reports", told.clone()).await.expect(201);
        }
        let refused = volunteer.post("/reports", told).await.expect(429);
        assert!(refused.headers.contains_key("retry-after"));
    });
}

#[test]
fn what_residents_write_on_zalo_is_taken_once_and_only_from_zalo() {
    run(|world| async move {
        let operator = world.client(&[at(Role::Operator, &world.inside)]).await;
        let settings =
            json!({"type": "zalo", "app_id": "360", "recipient": {"type": "group", "group_id": "g"}});
        let credentials =
            json!({"access_token": "a", "refresh_token": "r", "secret_key": "s", "oa_secret_key": "key"});
        let add = json!({"place_id": world.home.id, "channel": {"name": "Zalo", "settings": settings},
            "credentials": credentials});
        let made = operator.post("/channels", add).await.expect(201).json();
        let path = format!("/channels/{}/zalo", made["id"].as_str().unwrap());
        let call = async |text: &str, message: &str, key: &str| {
            let body = format!(
                r#"{{"app_id":"360","sender":{{"id":"24684588"}},"event_name":"user_send_text","message":{{"text":"{text}","msg_id":"{message}"}},"timestamp":"1795000000000"}}"#
            );
            let mac = format!(
                "{:x}",
                Bytes::copy_from_slice(&Sha256::digest(format!("360{body}1795000000000{key}")))
            );
            let client = world.nobody();
            let request = client.request("POST", &path).header("x-zevent-signature", format!("mac={mac}"));
            client.send(request.body(Body::from(body)).unwrap()).await
        };
        call("Có trộm", "m1", "key").await.expect(200);
        call("Có trộm", "m1", "key").await.expect(200);
        call("ở chợ", "m2", "key").await.expect(200);
        call("giả", "m3", "guess").await.expect(403);
        let officer = world.client(&[at(Role::DutyOfficer, &world.inside)]).await;
        let listed = officer.get("/reports").await.expect(200).json();
        let texts: Vec<_> =
            listed["items"].as_array().unwrap().iter().map(|one| one["text"].clone()).collect();
        assert_eq!(texts.len(), 2, "{texts:?}");
        assert!(texts.contains(&json!("Có trộm")) && texts.contains(&json!("ở chợ")));
        assert_eq!(listed["items"][0]["item_id"], listed["items"][1]["item_id"], "one person, one item");
        assert_eq!(listed["items"][0]["sender"], "Người dân (Zalo …4588)");
        // Whoever floods is not heard for a while, and nobody else is kept from it.
        for number in 0..40 {
            call("x", &format!("f{number}"), "key").await.expect(200);
        }
        let flood = officer.get("/reports?limit=500").await.expect(200).json();
        assert_eq!(flood["items"].as_array().unwrap().len(), 19, "twenty calls with the first again");
    });
}
