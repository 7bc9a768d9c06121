//! Gate, activity and tracker: pure and deterministic. Time comes in as a value, nothing does I/O.
//!
//! - [`gate`] decides from compressed data alone which access units the vision worker gets to see.
//! - [`tracker`] follows the worker's detections through time, and says which tracks are worth an event.
//! - [`watch`] joins the two: where to look next depends on what is followed.
//! - [`rules`] says which rules fire for what is followed.
//! - [`activity`] gathers the gate's scores into the rows that the index keeps for all time.
//! - [`moved`] tells from key frames whether anything moved in a part of the picture.
//! - [`watch_log`] keeps what a camera cost, and why.
//!
//! ```text
//! access unit ─▶ Watch::push ─▶ work, where to look ─▶ worker ─▶ detections ─▶ Watch::observe ─▶ tracks
//! ```

pub mod activity;
pub mod gate;
pub mod moved;
pub mod rules;
pub mod tracker;
pub mod watch;
pub mod watch_log;

pub use activity::ActivityLog;
pub use gate::{Gate, GateConfig, GateOutput, GopActivity, Look};
pub use moved::{Moment, Moments, Movement, Sensitivity};
pub use rules::{Fired, RuleEngine, Sighting};
pub use tracker::{Attention, LiveTrack, Stillness, Tracker, TrackerConfig, TrackerUpdate};
pub use watch::{Seen, Watch, WatchConfig, WatchOutput};
pub use watch_log::WatchLog;
