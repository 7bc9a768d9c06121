//! From tracks to events: one each, told to watchers at once and to the index for good.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use analysis::rules::{SceneFired, SceneRules, sightings};
use analysis::{Fired, GopActivity, LiveTrack, RuleEngine, Sighting, TrackerUpdate};
use domain::{
    Camera, CameraId, Event, EventId, EventRecord, LiveEvent, SceneView, StreamKind, Timestamp, Track,
};
use index::Record;
use tokio::sync::{broadcast, mpsc};

use super::SnapshotJob;
use crate::serve::flag::{Flag, Flags, Rules};
use crate::serve::rows::Rows;

/// Footage shown before the first and after the last detection.
const MARGIN: Duration = Duration::from_secs(5);

/// Where one camera's tracks become events.
pub(crate) struct EventSink {
    camera: Arc<Camera>,
    rows: Rows,
    live: broadcast::Sender<LiveEvent>,
    snapshots: mpsc::Sender<SnapshotJob>,
    open: HashMap<u64, EventId>,
    rules: Rules,
    engine: RuleEngine,
    scene: SceneRules,
    flags: Flags,
}

impl EventSink {
    pub(crate) fn new(
        camera: Arc<Camera>,
        rows: Rows,
        live: broadcast::Sender<LiveEvent>,
        snapshots: mpsc::Sender<SnapshotJob>,
        (rules, flags): (Rules, Flags),
    ) -> Self {
        let (engine, scene) = (RuleEngine::default(), SceneRules::default());
        Self { camera, rows, live, snapshots, open: HashMap::new(), rules, engine, scene, flags }
    }

    /// Whose events these are.
    pub(crate) fn camera_id(&self) -> CameraId {
        self.camera.id
    }

    /// Takes all that one look at a time changed, and what is there now.
    pub(crate) async fn update(&mut self, update: TrackerUpdate, time: Timestamp, there: Vec<LiveTrack>) {
        self.follow_rules();
        for track in update.started {
            self.started(track).await;
        }
        for track in there {
            self.watch(time, &track);
        }
        for track in update.changed {
            self.changed(track).await;
        }
        for track in update.ended {
            self.ended(track).await;
        }
    }

    fn follow_rules(&mut self) {
        if let Some(book) = self.rules.changed() {
            self.engine = RuleEngine::new(book.of(&self.camera), std::mem::take(&mut self.engine));
            self.scene = SceneRules::new(book.of(&self.camera), std::mem::take(&mut self.scene));
        }
    }

    /// Shows the rules what one look showed of the picture as a whole.
    pub(crate) fn scene(&mut self, time: Timestamp, view: SceneView, objects: bool) {
        self.follow_rules();
        let fired = self.scene.look(time, view, objects);
        self.flag_scene(fired);
    }

    /// Shows the rules how much happened in a GOP.
    pub(crate) fn activity(&mut self, gop: GopActivity) {
        let fired = self.scene.gop(gop);
        self.flag_scene(fired);
    }

    /// The camera was away: what lasted then is not known.
    pub(crate) fn interrupted(&mut self) {
        self.scene.interrupted();
    }

    fn flag_scene(&self, fired: Vec<SceneFired>) {
        for SceneFired { rule, at, measured } in fired {
            let (camera_id, place_id) = (self.camera.id, self.camera.place_id);
            let (camera_id, cameras) = (Some(camera_id), Vec::new());
            self.flags.raise(Flag { camera_id, place_id, rule, at, event_id: None, measured, cameras });
        }
    }

    /// Shows the rules an object that is there. One that is no event is not worth a flag.
    fn watch(&mut self, time: Timestamp, track: &LiveTrack) {
        let Some(event_id) = self.open.get(&track.id).copied() else { return };
        let LiveTrack { class, score, bounds, .. } = *track;
        for fired in self.engine.see(&Sighting { event_id, class, score, time, bounds }) {
            self.flag(fired);
        }
    }

    fn flag(&self, Fired { rule, at, event_id, measured }: Fired) {
        let (camera_id, place_id) = (self.camera.id, self.camera.place_id);
        let (camera_id, event_id) = (Some(camera_id), Some(event_id));
        self.flags.raise(Flag { camera_id, place_id, rule, at, event_id, measured, cameras: Vec::new() });
    }

    /// A track that is sure enough to be an event.
    async fn started(&mut self, track: Track) {
        let id = EventId::at(track.first_seen);
        self.open.insert(track.id, id);
        let event = self.event(id, track, true);
        metrics::counter!("taimat_events_total", "class" => event.class.as_str()).increment(1);
        // Nobody may be watching.
        let _ = self.live.send(LiveEvent::EventStarted { event: event.clone() });
        // What it did before it was sure counts: it may have crossed a line.
        let fired: Vec<_> = sightings(&event).flat_map(|sighting| self.engine.see(&sighting)).collect();
        for fired in fired {
            self.flag(fired);
        }
        self.rows.send(Record::Event(Box::new(record(event)))).await;
    }

    /// More is known of a track.
    async fn changed(&mut self, track: Track) {
        let Some(id) = self.open.get(&track.id).copied() else { return };
        let event = self.event(id, track, true);
        let _ = self.live.send(LiveEvent::EventChanged { event: event.clone() });
        self.rows.send(Record::Event(Box::new(record(event)))).await;
    }

    /// A track has ended. Its row is written at once, and again with the snapshot when that is made.
    pub(crate) async fn ended(&mut self, track: Track) {
        let Some(id) = self.open.remove(&track.id) else { return };
        for fired in self.engine.gone(id) {
            self.flag(fired);
        }
        let event = self.event(id, track, false);
        let _ = self.live.send(LiveEvent::EventChanged { event: event.clone() });
        let record = record(event);
        self.rows.send(Record::Event(Box::new(record.clone()))).await;
        if self.snapshots.try_send(SnapshotJob { record }).is_err() {
            // The picture can still be cut from the recording when somebody asks for it.
            metrics::counter!("taimat_snapshots_skipped_total").increment(1);
        }
    }

    fn event(&self, id: EventId, track: Track, ongoing: bool) -> Event {
        Event {
            id,
            camera_id: self.camera.id,
            place_id: self.camera.place_id,
            point: self.camera.point,
            class: track.class,
            score: track.score,
            first_seen: track.first_seen,
            last_seen: track.last_seen,
            ongoing,
            stationary: !track.moved,
            path: track.path,
            best: track.best,
            detections: track.detections,
            has_snapshot: false,
        }
    }
}

fn record(event: Event) -> EventRecord {
    EventRecord {
        stream: StreamKind::Main,
        footage_from: event.first_seen - MARGIN,
        footage_to: event.last_seen + MARGIN,
        snapshot: None,
        event,
    }
}
