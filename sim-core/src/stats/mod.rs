//! From many runs to an answer: means with Student's interval, paired differences, shares with Wilson's interval.
//!
//! | file | what |
//! | --- | --- |
//! | `summary` | the mean of one number over many runs, and of the differences of pairs |
//! | `proportion` | the share of runs in which something held |
//! | `paired` | two shares over the same runs |
//! | `sign` | the sign test, for pairs of which only the order is known |
//! | `equivalence` | two one-sided tests: whether a difference is within a margin |
//! | `binomial` | whether a share is surely above or below a bound |
//! | `holm` | p-values of many tests, corrected |
//! | `t` | Student's t and the normal distribution |
//!
//! Sums go in the order given (by index, never by completion), and only `libm` is used, so equal runs give equal bytes
//! on every machine.

mod binomial;
mod equivalence;
mod holm;
mod paired;
mod proportion;
mod sign;
mod summary;
mod t;

pub use binomial::{at_least, at_most};
pub use equivalence::{equivalence_of_mean, equivalence_of_shares};
pub use holm::holm;
pub use paired::PairedShares;
pub use proportion::Proportion;
pub use sign::sign_test;
pub use summary::Summary;
pub use t::{NORMAL_975, normal_above, normal_both_tails, t_above, t_both_tails, t_quantile_975};

/// The confidence of every interval here.
pub const CONFIDENCE: f64 = 0.95;

/// An interval of numbers, both ends included.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// Lower end.
    pub low: f64,
    /// Upper end; at least `low`.
    pub high: f64,
}

impl Interval {
    /// Whether `value` lies inside or at an end: a comparison with it is not decided.
    pub fn contains(&self, value: f64) -> bool {
        self.low <= value && value <= self.high
    }

    /// Half the distance between the ends.
    pub fn halfwidth(&self) -> f64 {
        (self.high - self.low) / 2.0
    }
}

/// More runs than anyone will make: beyond this many, a question counts as undecidable.
const RUNS_MAX: u64 = 1_000_000;

/// The standard normal quantile at 80 %: how far a mean of more runs may still move against us.
const NORMAL_80: f64 = 0.841_621_233_572_914_3;

/// The least number of runs above `have` that satisfies `decides`, less `have`; `None` beyond [`RUNS_MAX`].
fn more_runs(have: u64, decides: impl Fn(u64) -> bool) -> Option<u64> {
    if !decides(RUNS_MAX) {
        return None;
    }
    let (mut low, mut high) = (have, RUNS_MAX.max(have + 1));
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if decides(middle) {
            high = middle;
        } else {
            low = middle;
        }
    }
    Some(high - have)
}
