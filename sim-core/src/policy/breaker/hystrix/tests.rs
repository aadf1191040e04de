use super::super::tests::{BAD, Bench, ERR, OK, at};
use super::super::{Breaker, BreakerState};
use super::*;
use crate::outcome::Outcome;
use proptest::prelude::*;

fn bench(settings: Hystrix) -> Bench {
    Bench::new(Breaker::Hystrix(settings))
}

fn health(bench: &Bench) -> (u32, u32) {
    let BreakerState::Hystrix(state) = &bench.state else {
        unreachable!()
    };
    (state.health().errors, state.health().total)
}

/// Opens at 500 with a sleep of a second.
fn opened(half_open_interference: Fidelity) -> Bench {
    let mut bench = bench(Hystrix {
        sleep_window: Span::from_secs(1),
        half_open_interference,
        ..Hystrix::default()
    });
    bench.calls(0, &[ERR; 20]);
    assert_eq!(bench.circuit(500), Circuit::Open);
    bench
}

#[test]
fn cb_h_1_twenty_failures_open_at_the_next_tick_and_nineteen_never() {
    let mut twenty = bench(Hystrix::default());
    twenty.calls(10, &[ERR; 20]);
    assert_eq!(twenty.circuit(499), Circuit::Closed);
    assert_eq!(twenty.circuit(500), Circuit::Open);
    assert_eq!(twenty.log, [(500, Circuit::Open, Cause::FailureRate)]);

    let mut nineteen = bench(Hystrix::default());
    nineteen.calls(10, &[ERR; 19]);
    assert_eq!(nineteen.circuit(60_000), Circuit::Closed);
    nineteen.calls(60_000, &[ERR; 19]);
    nineteen.end(60_600, Permit::unasked(), BAD);
    assert_eq!(health(&nineteen), (19, 19));
    assert_eq!(nineteen.circuit(90_000), Circuit::Closed);
}

#[test]
fn cb_h_2_the_percentage_is_cut_off() {
    let play = |errors: usize, total: usize| {
        let mut bench = bench(Hystrix::default());
        bench.calls(0, &vec![ERR; errors]);
        bench.calls(0, &vec![OK; total - errors]);
        bench.circuit(60_000)
    };
    assert_eq!(play(10, 20), Circuit::Open);
    assert_eq!(play(100, 201), Circuit::Closed);
    assert_eq!(play(100, 200), Circuit::Open);
}

#[test]
fn cb_h_3_a_slow_probe_closes_a_quiet_circuit() {
    let mut bench = opened(Fidelity::Faithful);
    assert_eq!(bench.ask(1_500), None);
    let probe = bench.ask(1_600).expect("later than the sleep window");
    assert!(probe.is_probe());
    bench.end(2_000, probe, OK);
    assert_eq!(bench.last(), Some((2_000, Circuit::Closed, Cause::ProbeSucceeded)));
}

#[test]
fn cb_h_3_another_call_opens_it_again_under_the_probe() {
    let mut bench = opened(Fidelity::Faithful);
    let probe = bench.ask(1_600).expect("a probe");
    assert_eq!(bench.ask(1_750), None);
    assert_eq!(bench.last(), Some((1_750, Circuit::Open, Cause::Interference)));
    bench.end(2_000, probe, OK);
    assert_eq!(bench.circuit(2_000), Circuit::Open);
    assert_eq!(bench.ask(2_750), None);
    assert!(bench.ask(2_751).is_some_and(Permit::is_probe));
}

#[test]
fn as_documented_the_probe_alone_decides() {
    let mut bench = opened(Fidelity::Documented);
    let probe = bench.ask(1_600).expect("a probe");
    assert_eq!(bench.ask(1_750), None);
    bench.end(1_800, Permit::unasked(), ERR);
    bench.end(1_800, Permit::unasked(), OK);
    assert_eq!(bench.circuit(1_800), Circuit::HalfOpen);
    bench.end(2_000, probe, OK);
    assert_eq!(bench.circuit(2_000), Circuit::Closed);
}

#[test]
fn a_late_success_closes_and_the_probes_failure_then_changes_nothing() {
    let mut bench = bench(Hystrix {
        sleep_window: Span::from_secs(1),
        ..Hystrix::default()
    });
    let early = bench.ask(0).expect("closed");
    bench.calls(0, &[ERR; 20]);
    let probe = bench.ask(1_600).expect("a probe");
    bench.end(1_700, early, OK);
    assert_eq!(bench.last(), Some((1_700, Circuit::Closed, Cause::LateSuccess)));
    bench.end(1_800, probe, ERR);
    assert_eq!(bench.circuit(1_800), Circuit::Closed);
}

#[test]
fn cb_h_4_a_bad_request_fails_the_probe_and_is_in_no_count() {
    let mut bench = opened(Fidelity::Faithful);
    let probe = bench.ask(1_600).expect("a probe");
    bench.end(1_700, probe, BAD);
    assert_eq!(bench.last(), Some((1_700, Circuit::Open, Cause::ProbeFailed)));
    let failed = Transition::new(Circuit::HalfOpen, Circuit::Open, Cause::ProbeFailed);
    assert!(!bench.breaker.masks(failed), "the caller hears of its bad request");

    let mut alone = self::bench(Hystrix::default());
    alone.calls(0, &[BAD; 30]);
    alone.end(600, Permit::unasked(), BAD);
    assert_eq!(health(&alone), (0, 0));
    assert_eq!(alone.circuit(60_000), Circuit::Closed);
}

#[test]
fn cb_h_5_rejections_open_and_a_rejected_probe_opens_again() {
    let mut bench = bench(Hystrix {
        sleep_window: Span::from_secs(1),
        ..Hystrix::default()
    });
    // Five calls hold all permits of a semaphore inside the breaker.
    let held: Vec<Permit> = (0..5).filter_map(|_| bench.ask(0)).collect();
    bench.calls(10, &[Outcome::BulkheadFull; 20]);
    assert_eq!(bench.circuit(500), Circuit::Open);
    bench.call(1_501, Outcome::BulkheadFull);
    assert_eq!(bench.last(), Some((1_501, Circuit::Open, Cause::ProbeFailed)));
    assert_eq!(held.len(), 5);
    bench.end(1_600, held[0], OK);
    assert_eq!(bench.circuit(1_600), Circuit::Open);
    bench.call(2_502, OK);
    assert_eq!(bench.last(), Some((2_502, Circuit::Closed, Cause::ProbeSucceeded)));
}

#[test]
fn cb_h_6_batches_are_together_only_in_twenty_complete_buckets() {
    let play = |second: u64| {
        let mut bench = bench(Hystrix::default());
        bench.calls(100, &[ERR; 12]);
        bench.calls(second, &[ERR; 8]);
        bench.circuit(60_000);
        bench.log
    };
    assert_eq!(play(10_400), []);
    assert_eq!(play(9_400), [(9_500, Circuit::Open, Cause::FailureRate)]);
    assert_eq!(play(9_999), [(10_000, Circuit::Open, Cause::FailureRate)]);
    // A call at the end of a bucket belongs to the next.
    assert_eq!(play(10_000), []);
}

#[test]
fn successes_that_grow_old_open_a_circuit_without_a_call() {
    let mut bench = bench(Hystrix::default());
    bench.calls(0, &[OK; 30]);
    bench.calls(600, &[ERR; 20]);
    assert_eq!(bench.circuit(10_499), Circuit::Closed);
    assert_eq!(bench.circuit(10_500), Circuit::Open);
}

#[test]
fn closing_forgets_everything_and_starts_the_clock_again() {
    let mut bench = opened(Fidelity::Faithful);
    bench.call(1_730, OK);
    bench.calls(1_730, &[ERR; 19]);
    assert_eq!(bench.circuit(2_230), Circuit::Closed);
    bench.call(2_231, ERR);
    assert_eq!(bench.circuit(2_729), Circuit::Closed);
    assert_eq!(bench.circuit(2_730), Circuit::Open);
}

#[test]
fn the_sleep_is_over_strictly_later_by_the_millisecond() {
    let mut bench = opened(Fidelity::Faithful);
    let nearly = SimTime::from_nanos(at(1_501).nanos() - 1);
    assert_eq!(bench.ask_at(at(1_500)), Err(Some(at(1_501))));
    assert_eq!(bench.ask_at(nearly), Err(Some(at(1_501))));
    assert!(bench.ask_at(at(1_501)).is_ok());
}

#[test]
fn as_documented_every_result_is_judged_at_once_and_exactly() {
    let mut bench = bench(Hystrix::documented());
    bench.calls(0, &[ERR; 19]);
    assert_eq!(bench.circuit(400), Circuit::Closed);
    bench.call(400, ERR);
    assert_eq!(bench.last(), Some((400, Circuit::Open, Cause::FailureRate)));

    // The running bucket counts, and the window reaches back ten seconds, not ten and a half.
    let mut old = self::bench(Hystrix::documented());
    old.calls(100, &[ERR; 12]);
    old.calls(9_900, &[ERR; 7]);
    old.call(10_000, ERR);
    assert_eq!(old.circuit(10_000), Circuit::Closed);
    old.calls(10_100, &[ERR; 12]);
    assert_eq!(old.last(), Some((10_100, Circuit::Open, Cause::FailureRate)));
}

#[test]
fn forced_and_disabled_breakers_do_as_they_are_told() {
    let mut open = bench(Hystrix {
        force_open: true,
        force_closed: true,
        ..Hystrix::default()
    });
    assert_eq!(open.ask(0), None);
    assert_eq!(open.circuit(0), Circuit::Open);
    for settings in [
        Hystrix {
            force_closed: true,
            ..Hystrix::default()
        },
        Hystrix {
            enabled: false,
            force_open: true,
            ..Hystrix::default()
        },
    ] {
        let mut closed = bench(settings);
        closed.calls(0, &[ERR; 100]);
        closed.call(5_000, ERR);
        assert_eq!(closed.circuit(60_000), Circuit::Closed);
        assert_eq!(closed.log, []);
    }
}

#[test]
fn settings_out_of_range_are_told_the_range() {
    let wrong = [
        Hystrix {
            error_threshold_percentage: 0,
            ..Hystrix::default()
        },
        Hystrix {
            error_threshold_percentage: 101,
            ..Hystrix::default()
        },
        Hystrix {
            sleep_window: Span::from_micros(1_500),
            ..Hystrix::default()
        },
        Hystrix {
            health_snapshot_interval: Span::ZERO,
            ..Hystrix::default()
        },
        Hystrix {
            rolling_stats_time: Span::from_millis(499),
            ..Hystrix::default()
        },
    ];
    for settings in wrong {
        let told = settings.check().expect_err("out of range").to_string();
        assert!(told.contains("default"), "{told}");
    }
}

/// The first tick at which the complete buckets of a plain list of calls are too bad.
fn first_bad_tick(calls: &[(u64, bool)], buckets: u64, width_ms: u64, volume: usize) -> Option<u64> {
    let last = calls.last()?.0 / width_ms + buckets + 1;
    (1..=last).find_map(|tick| {
        let counted = |&&(ms, _): &&(u64, bool)| (tick.saturating_sub(buckets)..tick).contains(&(ms / width_ms));
        let counted: Vec<_> = calls.iter().filter(counted).collect();
        let errors = counted.iter().filter(|it| it.1).count();
        (counted.len() >= volume && errors > 0 && 2 * errors >= counted.len()).then_some(tick * width_ms)
    })
}

proptest! {
    #[test]
    fn it_opens_at_the_first_tick_at_which_a_list_of_calls_is_too_bad(
        gaps in prop::collection::vec((0u64..400, prop::bool::weighted(0.45)), 1..120),
        volume in 1u32..12,
    ) {
        let mut ms = 0;
        let calls: Vec<(u64, bool)> = gaps.iter().map(|&(gap, failed)| { ms += gap; (ms, failed) }).collect();
        let mut bench = bench(Hystrix {
            request_volume_threshold: volume,
            rolling_stats_time: Span::from_secs(1),
            health_snapshot_interval: Span::from_millis(250),
            ..Hystrix::default()
        });
        let expected = first_bad_tick(&calls, 4, 250, volume as usize);
        for &(ms, failed) in &calls {
            // What comes at the very instant of the tick ends before it, and is in the next bucket.
            if expected.is_some_and(|it| it <= ms) {
                break;
            }
            bench.call(ms, if failed { ERR } else { OK });
        }
        bench.circuit(ms + 2_000);
        prop_assert_eq!(bench.log.first().map(|it| it.0), expected);
    }
}
