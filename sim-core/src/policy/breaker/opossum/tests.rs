use super::super::tests::{BAD, Bench, ERR, OK, at};
use super::super::{Breaker, BreakerState};
use super::*;
use crate::outcome::Outcome;

fn settings() -> Opossum {
    Opossum {
        volume_threshold: 4,
        ..Opossum::default()
    }
}

fn bench(settings: Opossum) -> Bench {
    Bench::new(Breaker::Opossum(settings))
}

fn seen(bench: &Bench) -> (u32, u32) {
    let BreakerState::Opossum(state) = &bench.state else {
        unreachable!()
    };
    state.seen()
}

#[test]
fn cb_o_1_half_is_not_more_than_half() {
    let mut bench = bench(settings());
    bench.script(0, "fssf");
    assert_eq!(bench.log, []);
    bench.script(0, "f");
    assert_eq!(bench.log, [(0, Circuit::Open, Cause::FailureRate)]);
}

#[test]
fn below_the_volume_nothing_opens_and_a_success_never_does() {
    let mut bench = bench(settings());
    bench.script(0, "fff s");
    assert_eq!(bench.log, []);
    let mut eager = self::bench(Opossum::default());
    eager.script(0, "f");
    assert_eq!(eager.circuit(0), Circuit::Open);
}

#[test]
fn a_timer_lets_one_call_through() {
    let mut bench = bench(settings());
    bench.script(0, "ffff");
    assert_eq!(bench.ask_at(at(29_999)), Err(Some(at(30_000))));
    assert_eq!(bench.circuit(30_000), Circuit::HalfOpen);
    assert_eq!(bench.last(), Some((30_000, Circuit::HalfOpen, Cause::WaitOver)));
    let probe = bench.ask(90_000).expect("one call");
    assert_eq!(bench.ask_at(at(90_000)), Err(None));
    bench.end(90_001, probe, ERR);
    assert_eq!(bench.last(), Some((90_001, Circuit::Open, Cause::ProbeFailed)));
    bench.script(120_001, "s");
    assert_eq!(bench.last(), Some((120_001, Circuit::Closed, Cause::ProbeSucceeded)));
}

#[test]
fn calls_count_when_they_are_made_and_refused_ones_too() {
    let mut bench = bench(settings());
    let out: Vec<Permit> = (0..6).filter_map(|_| bench.ask(0)).collect();
    out[..3].iter().for_each(|&it| bench.end(1, it, ERR));
    assert_eq!((bench.circuit(1), seen(&bench)), (Circuit::Closed, (6, 3)));
    bench.end(1, out[3], ERR);
    assert_eq!(bench.circuit(1), Circuit::Open);
    assert_eq!(bench.ask(2), None);
    assert_eq!(seen(&bench), (7, 4));
}

#[test]
fn failures_go_only_with_their_bucket() {
    let mut bench = bench(Opossum {
        reset_timeout: Span::from_secs(1),
        ..settings()
    });
    bench.script(500, "ffff");
    bench.script(1_500, "s");
    assert_eq!((bench.circuit(1_500), seen(&bench)), (Circuit::Closed, (5, 4)));
    bench.script(9_999, "ss");
    assert_eq!(seen(&bench), (7, 4));
    bench.script(10_000, "s");
    assert_eq!(seen(&bench), (4, 0));
}

#[test]
fn late_results_decide_half_open() {
    for (outcome, then) in [
        (OK, (30_001, Circuit::Closed, Cause::LateSuccess)),
        (ERR, (30_001, Circuit::Open, Cause::Interference)),
    ] {
        let mut bench = bench(settings());
        let early = bench.ask(0).expect("closed");
        bench.script(0, "fff");
        bench.ask(30_000).expect("a probe");
        bench.end(30_001, early, outcome);
        assert_eq!(bench.last(), Some(then));
    }
}

#[test]
fn a_filtered_error_is_a_success_and_an_abandoned_probe_makes_room() {
    let mut bench = bench(settings());
    bench.script(0, "ffff");
    let probe = bench.ask(30_000).expect("a probe");
    bench.end(30_000, probe, Outcome::Cancelled);
    bench.call(30_001, BAD);
    assert_eq!(bench.last(), Some((30_001, Circuit::Closed, Cause::ProbeSucceeded)));
}

#[test]
fn settings_out_of_range_are_told_the_range() {
    let wrong = [
        Opossum {
            error_threshold_percentage: Factor(1_000_001),
            ..settings()
        },
        Opossum {
            rolling_count_buckets: 0,
            ..settings()
        },
        Opossum {
            rolling_count_timeout: Span::from_millis(9),
            ..settings()
        },
        Opossum {
            reset_timeout: Span::ZERO,
            ..settings()
        },
    ];
    for settings in wrong {
        let told = settings.check().expect_err("out of range").to_string();
        assert!(told.contains("default"), "{told}");
    }
}
