use super::super::tests::{BAD, Bench, ERR, OK, at};
use super::super::{Breaker, BreakerState};
use super::*;
use crate::outcome::Outcome;
use crate::policy::backoff::{Curve, Jitter};

fn settings() -> Polly {
    Polly {
        failure_ratio: Factor(500_000),
        minimum_throughput: 4,
        sampling_duration: Span::from_secs(10),
        break_duration: fixed(Span::from_secs(5)),
        ..Polly::default()
    }
}

fn bench(settings: Polly) -> Bench {
    Bench::new(Breaker::Polly(settings))
}

fn seen(bench: &Bench) -> (u32, u32) {
    let BreakerState::Polly(state) = &bench.state else {
        unreachable!()
    };
    state.seen()
}

#[test]
fn cb_p_1_opens_on_a_failure_at_the_ratio_and_ends_at_the_very_end() {
    let mut bench = bench(settings());
    bench.script(0, "fsssf");
    assert_eq!(bench.circuit(0), Circuit::Closed);
    bench.script(0, "f");
    assert_eq!(bench.log, [(0, Circuit::Open, Cause::FailureRate)]);
    assert_eq!(bench.ask_at(at(4_999)), Err(Some(at(5_000))));
    let probe = bench.ask(5_000).expect("the wait is over");
    assert!(probe.is_probe());
    assert_eq!(bench.ask(5_001), None);
    bench.end(5_100, probe, OK);
    assert_eq!(bench.last(), Some((5_100, Circuit::Closed, Cause::ProbeSucceeded)));
    assert_eq!(seen(&bench), (0, 0));
}

#[test]
fn cb_p_2_a_slice_goes_when_its_beginning_is_a_window_old() {
    let mut bench = bench(settings());
    bench.script(0, "f");
    bench.script(500, "f");
    bench.script(9_999, "s");
    assert_eq!(seen(&bench), (3, 2));
    bench.script(10_000, "f");
    assert_eq!(seen(&bench), (2, 1));
    bench.script(10_499, "f");
    assert_eq!(seen(&bench), (3, 2));
    assert_eq!(bench.circuit(10_499), Circuit::Closed);
}

#[test]
fn cb_p_3_a_failed_probe_opens_for_a_whole_break_again() {
    let mut bench = bench(Polly {
        minimum_throughput: 2,
        sampling_duration: Span::from_secs(1),
        break_duration: fixed(Span::from_secs(2)),
        ..settings()
    });
    bench.script(0, "f");
    bench.script(10, "f");
    assert_eq!(bench.ask_at(at(2_009)), Err(Some(at(2_010))));
    let probe = bench.ask(2_010).expect("the wait is over");
    assert_eq!(bench.ask(2_500), None);
    bench.end(2_600, probe, ERR);
    assert_eq!(bench.last(), Some((2_600, Circuit::Open, Cause::ProbeFailed)));
    assert_eq!(bench.ask_at(at(4_599)), Err(Some(at(4_600))));
    assert!(bench.ask(4_600).is_some());
}

#[test]
fn a_success_never_opens() {
    let mut bench = bench(settings());
    // The ratio is reached from the third call on, but the fourth, which makes the throughput, is a success.
    bench.script(0, "fffs");
    assert_eq!(bench.circuit(0), Circuit::Closed);
    bench.script(0, "f");
    assert_eq!(bench.circuit(0), Circuit::Open);
}

#[test]
fn slices_begin_with_an_event_and_at_most_ten_are_kept() {
    let mut bench = bench(settings());
    for ms in (0..60_000).step_by(777) {
        bench.script(ms, "s");
    }
    // 777 ms is less than a slice, so two calls share one, and slices begin every 1554 ms.
    let (calls, failures) = seen(&bench);
    let begins: Vec<u64> = (0..60_000).step_by(1_554).collect();
    let last = 59_829;
    let kept = begins.iter().filter(|&&it| last - it < 10_000).count() as u32;
    assert_eq!((calls, failures), (2 * kept, 0));
}

#[test]
fn what_is_not_handled_counts_as_a_success() {
    let mut bench = bench(settings());
    bench.calls(0, &[BAD, BAD, BAD]);
    bench.script(0, "f");
    assert_eq!(seen(&bench), (4, 1));
    bench.script(0, "ff");
    let probe = bench.ask(5_000).expect("the wait is over");
    bench.end(5_000, probe, BAD);
    assert_eq!(bench.circuit(5_000), Circuit::Closed);
}

#[test]
fn late_results_decide_half_open_unless_documented() {
    for (outcome, faithful) in [
        (OK, (Circuit::Closed, Cause::LateSuccess)),
        (ERR, (Circuit::Open, Cause::Interference)),
    ] {
        for late_results in [Fidelity::Faithful, Fidelity::Documented] {
            let mut bench = bench(Polly {
                late_results,
                ..settings()
            });
            let early = bench.ask(0).expect("closed");
            bench.script(0, "ffff");
            bench.ask(5_000).expect("a probe");
            bench.end(5_001, early, outcome);
            match late_results {
                Fidelity::Faithful => assert_eq!(bench.last(), Some((5_001, faithful.0, faithful.1))),
                Fidelity::Documented => assert_eq!(bench.circuit(5_001), Circuit::HalfOpen),
            }
        }
    }
}

#[test]
fn an_abandoned_probe_closes_or_as_documented_makes_room() {
    for late_results in [Fidelity::Faithful, Fidelity::Documented] {
        let mut bench = bench(Polly {
            late_results,
            ..settings()
        });
        bench.script(0, "ffff");
        let probe = bench.ask(5_000).expect("a probe");
        assert_eq!(bench.ask(5_000), None);
        bench.end(5_001, probe, Outcome::Cancelled);
        match late_results {
            Fidelity::Faithful => assert_eq!(bench.circuit(5_001), Circuit::Closed),
            Fidelity::Documented => {
                assert_eq!(bench.circuit(5_001), Circuit::HalfOpen);
                assert!(bench.ask(5_001).is_some_and(Permit::is_probe));
            }
        }
    }
}

#[test]
fn a_generator_of_breaks_sees_how_many_probes_have_failed() {
    let mut bench = bench(Polly {
        break_duration: Backoff::Curve {
            curve: Curve::Exponential {
                base: Span::from_secs(1),
                factor: Factor(2_000_000),
                cap: Span::MAX,
            },
            jitter: Jitter::None,
        },
        ..settings()
    });
    bench.script(0, "ffff");
    bench.script(1_000, "f");
    bench.script(3_000, "f");
    assert_eq!(bench.ask_at(at(6_999)), Err(Some(at(7_000))));
    bench.script(7_000, "s");
    bench.script(7_000, "ffff");
    assert_eq!(bench.ask_at(at(7_999)), Err(Some(at(8_000))));
}

#[test]
fn an_isolated_breaker_refuses_everything() {
    let mut bench = bench(Polly {
        isolated: true,
        ..settings()
    });
    assert_eq!(bench.ask_at(at(1_000_000)), Err(None));
    assert_eq!(bench.circuit(1_000_000), Circuit::Open);
}

#[test]
fn settings_out_of_range_are_told_the_range() {
    let wrong = [
        Polly {
            failure_ratio: Factor(1_000_001),
            ..settings()
        },
        Polly {
            minimum_throughput: 1,
            ..settings()
        },
        Polly {
            sampling_duration: Span::from_millis(499),
            ..settings()
        },
        Polly {
            sampling_duration: DAY + Span::from_nanos(1),
            ..settings()
        },
        Polly {
            break_duration: fixed(Span::from_millis(499)),
            ..settings()
        },
        Polly {
            break_duration: fixed(DAY + Span::from_nanos(1)),
            ..settings()
        },
    ];
    for settings in wrong {
        let told = settings.check().expect_err("out of range").to_string();
        assert!(told.contains("default"), "{told}");
    }
    assert_eq!(Polly::default().check(), Ok(()));
}
