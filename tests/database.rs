//! The database may go away: recording does not stop, and rows follow.

use std::time::Duration;

use anyhow::ensure;
use blackbox::{Camsim, Server, eventually, number};
use serde_json::json;

const CAMERAS: &str = "[[camera]]\nname = 'gate'\nmain = 'people-sub-h264.mp4'\n";

#[tokio::test]
async fn recording_goes_on_without_postgresql_and_rows_follow() -> anyhow::Result<()> {
    let camsim = Camsim::start(CAMERAS)?;
    let server = Server::recording().await?;
    let place = server.place("Xã Bình An", "commune", None).await?;
    let camera = server.camera(&place, "Cổng", &camsim.main("gate")?, &json!({})).await?;
    server.received(&camera, "main", 45.0).await?;

    server.kill_process("postgres")?;
    let metric =
        async |name: &str| server.api.metric(&format!("taimat_camera_frames_{name}_total"), &[]).await;
    let then = metric("recorded").await?;
    eventually(Duration::from_secs(20), || async {
        let now = metric("recorded").await?;
        ensure!(now >= then + 75.0, "{then} recorded, then {now}");
        Ok(())
    })
    .await?;
    ensure!(metric("lost").await? < 0.5, "frames were lost");

    // The server brings its PostgreSQL back; what happened meanwhile is in the index, without a hole.
    eventually(Duration::from_mins(1), || async {
        let recorded = server.recorded(&camera, "main").await?;
        let [whole] = recorded.as_slice() else { anyhow::bail!("{recorded:?}") };
        ensure!(whole.seconds() >= 8.0, "{whole:?}");
        Ok(())
    })
    .await?;
    let state = server.stream(&camera, "main").await?;
    ensure!(number(&state, "/reconnects")? < 0.5, "the camera was connected anew: {state}");
    ensure!(server.gaps(&camera, "recording").await?.is_empty(), "a gap is told where there is none");
    Ok(())
}
