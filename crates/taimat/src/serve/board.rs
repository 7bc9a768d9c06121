//! The board: how every camera fares right now. Streams write it, the API reads it, watchers hear of changes.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use domain::{CameraId, CameraState, LiveEvent, PlaceId, StreamKind, StreamState, Timestamp};
use tokio::sync::broadcast;

/// How every running stream fares.
pub(crate) struct Board {
    streams: Mutex<BTreeMap<(CameraId, StreamKind), Entry>>,
    live: broadcast::Sender<LiveEvent>,
}

struct Entry {
    place_id: PlaceId,
    state: StreamState,
}

impl Board {
    pub(crate) fn new(live: broadcast::Sender<LiveEvent>) -> Self {
        Self { streams: Mutex::default(), live }
    }

    /// A stream starts: it is offline until its first frame.
    pub(crate) fn add(&self, camera: CameraId, place_id: PlaceId, stream: StreamKind, now: Timestamp) {
        let state = StreamState {
            stream,
            online: false,
            since: now,
            trouble: None,
            transport: None,
            codec: None,
            width: None,
            height: None,
            frame_rate: None,
            bit_rate: None,
            clock_offset: None,
            audio_dropped: None,
            frames_received: 0,
            frames_recorded: 0,
            frames_lost: 0,
            reconnects: 0,
        };
        self.lock().insert((camera, stream), Entry { place_id, state });
    }

    /// A stream ends for good.
    pub(crate) fn remove(&self, camera: CameraId, stream: StreamKind) {
        self.lock().remove(&(camera, stream));
    }

    /// Changes what is known of a stream. Watchers hear of it when it came, went or changed its picture.
    pub(crate) fn update(&self, camera: CameraId, stream: StreamKind, change: impl FnOnce(&mut StreamState)) {
        let mut streams = self.lock();
        let Some(entry) = streams.get_mut(&(camera, stream)) else { return };
        let place_id = entry.place_id;
        let before = telling(&entry.state);
        change(&mut entry.state);
        if telling(&entry.state) != before {
            let state = CameraState { camera_id: camera, streams: of(&streams, camera) };
            // Nobody may be watching.
            let _ = self.live.send(LiveEvent::CameraState { place_id, state });
        }
    }

    /// How every camera with a running stream fares.
    pub(crate) fn states(&self) -> Vec<CameraState> {
        let streams = self.lock();
        let mut cameras: Vec<CameraId> = streams.keys().map(|(camera, _)| *camera).collect();
        cameras.dedup();
        cameras
            .into_iter()
            .map(|camera_id| CameraState { camera_id, streams: of(&streams, camera_id) })
            .collect()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<(CameraId, StreamKind), Entry>> {
        self.streams.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn of(streams: &BTreeMap<(CameraId, StreamKind), Entry>, camera: CameraId) -> Vec<StreamState> {
    streams
        .range((camera, StreamKind::Main)..=(camera, StreamKind::Sub))
        .map(|(_, entry)| entry.state.clone())
        .collect()
}

/// The part of a state whose change a watcher wants to hear of; counters and rates change with each frame.
fn telling(state: &StreamState) -> impl PartialEq + use<> {
    (state.online, state.trouble.clone(), state.codec, state.width, state.height, state.transport)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn watchers_hear_of_coming_and_going_and_not_of_each_frame() {
        let (live, mut watcher) = broadcast::channel(8);
        let board = Board::new(live);
        let (camera, place) = (CameraId::generate(), PlaceId::generate());
        board.add(camera, place, StreamKind::Main, Timestamp::default());
        board.update(camera, StreamKind::Main, |state| state.frames_received += 1);
        assert!(watcher.try_recv().is_err());
        board.update(camera, StreamKind::Main, |state| state.online = true);
        assert!(
            matches!(watcher.try_recv(), Ok(LiveEvent::CameraState { place_id, .. }) if place_id == place)
        );
        assert_eq!(board.states().len(), 1);
        board.remove(camera, StreamKind::Main);
        assert!(board.states().is_empty());
    }
}
