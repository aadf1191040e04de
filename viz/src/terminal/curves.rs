//! Percentiles, load curves and lines of sweeps as text.

use super::plot::{Drawn, legend, plot};
use super::words::{plain, title};
use super::{GUTTER, Style};
use crate::figure::{Axis, Lines, LoadCurve, Percentiles, Reference, Series};
use crate::number::show_exact;
use crate::ruler::Ruler;

/// Rows of a figure that is the only one.
fn tall(style: &Style) -> usize {
    style.height.max(4) * 2
}

fn heading(label: &str, style: &Style) -> String {
    format!("{}\n", plain(label, style.ascii))
}

fn below(label: &str, style: &Style) -> String {
    format!("{}{}\n", " ".repeat(GUTTER + 2), plain(label, style.ascii))
}

fn references(references: &[Reference], axis: &Axis, style: &Style) -> String {
    let blank = " ".repeat(GUTTER + 2);
    let line = |it: &Reference| {
        format!(
            "{blank}{}: {}\n",
            plain(&it.label, style.ascii),
            show_exact(axis.unit, it.at)
        )
    };
    references.iter().map(line).collect()
}

fn drawn(series: &[Series]) -> Vec<Drawn> {
    let one = |it: &Series| Drawn {
        label: it.label.clone(),
        points: it.points.iter().map(|it| Some((it.x, it.value()?))).collect(),
        bands: it
            .points
            .iter()
            .map(|it| it.interval().map(|(low, high)| (it.x, low, high)))
            .collect(),
    };
    series.iter().map(one).collect()
}

/// Where values stand, across.
fn places<'a>(series: impl Iterator<Item = &'a Series>) -> Vec<f64> {
    series
        .flat_map(|it| &it.points)
        .filter(|it| it.value().is_some())
        .map(|it| it.x)
        .collect()
}

pub(super) fn percentiles(figure: &Percentiles, style: &Style) -> String {
    let drawn: Vec<Drawn> = figure
        .curves
        .iter()
        .map(|it| Drawn {
            label: it.label.clone(),
            points: it.shown().into_iter().map(Some).collect(),
            bands: Vec::new(),
        })
        .collect();
    let points = || drawn.iter().flat_map(|it| it.points.iter().flatten());
    let x = Ruler::nines(points().map(|it| it.0));
    let y = Ruler::new(
        figure.axis.scale,
        figure.axis.unit,
        points().map(|it| it.1),
        tall(style) / 2,
    );
    let mut text = title(&figure.title, style) + &heading(&figure.axis.label, style) + &legend(&drawn, style);
    text.push_str(&plot(&drawn, &x, &y, tall(style), style));
    text + &below("percentile", style) + &references(&figure.references, &figure.axis, style)
}

pub(super) fn load_curve(figure: &LoadCurve, style: &Style) -> String {
    let loads = places(figure.goodput_series.iter().chain(&figure.latency_series));
    let x = Ruler::across(figure.load.scale, figure.load.unit, &loads, style.columns() / 12);
    let mut text = title(&figure.title, style);
    for (axis, series) in [
        (&figure.goodput, &figure.goodput_series),
        (&figure.latency, &figure.latency_series),
    ] {
        if series.iter().all(Series::is_empty) {
            continue;
        }
        let rows = style.height.max(6);
        let y = Ruler::new(axis.scale, axis.unit, series.iter().flat_map(Series::values), rows / 2);
        let drawn = drawn(series);
        text.push_str(&(heading(&axis.label, style) + &legend(&drawn, style) + &plot(&drawn, &x, &y, rows, style)));
    }
    text + &below(&figure.load.label, style) + &references(&figure.references, &figure.load, style)
}

pub(super) fn lines(figure: &Lines, style: &Style) -> String {
    let all = || figure.facets.iter().flat_map(|it| &it.series);
    let rows = if figure.facets.len() > 1 {
        style.height.max(6)
    } else {
        tall(style)
    };
    let x = Ruler::across(figure.x.scale, figure.x.unit, &places(all()), style.columns() / 12);
    let y = Ruler::new(figure.y.scale, figure.y.unit, all().flat_map(Series::values), rows / 2);
    let mut text = title(&figure.title, style);
    for facet in &figure.facets {
        let name = match facet.label.as_str() {
            "" => figure.y.label.clone(),
            label => format!("{}, {label}", figure.y.label),
        };
        let drawn = drawn(&facet.series);
        text.push_str(&(heading(&name, style) + &legend(&drawn, style) + &plot(&drawn, &x, &y, rows, style)));
    }
    text + &below(&figure.x.label, style) + &references(&figure.references, &figure.y, style)
}
