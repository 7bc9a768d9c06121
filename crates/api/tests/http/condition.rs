//! How well cameras were recorded, how long there is room, and what maps are drawn of.

use std::io::Write as _;

use api::ports::{ApiConfig, MapSettings};
use axum::body::Body;
use axum::http::header;
use domain::{Gap, GapKind, GapReason, Role, StreamKind};
use index::Record;
use serde_json::json;

use crate::world::{NOW, World, at, root, run, run_with};

const MINUTE: i64 = 60_000_000;

async fn gap(world: &World, kind: GapKind, reason: GapReason, minutes: (i64, Option<i64>), caught_up: bool) {
    let ago = |minutes: i64| NOW.plus_micros(-minutes * MINUTE);
    let gap = Gap {
        camera_id: world.camera.id,
        stream: StreamKind::Main,
        kind,
        from: ago(minutes.0),
        to: minutes.1.map(ago),
        reason,
        detail: String::new(),
        caught_up_at: caught_up.then_some(NOW),
    };
    world.write(Record::Gap(gap)).await;
}

#[test]
fn gaps_and_bytes_of_the_last_day_are_added_up() {
    run(|mut world| async move {
        world.record(NOW.plus_micros(-10 * MINUTE), 20).await;
        let (offline, full) = (GapReason::CameraOffline, GapReason::DiskFull);
        gap(&world, GapKind::Recording, offline, (30 * 60, Some(20 * 60)), false).await;
        gap(&world, GapKind::Recording, offline, (5, None), false).await;
        gap(&world, GapKind::Recording, full, (60, Some(59)), false).await;
        gap(&world, GapKind::Recording, full, (40 * 60, Some(30 * 60)), false).await;
        gap(&world, GapKind::Analysis, GapReason::Overload, (50, Some(48)), false).await;
        gap(&world, GapKind::Analysis, GapReason::Overload, (58, Some(52)), true).await;
        let client = world.client(&[at(Role::Observer, &world.home)]).await;
        let told = client.get("/cameras/health").await.expect(200).json();
        let [camera] = &told["items"].as_array().unwrap()[..] else { panic!("{told}") };
        assert_eq!(camera["camera_id"], json!(world.camera.id));
        let gaps = &camera["recording_gaps"];
        // Four hours of the first, for the rest of it is longer ago than a day.
        assert_eq!((&gaps["count"], &gaps["seconds"]), (&json!(3), &json!(4.0 * 3600.0 + 300.0 + 60.0)));
        assert_eq!(
            gaps["by_reason"][0],
            json!({"reason": "camera_offline", "count": 2, "seconds": 14_700.0})
        );
        assert_eq!(gaps["by_reason"][1], json!({"reason": "disk_full", "count": 1, "seconds": 60.0}));
        assert_eq!(camera["analysis_gap_seconds"], 120.0);
        let stream = &camera["streams"][0];
        assert_eq!((&stream["stream"], &stream["bytes"]), (&json!("main"), &stream["stored_bytes"]));
        assert!(stream["bytes"].as_u64().unwrap() > 0);
        assert_eq!(camera["oldest"], json!(NOW.plus_micros(-10 * MINUTE)));
        let elsewhere = world.client(&[at(Role::Observer, &world.outside)]).await;
        assert_eq!(elsewhere.get("/cameras/health").await.json()["items"], json!([]));
    });
}

#[test]
fn the_room_for_recordings_is_told() {
    run(|mut world| async move {
        world.record(NOW.plus_micros(-30 * MINUTE), 20).await;
        let client = world.client(&[at(Role::Observer, &world.home)]).await;
        let told = client.get("/storage").await.expect(200).json();
        let bytes = |key: &str| told[key].as_u64().unwrap_or_else(|| panic!("{key} in {told}"));
        assert!(bytes("disk_bytes") >= bytes("free_bytes") && bytes("used_bytes") > 0);
        assert!(bytes("bytes_per_day") >= bytes("used_bytes"), "half an hour is scaled up: {told}");
        assert_eq!(told["keep_days"], 60);
        assert!(told["days_kept"].as_f64().unwrap() > 0.0 && told["limited_by"].is_string(), "{told}");
    });
}

#[test]
fn maps_are_drawn_of_what_is_configured() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::File::create(&path).unwrap().write_all(bytes).unwrap();
        Some(path)
    };
    let outline = br#"{"type": "FeatureCollection", "features": []}"#;
    let map = MapSettings {
        pmtiles: file("a.pmtiles", b"PMTiles\x03 and so on"),
        geojson: file("a.geojson", outline),
        attribution: Some("© Xã Bình An".to_owned()),
        ..MapSettings::default()
    };
    let removed = map.geojson.clone().unwrap();
    run_with(ApiConfig { map, ..ApiConfig::default() }, |world| async move {
        world.nobody().get("/map").await.expect(401);
        world.nobody().get("/map/tiles.pmtiles").await.expect(401);
        let client = world.client(&[]).await;
        let map = client.get("/map").await.expect(200).json();
        let expected = json!({"pmtiles": "/api/v1/map/tiles.pmtiles", "attribution": "© Xã Bình An",
            "geojson": "/api/v1/map/outline.geojson", "max_zoom": 18});
        assert_eq!(map, expected);
        let part = client.request("GET", "/map/tiles.pmtiles").header(header::RANGE, "bytes=0-6");
        let part = client.send(part.body(Body::empty()).unwrap()).await.expect(206);
        assert_eq!((&part.body[..], part.headers.contains_key(header::ETAG)), (&b"PMTiles"[..], true));
        let whole = client.get("/map/outline.geojson").await.expect(200);
        assert_eq!(whole.headers[header::CONTENT_TYPE], "application/geo+json");
        assert_eq!(&whole.body[..], outline);
        std::fs::remove_file(removed).unwrap();
        assert_eq!(client.get("/map/outline.geojson").await.expect(503).code(), "unavailable");
    });
    run(|world| async move {
        let client = root(&world).await;
        assert_eq!(client.get("/map").await.expect(200).json(), json!({"max_zoom": 18}));
        for path in ["/map/tiles.pmtiles", "/map/outline.geojson"] {
            let reply = client.get(path).await.expect(404);
            assert!(reply.json()["remedy"].as_str().unwrap().contains("[map]"));
        }
    });
}
