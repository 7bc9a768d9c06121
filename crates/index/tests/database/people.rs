use domain::{PlaceId, Role, UserId};
use index::{IndexError, RoleAt, UserChange, Visibility};

use crate::support::{at, index, place};

const EVERYWHERE: RoleAt = RoleAt { role: Role::Administrator, place_id: None };

#[tokio::test]
async fn users_have_roles_at_places() {
    let index = index().await;
    let commune = place(&index, "commune", None).await;
    let at_commune = RoleAt { role: Role::DutyOfficer, place_id: Some(commune.id) };
    let user = index.create_user("Lan", "Nguyễn Thị Lan", "hash", &[EVERYWHERE, at_commune]).await.unwrap();
    assert_eq!(user.roles, [EVERYWHERE, at_commune]);
    let (found, hash) = index.user_by_name(" lan ").await.unwrap().unwrap();
    assert_eq!((found, hash.as_str()), (user.clone(), "hash"));
    assert_eq!(index.user_by_name("nobody").await.unwrap(), None);
    let taken = index.create_user("LAN", "x", "hash", &[]).await.unwrap_err();
    assert!(matches!(taken, IndexError::Duplicate { field: "username", .. }), "{taken}");
    let nowhere = RoleAt { role: Role::Observer, place_id: Some(PlaceId::generate()) };
    let error = index.create_user("minh", "x", "hash", &[nowhere]).await.unwrap_err();
    assert!(matches!(error, IndexError::Invalid { field: "roles", .. }), "{error}");
    assert_eq!(index.users().await.unwrap(), [user]);
}

#[tokio::test]
async fn the_last_administrator_stays() {
    let index = index().await;
    let first = index.create_user("first", "x", "hash", &[EVERYWHERE]).await.unwrap();
    let demoted = UserChange { roles: Some(vec![]), ..UserChange::default() };
    let disabled = UserChange { disabled: Some(true), ..UserChange::default() };
    for change in [demoted.clone(), disabled] {
        let error = index.change_user(first.id, first.version, change).await.unwrap_err();
        assert!(matches!(error, IndexError::InUse { what: "user", .. }), "{error}");
    }
    assert!(matches!(index.remove_user(first.id).await, Err(IndexError::InUse { .. })));
    index.create_user("second", "x", "hash", &[EVERYWHERE]).await.unwrap();
    let demoted = index.change_user(first.id, first.version, demoted).await.unwrap();
    assert!(demoted.roles.is_empty() && demoted.version == 2);
    index.remove_user(first.id).await.unwrap();
    assert!(matches!(index.user(first.id).await, Err(IndexError::NotFound { what: "user", .. })));
}

#[tokio::test]
async fn sessions_end_with_time_with_the_user_and_with_its_password() {
    let index = index().await;
    let user = index.create_user("lan", "Lan", "hash", &[EVERYWHERE]).await.unwrap();
    let (one, two) = ([1; 32], [2; 32]);
    index.create_session(&one, user.id, at(0), at(100), "10.0.0.9").await.unwrap();
    index.create_session(&two, user.id, at(0), at(50), "10.0.0.9").await.unwrap();
    assert_eq!(index.session(&one, at(99)).await.unwrap().unwrap().user, user);
    assert_eq!(index.session(&one, at(100)).await.unwrap(), None);
    index.extend_session(&one, at(200)).await.unwrap();
    assert_eq!(index.session(&one, at(100)).await.unwrap().unwrap().expires_at, Some(at(200)));
    assert_eq!(index.delete_expired_sessions(at(60)).await.unwrap(), 1);
    assert!(index.end_session(&one).await.unwrap());
    assert!(!index.end_session(&one).await.unwrap());
    index.create_session(&one, user.id, at(0), at(100), "10.0.0.9").await.unwrap();
    let change = UserChange { password_hash: Some("new".to_owned()), ..UserChange::default() };
    index.change_user(user.id, user.version, change).await.unwrap();
    assert_eq!(index.session(&one, at(1)).await.unwrap(), None);
    let ghost = index.create_session(&one, UserId::generate(), at(0), at(1), "").await.unwrap_err();
    assert!(matches!(ghost, IndexError::NotFound { what: "user", .. }), "{ghost}");
}

#[tokio::test]
async fn tokens_work_until_they_expire_or_are_removed() {
    let index = index().await;
    let user = index.create_user("lan", "Lan", "hash", &[EVERYWHERE]).await.unwrap();
    let other = index.create_user("minh", "Minh", "hash", &[EVERYWHERE]).await.unwrap();
    let token = index.create_token(&[7; 32], user.id, "relay", at(0), Some(at(100))).await.unwrap();
    let again = index.create_token(&[8; 32], user.id, "relay", at(0), None).await.unwrap_err();
    assert!(matches!(again, IndexError::Duplicate { field: "name", .. }), "{again}");
    assert_eq!(index.token(&[7; 32], at(10)).await.unwrap().unwrap().user.id, user.id);
    assert_eq!(index.tokens(Some(user.id)).await.unwrap()[0].last_used_at, Some(at(10)));
    assert_eq!(index.token(&[7; 32], at(100)).await.unwrap(), None);
    assert_eq!(index.token(&[9; 32], at(10)).await.unwrap(), None);
    assert!(matches!(index.remove_token(token.id, Some(other.id)).await, Err(IndexError::NotFound { .. })));
    let change = UserChange { disabled: Some(true), ..UserChange::default() };
    index.change_user(user.id, user.version, change).await.unwrap();
    assert_eq!(index.token(&[7; 32], at(10)).await.unwrap(), None);
    index.remove_token(token.id, None).await.unwrap();
    assert!(index.tokens(None).await.unwrap().is_empty());
}

#[tokio::test]
async fn roles_go_with_their_place() {
    let index = index().await;
    let commune = place(&index, "commune", None).await;
    let role = RoleAt { role: Role::Observer, place_id: Some(commune.id) };
    let user = index.create_user("lan", "Lan", "hash", &[role]).await.unwrap();
    index.remove_place(commune.id, commune.version).await.unwrap();
    assert!(index.user(user.id).await.unwrap().roles.is_empty());
    assert!(index.places(&Visibility::All).await.unwrap().is_empty());
}
