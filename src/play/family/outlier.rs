//! Outlier detection: replicas that do worse than the others are taken out.

use brownout_sim_core::policy::Invalid;
use brownout_sim_core::routing::outlier::{Change, Envoy, Grpc, Istio, Outlier, OutlierState, grpc};
use brownout_sim_core::time::SimTime;

use crate::play::mistake::Mistake;
use crate::play::player::{Event, Player, Said, State, letter};
use crate::play::setup::{Luck, Setup, settings};
use crate::play::{EventKind, OUTCOME};

/// What can happen to replicas that are watched. They are `a`, `b`, `c` ...; intervals end by themselves.
pub const EVENTS: &[EventKind] = &[
    EventKind::answers(
        OUTCOME,
        "(REPLICA)",
        "a call to it has ended so; to Envoy an error is a 500, shed a 503 of the host, timeout and refused local",
    ),
    EventKind::answers(
        "rate",
        "(REPLICA,SHARE,CALLS)",
        "so many calls, 100 if it is not said, of which this share succeed: `rate(a,90%)`",
    ),
    EventKind::answers("check_passed", "(REPLICA)", "an active health check of it has passed"),
    EventKind::asks("leave", "(REPLICA)", "it is gone"),
    EventKind::asks("join", "(REPLICA)", "it is there, and nothing is known of it"),
];

struct Driven {
    outlier: Outlier,
    state: OutlierState,
    here: Vec<bool>,
    luck: Luck,
}

/// More than anybody can follow.
const REPLICAS_MAX: u32 = 1_000;

fn driven(setup: &mut Setup, outlier: Outlier) -> Result<Box<dyn Player>, Mistake> {
    let mut replicas = 10;
    setup.set("replicas", &mut replicas);
    let luck = setup.luck();
    let some = if (1..=REPLICAS_MAX).contains(&replicas) {
        Ok(())
    } else {
        Err(Invalid("there are 1 to 1000 replicas"))
    };
    setup.ready(outlier.check().and(some))?;
    let count = replicas as usize;
    Ok(Box::new(Driven {
        state: outlier.start(count, count, SimTime::ZERO),
        outlier,
        here: vec![true; count],
        luck,
    }))
}

fn told(change: &Change) -> String {
    let what = if change.ejected { "ejected" } else { "back in" };
    format!("{} {what}: {}", letter(change.slot), change.cause.name())
}

impl Driven {
    fn overflow(&self) -> u64 {
        match &self.state {
            OutlierState::Envoy(it) => it.overflow(),
            OutlierState::Grpc(_) => 0,
        }
    }

    fn multiplier(&self, slot: usize) -> u32 {
        match &self.state {
            OutlierState::Envoy(it) => it.multiplier(slot),
            OutlierState::Grpc(it) => it.multiplier(slot),
        }
    }

    fn settle(&mut self, now: SimTime, slot: usize, outcome: brownout_sim_core::outcome::Outcome) -> String {
        let before = self.overflow();
        let change = self.outlier.settle(&mut self.state, now, slot, outcome, &mut self.luck);
        match change {
            Some(change) => told(&change),
            None if self.overflow() > before => format!("{} not ejected: too many are out", letter(slot)),
            None => String::new(),
        }
    }
}

impl Player for Driven {
    fn on(&mut self, now: SimTime, event: &mut Event<'_>) -> Result<Said, Mistake> {
        use brownout_sim_core::outcome::Outcome;
        let count = self.here.len();
        let slot = event.need_replica(count)?;
        let name = event.name();
        if name == "join" || name == "leave" {
            let joins = name == "join";
            if self.here[slot] == joins {
                let is = if joins { "there" } else { "gone" };
                return Err(Mistake::new(format!("`{}` is {is} already", letter(slot))));
            }
            self.here[slot] = joins;
            if joins {
                self.state.join(slot);
            } else {
                self.state.leave(slot);
            }
            return Ok(Said::nothing());
        }
        if !self.here[slot] {
            return Err(Mistake::new(format!("`{}` is gone", letter(slot))).help("let it `join` again first"));
        }
        let text = match name {
            "check_passed" => {
                let change = self.outlier.check_passed(&mut self.state, now, slot);
                change.map_or_else(String::new, |it| told(&it))
            }
            "rate" => {
                let share = event.need::<crate::play::value::Share>("share", "a,90%")?.0.0;
                let calls = event.value::<u32>("calls")?.unwrap_or(100).min(100_000);
                let good = (u64::from(calls) * share / 1_000_000).min(u64::from(calls)) as u32;
                // Evenly mixed, so that as few as possible fail in a row.
                let mut said = Said::nothing();
                for call in 0..calls {
                    let succeeds = |call: u32| u64::from(call) * u64::from(good) / u64::from(calls);
                    let outcome = if succeeds(call + 1) > succeeds(call) {
                        Outcome::Ok
                    } else {
                        Outcome::Error
                    };
                    said = said.and(&self.settle(now, slot, outcome));
                }
                said.text
            }
            _ => {
                let outcome = event.outcome().expect("the event is in the list");
                self.settle(now, slot, outcome)
            }
        };
        Ok(if text.is_empty() {
            Said::nothing()
        } else if text.contains("not ejected") {
            Said::refuse(text)
        } else {
            Said::change(text)
        })
    }

    fn state(&self, _: SimTime) -> State {
        let here = self.here.iter().filter(|it| **it).count();
        let out: Vec<String> = (0..self.here.len())
            .filter(|it| self.state.is_ejected(*it))
            .map(|it| format!("{} (times {})", letter(it), self.multiplier(it)))
            .collect();
        let again: Vec<String> = (0..self.here.len())
            .filter(|it| !self.state.is_ejected(*it) && self.multiplier(*it) > 0)
            .map(|it| format!("{} ({})", letter(it), self.multiplier(it)))
            .collect();
        let remembered = if again.is_empty() {
            String::new()
        } else {
            format!("; remembered: {}", again.join(", "))
        };
        let out_text = if out.is_empty() {
            "none".to_owned()
        } else {
            out.join(", ")
        };
        State::level(
            out.len() as f64,
            here.max(1) as f64,
            format!("out of {here}: {out_text}{remembered}"),
        )
    }

    fn next_at(&self) -> Option<SimTime> {
        Some(self.outlier.next_tick(&self.state))
    }

    fn tick(&mut self, now: SimTime) -> Said {
        let mut said = Said::nothing();
        let mut changes = Vec::new();
        let before = self.overflow();
        self.outlier
            .tick(&mut self.state, now, &mut self.luck, |it| changes.push(told(&it)));
        for change in &changes {
            said = Said::change(said.text).and(change);
        }
        let refused = self.overflow() - before;
        if refused > 0 {
            said.and(&format!("{refused} not ejected: too many are out"))
        } else {
            said
        }
    }
}

pub fn envoy(setup: &mut Setup) -> Result<Box<dyn Player>, Mistake> {
    let mut it = Envoy::default();
    settings!(setup, it; value consecutive_5xx, value consecutive_gateway_failure, value consecutive_local_origin_failure,
        value interval, value base_ejection_time, value max_ejection_time, value max_ejection_time_jitter,
        value max_ejection_percent, value always_eject_one_host, value enforcing_consecutive_5xx,
        value enforcing_consecutive_gateway_failure, value enforcing_consecutive_local_origin_failure,
        value enforcing_success_rate, value enforcing_failure_percentage, value success_rate_minimum_hosts,
        value success_rate_request_volume, value success_rate_stdev_factor, value failure_percentage_threshold,
        value failure_percentage_minimum_hosts, value failure_percentage_request_volume,
        value split_external_local_origin_errors, value successful_active_health_check_uneject_host);
    driven(setup, Outlier::Envoy(it))
}

pub fn istio(setup: &mut Setup) -> Result<Box<dyn Player>, Mistake> {
    let mut it = Istio::default();
    settings!(setup, it; value consecutive_5xx_errors, value consecutive_gateway_errors,
        value consecutive_local_origin_failures, value split_external_local_origin_errors, value interval,
        value base_ejection_time, value max_ejection_percent, value min_health_percent);
    driven(setup, Outlier::Envoy(it.into()))
}

pub fn grpc(setup: &mut Setup) -> Result<Box<dyn Player>, Mistake> {
    let (mut rate, mut failures) = (grpc::SuccessRate::default(), grpc::FailurePercentage::default());
    let mut it = Grpc::default();
    settings!(setup, it; value interval, value base_ejection_time, value max_ejection_time, value max_ejection_percent);
    let (mut by_rate, mut by_percentage) = (true, true);
    setup.set("success_rate", &mut by_rate);
    setup.set("failure_percentage", &mut by_percentage);
    setup.set("stdev_factor", &mut rate.stdev_factor);
    setup.set("threshold", &mut failures.threshold);
    setup.set("minimum_hosts", &mut rate.minimum_hosts);
    setup.set("request_volume", &mut rate.request_volume);
    failures.minimum_hosts = rate.minimum_hosts;
    failures.request_volume = failures.request_volume.min(rate.request_volume);
    it.success_rate_ejection = by_rate.then_some(rate);
    it.failure_percentage_ejection = by_percentage.then_some(failures);
    driven(setup, Outlier::Grpc(it))
}
