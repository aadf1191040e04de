//! On which side of a share a value lies, from runs: looked at in rounds, until it is clear.

use brownout_sim_core::stats::{at_least, at_most};

/// Where the share of runs in which something happens lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Surely below the asked one.
    Below,
    /// Surely above.
    Above,
    /// Too near to tell with the runs that may be made.
    Unclear,
}

/// How to decide.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rule {
    /// The share that divides the sides, above 0 and below 1.
    pub share: f64,
    /// The most runs at a value.
    pub most: u32,
    /// The chance of being wrong that one look may have.
    pub level: f64,
}

/// Runs at a value before the first look.
const FIRST: u32 = 8;

/// The chance that anything in a search is wrong.
const LEVEL: f64 = 0.05;

impl Rule {
    /// For a search over so many values.
    pub fn new(share: f64, most: u32, values: usize) -> Rule {
        let mut rule = Rule {
            share,
            most,
            level: LEVEL,
        };
        let looks = rule.rounds().len();
        // Both ends, and at most two bisections, if the middle is unclear.
        let tests = 2 + 2 * values.max(2).ilog2() as usize;
        rule.level = LEVEL / (tests * looks) as f64;
        rule
    }

    /// How many runs there are at each look.
    pub fn rounds(&self) -> Vec<u32> {
        let mut rounds = Vec::new();
        let mut runs = FIRST.min(self.most);
        while runs < self.most {
            rounds.push(runs);
            runs = runs.saturating_mul(2);
        }
        rounds.push(self.most);
        rounds
    }

    /// On which side a value is at which it happened in `held` of `runs`.
    pub fn side(&self, held: u64, runs: u64) -> Side {
        if at_most(held, runs, self.share) <= self.level {
            Side::Below
        } else if at_least(held, runs, self.share) <= self.level {
            Side::Above
        } else {
            Side::Unclear
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clear_values_are_told_early_and_near_ones_never() {
        let rule = Rule::new(0.5, 256, 100);
        assert_eq!(rule.rounds(), [8, 16, 32, 64, 128, 256]);
        assert_eq!(rule.side(0, 8), Side::Unclear);
        assert_eq!((rule.side(0, 16), rule.side(16, 16)), (Side::Below, Side::Above));
        assert_eq!(rule.side(130, 256), Side::Unclear);
        let rare = Rule::new(0.05, 400, 100);
        assert_eq!((rare.side(0, 64), rare.side(0, 200)), (Side::Unclear, Side::Below));
        assert_eq!(rare.side(8, 16), Side::Above);
    }

    #[test]
    fn few_runs_are_one_round() {
        assert_eq!(Rule::new(0.5, 5, 10).rounds(), [5]);
    }
}
