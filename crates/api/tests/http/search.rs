//! Events and places are found.

use domain::Role;
use serde_json::json;

use crate::world::{NOW, at, event_at, run};

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
