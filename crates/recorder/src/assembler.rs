//! Frames of one stream to fragments of segments: where to cut, and what is missing. No I/O, no waiting.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use domain::{
    AccessUnit, AudioFrame, AudioParameters, CameraId, GapReason, MediaFrame, StreamKind, Timestamp,
    VideoParameters,
};

use crate::RecorderConfig;
use crate::counters::SharedCounters;
use crate::fragment::{Building, Chain, Prepared};
use crate::mp4::{AAC_FRAME, Header};

/// What a stream and the writer know of each other.
#[derive(Debug)]
pub(crate) struct StreamShared {
    /// Tells one [`StreamRecorder`](crate::StreamRecorder) from every other.
    pub(crate) id: u64,
    pub(crate) camera_id: CameraId,
    pub(crate) stream: StreamKind,
    pub(crate) folder: String,
    pub(crate) counters: SharedCounters,
    /// Set by the writer when it gave up the segment; the stream begins another at its next key frame.
    pub(crate) broken: AtomicBool,
}

/// What is to be done, in this order.
#[derive(Debug)]
pub(crate) enum Output {
    /// Write; begins a segment where `open` is there.
    Fragment { open: Option<Box<NewSegment>>, serial: u64, fragment: Prepared },
    /// Close the segment.
    Close,
    /// Something is missing from here to the start of the next segment.
    Gap { from: Timestamp, reason: GapReason, detail: String },
}

/// A segment to be opened.
#[derive(Debug)]
pub(crate) struct NewSegment {
    pub(crate) start: Timestamp,
    pub(crate) video: Arc<VideoParameters>,
    pub(crate) audio: Option<Arc<AudioParameters>>,
    pub(crate) header: Vec<u8>,
}

/// Cuts a stream into segments and fragments.
#[derive(Debug)]
pub(crate) struct Assembler {
    shared: Arc<StreamShared>,
    segment_length: i64,
    fragment_length: i64,
    frame_distance: i64,
    reorder_window: i64,
    audio: Option<Arc<AudioParameters>>,
    serial: u64,
    state: State,
}

#[derive(Debug)]
enum State {
    /// Until a key frame comes. `lost`: what comes before it is a loss of ours, not merely undecodable.
    Waiting {
        lost: bool,
    },
    Recording(Box<Open>),
}

#[derive(Debug)]
struct Open {
    start: Timestamp,
    video: Arc<VideoParameters>,
    audio: Option<Arc<AudioParameters>>,
    /// Until the first fragment goes out.
    new: Option<Box<NewSegment>>,
    chain: Chain,
    building: Building,
    /// The next free position of sound, in samples.
    audio_position: Option<u64>,
    /// The latest picture so far, microseconds from `start`.
    latest: i64,
    /// The next key frame begins another segment.
    roll: bool,
}

/// Until two pictures have told better: 15 a second.
const TYPICAL_DISTANCE: i64 = 66_667;
/// No camera sends such a picture; the length of a fragment would not fit its boxes.
const MOST_UNIT_BYTES: usize = 64 << 20;
/// Sound may differ from the place it has by this before it is moved, microseconds.
const AUDIO_TOLERANCE: i64 = 100_000;

impl Assembler {
    pub(crate) fn new(config: &RecorderConfig, shared: Arc<StreamShared>) -> Self {
        let micros = |span: std::time::Duration| i64::try_from(span.as_micros()).unwrap_or(i64::MAX);
        Self {
            shared,
            segment_length: micros(config.segment_length).max(1),
            fragment_length: micros(config.fragment_length),
            frame_distance: micros(config.frame_distance),
            reorder_window: micros(config.reorder_window),
            audio: None,
            serial: 0,
            state: State::Waiting { lost: false },
        }
    }

    pub(crate) fn announce_audio(&mut self, audio: Option<Arc<AudioParameters>>) {
        self.audio = audio.filter(|audio| {
            // What a track can carry.
            audio.sample_rate > 0 && (1..=64).contains(&audio.configuration.len())
        });
        if let State::Recording(open) = &mut self.state
            && open.audio != self.audio
        {
            open.roll = true;
        }
    }

    pub(crate) fn push(&mut self, frame: MediaFrame, out: &mut Vec<Output>) {
        match frame {
            MediaFrame::Video(unit) => self.push_video(&unit, out),
            MediaFrame::Audio(frame) => self.push_audio(&frame),
        }
    }

    /// Ends the segment because the stream went away; gives when its last picture ends.
    pub(crate) fn close(&mut self, out: &mut Vec<Output>) -> Option<Timestamp> {
        self.end_segment(None, State::Waiting { lost: false }, out)
    }

    /// Gives up the segment: what it was building could not be handed on. Gives the pictures that were in memory.
    pub(crate) fn abandon(&mut self) {
        if let State::Recording(open) = std::mem::replace(&mut self.state, State::Waiting { lost: true }) {
            self.count_lost(open.building.frames() as u64);
        }
    }

    fn push_video(&mut self, unit: &AccessUnit, out: &mut Vec<Output>) {
        if unit.data.is_empty() {
            self.count_lost(1);
            return;
        }
        if unit.data.len() > MOST_UNIT_BYTES {
            let end = self.end_segment(None, State::Waiting { lost: true }, out);
            let detail = format!("a picture of {} bytes is too large to be stored", unit.data.len());
            out.push(Output::Gap {
                from: end.unwrap_or(unit.time),
                reason: GapReason::StreamDamaged,
                detail,
            });
            self.count_lost(1);
            return;
        }
        let State::Recording(open) = &mut self.state else {
            return self.begin_or_wait(unit, out);
        };
        let time = unit.time.micros_since(open.start);
        if time < open.latest - self.reorder_window || time > open.latest + self.frame_distance {
            self.jump(unit, time, out);
            return;
        }
        let changed = !Arc::ptr_eq(&open.video, &unit.parameters) && *open.video != *unit.parameters;
        if changed && !unit.random_access {
            self.end_segment(Some(time), State::Waiting { lost: true }, out);
            let detail = "the codec parameters changed without a key frame".to_owned();
            out.push(Output::Gap { from: unit.time, reason: GapReason::StreamDamaged, detail });
            self.count_lost(1);
            return;
        }
        let slot = |at: Timestamp| at.as_micros().div_euclid(self.segment_length);
        let full = slot(unit.time) > slot(open.start);
        if unit.random_access && (changed || full || open.roll || self.shared.broken.load(Ordering::Relaxed))
        {
            self.end_segment(Some(time), State::Waiting { lost: true }, out);
            return self.begin_or_wait(unit, out);
        }
        open.latest = open.latest.max(time);
        if !open.building.ends_before(time, unit, self.fragment_length) {
            open.building.push(time, unit);
            return;
        }
        let finished = std::mem::replace(&mut open.building, Building::new(time, unit));
        let frames = finished.frames() as u64;
        let Ok(fragment) = finish(finished, &mut open.chain, open.start, Some(time)) else {
            let detail = "a fragment does not fit its boxes".to_owned();
            out.push(Output::Gap { from: unit.time, reason: GapReason::StreamDamaged, detail });
            self.count_lost(frames);
            return self.abandon();
        };
        out.push(Output::Fragment { open: open.new.take(), serial: self.serial, fragment });
    }

    /// Time went back, or far ahead: the segment ends where its last picture does.
    fn jump(&mut self, unit: &AccessUnit, time: i64, out: &mut Vec<Output>) {
        let State::Recording(open) = &self.state else { return };
        let by = (time - open.latest) as f64 / 1e6;
        let end = self.end_segment(None, State::Waiting { lost: true }, out);
        if by > 0.0 {
            let detail = format!("the time of the stream jumped ahead by {by:.1} s");
            out.push(Output::Gap {
                from: end.unwrap_or(unit.time),
                reason: GapReason::StreamDamaged,
                detail,
            });
        } else if !unit.random_access {
            let detail = format!("the time of the stream jumped back by {:.1} s, without a key frame", -by);
            out.push(Output::Gap { from: unit.time, reason: GapReason::StreamDamaged, detail });
        }
        self.begin_or_wait(unit, out);
    }

    fn begin_or_wait(&mut self, unit: &AccessUnit, out: &mut Vec<Output>) {
        if !unit.random_access {
            if matches!(self.state, State::Waiting { lost: false }) {
                self.shared.counters.skipped.fetch_add(1, Ordering::Relaxed);
            } else {
                self.count_lost(1);
            }
            return;
        }
        let header = Header {
            camera_id: self.shared.camera_id,
            stream: self.shared.stream,
            start: unit.time,
            video: VideoParameters::clone(&unit.parameters),
            audio: self.audio.as_deref().cloned(),
        };
        let Ok(header) = header.encode() else {
            let detail = "the codec parameters do not fit a file header".to_owned();
            out.push(Output::Gap { from: unit.time, reason: GapReason::StreamDamaged, detail });
            self.state = State::Waiting { lost: true };
            return self.count_lost(1);
        };
        self.serial += 1;
        self.shared.broken.store(false, Ordering::Relaxed);
        let new = NewSegment {
            start: unit.time,
            video: Arc::clone(&unit.parameters),
            audio: self.audio.clone(),
            header,
        };
        self.state = State::Recording(Box::new(Open {
            start: unit.time,
            video: Arc::clone(&unit.parameters),
            audio: self.audio.clone(),
            new: Some(Box::new(new)),
            chain: Chain::new(TYPICAL_DISTANCE),
            building: Building::new(0, unit),
            audio_position: None,
            latest: 0,
            roll: false,
        }));
    }

    /// Hands on what is left of the segment. `next`: the time of the picture that follows without a gap.
    fn end_segment(&mut self, next: Option<i64>, then: State, out: &mut Vec<Output>) -> Option<Timestamp> {
        let State::Recording(mut open) = std::mem::replace(&mut self.state, then) else { return None };
        let frames = open.building.frames() as u64;
        let next = next.filter(|next| *next > open.building.latest());
        let end = if let Ok(fragment) = finish(open.building, &mut open.chain, open.start, next) {
            let end = fragment.end;
            out.push(Output::Fragment { open: open.new, serial: self.serial, fragment });
            end
        } else {
            self.count_lost(frames);
            open.latest + open.chain.typical()
        };
        out.push(Output::Close);
        Some(open.start.plus_micros(end))
    }

    fn push_audio(&mut self, frame: &AudioFrame) {
        let known = self
            .audio
            .as_ref()
            .is_some_and(|audio| Arc::ptr_eq(audio, &frame.parameters) || **audio == *frame.parameters);
        if !known {
            self.announce_audio(Some(Arc::clone(&frame.parameters)));
        }
        let State::Recording(open) = &mut self.state else { return };
        let Some(audio) = open.audio.as_ref().filter(|audio| **audio == frame.parameters) else { return };
        let rate = i128::from(audio.sample_rate);
        let heard = frame.time.micros_since(open.start);
        // Sound that is far from the pictures belongs to another segment.
        if frame.data.is_empty() || heard > open.latest + self.frame_distance {
            return;
        }
        let place = i128::from(heard) * rate / 1_000_000;
        let tolerance = i128::from(AUDIO_TOLERANCE) * rate / 1_000_000;
        let free = i128::from(open.audio_position.unwrap_or(0));
        let place = match open.audio_position {
            // Frames follow each other without a hole unless there is one.
            Some(_) if (place - free).abs() <= tolerance => free,
            _ if place < free - tolerance => return,
            _ => place.max(free),
        };
        let Ok(place) = u64::try_from(place) else { return };
        if open.building.push_audio(place, Bytes::clone(&frame.data)) {
            open.audio_position = Some(place + AAC_FRAME);
        }
    }

    fn count_lost(&self, frames: u64) {
        self.shared.counters.lost.fetch_add(frames, Ordering::Relaxed);
    }
}

struct NotPrepared;

fn finish(
    building: Building,
    chain: &mut Chain,
    segment: Timestamp,
    next: Option<i64>,
) -> Result<Prepared, NotPrepared> {
    building.finish(chain, segment, next).map_err(|error| {
        tracing::error!(%error, "a fragment cannot be put into boxes");
        NotPrepared
    })
}

#[cfg(test)]
mod tests;
