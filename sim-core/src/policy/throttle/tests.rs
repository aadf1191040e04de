use super::*;
use crate::policy::scripted::{ALMOST_ONE, Scripted};
use crate::quantity::Factor;
use crate::rng::{Key, Purpose, Streams};
use crate::time::Span;
use proptest::prelude::*;

fn at(ms: u64) -> SimTime {
    SimTime::from_nanos(ms * 1_000_000)
}

fn sre(k: u64) -> Sre {
    Sre {
        k: Factor(k),
        ..Sre::DEFAULT
    }
}

/// The counts after so many requests, of which so many were accepted.
fn sre_counts(requests: u32, accepts: u32) -> sre::Counts {
    let mut counts = sre::Counts::default();
    let mut never_refused = Scripted::new(&[ALMOST_ONE]);
    for k in 0..requests {
        assert!(Sre::DEFAULT.admit(&mut counts, at(0), &mut never_refused));
        let outcome = if k < accepts { Outcome::Ok } else { Outcome::Shed };
        Sre::DEFAULT.settle(&mut counts, at(0), outcome);
    }
    counts
}

fn envoy_history(requests: u32, successes: u32) -> envoy::History {
    let mut history = envoy::History::default();
    for k in 0..requests {
        let outcome = if k < successes { Outcome::Ok } else { Outcome::Error };
        Envoy::DEFAULT.settle(&mut history, at(0), outcome);
    }
    history
}

#[track_caller]
fn assert_four_digits(value: f64, expected: f64) {
    assert!((value - expected).abs() <= 0.500_001e-4, "{value} is not {expected}");
}

#[test]
fn at_1_sre_reject_probability() {
    for (requests, accepts, expected) in [
        (0, 0, 0.0),
        (1, 0, 0.5),
        (10, 0, 0.9091),
        (100, 50, 0.0),
        (100, 49, 0.0198),
        (100, 20, 0.5941),
    ] {
        let counts = sre_counts(requests, accepts);
        assert_eq!(counts.totals(), (u64::from(requests), u64::from(accepts)));
        assert_four_digits(sre(2_000_000).reject_probability(&counts), expected);
    }
    assert_four_digits(sre(1_100_000).reject_probability(&sre_counts(100, 90)), 0.0099);
    assert_four_digits(sre(1_100_000).reject_probability(&sre_counts(100, 91)), 0.0);
}

#[test]
fn sre_refuses_iff_the_draw_is_below_the_probability() {
    // One request, none accepted: p is exactly one half.
    for (u, admitted) in [(0.0, false), (0.5 - 1e-16, false), (0.5, true), (ALMOST_ONE, true)] {
        let mut counts = sre_counts(1, 0);
        let mut draw = Scripted::new(&[u]);
        assert_eq!(Sre::DEFAULT.admit(&mut counts, at(0), &mut draw), admitted, "{u}");
        assert_eq!(draw.draws, 1);
    }
    // p = 0 refuses nothing, however small the draw.
    let mut counts = sre_counts(100, 50);
    assert!(Sre::DEFAULT.admit(&mut counts, at(0), &mut Scripted::new(&[0.0])));
}

#[test]
fn sre_counts_its_own_refusals_as_requests() {
    let mut counts = sre_counts(10, 0);
    assert!(!Sre::DEFAULT.admit(&mut counts, at(0), &mut Scripted::new(&[0.0])));
    assert_eq!(counts.totals(), (11, 0));
}

#[test]
fn sre_forgets_what_is_older_than_its_window() {
    let settings = Sre::DEFAULT;
    let mut counts = sre_counts(10, 3);
    settings.settle(&mut counts, at(119_999), Outcome::Shed);
    assert_eq!(counts.totals(), (10, 3));
    settings.settle(&mut counts, at(120_000), Outcome::Shed);
    assert_eq!(counts.totals(), (0, 0));
}

#[test]
fn an_error_that_the_backend_worked_for_is_an_accept() {
    let mut counts = sre_counts(2, 0);
    Sre::DEFAULT.settle(&mut counts, at(0), Outcome::Error);
    Sre::DEFAULT.settle(&mut counts, at(0), Outcome::Timeout);
    assert_eq!(counts.totals(), (2, 1));
}

/// What a client sends a second to a backend that accepts so many in each second and refuses the rest at once: the mean of the
/// last of ten minutes; and how much of it the backend serves.
fn sent_per_s(throttle: Throttle, demand_per_s: u64, accepts_per_s: u64) -> (f64, f64) {
    let mut draw = Streams::new(7).stream(Purpose::Policy, Key::of("client"));
    let mut state = throttle.start();
    let (mut sent, mut served) = (0, 0);
    for second in 0..600 {
        let mut accepted = 0;
        for k in 0..demand_per_s {
            let now = SimTime::from_nanos(second * 1_000_000_000 + k * 1_000_000_000 / demand_per_s);
            if !throttle.admit(&mut state, now, &mut draw) {
                continue;
            }
            sent += u64::from(second >= 540);
            // Spread over the second, so that the throttle sees a steady share.
            let due = (k + 1) * accepts_per_s / demand_per_s;
            let accepts = accepted < due;
            accepted += u64::from(accepts);
            served += u64::from(second >= 540 && accepts);
            throttle.settle(&mut state, now, if accepts { Outcome::Ok } else { Outcome::Shed });
        }
    }
    (sent as f64 / 60.0, served as f64 / 60.0)
}

#[test]
fn at_2_sre_sends_k_times_what_is_accepted() {
    let (sent, served) = sent_per_s(Throttle::Sre(Sre::DEFAULT), 300, 100);
    assert!((sent - 200.0).abs() < 10.0, "{sent}");
    assert!((served / sent - 0.5).abs() < 0.03, "{served} of {sent}");
    let (all, _) = sent_per_s(Throttle::Sre(Sre::DEFAULT), 150, 100);
    assert!(
        (all - 150.0).abs() < 1.0,
        "demand below K times the capacity passes whole: {all}"
    );
}

#[test]
fn at_3_envoy_reject_probability() {
    let eager = Envoy {
        aggression: Factor(2_000_000),
        ..Envoy::DEFAULT
    };
    let envoy = Envoy::DEFAULT;
    assert_four_digits(envoy.reject_probability(&envoy_history(100, 95)), 0.0);
    assert_four_digits(envoy.reject_probability(&envoy_history(100, 90)), 0.0521);
    assert_four_digits(envoy.reject_probability(&envoy_history(100, 50)), 0.4690);
    assert_four_digits(eager.reject_probability(&envoy_history(100, 50)), 0.6848);
    assert_four_digits(envoy.reject_probability(&envoy_history(100, 0)), 0.8);
}

#[test]
fn envoy_compares_with_four_digits() {
    // 10 000 p = 8000: refused iff the digits are below.
    for (digits, admitted) in [(7_999.5 / 10_000.0, false), (8_000.5 / 10_000.0, true)] {
        let mut history = envoy_history(100, 0);
        assert_eq!(
            Envoy::DEFAULT.admit(&mut history, at(0), &mut Scripted::new(&[digits])),
            admitted
        );
    }
    let mut healthy = envoy_history(100, 95);
    assert!(Envoy::DEFAULT.admit(&mut healthy, at(0), &mut Scripted::new(&[0.0])));
}

#[test]
fn envoy_records_no_refusals_of_its_own() {
    let mut history = envoy_history(100, 0);
    assert!(!Envoy::DEFAULT.admit(&mut history, at(0), &mut Scripted::new(&[0.0])));
    assert_eq!(history.totals(), (100, 0));
    Envoy::DEFAULT.settle(&mut history, at(0), Outcome::Cancelled);
    assert_eq!(history.totals(), (100, 0));
}

#[test]
fn envoy_takes_an_http_status_below_500_for_a_success() {
    let mut history = envoy::History::default();
    for outcome in [
        Outcome::Ok,
        Outcome::BadRequest,
        Outcome::Quota,
        Outcome::Error,
        Outcome::Timeout,
    ] {
        Envoy::DEFAULT.settle(&mut history, at(0), outcome);
    }
    assert_eq!(history.totals(), (5, 3));
}

#[test]
fn envoy_lets_everything_pass_below_its_rate() {
    let settings = Envoy {
        rps_threshold: 4,
        ..Envoy::DEFAULT
    };
    let mut draw = Scripted::new(&[0.0]);
    // 119 in 30 s are 3 per second, a whole number; 120 are 4.
    assert!(settings.admit(&mut envoy_history(119, 0), at(1), &mut draw));
    assert_eq!(draw.draws, 0);
    assert!(!settings.admit(&mut envoy_history(120, 0), at(1), &mut draw));
    // A rate is read before what is old leaves: 120 in 40 s.
    assert!(settings.admit(&mut envoy_history(120, 0), at(40_000), &mut draw));
}

#[test]
fn envoy_forgets_a_part_of_a_second_when_it_is_as_old_as_the_window() {
    let settings = Envoy::DEFAULT;
    let mut history = envoy_history(5, 5);
    settings.settle(&mut history, at(999), Outcome::Ok);
    settings.settle(&mut history, at(1_000), Outcome::Error);
    assert_eq!(history.totals(), (7, 6));
    settings.settle(&mut history, at(29_999), Outcome::Ok);
    assert_eq!(history.totals(), (8, 7));
    // The first part began at 0 and takes its request of 999 along.
    settings.settle(&mut history, at(30_000), Outcome::Ok);
    assert_eq!(history.totals(), (3, 2));
}

#[test]
fn settings_out_of_range_are_told_the_range() {
    let bad = [
        Throttle::Sre(sre(999_999)),
        Throttle::Sre(Sre {
            window: Span::from_millis(19),
            ..Sre::DEFAULT
        }),
        Throttle::Envoy(Envoy {
            sampling_window: Span::from_millis(999),
            ..Envoy::DEFAULT
        }),
        Throttle::Envoy(Envoy {
            sr_threshold: Factor(9_999),
            ..Envoy::DEFAULT
        }),
        Throttle::Envoy(Envoy {
            aggression: Factor(999_999),
            ..Envoy::DEFAULT
        }),
        Throttle::Envoy(Envoy {
            max_rejection_probability: Factor(1_000_001),
            ..Envoy::DEFAULT
        }),
    ];
    for throttle in bad {
        let Err(Invalid(message)) = throttle.check() else {
            panic!("{throttle:?} was accepted")
        };
        assert!(message.contains("default"), "{message}");
    }
    assert_eq!(Throttle::Sre(Sre::DEFAULT).check(), Ok(()));
    assert_eq!(Throttle::Envoy(Envoy::DEFAULT).check(), Ok(()));
}

proptest! {
    #[test]
    fn a_throttle_refuses_with_a_probability_and_only_after_failures(
        envoy in any::<bool>(), seed in any::<u64>(), course in prop::collection::vec((0u64..9_000, any::<bool>()), 1..300),
    ) {
        let throttle = if envoy { Throttle::Envoy(Envoy::DEFAULT) } else { Throttle::Sre(Sre::DEFAULT) };
        let mut draw = Streams::new(seed).stream(Purpose::Policy, Key::of("test"));
        let mut state = throttle.start();
        let (mut now, mut failed) = (SimTime::ZERO, false);
        for (gap_ms, ok) in course {
            now = now + Span::from_millis(gap_ms);
            let admitted = throttle.admit(&mut state, now, &mut draw);
            prop_assert!(admitted || failed, "refused although nothing has failed");
            let p = match (&throttle, &state) {
                (Throttle::Sre(it), ThrottleState::Sre(counts)) => it.reject_probability(counts),
                (Throttle::Envoy(it), ThrottleState::Envoy(history)) => it.reject_probability(history),
                _ => unreachable!(),
            };
            prop_assert!((0.0..1.0).contains(&p));
            if admitted {
                throttle.settle(&mut state, now, if ok { Outcome::Ok } else { Outcome::Shed });
                failed |= !ok;
            }
        }
    }
}
