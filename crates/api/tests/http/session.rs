//! Signing in, and staying so.

use std::time::Duration;

use api::ports::ApiConfig;
use axum::body::Body;
use axum::http::header;
use domain::Role;
use serde_json::json;

use crate::world::{Client, PASSWORD, Reply, World, at, root, run, run_with};

fn cookie_of(reply: &Reply) -> String {
    let set = reply.headers[header::SET_COOKIE].to_str().unwrap();
    set.strip_prefix("taimat_session=").unwrap().split(';').next().unwrap().to_owned()
}

async fn username(world: &World, roles: &[index::RoleAt]) -> String {
    let user = world.user(roles).await;
    world.index.user(user).await.unwrap().username
}

#[test]
fn a_person_signs_in_looks_and_signs_out() {
    let config = ApiConfig { secure_cookies: true, ..ApiConfig::default() };
    run_with(config, |world| async move {
        let name = username(&world, &[at(Role::DutyOfficer, &world.inside)]).await;
        let mut client = world.nobody();
        let typed = json!({"username": name.to_uppercase(), "password": PASSWORD});
        let reply = client.post("/session", typed).await.expect(201);
        let cookie = reply.headers[header::SET_COOKIE].to_str().unwrap().to_owned();
        for part in ["HttpOnly", "SameSite=Lax", "Secure", "Path=/"] {
            assert!(cookie.contains(part), "{cookie}");
        }
        assert!(!reply.text().contains("argon2"));
        client.cookie = Some(cookie_of(&reply));
        let session = client.get("/session").await.expect(200).json();
        assert_eq!(session["user"]["username"], json!(name));
        let review = json!({"action": "review", "everywhere": false, "places": [world.inside.id]});
        assert!(session["rights"].as_array().unwrap().contains(&review), "{session}");
        let gone = client.delete("/session").await.expect(204);
        assert!(gone.headers[header::SET_COOKIE].to_str().unwrap().contains("Max-Age=0"));
        client.get("/session").await.expect(401);
    });
}

#[test]
fn a_session_lasts_while_it_is_used_but_not_for_ever() {
    run(|world| async move {
        let name = username(&world, &[]).await;
        let mut client = world.nobody();
        let reply =
            client.post("/session", json!({"username": name, "password": PASSWORD})).await.expect(201);
        client.cookie = Some(cookie_of(&reply));
        for _ in 0..29 {
            world.clock.advance(Duration::from_hours(23));
            client.get("/session").await.expect(200);
        }
        for _ in 0..3 {
            world.clock.advance(Duration::from_hours(23));
            client.get("/session").await;
        }
        client.get("/session").await.expect(401);
    });
}

#[test]
fn guessing_passwords_is_slow_and_looks_the_same_for_every_name() {
    run(|world| async move {
        let name = username(&world, &[]).await;
        let client = Client { peer: Some("203.0.113.5"), ..world.nobody() };
        let wrong = client
            .post("/session", json!({"username": name, "password": "wrong password"}))
            .await
            .expect(401);
        let unknown = json!({"username": "nobody-of-that-name", "password": "wrong password"});
        assert_eq!(client.post("/session", unknown.clone()).await.expect(401).body, wrong.body);
        let mut last = wrong;
        for _ in 0..9 {
            last = client.post("/session", unknown.clone()).await;
        }
        assert_eq!((last.status.as_u16(), last.code().as_str()), (429, "too_many_attempts"));
        let wait: u64 = last.headers[header::RETRY_AFTER].to_str().unwrap().parse().unwrap();
        assert!((1..=30).contains(&wait));
        // The right password does not help whoever guesses from there …
        let right = json!({"username": name, "password": PASSWORD});
        client.post("/session", right.clone()).await.expect(429);
        // … and does at another place, or later.
        let elsewhere = Client { peer: Some("203.0.113.6"), ..client.clone() };
        elsewhere.post("/session", right.clone()).await.expect(201);
        world.clock.advance(Duration::from_mins(2));
        client.post("/session", right).await.expect(201);
    });
}

#[test]
fn the_address_is_the_one_that_a_trusted_proxy_names() {
    let config = ApiConfig { trusted_proxies: vec!["10.0.0.1".parse().unwrap()], ..ApiConfig::default() };
    run_with(config, |world| async move {
        let attempt = |peer: &'static str, forwarded: &'static str| {
            let client = Client { peer: Some(peer), ..world.nobody() };
            async move {
                let body =
                    json!({"username": uuid::Uuid::new_v4().to_string(), "password": "wrong password"});
                let request =
                    client.request("POST", "/session").header(header::CONTENT_TYPE, "application/json");
                let request = request.header("x-forwarded-for", forwarded).body(Body::from(body.to_string()));
                client.send(request.unwrap()).await.status.as_u16()
            }
        };
        for _ in 0..10 {
            assert_eq!(attempt("10.0.0.1", "198.51.100.1, 203.0.113.77").await, 401);
        }
        assert_eq!(attempt("10.0.0.1", "198.51.100.99, 203.0.113.77").await, 429);
        assert_eq!(attempt("10.0.0.1", "203.0.113.78").await, 401);
        // Who is no proxy cannot hide behind a header.
        for _ in 0..10 {
            attempt("203.0.113.90", "198.51.100.2").await;
        }
        assert_eq!(attempt("203.0.113.90", "198.51.100.3").await, 429);
    });
}

#[test]
fn a_new_password_ends_the_old_sessions() {
    run(|world| async move {
        let user = world.user(&[]).await;
        let [one, other] = [world.session(user).await, world.session(user).await];
        let mut one = Client { cookie: Some(one), ..world.nobody() };
        let other = Client { cookie: Some(other), ..world.nobody() };
        let change = |current: &str, new: &str| json!({"current": current, "new": new});
        let wrong = one
            .json("PUT", "/session/password", change("wrong password", "a new password"))
            .await
            .expect(400);
        assert_eq!(wrong.json()["field"], "current");
        let short = one.json("PUT", "/session/password", change(PASSWORD, "short")).await.expect(400);
        assert_eq!(short.json()["field"], "new");
        let reply =
            one.json("PUT", "/session/password", change(PASSWORD, "a new password")).await.expect(200);
        one.cookie = Some(cookie_of(&reply));
        one.get("/session").await.expect(200);
        other.get("/session").await.expect(401);
    });
}

#[test]
fn other_sites_change_nothing() {
    run(|world| async move {
        let client = root(&world).await;
        let send = |site: &'static str, kind: &'static str| {
            let request = client.request("POST", "/places").header("sec-fetch-site", site);
            let body = json!({"name": "x", "kind": "hamlet", "parent_id": world.inside.id}).to_string();
            let request = request.header(header::CONTENT_TYPE, kind).body(Body::from(body)).unwrap();
            let client = client.clone();
            async move { client.send(request).await }
        };
        assert_eq!(send("cross-site", "application/json").await.expect(403).code(), "cross_site");
        send("same-origin", "text/plain").await.expect(415);
        send("same-origin", "application/json").await.expect(201);
    });
}

#[test]
fn an_administrator_who_gives_up_the_role_has_lost_it_at_once() {
    run(|world| async move {
        let client = root(&world).await;
        let me = client.get("/session").await.expect(200).json()["user"].clone();
        let roles = format!("/users/{}/roles", me["id"].as_str().unwrap());
        client.json("PUT", &roles, json!({"version": me["version"], "roles": []})).await.expect(200);
        client.get("/users").await.expect(403);
    });
}
