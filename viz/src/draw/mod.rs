//! From a figure to a picture: places, colours and words, before anything is written or painted.

mod cascade;
mod chart;
mod comparison;
mod heat_map;
mod lines;
mod load_curve;
mod page;
mod pen;
mod percentiles;
mod picture;
mod series;
mod shades;
mod size;
mod text;
mod timeline;
mod topology;
mod waterfall;

pub(crate) use picture::{Anchor, Fill, Form, Item, Look, Picture, Shape, Stroke, Tags, Text};

pub use picture::Size;
pub use size::natural_size;

use crate::figure::Figure;
use crate::theme::Theme;

/// Draws a figure.
pub(crate) fn picture(figure: &Figure, theme: &Theme, size: Size) -> Picture {
    let (pen, frame) = page::page(figure, theme, size.usable(), size::drawn(figure, size.usable()));
    if figure.is_empty() {
        page::nothing(&pen, theme, frame);
        return pen.into_picture();
    }
    match figure {
        Figure::Timeline(it) => timeline::draw(it, &pen, theme, frame),
        Figure::Percentiles(it) => percentiles::draw(it, &pen, theme, frame),
        Figure::LoadCurve(it) => load_curve::draw(it, &pen, theme, frame),
        Figure::Comparison(it) => comparison::draw(it, &pen, theme, frame),
        Figure::HeatMap(it) => heat_map::draw(it, &pen, theme, frame),
        Figure::Lines(it) => lines::draw(it, &pen, theme, frame),
        Figure::Topology(it) => topology::draw(it, &pen, theme, frame),
        Figure::Cascade(it) => cascade::draw(it, &pen, theme, frame),
        Figure::Waterfall(it) => waterfall::draw(it, &pen, theme, frame),
    }
    pen.into_picture()
}
