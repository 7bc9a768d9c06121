//! Every route × role × inside and outside of the place where the role is held.

use crate::world::{Client, PASSWORD, World, at, everywhere, run};
use axum::body::Body;
use domain::{Action, DismissReason, QuietSpotId, ReviewStep, Role, UserId};
use index::{NewHold, NewStep};
use serde_json::{Value, json};

/// One operation of the document.
struct Operation {
    method: String,
    path: String,
    right: Value,
}

fn operations() -> Vec<Operation> {
    let document = serde_json::to_value(api::openapi()).unwrap();
    let mut all = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let right = operation["x-right"].clone();
            assert!(!right.is_null(), "{method} {path} states no right");
            all.push(Operation { method: method.to_uppercase(), path: path.clone(), right });
        }
    }
    all
}

/// What the camera learns from a dismissal.
async fn quiet(world: &World, rule: &domain::Rule) -> QuietSpotId {
    let item = world.flag_seen(rule).await;
    let (step, reason) = (ReviewStep::Dismiss, Some(DismissReason::Animal));
    let new = NewStep { step, user_id: None, username: "walk".to_owned(), note: None, reason };
    world.index.take_review_step(item, 1, &new).await.unwrap();
    world.index.quiet_spots_of(world.camera.id).await.unwrap()[0].0.id
}

/// A thing for a parameter of a path: a fresh one for each request, since some requests remove it.
async fn made(world: &World, parameter: &str) -> String {
    let index = &world.index;
    let rule = async || index.create_rule(world.home.id, &crate::world::rule("walk")).await.unwrap();
    match parameter {
        "camera_id" => world.camera.id.to_string(),
        "event_id" => world.event.id.to_string(),
        "place_id" => world.home.id.to_string(),
        "hold_id" => {
            let from = crate::world::NOW.plus_micros(-60_000_000);
            let range = domain::TimeRange { from, to: crate::world::NOW };
            let new = NewHold { camera_id: world.camera.id, range, reason: "walk".to_owned(), user_id: None };
            index.create_hold(new).await.unwrap().id.to_string()
        }
        "user_id" => world.user(&[at(Role::Observer, &world.home)]).await.to_string(),
        "rule_id" => rule().await.id.to_string(),
        "item_id" => world.flag(&rule().await).await.to_string(),
        "bell_id" => crate::bells::bell(world).await.id.to_string(),
        "sounder_id" => crate::bells::sounder(world).await.id.to_string(),
        "case_id" => world.case().await.id.to_string(),
        "export_id" => {
            let case_id = world.case().await.id;
            let by = (UserId::generate(), "walk".to_owned());
            let new = index::NewExport { case_id, places: vec![world.home.id], by };
            index.create_export(&new).await.unwrap().id.to_string()
        }
        "shift_id" => {
            let officer = (UserId::generate(), "walk");
            index.open_shift(world.home.id, officer, crate::world::NOW).await.unwrap().id.to_string()
        }
        "quiet_id" => quiet(world, &rule().await).await.to_string(),
        "channel_id" => world.channel("walk").await.id.to_string(),
        "delivery_id" => {
            let channel = world.channel("walk").await.id;
            index.enqueue_test(channel).await.unwrap().id.to_string()
        }
        "preset" => "hamlet-gate".to_owned(),
        "token_id" => uuid::Uuid::new_v4().to_string(),
        "stream" => "main".to_owned(),
        "start" => "1795000000000000".to_owned(),
        "piece" => "0".to_owned(),
        "part" => "media.mp4".to_owned(),
        other => panic!("the walk does not know how to fill {other}"),
    }
}

async fn filled(world: &World, path: &str) -> String {
    let mut filled = path.to_owned();
    if filled.contains("{case_item_id}") {
        let case = world.case().await;
        let item = world.case_item(&case).await;
        filled =
            filled.replace("{case_id}", &case.id.to_string()).replace("{case_item_id}", &item.id.to_string());
    }
    while let Some((before, rest)) = filled.split_once('{') {
        let (parameter, after) = rest.split_once('}').unwrap();
        filled = format!("{before}{}{after}", made(world, parameter).await);
    }
    filled
}

/// What the guard does.
#[derive(Debug, PartialEq, Eq, Clone, Copy)]
enum Verdict {
    Passes,
    SignIn,
    Forbidden,
    Hidden,
}

async fn verdict(client: &Client, world: &World, operation: &Operation) -> Verdict {
    let path = format!("/{}", filled(world, &operation.path).await);
    // No body and no query: who passes the guard is told that something is missing.
    let reply = client.head(client.request(&operation.method, &path).body(Body::empty()).unwrap()).await;
    match (reply.status.as_u16(), reply.code().as_str()) {
        (401, "not_signed_in") => Verdict::SignIn,
        (403, "forbidden") => Verdict::Forbidden,
        (404, "not_found") => Verdict::Hidden,
        (500.., _) => panic!("{} {path}: {}", operation.method, reply.text()),
        _ => Verdict::Passes,
    }
}

fn expected(right: &Value, role: Role, inside: bool) -> Verdict {
    let Some(action) = right.get("action") else { return Verdict::Passes };
    let action: Action = serde_json::from_value(action.clone()).unwrap();
    match (right["at"].as_str().unwrap(), role.allows(action)) {
        ("somewhere", true) => Verdict::Passes,
        // Those who manage nobody need not be told which people exist.
        ("somewhere" | "user", false) | ("everywhere", _) => Verdict::Forbidden,
        (_, _) if !inside => Verdict::Hidden,
        (_, true) => Verdict::Passes,
        (_, false) => Verdict::Forbidden,
    }
}

/// Where a signature decides instead of a session.
const SIGNED: [&str; 2] = ["/api/v1/bells/{bell_id}/presses", "/api/v1/channels/{channel_id}/zalo"];

/// Answers that depend on more than the stated right, each looked at in a test of its own.
fn beyond_the_guard(operation: &Operation) -> bool {
    SIGNED.contains(&operation.path.as_str())
        || matches!(
            (operation.method.as_str(), operation.path.as_str()),
            // Needs the right everywhere unless asked from the machine itself.
            // A segment that is not there is not found.
            (
                "GET",
                "/metrics"
                | "/api/v1/cameras/{camera_id}/segments/{stream}/{start}"
                | "/api/v1/cameras/{camera_id}/transcoded/{stream}/{start}/{piece}/{part}",
            )
        // Whose token it is decides.
        | ("DELETE", "/api/v1/tokens/{token_id}")
        )
}

#[test]
fn every_route_keeps_to_its_right() {
    run(|world| async move {
        let operations = operations();
        assert!(operations.len() > 40, "{} operations", operations.len());
        let mut wrong = Vec::new();
        let signed = |operation: &&Operation| !SIGNED.contains(&operation.path.as_str());
        for operation in operations.iter().filter(signed) {
            let name = format!("{} {} ({})", operation.method, operation.path, operation.right);
            let got = verdict(&world.nobody(), &world, operation).await;
            let want = if operation.right == "open" { Verdict::Passes } else { Verdict::SignIn };
            if got != want && !(operation.path == "/metrics" && got == Verdict::SignIn) {
                wrong.push(format!("{name}: nobody gets {got:?}, not {want:?}"));
            }
        }
        for role in Role::ALL {
            // Half of the roles are held above the camera's place, half at it.
            let here =
                if matches!(role, Role::Operator | Role::Observer) { &world.home } else { &world.inside };
            for (place, inside) in [(here, true), (&world.outside, false)] {
                for operation in operations.iter().filter(|operation| !beyond_the_guard(operation)) {
                    // A session each: one of the operations ends it.
                    let client = world.client(&[at(role, place)]).await;
                    let got = verdict(&client, &world, operation).await;
                    let want = expected(&operation.right, role, inside);
                    if got != want {
                        let name = format!("{} {} ({})", operation.method, operation.path, operation.right);
                        let side = if inside { "inside" } else { "outside" };
                        wrong.push(format!("{name}: {role} {side} gets {got:?}, not {want:?}"));
                    }
                }
            }
        }
        assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    });
}

#[test]
fn an_administrator_of_everywhere_passes_everywhere_and_no_role_passes_nowhere() {
    run(|world| async move {
        for operation in operations().iter().filter(|operation| !beyond_the_guard(operation)) {
            let root = world.client(&[everywhere(Role::Administrator)]).await;
            assert_eq!(
                verdict(&root, &world, operation).await,
                Verdict::Passes,
                "{} {}",
                operation.method,
                operation.path
            );
            let none = world.client(&[]).await;
            let got = verdict(&none, &world, operation).await;
            let passes = operation.right.get("action").is_none();
            assert_eq!(got == Verdict::Passes, passes, "{} {}: {got:?}", operation.method, operation.path);
        }
    });
}

#[test]
fn lists_show_only_what_may_be_seen() {
    run(|world| async move {
        world
            .cameras
            .states
            .lock()
            .unwrap()
            .push(domain::CameraState { camera_id: world.camera.id, streams: Vec::new() });
        let member = world.user(&[at(Role::Observer, &world.home)]).await;
        let root = world.client(&[everywhere(Role::Administrator)]).await;
        let hold = json!({"camera_id": world.camera.id, "from": "2026-11-18T00:00:00Z", "to": "2026-11-19T00:00:00Z",
            "reason": "lists"});
        let hold = root.post("/holds", hold).await.expect(201).json()["id"].as_str().unwrap().to_owned();
        let lists = [
            ("/cameras", world.camera.id.to_string()),
            ("/cameras/states", world.camera.id.to_string()),
            ("/places", world.home.id.to_string()),
            ("/events", world.event.id.to_string()),
            ("/users", member.to_string()),
            ("/holds", hold.clone()),
            ("/audit", hold),
        ];
        for (list, wanted) in lists {
            let of = |place| vec![at(Role::Administrator, place)];
            for (roles, shown) in [(of(&world.inside), true), (of(&world.outside), false)] {
                let reply = world.client(&roles).await.get(list).await.expect(200);
                assert_eq!(reply.text().contains(&wanted), shown, "{list}: {}", reply.text());
            }
        }
    });
}

#[test]
fn a_place_that_a_body_names_counts_as_well() {
    run(|world| async move {
        let client = world.client(&[at(Role::Administrator, &world.inside)]).await;
        let (home, outside) = (world.home.id, world.outside.id);
        let camera = |place| json!({"name": "x", "place_id": place, "main_url": "rtsp://192.0.2.1/main"});
        client.post("/cameras", camera(json!(outside))).await.expect(404);
        client.post("/cameras", camera(json!(home))).await.expect(201);
        let place = |parent| json!({"name": "x", "kind": "hamlet", "parent_id": parent});
        client.post("/places", place(json!(outside))).await.expect(404);
        client.post("/places", place(Value::Null)).await.expect(403);
        client.post("/places", place(json!(home))).await.expect(201);
        let user = |place: Value| {
            json!({"username": format!("n{}", uuid::Uuid::new_v4().simple()), "password": PASSWORD,
                "roles": [{"role": "observer", "place_id": place}]})
        };
        client.post("/users", user(json!(outside))).await.expect(404);
        client.post("/users", user(Value::Null)).await.expect(403);
        let made = client.post("/users", user(json!(home))).await.expect(201).json();
        let roles =
            json!({"version": made["version"], "roles": [{"role": "administrator", "place_id": outside}]});
        let id = made["id"].as_str().unwrap();
        client.json("PUT", &format!("/users/{id}/roles"), roles).await.expect(404);
        let version = world.camera.version;
        let change = json!({"version": version, "place_id": outside});
        client.json("PATCH", &format!("/cameras/{}", world.camera.id), change).await.expect(404);
        let version = world.home.version;
        let moved = json!({"version": version, "parent_id": outside});
        client.json("PATCH", &format!("/places/{home}"), moved).await.expect(404);
        client
            .json("PATCH", &format!("/places/{home}"), json!({"version": version, "parent_id": null}))
            .await
            .expect(403);
        client
            .post(&format!("/places/{home}/merge"), json!({"version": version, "into": outside}))
            .await
            .expect(404);
        let foreign = world.index.create_camera(crate::world::new_camera("xa", outside)).await.unwrap();
        let hold = json!({"camera_id": foreign.id, "from": "2026-11-18T00:00:00Z", "to": "2026-11-19T00:00:00Z",
            "reason": "x"});
        client.post("/holds", hold).await.expect(404);
        // Searching for a place that one may not see finds nothing, and does not say why.
        let found = client.get(&format!("/events?place={outside}")).await.expect(200);
        assert_eq!(found.json()["items"], json!([]));
    });
}

#[test]
fn who_manages_a_commune_has_no_power_over_the_province() {
    run(|world| async move {
        let commune = world.client(&[at(Role::Administrator, &world.inside)]).await;
        let province = world.user(&[everywhere(Role::Administrator)]).await;
        let both = world.user(&[at(Role::Observer, &world.inside), at(Role::Observer, &world.outside)]).await;
        let password = json!({"version": 1, "password": "another password"});
        commune.json("PATCH", &format!("/users/{province}"), password.clone()).await.expect(404);
        commune.json("PATCH", &format!("/users/{both}"), password).await.expect(403);
        commune.get(&format!("/users/{province}")).await.expect(404);
        commune.post("/tokens", json!({"name": "x", "user_id": province})).await.expect(404);
        commune.get(&format!("/tokens?user_id={province}")).await.expect(404);
    });
}

#[test]
fn observers_watch_now_and_not_the_past() {
    run(|world| async move {
        let observer = world.client(&[at(Role::Observer, &world.inside)]).await;
        let path = format!("/cameras/{}/snapshot", world.camera.id);
        observer.get(&format!("{path}?at=2026-11-18T00:00:00Z")).await.expect(403);
        assert_eq!(observer.get(&path).await.expect(404).code(), "no_footage");
    });
}

#[test]
fn metrics_are_for_the_machine_itself_and_for_who_sees_everything() {
    run(|world| async move {
        let path = "//metrics";
        let mut client = world.nobody();
        client.get(path).await.expect(401);
        client.peer = Some("127.0.0.1");
        assert!(client.get(path).await.expect(200).text().contains("taimat_up 1"));
        let forwarded = client.request("GET", path).header("x-forwarded-for", "203.0.113.9");
        client.send(forwarded.body(Body::empty()).unwrap()).await.expect(401);
        client.peer = Some("203.0.113.9");
        client.get(path).await.expect(401);
        world.client(&[everywhere(Role::Observer)]).await.get(path).await.expect(200);
        world.client(&[at(Role::Administrator, &world.inside)]).await.get(path).await.expect(403);
    });
}

#[test]
fn a_token_acts_for_its_account_until_it_is_revoked() {
    run(|world| async move {
        let person = world.client(&[at(Role::Observer, &world.inside)]).await;
        let made = person.post("/tokens", json!({"name": "screen"})).await.expect(201).json();
        let secret = made["secret"].as_str().unwrap().to_owned();
        let machine = Client { cookie: None, bearer: Some(secret.clone()), ..person.clone() };
        machine.get("/cameras").await.expect(200);
        machine.get("/events").await.expect(403);
        machine.post("/tokens", json!({"name": "offspring"})).await.expect(403);
        let listed = person.get("/tokens").await.expect(200);
        assert!(listed.text().contains("screen") && !listed.text().contains(&secret));
        let id = made["token"]["id"].as_str().unwrap();
        world
            .client(&[at(Role::Administrator, &world.outside)])
            .await
            .delete(&format!("/tokens/{id}"))
            .await
            .expect(404);
        person.delete(&format!("/tokens/{id}")).await.expect(204);
        machine.get("/cameras").await.expect(401);
    });
}
