//! Messages in words, Vietnamese and English, as plain text and as HTML.

use chrono_tz::Tz;
use domain::{Language, MessageKind, Sentence, Timestamp, Warning};

use crate::Message;

/// Warnings that a digest spells out.
const SPELT_OUT: usize = 10;
/// Longest name that is repeated in full.
const LONGEST_NAME: usize = 200;

/// In which language and by which clock people are written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Words {
    /// The language.
    pub language: Language,
    /// The clock.
    pub zone: Tz,
}

impl Words {
    /// What it is about, on one line.
    #[must_use]
    pub fn title(self, message: &Message) -> String {
        let Some(first) = message.warnings.first() else {
            return self.say("Tin thử từ Taimat", "Test message from Taimat").to_owned();
        };
        let (severity, rule) = (self.language.severity(first.severity), clean(&first.rule));
        match message.kind {
            MessageKind::Digest => {
                let count = message.warnings.len();
                format!("{count} {}", self.say("sự kiện cần xem", "flagged events"))
            }
            MessageKind::Escalated => {
                format!("{} – {severity}: {rule}", self.say("Chuyển cấp trên", "Escalated"))
            }
            MessageKind::Resolved => format!("{}: {rule}", self.say("Đã xử lý", "Resolved")),
            MessageKind::Reopened => format!("{}: {rule}", self.say("Mở lại", "Reopened")),
            MessageKind::New | MessageKind::Test => format!("{severity}: {rule}"),
        }
    }

    /// What it says, line by line, without the title. Every line is text without control characters.
    #[must_use]
    pub fn lines(self, message: &Message) -> Vec<String> {
        let mut lines = match message.warnings.as_slice() {
            [] => vec![
                self.say(
                    "Kênh này hoạt động tốt. Cảnh báo sẽ được gửi đến đây.",
                    "This channel works. Warnings will arrive here.",
                )
                .to_owned(),
            ],
            [one] => self.one(one),
            several => self.several(several),
        };
        if let Some(link) = &message.link {
            lines.push(format!("{}: {link}", self.say("Xem chi tiết", "Details")));
        }
        lines
    }

    /// Title and lines as plain text of at most so many UTF-16 units, as phones count.
    #[must_use]
    pub fn text(self, message: &Message, longest: usize) -> String {
        let mut text = self.title(message);
        for line in self.lines(message) {
            text.push('\n');
            text.push_str(&line);
        }
        shortened(&text, longest)
    }

    fn one(self, warning: &Warning) -> Vec<String> {
        let mut lines = vec![self.why(&warning.why)];
        if !warning.places.is_empty() {
            let places: Vec<String> = warning.places.iter().map(|name| clean(name)).collect();
            lines.push(format!("{}: {}", self.say("Địa bàn", "Place"), places.join(" › ")));
        }
        if let Some(camera) = &warning.camera {
            lines.push(format!("Camera: {}", clean(camera)));
        }
        lines.push(format!("{}: {}", self.say("Lúc", "Time"), self.time(warning.at)));
        lines
    }

    fn several(self, warnings: &[Warning]) -> Vec<String> {
        let line = |warning: &Warning| {
            let at = warning.at.to_datetime().with_timezone(&self.zone).format("%H:%M %d/%m");
            let place = warning.camera.as_ref().or(warning.places.last()).map(|name| clean(name));
            let place = place.map(|place| format!("{place}: ")).unwrap_or_default();
            format!(
                "• {at} – {} – {place}{}",
                self.language.severity(warning.severity),
                self.why(&warning.why)
            )
        };
        let mut lines: Vec<String> = warnings.iter().take(SPELT_OUT).map(line).collect();
        let more = warnings.len().saturating_sub(SPELT_OUT);
        if more > 0 {
            lines.push(self.language.say(format!("… và {more} sự kiện khác"), format!("… and {more} more")));
        }
        lines
    }

    fn time(self, at: Timestamp) -> String {
        let local = at.to_datetime().with_timezone(&self.zone);
        local.format(self.say("%H:%M:%S ngày %d/%m/%Y", "%H:%M:%S on %-d %B %Y")).to_string()
    }

    fn why(self, why: &Sentence) -> String {
        shortened(&tidy(self.language.sentence(why)), 1000)
    }

    fn say(self, vi: &'static str, en: &'static str) -> &'static str {
        self.language.say(vi, en)
    }
}

/// A name on one line, of bounded length.
pub(crate) fn clean(name: &str) -> String {
    shortened(&tidy(name), LONGEST_NAME)
}

/// Without what is not shown but changes what is: control characters, and those that turn the direction of writing.
fn tidy(text: &str) -> String {
    let hidden = |letter: &char| {
        letter.is_control()
            || matches!(letter, '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    };
    text.chars().filter(|letter| !hidden(letter)).collect()
}

/// At most so many UTF-16 units, with an ellipsis where something is left out.
pub(crate) fn shortened(text: &str, longest: usize) -> String {
    if text.encode_utf16().count() <= longest {
        return text.to_owned();
    }
    let mut length = 1;
    let fits = |letter: &char| {
        length += letter.len_utf16();
        length <= longest
    };
    let mut short: String = text.chars().take_while(fits).collect();
    short.push('…');
    short
}

/// Text as HTML text, also inside of a quoted attribute. Telegram knows these entities as well.
pub(crate) fn html(text: &str) -> String {
    let mut html = String::with_capacity(text.len() + 16);
    domain::language::push_html(&mut html, text);
    html
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{PlaceId, ReviewItemId, Severity};
    use proptest::prelude::*;

    fn warning(rule: &str) -> Warning {
        Warning {
            item_id: ReviewItemId::generate(),
            place_id: PlaceId::generate(),
            places: vec!["Xã Bình An".to_owned(), "Tổ 5".to_owned()],
            camera_id: None,
            camera: Some("Cổng chợ".to_owned()),
            rule: rule.to_owned(),
            severity: Severity::Alarm,
            at: "2026-11-24T07:03:10Z".parse().unwrap(),
            why: Sentence {
                vi: "Một người xuất hiện.".to_owned(), en: "A person appeared.".to_owned()
            },
        }
    }

    fn message(kind: MessageKind, warnings: Vec<Warning>) -> Message {
        let sent_at = Timestamp::default();
        Message { key: "k".to_owned(), kind, warnings, sent_at, link: None, picture: None, open: Vec::new() }
    }

    fn words(language: Language) -> Words {
        Words { language, zone: Tz::Asia__Ho_Chi_Minh }
    }

    #[test]
    fn a_warning_says_what_where_and_when_by_the_clock_of_the_place() {
        let new = message(MessageKind::New, vec![warning("Người trong sân trường")]);
        assert_eq!(
            words(Language::Vi).text(&new, 2000),
            "Báo động: Người trong sân trường\nMột người xuất hiện.\nĐịa bàn: Xã Bình An › Tổ 5\nCamera: Cổng chợ\n\
             Lúc: 14:03:10 ngày 24/11/2026"
        );
        assert_eq!(
            words(Language::En).text(&new, 2000),
            "Alarm: Người trong sân trường\nA person appeared.\nPlace: Xã Bình An › Tổ 5\nCamera: Cổng chợ\n\
             Time: 14:03:10 on 24 November 2026"
        );
        let escalated = message(MessageKind::Escalated, vec![warning("Q")]);
        assert_eq!(words(Language::Vi).title(&escalated), "Chuyển cấp trên – Báo động: Q");
        assert!(words(Language::Vi).text(&message(MessageKind::Test, vec![]), 2000).starts_with("Tin thử"));
    }

    #[test]
    fn a_digest_spells_out_some_and_counts_the_rest() {
        let many = message(MessageKind::Digest, vec![warning("Q"); 12]);
        let text = words(Language::Vi).text(&many, 4000);
        assert!(
            text.starts_with("12 sự kiện cần xem\n• 14:03 24/11 – Báo động – Cổng chợ: Một người"),
            "{text}"
        );
        assert!(text.ends_with("… và 2 sự kiện khác"), "{text}");
    }

    proptest! {
        #[test]
        fn hostile_names_stay_on_their_line_and_markup_stays_text(name: String, longest in 10usize..500) {
            let new = message(MessageKind::New, vec![warning(&name)]);
            let title = words(Language::Vi).title(&new);
            prop_assert!(!title.chars().any(char::is_control));
            prop_assert!(words(Language::Vi).text(&new, longest).encode_utf16().count() <= longest);
            let escaped = html(&title);
            prop_assert!(!escaped.contains(['<', '>', '"', '\'']));
            let back = escaped.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"");
            prop_assert_eq!(back.replace("&#39;", "'").replace("&amp;", "&"), title);
        }
    }
}
