//! Draws cells over two axes, and in phase maps the line between likely and not.

use super::chart::Frame;
use super::lines::grid;
use super::page::hatched;
use super::pen::Pen;
use super::picture::{Anchor, Look, Tags};
use super::series::compact;
use super::text::{MEDIUM, SMALL, fit, fit_bold, width};
use crate::figure::{HeatFacet, HeatMap, LIKELY, Scale, Shading};
use crate::number::{Unit, show, show_exact, show_like};
use crate::ruler::Ruler;
use crate::theme::{Hatch, Rgb, Theme};

/// Room for the scale of colours at the right.
const SCALE: f64 = 118.0;

pub(super) fn draw(figure: &HeatMap, pen: &Pen, theme: &Theme, frame: Frame) {
    let values = figure.facets.iter().flat_map(|it| figure.values(it)).map(|it| it.2);
    let colours = match figure.shading {
        Shading::Phases => Ruler::new(Scale::Linear, Unit::Ratio, [0.0, 1.0].into_iter(), 6),
        Shading::Range => Ruler::new(figure.value.scale, figure.value.unit, values, 6),
    };
    let long = figure
        .rows
        .iter()
        .map(|it| width(it, SMALL))
        .fold(0.0, f64::max)
        .min(frame.width() * 0.14);
    let left = frame.left + long + 14.0;
    let head = fit(&figure.y_label, SMALL, frame.width() * 0.6);
    pen.text(&head, (frame.left, frame.top + 14.0), Anchor::Start, SMALL, theme.text);
    let room = Frame {
        left,
        top: frame.top + 24.0,
        right: frame.right - SCALE - 24.0,
        bottom: frame.bottom - 20.0,
    };
    let labelled = figure.facets.iter().any(|it| !it.label.is_empty());
    let places = grid(
        figure.facets.len(),
        room,
        22.0,
        200.0,
        if labelled { 24.0 } else { 4.0 },
    );
    for (place, facet) in places.iter().zip(&figure.facets) {
        let area = Frame {
            bottom: place.bottom - 26.0,
            ..*place
        };
        let area = area.at_least(20.0, 20.0);
        let label = fit_bold(&facet.label, MEDIUM, area.width());
        pen.bold(&label, (area.left, area.top - 8.0), Anchor::Start, MEDIUM, theme.text);
        pen.open(
            Tags::class("facet")
                .data("facet", &*facet.label)
                .data("unit", figure.value.unit.name()),
        );
        cells(figure, facet, pen, theme, area, &colours);
        if figure.shading == Shading::Phases {
            boundary(figure, facet, pen, theme, area);
        }
        pen.close();
        labels(figure, pen, theme, area, place.left <= room.left + 1.0, long);
    }
    let below = ((room.left + room.right) / 2.0, frame.bottom - 2.0);
    pen.text(
        &fit(&figure.x_label, SMALL, room.width()),
        below,
        Anchor::Middle,
        SMALL,
        theme.text,
    );
    let bar = Frame {
        left: frame.right - SCALE,
        top: room.top + 24.0,
        right: frame.right - SCALE + 26.0,
        bottom: (room.bottom - 26.0).min(room.top + 420.0),
    };
    scale(figure, pen, theme, bar.at_least(10.0, 20.0), &colours);
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

/// Edges of a cell: columns go to the right, rows upwards.
fn cell_frame(figure: &HeatMap, area: Frame, row: usize, column: usize) -> Frame {
    let (wide, high) = (
        area.width() / figure.columns.len() as f64,
        area.height() / figure.rows.len() as f64,
    );
    Frame {
        left: area.left + column as f64 * wide,
        right: area.left + (column + 1) as f64 * wide,
        top: area.bottom - (row + 1) as f64 * high,
        bottom: area.bottom - row as f64 * high,
    }
}

fn cells(figure: &HeatMap, facet: &HeatFacet, pen: &Pen, theme: &Theme, area: Frame, colours: &Ruler) {
    // Either all cells have their numbers, or none.
    let longest = figure
        .values(facet)
        .map(|it| width(&cell_words(figure, it.2), SMALL))
        .fold(0.0, f64::max);
    let one = cell_frame(figure, area, 0, 0);
    let written = longest + 6.0 <= one.width() && one.height() >= SMALL + 4.0;
    for (row, y) in figure.rows.iter().enumerate() {
        for (column, x) in figure.columns.iter().enumerate() {
            let frame = cell_frame(figure, area, row, column);
            let cell = figure.cell(facet, row, column);
            let value = cell.and_then(|it| it.shown());
            let place = value.and_then(|it| colours.place(it));
            let mut tags = Tags::class("cell").data("x", &**x).data("y", &**y);
            let mut words = format!("{x}, {y}: ");
            match value {
                Some(value) => {
                    tags = tags.data("value", compact(value));
                    words.push_str(&show(figure.value.unit, value));
                }
                None => words.push_str("no data"),
            }
            if let Some((low, high)) = cell.and_then(|it| it.ends()) {
                tags = tags.data("low", compact(low)).data("high", compact(high));
                let unit = figure.value.unit;
                words.push_str(&format!(" ({} to {})", show(unit, low), show(unit, high)));
            }
            if let Some(runs) = cell.map(|it| it.runs).filter(|it| *it > 0) {
                tags = tags.data("runs", format!("{runs}"));
                words.push_str(&format!(", {runs} runs"));
            }
            let look = match place {
                Some(place) => Look::fill(theme.sequential(place)).edged(theme.background, 1.0),
                None => hatched(theme, theme.grid, Hatch::Rising).edged(theme.background, 1.0),
            };
            pen.rect(frame.from(), frame.to(), look, tags.hint(words));
            let middle = (
                (frame.left + frame.right) / 2.0,
                (frame.top + frame.bottom) / 2.0 + SMALL * 0.36,
            );
            if let (Some(place), Some(value), true) = (place, value, written) {
                let ink = theme.sequential(place).ink();
                pen.text(&cell_words(figure, value), middle, Anchor::Middle, SMALL, ink);
            }
        }
    }
}

/// The number in a cell, to two digits; shares to whole percents.
fn cell_words(figure: &HeatMap, value: f64) -> String {
    match figure.value.unit {
        Unit::Ratio => show_like(Unit::Ratio, (value * 100.0).round() / 100.0, 1.0),
        unit => show_exact(unit, format!("{value:.1e}").parse().unwrap_or(value)),
    }
}

/// The line between cells that are likely to and cells that are not.
fn boundary(figure: &HeatMap, facet: &HeatFacet, pen: &Pen, theme: &Theme, area: Frame) {
    let likely = |row: usize, column: usize| Some(figure.cell(facet, row, column)?.shown()? >= LIKELY);
    let line = |from, to| {
        pen.line(from, to, Look::stroke(theme.background, 6.0), "boundary");
        pen.line(from, to, Look::stroke(theme.text, 3.0), "boundary");
    };
    for row in 0..figure.rows.len() {
        for column in 0..figure.columns.len() {
            let frame = cell_frame(figure, area, row, column);
            let here = likely(row, column);
            let differs = |other: Option<bool>| here.zip(other).is_some_and(|it| it.0 != it.1);
            if column + 1 < figure.columns.len() && differs(likely(row, column + 1)) {
                line((frame.right, frame.top), (frame.right, frame.bottom));
            }
            if differs(likely(row + 1, column)) {
                line((frame.left, frame.top), (frame.right, frame.top));
            }
        }
    }
}

/// What is written beside rows and columns; where they are too close, only some.
fn labels(figure: &HeatMap, pen: &Pen, theme: &Theme, area: Frame, left: bool, room: f64) {
    let high = area.height() / figure.rows.len().max(1) as f64;
    let every = ((SMALL + 3.0) / high).ceil().max(1.0) as usize;
    if left {
        for (at, label) in figure.rows.iter().enumerate().step_by(every) {
            let y = area.bottom - (at as f64 + 0.5) * high + SMALL * 0.36;
            pen.text(
                &fit(label, SMALL, room),
                (area.left - 7.0, y),
                Anchor::End,
                SMALL,
                theme.muted,
            );
        }
    }
    let wide = area.width() / figure.columns.len().max(1) as f64;
    let longest = figure
        .columns
        .iter()
        .map(|it| width(it, SMALL))
        .fold(0.0, f64::max)
        .min(110.0);
    let every = ((longest + 8.0) / wide).ceil().max(1.0) as usize;
    for (at, label) in figure.columns.iter().enumerate().step_by(every) {
        let x = area.left + (at as f64 + 0.5) * wide;
        let label = fit(label, SMALL, (wide * every as f64 - 6.0).max(20.0));
        pen.text(
            &label,
            (x, area.bottom + SMALL + 6.0),
            Anchor::Middle,
            SMALL,
            theme.muted,
        );
    }
}

/// Which colour is which value.
fn scale(figure: &HeatMap, pen: &Pen, theme: &Theme, bar: Frame, colours: &Ruler) {
    let lines = super::text::wrap(&figure.value.label, SMALL, SCALE + 12.0, 2);
    for (at, line) in lines.iter().enumerate() {
        let y = bar.top - 10.0 - (lines.len() - 1 - at) as f64 * (SMALL + 3.0);
        pen.text(line, (bar.left, y), Anchor::Start, SMALL, theme.text);
    }
    const STEPS: usize = 40;
    let edge = |at: usize| bar.bottom - bar.height() * at as f64 / STEPS as f64;
    for at in 0..STEPS {
        let colour: Rgb = theme.sequential((at as f64 + 0.5) / STEPS as f64);
        // Each a little into the next, so that no line shows between them.
        let top = if at + 1 == STEPS {
            edge(at + 1)
        } else {
            edge(at + 1) - 0.5
        };
        pen.rect(
            (bar.left, top),
            (bar.right, edge(at)),
            Look::fill(colour),
            Tags::class("scale"),
        );
    }
    let mut last = f64::MAX;
    for tick in colours.ticks.iter().filter(|it| !it.label.is_empty()) {
        let Some(place) = colours.place(tick.value) else {
            continue;
        };
        let y = bar.bottom - bar.height() * place;
        if (last - y).abs() < SMALL + 2.0 {
            continue;
        }
        last = y;
        pen.line(
            (bar.right, y),
            (bar.right + 5.0, y),
            Look::stroke(theme.axis, 1.0),
            "tick",
        );
        let label = fit(&tick.label, SMALL, SCALE - 38.0);
        pen.text(
            &label,
            (bar.right + 9.0, y + SMALL * 0.36),
            Anchor::Start,
            SMALL,
            theme.muted,
        );
    }
    if figure.shading == Shading::Phases {
        let y = bar.bottom - bar.height() * LIKELY;
        pen.line(
            (bar.left - 4.0, y),
            (bar.right + 4.0, y),
            Look::stroke(theme.background, 6.0),
            "boundary",
        );
        pen.line(
            (bar.left - 4.0, y),
            (bar.right + 4.0, y),
            Look::stroke(theme.text, 3.0),
            "boundary",
        );
    }
    if figure
        .facets
        .iter()
        .any(|it| figure.values(it).count() < figure.rows.len() * figure.columns.len())
    {
        let y = bar.bottom + 20.0;
        let look = hatched(theme, theme.grid, Hatch::Rising);
        pen.rect((bar.left, y), (bar.right, y + 16.0), look, Tags::class("key"));
        pen.text(
            "no data",
            (bar.right + 9.0, y + 13.0),
            Anchor::Start,
            SMALL,
            theme.muted,
        );
    }
}
