use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use index::{ClusterSettings, Index, PrivateCluster};
use tokio_util::sync::CancellationToken;

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    folder
}

async fn start(data: &Path) -> PrivateCluster {
    let settings = ClusterSettings { data: data.to_owned(), durable: false };
    PrivateCluster::start(settings, CancellationToken::new()).await.unwrap()
}

fn pid(cluster: &PrivateCluster) -> Option<String> {
    let text = std::fs::read_to_string(cluster.folder().join("cluster/postmaster.pid")).ok()?;
    Some(text.lines().next()?.to_owned())
}

fn kill(signal: &str, pid: &str) {
    assert!(Command::new("kill").args([signal, pid]).status().unwrap().success());
}

async fn answers(cluster: &PrivateCluster) {
    let index = Index::lazy(cluster.database());
    let ping = async {
        while index.ping().await.is_err() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), ping).await.expect("the cluster does not answer");
    index.close().await;
}

#[tokio::test]
async fn it_is_shared_restarted_taken_over_and_stopped() {
    let data = folder();
    let owner = start(data.path()).await;
    let first = pid(&owner).unwrap();
    let mode = std::fs::metadata(owner.folder()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);

    // A second one beside it is a guest, and leaves it running.
    let guest = start(data.path()).await;
    answers(&guest).await;
    guest.stop().await;
    assert_eq!(pid(&owner).unwrap(), first);

    // It is restarted when it dies.
    kill("-KILL", &first);
    let restarted = async {
        while pid(&owner).is_none_or(|pid| pid == first) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), restarted).await.expect("it was not restarted");
    answers(&owner).await;

    // A guest takes over when the owner leaves.
    let guest = start(data.path()).await;
    let second = pid(&owner).unwrap();
    owner.stop().await;
    let taken_over = async {
        while pid(&guest).is_none_or(|pid| pid == second) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), taken_over).await.expect("it was not taken over");
    answers(&guest).await;
    guest.stop().await;
    assert!(!data.path().join("postgresql/cluster/postmaster.pid").exists());
}

#[tokio::test]
async fn one_that_a_killed_owner_left_is_stopped_and_a_stale_pid_file_is_no_obstacle() {
    let data = folder();
    let cluster = start(data.path()).await;
    let root = cluster.folder().to_owned();
    cluster.stop().await;
    // Another program has the number by now: this one.
    std::fs::write(root.join("cluster/postmaster.pid"), format!("{}\n", std::process::id())).unwrap();
    let cluster = start(data.path()).await;
    answers(&cluster).await;
    cluster.stop().await;
    // What an owner that was killed leaves: a server, and a lock that nobody holds.
    let settings = ClusterSettings { data: data.path().to_owned(), durable: false };
    let runtime = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let cluster = runtime.block_on(PrivateCluster::start(settings, CancellationToken::new())).unwrap();
        // Its tasks end with the runtime, without stopping anything.
        pid(&cluster).unwrap()
    });
    let orphan = runtime.join().unwrap();
    assert!(Path::new("/proc").join(&orphan).exists());
    let cluster = start(data.path()).await;
    assert_ne!(pid(&cluster).unwrap(), orphan);
    answers(&cluster).await;
    cluster.stop().await;
}

#[tokio::test]
async fn data_of_another_version_is_refused() {
    let data = folder();
    let cluster = data.path().join("postgresql/cluster");
    std::fs::create_dir_all(&cluster).unwrap();
    std::fs::write(cluster.join("PG_VERSION"), "8\n").unwrap();
    let settings = ClusterSettings { data: data.path().to_owned(), durable: false };
    let error = PrivateCluster::start(settings, CancellationToken::new()).await.unwrap_err().to_string();
    assert!(error.contains("made by PostgreSQL 8") && error.contains("postgresql-8-postgis-3"), "{error}");
}

#[tokio::test]
async fn a_folder_that_is_no_cluster_is_left_alone() {
    let data = folder();
    let cluster = data.path().join("postgresql/cluster");
    std::fs::create_dir_all(&cluster).unwrap();
    std::fs::write(cluster.join("precious"), "x").unwrap();
    let settings = ClusterSettings { data: data.path().to_owned(), durable: false };
    let error = PrivateCluster::start(settings, CancellationToken::new()).await.unwrap_err().to_string();
    assert!(error.contains("no PostgreSQL cluster"), "{error}");
    assert!(cluster.join("precious").exists());
}
