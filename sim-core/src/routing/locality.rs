//! Locality weights: each locality gets load by its weight and by how many of its hosts are well.
//!
//! Its effective weight is `weight · min(100 %, factor · healthy / hosts)`; localities take turns by deadline ([`Deadlines`]).
//!
//! Source: Envoy, `HostSetImpl::effectiveLocalityWeight` and `LocalityWeightedLbConfig`.

use super::edf::Deadlines;
use super::priority::Hosts;
use crate::policy::{Invalid, require};

/// Settings of locality weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Locality {
    /// `overprovisioning_factor`, in per cent.
    pub overprovisioning_factor: u32,
}

/// Whose turn it is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Turns {
    weights: Vec<f64>,
    deadlines: Deadlines,
}

impl Locality {
    /// Envoy's default.
    pub const DEFAULT: Locality = Locality {
        overprovisioning_factor: 140,
    };

    /// Whether the settings make sense.
    pub fn check(&self) -> Result<(), Invalid> {
        require(
            self.overprovisioning_factor >= 100,
            "overprovisioning_factor is at least 100; the default is 140",
        )
    }

    /// What a locality of this weight counts for; nothing without hosts.
    pub fn effective_weight(&self, weight: u32, hosts: Hosts) -> f64 {
        if hosts.hosts == 0 {
            return 0.0;
        }
        let available = f64::from(hosts.healthy) / f64::from(hosts.hosts);
        f64::from(weight) * (f64::from(self.overprovisioning_factor) / 100.0 * available).min(1.0)
    }

    /// Weights or hosts have changed: turns begin again.
    pub fn build(&self, turns: &mut Turns, localities: &[(u32, Hosts)]) {
        turns.weights.clear();
        turns.deadlines.clear();
        for (at, &(weight, hosts)) in localities.iter().enumerate() {
            let weight = self.effective_weight(weight, hosts);
            turns.weights.push(weight);
            turns.deadlines.add(at as u32, weight);
        }
    }
}

impl Turns {
    /// The locality whose turn it is; `None` if none has any weight.
    pub fn pick(&mut self) -> Option<usize> {
        let Turns { weights, deadlines } = self;
        deadlines.next(|at| Some(weights[at as usize])).map(|at| at as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How 10000 requests are shared by localities of weight 1 and 2, the first with `healthy` of 100 hosts well.
    fn shares(healthy: u32) -> [u32; 2] {
        let mut turns = Turns::default();
        let hosts = |healthy| Hosts { hosts: 100, healthy };
        Locality::DEFAULT.build(&mut turns, &[(1, hosts(healthy)), (2, hosts(100))]);
        let mut counts = [0; 2];
        for _ in 0..10_000 {
            counts[turns.pick().unwrap()] += 1;
        }
        counts
    }

    #[test]
    fn lb_8_a_locality_counts_by_weight_and_health() {
        for (healthy, first_permille) in [(70, 329), (50, 259), (25, 149), (72, 333), (100, 333)] {
            let [first, second] = shares(healthy);
            assert_eq!(
                ((first + 5) / 10, (second + 5) / 10),
                (first_permille, 1000 - first_permille),
                "{healthy} %"
            );
        }
        assert_eq!(
            Locality::DEFAULT
                .effective_weight(
                    100,
                    Hosts {
                        hosts: 100,
                        healthy: 70
                    }
                )
                .round(),
            98.0
        );
    }

    #[test]
    fn a_locality_without_anybody_well_gets_nothing() {
        assert_eq!(shares(0), [0, 10_000]);
        let mut turns = Turns::default();
        Locality::DEFAULT.build(&mut turns, &[(1, Hosts { hosts: 0, healthy: 0 })]);
        assert_eq!(turns.pick(), None);
        assert!(
            Locality {
                overprovisioning_factor: 10
            }
            .check()
            .is_err()
        );
    }
}
