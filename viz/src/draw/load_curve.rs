//! Draws goodput and latency over offered load.

use super::chart::{BELOW, Chart, Frame, gutter, room_across, room_upwards};
use super::page::heading;
use super::pen::Pen;
use super::picture::{Anchor, Look, Tags};
use super::series::{draw as draw_series, entries, references_across};
use super::text::SMALL;
use crate::figure::{Axis, LoadCurve, Scale, Series};
use crate::number::Unit;
use crate::ruler::Ruler;
use crate::theme::Theme;

pub(super) fn draw(figure: &LoadCurve, pen: &Pen, theme: &Theme, frame: Frame) {
    let panels = [
        (&figure.goodput, &figure.goodput_series),
        (&figure.latency, &figure.latency_series),
    ];
    let panels: Vec<(&Axis, &Vec<Series>)> = panels
        .into_iter()
        .filter(|it| !it.1.iter().all(Series::is_empty))
        .collect();
    let all = || panels.iter().flat_map(|it| it.1.iter());
    let marks = figure.references.iter().map(|it| it.at);
    let loads: Vec<f64> = all()
        .flat_map(|it| &it.points)
        .filter(|it| it.value().is_some())
        .map(|it| it.x)
        .collect();
    let loads: Vec<f64> = loads.into_iter().chain(marks).collect();
    let heights = |series: &[Series]| series.iter().flat_map(Series::values).collect::<Vec<f64>>();
    let trial = |it: &(&Axis, &Vec<Series>)| gutter(&Ruler::new(it.0.scale, it.0.unit, heights(it.1).into_iter(), 6));
    let left = frame.left + panels.iter().map(trial).fold(40.0, f64::max);
    let right = frame.right - 10.0;
    let each = (frame.height() - BELOW - 20.0) / panels.len() as f64;
    let x = Ruler::across(figure.load.scale, figure.load.unit, &loads, room_across(right - left));
    for (at, (axis, series)) in panels.iter().enumerate() {
        let begin = frame.top + at as f64 * each;
        let head = heading(
            pen,
            theme,
            &axis.label,
            &entries(series, theme),
            (left, begin),
            right - left,
        );
        let area = Frame {
            left,
            top: begin + head + 2.0,
            right,
            bottom: begin + each - 14.0,
        };
        let area = area.at_least(60.0, 20.0);
        let y = Ruler::new(
            axis.scale,
            axis.unit,
            heights(series).into_iter(),
            room_upwards(area.height()),
        );
        let chart = Chart::new(pen, theme, area, x.clone(), y);
        let last = at + 1 == panels.len();
        chart.axes(last, true);
        if at == 0 && core::ptr::eq(*axis, &figure.goodput) {
            ideal(figure, &chart, pen);
        }
        references_across(&figure.references, &chart, pen, &figure.load, at == 0);
        for (at, it) in series.iter().enumerate() {
            draw_series(it, at, &chart, pen, &figure.load, axis);
        }
        if last {
            chart.title_below(&figure.load.label);
        }
    }
}

/// Where goodput equals the offered load.
fn ideal(figure: &LoadCurve, chart: &Chart<'_>, pen: &Pen) {
    let alike = figure.load.unit == Unit::PerSecond
        && figure.goodput.unit == Unit::PerSecond
        && figure.load.scale == Scale::Linear
        && figure.goodput.scale == Scale::Linear;
    if !alike {
        return;
    }
    let ends = |it: &Ruler| (it.value_at(0.0), it.value_at(1.0));
    let ((from, to), (low, high)) = (ends(&chart.x), ends(&chart.y));
    let (from, to) = (from.max(low), to.min(high));
    if from >= to {
        return;
    }
    let look = Look::stroke(chart.theme.muted, 1.4).dashed(&[2.0, 4.0]);
    chart.curve(&[Some((from, from)), Some((to, to))], look, Tags::class("reference"));
    if let Some((x, y)) = chart.place(from + (to - from) * 0.5, from + (to - from) * 0.5) {
        let at = (x - 10.0, y - 8.0);
        let theme = chart.theme;
        pen.over(
            "all that is offered",
            at,
            Anchor::End,
            SMALL,
            theme.muted,
            theme.background,
        );
    }
}
