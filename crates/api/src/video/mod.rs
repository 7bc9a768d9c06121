//! A camera watched over a WebSocket: as text what is going on, as bytes fragmented MP4 for Media Source Extensions.

mod show;
mod source;

use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, WebSocket, close_code};
use domain::{Action, CameraId, StreamKind};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, MissedTickBehavior, interval_at};

use crate::app::Server;
use crate::auth::caller::Caller;
use crate::auth::session;
use show::Show;
use source::{Shown, Source};

pub(crate) use show::Telling;

/// A watcher who takes nothing for so long is gone.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often a watcher is asked whether he is still there.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// Somebody who watches a stream.
pub(crate) struct Watch {
    pub(crate) server: Server,
    pub(crate) caller: Caller,
    pub(crate) camera: CameraId,
    pub(crate) stream: StreamKind,
    /// Whether the watcher plays H.264 only.
    pub(crate) only_h264: bool,
    pub(crate) permit: OwnedSemaphorePermit,
}

/// Why a watch ends.
enum End {
    /// Nobody is there any more.
    Gone,
    /// With a reason that the page reads: a code of RFC 6455 §7.4 and a few words.
    Said(u16, &'static str),
}

impl Watch {
    /// Shows the stream until the watcher leaves, may not watch any longer, or the server stops.
    pub(crate) async fn run(mut self, mut socket: WebSocket) {
        let end = self.show(&mut socket).await;
        if let End::Said(code, reason) = end {
            let close = Message::Close(Some(CloseFrame { code, reason: reason.into() }));
            // He may be gone by now.
            let _ = tokio::time::timeout(PATIENCE, socket.send(close)).await;
        }
        drop(self.permit);
    }

    async fn show(&mut self, socket: &mut WebSocket) -> End {
        let every = |span: Duration| {
            let mut interval = interval_at(Instant::now() + span, span);
            interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
            interval
        };
        let mut recheck = every(self.server.config.live_recheck.max(Duration::from_millis(10)));
        let mut heartbeat = every(HEARTBEAT);
        let shutdown = self.server.shutdown.clone();
        let mut source = Source::new(self.server.clone(), (self.camera, self.stream), self.only_h264);
        let mut show = Show::new(self.camera, self.stream);
        loop {
            let messages = tokio::select! {
                biased;
                () = shutdown.cancelled() => return End::Said(close_code::AWAY, "the server is stopping"),
                _ = recheck.tick() => {
                    if !self.may_watch().await {
                        return End::Said(close_code::POLICY, "the session or the right to watch has ended");
                    }
                    continue;
                }
                _ = heartbeat.tick() => vec![Message::Ping(bytes::Bytes::new())],
                heard = socket.recv() => match heard {
                    // Nothing is asked of us here; pings are answered below.
                    Some(Ok(Message::Close(_)) | Err(_)) | None => return End::Gone,
                    Some(Ok(_)) => continue,
                },
                shown = source.next() => match shown {
                    Shown::Removed => return End::Said(close_code::NORMAL, "the camera was removed"),
                    Shown::Busy => return End::Said(close_code::AGAIN, "too many streams are being transcoded"),
                    Shown::Failed => return End::Said(close_code::ERROR, "the stream cannot be transcoded"),
                    Shown::Video { video, transcoded } => match show.next(video, transcoded) {
                        Ok(messages) => messages,
                        Err(error) => {
                            tracing::error!(camera = %self.camera, %error, "a stream cannot be shown");
                            return End::Said(close_code::ERROR, "the stream cannot be shown");
                        }
                    },
                },
            };
            for message in messages {
                match tokio::time::timeout(PATIENCE, socket.send(message)).await {
                    Ok(Ok(())) => {}
                    Ok(Err(_)) | Err(_) => return End::Gone,
                }
            }
        }
    }

    /// Whether the session still lasts, and the right at the place where the camera stands now.
    async fn may_watch(&mut self) -> bool {
        let Ok(Some(known)) = session::known(&self.server, self.caller.credential).await else {
            return false;
        };
        self.caller.user = known.user;
        let Ok(camera) = self.server.index.camera(self.camera).await else { return false };
        // Better no stream than one that shows too much; the page comes back.
        self.caller.allows(&self.server.index, Action::Watch, camera.place_id).await.unwrap_or(false)
    }
}
