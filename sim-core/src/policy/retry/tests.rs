use super::*;
use crate::policy::backoff::{Aws, Curve, DOUBLING, Grpc, Jitter};
use crate::policy::budget::{self, Bucket, Envoy, FailureRatio};
use crate::policy::scripted::Scripted;
use crate::quantity::{Chance, Factor};
use crate::rng::{Key, Purpose, Streams};

fn at(ms: u64) -> SimTime {
    SimTime::from_nanos(ms * 1_000_000)
}

fn fixed(ms: u64) -> Backoff {
    Backoff::Curve {
        curve: Curve::Fixed(Span::from_millis(ms)),
        jitter: Jitter::None,
    }
}

fn failed(ms: u64) -> Ended {
    Ended::new(at(ms), Outcome::Error)
}

/// One call whose attempts end as told, one a millisecond: what is decided after each.
fn play(retry: &Retry, ends: &[Ended]) -> Vec<Verdict> {
    assert_eq!(retry.check(), Ok(()));
    let (mut budget, mut call, mut draw) = (retry.start(), retry.begin(), Scripted::new(&[0.5]));
    retry.on_call(&mut budget, at(0));
    ends.iter()
        .map(|end| retry.after(&mut call, &mut budget, end, &mut draw))
        .collect()
}

const AGAIN: Verdict = Verdict::RetryAfter(Span::ZERO);

#[test]
fn attempts_count_the_first() {
    assert_eq!(
        play(&Retry::default(), &[failed(1), failed(2), failed(3)]),
        [AGAIN, AGAIN, Verdict::GiveUp(Reason::Attempts)]
    );
    let once = Retry {
        attempts: Some(1),
        ..Retry::default()
    };
    assert_eq!(play(&once, &[failed(1)]), [Verdict::GiveUp(Reason::Attempts)]);
    let none = Retry {
        attempts: Some(0),
        ..Retry::default()
    };
    assert!(none.check().is_err());
}

#[test]
fn only_listed_outcomes_are_worth_another_attempt() {
    for outcome in Outcome::ALL {
        let verdict = play(&Retry::default(), &[Ended::new(at(1), outcome)])[0];
        let expected = if OutcomeSet::RETRYABLE.contains(outcome) {
            AGAIN
        } else {
            Verdict::GiveUp(Reason::Settled)
        };
        assert_eq!(verdict, expected, "{outcome:?}");
    }
    let eager = Retry {
        on: OutcomeSet::RETRYABLE.with(Outcome::BreakerOpen),
        ..Retry::default()
    };
    assert_eq!(play(&eager, &[Ended::new(at(1), Outcome::BreakerOpen)]), [AGAIN]);
}

#[test]
fn nothing_is_sent_when_the_deadline_has_passed() {
    let retry = Retry {
        backoff: fixed(20),
        ..Retry::default()
    };
    let end = |ms, deadline| Ended {
        deadline: at(deadline),
        ..failed(ms)
    };
    let pause = Verdict::RetryAfter(Span::from_millis(20));
    assert_eq!(play(&retry, &[end(100, 250)]), [pause]);
    assert_eq!(
        play(&retry, &[end(240, 250)]),
        [pause],
        "the deadline passes during the pause"
    );
    assert_eq!(play(&retry, &[end(250, 250)]), [Verdict::GiveUp(Reason::Deadline)]);
    let quick = Retry {
        skip_hopeless: true,
        ..retry
    };
    assert_eq!(play(&quick, &[end(229, 250)]), [pause]);
    assert_eq!(play(&quick, &[end(230, 250)]), [Verdict::GiveUp(Reason::Deadline)]);
}

#[test]
fn a_hopeless_retry_costs_no_token() {
    let bucket = Budget::Bucket(Bucket {
        deposit: Factor(0),
        burst: 1,
        strict: false,
    });
    let retry = Retry {
        backoff: fixed(20),
        skip_hopeless: true,
        budget: Some(bucket),
        ..Retry::default()
    };
    let late = Ended {
        deadline: at(10),
        ..failed(1)
    };
    let (mut budget, mut draw) = (retry.start(), Scripted::new(&[0.5]));
    assert_eq!(
        retry.after(&mut retry.begin(), &mut budget, &late, &mut draw),
        Verdict::GiveUp(Reason::Deadline)
    );
    assert_eq!(budget, retry.start());
    assert_eq!(
        retry.after(&mut retry.begin(), &mut budget, &failed(1), &mut draw),
        Verdict::RetryAfter(Span::from_millis(20))
    );
    assert_eq!(
        retry.after(&mut retry.begin(), &mut budget, &failed(1), &mut draw),
        Verdict::GiveUp(Reason::Budget)
    );
}

#[test]
fn what_a_hint_means_is_a_setting() {
    let of = |respect_retry_after, hint_ms| {
        let retry = Retry {
            backoff: fixed(100),
            respect_retry_after,
            ..Retry::default()
        };
        let end = Ended {
            push_back: PushBack::After(Span::from_millis(hint_ms)),
            ..failed(1)
        };
        match play(&retry, &[end])[0] {
            Verdict::RetryAfter(pause) => pause.nanos() / 1_000_000,
            Verdict::GiveUp(reason) => panic!("{reason:?}"),
        }
    };
    assert_eq!(of(RetryAfter::Ignore, 700), 100);
    assert_eq!([of(RetryAfter::AtLeast, 700), of(RetryAfter::AtLeast, 7)], [700, 100]);
    assert_eq!(
        [
            of(RetryAfter::Exact { restart: false }, 700),
            of(RetryAfter::Exact { restart: true }, 7)
        ],
        [700, 7]
    );
    let jittered = RetryAfter::Jittered {
        max: Span::from_secs(300),
    };
    assert_eq!(
        [of(jittered, 700), of(jittered, 300_000), of(jittered, 300_001)],
        [875, 375_000, 100]
    );
    let clamped = RetryAfter::Clamped {
        stretch: Span::from_secs(5),
    };
    assert_eq!(
        [of(clamped, 7), of(clamped, 700), of(clamped, 7_000)],
        [100, 700, 5_100]
    );
}

#[test]
fn do_not_retry_is_heeded_by_those_who_read_hints() {
    let never = Ended {
        push_back: PushBack::Never,
        ..failed(1)
    };
    assert_eq!(play(&Retry::default(), &[never]), [AGAIN]);
    let polite = Retry {
        respect_retry_after: RetryAfter::AtLeast,
        ..Retry::default()
    };
    assert_eq!(play(&polite, &[never]), [Verdict::GiveUp(Reason::PushedBack)]);
}

fn grpc(attempts: u32) -> Retry {
    let budget = Some(Budget::Grpc(budget::Grpc {
        max_tokens: 10,
        token_ratio_milli: 100,
    }));
    Retry {
        attempts: Some(attempts),
        backoff: Backoff::Grpc(Grpc {
            initial: Span::from_millis(100),
            multiplier: DOUBLING,
            max: Span::from_secs(10),
        }),
        respect_retry_after: RetryAfter::Exact { restart: true },
        checks: Checks::of(&budget),
        budget,
        ..Retry::default()
    }
}

fn tokens(budget: &BudgetState) -> f64 {
    match budget {
        BudgetState::Grpc(tokens) => tokens.left(),
        _ => unreachable!(),
    }
}

#[test]
fn in_grpcs_order_the_last_failing_attempt_costs_a_token_too() {
    let spent = |retry: &Retry| {
        let (mut budget, mut call, mut draw) = (retry.start(), retry.begin(), Scripted::new(&[0.5]));
        let last = (0..2)
            .map(|ms| retry.after(&mut call, &mut budget, &failed(ms), &mut draw))
            .last();
        assert_eq!(last, Some(Verdict::GiveUp(Reason::Attempts)));
        10.0 - tokens(&budget)
    };
    assert_eq!(grpc(2).checks, Checks::Grpc);
    assert_eq!(spent(&grpc(2)), 2.0);
    assert_eq!(
        spent(&Retry {
            checks: Checks::Standard,
            ..grpc(2)
        }),
        1.0
    );
}

#[test]
fn grpc_restarts_its_back_off_after_a_push_back_and_counts_a_refusal() {
    let retry = grpc(5);
    let pushed = Ended {
        push_back: PushBack::After(Span::from_millis(7)),
        ..failed(3)
    };
    let never = Ended {
        push_back: PushBack::Never,
        ..Ended::new(at(6), Outcome::Ok)
    };
    let pauses = play(&retry, &[failed(1), failed(2), pushed, failed(4), never]);
    let again = |ms| Verdict::RetryAfter(Span::from_millis(ms));
    assert_eq!(
        pauses,
        [
            again(100),
            again(200),
            again(7),
            again(100),
            Verdict::GiveUp(Reason::PushedBack)
        ]
    );

    let (mut budget, mut draw) = (retry.start(), Scripted::new(&[0.5]));
    let never = Ended {
        push_back: PushBack::Never,
        ..failed(1)
    };
    retry.after(&mut retry.begin(), &mut budget, &never, &mut draw);
    assert_eq!(tokens(&budget), 9.0);
}

#[test]
fn a_call_that_is_abandoned_gives_its_place_back() {
    let retry = Retry {
        budget: Some(Budget::Envoy(Envoy::MaxRetries(1))),
        ..Retry::default()
    };
    let (mut budget, mut first, mut draw) = (retry.start(), retry.begin(), Scripted::new(&[0.5]));
    assert_eq!(retry.after(&mut first, &mut budget, &failed(1), &mut draw), AGAIN);
    let refused = retry.after(&mut retry.begin(), &mut budget, &failed(1), &mut draw);
    assert_eq!(refused, Verdict::GiveUp(Reason::Budget));
    retry.abandon(&mut first, &mut budget, at(2));
    assert_eq!(
        retry.after(&mut retry.begin(), &mut budget, &failed(3), &mut draw),
        AGAIN
    );
}

#[test]
fn aws_pays_back_what_the_last_retry_of_the_call_cost() {
    let retry = Retry {
        backoff: Backoff::Aws(Aws::STANDARD),
        budget: Some(Budget::Aws(budget::Aws::STANDARD)),
        ..Retry::default()
    };
    let (mut budget, mut call, mut draw) = (retry.start(), retry.begin(), Scripted::new(&[0.5]));
    let left = |budget: &BudgetState| match budget {
        BudgetState::Aws(quota) => quota.left(),
        _ => unreachable!(),
    };
    let pause = retry.after(&mut call, &mut budget, &failed(1), &mut draw);
    assert_eq!(
        (pause, left(&budget)),
        (Verdict::RetryAfter(Span::from_millis(25)), 486)
    );
    let pause = retry.after(&mut call, &mut budget, &Ended::new(at(2), Outcome::Quota), &mut draw);
    assert_eq!((pause, left(&budget)), (Verdict::RetryAfter(Span::from_secs(1)), 481));
    let done = retry.after(&mut call, &mut budget, &Ended::new(at(3), Outcome::Ok), &mut draw);
    assert_eq!((done, left(&budget)), (Verdict::GiveUp(Reason::Settled), 486));
}

#[test]
fn the_longest_pauses_of_a_call_add_up() {
    let retry = Retry {
        attempts: Some(4),
        backoff: fixed(20),
        ..Retry::default()
    };
    assert_eq!(retry.pauses_max(), Span::from_millis(60));
    let bucket = Some(Budget::Bucket(Bucket::of(Factor(100_000))));
    let endless = Retry {
        attempts: None,
        budget: bucket,
        ..retry
    };
    assert_eq!((endless.pauses_max(), endless.check()), (Span::MAX, Ok(())));
    assert!(
        Retry {
            budget: None,
            ..endless
        }
        .check()
        .is_err()
    );
    assert!(size_of::<RetryState>() <= 24);
}

/// Calls at the bottom for one call at the top, when the bottom always fails.
fn bottom_calls(retry: &Retry, layers: u32) -> u32 {
    if layers == 0 {
        return 1;
    }
    let (mut budget, mut call, mut draw) = (retry.start(), retry.begin(), Scripted::new(&[0.5]));
    let mut calls = 0;
    loop {
        calls += bottom_calls(retry, layers - 1);
        if let Verdict::GiveUp(_) = retry.after(&mut call, &mut budget, &failed(1), &mut draw) {
            return calls;
        }
    }
}

/// How many attempts a call makes when attempt k fails iff bit k of `failures` is set.
fn attempts(retry: &Retry, failures: u32) -> u32 {
    let (mut budget, mut call, mut draw) = (retry.start(), retry.begin(), Scripted::new(&[0.5]));
    for attempt in 0.. {
        let outcome = if failures >> attempt & 1 == 1 {
            Outcome::Error
        } else {
            Outcome::Ok
        };
        if let Verdict::GiveUp(_) = retry.after(&mut call, &mut budget, &Ended::new(at(1), outcome), &mut draw) {
            break;
        }
    }
    call.ended()
}

#[test]
fn rt_6_retries_multiply_over_layers() {
    assert_eq!(bottom_calls(&Retry::default(), 4), 81);
    assert_eq!(
        bottom_calls(
            &Retry {
                attempts: Some(4),
                ..Retry::default()
            },
            3
        ),
        64
    );
    // p = 0.5: all eight ways in which three attempts can end are equally likely.
    let total: u32 = (0..8).map(|failures| attempts(&Retry::default(), failures)).sum();
    assert_eq!(f64::from(total) / 8.0, 1.75);
}

/// Brooker's `retry_sim`: 100 clients with 200 first tries each; success ratio and attempts per first try.
fn brooker(retry: Option<&Retry>, p: u64) -> (f64, f64) {
    let once = Retry {
        attempts: Some(1),
        ..Retry::default()
    };
    let retry = retry.unwrap_or(&once);
    let fails = Chance::from_parts_per_trillion(p * 10_000_000_000);
    let (mut successes, mut tries, mut sent) = (0u32, 0u32, 0u32);
    for client in 0..100 {
        let mut world = Streams::new(2022).stream(Purpose::Attempt, Key(client));
        let mut draw = Streams::new(2022).stream(Purpose::Jitter, Key(client));
        let mut budget = retry.start();
        for _ in 0..200 {
            let mut call = retry.begin();
            retry.on_call(&mut budget, at(1));
            loop {
                let outcome = if fails.happens(world.bits()) {
                    Outcome::Error
                } else {
                    Outcome::Ok
                };
                match retry.after(&mut call, &mut budget, &Ended::new(at(1), outcome), &mut draw) {
                    Verdict::RetryAfter(_) => (),
                    Verdict::GiveUp(_) => {
                        successes += u32::from(outcome == Outcome::Ok);
                        break;
                    }
                }
            }
            (tries, sent) = (tries + 1, sent + call.ended());
        }
    }
    (
        f64::from(successes) / f64::from(tries),
        f64::from(sent) / f64::from(tries),
    )
}

#[test]
fn brooker_retry_strategies_give_the_published_ratios() {
    let three = Retry {
        attempts: Some(4),
        ..Retry::default()
    };
    let bucket = Budget::Bucket(Bucket {
        deposit: Factor(100_000),
        burst: 5,
        strict: true,
    });
    let adaptive = Retry {
        attempts: None,
        budget: Some(bucket),
        ..Retry::default()
    };
    let ratio = Budget::FailureRatio(FailureRatio { ratio: Factor(100_000) });
    let breaker = Retry {
        budget: Some(ratio),
        ..three.clone()
    };
    let cases = [
        (None, 10, 0.9027, 1.0, 0.02),
        (Some(&three), 10, 0.99965, 1.1097, 0.02),
        (Some(&adaptive), 10, 0.98968, 1.098, 0.02),
        (Some(&breaker), 10, 0.92759, 1.0313, 0.04),
        (None, 50, 0.50496, 1.0, 0.02),
        (Some(&three), 50, 0.93722, 1.8758, 0.02),
        (Some(&adaptive), 50, 0.56499, 1.1212, 0.02),
        (Some(&breaker), 50, 0.49993, 1.0, 0.04),
    ];
    for (retry, p, success, attempts, band) in cases {
        let (got_success, got_attempts) = brooker(retry, p);
        assert!(
            (got_success / success - 1.0).abs() <= band,
            "p {p} {retry:?}: success {got_success}, not {success}"
        );
        assert!(
            (got_attempts / attempts - 1.0).abs() <= band,
            "p {p} {retry:?}: attempts {got_attempts}, not {attempts}"
        );
    }
}
