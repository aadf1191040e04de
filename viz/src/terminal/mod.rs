//! Figures as text: block characters, or plain ASCII.

mod axis;
mod cascade;
mod comparison;
mod curves;
mod heat_map;
mod plot;
mod timeline;
mod topology;
mod waterfall;
mod words;

pub use timeline::timeline;

use crate::figure::Figure;

/// How to draw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Width of the whole figure in characters; at least 40 are used.
    pub width: usize,
    /// Height of each panel in characters; at least 2 are used.
    pub height: usize,
    /// Only ASCII characters.
    pub ascii: bool,
    /// ANSI colours.
    pub colour: bool,
}

/// Characters at the left that hold the scale.
const GUTTER: usize = 10;

/// The most different shades that are named below the figure.
const SHADES_NAMED: usize = 6;

impl Style {
    /// How many points in time fit side by side: values in this number need no resampling.
    pub fn columns(&self) -> usize {
        self.width.max(40) - GUTTER - 2
    }
}

/// Draws any figure; each line of the text ends with a newline.
pub fn render(figure: &Figure, style: &Style) -> String {
    if figure.is_empty() {
        return format!("{}{}", words::title(figure.title(), style), words::no_data(style));
    }
    let text = match figure {
        Figure::Timeline(it) => timeline(it, style),
        Figure::Percentiles(it) => curves::percentiles(it, style),
        Figure::LoadCurve(it) => curves::load_curve(it, style),
        Figure::Lines(it) => curves::lines(it, style),
        Figure::Comparison(it) => comparison::render(it, style),
        Figure::HeatMap(it) => heat_map::render(it, style),
        Figure::Topology(it) => topology::render(it, style),
        Figure::Cascade(it) => cascade::render(it, style),
        Figure::Waterfall(it) => waterfall::render(it, style),
    };
    words::within(&text, style)
}
