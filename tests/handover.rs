//! What a shift learns and hands over.
#![expect(clippy::indexing_slicing, reason = "a test may panic")]

use std::time::Duration;

use anyhow::{Context, ensure};
use blackbox::{Camsim, Server, Settings, eventually, list, number, text};
use reqwest::Method;
use serde_json::{Value, json};

const CAMERAS: &str = r#"
[[camera]]
name = "people"
main = "people-main-h264.mp4"
sub = "people-sub-h264.mp4"
"#;

/// A camera that somebody turns to another street after a while.
const TURNED: &str = r#"
[[camera]]
name = "turned"
main = "people-sub-h264.mp4"
faults.main.change = { after = 15, to = "junction-sub-h264.mp4" }
"#;

/// Time for something to be flagged. Programs of a debug build on a busy machine are slow.
const FLAG_LIMIT: Duration = Duration::from_mins(2);

/// The oldest item that nobody has looked at.
async fn new_item(server: &Server) -> anyhow::Result<Value> {
    eventually(FLAG_LIMIT, || async {
        let queue = server.api.get("review-items?state=new").await?;
        list(&queue, "/items")?.first().cloned().context("nothing is flagged yet")
    })
    .await
}

/// Its rule goes on firing, so the version is read just before.
async fn step(server: &Server, id: &str, body: &Value) -> anyhow::Result<Value> {
    let path = format!("review-items/{id}");
    eventually(Duration::from_secs(20), || async {
        let mut body = body.clone();
        body["version"] = server.api.get(&path).await?["version"].clone();
        server.api.call(Method::POST, &format!("{path}/steps"), Some(&body)).await?.ok()
    })
    .await
}

#[tokio::test]
async fn what_is_dismissed_is_learnt_and_the_like_of_it_is_kept_quiet_until_it_is_forgotten()
-> anyhow::Result<()> {
    // One and the same piece of footage comes again and again: the same people at the same places.
    let camsim = Camsim::start(CAMERAS)?;
    let config = "[review]\nquiet_after = 1\n".to_owned();
    let server = Server::start(Settings { vision: true, config, ..Settings::default() }).await?;
    let commune = server.place("Xã Bình An", "commune", None).await?;
    let rule = json!({ "name": "Có người", "severity": "alert", "classes": ["person"],
        "condition": { "type": "appears" } });
    server.api.post("rules", &json!({ "place_id": commune, "rule": rule })).await?;
    let more = json!({ "sub_url": camsim.sub("people")? });
    let camera = server.camera(&commune, "Chợ", &camsim.main("people")?, &more).await?;

    let item = new_item(&server).await?;
    let dismissed =
        step(&server, &text(&item, "/id")?, &json!({ "step": "dismiss", "reason": "known_person" })).await?;
    assert_eq!(dismissed["state"], "dismissed");
    let list_of = format!("cameras/{camera}/quiet");
    let suppressed = eventually(FLAG_LIMIT, || async {
        let learnt = server.api.get(&list_of).await?;
        let spots = list(&learnt, "/items")?;
        let quiet = spots.iter().find(|spot| number(spot, "/suppressed").is_ok_and(|count| count > 0.5));
        quiet.cloned().with_context(|| format!("nothing was kept quiet: {spots:?}"))
    })
    .await?;
    ensure!(suppressed["active_since"].is_string(), "{suppressed}");
    assert_eq!(suppressed["examples"][0]["item_id"], item["id"]);
    let id = text(&suppressed, "/id")?;
    let story = server.api.get(&format!("quiet/{id}")).await?;
    let hushed = &story["suppressed_firings"][0];
    ensure!(text(hushed, "/why/vi")?.starts_with("Một người"), "{hushed}");
    assert_eq!(hushed["camera_id"], camera.as_str());

    let listed = server.cli(&["quiet", "list", "--camera", &camera]).await?;
    ensure!(list(&listed, "/items")?.iter().any(|spot| spot["id"] == id.as_str()), "{listed}");
    server.cli(&["quiet", "forget", &id]).await?;
    let left = list(&server.api.get(&list_of).await?, "/items")?;
    ensure!(left.iter().all(|spot| spot["id"] != id.as_str()), "{left:?}");
    let again = server.run(&["quiet", "forget", &id], "").await?;
    ensure!(!again.status.success(), "there is nothing left to forget");
    Ok(())
}

#[tokio::test]
async fn a_camera_that_is_turned_is_told_once() -> anyhow::Result<()> {
    let camsim = Camsim::start(TURNED)?;
    let server = Server::analysing().await?;
    let commune = server.place("Xã Bình An", "commune", None).await?;
    let turned =
        json!({ "name": "Bị xoay", "severity": "alert", "condition": { "type": "covered", "seconds": 3 } });
    server.api.post("rules", &json!({ "place_id": commune, "rule": turned })).await?;
    let camera = server.camera(&commune, "Chợ", &camsim.main("turned")?, &json!({})).await?;
    server.received(&camera, "main", 75.0).await?;
    assert_eq!(server.api.get("review-items").await?["items"], json!([]), "people walk by");
    let item = new_item(&server).await?;
    ensure!(text(&item, "/why/vi")?.starts_with("Camera bị che hoặc bị xoay"), "{item}");
    assert_eq!(item["camera_id"], camera.as_str());
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert_eq!(new_item(&server).await?["firings"], 1, "it stays turned, and is told once");
    Ok(())
}

#[tokio::test]
async fn a_shift_hands_over_what_came_and_what_is_open() -> anyhow::Result<()> {
    let mut camsim = Camsim::start(CAMERAS)?;
    let server = Server::recording().await?;
    let commune = server.place("Xã <Bình An>", "commune", None).await?;
    let camera = server.camera(&commune, "Chợ", &camsim.main("people")?, &json!({})).await?;
    let offline = json!({ "name": "Mất kết nối", "severity": "alert",
        "condition": { "type": "camera_offline", "seconds": 2 } });
    server.api.post("rules", &json!({ "place_id": commune, "rule": offline })).await?;
    server.received(&camera, "main", 15.0).await?;
    let shift = server.api.post("shifts", &json!({ "place_id": commune })).await?;
    let path = format!("shifts/{}", text(&shift, "/id")?);
    let twice = server.api.call(Method::POST, "shifts", Some(&json!({ "place_id": commune }))).await?;
    assert_eq!(twice.status, 409);

    camsim.offline("people")?;
    let item = new_item(&server).await?;
    let report = eventually(Duration::from_secs(20), || async {
        let report = server.api.get(&format!("{path}/report")).await?;
        ensure!(report["cameras"][0]["missing_because"] == "camera_offline", "{report}");
        Ok(report)
    })
    .await?;
    assert_eq!(report["came"], json!([{ "severity": "alert", "state": "new", "count": 1 }]));
    assert_eq!((&report["open"][0]["id"], &report["offline"][0]["camera_id"]), (&item["id"], &json!(camera)));
    step(&server, &text(&item, "/id")?, &json!({ "step": "take" })).await?;
    let closed = server.api.post(&format!("{path}/close"), &json!({ "note": "Camera chợ hỏng" })).await?;
    assert_eq!(closed["note"], "Camera chợ hỏng");
    step(&server, &text(&item, "/id")?, &json!({ "step": "confirm" })).await?;

    // What was done after it is not of that shift.
    let report = server.api.get(&format!("{path}/report")).await?;
    assert_eq!(
        (&report["came"][0]["state"], &report["open_count"]),
        (&json!("taken"), &json!(1)),
        "{report}"
    );
    ensure!(
        number(&report, "/until_taken/count")? > 0.5 && report["until_decided"]["count"] == 0,
        "{report}"
    );
    let (kind, page) = server.api.bytes(&format!("{path}/report?format=html&lang=vi")).await?;
    let page = String::from_utf8(page)?;
    ensure!(kind.starts_with("text/html"), "{kind}");
    for wanted in ["Xã &lt;Bình An&gt;", "Camera chợ hỏng", "Camera mất kết nối", "mất kết nối từ"]
    {
        ensure!(page.contains(wanted), "no {wanted} in {page}");
    }
    ensure!(!page.contains("<script") && !page.contains("<Bình"), "{page}");
    Ok(())
}
