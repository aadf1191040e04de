//! Variants side by side as text: expectations that do not hold, a table, and a sentence for each variant.

mod sentence;
mod table;

pub use sentence::finding;

use brownout_scenarios::Compiled;
use brownout_sim_core::measure::{Inapplicable, Judgement, Verdict};
use brownout_viz::number::{show_clock, show_whole};

use super::describe::{Describe, unit_of_condition};
use super::{Style, folded, hanging, verdicts};
use crate::comparison::Comparison;

/// What a comparison's answer is made from.
#[derive(Clone, Copy, Debug)]
pub struct Answer<'a> {
    /// The comparison.
    pub comparison: &'a Comparison<'a>,
    /// The command that does it again.
    pub again: &'a str,
    /// Show every difference in every figure.
    pub all_rows: bool,
}

impl Answer<'_> {
    /// All of it.
    pub fn text(&self, style: &Style) -> String {
        let comparison = self.comparison;
        let mut text = self.head(style);
        if comparison.pairs() > 0 {
            text.push_str(&self.expectations(style));
            text.push_str(&table::estimates(comparison, style));
            let compared = comparison.compared();
            text.push_str(&sentence::all(comparison, &compared, style));
            if self.all_rows {
                text.push_str(&table::differences(comparison, &compared, style));
            }
            text.push_str(&folded(&how_sure(comparison, &compared), style.width));
            text.push('\n');
        }
        text.push_str(&self.foot());
        text
    }

    fn head(&self, style: &Style) -> String {
        let comparison = self.comparison;
        let first = &comparison.variants[comparison.baseline];
        let mut text = style.paint(1, first.title.as_deref().unwrap_or(&first.scenario));
        text.push('\n');
        if let Some(question) = &first.question {
            text.push_str(&folded(question, style.width));
        }
        let pairs = comparison.pairs();
        let seeds = match comparison.runs[comparison.baseline].as_slice() {
            [] => String::new(),
            [one] => format!(", seed {}", one.result.seed),
            [first, .., last] => format!(", seeds {} to {}", first.result.seed, last.result.seed),
        };
        let line = format!(
            "{} variants, {} of each{seeds}, {} each; differences are from {}",
            comparison.variants.len(),
            count(pairs, "run"),
            show_clock(first.model.clock.duration.as_secs_f64()),
            first.variant,
        );
        text.push_str(&folded(&line, style.width));
        if comparison.interrupted {
            let note = format!(
                "Interrupted: {pairs} of {} replications had finished for all variants; this answer is from them alone.",
                comparison.asked
            );
            text.push_str(&style.paint(33, folded(&note, style.width).trim_end()));
            text.push('\n');
        }
        text.push('\n');
        text
    }

    /// One line for all that hold, one for each that does not.
    fn expectations(&self, style: &Style) -> String {
        let comparison = self.comparison;
        let judged = comparison.judgements();
        let all = || comparison.variants.iter().zip(&judged);
        let each =
            || all().flat_map(|(compiled, row)| compiled.expectations.iter().zip(row).map(move |it| (compiled, it)));
        if each().next().is_none() {
            return "Expectations: the scenario states none.\n\n".to_owned();
        }
        let of = |wanted: fn(&Verdict) -> bool| each().filter(|it| wanted(&it.1.1.verdict)).count();
        let passed = of(|it| *it == Verdict::Pass);
        let about = of(|it| *it != Verdict::NotApplicable(Inapplicable::OtherVariants));
        let mut text = format!("{}: {passed} of {about} hold", style.paint(1, "Expectations"));
        let open: Vec<_> = each()
            .filter(|it| !matches!(it.1.1.verdict, Verdict::Pass | Verdict::NotApplicable(_)))
            .collect();
        let nothing = of(|it| matches!(it, Verdict::NotApplicable(Inapplicable::Missing(_))));
        if nothing > 0 {
            text.push_str(&format!(", {nothing} had nothing to measure"));
        }
        text.push('\n');
        for (compiled, (expectation, judgement)) in open {
            text.push_str(&one_expectation(compiled, expectation, judgement, style));
        }
        text.push('\n');
        text
    }

    fn foot(&self) -> String {
        let runs = || self.comparison.runs.iter().flatten();
        let mut text = String::new();
        if runs().next().is_some() {
            let events: u64 = runs().map(|it| it.result.events).sum();
            text.push_str(&format!("Events  {} in all runs\n", show_whole(events)));
        }
        text.push_str(&format!("Again   {}\n", self.again));
        text
    }
}

fn one_expectation(
    compiled: &Compiled,
    expectation: &brownout_sim_core::measure::Expectation,
    judgement: &Judgement,
    style: &Style,
) -> String {
    let (symbol, colour) = match (judgement.verdict, style.ascii) {
        (Verdict::Fail, false) => ("✗", 31),
        (Verdict::Fail, true) => ("x", 31),
        _ => ("?", 33),
    };
    let describe = Describe {
        model: &compiled.model,
        names: &compiled.names,
    };
    let verdict = style.paint(colour, &format!("{symbol} {}", judgement.verdict));
    let found = verdicts::found(judgement, unit_of_condition(&expectation.that), None);
    let statement = describe.expectation(expectation);
    let mut text = format!("  {verdict}: {} in {}\n", expectation.name, compiled.variant);
    text.push_str(&hanging("      ", 6, &statement, style.width));
    text.push_str(&hanging("      ", 6, &found, style.width));
    text
}

/// What the words mean, and what stands behind them.
fn how_sure(comparison: &Comparison<'_>, compared: &[Vec<Option<brownout_sim_core::measure::Compared>>]) -> String {
    let made = || compared.iter().flatten().flatten();
    let tests = made().filter(|it| it.p.is_some()).count() + made().filter(|it| it.p_equivalent.is_some()).count();
    if tests == 0 {
        return "With one run of each there is nothing to judge by: two make a pair of differences.".to_owned();
    }
    let looks = match &comparison.rounds {
        Some(rounds) => format!(
            " The runs were looked at after each of {} rounds, of {} at most ({} runs); each look has its part of the 5 %.",
            rounds.made,
            rounds.looks(),
            rounds.most()
        ),
        None => String::new(),
    };
    let margins = comparison.figures.rows.iter().filter(|it| it.margin.is_some()).count();
    let margin = if margins == 0 {
        " That no difference was found does not say that there is none: `--margin goodput_ratio=1%` tests for that."
    } else {
        ""
    };
    format!(
        "Pairs share a seed: the same arrivals, faults and work. {} {} made, corrected together by Holm's method: with 95 % \
        confidence none of the words better, worse and equivalent is wrong.{looks}{margin} Intervals are not widened for that.",
        show_whole(tests as u64),
        if tests == 1 { "test was" } else { "tests were" },
    )
}

fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}
