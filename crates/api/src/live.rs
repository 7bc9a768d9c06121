//! The stream of live changes.

use std::collections::HashMap;
use std::convert::Infallible;
use std::time::Duration;

use axum::response::sse::{Event, KeepAlive, Sse};
use domain::{Action, LiveEvent, PlaceId};
use futures::stream::{self, Stream};
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::broadcast::{Receiver, error::RecvError};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};

use crate::app::Server;
use crate::auth::caller::Caller;
use crate::auth::session;

/// How often something is sent on a quiet stream, so that proxies keep it open and a dead peer is noticed.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// One watcher.
struct Watcher {
    server: Server,
    caller: Caller,
    changes: Receiver<LiveEvent>,
    recheck: Interval,
    /// Places asked about since the last recheck.
    allowed: HashMap<(Action, PlaceId), bool>,
    greeted: bool,
    _permit: OwnedSemaphorePermit,
}

/// Every change at places that the caller may watch, until the session ends or the server stops. Begins with `resync`:
/// the client should fetch what it shows. The same is sent when the client is too slow and missed something.
pub(crate) fn watch(
    server: Server,
    caller: Caller,
    permit: OwnedSemaphorePermit,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let every = server.config.live_recheck.max(Duration::from_millis(10));
    let mut recheck = interval_at(Instant::now() + every, every);
    recheck.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let watcher = Watcher {
        changes: server.live.subscribe(),
        server,
        caller,
        recheck,
        allowed: HashMap::new(),
        greeted: false,
        _permit: permit,
    };
    let changes = stream::unfold(watcher, |mut watcher| async move {
        let event = watcher.next().await?;
        Some((Ok(event), watcher))
    });
    Sse::new(changes).keep_alive(KeepAlive::new().interval(HEARTBEAT).text("still here"))
}

impl Watcher {
    /// The next thing to send; `None` to end the stream.
    async fn next(&mut self) -> Option<Event> {
        if !self.greeted {
            self.greeted = true;
            return Some(resync());
        }
        let shutdown = self.server.shutdown.clone();
        loop {
            tokio::select! {
                biased;
                () = shutdown.cancelled() => return None,
                _ = self.recheck.tick() => self.look_again().await?,
                change = self.changes.recv() => match change {
                    Ok(change) => {
                        if self.may_see(change.action(), change.place_id()).await? {
                            return Some(event(&change));
                        }
                    }
                    Err(RecvError::Lagged(_)) => return Some(resync()),
                    Err(RecvError::Closed) => return None,
                },
            }
        }
    }

    /// Whether changes at the place may be sent; `None` to end the stream.
    async fn may_see(&mut self, action: Action, place: PlaceId) -> Option<bool> {
        if let Some(known) = self.allowed.get(&(action, place)) {
            return Some(*known);
        }
        match self.caller.allows(&self.server.index, action, place).await {
            Ok(allowed) => {
                self.allowed.insert((action, place), allowed);
                Some(allowed)
            }
            // Better no stream than one that leaves out or tells too much; the client comes back.
            Err(_) => None,
        }
    }

    /// `None` where the session has ended.
    async fn look_again(&mut self) -> Option<()> {
        let known = session::known(&self.server, self.caller.credential).await.ok()??;
        self.caller.user = known.user;
        self.allowed.clear();
        self.caller.somewhere(Action::Watch).then_some(())
    }
}

fn resync() -> Event {
    Event::default().event("resync").data("{}")
}

fn event(change: &LiveEvent) -> Event {
    let name = match change {
        LiveEvent::EventStarted { .. } => "event_started",
        LiveEvent::EventChanged { .. } => "event_changed",
        LiveEvent::ReviewItemChanged { .. } => "review_item_changed",
        LiveEvent::RingChanged { .. } => "ring_changed",
        LiveEvent::CameraState { .. } => "camera_state",
    };
    Event::default().event(name).json_data(change).unwrap_or_else(|_| resync())
}
