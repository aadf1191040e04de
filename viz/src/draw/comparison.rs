//! Draws differences between variants: a dot and an interval each, around zero.

use brownout_sim_core::measure::Better;
use brownout_sim_core::stats::CONFIDENCE;

use super::chart::{BELOW, Chart, Frame, room_across, symbol};
use super::page::MARGIN;
use super::pen::Pen;
use super::picture::{Anchor, Look, Tags};
use super::series::compact;
use super::text::{BOLD, MEDIUM, SMALL, fit, fit_bold, width};
use crate::figure::{Comparison, Difference, Scale};
use crate::number::{Unit, show_exact};
use crate::ruler::Ruler;
use crate::theme::Theme;

/// The most rows that are drawn; a note says how many more there are.
fn rows_in(height: f64) -> usize {
    (height / 22.0).max(1.0) as usize
}

pub(super) fn draw(figure: &Comparison, pen: &Pen, theme: &Theme, frame: Frame) {
    let head = format!("Difference in {} against {}", figure.measure.label, figure.against);
    let head = fit_bold(&head, MEDIUM, frame.width());
    pen.bold(&head, (frame.left, frame.top + 16.0), Anchor::Start, MEDIUM, theme.text);

    let (top, bottom) = (frame.top + 56.0, frame.bottom - BELOW - 20.0);
    let drawn = figure.rows.len().min(rows_in(bottom - top));
    let shown = &figure.rows[..drawn];
    let words: Vec<(String, &str)> = shown.iter().map(|it| (figure.words(it), it.verdict.as_str())).collect();
    let longest = |texts: &mut dyn Iterator<Item = f64>| texts.fold(0.0, f64::max);
    let labels = longest(&mut shown.iter().map(|it| width(&it.label, MEDIUM))).min(frame.width() * 0.26) + 14.0;
    let right = longest(
        &mut words
            .iter()
            .map(|it| width(&it.0, SMALL).max(width(it.1, SMALL) * BOLD)),
    );
    let right = right.min(frame.width() * 0.3) + 18.0;
    let area = Frame {
        left: frame.left + labels,
        top,
        right: frame.right - right,
        bottom,
    };
    let area = area.at_least(60.0, 20.0);

    // Differences of shares are in points of a percentage.
    let (unit, factor) = match figure.measure.unit {
        Unit::Ratio => (Unit::Plain, 100.0),
        unit => (unit, 1.0),
    };
    let values = shown
        .iter()
        .flat_map(Difference::values)
        .chain(figure.margin.into_iter().flat_map(|it| [it, -it]));
    let x = Ruler::new(
        Scale::Linear,
        unit,
        values.map(|it| it * factor),
        room_across(area.width()),
    );
    let chart = Chart::new(pen, theme, area, x, Ruler::blank());
    if let Some(margin) = figure.margin.map(|it| it.abs() * factor) {
        let tags = Tags::class("margin").data("margin", compact(margin));
        chart.stretch(-margin, margin, Look::fill(theme.shade), tags);
    }
    chart.axes(true, false);
    let unit_words = if figure.measure.unit == Unit::Ratio {
        " (points of a percentage)"
    } else {
        ""
    };
    let confidence = show_exact(Unit::Ratio, CONFIDENCE);
    chart.title_below(&format!("difference{unit_words}, with its {confidence} interval"));
    directions(figure, &chart, pen);
    if let Some(zero) = chart.across(0.0) {
        pen.line(
            (zero, area.top - 6.0),
            (zero, area.bottom),
            Look::stroke(theme.text, 1.8),
            "zero",
        );
    }

    let each = (area.height() / drawn.max(1) as f64).min(110.0);
    for (at, (row, (words, verdict))) in shown.iter().zip(&words).enumerate() {
        let middle = area.top + (at as f64 + 0.5) * each;
        let label = fit(&row.label, MEDIUM, labels - 14.0);
        pen.text(
            &label,
            (area.left - 10.0, middle + 5.0),
            Anchor::End,
            MEDIUM,
            theme.text,
        );
        marks(figure, row, at, &chart, pen, middle, each, factor);
        let (left, two) = (area.right + 14.0, each >= 38.0 && !verdict.is_empty());
        let y = if two { middle - 3.0 } else { middle + 5.0 };
        pen.text(
            &fit(words, SMALL, right - 14.0),
            (left, y),
            Anchor::Start,
            SMALL,
            theme.text,
        );
        if two {
            pen.bold(
                &fit_bold(verdict, SMALL, right - 14.0),
                (left, y + 18.0),
                Anchor::Start,
                SMALL,
                theme.muted,
            );
        }
    }
    if drawn < figure.rows.len() {
        let more = format!("and {} more", figure.rows.len() - drawn);
        pen.text(&more, (MARGIN, frame.bottom - 2.0), Anchor::Start, SMALL, theme.muted);
    }
}

/// Which side is the better one.
fn directions(figure: &Comparison, chart: &Chart<'_>, pen: &Pen) {
    let (left, right) = match figure.better {
        Better::More => ("« worse", "better »"),
        Better::Less => ("« better", "worse »"),
        Better::Neither => return,
    };
    let Some(zero) = chart.across(0.0) else { return };
    let y = chart.frame.top - 8.0;
    for (words, anchor, x, room) in [
        (left, Anchor::End, zero - 10.0, zero - chart.frame.left),
        (right, Anchor::Start, zero + 10.0, chart.frame.right - zero),
    ] {
        // A side without any room has no values either.
        if room > width(words, SMALL) + 10.0 {
            pen.text(words, (x, y), anchor, SMALL, chart.theme.muted);
        }
    }
}

#[expect(clippy::too_many_arguments, reason = "what a row is, and where")]
fn marks(
    figure: &Comparison,
    row: &Difference,
    at: usize,
    chart: &Chart<'_>,
    pen: &Pen,
    middle: f64,
    each: f64,
    factor: f64,
) {
    let theme = chart.theme;
    let colour = theme.colour(row.role);
    pen.open(
        Tags::class("row")
            .data("series", &*row.label)
            .data("unit", figure.measure.unit.name()),
    );
    let spread = (each / 2.0 - 4.0).clamp(2.0, 12.0);
    for (pair, value) in row.pairs.iter().enumerate() {
        let Some(x) = chart.across(value * factor) else {
            continue;
        };
        // One beside the other in a fixed order, so that equal ones can be seen.
        let y = middle + spread * ((pair * 3 % 7) as f64 / 3.0 - 1.0);
        let tags = Tags::class("pair")
            .data("x", compact(*value))
            .data("pair", format!("{}", pair + 1));
        let form = super::picture::Form::Circle {
            centre: (x, y),
            radius: 2.2,
        };
        pen.shape(form, Look::faint(colour, 0.4), tags);
    }
    let ends = row.ends();
    let places = ends.and_then(|it| Some((chart.across(it.0 * factor)?, chart.across(it.1 * factor)?)));
    if let Some((from, to)) = places {
        let look = Look::stroke(colour, 3.0);
        pen.line((from, middle), (to, middle), look, "interval");
        for x in [from, to] {
            pen.line((x, middle - 6.0), (x, middle + 6.0), look, "interval");
        }
    }
    if let Some((value, x)) = row.value().and_then(|it| Some((it, chart.across(it * factor)?))) {
        let mut tags = Tags::class("point")
            .data("series", &*row.label)
            .data("x", compact(value));
        if let Some((low, high)) = ends {
            tags = tags.data("low", compact(low)).data("high", compact(high));
        }
        let tags = tags.hint(format!("{}: {} {}", row.label, figure.words(row), row.verdict));
        // A ring where zero is within the interval: the difference is not settled.
        if ends.is_some_and(|it| it.0 > 0.0 || it.1 < 0.0) {
            symbol(
                pen,
                at,
                (x, middle),
                Look::fill(colour).edged(theme.background, 1.2),
                tags,
            );
        } else {
            let form = super::picture::Form::Circle {
                centre: (x, middle),
                radius: 5.0,
            };
            pen.shape(form, Look::fill(theme.background).edged(colour, 2.4), tags);
        }
    }
    pen.close();
}
