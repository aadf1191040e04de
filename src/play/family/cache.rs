//! One answer for several equal calls: the cache of answers, the request cache, single flight, and the collapser.

use brownout_sim_core::outcome::Outcome;
use brownout_sim_core::policy::cache::{
    Collapser, CollapserState, Lookup, Offer, RequestCache, SingleFlight, Ttl, TtlState,
};
use brownout_sim_core::time::SimTime;

use crate::play::mistake::Mistake;
use crate::play::player::{Calls, Event, Player, Said, State, many, ms};
use crate::play::setup::{Setup, settings};
use crate::play::{EventKind, OUTCOME};

/// What can happen to a request cache.
pub const CACHE_EVENTS: &[EventKind] = &[
    EventKind::asks("call", "(KEY)", "a call wants what the key, a number, names"),
    EventKind::answers(OUTCOME, "(#CALL)", "that call, or the oldest one out, ends so"),
    EventKind::asks("clear", "(KEY)", "forgets one key, as after a write"),
    EventKind::asks("reset", "", "the request ends: forgets all"),
];

/// What can happen to single flight.
pub const FLIGHT_EVENTS: &[EventKind] = &[
    EventKind::asks("call", "(KEY)", "a call wants what the key, a number, names"),
    EventKind::answers(OUTCOME, "(#CALL)", "that call, or the oldest one out, ends so"),
    EventKind::asks("forget", "(KEY)", "the next call with this key is made in any case"),
];

/// What can happen to a collapser.
pub const COLLAPSER_EVENTS: &[EventKind] = &[
    EventKind::asks(
        "call",
        "(ARGUMENT)",
        "a call comes, with a number for an argument; its own number without one",
    ),
    EventKind::asks("register", "", "the timer begins to tick, before any call"),
];

/// What can happen to a cache of answers.
pub const TTL_EVENTS: &[EventKind] = &[
    EventKind::asks("call", "(KEY)", "a call wants what the key, a number, names"),
    EventKind::answers(OUTCOME, "(#CALL)", "that call, or the oldest one out, ends so"),
    EventKind::asks("clear", "", "forgets all, as when the process dies"),
];

struct Answers {
    cache: Ttl,
    state: TtlState,
    calls: Calls<u64>,
}

/// Without jitter: that is drawn by who stores.
pub fn ttl(setup: &mut Setup) -> Result<Box<dyn Player>, Mistake> {
    let mut it = Ttl::default();
    settings!(setup, it; value ttl, value limit);
    setup.ready(it.check())?;
    Ok(Box::new(Answers {
        state: it.start(),
        cache: it,
        calls: Calls::default(),
    }))
}

impl Player for Answers {
    fn on(&mut self, now: SimTime, event: &mut Event<'_>) -> Result<Said, Mistake> {
        match event.name() {
            "call" => {
                let key: u64 = event.need("key", "7")?;
                let number = self.calls.number();
                if self.cache.look(&mut self.state, now, key) {
                    return Ok(Said::note(format!("#{number} gets what is kept")));
                }
                self.calls.begin(number, now, key);
                Ok(Said::pass(format!("#{number} is made")))
            }
            "clear" => {
                self.state.clear();
                Ok(Said::change("all is forgotten"))
            }
            _ => {
                let outcome = event.outcome().expect("the event is in the list");
                let (number, _, key) = self.calls.end(event)?;
                let said = Said::ended(outcome, format!("#{number} {}", outcome.name()));
                if outcome != Outcome::Ok {
                    return Ok(said);
                }
                Ok(match self.cache.store(&mut self.state, now, key, 0) {
                    0 => said.and("kept"),
                    gone => said.and(&format!("kept, and {} had to go", many(gone as usize, "other"))),
                })
            }
        }
    }

    fn state(&self, _: SimTime) -> State {
        State::words(format!("{} kept", many(self.state.len(), "answer")))
    }
}

struct Cache {
    cache: RequestCache<Outcome>,
    calls: Calls<u64>,
}

pub fn request_cache(setup: &mut Setup) -> Result<Box<dyn Player>, Mistake> {
    setup.ready(Ok(()))?;
    Ok(Box::new(Cache {
        cache: RequestCache::default(),
        calls: Calls::default(),
    }))
}

impl Player for Cache {
    fn on(&mut self, now: SimTime, event: &mut Event<'_>) -> Result<Said, Mistake> {
        match event.name() {
            "call" => {
                let key: u64 = event.need("key", "7")?;
                let number = self.calls.number();
                Ok(match self.cache.call(key, number) {
                    Lookup::Make => {
                        self.calls.begin(number, now, key);
                        Said::pass(format!("#{number} is made"))
                    }
                    Lookup::Join(other) => Said::note(format!("#{number} joins #{other}")),
                    Lookup::Answer(kept) => Said::note(format!("#{number} gets what is kept: {}", kept.name())),
                })
            }
            "clear" => {
                let key = event.need("key", "7")?;
                self.cache.clear(key);
                Ok(Said::change(format!("key {key} is forgotten")))
            }
            "reset" => {
                self.cache.reset();
                Ok(Said::change("all is forgotten"))
            }
            _ => {
                let outcome = event.outcome().expect("the event is in the list");
                let (number, _, key) = self.calls.end(event)?;
                self.cache.settle(key, number, outcome);
                Ok(Said::ended(
                    outcome,
                    format!("#{number} {}, for all who joined", outcome.name()),
                ))
            }
        }
    }

    fn state(&self, _: SimTime) -> State {
        State::words(format!("{} out", many(self.calls.len(), "call")))
    }
}

struct Flight {
    flight: SingleFlight,
    calls: Calls<u64>,
}

pub fn single_flight(setup: &mut Setup) -> Result<Box<dyn Player>, Mistake> {
    setup.ready(Ok(()))?;
    Ok(Box::new(Flight {
        flight: SingleFlight::default(),
        calls: Calls::default(),
    }))
}

impl Player for Flight {
    fn on(&mut self, now: SimTime, event: &mut Event<'_>) -> Result<Said, Mistake> {
        match event.name() {
            "call" => {
                let key: u64 = event.need("key", "7")?;
                let number = self.calls.number();
                Ok(match self.flight.call(key, number) {
                    Lookup::Make => {
                        self.calls.begin(number, now, key);
                        Said::pass(format!("#{number} is made"))
                    }
                    Lookup::Join(other) => Said::note(format!("#{number} joins #{other}")),
                    Lookup::Answer(never) => match never {},
                })
            }
            "forget" => {
                let key = event.need("key", "7")?;
                self.flight.forget(key);
                Ok(Said::change(format!("key {key} is forgotten")))
            }
            _ => {
                let outcome = event.outcome().expect("the event is in the list");
                let (number, _, key) = self.calls.end(event)?;
                let more = match self.flight.settle(key, number) {
                    Some(1) => "1 more gets it".to_owned(),
                    Some(joined) => format!("{joined} more get it"),
                    None => "it was forgotten meanwhile".to_owned(),
                };
                Ok(Said::ended(outcome, format!("#{number} {}", outcome.name())).and(&more))
            }
        }
    }

    fn state(&self, _: SimTime) -> State {
        State::words(format!("{} out", many(self.flight.len(), "key")))
    }
}

struct Batches {
    collapser: Collapser,
    state: CollapserState,
    calls: u32,
    waiting: usize,
}

pub fn collapser(setup: &mut Setup) -> Result<Box<dyn Player>, Mistake> {
    let mut it = Collapser::default();
    settings!(setup, it; value max_requests_in_batch, value timer_delay, value request_cache);
    setup.ready(it.check())?;
    Ok(Box::new(Batches {
        collapser: it,
        state: CollapserState::default(),
        calls: 0,
        waiting: 0,
    }))
}

impl Batches {
    fn ran(&self) -> String {
        let calls: Vec<String> = self.state.last().iter().map(|it| format!("#{}", it.call)).collect();
        format!("runs the batch of {}", calls.join(", "))
    }
}

impl Player for Batches {
    fn on(&mut self, now: SimTime, event: &mut Event<'_>) -> Result<Said, Mistake> {
        if event.name() == "register" {
            self.collapser.register(&mut self.state, now);
            return Ok(Said::note("the timer begins"));
        }
        self.calls += 1;
        let number = self.calls;
        let argument: u64 = event.value("argument")?.unwrap_or(u64::from(number) << 32);
        Ok(match self.collapser.offer(&mut self.state, now, argument, number) {
            Offer::Gathered { run: false } => {
                self.waiting += 1;
                Said::note(format!("#{number} waits for the batch"))
            }
            Offer::Gathered { run: true } => {
                self.waiting = 1;
                Said::pass(self.ran()).and(&format!("#{number} begins another"))
            }
            Offer::Joined(other) => Said::note(format!("#{number} joins #{other}")),
            Offer::Duplicate => Said::refuse(format!("#{number} is an error: its argument is in the batch already")),
        })
    }

    fn state(&self, _: SimTime) -> State {
        let next = match self.state.next_at() {
            SimTime::MAX => String::new(),
            at => format!(", the timer ticks at {}", ms(at)),
        };
        State::words(format!("{} in the batch{next}", self.waiting))
    }

    fn next_at(&self) -> Option<SimTime> {
        Some(self.state.next_at()).filter(|it| *it < SimTime::MAX)
    }

    fn tick(&mut self, now: SimTime) -> Said {
        if !self.collapser.on_tick(&mut self.state, now) {
            return Said::nothing();
        }
        self.waiting = 0;
        Said::pass(self.ran())
    }
}
