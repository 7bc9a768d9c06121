//! Where a segment lies: `<camera folder>/<YYYY-MM-DD>/<HH>/<stream>-<YYYYMMDDTHHMMSS.mmm>Z.mp4`, UTC.
//! A person finds a file without us, and the order of names is the order of time.

use std::path::{Path, PathBuf};

use chrono::{DateTime, NaiveDateTime, Timelike, Utc};
use domain::{CameraId, StreamKind, Timestamp};

use crate::FileProblem;

/// The parts of a segment's path, relative to the folder of recordings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SegmentPath {
    /// The camera's folder.
    pub folder: String,
    /// Which of its streams.
    pub stream: StreamKind,
    /// Time of the first picture, whole milliseconds.
    pub start: Timestamp,
    /// Counts from 0 where several files begin in the same millisecond (a clock that was set back).
    pub copy: u8,
}

impl SegmentPath {
    /// Reads a relative path; `None` where it is not one of ours.
    #[must_use]
    pub fn parse(relative: &str) -> Option<Self> {
        let mut parts = relative.split('/');
        let (folder, day, hour, name) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        if parts.next().is_some() || camera_folder_name(folder).as_deref() != Some(folder) {
            return None;
        }
        let (stream, rest) = name.strip_suffix(".mp4")?.split_once('-')?;
        let (time, copy) = match rest.split_once('-') {
            None => (rest, 0),
            Some((time, copy)) => (time, copy.parse().ok().filter(|copy| (1..=99).contains(copy))?),
        };
        let start = NaiveDateTime::parse_from_str(time.strip_suffix('Z')?, "%Y%m%dT%H%M%S%.3f").ok()?;
        let parsed = Self {
            folder: folder.to_owned(),
            stream: stream.parse().ok()?,
            start: start.and_utc().into(),
            copy,
        };
        // One spelling for each file: what would be written differently is not ours.
        (parsed.to_string() == relative && !day.is_empty() && !hour.is_empty()).then_some(parsed)
    }
}

impl std::fmt::Display for SegmentPath {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let at: DateTime<Utc> = self.start.to_datetime();
        write!(
            f,
            "{}/{}/{:02}/{}-{}.{:03}Z",
            self.folder,
            at.format("%Y-%m-%d"),
            at.hour(),
            self.stream,
            at.format("%Y%m%dT%H%M%S"),
            at.timestamp_subsec_millis()
        )?;
        if self.copy > 0 {
            write!(f, "-{}", self.copy)?;
        }
        f.write_str(".mp4")
    }
}

/// The name of a camera's folder, made from what a person calls it: letters and digits of any script,
/// `-`, `_` and `.`; whatever else there is becomes `-`. Falls back to the identifier.
#[must_use]
pub fn camera_folder(name: &str, camera: CameraId) -> String {
    camera_folder_name(name).unwrap_or_else(|| camera.to_string())
}

fn camera_folder_name(name: &str) -> Option<String> {
    let mut folder = String::new();
    for letter in name.trim().chars() {
        let kept = letter.is_alphanumeric() || matches!(letter, '-' | '_' | '.');
        let letter = if kept { letter } else { '-' };
        if folder.len() + letter.len_utf8() > 100 {
            break;
        }
        if letter != '-' || !folder.ends_with('-') {
            folder.push(letter);
        }
    }
    let folder = folder.trim_matches(['-', '.']);
    (!folder.is_empty()).then(|| folder.to_owned())
}

/// Where the file of a row lies. Refuses a path that leads out of the folder of recordings.
pub(crate) fn resolve(root: &Path, relative: &str) -> Result<PathBuf, FileProblem> {
    match SegmentPath::parse(relative) {
        Some(_) => Ok(root.join(relative)),
        None => Err(FileProblem::Header(format!("{relative:?} is not named like a recording"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_people_become_folders() {
        let camera = CameraId::generate();
        let id = camera.to_string();
        for (name, folder) in [
            ("Cổng chợ", "Cổng-chợ"),
            ("../../etc", "etc"),
            ("a/b\\c:d", "a-b-c-d"),
            ("  ", id.as_str()),
            ("..", id.as_str()),
            (".hidden.", "hidden"),
        ] {
            assert_eq!(camera_folder(name, camera), folder);
        }
        assert!(camera_folder(&"ữ".repeat(500), camera).len() <= 100);
    }

    #[test]
    fn only_our_own_spelling_is_ours() {
        let path = "cam/2026-11-23/07/sub-20261123T070005.250Z.mp4";
        assert_eq!(SegmentPath::parse(path).map(|path| path.to_string()).as_deref(), Some(path));
        for other in [
            "cam/2026-11-23/08/sub-20261123T070005.250Z.mp4",
            "cam/2026-11-24/07/sub-20261123T070005.250Z.mp4",
            "../2026-11-23/07/sub-20261123T070005.250Z.mp4",
            "cam/2026-11-23/07/third-20261123T070005.250Z.mp4",
            "cam/2026-11-23/07/sub-20261123T070005.250Z-0.mp4",
            "cam/2026-11-23/07/sub-20261123T070005.250Z.mp4/x",
        ] {
            assert_eq!(SegmentPath::parse(other), None, "{other}");
        }
    }
}
