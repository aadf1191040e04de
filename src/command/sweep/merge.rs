//! `sweep merge`: shards to one folder.

use std::path::PathBuf;

use brownout_viz::number::show_whole;

use crate::command::print;
use crate::exit::{Exit, Failure};
use crate::store::folder::{Folder, Opened};
use crate::sweep::merge::{self, Joined};
use crate::sweep::project::Project;

/// Joins shards to the bytes that a single machine would have written
///
/// Any number of folders in any order, overlapping ones too: two results of one run must be equal, or the merge stops.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Results folders, or folders of shards
    #[arg(required = true, value_name = "DIR")]
    folders: Vec<PathBuf>,
    /// The folder for the whole. Default: the folder of the shards, if it is one
    #[arg(short = 'o', long = "output", value_name = "DIR")]
    output: Option<PathBuf>,
}

/// Runs the command.
pub fn run(args: &Args) -> Result<Exit, Failure> {
    let mut paths = Vec::new();
    for folder in &args.folders {
        paths.extend(merge::folders(folder)?);
    }
    let output = match (&args.output, args.folders.as_slice()) {
        (Some(output), _) => output.clone(),
        (None, [only]) if !paths.contains(only) => only.clone(),
        (None, [only]) => {
            return Err(Failure::usage(format!(
                "`{}` is a single results folder: there is nothing to join",
                only.display()
            ))
            .help("`brownout sweep run` with the same study and folder goes on with it, or shows what it came to"));
        }
        (None, _) => {
            return Err(Failure::usage("there is no folder for the whole").help("name one with `-o DIR`"));
        }
    };
    if paths.contains(&output) {
        return Err(Failure::usage(format!("`{}` is one of the parts", output.display()))
            .help("name another folder with `-o DIR`"));
    }
    let mut all = merge::open(&paths)?;
    let project = Project::stored(&all[0])?;
    let (missing, strangers) = merge::missing(&project, &mut all)?;
    if let Some(first) = strangers.first() {
        return Err(Failure::usage(format!(
            "there are {} runs that the study does not ask for, the first at point {}",
            strangers.len(),
            first.point
        )));
    }
    if let Some(first) = missing.first() {
        return Err(Failure::usage(format!(
            "{} runs are missing, the first at point {}, replication {}",
            missing.len(),
            first.point,
            first.replication
        ))
        .help("`brownout sweep status DIR` tells which shards are not done; run these, and merge again"));
    }
    let experiment = all[0].manifest.experiment.clone();
    match Folder::open(&output, &experiment, None, project.texts())? {
        Opened::Finished(whole) => {
            print(&format!("`{}` holds the whole already\n", output.display()))?;
            Ok(exit(whole.failed))
        }
        Opened::Open(mut folder) => {
            folder.clear()?;
            for record in Joined::new(&mut all, &project)? {
                folder.append(&record?)?;
            }
            let whole = super::run::finish(&project, *folder)?;
            let runs = match whole.units {
                1 => "1 run".to_owned(),
                more => format!("{} runs", show_whole(more)),
            };
            let failed = match whole.failed {
                0 => String::new(),
                failed => format!(", {} of which stopped with an error", show_whole(failed)),
            };
            print(&format!(
                "joined {} folders with {runs}{failed} to `{}`; `brownout sweep run` with the same study and folder shows the table\n",
                paths.len(),
                output.display()
            ))?;
            Ok(exit(whole.failed))
        }
    }
}

/// A run that stopped with an error is told at the end, and not to every job of an array: these have done what they could.
fn exit(failed: u64) -> Exit {
    if failed == 0 { Exit::Success } else { Exit::Failure }
}
