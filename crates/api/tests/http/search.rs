//! Events and places are found.

use domain::Role;
use serde_json::json;

use crate::world::{NOW, at, event_at, new_camera, run};

/// In microseconds.
const HOUR: i64 = 3_600_000_000;

#[test]
fn events_are_found_page_by_page() {
    run(|world| async move {
        for minute in 1..=6 {
            world.store(event_at(&world.camera, NOW.plus_micros(-minute * HOUR)), None).await;
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
        let hours = |start: &str, seconds| {
            let time = json!({"from": NOW.plus_micros(-4 * HOUR), "to": NOW});
            client.post("/events/counts", json!({"filter": time, "start": start, "column_seconds": seconds}))
        };
        let start = NOW.plus_micros(-5 * HOUR).to_string();
        let counts = hours(&start, 3600).await.expect(200).json();
        let columns = counts["columns"].as_array().unwrap();
        assert!(
            columns
                .iter()
                .all(|column| column["class"] == "person" && column["from"].as_str() > Some(&start))
        );
        let sum = |of: &serde_json::Value| {
            of.as_array().unwrap().iter().map(|one| one["count"].as_u64().unwrap()).sum::<u64>()
        };
        assert_eq!(sum(&counts["columns"]), sum(&counts["cameras"]));
        assert_eq!(counts["cameras"][0]["camera_id"], json!(world.camera.id));
        assert_eq!(hours(&start, 1).await.expect(400).json()["field"], "column_seconds");
        assert_eq!(hours(&NOW.to_string(), 3600).await.expect(400).json()["field"], "start");
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

#[test]
fn what_went_along_a_route_through_a_zone_in_a_direction_is_found() {
    run(|world| async move {
        let client = world.client(&[at(Role::Investigator, &world.inside)]).await;
        let mut walk = event_at(&world.camera, NOW.plus_micros(-3_600_000_000));
        walk.path[1].bounds.x = 0.8;
        world.store(walk.clone(), None).await;
        let point = |latitude: f64| json!({"latitude": latitude, "longitude": 107.5919});
        let route = json!({"points": [point(16.46), point(16.47)], "metres": 200});
        let camera = world.camera.id;
        let zone = json!({"camera_id": camera, "polygon": [[0.4, 0.2], [0.6, 0.2], [0.6, 0.6], [0.4, 0.6]]});
        let body = json!({"route": route, "zone": zone, "direction": "right"});
        let page = client.post("/events/search", body).await.expect(200).json();
        assert_eq!(page["items"].as_array().unwrap().len(), 1, "{page}");
        assert_eq!(page["items"][0]["id"], json!(walk.id));
        assert_eq!(page["total_estimate"], 1);
        let query: String = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("route", &route.to_string())
            .finish();
        let both = client.get(&format!("/events?camera={camera}&{query}")).await.expect(200).json();
        assert_eq!(both["items"].as_array().unwrap().len(), 2, "{both}");
        let left = json!({"camera": [camera], "direction": "left"});
        assert_eq!(client.post("/events/search", left).await.expect(200).json()["items"], json!([]));
    });
}

#[test]
fn cameras_along_a_route_come_in_their_order() {
    run(|world| async move {
        let mut further = new_camera("Ngã ba", world.home.id);
        further.point = domain::GeoPoint::new(16.4737, 107.5909);
        let further = world.index.create_camera(further).await.unwrap();
        let mut nowhere = new_camera("Kho", world.home.id);
        nowhere.point = None;
        world.index.create_camera(nowhere).await.unwrap();
        let hidden = world.index.create_camera(new_camera("Lạ", world.outside.id)).await.unwrap();
        let client = world.client(&[at(Role::Observer, &world.inside)]).await;
        let point = |latitude: f64| json!({"latitude": latitude, "longitude": 107.5909});
        let body = json!({"points": [point(16.4537), point(16.4837)], "metres": 30, "at": NOW});
        let found = client.post("/cameras/along", body).await.expect(200).json();
        let items = found["items"].as_array().unwrap();
        let ids: Vec<_> = items.iter().map(|item| item["camera_id"].clone()).collect();
        assert_eq!(ids, [json!(world.camera.id), json!(further.id)], "{hidden:?}");
        let metres = items[0]["along_metres"].as_f64().unwrap();
        assert!((metres - 1112.0).abs() < 2.0, "{found}");
        assert!((items[0]["seconds"]["walker"].as_f64().unwrap() - metres / 1.4).abs() < 0.1, "{found}");
        assert!(
            items[1]["expected"]["car"].as_str().unwrap() > items[0]["expected"]["car"].as_str().unwrap()
        );
        let refused = json!({"points": [point(16.0)], "metres": 30});
        assert_eq!(client.post("/cameras/along", refused).await.expect(400).json()["field"], "points");
    });
}
