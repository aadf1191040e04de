use super::*;
use crate::policy::scripted::{ALMOST_ONE, Scripted};
use crate::rng::{Key, Purpose, Streams};
use proptest::prelude::*;

const fn ms(ms: u64) -> Span {
    Span::from_millis(ms)
}

const fn plain(curve: Curve) -> Backoff {
    Backoff::Curve {
        curve,
        jitter: Jitter::None,
    }
}

const fn doubling(base: Span, cap: Span, jitter: Jitter) -> Backoff {
    Backoff::Curve {
        curve: Curve::Exponential {
            base,
            factor: DOUBLING,
            cap,
        },
        jitter,
    }
}

/// The first pauses in milliseconds, with every `u` at `share`.
fn pauses(backoff: Backoff, share: f64, retries: u32) -> Vec<f64> {
    assert_eq!(backoff.check(), Ok(()));
    pauses_after(Outcome::Error, backoff, share, retries)
}

fn pauses_after(outcome: Outcome, backoff: Backoff, share: f64, retries: u32) -> Vec<f64> {
    let (mut state, mut draw) = (BackoffState::default(), Scripted::new(&[share]));
    let pauses: Vec<f64> = (1..=retries)
        .map(|n| backoff.next_delay(&mut state, n, outcome, &mut draw).nanos() as f64 / 1e6)
        .collect();
    assert!(draw.draws <= retries as usize, "at most one draw a decision");
    pauses
}

#[track_caller]
fn assert_close(got: &[f64], expected: &[f64], within: f64) {
    assert_eq!(got.len(), expected.len());
    assert!(
        got.iter().zip(expected).all(|(a, b)| (a - b).abs() <= within),
        "{got:?} is not {expected:?}"
    );
}

fn resilience4j(initial: u64, multiplier: u64, cap: Span) -> Resilience4j {
    Resilience4j {
        initial: ms(initial),
        multiplier: Factor(multiplier),
        randomization: None,
        cap,
    }
}

#[test]
fn rt_1_resilience4j_truncates_at_each_step() {
    let of =
        |initial, multiplier, cap, n| pauses(Backoff::Resilience4j(resilience4j(initial, multiplier, cap)), 0.3, n);
    assert_eq!(of(500, 1_500_000, Span::MAX, 5), [500.0, 750.0, 1125.0, 1687.0, 2530.0]);
    assert_eq!(of(101, 1_500_000, Span::MAX, 4), [101.0, 151.0, 226.0, 339.0]);
    assert_eq!(
        of(100, 2_000_000, ms(1000), 6),
        [100.0, 200.0, 400.0, 800.0, 1000.0, 1000.0]
    );
    assert_eq!(of(500, 1_500_000, Span::MAX, 6)[5], 3795.0);
    assert_eq!(
        pauses(Backoff::Resilience4j(Resilience4j::DEFAULT), 0.9, 3),
        [500.0, 500.0, 500.0]
    );
}

#[test]
fn resilience4j_randomises_around_the_interval_and_grows_from_the_plain_one() {
    let random = |multiplier| {
        let randomization = Some(Factor(500_000));
        Backoff::Resilience4j(Resilience4j {
            randomization,
            ..resilience4j(500, multiplier, Span::MAX)
        })
    };
    assert_eq!(pauses(random(1_000_000), 0.0, 1), [250.0]);
    assert_eq!(pauses(random(1_000_000), 0.5, 1), [500.0]);
    assert_eq!(pauses(random(1_000_000), 0.999, 1), [750.0]);
    assert_eq!(pauses(random(1_500_000), 0.0, 3), [250.0, 375.0, 562.0]);
    // An interval of 1 ms cannot be halved to nothing.
    let tiny = Resilience4j {
        initial: ms(1),
        randomization: Some(Factor(900_000)),
        ..Resilience4j::DEFAULT
    };
    assert_eq!(pauses(Backoff::Resilience4j(tiny), 0.0, 1), [1.0]);
}

#[test]
fn rt_2_polly_decorrelates() {
    let polly = Polly {
        shape: polly::Shape::Exponential,
        base: ms(1000),
        jitter: true,
        cap: Span::MAX,
    };
    let pauses_at = |share| pauses(Backoff::Polly(polly), share, 4);
    assert_close(&pauses_at(0.0), &[0.0, 1377.182, 1460.067, 2865.850], 0.0006);
    assert_close(&pauses_at(0.5), &[897.405, 1093.004, 2035.748, 4045.979], 0.0006);
    let capped = Polly { cap: ms(2000), ..polly };
    assert_close(
        &pauses(Backoff::Polly(capped), 0.5, 4),
        &[897.405, 1093.004, 2000.0, 2000.0],
        0.0006,
    );
}

#[test]
fn polly_without_jitter_is_plain_and_with_it_a_quarter_more_or_less() {
    let of = |shape, jitter, share| {
        pauses(
            Backoff::Polly(Polly {
                shape,
                base: ms(1000),
                jitter,
                cap: Span::MAX,
            }),
            share,
            3,
        )
    };
    assert_eq!(of(polly::Shape::Constant, false, 0.1), [1000.0; 3]);
    assert_eq!(of(polly::Shape::Linear, false, 0.1), [1000.0, 2000.0, 3000.0]);
    assert_eq!(of(polly::Shape::Exponential, false, 0.1), [1000.0, 2000.0, 4000.0]);
    assert_eq!(of(polly::Shape::Constant, true, 0.0), [750.0; 3]);
    assert_eq!(of(polly::Shape::Linear, true, 0.5), [1000.0, 2000.0, 3000.0]);
    assert_close(
        &of(polly::Shape::Linear, true, ALMOST_ONE),
        &[1250.0, 2500.0, 3750.0],
        1e-5,
    );
    assert_eq!(pauses(Backoff::Polly(Polly::DEFAULT), 0.7, 2), [2000.0, 2000.0]);
}

#[test]
fn polly_beyond_the_numbers_waits_for_its_cap() {
    let polly = Polly {
        shape: polly::Shape::Exponential,
        base: ms(1000),
        jitter: true,
        cap: Span::from_secs(30),
    };
    assert_eq!(pauses(Backoff::Polly(polly), 0.5, 1100)[1099], 30_000.0);
}

#[test]
fn rt_3_full_and_equal_jitter() {
    let of = |jitter| pauses(doubling(ms(100), ms(1000), jitter), 0.5, 6);
    assert_eq!(of(Jitter::Full), [50.0, 100.0, 200.0, 400.0, 500.0, 500.0]);
    assert_eq!(of(Jitter::Equal), [75.0, 150.0, 300.0, 600.0, 750.0, 750.0]);
    assert_eq!(of(Jitter::None), [100.0, 200.0, 400.0, 800.0, 1000.0, 1000.0]);
}

#[test]
fn decorrelated_jitter_walks_from_the_pause_before() {
    let of = |share, n| pauses(doubling(ms(5), ms(2000), Jitter::Decorrelated), share, n);
    assert_eq!(of(0.5, 4), [10.0, 17.5, 28.75, 45.625]);
    assert_eq!(of(0.0, 3), [5.0; 3]);
    assert_close(
        &of(ALMOST_ONE, 7),
        &[15.0, 45.0, 135.0, 405.0, 1215.0, 2000.0, 2000.0],
        1e-3,
    );
}

#[test]
fn rt_4_grpc_may_exceed_its_maximum() {
    let grpc = Backoff::Grpc(Grpc {
        initial: ms(100),
        multiplier: DOUBLING,
        max: ms(300),
    });
    assert_eq!(pauses(grpc, 0.0, 4), [80.0, 160.0, 240.0, 240.0]);
    assert_close(&pauses(grpc, ALMOST_ONE, 4), &[120.0, 240.0, 360.0, 360.0], 1e-5);
    assert_eq!(pauses(grpc, 0.5, 3), [100.0, 200.0, 300.0]);
}

#[test]
fn rt_5_aws_has_full_jitter_below_twenty_seconds() {
    let standard = pauses(Backoff::Aws(Aws::STANDARD), 0.5, 11);
    let expected = [
        25.0, 50.0, 100.0, 200.0, 400.0, 800.0, 1600.0, 3200.0, 6400.0, 10_000.0, 10_000.0,
    ];
    assert_eq!(standard, expected);
    let classic = [500.0, 1000.0, 2000.0, 4000.0, 8000.0, 10_000.0, 10_000.0];
    assert_eq!(pauses(Backoff::Aws(Aws::CLASSIC), 0.5, 7), classic);
    // After throttling the rules of 2026 begin at a second as well.
    assert_eq!(
        pauses_after(Outcome::Quota, Backoff::Aws(Aws::STANDARD), 0.5, 7),
        classic
    );
    assert_eq!(pauses(Backoff::Aws(Aws::DYNAMODB), 0.5, 2), [12.5, 25.0]);
}

#[test]
fn curves_without_jitter() {
    assert_eq!(pauses(Backoff::None, 0.5, 3), [0.0; 3]);
    assert_eq!(pauses(plain(Curve::Fixed(ms(20))), 0.5, 3), [20.0; 3]);
    assert_eq!(
        pauses(
            plain(Curve::Linear {
                base: ms(20),
                cap: ms(50)
            }),
            0.5,
            4
        ),
        [20.0, 40.0, 50.0, 50.0]
    );
    let gentle = Curve::Exponential {
        base: ms(100),
        factor: Factor(1_500_000),
        cap: Span::MAX,
    };
    assert_eq!(pauses(plain(gentle), 0.5, 4), [100.0, 150.0, 225.0, 337.5]);
    let constant = Curve::Exponential {
        base: ms(7),
        factor: Factor::ONE,
        cap: Span::MAX,
    };
    assert_eq!(pauses(plain(constant), 0.5, 4), [7.0; 4]);
}

#[test]
fn envoy_draws_whole_milliseconds_below_a_range_that_doubles() {
    let envoy = Backoff::Envoy(Envoy::DEFAULT);
    assert_eq!(pauses(envoy, 0.5, 6), [12.0, 25.0, 50.0, 100.0, 125.0, 125.0]);
    assert_eq!(pauses(envoy, 0.0, 2), [0.0, 0.0]);
    assert_eq!(pauses(envoy, ALMOST_ONE, 6), [24.0, 49.0, 99.0, 199.0, 249.0, 249.0]);
    let limited = |share| envoy::rate_limited(ms(1000), &mut Scripted::new(&[share])).nanos() / 1_000_000;
    assert_eq!([limited(0.0), limited(0.5), limited(ALMOST_ONE)], [1000, 1250, 1499]);
}

#[test]
fn finagle_begins_with_the_start_and_then_draws() {
    let of = |shape, share, n| {
        let finagle = Finagle {
            shape,
            start: Span::from_secs(5),
            max: Span::from_secs(300),
        };
        let seconds = |it: f64| (it / 1000.0 * 1e6).round() / 1e6;
        pauses(Backoff::Finagle(finagle), share, n)
            .into_iter()
            .map(seconds)
            .collect::<Vec<f64>>()
    };
    use finagle::Shape::*;
    assert_eq!(of(Decorrelated, 0.5, 7), [5.0, 10.0, 20.0, 40.0, 80.0, 160.0, 230.0]);
    assert_eq!(of(Decorrelated, 0.0, 3), [5.0; 3]);
    assert_eq!(
        of(Equal, 0.5, 9),
        [5.0, 7.5, 15.0, 30.0, 60.0, 120.0, 240.0, 300.0, 300.0]
    );
    assert_eq!(of(Exponential, 0.5, 6), [5.0, 5.0, 10.0, 40.0, 300.0, 300.0]);
    // Drawing nothing once leaves nothing to grow from.
    assert_eq!(of(Exponential, 0.0, 4), [5.0, 0.0, 0.0, 0.0]);
}

#[test]
fn tower_adds_jitter_up_to_its_maximum() {
    let tower = |jitter| {
        Backoff::Tower(Tower {
            min: ms(50),
            max: ms(1000),
            jitter: Factor(jitter),
        })
    };
    assert_eq!(
        pauses(tower(990_000), 0.5, 6),
        [74.75, 149.5, 299.0, 598.0, 1000.0, 1000.0]
    );
    assert_eq!(pauses(tower(0), 0.5, 3), [50.0, 100.0, 200.0]);
}

#[test]
fn tenacity_and_haproxy_draw_nothing() {
    let tenacity = Tenacity {
        min: Span::from_secs(4),
        max: Span::from_secs(10),
        ..Tenacity::DEFAULT
    };
    assert_eq!(
        pauses(Backoff::Tenacity(tenacity), 0.5, 5),
        [4000.0, 4000.0, 4000.0, 8000.0, 10_000.0]
    );
    let haproxy = |connect| {
        Backoff::Haproxy(Haproxy {
            connect: ms(connect),
            redispatch_at: Some(3),
        })
    };
    assert_eq!(pauses(haproxy(5000), 0.5, 3), [1000.0, 1000.0, 0.0]);
    assert_eq!(pauses(haproxy(200), 0.5, 2), [200.0, 200.0]);
}

#[test]
fn a_restart_begins_the_formula_again() {
    let backoff = doubling(ms(100), Span::MAX, Jitter::None);
    let (mut state, mut draw) = (BackoffState::default(), Scripted::new(&[0.5]));
    let mut pause = |state: &mut BackoffState, n| backoff.next_delay(state, n, Outcome::Error, &mut draw);
    assert_eq!([pause(&mut state, 1), pause(&mut state, 2)], [ms(100), ms(200)]);
    state.restart(3);
    assert_eq!([pause(&mut state, 4), pause(&mut state, 5)], [ms(100), ms(200)]);
    assert!(size_of::<BackoffState>() <= 16);
}

/// `backoff-total-b0.1` and other parameters: the mean sum of all pauses of a call that always fails.
fn mean_total(base: u64, cap: u64, retries: u32, jitter: Jitter) -> f64 {
    const CALLS: u32 = 60_000;
    let backoff = doubling(ms(base), ms(cap), jitter);
    let mut draw = Streams::new(11).stream(Purpose::Jitter, Key::of("total"));
    let mut total = 0.0;
    for _ in 0..CALLS {
        let mut state = BackoffState::default();
        for n in 1..=retries {
            total += backoff
                .next_delay(&mut state, n, Outcome::Error, &mut draw)
                .as_secs_f64();
        }
    }
    total / f64::from(CALLS)
}

#[test]
fn backoff_total_b0_1() {
    for (base, cap, retries, exact) in [(100, 2000, 5, 3.1), (100, 1000, 6, 3.5), (50, 2000, 3, 0.35)] {
        let expected = [
            (Jitter::None, exact, 1e-9),
            (Jitter::Full, exact / 2.0, 0.01),
            (Jitter::Equal, exact * 0.75, 0.01),
        ];
        for (jitter, mean, band) in expected {
            let got = mean_total(base, cap, retries, jitter);
            assert!((got / mean - 1.0).abs() <= band, "{jitter:?}: {got} is not {mean}");
            let backoff = doubling(ms(base), ms(cap), jitter);
            let by_formula: f64 = (1..=retries).map(|n| backoff.delay_mean(n).unwrap()).sum();
            assert!((by_formula / mean - 1.0).abs() < 1e-9);
        }
        let worst = doubling(ms(base), ms(cap), Jitter::Full).total_max(retries);
        assert!((worst.as_secs_f64() - exact).abs() < 1e-9);
    }
}

#[test]
fn bounds_of_endless_back_offs_are_found_quickly_and_saturate() {
    assert_eq!(
        doubling(ms(100), Span::MAX, Jitter::None).total_max(u32::MAX),
        Span::MAX
    );
    assert_eq!(plain(Curve::Fixed(ms(1))).total_max(u32::MAX), ms(u64::from(u32::MAX)));
    assert_eq!(Backoff::None.total_max(u32::MAX), Span::ZERO);
    let slow = Backoff::Resilience4j(resilience4j(600_000, 1_000_010, Span::MAX));
    assert!(slow.total_max(5_000) > ms(600_000 * 5_000));
}

#[test]
fn nonsense_settings_are_named() {
    let wrong: [(Backoff, &str); 5] = [
        (doubling(ms(100), ms(50), Jitter::Full), "cap"),
        (doubling(ms(100), Span::MAX, Jitter::Decorrelated), "triples"),
        (
            Backoff::Finagle(Finagle {
                shape: finagle::Shape::Equal,
                start: Span::ZERO,
                max: ms(1),
            }),
            "longer than 0",
        ),
        (
            Backoff::Envoy(Envoy {
                base: Span::from_micros(10),
                max: ms(1),
            }),
            "1ms",
        ),
        (
            Backoff::Grpc(Grpc {
                initial: ms(1),
                multiplier: Factor(0),
                max: ms(1),
            }),
            "multiplier",
        ),
    ];
    for (backoff, part) in wrong {
        let Err(error) = backoff.check() else {
            panic!("{backoff:?} passes")
        };
        assert!(error.to_string().contains(part), "{error}");
    }
}

fn any_backoff() -> impl Strategy<Value = Backoff> {
    let span = || (1u64..20_000).prop_map(|it| Span::from_micros(it * 100));
    let jitter = prop_oneof![
        Just(Jitter::None),
        Just(Jitter::Full),
        Just(Jitter::Equal),
        Just(Jitter::Decorrelated)
    ];
    let factor = (1_000_000u64..4_000_000).prop_map(Factor);
    (span(), span(), jitter, factor, 0usize..16, any::<bool>()).prop_map(|(a, b, jitter, factor, kind, coin)| {
        let (low, high) = (a.min(b).max(ms(1)), a.max(b).max(ms(1)));
        match kind {
            0 => Backoff::Curve {
                curve: Curve::Linear { base: low, cap: high },
                jitter,
            },
            1..=3 => Backoff::Curve {
                curve: Curve::Exponential {
                    base: low,
                    factor,
                    cap: high,
                },
                jitter,
            },
            4 => Backoff::Aws(Aws {
                base: low,
                throttling_base: high,
                cap: high + high,
            }),
            5 => Backoff::Envoy(Envoy { base: low, max: high }),
            6 => Backoff::Finagle(Finagle {
                shape: finagle::Shape::Decorrelated,
                start: low,
                max: high,
            }),
            7 => Backoff::Finagle(Finagle {
                shape: finagle::Shape::Equal,
                start: low,
                max: high,
            }),
            8 => Backoff::Finagle(Finagle {
                shape: finagle::Shape::Exponential,
                start: low,
                max: high,
            }),
            9 => Backoff::Grpc(Grpc {
                initial: low,
                multiplier: factor,
                max: high,
            }),
            10 => Backoff::Haproxy(Haproxy {
                connect: high,
                redispatch_at: coin.then_some(2),
            }),
            11 => Backoff::Polly(Polly {
                shape: polly::Shape::Linear,
                base: low,
                jitter: coin,
                cap: high,
            }),
            12 => Backoff::Polly(Polly {
                shape: polly::Shape::Exponential,
                base: low,
                jitter: coin,
                cap: Span::MAX,
            }),
            13 => {
                let randomization = coin.then_some(Factor(factor.0 / 5));
                Backoff::Resilience4j(Resilience4j {
                    initial: low,
                    multiplier: factor,
                    randomization,
                    cap: high,
                })
            }
            14 => Backoff::Tenacity(Tenacity {
                multiplier: low,
                base: factor,
                min: low,
                max: high,
            }),
            _ => Backoff::Tower(Tower {
                min: low,
                max: high,
                jitter: Factor(factor.0 - 1_000_000),
            }),
        }
    })
}

proptest! {
    #[test]
    fn pauses_stay_within_their_bounds(backoff in any_backoff(), seed in any::<u64>(), throttled in any::<bool>()) {
        prop_assert_eq!(backoff.check(), Ok(()));
        let outcome = if throttled { Outcome::Quota } else { Outcome::Error };
        let mut draw = Streams::new(seed).stream(Purpose::Jitter, Key::of("bounds"));
        let (mut state, mut total) = (BackoffState::default(), Span::ZERO);
        for n in 1..=12 {
            let pause = backoff.next_delay(&mut state, n, outcome, &mut draw);
            prop_assert!(pause <= backoff.delay_max(n), "retry {}: {} > {}", n, pause, backoff.delay_max(n));
            total += pause;
            prop_assert!(total <= backoff.total_max(n));
        }
    }

    #[test]
    fn a_back_off_that_is_not_random_draws_nothing(backoff in any_backoff()) {
        let (mut state, mut draw) = (BackoffState::default(), Scripted::new(&[0.25]));
        for n in 1..=12 {
            backoff.next_delay(&mut state, n, Outcome::Error, &mut draw);
        }
        // Finagle's constant tail draws nothing although its beginning does.
        let random = draw.draws > 0;
        prop_assert!(backoff.is_random() || !random);
    }
}
