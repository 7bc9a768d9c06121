//! The real worker with the real runtime and model, through its client.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that goes wrong panics"
)]

mod support;

use std::sync::Arc;
use std::time::Duration;

use domain::{
    AccessUnit, BoundingBox, GapReason, LookAt, ObjectClass, SceneView, Searched, Timestamp, VideoCodec,
    VideoParameters,
};
use tokio::sync::mpsc::Receiver;
use tokio::time::timeout;
use vision_client::{GridRequest, StillError, StillRequest, VisionFeed, VisionReport, Work};

use support::{Server, footage, pattern, repeated};

const SOON: Duration = Duration::from_secs(30);

fn looked(unit: &AccessUnit) -> Work {
    Work { unit: unit.clone(), look: Some(LookAt::whole()) }
}

async fn next(reports: &mut Receiver<VisionReport>) -> Option<VisionReport> {
    timeout(SOON, reports.recv()).await.expect("a report comes in time")
}

/// All reports of units that are all looked at, after closing the feed.
async fn all(
    feed: VisionFeed,
    mut reports: Receiver<VisionReport>,
    units: &[AccessUnit],
) -> Vec<VisionReport> {
    let units = units.to_vec();
    let sending = tokio::spawn(async move {
        for unit in &units {
            feed.send(looked(unit)).await.expect("the worker lives");
        }
    });
    let mut taken = Vec::new();
    while let Some(report) = next(&mut reports).await {
        taken.push(report);
    }
    sending.await.unwrap();
    taken
}

fn time(report: &VisionReport) -> Timestamp {
    match report {
        VisionReport::Look { time, .. } | VisionReport::Failed { time, .. } => *time,
        VisionReport::Lost { .. } => panic!("the worker died"),
    }
}

/// That each unit has exactly one answer.
fn assert_answered(reports: &[VisionReport], units: &[AccessUnit]) {
    let mut answered: Vec<_> = reports.iter().map(time).collect();
    answered.sort_unstable();
    assert_eq!(answered, units.iter().map(|unit| unit.time).collect::<Vec<_>>());
}

#[tokio::test]
async fn people_are_found_in_both_codecs_at_the_right_times() {
    let server = Server::start(|_| {}).await;
    assert!(server.vision.info().classes.contains(&ObjectClass::Person));
    for (file, codec) in
        [("people-sub-h264.mp4", VideoCodec::H264), ("people-sub-h265.mp4", VideoCodec::H265)]
    {
        let units = footage(file, codec, 45);
        let (feed, reports) = server.vision.open(file);
        let reports = all(feed, reports, &units).await;
        assert_answered(&reports, &units);
        let with_people = reports.iter().filter(|report| {
            let VisionReport::Look { detections, motion, .. } = report else { panic!("{report:?}") };
            assert!((0.0..=1.0).contains(motion));
            assert!(detections.is_sorted_by(|a, b| a.score >= b.score));
            for one in detections {
                assert_eq!(one.bounds, one.bounds.clamped());
            }
            detections.iter().any(|one| one.class == ObjectClass::Person && one.score > 0.5)
        });
        assert!(with_people.count() > 30, "people walk through all of {file}");
    }
    server.stop().await;
}

/// What one camera shows, piece after piece: by day, by night, turned to another street, hanging.
#[tokio::test]
async fn a_camera_that_is_turned_or_hangs_shows_it_and_nightfall_is_neither() {
    let server = Server::start(|_| {}).await;
    let clip = |name: &str| footage(name, VideoCodec::H264, 90);
    let pieces = [
        clip("people-sub-h264.mp4"),
        clip("people-night-vbr-sub-h264.mp4"),
        clip("junction-sub-h264.mp4"),
        repeated("people-sub-h264.mp4", 300),
    ];
    let (feed, mut reports) = server.vision.open("views");
    let mut views = Vec::new();
    for (number, piece) in pieces.into_iter().enumerate() {
        let later = Duration::from_secs(20 * number as u64);
        let mut looks = 0;
        for (frame, mut unit) in piece.into_iter().enumerate() {
            unit.time = unit.time + later;
            let look = (frame % 15 == 0).then(LookAt::default);
            looks += usize::from(look.is_some());
            feed.send(Work { unit, look }).await.unwrap();
        }
        let mut seen: Vec<SceneView> = Vec::new();
        while seen.len() < looks {
            match next(&mut reports).await {
                Some(VisionReport::Look { view, .. }) => seen.push(view),
                other => panic!("{other:?}"),
            }
        }
        views.push(seen);
    }
    let [day, night, turned, hanging] = views.as_slice() else { panic!("{views:?}") };
    for view in day.iter().chain(night) {
        assert!(view.likeness > 0.6 && view.contrast > 10.0 && !view.unchanged, "{day:?} {night:?}");
    }
    assert!(turned.iter().all(|view| view.likeness < 0.15 && view.contrast > 10.0), "{turned:?}");
    // It takes the encoder some seconds to come to rest.
    let late = hanging.iter().skip(12);
    assert!(late.clone().all(|view| view.unchanged && view.likeness > 0.6), "{hanging:?}");
    assert_eq!(late.count(), 8);
    drop(feed);
    server.stop().await;
}

/// Two cameras whose looks share runs of the detector: each gets its own answers, in order, and finds nobody of the
/// other.
#[tokio::test]
async fn looks_of_two_cameras_share_a_search_and_do_not_mix() {
    let server = Server::start(|config| config.patience = Duration::from_millis(300)).await;
    let people = footage("gate-vbr-sub-h264.mp4", VideoCodec::H264, 300);
    let nobody = footage("quiet-sub-h264.mp4", VideoCodec::H264, 300);
    let watch = async |name: &str, units: Vec<AccessUnit>, focus: Vec<BoundingBox>| {
        let (feed, mut reports) = server.vision.open(name);
        let times: Vec<_> = units.iter().step_by(3).map(|unit| unit.time).collect();
        let sending = async {
            for (number, unit) in units.into_iter().enumerate() {
                let look = (number % 3 == 0).then(|| LookAt { focus: focus.clone(), whole: number == 0 });
                feed.send(Work { unit, look }).await.unwrap();
            }
            drop(feed);
        };
        let taking = async {
            let mut taken = Vec::new();
            while let Some(report) = next(&mut reports).await {
                taken.push(report);
            }
            taken
        };
        let ((), taken) = tokio::join!(sending, taking);
        assert_eq!(taken.iter().map(time).collect::<Vec<_>>(), times, "in order, each once");
        taken
    };
    // Where nobody is, so that the quiet camera is searched as well.
    let focus = vec![BoundingBox { x: 0.6, y: 0.3, w: 0.05, h: 0.15 }];
    let (people, nobody) = tokio::join!(watch("people", people, Vec::new()), watch("nobody", nobody, focus));
    let found = |reports: &[VisionReport]| {
        let found = reports.iter().map(|report| match report {
            VisionReport::Look { detections, searched, .. } => {
                let sure = detections.iter().filter(|one| one.score > 0.5);
                for one in sure.clone() {
                    assert!(searched.covers(one.bounds) || one.bounds.area() < 0.001, "{report:?}");
                }
                (usize::from(matches!(searched, Searched::Areas(_))), sure.count())
            }
            other => panic!("{other:?}"),
        });
        found.fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1))
    };
    let ((areas, seen), (quiet_areas, phantoms)) = (found(&people), found(&nobody));
    assert!(areas > 20 && seen > 20, "{areas} searches of areas, {seen} people");
    assert!(quiet_areas > 90 && phantoms == 0, "{quiet_areas} searches of areas, {phantoms} people");
    server.stop().await;
}

#[tokio::test]
async fn only_what_is_to_be_looked_at_is_answered() {
    let server = Server::start(|_| {}).await;
    let units = pattern(VideoCodec::H264, "-bf 0 -g 15", (320, 240), 30);
    let (feed, mut reports) = server.vision.open("a");
    for (number, unit) in units.iter().enumerate() {
        feed.send(Work { unit: unit.clone(), look: (number % 10 == 0).then(LookAt::whole) }).await.unwrap();
    }
    drop(feed);
    for number in [0, 10, 20] {
        assert_eq!(time(&next(&mut reports).await.unwrap()), units[number].time);
    }
    assert_eq!(next(&mut reports).await, None);
    server.stop().await;
}

/// The sentinel of a quiet camera sends key frames alone. Where the stream has B-frames the decoder would hold
/// each back until the next.
#[tokio::test]
async fn lone_key_frames_are_answered_at_once_and_what_depends_on_them_decodes() {
    for codec in [VideoCodec::H264, VideoCodec::H265] {
        let server = Server::start(|_| {}).await;
        let units = pattern(codec, "-bf 3 -g 8 -keyint_min 8", (320, 240), 32);
        let keys: Vec<_> = (0..units.len()).filter(|number| units[*number].random_access).collect();
        assert!(keys.len() >= 4, "{keys:?}");
        let (feed, mut reports) = server.vision.open("sentinel");
        feed.send(looked(&units[keys[0]])).await.unwrap();
        feed.send(looked(&units[keys[1]])).await.unwrap();
        for key in [keys[0], keys[1]] {
            let report = next(&mut reports).await.unwrap();
            assert!(matches!(report, VisionReport::Look { .. }), "{report:?}");
            assert_eq!(time(&report), units[key].time);
        }
        // Now the camera gets active: the rest of that GOP follows.
        let rest = &units[keys[1] + 1..keys[2]];
        for unit in rest {
            feed.send(looked(unit)).await.unwrap();
        }
        drop(feed);
        let mut answers = Vec::new();
        while let Some(report) = next(&mut reports).await {
            assert!(matches!(report, VisionReport::Look { .. }), "{report:?}");
            answers.push(report);
        }
        assert_answered(&answers, rest);
        server.stop().await;
    }
}

#[tokio::test]
async fn a_change_of_resolution_in_mid_stream_is_followed() {
    let server = Server::start(|_| {}).await;
    let mut units = pattern(VideoCodec::H264, "-bf 0 -g 15", (320, 240), 10);
    let shift = Duration::from_secs(10);
    units.extend(
        pattern(VideoCodec::H265, "-bf 0 -g 15", (640, 352), 10)
            .into_iter()
            .map(|unit| AccessUnit { time: unit.time + shift, ..unit }),
    );
    let (feed, reports) = server.vision.open("a");
    let reports = all(feed, reports, &units).await;
    assert_answered(&reports, &units);
    assert!(reports.iter().all(|report| matches!(report, VisionReport::Look { .. })));
    server.stop().await;
}

#[tokio::test]
async fn damage_hurts_only_itself_and_ends_with_a_key_frame() {
    let server = Server::start(|_| {}).await;
    for codec in [VideoCodec::H264, VideoCodec::H265] {
        let good = pattern(codec, "-bf 0 -g 10", (320, 240), 60);
        let mut seed = 1u64;
        let mut random = move |limit: usize| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) as usize % limit.max(1)
        };
        // Flipped bits, cut ends, lost units, rubbish; the last GOP is whole.
        let last = good.iter().rposition(|unit| unit.random_access).unwrap();
        let mut units = Vec::new();
        for (number, unit) in good.iter().enumerate() {
            let mut data = unit.data.to_vec();
            if number < last {
                match random(5) {
                    0 => (0..8).for_each(|_| {
                        let place = random(data.len());
                        data[place] ^= 1 << random(8);
                    }),
                    1 => data.truncate(random(data.len())),
                    2 => continue,
                    3 => data = (0..random(500)).map(|_| random(256) as u8).collect(),
                    _ => {}
                }
            }
            units.push(AccessUnit { data: data.into(), ..unit.clone() });
        }
        let (feed, reports) = server.vision.open(codec.as_str());
        let pid = server.vision.worker_pid();
        let reports = all(feed, reports, &units).await;
        assert_answered(&reports, &units);
        let whole = &reports[reports.len() - (good.len() - last)..];
        assert!(whole.iter().all(|report| matches!(report, VisionReport::Look { .. })), "{whole:?}");
        assert!(reports.iter().any(|report| matches!(report, VisionReport::Failed { .. })));
        assert_eq!(server.vision.worker_pid(), pid, "the worker lives through it");
    }
    server.stop().await;
}

#[tokio::test]
async fn what_cannot_be_decoded_is_refused_with_a_reason() {
    let server = Server::start(|_| {}).await;
    let good = pattern(VideoCodec::H264, "-bf 0 -g 5", (320, 240), 10);
    let with = |change: &dyn Fn(&mut VideoParameters)| {
        let mut parameters = (*good[0].parameters).clone();
        change(&mut parameters);
        AccessUnit { parameters: Arc::new(parameters), ..good[0].clone() }
    };
    let cases = [
        (with(&|parameters| parameters.width = 0), "0×240"),
        (with(&|parameters| parameters.height = 60_000), "too large"),
        (with(&|parameters| parameters.decoder_configuration = Vec::new().into()), "avcC"),
        (with(&|parameters| parameters.codec = VideoCodec::H265), "decode"),
        (good[1].clone(), "key frame"),
        (AccessUnit { data: Vec::new().into(), ..good[0].clone() }, "empty"),
    ];
    for (unit, reason) in cases {
        let (feed, mut reports) = server.vision.open("bad");
        feed.send(looked(&unit)).await.unwrap();
        drop(feed);
        match next(&mut reports).await {
            Some(VisionReport::Failed { detail, .. }) => assert!(detail.contains(reason), "{detail}"),
            other => panic!("{reason}: {other:?}"),
        }
        assert_eq!(next(&mut reports).await, None);
    }
    // A feed that begins in the middle of a GOP waits for the next.
    let (feed, reports) = server.vision.open("late");
    let reports = all(feed, reports, &good[3..]).await;
    let failed = reports.iter().filter(|report| matches!(report, VisionReport::Failed { .. })).count();
    assert_eq!((failed, reports.len()), (2, 7));
    server.stop().await;
}

#[tokio::test]
async fn a_killed_worker_comes_back_and_takes_the_gop_again() {
    let server = Server::start(|_| {}).await;
    let units = pattern(VideoCodec::H264, "-bf 0 -g 30", (320, 240), 20);
    let (feed, mut reports) = server.vision.open("a");
    for unit in &units[..10] {
        feed.send(looked(unit)).await.unwrap();
        assert!(matches!(next(&mut reports).await, Some(VisionReport::Look { .. })));
    }
    let pid = server.vision.worker_pid().unwrap();
    support::kill(pid);
    match next(&mut reports).await {
        Some(VisionReport::Lost { from, to, reason }) => {
            assert_eq!((from, to, reason), (units[9].time, units[9].time, GapReason::WorkerDied));
        }
        other => panic!("{other:?}"),
    }
    timeout(SOON, feed.up()).await.expect("it comes back");
    assert_ne!(server.vision.worker_pid(), Some(pid));
    let reports = all(feed, reports, &units).await;
    assert_answered(&reports, &units);
    assert!(reports.iter().all(|report| matches!(report, VisionReport::Look { .. })));
    server.stop().await;
}

#[tokio::test]
async fn stills_show_the_wanted_moment_whole_or_cut() {
    let server = Server::start(|_| {}).await;
    let units = pattern(VideoCodec::H264, "-bf 0 -g 15", (640, 352), 30);
    let request =
        StillRequest { at: units[22].time, units: units.clone(), crop: None, max_width: None, quality: 90 };
    let whole = server.vision.still(request.clone()).await.unwrap();
    assert_eq!((whole.width, whole.height, whole.time), (640, 352, units[22].time));
    let picture = image::load_from_memory(&whole.jpeg).unwrap();
    assert_eq!((picture.width(), picture.height()), (640, 352));

    let small = StillRequest { max_width: Some(320), ..request.clone() };
    let small = server.vision.still(small).await.unwrap();
    assert_eq!((small.width, small.height), (320, 176));

    let crop = Some(BoundingBox { x: 0.5, y: 0.5, w: 0.25, h: 0.25 });
    let cut = server.vision.still(StillRequest { crop, ..request.clone() }).await.unwrap();
    assert!(cut.width > 160 && cut.width < 320 && cut.height > 88 && cut.height < 250, "{cut:?}");

    let before = StillRequest { at: Timestamp::MIN, ..request.clone() };
    assert_eq!(server.vision.still(before).await.unwrap().time, units[0].time, "else the first");

    let rubbish = AccessUnit { data: vec![7; 300].into(), ..units[0].clone() };
    let rubbish = StillRequest { units: vec![rubbish], ..request.clone() };
    assert!(matches!(server.vision.still(rubbish).await, Err(StillError::Decode(_))));
    let late = StillRequest { units: units[1..10].to_vec(), ..request };
    assert!(matches!(server.vision.still(late).await, Err(StillError::Request(_))));
    server.stop().await;
}

#[tokio::test]
async fn key_frames_alone_tell_how_bright_a_part_is() {
    let server = Server::start(|_| {}).await;
    for codec in [VideoCodec::H264, VideoCodec::H265] {
        let units = pattern(codec, "-g 10 -bf 2", (640, 352), 45);
        let keys: Vec<_> = units.into_iter().filter(|unit| unit.random_access).collect();
        assert!(keys.len() >= 3, "{}", keys.len());
        let area = BoundingBox { x: 0.5, y: 0.0, w: 0.5, h: 0.5 };
        let request = GridRequest { units: keys.clone(), area };
        let grids = server.vision.grids(request.clone()).await.unwrap();
        let times = |grids: &[domain::GreyGrid]| grids.iter().map(|grid| grid.time).collect::<Vec<_>>();
        assert_eq!(times(&grids), keys.iter().map(|unit| unit.time).collect::<Vec<_>>());
        for grid in &grids {
            // 320 × 176 pixels, cells of 5.
            assert_eq!((grid.columns, grid.cells.len(), grid.whole.len()), (64, 64 * 35, 144));
            let (dark, bright) = (grid.cells.iter().min().unwrap(), grid.cells.iter().max().unwrap());
            assert!(bright - dark > 30, "a test pattern has light and shade: {dark} {bright}");
        }
        let mut torn = keys.clone();
        torn[0].data = vec![7; 300].into();
        let left = server.vision.grids(GridRequest { units: torn, ..request.clone() }).await.unwrap();
        assert_eq!(times(&left), times(&grids)[1..]);
        let rubbish = vec![AccessUnit { data: vec![7; 300].into(), ..keys[0].clone() }];
        let rubbish = server.vision.grids(GridRequest { units: rubbish, ..request }).await;
        assert!(matches!(rubbish, Err(StillError::Decode(_))), "{rubbish:?}");
    }
    server.stop().await;
}

#[tokio::test]
async fn several_threads_keep_every_feed_in_order() {
    let server = Server::start(|config| config.threads = 2).await;
    let units = pattern(VideoCodec::H264, "-bf 0 -g 15", (320, 240), 30);
    let feeds = (0..4).map(|number| {
        let (feed, reports) = server.vision.open(number.to_string());
        let units = units.clone();
        tokio::spawn(async move { all(feed, reports, &units).await })
    });
    for feed in feeds.collect::<Vec<_>>() {
        let times: Vec<_> = feed.await.unwrap().iter().map(time).collect();
        assert_eq!(times, units.iter().map(|unit| unit.time).collect::<Vec<_>>());
    }
    server.stop().await;
}
