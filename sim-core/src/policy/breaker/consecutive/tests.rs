use super::super::Breaker;
use super::super::tests::{BAD, Bench, ERR, OK, at};
use super::*;
use crate::policy::backoff::{Curve, Jitter};

fn bench(settings: Consecutive) -> Bench {
    Bench::new(Breaker::Consecutive(settings))
}

fn three() -> Consecutive {
    Consecutive {
        failures: 3,
        wait: fixed(Span::from_secs(1)),
        ..Consecutive::default()
    }
}

#[test]
fn a_success_in_between_starts_the_count_again() {
    let mut bench = bench(three());
    bench.script(0, "ffs ff");
    assert_eq!(bench.circuit(0), Circuit::Closed);
    bench.script(0, "f");
    assert_eq!(bench.log, [(0, Circuit::Open, Cause::ConsecutiveFailures)]);
    assert_eq!(bench.ask_at(at(999)), Err(Some(at(1_000))));
    assert!(bench.ask(1_000).is_some_and(Permit::is_probe));
    assert_eq!(bench.ask_at(at(1_000)), Err(None));
}

#[test]
fn pybreaker_reports_the_call_that_trips_it_as_refused_and_a_failed_trial_opens_again() {
    let settings = Consecutive::pybreaker_default();
    let mut bench = bench(settings);
    bench.script(0, "ffff");
    assert_eq!(bench.log, []);
    bench.script(0, "f");
    let transition = Transition::new(Circuit::Closed, Circuit::Open, Cause::ConsecutiveFailures);
    assert!(settings.masks(transition));
    assert!(!settings.masks(Transition::new(
        Circuit::HalfOpen,
        Circuit::Closed,
        Cause::ProbeSucceeded
    )));
    assert!(!three().masks(transition));
    assert_eq!(bench.ask(59_999), None);
    bench.script(60_000, "f");
    assert_eq!(bench.last(), Some((60_000, Circuit::Open, Cause::ProbeFailed)));
    assert_eq!(bench.ask(119_999), None);
    bench.script(120_000, "s ffff");
    assert_eq!(bench.circuit(120_000), Circuit::Closed);
}

#[test]
fn cb_l_1_linkerd_backs_off_further_for_each_failed_probe_and_begins_again_after_a_success() {
    let mut bench = bench(Consecutive {
        failures: 3,
        wait: Backoff::Tower(Tower {
            min: Span::from_secs(1),
            max: Span::from_secs(4),
            jitter: Factor(0),
        }),
        ..Consecutive::linkerd_default()
    });
    bench.script(0, "fff");
    bench.script(1_000, "f");
    assert_eq!(bench.ask_at(at(2_999)), Err(Some(at(3_000))));
    bench.script(3_000, "s");
    assert_eq!(bench.circuit(3_000), Circuit::Closed);
    bench.script(5_000, "fff");
    assert_eq!(bench.ask_at(at(5_999)), Err(Some(at(6_000))));
    let probe = bench.ask(6_000).expect("the wait is over");
    assert_eq!(bench.ask(6_000), None);
    bench.end(6_000, probe, ERR);
    bench.script(8_000, "f");
    bench.script(12_000, "f");
    // 1, 2, 4, and no more than 4.
    assert_eq!(bench.ask_at(at(15_999)), Err(Some(at(16_000))));
}

#[test]
fn linkerd_waits_up_to_half_as_much_more_and_a_quota_fails_only_a_probe() {
    let mut bench = Bench::drawing(Breaker::Consecutive(Consecutive::linkerd_default()), &[0.5]);
    bench.calls(0, &[Outcome::Quota; 20]);
    bench.script(0, "ffffff");
    assert_eq!(bench.circuit(0), Circuit::Closed);
    bench.call(0, Outcome::Quota);
    bench.script(0, "ffffff");
    assert_eq!(bench.circuit(0), Circuit::Closed);
    bench.script(0, "f");
    assert_eq!(bench.ask_at(at(1_249)), Err(Some(at(1_250))));
    bench.call(1_250, Outcome::Quota);
    assert_eq!(bench.last(), Some((1_250, Circuit::Open, Cause::ProbeFailed)));
}

#[test]
fn linkerd_may_also_look_at_the_success_rate() {
    let rate = SuccessRate {
        threshold: Factor(800_000),
        window: Span::from_secs(10),
        min_requests: 5,
    };
    let settings = Consecutive {
        success_rate: Some(rate),
        ..Consecutive::linkerd_default()
    };
    let mut bench = bench(settings);
    bench.script(0, "sfsf");
    assert_eq!(bench.log, [], "too few");
    bench.script(0, "s");
    assert_eq!(bench.log, [(0, Circuit::Open, Cause::FailureRate)]);
    // The probe's success forgets what was before; four of five are not below 80 %.
    bench.script(2_000, "s ffs");
    bench.script(13_000, "f ssss");
    assert_eq!(bench.log.len(), 3);
    bench.script(14_000, "f");
    assert_eq!(bench.last(), Some((14_000, Circuit::Open, Cause::FailureRate)));
}

#[test]
fn a_late_result_decides_for_linkerd_and_for_nobody_else() {
    for (settings, then) in [
        (Consecutive::linkerd_default(), Circuit::Closed),
        (Consecutive::pybreaker_default(), Circuit::HalfOpen),
    ] {
        let mut bench = bench(settings);
        let early = bench.ask(0).expect("closed");
        (0..settings.failures).for_each(|_| bench.call(0, ERR));
        bench.ask(100_000).expect("a probe");
        bench.end(100_001, early, OK);
        assert_eq!(bench.circuit(100_001), then);
    }
}

#[test]
fn a_probe_without_a_result_makes_room_for_another() {
    let mut bench = bench(three());
    bench.script(0, "fff");
    for outcome in [Outcome::Cancelled, BAD] {
        let probe = bench.ask(1_000).expect("a probe");
        assert_eq!(bench.ask(1_000), None);
        bench.end(1_000, probe, outcome);
        assert_eq!(bench.circuit(1_000), Circuit::HalfOpen);
    }
    bench.script(1_000, "s");
    assert_eq!(bench.circuit(1_000), Circuit::Closed);
}

#[test]
fn settings_out_of_range_are_told_the_range() {
    let wrong = [
        Consecutive { failures: 0, ..three() },
        Consecutive {
            success_rate: Some(SuccessRate {
                threshold: Factor(1_000_001),
                window: Span::from_secs(1),
                min_requests: 1,
            }),
            ..three()
        },
        Consecutive {
            wait: fixed(Span::ZERO),
            ..three()
        },
        Consecutive {
            wait: Backoff::Curve {
                curve: Curve::Linear {
                    base: Span::ZERO,
                    cap: Span::MAX,
                },
                jitter: Jitter::None,
            },
            ..three()
        },
    ];
    for settings in wrong {
        let told = settings.check().expect_err("out of range").to_string();
        assert!(told.contains("default"), "{told}");
    }
    for settings in [Consecutive::pybreaker_default(), Consecutive::linkerd_default()] {
        assert_eq!(settings.check(), Ok(()));
    }
}
