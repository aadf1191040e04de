//! Adaptive throttles: the more is refused, the less is sent.

use brownout_sim_core::outcome::Outcome;
use brownout_sim_core::policy::throttle::{Envoy, Sre, Throttle, ThrottleState};
use brownout_sim_core::time::SimTime;

use crate::play::mistake::Mistake;
use crate::play::player::{Calls, Event, Player, Said, State, short};
use crate::play::setup::{Luck, Setup, settings};
use crate::play::{EventKind, OUTCOME};

/// What can happen to a throttle.
pub const EVENTS: &[EventKind] = &[
    EventKind::asks("call", "", "a request wants to be sent"),
    EventKind::asks("try", "(OUTCOME)", "a request that ends so at once, if it is sent"),
    EventKind::answers(OUTCOME, "(#CALL)", "that request, or the oldest one out, ends so"),
];

struct Driven {
    throttle: Throttle,
    state: ThrottleState,
    calls: Calls<()>,
    luck: Luck,
}

fn driven(setup: &mut Setup, throttle: Throttle) -> Result<Box<dyn Player>, Mistake> {
    let luck = setup.luck();
    setup.ready(throttle.check())?;
    let state = throttle.start();
    Ok(Box::new(Driven {
        throttle,
        state,
        calls: Calls::default(),
        luck,
    }))
}

impl Player for Driven {
    fn on(&mut self, now: SimTime, event: &mut Event<'_>) -> Result<Said, Mistake> {
        let said = |sent: bool, number: u32| {
            Said::either(
                sent,
                format!(
                    "#{number} {}",
                    if sent { "sent" } else { "refused by the client itself" }
                ),
            )
        };
        match event.name() {
            "call" => {
                let number = self.calls.number();
                let sent = self.throttle.admit(&mut self.state, now, &mut self.luck);
                if sent {
                    self.calls.begin(number, now, ());
                }
                Ok(said(sent, number))
            }
            "try" => {
                let outcome = event.outcome_arg()?.unwrap_or(Outcome::Ok);
                let number = self.calls.number();
                let sent = self.throttle.admit(&mut self.state, now, &mut self.luck);
                if sent {
                    self.throttle.settle(&mut self.state, now, outcome);
                }
                let more = if sent { outcome.name() } else { "" };
                Ok(said(sent, number).and(more))
            }
            _ => {
                let outcome = event.outcome().expect("the event is in the list");
                let (number, ..) = self.calls.end(event)?;
                self.throttle.settle(&mut self.state, now, outcome);
                Ok(Said::ended(outcome, format!("#{number} {}", outcome.name())))
            }
        }
    }

    fn state(&self, _: SimTime) -> State {
        let (chance, words) = match (&self.throttle, &self.state) {
            (Throttle::Sre(it), ThrottleState::Sre(counts)) => {
                let (requests, accepts) = counts.totals();
                (
                    it.reject_probability(counts),
                    format!("{requests} requests, {accepts} accepted"),
                )
            }
            (Throttle::Envoy(it), ThrottleState::Envoy(history)) => {
                let (requests, successes) = history.totals();
                (
                    it.reject_probability(history),
                    format!("{requests} answered, {successes} successes"),
                )
            }
            _ => unreachable!("a throttle's state is of its own kind"),
        };
        State::level(chance, 1.0, format!("{words}: chance to refuse {}", short(chance)))
    }
}

pub fn sre(setup: &mut Setup) -> Result<Box<dyn Player>, Mistake> {
    let mut it = Sre::DEFAULT;
    settings!(setup, it; value k, value window);
    driven(setup, Throttle::Sre(it))
}

pub fn envoy(setup: &mut Setup) -> Result<Box<dyn Player>, Mistake> {
    let mut it = Envoy::DEFAULT;
    settings!(setup, it; value sampling_window, share sr_threshold, value aggression, value rps_threshold,
        share max_rejection_probability);
    driven(setup, Throttle::Envoy(it))
}
