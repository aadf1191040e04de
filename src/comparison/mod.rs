//! Variants side by side: the same seeds for all of them, estimates for each, and differences from a baseline pair by pair.

mod figure;
mod rounds;

pub use figure::{Figure, Figures, value_of};
pub use rounds::Rounds;

use brownout_scenarios::Compiled;
use brownout_sim_core::measure::{Compared, Difference, Finding, Judgement, Measured, decide, judge};

use crate::experiment::Replication;

/// The chance that any finding of an answer is wrong.
pub const LEVEL: f64 = 0.05;

/// What variants are compared in, and over which runs.
#[derive(Debug)]
pub struct Comparison<'a> {
    /// The variants, in the order of the answer.
    pub variants: &'a [Compiled],
    /// Which of them the others are compared with.
    pub baseline: usize,
    /// The numbers they are compared in.
    pub figures: &'a Figures,
    /// The runs of each variant, in the order of their seeds. All variants have the same seeds.
    pub runs: Vec<Vec<Replication>>,
    /// How many runs of each variant were asked for, or made in rounds.
    pub asked: u32,
    /// Whether some of them are missing because the user interrupted.
    pub interrupted: bool,
    /// How it was decided how many runs to make, if not beforehand.
    pub rounds: Option<Rounds>,
}

impl Comparison<'_> {
    /// How many pairs each variant forms with the baseline.
    pub fn pairs(&self) -> usize {
        self.runs.iter().map(Vec::len).min().unwrap_or(0)
    }

    /// What the runs of a variant gave for a figure, in the order of the seeds; `None` where the variant has no such figure.
    pub fn measured(&self, variant: usize, figure: usize) -> Option<Vec<Measured>> {
        self.runs[variant].iter().map(|it| it.values[figure]).collect()
    }

    /// The chance that all findings together may have of being wrong at one look at the runs.
    ///
    /// Whoever looks after each round and stops when he likes what he sees has so many chances to be wrong; each look gets an
    /// equal part (Bonferroni).
    pub fn level(&self) -> f64 {
        let looks = self.rounds.as_ref().map_or(1, Rounds::looks);
        LEVEL / f64::from(looks)
    }

    /// Every variant in every figure against the baseline, by variant and figure; nothing for the baseline itself, and where one
    /// of the two has no such figure.
    pub fn compared(&self) -> Vec<Vec<Option<Compared>>> {
        let variants = 0..self.variants.len();
        let differences: Vec<Vec<Option<Difference>>> = variants
            .map(|it| {
                (0..self.figures.rows.len())
                    .map(|figure| self.difference(it, figure))
                    .collect()
            })
            .collect();
        let all: Vec<Difference> = differences.iter().flatten().flatten().copied().collect();
        let mut decided = decide(&all, self.level()).into_iter();
        let mut decided_of = |it: &Option<Difference>| it.and_then(|_| decided.next());
        differences
            .iter()
            .map(|row| row.iter().map(&mut decided_of).collect())
            .collect()
    }

    fn difference(&self, variant: usize, figure: usize) -> Option<Difference> {
        if variant == self.baseline {
            return None;
        }
        let (mine, theirs) = (self.measured(variant, figure)?, self.measured(self.baseline, figure)?);
        let row = &self.figures.rows[figure];
        Some(Difference::of(
            mine.into_iter().zip(theirs),
            row.yes_or_no,
            row.better,
            row.margin,
        ))
    }

    /// Whether more runs would probably show what these leave open, in the figures that count for that.
    pub fn is_open(&self) -> bool {
        let open = |it: &Option<Compared>| matches!(it, Some(it) if matches!(it.finding, Finding::NoDifference { more_runs: Some(_) }));
        self.compared().iter().any(|row| {
            row.iter()
                .zip(&self.figures.rows)
                .any(|(it, figure)| figure.headline && open(it))
        })
    }

    /// Whether every run of a variant is event by event the one of the baseline.
    pub fn is_the_same(&self, variant: usize) -> bool {
        let digests = |it: usize| self.runs[it].iter().map(|it| it.result.digest);
        !self.runs[variant].is_empty() && digests(variant).eq(digests(self.baseline))
    }

    /// The verdicts on the expectations, by variant.
    pub fn judgements(&self) -> Vec<Vec<Judgement>> {
        let of = |(compiled, runs): (&Compiled, &Vec<Replication>)| {
            let expectations = compiled.expectations.iter().enumerate();
            expectations
                .map(|(at, expectation)| {
                    let checks: Vec<_> = runs.iter().map(|it| it.checks[at]).collect();
                    judge(expectation, &compiled.variant, &checks)
                })
                .collect()
        };
        self.variants.iter().zip(&self.runs).map(of).collect()
    }
}
