use domain::{AccessUnit, Detection, GapReason, LookAt, LookCost, SceneView, Searched, Timestamp};

/// One unit for the worker. Units of a feed go in decode order; the first is a key frame.
#[derive(Clone, Debug)]
pub struct Work {
    /// The picture.
    pub unit: AccessUnit,
    /// How to look at it. A unit that is not looked at is only decoded, so that later ones can be.
    pub look: Option<LookAt>,
}

/// What the worker says of a feed. Each unit to be looked at is answered by exactly one `Look` or `Failed`, or
/// lies in a `Lost`.
#[derive(Clone, Debug, PartialEq)]
pub enum VisionReport {
    /// A picture was looked at.
    Look {
        /// Time of the unit.
        time: Timestamp,
        /// What was found, surest first.
        detections: Vec<Detection>,
        /// Where it was searched for.
        searched: Searched,
        /// Share of the picture that changed against its slowly adapting background, 0 to 1.
        motion: f32,
        /// What it showed as a whole.
        view: SceneView,
        /// What it took.
        cost: LookCost,
    },
    /// A picture could not be looked at. Decoding goes on, at the latest with the next key frame.
    Failed {
        /// Time of the unit.
        time: Timestamp,
        /// Why, for a person.
        detail: String,
    },
    /// The worker went away with units of this feed: send the current GOP again, as soon as it is back.
    /// Comes also when nothing was outstanding (`from` equals `to`), for the decoder's state is gone.
    Lost {
        /// Time of the first unit without an answer.
        from: Timestamp,
        /// Time of the last unit sent.
        to: Timestamp,
        /// Why: [`GapReason::WorkerDied`].
        reason: GapReason,
    },
}
