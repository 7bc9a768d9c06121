//! Snapshots: the picture that shows an event best, cut from the full-resolution recording.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use domain::{BoundingBox, Event, EventRecord, LiveEvent, TimeRange, Timestamp, TrackPoint};
use index::Record;
use tokio::sync::{broadcast, mpsc};
use tokio_util::sync::CancellationToken;

use crate::serve::rows::Rows;
use crate::serve::stills::Stills;
use crate::serve::watches::Watches;

/// Events that may wait for their picture.
pub(crate) const QUEUE: usize = 256;
/// Width of a stored picture at most, in pixels.
const MAX_WIDTH: u32 = 960;
/// Another moment that is no further from the best one may take its place, …
const LONGEST_SEARCH: Duration = Duration::from_secs(30);
/// … where the object fills at least this part of what it fills at best, and is this far from the edge of the picture,
/// in parts of it.
const AS_LARGE: f32 = 0.6;
const EDGE: f32 = 0.01;
/// Key frames are looked for so long before the object came.
const LONGEST_GOP: Duration = Duration::from_secs(12);
/// The recording of the moment may still be in memory: tried again after so long.
const RETRIES: [Duration; 3] = [Duration::from_secs(1), Duration::from_secs(3), Duration::from_secs(6)];

/// An event that has ended and wants its picture.
#[derive(Debug)]
pub(crate) struct SnapshotJob {
    /// The event as it was written.
    pub(crate) record: EventRecord,
}

/// Makes pictures, one after the other.
pub(crate) struct Snapshots {
    /// Where pictures come from.
    pub(crate) stills: Arc<Stills>,
    /// Where pictures go.
    pub(crate) folder: PathBuf,
    /// Where rows go.
    pub(crate) rows: Rows,
    /// Who is told.
    pub(crate) live: broadcast::Sender<LiveEvent>,
    /// Where it is written down what they cost.
    pub(crate) watches: Arc<Watches>,
    /// When the server stops, pictures that are not made yet are left: they can be cut from the recording later.
    pub(crate) stop: CancellationToken,
}

impl Snapshots {
    /// Works until every sender is gone.
    pub(crate) async fn run(self, mut jobs: mpsc::Receiver<SnapshotJob>) {
        while let Some(SnapshotJob { mut record }) = jobs.recv().await {
            self.prefer_cheap_moment(&mut record.event).await;
            match self.stop.run_until_cancelled(self.make(&record)).await {
                None => {}
                Some(Ok(path)) => {
                    record.snapshot = Some(path);
                    record.event.has_snapshot = true;
                    // Nobody may be watching.
                    let _ = self.live.send(LiveEvent::EventChanged { event: record.event.clone() });
                    self.rows.send(Record::Event(Box::new(record))).await;
                }
                Some(Err(error)) => {
                    metrics::counter!("taimat_snapshots_failed_total").increment(1);
                    tracing::warn!(
                        event = %record.event.id, camera = %record.event.camera_id, at = %record.event.best.time,
                        "no snapshot: {error:#}"
                    );
                }
            }
        }
    }

    /// Moves the best moment to one that shows the object as well and is soon after a key frame, at best at one: all
    /// pictures since then must be decoded, which is most of what a picture costs.
    async fn prefer_cheap_moment(&self, event: &mut Event) {
        let from = event.first_seen.max(event.best.time - LONGEST_SEARCH);
        let to = event.last_seen.min(event.best.time + LONGEST_SEARCH);
        let Some(range) = TimeRange::new(from - LONGEST_GOP, to) else { return };
        let key_frames = self.stills.key_frames(event.camera_id, range).await;
        if let Some(cheapest) = cheapest_moment(event, &key_frames) {
            event.best = cheapest;
        }
    }

    async fn make(&self, record: &EventRecord) -> Result<String> {
        let event = &record.event;
        let crop = surroundings(event.best.bounds);
        let mut retries = RETRIES.into_iter();
        let still = loop {
            match self.stills.cut(event.camera_id, event.best.time, Some(crop), Some(MAX_WIDTH)).await {
                Ok(still) => break still,
                Err(failure) => match retries.next() {
                    Some(pause) => tokio::time::sleep(pause).await,
                    None => return Err(failure.into()),
                },
            }
        };
        self.watches.picture(event.camera_id, still.took);
        let day = event.first_seen.to_datetime().format("%Y-%m-%d");
        let relative = format!("{day}/{}.jpg", event.id);
        write_whole(&self.folder.join(&relative), &still.jpeg).await?;
        Ok(relative)
    }
}

/// The moment that takes least decoding of those that show the object as well as the best one; `None` where it cannot
/// be told. Key frames are in order.
fn cheapest_moment(event: &Event, key_frames: &[Timestamp]) -> Option<TrackPoint> {
    let near = (event.best.time - LONGEST_SEARCH)..=(event.best.time + LONGEST_SEARCH);
    let at_key_frames = key_frames
        .iter()
        .filter_map(|time| Some(TrackPoint { time: *time, bounds: where_at(&event.path, *time)? }));
    at_key_frames
        .chain(event.path.iter().copied())
        .filter(|there| near.contains(&there.time) && shows_as_well(there.bounds, event.best.bounds))
        .filter_map(|there| {
            let before = key_frames.iter().rev().find(|time| **time <= there.time)?;
            Some((there.time.since(*before), there))
        })
        .min_by(|(a_steps, a), (b_steps, b)| {
            a_steps.cmp(b_steps).then(b.bounds.area().total_cmp(&a.bounds.area()))
        })
        .map(|(_, there)| there)
}

/// Where the object was at a time, between two points of its path; `None` before and after.
fn where_at(path: &[TrackPoint], time: Timestamp) -> Option<BoundingBox> {
    let (a, b) = path.iter().zip(path.iter().skip(1)).find(|(a, b)| (a.time..=b.time).contains(&time))?;
    let step = b.time.since(a.time).as_secs_f32();
    let part = if step > 0.0 { time.since(a.time).as_secs_f32() / step } else { 0.0 };
    Some(a.bounds.towards(b.bounds, part))
}

/// Whether a box is hardly smaller than the best, and not at the edge of the picture where the best is not.
fn shows_as_well(there: BoundingBox, best: BoundingBox) -> bool {
    let whole = |one: BoundingBox| {
        one.x > EDGE && one.y > EDGE && one.x + one.w < 1.0 - EDGE && one.y + one.h < 1.0 - EDGE
    };
    there.area() >= AS_LARGE * best.area() && (whole(there) || !whole(best))
}

/// The object with enough around it to know the place: a fifth of the picture's width and a third of its height at
/// least. (The worker adds a margin.)
fn surroundings(object: BoundingBox) -> BoundingBox {
    let (w, h) = (object.w.clamp(0.2, 1.0), object.h.clamp(0.3, 1.0));
    let start =
        |start: f32, length: f32, side: f32| (start + length / 2.0 - side / 2.0).clamp(0.0, 1.0 - side);
    BoundingBox { x: start(object.x, object.w, w), y: start(object.y, object.h, h), w, h }
}

/// Writes a file so that it is there whole or not at all.
async fn write_whole(path: &Path, bytes: &[u8]) -> Result<()> {
    let folder = path.parent().context("a file stands in a folder")?;
    tokio::fs::create_dir_all(folder).await.with_context(|| format!("cannot make {}", folder.display()))?;
    let part = path.with_extension("part");
    tokio::fs::write(&part, bytes).await.with_context(|| format!("cannot write {}", part.display()))?;
    tokio::fs::rename(&part, path).await.with_context(|| format!("cannot rename {}", part.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn point(seconds: i64, x: f32, w: f32) -> TrackPoint {
        let bounds = BoundingBox { x, y: 0.3, w, h: 2.0 * w };
        TrackPoint { time: Timestamp::from_micros(seconds * 1_000_000), bounds }
    }

    #[test]
    fn between_two_points_of_its_path_an_object_is_between_them() {
        let path = [point(0, 0.1, 0.1), point(2, 0.3, 0.1), point(3, 0.3, 0.2)];
        let at = |seconds| where_at(&path, Timestamp::from_micros(seconds));
        assert!((at(1_000_000).unwrap().x - 0.2).abs() < 1e-6);
        assert!((at(2_500_000).unwrap().w - 0.15).abs() < 1e-6);
        assert_eq!((at(-1), at(3_000_001)), (None, None));
        assert_eq!(where_at(&path[..1], path[0].time), None);
    }

    #[test]
    fn a_small_or_cut_off_object_does_not_take_the_place_of_a_large_whole_one() {
        let best = point(0, 0.5, 0.1).bounds;
        assert!(shows_as_well(point(0, 0.4, 0.085).bounds, best));
        assert!(!shows_as_well(point(0, 0.4, 0.07).bounds, best));
        assert!(!shows_as_well(point(0, 0.0, 0.1).bounds, best));
        assert!(shows_as_well(point(0, 0.0, 0.1).bounds, point(0, 0.0, 0.1).bounds));
    }

    #[test]
    fn the_moment_soonest_after_a_key_frame_is_taken_that_shows_the_object_as_well() {
        let path = vec![point(1, 0.1, 0.05), point(3, 0.3, 0.1), point(4, 0.4, 0.1), point(7, 0.5, 0.11)];
        let event = Event {
            id: domain::EventId::generate(),
            camera_id: domain::CameraId::generate(),
            place_id: domain::PlaceId::generate(),
            point: None,
            class: domain::ObjectClass::Person,
            score: 0.9,
            first_seen: path[0].time,
            last_seen: path[3].time,
            ongoing: false,
            stationary: false,
            best: path[3],
            path,
            detections: 9,
            has_snapshot: false,
        };
        let at = |seconds: i64| Timestamp::from_micros(seconds * 1_000_000);
        let cheapest = |keys: &[Timestamp]| cheapest_moment(&event, keys).map(|there| there.time);
        // A key frame itself, where there is one while the object is large enough.
        assert_eq!(cheapest(&[at(-1), at(5), at(9)]), Some(at(5)));
        // Else what comes soonest after one.
        assert_eq!(cheapest(&[at(1), at(9)]), Some(at(3)));
        assert_eq!(cheapest(&[]), None);
    }

    proptest! {
        #[test]
        fn the_cut_lies_in_the_picture_and_holds_the_object(
            x in 0.0f32..1.0, y in 0.0f32..1.0, w in 0.0f32..1.0, h in 0.0f32..1.0,
        ) {
            let object = BoundingBox { x, y, w, h }.clamped();
            let cut = surroundings(object);
            prop_assert!(cut.x >= 0.0 && cut.y >= 0.0 && cut.x + cut.w <= 1.0001 && cut.y + cut.h <= 1.0001);
            prop_assert!(cut.x <= object.x + 0.0001 && cut.x + cut.w >= object.x + object.w - 0.0001);
        }
    }
}
