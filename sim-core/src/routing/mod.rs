//! Which replica an attempt goes to: pickers over the replicas in the caller's view.
//!
//! A picker is settings ([`Balance`]) and state ([`BalanceState`], one for each caller instance and callee). It sees the
//! eligible replicas through [`View`], in the same order each time, and allocates nothing when it picks. Those that keep
//! tables (rings, schedules) build them at the first pick and when [`Balance::host_changed`] says so; those that keep
//! statistics are told of ends by [`Balance::observe`] and of load reports by [`Balance::report`].
//!
//! What narrows the choice before a picker picks is apart from it: [`subset`], [`priority`], [`locality`], [`zone_aware`]
//! and [`cells`] say which replicas, and [`Part`] shows only those.

pub mod bounded_load;
pub mod cells;
pub mod edf;
pub(crate) mod hash;
pub mod health;
pub mod least_conn;
pub mod least_outstanding;
pub mod least_request;
pub mod load_report;
pub mod locality;
pub mod maglev;
pub mod outlier;
pub mod p2c;
pub mod peak_ewma;
pub mod pick_first;
pub mod priority;
pub mod random;
pub mod random_draws;
pub mod ring_hash;
pub mod round_robin;
pub mod shuffle_shard;
pub mod slow_start;
pub mod static_stride;
pub mod subset;
pub mod two_choices;
mod view;
pub mod weighted;
pub mod zone_aware;

use crate::outcome::Outcome;
use crate::policy::Invalid;
use crate::rng::Draw;
use crate::time::{SimTime, Span};
pub use edf::Edf;
pub use least_request::LeastRequest;
pub use load_report::{ClientSideWrr, LoadReport};
pub use maglev::Maglev;
pub use p2c::P2c;
pub use random_draws::RandomDraws;
pub use ring_hash::RingHash;
pub use round_robin::Start;
pub use view::{Part, View};

/// How a replica is picked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Balance {
    /// Each in turn.
    RoundRobin {
        /// Where the turn begins.
        start: Start,
    },
    /// Any.
    Random,
    /// The one with the fewest calls of this caller outstanding; ties at random.
    LeastOutstanding,
    /// The less loaded of two drawn at random.
    TwoChoices {
        /// Whether both draws may meet the same replica (Envoy, gRPC) or not (Finagle, tower).
        replacement: bool,
    },
    /// Each in turn, as often as its weight, evenly spread.
    Weighted,
    /// Any, with chances in proportion to the weights.
    WeightedRandom,
    /// Each in turn, as often as its weight: earliest deadline first, as Envoy.
    Edf(Edf),
    /// Each in turn, by weights from the replicas' own load reports, as gRPC.
    ClientSideWrr(ClientSideWrr),
    /// The one with the fewest requests outstanding of several drawn, as Envoy and gRPC.
    LeastRequest(LeastRequest),
    /// The better of two different ones, as Finagle and tower.
    P2c(P2c),
    /// The one with the fewest connections for its weight of several drawn, as HAProxy's `random`.
    RandomDraws(RandomDraws),
    /// The one with the fewest connections for its weight, in turn among equals, as HAProxy's `leastconn`.
    LeastConn,
    /// By the request's key on a ring of hashes.
    RingHash(RingHash),
    /// By the request's key in a table that is filled evenly.
    Maglev(Maglev),
    /// All calls to one, until its connection breaks, as gRPC by default.
    PickFirst {
        /// Where the caller's list begins.
        start: Start,
    },
}

/// A call that has ended, for pickers that keep statistics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Observed {
    /// When.
    pub now: SimTime,
    /// The slot it was sent to.
    pub slot: usize,
    /// How long it took, from its sending to its end.
    pub rtt: Span,
    /// How it ended.
    pub outcome: Outcome,
}

impl Default for Balance {
    /// Round robin from a random replica.
    fn default() -> Balance {
        Balance::RoundRobin { start: Start::Random }
    }
}

/// Where a picker stands. What is large is boxed, so that the small ones stay small.
#[derive(Clone, Debug, PartialEq)]
pub enum BalanceState {
    /// Nothing to remember.
    None,
    /// Whose turn it is.
    RoundRobin(round_robin::Turn),
    /// The current weight of each slot.
    Weighted(weighted::Current),
    /// A schedule.
    Edf(Box<edf::Schedule>),
    /// Reports and the schedule made of them.
    ClientSideWrr(Box<load_report::Reports>),
    /// A schedule, for weights that differ.
    LeastRequest(Box<least_request::Schedule>),
    /// An estimate of each slot's response time; none if calls are counted instead.
    P2c(Box<peak_ewma::Estimates>),
    /// The order in which equals are taken.
    LeastConn(Box<least_conn::Places>),
    /// A ring.
    RingHash(Box<ring_hash::Placed>),
    /// A table.
    Maglev(Box<maglev::Placed>),
    /// Who has all calls.
    PickFirst(pick_first::Chosen),
}

impl Balance {
    /// The name used in files.
    pub const fn name(&self) -> &'static str {
        match self {
            Balance::RoundRobin { .. } => "round_robin",
            Balance::Random => "random",
            Balance::LeastOutstanding => "least_outstanding",
            Balance::TwoChoices { .. } => "two_choices",
            Balance::Weighted => "weighted",
            Balance::WeightedRandom => "weighted_random",
            Balance::Edf(_) => "edf",
            Balance::ClientSideWrr(_) => "client_side_wrr",
            Balance::LeastRequest(_) => "least_request",
            Balance::P2c(_) => "p2c",
            Balance::RandomDraws(_) => "random_draws",
            Balance::LeastConn => "least_conn",
            Balance::RingHash(_) => "ring_hash",
            Balance::Maglev(_) => "maglev",
            Balance::PickFirst { .. } => "pick_first",
        }
    }

    /// Every picker with its defaults.
    pub const ALL: [Balance; 15] = [
        Balance::RoundRobin { start: Start::Random },
        Balance::Random,
        Balance::LeastOutstanding,
        Balance::TwoChoices { replacement: false },
        Balance::Weighted,
        Balance::WeightedRandom,
        Balance::Edf(Edf::DEFAULT),
        Balance::ClientSideWrr(ClientSideWrr::DEFAULT),
        Balance::LeastRequest(LeastRequest::DEFAULT),
        Balance::P2c(P2c::FINAGLE),
        Balance::RandomDraws(RandomDraws::DEFAULT),
        Balance::LeastConn,
        Balance::RingHash(RingHash::DEFAULT),
        Balance::Maglev(Maglev::DEFAULT),
        Balance::PickFirst { start: Start::Random },
    ];

    /// The picker with this name in files, with its defaults.
    pub fn named(name: &str) -> Option<Balance> {
        Balance::ALL.into_iter().find(|it| it.name() == name)
    }

    /// Whether the settings make sense.
    pub fn check(&self) -> Result<(), Invalid> {
        match self {
            Balance::RoundRobin { .. }
            | Balance::Random
            | Balance::LeastOutstanding
            | Balance::TwoChoices { .. }
            | Balance::Weighted
            | Balance::WeightedRandom
            | Balance::LeastConn
            | Balance::PickFirst { .. } => Ok(()),
            Balance::Edf(it) => it.check(),
            Balance::ClientSideWrr(it) => it.check(),
            Balance::LeastRequest(it) => it.check(),
            Balance::P2c(it) => it.check(),
            Balance::RandomDraws(it) => it.check(),
            Balance::RingHash(it) => it.check(),
            Balance::Maglev(it) => it.check(),
        }
    }

    /// Whether it looks at [`View::outstanding`].
    pub const fn counts_outstanding(&self) -> bool {
        match self {
            Balance::LeastOutstanding
            | Balance::TwoChoices { .. }
            | Balance::LeastRequest(_)
            | Balance::P2c(_)
            | Balance::RandomDraws(_)
            | Balance::LeastConn => true,
            Balance::RingHash(it) => it.bounded_load.is_some(),
            Balance::Maglev(it) => it.bounded_load.is_some(),
            Balance::RoundRobin { .. }
            | Balance::Random
            | Balance::Weighted
            | Balance::WeightedRandom
            | Balance::Edf(_)
            | Balance::ClientSideWrr(_)
            | Balance::PickFirst { .. } => false,
        }
    }

    /// Whether it looks at [`View::key`].
    pub const fn asks_for_key(&self) -> bool {
        matches!(self, Balance::RingHash(_) | Balance::Maglev(_))
    }

    /// Whether it keeps nothing of single replicas, and asks of the view only what is outstanding and weights.
    pub const fn is_simple(&self) -> bool {
        matches!(
            self,
            Balance::RoundRobin { .. }
                | Balance::Random
                | Balance::LeastOutstanding
                | Balance::TwoChoices { .. }
                | Balance::Weighted
                | Balance::WeightedRandom
                | Balance::RandomDraws(_)
        )
    }

    /// Whether it has no use for replicas that come into question for one pick and not for the next: its schedule is of
    /// all of them.
    pub const fn has_schedule(&self) -> bool {
        matches!(
            self,
            Balance::Edf(_) | Balance::ClientSideWrr(_) | Balance::LeastRequest(_)
        )
    }

    /// The settings of slow start, if there are any.
    pub const fn slow_start(&self) -> Option<&slow_start::SlowStart> {
        match self {
            Balance::Edf(it) => it.slow_start.as_ref(),
            Balance::LeastRequest(it) => it.slow_start.as_ref(),
            _ => None,
        }
    }

    /// Whether picks may draw (a start may draw whatever this says).
    pub const fn draws(&self) -> bool {
        match self {
            Balance::Random
            | Balance::LeastOutstanding
            | Balance::TwoChoices { .. }
            | Balance::WeightedRandom
            | Balance::LeastRequest(_)
            | Balance::P2c(_)
            | Balance::RandomDraws(_) => true,
            Balance::RoundRobin { .. }
            | Balance::Weighted
            | Balance::Edf(_)
            | Balance::ClientSideWrr(_)
            | Balance::LeastConn
            | Balance::RingHash(_)
            | Balance::Maglev(_)
            | Balance::PickFirst { .. } => false,
        }
    }

    /// The state at the beginning for a callee with this many replica slots. Draws once for a random start.
    pub fn start(&self, slots: usize, draw: &mut impl Draw) -> BalanceState {
        match self {
            Balance::RoundRobin { start } => BalanceState::RoundRobin(round_robin::Turn::new(*start, slots, draw)),
            Balance::Weighted => BalanceState::Weighted(weighted::Current::new(slots)),
            Balance::Random
            | Balance::LeastOutstanding
            | Balance::TwoChoices { .. }
            | Balance::WeightedRandom
            | Balance::RandomDraws(_) => BalanceState::None,
            Balance::Edf(it) => BalanceState::Edf(Box::new(it.start(slots, draw))),
            Balance::ClientSideWrr(_) => BalanceState::ClientSideWrr(Box::new(load_report::Reports::new(slots, draw))),
            Balance::LeastRequest(it) => BalanceState::LeastRequest(Box::new(it.start(slots, draw))),
            Balance::P2c(it) => BalanceState::P2c(Box::new(it.start(slots))),
            Balance::LeastConn => BalanceState::LeastConn(Box::new(least_conn::Places::new(slots))),
            Balance::RingHash(_) => BalanceState::RingHash(Box::default()),
            Balance::Maglev(_) => BalanceState::Maglev(Box::default()),
            Balance::PickFirst { start } => BalanceState::PickFirst(pick_first::Chosen::new(*start, slots, draw)),
        }
    }

    /// The position in `view` of the replica to send to; `None` if there is none (or all weights are zero).
    #[inline(always)]
    pub fn pick(&self, state: &mut BalanceState, view: &impl View, draw: &mut impl Draw) -> Option<usize> {
        if view.is_empty() {
            return None;
        }
        match (self, state) {
            (Balance::RoundRobin { .. }, BalanceState::RoundRobin(turn)) => Some(turn.pick(view)),
            (Balance::Weighted, BalanceState::Weighted(current)) => current.pick(view),
            (Balance::Random, _) => Some(random::pick(view, draw)),
            (Balance::LeastOutstanding, _) => Some(least_outstanding::pick(view, draw)),
            (Balance::TwoChoices { replacement }, _) => Some(two_choices::pick(view, *replacement, draw)),
            (Balance::WeightedRandom, _) => weighted::pick_random(view, draw),
            (Balance::Edf(it), BalanceState::Edf(schedule)) => it.pick(schedule, view),
            (Balance::ClientSideWrr(it), BalanceState::ClientSideWrr(reports)) => it.pick(reports, view),
            (Balance::LeastRequest(it), BalanceState::LeastRequest(schedule)) => it.pick(schedule, view, draw),
            (Balance::P2c(it), BalanceState::P2c(estimates)) => Some(it.pick(estimates, view, draw)),
            (Balance::RandomDraws(it), _) => it.pick(view, draw),
            (Balance::LeastConn, BalanceState::LeastConn(places)) => places.pick(view),
            (Balance::RingHash(it), BalanceState::RingHash(placed)) => it.pick(placed, view),
            (Balance::Maglev(it), BalanceState::Maglev(placed)) => it.pick(placed, view),
            (Balance::PickFirst { .. }, BalanceState::PickFirst(chosen)) => Some(chosen.pick(view)),
            (
                Balance::RoundRobin { .. }
                | Balance::Weighted
                | Balance::Edf(_)
                | Balance::ClientSideWrr(_)
                | Balance::LeastRequest(_)
                | Balance::P2c(_)
                | Balance::LeastConn
                | Balance::RingHash(_)
                | Balance::Maglev(_)
                | Balance::PickFirst { .. },
                _,
            ) => {
                unreachable!("a balancer's state was made by the same settings")
            }
        }
    }

    /// A call that was sent to a replica has ended, in whatever way.
    #[inline]
    pub fn observe(&self, state: &mut BalanceState, observed: &Observed) {
        match (self, state) {
            (Balance::P2c(it), BalanceState::P2c(estimates)) => it.observe(estimates, observed),
            (Balance::LeastConn, BalanceState::LeastConn(places)) => places.moved(observed.slot),
            (Balance::PickFirst { .. }, BalanceState::PickFirst(chosen)) => chosen.observe(observed),
            _ => (),
        }
    }

    /// A replica said how loaded it is.
    #[inline]
    pub fn report(&self, state: &mut BalanceState, slot: usize, report: &LoadReport) {
        if let (Balance::ClientSideWrr(it), BalanceState::ClientSideWrr(reports)) = (self, state) {
            it.report(reports, slot, report);
        }
    }

    /// The replica in `slot` may be picked again, or not any more, but stays what it was; `view` is what may be picked from
    /// now on. What was learnt of its response times is kept.
    pub fn health_changed(&self, state: &mut BalanceState, view: &impl View, slot: usize) {
        if !matches!(self, Balance::P2c(_)) {
            self.host_changed(state, view, slot);
        }
    }

    /// The replica in `slot` came, left, or changed its weight or address; `view` is what may be picked from now on.
    ///
    /// Rings and tables depend only on the view: an owner of many states may change one and clone it to the others, which
    /// then share the table.
    pub fn host_changed(&self, state: &mut BalanceState, view: &impl View, slot: usize) {
        match (self, state) {
            (Balance::Edf(it), BalanceState::Edf(schedule)) => it.build(schedule, view),
            (Balance::ClientSideWrr(it), BalanceState::ClientSideWrr(reports)) => {
                it.host_changed(reports, view, slot);
            }
            (Balance::LeastRequest(it), BalanceState::LeastRequest(schedule)) => it.build(schedule, view),
            (Balance::P2c(it), BalanceState::P2c(estimates)) => it.host_changed(estimates, view.now(), slot),
            (Balance::LeastConn, BalanceState::LeastConn(places)) => places.moved(slot),
            (Balance::RingHash(it), BalanceState::RingHash(placed)) => it.build(placed, view),
            (Balance::Maglev(it), BalanceState::Maglev(placed)) => it.build(placed, view),
            _ => (),
        }
    }
}

#[cfg(test)]
mod tests;
