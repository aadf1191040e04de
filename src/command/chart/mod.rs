//! `chart`: any figure, on the terminal or as a file.

mod folder;
mod picture;
mod scenario;

use std::path::{Path, PathBuf};

use brownout_sim_core::engine::Limits;
use brownout_viz::figure::Figure;
use brownout_viz::svg::Size;
use clap::ValueEnum;

use super::{parse_override, print};
use crate::chart::kind::{self, Kind};
use crate::exit::{Exit, Failure};
use crate::progress::Show;
use crate::report::{Style, folded};

/// Draws a figure of a scenario's runs, or of results in a folder
///
/// Without `-o` it is drawn on the terminal; with it, as SVG or PNG, and standard output says in a sentence what is to be seen.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Kinds:\n  timeline     one run: requests, response times, queues, attempts, states, faults\n  \
    percentiles  response times by percentile, over all runs\n  \
    comparison   how variants differ in a measure, pair by pair\n  \
    topology     services and who calls whom, with calls and failures, over all runs\n  \
    cascade      one run: which service left its objective when, and what carried it there\n  \
    heat-map, lines, load-curve\n               a sweep, from its folder; or the name of a chart that its study declares\n  \
    waterfall    one request: no request is traced yet\n\n\
    Examples:\n  brownout chart retry-storm timeline --variant naive\n  \
    brownout chart retry-storm comparison --measure recovery_time -o difference.svg\n  \
    brownout chart results heat-map -o map.png --theme dark\n  \
    brownout chart shop.toml percentiles --csv > percentiles.csv\n\n\
    A scenario is run; a folder that `run`, `compare` or `sweep` wrote is read. `timeline` and `cascade` show the run with the\n\
    first seed, or with `--seed`; of a folder they need one that was written with `--detail`.\n\n\
    Exit codes: 0 drawn; 2 the file or the command line is wrong; 1 something else went wrong; 130 interrupted."
)]
pub struct Args {
    /// A scenario file, the name of a shipped scenario, or a folder with results
    #[arg(value_name = "FILE|DIR")]
    source: String,
    /// What to draw: timeline, percentiles, comparison, topology, cascade, heat-map, lines, load-curve; or a chart of the study
    kind: String,
    /// Write it to this file, as SVG or PNG by its name; one that is there is replaced
    #[arg(short = 'o', long = "output", value_name = "FILE")]
    output: Option<PathBuf>,
    /// The variant to draw. Default: `base`; of a folder, its first
    #[arg(long, value_name = "NAME")]
    variant: Option<String>,
    /// The measure, of a comparison or of a sweep without charts. Default: the first one
    #[arg(long, value_name = "NAME")]
    measure: Option<String>,
    /// The point of a sweep whose runs are drawn, counted from 0; cells.csv numbers them
    #[arg(long, value_name = "N")]
    point: Option<u32>,
    /// Colours for a light or a dark background
    #[arg(long, value_enum, default_value_t = Theme::Light)]
    theme: Theme,
    /// Width and height in pixels. Default: what suits the figure
    #[arg(long, value_name = "WxH", value_parser = parse_size)]
    size: Option<Size>,
    /// Change a value of the scenario, as often as needed: path=value
    #[arg(long = "set", value_name = "PATH=VALUE", value_parser = parse_override)]
    sets: Vec<(String, String)>,
    /// Seed of the first run; of a folder, of the run to draw. Default: the file's `run.seed`
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// How many runs, where all of them are drawn. Default: the file's `run.replications`
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    replications: Option<u32>,
    /// The numbers behind the figure instead, as CSV on standard output
    #[arg(long, conflicts_with = "output")]
    csv: bool,
    /// Use ASCII characters only
    #[arg(long)]
    ascii: bool,
    /// Stop a run that takes more events than this
    #[arg(long, value_name = "N", default_value_t = Limits::default().events, value_parser = clap::value_parser!(u64).range(1..))]
    max_events: u64,
    /// Stop a run with more calls in flight than this
    #[arg(long, value_name = "N", default_value_t = Limits::default().live, value_parser = clap::value_parser!(u32).range(1..))]
    max_live: u32,
    /// How many threads; the figure is the same for any number. Default: one for each core
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    threads: Option<u16>,
    /// How to show how far it is, on standard error
    #[arg(long, value_enum, default_value_t = Show::Bar)]
    progress: Show,
}

/// Which background.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Theme {
    /// Dark on light
    Light,
    /// Light on dark
    Dark,
}

fn parse_size(text: &str) -> Result<Size, String> {
    let numbers = text.split_once(['x', 'X', '×']);
    let numbers = numbers.and_then(|it| Some((it.0.trim().parse().ok()?, it.1.trim().parse().ok()?)));
    let Some((width, height)) = numbers else {
        return Err("it must be two numbers, such as `1280x720`".to_owned());
    };
    let size = Size { width, height };
    if size.usable() == size {
        Ok(size)
    } else {
        Err("it must be from 320x180 to 8192x8192".to_owned())
    }
}

/// Runs the command.
pub fn run(args: &Args) -> Result<Exit, Failure> {
    let file = args.output.as_deref().map(picture::File::of).transpose()?;
    if Kind::find(&args.kind) == Some(Kind::Waterfall) {
        return Err(
            Failure::usage("no request is traced yet, so there is no waterfall to draw")
                .help("`timeline` shows the whole run, `percentiles` how long requests took"),
        );
    }
    let figure = if Path::new(&args.source).is_dir() {
        folder::figure(args)?
    } else {
        let kind = Kind::find(&args.kind).ok_or_else(|| kind::unknown(&args.kind, &[]))?;
        scenario::figure(args, kind)?
    };
    let Some(figure) = figure else {
        eprintln!("interrupted before all runs were made: nothing is drawn");
        return Ok(Exit::Interrupted);
    };
    show(args, file.as_ref(), &figure)?;
    Ok(Exit::Success)
}

fn show(args: &Args, file: Option<&picture::File<'_>>, figure: &Figure) -> Result<(), Failure> {
    if args.csv {
        return print(&figure.to_table().to_csv());
    }
    match file {
        Some(file) => {
            file.write(figure, args.theme, args.size)?;
            print(&folded(&figure.caption(), Style::of_stdout(args.ascii).width))
        }
        None => print(&picture::text(figure, args.ascii)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_two_numbers_within_limits() {
        let slide = parse_size("1280x720").unwrap();
        assert_eq!((slide.width, slide.height), (1280, 720));
        assert!(parse_size("1280").is_err() && parse_size("axb").is_err());
        assert!(parse_size("10x10").unwrap_err().contains("320x180"));
        assert!(parse_size("99999x720").is_err());
    }
}
