//! A window of credits before a callee: so many calls unanswered, the others blocked in order, or refused.
//!
//! The producer that blocks is the caller: it gets its next credit back with an answer, so that the queue stands with it and not
//! with the callee. The counting is [`Credits`]'; here are those who wait, first in, first out, for as long as it takes.
//!
//! Sources: H. T. Kung, R. Morris, "Credit-based flow control for ATM networks", IEEE Network 9(2), 1995; Reactive Streams 1.0.

use super::queue::Queue;
use super::{Entry, Ticket};
use crate::component::credits::{Answer, CreditState, Credits, WhenOut};
use crate::time::{SimTime, Span};

/// Credits that are out and who waits for one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    credits: CreditState,
    inside: u32,
    pub(super) queue: Queue,
    /// Those whose credit has come back for them already.
    granted: u32,
}

impl State {
    pub(super) fn inside(&self) -> u32 {
        self.inside
    }

    /// One that waits gives up; whether it did wait.
    pub(super) fn give_up(&mut self, settings: &Credits, ticket: Ticket) -> bool {
        let waited = self.queue.give_up(ticket);
        if waited {
            settings.give_up(&mut self.credits);
        }
        waited
    }
}

pub(super) fn start(credits: &Credits) -> State {
    State {
        credits: credits.start(),
        inside: 0,
        queue: Queue::with_room(match credits.when_out {
            WhenOut::Block => None,
            WhenOut::Refuse => Some(0),
        }),
        granted: 0,
    }
}

#[inline]
pub(super) fn enter(credits: &Credits, state: &mut State, now: SimTime, ticket: Ticket) -> Entry {
    match credits.ask(&mut state.credits) {
        Answer::Sent => {
            state.inside += 1;
            Entry::Started
        }
        Answer::Blocked => {
            state.queue.push(ticket, now, Span::MAX);
            Entry::Waiting
        }
        Answer::Refused => Entry::Rejected,
    }
}

#[inline]
pub(super) fn leave(credits: &Credits, state: &mut State) {
    state.inside -= 1;
    state.granted += u32::from(credits.give_back(&mut state.credits));
}

#[inline]
pub(super) fn next(state: &mut State) -> Option<Ticket> {
    if state.granted == 0 {
        return None;
    }
    state.granted -= 1;
    state.inside += 1;
    let first = state.queue.pop();
    Some(first.expect("a credit was given to somebody who waits"))
}
