//! The report of a shift as a page to print: one document, no script, every text escaped.

use std::fmt::Display;

use domain::language::push_html;
use domain::{CameCount, Language, Missing, ReviewState, Severity, ShiftReport, Timestamp, Waited, at_home};

use crate::routes::OfflineCamera;

const STYLE: &str = "\
body{font:11pt/1.4 sans-serif;max-width:190mm;margin:10mm auto;color:#000}\
h1{font-size:16pt;text-align:center;margin:0 0 4mm}h2{font-size:12pt;margin:6mm 0 2mm}\
table{border-collapse:collapse;width:100%}th,td{border:1px solid #777;padding:1mm 2mm;text-align:left;vertical-align:top}\
th{background:#eee}tr{break-inside:avoid}td.n{text-align:right}p{margin:1mm 0;white-space:pre-wrap}\
.sign{display:flex;justify-content:space-around;margin-top:12mm;text-align:center;break-inside:avoid}\
.sign div{min-height:30mm}@page{size:A4;margin:12mm}@media print{body{margin:0}}";

/// A document that grows. What is not written in the program is text.
struct Page(String);

impl Page {
    /// Markup: only what is written here, in the program.
    fn raw(&mut self, markup: &'static str) -> &mut Self {
        self.0.push_str(markup);
        self
    }

    /// Text, wherever it came from.
    fn text(&mut self, text: impl Display) -> &mut Self {
        push_html(&mut self.0, &text.to_string());
        self
    }

    fn heading(&mut self, text: &str) {
        self.raw("<h2>").text(text).raw("</h2>");
    }

    fn line(&mut self, name: &str, text: impl Display) {
        self.raw("<p><b>").text(name).raw(":</b> ").text(text).raw("</p>");
    }

    fn row(&mut self, cells: &[String]) {
        self.raw("<tr>");
        for cell in cells {
            self.raw("<td>").text(cell).raw("</td>");
        }
        self.raw("</tr>");
    }

    fn table(&mut self, head: &[&str], rows: impl Iterator<Item = Vec<String>>) {
        self.raw("<table><thead><tr>");
        for cell in head {
            self.raw("<th>").text(cell).raw("</th>");
        }
        self.raw("</tr></thead><tbody>");
        for row in rows {
            self.row(&row);
        }
        self.raw("</tbody></table>");
    }
}

/// By the clock on the wall.
fn clock(time: Timestamp) -> String {
    at_home(time).format("%H:%M %d/%m/%Y").to_string()
}

/// The page. `nonce` lets its style in, see the policy that is sent with it.
pub(crate) fn page(
    report: &ShiftReport,
    offline: &[OfflineCamera],
    language: Language,
    nonce: &str,
) -> String {
    let say = |vi, en| language.say(vi, en);
    let title = say("Báo cáo bàn giao ca trực", "Shift hand-over report");
    let mut page = Page("<!DOCTYPE html>".to_owned());
    page.raw("<html lang=\"").text(say("vi", "en")).raw("\"><head><meta charset=\"utf-8\">");
    page.raw("<meta name=\"viewport\" content=\"width=device-width\"><title>").text(title).raw(" – ");
    page.text(&report.place_name).raw("</title><style nonce=\"").text(nonce).raw("\">").raw(STYLE);
    page.raw("</style></head><body><h1>").text(title).raw("</h1>");
    head(&mut page, report, language);
    came(&mut page, report, language);
    open(&mut page, report, language);
    escalated(&mut page, report, language);
    cameras(&mut page, report, offline, language);
    page.raw("<div class=\"sign\"><div>").text(say("Người giao ca", "Handed over by"));
    page.raw("</div><div>").text(say("Người nhận ca", "Taken over by")).raw("</div></div></body></html>");
    page.0
}

fn head(page: &mut Page, report: &ShiftReport, language: Language) {
    let say = |vi, en| language.say(vi, en);
    page.line(say("Địa bàn", "Place"), &report.place_name);
    page.line(say("Trực ban", "On duty"), &report.shift.username);
    let ends = if report.shift.to.is_some() {
        clock(report.until)
    } else {
        format!("{} ({})", clock(report.until), say("ca trực chưa kết thúc", "the shift goes on"))
    };
    page.line(say("Thời gian", "Time"), format!("{} – {ends}", clock(report.shift.from)));
    if !report.others.is_empty() {
        let names: Vec<_> = report.others.iter().map(|other| other.username.as_str()).collect();
        page.line(say("Trực cùng địa bàn", "Also on duty there"), names.join(", "));
    }
    if let Some(note) = &report.shift.note {
        page.line(say("Nội dung bàn giao", "Handed over"), note);
    }
}

fn came(page: &mut Page, report: &ShiftReport, language: Language) {
    let say = |vi, en| language.say(vi, en);
    page.heading(say("Sự kiện cần xem trong ca", "Flagged in the shift"));
    if report.came.is_empty() {
        page.raw("<p>").text(say("Không có sự kiện nào.", "Nothing was flagged.")).raw("</p>");
    } else {
        let mut head = vec![say("Mức độ", "Severity")];
        head.extend(ReviewState::ALL.iter().map(|state| language.state(*state)));
        head.push(say("Tổng", "All"));
        let row = |severity: Severity| {
            let of = |one: &&CameCount| one.severity == severity;
            let count = |state: ReviewState| -> u64 {
                report.came.iter().filter(of).filter(|one| one.state == state).map(|one| one.count).sum()
            };
            let all: u64 = report.came.iter().filter(of).map(|one| one.count).sum();
            let mut row = vec![language.severity(severity).to_owned()];
            row.extend(ReviewState::ALL.iter().map(|state| count(*state).to_string()));
            row.push(all.to_string());
            row
        };
        page.table(&head, Severity::ALL.iter().rev().map(|severity| row(*severity)));
    }
    for (name, waited) in [
        (say("Thời gian chờ tiếp nhận", "Time until taken on"), &report.until_taken),
        (say("Thời gian chờ quyết định", "Time until decided"), &report.until_decided),
    ] {
        page.line(name, answered(waited, language));
    }
}

fn answered(waited: &Waited, language: Language) -> String {
    let (Some(median), Some(p90)) = (waited.median_seconds, waited.p90_seconds) else {
        return language.say("chưa có sự kiện nào", "none yet").to_owned();
    };
    let (median, p90, count) = (language.span(median as f32), language.span(p90 as f32), waited.count);
    match language {
        Language::Vi => format!("một nửa trong vòng {median}, 90% trong vòng {p90} ({count} sự kiện)"),
        Language::En => format!("half within {median}, 90 % within {p90} ({count} items)"),
    }
}

fn open(page: &mut Page, report: &ShiftReport, language: Language) {
    let say = |vi, en| language.say(vi, en);
    page.heading(say("Sự kiện chưa xử lý xong", "Still open"));
    if report.open.is_empty() {
        page.raw("<p>").text(say("Không còn sự kiện nào.", "Nothing is open.")).raw("</p>");
        return;
    }
    let head = [
        say("Lúc", "At"),
        say("Mức độ", "Severity"),
        say("Quy tắc", "Rule"),
        say("Nội dung", "What happened"),
        say("Trạng thái hiện nay", "State now"),
    ];
    let rows = report.open.iter().map(|item| {
        let why = language.sentence(&item.why).to_owned();
        let state = language.state(item.state);
        let state = match &item.officer {
            Some(officer) => format!("{state} ({})", officer.username),
            None => state.to_owned(),
        };
        let severity = language.severity(item.severity).to_owned();
        vec![clock(item.first_at), severity, item.rule_name.clone(), why, state]
    });
    page.table(&head, rows);
    let left = report.open_count.saturating_sub(report.open.len() as u64);
    if left > 0 {
        let more = language.say(format!("Và {left} sự kiện khác."), format!("And {left} more."));
        page.raw("<p>").text(more).raw("</p>");
    }
}

fn escalated(page: &mut Page, report: &ShiftReport, language: Language) {
    let say = |vi, en| language.say(vi, en);
    if report.escalated.is_empty() {
        return;
    }
    page.heading(say("Đã chuyển cấp trên trong ca", "Escalated in the shift"));
    let head = [
        say("Lúc", "At"),
        say("Người chuyển", "By"),
        say("Quy tắc", "Rule"),
        say("Nội dung", "What happened"),
        say("Ghi chú", "Note"),
    ];
    let rows = report.escalated.iter().map(|one| {
        let why = language.sentence(&one.item.why).to_owned();
        let note = one.note.clone().unwrap_or_default();
        vec![clock(one.at), one.username.clone(), one.item.rule_name.clone(), why, note]
    });
    page.table(&head, rows);
}

fn cameras(page: &mut Page, report: &ShiftReport, offline: &[OfflineCamera], language: Language) {
    let say = |vi, en| language.say(vi, en);
    page.heading(say("Tình trạng camera", "Cameras"));
    if report.cameras.is_empty() {
        page.raw("<p>").text(say("Địa bàn không có camera.", "The place has no camera.")).raw("</p>");
        return;
    }
    let head = [
        say("Camera", "Camera"),
        say("Hiện nay", "Now"),
        say("Thiếu ghi hình trong ca", "Not recorded in the shift"),
        say("Thiếu phân tích trong ca", "Not analysed in the shift"),
    ];
    let rows = report.cameras.iter().map(|camera| {
        let away = offline.iter().find(|away| away.camera_id == camera.camera_id);
        let since = |since: Timestamp| format!("{} {}", say("từ", "since"), clock(since));
        let now = match (away, camera.missing_since) {
            (Some(away), _) => format!("{} {}", say("mất kết nối", "offline"), since(away.since)),
            (None, Some(missing)) => {
                let why = camera.missing_because.map(|why| format!(": {}", language.gap(why)));
                let what = say("không ghi hình", "not recorded");
                format!("{what} {}{}", since(missing), why.unwrap_or_default())
            }
            (None, None) => say("bình thường", "well").to_owned(),
        };
        let (recording, analysis) = (&camera.recording, &camera.analysis);
        vec![camera.name.clone(), now, missing(recording, language), missing(analysis, language)]
    });
    page.table(&head, rows);
}

fn missing(missing: &Missing, language: Language) -> String {
    if missing.gaps == 0 {
        return "–".to_owned();
    }
    let (longest, total) =
        (language.span(missing.longest_seconds as f32), language.span(missing.total_seconds as f32));
    match language {
        Language::Vi => format!("{} lần, tổng cộng {total}, lâu nhất {longest}", missing.gaps),
        Language::En => format!("{} times, {total} in all, {longest} at most", missing.gaps),
    }
}
