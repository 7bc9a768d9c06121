use index::{Index, IndexError, Partitioned};

use crate::support::{at, connection, database, index, segment};
use domain::CameraId;

#[tokio::test]
async fn preparing_twice_and_at_once_is_preparing_once() {
    let config = database().await;
    let (first, second) = tokio::join!(Index::open(config.clone()), Index::open(config));
    first.unwrap().prepare().await.unwrap();
    second.unwrap().ping().await.unwrap();
}

#[tokio::test]
async fn a_newer_schema_is_refused() {
    let index = index().await;
    sqlx::query(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
         VALUES (9999, 'from the future', true, '', 0)",
    )
    .execute(index.pool())
    .await
    .unwrap();
    let error = index.prepare().await.unwrap_err();
    assert!(matches!(error, IndexError::NewerSchema { found: 9999, .. }), "{error}");
}

#[tokio::test]
async fn missing_rights_are_explained() {
    let config = database().await;
    let index = Index::lazy(config.clone());
    let mut admin = connection(&index).await;
    for statement in [
        "DROP EXTENSION postgis CASCADE",
        "DROP ROLE IF EXISTS weak",
        "CREATE ROLE weak LOGIN",
        "GRANT ALL ON SCHEMA public TO weak",
    ] {
        sqlx::query(statement).execute(&mut admin).await.unwrap();
    }
    let socket = crate::support::shared().socket.display().to_string().replace('/', "%2F");
    let name: String =
        sqlx::query_scalar("SELECT current_database()::text").fetch_one(&mut admin).await.unwrap();
    let url = domain::Secret::new(format!("postgres://weak@{socket}/{name}"));
    let error = Index::open(index::DatabaseConfig::from_url(&url).unwrap()).await.unwrap_err().to_string();
    assert!(error.contains("postgis") && error.contains("CREATE EXTENSION IF NOT EXISTS postgis"), "{error}");
}

#[tokio::test]
async fn urls_are_checked_and_never_shown() {
    for bad in ["mysql://user:hunter2@host/db", "postgres://user:hunter2@host:99999999/db", ""] {
        let error = index::DatabaseConfig::from_url(&domain::Secret::new(bad)).unwrap_err().to_string();
        assert!(error.contains("database.url") && !error.contains("hunter2"), "{error}");
    }
    let good =
        index::DatabaseConfig::from_url(&domain::Secret::new("postgres://user:hunter2@host/db")).unwrap();
    assert!(!format!("{good:?}").contains("hunter2"));
}

#[tokio::test]
async fn a_database_that_is_not_there_is_unavailable() {
    let mut config =
        index::DatabaseConfig::from_url(&domain::Secret::new("postgres://user@127.0.0.1:1/db")).unwrap();
    config.patience = std::time::Duration::from_millis(300);
    let error = Index::open(config).await.unwrap_err();
    assert!(error.is_transient(), "{error:?}");
}

#[tokio::test]
async fn rows_of_any_time_find_a_partition_and_old_ones_go_whole() {
    let index = index().await;
    let camera = CameraId::generate();
    let far = 400 * 86_400;
    let segments = [segment(camera, -far, 60), segment(camera, 0, 60), segment(camera, far, 60)];
    index.put_segments(&segments).await.unwrap();
    // Segments go before their partition does.
    assert_eq!(
        index.drop_partitions(Partitioned::Segments, at(-far / 2)).await.unwrap(),
        Vec::<String>::new()
    );
    index.delete_segments(&[(&segments[0]).into()]).await.unwrap();
    let dropped = index.drop_partitions(Partitioned::Segments, at(-far / 2)).await.unwrap();
    assert_eq!(dropped.len(), 1, "{dropped:?}");
    assert_eq!(index.segments_after(None, 10).await.unwrap(), segments[1..]);
    // It is made anew where a row needs it again.
    index.put_segments(&segments[..1]).await.unwrap();
    assert_eq!(index.segments_after(None, 10).await.unwrap(), segments);
}

#[tokio::test]
async fn settings_are_kept() {
    let index = index().await;
    assert_eq!(index.setting::<u32>("answer").await.unwrap(), None);
    index.put_setting("answer", &41).await.unwrap();
    index.put_setting("answer", &42).await.unwrap();
    assert_eq!(index.setting::<u32>("answer").await.unwrap(), Some(42));
    assert!(matches!(index.setting::<String>("answer").await, Err(IndexError::Corrupt { .. })));
}
