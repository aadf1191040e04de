//! The answer as text: expectations, tables, a timeline, and one sentence of what happened.

pub mod comparison;
pub mod describe;
pub mod estimate;
pub mod grid;
pub mod points;
pub mod story;
pub mod style;
pub mod sweep;
mod tables;
pub mod timeline;
pub mod verdicts;

use brownout_scenarios::Compiled;
use brownout_sim_core::measure::{Judgement, judge};
use brownout_viz::number::{show_clock, show_whole};

use crate::experiment::{Experiment, Replication};
use story::RunStory;
pub use style::Style;

/// What a report is made from.
#[derive(Clone, Copy, Debug)]
pub struct Report<'a> {
    /// The variant that ran.
    pub compiled: &'a Compiled,
    /// The other variants of its file.
    pub others: &'a [&'a str],
    /// Its runs.
    pub experiment: &'a Experiment,
    /// The file as the user names it.
    pub file: &'a str,
    /// The command that does it again.
    pub again: &'a str,
    /// Show every row of long tables.
    pub all_rows: bool,
}

impl<'a> Report<'a> {
    fn runs(&self) -> &'a [Replication] {
        &self.experiment.runs
    }

    /// The verdicts, in the order of the file.
    pub fn judgements(&self) -> Vec<Judgement> {
        let expectations = self.compiled.expectations.iter().enumerate();
        expectations
            .map(|(at, expectation)| {
                let checks: Vec<_> = self.runs().iter().map(|it| it.checks[at]).collect();
                judge(expectation, &self.compiled.variant, &checks)
            })
            .collect()
    }

    /// All of it.
    pub fn text(&self, style: &Style) -> String {
        let mut text = self.head(style);
        text.push_str(&verdicts::text(self, style));
        if let Some(first) = self.runs().first() {
            text.push_str(&verdicts::measures(self, style));
            text.push_str(&tables::text(self, style));
            text.push_str(&timeline::text(self, style));
            let stories: Vec<&RunStory> = self.runs().iter().filter_map(|it| it.story.as_ref()).collect();
            let fault = story::fault_names(&self.compiled.names, &first.result);
            text.push_str(&folded(&story::sentence(&stories, &fault, style.ascii), style.width));
        }
        text.push_str(&self.foot());
        text
    }

    fn head(&self, style: &Style) -> String {
        let compiled = self.compiled;
        let mut text = style.paint(1, compiled.title.as_deref().unwrap_or(&compiled.scenario));
        text.push('\n');
        if let Some(question) = &compiled.question {
            text.push_str(&folded(question, style.width));
        }
        let label = compiled
            .label
            .as_ref()
            .map_or_else(String::new, |it| format!(" ({it})"));
        let runs = self.runs().len();
        let seeds = match (self.runs(), self.experiment.interrupted) {
            ([], _) => String::new(),
            ([one], _) => format!(", seed {}", one.result.seed),
            (_, true) => format!(", of {} asked for", self.experiment.asked),
            ([first, .., last], false) => format!(", seeds {} to {}", first.result.seed, last.result.seed),
        };
        let clock = &compiled.model.clock;
        let measured = match clock.warmup.as_secs_f64() {
            0.0 => String::new(),
            warmup => format!(", measured from {}", show_clock(warmup)),
        };
        text.push_str(&folded(
            &format!(
                "Variant {}{label}: {runs} run{}{seeds}, {} each{measured}",
                compiled.variant,
                if runs == 1 { "" } else { "s" },
                show_clock(clock.duration.as_secs_f64()),
            ),
            style.width,
        ));
        if !self.others.is_empty() {
            let others = format!(
                "Other variants, each with --variant NAME: {}; `brownout compare {}` shows all side by side",
                self.others.join(", "),
                self.file
            );
            text.push_str(&folded(&others, style.width));
        }
        if self.experiment.interrupted {
            let note = format!(
                "Interrupted: {runs} of {} replications had finished; this answer is from them alone.",
                self.experiment.asked
            );
            text.push_str(&style.paint(33, folded(&note, style.width).trim_end()));
            text.push('\n');
        }
        text.push('\n');
        text
    }

    fn foot(&self) -> String {
        let mut text = String::from("\n");
        if let Some(first) = self.runs().first() {
            let events: u64 = self.runs().iter().map(|it| it.result.events).sum();
            text.push_str(&format!("Events  {} in all runs\n", show_whole(events)));
            text.push_str(&format!(
                "Digest  {} (seed {})\n",
                first.result.digest, first.result.seed
            ));
        }
        text.push_str(&format!("Again   {}\n", self.again));
        text
    }
}

/// A paragraph broken at blanks; ends with a newline.
pub fn folded(paragraph: &str, width: usize) -> String {
    hanging("", 0, paragraph, width)
}

/// A paragraph broken at blanks, but not at hard ones; `first` begins its first line and counts as `indent` characters, blanks begin the others.
/// Ends with a newline.
pub fn hanging(first: &str, indent: usize, paragraph: &str, width: usize) -> String {
    let mut text = first.to_owned();
    let mut column = indent;
    let blank = |it: char| it.is_whitespace() && it != grid::HARD_BLANK;
    let words = paragraph.split(blank).filter(|it| !it.is_empty());
    for (at, word) in words.enumerate() {
        let length = word.chars().count();
        if column > indent && column + 1 + length > width {
            text.push('\n');
            text.extend(std::iter::repeat_n(' ', indent));
            column = indent;
        } else if at > 0 {
            text.push(' ');
            column += 1;
        }
        text.push_str(word);
        column += length;
    }
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{compiled, replication, result};

    const WIDE: Style = Style {
        width: 110,
        ascii: false,
        colour: false,
    };

    fn report_of(slow: &[u32], style: &Style) -> String {
        let compiled = compiled();
        let columns = timeline::columns(style);
        let seeds = compiled.seed..;
        let runs = slow
            .iter()
            .zip(seeds)
            .map(|(slow, seed)| replication(&compiled, result(seed, *slow), columns));
        let experiment = Experiment {
            runs: runs.collect(),
            asked: 3,
            interrupted: slow.len() < 3,
        };
        let report = Report {
            compiled: &compiled,
            others: &["patient", "naive"],
            file: "shop.toml",
            experiment: &experiment,
            again: "brownout run shop.toml --variant base --seed 7 --replications 3",
            all_rows: false,
        };
        report.text(style)
    }

    #[test]
    fn a_report_says_verdicts_tables_timeline_and_what_happened() {
        insta::assert_snapshot!(report_of(&[20, 30, 25], &WIDE));
    }

    #[test]
    fn one_run_has_no_intervals_and_ascii_is_ascii() {
        let text = report_of(
            &[20],
            &Style {
                width: 90,
                ascii: true,
                colour: false,
            },
        );
        assert!(text.is_ascii(), "{text}");
        insta::assert_snapshot!(text);
    }

    #[test]
    fn no_run_at_all_is_reported_as_such() {
        insta::assert_snapshot!(report_of(&[], &WIDE));
    }

    #[test]
    fn a_report_keeps_to_any_width() {
        for width in [60, 80, 100, 120] {
            let text = report_of(&[20, 30, 25], &Style { width, ..WIDE });
            // The last line is a command to copy: it stays whole.
            let mut lines = text.lines().filter(|it| !it.starts_with("Again"));
            assert!(lines.all(|it| it.chars().count() <= width), "{width}:\n{text}");
            insta::assert_snapshot!(format!("{width} wide"), text);
        }
    }

    #[test]
    fn colours_stand_beside_words_only() {
        let text = report_of(&[20, 30, 25], &Style { colour: true, ..WIDE });
        assert!(text.contains("\x1b[32m✓ pass"));
        assert!(text.contains("\x1b[31m✗ fail"));
        assert!(!report_of(&[20, 30, 25], &WIDE).contains('\x1b'));
    }

    #[test]
    fn paragraphs_break_between_words() {
        assert_eq!(folded("one two  three\nfour", 9), "one two\nthree\nfour\n");
        assert_eq!(folded("unbreakable", 3), "unbreakable\n");
        assert_eq!(hanging("- ", 2, "one two three", 9), "- one two\n  three\n");
    }
}
