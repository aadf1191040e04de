//! Draws values by percentile.

use super::chart::{BELOW, Chart, Frame, gutter, room_upwards};
use super::page::{Entry, LEGEND_LINE, Swatch, legend, line_look};
use super::pen::Pen;
use super::picture::{Anchor, Look, Tags};
use super::series::{compact, references_upwards, symbol_of};
use super::text::{MEDIUM, fit_bold};
use crate::figure::{PercentileCurve, Percentiles, percentile_name};
use crate::number::{show, show_whole};
use crate::ruler::Ruler;
use crate::theme::Theme;

/// Points that have a symbol: those that people ask for.
const ASKED_FOR: [f64; 6] = [0.5, 0.9, 0.95, 0.99, 0.999, 0.9999];

pub(super) fn draw(figure: &Percentiles, pen: &Pen, theme: &Theme, frame: Frame) {
    let title = fit_bold(&figure.axis.label, MEDIUM, frame.width());
    pen.bold(
        &title,
        (frame.left, frame.top + LEGEND_LINE * 0.74),
        Anchor::Start,
        MEDIUM,
        theme.text,
    );
    let entry = |(at, it): (usize, &PercentileCurve)| Entry {
        label: it.count.map_or(it.label.clone(), |count| {
            format!("{} (n = {})", it.label, show_whole(count))
        }),
        swatch: Swatch::Line(line_look(theme, it.role, at), Some(symbol_of(it.role, at))),
    };
    let keys: Vec<Entry> = figure.curves.iter().enumerate().map(entry).collect();
    let head = legend(pen, theme, &keys, (frame.left, frame.top + LEGEND_LINE), frame.width());

    let curves: Vec<Vec<(f64, f64)>> = figure.curves.iter().map(PercentileCurve::shown).collect();
    let shares = || curves.iter().flatten().map(|it| it.0);
    let values: Vec<f64> = curves
        .iter()
        .flatten()
        .map(|it| it.1)
        .chain(figure.references.iter().map(|it| it.at))
        .collect();
    let top = frame.top + LEGEND_LINE + head + 8.0;
    let bottom = (frame.bottom - BELOW - 20.0).max(top + 20.0);
    let y = Ruler::new(
        figure.axis.scale,
        figure.axis.unit,
        values.into_iter(),
        room_upwards(bottom - top),
    );
    let area = Frame {
        left: frame.left + gutter(&y),
        top,
        right: frame.right - 14.0,
        bottom,
    };
    let chart = Chart::new(pen, theme, area.at_least(60.0, 20.0), Ruler::nines(shares()), y);
    chart.axes(true, true);
    chart.title_below("percentile");
    references_upwards(&figure.references, &chart, pen, &figure.axis);
    for (at, (curve, points)) in figure.curves.iter().zip(curves).enumerate() {
        let tags = Tags::class("series")
            .data("series", &*curve.label)
            .data("unit", figure.axis.unit.name());
        pen.open(tags);
        let line: Vec<Option<(f64, f64)>> = points.iter().copied().map(Some).collect();
        chart.curve(&line, line_look(theme, curve.role, at), Tags::class("line"));
        for (share, value) in points {
            let words = format!(
                "{}: {} {}",
                curve.label,
                percentile_name(share),
                show(figure.axis.unit, value)
            );
            let tags = Tags::class("point")
                .data("series", &*curve.label)
                .data("x", format!("{share}"))
                .data("y", compact(value))
                .hint(words);
            let look = Look::fill(theme.colour(curve.role));
            if ASKED_FOR.iter().any(|it| (it - share).abs() < 1e-9) {
                chart.symbol(symbol_of(curve.role, at), share, value, look, tags);
            } else {
                chart.dot(share, value, 1.2, look, tags);
            }
        }
        pen.close();
    }
}
