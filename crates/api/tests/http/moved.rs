//! Whether anything moved.

use axum::body::Body;
use axum::http::header;
use domain::{Role, Timestamp};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::world::{Client, NOW, Reply, World, at, root, run};

fn question(from: Timestamp, to: Timestamp) -> Value {
    json!({"from": from, "to": to, "area": {"x": 0.2, "y": 0.2, "width": 0.3, "height": 0.3}})
}

fn lines(reply: &Reply) -> Vec<Value> {
    reply.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn of<'a>(lines: &'a [Value], kind: &str) -> Vec<&'a Value> {
    lines.iter().filter(|line| line["type"] == kind).collect()
}

async fn investigator(world: &World) -> Client {
    world.client(&[at(Role::Investigator, &world.inside)]).await
}

#[test]
fn what_moved_and_what_nobody_knows_is_told_line_by_line() {
    run(|mut world| async move {
        // A whole number of forty seconds, so that the fake's visitor comes after thirty.
        let from = Timestamp::from_micros(NOW.as_micros() / 40_000_000 * 40_000_000 - 80_000_000);
        world.record(from, 500).await;
        let client = investigator(&world).await;
        let path = format!("/cameras/{}/moved", world.camera.id);
        let to = from.plus_micros(60_000_000);
        let reply = client.post(&path, question(from.plus_micros(-10_000_000), to)).await.expect(200);
        assert_eq!(reply.headers[header::CONTENT_TYPE], "application/x-ndjson");
        let lines = lines(&reply);
        let moments = of(&lines, "moment");
        assert_eq!(moments.len(), 1, "{lines:?}");
        assert_eq!(moments[0]["from"], json!(from.plus_micros(30_000_000)));
        assert_eq!(moments[0]["peak"], 1.0);
        let gaps = of(&lines, "gap");
        assert_eq!(gaps.len(), 2, "{lines:?}");
        assert_eq!((&gaps[0]["to"], &gaps[0]["reason"]), (&json!(from), &json!("not_recorded")));
        assert_eq!(gaps[1]["to"], json!(to));
        assert_eq!(lines.last().unwrap(), &json!({"type": "end", "looked": 50}));
        assert_eq!(of(&lines, "progress").last().unwrap()["done"], 1.0);

        let target = format!("camera/{}", world.camera.id);
        let audit =
            root(&world).await.get(&format!("/audit?target={target}&action=movement.")).await.expect(200);
        assert_eq!(audit.json()["items"].as_array().unwrap().len(), 1);
    });
}

#[test]
fn two_searches_run_at_once_and_end_with_their_connection() {
    run(|mut world| async move {
        let from = NOW.plus_micros(-60_000_000);
        world.record(from, 300).await;
        let client = investigator(&world).await;
        let path = format!("/cameras/{}/moved", world.camera.id);
        let body = question(from.plus_micros(-6 * 86_400_000_000), NOW);
        let open = async || {
            let request = client.request("POST", &path).header(header::CONTENT_TYPE, "application/json");
            client.router.clone().oneshot(request.body(Body::from(body.to_string())).unwrap()).await.unwrap()
        };
        let unread = [open().await, open().await];
        assert_eq!(client.post(&path, body.clone()).await.expect(429).code(), "too_many_streams");
        drop(unread);
        let mut status = 429;
        for _ in 0..100 {
            status = client.post(&path, body.clone()).await.status.as_u16();
            if status == 200 {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        assert_eq!(status, 200);
    });
}

#[test]
fn a_question_that_makes_no_sense_is_refused() {
    run(|world| async move {
        let client = investigator(&world).await;
        let path = format!("/cameras/{}/moved", world.camera.id);
        let hour = |hours: i64| NOW.plus_micros(hours * 3_600_000_000);
        let with = |pointer: &str, value: Value| {
            let mut body = question(hour(-2), hour(-1));
            *body.pointer_mut(pointer).unwrap() = value;
            body
        };
        for (body, field) in [
            (question(hour(-200), hour(-1)), "to"),
            (question(hour(1), hour(2)), "from"),
            (with("/area/x", json!(1.5)), "area.x"),
            (with("/area/x", json!(0.9)), "area.width"),
            (with("/area/height", json!(0.0)), "area.height"),
            (with("/area", json!({"x": 0})), "area.y"),
        ] {
            assert_eq!(client.post(&path, body.clone()).await.expect(400).json()["field"], field, "{body}");
        }
        let mut eager = question(hour(-2), hour(-1));
        eager["sensitivity"] = json!(11);
        assert_eq!(client.post(&path, eager).await.expect(400).json()["field"], "sensitivity");
        let officer = world.client(&[at(Role::Observer, &world.inside)]).await;
        officer.post(&path, question(hour(-2), hour(-1))).await.expect(403);
    });
}
