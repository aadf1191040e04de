//! What all figures have around them: background, title, legend, the word that there is nothing.

use super::chart::{Frame, dash, symbol};
use super::pen::Pen;
use super::picture::{Anchor, Form, Look, Picture, Place, Size, Tags};
use super::text::{BOLD, LARGE, MEDIUM, fit, fit_bold, width, wrap};
use crate::figure::parts::NO_DATA;
use crate::figure::{Figure, Role};
use crate::theme::{Hatch, Theme};

/// Around the figure.
pub(crate) const MARGIN: f64 = 24.0;

/// A picture with nothing but the title, and the room below it.
pub(crate) fn page(figure: &Figure, theme: &Theme, shown: Size, size: Size) -> (Pen, Frame) {
    let pen = Pen::new(Picture {
        shown,
        size,
        background: theme.background,
        theme: theme.name,
        kind: figure.kind(),
        // Something has to be read out.
        title: if figure.title().trim().is_empty() {
            figure.kind()
        } else {
            figure.title()
        }
        .to_owned(),
        caption: figure.caption(),
        items: Vec::new(),
    });
    let (width, height) = (f64::from(size.width), f64::from(size.height));
    let mut frame = Frame {
        left: MARGIN,
        top: MARGIN,
        right: width - MARGIN,
        bottom: height - MARGIN,
    };
    if !figure.title().trim().is_empty() {
        let lines = wrap(figure.title(), LARGE, frame.width() / BOLD, 2);
        for line in &lines {
            frame.top += LARGE;
            pen.bold(line, (frame.left, frame.top - 4.0), Anchor::Start, LARGE, theme.text);
            frame.top += 5.0;
        }
        frame.top += 10.0;
    }
    (pen, frame)
}

/// In the middle of a figure without data.
pub(crate) fn nothing(pen: &Pen, theme: &Theme, frame: Frame) {
    let middle = ((frame.left + frame.right) / 2.0, (frame.top + frame.bottom) / 2.0);
    let look = Look::stroke(theme.grid, 1.5).dashed(&[6.0, 6.0]);
    let form = Form::Rect {
        from: frame.from(),
        to: frame.to(),
        round: 8.0,
    };
    pen.shape(form, look, Tags::class("no-data"));
    for (at, line) in wrap(NO_DATA, MEDIUM, frame.width() - 40.0, 3).iter().enumerate() {
        let place = (middle.0, middle.1 + at as f64 * (MEDIUM + 6.0));
        pen.text(line, place, Anchor::Middle, MEDIUM, theme.muted);
    }
}

/// One line of a legend.
pub(crate) struct Entry {
    pub(crate) label: String,
    pub(crate) swatch: Swatch,
}

/// What stands before the words.
#[derive(Clone, Copy)]
pub(crate) enum Swatch {
    /// A line, with a symbol if there is one.
    Line(Look, Option<usize>),
    /// A box.
    Box(Look),
}

const SWATCH: f64 = 26.0;

fn entry_width(entry: &Entry, room: f64) -> f64 {
    (SWATCH + 7.0 + width(&entry.label, MEDIUM) + 20.0).min(room)
}

/// Height of a line of a legend.
pub(crate) const LEGEND_LINE: f64 = 22.0;

/// Draws a legend in lines from a place (upper left corner); its height.
pub(crate) fn legend(pen: &Pen, theme: &Theme, entries: &[Entry], from: Place, room: f64) -> f64 {
    let (mut x, mut y) = from;
    pen.open(Tags::class("legend"));
    for entry in entries {
        let needs = entry_width(entry, room);
        if x > from.0 && x + needs - 20.0 > from.0 + room {
            (x, y) = (from.0, y + LEGEND_LINE);
        }
        let middle = y + LEGEND_LINE / 2.0;
        match entry.swatch {
            Swatch::Line(look, which) => {
                pen.line((x, middle), (x + SWATCH, middle), look, "key");
                if let (Some(which), Some(stroke)) = (which, look.stroke) {
                    let at = (x + SWATCH / 2.0, middle);
                    symbol(pen, which, at, Look::fill(stroke.colour), Tags::class("key"));
                }
            }
            Swatch::Box(look) => pen.rect(
                (x + 4.0, middle - 7.0),
                (x + SWATCH - 2.0, middle + 7.0),
                look,
                Tags::class("key"),
            ),
        }
        let label = fit(&entry.label, MEDIUM, needs - SWATCH - 7.0);
        let at = (x + SWATCH + 7.0, middle + MEDIUM * 0.35);
        pen.text(&label, at, Anchor::Start, MEDIUM, theme.text);
        x += needs;
    }
    pen.close();
    if entries.is_empty() {
        0.0
    } else {
        y + LEGEND_LINE - from.1
    }
}

/// How high a legend would be.
pub(crate) fn legend_height(entries: &[Entry], room: f64) -> f64 {
    let (mut x, mut lines) = (0.0, 1.0);
    for entry in entries {
        let needs = entry_width(entry, room);
        if x > 0.0 && x + needs - 20.0 > room {
            (x, lines) = (0.0, lines + 1.0);
        }
        x += needs;
    }
    if entries.is_empty() { 0.0 } else { lines * LEGEND_LINE }
}

/// A panel's title with its legend, beside it if all of it fits there, else below; the height of both.
pub(crate) fn heading(pen: &Pen, theme: &Theme, title: &str, entries: &[Entry], from: Place, room: f64) -> f64 {
    let (left, top) = from;
    let title = fit_bold(title, MEDIUM, room);
    pen.bold(
        &title,
        (left, top + LEGEND_LINE * 0.74),
        Anchor::Start,
        MEDIUM,
        theme.text,
    );
    let used = width(&title, MEDIUM) * BOLD + 26.0;
    if used < room && legend_height(entries, room - used) <= LEGEND_LINE {
        legend(pen, theme, entries, (left + used, top), room - used);
        return LEGEND_LINE + 4.0;
    }
    LEGEND_LINE + legend(pen, theme, entries, (left, top + LEGEND_LINE), room) + 4.0
}

/// How a series is drawn as a line, by what it stands for and its place among the others.
pub(crate) fn line_look(theme: &Theme, role: Role, place: usize) -> Look {
    let which = match role {
        // What has the colour of another has other dashes.
        Role::Nth(nth) => nth + nth / 7,
        Role::Good | Role::Offered => 0,
        Role::Outcome(_) | Role::Muted => place,
    };
    let width = if role == Role::Offered { 1.8 } else { 2.4 };
    Look::stroke(theme.colour(role), width).dashed(dash(which))
}

/// How a series is drawn as a surface.
pub(crate) fn surface_look(theme: &Theme, role: Role) -> Look {
    hatched(theme, theme.colour(role), theme.hatch(role))
}

/// A colour with strokes that show on it.
pub(crate) fn hatched(theme: &Theme, colour: crate::theme::Rgb, hatch: Hatch) -> Look {
    let strokes = if hatch == Hatch::Plain {
        colour
    } else {
        theme.background
    };
    Look::hatched(colour, hatch, strokes)
}
