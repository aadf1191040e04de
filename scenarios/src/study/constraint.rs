//! Constraints: statements about the axes that decide which points stay.
//!
//! Values are compared as floats in the unit of their kind. Sums of rounded decimals are off by a few parts in 10^16, so what
//! differs by less than a part in 10^12 is equal.

use super::Axis;
use super::amount;
use crate::diagnostics::Diagnostics;
use crate::document::{At, Place};
use crate::spec::Named;
use crate::spec::study::{self, StudySpec};
use crate::syntax::SyntaxError;
use crate::syntax::expr::{Comparison, Operator};
use crate::syntax::rule::{Rule, Term};

/// What a constraint removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excluded {
    /// The constraint's name.
    pub constraint: String,
    /// Its `why`.
    pub why: String,
    /// How many points of the plan it removed that no constraint before it had removed.
    pub points: usize,
}

/// A constraint whose axes are known.
pub(super) struct Constraint<'a> {
    pub written: &'a Named<study::Constraint>,
    pub that: &'a At<Rule>,
}

/// The constraints without a mistake; the others are reported.
pub(super) fn constraints<'a>(
    spec: &'a StudySpec,
    axes: &[Axis],
    broken: bool,
    out: &mut Diagnostics,
) -> Vec<Constraint<'a>> {
    let mut found = Vec::new();
    for written in &spec.constraint {
        let Some(that) = &written.it.that else { continue };
        let mut check = Check {
            axes,
            spec,
            broken,
            at: that.at,
            sound: true,
            out: &mut *out,
        };
        check.rule(&that.value);
        if check.sound {
            found.push(Constraint { written, that });
        }
    }
    found
}

/// The kind of a value: what it can be compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    /// A quantity with this unit; an empty one for plain numbers, percentages and factors.
    Unit(String),
    Text,
}

struct Check<'a> {
    axes: &'a [Axis],
    spec: &'a StudySpec,
    /// Whether an axis may be missing because of a mistake of its own.
    broken: bool,
    at: Place,
    sound: bool,
    out: &'a mut Diagnostics,
}

impl Check<'_> {
    fn refuse<T>(&mut self, error: SyntaxError) -> Option<T> {
        self.sound = false;
        self.out.unfit_constraint(self.at, error);
        None
    }

    fn rule(&mut self, rule: &Rule) {
        match rule {
            Rule::All(parts) | Rule::Any(parts) => parts.iter().for_each(|it| self.rule(it)),
            Rule::Not(it) => self.rule(it),
            Rule::Compare {
                left,
                comparison,
                right,
            } => {
                let (one, other) = (self.term(left), self.term(right));
                let (Some(one), Some(other)) = (one, other) else {
                    self.sound = false;
                    return;
                };
                if one != other {
                    let message = format!("{} is compared with {}", noun(&one), noun(&other));
                    let cure = match (&one, &other, right) {
                        (Kind::Unit(unit), Kind::Unit(none), Term::Quantity(it)) if none.is_empty() => {
                            Some(format!("write `{}{unit}`", it.it))
                        }
                        _ => None,
                    };
                    let mut error = SyntaxError::new(left.at().start..right.at().end, message);
                    error.help = cure;
                    self.refuse::<()>(error);
                } else if one == Kind::Text && ![Comparison::Equal, Comparison::Unequal].contains(&comparison.it) {
                    let error = SyntaxError::new(comparison.at.clone(), "texts are equal or not, and have no order");
                    self.refuse::<()>(error.help("write `==` or `!=`"));
                }
            }
        }
    }

    fn term(&mut self, term: &Term) -> Option<Kind> {
        match term {
            Term::Quantity(it) => Some(Kind::Unit(amount::unit(&it.it))),
            Term::Text(_) => Some(Kind::Text),
            Term::Axis(name) => {
                let Some(axis) = self.axes.iter().find(|it| it.name == name.it) else {
                    self.sound = false;
                    let declared = self.spec.axis.iter().any(|it| it.name.value == name.it);
                    if !declared || !self.broken {
                        let known = self.spec.axis.iter().map(|it| it.name.value.as_str());
                        let at = self.at.within(name.at.clone());
                        self.out.nothing_called(at, "axis", &name.it, known);
                    }
                    return None;
                };
                if let Some(unit) = &axis.unit {
                    return Some(Kind::Unit(unit.clone()));
                }
                if axis.levels.iter().all(|it| it.number.is_none()) {
                    return Some(Kind::Text);
                }
                let odd = axis.levels.iter().find(|it| it.number.is_none());
                let message = match odd {
                    Some(odd) => format!("`axis.{}` has quantities, and at `{}` none", axis.name, odd.text),
                    None => format!("`axis.{}` has quantities of different kinds", axis.name),
                };
                let error = SyntaxError::new(name.at.clone(), message);
                self.refuse(error.help("compare an axis whose values are of one kind"))
            }
            Term::Binary { operator, left, right } => {
                let (one, other) = (self.term(left), self.term(right));
                let (Kind::Unit(one), Kind::Unit(other)) = (one?, other?) else {
                    return self.refuse(SyntaxError::new(term.at(), "texts cannot be calculated with"));
                };
                let unit = match operator.it {
                    Operator::Add | Operator::Subtract if one == other => one,
                    Operator::Multiply if one.is_empty() => other,
                    Operator::Multiply | Operator::Divide if other.is_empty() => one,
                    Operator::Divide if one == other => String::new(),
                    Operator::Multiply if (one.as_str(), other.as_str()) == ("s", "/s") => String::new(),
                    Operator::Multiply if (one.as_str(), other.as_str()) == ("/s", "s") => String::new(),
                    _ => {
                        let (one, other) = (noun(&Kind::Unit(one)), noun(&Kind::Unit(other)));
                        let verb = match operator.it {
                            Operator::Add => "plus",
                            Operator::Subtract => "minus",
                            Operator::Multiply => "times",
                            Operator::Divide => "over",
                        };
                        let message = format!("{one} {verb} {other} is nothing that can be compared");
                        return self.refuse(SyntaxError::new(term.at(), message));
                    }
                };
                Some(Kind::Unit(unit))
            }
        }
    }
}

fn noun(kind: &Kind) -> String {
    match kind {
        Kind::Text => "a text".to_owned(),
        Kind::Unit(unit) => match unit.as_str() {
            "" => "a number".to_owned(),
            "s" => "a duration".to_owned(),
            "/s" => "a rate".to_owned(),
            "B" => "a size".to_owned(),
            "bit/s" => "a bandwidth".to_owned(),
            other if other.contains('/') => format!("a price in {other}"),
            other => format!("an amount in {other}"),
        },
    }
}

/// Whether a rule holds where each axis has the level of this index.
pub(super) fn holds(rule: &Rule, axes: &[Axis], at: &[u32]) -> bool {
    match rule {
        Rule::All(parts) => parts.iter().all(|it| holds(it, axes, at)),
        Rule::Any(parts) => parts.iter().any(|it| holds(it, axes, at)),
        Rule::Not(it) => !holds(it, axes, at),
        Rule::Compare {
            left,
            comparison,
            right,
        } => {
            if let (Some(one), Some(other)) = (text(left, axes, at), text(right, axes, at)) {
                return (one == other) == (comparison.it == Comparison::Equal);
            }
            let (one, other) = (number(left, axes, at), number(right, axes, at));
            let equal = (one - other).abs() <= 1e-12 * one.abs().max(other.abs());
            match comparison.it {
                Comparison::AtLeast => equal || one > other,
                Comparison::AtMost => equal || one < other,
                Comparison::Above => !equal && one > other,
                Comparison::Below => !equal && one < other,
                Comparison::Equal => equal,
                Comparison::Unequal => !equal,
            }
        }
    }
}

/// The level that an axis has there.
fn level<'a>(name: &str, axes: &'a [Axis], at: &[u32]) -> &'a super::Level {
    let row = axes.iter().position(|it| it.name == name).expect("names were checked");
    &axes[row].levels[at[row] as usize]
}

/// The text of a value that is no quantity.
fn text<'a>(term: &'a Term, axes: &'a [Axis], at: &[u32]) -> Option<&'a str> {
    match term {
        Term::Text(it) => Some(&it.it),
        Term::Axis(name) => {
            let level = level(&name.it, axes, at);
            level.number.is_none().then_some(level.text.as_str())
        }
        _ => None,
    }
}

fn number(term: &Term, axes: &[Axis], at: &[u32]) -> f64 {
    match term {
        Term::Quantity(it) => amount::number(&it.it),
        Term::Text(_) => f64::NAN,
        Term::Axis(name) => level(&name.it, axes, at).number.unwrap_or(f64::NAN),
        Term::Binary { operator, left, right } => {
            let (one, other) = (number(left, axes, at), number(right, axes, at));
            match operator.it {
                Operator::Add => one + other,
                Operator::Subtract => one - other,
                Operator::Multiply => one * other,
                Operator::Divide => one / other,
            }
        }
    }
}
