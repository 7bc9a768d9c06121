//! Processor time: what a step takes of the thread that does it, whatever else the machine is busy with.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// Processor time of this thread.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stopwatch(Duration);

impl Stopwatch {
    /// Starts to measure.
    pub(crate) fn start() -> Self {
        Self(now())
    }

    /// What was spent since the start.
    pub(crate) fn spent(self) -> Duration {
        now().saturating_sub(self.0)
    }
}

/// Processor time of this thread since it began.
fn now() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(u64::try_from(time.tv_sec).unwrap_or(0), u32::try_from(time.tv_nsec).unwrap_or(0))
}

/// In microseconds, as messages carry it.
pub(crate) fn micros(time: Duration) -> u32 {
    u32::try_from(time.as_micros()).unwrap_or(u32::MAX)
}
