//! Priority levels: the first takes what it can, the next ones what is left; and panic, when too few replicas are well.
//!
//! Level i has health `h_i = min(100, trunc(factor · healthy / hosts))`, so with a factor of 140 a level with 72 % of its
//! hosts well still takes everything. Together they have `T = min(100, sum h)`; level i gets `min(what is left, 100 h_i / T)`
//! per cent, and what rounding leaves over goes to the first with any health.
//!
//! If T is below 100, a level with less than `healthy_panic_threshold` per cent of its hosts well is in panic: it balances over
//! all of its hosts, well or not. If all levels are in panic, load goes by the number of hosts.
//!
//! Source: Envoy, `LoadBalancerBase::recalculatePerPriorityState` and `recalculatePerPriorityPanic`; "Priority levels" and
//! "Panic threshold" in its documentation. Degraded hosts are left out.

use crate::policy::{Invalid, require};
use crate::rng::Draw;

/// Settings of priority levels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Priority {
    /// `overprovisioning_factor`, in per cent.
    pub overprovisioning_factor: u32,
    /// `healthy_panic_threshold`, in per cent; 0 never panics.
    pub healthy_panic_threshold: u32,
}

/// The hosts of one priority level or locality.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hosts {
    /// All.
    pub hosts: u32,
    /// Those that are well.
    pub healthy: u32,
}

/// What one level gets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Share {
    /// In per cent; those of all levels make 100.
    pub load: u32,
    /// Whether it balances over all of its hosts.
    pub panic: bool,
}

impl Priority {
    /// Envoy's defaults.
    pub const DEFAULT: Priority = Priority {
        overprovisioning_factor: 140,
        healthy_panic_threshold: 50,
    };

    /// Whether the settings make sense.
    pub fn check(&self) -> Result<(), Invalid> {
        require(
            self.overprovisioning_factor >= 100,
            "overprovisioning_factor is at least 100; the default is 140",
        )?;
        require(
            self.healthy_panic_threshold <= 100,
            "healthy_panic_threshold is between 0 (never) and 100; the default is 50",
        )
    }

    /// `min(100, trunc(factor · healthy / hosts))`; 0 without hosts.
    fn health(&self, level: &Hosts) -> u32 {
        let share = u64::from(self.overprovisioning_factor) * u64::from(level.healthy);
        let share = share.checked_div(u64::from(level.hosts)).unwrap_or(0);
        share.min(100) as u32
    }

    /// Whether less than the threshold is well; a level without hosts has nobody well.
    fn panics(&self, level: &Hosts) -> bool {
        let (healthy, hosts) = (u64::from(level.healthy), u64::from(level.hosts.max(1)));
        100 * healthy < u64::from(self.healthy_panic_threshold) * hosts
    }

    /// What each level gets, the first one first; `shares` is as long as `levels`.
    pub fn share(&self, levels: &[Hosts], shares: &mut [Share]) {
        assert_eq!(levels.len(), shares.len(), "one share for each level");
        shares.fill(Share::default());
        let total = levels.iter().map(|it| self.health(it)).sum::<u32>().min(100);
        if total < 100 {
            for (share, level) in shares.iter_mut().zip(levels) {
                share.panic = self.panics(level);
            }
            if shares.iter().all(|it| it.panic) {
                return by_hosts(levels, shares);
            }
        }
        let mut left = 100;
        let mut first_available = None;
        for (at, level) in levels.iter().enumerate() {
            let health = self.health(level);
            if health > 0 {
                first_available.get_or_insert(at);
            }
            let load = (100 * health).checked_div(total).unwrap_or(0).min(left);
            shares[at].load = load;
            left -= load;
        }
        if let Some(share) = shares.get_mut(first_available.unwrap_or(0)) {
            share.load += left;
        }
    }
}

/// All are in panic: load goes by the number of hosts, and what rounding leaves over to the first level that has any.
fn by_hosts(levels: &[Hosts], shares: &mut [Share]) {
    let all: u64 = levels.iter().map(|it| u64::from(it.hosts)).sum();
    let mut left = 100;
    for (share, level) in shares.iter_mut().zip(levels) {
        share.load = (100 * u64::from(level.hosts)).checked_div(all).unwrap_or(0) as u32;
        left -= share.load;
    }
    let first = levels.iter().position(|it| it.hosts > 0).unwrap_or(0);
    if let Some(share) = shares.get_mut(first) {
        share.load += left;
    }
}

/// The level for the next request, by one draw in 1..=100; none is drawn if one level has everything.
pub fn pick(shares: &[Share], draw: &mut impl Draw) -> Option<usize> {
    if let Some(all) = shares.iter().position(|it| it.load == 100) {
        return Some(all);
    }
    let mut left = draw.below(100) as u32;
    shares.iter().position(|it| {
        let inside = left < it.load;
        left = left.saturating_sub(it.load);
        inside
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::scripted::Scripted;
    use proptest::prelude::*;

    fn of(settings: Priority, levels: &[(u32, u32)]) -> Vec<Share> {
        let levels: Vec<Hosts> = levels
            .iter()
            .map(|&(healthy, hosts)| Hosts { hosts, healthy })
            .collect();
        let mut shares = vec![Share::default(); levels.len()];
        settings.share(&levels, &mut shares);
        shares
    }

    /// Loads of levels of a hundred hosts of which these are well, and which are in panic.
    fn loads(healthy: &[u32]) -> (Vec<u32>, Vec<bool>) {
        let levels: Vec<(u32, u32)> = healthy.iter().map(|&it| (it, 100)).collect();
        of(Priority::DEFAULT, &levels)
            .into_iter()
            .map(|it| (it.load, it.panic))
            .unzip()
    }

    #[test]
    fn lb_7_load_spills_to_the_next_level() {
        let calm = |healthy: &[u32], load: &[u32]| {
            assert_eq!(loads(healthy), (load.to_vec(), vec![false; load.len()]), "{healthy:?}");
        };
        calm(&[72, 100], &[100, 0]);
        calm(&[71, 100], &[99, 1]);
        calm(&[50, 100], &[70, 30]);
        calm(&[25, 25, 100], &[35, 35, 30]);
        assert_eq!(loads(&[25, 25]), (vec![50, 50], vec![true, true]));
    }

    #[test]
    fn a_level_panics_alone_while_another_is_well_enough() {
        // T = 35 + 63 = 98: the first, with 25 of 100 well, panics; the second, with 45, too; load goes by hosts.
        assert_eq!(loads(&[25, 45]), (vec![50, 50], vec![true, true]));
        // T = 14 + 77 = 91: only the first is below 50 %. 14/91 is 15 %, 77/91 84 %, and the 1 left over goes to the first.
        assert_eq!(loads(&[10, 55]), (vec![16, 84], vec![true, false]));
        // At the threshold there is no panic.
        assert_eq!(loads(&[50]), (vec![100], vec![false]));
        assert_eq!(loads(&[49]), (vec![100], vec![true]));
    }

    #[test]
    fn when_all_panic_load_goes_by_hosts() {
        let share = |load| Share { load, panic: true };
        assert_eq!(of(Priority::DEFAULT, &[(0, 10), (0, 20)]), [share(34), share(66)]);
        assert_eq!(of(Priority::DEFAULT, &[(0, 0), (0, 0)]), [share(100), share(0)]);
        assert_eq!(of(Priority::DEFAULT, &[(0, 0), (1, 7)]), [share(0), share(100)]);
    }

    #[test]
    fn without_panic_nobody_well_is_the_first_levels_affair() {
        let never = Priority {
            healthy_panic_threshold: 0,
            ..Priority::DEFAULT
        };
        assert_eq!(
            of(never, &[(0, 10), (0, 20)]),
            [
                Share {
                    load: 100,
                    panic: false
                },
                Share::default()
            ]
        );
        assert_eq!(of(never, &[(0, 10), (1, 20)])[1].load, 100);
    }

    #[test]
    fn a_level_is_picked_as_often_as_its_load() {
        let shares = of(Priority::DEFAULT, &[(25, 100), (25, 100), (100, 100)]);
        let mut counts = [0; 3];
        for percent in 0..100 {
            let mut draw = Scripted::new(&[(f64::from(percent) + 0.5) / 100.0]);
            counts[pick(&shares, &mut draw).unwrap()] += 1;
        }
        assert_eq!(counts, [35, 35, 30]);
        let mut draw = Scripted::new(&[0.5]);
        assert_eq!(pick(&of(Priority::DEFAULT, &[(0, 1), (1, 1)]), &mut draw), Some(1));
        assert_eq!((draw.draws, pick(&[], &mut draw)), (0, None));
    }

    #[test]
    fn nonsense_is_named_with_its_default() {
        let of = |overprovisioning_factor, healthy_panic_threshold| Priority {
            overprovisioning_factor,
            healthy_panic_threshold,
        };
        assert!(of(99, 50).check().unwrap_err().0.starts_with("overprovisioning_factor"));
        assert!(
            of(140, 101)
                .check()
                .unwrap_err()
                .0
                .starts_with("healthy_panic_threshold")
        );
        assert_eq!(Priority::DEFAULT.check(), Ok(()));
    }

    proptest! {
        /// Loads make 100; one that is not in panic and has nobody well gets nothing while another has somebody.
        #[test]
        fn all_load_goes_somewhere(levels in prop::collection::vec((0u32..30, 0u32..30), 1..6)) {
            let levels: Vec<(u32, u32)> = levels.into_iter().map(|(a, b)| (a.min(b), b)).collect();
            let shares = of(Priority::DEFAULT, &levels);
            prop_assert_eq!(shares.iter().map(|it| it.load).sum::<u32>(), 100);
            if !shares.iter().all(|it| it.panic) {
                for (share, level) in shares.iter().zip(&levels) {
                    prop_assert!(level.0 > 0 || share.load == 0);
                }
            }
        }
    }
}
