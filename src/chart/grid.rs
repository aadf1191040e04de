//! The cells of a sweep, arranged by what a figure shows in each direction.
//!
//! Points of a grid stand at the levels of their axes. Points that were drawn at random hardly ever share a level: they are put into
//! groups of equal size, by the axis. Where several cells fall together (in a group, or because the figure leaves an axis out), the
//! mean of their means is shown; with the interval over them if points were drawn, as levels of a list are no sample of anything.
//! Where no mean of a measure is negative, no interval goes below zero.

use brownout_scenarios::study::{Axis, Source};
use brownout_sim_core::stats::Summary;
use brownout_viz::figure::{self, Scale};
use brownout_viz::number::{Unit, show};

use crate::comparison::Figure;
use crate::sweep::cells::{Cell, WithInterval, numbers};
use crate::sweep::project::Project;

/// Groups of drawn points along an axis.
const GROUPS: usize = 8;

/// From this quotient of the largest and the least value on, an axis goes by powers of ten.
const LOG_FROM: f64 = 30.0;

/// A sweep's results.
#[derive(Clone, Debug)]
pub struct Swept<'a> {
    /// The study.
    pub project: &'a Project,
    cells: &'a [Cell],
    /// By measure: below this no interval goes.
    floors: Vec<f64>,
}

/// What stands along one direction of a figure, in order.
#[derive(Clone, Debug, PartialEq)]
pub struct Steps {
    /// What it is.
    pub label: String,
    /// What it is called where there is little room: the name of the axis.
    pub short: String,
    /// Each step, as it is to be read.
    pub names: Vec<String>,
    /// Where each step stands along an axis with numbers.
    pub places: Vec<f64>,
    /// The unit of the places.
    pub unit: Unit,
    /// Whether the places go by powers of ten.
    pub is_log: bool,
    of: Of,
}

/// To which step a cell belongs.
#[derive(Clone, Debug, PartialEq)]
enum Of {
    /// To the only one.
    All,
    /// By its variant.
    Variant,
    /// By its point.
    Point(Vec<usize>),
}

/// What some cells came to together.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Pooled {
    /// The mean; `None` if there is none, or if it did not happen in some run: a mean of the others would flatter.
    pub value: Option<f64>,
    /// Its interval.
    pub interval: Option<(f64, f64)>,
    /// How many runs.
    pub runs: u64,
}

impl Steps {
    /// A single step for everything.
    pub fn one() -> Steps {
        Steps {
            label: String::new(),
            short: String::new(),
            names: vec![String::new()],
            places: vec![1.0],
            unit: Unit::Plain,
            is_log: false,
            of: Of::All,
        }
    }

    /// The step of a cell.
    pub fn of(&self, cell: &Cell) -> usize {
        match &self.of {
            Of::All => 0,
            Of::Variant => cell.variant as usize,
            Of::Point(steps) => steps[cell.point as usize],
        }
    }

    /// At most so many steps, spread evenly with the first and the last among them.
    pub fn spread(&self, most: usize) -> Vec<usize> {
        let count = self.names.len();
        if count <= most || most < 2 {
            return (0..count).collect();
        }
        (0..most).map(|it| it * (count - 1) / (most - 1)).collect()
    }

    /// As the axis of a figure.
    pub fn axis(&self) -> figure::Axis {
        figure::Axis {
            label: self.label.clone(),
            unit: self.unit,
            scale: if self.is_log { Scale::Log } else { Scale::Linear },
        }
    }
}

impl<'a> Swept<'a> {
    /// The cells of a study.
    pub fn of(project: &'a Project, cells: &'a [Cell]) -> Swept<'a> {
        let floor = |measure: usize| {
            let yes_or_no = project.figures[measure].yes_or_no;
            let mut means = cells
                .iter()
                .filter_map(|it| numbers(it.estimates.get(measure)?, yes_or_no));
            if means.all(|it| it.0 >= 0.0) {
                0.0
            } else {
                f64::NEG_INFINITY
            }
        };
        Swept {
            project,
            cells,
            floors: (0..project.figures.len()).map(floor).collect(),
        }
    }

    /// The steps of what a chart names; a single one if it names nothing.
    pub fn steps(&self, source: Option<&Source>) -> Steps {
        match source {
            Some(Source::Axis(at)) => self.axis(*at),
            Some(Source::Variant) => self.variants(),
            Some(Source::Measure(_)) | None => Steps::one(),
        }
    }

    fn variants(&self) -> Steps {
        let names = self.project.study.variants().to_vec();
        Steps {
            label: "variant".to_owned(),
            short: String::new(),
            places: (1..=names.len()).map(|it| it as f64).collect(),
            names,
            unit: Unit::Plain,
            is_log: false,
            of: Of::Variant,
        }
    }

    fn axis(&self, at: usize) -> Steps {
        let axis = &self.project.study.axes()[at];
        let levels: Vec<(&str, Option<f64>)> = self
            .project
            .study
            .points()
            .iter()
            .map(|it| {
                let level = &it.coordinates[at];
                (level.text.as_str(), level.number)
            })
            .collect();
        let unit = unit(axis);
        let numbers: Option<Vec<f64>> = levels.iter().map(|it| it.1).collect();
        let (names, places, of) = match numbers {
            Some(numbers) if axis.drawn => drawn(&numbers, unit),
            _ => listed(&levels),
        };
        let (least, most) = places
            .iter()
            .fold((f64::MAX, f64::MIN), |it, at| (it.0.min(*at), it.1.max(*at)));
        let is_log = least > 0.0 && (axis.is_log || most / least >= LOG_FROM);
        Steps {
            label: label(axis),
            short: if axis.is_variant() {
                String::new()
            } else {
                axis.name.clone()
            },
            names,
            places,
            unit,
            is_log,
            of: Of::Point(of),
        }
    }

    /// The place of a measure.
    pub fn measure(&self, name: &str) -> Option<usize> {
        self.project.measures.iter().position(|it| it == name)
    }

    /// What a measure is, as an axis.
    pub fn measure_axis(&self, measure: usize) -> figure::Axis {
        let Figure {
            heading,
            unit,
            yes_or_no,
            ..
        } = &self.project.figures[measure];
        let censored = self
            .cells
            .iter()
            .any(|it| it.estimates.get(measure).is_some_and(|it| it.censored > 0));
        let label = match (yes_or_no, censored) {
            (true, _) => format!("share of runs: {heading}"),
            (false, true) => format!("{heading} (a gap: not in every run)"),
            (false, false) => heading.clone(),
        };
        figure::Axis::linear(label, if *yes_or_no { Unit::Ratio } else { *unit })
    }

    /// Whether a measure is a yes or a no.
    pub fn is_yes_or_no(&self, measure: usize) -> bool {
        self.project.figures[measure].yes_or_no
    }

    /// What the cells for which `belongs` came to in a measure.
    pub fn pooled(&self, measure: usize, belongs: impl Fn(&Cell) -> bool) -> Pooled {
        let cells: Vec<&Cell> = self.cells.iter().filter(|it| belongs(it)).collect();
        let runs = cells.iter().map(|it| it.runs).sum();
        let nothing = Pooled {
            runs,
            ..Pooled::default()
        };
        if cells
            .iter()
            .any(|it| it.estimates.get(measure).is_some_and(|it| it.censored > 0))
        {
            return nothing;
        }
        let yes_or_no = self.is_yes_or_no(measure);
        let found = cells
            .iter()
            .filter_map(|it| numbers(it.estimates.get(measure)?, yes_or_no));
        let found: Vec<WithInterval> = found.collect();
        let (value, interval) = match found.as_slice() {
            [] => return nothing,
            [(value, interval)] => (*value, *interval),
            _ => {
                let summary = Summary::of(found.iter().map(|it| it.0)).expect("there are some");
                let sampled = self.project.study.axes().iter().any(|it| it.drawn);
                let interval = summary.interval.filter(|_| sampled);
                (summary.mean, interval.map(|it| (it.low, it.high)))
            }
        };
        Pooled {
            value: Some(value),
            interval: interval.map(|it| (it.0.max(self.floors[measure]), it.1)),
            runs,
        }
    }

    /// What stands above a figure: what the chart says, or else the study and the measure.
    pub fn title(&self, chart: Option<&str>, measure: usize) -> String {
        let study = self.project.study.title().unwrap_or(self.project.study.name());
        match chart {
            Some(title) => title.to_owned(),
            None => format!("{study}, {}", self.project.figures[measure].heading),
        }
    }
}

/// What an axis is called.
fn label(axis: &Axis) -> String {
    let label = axis.label.clone().unwrap_or_else(|| axis.name.clone());
    match axis.unit.as_deref() {
        None | Some("" | "s" | "/s") => label,
        Some(unit) => format!("{label}, {unit}"),
    }
}

/// How its numbers are shown.
fn unit(axis: &Axis) -> Unit {
    match axis.unit.as_deref() {
        Some("s") => Unit::Seconds,
        Some("/s") => Unit::PerSecond,
        _ => Unit::Plain,
    }
}

/// Levels of a list: each different text is a step; where one has no number, steps are counted.
fn listed(levels: &[(&str, Option<f64>)]) -> (Vec<String>, Vec<f64>, Vec<usize>) {
    let mut names: Vec<String> = Vec::new();
    let mut places: Vec<Option<f64>> = Vec::new();
    let mut of = Vec::new();
    for (text, number) in levels {
        let step = names.iter().position(|it| it == text).unwrap_or_else(|| {
            names.push((*text).to_owned());
            places.push(*number);
            names.len() - 1
        });
        of.push(step);
    }
    let counted = (1..=names.len()).map(|it| it as f64);
    let all: Option<Vec<f64>> = places.iter().copied().collect();
    let Some(places) = all else {
        return (names, counted.collect(), of);
    };
    // Numbers go upwards, whatever their order in the file.
    let mut order: Vec<usize> = (0..names.len()).collect();
    order.sort_by(|a, b| places[*a].total_cmp(&places[*b]));
    let step = |old: &usize| order.iter().position(|it| it == old).expect("every step has a place");
    let of = of.iter().map(step).collect();
    (
        order.iter().map(|it| names[*it].clone()).collect(),
        order.iter().map(|it| places[*it]).collect(),
        of,
    )
}

/// Drawn numbers: groups of equal size, each named and placed by its mean.
fn drawn(numbers: &[f64], unit: Unit) -> (Vec<String>, Vec<f64>, Vec<usize>) {
    let mut order: Vec<usize> = (0..numbers.len()).collect();
    order.sort_by(|a, b| numbers[*a].total_cmp(&numbers[*b]));
    let groups = GROUPS.min(numbers.len()).max(1);
    let mut of = vec![0; numbers.len()];
    let mut sums = vec![(0.0, 0.0); groups];
    for (rank, point) in order.iter().enumerate() {
        let group = rank * groups / numbers.len();
        of[*point] = group;
        sums[group] = (sums[group].0 + numbers[*point], sums[group].1 + 1.0);
    }
    let places: Vec<f64> = sums.iter().map(|it| it.0 / it.1).collect();
    let names = places.iter().map(|it| format!("about {}", show(unit, *it)));
    (names.collect(), places, of)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn listed_levels_go_upwards_if_all_have_numbers() {
        let levels = [("x2", Some(2.0)), ("x1", Some(1.0)), ("x2", Some(2.0))];
        let (names, places, of) = listed(&levels);
        assert_eq!(
            (names, places, of),
            (vec!["x1".to_owned(), "x2".to_owned()], vec![1.0, 2.0], vec![1, 0, 1])
        );
        let (names, places, of) = listed(&[("none", None), ("x1", Some(1.0)), ("none", None)]);
        assert_eq!(
            (names, places, of),
            (vec!["none".to_owned(), "x1".to_owned()], vec![1.0, 2.0], vec![0, 1, 0])
        );
    }

    #[test]
    fn drawn_numbers_fall_into_groups_of_equal_size() {
        let numbers: Vec<f64> = (0..64).rev().map(f64::from).collect();
        let (names, places, of) = drawn(&numbers, Unit::Seconds);
        assert_eq!((names.len(), places[0], places[7]), (8, 3.5, 59.5));
        assert!((0..8).all(|group| of.iter().filter(|it| **it == group).count() == 8));
        assert_eq!((of[63], of[0]), (0, 7));
        assert_eq!(names[0], "about 3.50 s");
        assert_eq!(drawn(&[5.0], Unit::Plain).2, [0]);
    }

    #[test]
    fn of_many_steps_some_are_spread_evenly() {
        let mut steps = Steps::one();
        steps.names = (0..13).map(|it| it.to_string()).collect();
        assert_eq!(steps.spread(7), [0, 2, 4, 6, 8, 10, 12]);
        assert_eq!(steps.spread(20).len(), 13);
    }
}
