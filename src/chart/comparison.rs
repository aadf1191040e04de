//! How variants differ from one of them in a measure, pair by pair: the differences and findings of `compare`.

use brownout_sim_core::measure::{Compared, Difference, Effect, Finding, Measured, decide};
use brownout_viz::figure::{Axis, Comparison, Difference as Row, Role};
use brownout_viz::number::Unit;

use crate::comparison::{Figure, LEVEL};
use crate::report::comparison::finding;

/// What the runs of some variants came to, under the same seeds.
#[derive(Clone, Debug)]
pub struct Measurements {
    /// What stands above it.
    pub title: String,
    /// In which figures; all tests are corrected together, as `compare` does.
    pub figures: Vec<Figure>,
    /// The variants; the first is what the others are compared with.
    pub variants: Vec<String>,
    /// By variant, figure, run; `None` where a variant has no such figure. Runs of all variants are in the order of their seeds.
    pub values: Vec<Vec<Option<Vec<Measured>>>>,
}

impl Measurements {
    fn difference(&self, variant: usize, figure: usize) -> Option<Difference> {
        let of = |variant: usize| self.values[variant][figure].as_ref();
        let (mine, theirs) = (of(variant)?, of(0)?);
        let row = &self.figures[figure];
        let pairs = mine.iter().copied().zip(theirs.iter().copied());
        Some(Difference::of(pairs, row.yes_or_no, row.better, row.margin))
    }

    /// By variant without the first, and figure.
    fn compared(&self) -> Vec<Vec<Option<Compared>>> {
        let figures = || 0..self.figures.len();
        let differences: Vec<Vec<Option<Difference>>> = (1..self.variants.len())
            .map(|variant| figures().map(|it| self.difference(variant, it)).collect())
            .collect();
        let all: Vec<Difference> = differences.iter().flatten().flatten().copied().collect();
        let mut decided = decide(&all, LEVEL).into_iter();
        let mut of = |it: &Option<Difference>| it.and_then(|_| decided.next());
        differences
            .iter()
            .map(|row| row.iter().map(&mut of).collect())
            .collect()
    }
}

/// The differences in the figure at this place.
pub fn comparison(all: &Measurements, at: usize) -> Comparison {
    let figure = &all.figures[at];
    let compared = all.compared();
    let rows = all.variants.iter().enumerate().skip(1);
    let row = |(variant, name): (usize, &String)| {
        let found = compared[variant - 1][at];
        let (mean, interval) = size(found.map(|it| it.difference.effect));
        Row {
            label: name.clone(),
            role: Role::Nth(variant - 1),
            mean,
            interval,
            pairs: pairs(all, variant, at),
            verdict: words(found, mean.is_none()),
        }
    };
    Comparison {
        title: all.title.clone(),
        measure: Axis::linear(
            figure.heading.clone(),
            if figure.yes_or_no { Unit::Ratio } else { figure.unit },
        ),
        against: all.variants[0].clone(),
        better: figure.better,
        rows: rows.map(row).collect(),
        margin: figure.margin,
    }
}

/// The finding; without a mean it says why there is none.
fn words(compared: Option<Compared>, sizeless: bool) -> String {
    let Some(compared) = compared else {
        return finding(Finding::NotCompared).to_owned();
    };
    let word = finding(compared.finding);
    match compared.difference.censored {
        0 => word.to_owned(),
        // Only the order of such pairs is known.
        censored if sizeless => format!(
            "{word}; in {censored} of {} pairs it never happened",
            compared.difference.pairs
        ),
        _ => word.to_owned(),
    }
}

fn size(effect: Option<Effect>) -> (Option<f64>, Option<(f64, f64)>) {
    match effect {
        Some(Effect::Mean(it)) => (Some(it.mean), it.interval.map(|it| (it.low, it.high))),
        Some(Effect::Shares(it)) => (Some(it.difference), Some((it.interval.low, it.interval.high))),
        Some(Effect::None | Effect::Order) | None => (None, None),
    }
}

/// The difference of each pair that has numbers.
fn pairs(all: &Measurements, variant: usize, figure: usize) -> Vec<f64> {
    let of = |variant: usize| all.values[variant][figure].iter().flatten();
    let both = of(variant).zip(of(0));
    let number = |it: (&Measured, &Measured)| match it {
        (Measured::Number(mine), Measured::Number(theirs)) => Some(mine - theirs),
        _ => None,
    };
    both.filter_map(number).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::comparison::Figures;
    use crate::testing::compiled;

    fn measurements() -> Measurements {
        let mut figures = Figures::of(&[compiled()]);
        figures
            .choose(&["goodput_ratio".to_owned(), "recovery_time".to_owned()])
            .unwrap();
        let numbers = |it: &[f64]| Some(it.iter().map(|it| Measured::Number(*it)).collect());
        Measurements {
            title: "A shop".to_owned(),
            figures: figures.rows,
            variants: ["naive", "budget", "other"].map(str::to_owned).to_vec(),
            values: vec![
                vec![
                    numbers(&[0.5, 0.6, 0.55, 0.52]),
                    Some(vec![Measured::Censored(60.0); 4]),
                ],
                vec![numbers(&[0.9, 0.95, 0.93, 0.92]), numbers(&[5.0, 6.0, 7.0, 8.0])],
                vec![None, None],
            ],
        }
    }

    #[test]
    fn a_difference_has_its_interval_its_pairs_and_its_finding() {
        let figure = comparison(&measurements(), 0);
        assert_eq!((figure.against.as_str(), figure.rows.len()), ("naive", 2));
        let row = &figure.rows[0];
        let (low, high) = row.interval.unwrap();
        let mean = row.mean.unwrap();
        assert!((mean - 0.3825).abs() < 1e-12 && low < mean && mean < high);
        assert_eq!((row.pairs.len(), row.verdict.as_str()), (4, "better"));
        assert_eq!(
            (figure.rows[1].mean, figure.rows[1].verdict.as_str()),
            (None, "not compared")
        );
    }

    #[test]
    fn what_never_happened_in_the_other_has_no_size() {
        let figure = comparison(&measurements(), 1);
        let row = &figure.rows[0];
        assert_eq!((row.mean, row.pairs.len()), (None, 0));
        assert!(
            row.verdict.ends_with("in 4 of 4 pairs it never happened"),
            "{}",
            row.verdict
        );
    }
}
