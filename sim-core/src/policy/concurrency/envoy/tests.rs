use super::*;
use crate::policy::concurrency::{Concurrency, ConcurrencyState, Limit, LimitState};
use crate::policy::scripted::Scripted;

fn at(ms: u64) -> SimTime {
    SimTime::from_nanos(ms * 1_000_000)
}

#[test]
fn ac_5_envoy_computes_its_limit_from_two_times() {
    let next = |limit, sample_ms: u64| Envoy::DEFAULT.next_limit(limit, 100_000, sample_ms * 1_000);
    assert_eq!(next(100, 125), 110);
    assert_eq!(next(100, 250), 57);
    assert_eq!(next(100, 50), 214);
    assert_eq!(next(3, 300), 3);
    assert_eq!(next(900, 50), 1000);
    assert_eq!(next(100, 0), 214);
}

/// Envoy's controller before a callee that takes as long as it is told; one call at a time.
struct EnvoyCaller {
    settings: Concurrency,
    state: ConcurrencyState,
    draw: Scripted,
    now_ms: u64,
}

impl EnvoyCaller {
    fn new(settings: Envoy) -> EnvoyCaller {
        let settings = Concurrency::of(Limit::Envoy(settings));
        assert_eq!(settings.check(), Ok(()));
        let mut draw = Scripted::new(&[0.5]);
        let state = settings.start(SimTime::ZERO, &mut draw);
        EnvoyCaller {
            settings,
            state,
            draw,
            now_ms: 0,
        }
    }

    fn call(&mut self, takes_ms: u64) {
        let permit = self
            .settings
            .admit(&mut self.state, at(self.now_ms))
            .expect("below the limit");
        self.now_ms += takes_ms;
        self.settings
            .settle(&mut self.state, at(self.now_ms), permit, End::Answered, &mut self.draw);
    }

    fn limit_at(&mut self, ms: u64) -> u32 {
        let Limit::Envoy(settings) = &self.settings.limit else {
            unreachable!()
        };
        let LimitState::Envoy(controller) = &mut self.state.limit else {
            unreachable!()
        };
        settings.advance(controller, at(ms));
        self.state.limit()
    }

    fn is_measuring(&self) -> bool {
        let LimitState::Envoy(controller) = &self.state.limit else {
            unreachable!()
        };
        controller.is_measuring()
    }
}

#[test]
fn envoy_measures_fifty_samples_at_the_smallest_limit_first() {
    let mut caller = EnvoyCaller::new(Envoy::DEFAULT);
    for _ in 0..49 {
        caller.call(10);
    }
    assert!(caller.is_measuring());
    assert_eq!(caller.limit_at(490), 3);
    caller.call(10);
    assert!(!caller.is_measuring());
    assert_eq!(caller.draw.draws, 1, "the jitter of the next measurement");
    // The first update comes an interval later: g = 1.25, 3.75 + 1.94.
    caller.call(10);
    assert_eq!(caller.limit_at(599), 3);
    assert_eq!(caller.limit_at(600), 5);
    // Without samples nothing changes.
    assert_eq!(caller.limit_at(5_000), 5);
}

#[test]
fn envoy_measures_again_after_its_interval_and_jitter_and_comes_back_to_its_limit() {
    let mut caller = EnvoyCaller::new(Envoy::DEFAULT);
    while caller.now_ms < 2_000 {
        caller.call(10);
    }
    let limit = caller.limit_at(2_000);
    assert!(limit > 50, "{limit}");
    // Half of the jitter of 9000 ms: measured at 500, so again at 65 000.
    assert!(!caller.is_measuring());
    assert_eq!(caller.limit_at(64_999), limit);
    caller.now_ms = 64_995;
    let early = caller.settings.admit(&mut caller.state, at(64_995)).unwrap();
    assert_eq!(caller.limit_at(65_000), 3);
    assert!(caller.is_measuring());
    // What was sent before is not measured.
    caller
        .settings
        .settle(&mut caller.state, at(65_000), early, End::Answered, &mut caller.draw);
    caller.now_ms = 65_000;
    for _ in 0..49 {
        caller.call(20);
    }
    assert!(caller.is_measuring());
    caller.call(20);
    assert!(!caller.is_measuring());
    assert_eq!(caller.limit_at(caller.now_ms), limit);
}

#[test]
fn envoy_measures_at_once_after_five_limits_at_the_minimum() {
    let mut caller = EnvoyCaller::new(Envoy::DEFAULT);
    for _ in 0..50 {
        caller.call(10);
    }
    // Four times slower than measured: the limit stays at 3 at each of the updates at 600, 700, 800, 900 and 1000.
    for _ in 0..12 {
        caller.call(40);
        assert!(!caller.is_measuring(), "{}", caller.now_ms);
    }
    caller.call(40);
    assert_eq!(caller.now_ms, 1_020);
    assert!(caller.is_measuring());
    // Of a callee that has become slow for good it learns.
    for _ in 0..50 {
        caller.call(40);
    }
    caller.call(40);
    let later = caller.now_ms + 100;
    assert_eq!(caller.limit_at(later), 5);
}

#[test]
fn envoy_reads_the_percentile_that_covers_its_share() {
    let settings = Envoy {
        request_count: 4,
        sample_aggregate_percentile: Factor(750_000),
        ..Envoy::DEFAULT
    };
    let mut caller = EnvoyCaller::new(settings);
    for takes_ms in [40, 10, 20, 30] {
        caller.call(takes_ms);
    }
    // minRTT is 30 ms; a call of 30 gives g = 1.25.
    caller.call(30);
    assert_eq!(caller.limit_at(200), 5);
    caller.call(75);
    // 30 · 1.25 / 75 = 0.5, which is 2.5 + 1.58.
    assert_eq!(caller.limit_at(300), 4);
}
