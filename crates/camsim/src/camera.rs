//! One simulated camera: an RTSP server of its own, that may be switched off and on.

use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context, ensure};
use gst::glib;
use gstreamer as gst;
use gstreamer_rtsp_server as rtsp;
use rtsp::gst_rtsp::RTSPAuthMethod;
use rtsp::prelude::*;
use rtsp::{RTSPFilterResult, RTSPMedia, RTSPServer};
use serde::Serialize;

use crate::config::{self, Audio, Auth, StreamFaults};
use crate::feed::{Change, FeedFaults};
use crate::footage::{Footage, Track};
use crate::stream::{Counters, Counts, Epoch, Stream, VIEWER, on_main_loop};

/// What the cameras share.
pub(crate) struct Studio<'a> {
    folder: &'a Path,
    loaded: HashMap<String, Footage>,
    tone: Option<Arc<Track>>,
    epoch: Epoch,
    threads: rtsp::RTSPThreadPool,
    sessions: rtsp::RTSPSessionPool,
}

impl<'a> Studio<'a> {
    /// Starts the time of the simulation.
    pub(crate) fn new(folder: &'a Path) -> Self {
        Self {
            folder,
            loaded: HashMap::new(),
            tone: None,
            epoch: Epoch::now(),
            threads: rtsp::RTSPThreadPool::new(),
            sessions: rtsp::RTSPSessionPool::new(),
        }
    }

    /// The sessions of all cameras.
    pub(crate) fn sessions(&self) -> rtsp::RTSPSessionPool {
        self.sessions.clone()
    }

    fn footage(&mut self, name: &str) -> anyhow::Result<&Footage> {
        if !self.loaded.contains_key(name) {
            self.loaded.insert(name.to_owned(), Footage::load(&self.folder.join(name))?);
        }
        self.loaded.get(name).context("footage just loaded is gone")
    }

    fn tone(&mut self) -> anyhow::Result<Arc<Track>> {
        if self.tone.is_none() {
            self.tone = Some(Arc::new(Track::alaw_tone().context("cannot make a G.711 tone")?));
        }
        self.tone.clone().context("a tone just made is gone")
    }

    fn stream(
        &mut self,
        camera: &config::Camera,
        file: &str,
        audio: Audio,
        faults: &StreamFaults,
    ) -> anyhow::Result<Stream> {
        let footage = self.footage(file)?;
        let mut video = Arc::clone(&footage.video);
        let recorded_sound = footage.audio.clone();
        if let Some(hex) = &faults.codec_data {
            video = Arc::new(video.with_codec_data(hex)?);
        }
        let change = match &faults.change {
            Some(change) => {
                let track = Arc::clone(&self.footage(&change.to)?.video);
                ensure!(
                    track.media_type() == video.media_type(),
                    "{}: change from {file} to {} changes the codec",
                    camera.name,
                    change.to
                );
                Some(Change { after: Duration::from_secs_f64(change.after), track })
            }
            None => None,
        };
        let audio = match audio {
            Audio::File => recorded_sound,
            Audio::Alaw => Some(self.tone()?),
            Audio::None => None,
        };
        Ok(Stream {
            video,
            audio,
            phase: Duration::from_secs_f64(camera.phase),
            feed_faults: FeedFaults::new(faults, change),
            faults: faults.clone(),
            clock_offset: camera.clock_offset,
            transport: camera.transport,
            counters: Arc::default(),
        })
    }
}

/// A camera at its port.
pub(crate) struct Camera {
    name: String,
    /// Of the main and the sub stream.
    paths: (String, String),
    server: RTSPServer,
    listening: Mutex<Option<glib::SourceId>>,
    main: Arc<Counters>,
    sub: Option<Arc<Counters>>,
}

/// Where a camera is found.
#[derive(Debug, Serialize)]
pub(crate) struct Address {
    name: String,
    main: String,
    sub: Option<String>,
}

/// What a camera sent.
#[derive(Debug, Serialize)]
pub(crate) struct CameraCounts {
    name: String,
    main: Counts,
    sub: Option<Counts>,
}

impl Camera {
    /// Loads its footage and starts to listen; port 0 is any.
    pub(crate) fn start(
        studio: &mut Studio<'_>,
        config: &config::Camera,
        address: &str,
        port: u16,
    ) -> anyhow::Result<Arc<Self>> {
        let main = studio.stream(config, &config.main, config.audio, &config.faults.main)?;
        let sub = config.sub.as_deref();
        let sub = sub.map(|file| studio.stream(config, file, Audio::None, &config.faults.sub)).transpose()?;

        let server = RTSPServer::new();
        server.set_address(address);
        server.set_service(&port.to_string());
        server.set_thread_pool(Some(&studio.threads));
        server.set_session_pool(Some(&studio.sessions));
        server.set_auth(Some(&auth(config)));
        let mounts = rtsp::RTSPMountPoints::new();
        let mount = |path: &str, stream: Stream| {
            let counters = Arc::clone(&stream.counters);
            let server = server.downgrade();
            let hang_up = move |media: RTSPMedia| {
                let server = server.clone();
                on_main_loop(move || {
                    if let Some(server) = server.upgrade() {
                        close_client_of(&server, &media);
                    }
                });
            };
            let factory = stream.factory(studio.epoch, hang_up);
            mounts.add_factory(path, factory);
            counters
        };
        let path = |given: &Option<String>, usual: &str| {
            given.clone().unwrap_or_else(|| format!("/{}/{usual}", config.name))
        };
        let paths = (path(&config.main_path, "main"), path(&config.sub_path, "sub"));
        let main = mount(&paths.0, main);
        let sub = sub.map(|sub| mount(&paths.1, sub));
        server.set_mount_points(Some(&mounts));

        let camera = Arc::new(Self {
            name: config.name.clone(),
            paths,
            server,
            listening: Mutex::default(),
            main,
            sub,
        });
        camera.switch_on()?;
        // Another start must find the same port.
        camera.server.set_service(&camera.server.bound_port().to_string());
        camera.refuse_after(config.refuse_after);
        for [from, to] in &config.offline {
            let (off, on) = (Arc::clone(&camera), Arc::clone(&camera));
            glib::timeout_add_once(Duration::from_secs_f64(*from), move || off.switch_off());
            glib::timeout_add_once(Duration::from_secs_f64(*to), move || {
                if let Err(error) = on.switch_on() {
                    eprintln!("camsim: {error:#}");
                }
            });
        }
        Ok(camera)
    }

    /// What it is called.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Where it is found.
    pub(crate) fn address(&self) -> Address {
        let host = self.server.address().unwrap_or_default();
        let base = format!("rtsp://{host}:{}", self.server.bound_port());
        Address {
            name: self.name.clone(),
            main: format!("{base}{}", self.paths.0),
            sub: self.sub.is_some().then(|| format!("{base}{}", self.paths.1)),
        }
    }

    /// What it sent so far.
    pub(crate) fn counts(&self) -> CameraCounts {
        CameraCounts {
            name: self.name.clone(),
            main: self.main.read(),
            sub: self.sub.as_ref().map(|sub| sub.read()),
        }
    }

    /// Listens, where it does not yet.
    pub(crate) fn switch_on(&self) -> anyhow::Result<()> {
        let mut listening = self.listening();
        if listening.is_none() {
            let source = self.server.attach(None);
            *listening = Some(source.with_context(|| {
                let address = self.server.address().unwrap_or_default();
                format!("{}: cannot listen at {address}:{}", self.name, self.server.service())
            })?);
        }
        Ok(())
    }

    /// Listens no more and drops who is connected.
    pub(crate) fn switch_off(&self) {
        self.stop_listening();
        self.server.client_filter(Some(&mut |_, _| RTSPFilterResult::Remove));
    }

    fn stop_listening(&self) {
        if let Some(source) = self.listening().take() {
            source.remove();
        }
    }

    fn listening(&self) -> MutexGuard<'_, Option<glib::SourceId>> {
        self.listening.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn refuse_after(self: &Arc<Self>, limit: Option<u64>) {
        let Some(limit) = limit else { return };
        let connections = AtomicU64::new(0);
        let camera = Arc::downgrade(self);
        self.server.connect_client_connected(move |_, _| {
            if connections.fetch_add(1, Ordering::Relaxed) + 1 >= limit
                && let Some(camera) = camera.upgrade()
            {
                on_main_loop(move || camera.stop_listening());
            }
        });
    }
}

fn auth(config: &config::Camera) -> rtsp::RTSPAuth {
    let auth = rtsp::RTSPAuth::new();
    if let Some(realm) = &config.realm {
        auth.set_realm(Some(realm));
    }
    let mut token = rtsp::RTSPToken::builder().field("media.factory.role", VIEWER).build();
    match (&config.username, &config.password) {
        (Some(username), Some(password)) => match config.auth {
            Auth::Digest => {
                auth.set_supported_methods(RTSPAuthMethod::Digest);
                auth.add_digest(username, password, &token);
            }
            Auth::Basic => {
                auth.set_supported_methods(RTSPAuthMethod::Basic);
                auth.add_basic(&rtsp::RTSPAuth::make_basic(username, password), &token);
            }
        },
        _ => auth.set_default_token(Some(&mut token)),
    }
    auth
}

/// Closes the connection whose session plays a media.
fn close_client_of(server: &RTSPServer, media: &RTSPMedia) {
    server.client_filter(Some(&mut |_, client| {
        let mut plays = false;
        client.session_filter(Some(&mut |_, session| {
            session.filter(Some(&mut |_, managed| {
                plays |= managed.media().as_ref() == Some(media);
                RTSPFilterResult::Keep
            }));
            RTSPFilterResult::Keep
        }));
        if plays { RTSPFilterResult::Remove } else { RTSPFilterResult::Keep }
    }));
}
