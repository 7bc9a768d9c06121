//! Alerts as they reach a person who watches, by server-sent events.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Result, ensure};
use blackbox::Api;
use domain::{Clock, LiveEvent, SystemClock, Timestamp};
use reqwest::Method;

/// Longer than any phase: a watcher stays connected.
const LONGEST: Duration = Duration::from_hours(1);

/// A watcher of live changes. It watches until it is dropped.
pub(crate) struct Watcher {
    latencies: Arc<Mutex<Vec<f64>>>,
    task: tokio::task::JoinHandle<()>,
}

impl Watcher {
    /// Begins to watch events.
    pub(crate) async fn start(api: &Api) -> Result<Self> {
        Self::of(api, |change| match change {
            LiveEvent::EventStarted { event } => Some(event.last_seen),
            _ => None,
        })
        .await
    }

    /// Begins to watch changes of a kind: `picked` says which, and what moment made them.
    pub(crate) async fn of(api: &Api, picked: fn(&LiveEvent) -> Option<Timestamp>) -> Result<Self> {
        let mut response = api.request(Method::GET, "live").timeout(LONGEST).send().await?;
        ensure!(response.status().is_success(), "live changes: {}", response.status());
        let latencies = Arc::new(Mutex::new(Vec::new()));
        let into = Arc::clone(&latencies);
        let task = tokio::spawn(async move {
            let (clock, mut text) = (SystemClock::default(), Vec::new());
            while let Ok(Some(chunk)) = response.chunk().await {
                let now = clock.now();
                text.extend_from_slice(&chunk);
                // An empty line ends each message.
                while let Some(end) = text.windows(2).position(|two| two == b"\n\n") {
                    let message: Vec<u8> = text.drain(..end + 2).collect();
                    if let Some(made) = read(&message).as_ref().and_then(picked) {
                        let latency = now.since(made).as_secs_f64();
                        into.lock().unwrap_or_else(PoisonError::into_inner).push(latency);
                    }
                }
            }
        });
        Ok(Self { latencies, task })
    }

    /// For each change that was announced since the last call, the seconds from the moment that made it until it was
    /// read here.
    pub(crate) fn take(&self) -> Vec<f64> {
        std::mem::take(&mut self.latencies.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The change in a message; `None` where it holds none.
fn read(message: &[u8]) -> Option<LiveEvent> {
    let text = std::str::from_utf8(message).ok()?;
    let data: String = text.lines().filter_map(|line| line.strip_prefix("data:")).collect();
    serde_json::from_str(data.trim()).ok()
}

/// The value that a part of all is not above; not a number where there are none.
pub(crate) fn quantile(mut values: Vec<f64>, part: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let place = (values.len() as f64 * part).ceil() as usize;
    values.get(place.saturating_sub(1)).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_values_that_occur() {
        let values: Vec<f64> = (1..=20).map(f64::from).collect();
        assert!((quantile(values.clone(), 0.95) - 19.0).abs() < 1e-9);
        assert!((quantile(values.clone(), 0.5) - 10.0).abs() < 1e-9);
        assert!((quantile(values, 1.0) - 20.0).abs() < 1e-9);
        assert!(quantile(Vec::new(), 0.5).is_nan());
    }

    #[test]
    fn greetings_and_heartbeats_are_no_changes() {
        assert!(read(b"event: resync\ndata: {}\n\n").is_none());
        assert!(read(b": still here\n\n").is_none());
    }
}
