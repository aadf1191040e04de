//! From pairs of runs to *better*, *worse*, *equivalent* or *no difference found*.
//!
//! A pair is two variants under one seed: they met the same arrivals, faults and work, so what both owe to the seed cancels in
//! their difference. Three kinds:
//!
//! - **A number**: the mean of the differences with Student's interval and test.
//! - **A yes or no per run** (`metastable`): the difference of two shares, McNemar's exact test on the pairs that disagree.
//! - **A number that is censored in some run** (a recovery that never came): there is no mean, but "never" is more than every
//!   number, so each pair has an order. The sign test judges that, and two that never came are equal.
//!
//! All tests made together are corrected by Holm's method: with a chance of 95 % none of the findings *better*, *worse* and
//! *equivalent* is wrong. *Equivalent* needs a margin: the difference is shown to be smaller, in both directions, by two
//! one-sided tests; it goes before *better* and *worse*, since whoever names a margin says that less does not matter.

use super::Better;
use super::evaluate::Measured;
use crate::stats::{PairedShares, Summary, equivalence_of_mean, equivalence_of_shares, holm, sign_test};

/// How far two variants are apart in one number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Difference {
    /// What there is to say of it.
    pub effect: Effect,
    /// Pairs in which both runs measured it, censored ones included.
    pub pairs: u64,
    /// Of those, pairs in which it was higher than in the baseline.
    pub higher: u64,
    /// Of those, pairs in which it was lower.
    pub lower: u64,
    /// Pairs in which a run was censored.
    pub censored: u64,
    /// Pairs in which a run measured nothing, or in which nobody can tell which was more.
    pub missing: u64,
    /// Which way it is better.
    pub better: Better,
    /// What is too little to matter, above zero, in its unit.
    pub margin: Option<f64>,
}

/// The size of a difference: the variant less the baseline.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Effect {
    /// No pair measured it.
    None,
    /// The mean of the differences.
    Mean(Summary),
    /// The difference of two shares.
    Shares(PairedShares),
    /// Some run was censored: only the order of each pair is known.
    Order,
}

/// What a comparison found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finding {
    /// The variant is better than the baseline.
    Better,
    /// It is worse.
    Worse,
    /// It is higher, of what is neither better nor worse.
    Higher,
    /// It is lower, of what is neither better nor worse.
    Lower,
    /// The difference is smaller than the margin.
    Equivalent,
    /// These runs show none; that does not say that there is none.
    NoDifference {
        /// How many more pairs would probably show one, if things are as they look; `None` if nobody can tell.
        more_runs: Option<u64>,
    },
    /// Fewer than two pairs measured it: there is nothing to judge by.
    NotCompared,
}

/// A difference and what was found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Compared {
    /// The difference.
    pub difference: Difference,
    /// The p-value of the test for a difference, by itself.
    pub p: Option<f64>,
    /// The same, corrected for all tests made.
    pub p_corrected: Option<f64>,
    /// The p-value of the test for equivalence, corrected for all tests made; `None` without a margin.
    pub p_equivalent: Option<f64>,
    /// What follows.
    pub finding: Finding,
}

impl Finding {
    /// The name in the JSON.
    pub fn name(self) -> &'static str {
        match self {
            Finding::Better => "better",
            Finding::Worse => "worse",
            Finding::Higher => "higher",
            Finding::Lower => "lower",
            Finding::Equivalent => "equivalent",
            Finding::NoDifference { .. } => "no_difference_found",
            Finding::NotCompared => "not_compared",
        }
    }
}

impl Difference {
    /// Of pairs (the variant, then the baseline), in the order of the seeds.
    pub fn of(
        pairs: impl IntoIterator<Item = (Measured, Measured)>,
        yes_or_no: bool,
        better: Better,
        margin: Option<f64>,
    ) -> Difference {
        let mut difference = Difference {
            effect: Effect::None,
            pairs: 0,
            higher: 0,
            lower: 0,
            censored: 0,
            missing: 0,
            better,
            margin,
        };
        let mut numbers = Vec::new();
        for pair in pairs {
            let order = match pair {
                (Measured::Number(mine), Measured::Number(theirs)) => {
                    numbers.push((mine, theirs));
                    mine.total_cmp(&theirs)
                }
                (Measured::Censored(least), Measured::Number(number)) if number <= least => {
                    core::cmp::Ordering::Greater
                }
                (Measured::Number(number), Measured::Censored(least)) if number <= least => core::cmp::Ordering::Less,
                (Measured::Censored(_), Measured::Censored(_)) => core::cmp::Ordering::Equal,
                _ => {
                    difference.missing += 1;
                    continue;
                }
            };
            difference.pairs += 1;
            difference.higher += u64::from(order.is_gt());
            difference.lower += u64::from(order.is_lt());
        }
        difference.censored = difference.pairs - numbers.len() as u64;
        difference.effect = if difference.censored > 0 {
            Effect::Order
        } else if yes_or_no {
            PairedShares::of(difference.higher, difference.lower, difference.pairs).map_or(Effect::None, Effect::Shares)
        } else {
            Summary::of_differences(numbers).map_or(Effect::None, Effect::Mean)
        };
        difference
    }

    /// The p-value that there is no difference; `None` for fewer than two pairs.
    pub fn p_value(&self) -> Option<f64> {
        match self.effect {
            _ if self.pairs < 2 => None,
            Effect::None => None,
            Effect::Mean(summary) => summary.p_value(0.0),
            Effect::Shares(shares) => Some(shares.p_value()),
            Effect::Order => Some(sign_test(self.higher, self.lower)),
        }
    }

    /// The p-value that the difference is the margin or more; `None` without a margin, or where there is no mean.
    pub fn p_equivalent(&self) -> Option<f64> {
        match (self.effect, self.margin) {
            _ if self.pairs < 2 => None,
            (Effect::Mean(summary), Some(margin)) => equivalence_of_mean(&summary, margin),
            (Effect::Shares(shares), Some(margin)) => Some(equivalence_of_shares(&shares, margin)),
            _ => None,
        }
    }

    /// Pairs in which the variant was better; of what is neither, those in which it was on the side of the mean.
    pub fn pairs_in_favour(&self, finding: Finding) -> u64 {
        match (finding, self.better) {
            (Finding::Better, Better::More) | (Finding::Worse, Better::Less) | (Finding::Higher, _) => self.higher,
            (Finding::Better, _) | (Finding::Worse, _) | (Finding::Lower, _) => self.lower,
            _ => self.higher.max(self.lower),
        }
    }

    /// Whether every pair gave the same twice.
    pub fn is_same(&self) -> bool {
        self.pairs > 0 && self.higher == 0 && self.lower == 0
    }

    fn runs_needed_for(&self, alpha: f64) -> Option<u64> {
        match self.effect {
            Effect::Mean(summary) => summary.runs_needed_for(alpha),
            Effect::Shares(shares) => shares.runs_needed_for(alpha),
            Effect::Order => PairedShares::of(self.higher, self.lower, self.pairs)?.runs_needed_for(alpha),
            Effect::None => None,
        }
    }

    /// What follows if the difference is shown.
    fn shown(&self) -> Finding {
        let higher = match self.effect {
            Effect::Mean(summary) => summary.mean > 0.0,
            _ => self.higher > self.lower,
        };
        match (self.better, higher) {
            (Better::More, true) | (Better::Less, false) => Finding::Better,
            (Better::More, false) | (Better::Less, true) => Finding::Worse,
            (Better::Neither, true) => Finding::Higher,
            (Better::Neither, false) => Finding::Lower,
        }
    }
}

/// Judges differences together: the chance that any finding is wrong is at most `alpha`.
pub fn decide(differences: &[Difference], alpha: f64) -> Vec<Compared> {
    let tests: Vec<f64> = differences
        .iter()
        .flat_map(|it| [it.p_value(), it.p_equivalent()])
        .flatten()
        .collect();
    let corrected = holm(&tests);
    let open = corrected.iter().filter(|it| **it > alpha).count();
    let mut corrected = corrected.into_iter();
    let mut next = |p: Option<f64>| p.and_then(|_| corrected.next());
    differences
        .iter()
        .map(|difference| {
            let p = difference.p_value();
            let p_corrected = next(p);
            let p_equivalent = next(difference.p_equivalent());
            let at_most = |p: Option<f64>| p.is_some_and(|it| it <= alpha);
            let finding = if p.is_none() {
                Finding::NotCompared
            } else if at_most(p_equivalent) {
                Finding::Equivalent
            } else if at_most(p_corrected) {
                difference.shown()
            } else {
                let more_runs = difference.runs_needed_for(alpha / open as f64);
                Finding::NoDifference { more_runs }
            };
            Compared {
                difference: *difference,
                p,
                p_corrected,
                p_equivalent,
                finding,
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::Missing;
    use Measured::{Censored, Number};

    fn numbers(differences: &[f64], better: Better, margin: Option<f64>) -> Difference {
        Difference::of(
            differences.iter().map(|it| (Number(10.0 + it), Number(10.0))),
            false,
            better,
            margin,
        )
    }

    fn found(difference: Difference) -> Finding {
        decide(&[difference], 0.05)[0].finding
    }

    const CLEAR: [f64; 5] = [1.0, 1.1, 0.9, 1.2, 0.8];
    const OPEN: [f64; 5] = [1.0, -1.1, 0.9, -1.2, 0.6];

    #[test]
    fn more_is_better_or_worse_as_the_metric_says() {
        assert_eq!(found(numbers(&CLEAR, Better::More, None)), Finding::Better);
        assert_eq!(found(numbers(&CLEAR, Better::Less, None)), Finding::Worse);
        assert_eq!(found(numbers(&CLEAR, Better::Neither, None)), Finding::Higher);
        assert_eq!(
            found(numbers(&CLEAR.map(|it| -it), Better::Less, None)),
            Finding::Better
        );
        assert!(matches!(
            found(numbers(&OPEN, Better::More, None)),
            Finding::NoDifference { more_runs: Some(_) }
        ));
        let difference = numbers(&CLEAR, Better::Less, None);
        assert_eq!((difference.pairs_in_favour(Finding::Worse), difference.pairs), (5, 5));
    }

    #[test]
    fn no_difference_found_is_not_equivalent_and_a_margin_can_show_it() {
        assert_eq!(
            found(numbers(&CLEAR, Better::More, Some(3.0))),
            Finding::Equivalent,
            "it does not matter"
        );
        assert_eq!(found(numbers(&CLEAR, Better::More, Some(1.05))), Finding::Better);
        assert!(matches!(
            found(numbers(&OPEN, Better::More, Some(0.1))),
            Finding::NoDifference { .. }
        ));
        let same = numbers(&[0.0; 4], Better::More, None);
        assert!(same.is_same());
        assert_eq!(found(same), Finding::NoDifference { more_runs: None });
        assert_eq!(found(numbers(&[0.0; 4], Better::More, Some(0.1))), Finding::Equivalent);
    }

    #[test]
    fn never_is_later_than_any_time_and_two_nevers_are_equal() {
        let pairs = |both: u64, mine: u64, theirs: u64| {
            let mut all = vec![(Censored(200.0), Censored(200.0)); both as usize];
            all.extend(vec![(Censored(200.0), Number(12.0)); mine as usize]);
            all.extend(vec![(Number(12.0), Censored(200.0)); theirs as usize]);
            Difference::of(all, false, Better::Less, None)
        };
        let worse = pairs(2, 10, 0);
        assert_eq!(
            (worse.effect, worse.pairs, worse.higher, worse.censored),
            (Effect::Order, 12, 10, 12)
        );
        assert_eq!(
            (found(worse), found(pairs(0, 0, 10))),
            (Finding::Worse, Finding::Better)
        );
        assert_eq!(found(pairs(20, 0, 0)), Finding::NoDifference { more_runs: None });
        // Five pairs cannot show anything by their order alone, but a few more could.
        assert!(matches!(
            found(pairs(0, 5, 0)),
            Finding::NoDifference { more_runs: Some(1..10) }
        ));
        // A run that was cut off earlier than the other one took: nobody can tell.
        let unknown = Difference::of([(Censored(5.0), Number(12.0))], false, Better::Less, None);
        assert_eq!((unknown.pairs, unknown.missing), (0, 1));
    }

    #[test]
    fn a_yes_or_no_is_judged_by_the_pairs_that_disagree() {
        let yes = |it: bool| Number(if it { 1.0 } else { 0.0 });
        let pairs = (0..30).map(|it| (yes(false), yes(it < 20)));
        let difference = Difference::of(pairs, true, Better::Less, None);
        assert_eq!((difference.lower, difference.higher), (20, 0));
        assert!(matches!(difference.effect, Effect::Shares(it) if it.difference == -20.0 / 30.0));
        assert_eq!(found(difference), Finding::Better);
    }

    #[test]
    fn one_pair_or_none_is_not_compared() {
        assert_eq!(found(numbers(&[1.0], Better::More, Some(5.0))), Finding::NotCompared);
        let nothing = Measured::Missing(Missing::NothingThere);
        let none = Difference::of(
            [(nothing, Number(1.0)), (Number(1.0), nothing)],
            false,
            Better::More,
            None,
        );
        assert_eq!((none.pairs, none.missing, found(none)), (0, 2, Finding::NotCompared));
    }

    #[test]
    fn many_tests_ask_for_more_of_each() {
        let one = numbers(&[1.0, 1.6, 0.2, 1.4, 0.5], Better::More, None);
        assert!(one.p_value().unwrap() < 0.05);
        assert_eq!(found(one), Finding::Better);
        let many = decide(&[one; 20], 0.05);
        assert!(
            many.iter()
                .all(|it| matches!(it.finding, Finding::NoDifference { more_runs: Some(_) }))
        );
        assert_eq!(many[0].p, one.p_value());
        assert!((many[7].p_corrected.unwrap() - 20.0 * one.p_value().unwrap()).abs() < 1e-12);
        // A margin is a test more.
        let with_margin = decide(
            &[
                Difference {
                    margin: Some(9.0),
                    ..one
                },
                one,
            ],
            0.05,
        );
        assert_eq!(with_margin[0].finding, Finding::Equivalent);
        let too_narrow = Difference {
            margin: Some(0.001),
            ..one
        };
        let p = |all: &[Difference]| decide(all, 0.05)[1].p_corrected.unwrap();
        assert!(p(&[too_narrow, one]) > p(&[one, one]));
    }
}
