//! What is counted, for each stream of each camera.

use domain::{CameraId, FailureKind, StreamKind};
use metrics::{Counter, Gauge, counter, gauge};

/// The counters of one stream.
pub(crate) struct Meters {
    camera: String,
    stream: &'static str,
    pub(crate) video_frames: Counter,
    pub(crate) audio_frames: Counter,
    pub(crate) video_bytes: Counter,
    pub(crate) audio_bytes: Counter,
    /// Pictures dropped because none before them could be decoded.
    pub(crate) dropped: Counter,
    pub(crate) damaged: Counter,
    pub(crate) connects: Counter,
    pub(crate) reconnects: Counter,
    pub(crate) jumps: Counter,
    pub(crate) online: Gauge,
    pub(crate) clock_offset: Gauge,
}

impl Meters {
    pub(crate) fn new(camera: CameraId, stream: StreamKind) -> Self {
        let stream = stream.as_str();
        let id = camera.to_string();
        let labels = || [("camera", id.clone()), ("stream", stream.to_owned())];
        let media = |media: &str| {
            [("camera", id.clone()), ("stream", stream.to_owned()), ("media", media.to_owned())]
        };
        Self {
            video_frames: counter!("taimat_camera_frames_total", &media("video")),
            audio_frames: counter!("taimat_camera_frames_total", &media("audio")),
            video_bytes: counter!("taimat_camera_bytes_total", &media("video")),
            audio_bytes: counter!("taimat_camera_bytes_total", &media("audio")),
            dropped: counter!("taimat_camera_undecodable_frames_total", &labels()),
            damaged: counter!("taimat_camera_damaged_total", &labels()),
            connects: counter!("taimat_camera_connects_total", &labels()),
            reconnects: counter!("taimat_camera_reconnects_total", &labels()),
            jumps: counter!("taimat_camera_time_jumps_total", &labels()),
            online: gauge!("taimat_camera_online", &labels()),
            clock_offset: gauge!("taimat_camera_clock_offset_seconds", &labels()),
            camera: id,
            stream,
        }
    }

    pub(crate) fn failed(&self, kind: FailureKind) {
        self.online.set(0.0);
        // The same words as in the API.
        let kind = match kind {
            FailureKind::HostNotFound => "host_not_found",
            FailureKind::Refused => "refused",
            FailureKind::TimedOut => "timed_out",
            FailureKind::WrongPassword => "wrong_password",
            FailureKind::NoSuchPath => "no_such_path",
            FailureKind::NotRtsp => "not_rtsp",
            FailureKind::NoVideo => "no_video",
            FailureKind::UnsupportedCodec => "unsupported_codec",
            FailureKind::TransportRefused => "transport_refused",
            FailureKind::NoKeyFrame => "no_key_frame",
            FailureKind::BadParameters => "bad_parameters",
            FailureKind::Stalled => "stalled",
            FailureKind::Closed => "closed",
            FailureKind::Protocol => "protocol",
        };
        counter!(
            "taimat_camera_failures_total",
            "camera" => self.camera.clone(), "stream" => self.stream, "kind" => kind
        )
        .increment(1);
    }
}
