//! Draws lines over one axis of a sweep, in facets.

use super::chart::{BELOW, Chart, Frame, gutter, room_across, room_upwards};
use super::page::{LEGEND_LINE, legend, legend_height};
use super::pen::Pen;
use super::picture::Anchor;
use super::series::{draw as draw_series, entries, references_upwards};
use super::text::{MEDIUM, SMALL, fit, fit_bold};
use crate::figure::{Facet, Lines, Series};
use crate::ruler::Ruler;
use crate::theme::Theme;

/// The most facets that are drawn; a note says how many more there are.
const FACETS: usize = 16;

/// How many rows so many facets take, with at most `across` side by side.
pub(super) fn rows_of(facets: usize, across: usize) -> usize {
    facets.clamp(1, FACETS).div_ceil(across)
}

/// Where facets stand within a frame: as many side by side as find room.
pub(super) fn grid(count: usize, frame: Frame, gap: f64, narrowest: f64, label: f64) -> Vec<Frame> {
    let count = count.clamp(1, FACETS);
    let across = ((frame.width() + gap) / (narrowest + gap)).floor().max(1.0) as usize;
    let across = if count <= 3 {
        count.min(across)
    } else {
        across.min(count.div_ceil(2)).min(4)
    };
    let across = across.max(1);
    let rows = count.div_ceil(across);
    let width = (frame.width() - gap * (across - 1) as f64) / across as f64;
    let height = frame.height() / rows as f64;
    let place = |at: usize| {
        let (row, column) = (at / across, at % across);
        let left = frame.left + column as f64 * (width + gap);
        let top = frame.top + row as f64 * height;
        Frame {
            left,
            top: top + label,
            right: left + width,
            bottom: top + height,
        }
    };
    (0..count).map(place).collect()
}

/// Each series once, by its label.
fn all_series(facets: &[Facet]) -> Vec<Series> {
    let mut known: Vec<Series> = Vec::new();
    for series in facets.iter().flat_map(|it| &it.series) {
        if !known.iter().any(|it| it.label == series.label) {
            known.push(series.clone());
        }
    }
    known
}

pub(super) fn draw(figure: &Lines, pen: &Pen, theme: &Theme, frame: Frame) {
    let known = all_series(&figure.facets);
    let mut top = frame.top;
    let label = fit_bold(&figure.y.label, MEDIUM, frame.width());
    pen.bold(
        &label,
        (frame.left, top + LEGEND_LINE * 0.74),
        Anchor::Start,
        MEDIUM,
        theme.text,
    );
    top += LEGEND_LINE;
    let keys = entries(&known, theme);
    if legend_height(&keys, frame.width()) <= frame.height() / 3.0 {
        top += legend(pen, theme, &keys, (frame.left, top), frame.width());
    }
    top += 8.0;

    let all = || figure.facets.iter().flat_map(|it| &it.series);
    let references = figure.references.iter().map(|it| it.at);
    let heights: Vec<f64> = all().flat_map(Series::values).chain(references).collect();
    let across: Vec<f64> = all()
        .flat_map(|it| &it.points)
        .filter(|it| it.value().is_some())
        .map(|it| it.x)
        .collect();
    let widest = gutter(&Ruler::new(figure.y.scale, figure.y.unit, heights.iter().copied(), 6));
    let room = Frame {
        left: frame.left + widest,
        top,
        bottom: frame.bottom - 20.0,
        ..frame
    };
    let labelled = figure.facets.iter().any(|it| !it.label.is_empty());
    let places = grid(
        figure.facets.len(),
        room,
        28.0,
        220.0,
        if labelled { 24.0 } else { 4.0 },
    );
    for (place, facet) in places.iter().zip(&figure.facets) {
        let area = Frame {
            bottom: place.bottom - BELOW,
            ..*place
        };
        let area = area.at_least(40.0, 20.0);
        let x = Ruler::across(figure.x.scale, figure.x.unit, &across, room_across(area.width()));
        let y = Ruler::new(
            figure.y.scale,
            figure.y.unit,
            heights.iter().copied(),
            room_upwards(area.height()),
        );
        let first = place.left <= room.left + 1.0;
        let chart = Chart::new(pen, theme, area, x, y);
        chart.axes(true, first);
        let label = fit_bold(&facet.label, MEDIUM, area.width());
        pen.bold(&label, (area.left, area.top - 8.0), Anchor::Start, MEDIUM, theme.text);
        for series in &facet.series {
            let at = known.iter().position(|it| it.label == series.label).unwrap_or(0);
            draw_series(series, at, &chart, pen, &figure.x, &figure.y);
        }
        references_upwards(&figure.references, &chart, pen, &figure.y);
    }
    let below = ((room.left + room.right) / 2.0, frame.bottom - 2.0);
    let label = fit(&figure.x.label, SMALL, room.width());
    pen.text(&label, below, Anchor::Middle, SMALL, theme.text);
    if figure.facets.len() > places.len() {
        let more = format!("and {} more facets", figure.facets.len() - places.len());
        pen.text(
            &more,
            (frame.right, frame.bottom - 2.0),
            Anchor::End,
            SMALL,
            theme.muted,
        );
    }
}
