//! RTSP sessions with real cameras: connect, authenticate, tolerate, reconnect, probe.
//!
//! [`run`] pulls one stream for as long as it is wanted and turns it into [`StreamEvent`]s; [`probe`] tries a
//! camera once and says what was found. The protocol itself (RTSP 1.0, RFC 2326; RTP, RFC 3550) is
//! [`retina`]'s work; what this crate adds is patience, time ([`StreamClock`]) and plain words.

pub mod clock;
mod stream;

use std::sync::Arc;
use std::time::Duration;

use domain::{Clock, ConnectFailure, ProbeReport, StreamAddress, StreamKind};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

pub use clock::StreamClock;
pub use stream::{Limits, StreamConfig, StreamEvent};

/// Pulls one stream until `shutdown`: connects, delivers, and connects again with exponential back-off and
/// jitter. Waits for room in `out`; returns when `shutdown` is cancelled or `out` is closed, having told the
/// camera (TEARDOWN).
pub async fn run<C: Clock>(
    config: StreamConfig,
    clock: Arc<C>,
    out: mpsc::Sender<StreamEvent>,
    shutdown: CancellationToken,
) {
    let _ = (config, clock, out, shutdown);
    todo!()
}

/// Tries each stream once, for about `limit`, and says what was found, or which stream failed and why.
pub async fn probe(
    streams: &[(StreamKind, StreamAddress)],
    limit: Duration,
) -> Result<ProbeReport, (StreamKind, ConnectFailure)> {
    let _ = (streams, limit);
    todo!()
}
