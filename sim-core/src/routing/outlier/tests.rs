use super::*;
use crate::policy::scripted::Scripted;
use crate::rng::{Key, Purpose, Streams};
use crate::time::Span;
use proptest::prelude::*;

pub(super) fn at(s: u64) -> SimTime {
    SimTime::from_secs(s)
}

/// A detector in motion, spoken to in seconds. Ticks run by themselves.
pub(super) struct Bench {
    pub(super) outlier: Outlier,
    pub(super) state: OutlierState,
    pub(super) draw: Scripted,
    slots: usize,
    pub(super) log: Vec<(u64, usize, bool, Cause)>,
}

impl Bench {
    pub(super) fn new(outlier: Outlier, hosts: usize) -> Bench {
        Bench::drawing(outlier, hosts, &[0.5])
    }

    pub(super) fn drawing(outlier: Outlier, hosts: usize, shares: &[f64]) -> Bench {
        assert_eq!(outlier.check(), Ok(()));
        Bench {
            state: outlier.start(hosts, hosts, at(0)),
            outlier,
            draw: Scripted::new(shares),
            slots: hosts,
            log: Vec::new(),
        }
    }

    fn note(log: &mut Vec<(u64, usize, bool, Cause)>, now: SimTime, change: Change) {
        log.push((now.nanos() / 1_000_000_000, change.slot, change.ejected, change.cause));
    }

    pub(super) fn run(&mut self, s: u64) {
        while self.outlier.next_tick(&self.state) <= at(s) {
            let now = self.outlier.next_tick(&self.state);
            let log = &mut self.log;
            self.outlier
                .tick(&mut self.state, now, &mut self.draw, |it| Bench::note(log, now, it));
        }
    }

    pub(super) fn end(&mut self, s: u64, slot: usize, outcome: Outcome) {
        self.run(s);
        if let Some(change) = self
            .outlier
            .settle(&mut self.state, at(s), slot, outcome, &mut self.draw)
        {
            Bench::note(&mut self.log, at(s), change);
        }
    }

    pub(super) fn ends(&mut self, s: u64, slot: usize, outcomes: &[Outcome]) {
        outcomes.iter().for_each(|&it| self.end(s, slot, it));
    }

    /// So many successes of a hundred for each replica.
    pub(super) fn rates(&mut self, s: u64, rates: &[u32]) {
        for (slot, &rate) in rates.iter().enumerate() {
            for call in 0..100 {
                let outcome = if call < rate { Outcome::Ok } else { Outcome::Error };
                self.end(s, slot, outcome);
            }
        }
    }

    pub(super) fn out(&self) -> Vec<usize> {
        (0..self.slots).filter(|&it| self.state.is_ejected(it)).collect()
    }

    pub(super) fn multiplier(&self, slot: usize) -> u32 {
        match &self.state {
            OutlierState::Envoy(it) => it.multiplier(slot),
            OutlierState::Grpc(it) => it.multiplier(slot),
        }
    }

    pub(super) fn overflow(&self) -> u64 {
        match &self.state {
            OutlierState::Envoy(it) => it.overflow(),
            OutlierState::Grpc(_) => 0,
        }
    }
}

/// Rates alone: nothing in a row.
fn by_rates(max_ejection_percent: u32) -> Outlier {
    Outlier::Envoy(Envoy {
        consecutive_5xx: 0,
        consecutive_gateway_failure: 0,
        max_ejection_percent,
        ..Envoy::default()
    })
}

pub(super) const BAD: Outcome = Outcome::Shed;

#[test]
fn od_1_below_the_mean_by_so_many_deviations_is_out_if_the_cap_allows() {
    let mut capped = Bench::new(by_rates(10), 5);
    capped.rates(1, &[50, 100, 100, 100, 100]);
    capped.run(10);
    assert_eq!((capped.log.as_slice(), capped.overflow()), ([].as_slice(), 1));

    let mut free = Bench::new(by_rates(50), 5);
    free.rates(1, &[50, 100, 100, 100, 100]);
    free.run(10);
    assert_eq!(free.log, [(10, 0, true, Cause::SuccessRate)]);

    let mut nearly = Bench::new(by_rates(50), 5);
    nearly.rates(1, &[90, 100, 100, 100, 100]);
    nearly.run(10);
    assert_eq!(nearly.out(), [0]);

    let rates = |first| [first, 100.0, 100.0, 100.0, 100.0].into_iter();
    assert_eq!(success_rate_threshold(rates(50.0), 1_900), (5, 52.0));
    let (_, threshold) = success_rate_threshold(rates(90.0), 1_900);
    assert!((threshold - 90.4).abs() < 1e-12, "{threshold}");
}

#[test]
fn od_2_two_equally_bad_ones_hide_each_other() {
    let mut bench = Bench::new(by_rates(100), 5);
    bench.rates(1, &[60, 60, 100, 100, 100]);
    bench.run(10);
    assert_eq!((bench.log.as_slice(), bench.overflow()), ([].as_slice(), 0));
    let (_, threshold) = success_rate_threshold([60.0, 60.0, 100.0, 100.0, 100.0].into_iter(), 1_900);
    assert!((threshold - 46.77).abs() < 0.005, "{threshold}");
}

#[test]
fn od_6_grpc_asks_the_cap_before_so_one_is_always_out() {
    let failures = |max_ejection_percent| {
        Outlier::Grpc(Grpc {
            failure_percentage_ejection: Some(grpc::FailurePercentage::default()),
            max_ejection_percent,
            ..Grpc::default()
        })
    };
    let mut ten = Bench::new(failures(10), 10);
    ten.rates(1, &[0, 0, 0, 100, 100, 100, 100, 100, 100, 100]);
    ten.run(10);
    assert_eq!(ten.log, [(10, 0, true, Cause::FailurePercentage)]);

    let mut five = Bench::new(failures(10), 5);
    five.rates(1, &[0, 100, 100, 100, 100]);
    five.run(10);
    assert_eq!(five.out(), [0]);

    let mut envoy = Bench::new(by_rates(10), 5);
    envoy.rates(1, &[0, 100, 100, 100, 100]);
    envoy.run(10);
    assert_eq!(envoy.out(), []);

    let mut none = Bench::new(failures(0), 5);
    none.rates(1, &[0, 100, 100, 100, 100]);
    none.run(10);
    assert_eq!(none.out(), []);
}

#[test]
fn a_failure_percentage_at_the_threshold_is_out_for_envoy_and_in_for_grpc() {
    let rates = [15, 100, 100, 100, 100];
    let envoy = Envoy {
        consecutive_5xx: 0,
        consecutive_gateway_failure: 0,
        enforcing_success_rate: 0,
        enforcing_failure_percentage: 100,
        max_ejection_percent: 100,
        ..Envoy::default()
    };
    let mut at_threshold = Bench::new(Outlier::Envoy(envoy), 5);
    at_threshold.rates(1, &rates);
    at_threshold.run(10);
    assert_eq!(at_threshold.log, [(10, 0, true, Cause::FailurePercentage)]);
    let mut better = Bench::new(Outlier::Envoy(envoy), 5);
    better.rates(1, &[16, 100, 100, 100, 100]);
    better.run(10);
    assert_eq!(better.out(), []);

    let grpc = Outlier::Grpc(Grpc {
        failure_percentage_ejection: Some(grpc::FailurePercentage::default()),
        ..Grpc::default()
    });
    let mut at_threshold = Bench::new(grpc, 5);
    at_threshold.rates(1, &rates);
    at_threshold.run(10);
    assert_eq!(at_threshold.out(), []);
    let mut worse = Bench::new(grpc, 5);
    worse.rates(1, &[14, 100, 100, 100, 100]);
    worse.run(10);
    assert_eq!(worse.out(), [0]);
}

#[test]
fn too_few_calls_or_too_few_replicas_say_nothing() {
    let mut quiet = Bench::new(by_rates(100), 5);
    quiet.rates(1, &[0, 100, 100, 100]);
    (0..99).for_each(|_| quiet.end(1, 4, Outcome::Ok));
    quiet.run(10);
    assert_eq!(quiet.out(), []);
    // The interval after next knows nothing of it any more.
    quiet.end(11, 4, Outcome::Ok);
    quiet.run(30);
    assert_eq!(quiet.out(), []);
}

#[test]
fn panic_is_strictly_below_the_threshold() {
    assert!(!panics(5, 10, 50));
    assert!(panics(4, 10, 50));
    assert!(panics(0, 10, 1));
    assert!(!panics(0, 10, 0));
    assert!(!panics(0, 0, 50));
}

#[test]
fn settings_out_of_range_are_told_the_range() {
    let wrong = [
        Outlier::Envoy(Envoy {
            interval: Span::ZERO,
            ..Envoy::default()
        }),
        Outlier::Envoy(Envoy {
            base_ejection_time: Span::ZERO,
            ..Envoy::default()
        }),
        Outlier::Envoy(Envoy {
            max_ejection_time: Some(Span::from_secs(29)),
            ..Envoy::default()
        }),
        Outlier::Envoy(Envoy {
            max_ejection_time_jitter: Span::from_micros(1),
            ..Envoy::default()
        }),
        Outlier::Envoy(Envoy {
            max_ejection_percent: 101,
            ..Envoy::default()
        }),
        Outlier::Grpc(Grpc {
            interval: Span::ZERO,
            ..Grpc::default()
        }),
        Outlier::Grpc(Grpc {
            base_ejection_time: Span::ZERO,
            ..Grpc::default()
        }),
        Outlier::Grpc(Grpc {
            success_rate_ejection: Some(grpc::SuccessRate {
                enforcement_percentage: 101,
                ..grpc::SuccessRate::default()
            }),
            ..Grpc::default()
        }),
    ];
    for outlier in wrong {
        let told = outlier.check().expect_err("out of range").to_string();
        assert!(told.contains("default"), "{told}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn ejections_never_exceed_the_cap_and_the_books_agree(
        calls in prop::collection::vec((0u64..3, 0usize..20, 0usize..Outcome::COUNT), 1..600),
        hosts in 1usize..20,
        max in 0u32..=100,
        one in any::<bool>(),
        seed in any::<u64>(),
    ) {
        let envoy = Envoy {
            consecutive_5xx: 2,
            interval: Span::from_secs(3),
            base_ejection_time: Span::from_secs(5),
            max_ejection_percent: max,
            always_eject_one_host: one,
            enforcing_failure_percentage: 100,
            success_rate_request_volume: 2,
            failure_percentage_request_volume: 2,
            success_rate_minimum_hosts: 2,
            failure_percentage_minimum_hosts: 1,
            ..Envoy::default()
        };
        let rate = grpc::SuccessRate { minimum_hosts: 2, request_volume: 2, ..grpc::SuccessRate::default() };
        let failures = grpc::FailurePercentage { minimum_hosts: 1, request_volume: 2, ..Default::default() };
        let grpc = Grpc {
            interval: Span::from_secs(3),
            base_ejection_time: Span::from_secs(5),
            max_ejection_percent: max,
            success_rate_ejection: Some(rate),
            failure_percentage_ejection: Some(failures),
            ..Grpc::default()
        };
        let mut draw = Streams::new(seed).stream(Purpose::Policy, Key::of("outlier"));
        for outlier in [Outlier::Envoy(envoy), Outlier::Grpc(grpc)] {
            let mut state = outlier.start(hosts, hosts, at(0));
            let (mut now, mut out) = (0, std::collections::BTreeSet::new());
            for &(gap, slot, outcome) in &calls {
                now += gap;
                let mut changes = Vec::new();
                while outlier.next_tick(&state) <= at(now) {
                    let tick = outlier.next_tick(&state);
                    outlier.tick(&mut state, tick, &mut draw, |it| changes.push(it));
                }
                changes.extend(outlier.settle(&mut state, at(now), slot % hosts, Outcome::ALL[outcome], &mut draw));
                for change in changes {
                    let changed = if change.ejected { out.insert(change.slot) } else { out.remove(&change.slot) };
                    prop_assert!(changed, "{:?} twice", change);
                }
                prop_assert_eq!(out.len() as u32, state.ejected());
                prop_assert!((0..hosts).all(|it| state.is_ejected(it) == out.contains(&it)));
                let (out, hosts) = (out.len() as u32 * 100, hosts as u32 * max);
                match outlier {
                    Outlier::Envoy(_) => prop_assert!(out <= hosts || (one && out == 100)),
                    // Before the last ejection it was below the cap.
                    Outlier::Grpc(_) => prop_assert!(out == 0 || out - 100 < hosts),
                }
            }
        }
    }
}
