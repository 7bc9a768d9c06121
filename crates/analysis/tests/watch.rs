//! Gate and tracker together: where the next look searches, how soon it comes, and what that costs.

use std::sync::Arc;
use std::time::Duration;

use analysis::{Attention, Look, Seen, Watch, WatchConfig, WatchLog, WatchOutput};
use bytes::Bytes;
use domain::{
    AccessUnit, BoundingBox, CameraId, Detection, LookAt, LookCost, ObjectClass, Searched, StreamKind,
    Timestamp, VideoCodec, VideoParameters, WatchState,
};

const RATE: i64 = 15;

fn at(frame: i64) -> Timestamp {
    Timestamp::from_micros(1_000_000_000_000_000 + frame * 1_000_000 / RATE)
}

fn parameters(width: u32) -> Arc<VideoParameters> {
    Arc::new(VideoParameters {
        codec: VideoCodec::H264,
        width,
        height: 360,
        rfc6381: "avc1.4d401e".to_owned(),
        decoder_configuration: Bytes::from_static(b"avcC"),
    })
}

/// A stream of even sizes, and a worker that sees what it is told is there.
struct Scene {
    watch: Watch,
    log: WatchLog,
    parameters: Arc<VideoParameters>,
    frame: i64,
}

impl Scene {
    fn new() -> Self {
        Self {
            watch: Watch::new(WatchConfig::default()),
            log: WatchLog::new(CameraId::generate(), StreamKind::Sub),
            parameters: parameters(640),
            frame: 0,
        }
    }

    /// Plays so many seconds; `there` says what is where in a picture, and how much of it moves. Gives the looks.
    fn play(
        &mut self,
        seconds: i64,
        there: impl Fn(i64) -> (Vec<Detection>, f32),
    ) -> Vec<(Timestamp, LookAt)> {
        let mut looks = Vec::new();
        for _ in 0..seconds * RATE {
            let (frame, key) = (self.frame, self.frame % 30 == 0);
            self.frame += 1;
            let unit = AccessUnit {
                time: at(frame),
                random_access: key,
                data: Bytes::from(vec![0; if key { 20_000 } else { 600 }]),
                parameters: Arc::clone(&self.parameters),
            };
            let outputs = self.watch.push(unit);
            self.log.frame(at(frame), self.watch.gate());
            for output in outputs {
                let WatchOutput::Work { unit, look: Some(look) } = output else { continue };
                let of = (unit.time.micros_since(at(0)) * RATE + 500_000) / 1_000_000;
                let (all, motion) = there(of);
                let searched = if look.whole {
                    Searched::Whole
                } else if look.focus.is_empty() && motion <= 0.0 {
                    Searched::Nothing
                } else {
                    // Around each, as the worker does it.
                    let moving = all.iter().filter(|_| motion > 0.0).map(|one| one.bounds);
                    let areas = look.focus.iter().copied().chain(moving).map(|b| BoundingBox {
                        x: b.x - 0.05,
                        y: b.y - 0.1,
                        w: b.w + 0.1,
                        h: b.h + 0.2,
                    });
                    Searched::Areas(areas.collect())
                };
                let found: Vec<_> = all.into_iter().filter(|one| searched.covers(one.bounds)).collect();
                let cost = LookCost { decoded: 3, decode_micros: 900, motion_micros: 200, detect_micros: 0 };
                self.log.look(&searched, &cost, Duration::from_millis(40));
                self.watch.observe(&Seen {
                    time: unit.time,
                    detections: &found,
                    searched: &searched,
                    motion,
                });
                looks.push((unit.time, look));
            }
        }
        looks
    }
}

fn one(class: ObjectClass, x: f32) -> Detection {
    Detection { class, score: 0.8, bounds: BoundingBox { x, y: 0.4, w: 0.08, h: 0.2 } }
}

fn nobody(_: i64) -> (Vec<Detection>, f32) {
    (Vec::new(), 0.0)
}

#[test]
fn an_idle_camera_is_searched_whole_once_a_minute_and_otherwise_not_at_all() {
    let mut scene = Scene::new();
    scene.play(30, nobody);
    let looks = scene.play(240, nobody);
    assert!(looks.len() < 75, "{} looks in four minutes", looks.len());
    assert!((3..=5).contains(&looks.iter().filter(|(_, look)| look.whole).count()));
    assert!(looks.iter().all(|(_, look)| look.focus.is_empty()));
}

#[test]
fn a_walker_is_searched_where_he_will_be_and_a_steady_one_half_as_often() {
    let mut scene = Scene::new();
    scene.play(20, nobody);
    let start = scene.frame;
    let walk = move |frame: i64| (vec![one(ObjectClass::Person, 0.1 + 0.002 * (frame - start) as f32)], 0.01);
    // What the coded pictures would say.
    scene.watch.gate_mut().observe(&Look {
        time: at(start),
        objects: 1,
        motion: 0.05,
        attention: Attention::Keen,
    });
    let early = scene.play(2, walk);
    let later = scene.play(8, walk);
    assert!((6..=9).contains(&early.len()), "{} looks in the first two seconds", early.len());
    assert!((18..=24).contains(&later.len()), "{} looks in the next eight", later.len());
    for (time, look) in later.iter().filter(|(_, look)| !look.whole) {
        let there = walk((time.micros_since(at(0)) * RATE + 500_000) / 1_000_000).0[0].bounds;
        assert!(look.focus.iter().any(|focus| focus.iou(there) > 0.6), "{look:?} for {there:?}");
    }
    assert_eq!(scene.watch.tracker().live().count(), 1);
    assert_eq!(scene.watch.gate().state(), WatchState::Active);
}

#[test]
fn a_parked_car_costs_nothing_and_is_not_lost_while_nobody_looks_there() {
    let mut scene = Scene::new();
    let car = |_| (vec![one(ObjectClass::Car, 0.5)], 0.0);
    scene.play(20, car);
    let id = scene.watch.tracker().live().next().unwrap().id;
    let looks = scene.play(180, car);
    assert!(looks.len() < 60, "{} looks in three minutes", looks.len());
    assert!(looks.iter().all(|(_, look)| look.focus.is_empty()));
    assert_eq!(scene.watch.tracker().live().map(|track| track.id).collect::<Vec<_>>(), [id]);
    // It drives off: the whole searches that follow do not find it, and that ends it.
    scene.play(300, nobody);
    assert_eq!(scene.watch.tracker().live().count(), 0);
}

#[test]
fn another_shape_of_picture_ends_what_was_followed() {
    let mut scene = Scene::new();
    let person = |_| (vec![one(ObjectClass::Person, 0.5)], 0.0);
    scene.play(5, person);
    scene.parameters = parameters(480);
    let mut outputs = Vec::new();
    for number in 0..RATE {
        outputs.extend(scene.watch.push(AccessUnit {
            time: at(scene.frame + number),
            random_access: number == 0,
            data: Bytes::from_static(&[0; 100]),
            parameters: Arc::clone(&scene.parameters),
        }));
    }
    let ended = outputs.iter().filter(|output| matches!(output, WatchOutput::Ended(_))).count();
    assert_eq!(ended, 1, "{outputs:?}");
    let looks: Vec<_> = outputs
        .iter()
        .filter_map(|output| match output {
            WatchOutput::Work { look, .. } => look.as_ref(),
            _ => None,
        })
        .collect();
    assert!(
        looks.len() > 1 && looks[0].whole && !looks[1].whole,
        "the new picture is searched whole: {looks:?}"
    );
}

#[test]
fn the_log_says_what_it_took_and_why() {
    let mut scene = Scene::new();
    let looks = scene.play(130, nobody).len() as u64;
    let watch = scene.log.read();
    assert_eq!(watch.total.frames, 130 * RATE as u64);
    assert_eq!((watch.total.looks, watch.total.decoded), (looks, 3 * looks));
    assert!((watch.total.decode_ms - 0.9 * looks as f64).abs() < 1e-6);
    assert!((watch.total.longest_lag_ms - 40.0).abs() < 1e-6);
    assert!(watch.minutes.len() >= 3 && watch.minutes.windows(2).all(|two| two[0].minute < two[1].minute));
    let spans = || watch.minutes.iter().flat_map(|minute| &minute.spans);
    let all: f64 = spans().map(|span| span.seconds).sum();
    assert!((all - 130.0).abs() < 1.0, "{all} s");
    let idle: f64 = spans().filter(|span| span.state == WatchState::Idle).map(|span| span.seconds).sum();
    assert!(idle > 110.0, "{idle} s idle, {:?}", watch.minutes);
    let frames: u64 = watch.minutes.iter().map(|minute| minute.cost.frames).sum();
    assert_eq!(frames, watch.total.frames);
}
