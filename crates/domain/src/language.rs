//! The two languages, and words that are said in both.

use serde::{Deserialize, Serialize};

use crate::sentence::{en_time, vi_time};
use crate::{GapReason, ReviewState, Sentence, Severity};

/// In which language people are written to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Language {
    /// Vietnamese.
    #[default]
    Vi,
    /// English.
    En,
}

impl Language {
    /// The one of the two that is in this language.
    #[must_use]
    pub fn say<T>(self, vi: T, en: T) -> T {
        match self {
            Self::Vi => vi,
            Self::En => en,
        }
    }

    /// Its code, ISO 639-1.
    #[must_use]
    pub fn code(self) -> &'static str {
        self.say("vi", "en")
    }

    /// A severity.
    #[must_use]
    pub fn severity(self, severity: Severity) -> &'static str {
        match severity {
            Severity::Notice => self.say("Lưu ý", "Notice"),
            Severity::Alert => self.say("Cảnh báo", "Alert"),
            Severity::Alarm => self.say("Báo động", "Alarm"),
        }
    }

    /// How far a review item has come.
    #[must_use]
    pub fn state(self, state: ReviewState) -> &'static str {
        match state {
            ReviewState::New => self.say("Chưa xem", "New"),
            ReviewState::Taken => self.say("Đang xử lý", "Taken"),
            ReviewState::Confirmed => self.say("Đã xác nhận", "Confirmed"),
            ReviewState::Dismissed => self.say("Đã bỏ qua", "Dismissed"),
            ReviewState::Escalated => self.say("Đã chuyển cấp trên", "Escalated"),
            ReviewState::Closed => self.say("Đã kết thúc", "Closed"),
        }
    }

    /// Why footage is missing.
    #[must_use]
    pub fn gap(self, reason: GapReason) -> &'static str {
        match reason {
            GapReason::CameraOffline => self.say("mất kết nối", "camera offline"),
            GapReason::Disabled => self.say("đã tắt", "switched off"),
            GapReason::ServerStopped => self.say("máy chủ ngừng chạy", "server stopped"),
            GapReason::StreamDamaged => self.say("luồng hình bị lỗi", "stream damaged"),
            GapReason::DiskFull => self.say("đầy ổ đĩa", "disk full"),
            GapReason::DiskFailed => self.say("ổ đĩa bị lỗi", "disk failed"),
            GapReason::DiskSlow => self.say("ổ đĩa quá chậm", "disk too slow"),
            GapReason::Overload => self.say("máy quá tải", "overload"),
            GapReason::WorkerDied => self.say("bộ phân tích bị dừng", "analysis stopped"),
            GapReason::DecodeFailed => self.say("không giải mã được hình", "could not be decoded"),
        }
    }

    /// A span of time in seconds: to the second below two minutes, to the minute below two hours.
    #[must_use]
    pub fn span(self, seconds: f32) -> String {
        self.say(vi_time(seconds), en_time(seconds))
    }

    /// A sentence.
    #[must_use]
    pub fn sentence(self, sentence: &Sentence) -> &str {
        self.say(&sentence.vi, &sentence.en)
    }
}

/// Adds text to HTML as text, also inside of a quoted attribute.
pub fn push_html(html: &mut String, text: &str) {
    for letter in text.chars() {
        match letter {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            other => html.push(other),
        }
    }
}
