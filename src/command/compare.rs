//! `compare`: the variants of a scenario side by side, pair by pair.

use std::path::PathBuf;

use brownout_scenarios::{Compiled, Scenario};
use brownout_sim_core::engine::Limits;
use brownout_sim_core::measure::{Judgement, Value};

use super::output::Output;
use super::run::{Format, exit_code, quoted};
use super::{parse_override, print};
use crate::comparison::{Comparison, Figures, Rounds};
use crate::exit::{Exit, Failure};
use crate::experiment::{self, Settings, Subject};
use crate::input;
use crate::progress::{Progress, Show};
use crate::report::Style;
use crate::report::comparison::Answer;
use crate::report::style::stderr_colour;
use crate::store::manifest::Kind;
use crate::{interrupt, json};

/// Compares the variants of a scenario, pair by pair
///
/// Every variant runs with the same seeds, so all meet the same arrivals, faults and work. One table of what each came to, and
/// for each variant one sentence on how it differs from the first, how much, and how sure that is.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  brownout compare retry-storm                             all variants it declares\n  \
    brownout compare retry-storm --variants naive,budget     two of them, against naive\n  \
    brownout compare shop.toml --baseline base               against the file as it is\n  \
    brownout compare shop.toml --replications auto           as many runs as it takes to tell\n  \
    brownout compare shop.toml --figures p99,recovery_time   only in these\n  \
    brownout compare shop.toml --margin goodput_ratio=1%     less than one point does not matter\n\n\
    better, worse, equivalent: shown, all tests corrected together (Holm). No difference found: not shown, which is not the\n\
    same as equivalent; a margin tests for that.\n\n\
    Exit codes: 0 all expectations of all variants hold; 99 one failed; 98 one is inconclusive (only with --strict); 2 the file\n\
    or the command line is wrong; 1 something else went wrong; 130 interrupted.\n\n\
    Ctrl-C gives the same answer over the seeds that all variants have finished, and says so."
)]
pub struct Args {
    /// A scenario file, or the name of a shipped scenario
    file: String,
    /// The variants to compare, separated by commas; `base` is the file as it is. Default: all that the file declares;
    /// `base` and the variant if there is but one
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    variants: Vec<String>,
    /// The variant that the others are compared with. Default: the first one
    #[arg(long, value_name = "NAME")]
    baseline: Option<String>,
    /// Seed of the first replication; the others follow it. Default: the file's `run.seed`
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// How many runs of each variant, or `auto`: rounds until they tell. Default: the file's `run.replications`
    #[arg(long, value_name = "N|auto", value_parser = parse_replications)]
    replications: Option<Replications>,
    /// With `--replications auto`: the most runs of each variant
    #[arg(long, value_name = "N", default_value_t = 160, value_parser = clap::value_parser!(u32).range(2..=1_000_000))]
    max_replications: u32,
    /// The figures to compare them in, in this order, separated by commas. Default: those that always matter, and the file's own
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    figures: Vec<String>,
    /// What is too little to matter in a figure, as often as needed: name=value
    #[arg(long = "margin", value_name = "FIGURE=VALUE", value_parser = parse_margin)]
    margins: Vec<(String, String)>,
    /// Change a value of the file, as often as needed: path=value
    #[arg(long = "set", value_name = "PATH=VALUE", value_parser = parse_override)]
    sets: Vec<(String, String)>,
    /// Every difference in every figure; in JSON also histograms, series and transitions of each run
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

/// How many runs of each variant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Replications {
    /// So many.
    Fixed(u32),
    /// As many as it takes to tell.
    Auto,
}

fn parse_replications(text: &str) -> Result<Replications, String> {
    if text == "auto" {
        return Ok(Replications::Auto);
    }
    match text.parse() {
        Ok(it @ 1..=1_000_000) => Ok(Replications::Fixed(it)),
        _ => Err("it must be a number from 1 to 1000000, or `auto`".to_owned()),
    }
}

fn parse_margin(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() => Ok((name.trim().to_owned(), value.trim().to_owned())),
        _ => Err("it must be `figure=value`, such as `goodput_ratio=1%`".to_owned()),
    }
}

/// Runs the command.
pub fn run(args: &Args) -> Result<Exit, Failure> {
    let colour = stderr_colour();
    let source = input::find(&args.file)?;
    let (scenario, files) = input::load_with_files(&source, &args.sets, colour)?;
    let (names, baseline) = chosen(args, &scenario)?;
    let variants: Vec<Compiled> = names
        .iter()
        .map(|it| {
            scenario
                .compile(it)
                .map_err(|it| Failure::diagnostics(it.render(colour)))
        })
        .collect::<Result<_, _>>()?;
    let mut figures = Figures::of(&variants);
    figures.choose(&args.figures)?;
    for (name, value) in &args.margins {
        figures.set_margin(name, value)?;
    }

    let first = &variants[baseline];
    let replications = args.replications.unwrap_or(Replications::Fixed(first.replications));
    let (rounds, most) = match replications {
        Replications::Fixed(it) => (None, it),
        Replications::Auto => (Some(Rounds::up_to(args.max_replications)), args.max_replications),
    };
    let to_json = args.format == Format::Json || args.output.is_some();
    let settings = Settings {
        seed: args.seed.unwrap_or(first.seed),
        replications: most,
        threads: args.threads.map(usize::from),
        events_max: args.max_events,
        live_max: args.max_live,
        detail: args.detail && to_json,
        checkpoints: args.output.is_some(),
        columns: 0,
        totals: to_json,
    };
    experiment::check_seeds(settings.seed, settings.replications)?;
    for compiled in &variants {
        experiment::check_estimate(compiled, &settings)?;
    }
    let output = Output {
        kind: Kind::Compare,
        source: &source,
        files: &files,
        sets: &args.sets,
        figures: &figures,
        settings: &settings,
        adaptive: rounds.is_some(),
    };
    let folder = args
        .output
        .as_deref()
        .map(|it| output.open(it, &variants))
        .transpose()?;

    let comparison = make(&variants, baseline, &figures, &settings, rounds, args.progress)?;
    let again = again(args, &names, baseline, settings.seed, replications);
    let judgements = comparison.judgements();
    let json = || json::render_comparison(&comparison, &judgements, settings.detail);
    match args.format {
        Format::Text => {
            let answer = Answer {
                comparison: &comparison,
                again: &again,
                all_rows: args.detail,
            };
            print(&answer.text(&Style::of_stdout(args.ascii)))?;
        }
        Format::Json => print(&json())?,
    }
    if let Some(folder) = folder {
        output.write(folder, &variants, &comparison.runs, comparison.interrupted, &json())?;
    }
    let all: Vec<Judgement> = judgements.into_iter().flatten().collect();
    Ok(exit_code(comparison.interrupted, &all, args.strict))
}

/// What is compared if nobody says what: all variants that the file declares, and `base` if there is but one.
pub(super) fn declared(scenario: &Scenario) -> Result<Vec<String>, Failure> {
    let mut names: Vec<String> = scenario.variants().iter().map(|it| it.name.clone()).collect();
    if names.is_empty() {
        return Err(
            Failure::usage("the scenario declares no variants, so there is nothing to compare")
                .help("write one: `[variant.patient]` and below it `set.policy.app-to-db.timeout = \"2s\"`"),
        );
    }
    if names.len() == 1 {
        // One alternative: the file as it is stands beside it.
        names.insert(0, "base".to_owned());
    }
    Ok(names)
}

/// The variants to compare, in order, and which of them is the baseline.
fn chosen(args: &Args, scenario: &Scenario) -> Result<(Vec<String>, usize), Failure> {
    let mut names: Vec<String> = Vec::new();
    if args.variants.is_empty() {
        names = declared(scenario)?;
    }
    for name in &args.variants {
        let name = input::variant(scenario, name.trim())?;
        if names.iter().any(|it| it == name) {
            return Err(Failure::usage(format!("the variant `{name}` is named twice")));
        }
        names.push(name.to_owned());
    }
    if let Some(baseline) = &args.baseline {
        let baseline = input::variant(scenario, baseline)?;
        if !names.iter().any(|it| it == baseline) {
            names.insert(0, baseline.to_owned());
        }
    }
    if let [only] = names.as_slice() {
        let other = if only == "base" {
            scenario.variants().first().map_or("other", |it| it.name.as_str())
        } else {
            "base"
        };
        return Err(Failure::usage(format!("`{only}` alone cannot be compared"))
            .help(format!("name another one: `--variants {other},{only}`")));
    }
    let baseline = args
        .baseline
        .as_ref()
        .and_then(|it| names.iter().position(|name| name == it));
    Ok((names, baseline.unwrap_or(0)))
}

/// Makes the runs, in one go or in rounds.
fn make<'a>(
    variants: &'a [Compiled],
    baseline: usize,
    figures: &'a Figures,
    settings: &Settings,
    mut rounds: Option<Rounds>,
    show: Show,
) -> Result<Comparison<'a>, Failure> {
    let subjects: Vec<Subject<'_>> = variants
        .iter()
        .zip(&figures.values)
        .map(|(compiled, values): (_, &Vec<Option<Value>>)| Subject { compiled, values })
        .collect();
    let interrupt = interrupt::listen()?;
    let progress = Progress::new(show, 0, experiment::length(&variants[baseline]));
    let mut comparison = Comparison {
        variants,
        baseline,
        figures,
        runs: variants.iter().map(|_| Vec::new()).collect(),
        asked: 0,
        interrupted: false,
        rounds: rounds.clone(),
    };
    loop {
        let target = match &mut rounds {
            None => settings.replications,
            Some(rounds) => match rounds.next() {
                Some(target) => target,
                None => break,
            },
        };
        for compiled in variants {
            progress.extend(target - comparison.asked, experiment::length(compiled));
        }
        let made = experiment::units(&subjects, settings, comparison.asked..target, interrupt, &progress);
        let made = made.inspect_err(|_| progress.clear())?;
        // Only seeds that every variant has finished make pairs.
        let wanted = (target - comparison.asked) as usize;
        let whole: Vec<bool> = (0..wanted)
            .map(|seed| made.iter().all(|it| it[seed].is_some()))
            .collect();
        for (runs, made) in comparison.runs.iter_mut().zip(made) {
            runs.extend(made.into_iter().zip(&whole).filter(|it| *it.1).filter_map(|it| it.0));
        }
        comparison.asked = target;
        comparison.interrupted = !whole.iter().all(|it| *it);
        if let Some(rounds) = &mut rounds {
            rounds.made += 1;
        }
        comparison.rounds.clone_from(&rounds);
        if comparison.interrupted || rounds.is_none() || !comparison.is_open() {
            break;
        }
    }
    progress.clear();
    Ok(comparison)
}

/// The command that gives this answer again, quoted for a shell.
fn again(args: &Args, names: &[String], baseline: usize, seed: u64, replications: Replications) -> String {
    let mut words = vec!["brownout".to_owned(), "compare".to_owned(), quoted(&args.file)];
    words.extend(["--variants".to_owned(), quoted(&names.join(","))]);
    words.extend(["--baseline".to_owned(), quoted(&names[baseline])]);
    words.extend(["--seed".to_owned(), seed.to_string()]);
    words.push("--replications".to_owned());
    match replications {
        Replications::Fixed(it) => words.push(it.to_string()),
        Replications::Auto => words.extend([
            "auto".to_owned(),
            "--max-replications".to_owned(),
            args.max_replications.to_string(),
        ]),
    }
    if !args.figures.is_empty() {
        words.extend(["--figures".to_owned(), quoted(&args.figures.join(","))]);
    }
    for (name, value) in &args.margins {
        words.extend(["--margin".to_owned(), quoted(&format!("{name}={value}"))]);
    }
    for (path, value) in &args.sets {
        words.extend(["--set".to_owned(), quoted(&format!("{path}={value}"))]);
    }
    words.join(" ")
}
