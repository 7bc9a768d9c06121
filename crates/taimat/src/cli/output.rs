//! What commands print: text for people, JSON for programs. Nothing else writes to standard output.

use std::io::Write;

use anyhow::Result;
use serde::Serialize;
use serde_json::Value;

/// How to print.
#[derive(Clone, Copy)]
pub(super) struct Output {
    /// JSON instead of text.
    pub(super) json: bool,
}

impl Output {
    /// A line or more of text.
    #[expect(clippy::unused_self, reason = "printing belongs to the output")]
    pub(super) fn text(self, text: &str) -> Result<()> {
        let mut out = std::io::stdout().lock();
        writeln!(out, "{}", text.trim_end())?;
        Ok(out.flush()?)
    }

    /// A value as JSON.
    pub(super) fn json(self, value: &impl Serialize) -> Result<()> {
        self.text(&serde_json::to_string_pretty(value)?)
    }

    /// JSON, or the text made from it.
    pub(super) fn either(self, value: &Value, text: impl FnOnce(&Value) -> String) -> Result<()> {
        if self.json { self.json(value) } else { self.text(&text(value)) }
    }
}

/// Rows of columns, each as wide as its widest entry. The first row is the heading.
pub(super) fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// A member of a JSON object as text; a dash where there is none.
pub(super) fn cell(value: &Value, pointer: &str) -> String {
    match value.pointer(pointer) {
        None | Some(Value::Null) => "-".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_also_in_vietnamese() {
        let rows = [vec!["tên".into(), "x".into()], vec!["Cổng trường".into(), "y".into()]];
        let text = table(&rows);
        let columns: Vec<usize> = text.lines().map(|line| line.chars().count()).collect();
        assert_eq!(columns[0], columns[1]);
    }
}
