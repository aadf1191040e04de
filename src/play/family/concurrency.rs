//! Adaptive concurrency limits: so many calls at once, the number found from their times.

use brownout_sim_core::policy::concurrency::{
    Aimd, Concurrency, ConcurrencyState, Envoy, Gradient, Gradient2, Limit, LimitState, Permit, Sample, Vegas, Windowed,
};
use brownout_sim_core::time::SimTime;

use crate::play::mistake::Mistake;
use crate::play::player::{Calls, Event, Player, Said, State};
use crate::play::setup::{Luck, Setup, settings};
use crate::play::{EventKind, OUTCOME};

/// What can happen to a concurrency limit.
pub const EVENTS: &[EventKind] = &[
    EventKind::asks("call", "", "a call wants to be sent"),
    EventKind::answers(OUTCOME, "(#CALL)", "that call, or the oldest one out, ends so"),
    EventKind::answers(
        "sample",
        "(RTT,inflight=N,dropped=BOOL)",
        "a call took so long, with so many in flight when it began: learns without a call of the script",
    ),
];

/// The same without samples of their own, which Envoy's controller cannot have.
pub const ENVOY_EVENTS: &[EventKind] = &[
    EventKind::asks("call", "", "a call wants to be sent"),
    EventKind::answers(OUTCOME, "(#CALL)", "that call, or the oldest one out, ends so"),
];

struct Driven {
    limit: Concurrency,
    state: ConcurrencyState,
    calls: Calls<Permit>,
    luck: Luck,
}

fn driven(setup: &mut Setup, limit: Concurrency) -> Result<Box<dyn Player>, Mistake> {
    let mut luck = setup.luck();
    setup.ready(limit.check())?;
    let state = limit.start(SimTime::ZERO, &mut luck);
    Ok(Box::new(Driven {
        limit,
        state,
        calls: Calls::default(),
        luck,
    }))
}

impl Driven {
    fn changed(&self, before: u32) -> String {
        let after = self.state.limit();
        if after == before {
            String::new()
        } else {
            format!("limit {before} to {after}")
        }
    }
}

impl Player for Driven {
    fn on(&mut self, now: SimTime, event: &mut Event<'_>) -> Result<Said, Mistake> {
        let before = self.state.limit();
        match event.name() {
            "call" => {
                let number = self.calls.number();
                let permit = self.limit.admit(&mut self.state, now);
                let said = Said::either(
                    permit.is_some(),
                    format!("#{number} {}", if permit.is_some() { "sent" } else { "over the limit" }),
                );
                if let Some(permit) = permit {
                    self.calls.begin(number, now, permit);
                }
                Ok(said.and(&self.changed(before)))
            }
            "sample" => {
                let rtt = event.need_span("rtt")?;
                let in_flight: u32 = event.need("inflight", "10ms,inflight=20")?;
                let dropped: bool = event.value("dropped")?.unwrap_or(false);
                let sample = Sample {
                    ended: now,
                    rtt,
                    in_flight,
                    dropped,
                };
                let after = self.limit.on_sample(&mut self.state, &sample, &mut self.luck);
                Ok(if after == before {
                    Said::note(format!("limit stays {after}"))
                } else {
                    Said::change(format!("limit {before} to {after}"))
                })
            }
            _ => {
                let outcome = event.outcome().expect("the event is in the list");
                let (number, _, permit) = self.calls.end(event)?;
                let end = self.limit.end_of(outcome);
                self.limit.settle(&mut self.state, now, permit, end, &mut self.luck);
                let said = Said::ended(outcome, format!("#{number} {}", outcome.name()));
                Ok(said.and(&self.changed(before)))
            }
        }
    }

    fn state(&self, _: SimTime) -> State {
        let (limit, in_flight) = (self.state.limit(), self.state.in_flight());
        let measuring = match self.state_of_envoy() {
            Some(true) => ", measuring the shortest time",
            _ => "",
        };
        let most = match &self.limit.limit {
            Limit::Aimd(it) => it.max_limit,
            Limit::Vegas(it) => it.max_limit,
            Limit::Gradient(it) => it.max_limit,
            Limit::Gradient2(it) => it.max_limit,
            Limit::Envoy(it) => it.max_concurrency_limit,
        };
        State::level(
            f64::from(limit),
            f64::from(most.max(1)),
            format!("limit {limit}, {in_flight} in flight{measuring}"),
        )
    }
}

impl Driven {
    fn state_of_envoy(&self) -> Option<bool> {
        match self.state.learnt() {
            LimitState::Envoy(it) => Some(it.is_measuring()),
            _ => None,
        }
    }
}

/// Netflix's limits may gather their samples in windows first.
fn windowed(setup: &mut Setup, limit: Limit) -> Result<Box<dyn Player>, Mistake> {
    let mut gathered = false;
    setup.set("windowed", &mut gathered);
    let windowed = gathered.then_some(Windowed::DEFAULT);
    driven(setup, Concurrency { limit, windowed })
}

/// Any limit behind windows of samples; AIMD, since its steps are the easiest to follow.
pub fn windows(setup: &mut Setup) -> Result<Box<dyn Player>, Mistake> {
    let (mut windows, mut aimd) = (Windowed::DEFAULT, small());
    settings!(setup, windows; value min_window_time, value max_window_time, value window_size, value min_rtt_threshold);
    settings!(setup, aimd; value initial_limit, value min_limit, value max_limit);
    let limit = Concurrency {
        limit: Limit::Aimd(aimd),
        windowed: Some(windows),
    };
    driven(setup, limit)
}

/// AIMD that can move both ways from its beginning.
fn small() -> Aimd {
    Aimd {
        initial_limit: 10,
        min_limit: 1,
        ..Aimd::DEFAULT
    }
}

pub fn aimd(setup: &mut Setup) -> Result<Box<dyn Player>, Mistake> {
    let mut it = Aimd::DEFAULT;
    settings!(setup, it; value initial_limit, value min_limit, value max_limit, value backoff_ratio, value timeout);
    windowed(setup, Limit::Aimd(it))
}

pub fn vegas(setup: &mut Setup) -> Result<Box<dyn Player>, Mistake> {
    let mut it = Vegas::DEFAULT;
    settings!(setup, it; value initial_limit, value max_limit, value smoothing, value probe_multiplier);
    windowed(setup, Limit::Vegas(it))
}

pub fn gradient(setup: &mut Setup) -> Result<Box<dyn Player>, Mistake> {
    let mut it = Gradient::DEFAULT;
    settings!(setup, it; value initial_limit, value min_limit, value max_limit, value smoothing, value rtt_tolerance,
        value backoff_ratio, value probe_interval);
    windowed(setup, Limit::Gradient(it))
}

pub fn gradient2(setup: &mut Setup) -> Result<Box<dyn Player>, Mistake> {
    let mut it = Gradient2::DEFAULT;
    settings!(setup, it; value initial_limit, value min_limit, value max_limit, value smoothing, value queue_size,
        value rtt_tolerance, value long_window);
    windowed(setup, Limit::Gradient2(it))
}

pub fn envoy(setup: &mut Setup) -> Result<Box<dyn Player>, Mistake> {
    let mut it = Envoy::DEFAULT;
    settings!(setup, it; share sample_aggregate_percentile, value max_concurrency_limit,
        value concurrency_update_interval, value min_rtt_interval, share jitter, value request_count,
        value min_concurrency, share buffer);
    driven(setup, Concurrency::of(Limit::Envoy(it)))
}
