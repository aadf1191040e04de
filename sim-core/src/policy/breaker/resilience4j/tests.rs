use super::super::tests::{BAD, Bench, ERR, OK, at};
use super::super::{Breaker, BreakerState};
use super::*;
use crate::outcome::Outcome;
use crate::policy::backoff;
use proptest::prelude::*;

/// The settings of the reference's vectors: window 10, at least 5 calls, 50 %, 1 s, three probes.
fn settings() -> Resilience4j {
    Resilience4j {
        sliding_window_size: 10,
        minimum_number_of_calls: 5,
        permitted_number_of_calls_in_half_open_state: 3,
        wait_duration_in_open_state: fixed(Span::from_secs(1)),
        ..Resilience4j::default()
    }
}

fn bench(settings: Resilience4j) -> Bench {
    Bench::new(Breaker::Resilience4j(settings))
}

fn seen(bench: &mut Bench, ms: u64) -> Seen {
    let BreakerState::Resilience4j(state) = &mut bench.state else {
        unreachable!()
    };
    state.seen(at(ms))
}

/// Half-open at 1001 ms, with these permits.
fn half_open(settings: Resilience4j) -> (Bench, Vec<Permit>) {
    let mut bench = bench(settings);
    (0..settings.minimum_number_of_calls).for_each(|_| bench.call(0, ERR));
    assert_eq!(bench.circuit(0), Circuit::Open);
    let permits = core::iter::from_fn(|| bench.ask(1_001)).collect();
    (bench, permits)
}

#[test]
fn cb_r_1_opens_at_the_fifth_failure_waits_strictly_longer_and_closes_on_a_third() {
    let mut bench = bench(settings());
    bench.script(0, "ffff");
    assert_eq!(bench.circuit(0), Circuit::Closed);
    bench.script(0, "f");
    assert_eq!(bench.log, [(0, Circuit::Open, Cause::FailureRate)]);
    let after = at(1_000) + Span::from_nanos(1);
    assert_eq!(bench.ask_at(at(1_000)), Err(Some(after)));
    let permits: Vec<Permit> = (0..3).filter_map(|_| bench.ask(1_001)).collect();
    assert_eq!(permits.len(), 3);
    assert_eq!(bench.ask(1_001), None);
    bench.end(1_002, permits[0], OK);
    bench.end(1_002, permits[1], OK);
    assert_eq!(bench.circuit(1_002), Circuit::HalfOpen);
    bench.end(1_002, permits[2], ERR);
    assert_eq!(bench.last(), Some((1_002, Circuit::Closed, Cause::ProbeSucceeded)));
}

#[test]
fn cb_r_2_a_failure_that_pushes_out_a_success_opens() {
    let mut bench = bench(settings());
    bench.script(0, "ssssss ffff");
    assert_eq!(bench.circuit(0), Circuit::Closed);
    bench.script(0, "f");
    assert_eq!(bench.circuit(0), Circuit::Open);
}

#[test]
fn cb_r_3_a_success_can_open() {
    let mut bench = bench(settings());
    bench.script(0, "fffs");
    assert_eq!(bench.circuit(0), Circuit::Closed);
    bench.script(0, "s");
    assert_eq!(bench.log, [(0, Circuit::Open, Cause::FailureRate)]);
}

#[test]
fn cb_r_4_slow_is_strictly_longer_than_the_threshold() {
    let slow = Resilience4j {
        slow_call_duration_threshold: Span::from_secs(1),
        slow_call_rate_threshold: Factor(600_000),
        ..settings()
    };
    let play = |durations: [u64; 5]| {
        let mut bench = bench(slow);
        for duration in durations {
            let permit = bench.ask(0).expect("closed");
            bench.end_after(duration, permit, OK, duration);
        }
        bench.log
    };
    assert_eq!(play([1_000; 5]), []);
    assert_eq!(
        play([1, 1, 1_001, 1_001, 1_001]),
        [(1_001, Circuit::Open, Cause::SlowCallRate)]
    );
    assert_eq!(play([1, 1, 1, 1_001, 1_001]), []);
}

#[test]
fn cb_r_5_half_open_waits_for_enough_results_and_no_more() {
    let (mut bench, permits) = half_open(settings());
    bench.end(1_001, permits[0], ERR);
    bench.end(1_001, permits[1], ERR);
    assert_eq!(bench.circuit(1_001), Circuit::HalfOpen);
    bench.end(1_001, permits[2], OK);
    assert_eq!(bench.last(), Some((1_001, Circuit::Open, Cause::ProbeFailed)));

    let (mut two, permits) = half_open(Resilience4j {
        permitted_number_of_calls_in_half_open_state: 2,
        ..settings()
    });
    permits.iter().for_each(|&it| two.end(1_001, it, OK));
    assert_eq!((permits.len(), two.circuit(1_001)), (2, Circuit::Closed));

    let (mut early, permits) = half_open(Resilience4j {
        permitted_number_of_calls_in_half_open_state: 5,
        minimum_number_of_calls: 2,
        ..settings()
    });
    assert_eq!(permits.len(), 5);
    early.end(1_001, permits[0], OK);
    assert_eq!(early.circuit(1_001), Circuit::HalfOpen);
    early.end(1_001, permits[1], OK);
    assert_eq!(early.circuit(1_001), Circuit::Closed);
}

#[test]
fn cb_r_6_a_window_of_seconds_is_made_of_whole_seconds() {
    let mut bench = bench(Resilience4j {
        sliding_window_type: WindowType::TimeBased,
        sliding_window_size: 3,
        minimum_number_of_calls: 4,
        ..settings()
    });
    let second = 7_000;
    bench.script(second, "ff");
    bench.script(second + 1_500, "s");
    assert_eq!(seen(&mut bench, second + 2_900).calls, 3);
    assert_eq!(seen(&mut bench, second + 3_000).calls, 1);
    bench.script(second + 3_000, "ff");
    assert_eq!(bench.circuit(second + 3_000), Circuit::Closed);
    bench.script(second + 3_000, "f");
    assert_eq!(bench.log, [(second + 3_000, Circuit::Open, Cause::FailureRate)]);
    let counted = seen(&mut bench, second + 3_000);
    assert_eq!((counted.calls, counted.failed), (4, 3));
}

#[test]
fn cb_r_7_timers_open_halfway_and_shut_again() {
    let mut bench = bench(Resilience4j {
        wait_duration_in_open_state: fixed(Span::from_millis(100)),
        max_wait_duration_in_half_open_state: Span::from_millis(200),
        automatic_transition_from_open_to_half_open_enabled: true,
        ..settings()
    });
    bench.script(0, "fffff");
    assert_eq!(bench.circuit(99), Circuit::Open);
    assert_eq!(bench.circuit(150), Circuit::HalfOpen);
    assert!(bench.ask(150).is_some(), "a probe that never reports");
    assert_eq!(bench.circuit(350), Circuit::Open);
    assert_eq!(
        bench.log[1..],
        [
            (100, Circuit::HalfOpen, Cause::WaitOver),
            (300, Circuit::Open, Cause::HalfOpenTimeout)
        ]
    );
}

#[test]
fn when_its_time_is_up_half_open_may_also_close() {
    let mut bench = bench(Resilience4j {
        max_wait_duration_in_half_open_state: Span::from_millis(200),
        transition_to_state_after_wait_duration: AfterHalfOpen::Closed,
        ..settings()
    });
    bench.script(0, "fffff");
    assert!(bench.ask(1_500).is_some());
    assert_eq!(bench.circuit(1_700), Circuit::Closed);
    assert_eq!(bench.last(), Some((1_700, Circuit::Closed, Cause::HalfOpenTimeout)));
}

#[test]
fn probes_that_never_report_leave_the_breaker_stuck() {
    let (mut bench, permits) = half_open(settings());
    assert_eq!(permits.len(), 3);
    assert_eq!(bench.ask_at(at(10_000_000)), Err(None));
    assert_eq!(bench.circuit(10_000_000), Circuit::HalfOpen);
}

#[test]
fn a_cancelled_or_ignored_probe_gives_its_permission_back() {
    let (mut bench, permits) = half_open(settings());
    bench.end(1_002, permits[0], Outcome::Cancelled);
    assert!(bench.ask(1_002).is_some());
    assert_eq!(bench.ask(1_002), None);
    bench.end(1_003, permits[1], BAD);
    assert!(bench.ask(1_003).is_some());
    assert_eq!(bench.ask(1_003), None);
    assert_eq!(seen(&mut bench, 1_003).calls, 0);
}

#[test]
fn late_results_count_among_the_probes_unless_documented() {
    for (late_results, calls, permitted) in [(Fidelity::Faithful, 2, 1), (Fidelity::Documented, 0, 0)] {
        let mut bench = bench(Resilience4j {
            late_results,
            ..settings()
        });
        let early: Vec<Permit> = (0..3).filter_map(|_| bench.ask(0)).collect();
        bench.script(0, "fffff");
        while bench.ask(1_001).is_some() {}
        bench.end(1_002, early[0], OK);
        bench.end(1_002, early[1], ERR);
        assert_eq!(seen(&mut bench, 1_002).calls, calls);
        bench.end(1_002, early[2], Outcome::Cancelled);
        let more = core::iter::from_fn(|| bench.ask(1_003)).count();
        assert_eq!(more, permitted);
    }
}

#[test]
fn results_in_the_open_state_change_nothing() {
    let mut bench = bench(settings());
    let early: Vec<Permit> = (0..20).filter_map(|_| bench.ask(0)).collect();
    bench.script(0, "fffff");
    early.iter().for_each(|&it| bench.end(500, it, OK));
    assert_eq!(bench.circuit(500), Circuit::Open);
    assert_eq!(bench.log.len(), 1);
}

#[test]
fn waits_grow_with_openings_in_a_row_and_begin_again_after_a_close() {
    let mut bench = bench(Resilience4j {
        wait_duration_in_open_state: Backoff::Resilience4j(backoff::Resilience4j {
            initial: Span::from_millis(100),
            multiplier: Factor(2_000_000),
            ..backoff::Resilience4j::DEFAULT
        }),
        automatic_transition_from_open_to_half_open_enabled: true,
        permitted_number_of_calls_in_half_open_state: 1,
        ..settings()
    });
    bench.script(0, "fffff");
    bench.script(100, "f");
    bench.script(300, "f");
    assert_eq!(bench.circuit(699), Circuit::Open);
    bench.script(700, "s");
    bench.script(800, "fffff");
    assert_eq!(bench.circuit(899), Circuit::Open);
    assert_eq!(bench.circuit(900), Circuit::HalfOpen);
}

#[test]
fn the_minimum_of_a_window_of_calls_is_no_more_than_the_window() {
    let mut bench = bench(Resilience4j {
        sliding_window_size: 3,
        minimum_number_of_calls: 100,
        ..settings()
    });
    bench.script(0, "ff");
    assert_eq!(bench.circuit(0), Circuit::Closed);
    bench.script(0, "f");
    assert_eq!(bench.circuit(0), Circuit::Open);
}

#[test]
fn other_modes_record_or_refuse_as_their_name_says() {
    for (mode, passes, counted) in [
        (Mode::Disabled, true, 0),
        (Mode::MetricsOnly, true, 10),
        (Mode::ForcedOpen, false, 0),
    ] {
        let mut bench = bench(Resilience4j { mode, ..settings() });
        for _ in 0..20 {
            if let Some(permit) = bench.ask(0) {
                bench.end(0, permit, ERR);
            }
        }
        assert_eq!(bench.ask(0).is_some(), passes, "{mode:?}");
        assert_eq!(seen(&mut bench, 0).calls, counted, "{mode:?}");
        assert_eq!(bench.log, [], "{mode:?}");
    }
}

#[test]
fn settings_out_of_range_are_told_the_range() {
    let wrong = [
        Resilience4j {
            failure_rate_threshold: Factor(0),
            ..settings()
        },
        Resilience4j {
            failure_rate_threshold: Factor(1_000_001),
            ..settings()
        },
        Resilience4j {
            slow_call_rate_threshold: Factor(0),
            ..settings()
        },
        Resilience4j {
            slow_call_duration_threshold: Span::ZERO,
            ..settings()
        },
        Resilience4j {
            sliding_window_size: 0,
            ..settings()
        },
        Resilience4j {
            minimum_number_of_calls: 0,
            ..settings()
        },
        Resilience4j {
            permitted_number_of_calls_in_half_open_state: 0,
            ..settings()
        },
        Resilience4j {
            wait_duration_in_open_state: fixed(Span::from_micros(999)),
            ..settings()
        },
        Resilience4j {
            wait_duration_in_open_state: Backoff::None,
            ..settings()
        },
    ];
    for settings in wrong {
        let told = settings.check().expect_err("out of range").to_string();
        assert!(told.contains("default"), "{told}");
    }
    assert_eq!(Resilience4j::default().check(), Ok(()));
}

proptest! {
    #[test]
    fn the_windows_count_what_a_list_of_calls_counts(
        calls in prop::collection::vec((0u64..1_500, any::<bool>(), any::<bool>()), 1..80),
        size in 1u32..6,
    ) {
        let (mut by_calls, mut by_seconds) = (Window::calls(size), Window::seconds(size));
        let (mut ms, mut list) = (0, Vec::new());
        let count = |calls: &[(u64, bool, bool)]| Seen {
            calls: calls.len() as u32,
            failed: calls.iter().filter(|it| it.1).count() as u32,
            slow: calls.iter().filter(|it| it.2).count() as u32,
        };
        for (gap, failed, slow) in calls {
            ms += gap;
            by_calls.record(at(ms), failed, slow);
            by_seconds.record(at(ms), failed, slow);
            list.push((ms, failed, slow));
            let last = &list[list.len().saturating_sub(size as usize)..];
            prop_assert_eq!(by_calls.seen(at(ms)), count(last));
            let recent = list.iter().position(|it| it.0 / 1_000 + u64::from(size) > ms / 1_000).unwrap_or(list.len());
            prop_assert_eq!(by_seconds.seen(at(ms)), count(&list[recent..]));
        }
    }
}
