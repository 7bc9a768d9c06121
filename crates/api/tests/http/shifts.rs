//! Shifts over HTTP: signing on, the report, signing off.

use axum::body::Body;
use domain::{Role, StreamKind, StreamState};
use serde_json::json;

use crate::world::{at, rule, run};

/// The main stream of a camera that has been away for a while.
fn away() -> StreamState {
    serde_json::from_value(json!({"stream": "main", "online": false, "since": "2026-11-18T13:00:00Z",
        "trouble": null, "transport": null, "codec": null, "width": null, "height": null, "frame_rate": null,
        "bit_rate": null, "clock_offset": null, "audio_dropped": null, "frames_received": 0, "frames_recorded": 0,
        "frames_lost": 0, "reconnects": 0}))
    .unwrap()
}

#[test]
fn a_shift_is_opened_reported_and_closed() {
    run(|world| async move {
        let officer = world.client(&[at(Role::DutyOfficer, &world.inside)]).await;
        let body = json!({"place_id": world.inside.id});
        let shift = officer.post("/shifts", body.clone()).await.expect(201).json();
        assert_eq!(officer.post("/shifts", body).await.expect(409).json()["field"], "place_id");
        officer.post("/shifts", json!({"place_id": world.outside.id})).await.expect(404);
        let path = format!("/shifts/{}", shift["id"].as_str().unwrap());
        assert_eq!(officer.get(&path).await.expect(200).json(), shift);
        let open = officer.get(&format!("/shifts?open=true&place={}", world.inside.id)).await.expect(200);
        assert_eq!(open.json()["items"], json!([shift]));
        for wrong in ["limit=0", "cursor=x", "open=maybe", "colour=red"] {
            officer.get(&format!("/shifts?{wrong}")).await.expect(400);
        }

        world.clock.advance(std::time::Duration::from_mins(1));
        let made = world.index.create_rule(world.home.id, &rule("<script>alert(1)</script>")).await.unwrap();
        let item = world.flag(&made).await;
        let state = domain::CameraState { camera_id: world.camera.id, streams: vec![away()] };
        assert_eq!(state.streams[0].stream, StreamKind::Main);
        world.cameras.states.lock().unwrap().push(state);
        let report = officer.get(&format!("{path}/report")).await.expect(200).json();
        assert_eq!(report["open"][0]["id"], json!(item), "{report}");
        assert_eq!(report["offline"][0]["camera_id"], json!(world.camera.id), "{report}");
        assert_eq!(report["cameras"][0]["name"], world.camera.name.as_str());

        // The page: in the language asked for, with nothing in it that runs.
        let request = officer.request("GET", &format!("{path}/report")).header("accept", "text/html");
        let page = officer.send(request.body(Body::empty()).unwrap()).await.expect(200);
        let policy = page.headers["content-security-policy"].to_str().unwrap();
        let nonce = policy.split("'nonce-").nth(1).unwrap().split('\'').next().unwrap();
        assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
        let text = page.text();
        assert!(text.contains(&format!("<style nonce=\"{nonce}\">")));
        assert!(
            text.contains("Báo cáo bàn giao ca trực") && text.contains("Một đối tượng xuất hiện."),
            "{text}"
        );
        assert!(!text.contains("<script") && text.contains("&lt;script&gt;"), "{text}");
        let english = officer.get(&format!("{path}/report?format=html&lang=en")).await.expect(200);
        assert!(english.text().contains("An object appeared."), "{}", english.text());
        assert!(english.headers["content-type"].to_str().unwrap().starts_with("text/html"));
        let json = officer.get(&format!("{path}/report?format=json")).await.expect(200).json();
        assert_eq!(json["shift"], shift);
        officer.get(&format!("{path}/report?format=pdf")).await.expect(400);

        officer.post(&format!("{path}/close"), json!({"note": "\u{0}"})).await.expect(400);
        let note = json!({"note": "Đèn ngõ 3 hỏng"});
        let closed = officer.post(&format!("{path}/close"), note.clone()).await.expect(200).json();
        assert_eq!((&closed["note"], &closed["closed_by"]), (&note["note"], &shift["username"]));
        officer.post(&format!("{path}/close"), note).await.expect(409);
        officer.post("/shifts", json!({"place_id": world.inside.id})).await.expect(201);
    });
}

#[test]
fn a_shift_of_somebody_else_is_closed_by_who_may_decide_and_hidden_from_who_is_elsewhere() {
    run(|world| async move {
        let investigator = world.client(&[at(Role::Investigator, &world.inside)]).await;
        let other = world.client(&[at(Role::Investigator, &world.inside)]).await;
        let officer = world.client(&[at(Role::DutyOfficer, &world.inside)]).await;
        let stranger = world.client(&[at(Role::DutyOfficer, &world.outside)]).await;
        let shift = investigator.post("/shifts", json!({"place_id": world.home.id})).await.expect(201).json();
        let path = format!("/shifts/{}", shift["id"].as_str().unwrap());
        stranger.get(&format!("{path}/report")).await.expect(404);
        assert!(!stranger.get("/shifts").await.expect(200).text().contains(shift["id"].as_str().unwrap()));
        other.post(&format!("{path}/close"), json!({})).await.expect(403);
        let closed = officer.post(&format!("{path}/close"), json!({})).await.expect(200).json();
        assert_ne!(closed["closed_by"], shift["username"]);
    });
}
