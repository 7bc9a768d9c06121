//! A commune of cameras with months of events and days of recordings: the same in every run.

use std::path::Path;
use std::time::{Duration, Instant};

use bytes::Bytes;
use domain::{
    ActivityMinute, BoundingBox, Camera, CameraId, Event, EventId, EventRecord, Fragment, FragmentIndex, Gap,
    GapKind, GapReason, GeoPoint, ObjectClass, PlaceId, PlaceKind, Segment, StreamKind, TimeRange, Timestamp,
    TrackPoint, Transport, VideoCodec, VideoParameters,
};
use index::{Index, NewCamera, NewPlace, Record, Writer, WriterLimits};
use tokio_util::sync::CancellationToken;

/// Over so long the events are spread.
const EVENT_TIME: Duration = Duration::from_hours(24 * 60);
const DAY: Duration = Duration::from_hours(24);
const MINUTE: Duration = Duration::from_mins(1);
const HAMLETS: usize = 6;

/// Numbers that look random and are the same in every run: SplitMix64 (Steele, Lea and Flood, 2014).
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// From 0 to less than 1.
    fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    #[expect(clippy::indexing_slicing, reason = "the remainder of the length is within it")]
    pub(crate) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.next() as usize % from.len()]
    }

    fn within(&mut self, span: Duration) -> Duration {
        span.mul_f64(self.share())
    }
}

/// A commune with six hamlets, and its cameras.
pub(crate) struct World {
    now: Timestamp,
    /// The commune.
    pub(crate) root: PlaceId,
    /// The hamlets and the commune.
    pub(crate) places: Vec<PlaceId>,
    pub(crate) cameras: Vec<Camera>,
    /// Some of the events.
    pub(crate) known: Vec<EventId>,
    /// Segments of each camera, a minute each.
    segments: u64,
}

impl World {
    /// Makes places and cameras.
    pub(crate) async fn build(cameras: usize, segments: u64, index: &Index) -> anyhow::Result<Self> {
        let place = async |name: String, parent_id, kind| {
            index.create_place(NewPlace { parent_id, kind, name, point: None }).await.map(|place| place.id)
        };
        let root = place("Xã Hương Sơn".to_owned(), None, PlaceKind::Commune).await?;
        let mut places = Vec::new();
        for number in 1..=HAMLETS {
            places.push(place(format!("Thôn {number}"), Some(root), PlaceKind::Hamlet).await?);
        }
        let mut world = Self {
            // A fixed moment, so that every run has the same partitions.
            now: "2026-11-23T07:00:00Z".parse()?,
            root,
            places,
            cameras: Vec::new(),
            known: Vec::new(),
            segments: segments / cameras as u64,
        };
        let hamlets = world.places.iter().cycle();
        for (number, place_id) in (0..cameras).zip(hamlets) {
            let new = NewCamera {
                id: CameraId::generate(),
                name: format!("Camera {number}"),
                place_id: *place_id,
                point: GeoPoint::new(16.40 + (number % 7) as f64 * 0.01, 107.50 + (number / 7) as f64 * 0.01),
                bearing: None,
                main_url: "rtsp://10.0.0.1/main".parse()?,
                sub_url: None,
                transport: Transport::Auto,
                sealed_credentials: None,
                enabled: true,
                analysed: true,
                keep_days: None,
                keep_bytes: None,
            };
            world.cameras.push(index.create_camera(new).await?);
        }
        world.places.push(root);
        Ok(world)
    }

    /// Writes events as the server does, and segments as `taimat reindex` does.
    pub(crate) async fn fill(&mut self, events: u64, index: &Index, spool: &Path) -> anyhow::Result<()> {
        let started = Instant::now();
        let limits = WriterLimits { delay: Duration::from_millis(20), ..WriterLimits::default() };
        let (writer, task) = Writer::start(index.clone(), spool, limits, CancellationToken::new())?;
        let mut dice = Dice(1);
        for number in 0..events {
            let record = self.event(&mut dice);
            if number.is_multiple_of(1000) {
                self.known.push(record.event.id);
            }
            writer.send(Record::Event(Box::new(record))).await?;
        }
        report("events", events, started);
        let minutes = Instant::now();
        for camera in &self.cameras {
            for number in 0..24 * 60 {
                writer.send(Record::Activity(self.activity(camera.id, number, &mut dice))).await?;
            }
            for number in 0..200 {
                writer.send(Record::Gap(self.gap(camera.id, number))).await?;
            }
        }
        anyhow::ensure!(writer.flush().await?, "rows went to the spool: is the disk slow?");
        report("minutes of activity and gaps", self.cameras.len() as u64 * (24 * 60 + 200), minutes);
        drop(writer);
        task.await?;
        let started = Instant::now();
        for camera in &self.cameras {
            let segments: Vec<Segment> =
                (0..self.segments).map(|number| self.segment(camera, number, &mut dice)).collect();
            index.put_segments(&segments).await?;
        }
        report("segments", self.segments * self.cameras.len() as u64, started);
        let started = Instant::now();
        // What autovacuum does within a minute or two of a quiet server.
        index.tidy().await?;
        println!("tidied up in {:.1} s", started.elapsed().as_secs_f64());
        Ok(())
    }

    fn event(&self, dice: &mut Dice) -> EventRecord {
        let camera = dice.pick(&self.cameras);
        let first_seen = self.now - dice.within(EVENT_TIME);
        // Most last seconds, one in fifty is a vehicle that parks.
        let parked = dice.share() < 0.02;
        let last_seen = first_seen + dice.within(if parked { DAY / 4 } else { MINUTE });
        let class = match dice.share() {
            share if share < 0.40 => ObjectClass::Motorcycle,
            share if share < 0.75 => ObjectClass::Person,
            share if share < 0.90 => ObjectClass::Car,
            share if share < 0.96 => ObjectClass::Bicycle,
            share if share < 0.99 => ObjectClass::Truck,
            _ => ObjectClass::Bus,
        };
        let point = |time, dice: &mut Dice| TrackPoint {
            time,
            bounds: BoundingBox { x: dice.share() as f32, y: dice.share() as f32, w: 0.1, h: 0.2 },
        };
        let step = last_seen.since(first_seen) / 8;
        let path: Vec<TrackPoint> = (0..=8).map(|number| point(first_seen + step * number, dice)).collect();
        EventRecord {
            event: Event {
                id: EventId::generate(),
                camera_id: camera.id,
                place_id: camera.place_id,
                point: camera.point,
                class,
                score: 0.5 + 0.5 * dice.share() as f32,
                first_seen,
                last_seen,
                ongoing: false,
                stationary: parked,
                best: point(first_seen, dice),
                path,
                detections: 40,
                has_snapshot: true,
            },
            stream: StreamKind::Main,
            footage_from: first_seen - Duration::from_secs(5),
            footage_to: last_seen + Duration::from_secs(5),
            snapshot: Some(format!("{}/{first_seen}.jpg", camera.folder)),
        }
    }

    fn activity(&self, camera_id: CameraId, number: u32, dice: &mut Dice) -> ActivityMinute {
        let scores = (0..30).map(|gop| (gop * 2000, (dice.share() * 255.0) as u8)).collect();
        ActivityMinute { camera_id, minute: (self.now - MINUTE * (number + 1)).minute(), scores }
    }

    /// Every seventh hour the camera was away for half a minute.
    fn gap(&self, camera_id: CameraId, number: u32) -> Gap {
        let from = self.now - Duration::from_hours(7) * (number + 1);
        Gap {
            camera_id,
            stream: StreamKind::Main,
            kind: GapKind::Recording,
            from,
            to: Some(from + MINUTE / 2),
            reason: GapReason::CameraOffline,
            detail: "no answer within 10 s".to_owned(),
            caught_up_at: None,
        }
    }

    /// A minute of 60 fragments. Every hundredth ends early, so that there are holes to find.
    fn segment(&self, camera: &Camera, number: u64, dice: &mut Dice) -> Segment {
        let start = self.now - MINUTE * (number as u32 + 1);
        let seconds = if number.is_multiple_of(100) { 30 } else { 60 };
        let fragments: Vec<Fragment> = (0..seconds)
            .map(|second| Fragment {
                start: Duration::from_secs(second),
                duration: Duration::from_secs(1),
                bytes: 200_000 + (dice.share() * 100_000.0) as u32,
                frames: 15,
                random_access: second.is_multiple_of(2),
            })
            .collect();
        let bytes: u64 = fragments.iter().map(|fragment| u64::from(fragment.bytes)).sum();
        Segment {
            camera_id: camera.id,
            stream: StreamKind::Main,
            start,
            end: start + Duration::from_secs(seconds),
            path: format!("{}/{start}.mp4", camera.folder),
            bytes: bytes + 700,
            header_bytes: 700,
            frames: seconds as u32 * 15,
            video: VideoParameters {
                codec: VideoCodec::H264,
                width: 1920,
                height: 1080,
                rfc6381: "avc1.640028".to_owned(),
                decoder_configuration: Bytes::from_static(&[1, 0x64, 0, 0x28, 0xff, 0xe1, 0, 0]),
            },
            audio: None,
            fragments: FragmentIndex(fragments),
            closed: true,
        }
    }

    fn span(&self, dice: &mut Dice, length: Duration, within: Duration) -> TimeRange {
        let from = self.now - length - dice.within(within.saturating_sub(length));
        TimeRange { from, to: from + length }
    }

    /// Some 24 hours of the events.
    pub(crate) fn day(&self, dice: &mut Dice) -> TimeRange {
        self.span(dice, DAY, EVENT_TIME)
    }

    /// Some 7 days of the events.
    pub(crate) fn week(&self, dice: &mut Dice) -> TimeRange {
        self.span(dice, DAY * 7, EVENT_TIME)
    }

    /// Some 24 hours of the recordings.
    pub(crate) fn recorded_day(&self, dice: &mut Dice) -> TimeRange {
        self.span(dice, DAY, MINUTE * self.segments as u32)
    }

    pub(crate) fn last_hour(&self) -> TimeRange {
        TimeRange { from: self.now - Duration::from_hours(1), to: self.now }
    }

    /// Somewhere among the cameras.
    pub(crate) fn somewhere(dice: &mut Dice) -> GeoPoint {
        GeoPoint { latitude: 16.40 + dice.share() * 0.06, longitude: 107.50 + dice.share() * 0.05 }
    }

    /// Some 3 km by 3 km.
    pub(crate) fn square(dice: &mut Dice) -> Vec<GeoPoint> {
        let GeoPoint { latitude, longitude } = Self::somewhere(dice);
        let corners = [(-1.0, -1.0), (-1.0, 1.0), (1.0, 1.0), (1.0, -1.0), (-1.0, -1.0)];
        let corner = |(north, east): (f64, f64)| GeoPoint {
            latitude: latitude + north * 0.0135,
            longitude: longitude + east * 0.014,
        };
        corners.into_iter().map(corner).collect()
    }
}

fn report(what: &str, rows: u64, started: Instant) {
    let seconds = started.elapsed().as_secs_f64();
    println!("{rows} {what} in {seconds:.1} s ({:.0} a second)", rows as f64 / seconds);
}
