//! Alarm bells and sounders: what is heard of bells becomes alarms, and bells, sirens and gongs are rung.

mod book;
mod care;
mod door;
mod ear;
mod ringer;
mod sounding;

use std::sync::Arc;

use ::bells::{Broker, Connection, Source};
use anyhow::{Context, Result};
use domain::{LiveEvent, SystemClock};
use index::Index;
use tokio::sync::{broadcast, mpsc};
use tokio_util::sync::CancellationToken;

use super::flag::Flags;
use super::roster::Roster;
use super::supervise::Tasks;
use crate::config;
use book::BellKeeper;
use care::Care;
use ear::Ear;
use ringer::Ringer;

pub(crate) use door::BellDoor;
pub(crate) use sounding::Sounding;

/// Messages and signals that may wait.
const QUEUE: usize = 256;

/// All that rings and hears, before it is started.
pub(crate) struct Bells {
    keeper: BellKeeper,
    ringer: Arc<Ringer>,
    sounding: Arc<Sounding>,
    connection: Option<Connection>,
    sources: Vec<Source>,
    index: Index,
    clock: Arc<SystemClock>,
}

impl Bells {
    /// Reads the settings. Nothing runs yet.
    pub(crate) fn new(
        settings: &config::Mqtt,
        index: Index,
        clock: Arc<SystemClock>,
        live: broadcast::Sender<LiveEvent>,
        http: reqwest::Client,
        stop: &CancellationToken,
    ) -> Result<Self> {
        let link = settings.broker.as_ref().map(|broker| {
            let url = broker.parse().ok().context("mqtt.broker is no address: write mqtt://HOST:1883")?;
            let topics = settings.sources.iter().map(|source| source.topic.clone());
            // Two servers at one broker must not throw each other out.
            let name = format!("taimat-{}", uuid::Uuid::new_v4().simple());
            Broker::new(&url, &name, topics).context("mqtt.broker cannot be used")
        });
        let (broker, connection) = link.transpose()?.unzip();
        let keeper = BellKeeper::new(index.clone(), stop.clone());
        let ringer = Ringer::new(index.clone(), broker, http, Arc::clone(&clock), live, stop.clone());
        let ringer = Arc::new(ringer);
        let sounding = Arc::new(Sounding::new(keeper.book(), Arc::clone(&ringer), Arc::clone(&clock)));
        Ok(Self { keeper, ringer, sounding, connection, sources: settings.sources.clone(), index, clock })
    }

    /// Who rings when a rule fires.
    pub(crate) fn sounding(&self) -> Arc<Sounding> {
        Arc::clone(&self.sounding)
    }

    /// Starts it all. What listens and speaks stops after the last sounder was switched off.
    pub(crate) fn start(
        self,
        tasks: &mut Tasks,
        flags: Flags,
        roster: Arc<Roster>,
        stop: CancellationToken,
    ) -> BellDoor {
        let quiet = CancellationToken::new();
        let (messages, heard) = mpsc::channel(QUEUE);
        let (signals, signalled) = mpsc::channel(QUEUE);
        if let Some(connection) = self.connection {
            tasks.spawn_ending("mqtt", connection.run(messages, quiet.clone()));
        }
        let ear = Ear::new(self.keeper.book(), self.sources, flags.clone(), roster, Arc::clone(&self.clock));
        let (known, strangers) = (ear.known(), ear.strangers());
        let care = Care { book: self.keeper.book(), known, index: self.index, clock: self.clock, flags };
        let (book, changes) = (self.keeper.book(), self.keeper.changes());
        let door = BellDoor::new(book, changes, signals, strangers, Arc::clone(&self.ringer));
        tasks.spawn("bells", ear.run(heard, signalled, stop.clone()));
        tasks.spawn("bell-care", care.run(stop.clone()));
        tasks.spawn("bell-book", self.keeper.run());
        tasks.spawn("timetables", Arc::clone(&self.sounding).run(stop.clone()));
        let ringer = self.ringer;
        tasks.spawn("ringer", async move {
            ringer.prepare().await;
            stop.cancelled().await;
            ringer.finish().await;
            quiet.cancel();
        });
        door
    }
}
