//! `sweep plan`: how much work a study is, before any of it is done.

use std::fmt::Write;
use std::thread::available_parallelism;

use brownout_viz::number::{Unit, show, show_clock, show_whole};

use super::{Which, shard};
use crate::command::print;
use crate::exit::{Exit, Failure};
use crate::interrupt;
use crate::report::style::stderr_colour;
use crate::report::{Style, folded};
use crate::sweep::forecast::{Forecast, forecast};
use crate::sweep::project::Project;
use crate::sweep::queue::Extent;
use crate::sweep::work::Work;

/// Says how many runs a study is, how many events and how long, before anything runs
///
/// Every point is built once, so that none can turn out to be wrong in the middle of the night.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    which: Which,
    /// Only this part: `3/16`, or `auto` in a job of an array
    #[arg(long, value_name = "I/N")]
    shard: Option<String>,
    /// For so many threads. Default: one for each core
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    threads: Option<u16>,
}

/// Runs the command.
pub fn run(args: &Args) -> Result<Exit, Failure> {
    let project = args.which.load(stderr_colour())?;
    let shard = shard(args.shard.as_deref())?;
    let extent = project.extent(shard);
    let compile = |point: u32, variant: u32| project.compile(point, variant);
    let work = Work {
        compile: &compile,
        measures: &project.measures,
        seed: None,
        limits: args.which.keep().limits,
        detail: args.which.detail,
        threads: args.threads.map(usize::from),
    };
    let forecast = forecast(&project, &extent, &work, interrupt::listen()?)?;
    let threads = args
        .threads
        .map_or_else(|| available_parallelism().map_or(1, usize::from), usize::from);
    let style = Style::of_stdout(false);
    print(&told(
        &project,
        &extent,
        &forecast,
        threads,
        args.which.max_events,
        &style,
    ))?;
    Ok(Exit::Success)
}

fn told(project: &Project, extent: &Extent, forecast: &Forecast, threads: usize, most: u64, style: &Style) -> String {
    let study = &project.study;
    let mut text = String::new();
    if let Some(title) = study.title() {
        let _ = writeln!(text, "{}", style.paint(1, title));
    }
    if let Some(question) = study.question() {
        let _ = writeln!(text, "{}", folded(question, style.width).trim_end());
    }
    let _ = writeln!(text);
    for axis in study.axes() {
        let levels: Vec<&str> = axis.levels.iter().map(|it| it.text.as_str()).collect();
        let shown = match levels.as_slice() {
            [first, .., last] if levels.len() > 12 => format!("{first} to {last}"),
            _ => levels.join(" "),
        };
        let line = format!(
            "  {} ({}): {} levels, {shown}",
            axis.name,
            axis.paths.join(", "),
            levels.len()
        );
        let _ = writeln!(text, "{line}");
    }
    for excluded in study.excluded() {
        let _ = writeln!(
            text,
            "  {} takes away {} points: {}",
            excluded.constraint,
            show_whole(excluded.points as u64),
            excluded.why
        );
    }
    let times = if extent.least == extent.most {
        format!("{} runs of each", extent.least)
    } else {
        format!("{} to {} runs of each, as its goals want", extent.least, extent.most)
    };
    let variants = match study.variants().len() {
        1 => String::new(),
        many => format!(" of {many} variants"),
    };
    let part = extent.shard.map_or(String::new(), |it| format!(" (shard {it})"));
    let range = |least: String, most: String| {
        if least == most {
            least
        } else {
            format!("{least} to {most}")
        }
    };
    let _ = writeln!(
        text,
        "\n{} points{variants}, {times}: {} runs{part}",
        show_whole(u64::from(extent.points)),
        range(show_whole(forecast.least), show_whole(forecast.most))
    );
    let factor = forecast.most as f64 / (forecast.least as f64).max(1.0);
    let events = |it: f64| show(Unit::Count, it.round());
    let _ = writeln!(
        text,
        "about {} events",
        range(events(forecast.events), events(forecast.events * factor))
    );
    let clock = |it: f64| match it / threads as f64 {
        short if short < 1.0 => "1s".to_owned(),
        long => show_clock(long.round()),
    };
    let _ = writeln!(
        text,
        "about {} on {threads} {}, at the speed of the beginning of one run here",
        range(clock(forecast.core_seconds), clock(forecast.core_seconds * factor)),
        if threads == 1 { "thread" } else { "threads" }
    );
    if forecast.largest.0 > most as f64 {
        let point = &study.points()[forecast.largest.1 as usize];
        let _ = writeln!(
            text,
            "a run at the point {} would take about {} events, more than `--max-events`: it will stop with an error",
            study.describe(point),
            events(forecast.largest.0)
        );
    }
    text
}
