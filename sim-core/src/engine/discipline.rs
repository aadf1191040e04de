//! Queue disciplines: who lines up where, who is next, and who is given up.

use super::arena::{Attempt, Phase};
use super::event::Event;
use super::line::Line;
use super::pending::Pending;
use super::replica::{Replica, UNLIMITED, is_fifo};
use super::server::take_worker;
use super::slab::{NONE, Slab};
use super::{Simulation, governor};
use crate::ids::ServiceId;
use crate::model::{Discipline, Expiry, Queue, QueueOrder, Shedding};
use crate::outcome::Outcome;
use crate::server::adaptive_lifo::End;
use crate::server::codel::{CodelState, Verdict};
use crate::server::folly_codel::FollyCodelState;
use crate::server::overflow::{Admission, Overflow};
use crate::server::queue_timeout::LastEmpty;
use crate::server::red::RedState;
use crate::time::{SimTime, Span};

/// What the machines of one queue remember.
#[derive(Debug)]
pub(super) struct LineState {
    /// How many of each priority in use wait, the most important first.
    pub waiting: Vec<u32>,
    /// In order of priority: the last of each, or [`NONE`].
    tails: Vec<u32>,
    shedding: SheddingState,
    red: RedState,
    last_empty: Option<LastEmpty>,
}

#[derive(Debug)]
enum SheddingState {
    None,
    Codel(CodelState),
    FollyCodel(FollyCodelState),
}

impl LineState {
    /// An empty queue.
    pub fn new(discipline: &Discipline, classes: usize, now: SimTime) -> LineState {
        LineState {
            waiting: vec![0; classes],
            tails: vec![NONE; classes],
            shedding: match &discipline.shedding {
                None => SheddingState::None,
                Some(Shedding::Codel(it)) => SheddingState::Codel(it.start()),
                Some(Shedding::FollyCodel(it)) => SheddingState::FollyCodel(it.start(now)),
            },
            red: RedState::default(),
            last_empty: discipline.queue_timeout.as_ref().map(|it| it.start(now)),
        }
    }

    /// A call that waited for `sojourn` comes out; `is_last`: nobody is left.
    fn on_dequeue(&mut self, discipline: &Discipline, now: SimTime, sojourn: Span, is_last: bool) -> Verdict {
        match (&discipline.shedding, &mut self.shedding) {
            (None, SheddingState::None) => Verdict::Keep,
            (Some(Shedding::Codel(it)), SheddingState::Codel(of)) => it.on_dequeue(of, now, sojourn, is_last),
            (Some(Shedding::FollyCodel(it)), SheddingState::FollyCodel(of)) => it.on_dequeue(of, now, sojourn),
            _ => unreachable!("a queue's state was made by its own discipline"),
        }
    }
}

impl Line {
    /// An attempt lines up behind another one, or before all if that is [`NONE`].
    fn insert_after(&mut self, attempts: &mut Slab<Attempt>, before: u32, attempt: u32) {
        let next = match before {
            NONE => self.first,
            before => attempts[before].next,
        };
        let row = &mut attempts[attempt];
        (row.previous, row.next) = (before, next);
        match before {
            NONE => self.first = attempt,
            before => attempts[before].next = attempt,
        }
        match next {
            NONE => self.last = attempt,
            next => attempts[next].previous = attempt,
        }
        self.len += 1;
    }
}

/// Who is next in a queue that somebody waits in.
#[inline]
pub(super) fn next_of(line: &Line, order: QueueOrder) -> u32 {
    match order {
        // By priority, it is lined up so that the first is next.
        QueueOrder::Fifo | QueueOrder::Priority => line.first,
        QueueOrder::Lifo => line.last,
        QueueOrder::AdaptiveLifo(it) => match it.next(line.len) {
            End::Oldest => line.first,
            End::Newest => line.last,
        },
    }
}

impl<Q: Pending> Simulation<'_, Q> {
    /// A change put another queue in place: those who wait line up in it.
    pub(super) fn replace_queue(&mut self, service: ServiceId, queue: &Queue) {
        let state = &mut self.services[service.index()];
        state.queue = queue.clone();
        state.queue_ring = NONE;
        let row = &self.model.services[service.index()];
        let sees_all = governor::sees_all(self.governors.rules[service.index()], queue) || row.quota.is_some();
        for at in self.layout.replicas_of(service) {
            let place = &mut self.replicas[at];
            place.queue_limit = queue.limit.unwrap_or(UNLIMITED);
            place.impatient = queue.timeout.is_some();
            place.is_fifo = is_fifo(queue.order);
            place.look_at_all(sees_all);
            if place.governor == NONE && governor::governs(queue) {
                place.be_governed(self.governors.install(self.model, &self.streams, at, self.now));
            }
            if self.replicas[at].governor != NONE {
                self.line_up_again(at, queue);
            }
        }
    }

    pub(super) fn line_up_again(&mut self, at: usize, queue: &Queue) {
        let place = &mut self.replicas[at];
        let mut next = core::mem::replace(&mut place.queue, Line::EMPTY).first;
        let line = &mut self.governors.rows[place.governor as usize].line;
        *line = LineState::new(&queue.discipline, line.waiting.len(), self.now);
        while next != NONE {
            let attempt = next;
            next = self.attempts[attempt].next;
            self.line_up(attempt);
        }
    }

    /// A call that waits takes its place in the queue; gives how long it may wait, if the discipline says so.
    fn line_up(&mut self, attempt: u32) -> Option<Span> {
        let row = &self.attempts[attempt];
        let place = &mut self.replicas[row.replica as usize];
        let queue = &self.services[place.service.index()].queue;
        let class = self.governors.rank(row.priority);
        let line = &mut self.governors.rows[place.governor as usize].line;
        let is_empty = place.queue.len == 0;
        let patience = match (&queue.discipline.queue_timeout, &mut line.last_empty) {
            (Some(it), Some(of)) => Some(it.on_enqueue(of, self.now, is_empty)),
            _ => None,
        };
        line.waiting[class] += 1;
        if queue.order == QueueOrder::Priority {
            let ahead = line.tails[..=class].iter().rev().copied().find(|it| *it != NONE);
            place
                .queue
                .insert_after(&mut self.attempts, ahead.unwrap_or(NONE), attempt);
            line.tails[class] = attempt;
        } else {
            place.queue.push_back(&mut self.attempts, attempt);
        }
        patience
    }

    /// A newcomer waits in a governed queue.
    pub(super) fn wait_in_line(&mut self, attempt: u32) {
        if let Some(patience) = self.line_up(attempt) {
            let ring = super::ring_for(&mut self.rings, patience, Event::QueueTimeout);
            let row = &self.attempts[attempt];
            self.start_timer(ring, row.task.epoch, attempt, row.generation);
        }
    }

    /// A call is about to be taken out of a governed queue.
    pub(super) fn note_leaving_line(&mut self, attempt: u32) {
        let row = &self.attempts[attempt];
        let class = self.governors.rank(row.priority);
        let place = &self.replicas[row.replica as usize];
        let line = &mut self.governors.rows[place.governor as usize].line;
        line.waiting[class] -= 1;
        if line.tails[class] == attempt {
            let before = row.previous;
            let same = before != NONE && self.governors.rank(self.attempts[before].priority) == class;
            let line = &mut self.governors.rows[place.governor as usize].line;
            line.tails[class] = if same { before } else { NONE };
        }
    }

    /// A newcomer finds the queue full: whether somebody goes, so that it has room.
    pub(super) fn makes_room(&mut self, newcomer: u32) -> bool {
        let row = &self.attempts[newcomer];
        let class = self.governors.rank(row.priority);
        let place = &self.replicas[row.replica as usize];
        let line = &self.governors.rows[place.governor as usize].line;
        let overflow = Overflow {
            limit: place.queue_limit,
            on_full: self.services[place.service.index()].queue.discipline.on_full,
        };
        let victim = match overflow.admit(&line.waiting, class) {
            Admission::Enqueue => return true,
            Admission::Refuse => return false,
            Admission::DropOldest(class) => self.find_in_line(place, class, place.queue.first, |it| it.next),
            Admission::DropNewest(class) => self.find_in_line(place, class, place.queue.last, |it| it.previous),
        };
        self.leave_queue(victim);
        self.finish_attempt(victim, Outcome::QueueFull);
        true
    }

    /// The first of a class, from one end of the queue on.
    fn find_in_line(&self, place: &Replica, class: usize, from: u32, onwards: impl Fn(&Attempt) -> u32) -> u32 {
        let mut at = from;
        while self.governors.rank(self.attempts[at].priority) != class {
            at = onwards(&self.attempts[at]);
            assert_ne!(at, NONE, "somebody of this class waits among {}", place.queue.len);
        }
        at
    }

    /// A call got a worker without waiting: the machines that watch the queue take it for one that has not waited.
    pub(super) fn note_unqueued(&mut self, attempt: u32) {
        let place = &self.replicas[self.attempts[attempt].replica as usize];
        let discipline = &self.services[place.service.index()].queue.discipline;
        let line = &mut self.governors.rows[place.governor as usize].line;
        let verdict = line.on_dequeue(discipline, self.now, Span::ZERO, true);
        debug_assert_eq!(verdict, Verdict::Keep, "who has not waited is not late");
    }

    /// A free worker looks at a governed queue: the next call is served, or given up. `false` if nobody waits.
    pub(super) fn serve_governed(&mut self, replica: u32) -> bool {
        let place = &mut self.replicas[replica as usize];
        if place.queue.first == NONE {
            return false;
        }
        place.touch(&mut self.time_shares, self.now);
        let order = self.services[place.service.index()].queue.order;
        let attempt = next_of(&place.queue, order);
        debug_assert_eq!(self.attempts[attempt].phase, Phase::Queued);
        self.note_leaving_line(attempt);
        let place = &mut self.replicas[replica as usize];
        place.queue.remove(&mut self.attempts, attempt);
        let row = &mut self.attempts[attempt];
        row.task.epoch = row.task.epoch.wrapping_add(1);
        let discipline = &self.services[place.service.index()].queue.discipline;
        let line = &mut self.governors.rows[place.governor as usize].line;
        let sojourn = self.now.since(row.arrived);
        let verdict = line.on_dequeue(discipline, self.now, sojourn, place.queue.len == 0);
        let is_late = match discipline.expiry {
            Expiry::Passed => row.deadline <= self.now,
            Expiry::Drop(it) => it.drops(self.now, row.deadline),
            Expiry::Serve => false,
        };
        if verdict == Verdict::Drop {
            self.finish_attempt(attempt, Outcome::Shed);
        } else if is_late {
            self.finish_attempt(attempt, Outcome::Deadline);
        } else {
            let site = &self.sites[row.site.index()];
            let begun = take_worker(row, place, site, &mut self.recorder, self.now);
            self.begin(attempt, begun);
        }
        true
    }

    /// Whether a newcomer is refused at random, before the queue is full.
    pub(super) fn is_dropped_early(&mut self, replica: u32) -> bool {
        let place = &self.replicas[replica as usize];
        let Some(red) = &self.services[place.service.index()].queue.discipline.red else {
            return false;
        };
        let governor = &mut self.governors.rows[place.governor as usize];
        !red.admit(&mut governor.line.red, place.queue.len, &mut governor.draws)
    }
}
