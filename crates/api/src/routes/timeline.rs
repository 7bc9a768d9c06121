//! What happened at a camera in a period.

use std::time::Duration;

use axum::extract::State;
use domain::{
    Action, ActivityMinute, Camera, CameraId, Event, EventId, Gap, ObjectClass, StreamKind, TimeRange,
    Timestamp,
};
use index::{EventQuery, Visibility};
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::Server;
use crate::audit::Deed;
use crate::auth::caller::Caller;
use crate::auth::rights::{At, Right, Target, guarded};
use crate::extract::Query;
use crate::footage;
use crate::problem::{Answer, Problem};
use crate::search::closed_range;

/// The longest period of a timeline.
const LONGEST: Duration = Duration::from_hours(24 * 62);
/// The most events of a timeline: the newest.
const MOST_EVENTS: u32 = 1_000;
/// The most bars of activity, so that a month is as light as an hour.
const MOST_BARS: u64 = 1_440;
const MINUTE: u64 = 60;

pub(super) fn routes() -> OpenApiRouter<Server> {
    OpenApiRouter::default().routes(guarded(Right::At(Action::Review, At::Camera), routes!(timeline)))
}

/// Which period.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Period {
    /// Its first moment.
    #[param(value_type = String, format = DateTime)]
    from: Timestamp,
    /// The first moment after it; at most 62 days later.
    #[param(value_type = String, format = DateTime)]
    to: Timestamp,
    /// Only this stream's recording; both if not given.
    stream: Option<StreamKind>,
}

/// What happened at a camera in a period.
#[derive(Serialize, utoipa::ToSchema)]
struct Timeline {
    /// Which camera.
    camera_id: CameraId,
    /// First moment.
    from: Timestamp,
    /// First moment after it.
    to: Timestamp,
    /// What is recorded, by stream.
    recordings: Vec<Recording>,
    /// What is missing, and why.
    gaps: Vec<Gap>,
    /// What was seen, newest first.
    events: Vec<EventInShort>,
    /// Whether there are more events than these: ask for a shorter period.
    events_truncated: bool,
    /// How much moved.
    activity: Activity,
}

/// What is recorded of a stream.
#[derive(Serialize, utoipa::ToSchema)]
struct Recording {
    /// Which stream.
    stream: StreamKind,
    /// Unbroken stretches, cut to the period.
    ranges: Vec<Stretch>,
}

/// An unbroken stretch.
#[derive(Serialize, utoipa::ToSchema)]
struct Stretch {
    /// First moment.
    from: Timestamp,
    /// First moment after it.
    to: Timestamp,
    /// Bytes of the segments in which it lies.
    bytes: u64,
}

/// An event in short.
#[derive(Serialize, utoipa::ToSchema)]
struct EventInShort {
    /// Identifier.
    id: EventId,
    /// What it is.
    class: ObjectClass,
    /// How sure, 0 to 1.
    score: f32,
    /// First seen.
    first_seen: Timestamp,
    /// Last seen.
    last_seen: Timestamp,
    /// Whether it stood still the whole time.
    stationary: bool,
    /// Whether it is still followed.
    ongoing: bool,
}

impl From<Event> for EventInShort {
    fn from(event: Event) -> Self {
        let Event { id, class, score, first_seen, last_seen, stationary, ongoing, .. } = event;
        Self { id, class, score, first_seen, last_seen, stationary, ongoing }
    }
}

/// How much moved, in bars of equal length. Bars in which nothing moved are left out.
#[derive(Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
struct Activity {
    /// Length of a bar in seconds: whole minutes.
    bar_seconds: u64,
    /// The bars, in order of time.
    bars: Vec<Bar>,
}

/// How much moved in one bar.
#[derive(Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
struct Bar {
    /// When the bar begins.
    from: Timestamp,
    /// The highest score in it, 1 to 255.
    peak: u8,
}

/// What happened at a camera in a period
#[utoipa::path(get, path = "/cameras/{camera_id}/timeline", operation_id = "readTimeline", tag = "recordings",
    params(("camera_id" = CameraId, Path), Period), responses((status = 200, body = Timeline)))]
async fn timeline(
    State(server): State<Server>,
    caller: Caller,
    Target(camera): Target<Camera>,
    Query(period): Query<Period>,
) -> Answer<axum::Json<Timeline>> {
    let range = closed_range(period.from, period.to)?;
    if range.duration() > LONGEST {
        return Err(Problem::field("to", "a timeline spans at most 62 days", "Ask for a shorter period."));
    }
    let deed = Deed {
        action: "timeline.view",
        target: format!("camera/{}", camera.id),
        place: Some(camera.place_id),
        detail: serde_json::json!(range),
    };
    server.audit.look(&caller, deed).await?;
    let mut recordings = Vec::new();
    for stream in StreamKind::ALL {
        if period.stream.is_none_or(|only| only == stream) {
            recordings.push(recording(&server, &camera, stream, range).await?);
        }
    }
    let seen = EventQuery {
        range: Some(range),
        cameras: vec![camera.id],
        // The right at the camera's place was checked; its events may have happened where it stood before.
        visible: Visibility::All,
        limit: MOST_EVENTS,
        ..EventQuery::default()
    };
    let (gaps, page, minutes) = tokio::try_join!(
        server.index.gaps_in(camera.id, range),
        server.index.search_events(&seen),
        server.index.activity_in(camera.id, range),
    )?;
    Ok(axum::Json(Timeline {
        camera_id: camera.id,
        from: range.from,
        to: range.to,
        recordings,
        gaps: gaps.into_iter().filter(|gap| period.stream.is_none_or(|only| only == gap.stream)).collect(),
        events: page.events.into_iter().map(|record| record.event.into()).collect(),
        events_truncated: page.next.is_some(),
        activity: activity(range, &minutes),
    }))
}

async fn recording(
    server: &Server,
    camera: &Camera,
    stream: StreamKind,
    range: TimeRange,
) -> Answer<Recording> {
    let stretches = footage::ranges(server, camera.id, stream, range).await?;
    let ranges = stretches.into_iter().filter_map(|stretch| {
        let TimeRange { from, to } = stretch.range.intersection(range)?;
        Some(Stretch { from, to, bytes: stretch.bytes })
    });
    Ok(Recording { stream, ranges: ranges.collect() })
}

/// The highest score of each bar.
fn activity(range: TimeRange, minutes: &[ActivityMinute]) -> Activity {
    let bar_seconds = range.duration().as_secs().div_ceil(MOST_BARS).div_ceil(MINUTE).max(1) * MINUTE;
    let length = (bar_seconds * 1_000_000).cast_signed();
    let mut bars: Vec<Bar> = Vec::new();
    for minute in minutes {
        for (millis, score) in &minute.scores {
            let at = minute.minute.plus_micros(i64::from(*millis) * 1_000);
            if *score == 0 || !range.contains(at) {
                continue;
            }
            let from = Timestamp::from_micros(at.as_micros() - at.as_micros().rem_euclid(length));
            match bars.last_mut() {
                Some(bar) if bar.from == from => bar.peak = bar.peak.max(*score),
                _ => bars.push(Bar { from, peak: *score }),
            }
        }
    }
    Activity { bar_seconds, bars }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn activity_is_the_peak_of_each_bar_within_the_period() {
        let at = |seconds: i64| Timestamp::from_micros(seconds * 1_000_000);
        let camera_id = CameraId::generate();
        let minute = |start, scores: &[(u16, u8)]| ActivityMinute {
            camera_id,
            minute: at(start),
            scores: scores.to_vec(),
        };
        let minutes = [
            minute(0, &[(0, 9), (30_000, 200)]),
            minute(60, &[(0, 0)]),
            minute(120, &[(5_000, 3), (10_000, 7)]),
        ];
        let hour = TimeRange::new(at(20), at(3_600)).unwrap();
        let bars = vec![Bar { from: at(0), peak: 200 }, Bar { from: at(120), peak: 7 }];
        assert_eq!(activity(hour, &minutes), Activity { bar_seconds: 60, bars });
        let month = TimeRange::new(at(0), at(30 * 86_400)).unwrap();
        let bars = vec![Bar { from: at(0), peak: 200 }];
        assert_eq!(activity(month, &minutes), Activity { bar_seconds: 1_800, bars });
    }
}
