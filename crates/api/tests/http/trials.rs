//! Cameras are tried, looked for and discovered before they are added.

use domain::{Action, Role};
use index::AuditQuery;
use serde_json::json;

use crate::problems::problem;
use crate::world::{World, at, root, run};

#[test]
fn a_trial_shows_pictures_where_they_are_wanted() {
    run(|world| async move {
        let client = world.client(&[at(Role::Operator, &world.inside)]).await;
        let address = json!({"main_url": "rtsp://192.0.2.8/main"});
        let plain = client.post("/cameras/probe", address).await.expect(200).json();
        assert!(plain["streams"][0].get("picture").is_none(), "{plain}");
        let address = json!({"main_url": "rtsp://192.0.2.8/main", "pictures": true});
        let shown = client.post("/cameras/probe", address).await.expect(200).json();
        assert_eq!(shown["streams"][0]["picture"], "/9j/");

        let stored = format!("/cameras/{}/probe", world.camera.id);
        let shown = client.post(&stored, json!({"pictures": true})).await.expect(200).json();
        assert_eq!(shown["streams"][0]["picture"], "/9j/");
        let empty = client.request("POST", &stored).body(axum::body::Body::empty()).unwrap();
        assert!(client.send(empty).await.expect(200).json()["streams"][0].get("picture").is_none());
        problem(&client.post(&stored, json!({"picture": true})).await, 400, "picture", "an unknown field");
        let told = audited(&world).await;
        assert!(told.contains(&format!("camera/{}", world.camera.id)), "{told:?}");
    });
}

async fn audited(world: &World) -> Vec<String> {
    let query = AuditQuery { action: Some("camera.probe".to_owned()), limit: 50, ..AuditQuery::default() };
    let page = world.index.audit(&query).await.unwrap();
    page.entries.into_iter().map(|entry| entry.entry.target).collect()
}

#[test]
fn streams_are_found_by_the_host_alone() {
    run(|world| async move {
        let client = world.client(&[at(Role::Operator, &world.inside)]).await;
        let found = client.post("/cameras/find", json!({"host": "192.0.2.8"})).await.expect(200).json();
        assert_eq!(found["main_url"], "rtsp://192.0.2.8/stream1");
        assert_eq!((&found["sub_url"], &found["tried"]), (&json!(null), &json!([])));
        let asked = json!({"host": "192.0.2.8", "port": 8554, "password": "hunter2"});
        let reply = client.post("/cameras/find", asked).await.expect(200);
        assert!(!reply.text().contains("hunter2"));
        let (host, credentials) = world.cameras.sought.lock().unwrap().last().unwrap().clone();
        assert_eq!(host.as_str(), "rtsp://192.0.2.8:8554/");
        let credentials = credentials.unwrap();
        assert_eq!((credentials.username.as_str(), credentials.password.reveal()), ("admin", "hunter2"));

        let closed = client.post("/cameras/find", json!({"host": "nobody.local"})).await;
        problem(&closed, 422, "port", "a closed port");
        let body = closed.json();
        assert_eq!(body["failure"]["kind"], "refused");
        assert_eq!(
            (&body["failure"]["remedy"]["vi"], &body["remedy"]),
            (&json!("Thử lại"), &json!("try again"))
        );
        let locked = json!({"host": "locked.local", "username": "admin", "password": "x"});
        problem(&client.post("/cameras/find", locked).await, 422, "password", "a refused password");
        for (body, field) in [
            (json!({"host": "rtsp://admin:hunter2@192.0.2.8/"}), "host"),
            (json!({"host": "192.0.2.8", "port": 0}), "port"),
            (json!({"host": "192.0.2.8", "username": "a:b"}), "credentials.username"),
        ] {
            let reply = client.post("/cameras/find", body).await;
            assert!(!reply.text().contains("hunter2"));
            problem(&reply, 400, field, "bad input");
        }
    });
}

#[test]
fn the_network_tells_of_cameras_and_which_are_known() {
    run(|world| async move {
        let main_url = "rtsp://192.0.2.1:554/stream1".parse().unwrap();
        let new = index::NewCamera { main_url, ..crate::world::new_camera("Cổng", world.outside.id) };
        let known = world.index.create_camera(new).await.unwrap();
        let client = world.client(&[at(Role::Operator, &world.outside)]).await;
        let found = client.post("/cameras/discover", json!({})).await.expect(200).json();
        let items = found["items"].as_array().unwrap();
        assert_eq!(items.len(), 2);
        assert_eq!((&items[0]["address"], &items[0]["camera_id"]), (&json!("192.0.2.1"), &json!(known.id)));
        assert_eq!((&items[1]["name"], &items[1]["camera_id"]), (&json!("Cổng"), &json!(null)));
        // Who may not see the camera is not told of it.
        let elsewhere = world.client(&[at(Role::Operator, &world.inside)]).await;
        let found = elsewhere.post("/cameras/discover", json!({})).await.expect(200).json();
        assert_eq!(found["items"][0]["camera_id"], json!(null));
        assert!(Role::Operator.allows(Action::ManageCameras));
        root(&world).await.post("/cameras/discover", json!({})).await.expect(200);
    });
}
