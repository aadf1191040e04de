//! Figures as plain data: what is shown, not how.

use crate::number::Unit;

/// One or more panels over the same stretch of simulated time.
#[derive(Clone, Debug, PartialEq)]
pub struct Timeline {
    /// Where the time axis begins, in seconds.
    pub from_s: f64,
    /// Where it ends, in seconds; greater than `from_s`.
    pub to_s: f64,
    /// Drawn below each other.
    pub panels: Vec<Panel>,
    /// Stretches of time to set off, faults for example.
    pub shades: Vec<Shade>,
}

/// Some lines over a common scale.
#[derive(Clone, Debug, PartialEq)]
pub struct Panel {
    /// What it shows, with what it is taken over.
    pub title: String,
    /// The unit of all its lines.
    pub unit: Unit,
    /// How values become heights.
    pub scale: Scale,
    /// Drawn in this order; later ones cover earlier ones.
    pub lines: Vec<Line>,
}

/// How values become heights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// From zero.
    Linear,
    /// By powers of ten; values that are not positive are not shown.
    Log,
}

/// A quantity over time.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// What it is.
    pub label: String,
    /// How it is drawn.
    pub mark: Mark,
    /// Its values over equally wide stretches of the time axis; `None` where there is nothing to show.
    pub values: Vec<Option<f64>>,
}

/// How a line is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// Filled from the bottom.
    Area,
    /// A thin line.
    Rule,
    /// Heavy points.
    Dots,
    /// Light points.
    Points,
}

/// A stretch of time to set off.
#[derive(Clone, Debug, PartialEq)]
pub struct Shade {
    /// What happened there.
    pub label: String,
    /// From here, in seconds.
    pub from_s: f64,
    /// To here, in seconds.
    pub to_s: f64,
}
