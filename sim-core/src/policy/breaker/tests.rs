//! The bench that the breakers' scripts run on, and what holds for every kind of breaker.

use super::*;
use crate::outcome::OutcomeSet;
use crate::policy::scripted::Scripted;
use crate::quantity::Factor;
use crate::rng::{Key, Purpose, Streams};
use proptest::prelude::*;

pub(super) const OK: Outcome = Outcome::Ok;
pub(super) const ERR: Outcome = Outcome::Error;
pub(super) const BAD: Outcome = Outcome::BadRequest;

pub(super) fn at(ms: u64) -> SimTime {
    SimTime::from_nanos(ms * 1_000_000)
}

/// A breaker in motion, spoken to in milliseconds. Ticks run by themselves.
pub(super) struct Bench {
    pub(super) breaker: Breaker,
    pub(super) state: BreakerState,
    draw: Scripted,
    /// When, to what, and why.
    pub(super) log: Vec<(u64, Circuit, Cause)>,
}

impl Bench {
    pub(super) fn new(breaker: Breaker) -> Bench {
        Bench::drawing(breaker, &[0.5])
    }

    pub(super) fn drawing(breaker: Breaker, shares: &[f64]) -> Bench {
        assert_eq!(breaker.check(), Ok(()));
        Bench {
            state: breaker.start(at(0)),
            breaker,
            draw: Scripted::new(shares),
            log: Vec::new(),
        }
    }

    fn note(&mut self, now: SimTime, transition: Option<Transition>) {
        if let Some(it) = transition {
            assert_eq!(it.to, self.breaker.circuit(&self.state));
            self.log.push((now.nanos() / 1_000_000, it.to, it.cause));
        }
    }

    fn ticks(&mut self, due: impl Fn(SimTime) -> bool) {
        while let Some(next) = self.breaker.next_tick(&self.state).filter(|&it| due(it)) {
            let transition = self.breaker.tick(&mut self.state, next, &mut self.draw);
            self.note(next, transition);
        }
    }

    /// What the breaker does once everything up to this instant has happened.
    pub(super) fn circuit(&mut self, ms: u64) -> Circuit {
        self.ticks(|it| it <= at(ms));
        self.breaker.circuit(&self.state)
    }

    pub(super) fn ask(&mut self, ms: u64) -> Option<Permit> {
        self.ask_at(at(ms)).ok()
    }

    /// A permit, or until when it is refused.
    pub(super) fn ask_at(&mut self, now: SimTime) -> Result<Permit, Option<SimTime>> {
        self.ticks(|it| it <= now);
        let (answer, transition) = self.breaker.ask(&mut self.state, now);
        self.note(now, transition);
        match answer {
            Answer::Allowed(permit) => Ok(permit),
            Answer::Refused { until } => Err(until),
        }
    }

    pub(super) fn end(&mut self, ms: u64, permit: Permit, outcome: Outcome) {
        self.end_after(ms, permit, outcome, 0);
    }

    pub(super) fn end_after(&mut self, ms: u64, permit: Permit, outcome: Outcome, duration_ms: u64) {
        // Answers come before ticks of the same instant.
        self.ticks(|it| it < at(ms));
        let ended = Ended {
            now: at(ms),
            permit,
            outcome,
            duration: Span::from_millis(duration_ms),
        };
        let transition = self.breaker.settle(&mut self.state, &ended, &mut self.draw);
        self.note(at(ms), transition);
    }

    /// A call that ends at once.
    pub(super) fn call(&mut self, ms: u64, outcome: Outcome) {
        let permit = self
            .ask(ms)
            .unwrap_or_else(|| panic!("refused at {ms} after {:?}", self.log));
        self.end(ms, permit, outcome);
    }

    pub(super) fn calls(&mut self, ms: u64, outcomes: &[Outcome]) {
        outcomes.iter().for_each(|&it| self.call(ms, it));
    }

    /// `s` is a success, `f` a failure.
    pub(super) fn script(&mut self, ms: u64, letters: &str) {
        for letter in letters.chars().filter(|it| *it != ' ') {
            self.call(ms, if letter == 's' { OK } else { ERR });
        }
    }

    pub(super) fn last(&self) -> Option<(u64, Circuit, Cause)> {
        self.log.last().copied()
    }
}

/// Every kind, made to open and close quickly, with the probes that may be out at once.
fn kinds() -> Vec<(Breaker, usize)> {
    let hystrix = Hystrix {
        request_volume_threshold: 4,
        sleep_window: Span::from_millis(300),
        rolling_stats_time: Span::from_secs(1),
        health_snapshot_interval: Span::from_millis(100),
        ..Hystrix::default()
    };
    let documented = Hystrix {
        health: Fidelity::Documented,
        half_open_interference: Fidelity::Documented,
        ..hystrix
    };
    let resilience4j = Resilience4j {
        sliding_window_size: 5,
        minimum_number_of_calls: 3,
        permitted_number_of_calls_in_half_open_state: 3,
        wait_duration_in_open_state: fixed(Span::from_millis(300)),
        late_results: Fidelity::Documented,
        ..Resilience4j::default()
    };
    let timed = Resilience4j {
        sliding_window_type: WindowType::TimeBased,
        max_wait_duration_in_half_open_state: Span::from_millis(400),
        automatic_transition_from_open_to_half_open_enabled: true,
        ..resilience4j
    };
    let polly = Polly {
        failure_ratio: Factor(500_000),
        minimum_throughput: 4,
        break_duration: fixed(Span::from_millis(500)),
        sampling_duration: Span::from_secs(2),
        ..Polly::default()
    };
    let wait = Span::from_millis(300);
    let consecutive = Consecutive {
        failures: 2,
        wait: fixed(wait),
        ..Consecutive::default()
    };
    let sampling = cockatiel::Rule::Sampling {
        threshold: Factor(500_000),
        duration: Span::from_secs(1),
        minimum_rps: Some(Factor(3_000_000)),
    };
    let opossum = Opossum {
        reset_timeout: wait,
        volume_threshold: 3,
        ..Opossum::default()
    };
    let finagle = Finagle {
        mark_dead_for: fixed(wait),
        consecutive_failures: Some(2),
        ..Finagle::default()
    };
    vec![
        (Breaker::Hystrix(hystrix), 1),
        (Breaker::Hystrix(documented), 1),
        (Breaker::Resilience4j(resilience4j), 3),
        (Breaker::Resilience4j(timed), 3),
        (Breaker::Polly(polly), 1),
        (Breaker::Consecutive(consecutive), 1),
        (
            Breaker::Cockatiel(Cockatiel::new(cockatiel::Rule::Consecutive { threshold: 2 }, wait)),
            1,
        ),
        (Breaker::Cockatiel(Cockatiel::new(sampling, wait)), 1),
        (Breaker::Opossum(opossum), 1),
        // A late ignorable result opens the door again while the probe is out.
        (Breaker::Finagle(finagle), usize::MAX),
    ]
}

use resilience4j::WindowType;

#[derive(Clone, Copy, Debug)]
enum Step {
    Ask,
    /// The call in this place among those out ends, if there is one.
    End(usize, Outcome),
}

fn steps() -> impl Strategy<Value = Vec<(u64, Step)>> {
    let outcome = prop_oneof![
        3 => Just(Outcome::Ok),
        4 => Just(Outcome::Error),
        1 => Just(Outcome::BadRequest),
        1 => Just(Outcome::Cancelled),
        1 => Just(Outcome::BulkheadFull),
    ];
    let step = prop_oneof![
        Just(Step::Ask),
        (0usize..8, outcome).prop_map(|(place, outcome)| Step::End(place, outcome)),
    ];
    prop::collection::vec((prop_oneof![Just(0u64), 1u64..60, 60u64..900], step), 1..200)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn probes_are_few_transitions_fit_together_and_refusals_end_when_they_say(script in steps()) {
        for (breaker, most) in kinds() {
            let mut bench = Bench::new(breaker);
            let (mut ms, mut out, mut changes) = (0, Vec::<(Permit, usize)>::new(), 0);
            let mut circuit = Circuit::Closed;
            for &(gap, step) in &script {
                ms += gap;
                match step {
                    Step::Ask => match bench.ask_at(at(ms)) {
                        Ok(permit) => out.push((permit, bench.log.len())),
                        Err(until) => {
                            prop_assert_ne!(bench.breaker.circuit(&bench.state), Circuit::Closed);
                            prop_assert!(until.is_none_or(|it| it > at(ms)), "{:?} at {}", until, ms);
                            if let Some(until) = until {
                                let mut later = bench.state.clone();
                                let mut draw = Scripted::new(&[0.5]);
                                while let Some(tick) = bench.breaker.next_tick(&later).filter(|&it| it <= until) {
                                    bench.breaker.tick(&mut later, tick, &mut draw);
                                }
                                let passes = matches!(bench.breaker.ask(&mut later, until).0, Answer::Allowed(_));
                                prop_assert!(passes, "{:?} at {:?}", bench.breaker.kind(), until);
                            }
                        }
                    },
                    Step::End(place, outcome) if place < out.len() => {
                        let (permit, _) = out.remove(place);
                        bench.end(ms, permit, outcome);
                    }
                    Step::End(..) => (),
                }
                for &(_, to, _) in &bench.log[changes..] {
                    // Half-open to half-open would be a change of nothing.
                    prop_assert_ne!(circuit, to, "{:?}", bench.log);
                    circuit = to;
                }
                changes = bench.log.len();
                prop_assert_eq!(circuit, bench.breaker.circuit(&bench.state));
                // Probes of this half-open state, not of one before.
                let probes = out.iter().filter(|(permit, made)| permit.is_probe() && *made == changes).count();
                prop_assert!(probes <= most, "{} probes of {}", probes, bench.breaker.kind());
            }
        }
    }

    #[test]
    fn without_failures_nothing_opens(gaps in prop::collection::vec(0u64..400, 1..150)) {
        for (breaker, _) in kinds() {
            let mut bench = Bench::new(breaker);
            let mut ms = 0;
            for gap in &gaps {
                ms += gap;
                bench.call(ms, if gap % 7 == 0 { BAD } else { OK });
            }
            prop_assert!(bench.log.is_empty(), "{:?}", bench.log);
        }
    }
}

#[test]
fn every_kind_opens_on_failures_alone_and_closes_on_successes_alone() {
    for (breaker, _) in kinds() {
        let mut bench = Bench::new(breaker);
        let kind = bench.breaker.kind();
        for ms in (0..40_000).step_by(50) {
            if let Some(permit) = bench.ask(ms) {
                bench.end(ms, permit, ERR);
            }
        }
        assert!(bench.log.iter().any(|it| it.1 == Circuit::Open), "{kind}");
        assert_ne!(bench.circuit(40_000), Circuit::Closed, "{kind}");
        for ms in (40_000..45_000).step_by(50) {
            if let Some(permit) = bench.ask(ms) {
                bench.end(ms, permit, OK);
            }
        }
        assert_eq!(bench.circuit(45_000), Circuit::Closed, "{kind}");
    }
}

#[test]
fn the_same_script_gives_the_same_transitions() {
    let play = |breaker: Breaker| {
        let mut draw = Streams::new(3).stream(Purpose::Policy, Key::of("script"));
        let mut bench = Bench::new(breaker);
        for ms in (0..20_000).step_by(10) {
            if let Some(permit) = bench.ask(ms) {
                bench.end(ms, permit, if draw.below(2) == 0 { OK } else { ERR });
            }
        }
        bench.log
    };
    for (breaker, _) in kinds() {
        let first = play(breaker.clone());
        assert!(!first.is_empty(), "{}", breaker.kind());
        assert_eq!(first, play(breaker));
    }
}

#[test]
fn cancelled_calls_and_refusals_of_a_breaker_count_for_nothing() {
    for (breaker, _) in kinds() {
        let mut bench = Bench::new(breaker);
        for ms in (0..40_000).step_by(20) {
            bench.call(ms, Outcome::Cancelled);
            bench.call(ms, Outcome::BreakerOpen);
        }
        assert_eq!(bench.circuit(40_000), Circuit::Closed, "{}", bench.breaker.kind());
    }
}

#[test]
fn bad_requests_cancellations_and_refusals_are_no_failures() {
    let counted: Vec<Outcome> = Outcome::ALL
        .into_iter()
        .filter(|&it| Judge::IGNORING_BAD_REQUESTS.of(it) != Judgement::Failure)
        .collect();
    assert_eq!(
        counted,
        [OK, Outcome::Degraded, BAD, Outcome::Cancelled, Outcome::BreakerOpen]
    );
    assert_eq!(Judge::BAD_REQUESTS_SUCCEED.of(BAD), Judgement::Success);
    assert_eq!(Judge::IGNORING_BAD_REQUESTS.of(BAD), Judgement::Ignored);
    let both = Judge {
        failures: FAILURES,
        ignored: FAILURES,
    };
    assert!(both.check().is_err());
    let none = Judge {
        failures: OutcomeSet::EMPTY,
        ignored: OutcomeSet::EMPTY,
    };
    assert!(none.check().is_err());
}

#[test]
fn cm_1_a_breaker_inside_a_retry_counts_attempts_and_outside_it_counts_calls() {
    let count = || {
        Bench::new(Breaker::Resilience4j(Resilience4j {
            sliding_window_size: 4,
            minimum_number_of_calls: 4,
            ..Resilience4j::default()
        }))
    };
    let mut inside = count();
    let attempts = (0..6).filter_map(|_| inside.ask(0).map(|it| inside.end(0, it, ERR)));
    assert_eq!((attempts.count(), inside.circuit(0)), (4, Circuit::Open));

    let mut outside = count();
    let mut sent = 0;
    while let Some(permit) = outside.ask(0) {
        sent += 3;
        outside.end(0, permit, ERR);
    }
    assert_eq!(sent, 12);
}

#[test]
fn each_library_counts_outcomes_as_the_table_says() {
    use Judgement::{Failure, Ignored, Success};
    let judges = [
        Hystrix::default().judge,
        Resilience4j::default().judge,
        Polly::default().judge,
        Finagle::default().judge,
    ];
    let table = [
        (Outcome::Ok, [Success; 4]),
        (Outcome::Error, [Failure; 4]),
        (Outcome::Timeout, [Failure; 4]),
        (Outcome::BulkheadFull, [Failure, Failure, Failure, Ignored]),
        (Outcome::PoolTimeout, [Failure, Failure, Failure, Ignored]),
        (Outcome::BreakerOpen, [Ignored; 4]),
        (Outcome::BadRequest, [Ignored, Ignored, Success, Ignored]),
        (Outcome::Cancelled, [Ignored; 4]),
        // What a fallback further down answered is an answer.
        (Outcome::Degraded, [Success; 4]),
    ];
    for (outcome, counted) in table {
        assert_eq!(judges.map(|it| it.of(outcome)), counted, "{outcome:?}");
    }
}

#[test]
fn shares_are_compared_exactly() {
    let third = Factor(333_333);
    assert!(reaches(1, 3, third));
    assert!(!reaches(1, 3, Factor(333_334)));
    assert!(reaches(1, 2, Factor(500_000)));
    assert!(!reaches(0, 1, Factor(1)));
    assert!(reaches(u32::MAX, u32::MAX, Factor::ONE));
}
