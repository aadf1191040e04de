//! Bulkheads: at most so many calls at once.

use brownout_sim_core::policy::bulkhead::envoy::{self, Envoy, Protocol};
use brownout_sim_core::policy::bulkhead::{Bulkhead, BulkheadState, Entry, Haproxy, Semaphore, ThreadPool};
use brownout_sim_core::time::SimTime;

use crate::play::EventKind;
use crate::play::mistake::Mistake;
use crate::play::player::{Calls, Event, Player, Said, State, many};
use crate::play::setup::{Setup, settings};
use crate::play::value::words;

/// What can happen to a bulkhead.
pub const EVENTS: &[EventKind] = &[
    EventKind::asks("call", "", "a call wants to enter"),
    EventKind::answers("done", "(#CALL)", "that call, or the oldest one inside, is over"),
    EventKind::asks("cancel", "(#CALL)", "a call that waits does so no longer"),
];

/// What can happen to Envoy's caps.
pub const ENVOY_EVENTS: &[EventKind] = &[
    EventKind::asks("call", "", "a request wants to be sent"),
    EventKind::answers("connected", "", "a connection that was being made is ready"),
    EventKind::answers(
        "done",
        "(#CALL)",
        "that request, or the oldest in flight, is over; its connection stays",
    ),
    EventKind::asks("cancel", "(#CALL)", "a request that waits does so no longer"),
    EventKind::asks("retry", "", "asks for a retry"),
    EventKind::answers("retried", "", "the attempt of a retry has ended"),
];

words!(Protocol: "http1" => Protocol::Http1 => Protocol::Http1, "http2" => Protocol::Http2 => Protocol::Http2);

/// Numbers, one of them twice: who starts, for a decision.
fn starting(tickets: &[u64]) -> String {
    tickets
        .iter()
        .map(|it| format!("#{it} starts"))
        .collect::<Vec<_>>()
        .join("; ")
}

struct Driven {
    bulkhead: Bulkhead,
    state: BulkheadState,
    /// Those inside.
    calls: Calls<()>,
}

fn driven(setup: &mut Setup, bulkhead: Bulkhead) -> Result<Box<dyn Player>, Mistake> {
    setup.ready(bulkhead.check())?;
    let state = bulkhead.start();
    Ok(Box::new(Driven {
        bulkhead,
        state,
        calls: Calls::default(),
    }))
}

impl Driven {
    fn load(&self) -> u32 {
        self.state.inside() + self.state.waiting()
    }

    fn next(&mut self, now: SimTime) -> Vec<u64> {
        let mut started = Vec::new();
        loop {
            let load = self.load();
            let Some(ticket) = self.bulkhead.next(&mut self.state, now, load) else {
                return started;
            };
            self.calls.begin(ticket as u32, now, ());
            started.push(ticket);
        }
    }
}

impl Player for Driven {
    fn on(&mut self, now: SimTime, event: &mut Event<'_>) -> Result<Said, Mistake> {
        match event.name() {
            "call" => {
                let number = self.calls.number();
                let load = self.load() + 1;
                Ok(
                    match self.bulkhead.enter(&mut self.state, now, u64::from(number), load) {
                        Entry::Started => {
                            self.calls.begin(number, now, ());
                            Said::pass(format!("#{number} starts"))
                        }
                        Entry::Waiting => Said::note(format!("#{number} waits")),
                        Entry::Rejected => Said::refuse(format!("#{number} rejected")),
                    },
                )
            }
            "done" => {
                let (number, ..) = self.calls.end(event)?;
                self.bulkhead.leave(&mut self.state, now);
                let started = self.next(now);
                Ok(Said::pass(format!("#{number} is over")).and(&starting(&started)))
            }
            _ => {
                let number = wanted(event)?;
                let waited = self.bulkhead.give_up(&mut self.state, u64::from(number));
                Ok(gave_up(number, waited))
            }
        }
    }

    fn state(&self, _: SimTime) -> State {
        let (inside, waiting) = (self.state.inside(), self.state.waiting());
        let most = match (&self.bulkhead, &self.state) {
            (Bulkhead::Semaphore(it), _) => it.max_concurrent_calls,
            (Bulkhead::ThreadPool(it), BulkheadState::ThreadPool(state)) => {
                let threads = state.threads();
                let threads = many(threads as usize, "thread");
                let detail = format!("{inside} inside, {waiting} waiting, {threads}");
                return State::level(f64::from(inside), f64::from(it.maximum_size.max(it.core_size)), detail);
            }
            (Bulkhead::Haproxy(it), _) => it.limit(self.load()),
            _ => unreachable!("a bulkhead's state is of its own kind"),
        };
        let shown = if most == 0 || most == u32::MAX {
            "any number".to_owned()
        } else {
            most.to_string()
        };
        let detail = format!("{inside} of {shown} inside, {waiting} waiting");
        State::level(f64::from(inside), f64::from(most.max(1)), detail)
    }

    fn next_at(&self) -> Option<SimTime> {
        self.state.next_timeout()
    }

    fn tick(&mut self, now: SimTime) -> Said {
        let mut said = Said::nothing();
        while let Some(ticket) = self.state.expire(now) {
            said = Said::refuse(said.text).and(&format!("#{ticket} has waited long enough"));
        }
        said
    }
}

fn wanted(event: &mut Event<'_>) -> Result<u32, Mistake> {
    event
        .call()?
        .ok_or_else(|| Mistake::new("whose wait ends is not said").help("name the call, such as `cancel(#3)`"))
}

fn gave_up(number: u32, waited: bool) -> Said {
    if waited {
        Said::refuse(format!("#{number} gives up"))
    } else {
        Said::note(format!("#{number} does not wait"))
    }
}

pub fn semaphore(setup: &mut Setup) -> Result<Box<dyn Player>, Mistake> {
    let mut it = setup.profile(&[
        ("resilience4j", Semaphore::resilience4j_default()),
        ("hystrix", Semaphore::hystrix_default()),
        ("polly", Semaphore::polly_default()),
    ]);
    settings!(setup, it; value max_concurrent_calls, value max_wait_duration, value queue_limit);
    driven(setup, Bulkhead::Semaphore(it))
}

pub fn thread_pool(setup: &mut Setup) -> Result<Box<dyn Player>, Mistake> {
    let mut it = setup.profile(&[
        ("hystrix", ThreadPool::hystrix_default()),
        ("resilience4j", ThreadPool::resilience4j_default(4)),
    ]);
    settings!(setup, it; value core_size, value maximum_size, value allow_maximum_size_to_diverge_from_core_size,
        value keep_alive, value max_queue_size, value queue_size_rejection_threshold);
    driven(setup, Bulkhead::ThreadPool(it))
}

pub fn haproxy(setup: &mut Setup) -> Result<Box<dyn Player>, Mistake> {
    let mut it = Haproxy::default();
    settings!(setup, it; value maxconn, value minconn, value fullconn, value maxqueue, value timeout_queue);
    driven(setup, Bulkhead::Haproxy(it))
}

struct Caps {
    caps: Envoy,
    state: envoy::State,
    /// Requests in flight, and retries that hold a slot.
    calls: Calls<()>,
    retries: u32,
    connecting: u32,
}

pub fn envoy(setup: &mut Setup) -> Result<Box<dyn Player>, Mistake> {
    let mut it = Envoy::default();
    settings!(setup, it; value max_connections, value max_pending_requests, value max_requests, value max_retries,
        value protocol);
    setup.ready(it.check())?;
    Ok(Box::new(Caps {
        caps: it,
        state: it.start(),
        calls: Calls::default(),
        retries: 0,
        connecting: 0,
    }))
}

impl Caps {
    fn next(&mut self, now: SimTime) -> String {
        let mut told = Vec::new();
        while let Some(next) = self.caps.next(&mut self.state) {
            if next.sent {
                self.calls.begin(next.ticket as u32, now, ());
            }
            told.push(format!(
                "#{} {}",
                next.ticket,
                if next.sent { "sent" } else { "503, too many requests" }
            ));
        }
        told.join("; ")
    }
}

fn none(what: &str, first: &str) -> Mistake {
    Mistake::new(format!("no {what}")).help(format!("put a `{first}` before it that leads to one"))
}

impl Player for Caps {
    fn on(&mut self, now: SimTime, event: &mut Event<'_>) -> Result<Said, Mistake> {
        match event.name() {
            "call" => {
                let number = self.calls.number();
                Ok(match self.caps.request(&mut self.state, u64::from(number)) {
                    envoy::Entry::Sent => {
                        self.calls.begin(number, now, ());
                        Said::pass(format!("#{number} sent"))
                    }
                    envoy::Entry::Pending { connect } => {
                        self.connecting += u32::from(connect);
                        let more = if connect {
                            ", and a connection is made for it"
                        } else {
                            ""
                        };
                        Said::note(format!("#{number} pending{more}"))
                    }
                    envoy::Entry::Overflow => Said::refuse(format!("#{number} 503, overflow")),
                })
            }
            "connected" => {
                if self.connecting == 0 {
                    return Err(none("connection is being made", "call"));
                }
                self.connecting -= 1;
                self.caps.connected(&mut self.state);
                Ok(Said::note("a connection is ready").and(&self.next(now)))
            }
            "done" => {
                let (number, ..) = self.calls.end(event)?;
                self.caps.finished(&mut self.state);
                Ok(Said::pass(format!("#{number} is over")).and(&self.next(now)))
            }
            "cancel" => {
                let number = wanted(event)?;
                let waited = self.state.give_up(u64::from(number));
                Ok(gave_up(number, waited))
            }
            "retry" => {
                let allowed = self.caps.retry(&mut self.state);
                self.retries += u32::from(allowed);
                Ok(Said::either(
                    allowed,
                    if allowed { "a retry gets a slot" } else { "no retry" },
                ))
            }
            _ => {
                if self.retries == 0 {
                    return Err(none("retry is under way", "retry"));
                }
                self.retries -= 1;
                self.caps.retry_done(&mut self.state);
                Ok(Said::note("a retry's slot is free again"))
            }
        }
    }

    fn state(&self, _: SimTime) -> State {
        let (connections, pending, requests) = (self.state.connections(), self.state.pending(), self.state.requests());
        State::words(format!(
            "{connections}/{} connections, {pending}/{} pending, {requests}/{} requests, {}/{} retries",
            self.caps.max_connections,
            self.caps.max_pending_requests,
            self.caps.max_requests,
            self.retries,
            self.caps.max_retries
        ))
    }
}
