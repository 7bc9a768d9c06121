use domain::{PlaceId, PlaceKind};
use index::{CameraChange, EventQuery, IndexError, NewPlace, PlaceChange, Record, Visibility};

use crate::support::{camera, event, everything, index, new_camera, place, point};
use crate::writer::write;

fn names(places: &[domain::Place]) -> Vec<&str> {
    places.iter().map(|place| place.name.as_str()).collect()
}

#[tokio::test]
async fn the_tree_is_listed_parents_first_and_by_rights() {
    let index = index().await;
    let province = place(&index, "Huế", None).await;
    let second = place(&index, "Phường Đúc", Some(&province)).await;
    let first = place(&index, "phường An Cựu", Some(&province)).await;
    let group = place(&index, "Tổ 5", Some(&second)).await;
    let all = index.places(&Visibility::All).await.unwrap();
    assert_eq!(names(&all), ["Huế", "phường An Cựu", "Phường Đúc", "Tổ 5"]);
    let seen = index.places(&Visibility::Places(vec![second.id])).await.unwrap();
    assert_eq!(names(&seen), ["Phường Đúc", "Tổ 5"]);
    assert!(index.places(&Visibility::Nothing).await.unwrap().is_empty());
    assert_eq!(index.place_ancestors(group.id).await.unwrap(), [group.id, second.id, province.id]);
    assert_eq!(index.place_descendants(&[first.id, second.id]).await.unwrap().len(), 3);
}

#[tokio::test]
async fn renamed_places_are_found_by_both_names_in_any_writing() {
    let index = index().await;
    let old = place(&index, "Xã Phú Thượng", None).await;
    let change = PlaceChange { name: Some("Phường Vỹ Dạ".to_owned()), ..PlaceChange::default() };
    let new = index.change_place(old.id, old.version, change.clone()).await.unwrap();
    assert_eq!(
        (new.name.as_str(), new.former_names.as_slice()),
        ("Phường Vỹ Dạ", &["Xã Phú Thượng".to_owned()][..])
    );
    for text in ["phu thuong", "PHÚ THƯỢNG", "vy da", "Vỹ Dạ", "v\u{0079}\u{0303} d"] {
        assert_eq!(index.find_places(text, &Visibility::All).await.unwrap(), [new.clone()], "{text}");
    }
    assert!(index.find_places("huong tra", &Visibility::All).await.unwrap().is_empty());
    let stale = index.change_place(old.id, old.version, change).await.unwrap_err();
    assert!(matches!(stale, IndexError::Conflict { what: "place", have: 2 }), "{stale}");
    // Back to the old name: it is no former name of itself.
    let change = PlaceChange { name: Some("Xã Phú Thượng".to_owned()), ..PlaceChange::default() };
    let back = index.change_place(new.id, new.version, change).await.unwrap();
    assert_eq!(back.former_names, ["Phường Vỹ Dạ"]);
}

#[tokio::test]
async fn moving_takes_the_subtree_along_and_makes_no_circle() {
    let index = index().await;
    let (a, b) = (place(&index, "A", None).await, place(&index, "B", None).await);
    let child = place(&index, "child", Some(&a)).await;
    let grandchild = place(&index, "grandchild", Some(&child)).await;
    let to = |parent: Option<PlaceId>| PlaceChange { parent_id: Some(parent), ..PlaceChange::default() };
    let moved = index.change_place(child.id, child.version, to(Some(b.id))).await.unwrap();
    assert_eq!(index.place_ancestors(grandchild.id).await.unwrap(), [grandchild.id, child.id, b.id]);
    assert_eq!(index.place_descendants(&[a.id]).await.unwrap(), [a.id]);
    let circle = index.change_place(b.id, b.version, to(Some(grandchild.id))).await.unwrap_err();
    assert!(matches!(circle, IndexError::Invalid { field: "parent_id", .. }), "{circle}");
    let nowhere = index.change_place(b.id, b.version, to(Some(PlaceId::generate()))).await.unwrap_err();
    assert!(matches!(nowhere, IndexError::Invalid { field: "parent_id", .. }), "{nowhere}");
    index.change_place(child.id, moved.version, to(None)).await.unwrap();
    assert_eq!(index.place_ancestors(grandchild.id).await.unwrap(), [grandchild.id, child.id]);
}

#[tokio::test]
async fn merging_keeps_old_footage_findable_under_both() {
    let index = index().await;
    let (a, b) = (place(&index, "Xã A", None).await, place(&index, "Xã B", None).await);
    let hamlet = place(&index, "Thôn 1", Some(&a)).await;
    let camera_a = camera(&index, "cổng A", &a).await;
    let before = event(&camera_a, 0, 5);
    write(&index, [Record::Event(Box::new(before.clone()))]).await;
    let retired = index.merge_place(a.id, a.version, b.id).await.unwrap();
    assert_eq!((retired.merged_into, retired.parent_id), (Some(b.id), Some(b.id)));
    let moved = index.camera(camera_a.id).await.unwrap();
    assert_eq!(moved.place_id, b.id);
    assert_eq!(index.place_ancestors(hamlet.id).await.unwrap(), [hamlet.id, b.id]);
    let after = event(&moved, 60, 5);
    write(&index, [Record::Event(Box::new(after.clone()))]).await;
    let at_place = |place: PlaceId| EventQuery { places: vec![place], ..everything() };
    assert_eq!(index.search_events(&at_place(a.id)).await.unwrap().events, [before.clone()]);
    assert_eq!(index.search_events(&at_place(b.id)).await.unwrap().events, [after, before]);
    assert_eq!(index.find_places("xa a", &Visibility::All).await.unwrap(), [retired.clone()]);
    // Nothing new is put there.
    let late = index.create_camera(new_camera("late", a.id)).await.unwrap_err();
    assert!(late.to_string().contains("merged into"), "{late}");
    let again = index.merge_place(a.id, retired.version, b.id).await.unwrap_err();
    assert!(matches!(again, IndexError::Invalid { .. }), "{again}");
    let into_itself = index.merge_place(b.id, b.version, a.id).await.unwrap_err();
    assert!(matches!(into_itself, IndexError::Invalid { field: "into", .. }), "{into_itself}");
}

#[tokio::test]
async fn only_empty_places_are_removed() {
    let index = index().await;
    let root = place(&index, "root", None).await;
    let leaf = place(&index, "leaf", Some(&root)).await;
    let other = place(&index, "other", None).await;
    let camera = camera(&index, "camera", &leaf).await;
    write(&index, [Record::Event(Box::new(event(&camera, 0, 5)))]).await;
    let refused = |error: IndexError, why: &str| {
        assert!(matches!(error, IndexError::InUse { .. }) && error.to_string().contains(why), "{error}");
    };
    refused(index.remove_place(root.id, 1).await.unwrap_err(), "places lie below");
    refused(index.remove_place(leaf.id, 1).await.unwrap_err(), "cameras belong");
    let change = CameraChange { place_id: Some(other.id), ..CameraChange::default() };
    index.change_camera(camera.id, camera.version, change).await.unwrap();
    refused(index.remove_place(leaf.id, 1).await.unwrap_err(), "events were seen");
    index.delete_events(crate::support::at(100), 10).await.unwrap();
    index.remove_place(leaf.id, 1).await.unwrap();
    assert!(matches!(index.place(leaf.id).await, Err(IndexError::NotFound { what: "place", .. })));
    assert!(matches!(index.remove_place(root.id, 7).await, Err(IndexError::Conflict { have: 1, .. })));
}

#[tokio::test]
async fn bad_places_are_refused() {
    let index = index().await;
    for name in ["", "  ", "a\nb", &"x".repeat(201)] {
        let new = NewPlace {
            parent_id: None,
            kind: PlaceKind::Site,
            name: name.to_owned(),
            point: Some(point(1.0, 2.0)),
        };
        let error = index.create_place(new).await.unwrap_err();
        assert!(matches!(error, IndexError::Invalid { field: "name", .. }), "{error}");
    }
}

#[tokio::test]
async fn names_come_in_the_order_of_the_alphabet_and_of_their_numbers() {
    const NAMES: [&str; 6] = ["Đường 3", "Cổng 10", "Dốc Mít", "cổng 1", "Ấp Tây", "Cổng 2"];
    const SORTED: [&str; 6] = ["Ấp Tây", "cổng 1", "Cổng 2", "Cổng 10", "Dốc Mít", "Đường 3"];
    let index = index().await;
    let root = place(&index, "root", None).await;
    for name in NAMES {
        place(&index, name, Some(&root)).await;
        camera(&index, name, &root).await;
    }
    let places = index.places(&Visibility::All).await.unwrap();
    let places: Vec<_> = places.iter().skip(1).map(|place| place.name.as_str()).collect();
    assert_eq!(places, SORTED);
    let cameras = index.cameras(&[], &Visibility::All).await.unwrap();
    assert_eq!(cameras.iter().map(|camera| camera.name.as_str()).collect::<Vec<_>>(), SORTED);
}

#[tokio::test]
async fn cameras_live_in_the_database() {
    let index = index().await;
    let (root, other) = (place(&index, "root", None).await, place(&index, "other", None).await);
    let below = place(&index, "below", Some(&root)).await;
    let first = camera(&index, "Cổng trường Đống Đa", &below).await;
    let second = camera(&index, "cổng trường đống đa", &other).await;
    assert_eq!(
        (first.folder.as_str(), second.folder.as_str()),
        ("cong-truong-dong-da", "cong-truong-dong-da-2")
    );
    assert!(first.has_credentials && first.enabled && first.keep_days == Some(60));
    assert_eq!(index.sealed_credentials(first.id).await.unwrap(), Some(vec![1, 2, 3]));
    assert_eq!(index.cameras(&[root.id], &Visibility::All).await.unwrap(), [first.clone()]);
    assert_eq!(index.cameras(&[], &Visibility::Places(vec![other.id])).await.unwrap(), [second.clone()]);
    assert!(index.cameras(&[root.id], &Visibility::Places(vec![other.id])).await.unwrap().is_empty());

    let change =
        CameraChange { name: Some("mới".to_owned()), bearing: Some(None), ..CameraChange::default() };
    let changed = index.change_camera(first.id, first.version, change.clone()).await.unwrap();
    let wanted = domain::Camera { name: "mới".to_owned(), bearing: None, version: 2, ..first.clone() };
    assert_eq!(changed, wanted);
    let stale = index.change_camera(first.id, first.version, change).await.unwrap_err();
    assert!(matches!(stale, IndexError::Conflict { what: "camera", have: 2 }), "{stale}");

    let mut leaking = new_camera("leak", root.id);
    leaking.main_url = "rtsp://admin:hunter2@10.0.0.2/main".parse().unwrap();
    let error = index.create_camera(leaking).await.unwrap_err();
    assert!(matches!(error, IndexError::Invalid { field: "main_url", .. }));
    assert!(!error.to_string().contains("hunter2"));

    index.remove_camera(first.id, 2).await.unwrap();
    assert_eq!(index.cameras(&[], &Visibility::All).await.unwrap(), [second.clone()]);
    assert_eq!(index.removed_cameras().await.unwrap().len(), 1);
    assert_eq!(index.sealed_credentials(first.id).await.unwrap(), None);
    assert_eq!(index.forget_removed_cameras().await.unwrap(), [first.id]);
    assert!(matches!(index.camera(first.id).await, Err(IndexError::NotFound { what: "camera", .. })));
}
