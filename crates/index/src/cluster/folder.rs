//! Where the cluster lives, and who owns it.

use std::fs::{self, DirBuilder, Metadata};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};

use super::ClusterError;

/// PostgreSQL's own user on Debian, as whom the cluster runs where Taimat runs as root, which PostgreSQL refuses.
const SYSTEM_USER: &str = "postgres";

/// Where that user may always write.
const SYSTEM_HOME: &str = "/var/lib/postgresql";

/// The longest path that a Unix socket takes on Linux (`sun_path`, less its final zero).
const LONGEST_SOCKET: usize = 107;

/// A user of the system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SystemUser {
    pub(super) uid: u32,
    pub(super) gid: u32,
}

/// The folder of a cluster.
#[derive(Clone, Debug)]
pub(super) struct Folder {
    root: PathBuf,
    socket: PathBuf,
    run_as: Option<SystemUser>,
}

impl Folder {
    /// Finds or makes the folder for the data folder.
    pub(super) fn place(data: &Path) -> Result<Self, ClusterError> {
        let failed =
            |folder: &Path, problem: String| ClusterError::Folder { folder: folder.to_owned(), problem };
        fs::create_dir_all(data).map_err(|error| failed(data, error.to_string()))?;
        let data = data.canonicalize().map_err(|error| failed(data, error.to_string()))?;
        let below = data.join("postgresql");
        let (root, run_as) = if rustix::process::geteuid().is_root() {
            let user = system_user().ok_or_else(|| ClusterError::Missing {
                problem: format!("PostgreSQL does not run as root, and there is no user {SYSTEM_USER}"),
                remedy: "Install the Debian package postgresql, or run Taimat as a user of its own"
                    .to_owned(),
            })?;
            let elsewhere = Path::new(SYSTEM_HOME).join(format!("taimat-{:016x}", hash(&data)));
            place_for(&below, &elsewhere, user)?
        } else {
            (below, None)
        };
        make_private(&root, run_as)?;
        if let Some(user) = run_as {
            give(&root.join("cluster"), user).map_err(|error| failed(&root, error.to_string()))?;
        }
        let socket = place_socket(&root, run_as)?;
        make_private(&root.join("log"), run_as)?;
        Ok(Self { root, socket, run_as })
    }

    /// The folder around everything.
    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// PostgreSQL's own folder.
    pub(super) fn cluster(&self) -> PathBuf {
        self.root.join("cluster")
    }

    /// The folder of its socket.
    pub(super) fn socket(&self) -> PathBuf {
        self.socket.clone()
    }

    /// The folder of its log.
    pub(super) fn log(&self) -> PathBuf {
        self.root.join("log")
    }

    /// What it says before its log is open.
    pub(super) fn start_log(&self) -> PathBuf {
        self.root.join("start.log")
    }

    /// The lock that makes its holder the owner.
    pub(super) fn owner_lock(&self) -> PathBuf {
        self.root.join("owner.lock")
    }

    /// As whom to run it, where not as ourselves.
    pub(super) fn run_as(&self) -> Option<SystemUser> {
        self.run_as
    }

    /// Which version made it; `None` where there is none yet.
    pub(super) fn made_by(&self) -> Result<Option<u32>, ClusterError> {
        let path = self.cluster().join("PG_VERSION");
        match fs::read_to_string(&path) {
            Ok(text) => text.trim().parse().map(Some).map_err(|_| ClusterError::Folder {
                folder: self.cluster(),
                problem: format!("{} does not hold a version", path.display()),
            }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(ClusterError::Folder { folder: self.cluster(), problem: error.to_string() }),
        }
    }

    /// The last lines that it said, to be appended to an error.
    pub(super) fn log_tail(&self) -> String {
        let newest = fs::read_dir(self.log())
            .into_iter()
            .flatten()
            .flatten()
            .max_by_key(|entry| entry.metadata().and_then(|metadata| metadata.modified()).ok());
        let files = [Some(self.start_log()), newest.map(|entry| entry.path())];
        let lines: Vec<String> = files
            .into_iter()
            .flatten()
            .filter_map(|file| fs::read(file).ok())
            .map(|bytes| tail(&bytes))
            .collect();
        let lines = lines.join(" / ");
        if lines.is_empty() { lines } else { format!(" ({lines})") }
    }
}

/// The last three lines, of at most 600 characters.
fn tail(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes.get(bytes.len().saturating_sub(600)..).unwrap_or_default());
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    lines.get(lines.len().saturating_sub(3)..).unwrap_or_default().join(" / ")
}

/// Where to put a cluster that another user runs, and as whom.
fn place_for(
    below: &Path,
    elsewhere: &Path,
    user: SystemUser,
) -> Result<(PathBuf, Option<SystemUser>), ClusterError> {
    let exists = |root: &Path| root.join("cluster/PG_VERSION").exists();
    // One that a person made before stays that person's.
    let owner = |root: &Path| match fs::metadata(root.join("cluster")) {
        Ok(cluster) if cluster.uid() != 0 => SystemUser { uid: cluster.uid(), gid: cluster.gid() },
        _ => user,
    };
    if exists(elsewhere) && !exists(below) {
        return Ok((elsewhere.to_owned(), Some(owner(elsewhere))));
    }
    let below_owner = owner(below);
    match closed_to(below, below_owner) {
        None => Ok((below.to_owned(), Some(below_owner))),
        Some(closed) if exists(below) => Err(ClusterError::Folder {
            folder: below.to_owned(),
            problem: format!("the user that runs it cannot pass {0}. Run: chmod o+x {0}", closed.display()),
        }),
        Some(closed) => {
            tracing::warn!(
                closed = %closed.display(),
                folder = %elsewhere.display(),
                "user {SYSTEM_USER} cannot pass a folder above the data, so the private PostgreSQL lives elsewhere"
            );
            Ok((elsewhere.to_owned(), Some(user)))
        }
    }
}

/// The first folder above `path` that the user cannot pass.
fn closed_to(path: &Path, user: SystemUser) -> Option<PathBuf> {
    let passable = |metadata: &Metadata| {
        let bits = metadata.mode();
        let bit = if metadata.uid() == user.uid {
            0o100
        } else if metadata.gid() == user.gid {
            0o010
        } else {
            0o001
        };
        bits & bit != 0
    };
    path.ancestors()
        .skip(1)
        .find(|folder| fs::metadata(folder).is_ok_and(|metadata| !passable(&metadata)))
        .map(Path::to_owned)
}

/// A folder that only its owner enters. An existing one must be like that already: in a shared folder somebody
/// else may have made it.
fn make_private(path: &Path, owner: Option<SystemUser>) -> Result<(), ClusterError> {
    let failed = |problem: String| ClusterError::Folder { folder: path.to_owned(), problem };
    match DirBuilder::new().mode(0o700).create(path) {
        Ok(()) => {
            if let Some(user) = owner {
                chown(path, Some(user.uid), Some(user.gid)).map_err(|error| failed(error.to_string()))?;
            }
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(failed(error.to_string())),
    }
    let metadata = fs::symlink_metadata(path).map_err(|error| failed(error.to_string()))?;
    let us = rustix::process::geteuid().as_raw();
    let wanted = owner.map_or(us, |user| user.uid);
    if !metadata.is_dir() {
        return Err(failed("it is not a folder".to_owned()));
    }
    if metadata.uid() == us && us != wanted {
        // Made by us, before it was given away.
        let user = owner.unwrap_or(SystemUser { uid: us, gid: us });
        chown(path, Some(user.uid), Some(user.gid)).map_err(|error| failed(error.to_string()))?;
    } else if metadata.uid() != wanted {
        return Err(failed(format!("it belongs to user {}, and {wanted} is needed", metadata.uid())));
    }
    if metadata.mode() & 0o077 != 0 {
        fs::set_permissions(path, fs::Permissions::from_mode(0o700))
            .map_err(|error| failed(error.to_string()))?;
    }
    Ok(())
}

/// Gives a cluster that root copied, with all that is in it, to the user that runs it.
fn give(path: &Path, user: SystemUser) -> io::Result<()> {
    let metadata = match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.uid() == 0 => metadata,
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => return Ok(()),
    };
    if metadata.is_dir() {
        for entry in fs::read_dir(path)? {
            give(&entry?.path(), user)?;
        }
    }
    std::os::unix::fs::lchown(path, Some(user.uid), Some(user.gid))
}

/// The socket's folder: in the cluster's, or in a short one where the path would be too long.
fn place_socket(root: &Path, owner: Option<SystemUser>) -> Result<PathBuf, ClusterError> {
    let file = format!("/.s.PGSQL.{}.lock", super::postmaster::PORT);
    let fits = |folder: &Path| folder.as_os_str().len() + file.len() <= LONGEST_SOCKET;
    let runtime = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|_| owner.is_none());
    let short = format!("taimat-{:016x}", hash(root));
    let candidates = [
        Some(root.join("socket")),
        runtime.map(|folder| folder.join(&short)),
        Some(Path::new("/tmp").join(&short)),
    ];
    let folder =
        candidates.into_iter().flatten().find(|folder| fits(folder)).ok_or_else(|| ClusterError::Folder {
            folder: root.to_owned(),
            problem: "its path is too long for a socket".to_owned(),
        })?;
    make_private(&folder, owner)?;
    Ok(folder)
}

fn system_user() -> Option<SystemUser> {
    parse_passwd(&fs::read_to_string("/etc/passwd").ok()?, SYSTEM_USER)
}

/// `name:password:uid:gid:…`, passwd(5).
fn parse_passwd(text: &str, name: &str) -> Option<SystemUser> {
    text.lines().find_map(|line| {
        let mut fields = line.split(':');
        let found = fields.next() == Some(name);
        let user = SystemUser { uid: fields.nth(1)?.parse().ok()?, gid: fields.next()?.parse().ok()? };
        (found && user.uid != 0).then_some(user)
    })
}

/// FNV-1a, 64 bits: the same for the same path in every version of this program.
fn hash(path: &Path) -> u64 {
    path.as_os_str().as_encoded_bytes().iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwd_is_read() {
        let text =
            "root:x:0:0::/root:/bin/sh\nbroken\npostgres:x:101:104:,,,:/var/lib/postgresql:/bin/bash\n";
        assert_eq!(parse_passwd(text, "postgres"), Some(SystemUser { uid: 101, gid: 104 }));
        assert_eq!(parse_passwd(text, "root"), None);
        assert_eq!(parse_passwd(text, "nobody"), None);
    }

    #[test]
    fn long_paths_get_a_short_socket() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("d".repeat(60)).join("e".repeat(60));
        fs::create_dir_all(&root).unwrap();
        let socket = place_socket(&root, None).unwrap();
        assert!(!socket.starts_with(&root) && socket.as_os_str().len() < 80, "{}", socket.display());
        assert_eq!(fs::metadata(&socket).unwrap().mode() & 0o777, 0o700);
        fs::remove_dir(socket).unwrap();
    }

    #[test]
    fn closed_folders_are_noticed() {
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o700)).unwrap();
        let stranger = SystemUser { uid: 54321, gid: 54321 };
        let path = folder.path().join("data/postgresql");
        assert_eq!(closed_to(&path, stranger).as_deref(), Some(folder.path()));
    }

    #[test]
    fn tails_are_short() {
        assert_eq!(tail(b"a\n\nb\nc\nd\n"), "b / c / d");
        assert!(tail(&[b'x'; 5000]).len() <= 600);
    }
}
