//! Isolation by sharding: how many customers share workers, and how busy what is left is after a loss.
//!
//! Sources: C. MacCárthaigh, "Workload isolation using shuffle-sharding", and B. Weiss, M. Furr, "Static stability using
//! Availability Zones", both Amazon Builders' Library (2019).

/// How many shards of `size` out of `workers` there are: the binomial coefficient.
pub fn shards(workers: u32, size: u32) -> f64 {
    if size > workers {
        return 0.0;
    }
    // Whole at every step, and exact as long as it is below 2^53.
    (1..=size.min(workers - size)).fold(1.0, |product, k| {
        product * f64::from(workers - size.min(workers - size) + k) / f64::from(k)
    })
}

/// The share of other customers that have exactly `shared` of their `size` workers in common with one of them.
pub fn overlap(workers: u32, size: u32, shared: u32) -> f64 {
    assert!(
        (1..=workers).contains(&size),
        "at least one worker, and no more than there are"
    );
    if shared > size || size - shared > workers - size {
        return 0.0;
    }
    shards(size, shared) * shards(workers - size, size - shared) / shards(workers, size)
}

/// How busy each zone is when one of `zones` is lost and its load spreads over the others; above one they collapse.
pub fn utilization_after_loss(zones: u32, utilization: f64) -> f64 {
    assert!(
        zones >= 2 && utilization >= 0.0,
        "at least two zones, and no negative load"
    );
    utilization * f64::from(zones) / f64::from(zones - 1)
}

/// The most that each of `zones` may be busy so that the others can take over for a lost one without any action.
pub fn utilization_max(zones: u32) -> f64 {
    assert!(zones >= 2, "at least two zones");
    f64::from(zones - 1) / f64::from(zones)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theory::assert_printed;

    #[test]
    fn ss_1_shards_and_overlaps() {
        assert_eq!(shards(8, 2), 28.0);
        assert_eq!(shards(16, 4), 1820.0);
        let eight = [2, 1, 0].map(|shared| overlap(8, 2, shared));
        for (value, expected) in eight.into_iter().zip([1.0 / 28.0, 12.0 / 28.0, 15.0 / 28.0]) {
            assert!((value - expected).abs() < 1e-15);
        }
        assert_printed(eight[0], 0.035714);
        assert_printed(eight[1], 0.42857);
        assert_printed(eight[2], 0.53571);
        assert_printed(overlap(16, 4, 4), 0.00054945);
    }

    #[test]
    fn ss_2_static_stability_of_three_zones() {
        assert!((utilization_after_loss(3, 0.6) - 0.9).abs() < 1e-15);
        assert!((utilization_after_loss(3, 0.7) - 1.05).abs() < 1e-15);
        assert_printed(utilization_max(3), 0.66667);
        assert!((utilization_after_loss(3, utilization_max(3)) - 1.0).abs() < 1e-15);
    }

    #[test]
    fn overlaps_add_up_to_one() {
        for (workers, size) in [(8, 2), (16, 4), (5, 3), (4, 4), (1, 1), (100, 5)] {
            let sum: f64 = (0..=size).map(|shared| overlap(workers, size, shared)).sum();
            assert!((sum - 1.0).abs() < 1e-12, "{workers} {size}");
        }
        assert_eq!(shards(2, 3), 0.0);
        assert_eq!(shards(7, 0), 1.0);
    }
}
