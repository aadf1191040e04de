//! A rectangle with axes, and series in it.

use plotters::coord::cartesian::Cartesian2d;
use plotters::drawing::DrawingArea;
use plotters::element::{Circle, PathElement};
use plotters::series::{AreaSeries, LineSeries};
use plotters::style::{BLACK, ShapeStyle};

use super::pen::{Backend, Pen, TENTHS};
use super::picture::{Anchor, Form, Look, Place, Tags};
use super::text::{SMALL, fit, width};
use crate::ruler::{Ruler, Tick};
use crate::theme::Theme;

/// A rectangle in pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Frame {
    pub(crate) left: f64,
    pub(crate) top: f64,
    pub(crate) right: f64,
    pub(crate) bottom: f64,
}

impl Frame {
    pub(crate) fn width(&self) -> f64 {
        self.right - self.left
    }

    pub(crate) fn height(&self) -> f64 {
        self.bottom - self.top
    }

    pub(crate) fn from(&self) -> Place {
        (self.left, self.top)
    }

    pub(crate) fn to(&self) -> Place {
        (self.right, self.bottom)
    }

    /// At least some pixels wide and high, however little room there is.
    pub(crate) fn at_least(self, width: f64, height: f64) -> Frame {
        Frame {
            right: self.right.max(self.left + width),
            bottom: self.bottom.max(self.top + height),
            ..self
        }
    }
}

/// Room for labels left of a scale.
pub(crate) fn gutter(ruler: &Ruler) -> f64 {
    ruler.ticks.iter().map(|it| width(&it.label, SMALL)).fold(0.0, f64::max) + 12.0
}

/// How many written ticks find room above each other, or side by side.
pub(crate) fn room_upwards(height: f64) -> usize {
    (height / 42.0) as usize
}

pub(crate) fn room_across(width: f64) -> usize {
    (width / 105.0) as usize
}

/// Height of the labels below a scale.
pub(crate) const BELOW: f64 = 24.0;

/// What plotters is told of the look: nothing, as the pen knows it; only whether a shape is filled.
fn style(filled: bool) -> ShapeStyle {
    ShapeStyle {
        color: BLACK.into(),
        filled,
        stroke_width: 1,
    }
}

/// A plot.
pub(crate) struct Chart<'a> {
    pen: &'a Pen,
    pub(crate) theme: &'a Theme,
    pub(crate) frame: Frame,
    pub(crate) x: Ruler,
    pub(crate) y: Ruler,
    area: DrawingArea<Backend, Cartesian2d<Ruler, Ruler>>,
}

impl<'a> Chart<'a> {
    pub(crate) fn new(pen: &'a Pen, theme: &'a Theme, frame: Frame, x: Ruler, y: Ruler) -> Chart<'a> {
        let tenths = |it: f64| (it * TENTHS).round() as i32;
        let across = tenths(frame.left)..tenths(frame.right);
        let upwards = tenths(frame.bottom)..tenths(frame.top);
        let coordinates = Cartesian2d::new(x.clone(), y.clone(), (across, upwards));
        let area = pen.area().apply_coord_spec(coordinates);
        Chart {
            pen,
            theme,
            frame,
            x,
            y,
            area,
        }
    }

    /// Where a value lies in pixels.
    pub(crate) fn place(&self, x: f64, y: f64) -> Option<Place> {
        Some((self.across(x)?, self.upwards(y)?))
    }

    pub(crate) fn across(&self, x: f64) -> Option<f64> {
        Some(self.frame.left + self.x.place(x)? * self.frame.width())
    }

    pub(crate) fn upwards(&self, y: f64) -> Option<f64> {
        Some(self.frame.bottom - self.y.place(y)? * self.frame.height())
    }

    /// Grid lines, axes, and what is written at them: below and at the left only if asked.
    pub(crate) fn axes(&self, below: bool, left: bool) {
        let (theme, frame) = (self.theme, self.frame);
        self.pen.open(Tags::class("axes"));
        let is_log = !self.y.ticks.is_empty() && self.y.place(0.0).is_none();
        for tick in &self.y.ticks {
            let Some(y) = self.upwards(tick.value) else { continue };
            let look = match (tick.label.is_empty(), is_log) {
                (false, _) => Look::stroke(theme.grid, 1.0),
                (true, true) => Look::stroke(theme.grid_minor, 1.0),
                (true, false) => continue,
            };
            self.pen.line((frame.left, y), (frame.right, y), look, "grid");
        }
        for tick in self.x.ticks.iter().filter(|it| !it.label.is_empty()) {
            let Some(x) = self.across(tick.value) else { continue };
            self.pen.line(
                (x, frame.top),
                (x, frame.bottom),
                Look::stroke(theme.grid_minor, 1.0),
                "grid",
            );
        }
        let axis = Look::stroke(theme.axis, 1.2);
        self.pen
            .line((frame.left, frame.bottom), (frame.right, frame.bottom), axis, "axis");
        self.pen
            .line((frame.left, frame.top), (frame.left, frame.bottom), axis, "axis");
        if left {
            self.labels_upwards();
        }
        if below {
            self.labels_below();
        } else {
            self.marks_below();
        }
        self.pen.close();
    }

    fn labels_upwards(&self) {
        let written = self.y.ticks.iter().filter(|it| !it.label.is_empty());
        let mut last = f64::MAX;
        for tick in written {
            let Some(y) = self.upwards(tick.value) else { continue };
            // From the bottom upwards, none over the one before.
            if (last - y).abs() < SMALL + 2.0 {
                continue;
            }
            last = y;
            let at = (self.frame.left - 7.0, y + SMALL * 0.35);
            self.pen.text(&tick.label, at, Anchor::End, SMALL, self.theme.muted);
        }
    }

    fn marks_below(&self) {
        let (frame, theme) = (self.frame, self.theme);
        for tick in &self.x.ticks {
            let Some(x) = self.across(tick.value) else { continue };
            let length = if tick.label.is_empty() { 3.0 } else { 6.0 };
            let look = Look::stroke(theme.axis, 1.0);
            self.pen
                .line((x, frame.bottom), (x, frame.bottom + length), look, "tick");
        }
    }

    fn labels_below(&self) {
        self.marks_below();
        let ticks: Vec<&Tick> = self.x.ticks.iter().filter(|it| !it.label.is_empty()).collect();
        let mut end = f64::MIN;
        let edge = f64::from(self.pen.size().width) - 4.0;
        for tick in ticks {
            let Some(x) = self.across(tick.value) else { continue };
            let half = width(&tick.label, SMALL) / 2.0;
            let middle = x.min(edge - half);
            if middle - half < end + 6.0 {
                continue;
            }
            end = middle + half;
            let at = (middle, self.frame.bottom + 7.0 + SMALL);
            self.pen.text(&tick.label, at, Anchor::Middle, SMALL, self.theme.muted);
        }
    }

    /// What the axis across is, below its labels, in the middle.
    pub(crate) fn title_below(&self, text: &str) {
        let at = (
            (self.frame.left + self.frame.right) / 2.0,
            self.frame.bottom + BELOW + 18.0,
        );
        let text = fit(text, SMALL, self.frame.width().max(120.0));
        self.pen.text(&text, at, Anchor::Middle, SMALL, self.theme.text);
    }

    /// A line through points; what cannot be shown divides it, and a point alone becomes a dot.
    pub(crate) fn curve(&self, points: &[Option<(f64, f64)>], look: Look, tags: Tags) {
        for run in self.runs(points) {
            if let [only] = run[..] {
                let dot = look.stroke.map_or(look, |it| Look::fill(it.colour));
                self.dot(only.0, only.1, 2.5, dot, tags.clone());
                continue;
            }
            self.pen.dip(look, tags.clone());
            for element in LineSeries::new(run, style(false)) {
                self.draw(&element);
            }
        }
    }

    /// A surface between points and a base line.
    pub(crate) fn surface(&self, points: &[Option<(f64, f64)>], base: f64, look: Look, tags: Tags) {
        for run in self.runs(points) {
            self.pen.dip(look, tags.clone());
            // The first element is the surface, the second its edge.
            if let Some(element) = AreaSeries::new(run, base, style(true)).next() {
                self.draw(&element);
            }
        }
    }

    /// A surface between two lines: places, lower and upper values.
    pub(crate) fn band(&self, ends: &[Option<(f64, f64, f64)>], look: Look, tags: Tags) {
        let can = |it: &&(f64, f64, f64)| self.place(it.0, it.1).is_some() && self.place(it.0, it.2).is_some();
        let usable: Vec<Option<(f64, f64, f64)>> = ends.iter().map(|it| it.as_ref().filter(can).copied()).collect();
        for run in usable.split(Option::is_none).filter(|it| !it.is_empty()) {
            let run: Vec<(f64, f64, f64)> = run.iter().flatten().copied().collect();
            if let [(x, low, high)] = run[..] {
                // One point has no width: its interval is a bar.
                let bar = look
                    .fill
                    .map_or(look, |it| Look::stroke(it.colour, 6.0).opacity(it.opacity));
                self.pen.dip(bar, tags.clone());
                self.draw(&PathElement::new(vec![(x, low), (x, high)], style(false)));
                continue;
            }
            let up = run.iter().map(|it| (it.0, it.2));
            let points: Vec<(f64, f64)> = up.chain(run.iter().rev().map(|it| (it.0, it.1))).collect();
            self.pen.dip(look, tags.clone());
            self.draw(&plotters::element::Polygon::new(points, style(true)));
        }
    }

    pub(crate) fn dot(&self, x: f64, y: f64, radius: f64, look: Look, tags: Tags) {
        if self.place(x, y).is_some() {
            self.pen.dip(look, tags);
            self.draw(&Circle::new((x, y), radius * TENTHS, style(true)));
        }
    }

    /// One of seven symbols around a value.
    pub(crate) fn symbol(&self, which: usize, x: f64, y: f64, look: Look, tags: Tags) {
        if let Some(at) = self.place(x, y) {
            symbol(self.pen, which, at, look, tags);
        }
    }

    /// A stretch of the axis across, from top to bottom.
    pub(crate) fn stretch(&self, from: f64, to: f64, look: Look, tags: Tags) {
        if let (Some(from), Some(to)) = (self.across(from), self.across(to)) {
            // Nothing is too short to be seen.
            let to = to.max(from + 1.0);
            self.pen
                .rect((from, self.frame.top), (to, self.frame.bottom), look, tags);
        }
    }

    fn runs(&self, points: &[Option<(f64, f64)>]) -> Vec<Vec<(f64, f64)>> {
        let usable: Vec<Option<(f64, f64)>> = points
            .iter()
            .map(|it| it.filter(|it| self.place(it.0, it.1).is_some()))
            .collect();
        let runs = usable.split(Option::is_none).filter(|it| !it.is_empty());
        runs.map(|it| it.iter().flatten().copied().collect()).collect()
    }

    fn draw<'e, E, B>(&self, element: &'e E)
    where
        B: plotters::element::CoordMapper,
        &'e E: plotters::element::PointCollection<'e, (f64, f64), B>,
        E: plotters::element::Drawable<Backend, B>,
    {
        self.area.draw(element).expect("a list of shapes takes every shape");
    }
}

/// Signs that tell series apart without their colours: circle, square, triangle, diamond, its tip down, cross, ring.
pub(crate) fn symbol(pen: &Pen, which: usize, at: Place, look: Look, tags: Tags) {
    let (x, y) = at;
    let around = |offsets: &[Place]| offsets.iter().map(|it| (x + it.0, y + it.1)).collect::<Vec<Place>>();
    let colour = look.fill.map(|it| it.colour);
    let points = match which % 7 {
        0 => {
            return pen.shape(
                Form::Circle {
                    centre: at,
                    radius: 4.5,
                },
                look,
                tags,
            );
        }
        1 => around(&[(-4.2, -4.2), (4.2, -4.2), (4.2, 4.2), (-4.2, 4.2)]),
        2 => around(&[(0.0, -5.6), (5.2, 4.0), (-5.2, 4.0)]),
        3 => around(&[(0.0, -6.0), (6.0, 0.0), (0.0, 6.0), (-6.0, 0.0)]),
        4 => around(&[(0.0, 5.6), (5.2, -4.0), (-5.2, -4.0)]),
        5 => {
            let arm = 5.0;
            let (t, a) = (1.6, arm);
            around(&[
                (-t, -a),
                (t, -a),
                (t, -t),
                (a, -t),
                (a, t),
                (t, t),
                (t, a),
                (-t, a),
                (-t, t),
                (-a, t),
                (-a, -t),
                (-t, -t),
            ])
        }
        _ => {
            let look = colour.map_or(look, |it| Look::stroke(it, 2.0));
            return pen.shape(
                Form::Circle {
                    centre: at,
                    radius: 4.0,
                },
                look,
                tags,
            );
        }
    };
    pen.polygon(points, look, tags);
}

/// Dashes that tell series apart without their colours.
pub(crate) fn dash(which: usize) -> &'static [f64] {
    const DASHES: [&[f64]; 7] = [
        &[],
        &[9.0, 4.0],
        &[2.5, 3.5],
        &[12.0, 4.0, 2.5, 4.0],
        &[5.0, 3.0],
        &[14.0, 3.0, 2.5, 3.0, 2.5, 3.0],
        &[1.5, 6.0],
    ];
    DASHES[which % DASHES.len()]
}
