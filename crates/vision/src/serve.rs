//! The threads of the worker: one reads requests, some lanes decode and look, one makes stills, one writes
//! replies. All queues between them are bounded, and the end of the socket ends them all.

use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread;
use std::time::Duration;

use anyhow::Context;
use ffmpeg_next::frame;
use vision_client::protocol::{self, ModelInfo, Reply, Request, StillFailure, StillUnits};

use crate::detector::Detector;
use crate::feed::Bench;
use crate::schedule::{Job, Schedule};
use crate::still;

/// Replies that wait to be written.
const REPLIES: usize = 1024;
/// Stills that wait to be made.
const STILLS: usize = 8;
/// How long the work in hand may take after the server has gone.
const PATIENCE: Duration = Duration::from_secs(2);

/// Says that the model is ready, and serves until the server closes the socket.
pub(crate) fn serve(socket: UnixStream, info: ModelInfo, detectors: Vec<Detector>) -> anyhow::Result<()> {
    let mut reading = socket.try_clone().context("cannot share the socket")?;
    let schedule = Arc::new(Schedule::default());
    let (replies, outgoing) = sync_channel(REPLIES);
    let (stills, waiting) = sync_channel(STILLS);
    replies.send(Reply::Ready(info)).context("no place for a reply")?;
    let mut lanes = Vec::new();
    thread::Builder::new().name("writer".to_owned()).spawn({
        let schedule = Arc::clone(&schedule);
        move || write(socket, &outgoing, &schedule)
    })?;
    for (number, detector) in detectors.into_iter().enumerate() {
        let (schedule, replies) = (Arc::clone(&schedule), replies.clone());
        let lane = move || lane(detector, &schedule, &replies);
        lanes.push(thread::Builder::new().name(format!("lane-{number}")).spawn(lane)?);
    }
    thread::Builder::new().name("stills".to_owned()).spawn({
        let replies = replies.clone();
        move || make_stills(&waiting, &replies)
    })?;
    let outcome = read(&mut reading, &schedule, &stills, &replies);
    schedule.close();
    // Work that hangs must not keep an orphan alive.
    thread::spawn(|| {
        thread::sleep(PATIENCE);
        tracing::warn!("the work in hand does not end; aborted");
        std::process::abort();
    });
    for lane in lanes {
        drop(lane.join());
    }
    outcome
}

/// Takes in requests until the socket closes.
fn read(
    socket: &mut UnixStream,
    schedule: &Schedule,
    stills: &SyncSender<(u64, StillUnits)>,
    replies: &SyncSender<Reply>,
) -> anyhow::Result<()> {
    while let Some(request) = protocol::read(socket).context("the server does not make sense")? {
        match request {
            Request::Unit(unit) => schedule.push(unit.feed, Job::Unit(unit)),
            Request::Close { feed } => schedule.push(feed, Job::Close),
            Request::Still { id, still } => {
                if let Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) =
                    stills.try_send((id, still))
                {
                    let busy = Reply::Still { id, outcome: Err(StillFailure::Busy) };
                    replies.send(busy).context("replies are not written any more")?;
                }
            }
        }
    }
    Ok(())
}

/// Decodes and looks, one unit of one feed at a time.
fn lane(mut detector: Detector, schedule: &Schedule, replies: &SyncSender<Reply>) {
    let mut picture = frame::Video::empty();
    let mut answers = Vec::new();
    while let Some(mut turn) = schedule.take() {
        let mut bench = Bench { detector: &mut detector, picture: &mut picture, replies: &mut answers };
        let closed = matches!(turn.job, Job::Close);
        match turn.job {
            Job::Unit(unit) => turn.feed.unit(unit, &mut bench),
            Job::Rest => turn.feed.rest(turn.id, &mut bench),
            Job::Close => {
                turn.feed.rest(turn.id, &mut bench);
                answers.push(Reply::Closed { feed: turn.id });
            }
        }
        for answer in answers.drain(..) {
            if replies.send(answer).is_err() {
                return;
            }
        }
        if closed {
            schedule.forget(turn.id);
        } else {
            schedule.give_back(turn.id, turn.feed);
        }
    }
}

fn make_stills(waiting: &Receiver<(u64, StillUnits)>, replies: &SyncSender<Reply>) {
    for (id, wanted) in waiting {
        let outcome = still::make(&wanted).map_err(StillFailure::Decode);
        if replies.send(Reply::Still { id, outcome }).is_err() {
            return;
        }
    }
}

fn write(mut socket: UnixStream, replies: &Receiver<Reply>, schedule: &Schedule) {
    for reply in replies {
        if let Err(error) = protocol::write(&mut socket, &reply) {
            tracing::debug!(%error, "the server takes no more replies");
            schedule.close();
            // The reader must notice too.
            drop(socket.shutdown(std::net::Shutdown::Both));
            return;
        }
    }
}
