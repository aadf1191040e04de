//! Hedged calls: copies of the part below, of which the first good answer wins.

use super::Simulation;
use super::arena::{Attempt, CallRef, LEAN, Parent, Phase};
use super::event::Event;
use super::part::{After, Covering, Memory};
use super::pending::{Entry, Pending};
use super::slab::NONE;
use crate::model::Cover;
use crate::outcome::Outcome;
use crate::policy::budget::InFlight;
use crate::policy::hedge::{COPIES_MAX, Decision, Hedge, HedgeCall, Losers};
use crate::policy::retry::{Ended, PushBack};
use crate::rng::Purpose;
use crate::time::{SimTime, Span};

/// A call and its copies.
#[derive(Debug)]
pub(super) struct Copied {
    pub call: HedgeCall,
    pub state: u32,
    /// The calls of its copies; [`NONE`] once they have ended.
    copies: [u32; COPIES_MAX],
    sent_at: [SimTime; COPIES_MAX],
    /// Of tied copies: when word that one was begun reaches the servers of those still to be sent.
    word_at: SimTime,
    last: Outcome,
}

impl Copied {
    /// The copies that are out.
    pub fn parts(&self) -> impl Iterator<Item = u32> {
        self.copies.iter().copied().filter(|it| *it != NONE)
    }

    /// How many copies are out.
    pub fn out(&self) -> u32 {
        self.parts().count() as u32
    }
}

impl<'m, Q: Pending> Simulation<'m, Q> {
    fn hedge_of(&self, state: u32) -> &'m Hedge {
        match self.cover_of(state) {
            Cover::Hedge(it) => it,
            _ => unreachable!("the state is a hedge's"),
        }
    }

    fn copied(&mut self, call: u32) -> &mut Copied {
        match &mut self.covers.of_call[call as usize] {
            Covering::Hedge(it) => it,
            _ => unreachable!("the call is hedged"),
        }
    }

    pub(super) fn begin_hedge(&mut self, call: u32, state: u32, hedge: &Hedge) {
        let Memory::Hedge(memory, _) = &mut self.covers.states[state as usize].memory else {
            unreachable!("a cover's memory was made by the same settings")
        };
        let copied = Copied {
            call: hedge.on_start(memory, self.now),
            state,
            copies: [NONE; COPIES_MAX],
            sent_at: [SimTime::ZERO; COPIES_MAX],
            word_at: SimTime::MAX,
            last: Outcome::Ok,
        };
        self.covers.of_call[call as usize] = Covering::Hedge(Box::new(copied));
        self.copy(call);
        self.send_copy(call);
    }

    /// A copy goes out that the hedge has counted already; the next is made sure to come.
    fn copy(&mut self, call: u32) {
        let now = self.now;
        let number = (self.copied(call).call.sent() - 1) as usize;
        if number > 0 {
            let site = &self.sites[self.calls[call].site.index()];
            self.recorder.hedged(site.lane, self.calls[self.root_of(call)].measured);
        }
        let part = self.start_part(call, number as u16);
        let copied = self.copied(call);
        copied.copies[number] = part;
        copied.sent_at[number] = now;
        let (state, word_at, next_at) = (copied.state, copied.word_at, copied.call.next_at());
        if let Memory::Hedge(_, out) = &mut self.covers.states[state as usize].memory {
            *out += 1;
        }
        if word_at < SimTime::MAX {
            self.send_word(part, word_at.max(now));
        }
        if next_at > now && next_at < SimTime::MAX {
            self.await_next(call, state, next_at);
        }
    }

    /// Wakes a call when its next copy is due.
    fn await_next(&mut self, call: u32, state: u32, next_at: SimTime) {
        let generation = self.calls[call].generation;
        let ring = self.covers.slots[self.covers.states[state as usize].slot as usize].ring;
        if ring != NONE && self.now + self.rings[ring as usize].delay == next_at {
            self.start_timer(ring, 0, call, generation);
        } else {
            self.schedule(next_at, Event::CoverDue, 0, call, generation);
        }
    }

    /// Sends copies that are due.
    pub(super) fn send_copy(&mut self, call: u32) {
        while self.copied(call).call.next_at() <= self.now {
            let state = self.copied(call).state;
            let hedge = self.hedge_of(state);
            let now = self.now;
            let (Covering::Hedge(copied), Memory::Hedge(memory, out)) = (
                &mut self.covers.of_call[call as usize],
                &mut self.covers.states[state as usize].memory,
            ) else {
                unreachable!("the call is hedged")
            };
            let in_flight = InFlight {
                active: *out,
                pending: 0,
            };
            match hedge.on_due(&mut copied.call, memory, now, in_flight) {
                Decision::Send => self.copy(call),
                Decision::Wait => {}
                settled @ Decision::Settle { .. } => {
                    let last = copied.last;
                    return self.follow_hedge(call, settled, last);
                }
            }
        }
    }

    /// A copy has ended.
    pub(super) fn copy_ended(&mut self, call: u32, number: u32, outcome: Outcome) {
        let now = self.now;
        let deadline = self.calls[call].deadline;
        let copied = self.copied(call);
        let part = core::mem::replace(&mut copied.copies[number as usize], NONE);
        copied.last = outcome;
        let state = copied.state;
        let told = self.retrying[part as usize].push_back;
        self.retrying[call as usize].push_back = told;
        let hedge = self.hedge_of(state);
        let (Covering::Hedge(copied), Memory::Hedge(memory, out)) = (
            &mut self.covers.of_call[call as usize],
            &mut self.covers.states[state as usize].memory,
        ) else {
            unreachable!("the call is hedged")
        };
        *out -= 1;
        let end = Ended {
            now,
            outcome,
            push_back: match told {
                Span::ZERO => PushBack::None,
                told => PushBack::After(told),
            },
            deadline,
            in_flight: InFlight {
                active: *out,
                pending: 0,
            },
        };
        let decision = hedge.on_result(&mut copied.call, memory, number, &end);
        if number > 0 && !outcome.is_failure() && matches!(decision, Decision::Settle { .. }) {
            let lane = self.sites[self.calls[call].site.index()].lane;
            self.recorder.hedge_won(lane, self.calls[self.root_of(call)].measured);
        }
        self.follow_hedge(call, decision, outcome);
    }

    fn follow_hedge(&mut self, call: u32, decision: Decision, outcome: Outcome) {
        match decision {
            Decision::Send => self.copy(call),
            Decision::Wait => {
                let copied = self.copied(call);
                let (state, next_at) = (copied.state, copied.call.next_at());
                if next_at > self.now && next_at < SimTime::MAX {
                    self.await_next(call, state, next_at);
                }
            }
            Decision::Settle { .. } => {
                let Covering::Hedge(copied) = core::mem::take(&mut self.covers.of_call[call as usize]) else {
                    unreachable!("the call is hedged")
                };
                let runs_on = self.hedge_of(copied.state).losers == Losers::Run;
                self.release_copies(&copied);
                for (number, &part) in copied.copies.iter().enumerate().filter(|it| *it.1 != NONE) {
                    if runs_on {
                        let after = After::Loser {
                            state: copied.state,
                            copy: number as u32,
                            since: copied.sent_at[number],
                        };
                        self.note_after(part, after);
                    } else {
                        self.covers.tells_callees = true;
                        self.abandon_call(CallRef::row(part));
                        self.covers.tells_callees = false;
                    }
                }
                self.attempt_ended(call, outcome);
            }
        }
    }

    /// The copies of a call are no longer waited for.
    fn release_copies(&mut self, copied: &Copied) {
        if let Memory::Hedge(_, out) = &mut self.covers.states[copied.state as usize].memory {
            *out -= copied.out();
        }
    }

    /// A hedged call is given up; its copies with it.
    pub(super) fn let_go_of_copies(&mut self, mut copied: Copied) {
        self.release_copies(&copied);
        let hedge = self.hedge_of(copied.state);
        if let Memory::Hedge(memory, _) = &mut self.covers.states[copied.state as usize].memory {
            hedge.abandon(&mut copied.call, memory, self.now);
        }
        for part in copied.parts() {
            self.abandon_call(CallRef::row(part));
        }
    }

    /// A copy that lost has run on, and is done.
    pub(super) fn loser_ended(&mut self, state: u32, copy: u32, since: SimTime, outcome: Outcome) {
        let hedge = self.hedge_of(state);
        if let Memory::Hedge(memory, _) = &mut self.covers.states[state as usize].memory {
            hedge.observe(memory, copy, self.now, outcome, self.now.since(since));
        }
    }

    /// The tied hedge that an attempt is a copy for, and the number of the copy.
    fn tied(&self, attempt: &Attempt) -> Option<(u32, u32)> {
        if attempt.call == NONE || attempt.call == LEAN {
            return None;
        }
        let mut call = attempt.call;
        while let Parent::Cover(above) = self.calls[call].parent {
            if let Covering::Hedge(it) = &self.covers.of_call[above as usize]
                && self.hedge_of(it.state).losers == Losers::CancelledAtStart
            {
                return Some((above, u32::from(self.calls[call].item)));
            }
            call = above;
        }
        None
    }

    /// A server has begun an attempt: if that is tied, word goes out to the servers of its twins.
    pub(super) fn tell_twins(&mut self, attempt: u32) {
        let row = &self.attempts[attempt];
        let Some((call, number)) = self.tied(row) else { return };
        let (from, key, delay) = (row.replica, row.key, row.back);
        let word_at = self.now + delay;
        let copied = self.copied(call);
        copied.word_at = copied.word_at.min(word_at);
        let (state, copies) = (copied.state, copied.copies);
        for twin in self.hedge_of(state).on_begun(number).iter() {
            let part = copies[twin as usize];
            if part == NONE || self.calls[part].attempt == NONE {
                continue;
            }
            let (mut delay, mut lost) = (delay, false);
            if !self.network_rules.is_empty() {
                let to = self.attempts[self.calls[part].attempt].replica;
                let word = self.streams.block(Purpose::Policy, key, 0)[twin as usize % 8];
                (delay, lost) = self.disturb(from, to, word, delay);
            }
            if !lost {
                self.send_word(part, self.now + delay);
            }
        }
    }

    /// Word that a twin was begun comes to the server of a copy.
    fn send_word(&mut self, part: u32, at: SimTime) {
        let attempt = self.calls[part].attempt;
        if attempt != NONE {
            let generation = self.attempts[attempt].generation;
            self.schedule(at, Event::TwinBegun, 0, attempt, generation);
        }
    }

    /// What waits for a worker is dropped, now that its twin has one; what was begun goes on.
    pub(super) fn on_twin_begun(&mut self, entry: Entry) {
        let attempt = entry.index;
        let row = &mut self.attempts[attempt];
        if row.generation != entry.generation {
            return;
        }
        let key = row.key;
        match row.phase {
            Phase::Outbound => row.outcome = Outcome::Cancelled, // It will be dropped on arrival.
            Phase::Queued => {
                if self.waits_for_thaw(self.attempts[attempt].replica, entry) {
                    return;
                }
                self.leave_queue(attempt);
                self.finish_attempt(attempt, Outcome::Cancelled);
            }
            _ => return,
        }
        self.happened(Event::TwinBegun, key);
    }
}
