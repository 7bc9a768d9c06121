//! A camera watched over a WebSocket, as a page does it.

use std::time::Duration;

use anyhow::{Context, bail};
use chrono::{DateTime, TimeDelta, Utc};
use futures::StreamExt as _;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::media::{Probed, decode_errors, probe};
use crate::{Server, text};

/// How long a message is waited for.
const LIMIT: Duration = Duration::from_secs(30);

/// Somebody who watches.
pub struct Watcher {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    /// What was told, oldest first.
    pub told: Vec<Value>,
    /// Init segments and fragments since the last `start`.
    pub media: Vec<u8>,
    /// Fragments in it.
    pub fragments: usize,
}

impl Server {
    /// Opens a camera's live stream; `query` may name the stream and codec.
    pub async fn watch(&self, camera: &str, query: &str) -> anyhow::Result<Watcher> {
        let base = self.api.base.replacen("http://", "ws://", 1);
        let mut request = format!("{base}/api/v1/cameras/{camera}/live?{query}").into_client_request()?;
        let token = self.api.token.as_deref().context("no token")?;
        request.headers_mut().insert("authorization", format!("Bearer {token}").parse()?);
        let (socket, _) = connect_async(request).await?;
        Ok(Watcher { socket, told: Vec::new(), media: Vec::new(), fragments: 0 })
    }
}

impl Watcher {
    /// Takes one message; its text where it is one.
    pub async fn next(&mut self) -> anyhow::Result<Option<Value>> {
        loop {
            let message = tokio::time::timeout(LIMIT, self.socket.next()).await.context("nothing comes")?;
            match message.context("the socket ended")?? {
                Message::Text(text) => {
                    let told: Value = serde_json::from_str(&text)?;
                    if told.get("type").is_some_and(|kind| kind == "start") {
                        self.media.clear();
                        self.fragments = 0;
                    }
                    self.told.push(told.clone());
                    return Ok(Some(told));
                }
                Message::Binary(bytes) => {
                    self.fragments += usize::from(bytes.get(4..8) == Some(b"moof"));
                    self.media.extend_from_slice(&bytes);
                    return Ok(None);
                }
                Message::Close(close) => bail!("closed: {close:?}"),
                _ => {}
            }
        }
    }

    /// Waits for a text of a kind.
    pub async fn until(&mut self, kind: &str) -> anyhow::Result<Value> {
        loop {
            if let Some(told) = self.next().await?
                && told.get("type").is_some_and(|name| name == kind)
            {
                return Ok(told);
            }
        }
    }

    /// Waits until so many fragments came since the last `start`.
    pub async fn fragments(&mut self, least: usize) -> anyhow::Result<()> {
        while self.fragments < least {
            self.next().await?;
        }
        Ok(())
    }

    /// What a player finds in what came since the last `start`, and what a decoder complains about.
    pub async fn play(&self) -> anyhow::Result<(Probed, String)> {
        let file = tempfile::Builder::new().suffix(".mp4").tempfile()?;
        std::fs::write(&file, &self.media)?;
        let name = file.path().to_string_lossy().into_owned();
        Ok((probe(&name).await?, decode_errors(&name).await?))
    }

    /// When a picture of that media time was seen, by the last `start`.
    pub fn seen_at(&self, media_time: f64) -> anyhow::Result<DateTime<Utc>> {
        let start = self.told.iter().rfind(|told| told.get("type").is_some_and(|kind| kind == "start"));
        let zero: DateTime<Utc> = text(start.context("no start")?, "/time")?.parse()?;
        Ok(zero + TimeDelta::microseconds((media_time * 1e6) as i64))
    }
}
