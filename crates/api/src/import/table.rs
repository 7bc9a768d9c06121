//! Reads a table of cameras, as CSV or as an Excel workbook, into rows of text. What comes from a stranger's disk is
//! bounded on every side.

use std::io::{Cursor, Read};

use calamine::{DataRef, Reader as _, Xlsx};

use super::columns::Column;

/// The most cameras of one table.
pub(crate) const MOST_ROWS: usize = 500;
/// The largest file.
pub(crate) const MOST_BYTES: usize = 2 << 20;
/// The most bytes that a workbook may unpack to.
const MOST_UNPACKED: u64 = 32 << 20;
/// The most files in a workbook, the most columns, and the longest text of a cell.
const MOST_FILES: usize = 500;
const MOST_COLUMNS: usize = 100;
const LONGEST_CELL: usize = 2048;
/// The most cells that are looked at.
const MOST_CELLS: usize = 200_000;

/// How a table is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// Text with separators, RFC 4180.
    Csv,
    /// An Excel workbook, of which the first sheet is read.
    Xlsx,
}

/// A table: what its columns mean, and its rows.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Table {
    /// What each column means; `None` for those that are passed over.
    columns: Vec<Option<Column>>,
    /// The headings that mean nothing here.
    pub(crate) ignored: Vec<String>,
    /// The rows, each with its number as a spreadsheet shows it.
    pub(crate) rows: Vec<(u32, Vec<String>)>,
}

/// Why a table cannot be read.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TableFault {
    /// It is no text in UTF-8.
    #[error("the file is not written in UTF-8")]
    NotUtf8,
    /// It is no workbook, or a broken or hostile one.
    #[error("the workbook cannot be read: {0}")]
    Workbook(String),
    /// The CSV is broken.
    #[error("the text cannot be read as a table: {0}")]
    Text(String),
    /// There is nothing in it.
    #[error("the table has no rows")]
    Empty,
    /// Columns that are needed.
    #[error("columns are missing: {0}")]
    Missing(String),
    /// A column that is there twice.
    #[error("two columns mean the same: {0}")]
    Twice(&'static str),
    /// Too much of it.
    #[error("the table has more than {MOST_ROWS} rows")]
    TooLong,
}

impl Table {
    /// The text of a row in a column; empty where it has none.
    pub(crate) fn cell<'a>(&self, row: &'a [String], column: Column) -> &'a str {
        let place = self.columns.iter().position(|known| *known == Some(column));
        place.and_then(|place| row.get(place)).map_or("", |text| text.trim())
    }
}

/// Reads a table.
pub(crate) fn read(format: Format, bytes: &[u8]) -> Result<Table, TableFault> {
    let mut rows = match format {
        Format::Csv => of_text(bytes)?,
        Format::Xlsx => of_workbook(bytes)?,
    };
    rows.retain(|(_, cells)| cells.iter().any(|cell| !cell.trim().is_empty()));
    let mut rows = rows.into_iter();
    let (_, headings) = rows.next().ok_or(TableFault::Empty)?;
    let columns: Vec<Option<Column>> = headings.iter().map(|heading| Column::of(heading)).collect();
    for column in Column::ALL {
        if columns.iter().filter(|known| **known == Some(column)).count() > 1 {
            return Err(TableFault::Twice(column.heading()));
        }
    }
    let missing: Vec<&str> = [Column::Name, Column::Place, Column::Main]
        .into_iter()
        .filter(|column| !columns.contains(&Some(*column)))
        .map(Column::heading)
        .collect();
    if !missing.is_empty() {
        return Err(TableFault::Missing(missing.join(", ")));
    }
    let unknown = headings
        .iter()
        .zip(&columns)
        .filter(|(heading, column)| column.is_none() && !heading.trim().is_empty());
    let ignored = unknown.map(|(heading, _)| heading.trim().chars().take(100).collect()).collect();
    let rows: Vec<_> = rows.take(MOST_ROWS + 1).collect();
    match rows.len() {
        0 => Err(TableFault::Empty),
        length if length > MOST_ROWS => Err(TableFault::TooLong),
        _ => Ok(Table { columns, ignored, rows }),
    }
}

fn of_text(bytes: &[u8]) -> Result<Vec<(u32, Vec<String>)>, TableFault> {
    let text = std::str::from_utf8(bytes).map_err(|_| TableFault::NotUtf8)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(separator(text))
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes());
    let mut rows = Vec::new();
    let mut record = csv::StringRecord::new();
    let mut number = 0;
    while reader.read_record(&mut record).map_err(|error| TableFault::Text(error.to_string()))? {
        let start = record.position().map_or(0, |position| position.byte() as usize);
        number += 1 + empty_lines_before(text, start);
        let cells = record.iter().take(MOST_COLUMNS).map(|cell| cell.chars().take(LONGEST_CELL).collect());
        rows.push((number, cells.collect()));
        // Some rows are empty, and one holds the headings.
        if rows.len() > MOST_ROWS * 4 {
            return Err(TableFault::TooLong);
        }
    }
    Ok(rows)
}

/// Empty lines before a record, which a spreadsheet counts as rows and the reader of CSV passes over.
fn empty_lines_before(text: &str, start: usize) -> u32 {
    let (before, from) = text.split_at_checked(start).unwrap_or((text, ""));
    let is_end = |letter: char| letter == '\r' || letter == '\n';
    let ends = |text: &str| text.matches('\n').count();
    let trailing = before.len() - before.trim_end_matches(is_end).len();
    let leading = from.len() - from.trim_start_matches(is_end).len();
    let between = before.get(before.len() - trailing..).map_or(0, ends) + from.get(..leading).map_or(0, ends);
    // One of them ends the line before.
    let own = usize::from(trailing < before.len());
    between.saturating_sub(own) as u32
}

/// What stands between the cells: Excel writes semicolons where the comma is for decimals, as in Vietnam.
fn separator(text: &str) -> u8 {
    let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let count = |separator: u8| first.bytes().filter(|byte| *byte == separator).count();
    [b',', b';', b'\t'].into_iter().rev().max_by_key(|separator| count(*separator)).unwrap_or(b',')
}

fn of_workbook(bytes: &[u8]) -> Result<Vec<(u32, Vec<String>)>, TableFault> {
    let broken = |error: &dyn std::fmt::Display| TableFault::Workbook(error.to_string());
    check_unpacked(bytes)?;
    let mut workbook: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(|error| broken(&error))?;
    let sheet = workbook.sheet_names().first().cloned().ok_or(TableFault::Empty)?;
    // Cell by cell: a sheet of two cells may claim to be as large as a million rows.
    let mut cells = workbook.worksheet_cells_reader(&sheet).map_err(|error| broken(&error))?;
    let mut rows: Vec<(u32, Vec<String>)> = Vec::new();
    for _ in 0..MOST_CELLS {
        let Some(cell) = cells.next_cell().map_err(|error| broken(&error))? else { return Ok(rows) };
        let (row, column) = cell.get_position();
        let Some(text) = shown(cell.get_value()) else { continue };
        let number = row.saturating_add(1);
        if rows.last().is_none_or(|(last, _)| *last != number) {
            if rows.len() > MOST_ROWS * 4 {
                return Err(TableFault::TooLong);
            }
            rows.push((number, Vec::new()));
        }
        let column = column as usize;
        if let Some((_, cells)) = rows.last_mut().filter(|_| column < MOST_COLUMNS) {
            cells.resize(cells.len().max(column + 1), String::new());
            if let Some(place) = cells.get_mut(column) {
                *place = text;
            }
        }
    }
    Err(TableFault::TooLong)
}

/// What a cell shows; `None` for an empty one.
fn shown(value: &DataRef<'_>) -> Option<String> {
    let text = match value {
        DataRef::Int(number) => number.to_string(),
        DataRef::Float(number) => number.to_string(),
        DataRef::Bool(truth) => truth.to_string(),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => text.clone(),
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::DateTime(_) | DataRef::Error(_) | DataRef::Empty => return None,
    };
    Some(text.chars().take(LONGEST_CELL).collect())
}

/// Refuses what unpacks to more than it may. Sizes that a file states of itself are not believed.
fn check_unpacked(bytes: &[u8]) -> Result<(), TableFault> {
    let broken = |error: &dyn std::fmt::Display| TableFault::Workbook(error.to_string());
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|error| broken(&error))?;
    if archive.len() > MOST_FILES {
        return Err(TableFault::Workbook("it holds too many files".to_owned()));
    }
    let mut left = MOST_UNPACKED;
    for place in 0..archive.len() {
        let file = archive.by_index(place).map_err(|error| broken(&error))?;
        let read = std::io::copy(&mut file.take(left + 1), &mut std::io::sink());
        left = left
            .checked_sub(read.map_err(|error| broken(&error))?)
            .ok_or_else(|| TableFault::Workbook("it unpacks to too much".to_owned()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
