//! What tests do on a server again and again.

use std::time::Duration;

use anyhow::{Context, ensure};
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde_json::{Value, json};

use crate::api::eventually;
use crate::media::{Probed, decode_errors, probe};
use crate::{Server, list, number, text};

/// Time for a stream to come up: connecting, and a key frame.
const ONLINE_LIMIT: Duration = Duration::from_secs(30);

impl Server {
    /// Makes a place and gives its id.
    pub async fn place(&self, name: &str, kind: &str, parent: Option<&str>) -> anyhow::Result<String> {
        let body = json!({ "name": name, "kind": kind, "parent_id": parent });
        text(&self.api.post("places", &body).await?, "/id")
    }

    /// Adds a camera without trying it first, and gives its id. `more` is merged into the request.
    pub async fn camera(&self, place: &str, name: &str, main: &str, more: &Value) -> anyhow::Result<String> {
        let mut body = json!({ "name": name, "place_id": place, "main_url": main, "probe": false });
        if let (Some(body), Some(more)) = (body.as_object_mut(), more.as_object()) {
            body.extend(more.clone());
        }
        text(&self.api.post("cameras", &body).await?, "/camera/id")
    }

    /// How a stream of a camera fares.
    pub async fn stream(&self, camera: &str, stream: &str) -> anyhow::Result<Value> {
        let state = self.api.get(&format!("cameras/{camera}/state")).await?;
        let streams = list(&state, "/streams")?;
        let found = streams.into_iter().find(|s| s.get("stream").is_some_and(|name| name == stream));
        found.with_context(|| format!("{camera} has no stream {stream}: {state}"))
    }

    /// Waits until a stream has delivered so many frames.
    pub async fn received(&self, camera: &str, stream: &str, frames: f64) -> anyhow::Result<Value> {
        let wait = ONLINE_LIMIT + Duration::from_secs_f64(frames / 10.0);
        eventually(wait, || async {
            let state = self.stream(camera, stream).await?;
            ensure!(number(&state, "/frames_received")? >= frames, "{state}");
            Ok(state)
        })
        .await
    }

    /// Waits until a stream is offline, and says why.
    pub async fn trouble(&self, camera: &str, stream: &str, limit: Duration) -> anyhow::Result<String> {
        eventually(limit, || async {
            let state = self.stream(camera, stream).await?;
            ensure!(state.get("online").is_some_and(|online| online == false), "{state}");
            text(&state, "/trouble/kind")
        })
        .await
    }
}

/// A stretch of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// First moment.
    pub from: DateTime<Utc>,
    /// First moment after it.
    pub to: DateTime<Utc>,
}

impl Stretch {
    /// Seconds.
    #[must_use]
    pub fn seconds(self) -> f64 {
        (self.to - self.from).as_seconds_f64()
    }

    /// So many seconds of it, after so many others.
    #[must_use]
    pub fn part(self, after: f64, seconds: f64) -> Self {
        let at = |seconds: f64| TimeDelta::microseconds((seconds * 1e6) as i64);
        Self { from: self.from + at(after), to: self.from + at(after + seconds) }
    }

    /// `from=…&to=…`
    #[must_use]
    pub fn query(self) -> String {
        format!("from={}&to={}", stamp(self.from), stamp(self.to))
    }

    fn read(value: &Value) -> anyhow::Result<Self> {
        Ok(Self { from: text(value, "/from")?.parse()?, to: text(value, "/to")?.parse()? })
    }
}

/// A time as the API takes it.
#[must_use]
pub fn stamp(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Micros, true)
}

impl Server {
    /// The timeline of a camera from an hour ago until in an hour.
    pub async fn timeline(&self, camera: &str) -> anyhow::Result<Value> {
        let (now, hour) = (Utc::now(), TimeDelta::hours(1));
        let around = Stretch { from: now - hour, to: now + hour };
        self.api.get(&format!("cameras/{camera}/timeline?{}", around.query())).await
    }

    /// What is recorded of a stream.
    pub async fn recorded(&self, camera: &str, stream: &str) -> anyhow::Result<Vec<Stretch>> {
        let timeline = self.timeline(camera).await?;
        let recordings = list(&timeline, "/recordings")?;
        let found = recordings.iter().find(|r| r.get("stream").is_some_and(|name| name == stream));
        list(found.with_context(|| format!("nothing of {stream} in {timeline}"))?, "/ranges")?
            .iter()
            .map(Stretch::read)
            .collect()
    }

    /// The gaps of a camera of a kind, `recording` or `analysis`.
    pub async fn gaps(&self, camera: &str, kind: &str) -> anyhow::Result<Vec<Value>> {
        let mut gaps = list(&self.timeline(camera).await?, "/gaps")?;
        gaps.retain(|gap| gap.get("kind").is_some_and(|name| name == kind));
        Ok(gaps)
    }

    /// Waits for a gap of a kind and reason, and gives it.
    pub async fn gap(
        &self,
        camera: &str,
        kind: &str,
        reason: &str,
        limit: Duration,
    ) -> anyhow::Result<Value> {
        eventually(limit, || async {
            let gaps = self.gaps(camera, kind).await?;
            let found = gaps.iter().find(|gap| gap.get("reason").is_some_and(|name| name == reason));
            found.cloned().with_context(|| format!("no {kind} gap for {reason} among {gaps:?}"))
        })
        .await
    }

    /// Downloads a clip of a camera and looks into it.
    pub async fn clip(&self, camera: &str, stream: &str, part: Stretch) -> anyhow::Result<Clip> {
        self.media(&format!("cameras/{camera}/clip?stream={stream}&{}", part.query())).await
    }

    /// Downloads any MP4 and looks into it.
    pub async fn media(&self, path: &str) -> anyhow::Result<Clip> {
        let (kind, bytes) = self.api.bytes(path).await?;
        ensure!(kind == "video/mp4", "{path} is {kind}");
        let file = tempfile::Builder::new().suffix(".mp4").tempfile()?;
        std::fs::write(&file, bytes)?;
        let name = file.path().to_string_lossy().into_owned();
        Ok(Clip { probed: probe(&name).await?, errors: decode_errors(&name).await?, _file: file })
    }

    /// `taimat check`: the disagreements of files and index. The server may be running.
    pub async fn check(&self) -> anyhow::Result<(bool, String)> {
        let output = self.run(&["check"], "").await?;
        let said =
            format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        Ok((output.status.success(), said))
    }
}

/// A downloaded MP4.
pub struct Clip {
    /// What a player finds in it.
    pub probed: Probed,
    /// What a decoder complains about.
    pub errors: String,
    _file: tempfile::NamedTempFile,
}
