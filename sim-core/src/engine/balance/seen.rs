//! What a picker is shown of the replicas that come into question.

use super::router::Check;
use crate::rng::Draw;
use crate::routing::View;
use crate::routing::hash::hash;
use crate::routing::outlier::OutlierState;
use crate::time::{SimTime, Span};

/// What a picker is shown.
pub(super) struct Seen<'a> {
    pub members: &'a [u32],
    pub counts: &'a [u32],
    pub weights: &'a [u32],
    pub addresses: &'a [u64],
    pub zones: &'a [u32],
    pub since: &'a [SimTime],
    pub out: Out<'a>,
    pub now: SimTime,
    pub key: u64,
}

/// Who is out, by ejection or checks.
#[derive(Clone, Copy)]
pub(super) struct Out<'a> {
    pub outlier: Option<&'a OutlierState>,
    pub checks: &'a [Check],
}

impl Out<'_> {
    pub fn has(&self, slot: u32) -> bool {
        let slot = slot as usize;
        self.outlier.is_some_and(|it| it.is_ejected(slot)) || self.checks.get(slot).is_some_and(|it| !it.state.is_up())
    }
}

impl View for Seen<'_> {
    fn len(&self) -> usize {
        self.members.len()
    }
    #[inline]
    fn slot(&self, at: usize) -> usize {
        self.members[at] as usize
    }
    #[inline]
    fn outstanding(&self, at: usize) -> u32 {
        self.counts[self.slot(at)]
    }
    #[inline]
    fn weight(&self, at: usize) -> u32 {
        self.weights.get(self.slot(at)).copied().unwrap_or(1)
    }
    fn now(&self) -> SimTime {
        self.now
    }
    fn key(&self) -> u64 {
        self.key
    }
    fn address(&self, at: usize) -> u64 {
        self.addresses[self.slot(at)]
    }
    fn healthy(&self, at: usize) -> bool {
        !self.out.has(self.members[at])
    }
    fn zone(&self, at: usize) -> u32 {
        self.zones[self.slot(at)]
    }
    fn age(&self, at: usize) -> Span {
        match self.since.get(self.slot(at)) {
            None | Some(&SimTime::ZERO) => Span::MAX,
            Some(&since) => self.now.since(since),
        }
    }
    #[inline]
    fn position(&self, slot: usize) -> Option<usize> {
        self.members.binary_search(&(slot as u32)).ok()
    }
}

/// Words from a key: how a shard is dealt.
pub(super) struct Dealt {
    pub key: u64,
    pub place: u64,
}

impl Draw for Dealt {
    fn bits(&mut self) -> u64 {
        self.place += 1;
        hash(self.key, self.place)
    }
}
