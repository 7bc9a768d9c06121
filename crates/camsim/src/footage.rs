//! MP4 footage as access units in memory, shared by every camera that plays it.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, anyhow, bail, ensure};
use gst::glib;
use gst::prelude::*;
use gstreamer as gst;
use gstreamer_app::{AppSink, AppSinkCallbacks};

use crate::timeline::{Mark, Timeline};

/// One file: its video, and its sound where it has some.
pub(crate) struct Footage {
    /// The video.
    pub(crate) video: Arc<Track>,
    /// The sound.
    pub(crate) audio: Option<Arc<Track>>,
}

/// The units of one track.
pub(crate) struct Track {
    /// What GStreamer calls the format, with the decoder configuration.
    pub(crate) caps: gst::Caps,
    /// The units, as many as `timeline` has marks.
    pub(crate) units: Vec<gst::Buffer>,
    /// When they come.
    pub(crate) timeline: Timeline,
}

impl Footage {
    /// Reads a file whole.
    pub(crate) fn load(path: &Path) -> anyhow::Result<Self> {
        ensure!(path.is_file(), "no footage at {}: `cargo xtask setup` makes it", path.display());
        read(path).with_context(|| format!("cannot play {}", path.display()))
    }
}

impl Track {
    /// A second of a tone in G.711 A-law.
    pub(crate) fn alaw_tone() -> anyhow::Result<Self> {
        let description = "audiotestsrc freq=400 num-buffers=50 samplesperbuffer=160 \
                           ! audio/x-raw,rate=8000,channels=1 ! alawenc ! appsink name=sink sync=false";
        let pipeline = gst::parse::launch(description)?
            .downcast::<gst::Pipeline>()
            .map_err(|_| anyhow!("no pipeline"))?;
        let sink = pipeline.by_name("sink").and_downcast::<AppSink>().context("no sink")?;
        let samples = collect(&sink);
        run(&pipeline)?;
        Self::from_samples(&take(&samples))
    }

    /// The codec, as a payloader needs to know it.
    pub(crate) fn media_type(&self) -> &str {
        self.caps.structure(0).map_or("", |structure| structure.name().as_str())
    }

    /// The same units under another decoder configuration, given in hexadecimal.
    pub(crate) fn with_codec_data(&self, hex: &str) -> anyhow::Result<Self> {
        let bytes = (0..hex.len())
            .step_by(2)
            .map(|at| hex.get(at..at + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok()))
            .collect::<Option<Vec<u8>>>()
            .with_context(|| format!("codec_data {hex:?} is not hexadecimal"))?;
        let mut caps = self.caps.clone();
        caps.make_mut().set("codec_data", gst::Buffer::from_slice(bytes));
        Ok(Self { caps, units: self.units.clone(), timeline: self.timeline.clone() })
    }

    fn from_samples(samples: &[gst::Sample]) -> anyhow::Result<Self> {
        let mut caps = samples.first().and_then(|sample| sample.caps_owned()).context("no frames")?;
        // Parameter sets within the units (ISO/IEC 14496-15 `avc3`, `hev1`) do no harm, but payloaders know only
        // the formats that have them apart; the file has them apart as well.
        let format = caps.structure(0).and_then(|caps| caps.get::<&str>("stream-format").ok());
        match format {
            Some("avc3") => caps.make_mut().set("stream-format", "avc"),
            Some("hev1") => caps.make_mut().set("stream-format", "hvc1"),
            _ => {}
        }
        let units: Vec<_> = samples.iter().filter_map(|sample| sample.buffer_owned()).collect();
        let times: Vec<_> = units.iter().filter_map(|unit| unit.pts()).map(Duration::from).collect();
        ensure!(times.len() == units.len(), "frames without a time");
        let (first, last) = times.first().zip(times.last()).context("no frames")?;
        let audio = caps.structure(0).is_some_and(|structure| structure.name().starts_with("audio/"));
        let marks = times
            .iter()
            .zip(&units)
            .map(|(time, unit)| Mark {
                offset: time.saturating_sub(*first),
                key: audio || !unit.flags().contains(gst::BufferFlags::DELTA_UNIT),
            })
            .collect();
        let tail = units.last().and_then(|unit| unit.duration()).map(Duration::from);
        let length = last.saturating_sub(*first) + tail.context("the last frame has no duration")?;
        let timeline = Timeline::new(marks, length)
            .context("the footage must start with a key frame and have no reordered (B) frames")?;
        Ok(Self { caps, units, timeline })
    }
}

type Samples = Arc<Mutex<Vec<gst::Sample>>>;

fn read(path: &Path) -> anyhow::Result<Footage> {
    let pipeline = gst::Pipeline::new();
    let source = gst::ElementFactory::make("filesrc")
        .property("location", PathBuf::from(path))
        .build()
        .context("filesrc (gstreamer1.0-plugins-base) is missing")?;
    let demux = gst::ElementFactory::make("qtdemux")
        .build()
        .context("qtdemux (gstreamer1.0-plugins-good) is missing")?;
    pipeline.add_many([&source, &demux])?;
    source.link(&demux)?;

    let tracks: Arc<Mutex<Vec<(glib::GString, Samples)>>> = Arc::default();
    let found = Arc::clone(&tracks);
    let weak = pipeline.downgrade();
    demux.connect_pad_added(move |_, pad| {
        let Some(pipeline) = weak.upgrade() else { return };
        let sink = AppSink::builder().sync(false).async_(false).build();
        let samples = collect(&sink);
        let linked = pipeline.add(&sink).is_ok()
            && sink.sync_state_with_parent().is_ok()
            && sink.static_pad("sink").is_some_and(|target| pad.link(&target).is_ok());
        if linked {
            found.lock().unwrap_or_else(PoisonError::into_inner).push((pad.name(), samples));
        }
    });
    run(&pipeline)?;

    let tracks = tracks.lock().unwrap_or_else(PoisonError::into_inner);
    let track = |kind: &str| {
        tracks
            .iter()
            .find(|(name, _)| name.starts_with(kind))
            .map(|(_, samples)| Track::from_samples(&take(samples)).map(Arc::new))
            .transpose()
    };
    let video = track("video")?.context("there is no video in it")?;
    match video.media_type() {
        "video/x-h264" | "video/x-h265" => {}
        other => bail!("the video is {other}, neither H.264 nor H.265"),
    }
    Ok(Footage { video, audio: track("audio")? })
}

/// Gathers what arrives at a sink.
fn collect(sink: &AppSink) -> Samples {
    let samples = Samples::default();
    let gathered = Arc::clone(&samples);
    let callbacks = AppSinkCallbacks::builder().new_sample(move |sink| {
        let sample = sink.pull_sample().map_err(|_| gst::FlowError::Eos)?;
        gathered.lock().unwrap_or_else(PoisonError::into_inner).push(sample);
        Ok(gst::FlowSuccess::Ok)
    });
    sink.set_callbacks(callbacks.build());
    samples
}

fn take(samples: &Samples) -> Vec<gst::Sample> {
    std::mem::take(&mut samples.lock().unwrap_or_else(PoisonError::into_inner))
}

/// Runs a pipeline to its end.
fn run(pipeline: &gst::Pipeline) -> anyhow::Result<()> {
    let bus = pipeline.bus().context("a pipeline without a bus")?;
    pipeline.set_state(gst::State::Playing)?;
    let end = bus.timed_pop_filtered(
        gst::ClockTime::from_seconds(60),
        &[gst::MessageType::Eos, gst::MessageType::Error],
    );
    pipeline.set_state(gst::State::Null)?;
    match end.as_ref().map(|message| message.view()) {
        Some(gst::MessageView::Eos(_)) => Ok(()),
        Some(gst::MessageView::Error(error)) => Err(anyhow!("{}", error.error())),
        _ => bail!("it took more than a minute to read"),
    }
}
