//! The plan: which points there are, in which order, and which of them stay.

use std::sync::Arc;

use super::constraint::{Constraint, holds};
use super::{Axis, Excluded, Level};
use crate::diagnostics::Diagnostics;
use crate::document::Place;
use crate::spec::study::Method;

/// Points of a plan at most, before constraints.
pub const POINTS_MAX: usize = 200_000;

/// One point of a study.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    /// Its place among all points that stay, from 0.
    pub index: usize,
    /// The level of each axis, in the order of the axes.
    pub coordinates: Vec<Arc<Level>>,
}

/// Points as indices of levels.
pub(super) type Indices = Vec<Vec<u32>>;

/// All points before constraints: of a grid all combinations with the last axis as the fastest, otherwise the first level of
/// each axis, the second of each, and so on. Nothing if there are too many, which is reported.
pub(super) fn all(method: Method, axes: &[Axis], at: Place, out: &mut Diagnostics) -> Indices {
    if method != Method::Grid {
        let count = axes.iter().map(|it| it.levels.len()).min().unwrap_or(0);
        return (0..count).map(|it| vec![it as u32; axes.len()]).collect();
    }
    let count = axes
        .iter()
        .fold(1_usize, |product, it| product.saturating_mul(it.levels.len()));
    if count > POINTS_MAX {
        let parts: Vec<String> = axes.iter().map(|it| it.levels.len().to_string()).collect();
        let message = format!("a grid of {} is more than {POINTS_MAX} points", parts.join(" x "));
        let cure = "take fewer levels, or draw points: `method = \"lhs\"`, `points = 500`";
        out.too_many_points(at, message, cure);
        return Indices::new();
    }
    let mut points = Indices::with_capacity(count);
    let mut next = vec![0_u32; axes.len()];
    for _ in 0..count {
        points.push(next.clone());
        for row in (0..axes.len()).rev() {
            next[row] += 1;
            if (next[row] as usize) < axes[row].levels.len() {
                break;
            }
            next[row] = 0;
        }
    }
    points
}

/// Takes away the points that violate a constraint, and says which did how much.
pub(super) fn constrain(
    points: Indices,
    constraints: &[Constraint<'_>],
    axes: &[Axis],
    out: &mut Diagnostics,
) -> (Indices, Vec<Excluded>) {
    let all = points.len();
    let mut removed = vec![0_usize; constraints.len()];
    let mut violated = vec![false; constraints.len()];
    let mut left = Indices::new();
    for point in points {
        let mut first = None;
        for (row, it) in constraints.iter().enumerate() {
            if !holds(&it.that.value, axes, &point) {
                violated[row] = true;
                first = first.or(Some(row));
            }
        }
        match first {
            Some(row) => removed[row] += 1,
            None => left.push(point),
        }
    }
    for (it, _) in constraints.iter().zip(&violated).filter(|it| all > 0 && !it.1) {
        out.leaves_nothing_out(it.that.at);
    }
    if left.is_empty() && all > 0 {
        let by: Vec<(Place, String, usize)> = constraints
            .iter()
            .zip(&removed)
            .filter(|it| *it.1 > 0)
            .map(|(it, count)| (it.that.at, it.written.name.value.clone(), *count))
            .collect();
        out.no_point_left(all, &by);
    }
    let excluded = constraints.iter().zip(removed).map(|(it, points)| Excluded {
        constraint: it.written.name.value.clone(),
        why: it
            .written
            .it
            .why
            .as_ref()
            .map(|it| it.value.clone())
            .unwrap_or_default(),
        points,
    });
    (left, excluded.collect())
}

/// Points with their levels.
pub(super) fn points(indices: &Indices, axes: &[Axis]) -> Vec<Point> {
    let point = |(index, at): (usize, &Vec<u32>)| Point {
        index,
        coordinates: axes
            .iter()
            .zip(at)
            .map(|(axis, it)| axis.levels[*it as usize].clone())
            .collect(),
    };
    indices.iter().enumerate().map(point).collect()
}

/// The points to look at before anything runs: for each level the first point that has it, the first point and the last.
/// Where levels are drawn, those points at which an axis has its least and its greatest number.
pub(super) fn samples(indices: &Indices, axes: &[Axis]) -> Vec<usize> {
    let Some(last) = indices.len().checked_sub(1) else {
        return Vec::new();
    };
    let mut found = vec![0, last];
    for (row, axis) in axes.iter().enumerate() {
        if axis.drawn {
            let number = |at: &usize| axis.levels[indices[*at][row] as usize].number.unwrap_or(0.0);
            let order = |a: &usize, b: &usize| number(a).total_cmp(&number(b));
            found.extend((0..=last).min_by(order));
            found.extend((0..=last).max_by(order));
            continue;
        }
        let mut seen = vec![false; axis.levels.len()];
        for (at, point) in indices.iter().enumerate() {
            if !core::mem::replace(&mut seen[point[row] as usize], true) {
                found.push(at);
            }
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}
