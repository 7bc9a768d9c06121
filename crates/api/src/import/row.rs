//! Checks the rows of a table of cameras: what is wrong with each, all at once.

use std::collections::HashMap;

use domain::{Camera, CameraId, Credentials, GeoPoint, Place, PlaceId, Secret, Sentence};
use serde::Serialize;
use url::Url;

use super::columns::{Column, plain};
use super::table::Table;
use crate::camera_address::{self, Addresses};
use crate::extract::name;

/// Something wrong with a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub(crate) struct RowProblem {
    /// Which column: `name`, `place`, `main`, `sub`, `username`, `password`, `latitude`, `longitude`, `bearing` or
    /// `keep_days`.
    #[schema(value_type = String)]
    pub(crate) field: &'static str,
    /// What is wrong.
    pub(crate) message: Sentence,
    /// What to do about it.
    pub(crate) remedy: Sentence,
}

impl RowProblem {
    fn new(column: Column, message: (String, String), remedy: (&str, &str)) -> Self {
        Self {
            field: column.field(),
            message: Sentence::new(message.0, message.1),
            remedy: Sentence::new(remedy.0, remedy.1),
        }
    }
}

/// A row on its way to become a camera.
#[derive(Debug)]
pub(crate) struct Draft {
    /// Its number as a spreadsheet shows it.
    pub(crate) row: u32,
    /// The name as it is written.
    pub(crate) name: String,
    /// What is wrong with it.
    pub(crate) problems: Vec<RowProblem>,
    /// The camera that it is already.
    pub(crate) known: Option<CameraId>,
    /// What it is to become, where nothing is wrong.
    pub(crate) camera: Option<Wanted>,
}

/// A camera as a row describes it.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    pub(crate) name: String,
    pub(crate) place_id: PlaceId,
    pub(crate) addresses: Addresses,
    pub(crate) point: Option<GeoPoint>,
    pub(crate) bearing: Option<f32>,
    pub(crate) keep_days: Option<u32>,
}

/// The places that a row may name, and the cameras that there are already.
pub(crate) struct Known<'a> {
    /// Every place, for the names of those above.
    pub(crate) places: &'a [Place],
    /// Where cameras may be added.
    pub(crate) open: &'a [PlaceId],
    /// The cameras that may be seen.
    pub(crate) cameras: &'a [Camera],
}

/// Checks all rows.
pub(crate) fn check(table: &Table, known: &Known<'_>) -> Vec<Draft> {
    let mut taken: HashMap<Url, Taken> =
        known.cameras.iter().map(|camera| (key(&camera.main_url), Taken::Camera(camera))).collect();
    table.rows.iter().map(|(row, cells)| draft(table, (*row, cells), known, &mut taken)).collect()
}

/// Who has an address already.
enum Taken<'a> {
    Camera(&'a Camera),
    Row(u32),
}

fn draft<'a>(
    table: &Table,
    (row, cells): (u32, &[String]),
    known: &Known<'a>,
    taken: &mut HashMap<Url, Taken<'a>>,
) -> Draft {
    let mut sheet = Sheet { table, cells, problems: Vec::new() };
    let name = sheet.name();
    let place_id = sheet.place(known);
    let addresses = sheet.addresses();
    let point = sheet.point();
    let bearing = sheet.number(Column::Bearing, 0.0, 360.0).map(|degrees| degrees as f32);
    let keep_days = sheet.number(Column::KeepDays, 1.0, 36_500.0).map(|days| days as u32);
    let mut already = None;
    if let Some(addresses) = &addresses {
        match taken.get(&key(&addresses.main)) {
            Some(Taken::Camera(camera)) => {
                already = Some(camera.id);
                sheet.problems.push(RowProblem::new(
                    Column::Main,
                    (
                        format!("Camera này đã có trong hệ thống với tên “{}”", camera.name),
                        format!("this camera is known already, as “{}”", camera.name),
                    ),
                    ("Xóa dòng này khỏi bảng.", "Take the row out of the table."),
                ));
            }
            Some(Taken::Row(first)) => sheet.problems.push(RowProblem::new(
                Column::Main,
                (
                    format!("Luồng chính trùng với dòng {first}"),
                    format!("row {first} has the same main stream"),
                ),
                (
                    "Xóa một trong hai dòng, hoặc sửa địa chỉ.",
                    "Take one of the two out, or correct its address.",
                ),
            )),
            None => {
                taken.insert(key(&addresses.main), Taken::Row(row));
            }
        }
    }
    let shown = sheet.cell(Column::Name).chars().filter(|c| !c.is_control()).take(200).collect();
    let problems = sheet.problems;
    let camera = match (name, place_id, addresses) {
        (Some(name), Some(place_id), Some(addresses)) if problems.is_empty() => {
            Some(Wanted { name, place_id, addresses, point, bearing, keep_days })
        }
        _ => None,
    };
    Draft { row, name: shown, problems, known: already, camera }
}

/// What makes two addresses the same stream.
fn key(url: &Url) -> Url {
    let mut key = url.clone();
    if key.port().is_none() {
        // An address with a host takes any port.
        let _ = key.set_port(Some(554));
    }
    key
}

/// One row while it is checked.
struct Sheet<'a> {
    table: &'a Table,
    cells: &'a [String],
    problems: Vec<RowProblem>,
}

impl Sheet<'_> {
    fn cell(&self, column: Column) -> &str {
        self.table.cell(self.cells, column)
    }

    fn wrong(&mut self, column: Column, message: (&str, &str), remedy: (&str, &str)) {
        let message = (message.0.to_owned(), message.1.to_owned());
        self.problems.push(RowProblem::new(column, message, remedy));
    }

    fn name(&mut self) -> Option<String> {
        let named = name("name", self.cell(Column::Name), 200).ok();
        if named.is_none() {
            self.wrong(
                Column::Name,
                (
                    "Chưa có tên camera, hoặc tên dài quá 200 ký tự",
                    "the name is missing or has more than 200 letters",
                ),
                ("Ghi tên dễ nhớ, ví dụ: Cổng chợ.", "Write a name that people know, such as Cổng chợ."),
            );
        }
        named
    }

    fn place(&mut self, known: &Known<'_>) -> Option<PlaceId> {
        let text = self.cell(Column::Place);
        if text.is_empty() {
            self.wrong(
                Column::Place,
                ("Chưa có địa bàn", "the place is missing"),
                (
                    "Ghi địa bàn của camera, ví dụ: Xã Bình An / Thôn Đông.",
                    "Write the camera's place, such as Xã Bình An / Thôn Đông.",
                ),
            );
            return None;
        }
        let found = places_named(text, known);
        match found.as_slice() {
            [one] => Some(*one),
            [] => {
                self.wrong(
                    Column::Place,
                    (
                        "Không có địa bàn này, hoặc bạn không được thêm camera ở đó",
                        "there is no such place, or you may not add cameras there",
                    ),
                    (
                        "Ghi đúng tên như trong danh mục địa bàn, từ trên xuống, cách nhau bằng dấu /.",
                        "Write it as it stands in the tree of places, from above, with / between.",
                    ),
                );
                None
            }
            _ => {
                self.wrong(
                    Column::Place,
                    ("Có nhiều địa bàn trùng tên này", "several places have this name"),
                    (
                        "Ghi thêm cấp trên, ví dụ: Xã Bình An / Thôn Đông.",
                        "Write the place above it as well, such as Xã Bình An / Thôn Đông.",
                    ),
                );
                None
            }
        }
    }

    fn addresses(&mut self) -> Option<Addresses> {
        let credentials = self.credentials();
        let (main, of_main) = self.address(Column::Main)?;
        let (sub, of_sub) = match self.cell(Column::Sub) {
            "" => (None, None),
            _ => self.address(Column::Sub).map(|(url, credentials)| (Some(url), credentials))?,
        };
        // The columns go before what stands in the address.
        let credentials = credentials.or(of_main).or(of_sub);
        if let Some(credentials) = &credentials
            && camera_address::check_credentials(credentials).is_err()
        {
            self.wrong(
                Column::Username,
                (
                    "Tài khoản hoặc mật khẩu không hợp lệ: quá dài, có ký tự lạ hoặc dấu hai chấm trong tài khoản",
                    "the user name or password is too long, holds control characters, or a colon in the name",
                ),
                ("Kiểm tra lại hai ô này.", "Check both cells."),
            );
            return None;
        }
        Some(Addresses { main, sub, credentials })
    }

    fn credentials(&self) -> Option<Credentials> {
        match (self.cell(Column::Username), self.cell(Column::Password)) {
            ("", "") => None,
            ("", password) => {
                Some(Credentials { username: "admin".to_owned(), password: Secret::new(password) })
            }
            (username, password) => {
                Some(Credentials { username: username.to_owned(), password: Secret::new(password) })
            }
        }
    }

    fn address(&mut self, column: Column) -> Option<(Url, Option<Credentials>)> {
        let text = self.cell(column);
        let (vi, en) = match column {
            Column::Sub => ("luồng phụ", "sub stream"),
            _ => ("luồng chính", "main stream"),
        };
        let problem = match camera_address::parse(column.field(), text) {
            Ok(address) => return Some(address),
            Err(problem) => problem.body(),
        };
        let message = match text {
            "" => (format!("Chưa có địa chỉ {vi}"), format!("the address of the {en} is missing")),
            _ => (format!("Địa chỉ {vi} không hợp lệ"), problem.detail),
        };
        self.problems.push(RowProblem {
            field: column.field(),
            message: Sentence::new(message.0, message.1),
            remedy: Sentence::new(
                "Ghi dạng rtsp://192.168.1.20:554/stream1; tài khoản và mật khẩu ghi ở cột riêng.",
                problem.remedy.unwrap_or_default(),
            ),
        });
        None
    }

    fn point(&mut self) -> Option<GeoPoint> {
        let latitude = self.number(Column::Latitude, -90.0, 90.0);
        let longitude = self.number(Column::Longitude, -180.0, 180.0);
        let (column, lacks) = match (self.cell(Column::Latitude), self.cell(Column::Longitude)) {
            ("", "") => return None,
            ("", _) => (Column::Latitude, true),
            (_, "") => (Column::Longitude, true),
            _ => (Column::Latitude, false),
        };
        if lacks {
            self.wrong(
                column,
                ("Vĩ độ và kinh độ phải đi cùng nhau", "latitude and longitude go together"),
                ("Ghi cả hai, hoặc để trống cả hai.", "Give both, or neither."),
            );
        }
        GeoPoint::new(latitude?, longitude?)
    }

    /// A number, with a point or a comma for decimals.
    fn number(&mut self, column: Column, low: f64, high: f64) -> Option<f64> {
        let text = self.cell(column);
        if text.is_empty() {
            return None;
        }
        let number = text.replace(',', ".").parse::<f64>().ok();
        if let Some(number) = number.filter(|number| (low..=high).contains(number)) {
            return Some(number);
        }
        let heading = column.heading();
        self.problems.push(RowProblem {
            field: column.field(),
            message: Sentence::new(
                format!("{heading} không phải là số từ {low} đến {high}"),
                format!("{} is no number from {low} to {high}", column.field()),
            ),
            remedy: Sentence::new("Sửa lại số, hoặc để trống.", "Correct the number, or leave it empty."),
        });
        None
    }
}

/// The open places that a text means: an identifier, or names from above down to the place.
fn places_named(text: &str, known: &Known<'_>) -> Vec<PlaceId> {
    let is_open = |place: &&Place| known.open.contains(&place.id) && place.merged_into.is_none();
    if let Ok(id) = text.parse::<PlaceId>() {
        return known
            .places
            .iter()
            .filter(is_open)
            .filter(|place| place.id == id)
            .map(|place| place.id)
            .collect();
    }
    let wanted: Vec<String> =
        text.split(['/', '>']).map(plain).filter(|part| !part.is_empty()).rev().collect();
    let above = |place: &Place| known.places.iter().find(|other| Some(other.id) == place.parent_id);
    let matches = |place: &&Place| {
        let mut current = Some(*place);
        let mut parts = wanted.iter();
        parts.all(|part| {
            let same = current.is_some_and(|place| plain(&place.name) == *part);
            current = current.and_then(above);
            same
        })
    };
    if wanted.is_empty() {
        return Vec::new();
    }
    known.places.iter().filter(is_open).filter(matches).map(|place| place.id).collect()
}
