//! RTSP sessions with real cameras: connect, authenticate, tolerate, reconnect, probe.
//!
//! [`run`] pulls one stream for as long as it is wanted and turns it into [`StreamEvent`]s; [`probe`] tries a
//! camera once and says what was found; [`find`] looks for the streams of one of which only the host is known, and
//! [`discover`] asks a network who is there. The protocol itself (RTSP 1.0, RFC 2326; RTP, RFC 3550) is
//! [`retina`]'s work; what this crate adds is patience, time ([`StreamClock`]) and plain words.
//!
//! From the camera to the pipeline: `session` opens one RTSP session and yields pictures, sound and sender
//! reports; `delivery` gives them their times, begins with a key frame and tells of damage; `run` does so again
//! and again. `tolerance` names what is forgiven to which cameras, `failure` puts trouble into words.

mod address;
mod advice;
mod ask;
mod backoff;
mod brands;
pub mod clock;
mod delivery;
mod discover;
mod failure;
mod find;
mod meters;
mod parameters;
mod probe;
mod run;
mod session;
mod stream;
mod tolerance;
mod transport;

pub use clock::StreamClock;
pub use discover::{Discovery, discover};
pub use find::{SearchLimits, find};
pub use probe::{Seen, probe, probe_within};
pub use run::run;
pub use stream::{Limits, StreamConfig, StreamEvent};
