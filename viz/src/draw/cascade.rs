//! Draws which service left its objective when: a row each, arrows from what carried it there.

use super::chart::{BELOW, Chart, Frame, room_across};
use super::page::hatched;
use super::pen::Pen;
use super::picture::{Anchor, Look, Place, Tags};
use super::shades::{Names, bands, edges};
use super::text::{BOLD, MEDIUM, SMALL, fit, fit_bold, width};
use crate::figure::parts::shown;
use crate::figure::{Cascade, Departure, Level};
use crate::number::show_clock;
use crate::ruler::Ruler;
use crate::theme::{Rgb, Theme};

/// The lowest row in which both lines of words are legible.
const ROW: f64 = 40.0;

pub(super) fn draw(figure: &Cascade, pen: &Pen, theme: &Theme, frame: Frame) {
    let all = figure.in_order();
    let long = all.iter().map(|it| width(&it.service, MEDIUM)).fold(0.0, f64::max);
    let long = (long + width("100. ", MEDIUM)) * BOLD + 18.0;
    let left = frame.left + long.min(frame.width() * 0.28);
    let right = frame.right - 8.0;
    let time = Ruler::time(figure.from_s, figure.to_s, room_across(right - left));
    let names = Names::new(&figure.shades, &time, left, right);
    let area = Frame {
        left,
        top: frame.top + names.height(),
        right,
        bottom: frame.bottom - BELOW,
    };
    let area = area.at_least(60.0, 20.0);
    names.draw(pen, theme, area.top);
    let chart = Chart::new(pen, theme, area, time, Ruler::blank());
    bands(&chart, &figure.shades);
    chart.axes(true, false);
    edges(pen, &chart, &figure.shades);

    let drawn = all.len().min((area.height() / 22.0) as usize).max(1);
    let each = (area.height() / drawn as f64).min(100.0);
    let middle = |at: usize| area.top + (at as f64 + 0.5) * each;
    // Arrows pass behind the bars of rows between.
    for (at, it) in all[..drawn].iter().enumerate() {
        let Some(by) = &it.carried_by else { continue };
        let from = all[..at].iter().position(|other| other.service == by.from);
        if let (Some(from), Some(x)) = (from, chart.across(it.span(figure).0)) {
            let tags = Tags::class("carrier").data("from", &*by.from).data("to", &*it.service);
            let tags = tags.hint(format!("{} to {}: {}", by.from, it.service, by.label));
            let half = half_of(each);
            arrow(
                pen,
                (x, middle(from) + half),
                (x, middle(at) - half),
                theme.colour(by.role),
                tags,
            );
        }
    }
    for (at, it) in all[..drawn].iter().enumerate() {
        row(figure, it, at, &chart, pen, middle(at), each);
    }
    if drawn < all.len() {
        let more = format!("and {} more", all.len() - drawn);
        pen.text(
            &more,
            (frame.left, area.bottom + BELOW - 4.0),
            Anchor::Start,
            SMALL,
            theme.muted,
        );
    }
}

/// Half the height of a bar in a row of this height.
fn half_of(row: f64) -> f64 {
    (row / 2.0 - 6.0).clamp(6.0, 20.0)
}

fn arrow(pen: &Pen, from: Place, to: Place, colour: Rgb, tags: Tags) {
    pen.open(tags);
    pen.line(from, (to.0, to.1 - 6.0), Look::stroke(colour, 1.8), "arrow");
    let head = vec![to, (to.0 - 5.0, to.1 - 9.0), (to.0 + 5.0, to.1 - 9.0)];
    pen.polygon(head, Look::fill(colour), Tags::class("arrow"));
    pen.close();
}

fn row(figure: &Cascade, it: &Departure, at: usize, chart: &Chart<'_>, pen: &Pen, middle: f64, each: f64) {
    let (theme, area) = (chart.theme, chart.frame);
    let (from_s, to_s) = it.span(figure);
    let (Some(from), Some(to)) = (chart.across(from_s), chart.across(to_s)) else {
        return;
    };
    let to = to.max(from + 3.0);
    let label = format!("{}. {}", at + 1, it.service);
    let label = fit_bold(&label, MEDIUM, area.left - super::page::MARGIN - 14.0);
    pen.bold(
        &label,
        (area.left - 12.0, middle + 5.0),
        Anchor::End,
        MEDIUM,
        theme.text,
    );

    let (colour, hatch) = theme.level(Level::Broken);
    let half = half_of(each);
    let mut tags = Tags::class("departure")
        .data("series", &*it.service)
        .data("from-s", format!("{}", it.at_s))
        .hint(format!(
            "{}: {} to {}, {}",
            it.service,
            show_clock(it.at_s),
            figure.return_words(it),
            it.detail
        ));
    if let Some(until_s) = shown(it.until_s) {
        tags = tags.data("to-s", format!("{until_s}"));
    }
    pen.rect(
        (from, middle - half),
        (to, middle + half),
        Look::fill(colour.mixed(theme.background, 0.78)),
        tags,
    );
    // Its beginning is the news.
    pen.rect(
        (from, middle - half),
        (from + 7.0, middle + half),
        hatched(theme, colour, hatch),
        Tags::class("left"),
    );
    if shown(it.until_s).is_some_and(|it| it <= figure.to_s) {
        pen.line(
            (to, middle - half),
            (to, middle + half),
            Look::stroke(theme.good, 3.0),
            "back",
        );
    } else {
        // It goes on: no end is drawn, but a tip.
        let tip = vec![(to, middle - half), (to + 6.0, middle), (to, middle + half)];
        pen.polygon(
            tip,
            Look::fill(colour.mixed(theme.background, 0.78)),
            Tags::class("open-end"),
        );
    }

    let first = match it.detail.as_str() {
        "" => show_clock(it.at_s),
        detail => format!("{}  {detail}", show_clock(it.at_s)),
    };
    let second = match &it.carried_by {
        Some(by) => format!("{}; {}", by.label, figure.return_words(it)),
        None => figure.return_words(it),
    };
    let lines = if each >= ROW {
        vec![first, second]
    } else {
        vec![format!("{first}; {second}")]
    };
    let long = lines.iter().map(|it| width(it, SMALL)).fold(0.0, f64::max);
    // Beside the beginning, on the side where there is more room.
    let (room_right, room_left) = (area.right - from - 18.0, from - area.left - 14.0);
    let (x, anchor, room) = if long <= room_right || room_right >= room_left {
        (from + 14.0, Anchor::Start, room_right)
    } else {
        (from - 10.0, Anchor::End, room_left)
    };
    let top = middle + 5.0 - (lines.len() - 1) as f64 * 9.0;
    for (line, text) in lines.iter().enumerate() {
        let y = top + line as f64 * 18.0;
        let is_within = anchor == Anchor::Start && x + long <= to;
        let colour = if line == 0 || is_within {
            theme.text
        } else {
            theme.muted
        };
        pen.text(&fit(text, SMALL, room), (x, y), anchor, SMALL, colour);
    }
}
