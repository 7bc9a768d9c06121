//! Where watchers see a stream as it comes in. The stream task puts each picture in and never waits; who watches is
//! shown the group of pictures that goes on first, so that there is something to see at once.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use api::ports::{LiveFeed, LiveVideo};
use domain::{AccessUnit, CameraId, Clock, FailureKind, StreamKind, SystemClock, Timestamp};
use futures::{StreamExt as _, stream};
use tokio::sync::broadcast::{self, error::RecvError};

/// Pictures that a slow watcher may fall behind, before he is shown the next key frame instead.
const BEHIND: usize = 64;
/// A group of pictures larger than this is not kept: who comes waits for the next key frame.
const GROUP_BYTES: usize = 8 << 20;
const GROUP_PICTURES: usize = 1024;

/// One stream as it comes in.
pub(crate) struct Tap {
    now: Mutex<Now>,
    news: broadcast::Sender<LiveVideo>,
}

/// What a watcher who comes now is shown.
#[derive(Default)]
struct Now {
    /// The pictures since the last key frame, with it; none where there are too many.
    group: Vec<AccessUnit>,
    bytes: usize,
    /// Since when the camera is away, and why.
    away: Option<(Timestamp, Option<FailureKind>)>,
}

impl Tap {
    /// Without a picture as yet. `away`: since when the camera is away, where it is.
    pub(crate) fn new(away: Option<Timestamp>) -> Self {
        let now = Mutex::new(Now { away: away.map(|since| (since, None)), ..Now::default() });
        Self { now, news: broadcast::Sender::new(BEHIND) }
    }

    /// Puts a picture in.
    pub(crate) fn picture(&self, unit: &AccessUnit) {
        let mut now = self.lock();
        now.away = None;
        if unit.random_access {
            now.group.clear();
            now.bytes = 0;
        }
        if unit.random_access || !now.group.is_empty() {
            now.bytes += unit.data.len();
            if now.bytes > GROUP_BYTES || now.group.len() >= GROUP_PICTURES {
                now.group = Vec::new();
            } else {
                now.group.push(unit.clone());
            }
        }
        // Nobody may be watching.
        let _ = self.news.send(LiveVideo::Picture(unit.clone()));
    }

    /// The camera went away, or is still away for another reason.
    pub(crate) fn away(&self, at: Timestamp, trouble: Option<FailureKind>) {
        let mut now = self.lock();
        let since = now.away.map_or(at, |(since, _)| since);
        if now.away == Some((since, trouble)) {
            return;
        }
        *now = Now { away: Some((since, trouble)), ..Now::default() };
        let _ = self.news.send(LiveVideo::Offline { since, trouble });
    }

    /// Whether anybody watches.
    pub(crate) fn is_watched(&self) -> bool {
        self.news.receiver_count() > 0
    }

    /// What is to be seen from now on, until the tap is dropped.
    pub(crate) fn feed(&self) -> LiveFeed {
        // Under the lock, so that no picture comes twice or not at all.
        let now = self.lock();
        let group = now.group.iter().cloned().map(LiveVideo::Picture);
        let away = now.away.map(|(since, trouble)| LiveVideo::Offline { since, trouble });
        let first: VecDeque<LiveVideo> = away.into_iter().chain(group).collect();
        let waiting = now.group.is_empty();
        let feed = Feed { first, waiting, news: self.news.subscribe() };
        stream::unfold(feed, |mut feed| async move { Some((feed.next().await?, feed)) }).boxed()
    }

    fn lock(&self) -> MutexGuard<'_, Now> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Feed {
    first: VecDeque<LiveVideo>,
    news: broadcast::Receiver<LiveVideo>,
    /// Nothing can be decoded before the next key frame.
    waiting: bool,
}

impl Feed {
    async fn next(&mut self) -> Option<LiveVideo> {
        if let Some(first) = self.first.pop_front() {
            return Some(first);
        }
        loop {
            match self.news.recv().await {
                Ok(LiveVideo::Picture(unit)) if self.waiting && !unit.random_access => {}
                Ok(news) => {
                    self.waiting = !matches!(news, LiveVideo::Picture(_));
                    return Some(news);
                }
                Err(RecvError::Lagged(_)) => {
                    self.waiting = true;
                    return Some(LiveVideo::Skipped);
                }
                Err(RecvError::Closed) => return None,
            }
        }
    }
}

/// The taps of all streams. They stay while a camera is stopped and started anew, and so do those who watch.
pub(crate) struct Taps {
    clock: Arc<SystemClock>,
    all: Mutex<HashMap<(CameraId, StreamKind), Arc<Tap>>>,
}

impl Taps {
    pub(crate) fn new(clock: Arc<SystemClock>) -> Self {
        Self { clock, all: Mutex::default() }
    }

    /// The tap of a stream, whether it runs or not.
    pub(crate) fn of(&self, camera: CameraId, stream: StreamKind) -> Arc<Tap> {
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(all.entry((camera, stream)).or_insert_with(|| Arc::new(Tap::new(Some(self.clock.now())))))
    }

    /// The camera is gone for good: what its watchers see ends.
    pub(crate) fn remove(&self, camera: CameraId) {
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|(of, _), _| *of != camera);
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use domain::{VideoCodec, VideoParameters};
    use futures::FutureExt as _;

    use super::*;

    fn unit(micros: i64, random_access: bool, bytes: usize) -> AccessUnit {
        let parameters = VideoParameters {
            codec: VideoCodec::H264,
            width: 64,
            height: 64,
            rfc6381: String::new(),
            decoder_configuration: Bytes::new(),
        };
        AccessUnit {
            time: Timestamp::from_micros(micros),
            random_access,
            data: vec![0; bytes].into(),
            parameters: Arc::new(parameters),
        }
    }

    /// What is there to be seen now: times of pictures, or what else there is.
    fn seen(feed: &mut LiveFeed) -> Vec<String> {
        std::iter::from_fn(|| feed.next().now_or_never().flatten())
            .map(|video| match video {
                LiveVideo::Picture(unit) => unit.time.as_micros().to_string(),
                LiveVideo::Skipped => "skipped".to_owned(),
                LiveVideo::Offline { since, .. } => format!("offline since {}", since.as_micros()),
            })
            .collect()
    }

    #[test]
    fn who_comes_later_begins_with_the_key_frame_before() {
        let tap = Tap::new(Some(Timestamp::from_micros(7)));
        let mut early = tap.feed();
        assert_eq!(seen(&mut early), ["offline since 7"]);
        for micros in 0..7 {
            tap.picture(&unit(micros, micros % 5 == 0, 1));
        }
        assert_eq!(seen(&mut early), ["0", "1", "2", "3", "4", "5", "6"]);
        let mut late = tap.feed();
        tap.picture(&unit(7, false, 1));
        assert_eq!(seen(&mut late), ["5", "6", "7"]);
    }

    #[test]
    fn a_slow_watcher_goes_on_at_a_key_frame_and_is_told_so() {
        let tap = Tap::new(None);
        tap.picture(&unit(0, true, 1));
        let mut slow = tap.feed();
        for micros in 1..200 {
            tap.picture(&unit(micros, micros == 195, 1));
        }
        assert_eq!(seen(&mut slow), ["0", "skipped", "195", "196", "197", "198", "199"]);
    }

    #[test]
    fn a_group_too_large_to_keep_is_not_kept() {
        let tap = Tap::new(None);
        tap.picture(&unit(0, true, GROUP_BYTES));
        tap.picture(&unit(1, false, 1));
        let mut feed = tap.feed();
        tap.picture(&unit(2, false, 1));
        assert!(seen(&mut feed).is_empty(), "nothing can be decoded yet");
        tap.picture(&unit(3, true, 1));
        assert_eq!(seen(&mut feed), ["3"]);
    }

    #[test]
    fn an_absence_is_told_once_and_from_its_beginning() {
        let tap = Tap::new(None);
        tap.picture(&unit(0, true, 1));
        let mut feed = tap.feed();
        let trouble = Some(FailureKind::Closed);
        tap.away(Timestamp::from_micros(5), trouble);
        tap.away(Timestamp::from_micros(9), trouble);
        tap.away(Timestamp::from_micros(10), Some(FailureKind::Refused));
        tap.picture(&unit(20, false, 1));
        tap.picture(&unit(21, true, 1));
        assert_eq!(seen(&mut feed), ["0", "offline since 5", "offline since 5", "21"]);
    }
}
