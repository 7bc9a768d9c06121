use domain::UserId;
use index::{AuditQuery, Index, NewAuditEntry};
use serde_json::json;

use crate::support::{at, index, range};

async fn append(index: &Index, seconds: i64, user: UserId, action: &str) {
    let entry = NewAuditEntry {
        at: at(seconds),
        user_id: Some(user),
        username: "lan".to_owned(),
        action: action.to_owned(),
        target: format!("camera/{seconds}"),
        place_id: None,
        address: "10.0.0.9".to_owned(),
        detail: json!({ "query": "nul \0 is no text" }),
    };
    index.append_audit(entry).await.unwrap();
}

#[tokio::test]
async fn entries_are_found_by_what_they_say() {
    let index = index().await;
    let (lan, minh) = (UserId::generate(), UserId::generate());
    for second in 0..20 {
        let (user, action) = if second % 2 == 0 { (lan, "camera.change") } else { (minh, "event.search") };
        append(&index, second, user, action).await;
    }
    let count = async |query: AuditQuery| index.audit(&query).await.unwrap().entries.len();
    let all = AuditQuery { limit: 100, ..AuditQuery::default() };
    assert_eq!(count(all.clone()).await, 20);
    assert_eq!(count(AuditQuery { range: Some(range(5, 10)), ..all.clone() }).await, 5);
    assert_eq!(count(AuditQuery { user_id: Some(lan), ..all.clone() }).await, 10);
    assert_eq!(count(AuditQuery { action: Some("camera.".to_owned()), ..all.clone() }).await, 10);
    assert_eq!(count(AuditQuery { action: Some("camera".to_owned()), ..all.clone() }).await, 0);
    assert_eq!(count(AuditQuery { target: Some("camera/7".to_owned()), ..all }).await, 1);

    let mut query = AuditQuery { limit: 8, ..AuditQuery::default() };
    let mut times = Vec::new();
    loop {
        let page = index.audit(&query).await.unwrap();
        times.extend(page.entries.iter().map(|entry| entry.entry.at));
        query.cursor = page.next;
        if query.cursor.is_none() {
            break;
        }
    }
    assert_eq!(times, (0..20).rev().map(at).collect::<Vec<_>>());
}

#[tokio::test]
async fn what_was_written_stays() {
    let index = index().await;
    append(&index, 0, UserId::generate(), "clip.export").await;
    let partition: String = sqlx::query_scalar("SELECT tableoid::regclass::text FROM audit")
        .fetch_one(index.pool())
        .await
        .unwrap();
    for statement in [
        "UPDATE audit SET username = 'nobody'".to_owned(),
        "DELETE FROM audit".to_owned(),
        "TRUNCATE audit".to_owned(),
        format!("DELETE FROM {partition}"),
    ] {
        let refused =
            sqlx::query(sqlx::AssertSqlSafe(statement.clone())).execute(index.pool()).await.unwrap_err();
        assert!(refused.to_string().contains("append-only"), "{statement}: {refused}");
    }
}
