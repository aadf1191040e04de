//! Active health checks: a replica that is well or not, and what periodic checks make of it.

use brownout_sim_core::routing::health::{
    Check, Envoy, Haproxy, Health, InitState, IntervalFrom, Observe, OnError, State as Seen,
};
use brownout_sim_core::time::{SimTime, Span};

use crate::play::mistake::Mistake;
use crate::play::player::{Event, Player, Said, State, ms};
use crate::play::setup::{Luck, Setup, settings};
use crate::play::value::words;
use crate::play::{EventKind, OUTCOME};

/// What can happen to a replica that is checked. The checks come by themselves.
pub const EVENTS: &[EventKind] = &[
    EventKind::answers(
        "dead",
        "(TIME)",
        "from now on its checks fail, after so long; at once if it is not said",
    ),
    EventKind::answers("sick", "(TIME)", "from now on it says itself that it is not well"),
    EventKind::answers("alive", "(TIME)", "from now on its checks pass, after so long"),
    EventKind::answers(OUTCOME, "", "a call of real traffic to it ends so"),
];

words!(IntervalFrom: "start" => IntervalFrom::Start => IntervalFrom::Start, "end" => IntervalFrom::End => IntervalFrom::End);
words!(InitState: "fully_up" => InitState::FullyUp => InitState::FullyUp, "up" => InitState::Up => InitState::Up,
    "down" => InitState::Down => InitState::Down, "fully_down" => InitState::FullyDown => InitState::FullyDown);
words!(OnError: "fastinter" => OnError::Fastinter => OnError::Fastinter,
    "fail_check" => OnError::FailCheck => OnError::FailCheck,
    "sudden_death" => OnError::SuddenDeath => OnError::SuddenDeath,
    "mark_down" => OnError::MarkDown => OnError::MarkDown);

struct Driven {
    health: Health,
    seen: Seen,
    says: Check,
    takes: Span,
    /// The check under way: when it ends, and how.
    running: Option<(SimTime, Check)>,
    traffic: bool,
    luck: Luck,
}

fn driven(setup: &mut Setup, health: Health) -> Result<Box<dyn Player>, Mistake> {
    let mut luck = setup.luck();
    setup.ready(health.check())?;
    let seen = health.start(SimTime::ZERO, 0, 1, &mut luck);
    Ok(Box::new(Driven {
        health,
        seen,
        says: Check::Passed,
        takes: Span::ZERO,
        running: None,
        traffic: true,
        luck,
    }))
}

fn changed(up: bool) -> Said {
    Said::change(if up { "up" } else { "down" })
}

impl Player for Driven {
    fn on(&mut self, now: SimTime, event: &mut Event<'_>) -> Result<Said, Mistake> {
        if let Some(outcome) = event.outcome() {
            let change = self.health.observed(&mut self.seen, now, outcome);
            return Ok(change.map_or_else(Said::nothing, |it| changed(it.up)));
        }
        self.says = match event.name() {
            "dead" => Check::Failed,
            "sick" => Check::FailedAtOnce,
            _ => Check::Passed,
        };
        self.takes = event.span("takes")?.unwrap_or(Span::ZERO);
        Ok(Said::nothing())
    }

    fn state(&self, _: SimTime) -> State {
        let name = if self.seen.is_up() { "up" } else { "down" };
        let next = match (&self.running, self.seen.due()) {
            (Some((end, _)), _) => format!("a check is under way until {}", ms(*end)),
            (None, Some(due)) => format!("next check at {}", ms(due)),
            (None, None) => String::new(),
        };
        State::named(name, next)
    }

    fn next_at(&self) -> Option<SimTime> {
        self.running.map(|it| it.0).or(self.seen.due())
    }

    fn tick(&mut self, now: SimTime) -> Said {
        let Some((_, check)) = self.running.take() else {
            let limit = self.health.begin(&mut self.seen, now);
            let answer = now + self.takes;
            let (end, check) = if answer <= limit {
                (answer, self.says)
            } else {
                (limit, Check::Failed)
            };
            self.running = Some((end, check));
            if end > now {
                return Said::note("a check begins");
            }
            return self.tick(now);
        };
        let change = self
            .health
            .result(&mut self.seen, now, check, self.traffic, &mut self.luck);
        let what = match check {
            Check::Passed => "the check passes",
            Check::Failed => "the check fails",
            Check::FailedAtOnce => "the check says that it is not well",
        };
        match change {
            Some(it) => changed(it.up).and(what),
            None => Said::note(what),
        }
    }
}

pub fn haproxy(setup: &mut Setup) -> Result<Box<dyn Player>, Mistake> {
    let mut it = Haproxy::default();
    settings!(setup, it; value inter, value fastinter, value downinter, value timeout_check, value rise, value fall,
        value init_state, value interval_from);
    let mut observe = false;
    let mut how = Observe::of(true);
    setup.set("observe", &mut observe);
    settings!(setup, how; value layer7, value error_limit, value on_error);
    it.observe = observe.then_some(how);
    driven(setup, Health::Haproxy(it))
}

pub fn envoy(setup: &mut Setup) -> Result<Box<dyn Player>, Mistake> {
    let mut it = Envoy::new(Span::from_secs(1), Span::from_secs(5), 2, 3);
    settings!(setup, it; value timeout, value interval, value healthy_threshold, value unhealthy_threshold,
        value no_traffic_interval, value no_traffic_healthy_interval, value unhealthy_interval,
        value unhealthy_edge_interval, value healthy_edge_interval, value initial_jitter, value interval_jitter,
        value interval_jitter_percent, value interval_from);
    driven(setup, Health::Envoy(it))
}
