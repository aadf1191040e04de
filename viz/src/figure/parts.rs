//! What figures are made of: axes, series, shades, and what colours stand for.

use brownout_sim_core::outcome::Outcome;

use crate::number::{Unit, show};

/// One dimension of a figure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Axis {
    /// What is measured along it.
    pub label: String,
    /// The unit of all values along it.
    pub unit: Unit,
    /// How values become places.
    pub scale: Scale,
}

impl Axis {
    /// An axis from zero.
    pub fn linear(label: impl Into<String>, unit: Unit) -> Axis {
        Axis {
            label: label.into(),
            unit,
            scale: Scale::Linear,
        }
    }

    /// An axis by powers of ten.
    pub fn log(label: impl Into<String>, unit: Unit) -> Axis {
        Axis {
            label: label.into(),
            unit,
            scale: Scale::Log,
        }
    }
}

/// How values become heights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// From zero.
    Linear,
    /// By powers of ten; values that are not positive are not shown.
    Log,
}

/// Some points that belong together.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// What it is.
    pub label: String,
    /// What it stands for.
    pub role: Role,
    /// In the order of `x`; a point without `y` is a gap.
    pub points: Vec<Point>,
}

/// One value of a series.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// Where it stands, in the unit of the axis across.
    pub x: f64,
    /// The value, in the unit of the axis upwards; `None` if there is none.
    pub y: Option<f64>,
    /// Lower and upper end of its interval, in the same unit.
    pub band: Option<(f64, f64)>,
}

/// What a series stands for. It fixes the colour, the same in all figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// What everybody wants: goodput.
    Good,
    /// What was asked for: offered load.
    Offered,
    /// Requests, calls or attempts that ended so.
    Outcome(Outcome),
    /// One of several alike, variants for example; from 0.
    Nth(usize),
    /// What is there for comparison only.
    Muted,
}

/// How a part of the system is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Nothing is known of it.
    Unknown,
    /// As it should be: a closed breaker, a service within its objective.
    Normal,
    /// Between: a breaker that probes, a service near its limits.
    Strained,
    /// As it should not be: an open breaker, a service that has left its objective.
    Broken,
}

impl Level {
    /// The word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Level::Unknown => "unknown",
            Level::Normal => "normal",
            Level::Strained => "strained",
            Level::Broken => "broken",
        }
    }
}

/// A value to compare with: an objective, a capacity.
#[derive(Clone, Debug, PartialEq)]
pub struct Reference {
    /// What it is.
    pub label: String,
    /// Where, in the unit of its axis.
    pub at: f64,
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

/// Larger numbers are not shown: nothing that is simulated reaches them, and scales would overflow.
pub(crate) const SHOWN_MAX: f64 = 1e30;

/// The value, if it can be shown.
pub(crate) fn shown(value: Option<f64>) -> Option<f64> {
    value.filter(|it| it.abs() <= SHOWN_MAX)
}

/// The ends of an interval in order, if both can be shown.
pub(crate) fn ends(interval: Option<(f64, f64)>) -> Option<(f64, f64)> {
    let (low, high) = interval?;
    (shown(Some(low)).is_some() && shown(Some(high)).is_some()).then_some((low.min(high), low.max(high)))
}

impl Point {
    /// The value, if it can be shown.
    pub(crate) fn value(&self) -> Option<f64> {
        shown(self.y).filter(|_| self.x.abs() <= SHOWN_MAX)
    }

    /// The interval, if both ends can be shown.
    pub(crate) fn interval(&self) -> Option<(f64, f64)> {
        ends(self.band).filter(|_| self.x.abs() <= SHOWN_MAX)
    }
}

impl Series {
    /// Whether it has anything to show.
    pub(crate) fn is_empty(&self) -> bool {
        self.points.iter().all(|it| it.value().is_none())
    }

    /// All values that can be shown, ends of intervals included.
    pub(crate) fn values(&self) -> impl Iterator<Item = f64> + '_ {
        self.points.iter().flat_map(|it| {
            let band = it.interval();
            [it.value(), band.map(|it| it.0), band.map(|it| it.1)]
                .into_iter()
                .flatten()
        })
    }
}

/// Whether a stretch of time can be shown: it has a length, and one that is not lost beside its ends.
pub(crate) fn is_stretch(from_s: f64, to_s: f64) -> bool {
    let ends = from_s.abs().max(to_s.abs());
    ends <= SHOWN_MAX && to_s - from_s > ends * 1e-9 && to_s - from_s > 1e-12
}

/// The least and the greatest of some values that can be shown.
pub(crate) fn extent(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    values.filter(|it| it.abs() <= SHOWN_MAX).fold(None, |found, it| {
        let (low, high) = found.unwrap_or((it, it));
        Some((it.min(low), it.max(high)))
    })
}

/// A range in words: `10 ms to 2.00 s`, or the one value that all have.
pub(crate) fn range_words(unit: Unit, low: f64, high: f64) -> String {
    let (from, to) = (show(unit, low), show(unit, high));
    if from == to { from } else { format!("{from} to {to}") }
}

/// What a series says, for captions: `p99 80.0 ms to 2.00 s, at last 1.20 s`.
pub(crate) fn series_words(label: &str, unit: Unit, values: &[f64]) -> String {
    let Some((low, high)) = extent(values.iter().copied()) else {
        return format!("{label} without data");
    };
    match values.last() {
        Some(last) if low < high => format!(
            "{label} {}, at last {}",
            range_words(unit, low, high),
            show(unit, *last)
        ),
        _ => format!("{label} {}", show(unit, low)),
    }
}

/// The most parts that a caption spells out.
const SPELLED_OUT: usize = 12;

/// Parts of a sentence, and how many more there are.
pub(crate) fn listed(parts: &[String], between: &str) -> String {
    let mut text = parts[..parts.len().min(SPELLED_OUT)].join(between);
    if parts.len() > SPELLED_OUT {
        text.push_str(&format!("{between}and {} more", parts.len() - SPELLED_OUT));
    }
    text
}

/// "1 panel", "2 panels".
pub(crate) fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

/// What a figure without data says.
pub(crate) const NO_DATA: &str = "No data: nothing was recorded that this figure could show";
