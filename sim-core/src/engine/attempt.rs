//! Attempts as their caller sees them: sending, the answer, and letting go.

use super::arena::{Attempt, CallRef, Child, LEAN, Parent, Phase, Task};
use super::balance::WATCHED;
use super::caller::{Over, first_attempt_key};
use super::event::Event;
use super::pending::{Entry, Pending};
use super::site::SiteShape;
use super::slab::NONE;
use super::{Deed, Simulation};
use crate::dist::Dist;
use crate::ids::SiteId;
use crate::model::{Link, WorkPer};
use crate::outcome::Outcome;
use crate::policy::deadline;
use crate::quantity::Chance;
use crate::rng::{Ahead, Purpose, Streams, WordThen, mix};
use crate::time::{SimTime, Span};

/// An attempt about to be sent, with all that its call knows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sending {
    /// The call's row, or [`LEAN`].
    pub call: u32,
    /// The call's key.
    pub key: u64,
    pub deadline: SimTime,
    pub site: SiteId,
    pub instance: u32,
    pub party: u32,
    /// How many attempts were sent before.
    pub number: u16,
    pub depth: u16,
    pub class: u16,
    pub priority: u8,
    /// Whether it begins in the measured span.
    pub measured: bool,
    /// Of a lean call: who waits for it.
    pub parent: Parent,
    /// Of a lean request: the entry of the load's mix.
    pub item: u16,
    /// Of a lean call: its parent's key, and the site of the call that this parent will make next.
    pub parent_key: u64,
    pub then: Option<SiteId>,
}

/// By attempt: the block of the first attempt of the first call that it will make, if it was made together with its own,
/// and the key it is of.
#[derive(Debug, Default)]
pub(super) struct Foreseen(Vec<(u64, [u64; 8])>);

impl Foreseen {
    /// Keeps what was made together with the block of an attempt.
    #[inline(always)]
    fn keep(&mut self, attempt: u32, ahead: &Ahead) {
        let (key, words) = ahead.spare();
        match self.0.get_mut(attempt as usize) {
            Some(place) => *place = (key, *words),
            None => self.grow(attempt, (key, *words)),
        }
    }

    #[cold]
    #[inline(never)]
    fn grow(&mut self, attempt: u32, block: (u64, [u64; 8])) {
        self.0.resize(attempt as usize + 1, (0, [0; 8]));
        self.0[attempt as usize] = block;
    }

    /// What was made together with the block of an attempt, to be used next.
    #[inline(always)]
    pub fn recall(&self, attempt: u32, ahead: &mut Ahead) {
        let (key, words) = &self.0[attempt as usize];
        ahead.put(*key, words);
    }
}

/// Words of an attempt's block.
pub(super) const WORD_WORK: usize = 0;
const WORD_OUT: usize = 1;
const WORD_BACK: usize = 2;
const WORD_DOOMED: usize = 3;
const WORD_LOST: usize = 4;
const WORD_REPLY_LOST: usize = 5;
const WORD_CONNECT: usize = 6;

/// Draws what is drawn for every attempt, and notes in its row what is needed later. Gives its delay on the way, and
/// whether it is lost there.
#[inline(always)]
fn draw(
    streams: &Streams,
    site: &SiteShape<'_>,
    link: &Link,
    key: u64,
    call_key: u64,
    words: &[u64; 8],
    row: &mut Attempt,
) -> (Span, bool) {
    row.work = match &site.endpoint.work {
        None => Span::ZERO,
        Some(work) if site.endpoint.work_per == WorkPer::Attempt => drawn(work, streams, words[WORD_WORK], key, 0),
        Some(work) => {
            let word = streams.block(Purpose::Attempt, call_key, 0)[WORD_WORK];
            drawn(work, streams, word, call_key, 0)
        }
    };
    let out = match &link.latency {
        None => {
            row.back = Span::ZERO;
            Span::ZERO
        }
        Some(latency) => {
            row.back = drawn(latency, streams, words[WORD_BACK], key, 2);
            drawn(latency, streams, words[WORD_OUT], key, 1)
        }
    };
    row.doomed = site.is_choosy
        && site
            .endpoint
            .errors
            .is_some_and(|it| it.ratio.happens(words[WORD_DOOMED]));
    if link.loss == Chance::NEVER {
        row.reply_lost = false;
        return (out, false);
    }
    row.reply_lost = link.loss.happens(words[WORD_REPLY_LOST]);
    (out, link.loss.happens(words[WORD_LOST]))
}

/// A length drawn for an attempt, by the word that is kept for it.
#[inline(always)]
pub(super) fn drawn(dist: &Dist, streams: &Streams, word: u64, key: u64, at: u32) -> Span {
    dist.sample_from(word)
        .unwrap_or_else(|| drawn_by_many_words(dist, streams, word, key, at))
}

#[cold]
#[inline(never)]
fn drawn_by_many_words(dist: &Dist, streams: &Streams, word: u64, key: u64, at: u32) -> Span {
    dist.sample(&mut WordThen::new(word, streams, Purpose::Attempt, key, at))
}

impl<Q: Pending> Simulation<'_, Q> {
    /// Sends the next attempt of a call with a row.
    #[inline(never)]
    pub(super) fn launch(&mut self, call: u32) {
        if self.covers.any && self.begin_cover(call) {
            return;
        }
        let row = &self.calls[call];
        let (generation, site, instance) = (row.generation, row.site, row.instance);
        if deadline::passed(row.deadline, self.now) {
            // Nothing is left of its time, or of the time handed down to it: nothing is sent.
            self.agenda.push(Deed::Settle(call, generation, Outcome::Deadline));
            return;
        }
        if self.keyed {
            self.items.take(call);
        }
        match self.pick(site, instance) {
            Some(replica) => {
                if !(self.pools.any && self.connect_first(call, replica)) {
                    self.launch_to(call, replica);
                }
            }
            None => self.agenda.push(Deed::Settle(call, generation, Outcome::Unreachable)),
        }
    }

    /// Sends the next attempt of a call with a row to a replica; gives its index.
    #[inline]
    pub(super) fn launch_to(&mut self, call: u32, replica: u32) -> u32 {
        let row = &self.calls[call];
        let root = if self.covers.any { self.root_of(call) } else { call };
        let sending = Sending {
            call,
            key: row.key,
            deadline: row.deadline,
            site: row.site,
            instance: row.instance,
            party: row.party,
            number: self.calls[root].attempts,
            depth: row.depth,
            class: row.class,
            priority: row.priority,
            measured: self.recorder.measuring,
            parent: Parent::Nobody,
            item: 0,
            parent_key: 0,
            then: None,
        };
        let attempt = self.send::<false>(sending, replica);
        self.calls[root].attempts += 1;
        self.calls[call].attempt = attempt;
        attempt
    }

    /// Sends an attempt to a replica; gives its index.
    ///
    /// If it is the `LAST` thing an event does, and the attempt arrives without a delay, it does so before this returns:
    /// there is nothing on the agenda that would have to come first.
    #[inline(always)]
    pub(super) fn send<const LAST: bool>(&mut self, of: Sending, replica: u32) -> u32 {
        let now = self.now;
        let site = &self.sites[of.site.index()];
        let key = mix(of.key, u64::from(of.number));
        if of.call == LEAN {
            self.recorder.call_sent(site.lane, of.measured, now);
        } else {
            self.recorder.attempt_sent(site.lane, of.measured, now);
        }
        let link = site.links[self.callers.scope(of.party, replica)];
        let (attempt, row) = self.attempts.claim();
        let generation = row.generation;
        row.call = of.call;
        row.key = key;
        row.site = of.site;
        row.replica = replica;
        row.plan_state = NONE;
        row.party = of.party;
        row.outcome = Outcome::Ok;
        row.measured = of.measured;
        row.measured_at_service = false;
        row.degraded = false;
        row.push_back = Span::ZERO;
        row.has_worker = false;
        row.class = of.class;
        row.priority = of.priority;
        row.depth = of.depth;
        row.item = of.item;
        row.sent = now;
        row.arrived = SimTime::ZERO;
        row.deadline = of.deadline;
        row.parent = of.parent;
        (row.sibling_next, row.sibling_previous) = (CallRef::NONE, CallRef::NONE);
        row.child = Child::None;
        row.task = Task::IDLE;
        let was_ahead = self.ahead.has(key);
        row.foreseen = false;
        (row.is_direct, row.is_laid) = (site.is_direct, false);
        if !was_ahead {
            let sibling = of
                .then
                .map(|it| first_attempt_key(of.parent_key, self.sites[it.index()].key));
            let child = || site.calls_first.map(|it| first_attempt_key(key, it));
            let next = sibling.or_else(child);
            self.streams.make_ahead(key, next, &mut self.ahead);
            if sibling.is_none() && next.is_some() {
                self.foreseen.keep(attempt, &self.ahead);
                row.foreseen = true;
            }
        }
        let words = self.ahead.words(was_ahead);
        let (mut out, mut vanishes) = draw(&self.streams, site, link, key, of.key, words, row);
        row.outstanding = NONE;
        let mut connects = false;
        if site.first_outstanding != NONE {
            let place = site.first_outstanding + of.instance * site.slots + (replica - site.first_replica);
            row.outstanding = place;
            let place = (place & !WATCHED) as usize;
            let count = &mut self.callers.outstanding[place];
            connects = link.connect.is_some() && *count >= self.callers.connections[place];
            *count += 1;
        }
        row.phase = Phase::Outbound;
        let (timeout, sends_bytes) = (site.attempt_timeout, site.sends_bytes);
        if of.call != LEAN {
            self.note_plan_state(attempt, of.site, of.instance);
        }
        if connects || sends_bytes || !self.network_rules.is_empty() {
            (out, vanishes) = self.send_oddly(attempt, connects, out, vanishes);
        }
        if vanishes {
            self.attempts[attempt].phase = Phase::Lost;
        }
        if timeout != NONE {
            self.start_timer(timeout, 0, attempt, generation);
        }
        if vanishes {
            return attempt;
        }
        if out == Span::ZERO {
            if LAST {
                debug_assert!(self.agenda.is_empty(), "nothing comes first");
                self.arrive(attempt);
            } else {
                self.agenda.push(Deed::Arrive(attempt, generation));
            }
        } else {
            self.schedule(now + out, Event::Delivered, 0, attempt, generation);
        }
        attempt
    }

    /// What a plan that does more than bound attempts keeps of one.
    #[inline(never)]
    fn note_plan_state(&mut self, attempt: u32, site: SiteId, instance: u32) {
        if self.keyed {
            self.items.sent(self.attempts[attempt].call, attempt);
        }
        let site = &self.sites[site.index()];
        if site.is_single && !site.is_part {
            return;
        }
        let shape = &self.plans[site.plan.index()];
        let row = &mut self.attempts[attempt];
        if shape.withholds_deadline {
            row.deadline = SimTime::MAX;
        }
        if shape.retry.is_some() {
            let state = self.layout.plan_state(shape.root, instance, shape.plan.shared_state);
            self.callers.active[state] += 1;
            row.plan_state = state as u32;
        }
    }

    /// A message that opens a connection, has a size, or meets a disturbed network: its delay, and whether it is lost.
    #[inline(never)]
    fn send_oddly(&mut self, attempt: u32, connects: bool, mut out: Span, mut vanishes: bool) -> (Span, bool) {
        let row = &self.attempts[attempt];
        let (key, party, replica, place) = (row.key, row.party, row.replica, row.outstanding & !WATCHED);
        let site = &self.sites[row.site.index()];
        let scope = self.callers.scope(party, replica);
        let words = self.streams.block(Purpose::Attempt, key, 0);
        if connects && let Some(connect) = &site.links[scope].connect {
            self.callers.connections[place as usize] += 1;
            out += drawn(connect, &self.streams, words[WORD_CONNECT], key, 6);
        }
        if !self.network_rules.is_empty() {
            let path = self.disturb(party, replica, words[WORD_LOST], out);
            out = path.0;
            vanishes |= path.1;
        }
        let (edge, bytes) = (site.edge, site.endpoint.request_bytes);
        if bytes > 0 {
            out += self.transmit(edge, scope, false, bytes);
        }
        (out, vanishes)
    }

    /// A reply reaches its caller: a returning attempt stays.
    #[inline(never)]
    pub(super) fn on_replied(&mut self, attempt: u32, generation: u32) {
        if self.frozen > 0 && self.reply_waits_for_thaw(attempt, generation) {
            return;
        }
        let key = self.attempts[attempt].key;
        self.happened(Event::Replied, key);
        self.replied(attempt);
    }

    /// A reply without delay reaches its caller.
    #[inline(never)]
    pub(super) fn reply_at_once(&mut self, attempt: u32, generation: u32) {
        if self.frozen > 0 && self.reply_waits_for_thaw(attempt, generation) {
            return;
        }
        self.replied(attempt);
    }

    #[cold]
    fn reply_waits_for_thaw(&mut self, attempt: u32, generation: u32) -> bool {
        let row = &self.attempts[attempt];
        debug_assert_eq!(row.generation, generation, "a returning attempt stays");
        let entry = Entry::new(self.now, Event::Replied, 0, 0, attempt, generation);
        row.call != NONE && self.waits_for_thaw(row.party, entry)
    }

    /// A reply reaches its caller, if there still is one.
    #[inline(always)]
    pub(super) fn replied(&mut self, attempt: u32) {
        let row = &self.attempts[attempt];
        let (call, outcome, push_back) = (row.call, row.outcome, row.push_back);
        match call {
            NONE => self.attempts.remove(attempt),
            LEAN => self.lean_replied(attempt, outcome),
            _ => {
                self.let_go(attempt, true, outcome);
                if self.may_retry {
                    self.retrying[call as usize].push_back = push_back;
                }
                self.attempts.remove(attempt);
                self.calls[call].attempt = NONE;
                self.attempt_ended(call, outcome);
            }
        }
    }

    /// The answer to an attempt that stands for its call.
    #[inline(always)]
    fn lean_replied(&mut self, attempt: u32, outcome: Outcome) {
        let row = &mut self.attempts[attempt];
        row.call = NONE;
        let over = Over {
            site: row.site,
            parent: row.parent,
            start: row.sent,
            measured: row.measured,
            sent: true,
            item: row.item,
        };
        let (next, previous) = (row.sibling_next, row.sibling_previous);
        let place = row.outstanding;
        if place < WATCHED {
            self.callers.outstanding[place as usize] -= 1;
        } else if place != NONE {
            self.watched_ended(attempt, outcome);
        }
        if let Parent::Join(join) = over.parent {
            self.close_gap(join, next, previous);
        }
        self.attempts.remove(attempt);
        let site = &self.sites[over.site.index()];
        self.recorder.lean_call_ended(site.lane, &over, self.now, outcome);
        self.tell(&over, outcome);
    }

    /// The caller's side of an attempt is over: it is no longer outstanding.
    #[inline(always)]
    fn let_go(&mut self, attempt: u32, answered: bool, outcome: Outcome) {
        if self.pools.any {
            self.release_connection(attempt, answered);
        }
        let row = &mut self.attempts[attempt];
        row.call = NONE;
        if row.plan_state != NONE {
            self.callers.active[row.plan_state as usize] -= 1;
        }
        let lane = self.sites[row.site.index()].lane;
        self.recorder
            .attempt_ended(lane, row.measured, self.now.since(row.sent));
        let place = row.outstanding;
        if place == NONE {
            return;
        }
        let at = (place & !WATCHED) as usize;
        if !answered && let Some(connections) = self.callers.connections.get_mut(at) {
            // A connection with an answer still to come is of no use to anybody else.
            *connections = connections.saturating_sub(1);
        }
        if place < WATCHED {
            self.callers.outstanding[at] -= 1;
        } else {
            self.watched_ended(attempt, outcome);
        }
    }

    /// The caller gives up on an attempt, which is this to it; the callee goes on unless the plan cancels.
    pub(super) fn drop_attempt(&mut self, attempt: u32, outcome: Outcome) {
        self.let_go(attempt, false, outcome);
        let row = &self.attempts[attempt];
        match row.phase {
            Phase::Lost => self.attempts.remove(attempt),
            Phase::Returning => (),
            Phase::Outbound | Phase::Held | Phase::Queued | Phase::Inside | Phase::Resuming => {
                let plan = self.sites[row.site.index()].plan;
                if self.plans[plan.index()].cancels || self.covers.tells_callees {
                    let (party, replica, key) = (row.party, row.replica, row.key);
                    let (mut delay, mut lost, generation) = (row.back, false, row.generation);
                    if !self.network_rules.is_empty() {
                        let word = self.streams.block(Purpose::Attempt, key, 0)[6];
                        (delay, lost) = self.disturb(party, replica, word, delay);
                    }
                    if !lost {
                        self.schedule(self.now + delay, Event::CancelArrived, 0, attempt, generation);
                    }
                }
            }
        }
    }

    pub(super) fn on_attempt_timeout(&mut self, entry: Entry) {
        let attempt = entry.index;
        let row = &self.attempts[attempt];
        if row.generation != entry.generation || row.call == NONE || self.waits_for_thaw(row.party, entry) {
            return;
        }
        let row = &self.attempts[attempt];
        let (call, key) = (row.call, row.key);
        self.happened(Event::AttemptTimeout, key);
        if call == LEAN {
            let over = self.over(CallRef::lean(attempt));
            if let Parent::Join(join) = over.parent {
                self.unlink_call(join, CallRef::lean(attempt));
            }
            self.drop_attempt(attempt, Outcome::Timeout);
            self.note_end(&over, Outcome::Timeout);
            return self.tell(&over, Outcome::Timeout);
        }
        self.drop_attempt(attempt, Outcome::Timeout);
        self.calls[call].attempt = NONE;
        self.attempt_ended(call, Outcome::Timeout);
    }
}
