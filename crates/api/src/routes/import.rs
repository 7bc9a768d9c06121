//! Many cameras at once, from a table.

use std::time::Duration;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use domain::{Action, CameraId, ConnectFailure, Sentence, StreamKind, Transport};
use futures::StreamExt as _;
use index::{NewCamera, Visibility};
use serde::{Deserialize, Serialize};
use tokio::time::{Instant, timeout_at};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::cameras::{MANAGE_SOMEWHERE, account, seal};
use super::trials::streams;
use crate::app::Server;
use crate::auth::caller::Caller;
use crate::auth::rights::guarded;
use crate::extract::Query;
use crate::import::columns::Column;
use crate::import::row::{self, Draft, Known, RowProblem, Wanted};
use crate::import::table::{self, Format, MOST_BYTES, MOST_ROWS, TableFault};
use crate::media;
use crate::problem::{Answer, Code, Problem};

const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
/// Cameras that are tried at the same time, and how long all of them may take.
const TRIED_AT_ONCE: usize = 16;
const TRYING: Duration = Duration::from_secs(20);

pub(super) fn routes() -> OpenApiRouter<Server> {
    OpenApiRouter::default()
        .routes(guarded(MANAGE_SOMEWHERE, routes!(import)))
        .routes(guarded(MANAGE_SOMEWHERE, routes!(template)))
}

/// How to go about it.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Wish {
    /// Whether only to say what would happen.
    #[serde(default)]
    dry_run: bool,
    /// Whether to try each camera, and to add only those whose streams work.
    #[serde(default)]
    probe: bool,
}

/// What became of a table.
#[derive(Serialize, utoipa::ToSchema)]
struct Imported {
    /// One row a row of the table.
    rows: Vec<ImportedRow>,
    /// Headings that mean nothing here and were passed over.
    ignored: Vec<String>,
    /// How many rows have no problem.
    ready: usize,
    /// How many cameras were added.
    added: usize,
}

/// What became of a row.
#[derive(Serialize, utoipa::ToSchema)]
struct ImportedRow {
    /// Its number as a spreadsheet shows it.
    row: u32,
    /// The name in it.
    name: String,
    /// All that is wrong with it; it is added only where there is nothing.
    problems: Vec<RowProblem>,
    /// The camera that was added, or that it is already.
    camera_id: Option<CameraId>,
}

/// Add cameras from a table
///
/// CSV in UTF-8 or an Excel workbook, up to 2 MiB and 500 rows, with headings in Vietnamese or English: see the template.
/// Rows without problems are added; of the others, every problem is told. With `probe`, what could not be tried within 20
/// seconds is a problem too: send the table again, and those that were added are passed over.
#[utoipa::path(post, path = "/cameras/import", operation_id = "importCameras", tag = "cameras", params(Wish),
    request_body(content((String = "text/csv"), (Vec<u8> = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"))),
    responses((status = 200, body = Imported)))]
async fn import(
    State(server): State<Server>,
    caller: Caller,
    Query(wish): Query<Wish>,
    headers: HeaderMap,
    body: Body,
) -> Answer<axum::Json<Imported>> {
    let format = format(&headers)?;
    let bytes = axum::body::to_bytes(body, MOST_BYTES).await.map_err(|_| {
        Problem::new(Code::TooLarge, "the table is larger than 2 MiB, or could not be read to its end")
            .remedy("Split it into smaller ones.")
    })?;
    let table = tokio::task::spawn_blocking(move || table::read(format, &bytes)).await;
    // A workbook that breaks its reader is no fault of ours.
    let table = table.unwrap_or_else(|_| Err(TableFault::Workbook("it is damaged".to_owned())));
    let table = table.map_err(|fault| unreadable(&fault))?;
    let places = server.index.places(&Visibility::All).await?;
    let open = server.index.places(&caller.visibility(Action::ManageCameras)).await?;
    let open: Vec<_> = open.iter().map(|place| place.id).collect();
    let cameras = server.index.cameras(&[], &caller.visibility(Action::View)).await?;
    let known = Known { places: &places, open: &open, cameras: &cameras };
    let mut drafts = row::check(&table, &known);
    if wish.probe {
        try_all(&server, &mut drafts).await;
    }
    let ready = drafts.iter().filter(|draft| draft.problems.is_empty()).count();
    let mut added = 0;
    let mut rows = Vec::with_capacity(drafts.len());
    for draft in drafts {
        let Draft { row, name, mut problems, known, camera } = draft;
        let mut camera_id = known;
        if let Some(wanted) = camera.filter(|_| !wish.dry_run && problems.is_empty()) {
            match add(&server, &caller, wanted).await {
                Ok(id) => {
                    added += 1;
                    camera_id = Some(id);
                }
                Err(problem) => problems.push(unadded(&problem)),
            }
        }
        rows.push(ImportedRow { row, name, problems, camera_id });
    }
    Ok(axum::Json(Imported { rows, ignored: table.ignored, ready, added }))
}

fn format(headers: &HeaderMap) -> Answer<Format> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    match kind {
        kind if kind.eq_ignore_ascii_case("text/csv") => Ok(Format::Csv),
        kind if kind.eq_ignore_ascii_case(XLSX) => Ok(Format::Xlsx),
        _ => Err(Problem::new(Code::UnsupportedMediaType, "the body must be CSV or an Excel workbook")
            .at("Content-Type")
            .remedy(format!("Send the header Content-Type: text/csv, or {XLSX}."))),
    }
}

fn unreadable(fault: &TableFault) -> Problem {
    let remedy = match fault {
        TableFault::NotUtf8 => "Save it as “CSV UTF-8”, or send the Excel workbook itself.".to_owned(),
        TableFault::Workbook(_) => "Save it as .xlsx anew, or as “CSV UTF-8”.".to_owned(),
        TableFault::Text(_) => "Open it in a spreadsheet and save it as “CSV UTF-8”.".to_owned(),
        TableFault::Empty => "Put headings into the first row and a camera into each row below.".to_owned(),
        TableFault::Missing(_) | TableFault::Twice(_) => {
            "Take the headings of GET /cameras/import/template.".to_owned()
        }
        TableFault::TooLong => format!("Split it into tables of at most {MOST_ROWS} rows."),
    };
    Problem::new(Code::InvalidRequest, fault.to_string()).remedy(remedy)
}

/// Tries the cameras of all rows that have no problem yet, some at a time.
async fn try_all(server: &Server, drafts: &mut [Draft]) {
    let end = Instant::now() + TRYING;
    let trials: Vec<_> = drafts
        .iter()
        .enumerate()
        .filter_map(|(place, draft)| Some((place, draft.camera.as_ref()?.addresses.clone())))
        .map(|(place, addresses)| async move {
            let trial = server.cameras.probe(streams(addresses, Transport::Auto), false);
            (place, timeout_at(end, trial).await)
        })
        .collect();
    let mut outcomes = futures::stream::iter(trials).buffer_unordered(TRIED_AT_ONCE);
    while let Some((place, outcome)) = outcomes.next().await {
        let problem = match outcome {
            Ok(Ok(_)) => continue,
            Ok(Err((stream, failure))) => failed(stream, failure),
            Err(_) => untried(),
        };
        if let Some(draft) = drafts.get_mut(place) {
            draft.problems.push(problem);
        }
    }
}

fn failed(stream: StreamKind, failure: ConnectFailure) -> RowProblem {
    let column = match stream {
        StreamKind::Main => Column::Main,
        StreamKind::Sub => Column::Sub,
    };
    RowProblem { field: column.field(), message: failure.message, remedy: failure.remedy }
}

fn untried() -> RowProblem {
    RowProblem {
        field: Column::Main.field(),
        message: Sentence::new("Chưa kịp thử camera này", "there was no time left to try this camera"),
        remedy: Sentence::new(
            "Gửi lại bảng: camera đã thêm sẽ được bỏ qua. Hoặc thêm mà không thử.",
            "Send the table again: cameras that were added are passed over. Or add it without trying.",
        ),
    }
}

fn unadded(problem: &Problem) -> RowProblem {
    let body = problem.body();
    RowProblem {
        field: Column::Name.field(),
        message: Sentence::new("Không thêm được camera này", body.detail),
        remedy: Sentence::new("Gửi lại bảng sau ít phút.", body.remedy.unwrap_or_default()),
    }
}

async fn add(server: &Server, caller: &Caller, wanted: Wanted) -> Answer<CameraId> {
    let id = CameraId::generate();
    let new = NewCamera {
        id,
        name: wanted.name,
        place_id: wanted.place_id,
        point: wanted.point,
        bearing: wanted.bearing,
        main_url: wanted.addresses.main,
        sub_url: wanted.addresses.sub,
        transport: Transport::Auto,
        sealed_credentials: seal(server, id, wanted.addresses.credentials.as_ref())?,
        enabled: true,
        analysed: true,
        keep_days: wanted.keep_days,
        keep_bytes: None,
    };
    let camera = server.index.create_camera(new).await?;
    account(server, caller, "camera.create", &camera, serde_json::json!(camera)).await;
    server.cameras.configuration_changed(id).await;
    Ok(id)
}

/// In which form.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Form {
    /// `csv`, which Excel opens.
    #[serde(default)]
    #[param(inline)]
    format: TemplateFormat,
}

/// The forms of the template.
#[derive(Clone, Copy, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
enum TemplateFormat {
    /// Text with commas, in UTF-8.
    #[default]
    Csv,
}

/// A table to fill in
///
/// The headings, and one row as an example, which is refused for its place until it is replaced.
#[utoipa::path(get, path = "/cameras/import/template", operation_id = "readImportTemplate", tag = "cameras",
    params(Form), responses((status = 200, body = String, content_type = "text/csv")))]
async fn template(Query(form): Query<Form>) -> Response {
    let TemplateFormat::Csv = form.format;
    let headings = Column::ALL.map(Column::heading).join(",");
    let example = "Ví dụ: Cổng chợ,Xã … / Thôn …,rtsp://192.168.1.20:554/stream1,rtsp://192.168.1.20:554/stream2,admin,,\
        16.4637,107.5909,90,30";
    // The mark makes Excel read UTF-8.
    let text = format!("\u{feff}{headings}\r\n{example}\r\n");
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8")),
        (header::CONTENT_DISPOSITION, media::attachment("camera.csv", "Danh sách camera.csv")),
    ];
    (headers, text).into_response()
}
