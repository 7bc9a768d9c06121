//! The folders of recordings, in the order of their names, which is the order of time. Paths are relative to the root.

use std::path::{Path, PathBuf};

/// Folders and files directly in a folder. What cannot be read is left out, with a warning.
pub(crate) fn entries(root: &Path, folder: &Path) -> (Vec<PathBuf>, Vec<PathBuf>) {
    let mut folders = Vec::new();
    let mut files = Vec::new();
    let full = root.join(folder);
    match std::fs::read_dir(&full) {
        Ok(all) => {
            for entry in all.flatten() {
                let path = folder.join(entry.file_name());
                match entry.file_type() {
                    Ok(kind) if kind.is_dir() => folders.push(path),
                    Ok(_) => files.push(path),
                    Err(error) => tracing::warn!(path = %path.display(), %error, "cannot tell what this is"),
                }
            }
        }
        Err(error) => tracing::warn!(folder = %full.display(), %error, "cannot read a folder of recordings"),
    }
    folders.sort_unstable();
    files.sort_unstable();
    (folders, files)
}

/// The cameras' folders. Hidden ones are not ours.
pub(crate) fn folders(root: &Path) -> Vec<PathBuf> {
    let mut folders = entries(root, Path::new("")).0;
    folders.retain(|folder| !folder.as_os_str().as_encoded_bytes().starts_with(b"."));
    folders
}

/// The hours of a camera that have a folder, oldest first.
pub(crate) fn hours(root: &Path, camera: &Path) -> Vec<PathBuf> {
    let days = entries(root, camera).0;
    days.iter().flat_map(|day| entries(root, day).0).collect()
}
