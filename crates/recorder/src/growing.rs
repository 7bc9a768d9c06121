//! Segments that still grow, and those closed last, in memory: what the index does not know yet.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use domain::{CameraId, Segment, StreamKind, Timestamp};

use crate::fragment::Prepared;

/// Closed segments of a stream that are still remembered, for as long as their final rows are on their way.
const REMEMBERED: usize = 2;

#[derive(Debug, Default)]
pub(crate) struct Growing(Mutex<HashMap<(CameraId, StreamKind), Vec<Segment>>>);

impl Growing {
    fn lock(&self) -> MutexGuard<'_, HashMap<(CameraId, StreamKind), Vec<Segment>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn of(&self, camera_id: CameraId, stream: StreamKind) -> Vec<Segment> {
        self.lock().get(&(camera_id, stream)).cloned().unwrap_or_default()
    }

    pub(crate) fn open(&self, segment: Segment) {
        let mut all = self.lock();
        let mine = all.entry((segment.camera_id, segment.stream)).or_default();
        let closed = mine.iter().filter(|segment| segment.closed).count();
        let mut forget = closed.saturating_sub(REMEMBERED);
        mine.retain(|segment| {
            let keep = !segment.closed || forget == 0;
            forget -= usize::from(!keep);
            keep
        });
        mine.push(segment);
    }

    /// A fragment is on disk. Gives the row where it is the first one.
    pub(crate) fn append(
        &self,
        (camera_id, stream, start): (CameraId, StreamKind, Timestamp),
        fragment: &Prepared,
    ) -> Option<Segment> {
        let mut all = self.lock();
        let segment = all.get_mut(&(camera_id, stream))?.iter_mut().rev().find(|own| own.start == start)?;
        let row = fragment.row;
        segment.fragments.0.push(row);
        segment.frames = segment.frames.saturating_add(row.frames.into());
        segment.bytes += u64::from(row.bytes);
        segment.end = segment.end.max(start.plus_micros(fragment.end));
        (segment.fragments.0.len() == 1).then(|| segment.clone())
    }

    /// The segment is complete; gives its final row, or `None` where it holds nothing.
    pub(crate) fn close(
        &self,
        (camera_id, stream, start): (CameraId, StreamKind, Timestamp),
    ) -> Option<Segment> {
        let mut all = self.lock();
        let mine = all.get_mut(&(camera_id, stream))?;
        let place = mine.iter().rposition(|own| own.start == start && !own.closed)?;
        let segment = mine.get_mut(place)?;
        if segment.fragments.0.is_empty() {
            mine.remove(place);
            return None;
        }
        segment.closed = true;
        Some(segment.clone())
    }
}
