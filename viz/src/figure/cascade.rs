//! Which service left its objective when, and what carried it there.

use super::parts::{Role, Shade, is_stretch, listed, shown};
use super::table::{Cell, Table};
use crate::number::show_clock;

/// The order in which services left their objectives.
#[derive(Clone, Debug, PartialEq)]
pub struct Cascade {
    /// What stands above it.
    pub title: String,
    /// Where the time axis begins, in seconds.
    pub from_s: f64,
    /// Where it ends, in seconds; greater than `from_s`.
    pub to_s: f64,
    /// In any order; drawn in the order of time.
    pub departures: Vec<Departure>,
    /// Faults.
    pub shades: Vec<Shade>,
}

/// A service leaves its objective.
#[derive(Clone, Debug, PartialEq)]
pub struct Departure {
    /// Which service.
    pub service: String,
    /// When, in seconds.
    pub at_s: f64,
    /// When it was back, in seconds; `None` if it never was.
    pub until_s: Option<f64>,
    /// What was seen of it: `p99 2.1 s`.
    pub detail: String,
    /// What carried it there; `None` where it began.
    pub carried_by: Option<Carrier>,
}

/// An edge along which trouble came.
#[derive(Clone, Debug, PartialEq)]
pub struct Carrier {
    /// The other end of the edge, as a service among the departures.
    pub from: String,
    /// Of what kind: an outcome's colour, for example.
    pub role: Role,
    /// How: `timeouts on app -> db`.
    pub label: String,
}

impl Departure {
    /// From when to when it is shown, within the figure.
    pub(crate) fn span(&self, figure: &Cascade) -> (f64, f64) {
        let from_s = self.at_s.clamp(figure.from_s, figure.to_s);
        let until_s = shown(self.until_s).unwrap_or(figure.to_s);
        (from_s, until_s.clamp(from_s, figure.to_s))
    }
}

impl Cascade {
    /// The departures that can be shown, in the order of time.
    pub(crate) fn in_order(&self) -> Vec<&Departure> {
        let can = |it: &&Departure| shown(Some(it.at_s)).is_some() && it.at_s <= self.to_s;
        let mut found: Vec<&Departure> = self.departures.iter().filter(can).collect();
        found.sort_by(|a, b| a.at_s.total_cmp(&b.at_s));
        found
    }

    /// Whether there is nothing to show.
    pub fn is_empty(&self) -> bool {
        !is_stretch(self.from_s, self.to_s) || self.in_order().is_empty()
    }

    /// When it was back, in words.
    pub(crate) fn return_words(&self, departure: &Departure) -> String {
        match shown(departure.until_s) {
            Some(until_s) => format!("back at {}", show_clock(until_s)),
            None => format!("not back by {}", show_clock(self.to_s)),
        }
    }

    /// What is to be seen, in a sentence with numbers and units.
    pub fn caption(&self) -> String {
        let steps: Vec<String> = self
            .in_order()
            .into_iter()
            .map(|it| {
                let by = it.carried_by.as_ref();
                let by = by.map_or(String::new(), |by| format!(" from {} ({})", by.from, by.label));
                format!(
                    "{} at {}{by}, {}",
                    it.service,
                    show_clock(it.at_s),
                    self.return_words(it)
                )
            })
            .collect();
        let shades: String = self
            .shades
            .iter()
            .take(6)
            .map(|it| {
                format!(
                    "; {} from {} to {}",
                    it.label,
                    show_clock(it.from_s),
                    show_clock(it.to_s)
                )
            })
            .collect();
        format!(
            "Services left their objectives in this order: {}{shades}.",
            listed(&steps, "; ")
        )
    }

    /// A row for each departure.
    pub fn to_table(&self) -> Table {
        let mut table = Table::new(&["service", "left_s", "back_s", "carried_from", "carried_by", "detail"]);
        for it in self.in_order() {
            let by = |text: &dyn Fn(&Carrier) -> Cell| it.carried_by.as_ref().map_or(Cell::Missing, text);
            table.rows.push(vec![
                it.service.as_str().into(),
                it.at_s.into(),
                it.until_s.into(),
                by(&|it| it.from.as_str().into()),
                by(&|it| it.label.as_str().into()),
                it.detail.as_str().into(),
            ]);
        }
        table
    }
}
