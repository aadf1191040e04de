//! The commands: one file each.

mod chart;
mod check;
mod compare;
mod completions;
mod explain;
mod list;
mod metric;
mod new;
mod output;
mod play;
mod run;
mod schema;
mod search;
mod sweep;
mod verify;

use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::exit::{Exit, Failure};

/// The whole command line.
#[derive(Debug, Parser)]
#[command(
    name = "brownout",
    version,
    about = "Simulates distributed systems under failure: which strategy survives, what an outage costs, where the cliff is",
    long_about = "Simulates distributed systems under failure.\n\n\
        You describe services, the network between them, the callers' timeouts and retries, and the\n\
        faults in one text file. Brownout runs it many times, the same on every machine, and tells you\n\
        what your users see, with intervals.",
    after_help = "Begin with:\n  brownout list                 the shipped scenarios\n  brownout run retry-storm      run one of them\n  \
        brownout compare retry-storm  its strategies side by side\n  \
        brownout new shop             start your own file, shop.toml\n  brownout check shop.toml      find its mistakes without running\n\n\
        Exit codes: 0 all expectations hold, 1 internal or I/O error, 2 bad usage or scenario,\n\
        3 a result differs from the recorded one, 98 an expectation is inconclusive (only with\n--strict), 99 an expectation failed, 130 interrupted.",
    disable_help_subcommand = true,
    max_term_width = 100
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    List(list::Args),
    New(new::Args),
    Check(check::Args),
    Run(run::Args),
    Compare(compare::Args),
    Chart(chart::Args),
    Sweep(sweep::Args),
    Search(search::Args),
    Verify(verify::Args),
    Explain(explain::Args),
    Play(play::Args),
    Schema(schema::Args),
    Completions(completions::Args),
}

/// Does what the command line says.
pub fn main() -> ExitCode {
    // Clap ends the process itself: with 0 for help and version, with 2 for a wrong command line.
    let cli = Cli::parse();
    let outcome = catch_unwind(AssertUnwindSafe(|| match &cli.command {
        Command::List(args) => list::run(args),
        Command::New(args) => new::run(args),
        Command::Check(args) => check::run(args),
        Command::Run(args) => run::run(args),
        Command::Compare(args) => compare::run(args),
        Command::Chart(args) => chart::run(args),
        Command::Sweep(args) => sweep::run(args),
        Command::Search(args) => search::run(args),
        Command::Verify(args) => verify::run(args),
        Command::Explain(args) => explain::run(args),
        Command::Play(args) => play::run(args),
        Command::Schema(args) => schema::run(args),
        Command::Completions(args) => completions::run(args),
    }));
    match outcome {
        Ok(Ok(exit)) => exit.into(),
        Ok(Err(failure)) => {
            eprintln!("{failure}");
            failure.exit.into()
        }
        // The panic has said what and where; what is missing is what to do.
        Err(_) => {
            eprintln!(
                "help: this is a mistake in brownout, not in your input: please report it with the command and the file"
            );
            Exit::Failure.into()
        }
    }
}

/// Writes data to standard output. A reader that has seen enough (`| head`) is no error.
fn print(text: &str) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(why) if why.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::system(format!("cannot write to standard output: {why}")))
        }
        _ => Ok(()),
    }
}

/// A text with its first letter in upper case.
fn capitalised(text: &str) -> String {
    let mut characters = text.chars();
    characters
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}

/// `path=value` of a `--set`.
fn parse_override(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((path, value)) if !path.trim().is_empty() => Ok((path.trim().to_owned(), value.trim().to_owned())),
        _ => Err("it must be `path=value`, such as `policy.app-to-db.timeout=300ms`".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn an_override_may_hold_an_equals_sign_in_its_value() {
        let parsed = parse_override("service.db.work = exponential(mean=10ms)").unwrap();
        assert_eq!(
            parsed,
            ("service.db.work".to_owned(), "exponential(mean=10ms)".to_owned())
        );
        assert!(parse_override("timeout").is_err() && parse_override("=1s").is_err());
    }
}
