//! What the server says of its analysis: the cost of each camera, and how far results are behind.

use anyhow::{Context, Result};
use blackbox::{Api, list};
use domain::{CameraWatch, WatchCost};

use super::load::{Load, Piece};
use super::site::Site;

/// What the analysis of each camera took so far.
pub(super) async fn costs(site: &Site<'_>) -> Result<Vec<WatchCost>> {
    let mut costs = Vec::new();
    for camera in &site.cameras {
        let answer = site.api().get(&format!("cameras/{}/analysis", camera.id)).await?;
        let watch: CameraWatch = serde_json::from_value(answer).context("the analysis of a camera")?;
        costs.push(watch.total);
    }
    Ok(costs)
}

/// What the cameras that play one piece took.
pub(super) struct Watched {
    /// What they play.
    pub(super) piece: Piece,
    /// How many play it.
    pub(super) cameras: usize,
    /// What all of them took together.
    pub(super) cost: WatchCost,
}

/// What the cameras took between two looks, by what they play.
pub(super) fn between(load: &Load, before: &[WatchCost], after: &[WatchCost]) -> Vec<Watched> {
    let pieces = load.pieces().into_iter();
    let mut watched: Vec<_> =
        pieces.map(|piece| Watched { piece, cameras: 0, cost: WatchCost::default() }).collect();
    for ((player, before), after) in load.players.iter().zip(before).zip(after) {
        let took = WatchCost {
            frames: after.frames.saturating_sub(before.frames),
            decoded: after.decoded.saturating_sub(before.decoded),
            looks: after.looks.saturating_sub(before.looks),
            searches: after.searches.saturating_sub(before.searches),
            whole_searches: after.whole_searches.saturating_sub(before.whole_searches),
            decode_ms: (after.decode_ms - before.decode_ms).max(0.0),
            motion_ms: (after.motion_ms - before.motion_ms).max(0.0),
            detect_ms: (after.detect_ms - before.detect_ms).max(0.0),
            picture_ms: (after.picture_ms - before.picture_ms).max(0.0),
            longest_lag_ms: after.longest_lag_ms,
        };
        for watched in watched.iter_mut().filter(|watched| watched.piece == player.piece) {
            watched.cameras += 1;
            watched.cost.add(&took);
        }
    }
    watched
}

/// What all idle or all active cameras took.
pub(super) fn total(watched: &[Watched], active: bool) -> WatchCost {
    let mut total = WatchCost::default();
    for one in watched.iter().filter(|one| one.piece.active == active) {
        total.add(&one.cost);
    }
    total
}

/// A histogram of the server's metrics, of all cameras together.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Histogram {
    /// Upper bounds, rising, each with how many values are not above it.
    buckets: Vec<(f64, f64)>,
}

impl Histogram {
    /// How far results are behind, in seconds.
    pub(super) async fn lag(api: &Api) -> Result<Self> {
        let (_, bytes) = api.bytes("/metrics").await?;
        Ok(Self::read(&String::from_utf8_lossy(&bytes), "taimat_analysis_lag_seconds"))
    }

    fn read(metrics: &str, name: &str) -> Self {
        let prefix = format!("{name}_bucket{{");
        let mut buckets: Vec<(f64, f64)> = Vec::new();
        for line in metrics.lines().filter(|line| line.starts_with(&prefix)) {
            let bound = line.split_once("le=\"").and_then(|(_, rest)| rest.split('"').next());
            let bound = bound.and_then(|bound| bound.parse::<f64>().ok());
            let count = line.rsplit_once(' ').and_then(|(_, count)| count.parse::<f64>().ok());
            let Some((bound, count)) = bound.zip(count) else { continue };
            match buckets.iter_mut().find(|(known, _)| known.total_cmp(&bound).is_eq()) {
                Some((_, sum)) => *sum += count,
                None => buckets.push((bound, count)),
            }
        }
        buckets.sort_by(|a, b| a.0.total_cmp(&b.0));
        Self { buckets }
    }

    /// What was added since an earlier look.
    pub(super) fn since(&self, earlier: &Self) -> Self {
        let before = |bound: f64| {
            let found = earlier.buckets.iter().find(|(known, _)| known.total_cmp(&bound).is_eq());
            found.map_or(0.0, |(_, count)| *count)
        };
        let buckets = self.buckets.iter().map(|(bound, count)| (*bound, count - before(*bound)));
        Self { buckets: buckets.collect() }
    }

    /// The value that a part of all is not above, as far as the buckets tell: evenly spread within each.
    pub(super) fn quantile(&self, part: f64) -> f64 {
        let all = self.buckets.last().map_or(0.0, |(_, count)| *count);
        let wanted = all * part;
        let mut from = (0.0, 0.0);
        for &(bound, count) in &self.buckets {
            if count >= wanted && all > 0.0 {
                let share = if count > from.1 { (wanted - from.1) / (count - from.1) } else { 1.0 };
                return if bound.is_finite() { from.0 + (bound - from.0) * share } else { f64::INFINITY };
            }
            from = (bound, count);
        }
        f64::NAN
    }
}

/// How many stretches analysis left out because it could not keep up, so far.
pub(super) async fn overload_gaps(api: &Api) -> Result<u64> {
    Ok(api.metric("taimat_analysis_gaps_total", &["reason=\"overload\""]).await? as u64)
}

/// Events of all cameras, by the page: for each the camera that saw it.
pub(super) async fn events(api: &Api, range: &str) -> Result<Vec<String>> {
    let mut cameras = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = api.get(&format!("events?{range}&limit=1000{cursor}")).await?;
        for event in list(&page, "/items")? {
            cameras.push(blackbox::text(&event, "/camera_id")?);
        }
        match page.get("next_cursor").and_then(serde_json::Value::as_str) {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return Ok(cameras),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_histogram_is_read_and_compared() {
        let at = |a: u32, b: u32, all: u32| {
            format!(
                "x_lag_bucket{{camera=\"1\",le=\"0.1\"}} {a}\nx_lag_bucket{{camera=\"1\",le=\"0.5\"}} {b}\n\
                 x_lag_bucket{{camera=\"1\",le=\"+Inf\"}} {all}\nx_lag_sum{{camera=\"1\"}} 3\n\
                 x_lag_bucket{{camera=\"2\",le=\"0.1\"}} 0\nx_lag_bucket{{camera=\"2\",le=\"0.5\"}} 0\n"
            )
        };
        let (before, after) =
            (Histogram::read(&at(5, 5, 5), "x_lag"), Histogram::read(&at(15, 25, 25), "x_lag"));
        let between = after.since(&before);
        assert!((between.quantile(0.5) - 0.1).abs() < 1e-9);
        assert!((between.quantile(0.75) - 0.3).abs() < 1e-9);
        assert!(Histogram::read(&at(0, 0, 5), "x_lag").quantile(0.5).is_infinite());
        assert!(Histogram::default().quantile(0.5).is_nan());
    }
}
