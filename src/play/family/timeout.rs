//! Timeouts of attempts and deadlines of calls.

use brownout_sim_core::outcome::Outcome;
use brownout_sim_core::policy::Invalid;
use brownout_sim_core::policy::deadline::{Deadline, passed};
use brownout_sim_core::policy::timeout::{Cancel, attempt_limit};
use brownout_sim_core::server::deadline_drop::DeadlineDrop;
use brownout_sim_core::time::{SimTime, Span};

use crate::play::mistake::Mistake;
use crate::play::player::{Calls, Event, Player, Said, State, length, ms};
use crate::play::setup::{Setup, settings};
use crate::play::value::words;
use crate::play::{EventKind, OUTCOME};

/// What can happen to a timeout.
pub const TIMEOUT_EVENTS: &[EventKind] = &[
    EventKind::asks("call", "", "a call begins, with its first attempt"),
    EventKind::asks(
        "attempt",
        "(#CALL)",
        "another attempt of that call, or of the oldest one",
    ),
    EventKind::answers(
        OUTCOME,
        "(#CALL)",
        "the attempt of that call, or of the oldest one, ends so",
    ),
];

/// What can happen to a deadline.
pub const DEADLINE_EVENTS: &[EventKind] = &[
    EventKind::asks(
        "call",
        "(parent=TIME)",
        "a call begins, inside a call that ends by then",
    ),
    EventKind::answers(OUTCOME, "(#CALL)", "that call, or the oldest one out, ends so"),
];

/// What can happen to a queue that looks at deadlines.
pub const DROP_EVENTS: &[EventKind] = &[EventKind::asks(
    "dequeue",
    "(TIME)",
    "a call whose deadline is at that instant comes out of the queue",
)];

words!(Cancel: "none" => Cancel::None => Cancel::None, "propagate" => Cancel::Propagate => Cancel::Propagate);

struct Attempts {
    timeout: Span,
    deadline: Span,
    cancel: Cancel,
    /// Until when each attempt is waited for (none between attempts), and the call's deadline.
    calls: Calls<(Option<SimTime>, SimTime, u32)>,
}

pub fn timeout(setup: &mut Setup) -> Result<Box<dyn Player>, Mistake> {
    let mut it = Attempts {
        timeout: Span::from_secs(1),
        deadline: Span::MAX,
        cancel: Cancel::None,
        calls: Calls::default(),
    };
    settings!(setup, it; value timeout, value deadline, value cancel);
    setup.ready(if it.timeout > Span::ZERO {
        Ok(())
    } else {
        Err(Invalid("a timeout is longer than 0"))
    })?;
    Ok(Box::new(it))
}

impl Attempts {
    fn send(&mut self, number: u32, now: SimTime) -> Said {
        let (_, (until, deadline, attempts)) = self.calls.get_mut(number).expect("the call is there");
        match attempt_limit(self.timeout, *deadline, now) {
            Some(limit) => {
                *attempts += 1;
                *until = Some(now + limit);
                let text = format!("#{number} attempt {attempts}");
                let patience = if limit == Span::MAX {
                    String::new()
                } else {
                    format!("waits at most {}", length(limit))
                };
                Said::pass(text).and(&patience)
            }
            None => {
                self.calls.remove(number);
                Said::refuse(format!("#{number} not sent: nothing is left of its time"))
            }
        }
    }

    fn due(&self) -> Option<(SimTime, u32)> {
        let due = self
            .calls
            .iter()
            .map(|(number, it)| (it.0.unwrap_or(it.1).min(it.1), number))
            .min()?;
        (due.0 < SimTime::MAX).then_some(due)
    }
}

impl Player for Attempts {
    fn on(&mut self, now: SimTime, event: &mut Event<'_>) -> Result<Said, Mistake> {
        match event.name() {
            "call" => {
                let number = self.calls.number();
                self.calls.begin(number, now, (None, now + self.deadline, 0));
                Ok(self.send(number, now))
            }
            "attempt" => {
                let number = self.calls.about(event)?;
                Ok(self.send(number, now))
            }
            _ => {
                let outcome = event.outcome().expect("the event is in the list");
                let number = self.calls.about(event)?;
                let (_, it) = self.calls.get_mut(number).expect("the call is there");
                if it.0.take().is_none() {
                    return Err(
                        Mistake::new(format!("call #{number} has no attempt out")).help("put an `attempt` before it")
                    );
                }
                if !outcome.is_failure() {
                    self.calls.remove(number);
                }
                Ok(Said::ended(outcome, format!("#{number} {}", outcome.name())))
            }
        }
    }

    fn state(&self, _: SimTime) -> State {
        let shown = |(number, it): (u32, &(Option<SimTime>, SimTime, u32))| match *it {
            (Some(SimTime::MAX), ..) => format!("#{number} waits"),
            (Some(until), ..) => format!("#{number} waits until {}", ms(until)),
            (None, SimTime::MAX, _) => format!("#{number} between attempts"),
            (None, deadline, _) => format!("#{number} between attempts, deadline {}", ms(deadline)),
        };
        let all: Vec<String> = self.calls.iter().map(shown).collect();
        State::words(if all.is_empty() {
            "nobody waits".to_owned()
        } else {
            all.join(", ")
        })
    }

    fn next_at(&self) -> Option<SimTime> {
        self.due().map(|it| it.0)
    }

    fn tick(&mut self, now: SimTime) -> Said {
        let (_, number) = self.due().expect("its instant has come");
        let (_, it) = self.calls.get_mut(number).expect("the call is there");
        let (was_out, outcome) = (
            it.0.take().is_some(),
            if it.1 <= now {
                Outcome::Deadline
            } else {
                Outcome::Timeout
            },
        );
        if outcome == Outcome::Deadline {
            self.calls.remove(number);
        }
        let callee = match (was_out, self.cancel) {
            (false, _) => "",
            (true, Cancel::None) => "the callee works on",
            (true, Cancel::Propagate) => "the callee is told to stop",
        };
        Said::refuse(format!("#{number} {}", outcome.name())).and(callee)
    }
}

struct Bounded {
    deadline: Deadline,
    calls: Calls<SimTime>,
}

pub fn deadline(setup: &mut Setup) -> Result<Box<dyn Player>, Mistake> {
    let mut it = Deadline {
        propagate: true,
        ..Deadline::local(Span::from_secs(1))
    };
    settings!(setup, it; value limit, value propagate, value margin);
    setup.ready(it.check())?;
    Ok(Box::new(Bounded {
        deadline: it,
        calls: Calls::default(),
    }))
}

impl Bounded {
    fn due(&self) -> Option<(SimTime, u32)> {
        let due = self.calls.iter().map(|(number, it)| (*it, number)).min()?;
        (due.0 < SimTime::MAX).then_some(due)
    }
}

impl Player for Bounded {
    fn on(&mut self, now: SimTime, event: &mut Event<'_>) -> Result<Said, Mistake> {
        if event.name() != "call" {
            let outcome = event.outcome().expect("the event is in the list");
            let (number, ..) = self.calls.end(event)?;
            return Ok(Said::ended(outcome, format!("#{number} {}", outcome.name())));
        }
        let parent = event.span("parent")?.map_or(SimTime::MAX, |it| SimTime::ZERO + it);
        let number = self.calls.number();
        let until = self.deadline.instant(now, parent);
        if passed(until, now) {
            return Ok(Said::refuse(format!(
                "#{number} not sent: its deadline, {}, has passed",
                ms(until)
            )));
        }
        self.calls.begin(number, now, until);
        let told = if self.deadline.propagate {
            ", and its callee is told"
        } else {
            ""
        };
        Ok(match until {
            SimTime::MAX => Said::pass(format!("#{number} has all the time there is")),
            _ => Said::pass(format!(
                "#{number} ends by {}, in {}{told}",
                ms(until),
                length(until.since(now))
            )),
        })
    }

    fn state(&self, _: SimTime) -> State {
        let all: Vec<String> = self
            .calls
            .iter()
            .map(|(number, until)| format!("#{number} until {}", ms(*until)))
            .collect();
        State::words(if all.is_empty() {
            "no call".to_owned()
        } else {
            all.join(", ")
        })
    }

    fn next_at(&self) -> Option<SimTime> {
        self.due().map(|it| it.0)
    }

    fn tick(&mut self, _: SimTime) -> Said {
        let (_, number) = self.due().expect("its instant has come");
        self.calls.remove(number);
        Said::refuse(format!("#{number} {}", Outcome::Deadline.name()))
    }
}

struct Doomed {
    rule: DeadlineDrop,
    served: u32,
    dropped: u32,
}

pub fn deadline_drop(setup: &mut Setup) -> Result<Box<dyn Player>, Mistake> {
    let mut it = DeadlineDrop::DEFAULT;
    settings!(setup, it; value needed);
    setup.ready(Ok(()))?;
    Ok(Box::new(Doomed {
        rule: it,
        served: 0,
        dropped: 0,
    }))
}

impl Player for Doomed {
    fn on(&mut self, now: SimTime, event: &mut Event<'_>) -> Result<Said, Mistake> {
        let deadline = SimTime::ZERO + event.need_span("deadline")?;
        let drops = self.rule.drops(now, deadline);
        *(if drops { &mut self.dropped } else { &mut self.served }) += 1;
        let late = if passed(deadline, now) {
            "its deadline has passed"
        } else {
            "too little of its time is left"
        };
        Ok(Said::either(
            !drops,
            if drops {
                format!("dropped: {late}")
            } else {
                "served".to_owned()
            },
        ))
    }

    fn state(&self, _: SimTime) -> State {
        State::words(format!("{} served, {} dropped", self.served, self.dropped))
    }
}
