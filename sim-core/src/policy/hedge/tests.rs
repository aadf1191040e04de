use super::*;
use crate::policy::budget::{Envoy, Grpc};
use crate::quantity::Factor;
use proptest::prelude::*;

fn at(ms: u64) -> SimTime {
    SimTime::from_nanos(ms * 1_000_000)
}

fn ms(ms: u64) -> Span {
    Span::from_millis(ms)
}

fn fixed(max_attempts: u32, delay: u64) -> Hedge {
    Hedge {
        max_attempts,
        delay: Delay::Fixed(ms(delay)),
        ..Hedge::POLLY
    }
}

/// How a copy ends: after so many milliseconds, how, and what the callee says about trying again.
#[derive(Clone, Copy, Debug)]
struct Fate(u64, Outcome, PushBack);

const fn ok(after: u64) -> Fate {
    Fate(after, Outcome::Ok, PushBack::None)
}

const fn fails(after: u64) -> Fate {
    Fate(after, Outcome::Error, PushBack::None)
}

/// One call whose copies have these fates, as a log: `0:send`, `130:error(1)`, and at the end what stands and who is cancelled.
/// Ends of one instant come before what is due then.
fn play_with(hedge: &Hedge, state: &mut HedgeState, start: u64, fates: &[Fate]) -> String {
    assert_eq!(hedge.check(), Ok(()));
    let mut log = vec![format!("{start}:send")];
    let mut call = hedge.on_start(state, at(start));
    let mut ends: Vec<(SimTime, u32)> = vec![(at(start + fates[0].0), 0)];
    loop {
        let next_end = ends.iter().copied().min();
        let (now, decision) = match next_end {
            Some((now, copy)) if now <= call.next_at() => {
                ends.retain(|it| it.1 != copy);
                let Fate(_, outcome, push_back) = fates[copy as usize];
                let end = Ended {
                    push_back,
                    ..Ended::new(now, outcome)
                };
                let decision = hedge.on_result(&mut call, state, copy, &end);
                log.push(format!("{}:{}({copy})", now.nanos() / 1_000_000, outcome.name()));
                (now, decision)
            }
            _ => {
                assert!(
                    call.next_at() < SimTime::MAX,
                    "a call that is not settled waits for something"
                );
                let now = call.next_at();
                (now, hedge.on_due(&mut call, state, now, InFlight::default()))
            }
        };
        match decision {
            Decision::Wait => (),
            Decision::Send => {
                let copy = call.sent() - 1;
                log.push(format!("{}:send", now.nanos() / 1_000_000));
                ends.push((now + ms(fates[copy as usize].0), copy));
            }
            Decision::Settle { cancel } => {
                let cancelled: Vec<String> = cancel.iter().map(|it| it.to_string()).collect();
                log.push(format!("cancel[{}]", cancelled.join(",")));
                assert_eq!(call.next_at(), SimTime::MAX);
                return log.join(" ");
            }
        }
    }
}

fn play(hedge: &Hedge, fates: &[Fate]) -> String {
    play_with(hedge, &mut hedge.start(), 0, fates)
}

fn grpc(max_attempts: u32, delay: u64) -> Hedge {
    let non_fatal = OutcomeSet::EMPTY.with(Outcome::Error);
    Hedge::grpc(max_attempts, ms(delay), non_fatal, None)
}

#[test]
fn hg_1_the_first_answer_wins_and_the_other_is_cancelled() {
    assert_eq!(
        play(&fixed(2, 50), &[ok(200), ok(30)]),
        "0:send 50:send 80:ok(1) cancel[0]"
    );
    let run_on = Hedge {
        losers: Losers::Run,
        ..fixed(2, 50)
    };
    assert_eq!(play(&run_on, &[ok(200), ok(30)]), "0:send 50:send 80:ok(1) cancel[]");
    assert_eq!(play(&fixed(2, 50), &[ok(50), ok(30)]), "0:send 50:ok(0) cancel[]");
}

#[test]
fn hg_2_a_failure_that_is_not_fatal_sends_the_next_at_once() {
    let fates = [ok(250), fails(30), ok(250)];
    assert_eq!(
        play(&grpc(3, 100), &fates),
        "0:send 100:send 130:error(1) 130:send 250:ok(0) cancel[2]"
    );
    // The delay begins anew: a fourth would go out at 230.
    assert_eq!(
        play(&grpc(4, 100), &[ok(250), fails(30), ok(250), ok(9)]),
        "0:send 100:send 130:error(1) 130:send 230:send 239:ok(3) cancel[0,2]"
    );
}

#[test]
fn hg_3_slow_calls_become_rare() {
    // Nineteen of twenty copies take 10 ms, one takes 1000 ms, independently: all 400 pairs.
    let took = |at: u32| if at == 0 { ok(1_000) } else { ok(10) };
    let (mut slow, mut extra, mut at_30) = (0, 0, 0);
    for (first, second) in (0..20).flat_map(|first| (0..20).map(move |second| (first, second))) {
        let log = play(&fixed(2, 20), &[took(first), took(second)]);
        extra += usize::from(log.contains("20:send"));
        slow += usize::from(log.contains("1000:ok(0)"));
        at_30 += usize::from(log.contains("30:ok(1)"));
    }
    assert_eq!((slow, extra, at_30), (1, 20, 19), "0.25 %, 5 %, and the rest of those");
}

/// Two servers with empty queues at one network delay of 1 ms from everybody: when each begins its copy, if it does.
fn tied(hedge: &Hedge) -> [Option<SimTime>; 2] {
    let network = ms(1);
    let mut state = hedge.start();
    let mut call = hedge.on_start(&mut state, at(0));
    let mut sent = [at(0), call.next_at()];
    sent[1] = call.next_at();
    assert_eq!(
        hedge.on_due(&mut call, &mut state, sent[1], InFlight::default()),
        Decision::Send
    );
    // Arrivals and cancels in order; a cancel that comes first is remembered.
    let mut dropped_at = [SimTime::MAX; 2];
    let mut begun = [None; 2];
    for copy in [0, 1] {
        let arrives = sent[copy] + network;
        if dropped_at[copy] > arrives {
            begun[copy] = Some(arrives);
            for other in hedge.on_begun(copy as u32).iter() {
                dropped_at[other as usize] = dropped_at[other as usize].min(arrives + network);
            }
        }
    }
    begun
}

#[test]
fn hg_4_tied_copies_are_not_both_begun_if_the_second_is_sent_later() {
    assert_eq!(tied(&Hedge::tied(ms(1))), [Some(at(1)), None]);
    let together = Hedge {
        delay: Delay::Fixed(Span::ZERO),
        ..Hedge::tied(ms(1))
    };
    assert_eq!(tied(&together), [Some(at(1)), Some(at(1))]);
    assert_eq!(fixed(2, 10).on_begun(0), Copies::default());
}

#[test]
fn a_copy_whose_twin_was_begun_ends_for_nothing() {
    let cancelled = Fate(3, Outcome::Cancelled, PushBack::None);
    let hedge = Hedge::tied(ms(1));
    assert_eq!(
        play(&hedge, &[ok(20), cancelled]),
        "0:send 2:send 5:cancelled(1) 20:ok(0) cancel[]"
    );
    assert_eq!(
        play(&hedge, &[fails(20), cancelled]),
        "0:send 2:send 5:cancelled(1) 20:error(0) cancel[]"
    );
}

#[test]
fn without_a_delay_all_copies_go_out_at_once() {
    assert_eq!(
        play(&grpc(9, 0), &[ok(50), ok(20), ok(30), ok(40), ok(60)]),
        "0:send 0:send 0:send 0:send 0:send 20:ok(1) cancel[0,2,3,4]",
        "more than 5 count as 5"
    );
}

#[test]
fn an_endless_delay_hedges_only_failures() {
    let polly = Hedge {
        delay: Delay::Fixed(Span::MAX),
        max_attempts: 3,
        ..Hedge::POLLY
    };
    assert_eq!(play(&polly, &[ok(60_000)]), "0:send 60000:ok(0) cancel[]");
    assert_eq!(
        play(&polly, &[fails(10), fails(10), fails(10)]),
        "0:send 10:error(0) 10:send 20:error(1) 20:send 30:error(2) cancel[]"
    );
    assert_eq!(
        play(&Hedge::POLLY, &[ok(2_500), ok(100)]),
        "0:send 2000:send 2100:ok(1) cancel[0]"
    );
}

#[test]
fn a_fatal_failure_ends_the_call() {
    let fatal = Fate(120, Outcome::BadRequest, PushBack::None);
    assert_eq!(
        play(&grpc(3, 100), &[fatal, ok(90)]),
        "0:send 100:send 120:bad_request(0) cancel[1]"
    );
}

#[test]
fn push_back_delays_the_next_copy_or_stops_hedging() {
    let later = Fate(30, Outcome::Error, PushBack::After(ms(200)));
    assert_eq!(
        play(&grpc(3, 100), &[later, ok(10)]),
        "0:send 30:error(0) 230:send 240:ok(1) cancel[]"
    );
    let never = Fate(30, Outcome::Error, PushBack::Never);
    assert_eq!(
        play(&grpc(3, 20), &[ok(90), never, ok(10)]),
        "0:send 20:send 40:send 50:error(1) 50:ok(2) cancel[0]"
    );
    assert_eq!(
        play(&grpc(3, 100), &[ok(190), never]),
        "0:send 100:send 130:error(1) 190:ok(0) cancel[]"
    );
    assert_eq!(play(&grpc(3, 100), &[never]), "0:send 30:error(0) cancel[]");
}

#[test]
fn grpc_hedges_while_more_than_half_of_the_tokens_are_left() {
    let throttle = Budget::Grpc(Grpc {
        max_tokens: 4,
        token_ratio_milli: 500,
    });
    let hedge = Hedge {
        budget: Some(throttle),
        ..grpc(3, 100)
    };
    let mut state = hedge.start();
    // Failures take a token each, copies none: 4 3 2, and at 2 no third copy goes out.
    assert_eq!(
        play_with(&hedge, &mut state, 0, &[fails(10), fails(10)]),
        "0:send 10:error(0) 10:send 20:error(1) cancel[]"
    );
    // The first copy is never refused; a success returns a half, and 2.5 is more than half.
    assert_eq!(
        play_with(&hedge, &mut state, 0, &[ok(150)]),
        "0:send 150:ok(0) cancel[]"
    );
    assert_eq!(
        play_with(&hedge, &mut state, 0, &[ok(150), ok(10)]),
        "0:send 100:send 110:ok(1) cancel[0]"
    );
    // A fatal failure takes nothing, unless it says not to try again. 3.0 it is.
    let fatal = |push_back| Fate(1, Outcome::BadRequest, push_back);
    let left = |state: &HedgeState| match state.budget() {
        BudgetState::Grpc(tokens) => tokens.left(),
        _ => unreachable!(),
    };
    play_with(&hedge, &mut state, 0, &[fatal(PushBack::None)]);
    assert_eq!(left(&state), 3.0);
    play_with(&hedge, &mut state, 0, &[fatal(PushBack::Never)]);
    assert_eq!(left(&state), 2.0);
}

#[test]
fn envoy_hedges_at_the_timeout_of_a_try_and_waits_for_what_is_out() {
    let envoy = Hedge::envoy(ms(100), 2);
    assert_eq!(
        play(&envoy, &[fails(150), fails(20), ok(60)]),
        "0:send 100:send 120:error(1) 150:error(0) cancel[]"
    );
    assert_eq!(
        play(&envoy, &[ok(300), ok(300), ok(50)]),
        "0:send 100:send 200:send 250:ok(2) cancel[0,1]"
    );
    // A failure before the timeout is the retry policy's affair.
    assert_eq!(play(&envoy, &[fails(50)]), "0:send 50:error(0) cancel[]");
}

#[test]
fn a_copy_holds_its_place_in_the_budget_until_it_ends() {
    let hedge = Hedge {
        budget: Some(Budget::Envoy(Envoy::MaxRetries(1))),
        ..fixed(3, 10)
    };
    let mut state = hedge.start();
    assert_eq!(
        play_with(&hedge, &mut state, 0, &[ok(100), ok(50), ok(5)]),
        "0:send 10:send 60:ok(1) cancel[0]"
    );
    // It came back, also when the call was abandoned.
    let mut call = hedge.on_start(&mut state, at(200));
    assert_eq!(
        hedge.on_due(&mut call, &mut state, at(210), InFlight::default()),
        Decision::Send
    );
    assert_eq!(
        hedge
            .abandon(&mut call, &mut state, at(215))
            .iter()
            .collect::<Vec<u32>>(),
        [0, 1]
    );
    assert_eq!(state.budget(), hedge.start().budget());
    assert_eq!(
        hedge.on_due(&mut call, &mut state, at(230), InFlight::default()),
        Decision::Wait
    );
}

#[test]
fn finagle_sends_a_backup_to_the_slowest_share_within_its_budget() {
    let hedge = Hedge::finagle(Factor(50_000));
    let mut state = hedge.start();
    // Two hundred calls before the first bucket is full, one to ten milliseconds each, none of them asking for a backup.
    for number in 0..200 {
        let now = 8_000 + number * 10;
        let mut call = hedge.on_start(&mut state, at(now));
        hedge.on_result(
            &mut call,
            &mut state,
            0,
            &Ended::new(at(now + 1 + number % 10), Outcome::Ok),
        );
    }
    // 12 s: the 95th percentile is 10 ms, and 200 calls of a window still pay for 10 copies.
    assert_eq!(
        play_with(&hedge, &mut state, 12_000, &[ok(90), ok(3)]),
        "12000:send 12010:send 12013:ok(1) cancel[0]"
    );
    // The first to fail before the delay is not backed up; a failure after it waits for the other.
    assert_eq!(
        play_with(&hedge, &mut state, 12_020, &[fails(9)]),
        "12020:send 12029:error(0) cancel[]"
    );
    assert_eq!(
        play_with(&hedge, &mut state, 12_030, &[ok(50), fails(3)]),
        "12030:send 12040:send 12043:error(1) 12080:ok(0) cancel[]"
    );
    assert_eq!(
        play_with(&hedge, &mut state, 12_100, &[fails(15), fails(3)]),
        "12100:send 12110:send 12113:error(1) 12115:error(0) cancel[]"
    );
}

#[test]
fn finagles_budget_bounds_the_extra_load() {
    let hedge = Hedge::finagle(Factor(50_000));
    let mut state = hedge.start();
    (0..100).for_each(|call| {
        play_with(&hedge, &mut state, call, &[ok(1)]);
    });
    // Everything has become slow: after the first look each call wants a copy; 5 % of 200 calls get one.
    let copies = (0..100).filter(|call| {
        let log = play_with(&hedge, &mut state, 3_000 + call, &[ok(500), ok(500)]);
        log.matches(":send").count() == 2
    });
    assert_eq!(copies.count(), 10);
}

#[test]
fn resilience4j_takes_whatever_ends_first() {
    let cut_off = Hedge::resilience4j(Delay::Fixed(ms(50)));
    assert_eq!(
        play(&cut_off, &[ok(200), fails(10)]),
        "0:send 50:send 60:error(1) cancel[0]"
    );
    let average = Hedge::resilience4j(Delay::Average(Average::times(Factor(1_500_000))));
    let mut state = average.start();
    assert_eq!(
        play_with(&average, &mut state, 0, &[ok(100), ok(200)]),
        "0:send 1:send 100:ok(0) cancel[1]"
    );
    assert_eq!(
        play_with(&average, &mut state, 0, &[ok(400), ok(10)]),
        "0:send 150:send 160:ok(1) cancel[0]"
    );
}

#[test]
fn a_refused_copy_that_was_the_last_hope_leaves_the_failure() {
    let hedge = Hedge {
        budget: Some(Budget::Envoy(Envoy::MaxRetries(0))),
        ..grpc(3, 100)
    };
    let later = Fate(30, Outcome::Error, PushBack::After(ms(200)));
    assert_eq!(play(&hedge, &[later]), "0:send 30:error(0) cancel[]");
}

fn any_fate() -> impl Strategy<Value = Fate> {
    let outcomes = [
        Outcome::Ok,
        Outcome::Error,
        Outcome::Error,
        Outcome::Refused,
        Outcome::BadRequest,
    ];
    let push_backs = [
        PushBack::None,
        PushBack::None,
        PushBack::After(Span::from_millis(25)),
        PushBack::Never,
    ];
    (0u64..200, 0..outcomes.len(), 0..push_backs.len())
        .prop_map(move |(after, outcome, push_back)| Fate(after, outcomes[outcome], push_backs[push_back]))
}

proptest! {
    /// Whatever copies do, each call is settled, with no more copies than it may have, each of which has ended or is
    /// cancelled; and what is in flight in the budget is what is out.
    #[test]
    fn every_call_is_settled(
        calls in prop::collection::vec(prop::collection::vec(any_fate(), 11), 1..8), copies in 2u32..=11, delay in 0u64..120,
        wait in any::<bool>(), budget in 0u32..5,
    ) {
        let grpc = Budget::Grpc(Grpc { max_tokens: 6, token_ratio_milli: 100 });
        let hedge = Hedge {
            on_failure: if wait { OnFailure::Wait } else { OnFailure::NextAtOnce },
            budget: match budget {
                0 => None,
                1 => Some(grpc),
                limit => Some(Budget::Envoy(Envoy::MaxRetries(limit))),
            },
            ..fixed(copies, delay)
        };
        let mut state = hedge.start();
        for (number, fates) in calls.iter().enumerate() {
            let log = play_with(&hedge, &mut state, 1_000 * number as u64, fates);
            let sent = log.matches(":send").count();
            let ended = log.matches('(').count();
            let cancelled = log.split("cancel").last().unwrap().matches(|it: char| it.is_ascii_digit()).count();
            prop_assert!(sent <= copies as usize);
            // The number 10 has two digits.
            let ten = usize::from(log.ends_with("10]"));
            prop_assert_eq!(sent, ended + cancelled - ten);
            if let BudgetState::Envoy(active) = state.budget() {
                prop_assert_eq!(active.count(), 0);
            }
        }
    }
}

#[test]
fn nonsense_is_named_with_its_default() {
    for max_attempts in [0, 1, 12] {
        let message = fixed(max_attempts, 1).check().unwrap_err().0;
        assert!(
            message.contains("2 to 11") && message.contains("default is 2"),
            "{message}"
        );
    }
    assert!(Hedge::finagle(Factor::ONE).check().is_err(), "a percentile of 0");
    assert_eq!(Hedge::finagle(Factor(10_000)).check(), Ok(()));
}
