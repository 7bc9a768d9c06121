//! Per-minute rows of activity: an answer to "did anything move here?" where nothing was detected.

use domain::{ActivityMinute, CameraId, Timestamp};

use crate::gate::GopActivity;

/// GOPs that begin closer together than this share one score, so that an all-intra stream costs no more rows.
const CLOSEST: i64 = 500_000;

/// Gathers the scores of one camera's GOPs into minutes.
#[derive(Debug)]
pub struct ActivityLog {
    camera_id: CameraId,
    open: Option<ActivityMinute>,
}

impl ActivityLog {
    /// An empty log of a camera.
    #[must_use]
    pub fn new(camera_id: CameraId) -> Self {
        Self { camera_id, open: None }
    }

    /// Takes one GOP's score; gives the minute before it once it is over.
    ///
    /// Each minute is given once, unless time goes back into it.
    pub fn push(&mut self, gop: GopActivity) -> Option<ActivityMinute> {
        let minute = gop.start.minute();
        let mut over = None;
        if self.open.as_ref().is_some_and(|open| open.minute != minute) {
            over = self.open.take();
        }
        let camera_id = self.camera_id;
        let open = self.open.get_or_insert_with(|| ActivityMinute { camera_id, minute, scores: Vec::new() });
        add(&mut open.scores, minute, gop);
        over
    }

    /// Gives the minute that is not over yet, when the stream ends.
    pub fn finish(&mut self) -> Option<ActivityMinute> {
        self.open.take()
    }
}

/// Adds a score in the order of time.
fn add(scores: &mut Vec<(u16, u8)>, minute: Timestamp, gop: GopActivity) {
    let millis = |micros: i64| u16::try_from(micros / 1000).unwrap_or(u16::MAX);
    let at = millis(gop.start.micros_since(minute));
    let closest = millis(CLOSEST);
    let place = scores.partition_point(|(other, _)| *other <= at);
    let neighbour = place.checked_sub(1).and_then(|before| scores.get_mut(before));
    match neighbour {
        Some((before, score)) if at - *before < closest => *score = (*score).max(gop.score),
        _ => scores.insert(place, (at, gop.score)),
    }
}
