//! A measure of a sweep over one axis. Variants that the chart does not mention are lines of their own, or stand side by side if
//! there are lines already. Of more levels than seven, seven that are spread evenly are lines.

use brownout_scenarios::study::Source;
use brownout_viz::figure::{Facet, Lines, Point, Role, Series};

use super::grid::{Steps, Swept};

/// The most lines that can be told apart.
pub const LINES: usize = 7;

/// What is shown where.
#[derive(Clone, Debug)]
pub struct Plan<'a> {
    /// What stands above it, if the study says so.
    pub title: Option<&'a str>,
    /// Across.
    pub x: Source,
    /// By its place.
    pub measure: usize,
    /// What each line is for.
    pub line: Option<Source>,
    /// What is side by side.
    pub facet: Option<Source>,
}

/// The lines.
pub fn lines(swept: &Swept<'_>, plan: &Plan<'_>) -> Lines {
    let (mut line, mut facet) = (plan.line.clone(), plan.facet.clone());
    let told = [&line, &facet].contains(&&Some(Source::Variant));
    if swept.project.study.variants().len() > 1 && !told {
        let free = if line.is_none() { &mut line } else { &mut facet };
        free.get_or_insert(Source::Variant);
    }
    let x = swept.steps(Some(&plan.x));
    let (by, facets) = (swept.steps(line.as_ref()), swept.steps(facet.as_ref()));
    let y = swept.measure_axis(plan.measure);
    let facet = |at: usize| Facet {
        label: facets.names[at].clone(),
        series: series(swept, plan.measure, &x, &by, &|cell| facets.of(cell) == at, &y.label),
    };
    Lines {
        title: swept.title(plan.title, plan.measure),
        x: x.axis(),
        facets: (0..facets.names.len()).map(facet).collect(),
        references: Vec::new(),
        y,
    }
}

/// A line for each step of `by`, over the steps of `x`; a single one is called `only`.
pub fn series(
    swept: &Swept<'_>,
    measure: usize,
    x: &Steps,
    by: &Steps,
    belongs: &dyn Fn(&crate::sweep::cells::Cell) -> bool,
    only: &str,
) -> Vec<Series> {
    let one = |(nth, step): (usize, usize)| {
        let point = |at: usize| {
            let pooled = swept.pooled(measure, |it| belongs(it) && x.of(it) == at && by.of(it) == step);
            Point {
                x: x.places[at],
                y: pooled.value,
                band: pooled.interval,
            }
        };
        let name = &by.names[step];
        let label = match (name.as_str(), by.short.as_str()) {
            ("", _) => only.to_owned(),
            (name, "") => name.to_owned(),
            (name, axis) => format!("{axis} {name}"),
        };
        Series {
            label,
            role: Role::Nth(nth),
            points: (0..x.names.len()).map(point).collect(),
        }
    };
    by.spread(LINES).into_iter().enumerate().map(one).collect()
}
