//! What an investigator does: asks whether anything moved, gathers what was found, and takes it away.

use std::io::{Cursor, Read};
use std::time::Duration;

use anyhow::{Context, ensure};
use blackbox::{Camsim, Server, Stretch, decode_errors, eventually, list, number, probe, text};
use reqwest::Method;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use zip::ZipArchive;

const CAMERAS: &str = r#"
[[camera]]
name = "people"
main = "people-main-h264.mp4"
sub = "people-sub-h264.mp4"

[[camera]]
name = "quiet"
main = "quiet-main-h264.mp4"
sub = "quiet-sub-h264.mp4"
"#;

/// The lines of a search for movement.
async fn moved(server: &Server, camera: &str, part: Stretch, sensitivity: u8) -> anyhow::Result<Vec<Value>> {
    let area = json!({ "x": 0.0, "y": 0.0, "width": 1.0, "height": 1.0 });
    let body = json!({ "from": part.from, "to": part.to, "area": area, "sensitivity": sensitivity });
    let request = server.api.request(Method::POST, &format!("cameras/{camera}/moved")).json(&body);
    let answer = request.send().await?.error_for_status()?.text().await?;
    answer.lines().map(|line| Ok(serde_json::from_str(line)?)).collect()
}

fn of(lines: &[Value], kind: &str) -> Vec<Value> {
    lines.iter().filter(|line| line["type"] == kind).cloned().collect()
}

#[tokio::test]
async fn movement_is_found_in_the_recording() -> anyhow::Result<()> {
    let camsim = Camsim::start(CAMERAS)?;
    let server = Server::analysing().await?;
    let place = server.place("Xã Bình An", "commune", None).await?;
    let mut cameras = Vec::new();
    for name in ["people", "quiet"] {
        let more = json!({ "sub_url": camsim.sub(name)? });
        cameras.push(server.camera(&place, name, &camsim.main(name)?, &more).await?);
    }
    for camera in &cameras {
        server.received(camera, "sub", 300.0).await?;
    }
    for (camera, moves) in cameras.iter().zip([true, false]) {
        let whole = *server.recorded(camera, "sub").await?.first().context("nothing is recorded")?;
        let before = Stretch { from: whole.from - chrono::TimeDelta::seconds(30), to: whole.to };
        let lines = moved(&server, camera, before, 4).await?;
        let end = lines.last().context("no line")?;
        ensure!(end["type"] == "end" && number(end, "/looked")? >= 5.0, "{lines:?}");
        assert_eq!(of(&lines, "moment").is_empty(), !moves, "{lines:?}");
        assert_eq!(of(&lines, "gap")[0]["reason"], "not_recorded", "{lines:?}");
        assert_eq!(of(&lines, "progress").last().context("no progress")?["done"], 1.0);
    }
    Ok(())
}

/// A file of an archive.
fn unpacked(archive: &mut ZipArchive<Cursor<Vec<u8>>>, name: &str) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    archive.by_name(name)?.read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[tokio::test]
async fn a_case_is_taken_away_and_its_export_survives_a_kill() -> anyhow::Result<()> {
    let camsim = Camsim::start(CAMERAS)?;
    let mut server = Server::analysing().await?;
    let place = server.place("Xã Bình An", "commune", None).await?;
    let more = json!({ "sub_url": camsim.sub("people")? });
    let camera = server.camera(&place, "Chợ", &camsim.main("people")?, &more).await?;
    server.received(&camera, "main", 200.0).await?;
    let part = server.recorded(&camera, "main").await?[0].part(1.0, 5.0);

    let case = server.api.post("cases", &json!({ "place_id": place, "title": "Mất xe <máy>" })).await?;
    let case = text(&case, "/id")?;
    for kind in [
        json!({ "type": "clip", "camera_id": camera, "from": part.from, "to": part.to }),
        json!({ "type": "picture", "camera_id": camera, "at": part.to }),
        json!({ "type": "note", "text": "Hỏi bà Lan" }),
        json!({ "type": "clip", "camera_id": camera, "from": "2020-01-01T00:00:00Z", "to": "2020-01-01T00:01:00Z" }),
    ] {
        let item = server.api.post(&format!("cases/{case}/items"), &json!({ "kind": kind })).await?;
        assert_eq!(item["held"] == true, kind["type"] != "note", "{item}");
    }
    let export = server.api.post(&format!("cases/{case}/exports"), &json!({})).await?;
    let export = text(&export, "/id")?;
    server.kill()?;
    server.restart().await?;
    eventually(Duration::from_secs(90), || async {
        let now = server.api.get(&format!("exports/{export}")).await?;
        ensure!(now["state"] == "done" && now["done"] == 1.0, "{now}");
        Ok(())
    })
    .await?;

    let (kind, bytes) = server.api.bytes(&format!("exports/{export}/file")).await?;
    assert_eq!(kind, "application/zip");
    let mut archive = ZipArchive::new(Cursor::new(bytes))?;
    let index: Value = serde_json::from_slice(&unpacked(&mut archive, "index.json")?)?;
    let page = String::from_utf8(unpacked(&mut archive, "index.html")?)?;
    ensure!(page.contains("Mất xe &lt;máy&gt;") && page.contains("Hỏi bà Lan"), "{page}");
    let items = list(&index, "/items")?;
    assert_eq!(items.len(), 4, "{index}");
    assert_eq!(list(&items[3], "/missing")?.len(), 1, "{index}");
    ensure!(text(&items[0], "/from/local")?.ends_with("+07:00"), "{index}");
    for item in &items {
        for file in list(item, "/files")? {
            let name = text(&file, "/name")?;
            let bytes = unpacked(&mut archive, &name)?;
            let hash: String =
                Sha256::digest(&bytes).iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
            assert_eq!(hash, text(&file, "/sha256")?, "{name}");
            ensure!(page.contains(&hash) && page.contains(&name), "{name} is not on the page");
        }
    }
    let film = tempfile::Builder::new().suffix(".mp4").tempfile()?;
    std::fs::write(&film, unpacked(&mut archive, &text(&items[0], "/files/0/name")?)?)?;
    let film = film.path().to_string_lossy().into_owned();
    let probed = probe(&film).await?;
    ensure!((probed.duration - 5.0).abs() < 0.1 && probed.codecs[0] == "h264", "{probed:?}");
    assert_eq!(decode_errors(&film).await?, "");
    let picture = unpacked(&mut archive, &text(&items[1], "/files/0/name")?)?;
    ensure!(picture.starts_with(b"\xff\xd8") && picture.len() > 10_000, "{} bytes", picture.len());
    Ok(())
}
