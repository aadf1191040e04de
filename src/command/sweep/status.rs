//! `sweep status`: how far a sweep is.

use std::fmt::Write;
use std::path::PathBuf;

use brownout_viz::number::show_whole;

use crate::command::print;
use crate::exit::{Exit, Failure};
use crate::store::folder::MANIFEST;
use crate::store::manifest::{Experiment, Kind, State};
use crate::store::stored::Stored;
use crate::store::unit::Ended;
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
    let mut text = String::new();
    // Shards of one study need it once.
    let mut last: Option<(Experiment, Project)> = None;
    for folder in &args.folders {
        let mut paths = merge::folders(folder)?;
        if !paths.contains(folder) && folder.join(MANIFEST).exists() {
            paths.insert(0, folder.clone());
        }
        let mut parts: Vec<Shard> = Vec::new();
        for path in paths {
            let mut stored = Stored::open(&path)?;
            if stored.manifest.experiment.kind != Kind::Sweep {
                let count = runs(stored.manifest.units);
                let _ = writeln!(text, "{}: {count} (not a sweep)", path.display());
                continue;
            }
            stored.same_engine()?;
            let experiment = stored.manifest.experiment.clone();
            let project = match last.take() {
                Some((known, project)) if known == experiment => project,
                _ => Project::stored(&stored)?,
            };
            let shard = match &stored.manifest.shard {
                Some(text) => Some(Shard::parse(text, &|_| None)?),
                None => None,
            };
            parts.extend(shard);
            let _ = writeln!(text, "{}", line(&mut stored, &project, shard)?);
            last = Some((experiment, project));
        }
        text.push_str(&not_begun(&parts));
    }
    print(&text)?;
    Ok(Exit::Success)
}

fn runs(count: u64) -> String {
    match count {
        1 => "1 run".to_owned(),
        more => format!("{} runs", show_whole(more)),
    }
}

/// How far one folder is.
fn line(stored: &mut Stored, project: &Project, shard: Option<Shard>) -> Result<String, Failure> {
    let (path, state) = (stored.path.display().to_string(), stored.manifest.state);
    let goals = |values: &_| project.is_content(values);
    let mut queue = Queue::new(project.extent(shard), &goals);
    let (mut done, mut failed) = (0, 0_u64);
    for record in stored.records()? {
        let record = record?;
        failed += u64::from(matches!(record.ended, Ended::Failed(_)));
        queue.knows(&record);
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
    let failed = match failed {
        0 => String::new(),
        failed => format!(", {} of them stopped with an error", show_whole(failed)),
    };
    let more = match left {
        0 => String::new(),
        left => format!(", {} to do", show_whole(left)),
    };
    Ok(format!("{path}: {} done{failed}{more} ({state})", runs(done)))
}

/// The shards of which there is no folder.
fn not_begun(parts: &[Shard]) -> String {
    let Some(of) = parts.first().map(|it| it.of) else {
        return String::new();
    };
    let absent: Vec<String> = (1..=of)
        .filter(|it| !parts.iter().any(|part| part.index == *it && part.of == of))
        .map(|it| format!("{it}/{of}"))
        .collect();
    if absent.is_empty() {
        String::new()
    } else {
        format!("not begun: {}\n", absent.join(", "))
    }
}
