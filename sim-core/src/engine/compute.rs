//! Work in progress: cores, processor sharing, and what happens to work when a replica slows down or stops.

use core::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use super::Simulation;
use super::arena::{Computing, Task};
use super::direct::ends_directly;
use super::event::Event;
use super::pending::{Entry, Pending};
use crate::model::Sharing;
use crate::quantity::Factor;
use crate::time::{SimTime, Span};

/// A piece of work: an attempt's or a branch's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Piece {
    pub is_frame: bool,
    pub index: u32,
    generation: u32,
    epoch: u16,
}

/// Virtual time of processor sharing: 2^-16 ns, so that shares of a nanosecond are not lost.
const VIRTUAL_BITS: u32 = 16;

/// The cores of one replica, where they are limited.
#[derive(Debug)]
pub(super) struct Cores {
    limit: u32,
    sharing: Sharing,
    /// Pieces that have a core (FIFO), or share them all.
    running: u32,
    /// Pieces that wait for a core.
    line: VecDeque<Piece>,
    /// How much work each sharer has received so far.
    virtual_now: u128,
    virtual_since: SimTime,
    /// Sharers by the virtual time at which they are done; those who left are recognised by their epoch.
    sharers: BinaryHeap<Reverse<(u128, u64, Piece)>>,
    joined: u64,
    epoch: u16,
}

impl Cores {
    pub fn new(cores: crate::model::Cores) -> Cores {
        Cores {
            limit: cores.limit,
            sharing: cores.sharing,
            running: 0,
            line: VecDeque::new(),
            virtual_now: 0,
            virtual_since: SimTime::ZERO,
            sharers: BinaryHeap::new(),
            joined: 0,
            epoch: 0,
        }
    }

    /// Cores at work.
    pub fn computing(&self) -> u32 {
        self.running.min(self.limit)
    }

    /// Nobody computes or waits any more.
    pub fn clear(&mut self) {
        self.running = 0;
        self.line.clear();
        self.sharers.clear();
        self.epoch = self.epoch.wrapping_add(1);
    }

    /// Brings the virtual time up to `now`, at the speed of the present sharers (none while stopped).
    fn advance(&mut self, now: SimTime, stopped: bool) {
        let since = u128::from(now.since(self.virtual_since).nanos()) << VIRTUAL_BITS;
        self.virtual_since = now;
        if stopped || self.running == 0 {
            return;
        }
        self.virtual_now += if self.running <= self.limit {
            since
        } else {
            since * u128::from(self.limit) / u128::from(self.running)
        };
    }

    /// How long until a sharer with so much virtual time to go is done, if nobody comes or goes.
    fn real(&self, left: u128) -> Span {
        let wide = if self.running <= self.limit {
            left.div_ceil(1 << VIRTUAL_BITS)
        } else {
            (left * u128::from(self.running)).div_ceil(u128::from(self.limit) << VIRTUAL_BITS)
        };
        Span::from_nanos(u64::try_from(wide).unwrap_or(u64::MAX))
    }
}

impl<Q: Pending> Simulation<'_, Q> {
    fn task(&mut self, piece: Piece) -> &mut Task {
        if piece.is_frame {
            &mut self.frames[piece.index].task
        } else {
            &mut self.attempts[piece.index].task
        }
    }

    fn is_current(&self, piece: Piece) -> bool {
        let (generation, epoch) = if piece.is_frame {
            let row = &self.frames[piece.index];
            (row.generation, row.task.epoch)
        } else {
            let row = &self.attempts[piece.index];
            (row.generation, row.task.epoch)
        };
        generation == piece.generation && epoch == piece.epoch
    }

    fn piece(&self, is_frame: bool, index: u32) -> Piece {
        let (generation, epoch) = if is_frame {
            (self.frames[index].generation, self.frames[index].task.epoch)
        } else {
            (self.attempts[index].generation, self.attempts[index].task.epoch)
        };
        Piece {
            is_frame,
            index,
            generation,
            epoch,
        }
    }

    fn replica_of(&self, piece: Piece) -> u32 {
        let attempt = if piece.is_frame {
            self.frames[piece.index].attempt
        } else {
            piece.index
        };
        self.attempts[attempt].replica
    }

    /// An attempt's main flow computes for `work`, given a free core and a healthy replica.
    #[inline(always)]
    pub(super) fn compute(&mut self, attempt: u32, work: Span) {
        let row = &mut self.attempts[attempt];
        let replica = row.replica;
        let place = &self.replicas[replica as usize];
        if !place.odd {
            // The common case, without a detour.
            let until = self.now + work;
            row.task.computing = Computing::Running;
            row.task.until = until;
            let (epoch, generation) = (row.task.epoch, row.generation);
            self.schedule(until, Event::WorkDone, epoch, attempt, generation);
        } else {
            let work = self.slowed(attempt, replica, work);
            self.compute_piece(self.piece(false, attempt), replica, work);
        }
    }

    /// A branch computes for `work`.
    pub(super) fn compute_frame(&mut self, frame: u32, work: Span) {
        let attempt = self.frames[frame].attempt;
        let replica = self.attempts[attempt].replica;
        let work = self.slowed(attempt, replica, work);
        self.compute_piece(self.piece(true, frame), replica, work);
    }

    /// Work as it takes here and now: slowed by the calls in service and by faults.
    fn slowed(&self, attempt: u32, replica: u32, work: Span) -> Span {
        let place = &self.replicas[replica as usize];
        let mut work = work;
        if let Some(slowdown) = &self.model.services[place.service.index()].slowdown {
            work = slowdown.stretch(work, place.busy);
        }
        if place.disturbed {
            let endpoint = self.endpoint_of(self.attempts[attempt].site);
            work = work.scale(self.work_factor(replica, endpoint).0, 1_000_000);
        }
        work
    }

    fn compute_piece(&mut self, piece: Piece, replica: u32, work: Span) {
        self.touch(replica);
        let now = self.now;
        let place = &mut self.replicas[replica as usize];
        let stopped = place.stopped;
        match &mut place.cores {
            None => self.run_piece(piece, replica, work),
            Some(cores) if cores.sharing == Sharing::Processor => {
                cores.advance(now, stopped);
                cores.running += 1;
                let done = cores.virtual_now + (u128::from(work.nanos()) << VIRTUAL_BITS);
                cores.joined += 1;
                cores.sharers.push(Reverse((done, cores.joined, piece)));
                let task = self.task(piece);
                task.computing = Computing::Sharing;
                self.expect_share(replica);
            }
            Some(cores) if cores.running < cores.limit => {
                cores.running += 1;
                self.run_piece(piece, replica, work);
            }
            Some(cores) => {
                cores.line.push_back(piece);
                let task = self.task(piece);
                task.computing = Computing::Queued;
                task.left = work;
            }
        }
    }

    /// A piece has its core.
    fn run_piece(&mut self, piece: Piece, replica: u32, work: Span) {
        let until = self.now + work;
        let stopped = self.replicas[replica as usize].stopped;
        let task = self.task(piece);
        if stopped {
            task.computing = Computing::Frozen;
            task.left = work;
            return;
        }
        task.computing = Computing::Running;
        task.until = until;
        self.schedule_piece(piece, until);
    }

    fn schedule_piece(&mut self, piece: Piece, until: SimTime) {
        let event = if piece.is_frame {
            Event::BranchDone
        } else {
            Event::WorkDone
        };
        self.schedule(until, event, piece.epoch, piece.index, piece.generation);
    }

    /// A flow waits, holding no core.
    pub(super) fn wait(&mut self, is_frame: bool, index: u32, span: Span) {
        let piece = self.piece(is_frame, index);
        let replica = self.replica_of(piece);
        // Waiting is not work: a stalled replica's timers run, a paused one's do not.
        let paused = self.replicas[replica as usize].paused;
        let until = self.now + span;
        let task = self.task(piece);
        task.computing = if paused {
            Computing::FrozenWaiting
        } else {
            Computing::Waiting
        };
        (task.until, task.left) = (until, span);
        if !paused {
            self.schedule_piece(piece, until);
        }
    }

    #[inline(never)]
    pub(super) fn on_work_done(&mut self, attempt: u32, generation: u32, epoch: u16) {
        let now = self.now;
        let row = &mut self.attempts[attempt];
        if row.generation != generation || row.task.epoch != epoch {
            return; // It was stopped, or its end was moved.
        }
        self.events += 1;
        self.digest.fold(now, Event::WorkDone as u8, row.key);
        let (replica, computing) = (row.replica, row.task.computing);
        let is_plain = row.step == row.steps_end && !row.degraded && !row.doomed;
        if is_plain && self.replicas[replica as usize].ends_plainly {
            // The common end of a flow, without a detour.
            if ends_directly(row) && self.network_rules.is_empty() {
                return self.finish_directly(attempt);
            }
            row.task.computing = Computing::No;
            row.task.epoch = epoch.wrapping_add(1);
            return self.finish_last(attempt);
        }
        row.task.computing = Computing::No;
        row.task.epoch = epoch.wrapping_add(1);
        if computing == Computing::Running {
            self.free_core(replica);
        }
        self.advance(attempt);
    }

    pub(super) fn on_branch_done(&mut self, entry: Entry) {
        let row = &mut self.frames[entry.index];
        if row.generation != entry.generation || row.task.epoch != entry.epoch() {
            return;
        }
        let (attempt, computing) = (row.attempt, row.task.computing);
        row.task.computing = Computing::No;
        row.task.epoch = row.task.epoch.wrapping_add(1);
        let (key, replica) = (self.attempts[attempt].key, self.attempts[attempt].replica);
        self.happened(Event::BranchDone, key);
        if computing == Computing::Running {
            self.free_core(replica);
        }
        self.advance_frame(entry.index);
    }

    /// A core is free: the next piece in line takes it.
    #[inline(always)]
    fn free_core(&mut self, replica: u32) {
        let place = &self.replicas[replica as usize];
        if place.odd && place.cores.is_some() {
            self.free_one_of_cores(replica);
        }
    }

    #[inline(never)]
    fn free_one_of_cores(&mut self, replica: u32) {
        self.touch(replica);
        let cores = self.replicas[replica as usize]
            .cores
            .as_mut()
            .expect("it was there above");
        cores.running -= 1;
        loop {
            let cores = self.replicas[replica as usize].cores.as_mut().expect("cores stay");
            if cores.running >= cores.limit {
                return;
            }
            let Some(piece) = cores.line.pop_front() else {
                return;
            };
            if self.is_current(piece) {
                let cores = self.replicas[replica as usize].cores.as_mut().expect("cores stay");
                cores.running += 1;
                let left = self.task(piece).left;
                self.run_piece(piece, replica, left);
            }
        }
    }

    /// Schedules the end of the sharer who will be done first.
    fn expect_share(&mut self, replica: u32) {
        loop {
            let cores = self.replicas[replica as usize]
                .cores
                .as_ref()
                .expect("it shares its cores");
            let Some(&Reverse((done, _, piece))) = cores.sharers.peek() else {
                break;
            };
            if self.is_current(piece) {
                let left = cores.real(done.saturating_sub(cores.virtual_now));
                let stopped = self.replicas[replica as usize].stopped;
                let cores = self.replicas[replica as usize]
                    .cores
                    .as_mut()
                    .expect("it shares its cores");
                cores.epoch = cores.epoch.wrapping_add(1);
                let epoch = cores.epoch;
                if !stopped {
                    self.schedule(self.now + left, Event::ShareDone, epoch, replica, 0);
                }
                return;
            }
            let cores = self.replicas[replica as usize]
                .cores
                .as_mut()
                .expect("it shares its cores");
            cores.sharers.pop();
        }
        let cores = self.replicas[replica as usize]
            .cores
            .as_mut()
            .expect("it shares its cores");
        cores.epoch = cores.epoch.wrapping_add(1);
    }

    pub(super) fn on_share_done(&mut self, entry: Entry) {
        let replica = entry.index;
        let current = self.replicas[replica as usize]
            .cores
            .as_ref()
            .is_some_and(|it| it.epoch == entry.epoch());
        if !current {
            return; // Somebody came or went since.
        }
        let service = self.replicas[replica as usize].service;
        let number = u64::from(replica - self.layout.first_replica[service.index()]);
        self.happened(
            Event::ShareDone,
            self.model.services[service.index()].key.child(number).0,
        );
        self.touch(replica);
        let now = self.now;
        let cores = self.replicas[replica as usize]
            .cores
            .as_mut()
            .expect("it was there above");
        cores.advance(now, false);
        let mut done = Vec::new();
        while let Some(&Reverse((at, _, piece))) = self.replicas[replica as usize]
            .cores
            .as_ref()
            .expect("cores stay")
            .sharers
            .peek()
        {
            let cores = self.replicas[replica as usize].cores.as_mut().expect("cores stay");
            if at > cores.virtual_now {
                break;
            }
            cores.sharers.pop();
            if self.is_current(piece) {
                self.replicas[replica as usize]
                    .cores
                    .as_mut()
                    .expect("cores stay")
                    .running -= 1;
                let task = self.task(piece);
                task.computing = Computing::No;
                task.epoch = task.epoch.wrapping_add(1);
                done.push(self.piece(piece.is_frame, piece.index));
            }
        }
        self.expect_share(replica);
        for piece in done {
            if self.is_current(piece) {
                if piece.is_frame {
                    self.advance_frame(piece.index)
                } else {
                    self.advance(piece.index)
                }
            }
        }
    }

    /// Work in progress ends unfinished; its core is free.
    pub(super) fn stop_work(&mut self, is_frame: bool, index: u32) {
        let piece = self.piece(is_frame, index);
        let replica = self.replica_of(piece);
        let now = self.now;
        let stopped = self.replicas[replica as usize].stopped;
        let task = self.task(piece);
        let computing = core::mem::replace(&mut task.computing, Computing::No);
        task.epoch = task.epoch.wrapping_add(1);
        match computing {
            Computing::Running | Computing::Frozen => self.free_core(replica),
            Computing::Sharing => {
                self.touch(replica);
                if let Some(cores) = &mut self.replicas[replica as usize].cores {
                    cores.advance(now, stopped);
                    cores.running -= 1;
                    self.expect_share(replica);
                }
            }
            Computing::No | Computing::Queued | Computing::Waiting | Computing::FrozenWaiting => (),
        }
    }

    /// All work in progress at a replica, with the endpoint it is for.
    fn pieces_at(&self, replica: u32) -> Vec<(Piece, crate::ids::EndpointId)> {
        let mut pieces = Vec::new();
        for attempt in self.attempts.taken() {
            let row = &self.attempts[attempt];
            if row.replica == replica && row.task.computing != Computing::No {
                pieces.push((self.piece(false, attempt), self.endpoint_of(row.site)));
            }
        }
        for frame in self.frames.taken() {
            let row = &self.frames[frame];
            let attempt = &self.attempts[row.attempt];
            if attempt.replica == replica && row.task.computing != Computing::No {
                pieces.push((self.piece(true, frame), self.endpoint_of(attempt.site)));
            }
        }
        pieces
    }

    /// The replica's speed changes from now on: what is left of all work there takes `after / before` as long.
    pub(super) fn rescale(&mut self, replica: u32, change: impl Fn(crate::ids::EndpointId) -> (Factor, Factor)) {
        let now = self.now;
        self.touch(replica);
        if self.shares_processor(replica) {
            return self.rescale_shared(replica, change);
        }
        for (piece, endpoint) in self.pieces_at(replica) {
            let (before, after) = change(endpoint);
            if before == after {
                continue;
            }
            let task = self.task(piece);
            match task.computing {
                Computing::Running => {
                    let left = task.until.since(now).scale(after.0, before.0.max(1));
                    task.until = now + left;
                    task.epoch = task.epoch.wrapping_add(1);
                    let until = task.until;
                    self.schedule_piece(self.piece(piece.is_frame, piece.index), until);
                }
                Computing::Queued => {
                    task.left = task.left.scale(after.0, before.0.max(1));
                }
                Computing::Frozen => task.left = task.left.scale(after.0, before.0.max(1)),
                Computing::No | Computing::Sharing | Computing::Waiting | Computing::FrozenWaiting => (),
            }
        }
    }

    fn rescale_shared(&mut self, replica: u32, change: impl Fn(crate::ids::EndpointId) -> (Factor, Factor)) {
        let (now, stopped) = (self.now, self.replicas[replica as usize].stopped);
        let cores = self.replicas[replica as usize]
            .cores
            .as_mut()
            .expect("it shares its cores");
        cores.advance(now, stopped);
        let present = cores.virtual_now;
        let sharers = core::mem::take(&mut cores.sharers).into_sorted_vec();
        let mut scaled = BinaryHeap::with_capacity(sharers.len());
        for Reverse((done, joined, piece)) in sharers.into_iter().rev() {
            if self.is_current(piece) {
                let attempt = if piece.is_frame {
                    self.frames[piece.index].attempt
                } else {
                    piece.index
                };
                let (before, after) = change(self.endpoint_of(self.attempts[attempt].site));
                let left = done.saturating_sub(present) * u128::from(after.0) / u128::from(before.0.max(1));
                scaled.push(Reverse((present + left, joined, piece)));
            }
        }
        self.replicas[replica as usize]
            .cores
            .as_mut()
            .expect("cores stay")
            .sharers = scaled;
        self.expect_share(replica);
    }

    /// Workers stop: what is left of all work there is kept. With `waits`, waiting stops, too.
    pub(super) fn freeze(&mut self, replica: u32, waits: bool) {
        let now = self.now;
        self.touch(replica);
        let stopped = self.replicas[replica as usize].stopped;
        if self.shares_processor(replica) {
            let cores = self.replicas[replica as usize]
                .cores
                .as_mut()
                .expect("it shares its cores");
            cores.advance(now, stopped);
            // Whoever was expected to be done first is not.
            cores.epoch = cores.epoch.wrapping_add(1);
        }
        for (piece, _) in self.pieces_at(replica) {
            let task = self.task(piece);
            match task.computing {
                Computing::Running => {
                    task.left = task.until.since(now);
                    task.computing = Computing::Frozen;
                    task.epoch = task.epoch.wrapping_add(1);
                }
                Computing::Waiting if waits => {
                    task.left = task.until.since(now);
                    task.computing = Computing::FrozenWaiting;
                    task.epoch = task.epoch.wrapping_add(1);
                }
                _ => (),
            }
        }
    }

    /// Workers go on with what is left.
    pub(super) fn thaw(&mut self, replica: u32) {
        let now = self.now;
        self.touch(replica);
        if self.shares_processor(replica) {
            let cores = self.replicas[replica as usize]
                .cores
                .as_mut()
                .expect("it shares its cores");
            cores.advance(now, true);
            self.expect_share(replica);
        }
        let (stopped, paused) = {
            let place = &self.replicas[replica as usize];
            (place.stopped, place.paused)
        };
        for (piece, _) in self.pieces_at(replica) {
            let task = self.task(piece);
            let until = now + task.left;
            match task.computing {
                Computing::Frozen if !stopped => task.computing = Computing::Running,
                Computing::FrozenWaiting if !paused => task.computing = Computing::Waiting,
                _ => continue,
            }
            task.until = until;
            self.schedule_piece(piece, until);
        }
    }
}
