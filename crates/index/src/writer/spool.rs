//! Rows that wait on disk while the database is gone.
//!
//! A folder of files, `00000000000000000001.rows` and so on, written in order and each replayed whole, then removed. A
//! file starts with [`HEADER`]; each row is its length and its CRC-32 (both four bytes, little-endian), then the row in
//! postcard. A row that was cut off by a crash ends the file. Since replaying twice is replaying once, no position
//! is kept.

use std::collections::VecDeque;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::Record;

/// Start of every file. The last byte is the version of the rows' layout: it must rise whenever the layout of
/// [`Record`] or of anything in it changes (a test notices).
pub const HEADER: [u8; 8] = *b"taimat\x00\x01";

/// A new file is begun beyond this size, or beyond a thirty-second of the limit where that is less.
const FILE_BYTES: u64 = 2 << 20;

/// No row is longer; what claims to be is damage.
const MOST_ROW_BYTES: u32 = 16 << 20;

/// What was left out of a file that had to shrink.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Shed {
    /// Nothing.
    Nothing,
    /// Activity and open segments: the first is a convenience, the second is followed by the closed one.
    Passing,
    /// Closed segments too: `taimat reindex` finds them in the files.
    Recoverable,
}

impl Shed {
    fn keeps(self, record: &Record) -> bool {
        match record {
            Record::Gap(_) | Record::Event(_) | Record::Firing(_) | Record::Suppressed(_) => true,
            Record::Segment(segment) if segment.closed => self < Self::Recoverable,
            Record::Segment(_) | Record::Activity(_) => self < Self::Passing,
        }
    }
}

#[derive(Debug)]
struct SpoolFile {
    path: PathBuf,
    bytes: u64,
    shed: Shed,
}

/// The spool.
#[derive(Debug)]
pub struct Spool {
    folder: PathBuf,
    limit: u64,
    /// Oldest first.
    files: VecDeque<SpoolFile>,
    /// The last of them, while it is being written.
    open: Option<File>,
    next_number: u64,
}

impl Spool {
    /// Opens the folder, with what an earlier run left in it.
    pub fn open(folder: &Path, limit: u64) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        let mut found = Vec::new();
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let name = entry.file_name();
            let number = name.to_str().and_then(|name| name.strip_suffix(".rows")?.parse::<u64>().ok());
            if let Some(number) = number {
                found.push((number, entry.path(), entry.metadata()?.len()));
            }
        }
        found.sort_unstable();
        let next_number = found.last().map_or(1, |(number, ..)| number.saturating_add(1));
        let files = found
            .into_iter()
            .map(|(_, path, bytes)| SpoolFile { path, bytes, shed: Shed::Nothing })
            .collect();
        Ok(Self { folder: folder.to_owned(), limit, files, open: None, next_number })
    }

    /// Whether nothing waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// Bytes that wait.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).sum()
    }

    /// Puts rows at the end and syncs them to disk. Makes room where the limit is reached.
    pub fn append(&mut self, records: &[Record]) -> io::Result<()> {
        let mut rows = Vec::new();
        for record in records {
            encode_row(record, &mut rows)?;
        }
        let result = self.append_bytes(&rows);
        if result.is_err() {
            // What was written of it is a torn end: never write behind it.
            self.open = None;
        }
        result?;
        self.make_room();
        Ok(())
    }

    fn append_bytes(&mut self, rows: &[u8]) -> io::Result<()> {
        if self.files.back().is_none_or(|file| file.bytes > FILE_BYTES.min(self.limit / 32)) {
            self.open = None;
        }
        let file = match &mut self.open {
            Some(file) => file,
            closed => {
                let path = self.folder.join(format!("{:020}.rows", self.next_number));
                let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
                self.next_number = self.next_number.saturating_add(1);
                self.files.push_back(SpoolFile { path, bytes: HEADER.len() as u64, shed: Shed::Nothing });
                file.write_all(&HEADER)?;
                File::open(&self.folder)?.sync_all()?;
                closed.insert(file)
            }
        };
        file.write_all(rows)?;
        file.sync_data()?;
        if let Some(last) = self.files.back_mut() {
            last.bytes += rows.len() as u64;
        }
        Ok(())
    }

    /// The rows of the oldest file, and whether its end was torn; `None` where nothing waits.
    pub fn oldest(&mut self) -> io::Result<Option<Vec<Record>>> {
        if self.files.len() <= 1 {
            // It is about to be replayed: what comes now belongs behind it.
            self.open = None;
        }
        let Some(file) = self.files.front() else { return Ok(None) };
        let bytes = fs::read(&file.path)?;
        let (records, rest) = decode(&bytes);
        if rest > 0 {
            tracing::warn!(file = %file.path.display(), bytes = rest, rows = records.len(), "a spool file is damaged at its end");
        }
        Ok(Some(records))
    }

    /// Removes the oldest file: its rows are in the database.
    pub fn remove_oldest(&mut self) -> io::Result<()> {
        if let Some(file) = self.files.pop_front() {
            if self.files.is_empty() {
                self.open = None;
            }
            fs::remove_file(&file.path)?;
        }
        Ok(())
    }

    /// Sets the oldest file aside as `….unreadable`: it cannot be read at all, and must not block the rest.
    pub fn set_aside_oldest(&mut self) -> io::Result<()> {
        if let Some(file) = self.files.pop_front() {
            fs::rename(&file.path, file.path.with_extension("unreadable"))?;
        }
        Ok(())
    }

    /// While there is too much: leaves out what matters least, oldest first, and at last whole files.
    fn make_room(&mut self) {
        while self.bytes() > self.limit {
            // The file being written is left alone, unless it is all there is.
            let settled = if self.files.len() > 1 { self.files.len() - 1 } else { self.files.len() };
            let candidate = [Shed::Passing, Shed::Recoverable].into_iter().find_map(|shed| {
                let position = self.files.iter().take(settled).position(|file| file.shed < shed)?;
                Some((position, shed))
            });
            if settled == self.files.len() {
                self.open = None;
            }
            let done = match candidate {
                Some((position, shed)) => self.shrink(position, shed),
                None => self.drop_oldest(),
            };
            if let Err(error) = done {
                tracing::error!(%error, folder = %self.folder.display(), "the spool is over its limit and cannot shrink");
                return;
            }
        }
    }

    fn shrink(&mut self, position: usize, shed: Shed) -> io::Result<()> {
        let Some(file) = self.files.get_mut(position) else { return Ok(()) };
        let (records, _) = decode(&fs::read(&file.path)?);
        let (kept, lost): (Vec<Record>, Vec<Record>) =
            records.into_iter().partition(|record| shed.keeps(record));
        let mut bytes = HEADER.to_vec();
        for record in &kept {
            encode_row(record, &mut bytes)?;
        }
        let apart = file.path.with_extension("shrunk");
        fs::write(&apart, &bytes)?;
        fs::rename(&apart, &file.path)?;
        file.bytes = bytes.len() as u64;
        file.shed = shed;
        count_lost(&lost);
        let recoverable =
            lost.iter().filter(|record| matches!(record, Record::Segment(s) if s.closed)).count();
        tracing::warn!(
            lost = lost.len(),
            recoverable,
            "the spool is full: rows were left out. Run `taimat reindex` once the database is back"
        );
        if kept.is_empty()
            && let Some(file) = self.files.remove(position)
        {
            fs::remove_file(file.path)?;
        }
        Ok(())
    }

    fn drop_oldest(&mut self) -> io::Result<()> {
        let lost = self.oldest()?.unwrap_or_default();
        count_lost(&lost);
        tracing::error!(lost = lost.len(), "the spool is full of events and gaps: the oldest are lost");
        self.remove_oldest()
    }
}

/// Counts rows that will never reach the database.
pub(super) fn count_lost(records: &[Record]) {
    for record in records {
        metrics::counter!("taimat_index_rows_lost_total", "table" => record.table()).increment(1);
    }
}

fn encode_row(record: &Record, out: &mut Vec<u8>) -> io::Result<()> {
    let row = postcard::to_stdvec(record).map_err(io::Error::other)?;
    let length = u32::try_from(row.len()).ok().filter(|length| *length <= MOST_ROW_BYTES);
    let length = length.ok_or_else(|| io::Error::other("a row is too long for the spool"))?;
    out.extend(length.to_le_bytes());
    out.extend(crc32fast::hash(&row).to_le_bytes());
    out.extend(row);
    Ok(())
}

/// The rows of a file up to its end or the first damage, and the number of bytes that could not be read.
#[must_use]
pub fn decode(bytes: &[u8]) -> (Vec<Record>, usize) {
    let Some(mut rest) = bytes.strip_prefix(&HEADER) else { return (Vec::new(), bytes.len()) };
    let mut records = Vec::new();
    while let Some((record, after)) = decode_row(rest) {
        records.push(record);
        rest = after;
    }
    (records, rest.len())
}

fn decode_row(bytes: &[u8]) -> Option<(Record, &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    let (crc, rest) = rest.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
    let (row, rest) = rest.split_at_checked(length)?;
    if crc32fast::hash(row) != u32::from_le_bytes(*crc) {
        return None;
    }
    Some((postcard::from_bytes(row).ok()?, rest))
}
