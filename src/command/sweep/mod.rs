//! `sweep`: one scenario at many points, on as many cores and machines as there are.

mod emit;
mod merge;
mod plan;
mod run;
mod status;

use std::env;
use std::path::{Path, PathBuf};

use brownout_sim_core::engine::Limits;

use super::parse_override;
use super::run::quoted;
use crate::exit::{Exit, Failure};
use crate::sweep::project::{self, Keep, Project};
use crate::sweep::shard::Shard;

/// Runs a study: one scenario at many points
///
/// A study file names a scenario and says what is varied, how often each point is run and what is measured. Results go to a folder;
/// a sweep that was stopped, killed even, goes on with the same command, and loses at most the runs in hand.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  brownout sweep plan metastable-map                 how much work it is\n  \
    brownout sweep run metastable-map -o map           do it, or go on with it\n  \
    brownout sweep status map                          how far it is\n  \
    brownout sweep run cliff.toml -o out --shard 3/16  the third of 16 parts\n  \
    brownout sweep merge out                           join the parts\n  \
    brownout sweep emit slurm cliff.toml -o out --shards 16 > cliff.slurm\n\n\
    Exit codes: 0 done; 1 a run stopped with an error, or reading or writing failed; 2 the study or the command line is wrong;\n\
    3 two results of one run differ; 130 interrupted."
)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    Plan(plan::Args),
    Run(run::Args),
    Status(status::Args),
    Merge(merge::Args),
    Emit(emit::Args),
}

/// Runs the command.
pub fn run(args: &Args) -> Result<Exit, Failure> {
    match &args.command {
        Command::Plan(args) => plan::run(args),
        Command::Run(args) => run::run(args),
        Command::Status(args) => status::run(args),
        Command::Merge(args) => merge::run(args),
        Command::Emit(args) => emit::run(args),
    }
}

/// Which study, and what part of it.
#[derive(Debug, clap::Args)]
struct Which {
    /// A study file, or the name of a shipped study
    study: String,
    /// Change a value of the scenario, as often as needed: path=value
    #[arg(long = "set", value_name = "PATH=VALUE", value_parser = parse_override)]
    sets: Vec<(String, String)>,
    /// Keep timelines and changes of state of every run, too
    #[arg(long)]
    detail: bool,
    /// Stop a run that takes more events than this
    #[arg(long, value_name = "N", default_value_t = Limits::default().events, value_parser = clap::value_parser!(u64).range(1..))]
    max_events: u64,
    /// Stop a run with more calls in flight than this
    #[arg(long, value_name = "N", default_value_t = Limits::default().live, value_parser = clap::value_parser!(u32).range(1..))]
    max_live: u32,
}

impl Which {
    fn load(&self, colour: bool) -> Result<Project, Failure> {
        Project::load(&project::find(&self.study)?, None, &self.sets, colour)
    }

    fn keep(&self) -> Keep {
        Keep {
            limits: Limits {
                events: self.max_events,
                live: self.max_live,
            },
            detail: self.detail,
        }
    }

    /// The folder that results go to if none is named.
    fn folder(&self, project: &Project) -> PathBuf {
        PathBuf::from(format!("{}-results", project.study.name()))
    }
}

/// The shard that the command line or the environment names.
fn shard(text: Option<&str>) -> Result<Option<Shard>, Failure> {
    let variable = |name: &str| env::var(name).ok();
    text.map(|it| Shard::parse(it, &variable)).transpose()
}

/// The words of the command that runs this, quoted for a shell, without `brownout`.
fn words(which: &Which, folder: &Path) -> Vec<String> {
    let mut words = vec!["sweep".to_owned(), "run".to_owned(), quoted(&which.study)];
    words.extend(["-o".to_owned(), quoted(&folder.display().to_string())]);
    for (path, value) in &which.sets {
        words.extend(["--set".to_owned(), quoted(&format!("{path}={value}"))]);
    }
    if which.detail {
        words.push("--detail".to_owned());
    }
    let usual = Limits::default();
    if which.max_events != usual.events {
        words.extend(["--max-events".to_owned(), which.max_events.to_string()]);
    }
    if which.max_live != usual.live {
        words.extend(["--max-live".to_owned(), which.max_live.to_string()]);
    }
    words
}
