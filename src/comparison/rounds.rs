//! How many runs to make if nobody has said so: rounds, each twice as long as what is there, up to a budget.
//!
//! The rounds are fixed beforehand and do not depend on how long anything takes, so the same file and the same budget give the
//! same runs on every machine.

/// Runs of each variant in the first round.
const FIRST: u32 = 10;

/// The rounds of one comparison.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rounds {
    /// How many runs there are after each round, at most.
    planned: Vec<u32>,
    /// How many rounds were made.
    pub made: usize,
}

impl Rounds {
    /// Rounds up to `most` runs (at least one) of each variant.
    pub fn up_to(most: u32) -> Rounds {
        let mut planned = Vec::new();
        let mut runs = FIRST.min(most);
        while runs < most {
            planned.push(runs);
            runs = runs.saturating_mul(2);
        }
        planned.push(most);
        Rounds { planned, made: 0 }
    }

    /// How often the runs may be looked at.
    pub fn looks(&self) -> u32 {
        self.planned.len() as u32
    }

    /// How many runs there are after the next round; `None` if the budget is used up.
    pub fn next(&self) -> Option<u32> {
        self.planned.get(self.made).copied()
    }

    /// The budget.
    pub fn most(&self) -> u32 {
        self.planned.last().copied().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_double_and_end_at_the_budget() {
        assert_eq!(Rounds::up_to(160).planned, [10, 20, 40, 80, 160]);
        assert_eq!(Rounds::up_to(100).planned, [10, 20, 40, 80, 100]);
        assert_eq!(Rounds::up_to(4).planned, [4]);
        let mut rounds = Rounds::up_to(20);
        assert_eq!((rounds.next(), rounds.looks(), rounds.most()), (Some(10), 2, 20));
        rounds.made = 2;
        assert_eq!(rounds.next(), None);
    }
}
