use std::time::Duration;

use domain::{
    Case, CaseFootage, CaseItemKind, CaseSpec, CaseState, ExportState, Sentence, StreamKind, UserId,
};
use index::{Index, IndexError, NewCaseItem, NewExport};

use crate::support::{at, camera, index, place, range};

async fn case(index: &Index) -> Case {
    let place = place(index, "home", None).await;
    let spec = CaseSpec { title: "Mất xe".to_owned(), note: None, state: CaseState::Open };
    index.create_case(place.id, &spec, (UserId::generate(), "lan")).await.unwrap()
}

#[tokio::test]
async fn only_what_may_be_held_is_held_and_only_while_the_case_is_open() {
    let index = index().await;
    let case = case(&index).await;
    let place = index.place(case.place_id).await.unwrap();
    let gate = camera(&index, "gate", &place).await;
    let footage = |from, to| CaseFootage {
        camera_id: gate.id,
        camera_name: gate.name.clone(),
        place_id: gate.place_id,
        stream: StreamKind::Main,
        range: range(from, to),
    };
    for (hold, from) in [(true, 0), (false, 100)] {
        let (kind, by) = (
            CaseItemKind::Picture { camera_id: gate.id, at: at(from) },
            (UserId::generate(), "lan".to_owned()),
        );
        let new = NewCaseItem { kind, footage: Some(footage(from, from + 10)), hold, note: None, by };
        assert_eq!(index.add_case_item(case.id, &new).await.unwrap().held, hold);
    }
    assert_eq!(index.held_ranges().await.unwrap(), [(gate.id, range(0, 10))]);
    let state = |state| CaseSpec { state, ..case.spec.clone() };
    index.change_case(case.id, 1, &state(CaseState::Closed)).await.unwrap();
    assert_eq!(index.held_ranges().await.unwrap(), []);
    index.change_case(case.id, 2, &state(CaseState::Open)).await.unwrap();
    assert_eq!(index.held_ranges().await.unwrap(), [(gate.id, range(0, 10))]);
    let held = index.case_items(case.id).await.unwrap();
    index.remove_case_item(case.id, held[0].id).await.unwrap();
    assert_eq!(index.held_ranges().await.unwrap(), []);
    let error = index.remove_place(place.id, place.version).await.unwrap_err();
    assert!(matches!(error, IndexError::InUse { .. }), "{error}");
}

#[tokio::test]
async fn exports_wait_run_survive_a_stop_and_expire() {
    let index = index().await;
    let case = case(&index).await;
    let new = NewExport {
        case_id: case.id,
        places: vec![case.place_id],
        by: (UserId::generate(), "lan".to_owned()),
    };
    let first = index.create_export(&new).await.unwrap();
    assert!(matches!(index.create_export(&new).await, Err(IndexError::Invalid { .. })), "one at a time");
    assert_eq!(index.next_export().await.unwrap().map(|export| export.id), Some(first.id));
    assert_eq!(index.next_export().await.unwrap(), None);
    assert!(index.note_export(first.id, 0.25).await.unwrap());
    index.restart_exports().await.unwrap();
    let again = index.export(first.id).await.unwrap();
    assert_eq!((again.state, again.done), (ExportState::Waiting, 0.0));
    assert!(!index.note_export(first.id, 0.5).await.unwrap(), "it does not run");
    index.next_export().await.unwrap().unwrap();
    let why = Sentence { vi: "Đầy ổ đĩa".to_owned(), en: "Disk full".to_owned() };
    assert!(index.finish_export(first.id, Err(why.clone()), at(0)).await.unwrap());
    assert_eq!(index.export(first.id).await.unwrap().why, Some(why));

    let second = index.create_export(&new).await.unwrap();
    index.next_export().await.unwrap().unwrap();
    assert_eq!(index.kept_exports().await.unwrap(), [second.id]);
    assert!(index.finish_export(second.id, Ok(42), at(10)).await.unwrap());
    assert_eq!(index.export(second.id).await.unwrap().bytes, Some(42));
    index.expire_exports(at(10)).await.unwrap();
    let left: Vec<_> = index.exports_of(case.id).await.unwrap().into_iter().map(|export| export.id).collect();
    assert_eq!(left, [second.id]);
    index.expire_exports(at(10) + Duration::from_secs(1)).await.unwrap();
    assert_eq!(index.exports_of(case.id).await.unwrap(), []);

    let third = index.create_export(&new).await.unwrap();
    index.end_export(third.id, at(0)).await.unwrap();
    assert_eq!(index.export(third.id).await.unwrap().state, ExportState::Cancelled);
    assert_eq!(index.next_export().await.unwrap(), None);
    index.end_export(third.id, at(0)).await.unwrap();
    assert!(matches!(index.export(third.id).await, Err(IndexError::NotFound { .. })));
}
