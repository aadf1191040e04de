//! Static stride: weighted turns without any queue, from a running number alone.
//!
//! Weights are scaled so that the greatest is 65535; one that is zero counts as the mean of the others. Number `s` proposes
//! backend `b = s mod n` in generation `g = s div n`. It is skipped if `(w g + b 32767) mod 65535 < 65535 - w`, so that a
//! backend is picked in `w` of 65535 generations, evenly spread, and neighbours skip different ones. With fewer than two
//! weights above zero, or all equal, it is plain round robin.
//!
//! Source: grpc-go, `balancer/weightedroundrobin/scheduler.go`; gRPC C++, `static_stride_scheduler.cc` (whose later versions
//! also bound weights to between a tenth and ten times the mean).

/// Scaled weights.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StaticStride {
    /// Empty for plain round robin.
    weights: Vec<u16>,
    backends: u32,
}

const MAX: u64 = u16::MAX as u64;

/// How far generations of neighbours are apart.
const OFFSET: u64 = MAX / 2;

impl StaticStride {
    /// The schedule of these weights, none of them negative.
    pub fn new(weights: &[f64]) -> StaticStride {
        let mut schedule = StaticStride::default();
        schedule.set(weights);
        schedule
    }

    /// From now on with these weights.
    pub fn set(&mut self, weights: &[f64]) {
        self.backends = u32::try_from(weights.len()).expect("there are fewer than 2^32 backends");
        self.weights.clear();
        let known = weights.iter().filter(|it| **it > 0.0);
        let (count, sum, max) = known.fold((0u32, 0.0, 0.0f64), |(count, sum, max), &it| {
            (count + 1, sum + it, max.max(it))
        });
        if count < 2 {
            return;
        }
        let scale = MAX as f64 / max;
        let scaled = |weight: f64| libm::round(scale * weight) as u16;
        let mean = scaled(sum / f64::from(count));
        let weights = weights.iter().map(|&it| if it > 0.0 { scaled(it) } else { mean });
        self.weights.extend(weights);
        if self.weights.iter().all(|&it| it == mean) {
            self.weights.clear();
        }
    }

    /// Whether the weights make no difference.
    pub fn is_round_robin(&self) -> bool {
        self.weights.is_empty()
    }

    /// The next backend; `sequence` goes on by one, and by one for each that is skipped. Panics without backends.
    #[inline]
    pub fn next(&self, sequence: &mut u32) -> usize {
        loop {
            let number = u64::from(*sequence);
            *sequence = sequence.wrapping_add(1);
            let (generation, backend) = (number / u64::from(self.backends), number % u64::from(self.backends));
            let Some(&weight) = self.weights.get(backend as usize) else {
                return backend as usize;
            };
            let weight = u64::from(weight);
            if (weight * generation + backend * OFFSET) % MAX >= MAX - weight {
                return backend as usize;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn letters(weights: &[f64], from: u32, picks: usize) -> String {
        let (schedule, mut sequence) = (StaticStride::new(weights), from);
        (0..picks)
            .map(|_| char::from(b'a' + schedule.next(&mut sequence) as u8))
            .collect()
    }

    #[test]
    fn lb_3_a_backend_is_picked_in_its_share_of_generations() {
        assert_eq!(letters(&[1.0, 1.0, 2.0], 0, 8), "bcacbcac");
        // Only proportions count.
        assert_eq!(letters(&[0.1, 0.1, 0.2], 0, 8), "bcacbcac");
    }

    #[test]
    fn without_weights_that_differ_it_is_round_robin() {
        for weights in [[0.0; 3], [0.0, 7.0, 0.0], [2.0; 3], [2.0, 0.0, 2.0]] {
            assert!(StaticStride::new(&weights).is_round_robin());
            assert_eq!(letters(&weights, 1, 6), "bcabca");
        }
    }

    #[test]
    fn who_has_no_weight_counts_as_the_mean() {
        let schedule = StaticStride::new(&[1.0, 0.0, 3.0]);
        assert_eq!(schedule.weights, [21_845, 43_690, 65_535]);
    }

    #[test]
    fn the_running_number_may_wrap() {
        assert_eq!(letters(&[1.0, 1.0, 2.0], u32::MAX, 2).len(), 2);
    }

    proptest! {
        /// Over 65535 generations each backend is picked exactly as often as its scaled weight.
        #[test]
        fn shares_are_exact_over_a_period(weights in prop::collection::vec(1u16..9, 2..5)) {
            let weights: Vec<f64> = weights.into_iter().map(f64::from).collect();
            let schedule = StaticStride::new(&weights);
            prop_assume!(!schedule.is_round_robin());
            let (mut sequence, mut counts) = (0, vec![0; weights.len()]);
            let period = 65_535 * weights.len() as u32;
            while sequence < period {
                let backend = schedule.next(&mut sequence);
                if sequence <= period {
                    counts[backend] += 1;
                }
            }
            let expected: Vec<i32> = schedule.weights.iter().map(|&it| i32::from(it)).collect();
            prop_assert_eq!(counts, expected);
        }
    }
}
