//! The vision worker seen from the server: messages, spawning, feeding, supervision.
//!
//! [`Vision::start`] runs `taimat-vision` as a child process and keeps it running. Each analysed stream opens
//! a [`VisionFeed`], sends its access units, and receives [`VisionReport`]s. The worker holds no truth: when it
//! dies, every feed is told what was lost and sends its current GOP again.
//!
//! Nothing here waits for ever and no queue grows without bound. A feed may have a limited number of units and
//! bytes with the worker, and a unit counts until its report has been *taken* from the channel, so a slow
//! consumer meets [`FeedError::Full`] and no report is ever dropped.
//!
//! A [`Transcoder`] is another process of the same program, for one stream or one piece of a recording.

mod config;
mod error;
mod feed;
mod grid;
mod ledger;
mod process;
pub mod protocol;
mod report;
mod shared;
mod still;
mod supervisor;
mod transcoder;
mod vision;
mod worker;

pub use config::VisionConfig;
pub use error::{FeedError, StillError, VisionError};
pub use feed::VisionFeed;
pub use grid::GridRequest;
pub use report::{VisionReport, Work};
pub use still::{Still, StillRequest};
pub use transcoder::{TranscodeError, Transcoder, TranscoderConfig, TranscoderInput, TranscoderOutput};
pub use vision::Vision;

pub use protocol::ModelInfo;
