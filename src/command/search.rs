//! `search`: the cliff of one setting, with an interval.

use std::fmt::Write;
use std::path::PathBuf;

use brownout_sim_core::engine::Limits;
use brownout_sim_core::stats::Proportion;
use brownout_viz::number::show_whole;
use rayon::prelude::*;
use serde::Serialize;

use super::run::{Format, quoted};
use super::{parse_override, print};
use crate::exit::{Exit, Failure};
use crate::input::{self, Source};
use crate::progress::{Progress, Show};
use crate::report::grid::{Column, grid};
use crate::report::style::stderr_colour;
use crate::report::{Style, folded};
use crate::search::bisection::{Found, crossing, search};
use crate::search::side::{Rule, Side};
use crate::store::unit::{Ended, Number, Record, Unit};
use crate::sweep::project::Project;
use crate::sweep::work::Work;
use crate::{experiment, interrupt};

/// Finds the cliff: from which value of a setting on does something happen?
///
/// Values are bisected; each is run until it is clear on which side of the cliff it lies. The answer is an interval, right in 95 %
/// of searches if what is asked for only becomes likelier, or only less likely, along the range.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  brownout search metastable --axis load.users.scale='x0.2 .. x1.4' --until 'success_ratio(*) < 70%'\n  \
    brownout search retry-storm --variants naive,budget --axis load.shoppers.scale='x0.5 .. x2' --until 'collapsed(web.home)'\n  \
    brownout search shop.toml --axis policy.app-to-db.timeout='log(50ms .. 5s)' --until 'p99(web) > 1s' --share 5%\n\n\
    Exit codes: 0 searched, whatever was found; 2 the file or the command line is wrong; 1 a run stopped with an error;\n\
    130 interrupted."
)]
pub struct Args {
    /// A scenario file, or the name of a shipped scenario
    file: String,
    /// The setting and its range: `PATH=A .. B`, `PATH=log(A .. B)`, either with a number of values, or a list
    #[arg(long, value_name = "PATH=RANGE", value_parser = parse_override)]
    axis: (String, String),
    /// What is asked of each run: a comparison, or a named yes or no such as `collapsed`
    #[arg(long, value_name = "EXPRESSION")]
    until: String,
    /// The share of runs that divides the sides
    #[arg(long, value_name = "PERCENT", default_value = "50%", value_parser = parse_share)]
    share: f64,
    /// The variants to search, one after another, separated by commas; `base` is the file as it is
    #[arg(long, value_name = "A,B", value_delimiter = ',', default_value = "base")]
    variants: Vec<String>,
    /// The most runs at one value
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = clap::value_parser!(u32).range(8..=100_000))]
    max_replications: u32,
    /// Change a value of the file, as often as needed: path=value
    #[arg(long = "set", value_name = "PATH=VALUE", value_parser = parse_override)]
    sets: Vec<(String, String)>,
    /// How to answer
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Stop a run that takes more events than this
    #[arg(long, value_name = "N", default_value_t = Limits::default().events, value_parser = clap::value_parser!(u64).range(1..))]
    max_events: u64,
    /// Stop a run with more calls in flight than this
    #[arg(long, value_name = "N", default_value_t = Limits::default().live, value_parser = clap::value_parser!(u32).range(1..))]
    max_live: u32,
    /// How many threads; the answer is the same for any number. Default: one for each core
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    threads: Option<u16>,
    /// How to show how far it is, on standard error
    #[arg(long, value_enum, default_value_t = Show::Bar)]
    progress: Show,
    /// Use ASCII characters only
    #[arg(long)]
    ascii: bool,
}

/// Values of a range that does not say how many.
const VALUES: usize = 101;

fn parse_share(text: &str) -> Result<f64, String> {
    let wrong = || "it must be a share between 0 and 100 %, such as `5%`".to_owned();
    let percent: f64 = text
        .trim()
        .strip_suffix('%')
        .ok_or_else(wrong)?
        .trim()
        .parse()
        .map_err(|_| wrong())?;
    if percent > 0.0 && percent < 100.0 {
        Ok(percent / 100.0)
    } else {
        Err(wrong())
    }
}

/// What was found at one value.
#[derive(Clone, Debug)]
struct Tested {
    point: usize,
    held: u64,
    runs: u64,
    side: Side,
}

/// What was found for one variant.
struct Answer {
    variant: String,
    found: Found,
    /// In the order of the values.
    tested: Vec<Tested>,
}

/// Runs the command.
pub fn run(args: &Args) -> Result<Exit, Failure> {
    let colour = stderr_colour();
    let source = input::find(&args.file)?;
    let scenario = input::load(&source, &args.sets, colour)?;
    for name in &args.variants {
        input::variant(&scenario, name)?;
    }
    let project = Project::load(&study(args, &source), Some(&source), &args.sets, colour)?;
    if !project.figures[0].yes_or_no {
        return Err(Failure::usage(format!("`{}` is a number, not a yes or no", args.until))
            .help("compare it with something: `p99(web) > 1s`"));
    }
    let values = project.study.points().len();
    if values < 2 {
        return Err(Failure::usage("a search needs two values at least").help("write a range: `x0.5 .. x2`"));
    }
    let rule = Rule::new(args.share, args.max_replications, values);
    let interrupt = interrupt::listen()?;
    let compile = |point: u32, variant: u32| project.compile(point, variant);
    let work = Work {
        compile: &compile,
        measures: &project.measures,
        seed: None,
        limits: Limits {
            events: args.max_events,
            live: args.max_live,
        },
        detail: false,
        threads: None,
    };
    let pool = experiment::pool(args.threads.map(usize::from))?;
    let length = experiment::length(&compile(0, 0)?);
    let progress = Progress::new(args.progress, 0, length);
    let stop = || interrupt.load(std::sync::atomic::Ordering::Relaxed);

    let mut answers = Vec::new();
    for (row, variant) in project.study.variants().iter().enumerate() {
        let mut tested: Vec<Tested> = Vec::new();
        let found = search(values, |point| {
            let system = work.system(point as u32, row as u32)?;
            let (mut held, mut made) = (0, 0);
            let mut side = Side::Unclear;
            for runs in rule.rounds() {
                progress.extend(runs - made, length);
                let unit = |replication: u32| Unit {
                    point: point as u32,
                    variant: row as u32,
                    replication,
                };
                let round: Vec<Option<Record>> = pool.install(|| {
                    let replications = (made..runs).into_par_iter();
                    replications
                        .map(|it| work.unit(&system, unit(it), &stop, &progress))
                        .collect()
                });
                for record in round {
                    held += u64::from(holds(record.ok_or(Stopped::Interrupted)?, &project, point)?);
                }
                made = runs;
                side = rule.side(held, u64::from(made));
                if side != Side::Unclear {
                    break;
                }
            }
            tested.push(Tested {
                point,
                held,
                runs: u64::from(made),
                side,
            });
            Ok(side)
        });
        let found = match found {
            Ok(found) => found,
            Err(Stopped::Interrupted) => {
                progress.clear();
                eprintln!("interrupted: nothing is known yet of the variant `{variant}`");
                return Ok(Exit::Interrupted);
            }
            Err(Stopped::Failed(why)) => {
                progress.clear();
                return Err(why);
            }
        };
        tested.sort_by_key(|it| it.point);
        answers.push(Answer {
            variant: variant.clone(),
            found,
            tested,
        });
    }
    progress.clear();
    let told = Told {
        args,
        project: &project,
        answers: &answers,
    };
    match args.format {
        Format::Text => print(&told.text(&Style::of_stdout(args.ascii)))?,
        Format::Json => print(&told.json())?,
    }
    Ok(Exit::Success)
}

/// Why a search ended early.
enum Stopped {
    Interrupted,
    Failed(Failure),
}

impl From<Failure> for Stopped {
    fn from(why: Failure) -> Stopped {
        Stopped::Failed(why)
    }
}

/// Whether it happened in a run.
fn holds(record: Record, project: &Project, point: usize) -> Result<bool, Stopped> {
    let at = || project.study.describe(&project.study.points()[point]);
    let done = match record.ended {
        Ended::Done(done) => done,
        Ended::Failed(why) => {
            let failure = Failure::system(format!("the run at {} with seed {} stopped: {why}", at(), record.seed));
            return Err(failure
                .help("a narrower range, or `--max-events` and `--max-live`")
                .into());
        }
    };
    match &done.measures[0] {
        Number::Is(it) => Ok(*it != 0.0),
        Number::AtLeast(_) => Ok(false),
        Number::Missing(why) => Err(Failure::usage(format!(
            "there is no answer at {} with seed {}: {why}",
            at(),
            record.seed
        ))
        .into()),
    }
}

/// The study that a search is: one axis, one measure.
fn study(args: &Args, scenario: &Source) -> Source {
    let text = |it: &str| serde_json::Value::String(it.to_owned()).to_string();
    let (path, range) = &args.axis;
    let range = range.trim();
    let values = if range.starts_with('[') {
        range.to_owned()
    } else {
        let inside = range.strip_suffix(')').and_then(|it| it.split_once('('));
        let (scale, inside) = inside.unwrap_or(("linear", range));
        let count = if inside.contains(',') {
            String::new()
        } else {
            format!(", {VALUES}")
        };
        text(&format!("{scale}({inside}{count})"))
    };
    let variants: Vec<String> = args.variants.iter().map(|it| text(it)).collect();
    let bytes = format!(
        "format = 1\nscenario = {}\nvariants = [{}]\n\n[plan]\nmethod = \"grid\"\nreplications = 1\n\n[axis.value]\npath = {}\nvalues \
         = {values}\n\n[measure]\nuntil = {}\n",
        text(&scenario.name),
        variants.join(", "),
        text(path),
        text(&args.until)
    );
    Source {
        name: scenario.name.clone(),
        shown: "--axis and --until".to_owned(),
        bytes: bytes.into_bytes(),
        folder: scenario.folder.clone().or_else(|| Some(PathBuf::new())),
    }
}

struct Told<'a> {
    args: &'a Args,
    project: &'a Project,
    answers: &'a [Answer],
}

impl Told<'_> {
    fn value(&self, point: usize) -> &str {
        &self.project.study.points()[point].coordinates[0].text
    }

    /// The value nearest to where the share is crossed.
    fn estimate(&self, answer: &Answer) -> Option<&str> {
        let Found::Between(low, high) = answer.found else {
            return None;
        };
        let found: Vec<(usize, u64, u64)> = answer.tested.iter().map(|it| (it.point, it.held, it.runs)).collect();
        let side = |point: usize| answer.tested.iter().find(|it| it.point == point).map(|it| it.side);
        let grows = side(low) == Some(Side::Below);
        let place = crossing(&found, self.args.share, grows)?.round() as usize;
        Some(self.value(place.clamp(low, high)))
    }

    fn sentence(&self, answer: &Answer) -> String {
        let (what, path, percent) = (&self.args.until, &self.args.axis.0, percent(self.args.share));
        let variant = &answer.variant;
        let ends = (self.value(0), self.value(self.project.study.points().len() - 1));
        match answer.found {
            Found::Between(low, high) => {
                let side = answer.tested.iter().find(|it| it.point == low).map(|it| it.side);
                let (before, after) = if side == Some(Side::Below) {
                    ("at most", "more")
                } else {
                    ("more than", "at most that")
                };
                let about = self.estimate(answer).filter(|_| high - low > 1);
                let about = about.map_or(String::new(), |it| format!(", about at {it}"));
                format!(
                    "{variant}: the cliff is between {} and {}{about}. Up to {} `{what}` holds in {before} {percent} of runs, from {} on in \
                     {after}.",
                    self.value(low),
                    self.value(high),
                    self.value(low),
                    self.value(high)
                )
            }
            Found::Nowhere(side) => {
                let share = if side == Side::Below { "at most" } else { "more than" };
                format!(
                    "{variant}: there is no cliff from {} to {}: at both ends `{what}` holds in {share} {percent} of runs.",
                    ends.0, ends.1
                )
            }
            Found::UnclearEnd(point) => format!(
                "{variant}: at {path} = {}, the end of the range, {} runs do not tell whether `{what}` holds in more than {percent} of them: \
                 widen the range, or allow more with `--max-replications`.",
                self.value(point),
                show_whole(
                    answer
                        .tested
                        .iter()
                        .find(|it| it.point == point)
                        .map_or(0, |it| it.runs)
                )
            ),
        }
    }

    fn text(&self, style: &Style) -> String {
        let mut text = String::new();
        for answer in self.answers {
            text.push_str(&folded(&self.sentence(answer), style.width));
        }
        let columns = [
            Column::words("variant"),
            Column::numbers(&self.args.axis.0),
            Column::numbers("runs"),
            Column::numbers("of these, held"),
            Column::words("so the share is"),
        ];
        let rows: Vec<Vec<String>> = self
            .answers
            .iter()
            .flat_map(|answer| answer.tested.iter().map(move |it| (answer, it)))
            .map(|(answer, it)| {
                let share = Proportion::of(it.held, it.runs).expect("there are runs");
                let bound = percent(self.args.share);
                vec![
                    answer.variant.clone(),
                    self.value(it.point).to_owned(),
                    it.runs.to_string(),
                    format!(
                        "{:.0} % [{:.0}, {:.0}]",
                        share.share * 100.0,
                        share.interval.low * 100.0,
                        share.interval.high * 100.0
                    ),
                    match it.side {
                        Side::Below => format!("below {bound}"),
                        Side::Above => format!("above {bound}"),
                        Side::Unclear => "unclear".to_owned(),
                    },
                ]
            })
            .collect();
        let _ = write!(text, "\n{}\n", grid(&columns, &rows, style));
        let how = format!(
            "Each value was run until it was clear on which side it lies, with at most {} runs; all decisions together are right with 95 % \
             confidence, if the share only grows or only falls along the range. In brackets: the 95 % interval by Wilson.",
            self.args.max_replications
        );
        text.push_str(&folded(&how, style.width));
        let _ = write!(text, "\nAgain   {}\n", self.again());
        text
    }

    fn again(&self) -> String {
        let args = self.args;
        let mut words = vec!["brownout search".to_owned(), quoted(&args.file)];
        words.extend(["--axis".to_owned(), quoted(&format!("{}={}", args.axis.0, args.axis.1))]);
        words.extend(["--until".to_owned(), quoted(&args.until)]);
        words.extend(["--share".to_owned(), quoted(&format!("{}%", args.share * 100.0))]);
        words.extend(["--variants".to_owned(), quoted(&args.variants.join(","))]);
        words.extend(["--max-replications".to_owned(), args.max_replications.to_string()]);
        for (path, value) in &args.sets {
            words.extend(["--set".to_owned(), quoted(&format!("{path}={value}"))]);
        }
        words.join(" ")
    }

    fn json(&self) -> String {
        let point = |it: usize| {
            let level = &self.project.study.points()[it].coordinates[0];
            JsonValue {
                text: level.text.clone(),
                value: level.number,
            }
        };
        let cliffs = self.answers.iter().map(|answer| JsonCliff {
            variant: &answer.variant,
            found: match answer.found {
                Found::Between(..) => "between",
                Found::Nowhere(_) => "nowhere",
                Found::UnclearEnd(_) => "unclear",
            },
            interval: match answer.found {
                Found::Between(low, high) => Some([point(low), point(high)]),
                _ => None,
            },
            estimate: self.estimate(answer),
            tested: answer
                .tested
                .iter()
                .map(|it| JsonTested {
                    at: point(it.point),
                    runs: it.runs,
                    held: it.held,
                    side: match it.side {
                        Side::Below => "below",
                        Side::Above => "above",
                        Side::Unclear => "unclear",
                    },
                })
                .collect(),
        });
        crate::json::pretty(&JsonSearch {
            format: 1,
            scenario: self.project.study.scenario().name(),
            engine: crate::store::manifest::ENGINE,
            path: &self.args.axis.0,
            until: &self.args.until,
            share: self.args.share,
            cliffs: cliffs.collect(),
        })
    }
}

fn percent(share: f64) -> String {
    format!("{} %", share * 100.0)
}

#[derive(Debug, Serialize)]
struct JsonSearch<'a> {
    format: u32,
    scenario: &'a str,
    engine: &'static str,
    path: &'a str,
    until: &'a str,
    share: f64,
    cliffs: Vec<JsonCliff<'a>>,
}

#[derive(Debug, Serialize)]
struct JsonCliff<'a> {
    variant: &'a str,
    found: &'static str,
    interval: Option<[JsonValue; 2]>,
    estimate: Option<&'a str>,
    tested: Vec<JsonTested>,
}

#[derive(Debug, Serialize)]
struct JsonTested {
    at: JsonValue,
    runs: u64,
    held: u64,
    side: &'static str,
}

#[derive(Debug, Serialize)]
struct JsonValue {
    text: String,
    value: Option<f64>,
}

#[cfg(test)]
mod tests {
    use super::parse_share;

    #[test]
    fn a_share_lies_between_nothing_and_everything() {
        assert_eq!(parse_share("5%"), Ok(0.05));
        assert_eq!(parse_share(" 12.5 %"), Ok(0.125));
        for wrong in ["0%", "100%", "5", "-1%", "NaN%", "x%", ""] {
            assert!(parse_share(wrong).is_err(), "{wrong}");
        }
    }
}
