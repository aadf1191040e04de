use super::super::tests::{BAD, Bench, ERR, OK, at};
use super::super::{Breaker, BreakerState};
use super::*;

fn bench(settings: Finagle, shares: &[f64]) -> Bench {
    Bench::drawing(Breaker::Finagle(settings), shares)
}

/// By failures in a row alone.
fn row() -> Finagle {
    Finagle {
        success_rate: None,
        ..Finagle::default()
    }
}

/// By the success rate alone.
fn rate() -> Finagle {
    Finagle {
        consecutive_failures: None,
        ..Finagle::default()
    }
}

fn state(bench: &Bench) -> &State {
    let BreakerState::Finagle(state) = &bench.state else {
        unreachable!()
    };
    state
}

#[test]
fn cb_f_1_the_eleventh_call_kills_for_exactly_five_seconds_and_the_next_wait_is_drawn() {
    let mut bench = bench(row(), &[0.25]);
    bench.script(0, "s ffff s ffff");
    assert_eq!(bench.log, []);
    bench.script(0, "f");
    assert_eq!(bench.log, [(0, Circuit::Open, Cause::ConsecutiveFailures)]);
    assert_eq!(bench.ask_at(at(4_999)), Err(Some(at(5_000))));
    assert_eq!(bench.circuit(5_000), Circuit::HalfOpen);
    bench.script(5_000, "f");
    assert_eq!(bench.last(), Some((5_000, Circuit::Open, Cause::ProbeFailed)));
    // 5 s and a quarter of 5 s more.
    assert_eq!(bench.ask_at(at(11_249)), Err(Some(at(11_250))));
    bench.script(11_250, "s fffff");
    // Revived, so the back-off begins again.
    assert_eq!(bench.ask_at(at(16_249)), Err(Some(at(16_250))));
}

#[test]
fn the_first_call_through_an_open_door_closes_it() {
    let mut bench = bench(row(), &[0.5]);
    bench.script(0, "fffff");
    assert!(state(&bench).is_busy());
    assert_eq!(bench.circuit(5_000), Circuit::HalfOpen);
    assert!(!state(&bench).is_busy());
    let probe = bench.ask(6_000).expect("the door is open");
    assert!(probe.is_probe() && state(&bench).is_busy());
    assert_eq!(bench.ask_at(at(6_000)), Err(None));
    bench.end(6_100, probe, OK);
    assert_eq!(bench.last(), Some((6_100, Circuit::Closed, Cause::ProbeSucceeded)));
}

#[test]
fn an_ignorable_probe_opens_the_door_again_and_late_results_decide() {
    let mut bench = bench(row(), &[0.5]);
    let early: Vec<Permit> = (0..2).filter_map(|_| bench.ask(0)).collect();
    bench.script(0, "fffff");
    // Dead, or with the door still open: nothing is decided.
    bench.end(1_000, early[0], ERR);
    assert_eq!(bench.circuit(5_000), Circuit::HalfOpen);
    let probe = bench.ask(5_000).expect("the door is open");
    bench.end(5_001, probe, BAD);
    assert!(bench.ask(5_001).is_some());
    bench.end(5_002, early[1], OK);
    assert_eq!(bench.last(), Some((5_002, Circuit::Closed, Cause::LateSuccess)));
}

#[test]
fn a_node_that_is_used_although_dead_is_not_judged() {
    let mut bench = bench(row(), &[0.5]);
    bench.script(0, "fffff");
    for ms in 1..100 {
        bench.end(ms, Permit::unasked(), if ms % 2 == 0 { OK } else { ERR });
    }
    assert_eq!(bench.log.len(), 1);
    assert_eq!(bench.circuit(5_000), Circuit::HalfOpen);
}

#[test]
fn the_average_weighs_results_by_the_time_between_them() {
    let mut bench = bench(rate(), &[0.5]);
    bench.script(0, "s");
    assert_eq!(state(&bench).success_rate(), Some(1.0));
    bench.script(30_000, "f");
    // The result before is one time constant old: e^-1 of it is left.
    let left = state(&bench).success_rate().expect("two results");
    assert!((left - 0.367_879_441_171_442_33).abs() < 1e-15, "{left}");
    // A result at the same instant has no weight.
    bench.script(30_000, "s");
    assert_eq!(state(&bench).success_rate(), Some(left));
}

#[test]
fn a_low_success_rate_kills_once_a_window_has_passed_with_enough_requests() {
    let play = |every_ms: usize| {
        let mut bench = bench(rate(), &[0.5]);
        for ms in (0..60_000).step_by(every_ms) {
            if let Some(permit) = bench.ask(ms) {
                bench.end(ms, permit, ERR);
            }
        }
        bench.log.first().copied()
    };
    assert_eq!(play(100), Some((30_000, Circuit::Open, Cause::FailureRate)));
    // One request in twenty seconds: never five in the window. With one in ten there are, as slices end when somebody
    // looks.
    assert_eq!(play(20_000), None);
    assert_eq!(play(10_000), Some((40_000, Circuit::Open, Cause::FailureRate)));
    // A failure in ten is above 80 %.
    let mut healthy = bench(rate(), &[0.5]);
    for (n, ms) in (0..90_000).step_by(100).enumerate() {
        healthy.call(ms, if n % 10 == 9 { ERR } else { OK });
    }
    assert_eq!(healthy.circuit(90_000), Circuit::Closed);
}

#[test]
fn a_probe_that_fails_without_a_verdict_is_probed_again() {
    let mut bench = bench(rate(), &[0.5]);
    for ms in (0..=30_000).step_by(1_000) {
        bench.call(ms, ERR);
    }
    assert_eq!(bench.last(), Some((30_000, Circuit::Open, Cause::FailureRate)));
    bench.circuit(35_000);
    // Over a minute later the count of requests has run out: the average is low, but one request says nothing.
    bench.script(120_000, "f");
    assert_eq!(bench.circuit(120_000), Circuit::HalfOpen);
    assert!(bench.ask(120_000).is_some());
}

#[test]
fn if_both_speak_the_longer_wait_holds() {
    let mut bench = bench(Finagle::default(), &[0.5]);
    // Enough successes for the window to pass, then failures: the row speaks at the fifth, the rate needs longer.
    for ms in (0..40_000).step_by(1_000) {
        bench.call(ms, OK);
    }
    bench.script(40_000, "fffff");
    assert_eq!(bench.last(), Some((40_000, Circuit::Open, Cause::ConsecutiveFailures)));
    bench.script(45_000, "f");
    // Second wait of the row: 5 s and half of 5 s.
    assert_eq!(bench.ask_at(at(52_499)), Err(Some(at(52_500))));
    bench.script(52_500, "f");
    // The average is below 80 % now, and its own first wait is 5 s; the row's third, 10 s and half of that, is longer.
    let average = state(&bench).success_rate().expect("results");
    assert!(average < 0.8, "{average}");
    assert_eq!(bench.ask_at(at(67_499)), Err(Some(at(67_500))));
}

#[test]
fn settings_out_of_range_are_told_the_range() {
    let rate = SuccessRate {
        required: Factor(800_000),
        window: Span::from_secs(30),
        min_requests: 5,
    };
    let wrong = [
        Finagle {
            success_rate: None,
            consecutive_failures: None,
            ..Finagle::default()
        },
        Finagle {
            consecutive_failures: Some(0),
            ..Finagle::default()
        },
        Finagle {
            success_rate: Some(SuccessRate {
                required: Factor(1_000_001),
                ..rate
            }),
            ..Finagle::default()
        },
        Finagle {
            success_rate: Some(SuccessRate {
                window: Span::from_millis(4),
                ..rate
            }),
            ..Finagle::default()
        },
        Finagle {
            mark_dead_for: Backoff::None,
            ..Finagle::default()
        },
    ];
    for settings in wrong {
        let told = settings.check().expect_err("out of range").to_string();
        assert!(told.contains("default"), "{told}");
    }
}
