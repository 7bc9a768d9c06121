//! What processes take, as the kernel accounts for it.

use std::time::Duration;

/// Ticks a second of `/proc/PID/stat`: a constant of the Linux interface to programs.
const TICKS: u64 = 100;

/// Processor time and memory of processes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Usage {
    /// Processor time in user and kernel mode.
    pub(crate) cpu: Duration,
    /// Memory in bytes; what is shared with other processes in equal parts (proportional set size).
    pub(crate) memory: u64,
}

impl Usage {
    /// Of all these processes together. A process that is gone counts nothing.
    pub(crate) fn of(processes: &[u32]) -> Self {
        processes.iter().fold(Self::default(), |sum, id| {
            let memory = memory(*id).unwrap_or_default();
            Self { cpu: sum.cpu + cpu(*id).unwrap_or_default(), memory: sum.memory + memory }
        })
    }

    /// Processor time since an earlier look, and memory now.
    pub(crate) fn since(self, earlier: Self) -> Self {
        Self { cpu: self.cpu.saturating_sub(earlier.cpu), ..self }
    }
}

fn cpu(id: u32) -> Option<Duration> {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    // Field 14 and 15 of proc(5), counted from 1; the name before the last parenthesis may hold anything.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let kernel: u64 = fields.next()?.parse().ok()?;
    Some(Duration::from_millis((user + kernel) * 1_000 / TICKS))
}

fn memory(id: u32) -> Option<u64> {
    let rollup = std::fs::read_to_string(format!("/proc/{id}/smaps_rollup")).ok()?;
    let line = rollup.lines().find_map(|line| line.strip_prefix("Pss:"))?;
    let kib: u64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
    Some(kib * 1024)
}
