use super::*;
use crate::policy::scripted::Scripted;
use proptest::prelude::*;

fn at(ms: u64) -> SimTime {
    SimTime::from_nanos(ms * 1_000_000)
}

fn ms(now: SimTime) -> u64 {
    now.nanos() / 1_000_000
}

/// Checks a replica until `end_ms`: `says` gives what a check that begins at an instant says, and after how long.
/// Returns the beginnings of the checks, and the changes.
fn play(health: &Health, end_ms: u64, says: impl Fn(u64) -> (Check, u64)) -> (Vec<u64>, Vec<(u64, bool)>) {
    assert_eq!(health.check(), Ok(()));
    let mut draw = Scripted::new(&[0.5]);
    let mut state = health.start(at(0), 0, 1, &mut draw);
    let (mut begins, mut changes) = (Vec::new(), Vec::new());
    while let Some(due) = state.due().filter(|&it| it <= at(end_ms)) {
        let limit = health.begin(&mut state, due);
        assert_eq!(state.due(), None, "not started twice");
        begins.push(ms(due));
        let (check, takes) = says(ms(due));
        let answer = due + Span::from_millis(takes);
        let (check, end) = if answer <= limit {
            (check, answer)
        } else {
            (Check::Failed, limit)
        };
        if let Some(change) = health.result(&mut state, end, check, true, &mut draw) {
            assert_eq!(change.up, state.is_up());
            changes.push((ms(end), change.up));
        }
    }
    (begins, changes)
}

fn haproxy() -> Haproxy {
    Haproxy::default()
}

/// Dead in `[from, to)` milliseconds: a check then fails after this long.
fn dead(from: u64, to: u64, takes: u64) -> impl Fn(u64) -> (Check, u64) {
    move |now| {
        if (from..to).contains(&now) {
            (Check::Failed, takes)
        } else {
            (Check::Passed, 0)
        }
    }
}

#[test]
fn hc_1_three_failures_take_it_down_and_two_passes_bring_it_back() {
    let health = Health::Haproxy(haproxy());
    let (begins, changes) = play(&health, 12_000, dead(1_000, 9_000, 0));
    assert_eq!(begins, [0, 2_000, 4_000, 6_000, 8_000, 10_000, 12_000]);
    assert_eq!(changes, [(6_000, false), (12_000, true)]);
    let (_, slow) = play(&health, 8_000, dead(1_000, 9_000, 1_000));
    assert_eq!(slow, [(7_000, false)]);
}

#[test]
fn hc_2_in_transition_checks_come_faster() {
    let health = Health::Haproxy(Haproxy {
        fastinter: Some(Span::from_millis(500)),
        downinter: Some(Span::from_secs(5)),
        ..haproxy()
    });
    let (begins, changes) = play(&health, 9_000, dead(1_000, 7_000, 0));
    assert_eq!(begins, [0, 2_000, 2_500, 3_000, 8_000, 8_500]);
    assert_eq!(changes, [(3_000, false), (8_500, true)]);
}

#[test]
fn an_opposite_result_starts_the_count_again() {
    let flapping = |now| (if now % 6_000 == 0 { Check::Passed } else { Check::Failed }, 0);
    let (_, changes) = play(&Health::Haproxy(haproxy()), 60_000, flapping);
    assert_eq!(changes, []);
}

#[test]
fn what_a_server_is_before_its_first_check_is_a_setting() {
    let first = |init_state, check| {
        let health = Health::Haproxy(Haproxy {
            init_state,
            ..haproxy()
        });
        let (_, changes) = play(&health, 6_000, |_| (check, 0));
        changes.first().copied()
    };
    use Check::{Failed, Passed};
    assert_eq!(first(InitState::Up, Failed), Some((0, false)));
    assert_eq!(first(InitState::FullyUp, Failed), Some((4_000, false)));
    assert_eq!(first(InitState::Down, Passed), Some((0, true)));
    assert_eq!(first(InitState::FullyDown, Passed), Some((2_000, true)));
    assert_eq!(first(InitState::Up, Passed), None);
}

#[test]
fn first_checks_are_spread_over_the_interval() {
    let health = Health::Haproxy(haproxy());
    let mut draw = Scripted::new(&[0.5]);
    let due = |place, draw: &mut Scripted| health.start(at(100), place, 4, draw).due().map(ms);
    let dues = [0, 1, 2, 3].map(|it| due(it, &mut draw));
    assert_eq!(dues, [Some(100), Some(600), Some(1_100), Some(1_600)]);
}

#[test]
fn a_check_that_outlasts_the_interval_is_followed_at_once() {
    let slow = Haproxy {
        timeout_check: Some(Span::from_secs(3)),
        ..haproxy()
    };
    let (begins, _) = play(&Health::Haproxy(slow), 9_000, |_| (Check::Passed, 10_000));
    assert_eq!(begins, [0, 3_000, 6_000, 9_000]);
    let from_end = Haproxy {
        interval_from: IntervalFrom::End,
        ..slow
    };
    let (begins, _) = play(&Health::Haproxy(from_end), 11_000, |_| (Check::Passed, 1_000));
    assert_eq!(begins, [0, 3_000, 6_000, 9_000]);
}

#[test]
fn errors_of_real_traffic_do_what_on_error_says() {
    let observing = |on_error| Haproxy {
        observe: Some(Observe {
            on_error,
            error_limit: 3,
            ..Observe::of(true)
        }),
        fastinter: Some(Span::from_millis(500)),
        init_state: InitState::FullyUp,
        ..haproxy()
    };
    let after = |on_error, errors: usize, checks: usize| {
        let health = Health::Haproxy(observing(on_error));
        let mut draw = Scripted::new(&[0.5]);
        let mut state = health.start(at(0), 0, 1, &mut draw);
        health.begin(&mut state, at(0));
        health.result(&mut state, at(0), Check::Passed, true, &mut draw);
        for _ in 0..errors {
            health.observed(&mut state, at(100), Outcome::Error);
        }
        for _ in 0..checks {
            let due = state.due().expect("none under way");
            health.begin(&mut state, due);
            health.result(&mut state, due, Check::Failed, true, &mut draw);
        }
        (state.is_up(), state.due().map(ms))
    };
    assert_eq!(after(OnError::MarkDown, 2, 0), (true, Some(2_000)));
    assert_eq!(after(OnError::MarkDown, 3, 0), (false, Some(600)));
    assert_eq!(after(OnError::Fastinter, 3, 0), (true, Some(600)));
    assert!(after(OnError::Fastinter, 3, 2).0 && !after(OnError::Fastinter, 3, 3).0);
    assert!(after(OnError::FailCheck, 3, 1).0 && !after(OnError::FailCheck, 3, 2).0);
    assert!(after(OnError::SuddenDeath, 3, 0).0 && !after(OnError::SuddenDeath, 3, 1).0);
    assert!(!after(OnError::FailCheck, 9, 0).0);
}

#[test]
fn only_errors_in_a_row_of_the_observed_layer_count() {
    let settings = Haproxy {
        observe: Some(Observe {
            error_limit: 2,
            on_error: OnError::MarkDown,
            ..Observe::of(false)
        }),
        ..haproxy()
    };
    let mut draw = Scripted::new(&[0.5]);
    let health = Health::Haproxy(settings);
    let mut state = health.start(at(0), 0, 1, &mut draw);
    let traffic = [
        Outcome::Refused,
        Outcome::Error,
        Outcome::Refused,
        Outcome::Ok,
        Outcome::Unreachable,
        Outcome::Timeout,
    ];
    for outcome in traffic {
        assert_eq!(health.observed(&mut state, at(1), outcome), None);
    }
    let change = health.observed(&mut state, at(1), Outcome::Refused);
    assert_eq!(change, Some(Change { up: false }));
    assert_eq!(Observe::of(true).sees(Outcome::Timeout), Some(false));
    assert_eq!(Observe::of(true).sees(Outcome::Cancelled), None);
}

fn envoy() -> Envoy {
    Envoy {
        unhealthy_interval: Some(Span::from_secs(4)),
        unhealthy_edge_interval: Some(Span::from_secs(3)),
        healthy_edge_interval: Some(Span::from_secs(1)),
        ..Envoy::new(Span::from_secs(1), Span::from_secs(2), 2, 3)
    }
}

#[test]
fn envoy_needs_one_pass_at_the_start_and_has_an_interval_for_each_situation() {
    let (begins, changes) = play(&Health::Envoy(envoy()), 26_000, dead(2_000, 15_000, 0));
    // Up at 0, then 1 s; failures at 3, 5, 7: down, then 3 s, then every 4 s; passes at 18 and 22: up, then 1 s, then 2
    // s.
    assert_eq!(
        begins,
        [
            0, 1_000, 3_000, 5_000, 7_000, 10_000, 14_000, 18_000, 22_000, 23_000, 25_000
        ]
    );
    assert_eq!(changes, [(0, true), (7_000, false), (22_000, true)]);
}

#[test]
fn envoy_takes_an_unexpected_status_at_its_word() {
    let (_, changes) = play(&Health::Envoy(envoy()), 3_000, |now| {
        let check = if now < 3_000 {
            Check::Passed
        } else {
            Check::FailedAtOnce
        };
        (check, 0)
    });
    assert_eq!(changes, [(0, true), (3_000, false)]);
    // To HAProxy it is a failure as any.
    let fully_up = Haproxy {
        init_state: InitState::FullyUp,
        ..haproxy()
    };
    let (_, changes) = play(&Health::Haproxy(fully_up), 4_000, |_| (Check::FailedAtOnce, 0));
    assert_eq!(changes, [(4_000, false)]);
}

#[test]
fn a_first_failure_makes_envoy_ask_for_the_whole_threshold() {
    let (_, changes) = play(&Health::Envoy(envoy()), 12_000, dead(0, 1, 0));
    assert_eq!(changes, [(8_000, true)]);
}

#[test]
fn envoy_counts_from_the_end_of_a_check() {
    let settings = Envoy::new(Span::from_secs(1), Span::from_secs(2), 1, 3);
    let (begins, changes) = play(&Health::Envoy(settings), 9_000, |_| (Check::Passed, 5_000));
    assert_eq!((begins, changes), (vec![0, 3_000, 6_000, 9_000], vec![]));
}

#[test]
fn without_traffic_envoy_checks_rarely_and_jitter_comes_on_top() {
    let settings = Envoy {
        initial_jitter: Span::from_millis(100),
        interval_jitter: Span::from_millis(10),
        interval_jitter_percent: 50,
        ..envoy()
    };
    let health = Health::Envoy(settings);
    let mut draw = Scripted::new(&[0.5]);
    let mut state = health.start(at(0), 0, 1, &mut draw);
    assert_eq!(state.due(), Some(at(50)));
    health.begin(&mut state, at(50));
    health.result(&mut state, at(50), Check::Passed, false, &mut draw);
    // 60 s, half of half of it, and half of 10 ms.
    assert_eq!(state.due(), Some(at(50 + 60_000 + 15_000 + 5)));
    assert_eq!(draw.draws, 3);

    let quick = Envoy {
        no_traffic_healthy_interval: Some(Span::from_secs(7)),
        ..envoy()
    };
    let health = Health::Envoy(quick);
    for (check, next) in [(Check::Passed, 7_000), (Check::Failed, 60_000)] {
        let mut state = health.start(at(0), 0, 1, &mut draw);
        health.begin(&mut state, at(0));
        health.result(&mut state, at(0), check, false, &mut draw);
        assert_eq!(state.due(), Some(at(next)));
    }
}

#[test]
fn settings_out_of_range_are_told_the_range() {
    let wrong = [
        Health::Haproxy(Haproxy { rise: 0, ..haproxy() }),
        Health::Haproxy(Haproxy { fall: 0, ..haproxy() }),
        Health::Haproxy(Haproxy {
            inter: Span::ZERO,
            ..haproxy()
        }),
        Health::Haproxy(Haproxy {
            fastinter: Some(Span::ZERO),
            ..haproxy()
        }),
        Health::Haproxy(Haproxy {
            observe: Some(Observe {
                error_limit: 0,
                ..Observe::of(true)
            }),
            ..haproxy()
        }),
        Health::Envoy(Envoy {
            timeout: Span::ZERO,
            ..envoy()
        }),
        Health::Envoy(Envoy {
            healthy_threshold: 0,
            ..envoy()
        }),
    ];
    for health in wrong {
        let told = health.check().expect_err("out of range").to_string();
        assert!(told.contains("default"), "{told}");
    }
}

proptest! {
    #[test]
    fn a_replica_changes_only_after_so_many_equal_results(
        results in prop::collection::vec(any::<bool>(), 1..200),
        rise in 1u32..4,
        fall in 1u32..4,
    ) {
        let settings = Haproxy { rise, fall, init_state: InitState::FullyUp, ..haproxy() };
        let health = Health::Haproxy(settings);
        let mut draw = Scripted::new(&[0.5]);
        let mut state = health.start(at(0), 0, 1, &mut draw);
        for n in 1..=results.len() {
            let due = state.due().expect("none under way");
            prop_assert_eq!(due, at(2_000 * (n as u64 - 1)));
            health.begin(&mut state, due);
            let (was, passed) = (state.is_up(), results[n - 1]);
            let check = if passed { Check::Passed } else { Check::Failed };
            let change = health.result(&mut state, due, check, true, &mut draw);
            let last = |count: u32| {
                n >= count as usize && results[n - count as usize..n].iter().all(|&it| it == passed)
            };
            let expected = (was != passed && last(if passed { rise } else { fall })).then_some(Change { up: passed });
            prop_assert_eq!(change, expected);
        }
    }
}
