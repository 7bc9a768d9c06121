//! The vote: one class for a track whose detections disagree.

use domain::ObjectClass;

/// A track that is this often seen as a bicycle or motorcycle, by weight, is its rider's, however often the rider
/// alone is seen: nobody on foot is ever taken for one this often.
const RIDER_SHARE: f32 = 0.35;

/// Votes of one track, weighted by the scores.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Vote {
    /// Sum of scores and number of votes, in the order of [`ObjectClass::ALL`].
    classes: [(f32, u32); ObjectClass::ALL.len()],
}

impl Vote {
    pub(super) fn add(&mut self, class: ObjectClass, score: f32) {
        let entry = ObjectClass::ALL.iter().zip(&mut self.classes).find(|(other, _)| **other == class);
        if let Some((_, (weight, votes))) = entry {
            *weight += score;
            *votes = votes.saturating_add(1);
        }
    }

    /// The class, and the mean score of the detections of that class.
    pub(super) fn result(&self) -> (ObjectClass, f32) {
        let all = || ObjectClass::ALL.into_iter().zip(self.classes);
        let heaviest = |only: &dyn Fn(ObjectClass) -> bool| {
            all().filter(|(class, _)| only(*class)).fold((ObjectClass::Person, (0.0, 0)), |most, next| {
                if next.1.0 > most.1.0 { next } else { most }
            })
        };
        let rides = |class| matches!(class, ObjectClass::Bicycle | ObjectClass::Motorcycle);
        let mut winner = heaviest(&|_| true);
        if winner.0 == ObjectClass::Person {
            let ridden: f32 = all().filter(|(class, _)| rides(*class)).map(|(_, (weight, _))| weight).sum();
            let total: f32 = all().map(|(_, (weight, _))| weight).sum();
            if ridden > 0.0 && ridden >= RIDER_SHARE * total {
                winner = heaviest(&rides);
            }
        }
        let (class, (weight, votes)) = winner;
        (class, if votes > 0 { weight / votes as f32 } else { 0.0 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ObjectClass::{Bus, Car, Motorcycle, Person, Truck};

    fn result(votes: &[(ObjectClass, f32)]) -> ObjectClass {
        let mut vote = Vote::default();
        for &(class, score) in votes {
            vote.add(class, score);
        }
        vote.result().0
    }

    #[test]
    fn one_sure_look_outweighs_two_unsure_ones() {
        assert_eq!(result(&[(Car, 0.9), (Truck, 0.3), (Truck, 0.4)]), Car);
        assert_eq!(result(&[(Car, 0.5), (Bus, 0.4), (Bus, 0.4)]), Bus);
    }

    #[test]
    fn a_rider_is_what_he_rides() {
        assert_eq!(result(&[(Person, 0.8), (Motorcycle, 0.6), (Person, 0.3)]), Motorcycle);
        assert_eq!(result(&[(Person, 0.8), (Motorcycle, 0.2), (Person, 0.8)]), Person);
    }

    #[test]
    fn the_score_is_that_of_the_class() {
        let mut vote = Vote::default();
        assert!(vote.result().1.abs() < 1e-6);
        vote.add(Car, 0.8);
        vote.add(Car, 0.6);
        vote.add(Truck, 0.2);
        assert!((vote.result().1 - 0.7).abs() < 1e-6);
    }
}
