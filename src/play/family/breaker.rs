//! Circuit breakers.

use brownout_sim_core::outcome::Outcome;
use brownout_sim_core::policy::breaker::resilience4j::{AfterHalfOpen, Mode, WindowType};
use brownout_sim_core::policy::breaker::{
    Answer, Breaker, BreakerState, Circuit, Cockatiel, Consecutive, Ended, Fidelity, Finagle, Hystrix, Opossum, Permit,
    Polly, Resilience4j, Transition, cockatiel, consecutive, finagle,
};
use brownout_sim_core::quantity::Factor;
use brownout_sim_core::time::{SimTime, Span};

use crate::play::mistake::Mistake;
use crate::play::player::{Calls, Event, Player, Said, State, ms};
use crate::play::setup::{Luck, Setup, settings};
use crate::play::value::words;
use crate::play::{EventKind, OUTCOME};

/// What can happen to a breaker.
pub const EVENTS: &[EventKind] = &[
    EventKind::asks("call", "", "asks to make a call"),
    EventKind::asks("try", "(OUTCOME)", "a call that ends so at once, if it may be made"),
    EventKind::answers(OUTCOME, "(#CALL)", "that call, or else the oldest one out, ends so"),
];

words!(Fidelity: "faithful" => Fidelity::Faithful => Fidelity::Faithful,
    "documented" => Fidelity::Documented => Fidelity::Documented);
words!(WindowType: "count_based" => WindowType::CountBased => WindowType::CountBased,
    "time_based" => WindowType::TimeBased => WindowType::TimeBased);
words!(AfterHalfOpen: "open" => AfterHalfOpen::Open => AfterHalfOpen::Open,
    "closed" => AfterHalfOpen::Closed => AfterHalfOpen::Closed);
words!(Mode: "normal" => Mode::Normal => Mode::Normal, "disabled" => Mode::Disabled => Mode::Disabled,
    "metrics_only" => Mode::MetricsOnly => Mode::MetricsOnly, "forced_open" => Mode::ForcedOpen => Mode::ForcedOpen);

struct Driven {
    breaker: Breaker,
    state: BreakerState,
    calls: Calls<Permit>,
    /// Failures in a row, for breakers that count those and do not tell.
    row: u32,
    luck: Luck,
}

fn driven(setup: &mut Setup, breaker: Breaker) -> Result<Box<dyn Player>, Mistake> {
    let luck = setup.luck();
    setup.ready(breaker.check())?;
    let state = breaker.start(SimTime::ZERO);
    Ok(Box::new(Driven {
        breaker,
        state,
        calls: Calls::default(),
        row: 0,
        luck,
    }))
}

impl Driven {
    fn ask(&mut self, now: SimTime) -> (u32, Said) {
        let number = self.calls.number();
        let (answer, transition) = self.breaker.ask(&mut self.state, now);
        let said = match answer {
            Answer::Allowed(permit) => {
                self.calls.begin(number, now, permit);
                let what = if permit.is_probe() {
                    "allowed as a probe"
                } else {
                    "allowed"
                };
                Said::pass(format!("#{number} {what}"))
            }
            Answer::Refused { until: Some(until) } => Said::refuse(format!("#{number} refused until {}", ms(until))),
            Answer::Refused { until: None } => Said::refuse(format!("#{number} refused")),
        };
        (number, said.and(&self.told(transition)))
    }

    fn end(&mut self, now: SimTime, number: u32, began: SimTime, permit: Permit, outcome: Outcome) -> Said {
        let ended = Ended {
            now,
            permit,
            outcome,
            duration: now.since(began),
        };
        let before = self.breaker.circuit(&self.state);
        let transition = self.breaker.settle(&mut self.state, &ended, &mut self.luck);
        self.row = match (before, transition) {
            (_, Some(_)) => 0,
            (Circuit::Closed, None) => self.in_a_row(outcome),
            _ => self.row,
        };
        let masked = transition.is_some_and(|it| self.breaker.masks(it));
        let what = if masked {
            "reported as breaker_open"
        } else {
            outcome.name()
        };
        let text = format!("#{number} {what}");
        let said = if transition.is_some() {
            Said::change(text)
        } else {
            Said::ended(outcome, text)
        };
        said.and(&self.told(transition))
    }

    fn in_a_row(&self, outcome: Outcome) -> u32 {
        let judge = match &self.breaker {
            Breaker::Consecutive(it) => it.judge,
            Breaker::Cockatiel(it) => it.judge,
            Breaker::Finagle(it) => it.judge,
            _ => return 0,
        };
        if judge.ignored.contains(outcome) {
            self.row
        } else if judge.failures.contains(outcome) {
            self.row + 1
        } else {
            0
        }
    }

    fn told(&self, transition: Option<Transition>) -> String {
        transition.map_or_else(String::new, |it| {
            format!("{} to {}: {}", it.from.name(), it.to.name(), it.cause.name())
        })
    }

    /// What a closed breaker has seen.
    fn seen(&self, now: SimTime) -> String {
        let of = |failed: u32, calls: u32| format!("{failed} of {calls} calls failed");
        let row = |most: u32| format!("{} of {most} failures in a row", self.row);
        match (&self.breaker, &self.state) {
            (Breaker::Hystrix(it), BreakerState::Hystrix(state)) => {
                let health = state.health();
                let volume = it.request_volume_threshold;
                format!(
                    "{} ({}\u{a0}%, volume {volume})",
                    of(health.errors, health.total),
                    health.percentage()
                )
            }
            (_, BreakerState::Resilience4j(state)) => {
                let seen = state.clone().seen(now);
                let slow = if seen.slow > 0 {
                    format!(", {} slow", seen.slow)
                } else {
                    String::new()
                };
                format!("{}{slow}", of(seen.failed, seen.calls))
            }
            (_, BreakerState::Polly(state)) => of(state.seen().1, state.seen().0),
            (_, BreakerState::Opossum(state)) => of(state.seen().1, state.seen().0),
            (Breaker::Consecutive(it), _) => row(it.failures),
            (Breaker::Cockatiel(it), _) => match it.breaker {
                cockatiel::Rule::Consecutive { threshold } => row(threshold),
                cockatiel::Rule::Sampling { .. } => "sampling".to_owned(),
            },
            (Breaker::Finagle(it), BreakerState::Finagle(state)) => {
                let row = it.consecutive_failures.map(row);
                let rate = state
                    .success_rate()
                    .map(|it| format!("success rate {:.1}\u{a0}%", it * 100.0));
                [row, rate].into_iter().flatten().collect::<Vec<_>>().join(", ")
            }
            _ => String::new(),
        }
    }
}

impl Player for Driven {
    fn on(&mut self, now: SimTime, event: &mut Event<'_>) -> Result<Said, Mistake> {
        match event.name() {
            "call" => Ok(self.ask(now).1),
            "try" => {
                let outcome = event.outcome_arg()?.unwrap_or(Outcome::Ok);
                let (number, said) = self.ask(now);
                let Some((began, permit)) = self.calls.remove(number) else {
                    return Ok(said);
                };
                let end = self.end(now, number, began, permit, outcome);
                // That it was allowed goes without saying, unless more happened with it.
                let plain = said.text == format!("#{number} allowed");
                Ok(if plain {
                    end
                } else {
                    Said { mark: end.mark, ..said }.and(&end.text)
                })
            }
            _ => {
                let outcome = event.outcome().expect("the event is in the list");
                let (number, began, permit) = self.calls.end(event)?;
                Ok(self.end(now, number, began, permit, outcome))
            }
        }
    }

    fn state(&self, now: SimTime) -> State {
        let circuit = self.breaker.circuit(&self.state);
        let detail = match circuit {
            Circuit::Closed => self.seen(now),
            Circuit::Open => match self.breaker.ask(&mut self.state.clone(), now).0 {
                Answer::Refused { until: Some(until) } => format!("a call passes from {}", ms(until)),
                Answer::Allowed(_) => "the next call passes".to_owned(),
                Answer::Refused { until: None } => "nothing passes".to_owned(),
            },
            Circuit::HalfOpen => {
                let probes = self.calls.iter().filter(|it| it.1.is_probe()).count();
                match probes {
                    0 => "no probe out".to_owned(),
                    1 => "1 probe out".to_owned(),
                    more => format!("{more} probes out"),
                }
            }
        };
        State::named(circuit.name(), detail)
    }

    fn next_at(&self) -> Option<SimTime> {
        self.breaker.next_tick(&self.state)
    }

    fn tick(&mut self, now: SimTime) -> Said {
        match self.breaker.tick(&mut self.state, now, &mut self.luck) {
            Some(it) => Said::change(self.told(Some(it))),
            None => Said::nothing(),
        }
    }
}

pub fn consecutive(setup: &mut Setup) -> Result<Box<dyn Player>, Mistake> {
    let mut it = setup.profile(&[
        ("plain", Consecutive::default()),
        ("pybreaker", Consecutive::pybreaker_default()),
        ("linkerd", Consecutive::linkerd_default()),
    ]);
    settings!(setup, it; value failures, value wait, value late_results, value mask_tripping_call);
    let mut rate = it.success_rate.map(|it| it.threshold);
    let mut window = it.success_rate.map_or(Span::from_secs(30), |it| it.window);
    let mut least = it.success_rate.map_or(10, |it| it.min_requests);
    setup.set("success_rate", &mut rate);
    setup.set("success_rate_window", &mut window);
    setup.set("success_rate_min_requests", &mut least);
    it.success_rate = rate.map(|threshold| consecutive::SuccessRate {
        threshold,
        window,
        min_requests: least,
    });
    driven(setup, Breaker::Consecutive(it))
}

pub fn hystrix(setup: &mut Setup) -> Result<Box<dyn Player>, Mistake> {
    let mut it = setup.profile(&[("hystrix", Hystrix::default()), ("documented", Hystrix::documented())]);
    settings!(setup, it; value enabled, value force_open, value force_closed, value request_volume_threshold,
        value error_threshold_percentage, value sleep_window, value rolling_stats_time, value health_snapshot_interval,
        value health, value half_open_interference);
    driven(setup, Breaker::Hystrix(it))
}

pub fn resilience4j(setup: &mut Setup) -> Result<Box<dyn Player>, Mistake> {
    let mut it = Resilience4j::default();
    settings!(setup, it; share failure_rate_threshold, share slow_call_rate_threshold, value slow_call_duration_threshold,
        value sliding_window_type, value sliding_window_size, value minimum_number_of_calls,
        value permitted_number_of_calls_in_half_open_state, value wait_duration_in_open_state,
        value max_wait_duration_in_half_open_state, value transition_to_state_after_wait_duration,
        value automatic_transition_from_open_to_half_open_enabled, value mode, value late_results);
    driven(setup, Breaker::Resilience4j(it))
}

pub fn polly(setup: &mut Setup) -> Result<Box<dyn Player>, Mistake> {
    let mut it = Polly::default();
    settings!(setup, it; share failure_ratio, value minimum_throughput, value sampling_duration, value break_duration,
        value isolated, value late_results);
    driven(setup, Breaker::Polly(it))
}

pub fn cockatiel(setup: &mut Setup) -> Result<Box<dyn Player>, Mistake> {
    let after = Span::from_secs(10);
    let mut it = setup.profile(&[
        (
            "consecutive",
            Cockatiel::new(cockatiel::Rule::Consecutive { threshold: 5 }, after),
        ),
        (
            "sampling",
            Cockatiel::new(
                cockatiel::Rule::Sampling {
                    threshold: Factor(200_000),
                    duration: Span::from_secs(30),
                    minimum_rps: None,
                },
                after,
            ),
        ),
    ]);
    match &mut it.breaker {
        cockatiel::Rule::Consecutive { threshold } => setup.set("threshold", threshold),
        cockatiel::Rule::Sampling {
            threshold,
            duration,
            minimum_rps,
        } => {
            setup.share("threshold", threshold);
            setup.set("duration", duration);
            setup.set("minimum_rps", minimum_rps);
        }
    }
    settings!(setup, it; value half_open_after);
    driven(setup, Breaker::Cockatiel(it))
}

pub fn opossum(setup: &mut Setup) -> Result<Box<dyn Player>, Mistake> {
    let mut it = Opossum::default();
    settings!(setup, it; share error_threshold_percentage, value rolling_count_timeout, value rolling_count_buckets,
        value reset_timeout, value volume_threshold);
    driven(setup, Breaker::Opossum(it))
}

pub fn finagle(setup: &mut Setup) -> Result<Box<dyn Player>, Mistake> {
    let mut it = Finagle::default();
    settings!(setup, it; value consecutive_failures, value mark_dead_for);
    let default = it.success_rate.expect("Finagle's default looks at the success rate");
    let mut required = Some(default.required);
    let (mut window, mut least) = (default.window, default.min_requests);
    setup.set("success_rate", &mut required);
    setup.set("success_rate_window", &mut window);
    setup.set("success_rate_min_requests", &mut least);
    it.success_rate = required.map(|required| finagle::SuccessRate {
        required,
        window,
        min_requests: least,
    });
    driven(setup, Breaker::Finagle(it))
}
