//! `play`: one mechanism, driven by hand.

use clap::ValueEnum;

use super::{parse_override, print};
use crate::exit::{Exit, Failure};
use crate::play::{self, Mechanism, Mistake, Setup, json, show};
use crate::report::Style;
use crate::report::style::stderr_colour;

/// Drives one mechanism by hand along a script and shows each decision and state
///
/// Without arguments: the mechanisms there are. With a mechanism alone: its events, its settings with their defaults, and an
/// example.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "A script is TIME:EVENT words with blanks between them, in milliseconds unless there is a unit:\n  \
    0:call 1:fail 5s:call 250us:ok   at these instants\n  \
    0:call,fail                      two events of one instant\n  \
    0..9:call  0..900/100:call       each millisecond, each 100 ms\n  \
    0:call x10  0:callx10            ten times\n  \
    +100:call x10                    100 ms after the word before, ten times\n  \
    0:fail(timeout)  9:ok(#2)        arguments; calls are numbered as they come\n\n\
    Examples:\n  brownout play                                           all mechanisms\n  \
    brownout play consecutive                               events, settings, an example\n  \
    brownout play consecutive '0:try(fail) x5 29999:call 30000:call 30100:ok'\n  \
    brownout play token_bucket --set rate=10 --set burst=3 '0:call x4 100:call'\n  \
    brownout play hedge --like grpc --set max_attempts=3 '0:call 130:fail(#1) 250:ok(#0)'"
)]
pub struct Args {
    /// The mechanism: `breaker.hystrix`, or `hystrix` if only one is called so
    mechanism: Option<String>,
    /// What happens, and when
    #[arg(requires = "mechanism")]
    script: Option<String>,
    /// Change a setting, as often as needed: key=value
    #[arg(long = "set", value_name = "KEY=VALUE", value_parser = parse_override, requires = "mechanism")]
    sets: Vec<(String, String)>,
    /// Start from the settings of this library or profile
    #[arg(long, value_name = "PROFILE", requires = "mechanism")]
    like: Option<String>,
    /// Seed of what is drawn at random
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(..1 << 53))]
    seed: u64,
    /// How to answer
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Use ASCII characters only
    #[arg(long)]
    ascii: bool,
}

/// How to answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// For programs: one JSON object
    Json,
}

/// Runs the command.
pub fn run(args: &Args) -> Result<Exit, Failure> {
    let style = Style::of_stdout(args.ascii);
    let Some(name) = &args.mechanism else {
        let text = match args.format {
            Format::Text => show::list(&style),
            Format::Json => json::list(),
        };
        print(&text)?;
        return Ok(Exit::Success);
    };
    let failure = |mistake: Mistake, script: &str| Failure::diagnostics(mistake.render(script, stderr_colour()));
    let mechanism = play::find(name).map_err(|it| failure(it, ""))?;
    let mut setup = Setup::new(args.like.as_deref(), &args.sets, args.seed);
    let text = match &args.script {
        None => {
            (mechanism.make)(&mut setup).map_err(|it| failure(it, ""))?;
            show::page(mechanism, &setup, &example(mechanism), &style)
        }
        Some(script) => {
            let played = play::play(mechanism, &mut setup, script).map_err(|it| failure(it, script))?;
            match args.format {
                Format::Text => show::played(mechanism, &changed(args), &played, &style),
                Format::Json => json::played(mechanism, &setup, args.like.as_deref(), args.seed, script, &played),
            }
        }
    };
    print(&text)?;
    Ok(Exit::Success)
}

/// What the user chose, for the head of the answer.
fn changed(args: &Args) -> Vec<String> {
    let like = args.like.iter().map(|it| format!("profile {it}"));
    let sets = args.sets.iter().map(|(key, value)| format!("{key}={value}"));
    let seed = (args.seed != 1).then(|| format!("seed {}", args.seed));
    like.chain(sets).chain(seed).collect()
}

/// The command line of a mechanism's example.
fn example(mechanism: &Mechanism) -> String {
    let sets: String = mechanism
        .example_sets
        .iter()
        .map(|(key, value)| format!("--set {key}={value} "))
        .collect();
    format!("brownout play {} {sets}'{}'", mechanism.name, mechanism.example)
}
