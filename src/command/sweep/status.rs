//! `sweep status`: how far a sweep is.

use std::fmt::Write;
use std::path::PathBuf;

use brownout_viz::number::show_whole;

use crate::command::print;
use crate::exit::{Exit, Failure};
use crate::store::manifest::State;
use crate::sweep::merge;
use crate::sweep::project::Project;
use crate::sweep::queue::Queue;
use crate::sweep::shard::Shard;

/// Says how far a sweep is, shard by shard
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Results folders, or folders of shards
    #[arg(required = true, value_name = "DIR")]
    folders: Vec<PathBuf>,
}

/// Runs the command.
pub fn run(args: &Args) -> Result<Exit, Failure> {
    let mut paths = Vec::new();
    for folder in &args.folders {
        paths.extend(merge::folders(folder)?);
    }
    let mut all = merge::open(&paths)?;
    let mut text = String::new();
    let project = Project::stored(&all[0])?;
    let goals = |values: &_| project.is_content(values);
    let mut parts: Vec<Shard> = Vec::new();
    for stored in &mut all {
        let shard = match &stored.manifest.shard {
            Some(text) => Some(Shard::parse(text, &|_| None)?),
            None => None,
        };
        parts.extend(shard);
        let (path, state) = (stored.path.display().to_string(), stored.manifest.state);
        let mut queue = Queue::new(project.extent(shard), &goals);
        let mut done = 0;
        for record in stored.records()? {
            queue.knows(&record?);
            done += 1;
        }
        let mut left = 0_u64;
        while queue.take().is_some() {
            left += 1;
        }
        let state = match state {
            State::Running if left == 0 => "all runs are made, the tables are not written yet",
            State::Running => "running, or stopped",
            State::Interrupted => "interrupted",
            State::Finished => "finished",
        };
        let more = if left > 0 {
            format!(", {} to do", show_whole(left))
        } else {
            String::new()
        };
        let _ = writeln!(text, "{path}: {} runs done{more} ({state})", show_whole(done));
    }
    if let Some(of) = parts.first().map(|it| it.of) {
        let absent: Vec<String> = (1..=of)
            .filter(|it| !parts.iter().any(|part| part.index == *it && part.of == of))
            .map(|it| format!("{it}/{of}"))
            .collect();
        if !absent.is_empty() {
            let _ = writeln!(text, "not begun: {}", absent.join(", "));
        }
    }
    print(&text)?;
    Ok(Exit::Success)
}
