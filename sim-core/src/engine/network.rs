//! Messages on their way: pipes of limited bandwidth, and what faults do to the network.

use super::Simulation;
use super::pending::Pending;
use crate::ids::EdgeId;
use crate::model::{LinkScope, Model, NetworkScope};
use crate::quantity::{Chance, Factor};
use crate::time::{SimTime, Span};

/// One direction of one edge's link: messages go one after another.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Pipe {
    free_at: SimTime,
}

/// The pipes of each edge, by scope, there and back; none if no link has a bandwidth.
pub(super) fn pipes(model: &Model) -> Vec<[Pipe; 6]> {
    let limited = model.links.iter().any(|it| it.bandwidth_bps.is_some()) || super::change::edits_links(model);
    if limited {
        vec![[Pipe::default(); 6]; model.edges.len()]
    } else {
        Vec::new()
    }
}

/// What an active fault does to messages.
#[derive(Clone, Debug)]
pub(super) struct NetworkRule {
    pub scope: NetworkScope,
    pub factor: Factor,
    pub add: Span,
    pub loss: Chance,
    pub cut: bool,
}

impl<Q: Pending> Simulation<'_, Q> {
    /// What faults make of a message that would take `delay`: the delay it does take, and whether it is lost.
    pub(super) fn disturb(&self, from: u32, to: u32, word: u64, delay: Span) -> (Span, bool) {
        let (from, to) = (from as usize, to as usize);
        let (mut delay, mut loss, mut lost) = (delay, Chance::NEVER, false);
        for rule in &self.network_rules {
            let scope = &rule.scope;
            let there = scope.from[from] && scope.to[to];
            if there || scope.both_ways && scope.from[to] && scope.to[from] {
                delay = delay.scale(rule.factor.0, 1_000_000) + rule.add;
                loss = loss.or(rule.loss);
                lost |= rule.cut;
            }
        }
        // Another word than the link's own loss would be independent; this one is turned for the same effect.
        (delay, lost || loss.happens(word.rotate_left(32)))
    }

    /// Puts a message on an edge's pipe: how long until its last bit is sent. Counts its price.
    pub(super) fn transmit(&mut self, edge: EdgeId, scope: usize, back: bool, bytes: u64) -> Span {
        let link = self.links[self.model.edges[edge.index()].links[scope].index()];
        if self.recorder.measuring {
            self.cost_traffic += u128::from(bytes) * u128::from(link.price_per_gb.0);
        }
        let Some(bandwidth) = link.bandwidth_bps else {
            return Span::ZERO;
        };
        let pipe = &mut self.pipes[edge.index()][scope * 2 + usize::from(back)];
        let sending = Span::from_nanos(bytes).scale(8_000_000_000, bandwidth);
        pipe.free_at = pipe.free_at.max(self.now) + sending;
        pipe.free_at.since(self.now)
    }
}

const _: () = assert!(
    LinkScope::CrossRegion as usize == 2,
    "an edge has three links, six pipes"
);
