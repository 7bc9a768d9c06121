//! Recordings, clips, pictures.

use api::ports::ApiConfig;
use axum::body::Body;
use axum::http::header;
use domain::{Role, StreamKind, VideoCodec};
use index::Record;
use serde_json::json;
use tower::ServiceExt as _;

use crate::world::{NOW, at, event_at, root, run, run_with, time};

#[test]
fn what_a_browser_cannot_play_is_offered_transcoded() {
    run(|mut world| async move {
        let from = NOW.plus_micros(-60_000_000);
        world.record(from, 50).await;
        let range = domain::TimeRange::new(from, from.plus_micros(5_000_000)).unwrap();
        let recorded = world.index.segments_in(world.camera.id, StreamKind::Main, range).await.unwrap();
        let mut other = recorded[0].clone();
        other.stream = StreamKind::Sub;
        other.video.codec = VideoCodec::H265;
        world.write(Record::Segment(other)).await;
        let client = world.client(&[at(Role::Investigator, &world.inside)]).await;
        let camera = format!("/cameras/{}", world.camera.id);
        let wanted = format!("from={}&to={}", time(range.from), time(range.to));
        let playlist = async |query: &str| {
            client.get(&format!("{camera}/playlist.m3u8?{wanted}&{query}")).await.expect(200)
        };

        // As it is, where that is H.264 or nobody minds.
        for query in ["codec=h264", "stream=sub"] {
            let list = playlist(query).await;
            assert!(list.text().contains("segments/") && !list.text().contains("transcoded/"));
            assert!(!list.headers.contains_key("taimat-transcoded"), "{query}");
        }
        let list = playlist("stream=sub&codec=h264").await;
        assert_eq!(list.headers["taimat-transcoded"], "true");
        let text = list.text();
        let folder = format!("transcoded/sub/{}", from.as_micros());
        let lines: Vec<&str> = text.lines().filter(|line| line.contains(&folder)).collect();
        assert_eq!(lines.len(), 3, "{text}");
        assert_eq!(lines[0], format!("#EXT-X-MAP:URI=\"{folder}/0/init.mp4\""));
        assert_eq!(lines[1], format!("{folder}/0/media.mp4"));

        let piece = async |path: &str| client.get(&format!("{camera}/{folder}/{path}")).await;
        assert_eq!(&piece("0/init.mp4").await.expect(200).body[..], b"the init segment");
        let path = format!("{camera}/{}", lines[1]);
        let request = client.request("GET", &path).header(header::RANGE, "bytes=4-").body(Body::empty());
        assert_eq!(&client.send(request.unwrap()).await.expect(206).body[..], b"fragment");
        for (path, status, code) in [
            ("1/media.mp4", 503, "unavailable"),
            ("2/media.mp4", 503, "unavailable"),
            ("3/media.mp4", 404, "no_footage"),
            ("4/media.mp4", 404, "not_found"),
            ("0/else.mp4", 400, "invalid_field"),
            ("x/init.mp4", 400, "invalid_field"),
        ] {
            let reply = piece(path).await.expect(status);
            assert_eq!(reply.code(), code, "{path}");
            assert_eq!(reply.headers.contains_key(header::RETRY_AFTER), status == 503, "{path}");
        }
        let as_it_is = format!("{camera}/transcoded/main/{}/0/init.mp4", from.as_micros());
        assert_eq!(client.get(&as_it_is).await.expect(400).json()["field"], "start");
        let other_codec = client.get(&format!("{camera}/playlist.m3u8?{wanted}&codec=h265")).await;
        assert_eq!(other_codec.expect(400).json()["field"], "codec");
    });
}

#[test]
fn footage_is_played_by_range_and_taken_away_with_an_account_of_it() {
    run(|mut world| async move {
        let from = NOW.plus_micros(-60_000_000);
        world.record(from, 50).await;
        let client = world.client(&[at(Role::Investigator, &world.inside)]).await;
        let camera = format!("/cameras/{}", world.camera.id);
        let wanted = format!("from={}&to={}", time(from), time(from.plus_micros(5_000_000)));

        let timeline = client.get(&format!("{camera}/timeline?{wanted}")).await.expect(200).json();
        assert_eq!(timeline["recordings"][0]["ranges"].as_array().unwrap().len(), 1, "{timeline}");
        assert_eq!(timeline["events"][0]["id"], json!(world.event.id));

        let list = client.get(&format!("{camera}/playlist.m3u8?{wanted}")).await.expect(200).text();
        let segment = list.lines().find(|line| line.starts_with("segments/")).expect(&list);
        let segment = format!("{camera}/{segment}");
        let whole = client.get(&segment).await.expect(200);
        assert_eq!(whole.headers[header::CONTENT_TYPE], "video/mp4");
        assert_eq!(&whole.body[4..8], b"ftyp");
        let part =
            client.request("GET", &segment).header(header::RANGE, "bytes=4-7").body(Body::empty()).unwrap();
        let part = client.send(part).await.expect(206);
        assert_eq!(&part.body[..], b"ftyp");
        assert_eq!(part.headers[header::CONTENT_RANGE], format!("bytes 4-7/{}", whole.body.len()));
        let beyond = client
            .request("GET", &segment)
            .header(header::RANGE, "bytes=99999999-")
            .body(Body::empty())
            .unwrap();
        assert_eq!(client.send(beyond).await.expect(416).code(), "range_not_satisfiable");
        client.get(&format!("{camera}/segments/main/1.mp4")).await.expect(404);

        let plan = client.get(&format!("{camera}/clip/plan?{wanted}")).await.expect(200).json();
        let clip = client.get(&format!("{camera}/clip?{wanted}")).await.expect(200);
        assert_eq!(json!(clip.body.len()), plan["bytes"]);
        assert_eq!(plan["frames"], 50);
        assert_eq!(clip.headers[header::CONTENT_LENGTH], clip.body.len().to_string());
        assert_eq!(clip.headers["taimat-start"], from.to_string());
        let name = clip.headers[header::CONTENT_DISPOSITION].to_str().unwrap();
        assert!(name.contains("filename*=UTF-8''C%E1%BB%95ng%20ch%E1%BB%A3"), "{name}");
        let path = format!("{camera}/clip?{wanted}");
        let tail =
            client.request("GET", &path).header(header::RANGE, "bytes=-100").body(Body::empty()).unwrap();
        assert_eq!(client.send(tail).await.expect(206).body, clip.body.slice(clip.body.len() - 100..));
        let of_event = client.get(&format!("/events/{}/clip", world.event.id)).await.expect(200);
        assert_eq!(&of_event.body[4..8], b"ftyp");
        let nothing = format!("{camera}/clip?from=2020-01-01T00:00:00Z&to=2020-01-01T00:01:00Z");
        assert_eq!(client.get(&nothing).await.expect(404).code(), "no_footage");

        let officer = world.client(&[at(Role::DutyOfficer, &world.inside)]).await;
        officer.get(&path).await.expect(403);
        officer.get(&segment).await.expect(200);

        let target = format!("camera/{}", world.camera.id);
        let entries =
            root(&world).await.get(&format!("/audit?target={target}&action=clip.")).await.expect(200).json();
        let entries = entries["items"].as_array().unwrap().clone();
        assert_eq!(entries.len(), 1, "two pieces of one clip are one export: {entries:?}");
        assert_eq!(entries[0]["detail"]["from"], json!(from));
        assert_eq!(entries[0]["address"], "0.0.0.0");
    });
}

#[test]
fn pictures_come_from_the_folder_or_are_cut_again() {
    run(|world| async move {
        let client = world.client(&[at(Role::DutyOfficer, &world.inside)]).await;
        std::fs::write(world.snapshots.join("a.jpg"), b"\xff\xd8kept").unwrap();
        let kept = event_at(&world.camera, NOW.plus_micros(-120_000_000));
        let lost = event_at(&world.camera, NOW.plus_micros(-180_000_000));
        let outside = event_at(&world.camera, NOW.plus_micros(-240_000_000));
        let ids = [kept.id, lost.id, outside.id];
        world.store(kept, Some("a.jpg".to_owned())).await;
        world.store(lost, Some("b.jpg".to_owned())).await;
        world.store(outside, Some("../secret.key".to_owned())).await;
        let [kept, lost, outside] = ids.map(|id| format!("/events/{id}/snapshot"));
        assert_eq!(&client.get(&kept).await.expect(200).body[..], b"\xff\xd8kept");
        let cut = client.get(&lost).await.expect(200);
        assert_eq!(&cut.body[..], b"\xff\xd8cut");
        assert!(cut.headers[header::CACHE_CONTROL].to_str().unwrap().starts_with("private"));
        assert_eq!(client.get(&outside).await.expect(500).code(), "internal");
        let old = format!("/cameras/{}/snapshot?at=2026-01-01T00:00:00Z", world.camera.id);
        assert_eq!(client.get(&old).await.expect(404).code(), "no_footage");
    });
}

#[test]
fn an_events_picture_comes_as_small_as_it_is_asked_for() {
    run(|world| async move {
        let client = world.client(&[at(Role::DutyOfficer, &world.inside)]).await;
        let large = image::RgbImage::from_fn(640, 360, |x, y| image::Rgb([x as u8, y as u8, 0]));
        large.save(world.snapshots.join("large.jpg")).unwrap();
        std::fs::write(world.snapshots.join("torn.jpg"), b"\xff\xd8torn").unwrap();
        let (seen, torn) =
            [120, 180].map(|ago| event_at(&world.camera, NOW.plus_micros(-ago * 1_000_000))).into();
        let (path, other) =
            (format!("/events/{}/snapshot", seen.id), format!("/events/{}/snapshot", torn.id));
        world.store(seen, Some("large.jpg".to_owned())).await;
        world.store(torn, Some("torn.jpg".to_owned())).await;
        let size = |body: &[u8]| {
            let picture = image::load_from_memory(body).unwrap();
            (picture.width(), picture.height())
        };
        let small = client.get(&format!("{path}?width=160")).await.expect(200);
        assert_eq!(size(&small.body), (160, 90));
        assert_eq!(small.headers[header::CACHE_CONTROL], "private, max-age=86400, immutable");
        assert_eq!(size(&client.get(&format!("{path}?width=1920")).await.expect(200).body), (640, 360));
        assert_eq!(client.get(&format!("{path}?width=8")).await.expect(400).json()["field"], "width");
        let cut = client.get(&format!("{other}?width=160")).await.expect(200);
        assert_eq!(&cut.body[..], b"\xff\xd8cut", "one that cannot be read is cut again");
    });
}

#[test]
fn as_many_clips_are_sent_at_once_as_the_server_allows() {
    run_with(ApiConfig { clip_streams: 1, ..ApiConfig::default() }, |mut world| async move {
        let from = NOW.plus_micros(-60_000_000);
        world.record(from, 20).await;
        let client = world.client(&[at(Role::Investigator, &world.inside)]).await;
        let (id, from, to) = (world.camera.id, time(from), time(from.plus_micros(2_000_000)));
        let path = format!("/cameras/{id}/clip?from={from}&to={to}");
        let request = client.request("GET", &path).body(Body::empty()).unwrap();
        let unread = client.router.clone().oneshot(request).await.unwrap();
        let refused = client.get(&path).await.expect(429);
        assert_eq!(refused.code(), "too_many_streams");
        assert!(refused.headers.contains_key(header::RETRY_AFTER));
        drop(unread);
        client.get(&path).await.expect(200);
    });
}
