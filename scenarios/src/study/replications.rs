//! How often a point is run.

use brownout_sim_core::measure::Unit;

use crate::diagnostics::Diagnostics;
use crate::document::At;
use crate::spec::study::{self, StudySpec};
use crate::syntax::goal;
use crate::syntax::units::Quantity;

/// How often a variant is run at a point.
#[derive(Clone, Debug, PartialEq)]
pub enum Replications {
    /// So often.
    Fixed(u32),
    /// Until every goal is met, within limits.
    Until {
        /// Runs at least.
        min: u32,
        /// Runs at most.
        max: u32,
        /// What has to be met; at least one.
        goals: Vec<Goal>,
    },
}

/// How narrow the 95 % interval of a measure has to be.
#[derive(Clone, Debug, PartialEq)]
pub struct Goal {
    /// The measure's name.
    pub measure: String,
    /// The half-width is below this.
    pub width: Width,
}

/// A half-width.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Width {
    /// A fraction of the mean's absolute value.
    Relative(f64),
    /// In the unit of the measure: seconds, events a second, fractions. Of a measure that is yes or no a fraction of 1, the
    /// half-width of Wilson's interval.
    Absolute(f64),
}

/// A measure that goals and charts may name.
pub(super) struct Known<'a> {
    pub name: &'a str,
    pub unit: Option<Unit>,
    pub is_yes_or_no: bool,
}

/// What the plan says; `own` is the scenario's `run.replications`. Goals are checked against `known`, unless that is not known.
pub(super) fn replications(
    spec: &StudySpec,
    own: u32,
    known: Option<&[Known<'_>]>,
    out: &mut Diagnostics,
) -> Replications {
    let written = spec.plan.as_ref().and_then(|it| it.value.replications.as_ref());
    let until = match written.map(|it| &it.value) {
        None => return Replications::Fixed(own),
        Some(study::Replications::Fixed(it)) => return Replications::Fixed(*it),
        Some(study::Replications::Until(it)) => it,
    };
    let (min, max) = (
        until.min.as_ref().map_or(10, |it| it.value),
        until.max.as_ref().map_or(200, |it| it.value),
    );
    if min > max {
        let at = until
            .min
            .as_ref()
            .or(until.max.as_ref())
            .map_or_else(Default::default, |it| it.at);
        out.inconsistent(at, format!("at least {min} runs are more than at most {max}"))
            .help("let `min` be at most `max`");
    }
    let written = until.until.as_ref().map_or(&[][..], |it| &it.value);
    let goals = written.iter().filter_map(|it| checked(it, known, out)).collect();
    Replications::Until { min, max, goals }
}

fn checked(written: &At<goal::Goal>, known: Option<&[Known<'_>]>, out: &mut Diagnostics) -> Option<Goal> {
    let (name, below) = (&written.value.measure, &written.value.below);
    let at = written.at.within(below.at.clone());
    let measure = match known {
        None => return None,
        Some(all) => {
            let Some(found) = all.iter().find(|it| it.name == name.it) else {
                let place = written.at.within(name.at.clone());
                out.nothing_called(place, "measure", &name.it, all.iter().map(|it| it.name));
                return None;
            };
            found
        }
    };
    let number = super::amount::number(&below.it);
    let unit = match below.it {
        Quantity::Ratio(_) if measure.is_yes_or_no => return goal(name, Width::Absolute(number)),
        Quantity::Ratio(_) => return goal(name, Width::Relative(number)),
        Quantity::Number(_) | Quantity::Factor(_) => None,
        Quantity::Span(_) => Some(Unit::Seconds),
        Quantity::Rate(_) => Some(Unit::PerSecond),
        Quantity::Money(_) => Some(Unit::Money),
        Quantity::Bytes(_) | Quantity::Bandwidth(_) | Quantity::Price(_) => Some(Unit::Count),
    };
    let plain = |it: Option<Unit>| matches!(it, None | Some(Unit::Ratio | Unit::Count));
    let fits = match below.it {
        Quantity::Bytes(_) | Quantity::Bandwidth(_) | Quantity::Price(_) => false,
        _ if measure.is_yes_or_no => false,
        _ => unit == measure.unit || plain(unit) && plain(measure.unit),
    };
    if !fits {
        let (what, example) = if measure.is_yes_or_no {
            ("yes or no in each run", "5%")
        } else {
            match measure.unit {
                Some(Unit::Seconds) => ("a duration", "50ms"),
                Some(Unit::PerSecond) => ("a rate", "5/s"),
                Some(Unit::Money) => ("an amount of money", "5%"),
                Some(Unit::Ratio | Unit::Count) | None => ("a number", "0.01"),
            }
        };
        let message = format!(
            "`{}` is {what}, but its half-width should be below {}",
            name.it,
            below.it.noun()
        );
        let cure = format!("write a percentage, or a quantity of its own unit, such as `{example}`");
        out.unfit_goal(at, message, &cure);
        return None;
    }
    goal(name, Width::Absolute(number))
}

fn goal(name: &crate::syntax::Placed<String>, width: Width) -> Option<Goal> {
    let measure = name.it.clone();
    Some(Goal { measure, width })
}
