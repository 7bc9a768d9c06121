//! Rules and review items over HTTP.

use domain::{LiveEvent, Role};
use serde_json::json;

use crate::live::{open_live, read_events};
use crate::world::{at, everywhere, root, rule, run};

#[test]
fn a_rule_is_read_and_changed_whole_by_version() {
    run(|world| async move {
        let operator = world.client(&[at(Role::Operator, &world.inside)]).await;
        let spec = serde_json::to_value(rule("Đêm")).unwrap();
        let made =
            operator.post("/rules", json!({"place_id": world.home.id, "rule": spec})).await.expect(201);
        assert_eq!(made.headers["etag"], "\"1\"");
        let path = format!("/rules/{}", made.json()["id"].as_str().unwrap());
        assert_eq!(operator.get(&path).await.expect(200).json(), made.json());
        let mut changed = spec.clone();
        changed["enabled"] = json!(false);
        operator.json("PUT", &path, changed.clone()).await.expect(400);
        let answer =
            operator.json("PUT", &format!("{path}?version=1"), changed.clone()).await.expect(200).json();
        assert_eq!((&answer["enabled"], &answer["version"]), (&json!(false), &json!(2)));
        operator.json("PUT", &format!("{path}?version=1"), changed).await.expect(412);
        // What makes no rule names the field; nothing is changed by it.
        for (field, wrong) in [
            ("severity", json!({"name": "x", "severity": "loud", "condition": {"type": "appears"}})),
            (
                "min_score",
                json!({"name": "x", "severity": "alert", "condition": {"type": "appears"}, "min_score": 2}),
            ),
            ("name", json!({"name": "<b>\u{0}</b>", "severity": "alert", "condition": {"type": "appears"}})),
            ("condition", json!({"name": "x", "severity": "alert"})),
            (
                "schedule",
                json!({"name": "x", "severity": "alert", "condition": {"type": "appears"},
                "schedule": {"weekly": [], "exceptions": []}}),
            ),
            (
                "schedule",
                json!({"name": "x", "severity": "alert", "condition": {"type": "appears"}, "schedule": {"weekly": [],
                    "exceptions": [{"date": "2026-11-02", "spans": [{"from": "08:00", "to": "10:00"}]}]}}),
            ),
        ] {
            let refused = operator.json("PUT", &format!("{path}?version=2"), wrong).await.expect(400).json();
            assert_eq!(refused["field"], field, "{refused}");
        }
        assert_eq!(operator.get(&path).await.expect(200).json(), answer);
        operator.delete(&format!("{path}?version=2")).await.expect(204);
        operator.get(&path).await.expect(404);
    });
}

#[test]
fn rules_are_made_tested_and_applied_only_where_one_may() {
    run(|world| async move {
        let operator = world.client(&[at(Role::Operator, &world.inside)]).await;
        let spec = serde_json::to_value(rule("Đêm")).unwrap();
        let test = |place| json!({"place_id": place, "rule": spec, "from": "2026-11-18T00:00:00Z", "to": "2027-11-19T00:00:00Z"});
        for (place, status) in [(world.outside.id, 404), (world.home.id, 201)] {
            operator.post("/rules", json!({"place_id": place, "rule": spec})).await.expect(status);
            let apply = json!({"place_id": place});
            operator.post("/rule-presets/hamlet-gate/apply", apply).await.expect(status);
        }
        operator.post("/rules/test", test(world.outside.id)).await.expect(404);
        operator.post("/rule-presets/unknown/apply", json!({"place_id": world.home.id})).await.expect(404);
        // A rule may not name a camera of somewhere else.
        let foreign =
            world.index.create_camera(crate::world::new_camera("xa", world.outside.id)).await.unwrap();
        let mut reaching = spec.clone();
        reaching["cameras"] = json!([foreign.id]);
        let refused = operator.post("/rules", json!({"place_id": world.home.id, "rule": reaching})).await;
        assert_eq!(refused.expect(400).json()["field"], "cameras");
        let tested = operator.post("/rules/test", test(world.home.id)).await.expect(200).json();
        assert_eq!((&tested["events"], &tested["incomplete"]), (&json!(1), &json!(false)), "{tested}");
    });
}

#[test]
fn a_review_item_tells_its_story_and_takes_one_step_at_a_time() {
    run(|world| async move {
        let made = world.index.create_rule(world.home.id, &rule("<script>")).await.unwrap();
        let item = world.flag(&made).await;
        let officer = world.client(&[at(Role::DutyOfficer, &world.inside)]).await;
        let queue = officer.get("/review-items").await.expect(200).json();
        assert_eq!((&queue["items"][0]["id"], &queue["counts"]["new"]), (&json!(item), &json!(1)));
        assert_eq!(queue["items"][0]["rule_name"], "<script>", "text, not markup");
        let path = format!("/review-items/{item}");
        let story = officer.get(&path).await.expect(200);
        assert_eq!(story.headers["etag"], "\"1\"");
        assert_eq!(story.json()["fired"][0]["why"]["en"], "An object appeared.");
        let event = officer.get(&format!("/events/{}", world.event.id)).await.expect(200).json();
        assert_eq!(event["flagged"][0]["item_id"], json!(item));

        let steps = format!("{path}/steps");
        officer.post(&steps, json!({"step": "take"})).await.expect(400);
        let taken = officer.post(&steps, json!({"step": "take", "version": 1})).await.expect(200).json();
        assert_eq!((&taken["state"], &taken["version"]), (&json!("taken"), &json!(2)));
        let late = officer.post(&steps, json!({"step": "confirm", "version": 1})).await.expect(409).json();
        let name = taken["officer"]["username"].as_str().unwrap();
        assert!(late["detail"].as_str().unwrap().contains(name), "{late}");
        officer.post(&steps, json!({"step": "dismiss", "version": 2})).await.expect(400);
        officer.post(&steps, json!({"step": "close", "version": 2})).await.expect(409);
        let done = json!({"step": "dismiss", "note": "Lá cây", "version": 2});
        assert_eq!(officer.post(&steps, done).await.expect(200).json()["dismissed_because"], "Lá cây");
        assert_eq!(officer.get("/review-items").await.expect(200).json()["items"], json!([]));
        let all =
            officer.get("/review-items?state=dismissed&severity=alert&order=newest").await.expect(200).json();
        assert_eq!(all["items"].as_array().unwrap().len(), 1);
        for wrong in ["state=happy", "severity=loud", "limit=0", "cursor=x", "colour=red", "order=random"] {
            officer.get(&format!("/review-items?{wrong}")).await.expect(400);
        }
        // What happened is accounted for.
        let of = format!("/audit?action=review.step&target=review-item/{item}");
        let audit = root(&world).await.get(&of).await.expect(200).json();
        assert_eq!(audit["items"].as_array().map(Vec::len), Some(2), "{audit}");
    });
}

#[test]
fn what_was_flagged_is_told_to_officers_and_not_to_observers() {
    run(|world| async move {
        let made = world.index.create_rule(world.home.id, &rule("Đêm")).await.unwrap();
        let item = world.index.review_item(world.flag(&made).await).await.unwrap();
        let officer = world.client(&[at(Role::DutyOfficer, &world.inside)]).await;
        let observer = world.client(&[at(Role::Observer, &world.inside)]).await;
        let (mut told, mut not_told) = (open_live(&officer).await, open_live(&observer).await);
        for stream in [&mut told, &mut not_told] {
            read_events(stream, "resync").await;
        }
        world.live.send(LiveEvent::ReviewItemChanged { item: Box::new(item.clone()) }).unwrap();
        world.live.send(LiveEvent::EventStarted { event: world.event.clone() }).unwrap();
        assert!(read_events(&mut told, "event_started").await.contains(&item.id.to_string()));
        assert!(!read_events(&mut not_told, "event_started").await.contains(&item.id.to_string()));
    });
}

#[test]
fn lists_of_rules_and_items_show_only_what_may_be_seen() {
    run(|world| async move {
        let made = world.index.create_rule(world.home.id, &rule("Đêm")).await.unwrap();
        let item = world.flag(&made).await;
        for (roles, shown) in [
            (vec![at(Role::DutyOfficer, &world.inside)], true),
            (vec![at(Role::DutyOfficer, &world.outside)], false),
            (vec![everywhere(Role::Administrator)], true),
        ] {
            let client = world.client(&roles).await;
            let rules = client.get("/rules").await.expect(200);
            assert_eq!(rules.text().contains(&made.id.to_string()), shown, "{}", rules.text());
            let queue = client.get("/review-items").await.expect(200);
            assert_eq!(queue.text().contains(&item.to_string()), shown, "{}", queue.text());
            let counted = queue.json()["counts"]["new"].as_u64().unwrap_or(0);
            assert_eq!(counted > 0, shown, "{}", queue.text());
        }
    });
}
