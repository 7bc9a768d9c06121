use std::io::Write;

use zip::write::SimpleFileOptions;

use super::*;

const HEADINGS: &str = "Tên;Địa bàn;Luồng chính;Ghi chú\n";

/// A workbook of one sheet, as small as one can be.
pub(crate) fn workbook(rows: &str) -> Vec<u8> {
    const XML: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>";
    const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    const RELS: &str = "http://schemas.openxmlformats.org/package/2006/relationships";
    const DOC: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let files = [
        (
            "[Content_Types].xml",
            "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"/>".to_owned(),
        ),
        (
            "_rels/.rels",
            format!(
                "<Relationships xmlns=\"{RELS}\"><Relationship Id=\"r1\" Type=\"{DOC}/officeDocument\" \
                 Target=\"xl/workbook.xml\"/></Relationships>"
            ),
        ),
        (
            "xl/_rels/workbook.xml.rels",
            format!(
                "<Relationships xmlns=\"{RELS}\"><Relationship Id=\"r1\" Type=\"{DOC}/worksheet\" \
                 Target=\"worksheets/sheet1.xml\"/></Relationships>"
            ),
        ),
        (
            "xl/workbook.xml",
            format!(
                "<workbook xmlns=\"{MAIN}\" xmlns:r=\"{DOC}\"><sheets><sheet name=\"Camera\" sheetId=\"1\" \
                 r:id=\"r1\"/></sheets></workbook>"
            ),
        ),
        (
            "xl/worksheets/sheet1.xml",
            format!("<worksheet xmlns=\"{MAIN}\"><sheetData>{rows}</sheetData></worksheet>"),
        ),
    ];
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in files {
        zip.start_file(name, SimpleFileOptions::default()).unwrap();
        zip.write_all(XML.as_bytes()).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn text(cell: &str, text: &str) -> String {
    format!("<c r=\"{cell}\" t=\"inlineStr\"><is><t>{text}</t></is></c>")
}

/// Headings, and one camera with a number in it.
pub(crate) fn sheet() -> String {
    format!(
        "<row r=\"1\">{}{}{}{}</row><row r=\"3\">{}{}{}<c r=\"D3\"><v>16.4637</v></c></row>",
        text("A1", "Tên"),
        text("B1", "Địa bàn"),
        text("C1", "Luồng chính"),
        text("D1", "Vĩ độ"),
        text("A3", "Cổng chợ"),
        text("B3", "Thôn Đông"),
        text("C3", "rtsp://192.0.2.1/stream1"),
    )
}

#[test]
fn separators_and_marks_of_excel_are_read() {
    for separator in [",", ";", "\t"] {
        let text =
            format!("\u{feff}{HEADINGS}\n\n\"Cổng; chợ\";Thôn Đông; rtsp://a/1 ;x\n").replace(';', separator);
        let table = read(Format::Csv, text.as_bytes()).unwrap();
        assert_eq!(table.ignored, ["Ghi chú"]);
        let [(number, row)] = &table.rows[..] else { panic!("{table:?}") };
        assert_eq!((*number, table.cell(row, Column::Name)), (4, format!("Cổng{separator} chợ").as_str()));
        assert_eq!(table.cell(row, Column::Main), "rtsp://a/1");
        assert_eq!(table.cell(row, Column::Sub), "");
    }
}

#[test]
fn a_workbook_is_read() {
    let table = read(Format::Xlsx, &workbook(&sheet())).unwrap();
    let [(number, row)] = &table.rows[..] else { panic!("{table:?}") };
    assert_eq!((*number, table.cell(row, Column::Name)), (3, "Cổng chợ"));
    assert_eq!(table.cell(row, Column::Latitude), "16.4637");
}

#[test]
fn what_is_no_table_is_told() {
    let csv = |text: &str| read(Format::Csv, text.as_bytes()).unwrap_err();
    assert_eq!(csv(""), TableFault::Empty);
    assert_eq!(csv(HEADINGS), TableFault::Empty);
    assert_eq!(csv("Tên;Ghi chú\na;b\n"), TableFault::Missing("Địa bàn, Luồng chính".to_owned()));
    assert_eq!(csv("Tên;name;Địa bàn;main\na;b;c;d\n"), TableFault::Twice("Tên"));
    assert_eq!(csv(&format!("{HEADINGS}{}", "a;b;c;d\n".repeat(MOST_ROWS + 1))), TableFault::TooLong);
    assert_eq!(read(Format::Csv, b"T\xean;x\n"), Err(TableFault::NotUtf8));
    assert!(matches!(read(Format::Xlsx, b"PK\x03\x04"), Err(TableFault::Workbook(_))));
}

#[test]
fn a_sheet_that_claims_to_be_large_costs_nothing() {
    let far = format!("{}<row r=\"1048576\">{}</row>", sheet(), text("XFD1048576", "x"));
    let table = read(Format::Xlsx, &workbook(&far)).unwrap();
    assert_eq!(table.rows.len(), 1);
}

#[test]
fn a_workbook_that_unpacks_to_too_much_is_refused() {
    let bomb = workbook(&" ".repeat(MOST_UNPACKED as usize));
    assert!(bomb.len() < MOST_BYTES);
    assert_eq!(read(Format::Xlsx, &bomb), Err(TableFault::Workbook("it unpacks to too much".to_owned())));
}

fn check(table: &Result<Table, TableFault>) {
    if let Ok(table) = table {
        assert!((1..=MOST_ROWS).contains(&table.rows.len()));
        for (_, row) in &table.rows {
            assert!(row.len() <= MOST_COLUMNS);
            assert!(row.iter().all(|cell| cell.chars().count() <= LONGEST_CELL));
        }
    }
}

#[test]
fn any_text_is_read_or_refused() {
    bolero::check!().with_type::<(bool, Vec<u8>)>().for_each(|(plausible, bytes)| {
        let mut text = if *plausible { HEADINGS.as_bytes().to_vec() } else { Vec::new() };
        text.extend(bytes);
        check(&read(Format::Csv, &text));
    });
}

#[test]
fn any_damage_to_a_workbook_is_survived() {
    let whole = workbook(&sheet());
    bolero::check!().with_type::<Vec<(u16, u8)>>().for_each(|damages| {
        let mut damaged = whole.clone();
        for (place, byte) in damages {
            let place = usize::from(*place) % damaged.len();
            damaged[place] ^= byte;
        }
        check(&read(Format::Xlsx, &damaged));
    });
}

#[test]
fn any_sheet_is_read_or_refused() {
    bolero::check!().with_type::<String>().for_each(|rows| {
        check(&read(Format::Xlsx, &workbook(&format!("{}{rows}", sheet()))));
    });
}
