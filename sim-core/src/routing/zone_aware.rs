//! Zone-aware routing: calls stay in their zone as far as its replicas can take them.
//!
//! The callers of a zone make up a share of all callers, its replicas a share of all replicas. If the latter is no smaller, all
//! calls stay. Otherwise so many stay as the shares allow, and the rest goes to zones whose replicas have more than their
//! callers need, in proportion to that rest. Shares are of healthy ones, in hundredths of a per cent.
//!
//! Nothing of this happens with fewer replicas than `min_cluster_size`, with one zone only, or without any here.
//!
//! Source: Envoy, `ZoneAwareLbConfig`, `ZoneAwareLoadBalancerBase::regenerateLocalityRoutingStructures` and
//! `tryChooseLocalLocalityHosts`, down to its taking one time in thousands the zone before the right one.

use crate::policy::{Invalid, require};
use crate::rng::Draw;

/// Settings of zone-aware routing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ZoneAware {
    /// `routing_enabled`: for how many of a hundred calls it is done at all.
    pub routing_enabled: u32,
    /// `min_cluster_size`: how many healthy replicas it needs.
    pub min_cluster_size: u32,
    /// `fail_traffic_on_panic`: whether calls fail rather than go to replicas that are not well.
    pub fail_traffic_on_panic: bool,
}

/// How calls leave their zone, or not. Zone 0 is the caller's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Routes {
    /// Zones play no part.
    Anywhere,
    /// All stay.
    Direct,
    /// Some go elsewhere.
    Residual {
        /// Of 10000, how many stay.
        stay: u32,
        /// What zones can take from elsewhere, each with those before it.
        residual: Vec<u32>,
    },
}

/// Whole shares.
const WHOLE: u64 = 10_000;

impl ZoneAware {
    /// Envoy's defaults.
    pub const DEFAULT: ZoneAware = ZoneAware {
        routing_enabled: 100,
        min_cluster_size: 6,
        fail_traffic_on_panic: false,
    };

    /// Whether the settings make sense.
    pub fn check(&self) -> Result<(), Invalid> {
        require(
            self.routing_enabled <= 100,
            "routing_enabled is between 0 and 100 %; the default is 100 %",
        )
    }

    /// The routes for so many healthy callers and replicas in each zone, the caller's own first.
    pub fn routes(&self, callers: &[u32], replicas: &[u32]) -> Routes {
        let all: u64 = replicas.iter().map(|&it| u64::from(it)).sum();
        let apart = replicas.len() < 2 || replicas[0] == 0 || replicas.len() != callers.len();
        if apart || all < u64::from(self.min_cluster_size) {
            return Routes::Anywhere;
        }
        let (local, upstream) = (shares(callers), shares(replicas));
        if upstream[0] >= local[0] {
            return Routes::Direct;
        }
        let mut sum = 0;
        let room = upstream
            .iter()
            .zip(&local)
            .enumerate()
            .map(|(zone, (upstream, local))| {
                if zone > 0 {
                    sum += upstream.saturating_sub(*local);
                }
                sum
            });
        Routes::Residual {
            residual: room.collect(),
            stay: (u64::from(upstream[0]) * WHOLE / u64::from(local[0])) as u32,
        }
    }

    /// The zone for the next call; `None` is any. Draws for `routing_enabled` unless that is 0 or 100, whether to stay, and
    /// where to.
    pub fn pick(&self, routes: &Routes, draw: &mut impl Draw) -> Option<usize> {
        let enabled = match self.routing_enabled {
            0 => false,
            100 => true,
            percent => draw.below(100) < u64::from(percent),
        };
        match routes {
            _ if !enabled => None,
            Routes::Anywhere => None,
            Routes::Direct => Some(0),
            Routes::Residual { stay, residual } => {
                if draw.below(WHOLE) < u64::from(*stay) {
                    return Some(0);
                }
                match *residual.last().expect("there are two zones or more") {
                    // Rounding left no room anywhere.
                    0 => Some(draw.below(residual.len() as u64) as usize),
                    room => {
                        let there = draw.below(u64::from(room)) as u32;
                        residual.iter().position(|it| there <= *it)
                    }
                }
            }
        }
    }
}

fn shares(counts: &[u32]) -> Vec<u32> {
    let all: u64 = counts.iter().map(|&it| u64::from(it)).sum();
    let share = |&it: &u32| (WHOLE * u64::from(it)).checked_div(all).unwrap_or(0) as u32;
    counts.iter().map(share).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::scripted::Scripted;
    use crate::rng::{Key, Purpose, Streams};
    use proptest::prelude::*;

    const AWARE: ZoneAware = ZoneAware::DEFAULT;

    #[test]
    fn calls_stay_if_there_are_replicas_enough() {
        assert_eq!(AWARE.routes(&[1, 1, 1], &[2, 2, 2]), Routes::Direct);
        assert_eq!(AWARE.routes(&[1, 3], &[3, 3]), Routes::Direct);
        let mut draw = Scripted::new(&[0.9]);
        assert_eq!((AWARE.pick(&Routes::Direct, &mut draw), draw.draws), (Some(0), 0));
    }

    #[test]
    fn small_or_lopsided_clusters_know_no_zones() {
        for (callers, replicas) in [
            (&[1, 1][..], &[3, 2][..]),
            (&[1], &[9]),
            (&[1, 1], &[0, 9]),
            (&[1, 1], &[3, 3, 3]),
        ] {
            assert_eq!(AWARE.routes(callers, replicas), Routes::Anywhere);
        }
        assert_eq!(AWARE.pick(&Routes::Anywhere, &mut Scripted::new(&[0.5])), None);
    }

    #[test]
    fn what_cannot_stay_goes_where_there_is_room() {
        // Callers 40, 40, 20 %, replicas 25, 50, 25 %: 62.5 % stay, the rest goes 2 : 1.
        let routes = AWARE.routes(&[4, 4, 2], &[5, 10, 5]);
        let residual = vec![0, 1_000, 1_500];
        assert_eq!(routes, Routes::Residual { stay: 6_250, residual });
        let pick = |stay, there| AWARE.pick(&routes, &mut Scripted::new(&[stay, there]));
        assert_eq!(pick(0.6249, 0.5), Some(0));
        assert_eq!(pick(0.625, 0.5), Some(1));
        assert_eq!(pick(0.625, 0.9), Some(2));
        // As in Envoy the first of all numbers falls to the zone before.
        assert_eq!(pick(0.625, 0.0), Some(0));
    }

    #[test]
    fn routing_may_be_enabled_for_some_only() {
        let half = ZoneAware {
            routing_enabled: 50,
            ..AWARE
        };
        assert_eq!(half.pick(&Routes::Direct, &mut Scripted::new(&[0.49])), Some(0));
        assert_eq!(half.pick(&Routes::Direct, &mut Scripted::new(&[0.5])), None);
        let more = ZoneAware {
            routing_enabled: 101,
            ..AWARE
        };
        assert!(more.check().is_err() && half.check().is_ok());
    }

    proptest! {
        /// If callers of all zones call alike, each replica gets the same, whatever zone it is in.
        #[test]
        fn replicas_are_loaded_evenly_whatever_their_zone(
            callers in prop::collection::vec(1u32..9, 3), replicas in prop::collection::vec(2u32..9, 3), seed in any::<u64>(),
        ) {
            let mut draw = Streams::new(seed).stream(Purpose::Balance, Key(1));
            let mut load = [0.0; 3];
            for zone in 0..3 {
                // Its own zone is the first.
                let turned = |counts: &[u32]| [counts[zone], counts[(zone + 1) % 3], counts[(zone + 2) % 3]];
                let routes = AWARE.routes(&turned(&callers), &turned(&replicas));
                for _ in 0..2_000 {
                    let to = AWARE.pick(&routes, &mut draw).expect("there are zones");
                    load[(zone + to) % 3] += f64::from(callers[zone]) / 2_000.0;
                }
            }
            let even = f64::from(callers.iter().sum::<u32>()) / f64::from(replicas.iter().sum::<u32>());
            for (load, replicas) in load.iter().zip(&replicas) {
                prop_assert!((load / f64::from(*replicas) / even - 1.0).abs() < 0.25, "{load:?} of {even}");
            }
        }
    }
}
