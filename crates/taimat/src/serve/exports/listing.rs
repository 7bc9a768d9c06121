//! The list of what an export holds: for programs as JSON, for people as a page in Vietnamese and English.

use domain::language::push_html;
use domain::{
    Case, CaseExport, CaseItemId, CaseItemKind, CaseState, EventId, ObjectClass, Sentence, StreamKind,
    TimeRange, Timestamp, at_home,
};
use recorder::clip::ClipPlan;
use serde::Serialize;

use super::archive::Packed;
use super::contents::Content;

const STYLE: &str = "\
body{font:11pt/1.4 sans-serif;max-width:260mm;margin:8mm auto;color:#000;background:#fff}h1{font-size:16pt;margin:0}\
table{border-collapse:collapse;width:100%;margin-top:5mm}th,td{border:1px solid #777;padding:1mm 2mm;text-align:left;\
vertical-align:top}th{background:#eee}tr{break-inside:avoid}p{margin:1mm 0;white-space:pre-wrap}\
code{font-size:8pt;word-break:break-all}img,video{max-width:80mm;display:block}.missing{color:#a00}\
@page{size:A4 landscape;margin:12mm}";

/// A moment: for people, and for programs.
#[derive(Serialize)]
struct Moment {
    /// By the clock in Asia/Ho_Chi_Minh.
    local: String,
    utc: Timestamp,
}

impl From<Timestamp> for Moment {
    fn from(utc: Timestamp) -> Self {
        Self { local: at_home(utc).format("%Y-%m-%d %H:%M:%S%.3f %:z").to_string(), utc }
    }
}

/// All that an export holds.
#[derive(Serialize)]
pub(super) struct Listing<'a> {
    /// What made it.
    program: &'static str,
    time_zone: &'static str,
    case_id: domain::CaseId,
    title: &'a str,
    note: Option<&'a str>,
    state: CaseState,
    place: &'a str,
    begun_by: &'a str,
    begun_at: Moment,
    exported_by: &'a str,
    exported_at: Moment,
    items: Vec<Entry>,
}

/// One item.
#[derive(Serialize)]
pub(super) struct Entry {
    number: usize,
    id: CaseItemId,
    kind: &'static str,
    camera: Option<String>,
    camera_id: Option<domain::CameraId>,
    stream: Option<StreamKind>,
    from: Option<Moment>,
    to: Option<Moment>,
    event: Option<SeenEvent>,
    text: Option<String>,
    note: Option<String>,
    added_by: String,
    added_at: Moment,
    files: Vec<Filed>,
    /// Stretches of the clip without pictures.
    gaps: Vec<Span>,
    missing: Vec<Sentence>,
}

/// What an event was.
#[derive(Serialize)]
struct SeenEvent {
    id: EventId,
    class: ObjectClass,
    score: f32,
    first_seen: Moment,
    last_seen: Moment,
}

/// A file, and the time of its first picture.
#[derive(Serialize)]
struct Filed {
    #[serde(flatten)]
    packed: Packed,
    starts_at: Moment,
    seconds: Option<f64>,
}

#[derive(Serialize)]
struct Span {
    from: Moment,
    to: Moment,
}

impl Entry {
    pub(super) fn new(number: usize, content: &Content) -> Self {
        let item = &content.item;
        let (kind, shown, text) = match &item.kind {
            CaseItemKind::Clip { .. } => ("clip", item.footage.as_ref().map(|footage| footage.range), None),
            CaseItemKind::Event { .. } => ("event", item.footage.as_ref().map(|footage| footage.range), None),
            CaseItemKind::Picture { at, .. } => ("picture", Some(TimeRange { from: *at, to: *at }), None),
            CaseItemKind::Note { text } => ("note", None, Some(text.clone())),
        };
        let footage = item.footage.as_ref();
        let event = content.event.as_ref().map(|(event, _)| SeenEvent {
            id: event.id,
            class: event.class,
            score: event.score,
            first_seen: event.first_seen.into(),
            last_seen: event.last_seen.into(),
        });
        Self {
            number,
            id: item.id,
            kind,
            camera: footage.map(|footage| footage.camera_name.clone()),
            camera_id: footage.map(|footage| footage.camera_id),
            stream: footage.map(|footage| footage.stream),
            from: shown.map(|range| range.from.into()),
            to: shown.map(|range| range.to.into()),
            event,
            text,
            note: item.note.clone(),
            added_by: item.added_by_name.clone(),
            added_at: item.added_at.into(),
            files: Vec::new(),
            gaps: Vec::new(),
            missing: content.missing.clone(),
        }
    }

    /// What it is, for a file's name.
    pub(super) fn kind(&self) -> &'static str {
        self.kind
    }

    pub(super) fn clip(&mut self, plan: &ClipPlan, packed: Packed) {
        let seconds = Some(plan.duration.as_secs_f64());
        self.files.push(Filed { packed, starts_at: plan.start.into(), seconds });
        self.gaps = plan.gaps.iter().map(|gap| Span { from: gap.from.into(), to: gap.to.into() }).collect();
    }

    pub(super) fn picture(&mut self, time: Timestamp, packed: Packed) {
        self.files.push(Filed { packed, starts_at: time.into(), seconds: None });
    }

    pub(super) fn missing(&mut self, why: Sentence) {
        self.missing.push(why);
    }
}

impl<'a> Listing<'a> {
    pub(super) fn new(
        case: &'a Case,
        place: &'a str,
        export: &'a CaseExport,
        made: Timestamp,
        items: Vec<Entry>,
    ) -> Self {
        Self {
            program: concat!("taimat ", env!("CARGO_PKG_VERSION")),
            time_zone: "Asia/Ho_Chi_Minh",
            case_id: case.id,
            title: &case.spec.title,
            note: case.spec.note.as_deref(),
            state: case.spec.state,
            place,
            begun_by: &case.created_by_name,
            begun_at: case.created_at.into(),
            exported_by: &export.requested_by_name,
            exported_at: made.into(),
            items,
        }
    }

    pub(super) fn json(&self) -> std::io::Result<String> {
        Ok(serde_json::to_string_pretty(self)?)
    }

    /// The page: what is written here is markup, all else is text.
    pub(super) fn html(&self) -> String {
        let mut page =
            Page("<!DOCTYPE html><html lang=\"vi\"><head><meta charset=\"utf-8\"><title>".to_owned());
        page.text(self.title).raw("</title><style>").raw(STYLE).raw("</style></head><body><h1>");
        page.text(self.title).raw("</h1>");
        page.line("Hồ sơ vụ việc / Case", &self.case_id.to_string());
        page.line("Địa bàn / Place", self.place);
        if let Some(note) = self.note {
            page.line("Ghi chú / Note", note);
        }
        page.line("Người lập / Begun by", &format!("{}, {}", self.begun_by, self.begun_at.local));
        page.line("Người xuất / Exported by", &format!("{}, {}", self.exported_by, self.exported_at.local));
        page.line("Múi giờ / Time zone", self.time_zone);
        page.raw("<table><thead><tr><th>#</th><th>Loại / Kind</th><th>Camera</th><th>Thời gian / Time</th>");
        page.raw("<th>Nội dung / Content</th><th>Tệp / File, SHA-256</th></tr></thead><tbody>");
        for item in &self.items {
            page.item(item);
        }
        page.raw("</tbody></table></body></html>");
        page.0
    }
}

/// A page that grows.
struct Page(String);

impl Page {
    fn raw(&mut self, markup: &'static str) -> &mut Self {
        self.0.push_str(markup);
        self
    }

    fn text(&mut self, text: &str) -> &mut Self {
        push_html(&mut self.0, text);
        self
    }

    fn line(&mut self, name: &str, text: &str) {
        self.raw("<p><b>").text(name).raw(":</b> ").text(text).raw("</p>");
    }

    fn moment(&mut self, moment: &Moment) {
        self.text(&moment.local).raw("<br><small>").text(&moment.utc.to_string()).raw("</small>");
    }

    fn item(&mut self, item: &Entry) {
        self.raw("<tr><td>").text(&item.number.to_string()).raw("</td><td>").text(match item.kind {
            "clip" => "Đoạn hình / Clip",
            "event" => "Sự kiện / Event",
            "picture" => "Ảnh / Picture",
            _ => "Ghi chú / Note",
        });
        self.raw("</td><td>").text(item.camera.as_deref().unwrap_or_default()).raw("</td><td>");
        if let Some(from) = &item.from {
            self.moment(from);
        }
        if let Some(to) = item.to.as_ref().filter(|_| item.kind != "picture") {
            self.raw("<br>–<br>").moment(to);
        }
        self.raw("</td><td>");
        for text in [&item.text, &item.note].into_iter().flatten() {
            self.raw("<p>").text(text).raw("</p>");
        }
        if let Some(seen) = &item.event {
            self.raw("<p>").text(&format!("{} ({:.2})", seen.class.as_str(), seen.score)).raw("</p>");
        }
        for gap in &item.gaps {
            let span = format!("Thiếu hình / Missing: {} – {}", gap.from.local, gap.to.local);
            self.raw("<p class=\"missing\">").text(&span).raw("</p>");
        }
        for why in &item.missing {
            self.raw("<p class=\"missing\">").text(&why.vi).raw("<br>").text(&why.en).raw("</p>");
        }
        self.raw("</td><td>");
        for file in &item.files {
            let Packed { name, sha256, .. } = &file.packed;
            self.raw("<p><a href=\"").text(name).raw("\">").text(name).raw("</a><br><code>").text(sha256);
            self.raw("</code></p>");
            if file.seconds.is_none() {
                self.raw("<img alt=\"\" src=\"").text(name).raw("\">");
            }
        }
        self.raw("</td></tr>");
    }
}
