//! Gate, activity and tracker: pure and deterministic. Time comes in as a value, nothing does I/O.
//!
//! - [`gate`] decides from compressed data alone which access units the vision worker gets to see.
//! - [`activity`] gathers the gate's scores into the rows that the index keeps for all time.
//! - [`tracker`] follows the worker's detections through time, and says which tracks are worth an event.
//!
//! ```text
//! access unit ─▶ Gate::push ─▶ work ─▶ worker ─▶ detections ─▶ Tracker::update ─▶ tracks
//!                  ▲  └─▶ take_activity ─▶ ActivityLog ─▶ minutes            │
//!                  └──────────────── Gate::observe ◀── moving objects, motion ┘
//! ```

pub mod activity;
pub mod gate;
pub mod tracker;

pub use activity::ActivityLog;
pub use gate::{Gate, GateConfig, GateOutput, GopActivity, Look, Reason};
pub use tracker::{LiveTrack, Stillness, Tracker, TrackerConfig, TrackerUpdate};
