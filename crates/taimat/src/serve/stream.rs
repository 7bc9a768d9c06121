//! One stream of one camera: from the RTSP session to the recorder first, then to those who watch and to analysis.
//!
//! The recorder is awaited: what cannot be recorded is the recorder's to account for. Watchers and analysis are only
//! offered the frame: where analysis does not keep up, it is told what it missed and catches up from the recording.

use std::sync::Arc;

use camera::{StreamConfig, StreamEvent};
use domain::{
    AccessUnit, CameraId, Clock, Gap, GapKind, GapReason, MediaFrame, StreamKind, Timestamp, VideoParameters,
};
use index::Record;
use recorder::StreamRecorder;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::board::Board;
use super::meter::Meter;
use super::rows::Rows;
use super::tap::Tap;

/// Frames that may wait between the session and the recorder: a few seconds of one stream.
const SESSION_QUEUE: usize = 64;

/// Why a camera that was stopped alone recorded nothing.
pub(crate) const SWITCHED_OFF: &str = "the camera was switched off or its settings were changed";

/// What analysis is told about its stream.
#[derive(Debug)]
pub(crate) enum Offered {
    /// A picture.
    Unit(AccessUnit),
    /// Pictures from `from` on, before `to`, were not offered: analysis did not keep up.
    Missed {
        /// Time of the first picture that was left out.
        from: Timestamp,
        /// Time of the next one that is offered.
        to: Timestamp,
    },
    /// The stream went away: nothing follows on what came before.
    Interrupted,
}

/// What a stream needs of its surroundings.
pub(crate) struct Stream<C> {
    /// What to pull.
    pub(crate) config: StreamConfig,
    /// Where it goes first.
    pub(crate) recorder: StreamRecorder,
    /// Where it goes then, if this is the stream that is analysed.
    pub(crate) analysis: Option<mpsc::Sender<Offered>>,
    /// Where people watch it.
    pub(crate) tap: Arc<Tap>,
    /// Where its state is shown.
    pub(crate) board: Arc<Board>,
    /// The time.
    pub(crate) clock: Arc<C>,
    /// Where the recording of this stream ended before, and why it did.
    pub(crate) resumed: Option<Resumed>,
    /// Where rows go.
    pub(crate) rows: Rows,
    /// Cancelled when the whole server stops, not this camera alone.
    pub(crate) server_stop: CancellationToken,
}

/// The end of an earlier recording: what lies between it and the first frame is a gap.
pub(crate) struct Resumed {
    /// End of the newest segment.
    pub(crate) from: Timestamp,
    /// Why nothing was recorded since.
    pub(crate) reason: GapReason,
    /// The same for a person.
    pub(crate) detail: &'static str,
}

impl<C: Clock> Stream<C> {
    /// Pulls, records and offers for analysis until cancelled. The segment is closed on leaving.
    pub(crate) async fn run(mut self, shutdown: CancellationToken) {
        let (events, mut session) = mpsc::channel(SESSION_QUEUE);
        let (camera_id, kind) = (self.config.camera_id, self.config.stream);
        let pull = camera::run(self.config.clone(), Arc::clone(&self.clock), events, shutdown);
        let handle = async {
            if let Some(Resumed { from, reason, detail }) = self.resumed.take() {
                self.recorder.interrupt(from, reason, detail.to_owned()).await;
            }
            let mut offer = Offer::new(self.analysis.take());
            let mut watch = Watch::new(camera_id, kind, Arc::clone(&self.board));
            let mut damage = None;
            while let Some(event) = session.recv().await {
                self.handle(event, &mut offer, &mut watch, &mut damage).await;
            }
            self.tap.away(self.clock.now(), None);
            if !self.server_stop.is_cancelled() {
                // The gap is seen while it lasts; the next start of the camera ends it.
                let now = self.clock.now();
                self.recorder.interrupt(now, GapReason::Disabled, SWITCHED_OFF.to_owned()).await;
            }
            self.recorder.finish().await;
        };
        tokio::join!(pull, handle);
    }

    async fn handle(
        &mut self,
        event: StreamEvent,
        offer: &mut Offer,
        watch: &mut Watch,
        damage: &mut Option<Damage>,
    ) {
        match event {
            StreamEvent::Connected { transport, video, audio, audio_dropped, .. } => {
                self.recorder.announce_audio(audio);
                watch.connected(transport, &video, audio_dropped);
            }
            StreamEvent::Frame(frame) => {
                let unit = match &frame {
                    MediaFrame::Video(unit) => Some(unit.clone()),
                    MediaFrame::Audio(_) => None,
                };
                self.recorder.write(frame).await;
                if let Some(unit) = unit {
                    self.tap.picture(&unit);
                    if let Some(damage) = damage.take() {
                        self.rows.send(Record::Gap(damage.gap(watch, unit.time))).await;
                    }
                    watch.frame(&unit, self.clock.now(), &self.recorder);
                    offer.unit(unit);
                }
            }
            StreamEvent::Clock { offset } => {
                watch.update(|state| state.clock_offset = Some(offset));
            }
            StreamEvent::Damaged { at, detail } => {
                tracing::warn!(camera = %watch.camera, stream = %watch.stream, %at, detail, "stream damaged");
                damage.get_or_insert(Damage { from: at, detail });
            }
            StreamEvent::Disconnected { at, failure } => {
                tracing::warn!(
                    camera = %watch.camera, stream = %watch.stream, kind = ?failure.kind,
                    "camera is away: {failure}"
                );
                // The gap that begins here holds what was damaged before.
                let from = damage.take().map_or(at, |damage| damage.from.min(at));
                self.recorder.interrupt(from, GapReason::CameraOffline, failure.message.clone()).await;
                offer.interrupted();
                self.tap.away(at, Some(failure.kind));
                watch.disconnected(at, failure, &self.recorder);
            }
        }
    }
}

/// Pictures were lost on the way: nothing is recorded until the next key frame.
struct Damage {
    from: Timestamp,
    detail: String,
}

impl Damage {
    fn gap(self, watch: &Watch, to: Timestamp) -> Gap {
        Gap {
            camera_id: watch.camera,
            stream: watch.stream,
            kind: GapKind::Recording,
            from: self.from,
            to: Some(to.max(self.from)),
            reason: GapReason::StreamDamaged,
            detail: self.detail,
            caught_up_at: None,
        }
    }
}

/// Offers pictures to analysis without ever waiting for it.
struct Offer {
    to: Option<mpsc::Sender<Offered>>,
    missed_from: Option<Timestamp>,
}

impl Offer {
    fn new(to: Option<mpsc::Sender<Offered>>) -> Self {
        Self { to, missed_from: None }
    }

    fn unit(&mut self, unit: AccessUnit) {
        let Some(to) = &self.to else { return };
        let time = unit.time;
        if let Some(from) = self.missed_from {
            // Only a key frame can follow a hole, and only once there is room for it and for the news.
            if !unit.random_access
                || to.capacity() < 2
                || to.try_send(Offered::Missed { from, to: time }).is_err()
            {
                return;
            }
            self.missed_from = None;
        }
        if to.try_send(Offered::Unit(unit)).is_err() {
            self.missed_from = Some(time);
        }
    }

    fn interrupted(&mut self) {
        if let Some(to) = &self.to
            && to.try_send(Offered::Interrupted).is_err()
        {
            // The hole that is already open says the same once the stream is back.
            tracing::debug!("analysis is too far behind to hear of the interruption");
        }
    }
}

/// Keeps the board true for one stream.
struct Watch {
    camera: CameraId,
    stream: StreamKind,
    board: Arc<Board>,
    meter: Meter,
    sessions: u64,
    parameters: Option<Arc<VideoParameters>>,
    online: bool,
}

impl Watch {
    fn new(camera: CameraId, stream: StreamKind, board: Arc<Board>) -> Self {
        Self { camera, stream, board, meter: Meter::default(), sessions: 0, parameters: None, online: false }
    }

    fn update(&self, change: impl FnOnce(&mut domain::StreamState)) {
        self.board.update(self.camera, self.stream, change);
    }

    fn connected(
        &mut self,
        transport: domain::Transport,
        video: &Arc<VideoParameters>,
        audio_dropped: Option<String>,
    ) {
        tracing::info!(
            camera = %self.camera, stream = %self.stream, transport = transport.as_str(),
            codec = video.rfc6381, width = video.width, height = video.height, "connected"
        );
        self.sessions += 1;
        let reconnects = self.sessions - 1;
        self.update(|state| {
            state.transport = Some(transport);
            state.audio_dropped = audio_dropped;
            state.reconnects = reconnects;
        });
    }

    fn frame(&mut self, unit: &AccessUnit, now: Timestamp, recorder: &StreamRecorder) {
        self.meter.push(unit.time, unit.data.len());
        let counters = recorder.counters();
        let came_online = !std::mem::replace(&mut self.online, true);
        let changed = !self.parameters.as_ref().is_some_and(|known| Arc::ptr_eq(known, &unit.parameters));
        if changed {
            self.parameters = Some(Arc::clone(&unit.parameters));
        }
        let rates = if unit.random_access { self.meter.rates() } else { None };
        self.update(|state| {
            if came_online {
                state.online = true;
                state.since = now;
                state.trouble = None;
            }
            if changed {
                state.codec = Some(unit.parameters.codec);
                state.width = Some(unit.parameters.width);
                state.height = Some(unit.parameters.height);
            }
            if let Some((frames, bits)) = rates {
                state.frame_rate = Some(frames);
                state.bit_rate = Some(bits);
            }
            state.frames_received += 1;
            state.frames_recorded = counters.recorded_frames;
            state.frames_lost = counters.lost_frames;
        });
    }

    fn disconnected(&mut self, at: Timestamp, failure: domain::ConnectFailure, recorder: &StreamRecorder) {
        let counters = recorder.counters();
        self.meter.clear();
        let was_online = std::mem::replace(&mut self.online, false);
        self.update(|state| {
            if was_online {
                state.online = false;
                state.since = at;
            }
            state.trouble = Some(failure);
            state.frames_recorded = counters.recorded_frames;
            state.frames_lost = counters.lost_frames;
            state.frame_rate = None;
            state.bit_rate = None;
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use domain::VideoCodec;

    fn unit(micros: i64, random_access: bool) -> AccessUnit {
        let parameters = VideoParameters {
            codec: VideoCodec::H264,
            width: 64,
            height: 64,
            rfc6381: String::new(),
            decoder_configuration: Bytes::new(),
        };
        AccessUnit {
            time: Timestamp::from_micros(micros),
            random_access,
            data: Bytes::from_static(b"x"),
            parameters: Arc::new(parameters),
        }
    }

    #[test]
    fn analysis_that_falls_behind_resumes_at_a_key_frame_and_is_told_what_it_missed() {
        let (to, mut from) = mpsc::channel(3);
        let mut offer = Offer::new(Some(to));
        for micros in 0..5 {
            offer.unit(unit(micros, micros == 0));
        }
        for expected in 0..3 {
            assert!(matches!(from.try_recv(), Ok(Offered::Unit(unit)) if unit.time.as_micros() == expected));
        }
        offer.unit(unit(5, false));
        assert!(from.try_recv().is_err(), "nothing can be decoded before the next key frame");
        offer.unit(unit(6, true));
        assert!(matches!(
            from.try_recv(),
            Ok(Offered::Missed { from, to }) if (from.as_micros(), to.as_micros()) == (3, 6)
        ));
        assert!(matches!(from.try_recv(), Ok(Offered::Unit(_))));
    }
}
