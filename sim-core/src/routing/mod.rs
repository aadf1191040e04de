//! Which replica an attempt goes to: pickers over the replicas in the caller's view.
//!
//! A picker is settings ([`Balance`]) and state ([`BalanceState`], one for each caller instance and callee). It sees the
//! eligible replicas through [`View`], in the same order each time, and allocates nothing.

pub mod least_outstanding;
pub mod random;
pub mod round_robin;
pub mod shuffle_shard;
pub mod two_choices;
pub mod weighted;

use crate::rng::Draw;
pub use round_robin::Start;

/// The replicas that may be picked, in a fixed order, with what is known of each.
pub trait View {
    /// How many there are.
    fn len(&self) -> usize;

    /// Whether there are none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The replica at `at`: its number among all replica slots of the service, which stays its own when others come and go.
    fn slot(&self, at: usize) -> usize;

    /// What this caller has out to it.
    fn outstanding(&self, at: usize) -> u32;

    /// Its weight; 1 where none is set.
    fn weight(&self, at: usize) -> u32;
}

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
}

impl Default for Balance {
    /// Round robin from a random replica.
    fn default() -> Balance {
        Balance::RoundRobin { start: Start::Random }
    }
}

/// Where a picker stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BalanceState {
    /// Nothing to remember.
    None,
    /// Whose turn it is.
    RoundRobin(round_robin::Turn),
    /// The current weight of each slot.
    Weighted(weighted::Current),
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
        }
    }

    /// The picker with this name in files, with its defaults.
    pub fn named(name: &str) -> Option<Balance> {
        let all = [
            Balance::default(),
            Balance::Random,
            Balance::LeastOutstanding,
            Balance::TwoChoices { replacement: false },
            Balance::Weighted,
            Balance::WeightedRandom,
        ];
        all.into_iter().find(|it| it.name() == name)
    }

    /// The state at the beginning for a callee with this many replica slots. Draws once for a random start.
    pub fn start(&self, slots: usize, draw: &mut impl Draw) -> BalanceState {
        match self {
            Balance::RoundRobin { start } => BalanceState::RoundRobin(round_robin::Turn::new(*start, slots, draw)),
            Balance::Weighted => BalanceState::Weighted(weighted::Current::new(slots)),
            Balance::Random | Balance::LeastOutstanding | Balance::TwoChoices { .. } | Balance::WeightedRandom => {
                BalanceState::None
            }
        }
    }

    /// The position in `view` of the replica to send to; `None` if there is none (or all weights are zero).
    #[inline]
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
            (Balance::RoundRobin { .. } | Balance::Weighted, _) => {
                unreachable!("a balancer's state was made by the same settings")
            }
        }
    }
}

#[cfg(test)]
mod tests;
