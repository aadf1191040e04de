//! `sweep emit`: the job file that runs a study's shards on a cluster.

use std::path::PathBuf;

use super::{Which, words};
use crate::command::print;
use crate::command::run::quoted;
use crate::exit::{Exit, Failure};
use crate::report::style::stderr_colour;
use crate::sweep::emit::{Job, System};

/// Writes the job file that runs a study in shards on a cluster
#[derive(Debug, clap::Args)]
pub struct Args {
    /// What runs the shards
    #[arg(value_enum)]
    system: System,
    #[command(flatten)]
    which: Which,
    /// The folder for the results, which all jobs must see. Default: the study's name with `-results`
    #[arg(short = 'o', long = "output", value_name = "DIR")]
    output: Option<PathBuf>,
    /// How many parts
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    shards: u32,
    /// How many threads each part may use
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..))]
    threads: u16,
}

/// Runs the command.
pub fn run(args: &Args) -> Result<Exit, Failure> {
    // A job file for a study with mistakes would fail a hundred times.
    let project = args.which.load(stderr_colour())?;
    let folder = args.output.clone().unwrap_or_else(|| args.which.folder(&project));
    let job = Job {
        study: project.study.name().to_owned(),
        run: words(&args.which, &folder).join(" "),
        merge: format!("sweep merge {}", quoted(&folder.display().to_string())),
        shards: args.shards,
        threads: args.threads,
    };
    print(&args.system.file(&job))?;
    Ok(Exit::Success)
}
