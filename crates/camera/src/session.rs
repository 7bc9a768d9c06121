//! One RTSP session: DESCRIBE, SETUP, PLAY, and what comes out of it, with a limit on every wait.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use domain::{
    AudioParameters, ConnectFailure, FailureKind, Sentence, StreamAddress, Transport, VideoParameters,
};
use futures::{FutureExt, StreamExt};
use retina::client::{Demuxed, Described, SessionGroup};
use retina::codec::CodecItem;
use tokio::net::TcpStream;
use tokio::time::{timeout, timeout_at};
use tracing::debug;

use crate::address::Target;
use crate::failure::{self, Facts, Stage};
use crate::parameters::{self, Content, Video};
use crate::stream::Limits;
use crate::tolerance;
use crate::transport::Choice;

/// What every session of a stream shares.
pub(crate) struct Plan {
    pub(crate) address: StreamAddress,
    pub(crate) limits: Limits,
    /// Sessions that the camera may still think alive.
    pub(crate) group: Arc<SessionGroup>,
    pub(crate) choice: Choice,
    /// Why sound is not even asked for, once it has cost a session.
    pub(crate) mute: Option<Sentence>,
}

impl Plan {
    pub(crate) fn new(address: StreamAddress, limits: Limits) -> Self {
        let choice = Choice::new(address.transport);
        Self { address, limits, group: Arc::default(), choice, mute: None }
    }

    /// Waits, within the limit, for sessions that were dropped to be torn down.
    pub(crate) async fn torn_down(&self) {
        // retina panics where its background task was lost.
        let teardown = std::panic::AssertUnwindSafe(self.group.await_teardown()).catch_unwind();
        if !matches!(timeout(self.limits.teardown, teardown).await, Ok(Ok(Ok(())))) {
            debug!("the camera has not confirmed TEARDOWN");
        }
    }
}

/// A session that plays.
pub(crate) struct Session {
    demuxed: Demuxed,
    target: Target,
    limits: Limits,
    video: usize,
    audio: Option<(usize, Arc<AudioParameters>)>,
    has_credentials: bool,
    /// Whether parameters were handed out yet.
    told: bool,
    /// When the latest picture came, or PLAY was answered; and whether one came at all.
    fresh: tokio::time::Instant,
    ever: bool,
    /// When the caller took the latest item: the time it keeps us from receiving is not the camera's fault.
    away_since: Option<tokio::time::Instant>,
    /// The latest packet that could not be understood.
    bad_packet: Option<Facts>,
    /// How RTP travels.
    pub(crate) transport: Transport,
    /// Why sound is not kept, where there is some.
    pub(crate) audio_dropped: Option<Sentence>,
    /// The server software that the camera names.
    pub(crate) tool: Option<String>,
}

/// What a session delivers.
pub(crate) enum Item {
    Picture(Picture),
    Sound(Sound),
    /// A sender report of the video: extended RTP time, NTP time stamp.
    Report {
        rtp: i64,
        ntp: u64,
    },
    /// A packet of the video could not be understood.
    Damage {
        detail: String,
        /// Whether it was a parameter set.
        parameters: bool,
    },
}

/// One coded picture.
pub(crate) struct Picture {
    /// Extended RTP time.
    pub(crate) rtp: i64,
    /// When its first packet arrived.
    pub(crate) arrived: Instant,
    pub(crate) random_access: bool,
    /// Packets that are missing before it.
    pub(crate) lost: u16,
    pub(crate) data: Bytes,
    /// With the first picture, and where they changed.
    pub(crate) parameters: Option<Result<VideoParameters, String>>,
}

/// One frame of AAC.
pub(crate) struct Sound {
    pub(crate) rtp: i64,
    pub(crate) arrived: Instant,
    pub(crate) data: Bytes,
}

impl Session {
    /// Opens a session over the transport that is remembered or asked for, or over the other one where the
    /// camera refuses that.
    pub(crate) async fn open(plan: &mut Plan) -> Result<Self, ConnectFailure> {
        let target = Target::new(&plan.address)?;
        let first = plan.choice.first();
        match Self::open_over(plan, &target, first).await {
            Err(refusal) if refusal.kind == FailureKind::TransportRefused => {
                let Some(second) = plan.choice.after_refusal(first) else { return Err(refusal) };
                debug!(place = target.place(), tried = first.as_str(), "transport refused");
                // Few cameras bear two sessions of one viewer.
                plan.torn_down().await;
                Self::open_over(plan, &target, second).await.map_err(|failure| match failure.kind {
                    FailureKind::TransportRefused => failure::both_refused(&target),
                    _ => failure,
                })
            }
            result => result,
        }
    }

    async fn open_over(
        plan: &mut Plan,
        target: &Target,
        transport: Transport,
    ) -> Result<Self, ConnectFailure> {
        let limits = plan.limits;
        let has_credentials = plan.address.credentials.is_some();
        let explain = |error: &retina::Error, stage| {
            failure::explain(&Facts::of(error), stage, target, transport, has_credentials)
        };
        let mut session = describe(plan, target).await?.map_err(|error| explain(&error, Stage::Describe))?;
        let tool = session.tool().and_then(|tool| target.shown(tool));

        let video = chosen_video(&session, target)?;
        let (mut audio, mut audio_dropped) = match &plan.mute {
            None => parameters::choose_audio(session.streams()),
            Some(reason) => (None, Some(reason.clone())),
        };

        timeout(limits.answer, session.setup(video, tolerance::setup(transport)))
            .await
            .map_err(|_| failure::silent(&target.place(), Stage::Setup, limits.answer))?
            .map_err(|error| explain(&error, Stage::Setup))?;
        if let Some((index, _)) = audio {
            match timeout(limits.answer, session.setup(index, tolerance::setup(transport))).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) if error.status_code().is_some() => {
                    audio = None;
                    audio_dropped = Some(Sentence::new(
                        "camera báo có âm thanh nhưng rồi từ chối gửi",
                        "the camera offers sound and then refuses to send it",
                    ));
                }
                // The connection is of no more use. The next session will not ask for sound.
                broken => {
                    plan.mute = Some(Sentence::new(
                        "yêu cầu âm thanh làm mất kết nối",
                        "asking for the sound broke the connection",
                    ));
                    return Err(match broken {
                        Ok(Err(error)) => explain(&error, Stage::Setup),
                        _ => failure::silent(&target.place(), Stage::Setup, limits.answer),
                    });
                }
            }
        }
        let playing = timeout(limits.answer, session.play(tolerance::play()))
            .await
            .map_err(|_| failure::silent(&target.place(), Stage::Play, limits.answer))?
            .map_err(|error| explain(&error, Stage::Play))?;
        let demuxed = playing.demuxed().map_err(|error| explain(&error, Stage::Play))?;
        Ok(Self {
            demuxed,
            target: target.clone(),
            limits,
            video,
            audio,
            has_credentials,
            told: false,
            fresh: tokio::time::Instant::now(),
            ever: false,
            away_since: None,
            bad_packet: None,
            transport,
            audio_dropped,
            tool,
        })
    }

    /// What it takes to decode the sound, where it is kept.
    pub(crate) fn audio(&self) -> Option<&Arc<AudioParameters>> {
        self.audio.as_ref().map(|(_, parameters)| parameters)
    }

    /// Units a second of the RTP time of the video and of the sound.
    pub(crate) fn clock_rates(&self) -> (u32, u32) {
        let rate =
            |index: usize| self.demuxed.streams().get(index).map_or(0, retina::client::Stream::clock_rate_hz);
        (rate(self.video), self.audio.as_ref().map_or(0, |(index, _)| rate(*index)))
    }

    /// Whether the sound ended the session, so that the next one should do without.
    pub(crate) fn ended_by_audio(&self) -> bool {
        match (&self.audio, self.bad_packet.as_ref().and_then(|facts| facts.stream)) {
            (Some((audio, _)), Some(stream)) => *audio == stream,
            _ => false,
        }
    }

    /// The next item, or why the session is over. Cancel-safe.
    pub(crate) async fn next(&mut self) -> Result<Item, ConnectFailure> {
        if let Some(since) = self.away_since.take() {
            self.fresh += since.elapsed();
        }
        loop {
            let deadline = self.fresh + self.limits.stall;
            let received = timeout_at(deadline, self.demuxed.next()).await;
            // A camera that sends nothing but rubbish keeps the wait from ever running out.
            let stalled = tokio::time::Instant::now() >= deadline;
            match received {
                Ok(Some(Ok(item))) => {
                    self.bad_packet = None;
                    if let Some(item) = self.convert(item) {
                        self.away_since = Some(tokio::time::Instant::now());
                        return Ok(item);
                    }
                }
                Ok(Some(Err(error))) => {
                    let facts = Facts::of(&error);
                    if !facts.is_packet() {
                        return Err(self.explain(&facts));
                    }
                    debug!(place = self.target.place(), %error, "packet not understood");
                    let damage = facts.stream == Some(self.video) && !facts.is_foreign_packet();
                    let item = damage.then(|| Item::Damage {
                        detail: facts.shown(&self.target).unwrap_or_else(|| "a corrupt packet".into()),
                        parameters: facts.is_bad_parameters(),
                    });
                    self.bad_packet = Some(facts);
                    if let Some(item) = item {
                        self.away_since = Some(tokio::time::Instant::now());
                        return Ok(item);
                    }
                }
                Ok(None) => {
                    return Err(match &self.bad_packet {
                        Some(facts) => self.explain(facts),
                        None => failure::closed(&self.target.place(), Stage::Stream),
                    });
                }
                Err(_) => {}
            }
            if stalled {
                return Err(failure::stalled(&self.target, self.transport, self.limits.stall, self.ever));
            }
        }
    }

    fn explain(&self, facts: &Facts) -> ConnectFailure {
        failure::explain(facts, Stage::Stream, &self.target, self.transport, self.has_credentials)
    }

    fn convert(&mut self, item: CodecItem) -> Option<Item> {
        match item {
            CodecItem::VideoFrame(frame) if frame.stream_id() == self.video => {
                let stream = self.demuxed.streams().get(self.video)?;
                let codec = if stream.encoding_name() == "h265" {
                    domain::VideoCodec::H265
                } else {
                    domain::VideoCodec::H264
                };
                let Content { picture, random_access } = parameters::content(codec, frame.data());
                let news = frame.has_new_parameters() || !self.told;
                let parameters = news.then(|| parameters::video_parameters(stream)).flatten();
                self.told |= parameters.is_some();
                // Access units of nothing but SEI or delimiters come from cameras that set the marker too early.
                if !picture && parameters.is_none() && frame.loss() == 0 {
                    return None;
                }
                self.fresh = tokio::time::Instant::now();
                self.ever = true;
                Some(Item::Picture(Picture {
                    rtp: frame.timestamp().timestamp(),
                    arrived: frame.start_ctx().received(),
                    random_access,
                    lost: frame.loss(),
                    parameters,
                    data: if picture { frame.into_data().into() } else { Bytes::new() },
                }))
            }
            CodecItem::AudioFrame(frame) => Some(Item::Sound(Sound {
                rtp: frame.timestamp().timestamp(),
                arrived: frame.ctx().received(),
                data: Bytes::copy_from_slice(frame.data()),
            })),
            CodecItem::Rtcp(packet) if packet.stream_id() == self.video => {
                let rtp = packet.rtp_timestamp()?.timestamp();
                let report = packet.pkts().next()?.as_sender_report().ok()??;
                Some(Item::Report { rtp, ntp: report.ntp_timestamp().0 })
            }
            _ => None,
        }
    }
}

/// Asks what there is at the address, and plays nothing: whether it has video that can be used.
pub(crate) async fn look(address: &StreamAddress, limits: Limits) -> Result<(), ConnectFailure> {
    let target = Target::new(address)?;
    let plan = Plan::new(address.clone(), limits);
    // retina is trusted with what cameras send, but not blindly.
    let described = std::panic::AssertUnwindSafe(describe(&plan, &target)).catch_unwind().await;
    let session = described.map_err(|_| failure::absurd(&target))??.map_err(|error| {
        let has_credentials = address.credentials.is_some();
        failure::explain(&Facts::of(&error), Stage::Describe, &target, address.transport, has_credentials)
    })?;
    chosen_video(&session, &target).map(|_| ())
}

/// Which stream of the presentation to record.
fn chosen_video(
    session: &retina::client::Session<Described>,
    target: &Target,
) -> Result<usize, ConnectFailure> {
    let video = match parameters::choose_video(session.streams()) {
        Video::Found(index) => index,
        Video::Unsupported(name) => return Err(failure::unsupported_codec(target, &name)),
        Video::Missing => return Err(failure::no_video(target)),
    };
    match session.streams().get(video).map(parameters::video_parameters) {
        Some(Some(Err(detail))) => Err(failure::bad_parameters(&detail)),
        _ => Ok(video),
    }
}

/// Connects and asks what there is, within the limit. On silence it looks where the silence comes from.
async fn describe(
    plan: &Plan,
    target: &Target,
) -> Result<Result<retina::client::Session<Described>, retina::Error>, ConnectFailure> {
    let limit = plan.limits.connect;
    let until = tokio::time::Instant::now() + limit;
    // Only to tell a wrong name from an unreachable host: retina resolves by itself.
    let lookup = tokio::net::lookup_host((target.host.as_str(), target.port));
    let found = timeout_at(until, lookup).await.ok().and_then(Result::ok);
    if found.and_then(|mut addresses| addresses.next()).is_none() {
        return Err(failure::host_not_found(target));
    }
    let options = tolerance::session(plan.address.credentials.as_ref(), Arc::clone(&plan.group));
    let described = retina::client::Session::describe(plan.address.url.clone(), options);
    if let Ok(result) = timeout_at(until, described).await {
        return Ok(result);
    }
    let place = target.place();
    let knock = TcpStream::connect((target.host.as_str(), target.port));
    Err(match timeout(limit.min(std::time::Duration::from_secs(2)), knock).await {
        Ok(Ok(_)) => failure::silent(&place, Stage::Describe, limit),
        _ => failure::unreachable(&place),
    })
}
