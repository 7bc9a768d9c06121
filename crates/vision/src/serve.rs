//! The threads of the worker: one reads requests, some lanes decode and look, one makes stills, one the grids of
//! key frames when nothing else is to be done, one writes replies. All queues between them are bounded, and the end of the socket ends them all.

use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread;
use std::time::Duration;

use anyhow::Context;
use ffmpeg_next::frame;
use vision_client::protocol::{self, FeedId, GridUnits, ModelInfo, Reply, Request, StillFailure, StillUnits};

use crate::feed::Bench;
use crate::grey;
use crate::planes::Unifier;
use crate::schedule::{Job, Next, Schedule, Turn};
use crate::search::Search;
use crate::still;

/// Replies that wait to be written.
const REPLIES: usize = 1024;
/// Stills that wait to be made.
const STILLS: usize = 8;
/// Batches of key frames that wait for their grids.
const GRIDS: usize = 2;
/// Niceness of grids beyond that of the worker: they have what the rest leaves them.
const GRIDS_NICENESS: i32 = 9;
/// How long the work in hand may take after the server has gone.
const PATIENCE: Duration = Duration::from_secs(2);

/// The queues of the lanes. A feed always has the same lane, so that its looks stay in their order.
#[derive(Clone)]
struct Lanes(Arc<[Schedule]>);

impl Lanes {
    fn push(&self, feed: FeedId, job: Job) {
        let lane = feed as usize % self.0.len().max(1);
        if let Some(schedule) = self.0.get(lane) {
            schedule.push(feed, job);
        }
    }

    fn close(&self) {
        self.0.iter().for_each(Schedule::close);
    }
}

/// Says that the model is ready, and serves until the server closes the socket.
pub(crate) fn serve(socket: UnixStream, info: ModelInfo, searches: Vec<Search>) -> anyhow::Result<()> {
    let mut reading = socket.try_clone().context("cannot share the socket")?;
    let lanes = Lanes(searches.iter().map(|_| Schedule::default()).collect());
    let (replies, outgoing) = sync_channel(REPLIES);
    let (stills, waiting) = sync_channel(STILLS);
    replies.send(Reply::Ready(info)).context("no place for a reply")?;
    let mut threads = Vec::new();
    thread::Builder::new().name("writer".to_owned()).spawn({
        let lanes = lanes.clone();
        move || write(socket, &outgoing, &lanes)
    })?;
    for (number, search) in searches.into_iter().enumerate() {
        let (lanes, replies) = (lanes.clone(), replies.clone());
        let work = move || {
            if let Some(schedule) = lanes.0.get(number) {
                lane(search, schedule, &replies);
            }
        };
        threads.push(thread::Builder::new().name(format!("lane-{number}")).spawn(work)?);
    }
    thread::Builder::new().name("stills".to_owned()).spawn({
        let replies = replies.clone();
        move || make_stills(&waiting, &replies)
    })?;
    let (grids, wanted) = sync_channel(GRIDS);
    thread::Builder::new().name("grids".to_owned()).spawn({
        let replies = replies.clone();
        move || make_grids(&wanted, &replies)
    })?;
    let outcome = read(&mut reading, &lanes, &stills, &grids, &replies);
    lanes.close();
    // Work that hangs must not keep an orphan alive.
    thread::spawn(|| {
        thread::sleep(PATIENCE);
        tracing::warn!("the work in hand does not end; aborted");
        std::process::abort();
    });
    for thread in threads {
        drop(thread.join());
    }
    outcome
}

/// Takes in requests until the socket closes.
fn read(
    socket: &mut UnixStream,
    lanes: &Lanes,
    stills: &SyncSender<(u64, StillUnits)>,
    grids: &SyncSender<(u64, GridUnits)>,
    replies: &SyncSender<Reply>,
) -> anyhow::Result<()> {
    while let Some(request) = protocol::read(socket).context("the server does not make sense")? {
        match request {
            Request::Unit(unit) => lanes.push(unit.feed, Job::Unit(unit)),
            Request::Close { feed } => lanes.push(feed, Job::Close),
            Request::Still { id, still } => {
                if let Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) =
                    stills.try_send((id, still))
                {
                    let busy = Reply::Still { id, outcome: Err(StillFailure::Busy) };
                    replies.send(busy).context("replies are not written any more")?;
                }
            }
            Request::Grids { id, grids: wanted } => {
                if let Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) =
                    grids.try_send((id, wanted))
                {
                    let busy = Reply::Grids { id, outcome: Err(StillFailure::Busy) };
                    replies.send(busy).context("replies are not written any more")?;
                }
            }
        }
    }
    Ok(())
}

/// Decodes and looks, one unit of one feed at a time.
fn lane(mut search: Search, schedule: &Schedule, replies: &SyncSender<Reply>) {
    let mut picture = frame::Video::empty();
    let mut unifier = Unifier::new();
    let mut answers = Vec::new();
    loop {
        match schedule.take(search.deadline()) {
            Next::Turn(turn) => {
                let mut bench = Bench {
                    search: &mut search,
                    unifier: &mut unifier,
                    picture: &mut picture,
                    replies: &mut answers,
                };
                serve_turn(turn, schedule, &mut bench);
            }
            Next::Late => search.flush(&mut answers),
            Next::Closed => return,
        }
        for answer in answers.drain(..) {
            if replies.send(answer).is_err() {
                return;
            }
        }
    }
}

fn serve_turn(mut turn: Turn, schedule: &Schedule, bench: &mut Bench<'_>) {
    match turn.job {
        Job::Unit(unit) => turn.feed.unit(unit, bench),
        Job::Rest => turn.feed.rest(turn.id, bench),
        Job::Close => {
            turn.feed.rest(turn.id, bench);
            bench.replies.push(Reply::Closed { feed: turn.id });
            schedule.forget(turn.id);
            return;
        }
    }
    schedule.give_back(turn.id, turn.feed);
}

fn make_stills(waiting: &Receiver<(u64, StillUnits)>, replies: &SyncSender<Reply>) {
    for (id, wanted) in waiting {
        let outcome = still::make(&wanted).map_err(StillFailure::Decode);
        if replies.send(Reply::Still { id, outcome }).is_err() {
            return;
        }
    }
}

fn make_grids(waiting: &Receiver<(u64, GridUnits)>, replies: &SyncSender<Reply>) {
    // Linux keeps niceness by thread.
    if let Err(error) = rustix::process::nice(GRIDS_NICENESS) {
        tracing::warn!(%error, "cannot lower the priority of grids");
    }
    for (id, wanted) in waiting {
        let outcome = grey::make(&wanted).map_err(StillFailure::Decode);
        if replies.send(Reply::Grids { id, outcome }).is_err() {
            return;
        }
    }
}

fn write(mut socket: UnixStream, replies: &Receiver<Reply>, lanes: &Lanes) {
    for reply in replies {
        if let Err(error) = protocol::write(&mut socket, &reply) {
            tracing::debug!(%error, "the server takes no more replies");
            lanes.close();
            // The reader must notice too.
            drop(socket.shutdown(std::net::Shutdown::Both));
            return;
        }
    }
}
