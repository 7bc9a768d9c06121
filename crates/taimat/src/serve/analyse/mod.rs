//! Analysis of what the cameras see: gate, vision worker and tracker joined together, live and from the recording.

mod catch_up;
mod events;
mod live;
mod pace;
mod snapshots;

pub(crate) use catch_up::CatchUp;
pub(crate) use events::EventSink;
pub(crate) use live::LiveAnalysis;
pub(crate) use snapshots::{QUEUE as SNAPSHOT_QUEUE, SnapshotJob, Snapshots};
