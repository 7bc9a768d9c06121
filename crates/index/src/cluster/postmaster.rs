//! One run of the server.

use std::fs;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use tokio::process::{Child, Command};
use tokio::time::{sleep, timeout};

use super::ClusterError;
use super::folder::Folder;
use super::programs::Programs;

/// It only names the socket: nothing listens on the network.
pub(super) const PORT: u16 = 5432;

/// A fast shutdown writes everything out; beyond this it is cut short, and the next start replays the log.
const FAST_LIMIT: Duration = Duration::from_secs(6);
const IMMEDIATE_LIMIT: Duration = Duration::from_secs(2);

const INITDB_LIMIT: Duration = Duration::from_mins(2);

/// Small, since the box has other work: 128 MiB of its own cache beside the system's, and no parallel workers. Commits
/// are synchronous: people's changes and the audit log survive a power cut; the index writer, whose rows can be rebuilt
/// from the recordings, asks for less. There is no replication, so the log holds the least.
const SETTINGS: &[&str] = &[
    "listen_addresses=",
    "unix_socket_permissions=0700",
    "max_connections=40",
    "shared_buffers=128MB",
    "effective_cache_size=512MB",
    "work_mem=8MB",
    "maintenance_work_mem=64MB",
    "max_parallel_workers_per_gather=0",
    "random_page_cost=2",
    "jit=off",
    "wal_level=minimal",
    "max_wal_senders=0",
    "wal_compression=on",
    "max_wal_size=512MB",
    "checkpoint_timeout=15min",
    "logging_collector=on",
    "log_filename=postgresql-%a.log",
    "log_rotation_age=1d",
    "log_rotation_size=0",
    "log_truncate_on_rotation=on",
    "log_min_messages=warning",
    "log_min_duration_statement=1000",
    "log_line_prefix=%m [%p] ",
    "log_timezone=UTC",
    "timezone=UTC",
];

/// What tests save time with.
const CARELESS: &[&str] = &["fsync=off", "synchronous_commit=off", "full_page_writes=off"];

/// Makes the cluster where there is none: apart, then renamed into place, so that a half-made one is never run.
pub(super) async fn initialise(
    folder: &Folder,
    programs: &Programs,
    durable: bool,
) -> Result<(), ClusterError> {
    let failed = |detail: String| ClusterError::Failed { step: "making the private PostgreSQL", detail };
    if folder.made_by()?.is_some() {
        return Ok(());
    }
    if folder.cluster().exists() {
        return Err(ClusterError::Folder {
            folder: folder.cluster(),
            problem: "it exists and is no PostgreSQL cluster. Move it away, or restore it".to_owned(),
        });
    }
    let fresh = folder.root().join("cluster.new");
    if fresh.exists() {
        fs::remove_dir_all(&fresh).map_err(|error| failed(error.to_string()))?;
    }
    let mut command = command(&programs.initdb(), folder);
    command.arg("--pgdata").arg(&fresh).args([
        "--username=taimat",
        "--encoding=UTF8",
        // Sorted by code point, which is quick; letters of any language have an upper and a lower case.
        "--locale=C",
        "--lc-ctype=C.UTF-8",
        "--auth-local=trust",
        "--auth-host=reject",
        "--data-checksums",
        "--no-instructions",
    ]);
    if !durable {
        command.arg("--no-sync");
    }
    command.stdout(Stdio::null()).stderr(Stdio::piped()).kill_on_drop(true);
    tracing::info!(folder = %folder.root().display(), "making a private PostgreSQL");
    let output = timeout(INITDB_LIMIT, command.output())
        .await
        .map_err(|_| failed("initdb did not end in time".to_owned()))?
        .map_err(|error| failed(error.to_string()))?;
    if !output.status.success() {
        return Err(failed(String::from_utf8_lossy(&output.stderr).trim().to_owned()));
    }
    fs::rename(&fresh, folder.cluster()).map_err(|error| failed(error.to_string()))
}

/// A server that we started.
#[derive(Debug)]
pub(super) struct Postmaster {
    child: Child,
}

impl Postmaster {
    /// Starts it; first stops one that a killed owner left running. Does not wait until it takes connections.
    pub(super) async fn start(
        folder: &Folder,
        programs: &Programs,
        durable: bool,
    ) -> Result<Self, ClusterError> {
        let failed = |error: std::io::Error| ClusterError::Failed {
            step: "starting PostgreSQL",
            detail: error.to_string(),
        };
        stop_left_over(&folder.cluster()).await.map_err(failed)?;
        remove_left_over_sockets(&folder.socket()).map_err(failed)?;
        let log = fs::File::create(folder.start_log()).map_err(failed)?;
        let mut command = command(&programs.postgres(), folder);
        command.arg("-D").arg(folder.cluster()).arg("-p").arg(PORT.to_string());
        let folders = [("unix_socket_directories", folder.socket()), ("log_directory", folder.log())];
        for (name, path) in folders {
            let mut setting = std::ffi::OsString::from(format!("{name}="));
            setting.push(path);
            command.arg("-c").arg(setting);
        }
        for setting in SETTINGS.iter().chain(if durable { &[][..] } else { CARELESS }) {
            command.arg("-c").arg(setting);
        }
        command.stdout(Stdio::null()).stderr(log);
        let child = command.spawn().map_err(failed)?;
        Ok(Self { child })
    }

    /// Waits until it ends by itself, and says how.
    pub(super) async fn ended(&mut self) -> String {
        match self.child.wait().await {
            Ok(status) => describe(status),
            Err(error) => error.to_string(),
        }
    }

    /// Stops it.
    pub(super) async fn stop(mut self) {
        let Some(pid) = self.child.id().and_then(|id| Pid::from_raw(id.cast_signed())) else { return };
        for (signal, limit) in [(Signal::INT, FAST_LIMIT), (Signal::QUIT, IMMEDIATE_LIMIT)] {
            if let Err(error) = kill_process(pid, signal) {
                tracing::warn!(%error, "the private PostgreSQL cannot be signalled");
            }
            match timeout(limit, self.child.wait()).await {
                Ok(Ok(status)) => {
                    tracing::info!(status = describe(status), "the private PostgreSQL stopped");
                    return;
                }
                Ok(Err(error)) => tracing::warn!(%error, "waiting for the private PostgreSQL failed"),
                Err(_) => tracing::warn!(?signal, "the private PostgreSQL did not stop in time"),
            }
        }
    }
}

fn describe(status: ExitStatus) -> String {
    status.to_string()
}

fn command(program: &Path, folder: &Folder) -> Command {
    let mut command = Command::new(program);
    // Our folder may be closed to its user, our terminal's Ctrl-C is not for it, and PG… variables are not either.
    command.current_dir("/").process_group(0).stdin(Stdio::null());
    for (name, _) in std::env::vars_os() {
        if name.as_encoded_bytes().starts_with(b"PG") || name.as_encoded_bytes().starts_with(b"LC_") {
            command.env_remove(name);
        }
    }
    if let Some(user) = folder.run_as() {
        command.uid(user.uid).gid(user.gid);
    }
    command
}

/// Stops the server that a killed owner left running, or removes what is left of one that was killed too.
async fn stop_left_over(cluster: &Path) -> std::io::Result<()> {
    let pid_file = cluster.join("postmaster.pid");
    let Ok(text) = fs::read_to_string(&pid_file) else { return Ok(()) };
    let pid = text.lines().next().and_then(|line| line.trim().parse().ok()).and_then(Pid::from_raw);
    let Some(pid) = pid.filter(|pid| runs_in(*pid, cluster)) else {
        // The number may be another program's by now, and PostgreSQL would then refuse to start.
        tracing::info!("removing the pid file of a private PostgreSQL that was killed");
        return fs::remove_file(&pid_file);
    };
    tracing::warn!(
        pid = pid.as_raw_nonzero().get(),
        "a private PostgreSQL without an owner still runs: stopping it"
    );
    for (signal, limit) in
        [(Signal::INT, FAST_LIMIT), (Signal::QUIT, IMMEDIATE_LIMIT), (Signal::KILL, IMMEDIATE_LIMIT)]
    {
        let _ = kill_process(pid, signal);
        let gone = async {
            while test_kill_process(pid).is_ok() && runs_in(pid, cluster) {
                sleep(Duration::from_millis(20)).await;
            }
        };
        if timeout(limit, gone).await.is_ok() {
            return Ok(());
        }
    }
    Err(std::io::Error::other("a server left over from before does not stop"))
}

/// Removes the sockets, and their locks, of a server that was killed: PostgreSQL would refuse to start while the process
/// number in a lock is in use, if only by the dead process itself, not yet reaped.
fn remove_left_over_sockets(folder: &Path) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name().as_encoded_bytes().starts_with(b".s.PGSQL.") {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// Whether that process is the server of this cluster: it stands in the cluster's folder.
fn runs_in(pid: Pid, cluster: &Path) -> bool {
    let cwd = fs::read_link(format!("/proc/{}/cwd", pid.as_raw_nonzero()));
    cwd.is_ok_and(|cwd| cluster.canonicalize().is_ok_and(|cluster| cwd == cluster))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sockets_of_a_killed_server_go_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        for name in [".s.PGSQL.5432", ".s.PGSQL.5432.lock", "kept"] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        remove_left_over_sockets(folder.path()).unwrap();
        let left: Vec<_> =
            fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left, ["kept"]);
    }
}
