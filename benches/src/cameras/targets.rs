//! The targets, what was reached, and the last line.

use super::block::Block;
use super::burst::Burst;
use super::recall::{Recall, sum};

/// What is reported of all loads.
pub(super) struct Results<'a> {
    /// Loads with sub-streams, rising.
    pub(super) blocks: &'a [Block],
    /// The load without.
    pub(super) without_sub: Option<&'a Block>,
    /// The burst, where it was run.
    pub(super) burst: Option<&'a Burst>,
    /// What was found of reference A's events.
    pub(super) recall: &'a [Recall],
}

impl Results<'_> {
    /// The load that the targets are about: 64 cameras, or the most that did not fall behind.
    fn headline(&self) -> Option<&Block> {
        let kept_up = || self.blocks.iter().filter(|block| !block.analysed.is_behind());
        let wanted = kept_up().find(|block| block.load.cameras() == 64);
        wanted.or_else(|| kept_up().next_back()).or(self.blocks.first())
    }

    /// Bytes that one more camera takes, from the two largest loads that kept up.
    fn marginal_memory(&self) -> Option<f64> {
        let kept_up: Vec<&Block> = self.blocks.iter().filter(|block| !block.analysed.is_behind()).collect();
        let [.., fewer, more] = kept_up.as_slice() else { return None };
        let memory = |block: &Block| block.analysed.window.parts.memory() as f64;
        let cameras = more.load.cameras().checked_sub(fewer.load.cameras()).filter(|more| *more > 0)?;
        Some((memory(more) - memory(fewer)) / cameras as f64)
    }

    /// Prints targets and the last line.
    pub(super) fn print(&self) {
        let Some(block) = self.headline() else { return };
        let found = sum(self.recall.iter().map(|one| one.ours));
        let extra = found.events - found.right;
        let ratios = |pick: fn(&Block) -> f64| {
            let without = self.without_sub.map_or("not run".to_owned(), |block| ratio(pick(block)));
            format!("{} / {without}", ratio(pick(block)))
        };
        let lost = self.lost();
        let idle = block.all.idle;
        println!("\nTargets, with {} cameras", block.load.cameras());
        let row = |name: &str, target: &str, reached: String| println!("{name:<58}{target:>16}  {reached}");
        row("", "target", "reached".to_owned());
        row(
            "analysis CPU to reference A, with / without sub-streams",
            "1/12 / 1/15",
            ratios(Block::ratio_to_whole),
        );
        row("the same to reference B", "1/5 / 1/10", ratios(Block::ratio_to_motion));
        row("everything, of one core", "0.6 for 64", format!("{:.3}", block.analysed.window.core()));
        row("event recall to reference A; extra events", "98 %; 0", format!("{}; {extra}", self.percent()));
        let times = idle / block.recording();
        let core = idle / 36.0;
        row(
            "idle camera, all in: by recording alone; of a core",
            "2; 0.5 %",
            format!("{times:.2}; {core:.2} %"),
        );
        let memory = block.analysed.window.parts.memory() as f64 / block.load.cameras() as f64 / 1e6;
        let more = self.marginal_memory().map_or("-".to_owned(), |bytes| format!("{:.2}", bytes / 1e6));
        row("memory a camera in MB: mean; one camera more", "8", format!("{memory:.2}; {more}"));
        let latency = block.analysed.latency(0.95);
        row("alert latency p95 in seconds", "1", format!("{latency:.2}"));
        row("recorded frames lost", "0", lost.to_string());
        row("pipeline to the bare session", "90 %", "see `bench detect`".to_owned());
        println!(
            "\ncpu ratio to reference A: {} · to B: {} · recall: {} · lost: {lost}",
            ratio(block.ratio_to_whole()),
            ratio(block.ratio_to_motion()),
            self.percent()
        );
    }

    /// Pictures that arrived and are not recorded, in all loads and the burst: overload is no excuse.
    fn lost(&self) -> u64 {
        let blocks = self.blocks.iter().chain(self.without_sub);
        let frames = blocks.flat_map(|block| [&block.recorded.frames, &block.analysed.frames]);
        frames
            .chain(self.burst.map(|burst| &burst.frames))
            .map(|frames| {
                let in_files = frames.sample_received.saturating_sub(frames.sample_in_files);
                frames.lost.max(frames.received.saturating_sub(frames.recorded)).max(in_files)
            })
            .sum()
    }

    fn percent(&self) -> String {
        format!("{:.1} %", 100.0 * sum(self.recall.iter().map(|one| one.ours)).recall())
    }
}

fn ratio(times: f64) -> String {
    format!("1/{times:.1}")
}
