use super::aws::{Clocker, Cubic};
use super::*;
use proptest::prelude::*;

fn at(ms: u64) -> SimTime {
    SimTime::from_nanos(ms * 1_000_000)
}

fn ms(ms: u64) -> Span {
    Span::from_millis(ms)
}

/// A limiter that is asked in milliseconds.
struct Gate {
    limit: RateLimit,
    state: RateLimitState,
}

impl Gate {
    fn new(limit: RateLimit) -> Gate {
        assert_eq!(limit.check(), Ok(()));
        let state = limit.start(SimTime::ZERO);
        Gate { limit, state }
    }

    fn ask(&mut self, ms: u64) -> Answer {
        self.limit.ask(&mut self.state, at(ms))
    }

    /// `Y` for each call that passes, `N` for each that does not, and the milliseconds for each that waits.
    fn play(&mut self, arrivals_ms: &[u64]) -> String {
        let said: Vec<String> = arrivals_ms
            .iter()
            .map(|&ms| match self.ask(ms) {
                Answer::Admitted => "Y".to_owned(),
                Answer::Refused => "N".to_owned(),
                Answer::Wait(wait) => (wait.nanos() / 1_000_000).to_string(),
                Answer::Again(wait) => format!("again {}", wait.nanos() / 1_000_000),
            })
            .collect();
        said.join(" ")
    }
}

fn token_bucket(rate: u64, burst: u32) -> RateLimit {
    RateLimit::TokenBucket(TokenBucket::per_second(rate, burst))
}

fn gcra(n: u32, burst: u32) -> RateLimit {
    RateLimit::Gcra(Gcra::per_second(n).allow_burst(burst))
}

fn resilience4j(limit: u32, period_ms: u64, timeout_ms: u64) -> RateLimit {
    RateLimit::Resilience4j(Resilience4j {
        limit_for_period: limit,
        limit_refresh_period: ms(period_ms),
        timeout_duration: ms(timeout_ms),
    })
}

#[test]
fn rl_1_gcra_10_per_second_burst_3() {
    let arrivals = [
        0, 0, 0, 0, 99, 100, 150, 200, 450, 450, 450, 10_450, 10_450, 10_450, 10_450,
    ];
    let said = "Y Y Y N N Y N Y Y Y N Y Y Y N";
    assert_eq!(Gate::new(gcra(10, 3)).play(&arrivals), said);
    assert_eq!(Gate::new(token_bucket(10, 3)).play(&arrivals), said);
}

#[test]
fn rl_2_gcra_5_per_second_burst_5() {
    let arrivals = [0, 0, 0, 0, 0, 0, 200, 200, 500, 500, 1200, 1200, 1200, 1200, 1200];
    let said = "Y Y Y Y Y N Y N Y N Y Y Y Y N";
    assert_eq!(Gate::new(gcra(5, 5)).play(&arrivals), said);
    assert_eq!(Gate::new(token_bucket(5, 5)).play(&arrivals), said);
}

#[test]
fn rl_3_resilience4j_reserves_permits_of_later_cycles() {
    let mut gate = Gate::new(resilience4j(2, 100, 250));
    assert_eq!(gate.play(&[0, 0, 0, 0, 0, 0, 0, 0]), "Y Y 100 100 200 200 N N");
    assert_eq!(gate.play(&[150, 150, 150, 150, 150]), "150 150 250 250 N");
    let RateLimitState::Resilience4j(cycles) = gate.state else {
        unreachable!()
    };
    assert_eq!(cycles.permits(), -6);
}

#[test]
fn rl_3_resilience4j_accumulates_no_permits() {
    let mut gate = Gate::new(resilience4j(2, 100, 0));
    assert_eq!(gate.play(&[950, 950, 950, 950]), "Y Y N N");
    assert_eq!(gate.play(&[1010, 1010, 1010]), "Y Y N");
}

#[test]
fn resilience4j_cycles_begin_when_the_limiter_is_created() {
    let limit = resilience4j(1, 100, 250);
    let mut state = limit.start(at(30));
    assert_eq!(limit.ask(&mut state, at(40)), Answer::Admitted);
    assert_eq!(limit.ask(&mut state, at(40)), Answer::Wait(ms(90)));
}

#[test]
fn resilience4j_counts_whole_cycles_for_several_permits() {
    let limit = resilience4j(2, 100, 1_000);
    let mut state = limit.start(SimTime::ZERO);
    // Five permits: two now, two at 100, the last at 200; the three that are missing need a cycle beyond the next.
    assert_eq!(limit.ask_for(&mut state, at(0), 5), Answer::Wait(ms(200)));
    // The balance is -3: one more is the second permit of the second cycle.
    assert_eq!(limit.ask_for(&mut state, at(0), 1), Answer::Wait(ms(200)));
    assert_eq!(limit.ask_for(&mut state, at(0), 1), Answer::Wait(ms(300)));
}

#[test]
fn a_wait_of_exactly_the_timeout_is_granted_by_resilience4j() {
    assert_eq!(Gate::new(resilience4j(1, 100, 100)).play(&[0, 0]), "Y 100");
    assert_eq!(Gate::new(resilience4j(1, 100, 99)).play(&[0, 0]), "Y N");
    assert_eq!(resilience4j(1, 100, 99).refusal_delay(), ms(99));
    assert_eq!(token_bucket(1, 1).refusal_delay(), Span::ZERO);
}

#[test]
fn rl_4_sliding_counter_4_per_second() {
    let mut gate = Gate::new(RateLimit::SlidingWindowCounter(SlidingWindowCounter {
        limit: 4,
        window: ms(1_000),
    }));
    let said = gate.play(&[0, 100, 200, 300, 400, 1000, 1250, 1251, 1500, 1750]);
    assert_eq!(said, "Y Y Y Y N N Y N Y Y");
}

#[test]
fn a_sliding_counter_forgets_all_after_two_windows() {
    let mut gate = Gate::new(RateLimit::SlidingWindowCounter(SlidingWindowCounter {
        limit: 2,
        window: ms(100),
    }));
    assert_eq!(gate.play(&[99, 99, 99, 200, 200, 200]), "Y Y N Y Y N");
}

#[test]
fn rl_5_aws_cubic() {
    let near = |value: f64, expected: f64, digits: f64| {
        assert!(
            (value - expected).abs() <= 0.500_001 * digits,
            "{value} is not {expected}"
        );
    };
    let mut cubic = Cubic::new(0.0, 0.0);
    near(cubic.on_throttle(10.0, 0.0), 7.0, 1e-4);
    near(cubic.k, 1.957434, 1e-6);
    for (t, rate) in [(0.0, 7.0), (1.0, 9.6489), (2.0, 10.0), (3.0, 10.4533), (4.0, 13.4087)] {
        near(cubic.on_success(t), rate, 1e-4);
    }
    near(cubic.on_throttle(8.0, 5.0), 5.6, 1e-4);
    near(cubic.k, 1.817121, 1e-6);
    for (t, rate) in [(5.0, 5.6), (6.0, 7.7818), (7.0, 8.0024), (8.0, 8.6620)] {
        near(cubic.on_success(t), rate, 1e-4);
    }
}

#[test]
fn aws_measures_when_a_slot_ends() {
    let mut clocker = Clocker::new(0.0);
    assert_eq!(clocker.record(0.1), 0.0);
    assert_eq!(clocker.record(0.4), 0.0);
    // Three in half a second are 6 per second, the reply that ends the slot included; 0.8 of it on a rate of zero.
    assert!((clocker.record(0.5) - 4.8).abs() < 1e-12);
    assert!((clocker.record(0.9) - 4.8).abs() < 1e-12);
    // Two in one second and a half.
    assert!((clocker.record(2.2) - (0.8 * 2.0 / 1.5 + 0.2 * 4.8)).abs() < 1e-12);
}

/// A client that sends every 100 ms and is answered at once, first with success, at 2 s with a throttling error.
fn throttled_client() -> (RateLimit, RateLimitState) {
    let limit = RateLimit::Aws(Aws);
    let mut state = limit.start(SimTime::ZERO);
    for k in 1..20 {
        assert_eq!(limit.ask(&mut state, at(k * 100)), Answer::Admitted);
        limit.settle(&mut state, at(k * 100), Outcome::Ok);
    }
    assert_eq!(limit.ask(&mut state, at(2_000)), Answer::Admitted);
    limit.settle(&mut state, at(2_000), Outcome::Quota);
    (limit, state)
}

#[test]
fn aws_limits_from_the_first_throttling_reply() {
    let (limit, mut state) = throttled_client();
    let RateLimitState::Aws(adaptive) = &state else {
        unreachable!()
    };
    // Slots end at 0.5, 1.0, 1.5 and 2.0 with five replies each: 10 per second, smoothed 8, 9.6, 9.92, 9.984.
    assert!(adaptive.is_enabled());
    assert!((adaptive.fill_rate_per_s() - 0.7 * 9.984).abs() < 1e-9);
    // The bucket was filling before it counted, at 0.4 t^3 from the time when that passes one half: 1.92 tokens by now.
    assert!((adaptive.capacity - 1.923).abs() < 1e-3);
    assert_eq!(limit.ask(&mut state, at(2_000)), Answer::Admitted);
    let Answer::Again(wait) = limit.ask(&mut state, at(2_000)) else {
        panic!("it waits")
    };
    let later = at(2_000) + wait;
    assert_eq!(limit.ask(&mut state, later), Answer::Admitted);
    assert!(matches!(limit.ask(&mut state, later), Answer::Again(_)));
}

#[test]
fn aws_never_falls_below_one_send_in_two_seconds() {
    let (limit, mut state) = throttled_client();
    for k in 21..60 {
        limit.settle(&mut state, at(k * 100), Outcome::Shed);
    }
    let RateLimitState::Aws(adaptive) = &state else {
        unreachable!()
    };
    assert_eq!(adaptive.fill_rate_per_s(), 0.5);
    assert!(adaptive.capacity <= 1.0);
}

#[test]
fn rl_6_leaky_queue_10_per_second_with_3_places() {
    let mut gate = Gate::new(RateLimit::LeakyBucket(LeakyBucket::per_second(10, 3)));
    assert_eq!(gate.play(&[0, 0, 0, 0, 0]), "Y 100 200 300 N");
    // At 150 one more has left; the place of the second is free.
    assert_eq!(gate.play(&[150, 150]), "250 N");
    assert_eq!(gate.play(&[10_000, 10_000]), "Y 100");
}

#[test]
fn a_leaky_queue_without_places_refuses_what_cannot_leave_at_once() {
    let mut gate = Gate::new(RateLimit::LeakyBucket(LeakyBucket::per_second(10, 0)));
    assert_eq!(gate.play(&[0, 0, 99, 100, 199, 201]), "Y N N Y N Y");
}

#[test]
fn rl_7_a_fixed_window_lets_twice_the_limit_pass_around_a_boundary() {
    let arrivals = [990, 990, 990, 990, 1000, 1000, 1000, 1000];
    let mut fixed = Gate::new(RateLimit::FixedWindow(FixedWindow {
        limit: 3,
        window: ms(1_000),
    }));
    assert_eq!(fixed.play(&arrivals), "Y Y Y N Y Y Y N");
    let mut log = Gate::new(RateLimit::SlidingWindowLog(SlidingWindowLog {
        limit: 3,
        window: ms(1_000),
    }));
    assert_eq!(log.play(&arrivals), "Y Y Y N N N N N");
    assert_eq!(log.play(&[1989, 1990, 1990, 1990, 1990]), "N Y Y Y N");
}

#[test]
fn tokenbucket_saturated() {
    let mut gate = Gate::new(token_bucket(50, 25));
    let passed = (0..=10_000).filter(|&ms| gate.ask(ms) == Answer::Admitted).count();
    assert_eq!(passed, 525);
}

#[test]
fn a_token_bucket_with_patience_goes_into_debt() {
    let mut gate = Gate::new(RateLimit::TokenBucket(TokenBucket {
        max_wait: ms(250),
        ..TokenBucket::per_second(10, 2)
    }));
    assert_eq!(gate.play(&[0, 0, 0, 0, 0]), "Y Y 100 200 N");
    assert_eq!(gate.play(&[50, 50]), "250 N");
}

#[test]
fn gcra_that_waits_asks_again_and_takes_nothing() {
    let mut gate = Gate::new(RateLimit::Gcra(Gcra {
        until_ready: true,
        ..Gcra::per_second(10).allow_burst(1)
    }));
    assert_eq!(
        gate.play(&[0, 0, 0, 60, 100, 100]),
        "Y again 100 again 100 again 40 Y again 100"
    );
}

#[test]
fn permits_are_taken_all_or_none() {
    for limit in [token_bucket(10, 5), gcra(10, 5)] {
        let mut state = limit.start(SimTime::ZERO);
        assert_eq!(limit.ask_for(&mut state, at(0), 6), Answer::Refused, "{limit:?}");
        assert_eq!(limit.ask_for(&mut state, at(0), 3), Answer::Admitted, "{limit:?}");
        assert_eq!(limit.ask_for(&mut state, at(0), 3), Answer::Refused, "{limit:?}");
        assert_eq!(limit.ask_for(&mut state, at(0), 2), Answer::Admitted, "{limit:?}");
        assert_eq!(limit.ask_for(&mut state, at(99), 1), Answer::Refused, "{limit:?}");
        assert_eq!(limit.ask_for(&mut state, at(100), 1), Answer::Admitted, "{limit:?}");
    }
}

#[test]
fn settings_out_of_range_are_told_the_range() {
    let bad = [
        token_bucket(0, 1),
        token_bucket(1, 0),
        gcra(2_000_000_000, 1),
        gcra(1, 0),
        resilience4j(0, 1, 1),
        resilience4j(1, 0, 1),
        RateLimit::LeakyBucket(LeakyBucket::per_second(0, 1)),
        RateLimit::FixedWindow(FixedWindow {
            limit: 0,
            window: ms(1),
        }),
        RateLimit::SlidingWindowLog(SlidingWindowLog {
            limit: 1,
            window: Span::ZERO,
        }),
        RateLimit::SlidingWindowCounter(SlidingWindowCounter {
            limit: 0,
            window: ms(1),
        }),
    ];
    for limit in bad {
        let Err(Invalid(message)) = limit.check() else {
            panic!("{limit:?} was accepted")
        };
        assert!(message.contains("default"), "{message}");
    }
    assert_eq!(RateLimit::Resilience4j(Resilience4j::DEFAULT).check(), Ok(()));
}

/// Arrivals as gaps in nanoseconds, short enough that windows of some hundred see many.
fn gaps() -> impl Strategy<Value = Vec<u64>> {
    prop::collection::vec(prop_oneof![Just(0), 0u64..40, 0u64..400], 1..200)
}

/// When calls leave.
fn departures(limit: &RateLimit, gaps: &[u64]) -> Vec<u64> {
    let mut state = limit.start(SimTime::ZERO);
    let mut now = 0;
    let mut left = Vec::new();
    for gap in gaps {
        now += gap;
        match limit.ask(&mut state, SimTime::from_nanos(now)) {
            Answer::Admitted => left.push(now),
            Answer::Wait(wait) => left.push(now + wait.nanos()),
            Answer::Again(_) | Answer::Refused => (),
        }
    }
    left
}

proptest! {
    #[test]
    fn gcra_is_a_token_bucket_in_one_number(per_ns in 1u64..100, burst in 1u32..6, gaps in gaps()) {
        let replenish_one_per = Span::from_nanos(per_ns);
        let gcra = RateLimit::Gcra(Gcra { replenish_one_per, max_burst: burst, until_ready: false });
        let bucket = RateLimit::TokenBucket(TokenBucket { rate: 1, period: replenish_one_per, burst, max_wait: Span::ZERO });
        prop_assert_eq!(departures(&gcra, &gaps), departures(&bucket, &gaps));
    }

    #[test]
    fn a_token_bucket_admits_its_burst_and_its_rate_and_no_more(
        rate in 1u64..8, period in 1u64..100, burst in 1u32..6, patience in 0u64..200, gaps in gaps(),
    ) {
        let bucket = TokenBucket { rate, period: Span::from_nanos(period), burst, max_wait: Span::from_nanos(patience) };
        let left = departures(&RateLimit::TokenBucket(bucket), &gaps);
        // A departure after a wait is rounded up to a nanosecond.
        let rounding = u64::from(patience > 0);
        for (first, &from) in left.iter().enumerate() {
            for (more, &to) in left[first..].iter().enumerate() {
                let most = u64::from(burst) * period + (to - from + rounding) * rate;
                prop_assert!((more as u64 + 1) * period <= most, "{} within {} ns", more + 1, to - from);
            }
        }
    }

    #[test]
    fn a_leaky_bucket_spaces_its_output(rate in 1u64..8, period in 1u64..100, size in 0u32..6, gaps in gaps()) {
        let queue = LeakyBucket { rate, period: Span::from_nanos(period), size };
        let left = departures(&RateLimit::LeakyBucket(queue), &gaps);
        for (first, &from) in left.iter().enumerate() {
            for (more, &to) in left[first..].iter().enumerate() {
                // A departure is rounded up to a nanosecond.
                prop_assert!((to - from + 1) * rate >= more as u64 * period);
            }
        }
    }

    #[test]
    fn a_window_holds_its_limit(limit in 1u32..6, window in 1u64..200, gaps in gaps()) {
        let width = Span::from_nanos(window);
        let exact = departures(&RateLimit::SlidingWindowLog(SlidingWindowLog { limit, window: width }), &gaps);
        for pair in exact.windows(limit as usize + 1) {
            prop_assert!(pair[limit as usize] - pair[0] >= window);
        }
        let aligned = [
            departures(&RateLimit::FixedWindow(FixedWindow { limit, window: width }), &gaps),
            departures(&RateLimit::SlidingWindowCounter(SlidingWindowCounter { limit, window: width }), &gaps),
        ];
        for left in aligned {
            for pair in left.windows(limit as usize + 1) {
                prop_assert!(pair[limit as usize] / window > pair[0] / window);
            }
        }
    }

    #[test]
    fn resilience4j_sends_its_limit_in_each_cycle(
        limit in 1u32..6, period in 1u64..100, patience in 0u64..400, gaps in gaps(),
    ) {
        let settings = Resilience4j {
            limit_for_period: limit,
            limit_refresh_period: Span::from_nanos(period),
            timeout_duration: Span::from_nanos(patience),
        };
        let limiter = RateLimit::Resilience4j(settings);
        let mut left = departures(&limiter, &gaps);
        left.sort_unstable();
        for pair in left.windows(limit as usize + 1) {
            prop_assert!(pair[limit as usize] / period > pair[0] / period);
        }
        // The balance stays between what patience can reserve and one cycle's worth.
        let mut state = limiter.start(SimTime::ZERO);
        let mut now = SimTime::ZERO;
        for gap in gaps {
            now = now + Span::from_nanos(gap);
            limiter.ask(&mut state, now);
            let RateLimitState::Resilience4j(cycles) = &state else { unreachable!() };
            let deepest = (patience / period + 1) as i64 * i64::from(limit);
            prop_assert!((-deepest..=i64::from(limit)).contains(&cycles.permits()));
        }
    }

    #[test]
    fn aws_tokens_stay_in_range(replies in prop::collection::vec((1u64..400, any::<bool>(), any::<bool>()), 1..200)) {
        let limit = RateLimit::Aws(Aws);
        let mut state = limit.start(SimTime::ZERO);
        let mut now = SimTime::ZERO;
        for (gap_ms, send, throttled) in replies {
            now = now + ms(gap_ms);
            if send {
                limit.ask(&mut state, now);
            }
            limit.settle(&mut state, now, if throttled { Outcome::Quota } else { Outcome::Ok });
            let RateLimitState::Aws(it) = &state else { unreachable!() };
            prop_assert!(it.fill_rate >= 0.5 && it.fill_rate.is_finite());
            prop_assert!(it.capacity >= 0.0 && it.capacity <= it.fill_rate.max(1.0));
        }
    }
}
