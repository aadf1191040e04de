//! Series of points with intervals: bands, lines, symbols, and their legend.

use super::chart::{Chart, Frame};
use super::page::{Entry, Swatch, line_look};
use super::pen::Pen;
use super::picture::{Anchor, Look, Place, Tags};
use super::text::{SMALL, fit, width};
use crate::figure::{Axis, Point, Reference, Role, Series};
use crate::number::{show, show_exact};
use crate::theme::Theme;

/// With more points than this, they have no symbols of their own.
const SYMBOLS: usize = 40;

/// Four significant digits, as attributes have them.
pub(crate) fn compact(value: f64) -> String {
    let rounded: f64 = format!("{value:.3e}").parse().unwrap_or(value);
    format!("{rounded}")
}

/// Which symbol a series has.
pub(crate) fn symbol_of(role: Role, place: usize) -> usize {
    match role {
        Role::Nth(nth) => nth + nth / 7,
        _ => place,
    }
}

/// A legend's entries: lines with their symbols.
pub(crate) fn entries(series: &[Series], theme: &Theme) -> Vec<Entry> {
    let entry = |(at, it): (usize, &Series)| Entry {
        label: it.label.clone(),
        swatch: Swatch::Line(line_look(theme, it.role, at), Some(symbol_of(it.role, at))),
    };
    series.iter().enumerate().map(entry).collect()
}

/// Draws one series: its band, its line, a symbol for each point.
pub(crate) fn draw(series: &Series, place: usize, chart: &Chart<'_>, pen: &Pen, x: &Axis, y: &Axis) {
    let theme = chart.theme;
    let tags = Tags::class("series").data("series", &*series.label);
    pen.open(tags.data("x-unit", x.unit.name()).data("unit", y.unit.name()));
    let colour = theme.colour(series.role);
    let ends: Vec<Option<(f64, f64, f64)>> = series
        .points
        .iter()
        .map(|it| it.interval().map(|(low, high)| (it.x, low, high)))
        .collect();
    chart.band(&ends, Look::faint(colour, 0.2), Tags::class("band"));
    let points: Vec<Option<(f64, f64)>> = series.points.iter().map(|it| Some((it.x, it.value()?))).collect();
    chart.curve(&points, line_look(theme, series.role, place), Tags::class("line"));
    let few = series.points.len() <= SYMBOLS;
    for point in &series.points {
        let Some(value) = point.value() else { continue };
        let tags = point_tags(series, point, value, x, y);
        if few {
            chart.symbol(symbol_of(series.role, place), point.x, value, Look::fill(colour), tags);
        } else {
            chart.dot(point.x, value, 1.6, Look::fill(colour), tags);
        }
    }
    pen.close();
}

fn point_tags(series: &Series, point: &Point, value: f64, x: &Axis, y: &Axis) -> Tags {
    let mut tags = Tags::class("point")
        .data("series", &*series.label)
        .data("x", compact(point.x))
        .data("y", compact(value));
    let mut words = format!(
        "{}: {} at {}",
        series.label,
        show(y.unit, value),
        show_exact(x.unit, point.x)
    );
    if let Some((low, high)) = point.interval() {
        tags = tags.data("low", compact(low)).data("high", compact(high));
        words.push_str(&format!(" ({} to {})", show(y.unit, low), show(y.unit, high)));
    }
    tags.hint(words)
}

/// Level lines at values to compare with, named at their right end.
pub(crate) fn references_upwards(references: &[Reference], chart: &Chart<'_>, pen: &Pen, axis: &Axis) {
    let theme = chart.theme;
    let Frame { left, right, top, .. } = chart.frame;
    for it in references.iter().filter(|it| chart.y.contains(it.at)) {
        let Some(y) = chart.upwards(it.at) else { continue };
        pen.line(
            (left, y),
            (right, y),
            Look::stroke(theme.text, 1.4).dashed(&[2.0, 4.0]),
            "reference",
        );
        let words = format!("{} {}", it.label, show_exact(axis.unit, it.at));
        let words = fit(&words, SMALL, (right - left) * 0.7);
        let y = if y - top < SMALL + 4.0 {
            y + SMALL + 2.0
        } else {
            y - 5.0
        };
        pen.over(
            &words,
            (right - 6.0, y),
            Anchor::End,
            SMALL,
            theme.text,
            theme.background,
        );
    }
}

/// Upright lines at values to compare with, named beside their upper end where asked.
pub(crate) fn references_across(references: &[Reference], chart: &Chart<'_>, pen: &Pen, axis: &Axis, named: bool) {
    let theme = chart.theme;
    let Frame {
        left,
        right,
        top,
        bottom,
    } = chart.frame;
    let mut taken: Vec<(Place, f64)> = Vec::new();
    for it in references.iter().filter(|it| chart.x.contains(it.at)) {
        let Some(x) = chart.across(it.at) else { continue };
        pen.line(
            (x, top),
            (x, bottom),
            Look::stroke(theme.text, 1.4).dashed(&[2.0, 4.0]),
            "reference",
        );
        if !named {
            continue;
        }
        let words = fit(
            &format!("{} {}", it.label, show_exact(axis.unit, it.at)),
            SMALL,
            (right - left) * 0.45,
        );
        let long = width(&words, SMALL);
        // On the side where there is room, below names that are there already.
        let (from, anchor) = if x + 6.0 + long < right {
            (x + 6.0, Anchor::Start)
        } else {
            (x - 6.0, Anchor::End)
        };
        let begins = if anchor == Anchor::Start { from } else { from - long };
        let mut y = top + SMALL + 2.0;
        while taken
            .iter()
            .any(|it| (it.0.1 - y).abs() < SMALL && it.0.0 < begins + long && begins < it.0.0 + it.1)
        {
            y += SMALL + 4.0;
        }
        taken.push(((begins, y), long));
        pen.over(&words, (from, y), anchor, SMALL, theme.text, theme.background);
    }
}
