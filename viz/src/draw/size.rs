//! How much room figures need.

use super::lines::rows_of;
use super::picture::Size;
use super::timeline::STATES_MAX;
use crate::figure::{Figure, Lines, Timeline};

/// A size at which everything in a figure finds room: a slide's, or higher where there is much.
pub fn natural_size(figure: &Figure) -> Size {
    let height = match figure {
        Figure::Timeline(it) => 140 + 130 * it.panels.len() + 26 * it.states.len().min(STATES_MAX),
        Figure::Comparison(it) => 200 + 34 * it.rows.len(),
        Figure::HeatMap(it) => 180 + (26 * it.rows.len()).max(320) * rows_of(it.facets.len(), 3),
        Figure::Lines(it) => 160 + 280 * rows_of(it.facets.len(), 4),
        Figure::Cascade(it) => 160 + 44 * it.departures.len(),
        Figure::Waterfall(it) => 180 + 26 * it.tracks.len(),
        Figure::Percentiles(_) | Figure::LoadCurve(_) | Figure::Topology(_) => 0,
    };
    Size {
        width: Size::SLIDE.width,
        height: (height as u32).clamp(Size::SLIDE.height, 4_096),
    }
}

/// The size at which a figure is drawn: the one asked for, or, where that leaves no room, a larger one of the same
/// shape, which is shown smaller.
pub(super) fn drawn(figure: &Figure, asked: Size) -> Size {
    const WIDTH: f64 = 520.0;
    let (width, height) = (f64::from(asked.width), f64::from(asked.height));
    let factor = (WIDTH / width).max(least_height(figure) as f64 / height).max(1.0);
    Size {
        width: (width * factor).ceil() as u32,
        height: (height * factor).ceil() as u32,
    }
}

/// The least height at which nothing leaves the picture, even with long legends.
fn least_height(figure: &Figure) -> usize {
    match figure {
        Figure::Timeline(it) => least_timeline(it),
        Figure::Percentiles(it) => 220 + 22 * it.curves.len(),
        Figure::LoadCurve(it) => 300 + 22 * (it.goodput_series.len() + it.latency_series.len()),
        Figure::Comparison(_) | Figure::Cascade(_) => 280,
        Figure::HeatMap(it) => 160 + 140 * rows_of(it.facets.len(), 2),
        Figure::Lines(it) => least_lines(it),
        Figure::Topology(_) => 320,
        Figure::Waterfall(_) => 340,
    }
}

fn least_timeline(figure: &Timeline) -> usize {
    let panels: usize = figure.panels.iter().map(|it| 76 + 22 * it.lines.len()).sum();
    let states = match figure.states.len().min(STATES_MAX) {
        0 => 0,
        rows => 24 * rows + 120,
    };
    200 + panels + states
}

fn least_lines(figure: &Lines) -> usize {
    let series = figure.facets.iter().map(|it| it.series.len()).max().unwrap_or(0);
    200 + 22 * series + 130 * rows_of(figure.facets.len(), 2)
}
