//! One stream of a camera: a media factory whose sessions are fed from the loop.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::Context;
use gst::glib;
use gstreamer as gst;
use gstreamer_app::{AppSrc, AppSrcCallbacks};
use gstreamer_rtsp_server as rtsp;
use rtsp::gst_rtsp::RTSPLowerTrans;
use rtsp::prelude::*;
use serde::Serialize;

use crate::config::{StreamFaults, Transport};
use crate::feed::{Feed, FeedFaults, Step};
use crate::footage::Track;
use crate::packets;

/// The role of those who may look.
pub(crate) const VIEWER: &str = "viewer";

/// What was done so far.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    sessions: AtomicU64,
    units: AtomicU64,
}

/// A reading of the counters.
#[derive(Debug, Serialize)]
pub(crate) struct Counts {
    /// Sessions described, whether they went on to play or not.
    sessions: u64,
    /// Video units handed to the network, of all sessions.
    units: u64,
}

impl Counters {
    /// Reads them.
    pub(crate) fn read(&self) -> Counts {
        Counts { sessions: self.sessions.load(Ordering::Relaxed), units: self.units.load(Ordering::Relaxed) }
    }
}

/// The time of the simulation, common to all cameras.
#[derive(Clone, Copy)]
pub(crate) struct Epoch(gst::ClockTime);

impl Epoch {
    /// Starts the time now.
    pub(crate) fn now() -> Self {
        Self(gst::SystemClock::obtain().time())
    }

    /// The same time for a camera that is ahead by a phase.
    fn ahead(self, phase: Duration) -> gst::ClockTime {
        // A pipeline's running time is the clock less its base time. The clock counts from the machine's start.
        self.0.saturating_sub(gst::ClockTime::try_from(phase).unwrap_or_default())
    }
}

/// What one stream of a camera is made of.
#[derive(Clone)]
pub(crate) struct Stream {
    /// The video.
    pub(crate) video: Arc<Track>,
    /// The sound.
    pub(crate) audio: Option<Arc<Track>>,
    /// How far the camera is ahead in its loop.
    pub(crate) phase: Duration,
    /// Faults by unit.
    pub(crate) feed_faults: FeedFaults,
    /// Faults by packet.
    pub(crate) faults: StreamFaults,
    /// Seconds by which the camera's clock is ahead.
    pub(crate) clock_offset: i32,
    /// Which transports it agrees to.
    pub(crate) transport: Transport,
    /// Where it counts.
    pub(crate) counters: Arc<Counters>,
}

impl Stream {
    /// The factory to mount. `hang_up` closes the connection that a media belongs to.
    pub(crate) fn factory(
        self,
        epoch: Epoch,
        hang_up: impl Fn(rtsp::RTSPMedia) + Clone + Send + Sync + 'static,
    ) -> rtsp::RTSPMediaFactory {
        let factory = rtsp::RTSPMediaFactory::new();
        factory.set_launch(&self.launch());
        factory.set_clock(Some(&gst::SystemClock::obtain()));
        factory.set_protocols(match self.transport {
            Transport::Any => RTSPLowerTrans::TCP | RTSPLowerTrans::UDP,
            Transport::Tcp => RTSPLowerTrans::TCP,
            Transport::Udp => RTSPLowerTrans::UDP,
        });
        let role = gst::Structure::builder(VIEWER)
            .field("media.factory.access", true)
            .field("media.factory.construct", true)
            .build();
        factory.add_role_from_structure(&role);
        factory.connect_media_configure(move |_, media| {
            if let Err(error) = self.configure(media, epoch, hang_up.clone()) {
                eprintln!("camsim: a session failed: {error:#}");
            }
        });
        factory
    }

    fn launch(&self) -> String {
        let source = |name| format!("appsrc name={name} is-live=true format=time");
        let video = match self.video.media_type() {
            "video/x-h265" => "rtph265pay",
            _ => "rtph264pay",
        };
        let video = format!("{} ! {video} name=pay0 pt=96 config-interval=-1", source("video"));
        let audio = self.audio.as_ref().map(|audio| match audio.media_type() {
            "audio/x-alaw" => format!("{} ! rtppcmapay name=pay1 pt=8", source("audio")),
            _ => format!("{} ! rtpmp4gpay name=pay1 pt=97", source("audio")),
        });
        format!("( {video} {} )", audio.unwrap_or_default())
    }

    fn configure(
        &self,
        media: &rtsp::RTSPMedia,
        epoch: Epoch,
        hang_up: impl Fn(rtsp::RTSPMedia) + Send + Sync + 'static,
    ) -> anyhow::Result<()> {
        self.counters.sessions.fetch_add(1, Ordering::Relaxed);
        let base = epoch.ahead(self.phase);
        let element = media.element();
        let bin = element.downcast_ref::<gst::Bin>().context("the media is no bin")?;
        let pipeline =
            element.parent().and_downcast::<gst::Pipeline>().context("the media has no pipeline")?;
        // Running time is then the camera's time, in every session.
        pipeline.set_start_time(gst::ClockTime::NONE);
        pipeline.set_base_time(base);

        let element = |name| bin.by_name(name).with_context(|| format!("the media has no {name}"));
        let (source, payloader) = (element("video")?, element("pay0")?);
        if self.transport == Transport::Udp {
            packets::pace(&payloader);
        }
        packets::spoil(&payloader, &self.faults);
        let feed = Feed::new(Arc::clone(&self.video), self.feed_faults.clone());
        let media_ref = media.downgrade();
        let close = move || {
            if let Some(media) = media_ref.upgrade() {
                hang_up(media);
            }
        };
        let counters = Some(Arc::clone(&self.counters));
        serve(&source, feed, &self.video.caps, base, counters, close)?;
        if let Some(audio) = &self.audio {
            // Sound stalls with the picture, which also hangs up.
            let mut faults = FeedFaults::default();
            faults.ends.stall = self.feed_faults.ends.stall;
            let feed = Feed::new(Arc::clone(audio), faults);
            serve(&element("audio")?, feed, &audio.caps, base, None, || {})?;
        }
        if self.clock_offset != 0 {
            let seconds = self.clock_offset;
            media.connect_prepared(move |media| packets::shift_clock(&media.element(), seconds));
        }
        Ok(())
    }
}

/// Hands units to a source whenever it has none left. The network's sink waits until each is due, so a session
/// paces itself without a thread or a timer of ours.
fn serve(
    source: &gst::Element,
    mut feed: Feed,
    caps: &gst::Caps,
    base: gst::ClockTime,
    counters: Option<Arc<Counters>>,
    close: impl Fn() + Send + 'static,
) -> anyhow::Result<()> {
    let source = source.downcast_ref::<AppSrc>().context("the source takes no units")?;
    source.set_caps(Some(caps));
    let mut passed_on = false;
    let mut closed = false;
    let callbacks = AppSrcCallbacks::builder().need_data(move |source, _| {
        let now = Duration::from(gst::SystemClock::obtain().time().saturating_sub(base));
        // The source asks again only after the network took what it had.
        if std::mem::take(&mut passed_on)
            && let Some(counters) = &counters
        {
            counters.units.fetch_add(1, Ordering::Relaxed);
        }
        match feed.step(now) {
            Step::Send(caps, unit) => {
                if let Some(caps) = caps {
                    source.set_caps(Some(&caps));
                }
                passed_on = source.push_buffer(unit).is_ok();
            }
            Step::Close if !std::mem::replace(&mut closed, true) => close(),
            Step::Stall | Step::Close => {}
        }
    });
    source.set_callbacks(callbacks.build());
    Ok(())
}

/// Runs something on the main loop's thread: servers are not to be changed from a session's own thread.
pub(crate) fn on_main_loop(work: impl FnOnce() + Send + 'static) {
    glib::MainContext::default().invoke(work);
}
