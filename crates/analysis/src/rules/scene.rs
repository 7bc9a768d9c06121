//! Rules about what a camera shows as a whole: that it stands still, that it is covered or turned, that something moves
//! which the detector does not know.

use std::sync::Arc;
use std::time::Duration;

use domain::{Condition, Measured, Rule, SceneView, Timestamp};

use crate::gate::GopActivity;

/// Score of a GOP that is clearly above what is normal: four robust standard deviations.
const STIR: u8 = 64;
/// A picture with less contrast than this, in steps of brightness, shows nothing: a hand, a bag, paint on the lens.
const LEAST_CONTRAST: f32 = 3.0;
/// A picture that is less like what the camera used to show is another view. On recorded footage, the same view is 0.7 and more
/// like itself with people all over it, and 0.85 by night; one that was turned by a sixth of its width is 0.03 like what it was.
const LEAST_LIKENESS: f32 = 0.2;
/// What was not looked at for so long is not known to have gone on.
const LONGEST_PAUSE: Duration = Duration::from_secs(15);

/// A rule that fired, with no object behind it.
#[derive(Clone, Debug, PartialEq)]
pub struct SceneFired {
    /// The rule.
    pub rule: Arc<Rule>,
    /// When.
    pub at: Timestamp,
    /// What met the rule.
    pub measured: Measured,
}

/// The rules of one camera about what it shows as a whole.
#[derive(Debug, Default)]
pub struct SceneRules {
    watches: Vec<SceneWatch>,
    /// Since when the picture stands still, and shows something else than it should.
    still: Option<Timestamp>,
    amiss: Option<Timestamp>,
    /// Since when GOPs are busy, and when an object was there last.
    stir: Option<Timestamp>,
    object: Option<Timestamp>,
    looked: Option<Timestamp>,
}

/// One rule and what it remembers.
#[derive(Debug)]
struct SceneWatch {
    rule: Arc<Rule>,
    /// Whether it is met now and was told: it is told again only once it was mended.
    told: bool,
    cool_until: Option<Timestamp>,
}

impl SceneRules {
    /// The rules that are on and about the scene. What was known is kept for rules that have not changed.
    #[must_use]
    pub fn new(rules: impl IntoIterator<Item = Arc<Rule>>, mut before: Self) -> Self {
        let mut known = std::mem::take(&mut before.watches);
        let on = rules.into_iter().filter(|rule| rule.spec.enabled && rule.spec.condition.is_about_scene());
        let watch = |rule: Arc<Rule>| {
            let same = |watch: &SceneWatch| watch.rule.id == rule.id && watch.rule.version == rule.version;
            match known.iter().position(same) {
                Some(place) => known.swap_remove(place),
                None => SceneWatch { rule, told: false, cool_until: None },
            }
        };
        Self { watches: on.map(watch).collect(), ..before }
    }

    /// Takes what a look showed, and whether an object was there.
    pub fn look(&mut self, time: Timestamp, view: SceneView, objects: bool) -> Vec<SceneFired> {
        let before = self.looked.replace(time);
        if objects {
            self.object = self.object.max(Some(time));
        }
        let Some(before) = before.filter(|before| time >= *before && time.since(*before) <= LONGEST_PAUSE)
        else {
            self.interrupted();
            return Vec::new();
        };
        // It stands still since the look that it is like.
        self.still = view.unchanged.then(|| self.still.unwrap_or(before));
        let amiss = view.contrast < LEAST_CONTRAST || view.likeness < LEAST_LIKENESS;
        self.amiss = amiss.then(|| self.amiss.unwrap_or(time));
        let (still, amiss) = (self.still, self.amiss);
        self.judge(time, |condition| match condition {
            Condition::Frozen { seconds } => Some((still, *seconds)),
            Condition::Covered { seconds } => Some((amiss, *seconds)),
            _ => None,
        })
    }

    /// Takes how much happened in a GOP, which is known some seconds after it: all looks at it were taken before.
    pub fn gop(&mut self, gop: GopActivity) -> Vec<SceneFired> {
        let since = self.stir.unwrap_or(gop.start);
        let unseen = self.object.is_none_or(|object| object < since);
        self.stir = (gop.score >= STIR && unseen && gop.start >= since).then_some(since);
        let stir = self.stir;
        self.judge(gop.start, |condition| match condition {
            Condition::ActivityWithoutObject { seconds } => Some((stir, *seconds)),
            _ => None,
        })
    }

    /// The camera was away: what lasted then is not known.
    pub fn interrupted(&mut self) {
        (self.still, self.amiss, self.stir) = (None, None, None);
    }

    /// Fires what has lasted for longer than its rule allows, once, until it has ended.
    fn judge(
        &mut self,
        now: Timestamp,
        lasting: impl Fn(&Condition) -> Option<(Option<Timestamp>, f32)>,
    ) -> Vec<SceneFired> {
        let judged = self.watches.iter_mut().filter_map(|watch| {
            let (since, limit) = lasting(&watch.rule.spec.condition)?;
            let spec = &watch.rule.spec;
            let holds = spec.schedule.as_ref().is_none_or(|schedule| schedule.holds(now));
            let lasted = since.map(|since| now.since(since).as_secs_f32());
            let Some(seconds) = lasted.filter(|lasted| holds && *lasted > limit) else {
                watch.told = false;
                return None;
            };
            if std::mem::replace(&mut watch.told, true) || watch.cool_until.is_some_and(|until| now < until) {
                return None;
            }
            let cool_down = Duration::from_secs(u64::from(spec.cool_down_seconds));
            watch.cool_until = (!cool_down.is_zero()).then(|| now + cool_down);
            let measured = Measured { seconds: Some(seconds), ..Measured::default() };
            Some(SceneFired { rule: Arc::clone(&watch.rule), at: now, measured })
        });
        judged.collect()
    }
}
