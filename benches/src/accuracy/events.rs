//! Events against truth: which objects were found, and which events show an object.

use super::truth::Way;

/// Overlap of boxes from which on an event shows the object.
const OVERLAP: f32 = 0.3;
/// An object that is visible for less than this, in seconds, or lower than this part of the picture, may be missed.
const LEAST_TIME: f64 = 1.0;
const LEAST_HEIGHT: f32 = 0.06;

/// How events compare with the truth.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Comparison {
    /// Objects that should be found.
    pub(crate) objects: usize,
    /// Of these, how many were.
    pub(crate) found: usize,
    /// Events.
    pub(crate) events: usize,
    /// Of these, how many show an object for at least half of their time.
    pub(crate) right: usize,
}

impl Comparison {
    pub(crate) fn recall(&self) -> f64 {
        share(self.found, self.objects)
    }

    pub(crate) fn precision(&self) -> f64 {
        share(self.right, self.events)
    }

    /// Events for each object that was found; 1 where no track was torn.
    pub(crate) fn events_per_object(&self) -> f64 {
        self.right as f64 / self.found as f64
    }
}

fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 { f64::NAN } else { part as f64 / whole as f64 }
}

/// An object is found where one event shows it for a second, or for half of its time where that is shorter.
pub(crate) fn compare(truth: &[Way], events: &[Way], frame_rate: f64) -> Comparison {
    let a_second = frame_rate.round().max(1.0) as usize;
    let found = |way: &&Way| {
        let enough = a_second.min(way.len().div_ceil(2));
        events.iter().any(|event| shared(event, std::slice::from_ref(way)) >= enough)
    };
    let wanted: Vec<&Way> = truth.iter().filter(|way| is_wanted(way, frame_rate)).collect();
    Comparison {
        objects: wanted.len(),
        found: wanted.iter().filter(|way| found(way)).count(),
        events: events.len(),
        right: events.iter().filter(|event| 2 * shared(event, truth) >= event.len()).count(),
    }
}

fn is_wanted(way: &Way, frame_rate: f64) -> bool {
    let mut heights: Vec<f32> = way.values().map(|bounds| bounds.h).collect();
    heights.sort_by(f32::total_cmp);
    way.len() as f64 >= LEAST_TIME * frame_rate
        && heights.get(heights.len() / 2).is_some_and(|height| *height >= LEAST_HEIGHT)
}

/// In how many pictures the event lies on one of the objects.
fn shared(event: &Way, truth: &[Way]) -> usize {
    let on = |frame, bounds: &domain::BoundingBox| {
        truth.iter().filter_map(|way| way.get(frame)).any(|there| there.iou(*bounds) >= OVERLAP)
    };
    event.iter().filter(|(frame, bounds)| on(*frame, bounds)).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::BoundingBox;

    fn way(frames: std::ops::Range<usize>, x: f32) -> Way {
        frames.map(|frame| (frame, BoundingBox { x, y: 0.2, w: 0.1, h: 0.2 })).collect()
    }

    #[test]
    fn torn_tracks_count_once_for_recall() {
        let truth = [way(0..40, 0.1), way(0..40, 0.5), way(0..3, 0.8)];
        let events = [way(0..15, 0.1), way(20..40, 0.1), way(0..40, 0.3), way(0..3, 0.8)];
        let comparison = compare(&truth, &events, 10.0);
        assert_eq!(comparison, Comparison { objects: 2, found: 1, events: 4, right: 3 });
        assert!((comparison.events_per_object() - 3.0).abs() < 1e-9);
    }

    #[test]
    fn a_glimpse_is_no_find() {
        let comparison = compare(&[way(0..40, 0.1)], &[way(0..9, 0.1)], 10.0);
        assert_eq!((comparison.found, comparison.right), (0, 1));
    }
}
