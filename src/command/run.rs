//! `run`: one variant, many replications, one answer.

use std::path::PathBuf;

use brownout_scenarios::Compiled;
use brownout_sim_core::engine::Limits;
use brownout_sim_core::measure::{Judgement, Verdict};
use clap::ValueEnum;

use super::output::Output;
use super::{parse_override, print};
use crate::comparison::Figures;
use crate::exit::{Exit, Failure};
use crate::experiment::{self, Settings};
use crate::input;
use crate::progress::{Progress, Show};
use crate::report::style::stderr_colour;
use crate::report::{Report, Style, timeline};
use crate::store::manifest::Kind;
use crate::{interrupt, json};

/// Runs a scenario and says what happened
///
/// First the expectations, then tables with 95 % intervals over the replications, a timeline, and one sentence of what
/// happened.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  brownout run retry-storm                                a shipped scenario\n  \
    brownout run shop.toml --variant patient                another strategy\n  \
    brownout run shop.toml --set load.shoppers.rate=400/s   another load\n  \
    brownout run shop.toml --format json | jq .expectations\n\n\
    Exit codes: 0 all expectations hold; 99 one failed; 98 one is inconclusive (only with --strict); 2 the file is wrong;\n\
    1 something else went wrong; 130 interrupted.\n\n\
    Ctrl-C gives the same answer over the runs that are finished, marked \"Interrupted: 3 of 30 replications\"; in JSON,\n\
    `interrupted` is true and `runs` has fewer entries than `replications`. A second Ctrl-C stops at once, without an answer."
)]
pub struct Args {
    /// A scenario file, or the name of a shipped scenario
    file: String,
    /// The variant to run; `base` is the file as it is
    #[arg(long, value_name = "NAME", default_value = "base")]
    variant: String,
    /// Seed of the first replication; the others follow it. Default: the file's `run.seed`
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// How many runs, with seeds one after another. Default: the file's `run.replications`
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    replications: Option<u32>,
    /// Change a value of the file, as often as needed: path=value
    #[arg(long = "set", value_name = "PATH=VALUE", value_parser = parse_override)]
    sets: Vec<(String, String)>,
    /// Every row of long tables; in JSON also histograms, series and transitions
    #[arg(long)]
    detail: bool,
    /// How to answer
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Exit with 98 if an expectation is inconclusive
    #[arg(long)]
    strict: bool,
    /// Write the JSON answer, the scenario and a manifest to this new folder, too
    #[arg(short = 'o', long = "output", value_name = "DIR")]
    output: Option<PathBuf>,
    /// Stop a run that takes more events than this
    #[arg(long, value_name = "N", default_value_t = Limits::default().events, value_parser = clap::value_parser!(u64).range(1..))]
    max_events: u64,
    /// Stop a run with more calls in flight than this
    #[arg(long, value_name = "N", default_value_t = Limits::default().live, value_parser = clap::value_parser!(u32).range(1..))]
    max_live: u32,
    /// How many threads; the answer is the same for any number. Default: one for each core
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    threads: Option<u16>,
    /// How to show how far it is, on standard error
    #[arg(long, value_enum, default_value_t = Show::Bar)]
    progress: Show,
    /// Use ASCII characters only
    #[arg(long)]
    ascii: bool,
}

/// How to answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people
    Text,
    /// For programs: one JSON object
    Json,
}

/// Runs the command.
pub fn run(args: &Args) -> Result<Exit, Failure> {
    let colour = stderr_colour();
    let source = input::find(&args.file)?;
    let (scenario, files) = input::load_with_files(&source, &args.sets, colour)?;
    let variant = input::variant(&scenario, &args.variant)?;
    let compiled = scenario
        .compile(variant)
        .map_err(|it| Failure::diagnostics(it.render(colour)))?;
    if !scenario.lints().is_empty() {
        let lints = scenario.lints().len();
        let (warnings, them) = if lints == 1 {
            ("warning", "it")
        } else {
            ("warnings", "them")
        };
        eprintln!(
            "{lints} {warnings} about this scenario; `brownout check {}` shows {them}",
            args.file
        );
    }

    let style = Style::of_stdout(args.ascii);
    let settings = Settings {
        seed: args.seed.unwrap_or(compiled.seed),
        replications: args.replications.unwrap_or(compiled.replications),
        threads: args.threads.map(usize::from),
        events_max: args.max_events,
        live_max: args.max_live,
        detail: args.detail && (args.format == Format::Json || args.output.is_some()),
        checkpoints: args.output.is_some(),
        columns: if args.format == Format::Text {
            timeline::columns(&style)
        } else {
            0
        },
        totals: true,
    };
    experiment::check_seeds(settings.seed, settings.replications)?;
    experiment::check_estimate(&compiled, &settings)?;
    let figures = Figures::of(std::slice::from_ref(&compiled));
    let output = Output {
        kind: Kind::Run,
        source: &source,
        files: &files,
        sets: &args.sets,
        figures: &figures,
        settings: &settings,
        adaptive: false,
    };
    let variants = std::slice::from_ref(&compiled);
    let folder = args.output.as_deref().map(|it| output.open(it, variants)).transpose()?;
    let values = if folder.is_some() {
        figures.values[0].as_slice()
    } else {
        &[]
    };

    let interrupt = interrupt::listen()?;
    let progress = Progress::new(args.progress, settings.replications, experiment::length(&compiled));
    let experiment = experiment::run(&compiled, values, &settings, interrupt, &progress)?;

    let again = again(args, &compiled, &settings);
    let others: Vec<&str> = input::variants(&scenario).filter(|it| *it != variant).collect();
    let report = Report {
        compiled: &compiled,
        others: &others,
        file: &args.file,
        experiment: &experiment,
        again: &again,
        all_rows: args.detail,
    };
    let judgements = report.judgements();
    let json = || json::render(&compiled, &experiment, &judgements, settings.detail);
    match args.format {
        Format::Text => print(&report.text(&style))?,
        Format::Json => print(&json())?,
    }
    if let Some(folder) = folder {
        let runs = std::slice::from_ref(&experiment.runs);
        output.write(folder, variants, runs, experiment.interrupted, &json())?;
    }
    Ok(exit_code(experiment.interrupted, &judgements, args.strict))
}

/// How a command ends that has judged expectations.
pub(super) fn exit_code(interrupted: bool, judgements: &[Judgement], strict: bool) -> Exit {
    if interrupted {
        return Exit::Interrupted;
    }
    let any = |wanted: fn(&Verdict) -> bool| judgements.iter().any(|it| wanted(&it.verdict));
    if any(|it| matches!(it, Verdict::Fail)) {
        Exit::ExpectationFailed
    } else if strict && any(|it| matches!(it, Verdict::Inconclusive { .. })) {
        Exit::Inconclusive
    } else {
        Exit::Success
    }
}

/// The command that gives this answer again, quoted for a shell.
fn again(args: &Args, compiled: &Compiled, settings: &Settings) -> String {
    let mut words = vec!["brownout".to_owned(), "run".to_owned(), quoted(&args.file)];
    words.extend(["--variant".to_owned(), quoted(&compiled.variant)]);
    words.extend(["--seed".to_owned(), settings.seed.to_string()]);
    words.extend(["--replications".to_owned(), settings.replications.to_string()]);
    for (path, value) in &args.sets {
        words.extend(["--set".to_owned(), quoted(&format!("{path}={value}"))]);
    }
    words.join(" ")
}

pub(super) fn quoted(word: &str) -> String {
    let plain = |it: char| it.is_ascii_alphanumeric() || "-_./=:%,+@".contains(it);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exit_code_is_of_the_worst_verdict_and_an_interruption_comes_first() {
        let judged = |verdicts: &[Verdict]| -> Vec<Judgement> {
            let one = |verdict: &Verdict| Judgement {
                verdict: *verdict,
                value: None,
                interval: None,
                bound: None,
                yes_or_no: false,
                runs: 1,
                held: 0,
                censored: 0,
                missing: 0,
            };
            verdicts.iter().map(one).collect()
        };
        let open = Verdict::Inconclusive { more_runs: None };
        assert_eq!(exit_code(false, &judged(&[]), true), Exit::Success);
        assert_eq!(exit_code(false, &judged(&[Verdict::Pass, open]), false), Exit::Success);
        assert_eq!(
            exit_code(false, &judged(&[Verdict::Pass, open]), true),
            Exit::Inconclusive
        );
        assert_eq!(
            exit_code(false, &judged(&[open, Verdict::Fail]), true),
            Exit::ExpectationFailed
        );
        assert_eq!(exit_code(true, &judged(&[Verdict::Fail]), true), Exit::Interrupted);
    }

    #[test]
    fn words_are_quoted_where_a_shell_would_read_them() {
        assert_eq!(quoted("load.shoppers.rate=400/s"), "load.shoppers.rate=400/s");
        assert_eq!(quoted("my shop.toml"), "'my shop.toml'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
        assert_eq!(quoted(""), "''");
    }
}
