use super::super::tests::{BAD, Bench, ERR, OK, at};
use super::super::{Breaker, BreakerState};
use super::*;
use crate::policy::backoff::{Curve, Jitter};

const WAIT: Span = Span::from_secs(1);

fn row(threshold: u32) -> Cockatiel {
    Cockatiel::new(Rule::Consecutive { threshold }, WAIT)
}

fn sampling(duration_ms: u64, minimum_rps: Option<u64>) -> Cockatiel {
    let rule = Rule::Sampling {
        threshold: Factor(500_000),
        duration: Span::from_millis(duration_ms),
        minimum_rps: minimum_rps.map(|it| Factor(it * 1_000_000)),
    };
    Cockatiel::new(rule, WAIT)
}

fn bench(settings: Cockatiel) -> Bench {
    Bench::new(Breaker::Cockatiel(settings))
}

fn counted(bench: &Bench) -> (u32, u32) {
    let BreakerState::Cockatiel(state) = &bench.state else {
        unreachable!()
    };
    (state.calls, state.failures)
}

#[test]
fn cockatiel_consecutive_opens_on_the_sixth_call_and_probes_after_exactly_a_second() {
    let mut bench = bench(row(3));
    bench.script(0, "ff s ff");
    assert_eq!(bench.log, []);
    bench.script(0, "f");
    assert_eq!(bench.log, [(0, Circuit::Open, Cause::ConsecutiveFailures)]);
    assert_eq!(bench.ask_at(at(999)), Err(Some(at(1_000))));
    assert!(bench.ask(1_000).is_some_and(Permit::is_probe));
}

#[test]
fn cb_c_1_half_of_the_calls_is_not_more_than_half() {
    let mut bench = bench(sampling(10_000, Some(1)));
    bench.script(0, "fs fs fs fs fs");
    assert_eq!(bench.log, []);
    bench.script(0, "f");
    assert_eq!(bench.log, [(0, Circuit::Open, Cause::FailureRate)]);

    // The other way round the tenth call is a failure, and is judged at exactly half.
    let mut last = self::bench(sampling(10_000, Some(1)));
    last.script(0, "sf sf sf sf sf");
    assert_eq!(last.log, []);
    last.script(0, "f");
    assert_eq!(last.log.len(), 1);
}

#[test]
fn below_the_minimum_rate_nothing_opens() {
    let mut slow = bench(sampling(10_000, Some(1)));
    slow.script(0, "fffffffff");
    assert_eq!(slow.circuit(0), Circuit::Closed);
    slow.script(0, "f");
    assert_eq!(slow.circuit(0), Circuit::Open);
    // Unless told, 5 failures per second: 10 calls per second at a threshold of one half.
    let mut unset = bench(sampling(1_000, None));
    unset.script(0, "fffffffff");
    assert_eq!(unset.circuit(0), Circuit::Closed);
    unset.script(0, "f");
    assert_eq!(unset.circuit(0), Circuit::Open);
}

#[test]
fn a_window_has_at_least_five_slices_of_at_most_a_second() {
    let ms = Span::from_millis;
    assert_eq!(slices(ms(10_000)), (10, ms(1_000)));
    assert_eq!(slices(ms(1_000)), (5, ms(200)));
    assert_eq!(slices(ms(10_001)), (11, ms(909)));
    assert_eq!(slices(ms(6_500)), (7, ms(929)));
}

#[test]
fn after_a_silence_old_slices_go_one_by_one() {
    let mut bench = bench(sampling(5_000, Some(1_000)));
    for second in 0..5 {
        bench.script(second * 1_000, "f");
    }
    assert_eq!(counted(&bench), (5, 5));
    // A minute later only the oldest slice has gone.
    bench.script(64_000, "s");
    assert_eq!(counted(&bench), (5, 4));
    bench.script(64_999, "s");
    assert_eq!(counted(&bench), (6, 4));
    bench.script(65_000, "s");
    assert_eq!(counted(&bench), (6, 3));
}

#[test]
fn a_probe_that_succeeds_leaves_only_itself_in_the_window() {
    let mut bench = bench(sampling(10_000, Some(1)));
    bench.script(0, "ffffffffff");
    bench.script(1_000, "f");
    assert_eq!(bench.last(), Some((1_000, Circuit::Open, Cause::ProbeFailed)));
    bench.script(2_000, "s");
    assert_eq!(bench.last(), Some((2_000, Circuit::Closed, Cause::ProbeSucceeded)));
    assert_eq!(counted(&bench), (1, 0));
}

#[test]
fn what_is_not_handled_counts_for_nothing_but_closes_as_a_probe() {
    let mut bench = bench(row(3));
    bench.script(0, "ff");
    bench.call(0, BAD);
    bench.script(0, "f");
    assert_eq!(bench.circuit(0), Circuit::Open);
    bench.call(1_000, BAD);
    assert_eq!(bench.circuit(1_000), Circuit::Closed);
    // The count goes on, as no success has ended it.
    bench.script(1_000, "f");
    assert_eq!(bench.circuit(1_000), Circuit::Open);
}

#[test]
fn an_abandoned_probe_makes_room_for_another() {
    let mut bench = bench(row(1));
    bench.script(0, "f");
    let probe = bench.ask(1_000).expect("a probe");
    assert_eq!(bench.ask(1_000), None);
    bench.end(1_000, probe, Outcome::Cancelled);
    assert!(bench.ask(1_000).is_some());
}

#[test]
fn a_late_failure_opens_under_the_probe() {
    let mut bench = bench(row(3));
    let early = bench.ask(0).expect("closed");
    let other = bench.ask(0).expect("closed");
    bench.script(0, "fff");
    let probe = bench.ask(1_000).expect("a probe");
    bench.end(1_001, early, OK);
    assert_eq!(bench.circuit(1_001), Circuit::HalfOpen);
    bench.end(1_002, other, ERR);
    assert_eq!(bench.circuit(1_002), Circuit::HalfOpen, "the success had ended the row");
    bench.end(1_003, probe, ERR);
    assert_eq!(bench.last(), Some((1_003, Circuit::Open, Cause::ProbeFailed)));

    let mut again = self::bench(row(3));
    let early = again.ask(0).expect("closed");
    again.script(0, "fff");
    again.ask(1_000).expect("a probe");
    again.end(1_001, early, ERR);
    assert_eq!(again.last(), Some((1_001, Circuit::Open, Cause::Interference)));
    assert_eq!(again.ask_at(at(2_000)), Err(Some(at(2_001))));
}

#[test]
fn the_wait_may_grow_with_failed_probes() {
    let mut bench = bench(Cockatiel {
        half_open_after: Backoff::Curve {
            curve: Curve::Exponential {
                base: WAIT,
                factor: Factor(2_000_000),
                cap: Span::MAX,
            },
            jitter: Jitter::None,
        },
        ..row(1)
    });
    bench.script(0, "f");
    bench.script(1_000, "f");
    bench.script(3_000, "s");
    bench.script(3_000, "f");
    assert_eq!(bench.ask_at(at(3_999)), Err(Some(at(4_000))));
}

#[test]
fn settings_out_of_range_are_told_the_range() {
    let share = |threshold, duration| {
        Cockatiel::new(
            Rule::Sampling {
                threshold: Factor(threshold),
                duration,
                minimum_rps: None,
            },
            WAIT,
        )
    };
    let wrong = [
        row(0),
        share(0, WAIT),
        share(1_000_000, WAIT),
        share(500_000, Span::from_millis(4)),
        share(500_000, Span::from_micros(10_500)),
        Cockatiel {
            half_open_after: Backoff::None,
            ..row(1)
        },
    ];
    for settings in wrong {
        assert!(settings.check().is_err(), "{settings:?}");
    }
    assert_eq!(share(999_999, Span::from_millis(5)).check(), Ok(()));
}
