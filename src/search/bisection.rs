//! The bisection itself: over places in an order, with an oracle that tells sides. It knows nothing of runs.

use super::side::Side;

/// What a search found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// Between these two places: the last one surely on the side of the first, and the first one surely on the side of the last.
    Between(usize, usize),
    /// Both ends are on this side.
    Nowhere(Side),
    /// An end is not clear, so there is nothing to bisect: the first or the last.
    UnclearEnd(usize),
}

/// Searches `count` places (at least 2) from 0 on. `side` is asked for each place at most once.
pub fn search<E>(count: usize, mut side: impl FnMut(usize) -> Result<Side, E>) -> Result<Found, E> {
    assert!(count >= 2, "a search needs two places");
    let (first, last) = (side(0)?, side(count - 1)?);
    for (place, end) in [(0, first), (count - 1, last)] {
        if end == Side::Unclear {
            return Ok(Found::UnclearEnd(place));
        }
    }
    if first == last {
        return Ok(Found::Nowhere(first));
    }
    // Everything below `low` is taken for the first side, everything above `high` for the last.
    let (mut low, mut high) = (0, count - 1);
    // Between these, if there are any, places are unclear.
    let mut unclear: Option<(usize, usize)> = None;
    loop {
        let place = match unclear {
            None if high - low > 1 => low.midpoint(high),
            Some((from, _)) if from - low > 1 => low.midpoint(from),
            Some((_, to)) if high - to > 1 => to.midpoint(high),
            _ => return Ok(Found::Between(low, high)),
        };
        let found = side(place)?;
        if found == first {
            // What was unclear below it was so by chance.
            low = place;
            unclear = unclear.filter(|it| it.0 > low);
        } else if found == last {
            high = place;
            unclear = unclear.filter(|it| it.1 < high);
        } else {
            unclear = Some(unclear.map_or((place, place), |it| (it.0.min(place), it.1.max(place))));
        }
    }
}

/// Where a share is crossed, from the shares found at some places: they are first made to only grow or only fall, neighbours that do
/// not being replaced by their mean (weighted by runs), then a line is drawn between the two around the crossing. Gives a place
/// between places. `None` if it is not crossed.
///
/// Source: pool adjacent violators; R. E. Barlow et al., *Statistical Inference under Order Restrictions* (1972), 1.2.
pub fn crossing(found: &[(usize, u64, u64)], share: f64, grows: bool) -> Option<f64> {
    let mut found: Vec<(usize, u64, u64)> = found.to_vec();
    found.sort_by_key(|it| it.0);
    // Blocks of places: held, runs, how many places.
    let mut blocks: Vec<(f64, f64, usize)> = Vec::new();
    for (_, held, runs) in &found {
        let held = if grows { *held } else { runs - held };
        blocks.push((held as f64, *runs as f64, 1));
        while let [.., (a, n, k), (b, m, l)] = blocks[..]
            && a / n > b / m
        {
            blocks.truncate(blocks.len() - 2);
            blocks.push((a + b, n + m, k + l));
        }
    }
    let share = if grows { share } else { 1.0 - share };
    let fitted = blocks
        .iter()
        .flat_map(|(held, runs, places)| std::iter::repeat_n(held / runs, *places));
    let points: Vec<(f64, f64)> = found.iter().map(|it| it.0 as f64).zip(fitted).collect();
    let after = points.iter().position(|it| it.1 > share)?;
    let ((x0, y0), (x1, y1)) = (*points.get(after.checked_sub(1)?)?, points[after]);
    Some(x0 + (x1 - x0) * (share - y0) / (y1 - y0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Places below `a` are below, above `b` above, between them unclear.
    fn oracle(a: usize, b: usize, falls: bool) -> impl FnMut(usize) -> Result<Side, ()> {
        let mut asked = Vec::new();
        move |place| {
            assert!(!asked.contains(&place), "{place} was asked twice");
            asked.push(place);
            assert!(asked.len() <= 2 + 2 * 10, "too many questions");
            Ok(match (place < a, place > b, falls) {
                (true, _, false) | (_, true, true) => Side::Below,
                (_, true, false) | (true, _, true) => Side::Above,
                _ => Side::Unclear,
            })
        }
    }

    proptest! {
        #[test]
        fn what_is_clear_is_found_and_nothing_is_asked_twice(a in 1usize..999, width in 0usize..500, falls: bool) {
            let b = (a + width).min(998);
            prop_assert_eq!(search(1000, oracle(a, b, falls)), Ok(Found::Between(a - 1, b + 1)));
        }
    }

    #[test]
    fn ends_on_one_side_and_unclear_ends_are_told() {
        assert_eq!(search(10, oracle(20, 20, false)), Ok(Found::Nowhere(Side::Below)));
        assert_eq!(search(10, oracle(20, 20, true)), Ok(Found::Nowhere(Side::Above)));
        assert_eq!(search(10, oracle(0, 4, false)), Ok(Found::UnclearEnd(0)));
        assert_eq!(search(10, oracle(5, 9, false)), Ok(Found::UnclearEnd(9)));
        assert_eq!(search(2, oracle(1, 0, false)), Ok(Found::Between(0, 1)));
    }

    #[test]
    fn the_crossing_lies_on_a_line_between_what_was_found() {
        assert_eq!(crossing(&[(10, 0, 10), (20, 10, 10)], 0.5, true), Some(15.0));
        assert_eq!(crossing(&[(20, 0, 10), (10, 10, 10)], 0.25, false), Some(17.5));
        // 6 of 10 before 4 of 10: both count as 5 of 10.
        let noisy = [(0, 0, 10), (10, 6, 10), (20, 4, 10), (30, 10, 10)];
        assert_eq!(crossing(&noisy, 0.75, true), Some(25.0));
        assert_eq!(crossing(&[(0, 0, 10), (10, 1, 10)], 0.5, true), None);
    }
}
