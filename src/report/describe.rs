//! Expressions in words again: what a file said, from what it was compiled to.

use brownout_scenarios::Names;
use brownout_sim_core::ids::{EndpointId, LoadId};
use brownout_sim_core::measure::{
    Bound, Comparison, Condition, Expectation, Metric, Moment, Operator, Target, Unit as MeasureUnit, Value,
};
use brownout_sim_core::model::Model;
use brownout_sim_core::time::Span;
use brownout_viz::number::{Unit, show_exact};

/// Puts names to expressions.
#[derive(Clone, Copy, Debug)]
pub struct Describe<'a> {
    /// The model they are about.
    pub model: &'a Model,
    /// What its rows are called.
    pub names: &'a Names,
}

/// How to show a metric's numbers.
pub fn unit_of_metric(metric: Metric) -> Unit {
    match (metric, metric.unit()) {
        // These are factors; the rest of the ratios are shares.
        (Metric::Amplification | Metric::SlowdownMean, _) | (_, MeasureUnit::Money) => Unit::Plain,
        (_, MeasureUnit::Seconds) => Unit::Seconds,
        (_, MeasureUnit::PerSecond) => Unit::PerSecond,
        (_, MeasureUnit::Ratio) => Unit::Ratio,
        (_, MeasureUnit::Count) => Unit::Count,
    }
}

/// How to show a value's numbers; `None` for a bare number, which has the unit of what it is compared with.
pub fn unit_of(value: &Value) -> Option<Unit> {
    match value {
        Value::Number(_) => None,
        Value::Metric(metric, _) | Value::MaxOverWindows(metric, _) | Value::MinOverWindows(metric, _) => {
            Some(unit_of_metric(*metric))
        }
        Value::ShareSlower(..) => Some(Unit::Ratio),
        Value::TimeUntil { .. } | Value::TimeWhile(_) => Some(Unit::Seconds),
        Value::Never(_) => Some(Unit::Ratio),
        Value::Holds(_) => Some(Unit::Plain),
        Value::Binary(Operator::Add | Operator::Subtract, left, right) => unit_of(left).or(unit_of(right)),
        Value::Binary(Operator::Multiply, left, right) => match (unit_of(left), unit_of(right)) {
            (Some(unit), None) | (None, Some(unit)) => Some(unit),
            _ => Some(Unit::Plain),
        },
        Value::Binary(Operator::Divide, left, right) => match (unit_of(left), unit_of(right)) {
            (Some(unit), None) => Some(unit),
            _ => Some(Unit::Plain),
        },
    }
}

/// The unit in which an expectation's sides are compared.
pub fn unit_of_condition(condition: &Condition) -> Unit {
    let right = match &condition.right {
        Bound::Value(value) => unit_of(value),
        Bound::OfBaseline(_) => None,
    };
    unit_of(&condition.left).or(right).unwrap_or(Unit::Plain)
}

impl Describe<'_> {
    /// An expectation: its condition and when it must hold.
    pub fn expectation(&self, expectation: &Expectation) -> String {
        let mut text = self.condition(&expectation.that);
        if let Some(during) = &expectation.during {
            text.push_str(&format!(
                " during {} .. {}",
                self.moment(during.from),
                self.moment(during.to)
            ));
        }
        if let Some(within) = &expectation.within {
            text.push_str(&format!(" within {} after {}", within.span, self.moment(within.after)));
        }
        if let Some(share) = expectation.share {
            text.push_str(&format!(" in {} of runs", show_exact(Unit::Ratio, share)));
        }
        text
    }

    fn condition(&self, condition: &Condition) -> String {
        let unit = unit_of_condition(condition);
        let comparison = match condition.comparison {
            Comparison::Less => "<",
            Comparison::AtMost => "<=",
            Comparison::Greater => ">",
            Comparison::AtLeast => ">=",
            Comparison::Equal => "==",
            Comparison::NotEqual => "!=",
        };
        let right = match &condition.right {
            Bound::Value(value) => self.value(value, unit),
            Bound::OfBaseline(share) => format!("{} of baseline", show_exact(Unit::Ratio, *share)),
        };
        format!("{} {comparison} {right}", self.value(&condition.left, unit))
    }

    fn value(&self, value: &Value, unit: Unit) -> String {
        match value {
            Value::Number(number) => show_exact(unit, *number),
            Value::Metric(metric, target) => format!("{}({})", metric.name(), self.target(target)),
            Value::MaxOverWindows(metric, target) => format!("max({}({}))", metric.name(), self.target(target)),
            Value::MinOverWindows(metric, target) => format!("min({}({}))", metric.name(), self.target(target)),
            Value::ShareSlower(target, limit) => format!("share(response({}) > {limit})", self.target(target)),
            Value::TimeUntil { condition, after, .. } => {
                format!("time until {} after {}", self.condition(condition), self.moment(*after))
            }
            Value::TimeWhile(condition) => format!("time while {}", self.condition(condition)),
            Value::Never(value) => format!("never({})", self.value(value, unit)),
            Value::Holds(condition) => self.condition(condition),
            Value::Binary(operator, left, right) => {
                let sign = match operator {
                    Operator::Add => "+",
                    Operator::Subtract => "-",
                    Operator::Multiply => "*",
                    Operator::Divide => "/",
                };
                // A bare factor or divisor has no unit of its own.
                let plain = matches!(operator, Operator::Multiply | Operator::Divide);
                let side = |it: &Value| {
                    self.value(
                        it,
                        if plain {
                            unit_of(it).unwrap_or(Unit::Plain)
                        } else {
                            unit
                        },
                    )
                };
                format!("{} {sign} {}", self.side(left, side), self.side(right, side))
            }
        }
    }

    fn side(&self, value: &Value, show: impl Fn(&Value) -> String) -> String {
        if matches!(value, Value::Binary(..)) {
            format!("({})", show(value))
        } else {
            show(value)
        }
    }

    /// Whom an expression is about, as an address where there is one.
    fn target(&self, target: &Target) -> String {
        match target {
            Target::Everything => "*".to_owned(),
            Target::Requests(entries) => self.requests(entries),
            Target::Services(services) => several(services.iter().map(|it| self.names.services[it.index()].clone())),
            Target::Endpoints(endpoints) => several(endpoints.iter().map(|it| self.endpoint(*it))),
            Target::Lanes(lanes) => several(lanes.iter().map(|&lane| {
                let (edge, endpoint) = self.model.layout().lanes[lane as usize];
                match self.names.endpoints[endpoint.index()].as_str() {
                    "" => self.names.edges[edge.index()].clone(),
                    name => format!("{}.{name}", self.names.edges[edge.index()]),
                }
            })),
            Target::Edges(edges) => several(edges.iter().map(|it| self.names.edges[it.index()].clone())),
            Target::Front {
                requests,
                services,
                endpoints,
            } => match (services.as_slice(), endpoints.as_slice()) {
                ([], []) => self.requests(requests),
                ([], endpoints) => several(endpoints.iter().map(|it| self.endpoint(*it))),
                (services, _) => several(services.iter().map(|it| self.names.services[it.index()].clone())),
            },
            Target::Fault(fault) => format!("fault.{}", self.names.faults[fault.index()]),
        }
    }

    /// Entries of loads' mixes: the load, if they are all of its entries, else what they ask for.
    fn requests(&self, entries: &[(LoadId, u16)]) -> String {
        if let [(load, _), ..] = entries {
            let mix = &self.model.loads[load.index()].mix;
            if mix.len() > 1 && entries.len() == mix.len() && entries.iter().all(|it| it.0 == *load) {
                return self.names.loads[load.index()].clone();
            }
        }
        several(entries.iter().map(|&(load, item)| {
            let site = self.model.loads[load.index()].mix[usize::from(item)].site;
            self.endpoint(self.model.sites[site.index()].callee)
        }))
    }

    fn endpoint(&self, endpoint: EndpointId) -> String {
        self.names.endpoint_address(self.model, endpoint)
    }

    fn moment(&self, moment: Moment) -> String {
        let (anchor, shift) = match moment {
            Moment::At(at) => return at.to_string(),
            Moment::FaultStart(fault, shift) => (format!("fault.{}.start", self.names.faults[fault.index()]), shift),
            Moment::FaultEnd(fault, shift) => (format!("fault.{}.end", self.names.faults[fault.index()]), shift),
            Moment::FirstFaultStart(shift) => ("faults.start".to_owned(), shift),
            Moment::LastFaultEnd(shift) => ("faults.end".to_owned(), shift),
            Moment::Change(change, shift) => (format!("change.{}", self.names.changes[change.index()]), shift),
        };
        match shift {
            0 => anchor,
            1.. => format!("{anchor} + {}", Span::from_nanos(shift.unsigned_abs())),
            _ => format!("{anchor} - {}", Span::from_nanos(shift.unsigned_abs())),
        }
    }
}

/// Names in a row, without repetition; many are counted.
fn several(names: impl Iterator<Item = String>) -> String {
    let mut all: Vec<String> = Vec::new();
    for name in names {
        if !all.contains(&name) {
            all.push(name);
        }
    }
    match all.as_slice() {
        [first, second, _, rest @ ..] if !rest.is_empty() => format!("{first}, {second} and {} more", all.len() - 2),
        _ => all.join(", "),
    }
}
