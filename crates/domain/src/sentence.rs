//! Why a rule fired, in a sentence that a person can read.

use crate::{Condition, Measured, ObjectClass, Rule, Sentence};

impl Sentence {
    /// What happened and which limit it met. Hostile names stay text: nothing here is markup.
    #[must_use]
    pub fn of(rule: &Rule, measured: &Measured) -> Self {
        let (vi, en) = names(measured.class);
        let zone = rule.spec.condition.zone().map(|zone| zone.name.as_str());
        let at = |before: &str| zone.map(|zone| format!("{before} “{zone}”")).unwrap_or_default();
        let seconds = measured.seconds.unwrap_or(0.0);
        let (vi, en) = match &rule.spec.condition {
            Condition::Appears {} => (format!("{vi} xuất hiện"), format!("{en} appeared")),
            Condition::Enters { .. } => {
                (format!("{vi} đi vào vùng{}", at("")), format!("{en} entered the zone{}", at("")))
            }
            Condition::Leaves { .. } => {
                (format!("{vi} rời khỏi vùng{}", at("")), format!("{en} left the zone{}", at("")))
            }
            Condition::Stays { seconds: limit, .. } => (
                format!(
                    "{vi} ở trong vùng{} {} (quy định: quá {})",
                    at(""),
                    vi_time(seconds),
                    vi_time(*limit)
                ),
                format!(
                    "{en} stayed in the zone{} for {} (limit: {})",
                    at(""),
                    en_time(seconds),
                    en_time(*limit)
                ),
            ),
            Condition::Crosses { line, .. } => {
                let (vi_side, en_side) = match measured.to_right {
                    Some(true) => (" từ trái sang phải", " from left to right"),
                    Some(false) => (" từ phải sang trái", " from right to left"),
                    None => ("", ""),
                };
                (
                    format!("{vi} đi qua vạch “{}”{vi_side}", line.name),
                    format!("{en} crossed the line “{}”{en_side}", line.name),
                )
            }
            Condition::MoreThan { count: limit, .. } => {
                let count = measured.count.unwrap_or(0);
                let (vi, en) = many(&rule.spec.classes);
                (
                    format!("{count} {vi} cùng lúc{} (quy định: không quá {limit})", at(" trong vùng")),
                    format!("{count} {en} at once{} (limit: {limit})", at(" in the zone")),
                )
            }
            Condition::Stops { seconds: limit, .. } => (
                format!(
                    "{vi} dừng{} {} (quy định: quá {})",
                    at(" trong vùng"),
                    vi_time(seconds),
                    vi_time(*limit)
                ),
                format!(
                    "{en} stood still{} for {} (limit: {})",
                    at(" in the zone"),
                    en_time(seconds),
                    en_time(*limit)
                ),
            ),
            Condition::Speed { kmh: limit, .. } => {
                let kmh = measured.kmh.unwrap_or(0.0);
                (
                    format!("{vi} chạy {kmh:.0} km/h (quy định: không quá {limit:.0} km/h)"),
                    format!("{en} went {kmh:.0} km/h (limit: {limit:.0} km/h)"),
                )
            }
            Condition::ActivityWithoutObject { seconds: limit }
            | Condition::Frozen { seconds: limit }
            | Condition::Covered { seconds: limit }
            | Condition::StorageBehind { seconds: limit }
            | Condition::CameraOffline { seconds: limit } => lasted(&rule.spec.condition, (seconds, *limit)),
            Condition::ClockWrong { seconds: limit } => (
                format!("Đồng hồ của camera lệch {} (quy định: quá {})", vi_time(seconds), vi_time(*limit)),
                format!("The camera's clock is off by {} (limit: {})", en_time(seconds), en_time(*limit)),
            ),
            Condition::WrongWay { .. } => (
                format!("{vi} đi ngược chiều{}", at(" trong vùng")),
                format!("{en} went the wrong way{}", at(" in the zone")),
            ),
            Condition::BellPressed { bell, household, test } => pressed(bell, household, *test),
            Condition::BellBatteryLow { bell, percent } => (
                format!("Chuông cảnh báo “{bell}” sắp hết pin (còn {percent} %)"),
                format!("The battery of the alarm bell “{bell}” is low ({percent} % left)"),
            ),
            Condition::BellSilent { bell, seconds: limit } => silent(bell, seconds, *limit),
            Condition::ReportReceived { sender, text } => {
                (format!("{sender} báo tin: {text}"), format!("{sender} reports: {text}"))
            }
        };
        Self { vi: vi + ".", en: en + "." }
    }
}

/// What lasted for longer than it may.
fn lasted(condition: &Condition, (seconds, limit): (f32, f32)) -> (String, String) {
    let (vi, en) = match condition {
        Condition::ActivityWithoutObject { .. } => (
            "Có chuyển động nhưng không nhận ra người hay xe, kéo dài",
            "Something that was not recognised moved",
        ),
        Condition::Frozen { .. } => ("Hình ảnh camera bị đứng", "The camera's picture has been frozen"),
        Condition::Covered { .. } => {
            ("Camera bị che hoặc bị xoay", "The camera has been covered or turned away")
        }
        Condition::StorageBehind { .. } => {
            ("Ổ đĩa gần đầy hoặc ghi không kịp", "The disk has been nearly full or too slow")
        }
        _ => ("Camera mất kết nối", "The camera has been offline"),
    };
    (
        format!("{vi} {} (quy định: quá {})", vi_time(seconds), vi_time(limit)),
        format!("{en} for {} (limit: {})", en_time(seconds), en_time(limit)),
    )
}

fn pressed(bell: &str, household: &str, test: bool) -> (String, String) {
    let (vi, en) = if test { ("bấm thử", "tried") } else { ("bấm", "pressed") };
    (
        format!("{household} {vi} chuông cảnh báo “{bell}”"),
        format!("{household} {en} the alarm bell “{bell}”"),
    )
}

fn silent(bell: &str, seconds: f32, limit: f32) -> (String, String) {
    let (vi, vi_limit) = (vi_time(seconds), vi_time(limit));
    let (en, en_limit) = (en_time(seconds), en_time(limit));
    (
        format!(
            "Không nhận được tín hiệu của chuông cảnh báo “{bell}” trong {vi} (quy định: quá {vi_limit})"
        ),
        format!("Nothing was heard of the alarm bell “{bell}” for {en} (limit: {en_limit})"),
    )
}

/// One object, at the beginning of a sentence.
fn names(class: Option<ObjectClass>) -> (&'static str, &'static str) {
    match class {
        Some(ObjectClass::Person) => ("Một người", "A person"),
        Some(ObjectClass::Bicycle) => ("Một xe đạp", "A bicycle"),
        Some(ObjectClass::Motorcycle) => ("Một xe máy", "A motorcycle"),
        Some(ObjectClass::Car) => ("Một ô tô", "A car"),
        Some(ObjectClass::Bus) => ("Một xe buýt", "A bus"),
        Some(ObjectClass::Truck) => ("Một xe tải", "A truck"),
        None => ("Một đối tượng", "An object"),
    }
}

/// Several of the classes that a rule holds for.
fn many(classes: &[ObjectClass]) -> (&'static str, &'static str) {
    match classes {
        [ObjectClass::Person] => ("người", "people"),
        [ObjectClass::Bicycle] => ("xe đạp", "bicycles"),
        [ObjectClass::Motorcycle] => ("xe máy", "motorcycles"),
        [ObjectClass::Car] => ("ô tô", "cars"),
        [ObjectClass::Bus] => ("xe buýt", "buses"),
        [ObjectClass::Truck] => ("xe tải", "trucks"),
        [] => ("đối tượng", "objects"),
        several if several.contains(&ObjectClass::Person) => ("đối tượng", "objects"),
        _ => ("xe", "vehicles"),
    }
}

/// A span of time in Vietnamese.
#[must_use]
pub(crate) fn vi_time(seconds: f32) -> String {
    time(seconds, "giây", "phút", "giờ")
}

/// A span of time in English.
#[must_use]
pub(crate) fn en_time(seconds: f32) -> String {
    time(seconds, "s", "min", "h")
}

/// To the second below two minutes, to the minute below two hours.
fn time(seconds: f32, second: &str, minute: &str, hour: &str) -> String {
    let whole = seconds.max(0.0).round() as u64;
    match whole {
        0..120 => format!("{whole} {second}"),
        120..7200 => match (whole / 60, whole % 60) {
            (minutes, 0) => format!("{minutes} {minute}"),
            (minutes, rest) => format!("{minutes} {minute} {rest} {second}"),
        },
        _ => format!("{} {hour} {} {minute}", whole / 3600, whole % 3600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{PlaceId, RuleId, RuleSpec, Timestamp};

    fn rule(condition: &str) -> Rule {
        let text = format!(
            r#"{{"name": "Q", "severity": "alert", "classes": ["person"], "condition": {condition}}}"#
        );
        let spec: RuleSpec = serde_json::from_str(&text).unwrap();
        Rule {
            id: RuleId::generate(),
            place_id: PlaceId::generate(),
            spec,
            created_at: Timestamp::default(),
            version: 1,
        }
    }

    #[test]
    fn a_sentence_says_what_where_and_the_limit() {
        let zone = r#"{"name": "Cổng trường", "corners": [[0, 0], [1, 0], [1, 1]]}"#;
        let stays = rule(&format!(r#"{{"type": "stays", "zone": {zone}, "seconds": 150}}"#));
        let measured =
            Measured { class: Some(ObjectClass::Person), seconds: Some(161.2), ..Measured::default() };
        let sentence = Sentence::of(&stays, &measured);
        assert_eq!(
            sentence.vi,
            "Một người ở trong vùng “Cổng trường” 2 phút 41 giây (quy định: quá 2 phút 30 giây)."
        );
        assert_eq!(
            sentence.en,
            "A person stayed in the zone “Cổng trường” for 2 min 41 s (limit: 2 min 30 s)."
        );
        let crowd = rule(r#"{"type": "more_than", "count": 5}"#);
        let sentence = Sentence::of(&crowd, &Measured { count: Some(7), ..Measured::default() });
        assert_eq!(sentence.vi, "7 người cùng lúc (quy định: không quá 5).");
        assert_eq!(sentence.en, "7 people at once (limit: 5).");
        let ground = r#"{"corners": [[0, 1], [1, 1], [1, 0], [0, 0]], "width": 6, "length": 40}"#;
        let speed = rule(&format!(r#"{{"type": "speed", "kmh": 40, "ground": {ground}}}"#));
        let measured =
            Measured { class: Some(ObjectClass::Motorcycle), kmh: Some(62.4), ..Measured::default() };
        assert_eq!(
            Sentence::of(&speed, &measured).vi,
            "Một xe máy chạy 62 km/h (quy định: không quá 40 km/h)."
        );
        let covered = rule(r#"{"type": "covered", "seconds": 60}"#);
        let measured = Measured { seconds: Some(75.0), ..Measured::default() };
        assert_eq!(
            Sentence::of(&covered, &measured).vi,
            "Camera bị che hoặc bị xoay 75 giây (quy định: quá 60 giây)."
        );
        assert_eq!(
            Sentence::of(&covered, &measured).en,
            "The camera has been covered or turned away for 75 s (limit: 60 s)."
        );
        let line = rule(r#"{"type": "crosses", "line": {"name": "Cổng", "from": [0, 0.5], "to": [1, 0.5]}}"#);
        let measured =
            Measured { class: Some(ObjectClass::Truck), to_right: Some(true), ..Measured::default() };
        assert_eq!(Sentence::of(&line, &measured).vi, "Một xe tải đi qua vạch “Cổng” từ trái sang phải.");
    }
}
