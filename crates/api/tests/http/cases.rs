//! Cases, what is gathered in them, and their exports.

use axum::body::Body;
use axum::http::header;
use domain::{CaseItemKind, Role};
use index::Visibility;
use serde_json::{Value, json};

use crate::world::{Client, NOW, World, at, new_camera, root, run};

async fn investigator(world: &World) -> Client {
    world.client(&[at(Role::Investigator, &world.inside)]).await
}

async fn begin(world: &World, client: &Client) -> Value {
    let new = json!({"place_id": world.home.id, "title": "Mất xe máy trước chợ", "note": "Tin báo số 12"});
    client.post("/cases", new).await.expect(201).json()
}

fn id(thing: &Value) -> String {
    thing["id"].as_str().unwrap().to_owned()
}

fn clip(world: &World) -> Value {
    let (from, to) = (NOW.plus_micros(-60_000_000), NOW.plus_micros(-30_000_000));
    json!({"kind": {"type": "clip", "camera_id": world.camera.id, "from": from, "to": to}, "note": "Đi qua cổng"})
}

#[test]
fn what_is_gathered_stays_in_its_order() {
    run(|world| async move {
        let client = investigator(&world).await;
        let case = begin(&world, &client).await;
        assert_eq!((&case["state"], &case["version"]), (&json!("open"), &json!(1)));
        let items = format!("/cases/{}/items", id(&case));
        let clip = client.post(&items, clip(&world)).await.expect(201).json();
        assert_eq!((&clip["position"], &clip["kind"]["stream"]), (&json!(0), &json!("main")));
        assert_eq!(clip["footage"]["place_id"], json!(world.home.id));
        let event = json!({"kind": {"type": "event", "event_id": world.event.id}});
        let event = client.post(&items, event).await.expect(201).json();
        let picture = json!({"kind": {"type": "picture", "camera_id": world.camera.id, "at": NOW}});
        let picture = client.post(&items, picture).await.expect(201).json();
        let note = client
            .post(&items, json!({"kind": {"type": "note", "text": " Hỏi bà Lan "}}))
            .await
            .expect(201)
            .json();
        assert_eq!((&note["kind"]["text"], &note["footage"]), (&json!("Hỏi bà Lan"), &Value::Null));

        let order = async |client: &Client| {
            let whole = client.get(&format!("/cases/{}", id(&case))).await.expect(200).json();
            whole["items"].as_array().unwrap().iter().map(id).collect::<Vec<_>>()
        };
        assert_eq!(order(&client).await, [id(&clip), id(&event), id(&picture), id(&note)]);
        let moved = json!({"position": 0, "note": "zuerst"});
        let moved = client.json("PATCH", &format!("{items}/{}", id(&note)), moved).await.expect(200).json();
        assert_eq!((&moved["position"], &moved["note"]), (&json!(0), &json!("zuerst")));
        client.delete(&format!("{items}/{}", id(&event))).await.expect(204);
        assert_eq!(order(&client).await, [id(&note), id(&clip), id(&picture)]);
        client.delete(&format!("{items}/{}", id(&event))).await.expect(404);
        let kept: Vec<_> =
            world.index.case_items(case["id"].as_str().unwrap().parse().unwrap()).await.unwrap();
        assert_eq!(kept.iter().map(|item| item.position).collect::<Vec<_>>(), [0, 1, 2]);
        assert!(matches!(kept[0].kind, CaseItemKind::Note { .. }));

        let target = format!("case/{}", id(&case));
        let audit = root(&world).await.get(&format!("/audit?target={target}")).await.expect(200).text();
        for action in ["case.create", "case.item.add", "case.item.change", "case.item.remove", "case.view"] {
            assert!(audit.contains(action), "{action}: {audit}");
        }
    });
}

#[test]
fn footage_is_held_while_the_case_is_open() {
    run(|world| async move {
        let client = investigator(&world).await;
        let case = begin(&world, &client).await;
        let path = format!("/cases/{}", id(&case));
        let item = client.post(&format!("{path}/items"), clip(&world)).await.expect(201).json();
        assert_eq!(item["held"], true);
        let held = async || {
            let holds = world.index.holds(&Visibility::Places(vec![world.home.id])).await.unwrap();
            holds.len()
        };
        assert_eq!(held().await, 1);
        let closed = json!({"version": 1, "state": "closed"});
        let closed = client.json("PATCH", &path, closed.clone()).await.expect(200).json();
        assert_eq!((&closed["state"], &closed["version"], held().await), (&json!("closed"), &json!(2), 0));
        assert_eq!(
            client.post(&format!("{path}/items"), clip(&world)).await.expect(400).json()["field"],
            "case_id"
        );
        client.json("PATCH", &path, json!({"version": 1, "title": "x"})).await.expect(412);
        let open = json!({"version": 2, "state": "open", "note": null});
        let open = client.json("PATCH", &path, open).await.expect(200).json();
        assert_eq!((&open["note"], held().await), (&Value::Null, 1));
        client.delete(&format!("{path}?version=2")).await.expect(412);
        assert_eq!(held().await, 1, "what was not removed is still held");
        client.delete(&format!("{path}?version=3")).await.expect(204);
        assert_eq!(held().await, 0);
        client.get(&path).await.expect(404);
    });
}

#[test]
fn who_may_not_review_adds_nothing_and_who_may_not_export_takes_nothing_away() {
    run(|world| async move {
        let both = [at(Role::Investigator, &world.inside), at(Role::DutyOfficer, &world.outside)];
        let client = world.client(&both).await;
        let foreign = world.index.create_camera(new_camera("Lạ", world.outside.id)).await.unwrap();
        let case = begin(&world, &client).await;
        let (items, exports) =
            (format!("/cases/{}/items", id(&case)), format!("/cases/{}/exports", id(&case)));
        assert_eq!(client.post(&exports, json!({})).await.expect(409).code(), "conflict");
        client.post(&items, clip(&world)).await.expect(201);
        let mut other = clip(&world);
        other["kind"]["camera_id"] = json!(foreign.id);
        let narrow = investigator(&world).await;
        assert_eq!(narrow.post(&items, other.clone()).await.expect(404).json()["field"], "kind.camera_id");
        client.post(&items, other).await.expect(201);
        assert_eq!(client.post(&exports, json!({})).await.expect(403).json()["field"], "items[1]");

        // Who has lost the right since then does not take it away.
        let new = index::NewExport {
            case_id: id(&case).parse().unwrap(),
            places: vec![world.home.id, world.outside.id],
            by: (domain::UserId::generate(), "walk".to_owned()),
        };
        let export = world.index.create_export(&new).await.unwrap();
        client.get(&format!("/exports/{}/file", export.id)).await.expect(403);
        narrow.get(&format!("/exports/{}/file", export.id)).await.expect(404);
        for (body, field) in [
            (
                json!({"kind": {"type": "clip", "camera_id": world.camera.id, "from": NOW, "to": NOW}}),
                "kind.to",
            ),
            (json!({"kind": {"type": "clip", "camera_id": world.camera.id, "from": NOW}}), "kind.to"),
            (json!({"kind": {"type": "note", "text": " "}}), "kind.text"),
            (json!({"kind": {"type": "film"}}), "kind"),
        ] {
            let refused = client.post(&items, body.clone()).await.expect(400).json();
            assert!(refused["field"].as_str().unwrap().starts_with("kind"), "{field}: {refused}");
        }
    });
}

#[test]
fn an_export_is_asked_for_followed_fetched_and_removed() {
    run(|world| async move {
        let client = investigator(&world).await;
        let case = begin(&world, &client).await;
        let exports = format!("/cases/{}/exports", id(&case));
        client.post(&format!("/cases/{}/items", id(&case)), clip(&world)).await.expect(201);
        let export = client.post(&exports, json!({})).await.expect(202).json();
        assert_eq!((&export["state"], &export["done"]), (&json!("waiting"), &json!(0.0)));
        client.post(&exports, json!({})).await.expect(400);
        let path = format!("/exports/{}", id(&export));
        assert_eq!(client.get(&format!("{path}/file")).await.expect(409).code(), "conflict");

        // The worker's part: others' exports may wait in the same database.
        let number = id(&export).parse().unwrap();
        while world.index.next_export().await.unwrap().is_some() {}
        assert!(world.index.note_export(number, 0.5).await.unwrap());
        assert_eq!(client.get(&path).await.expect(200).json()["done"], 0.5);
        std::fs::write(world.export_files.join(format!("{number}.zip")), b"PK\x03\x04and so on").unwrap();
        assert!(world.index.finish_export(number, Ok(13), NOW).await.unwrap());
        let listed = client.get(&exports).await.expect(200).json();
        assert_eq!(
            (&listed["items"][0]["state"], &listed["items"][0]["bytes"]),
            (&json!("done"), &json!(13))
        );
        let file = client.get(&format!("{path}/file")).await.expect(200);
        assert_eq!(
            (&file.body[..2], &file.headers[header::CONTENT_TYPE]),
            (&b"PK"[..], &"application/zip".parse().unwrap())
        );
        let name = file.headers[header::CONTENT_DISPOSITION].to_str().unwrap();
        assert!(
            name.contains("filename=\"case 20") && name.contains("filename*=UTF-8''M%E1%BA%A5t%20xe"),
            "{name}"
        );
        let part = client.request("GET", &format!("{path}/file")).header(header::RANGE, "bytes=4-6");
        assert_eq!(&client.send(part.body(Body::empty()).unwrap()).await.expect(206).body[..], b"and");
        client.delete(&path).await.expect(204);
        client.get(&path).await.expect(404);

        let again = client.post(&exports, json!({})).await.expect(202).json();
        client.delete(&format!("/exports/{}", id(&again))).await.expect(204);
        let cancelled = client.get(&format!("/exports/{}", id(&again))).await.expect(200).json();
        assert_eq!(cancelled["state"], "cancelled");
        assert!(!world.index.note_export(id(&again).parse().unwrap(), 0.5).await.unwrap());
    });
}

#[test]
fn cases_are_listed_the_latest_first_where_one_may_export() {
    run(|world| async move {
        let client = investigator(&world).await;
        let mut begun = Vec::new();
        for _ in 0..3 {
            begun.insert(0, id(&begin(&world, &client).await));
        }
        let (mut seen, mut path) = (Vec::new(), "/cases?limit=2".to_owned());
        loop {
            let page = client.get(&path).await.expect(200).json();
            seen.extend(page["items"].as_array().unwrap().iter().map(id));
            let Some(cursor) = page["next_cursor"].as_str() else { break };
            path = format!("/cases?limit=2&cursor={cursor}");
        }
        assert_eq!(seen, begun);
        client
            .json("PATCH", &format!("/cases/{}", begun[0]), json!({"version": 1, "state": "closed"}))
            .await
            .expect(200);
        let open = client.get("/cases?state=open").await.expect(200).json();
        assert_eq!(open["items"].as_array().unwrap().iter().map(id).collect::<Vec<_>>(), begun[1..]);
        let elsewhere = world.client(&[at(Role::Investigator, &world.outside)]).await;
        assert_eq!(elsewhere.get("/cases").await.expect(200).json()["items"], json!([]));
        elsewhere.get(&format!("/cases/{}", begun[0])).await.expect(404);
        world.client(&[at(Role::DutyOfficer, &world.inside)]).await.get("/cases").await.expect(403);
    });
}
