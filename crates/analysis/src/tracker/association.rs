//! Association: which detection belongs to which track.

use domain::ObjectClass;
use pathfinding::kuhn_munkres::kuhn_munkres;
use pathfinding::matrix::Matrix;

/// Similarities are compared in steps of this: the Hungarian algorithm wants whole numbers.
const STEPS: f32 = 1e6;

/// Pairs rows with columns so that the similarities above `least` add up to the most (Hungarian algorithm).
/// A pair below `least` is never made.
pub(super) fn assign(
    rows: usize,
    columns: usize,
    least: f32,
    similarity: impl Fn(usize, usize) -> f32,
) -> Vec<(usize, usize)> {
    let mut weights = Vec::with_capacity(rows * columns);
    for row in 0..rows {
        for column in 0..columns {
            let surplus = similarity(row, column) - least;
            weights.push(if surplus >= 0.0 { (surplus * STEPS) as i64 + 1 } else { 0 });
        }
    }
    // Most rows and columns of a street scene have no possible partner: leave them out of the cubic part.
    let weight = |row: usize, column: usize| weights.get(row * columns + column).copied().unwrap_or(0);
    let rows: Vec<usize> =
        (0..rows).filter(|&row| (0..columns).any(|column| weight(row, column) > 0)).collect();
    let columns: Vec<usize> =
        (0..columns).filter(|&column| rows.iter().any(|&row| weight(row, column) > 0)).collect();
    if rows.is_empty() {
        return Vec::new();
    }
    // The algorithm wants at least as many columns as rows; those added pair with nothing.
    let width = rows.len().max(columns.len());
    let padded = rows.iter().flat_map(|&row| {
        let columns = &columns;
        (0..width).map(move |column| columns.get(column).map_or(0, |&column| weight(row, column)))
    });
    let Ok(matrix) = Matrix::from_vec(rows.len(), width, padded.collect()) else {
        return Vec::new();
    };
    let (_, partners) = kuhn_munkres(&matrix);
    rows.iter()
        .zip(partners)
        .filter_map(|(&row, partner)| columns.get(partner).map(|&column| (row, column)))
        .filter(|&(row, column)| weight(row, column) > 0)
        .collect()
}

/// What to take from the overlap of two boxes for what they show: a detector takes a truck for a bus, or a rider
/// for a motorcycle, from one frame to the next, but hardly a person for a car.
pub(super) fn class_penalty(a: ObjectClass, b: ObjectClass) -> f32 {
    match (kind(a), kind(b)) {
        _ if a == b => 0.0,
        (Kind::Large, Kind::Large) => 0.05,
        (Kind::Walker, Kind::Rider) | (Kind::Rider, Kind::Walker | Kind::Rider) => 0.1,
        (Kind::Rider, Kind::Large) | (Kind::Large, Kind::Rider) => 0.25,
        (Kind::Walker | Kind::Large, Kind::Walker | Kind::Large) => 0.4,
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Walker,
    Rider,
    Large,
}

fn kind(class: ObjectClass) -> Kind {
    match class {
        ObjectClass::Person => Kind::Walker,
        ObjectClass::Bicycle | ObjectClass::Motorcycle => Kind::Rider,
        ObjectClass::Car | ObjectClass::Bus | ObjectClass::Truck => Kind::Large,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_sum_counts_not_the_single_best() {
        let similarity = [[0.9, 0.8], [0.8, 0.1]];
        assert_eq!(assign(2, 2, 0.0, |row, column| similarity[row][column]), vec![(0, 1), (1, 0)]);
    }

    #[test]
    fn a_pair_below_the_least_is_not_made_even_where_it_is_the_only_one() {
        assert_eq!(assign(1, 1, 0.2, |_, _| 0.19), vec![]);
        assert_eq!(assign(1, 1, 0.2, |_, _| 0.2), vec![(0, 0)]);
        assert_eq!(assign(0, 3, 0.2, |_, _| 1.0), vec![]);
    }

    /// Every way to pair what is left, tried out.
    fn best(similarity: &[Vec<f32>], row: usize, used: &mut Vec<usize>, least: f32) -> f32 {
        if row == similarity.len() {
            return 0.0;
        }
        let mut most = best(similarity, row + 1, used, least);
        for column in 0..similarity[row].len() {
            if similarity[row][column] >= least && !used.contains(&column) {
                used.push(column);
                most = most.max(similarity[row][column] - least + best(similarity, row + 1, used, least));
                used.pop();
            }
        }
        most
    }

    proptest! {
        #[test]
        fn as_good_as_trying_everything(
            (columns, similarity) in (1usize..5).prop_flat_map(|columns| {
                (Just(columns), prop::collection::vec(prop::collection::vec(0f32..1.0, columns), 0..5))
            }),
            least in 0f32..0.9,
        ) {
            let pairs = assign(similarity.len(), columns, least, |row, column| similarity[row][column]);
            let mut rows: Vec<_> = pairs.iter().map(|pair| pair.0).collect();
            let mut taken: Vec<_> = pairs.iter().map(|pair| pair.1).collect();
            rows.dedup();
            taken.sort_unstable();
            taken.dedup();
            prop_assert_eq!((rows.len(), taken.len()), (pairs.len(), pairs.len()));
            let sum: f32 = pairs.iter().map(|&(row, column)| similarity[row][column] - least).sum();
            prop_assert!((sum - best(&similarity, 0, &mut Vec::new(), least)).abs() < 1e-4);
        }
    }
}
