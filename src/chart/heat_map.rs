//! A measure of a sweep over two axes; with yes or no, a phase map. Variants that the chart does not mention stand side by side.

use brownout_scenarios::study::Source;
use brownout_viz::figure::{HeatCell, HeatFacet, HeatMap, Shading};

use super::grid::{Steps, Swept};

/// What is shown where.
#[derive(Clone, Debug)]
pub struct Plan<'a> {
    /// What stands above it, if the study says so.
    pub title: Option<&'a str>,
    /// Across.
    pub x: Source,
    /// Upwards.
    pub y: Source,
    /// By its place.
    pub measure: usize,
    /// What is side by side.
    pub facet: Option<Source>,
}

/// The map.
pub fn heat_map(swept: &Swept<'_>, plan: &Plan<'_>) -> HeatMap {
    let (x, y) = (swept.steps(Some(&plan.x)), swept.steps(Some(&plan.y)));
    let several = swept.project.study.variants().len() > 1;
    let beside = plan.facet.clone().or(several.then_some(Source::Variant));
    let facets = swept.steps(beside.as_ref());
    let value = swept.measure_axis(plan.measure);
    let facet = |at: usize| HeatFacet {
        label: facets.names[at].clone(),
        cells: cells(swept, plan, &x, &y, &facets, at),
    };
    HeatMap {
        title: swept.title(plan.title, plan.measure),
        x_label: x.label.clone(),
        columns: x.names.clone(),
        y_label: y.label.clone(),
        rows: y.names.clone(),
        shading: if swept.is_yes_or_no(plan.measure) {
            Shading::Phases
        } else {
            Shading::Range
        },
        value,
        facets: (0..facets.names.len()).map(facet).collect(),
    }
}

fn cells(swept: &Swept<'_>, plan: &Plan<'_>, x: &Steps, y: &Steps, facets: &Steps, facet: usize) -> Vec<HeatCell> {
    let places = (0..y.names.len()).flat_map(|row| (0..x.names.len()).map(move |column| (column, row)));
    let cell = |(column, row): (usize, usize)| {
        let here = |it: &_| x.of(it) == column && y.of(it) == row && facets.of(it) == facet;
        let pooled = swept.pooled(plan.measure, here);
        HeatCell {
            value: pooled.value,
            interval: pooled.interval,
            runs: pooled.runs,
        }
    };
    places.map(cell).collect()
}
