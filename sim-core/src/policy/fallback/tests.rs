use super::*;
use proptest::prelude::*;

fn at(s: u64) -> SimTime {
    SimTime::from_secs(s)
}

const NOW: Answer = Answer::Degraded {
    after: Span::ZERO,
    age: None,
};

#[test]
fn fb_1_ten_slow_fallbacks_answer_and_the_eleventh_is_turned_away_at_once() {
    let takes = Span::from_millis(50);
    let fallback = Fallback {
        takes,
        ..Fallback::hystrix_default(Kind::Static)
    };
    let mut state = fallback.start();
    let answers: Vec<Answer> = (0..11)
        .map(|_| fallback.after(&mut state, at(0), Outcome::Error))
        .collect();
    let degraded = Answer::Degraded {
        after: takes,
        age: None,
    };
    assert_eq!(answers[..10], [degraded; 10]);
    assert_eq!(answers[10], Answer::Stands(Reason::Rejected));
    for _ in 0..10 {
        let end = fallback.done(&mut state, Outcome::Error, Outcome::Ok);
        assert_eq!(end, Outcome::Degraded);
    }
    assert_eq!(state.running(), 0);
    assert_eq!(fallback.after(&mut state, at(1), Outcome::Error), degraded);
}

#[test]
fn fb_2_a_stale_answer_is_good_until_it_is_too_old() {
    let fallback = Fallback::of(Kind::StaleCache {
        max_stale: Span::from_secs(60),
        keys: None,
    });
    let mut state = fallback.start();
    let down = |state: &mut State, s| fallback.after(state, at(s), Outcome::Unreachable);
    assert_eq!(
        down(&mut state, 0),
        Answer::Stands(Reason::TooOld),
        "nothing stored yet"
    );
    assert_eq!(
        fallback.after(&mut state, at(0), Outcome::Ok),
        Answer::Stands(Reason::Settled)
    );
    let aged = |s| Answer::Degraded {
        after: Span::ZERO,
        age: Some(Span::from_secs(s)),
    };
    assert_eq!(down(&mut state, 30), aged(30));
    assert_eq!(down(&mut state, 60), aged(60));
    assert_eq!(down(&mut state, 61), Answer::Stands(Reason::TooOld));
}

#[test]
fn a_degraded_answer_is_not_worth_storing() {
    let fallback = Fallback::of(Kind::StaleCache {
        max_stale: Span::from_secs(60),
        keys: None,
    });
    let mut state = fallback.start();
    fallback.after(&mut state, at(0), Outcome::Degraded);
    assert_eq!(
        fallback.after(&mut state, at(1), Outcome::Error),
        Answer::Stands(Reason::TooOld)
    );
}

#[test]
fn bad_requests_cancelled_calls_and_successes_fall_back_on_nothing() {
    let fallback = Fallback::of(Kind::FailSilent);
    let stands: Vec<Outcome> = Outcome::ALL
        .into_iter()
        .filter(|&it| fallback.after(&mut fallback.start(), at(0), it) != NOW)
        .collect();
    assert_eq!(
        stands,
        [Outcome::Ok, Outcome::Degraded, Outcome::BadRequest, Outcome::Cancelled]
    );
}

#[test]
fn another_callee_is_asked_and_its_failure_leaves_the_original_outcome() {
    let fallback = Fallback::hystrix_default(Kind::Dependency);
    let mut state = fallback.start();
    for (said, end) in [
        (Outcome::Ok, Outcome::Degraded),
        (Outcome::Degraded, Outcome::Degraded),
        (Outcome::Timeout, Outcome::BreakerOpen),
    ] {
        let answer = fallback.after(&mut state, at(0), Outcome::BreakerOpen);
        assert_eq!(answer, Answer::Call);
        assert_eq!(fallback.done(&mut state, Outcome::BreakerOpen, said), end);
    }
    assert_eq!(state.running(), 0);
}

#[test]
fn work_is_put_off_until_the_backlog_is_full() {
    let fallback = Fallback::of(Kind::Enqueue {
        limit: Some(2),
        every: Span::from_secs(1),
    });
    let mut state = fallback.start();
    let fail = |state: &mut State| fallback.after(state, at(0), Outcome::Timeout);
    assert_eq!([fail(&mut state), fail(&mut state)], [NOW, NOW]);
    assert_eq!(fail(&mut state), Answer::Stands(Reason::BacklogFull));
    assert!(fallback.take_up(&mut state));
    assert_eq!(state.backlog(), 1);
    assert_eq!(fail(&mut state), NOW);
    assert!(fallback.take_up(&mut state) && fallback.take_up(&mut state));
    assert!(!fallback.take_up(&mut state));
}

#[test]
fn settings_out_of_range_are_told() {
    let wrong = [
        Fallback {
            max_concurrent_requests: Some(0),
            ..Fallback::of(Kind::Static)
        },
        Fallback {
            on: HELPED.with(Outcome::Cancelled),
            ..Fallback::of(Kind::Static)
        },
        Fallback::of(Kind::StaleCache {
            max_stale: Span::ZERO,
            keys: None,
        }),
        Fallback::of(Kind::Enqueue {
            limit: Some(0),
            every: Span::from_secs(1),
        }),
    ];
    assert!(wrong.iter().all(|it| it.check().is_err()));
    assert_eq!(Fallback::hystrix_default(Kind::Dependency).check(), Ok(()));
}

proptest! {
    #[test]
    fn no_more_fallbacks_run_than_may(steps in prop::collection::vec(any::<bool>(), 1..100), most in 1u32..6) {
        let fallback = Fallback {
            max_concurrent_requests: Some(most),
            ..Fallback::of(Kind::Static)
        };
        let mut state = fallback.start();
        let mut running = 0;
        for begins in steps {
            if begins {
                let answered = fallback.after(&mut state, at(0), Outcome::Error) == NOW;
                prop_assert_eq!(answered, running < most);
                running += u32::from(answered);
            } else if running > 0 {
                fallback.done(&mut state, Outcome::Error, Outcome::Ok);
                running -= 1;
            }
            prop_assert_eq!(state.running(), running);
        }
    }
}
