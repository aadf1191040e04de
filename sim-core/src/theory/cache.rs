//! Caches: hit ratios under independent requests.

use crate::dist::special::rising_root;

/// The hit ratio of an LRU cache of `capacity` equal objects, by Che's approximation (good to about one percent).
///
/// `popularity` holds the probability of each object. Sources: H. Che, Y. Tung, Z. Wang, IEEE J. Sel. Areas Commun.
/// 20(7), 2002; C. Fricker, P. Robert, J. Roberts, ITC 24, 2012.
pub fn lru_hit_ratio(popularity: &[f64], capacity: usize) -> f64 {
    if capacity >= popularity.len() {
        return 1.0;
    }
    let seen = |p: f64, t: f64| -libm::expm1(-p * t);
    let held = |t: f64| popularity.iter().map(|p| seen(*p, t)).sum::<f64>();
    let mut high = 1.0;
    while held(high) < capacity as f64 && high < 1e300 {
        high *= 2.0;
    }
    let t = rising_root(0.0, high, |t| held(t) - capacity as f64);
    popularity.iter().map(|p| p * seen(*p, t)).sum()
}

/// The hit ratio of a cache that always holds the `capacity` most popular objects: no policy does better.
pub fn best_static_hit_ratio(popularity: &[f64], capacity: usize) -> f64 {
    let mut sorted = popularity.to_vec();
    sorted.sort_by(|a, b| b.total_cmp(a));
    sorted.iter().take(capacity).rev().sum()
}

/// The hit ratio of one key requested at `rate` per second whose entry lives `ttl` seconds from the miss that filled it.
pub fn ttl_hit_ratio(rate: f64, ttl: f64) -> f64 {
    rate * ttl / (1.0 + rate * ttl)
}

/// The hit probability of an unbounded cache `t` seconds after it was empty, with `rate` requests per second.
pub fn cold_hit_probability(popularity: &[f64], rate: f64, t: f64) -> f64 {
    popularity.iter().map(|p| -p * libm::expm1(-rate * p * t)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dist::Zipf;
    use crate::theory::assert_printed;

    #[test]
    fn lru_zipf_n10000_c1000_a08() {
        let popularity = Zipf::new(10_000, 0.8).unwrap().probabilities();
        assert_printed(lru_hit_ratio(&popularity, 1000), 0.43666);
        assert_printed(best_static_hit_ratio(&popularity, 1000), 0.57062);
        assert_eq!(lru_hit_ratio(&popularity, 10_000), 1.0);
    }

    #[test]
    fn ttl_l2_t5() {
        assert_printed(ttl_hit_ratio(2.0, 5.0), 0.90909);
    }

    #[test]
    fn cold_cache_t10() {
        let popularity = Zipf::new(1000, 1.0).unwrap().probabilities();
        assert_printed(cold_hit_probability(&popularity, 100.0, 10.0), 0.79087);
    }
}
