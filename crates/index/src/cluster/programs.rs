//! The PostgreSQL server programs.

use std::fs;
use std::path::{Path, PathBuf};

use super::ClusterError;
use super::folder::Folder;

/// Where Debian and its relatives keep one folder a version.
const INSTALLED: &str = "/usr/lib/postgresql";

/// The oldest version that the tables need.
const OLDEST: u32 = 15;

/// The programs of one version.
#[derive(Clone, Debug)]
pub(super) struct Programs {
    bin: PathBuf,
}

impl Programs {
    /// Those of the version that made the cluster; the newest for a new one.
    pub(super) fn find(folder: &Folder) -> Result<Self, ClusterError> {
        choose(Path::new(INSTALLED), folder.made_by()?)
    }

    pub(super) fn initdb(&self) -> PathBuf {
        self.bin.join("initdb")
    }

    pub(super) fn postgres(&self) -> PathBuf {
        self.bin.join("postgres")
    }
}

fn choose(installed: &Path, made_by: Option<u32>) -> Result<Programs, ClusterError> {
    let entries = fs::read_dir(installed).into_iter().flatten().flatten();
    let mut versions: Vec<u32> = entries
        .filter(|entry| {
            entry.path().join("bin/postgres").exists() && entry.path().join("bin/initdb").exists()
        })
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .collect();
    versions.sort_unstable();
    let found = match made_by {
        Some(version) => versions.contains(&version).then_some(version),
        None => versions.last().copied().filter(|version| *version >= OLDEST),
    };
    if let Some(version) = found {
        return Ok(Programs { bin: installed.join(version.to_string()).join("bin") });
    }
    let have = match versions.as_slice() {
        [] => "none is installed".to_owned(),
        versions => {
            let names: Vec<String> = versions.iter().map(u32::to_string).collect();
            format!("installed: {}", names.join(", "))
        }
    };
    Err(match made_by {
        Some(version) => ClusterError::Missing {
            problem: format!("the private database was made by PostgreSQL {version}, and {have}"),
            remedy: format!(
                "Install the Debian packages postgresql-{version} and postgresql-{version}-postgis-3, or move the \
                 data to the newer version with pg_upgrade"
            ),
        },
        None => ClusterError::Missing {
            problem: format!("PostgreSQL {OLDEST} or later is needed below {}, and {have}", installed.display()),
            remedy: "Install the Debian packages postgresql and postgresql-postgis, or set database.url to a server \
                     elsewhere"
                .to_owned(),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn install(folder: &Path, versions: &[&str]) {
        for version in versions {
            let bin = folder.join(version).join("bin");
            fs::create_dir_all(&bin).unwrap();
            fs::write(bin.join("postgres"), "").unwrap();
            fs::write(bin.join("initdb"), "").unwrap();
        }
    }

    #[test]
    fn the_newest_makes_and_the_maker_runs() {
        let folder = tempfile::tempdir().unwrap();
        install(folder.path(), &["9", "15", "17", "notes"]);
        assert_eq!(choose(folder.path(), None).unwrap().bin, folder.path().join("17/bin"));
        assert_eq!(choose(folder.path(), Some(15)).unwrap().bin, folder.path().join("15/bin"));
        let error = choose(folder.path(), Some(16)).unwrap_err().to_string();
        assert!(
            error.contains("made by PostgreSQL 16") && error.contains("postgresql-16-postgis-3"),
            "{error}"
        );
    }

    #[test]
    fn too_old_or_none_is_said() {
        let folder = tempfile::tempdir().unwrap();
        assert!(choose(folder.path(), None).unwrap_err().to_string().contains("none is installed"));
        install(folder.path(), &["13"]);
        assert!(choose(folder.path(), None).unwrap_err().to_string().contains("installed: 13"));
    }
}
