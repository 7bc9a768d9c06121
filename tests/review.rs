//! The duty officer's day: rules that flag, items that are reviewed, what nobody looks at.
#![expect(clippy::indexing_slicing, reason = "a test may panic")]

use std::time::Duration;

use anyhow::{Context, ensure};
use blackbox::{Camsim, Server, Settings, eventually, list, number, stamp, text};
use reqwest::Method;
use serde_json::{Value, json};

const CAMERAS: &str = r#"
[[camera]]
name = "people"
main = "people-main-h264.mp4"
sub = "people-sub-h264.mp4"
"#;

/// Time for something to be flagged. Programs of a debug build on a busy machine are slow.
const FLAG_LIMIT: Duration = Duration::from_secs(90);

/// A rule for people.
fn rule(name: &str, severity: &str, condition: &Value) -> Value {
    json!({ "name": name, "severity": severity, "classes": ["person"], "condition": condition })
}

/// A line down the middle of the picture.
fn middle() -> Value {
    json!({ "type": "crosses", "line": { "name": "Giữa", "from": [0.5, 0.0], "to": [0.5, 1.0] }, "direction": "any" })
}

/// The oldest item of a rule in one of the states.
async fn item(server: &Server, rule: &str, states: &[&str]) -> anyhow::Result<Value> {
    let query: Vec<_> = states.iter().map(|state| format!("state={state}")).collect();
    eventually(FLAG_LIMIT, || async {
        let queue = server.api.get(&format!("review-items?{}", query.join("&"))).await?;
        let items = list(&queue, "/items")?;
        let found = items.iter().find(|item| item["rule_name"] == rule).cloned();
        found.with_context(|| format!("no item of {rule} among {items:?}"))
    })
    .await
}

async fn step(server: &Server, item: &Value, body: Value) -> anyhow::Result<blackbox::Answer> {
    let mut body = body;
    body["version"] = item["version"].clone();
    let path = format!("review-items/{}/steps", text(item, "/id")?);
    server.api.call(Method::POST, &path, Some(&body)).await
}

#[tokio::test]
async fn what_a_rule_flags_is_reviewed_and_what_nobody_looks_at_is_escalated() -> anyhow::Result<()> {
    let camsim = Camsim::start(CAMERAS)?;
    let config = "[review]\nescalate_alarm_minutes = 0.1\n".to_owned();
    let server = Server::start(Settings { vision: true, config, ..Settings::default() }).await?;
    let province = server.place("Tỉnh Thử", "province", None).await?;
    let commune = server.place("Xã Bình An", "commune", Some(&province)).await?;
    let add = |place: &str, rule: Value| json!({ "place_id": place, "rule": rule });

    // What makes no rule is refused, and says which field and why.
    let bow = json!([[0.1, 0.1], [0.9, 0.9], [0.9, 0.1], [0.1, 0.9]]);
    let bow_tie = json!({ "type": "enters", "zone": { "name": "Sân", "corners": bow } });
    for (wrong, field) in [
        (rule("Sân", "alert", &bow_tie), "condition.zone"),
        (rule("", "alert", &middle()), "name"),
        (json!({ "name": "x", "severity": "alert", "condition": middle(), "min_score": 7 }), "min_score"),
        (
            json!({ "name": "x", "severity": "alert", "condition": middle(), "schedule": { "weekly": [] } }),
            "schedule",
        ),
        (json!({ "name": "x", "severity": "alert", "condition": middle(), "cameras": [commune] }), "cameras"),
    ] {
        let refused = server.api.call(Method::POST, "rules", Some(&add(&commune, wrong))).await?.problem()?;
        assert_eq!(refused["field"], field, "{refused}");
        assert!(!text(&refused, "/remedy")?.is_empty());
    }

    let began = chrono::Utc::now();
    let more = json!({ "sub_url": camsim.sub("people")? });
    let camera = server.camera(&commune, "Chợ", &camsim.main("people")?, &more).await?;
    // One at the camera's own place, one at the place above.
    let crosses = server.api.post("rules", &add(&commune, rule("Qua giữa chợ", "alert", &middle()))).await?;
    let appears = rule("Có người", "alarm", &json!({ "type": "appears" }));
    server.api.post("rules", &add(&province, appears)).await?;

    // The item says why, in both languages, and leads to the event and its footage.
    let flagged = item(&server, "Qua giữa chợ", &["new"]).await?;
    assert_eq!((&flagged["camera_id"], &flagged["place_id"]), (&json!(camera), &json!(commune)));
    let vi = text(&flagged, "/why/vi")?;
    assert!(vi.starts_with("Một người đi qua vạch “Giữa”"), "{vi}");
    assert!(text(&flagged, "/why/en")?.starts_with("A person crossed the line"));
    let story = server.api.get(&format!("review-items/{}", text(&flagged, "/id")?)).await?;
    let event = text(&story, "/fired/0/event_id")?;
    assert_eq!(story["fired"][0]["rule"]["condition"], middle());
    let event = server.api.get(&format!("events/{event}")).await?;
    ensure!(list(&event, "/flagged")?.iter().any(|flag| flag["rule_name"] == "Qua giữa chợ"), "{event}");

    // Two officers cannot both act on it. Its rule goes on firing, so the version is read just before.
    let taken = eventually(Duration::from_secs(20), || async {
        let now = item(&server, "Qua giữa chợ", &["new"]).await?;
        Ok((now.clone(), step(&server, &now, json!({ "step": "take" })).await?.ok()?))
    })
    .await?;
    let (before, taken) = taken;
    assert_eq!((&taken["state"], &taken["officer"]["username"]), (&json!("taken"), &json!("admin")));
    let late = step(&server, &before, json!({ "step": "dismiss", "note": "Lá cây" })).await?;
    assert_eq!(late.status, 409);
    let late = late.problem()?;
    assert!(text(&late, "/detail")?.contains("admin"), "who was faster: {late}");
    let wordless = step(&server, &taken, json!({ "step": "dismiss" })).await?.problem()?;
    assert_eq!(wordless["field"], "note");

    // Confirming holds its footage; a decision can be taken back, and the whole story stays.
    let confirmed = step(&server, &taken, json!({ "step": "confirm", "note": "Đúng" })).await?.ok()?;
    assert_eq!(confirmed["state"], "confirmed");
    let holds = list(&server.api.get("holds").await?, "/items")?;
    ensure!(holds.iter().any(|hold| hold["camera_id"] == camera.as_str()), "{holds:?}");
    let again = step(&server, &confirmed, json!({ "step": "take" })).await?;
    assert_eq!(again.status, 409, "it is decided");
    let reopened = step(&server, &confirmed, json!({ "step": "reopen" })).await?.ok()?;
    let dismissed =
        step(&server, &reopened, json!({ "step": "dismiss", "note": "Người nhà" })).await?.ok()?;
    assert_eq!(dismissed["dismissed_because"], "Người nhà");
    let story = server.api.get(&format!("review-items/{}", text(&dismissed, "/id")?)).await?;
    let steps: Vec<Value> = list(&story, "/steps")?.iter().map(|step| step["step"].clone()).collect();
    assert_eq!(steps, ["take", "confirm", "reopen", "dismiss"]);

    // Nobody looks at the alarm: it goes to the place above by itself.
    let escalated = item(&server, "Có người", &["escalated"]).await?;
    assert_eq!(escalated["assigned_place_id"], province, "{escalated}");
    let queue = server.api.get("review-items").await?;
    assert_eq!(queue["items"][0]["severity"], "alarm", "the worst first: {queue}");
    ensure!(number(&queue, "/counts/dismissed")? > 0.5, "{queue}");

    // The same rule on the past finds what it flagged, one that asks for more finds less, and nothing is flagged by it.
    let test = async |condition: Value| {
        let body = json!({ "place_id": commune, "rule": rule("Thử", "alarm", &condition),
            "from": stamp(began), "to": stamp(chrono::Utc::now()) });
        server.api.post("rules/test", &body).await
    };
    let tested = test(middle()).await?;
    ensure!(
        number(&tested, "/firings")? > 0.5 && tested["items"][0]["camera_id"] == camera.as_str(),
        "{tested}"
    );
    assert_eq!(test(json!({ "type": "more_than", "count": 150 })).await?["firings"], 0);
    // As if the camera looked down on a square of 30 m.
    let ground = json!({ "corners": [[0, 0], [1, 0], [1, 1], [0, 1]], "width": 30, "length": 30 });
    let faster = async |kmh: u32| test(json!({ "type": "speed", "kmh": kmh, "ground": ground })).await;
    let fast = faster(3).await?;
    ensure!(number(&fast, "/firings")? > 0.5 && number(&fast, "/items/0/measured/kmh")? > 3.0, "{fast}");
    assert_eq!(faster(200).await?["firings"], 0, "nobody runs like that");

    // A rule that is removed flags no more; what it flagged stays.
    let path = format!("rules/{}", text(&crosses, "/id")?);
    server.api.remove(&path).await?;
    server.api.get(&format!("review-items/{}", text(&dismissed, "/id")?)).await?;
    assert_eq!(list(&server.api.get("rules").await?, "/items")?.len(), 1);
    Ok(())
}

#[tokio::test]
async fn a_camera_that_stays_away_is_flagged_once() -> anyhow::Result<()> {
    let mut camsim = Camsim::start(CAMERAS)?;
    let server = Server::recording().await?;
    let commune = server.place("Xã Bình An", "commune", None).await?;
    let camera = server.camera(&commune, "Chợ", &camsim.main("people")?, &json!({})).await?;
    let offline = json!({ "name": "Mất kết nối", "severity": "alert",
        "condition": { "type": "camera_offline", "seconds": 2 } });
    server.api.post("rules", &json!({ "place_id": commune, "rule": offline })).await?;
    server.received(&camera, "main", 15.0).await?;
    assert_eq!(server.api.get("review-items").await?["items"], json!([]));
    camsim.offline("people")?;
    let flagged = item(&server, "Mất kết nối", &["new"]).await?;
    assert_eq!(flagged["camera_id"], camera.as_str());
    assert!(text(&flagged, "/why/vi")?.starts_with("Camera mất kết nối"), "{flagged}");
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert_eq!(item(&server, "Mất kết nối", &["new"]).await?["firings"], 1, "told once");
    let past = json!({ "place_id": commune, "rule": offline, "from": "2026-11-18T00:00:00Z", "to": "2026-11-19T00:00:00Z" });
    let refused = server.api.call(Method::POST, "rules/test", Some(&past)).await?.problem()?;
    assert_eq!(refused["field"], "rule.condition");
    Ok(())
}

#[tokio::test]
async fn presets_become_ordinary_rules() -> anyhow::Result<()> {
    let server = Server::recording().await?;
    let school = server.place("Trường Bình An", "hamlet", None).await?;
    let presets = list(&server.api.get("rule-presets").await?, "/items")?;
    ensure!(presets.len() >= 7, "{presets:?}");
    let applied = server.api.post("rule-presets/safe-school/apply", &json!({ "place_id": school })).await?;
    let rules = list(&server.api.get("rules").await?, "/items")?;
    assert_eq!(rules.len(), list(&applied, "/items")?.len());
    let path = format!("rules/{}", text(&rules[0], "/id")?);
    let mut changed = rules[0].clone();
    for field in ["id", "place_id", "created_at", "version"] {
        changed.as_object_mut().context("a rule")?.remove(field);
    }
    changed["enabled"] = json!(false);
    let put = |version: i64| {
        server.api.request(Method::PUT, &format!("{path}?version={version}")).json(&changed).send()
    };
    let answer: Value = put(1).await?.error_for_status()?.json().await?;
    assert_eq!((&answer["enabled"], &answer["version"]), (&json!(false), &json!(2)));
    assert_eq!(put(1).await?.status(), 412, "an old version");
    let body = json!({ "place_id": school });
    let unknown = server.api.call(Method::POST, "rule-presets/flying/apply", Some(&body)).await?;
    assert_eq!(unknown.status, 404);
    Ok(())
}
