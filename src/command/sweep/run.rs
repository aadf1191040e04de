//! `sweep run`: the runs of a study, or of a shard of it.

use std::path::{Path, PathBuf};
use std::time::Instant;

use super::{Which, shard};
use crate::command::print;
use crate::command::run::{Format, quoted};
use crate::exit::{Exit, Failure};
use crate::progress::{Progress, Show};
use crate::report::Style;
use crate::report::style::stderr_colour;
use crate::report::sweep::SweepReport;
use crate::store::folder::{Folder, Opened, SHARDS};
use crate::store::manifest::State;
use crate::store::stored::Stored;
use crate::sweep::cells::Cells;
use crate::sweep::project::Project;
use crate::sweep::queue::Queue;
use crate::sweep::work::{Work, work};
use crate::{experiment, interrupt};

/// Makes the runs of a study, or goes on with them
///
/// Finished runs are kept at once: stopped or killed, the same command goes on where it was. The bytes at the end are the same for
/// any number of threads, stops and shards.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    which: Which,
    /// The folder for the results. Default: the study's name with `-results`. A shard gets a folder of its own in it
    #[arg(short = 'o', long = "output", value_name = "DIR")]
    output: Option<PathBuf>,
    /// Only this part: `3/16`, `auto` in a job of an array, or `auto/16` where the array does not tell its size
    #[arg(long, value_name = "I/N")]
    shard: Option<String>,
    /// How many threads; the bytes are the same for any number. Default: one for each core
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    threads: Option<u16>,
    /// How to show how far it is, on standard error
    #[arg(long, value_enum, default_value_t = Show::Bar)]
    progress: Show,
    /// How to answer
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Every row of the table
    #[arg(long)]
    all: bool,
    /// Use ASCII characters only
    #[arg(long)]
    ascii: bool,
}

/// Runs the command.
pub fn run(args: &Args) -> Result<Exit, Failure> {
    let project = args.which.load(stderr_colour())?;
    let shard = shard(args.shard.as_deref())?;
    let keep = args.which.keep();
    let extent = project.extent(shard);
    let base = args.output.clone().unwrap_or_else(|| args.which.folder(&project));
    let path = match shard {
        Some(shard) => base.join(SHARDS).join(shard.folder()),
        None => base.clone(),
    };
    let name = shard.map(|it| it.to_string());
    let opened = Folder::open(&path, &project.experiment(&keep), name.as_deref(), project.texts())?;
    let mut seconds = None;
    if let Opened::Open(mut folder) = opened {
        if folder.cut > 0 {
            eprintln!(
                "the last run in the journal was not whole ({} bytes); it is made again",
                folder.cut
            );
        }
        let goals = |values: &_| project.is_content(values);
        let mut queue = Queue::new(extent, &goals);
        let mut known = 0;
        for record in folder.records() {
            queue.knows(&record?);
            known += 1;
        }
        if known > 0 {
            eprintln!("{known} runs are there already");
        }
        let compile = |point: u32, variant: u32| project.compile(point, variant);
        let making = Work {
            compile: &compile,
            measures: &project.measures,
            seed: None,
            limits: keep.limits,
            detail: keep.detail,
            threads: args.threads.map(usize::from),
        };
        let interrupt = interrupt::listen()?;
        let first = project.compile(0, 0)?;
        let least = extent.least_units();
        let left = u32::try_from(least.saturating_sub(known)).unwrap_or(u32::MAX);
        let progress = Progress::new(args.progress, left, experiment::length(&first));
        let begin = Instant::now();
        let made = work(&making, queue, *folder, interrupt, &progress);
        progress.clear();
        let (folder, whole) = made?;
        if !whole {
            let done = folder.units().count();
            drop(folder);
            eprintln!(
                "interrupted: {done} runs are kept; the same command goes on:\n  {}",
                again(args, &base)
            );
            return Ok(Exit::Interrupted);
        }
        seconds = Some(begin.elapsed().as_secs_f64());
        finish(&project, folder)?;
    }
    answer(&project, &path, args, seconds)
}

/// Writes the tables, and what people read first.
pub(super) fn finish(project: &Project, mut folder: Folder) -> Result<(), Failure> {
    let cells = Cells::of(folder.records())?;
    let report = SweepReport {
        project,
        cells: &cells,
        folder: "",
        seconds: None,
        all_rows: true,
    };
    folder.write("cells.csv", &report.csv()?)?;
    folder
        .finish(State::Finished, &|point| project.coordinates(point))
        .map(|_| ())
}

/// Tells what a finished folder came to.
fn answer(project: &Project, path: &Path, args: &Args, seconds: Option<f64>) -> Result<Exit, Failure> {
    let mut stored = Stored::open(path)?;
    let cells = Cells::of(stored.records()?)?;
    let shown = path.display().to_string();
    let report = SweepReport {
        project,
        cells: &cells,
        folder: &shown,
        seconds,
        all_rows: args.all,
    };
    match args.format {
        Format::Text => print(&report.text(&Style::of_stdout(args.ascii)))?,
        Format::Json => print(&report.json())?,
    }
    Ok(match cells.iter().map(|it| it.failed).sum::<u64>() {
        0 => Exit::Success,
        _ => Exit::Failure,
    })
}

/// The command that goes on, quoted for a shell.
fn again(args: &Args, base: &Path) -> String {
    let mut words = vec!["brownout".to_owned()];
    words.extend(super::words(&args.which, base));
    if let Some(shard) = &args.shard {
        words.extend(["--shard".to_owned(), quoted(shard)]);
    }
    words.join(" ")
}
