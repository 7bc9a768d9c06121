//! What a watcher is shown, as messages.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::Message;
use domain::{AccessUnit, CameraId, FailureKind, StreamKind, Timestamp, VideoCodec, VideoParameters};
use recorder::live::{BoxError, Fragmenter, init};
use serde::Serialize;

use crate::ports::LiveVideo;

/// Time that goes back by more than pictures are reordered is another time: what follows begins anew.
const BACKWARDS: Duration = Duration::from_secs(1);

/// A text message to a watcher. All others are bytes: an init segment after `start`, fragments after that.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum Telling {
    /// An init segment follows, then fragments. Comes first, and again where the picture changed or the camera came
    /// back. Where `time` is another than before, media times begin anew.
    Start {
        /// How the video is compressed.
        codec: VideoCodec,
        /// The type for a source buffer.
        #[schema(example = "video/mp4; codecs=\"avc1.640028\"")]
        mime: String,
        /// Width of the picture in pixels.
        width: u32,
        /// Height of the picture in pixels.
        height: u32,
        /// Whether the server made this of a stream that is compressed otherwise.
        transcoded: bool,
        /// When media time is zero: a picture was seen at this plus its time.
        time: Timestamp,
    },
    /// The camera is away. `start` comes when it is back.
    Offline {
        /// Since when.
        since: Timestamp,
        /// Why; null where it is switched off or was not tried yet.
        trouble: Option<Trouble>,
    },
    /// Pictures were left out since the watcher is too slow: after a hole, a key frame follows.
    Skipped,
}

/// Why a camera is away.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Trouble {
    /// The kind; the camera's state says more.
    kind: FailureKind,
}

/// One watcher's showing.
pub(super) struct Show {
    camera: CameraId,
    stream: StreamKind,
    /// As told last; `None` where it must be told again.
    told: Option<Arc<VideoParameters>>,
    fragmenter: Option<Fragmenter>,
    latest: Timestamp,
    /// Nothing can be decoded before the next key frame.
    waiting: bool,
}

impl Show {
    pub(super) fn new(camera: CameraId, stream: StreamKind) -> Self {
        Self { camera, stream, told: None, fragmenter: None, latest: Timestamp::default(), waiting: true }
    }

    /// What to send for what came. `transcoded`: whether the server made it.
    pub(super) fn next(&mut self, video: LiveVideo, transcoded: bool) -> Result<Vec<Message>, BoxError> {
        match video {
            LiveVideo::Picture(unit) => self.picture(&unit, transcoded),
            LiveVideo::Skipped => {
                let mut messages = self.interrupted()?;
                messages.extend(text(&Telling::Skipped));
                Ok(messages)
            }
            LiveVideo::Offline { since, trouble } => {
                let mut messages = self.interrupted()?;
                self.told = None;
                messages
                    .extend(text(&Telling::Offline { since, trouble: trouble.map(|kind| Trouble { kind }) }));
                Ok(messages)
            }
        }
    }

    fn picture(&mut self, unit: &AccessUnit, transcoded: bool) -> Result<Vec<Message>, BoxError> {
        let changed = self.told.as_ref().is_none_or(|told| *told != unit.parameters);
        // Pictures are reordered within a group, never across its key frame.
        let earlier =
            if unit.random_access { unit.time <= self.latest } else { unit.time + BACKWARDS < self.latest };
        let back = self.fragmenter.is_some() && earlier;
        let mut messages = Vec::new();
        if changed || back {
            messages = self.interrupted()?;
        }
        if self.waiting && !unit.random_access {
            return Ok(messages);
        }
        self.waiting = false;
        if back {
            self.fragmenter = None;
        }
        let fragmenter = self.fragmenter.get_or_insert_with(|| Fragmenter::new(unit.time));
        if changed || back {
            let video = &unit.parameters;
            messages.extend(text(&Telling::Start {
                codec: video.codec,
                mime: format!("video/mp4; codecs=\"{}\"", video.rfc6381),
                width: video.width,
                height: video.height,
                transcoded,
                time: fragmenter.start(),
            }));
            messages.push(Message::Binary(init(self.camera, self.stream, fragmenter.start(), video)?));
            self.told = Some(Arc::clone(video));
            self.latest = unit.time;
        }
        self.latest = self.latest.max(unit.time);
        messages.extend(fragmenter.push(unit)?.map(Message::Binary));
        Ok(messages)
    }

    /// Nothing follows on what came before: sends what is left of it.
    fn interrupted(&mut self) -> Result<Vec<Message>, BoxError> {
        self.waiting = true;
        let rest = self.fragmenter.as_mut().map(Fragmenter::flush).transpose()?.flatten();
        Ok(rest.map(Message::Binary).into_iter().collect())
    }
}

fn text(telling: &Telling) -> Option<Message> {
    // Plain data: it cannot fail.
    serde_json::to_string(telling).ok().map(|text| Message::Text(text.into()))
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use serde_json::Value;

    use super::*;

    fn parameters(width: u32) -> Arc<VideoParameters> {
        Arc::new(VideoParameters {
            codec: VideoCodec::H265,
            width,
            height: 64,
            rfc6381: "hvc1.1.6.L93.B0".to_owned(),
            decoder_configuration: Bytes::from_static(&[1, 2, 3]),
        })
    }

    fn picture(parameters: &Arc<VideoParameters>, seconds: i64, random_access: bool) -> LiveVideo {
        LiveVideo::Picture(AccessUnit {
            time: Timestamp::from_micros(seconds * 1_000_000),
            random_access,
            data: Bytes::from_static(&[0, 0, 0, 1, 9]),
            parameters: Arc::clone(parameters),
        })
    }

    /// Texts by their type and time; bytes by their first box.
    fn shown(show: &mut Show, video: LiveVideo) -> Vec<String> {
        let messages = show.next(video, false).unwrap();
        let name = |message| match message {
            Message::Text(text) => {
                let value: Value = serde_json::from_str(text.as_str()).unwrap();
                let time = value.get("time").and_then(Value::as_str).unwrap_or_default();
                format!("{} {time}", value["type"].as_str().unwrap()).trim().to_owned()
            }
            Message::Binary(bytes) => String::from_utf8_lossy(&bytes[4..8]).into_owned(),
            other => format!("{other:?}"),
        };
        messages.into_iter().map(name).collect()
    }

    #[test]
    fn a_showing_starts_anew_where_the_picture_changes_or_the_camera_was_away() {
        let mut show = Show::new(CameraId::generate(), StreamKind::Main);
        let (small, large) = (parameters(64), parameters(128));
        let nothing: [&str; 0] = [];
        assert_eq!(shown(&mut show, picture(&small, 9, false)), nothing, "no key frame yet");
        let start = "start 1970-01-01T00:00:10.000000Z";
        assert_eq!(shown(&mut show, picture(&small, 10, true)), [start, "ftyp"]);
        assert_eq!(shown(&mut show, picture(&small, 11, false)), ["moof"]);
        assert_eq!(shown(&mut show, picture(&large, 12, true)), ["moof", start, "ftyp"]);
        let away = LiveVideo::Offline { since: Timestamp::default(), trouble: Some(FailureKind::Closed) };
        assert_eq!(shown(&mut show, away), ["moof", "offline"]);
        assert_eq!(shown(&mut show, picture(&large, 99, true)), [start, "ftyp"]);
        assert_eq!(shown(&mut show, LiveVideo::Skipped), ["moof", "skipped"]);
        assert_eq!(shown(&mut show, picture(&large, 101, false)), nothing);
        assert_eq!(shown(&mut show, picture(&large, 102, true)), nothing);
        assert_eq!(shown(&mut show, picture(&large, 103, false)), ["moof"]);
        // Time went back: media times begin anew, at a key frame.
        assert_eq!(shown(&mut show, picture(&large, 50, false)), ["moof"]);
        assert_eq!(
            shown(&mut show, picture(&large, 51, true)),
            ["start 1970-01-01T00:00:51.000000Z", "ftyp"]
        );
    }

    #[test]
    fn a_key_frame_that_is_not_later_begins_another_time() {
        let mut show = Show::new(CameraId::generate(), StreamKind::Main);
        let video = parameters(64);
        let start = "start 1970-01-01T00:00:10.000000Z";
        assert_eq!(shown(&mut show, picture(&video, 10, true)), [start, "ftyp"]);
        assert_eq!(shown(&mut show, picture(&video, 10, true)), ["moof", start, "ftyp"]);
        assert_eq!(shown(&mut show, picture(&video, 11, true)), ["moof"]);
    }

    #[test]
    fn what_is_told_has_the_documented_shape() {
        let telling = Telling::Start {
            codec: VideoCodec::H264,
            mime: "video/mp4; codecs=\"avc1.640028\"".to_owned(),
            width: 1920,
            height: 1080,
            transcoded: false,
            time: Timestamp::from_micros(0),
        };
        assert_eq!(
            serde_json::to_value(telling).unwrap(),
            serde_json::json!({"type": "start", "codec": "h264", "mime": "video/mp4; codecs=\"avc1.640028\"",
                "width": 1920, "height": 1080, "transcoded": false, "time": "1970-01-01T00:00:00.000000Z"})
        );
        let since = Timestamp::from_micros(0);
        let trouble = Some(Trouble { kind: FailureKind::Refused });
        assert_eq!(
            serde_json::to_value(Telling::Offline { since, trouble }).unwrap(),
            serde_json::json!({"type": "offline", "since": "1970-01-01T00:00:00.000000Z", "trouble": {"kind": "refused"}})
        );
        assert_eq!(serde_json::to_value(Telling::Skipped).unwrap(), serde_json::json!({"type": "skipped"}));
    }
}
