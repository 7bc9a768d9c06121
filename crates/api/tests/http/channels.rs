//! Channels and deliveries over HTTP.

use domain::{DeliveryId, DeliveryTrouble, Role};
use index::{DeliveryFailure, Settled};
use serde_json::{Value, json};

use crate::world::{World, at, root, rule, run};

fn webhook(world: &World) -> Value {
    let channel =
        json!({"name": "Nhóm Tổ 5", "settings": {"type": "webhook", "url": "https://example.vn/hook"}});
    json!({"place_id": world.home.id, "channel": channel, "credentials": {"secret": "hunter2"}})
}

#[test]
fn secrets_go_in_and_never_out() {
    run(|world| async move {
        let operator = world.client(&[at(Role::Operator, &world.inside)]).await;
        let made = operator.post("/channels", webhook(&world)).await.expect(201);
        assert_eq!(
            (&made.headers["etag"], &made.json()["has_secrets"]),
            (&"\"1\"".parse().unwrap(), &json!(true))
        );
        let path = format!("/channels/{}", made.json()["id"].as_str().unwrap());
        let mut seen = made.text();
        for asked in [path.as_str(), "/channels"] {
            seen += &operator.get(asked).await.expect(200).text();
        }
        let renamed =
            operator.json("PATCH", &path, json!({"version": 1, "name": "Nhóm khác"})).await.expect(200);
        assert_eq!(
            (&renamed.json()["name"], &renamed.json()["has_secrets"]),
            (&json!("Nhóm khác"), &json!(true))
        );
        seen += &renamed.text();
        seen += &root(&world).await.get("/audit?action=channel.").await.expect(200).text();
        assert!(seen.contains("channel.create") && !seen.contains("hunter2"), "{seen}");
        // Nobody turns the address of a channel without knowing its secret.
        let turned = json!({"version": 2, "settings": {"type": "webhook", "url": "https://elsewhere.vn/"}});
        let refused = operator.json("PATCH", &path, turned.clone()).await.expect(400).json();
        assert_eq!(refused["field"], "credentials", "{refused}");
        let mut knowing = turned;
        knowing["credentials"] = json!({"secret": "another"});
        operator.json("PATCH", &path, knowing).await.expect(200);
        operator.json("PATCH", &path, json!({"version": 2, "enabled": false})).await.expect(412);
        operator.delete(&format!("{path}?version=3")).await.expect(204);
        operator.get(&path).await.expect(404);
    });
}

#[test]
fn what_makes_no_channel_names_the_field() {
    run(|world| async move {
        let operator = world.client(&[at(Role::Operator, &world.inside)]).await;
        for (pointer, value, field) in [
            ("/channel/name", json!(""), "name"),
            ("/channel/settings/url", json!("ftp://example.vn/"), "settings.url"),
            ("/channel/settings/url", json!("https://me:pw@example.vn/"), "settings.url"),
            ("/credentials/secret", json!(""), "credentials"),
            ("/channel/settings/type", json!("pigeon"), "channel.settings.type"),
            ("/place_id", json!(world.outside.id), "place_id"),
        ] {
            let mut body = webhook(&world);
            *body.pointer_mut(pointer).unwrap() = value;
            let reply = operator.post("/channels", body).await;
            assert!(reply.status.is_client_error(), "{pointer}: {}", reply.text());
            assert_eq!(reply.json()["field"], field, "{}", reply.text());
        }
        let mut bare = webhook(&world);
        bare["credentials"] = json!({});
        let refused = operator.post("/channels", bare).await.expect(400).json();
        assert!(refused["detail"].as_str().unwrap().contains("secret is missing"), "{refused}");
    });
}

#[test]
fn what_was_given_up_is_seen_and_sent_again() {
    run(|world| async move {
        let operator = world.client(&[at(Role::Operator, &world.inside)]).await;
        let stranger = world.client(&[at(Role::Operator, &world.outside)]).await;
        let channel = world.channel("Nhóm").await.id;
        let made = world.index.create_rule(world.home.id, &rule("Đêm")).await.unwrap();
        let item = world.flag(&made).await;
        let list = format!("/deliveries?channel={channel}&item={item}");
        let found = operator.get(&list).await.expect(200).json();
        let delivery = &found["items"][0];
        assert_eq!((&delivery["kind"], &delivery["state"]), (&json!("new"), &json!("pending")), "{found}");
        assert_eq!(delivery["warning"]["why"]["en"], "An object appeared.", "{found}");
        assert_eq!(delivery["warning"]["places"][1], json!(world.home.name), "{found}");
        assert_eq!(stranger.get(&list).await.expect(200).json()["items"], json!([]));

        let id: DeliveryId = delivery["id"].as_str().unwrap().parse().unwrap();
        let resend = format!("/deliveries/{id}/resend");
        operator.post(&resend, json!({})).await.expect(409);
        let failure =
            DeliveryFailure { trouble: DeliveryTrouble::Address, error: "nobody is there".to_owned() };
        let dead = Settled::Dead { failure };
        world.index.settle_deliveries(&[id], &dead).await.unwrap();
        let given_up = operator.get(&format!("{list}&state=dead")).await.expect(200).json();
        let told = &given_up["items"][0];
        assert_eq!(
            (&told["last_trouble"], &told["last_error"]),
            (&json!("address"), &json!("nobody is there"))
        );
        let again = operator.post(&resend, json!({})).await.expect(200).json();
        assert_eq!((&again["state"], &again["attempts"]), (&json!("pending"), &json!(0)));
        assert_eq!(again["idempotency_key"], delivery["idempotency_key"]);

        let tried = operator.post(&format!("/channels/{channel}/test"), json!({})).await.expect(202).json();
        assert_eq!((&tried["kind"], &tried["warning"]), (&json!("test"), &Value::Null));
        let first = operator.get(&format!("/deliveries?channel={channel}&limit=1")).await.expect(200).json();
        assert_eq!(first["items"][0]["id"], tried["id"], "latest first");
        let cursor = first["next_cursor"].as_str().unwrap();
        let second = format!("/deliveries?channel={channel}&limit=1&cursor={cursor}");
        assert_eq!(operator.get(&second).await.expect(200).json()["items"][0]["id"], json!(id));
        for wrong in ["state=lost", "cursor=x", "limit=0", "colour=red"] {
            operator.get(&format!("/deliveries?{wrong}")).await.expect(400);
        }
    });
}
