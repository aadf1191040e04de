//! Parts of a system that are no services: a pool of connections, credits.

use brownout_sim_core::component::credits::{self, CreditState, Credits, WhenOut};
use brownout_sim_core::component::pool::{Acquired, Connection, Grant, Pool, PoolState, Ticket};
use brownout_sim_core::time::SimTime;

use crate::play::EventKind;
use crate::play::mistake::Mistake;
use crate::play::player::{Calls, Event, Player, Said, State};
use crate::play::setup::{Setup, settings};
use crate::play::value::words;

/// What can happen to a pool.
pub const POOL_EVENTS: &[EventKind] = &[
    EventKind::asks("call", "", "a caller wants a connection"),
    EventKind::answers(
        "done",
        "(#CALL)",
        "that caller, or the oldest with a connection, is done with it",
    ),
    EventKind::answers(
        "broken",
        "(#CALL)",
        "the connection of that caller broke, or never opened",
    ),
];

/// What can happen to credits.
pub const CREDIT_EVENTS: &[EventKind] = &[
    EventKind::asks("ready", "", "an item is ready to be sent"),
    EventKind::answers("done", "", "an item that was sent is finished"),
    EventKind::asks("give_up", "", "one that waits no longer wants to be sent"),
];

words!(WhenOut: "block" => WhenOut::Block => WhenOut::Block, "refuse" => WhenOut::Refuse => WhenOut::Refuse);

struct Connections {
    pool: Pool,
    state: PoolState,
    calls: Calls<Connection>,
    /// Who waits: number, ticket, until when.
    waiting: Vec<(u32, Ticket, SimTime)>,
}

pub fn pool(setup: &mut Setup) -> Result<Box<dyn Player>, Mistake> {
    let mut it = setup.profile(&[("hikari", Pool::HIKARI), ("envoy", Pool::ENVOY)]);
    settings!(setup, it; value size, value max_pending, value acquire_timeout, value idle_timeout, value max_lifetime);
    setup.ready(it.check())?;
    Ok(Box::new(Connections {
        state: it.start(),
        pool: it,
        calls: Calls::default(),
        waiting: Vec::new(),
    }))
}

impl Connections {
    fn granted(&mut self, number: u32, now: SimTime, grant: Grant) -> String {
        let (connection, what) = match grant {
            Grant::Idle(it) => (it, "gets a connection"),
            Grant::Open(it) => (it, "opens a connection"),
        };
        self.calls.begin(number, now, connection);
        format!("#{number} {what}")
    }

    fn handed_on(&mut self, now: SimTime, to: Option<(Ticket, Grant)>) -> String {
        let Some((ticket, grant)) = to else {
            return String::new();
        };
        let at = self
            .waiting
            .iter()
            .position(|it| it.1 == ticket)
            .expect("who waits is in the list");
        let (number, ..) = self.waiting.remove(at);
        self.granted(number, now, grant)
    }
}

impl Player for Connections {
    fn on(&mut self, now: SimTime, event: &mut Event<'_>) -> Result<Said, Mistake> {
        match event.name() {
            "call" => {
                let number = self.calls.number();
                Ok(match self.pool.acquire(&mut self.state, now) {
                    Acquired::Granted(grant) => Said::pass(self.granted(number, now, grant)),
                    Acquired::Queued(ticket) => {
                        self.waiting.push((number, ticket, now + self.pool.acquire_timeout));
                        Said::note(format!("#{number} waits"))
                    }
                    Acquired::Refused => Said::refuse(format!("#{number} refused")),
                })
            }
            "done" => {
                let (number, _, connection) = self.calls.end(event)?;
                let next = self.pool.release(&mut self.state, now, connection);
                Ok(Said::note(format!("#{number} is done")).and(&self.handed_on(now, next)))
            }
            _ => {
                let (number, ..) = self.calls.end(event)?;
                let next = self.pool.discard(&mut self.state, now);
                Ok(Said::refuse(format!("#{number} loses its connection")).and(&self.handed_on(now, next)))
            }
        }
    }

    fn state(&self, now: SimTime) -> State {
        let open = self.pool.open(&mut self.state.clone(), now);
        let (busy, size) = (self.state.busy(), self.pool.size);
        let words = format!(
            "{busy} of {size} busy, {} idle, {} waiting",
            open - busy,
            self.state.waiting()
        );
        State::level(f64::from(busy), f64::from(size), words)
    }

    fn next_at(&self) -> Option<SimTime> {
        self.waiting.iter().map(|it| it.2).min().filter(|it| *it < SimTime::MAX)
    }

    fn tick(&mut self, now: SimTime) -> Said {
        let at = self
            .waiting
            .iter()
            .position(|it| it.2 <= now)
            .expect("its instant has come");
        let (number, ticket, _) = self.waiting.remove(at);
        let waited = self.pool.give_up(&mut self.state, ticket);
        assert!(waited, "who waits here waits in the pool");
        Said::refuse(format!("#{number} pool_timeout"))
    }
}

struct Window {
    credits: Credits,
    state: CreditState,
    items: u32,
    /// Those that wait.
    blocked: std::collections::VecDeque<u32>,
}

pub fn credits(setup: &mut Setup) -> Result<Box<dyn Player>, Mistake> {
    let mut it = Credits {
        window: 3,
        when_out: WhenOut::Block,
    };
    settings!(setup, it; value window, value when_out);
    setup.ready(it.check())?;
    Ok(Box::new(Window {
        state: it.start(),
        credits: it,
        items: 0,
        blocked: std::collections::VecDeque::new(),
    }))
}

impl Player for Window {
    fn on(&mut self, _: SimTime, event: &mut Event<'_>) -> Result<Said, Mistake> {
        match event.name() {
            "ready" => {
                self.items += 1;
                let number = self.items;
                Ok(match self.credits.ask(&mut self.state) {
                    credits::Answer::Sent => Said::pass(format!("#{number} sent")),
                    credits::Answer::Blocked => {
                        self.blocked.push_back(number);
                        Said::note(format!("#{number} waits for a credit"))
                    }
                    credits::Answer::Refused => Said::refuse(format!("#{number} refused")),
                })
            }
            "done" => {
                if self.state.left() == self.credits.window {
                    return Err(Mistake::new("nothing was sent that could be finished").help("put a `ready` before it"));
                }
                Ok(if self.credits.give_back(&mut self.state) {
                    let number = self.blocked.pop_front().expect("somebody waits");
                    Said::pass(format!("#{number} sent"))
                } else {
                    Said::note("a credit comes back")
                })
            }
            _ => {
                let Some(number) = self.blocked.pop_back() else {
                    return Err(Mistake::new("nobody waits for a credit").help("put more `ready` before it"));
                };
                self.credits.give_up(&mut self.state);
                Ok(Said::refuse(format!("#{number} gives up")))
            }
        }
    }

    fn state(&self, _: SimTime) -> State {
        let (left, window) = (self.state.left(), self.credits.window);
        let words = format!("{left} of {window} credits, {} waiting", self.state.blocked());
        State::level(f64::from(left), f64::from(window), words)
    }
}
