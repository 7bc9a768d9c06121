//! The rules that hold now, by place, kept in memory: a rule must fire whether or not the database answers.

use std::collections::HashMap;
use std::sync::Arc;

use api::ports::RulePort;
use domain::{
    Camera, CameraId, Likeness, Measured, Place, PlaceId, QuietSpot, QuietSpotId, Rule, Timestamp, quiet,
};
use index::{Index, Visibility};
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;

use crate::serve::kept::keep;

/// Which rules hold at which place: its own, and those of the places above; and what cameras are quiet about.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct RuleBook {
    by_place: HashMap<PlaceId, Vec<Arc<Rule>>>,
    quiet: HashMap<CameraId, Vec<(QuietSpotId, Likeness)>>,
}

impl RuleBook {
    fn new(rules: Vec<Rule>, places: &[Place]) -> Self {
        let parents: HashMap<PlaceId, Option<PlaceId>> =
            places.iter().map(|place| (place.id, place.parent_id)).collect();
        let mut own: HashMap<PlaceId, Vec<Arc<Rule>>> = HashMap::new();
        for rule in rules {
            own.entry(rule.place_id).or_default().push(Arc::new(rule));
        }
        let of = |place: &Place| {
            // No deeper than there are places, however the tree was damaged.
            let chain = std::iter::successors(Some(place.id), |id| parents.get(id).copied().flatten());
            let all = chain.take(parents.len()).filter_map(|id| own.get(&id)).flatten().cloned().collect();
            (place.id, all)
        };
        let by_place = places.iter().map(of).filter(|(_, rules): &(_, Vec<_>)| !rules.is_empty()).collect();
        Self { by_place, quiet: HashMap::new() }
    }

    /// Takes in what cameras have learnt from so many dismissals.
    fn keep_quiet(mut self, spots: &[QuietSpot], after: u32) -> Self {
        for spot in spots.iter().filter(|spot| spot.active_since(after).is_some()) {
            if let Some(likeness) = spot.likeness() {
                self.quiet.entry(spot.camera_id).or_default().push((spot.id, likeness));
            }
        }
        self
    }

    /// The spot that keeps a firing from the officers, if one does: never an alarm, nor what no object is behind.
    pub(crate) fn quiet(
        &self,
        camera: CameraId,
        rule: &Rule,
        measured: &Measured,
        at: Timestamp,
    ) -> Option<QuietSpotId> {
        let spots = self.quiet.get(&camera)?;
        let object = quiet::suspect(rule, measured, at)?;
        spots.iter().find(|(_, known)| known.distance(&object).is_some()).map(|(spot, _)| *spot)
    }

    /// The rules that hold at a camera.
    pub(crate) fn of(&self, camera: &Camera) -> impl Iterator<Item = Arc<Rule>> + '_ {
        let id = camera.id;
        let here = self.by_place.get(&camera.place_id).into_iter().flatten();
        here.filter(move |rule| rule.spec.cameras.is_empty() || rule.spec.cameras.contains(&id)).cloned()
    }
}

/// Where the rules of now are read. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Rules(watch::Receiver<Arc<RuleBook>>);

impl Rules {
    /// The rules, if they have changed since this was asked last.
    pub(crate) fn changed(&mut self) -> Option<Arc<RuleBook>> {
        self.0.has_changed().unwrap_or(false).then(|| Arc::clone(&self.0.borrow_and_update()))
    }

    /// The same for somebody who has asked for nothing yet.
    pub(crate) fn afresh(&self) -> Self {
        let mut rules = self.clone();
        rules.0.mark_changed();
        rules
    }
}

/// Keeps the rules in memory equal to the stored ones.
pub(crate) struct RuleKeeper {
    index: Index,
    book: watch::Sender<Arc<RuleBook>>,
    changed: Arc<Notify>,
    /// Dismissals after which a camera is quiet; 0: never.
    quiet_after: u32,
    stop: CancellationToken,
}

/// The door to the keeper for the API.
pub(crate) struct RuleDoor(Arc<Notify>);

impl RulePort for RuleDoor {
    fn rules_changed(&self) {
        self.0.notify_one();
    }
}

impl RuleKeeper {
    /// A keeper, where its rules are read, and the API's door to it.
    pub(crate) fn new(index: Index, quiet_after: u32, stop: CancellationToken) -> (Self, Rules, RuleDoor) {
        let (book, reader) = watch::channel(Arc::default());
        let changed = Arc::new(Notify::new());
        let door = RuleDoor(Arc::clone(&changed));
        (Self { index, book, changed, quiet_after, stop }, Rules(reader), door)
    }

    /// Works until the server stops.
    pub(crate) async fn run(self) {
        keep("rules", &self.book, &self.changed, &self.stop, || self.read()).await;
    }

    async fn read(&self) -> index::Result<RuleBook> {
        let rules = self.index.rules(&Visibility::All).await?;
        let book = RuleBook::new(rules, &self.index.places(&Visibility::All).await?);
        Ok(book.keep_quiet(&self.index.quiet_spots().await?, self.quiet_after))
    }
}

#[cfg(test)]
mod tests {
    use domain::{
        BoundingBox, DismissReason, FiringId, Lesson, ObjectClass, PlaceKind, ReviewItemId, RuleId, RuleSpec,
        Severity, Transport,
    };

    use super::*;

    fn place(id: PlaceId, parent_id: Option<PlaceId>) -> Place {
        Place {
            id,
            parent_id,
            kind: PlaceKind::Hamlet,
            name: "Tổ 5".to_owned(),
            former_names: Vec::new(),
            point: None,
            merged_into: None,
            created_at: Timestamp::default(),
            version: 1,
        }
    }

    fn rule(place_id: PlaceId, cameras: &[CameraId]) -> Rule {
        let text = r#"{"name": "Đêm", "severity": "alert", "condition": {"type": "appears"}}"#;
        let spec: RuleSpec = serde_json::from_str(text).unwrap();
        let spec = RuleSpec { cameras: cameras.to_vec(), ..spec };
        Rule { id: RuleId::generate(), place_id, spec, created_at: Timestamp::default(), version: 1 }
    }

    fn camera(place_id: PlaceId) -> Camera {
        Camera {
            id: CameraId::generate(),
            name: "Cổng".to_owned(),
            place_id,
            point: None,
            bearing: None,
            main_url: "rtsp://10.0.0.2/main".parse().unwrap(),
            sub_url: None,
            transport: Transport::Auto,
            has_credentials: false,
            enabled: true,
            analysed: true,
            folder: "cong".to_owned(),
            keep_days: None,
            keep_bytes: None,
            created_at: Timestamp::default(),
            version: 1,
        }
    }

    #[test]
    fn a_camera_has_the_rules_of_its_place_and_of_those_above_that_do_not_name_others() {
        let [province, commune, other] = [(); 3].map(|()| PlaceId::generate());
        let places = [place(province, None), place(commune, Some(province)), place(other, Some(province))];
        let (here, there) = (camera(commune), camera(other));
        let rules =
            [rule(province, &[]), rule(commune, &[]), rule(commune, &[here.id]), rule(province, &[there.id])];
        let book = RuleBook::new(rules.to_vec(), &places);
        let of = |camera: &Camera| book.of(camera).map(|rule| rule.id).collect::<Vec<_>>();
        assert_eq!(of(&here), [rules[1].id, rules[2].id, rules[0].id]);
        assert_eq!(of(&there), [rules[0].id, rules[3].id]);
        assert_eq!(of(&camera(PlaceId::generate())), []);
    }

    #[test]
    fn what_was_dismissed_often_enough_is_kept_quiet_and_never_an_alarm() {
        let place = PlaceId::generate();
        let camera = camera(place);
        let bounds = BoundingBox { x: 0.2, y: 0.2, w: 0.1, h: 0.2 };
        let at = Timestamp::from_micros(1_795_000_000_000_000);
        let lesson = Lesson {
            item_id: ReviewItemId::generate(),
            firing_id: FiringId::generate(),
            event_id: None,
            taught_at: at,
            at,
            bounds,
            reason: DismissReason::LeavesOrShadow,
        };
        let (id, class) = (QuietSpotId::generate(), ObjectClass::Person);
        let spot = QuietSpot { id, camera_id: camera.id, class, lessons: vec![lesson; 3] };
        let book = |after| RuleBook::new(Vec::new(), &[]).keep_quiet(std::slice::from_ref(&spot), after);
        let alert = rule(place, &[]);
        let seen = Measured { class: Some(ObjectClass::Person), bounds: Some(bounds), ..Measured::default() };
        assert_eq!(book(3).quiet(camera.id, &alert, &seen, at), Some(id));
        assert_eq!(book(4).quiet(camera.id, &alert, &seen, at), None, "too few");
        assert_eq!(book(0).quiet(camera.id, &alert, &seen, at), None, "switched off");
        assert_eq!(book(3).quiet(CameraId::generate(), &alert, &seen, at), None);
        assert_eq!(book(3).quiet(camera.id, &alert, &Measured::default(), at), None, "no object");
        let mut alarm = alert;
        alarm.spec.severity = Severity::Alarm;
        assert_eq!(book(3).quiet(camera.id, &alarm, &seen, at), None);
    }

    #[test]
    fn a_tree_that_bites_its_tail_is_climbed_once() {
        let [one, two] = [(); 2].map(|()| PlaceId::generate());
        let book = RuleBook::new(vec![rule(one, &[])], &[place(one, Some(two)), place(two, Some(one))]);
        assert_eq!(book.of(&camera(one)).count(), 1);
    }
}
