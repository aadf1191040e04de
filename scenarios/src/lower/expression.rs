//! Expressions as written become the typed trees of `sim_core::measure`: metrics by their names, whom they are about by
//! the directory, and both sides of every comparison in the same unit.
//!
//! | address | figures of |
//! | --- | --- |
//! | `*` | all requests; for a service's own metrics all services |
//! | a load | its requests |
//! | a service or endpoint that loads call | their requests, or its own for a service's metrics ([`Target::Front`]) |
//! | any other service or endpoint | what it did |
//! | an edge | its calls; for metrics of requests those of the loads on its left side |
//! | `fault.x` | the fault |

use brownout_sim_core::ids::{EdgeId, EndpointId, ServiceId};
use brownout_sim_core::measure::{
    Bound, Comparison, Condition, During, Expectation, Figure, Kind, Measure, Metric, Moment, Operator, Target, Unit,
    Value, Within,
};
use brownout_sim_core::time::{SimTime, Span};

use super::resolve::{Directory, Unresolved};
use crate::syntax::address::{Address, EdgeAddress, Subject, Target as Addressed};
use crate::syntax::expr::{self, Expr, Extreme};
use crate::syntax::instant::{self, Instant, Offset, Origin};
use crate::syntax::units::{Quantity, Ratio};
use crate::syntax::{Errors, Placed, SyntaxError, either, nearest};

/// The length of a stretch in which a condition must hold, where `over` does not say otherwise.
pub const OVER: Span = Span::from_secs(10);

/// An expectation as written.
#[derive(Clone, Copy, Debug)]
pub struct Written<'a> {
    /// Its name in the file.
    pub name: &'a str,
    /// `that`.
    pub that: &'a expr::Condition,
    /// `during`.
    pub during: Option<&'a instant::During>,
    /// `within`.
    pub within: Option<&'a instant::Within>,
    /// `over`; [`OVER`] if there is none.
    pub over: Option<Span>,
    /// `share`.
    pub share: Option<Ratio>,
    /// `variants`.
    pub variants: Option<&'a [String]>,
}

/// The key of an expectation that a mistake was found in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// `that`.
    That,
    /// `during`.
    During,
    /// `within`.
    Within,
    /// `over`.
    Over,
}

impl Field {
    /// How the key is written.
    pub const fn name(self) -> &'static str {
        match self {
            Field::That => "that",
            Field::During => "during",
            Field::Within => "within",
            Field::Over => "over",
        }
    }
}

/// A mistake in an expectation: its place is within the string of that key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// Which key.
    pub field: Field,
    /// What is wrong with it.
    pub error: SyntaxError,
}

/// What expressions are resolved against.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// Names and who calls whom.
    pub directory: &'a Directory,
    /// The currency of the scenario's prices, if it has any.
    pub currency: Option<&'a str>,
}

/// The expectation that was written. Fails with all its mistakes; with none if it only lacks calls that a mistake elsewhere
/// took away.
pub fn expectation(written: &Written<'_>, context: Context<'_>) -> Result<Expectation, Vec<Mistake>> {
    let mut lower = Lower::new(context);
    let mut mistakes = Vec::new();
    let mut collect = |lower: &mut Lower<'_>, field: Field| {
        mistakes.extend(lower.errors.drain(..).map(|error| Mistake { field, error }));
    };
    lower.parts = written.during.is_some() || written.within.is_some();
    let that = lower.condition(written.that);
    collect(&mut lower, Field::That);
    let during = written.during.map(|it| (lower.moment(&it.from), lower.moment(&it.to)));
    collect(&mut lower, Field::During);
    let within = written
        .within
        .map(|it| (it.span.it, it.after.as_ref().map(|it| lower.moment(it))));
    if let (Some(_), Some(within)) = (written.during, written.within) {
        let error = SyntaxError::new(within.span.at.clone(), "`during` and `within` do not go together");
        lower
            .errors
            .push(error.help("take one of them away, or write two expectations"));
    }
    collect(&mut lower, Field::Within);
    if written.over.is_some() && written.within.is_none() && !has_time_until(written.that) {
        lower
            .errors
            .push(SyntaxError::new(0..0, "`over` needs `within` or `time until`"));
    }
    if written.over == Some(Span::ZERO) {
        lower
            .errors
            .push(SyntaxError::new(0..0, "a stretch of zero makes no sense here"));
    }
    collect(&mut lower, Field::Over);
    let over = written.over.unwrap_or(OVER);
    let Some(that) = that.filter(|_| mistakes.is_empty()) else {
        return Err(mistakes);
    };
    let sound = "without a mistake every instant is there";
    Ok(Expectation {
        name: written.name.to_owned(),
        variants: written.variants.map(<[String]>::to_vec),
        that: with_over(that, over),
        during: during.map(|(from, to)| During {
            from: from.expect(sound),
            to: to.expect(sound),
        }),
        within: within.map(|(span, after)| Within {
            span,
            after: after.map_or(Moment::At(SimTime::ZERO), |it| it.expect(sound)),
            over,
        }),
        share: written.share.map(Ratio::as_f64),
    })
}

/// The measure that was written; a condition is 1 where it holds and 0 where not. Fails with all its mistakes, as
/// [`expectation`] does.
pub fn measure(name: &str, written: &expr::Measure, context: Context<'_>) -> Result<Measure, Errors> {
    let mut lower = Lower::new(context);
    let value = match written {
        expr::Measure::Value(it) => lower.value(it).map(|it| it.0),
        expr::Measure::Condition(it) => lower.condition(it).map(|it| Value::Holds(Box::new(it))),
    };
    match value {
        Some(value) if lower.errors.is_empty() => Ok(Measure {
            name: name.to_owned(),
            value,
        }),
        _ => Err(lower.errors),
    }
}

/// The moment that an instant means. Faults and changes must be known.
pub fn moment(instant: &Instant, directory: &Directory) -> Result<Moment, SyntaxError> {
    let later = match instant.offset {
        Offset::After(it) => i64::try_from(it.nanos()).unwrap_or(i64::MAX),
        Offset::Before(it) => i64::try_from(it.nanos()).map_or(i64::MIN, |it| -it),
    };
    Ok(match &instant.origin {
        Origin::Run => Moment::At(SimTime::from_nanos(u64::try_from(later).unwrap_or(0))),
        Origin::FaultStart(name) => Moment::FaultStart(directory.fault(name)?, later),
        Origin::FaultEnd(name) => Moment::FaultEnd(directory.fault(name)?, later),
        Origin::ChangeStart(name) => Moment::Change(directory.change(name)?.0, later),
        Origin::ChangeEnd(name) => {
            let (change, takes) = directory.change(name)?;
            let takes = i64::try_from(takes.nanos()).unwrap_or(i64::MAX);
            Moment::Change(change, later.saturating_add(takes))
        }
    })
}

fn has_time_until(condition: &expr::Condition) -> bool {
    fn within(it: &Expr) -> bool {
        match it {
            Expr::TimeUntil { .. } => true,
            Expr::Binary { left, right, .. } => within(left) || within(right),
            Expr::Quantity(_) | Expr::Metric(_) | Expr::Extreme { .. } | Expr::Share { .. } => false,
        }
    }
    within(&condition.left) || matches!(&condition.bound, expr::Bound::Value(it) if within(it))
}

/// The same with `over` as the length of every stretch.
fn with_over(condition: Condition, over: Span) -> Condition {
    fn value(it: Value, over: Span) -> Value {
        match it {
            Value::TimeUntil { condition, after, .. } => Value::TimeUntil { condition, after, over },
            Value::Binary(operator, left, right) => {
                Value::Binary(operator, Box::new(value(*left, over)), Box::new(value(*right, over)))
            }
            other => other,
        }
    }
    Condition {
        left: value(condition.left, over),
        right: match condition.right {
            Bound::Value(it) => Bound::Value(value(it, over)),
            baseline => baseline,
        },
        ..condition
    }
}

/// What a value counts: a bare number fits ratios and counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Dimension {
    Bare,
    Of(Unit),
}

use Dimension::{Bare, Of};

impl Dimension {
    fn noun(self) -> &'static str {
        match self {
            Bare => "a number",
            Of(Unit::Seconds) => "a duration",
            Of(Unit::PerSecond) => "a rate",
            Of(Unit::Ratio) => "a ratio",
            Of(Unit::Count) => "a count",
            Of(Unit::Money) => "an amount of money",
        }
    }
}

struct Lower<'a> {
    context: Context<'a>,
    /// Whether values are taken over a part of the run.
    parts: bool,
    errors: Errors,
}

impl<'a> Lower<'a> {
    fn new(context: Context<'a>) -> Lower<'a> {
        Lower {
            context,
            parts: false,
            errors: Errors::new(),
        }
    }

    fn refuse<T>(&mut self, error: SyntaxError) -> Option<T> {
        self.errors.push(error);
        None
    }

    fn found<T>(&mut self, result: Result<T, Unresolved>) -> Option<T> {
        result.map_err(|it| self.errors.push(it.into())).ok()
    }

    /// Who calls whom; where calls are missing, a call that is not there may be one of them.
    fn called<T>(&mut self, result: Result<T, Unresolved>) -> Option<T> {
        match result {
            Err(_) if self.context.directory.lists().partial => None,
            result => self.found(result),
        }
    }

    fn moment(&mut self, instant: &Instant) -> Option<Moment> {
        moment(instant, self.context.directory)
            .map_err(|it| self.errors.push(it))
            .ok()
    }

    fn condition(&mut self, written: &expr::Condition) -> Option<Condition> {
        let comparison = match written.comparison.it {
            expr::Comparison::AtLeast => Comparison::AtLeast,
            expr::Comparison::AtMost => Comparison::AtMost,
            expr::Comparison::Above => Comparison::Greater,
            expr::Comparison::Below => Comparison::Less,
            expr::Comparison::Equal => Comparison::Equal,
            expr::Comparison::Unequal => Comparison::NotEqual,
        };
        match &written.bound {
            expr::Bound::Value(bound) => {
                let (left, right) = (self.value(&written.left), self.value(bound));
                let ((left, one), (right, other)) = (left?, right?);
                self.fit((&written.left, one), (bound, other))?;
                Some(Condition {
                    left,
                    comparison,
                    right: Bound::Value(right),
                })
            }
            expr::Bound::OfBaseline(share) => {
                if written.left.metrics().is_empty() {
                    let error =
                        SyntaxError::new(written.left.at(), "there is nothing measured here that has a baseline");
                    return self.refuse(error);
                }
                let parts = core::mem::replace(&mut self.parts, true);
                let left = self.value(&written.left);
                self.parts = parts;
                if self.context.directory.lists().faults.is_empty() {
                    let message = "a baseline is taken before the first fault, and there is none";
                    return self.refuse(SyntaxError::new(share.at.clone(), message).help("compare with a quantity"));
                }
                let right = Bound::OfBaseline(share.it.as_f64());
                Some(Condition {
                    left: left?.0,
                    comparison,
                    right,
                })
            }
        }
    }

    fn value(&mut self, written: &Expr) -> Option<(Value, Dimension)> {
        match written {
            Expr::Quantity(it) => self.quantity(it),
            Expr::Metric(it) => {
                let (metric, target) = self.metric(it)?;
                Some((Value::Metric(metric, target), Of(metric.unit())))
            }
            Expr::Extreme { which, of, at } => {
                let Expr::Metric(inner) = of.as_ref() else {
                    let error = SyntaxError::new(at.clone(), "the windows of the timeline are of one metric");
                    return self.refuse(error.help("write it like `max(p99(web))`"));
                };
                let parts = core::mem::replace(&mut self.parts, true);
                let found = self.metric(inner);
                self.parts = parts;
                let (metric, target) = found?;
                let value = match which {
                    Extreme::Max => Value::MaxOverWindows(metric, target),
                    Extreme::Min => Value::MinOverWindows(metric, target),
                };
                Some((value, Of(metric.unit())))
            }
            Expr::Share { of, .. } => self.share(of),
            Expr::TimeUntil { condition, after, .. } => {
                let parts = core::mem::replace(&mut self.parts, true);
                let condition = self.condition(condition);
                self.parts = parts;
                let after = match after {
                    Some(it) => self.moment(it),
                    None => Some(Moment::At(SimTime::ZERO)),
                };
                let value = Value::TimeUntil {
                    condition: Box::new(condition?),
                    after: after?,
                    over: OVER,
                };
                Some((value, Of(Unit::Seconds)))
            }
            Expr::Binary { operator, left, right } => {
                let (first, second) = (self.value(left), self.value(right));
                let ((first, one), (second, other)) = (first?, second?);
                let sign = match operator.it {
                    expr::Operator::Add => Operator::Add,
                    expr::Operator::Subtract => Operator::Subtract,
                    expr::Operator::Multiply => Operator::Multiply,
                    expr::Operator::Divide => Operator::Divide,
                };
                let dimension = match sign {
                    Operator::Add | Operator::Subtract => {
                        self.fit((left, one), (right, other))?;
                        if one == Bare { other } else { one }
                    }
                    Operator::Multiply | Operator::Divide => match combined(sign, one, other) {
                        Some(it) => it,
                        None => {
                            let what = if sign == Operator::Multiply { "times" } else { "over" };
                            let message =
                                format!("{} {what} {} is nothing that can be compared", one.noun(), other.noun());
                            return self.refuse(SyntaxError::new(written.at(), message));
                        }
                    },
                };
                Some((Value::Binary(sign, Box::new(first), Box::new(second)), dimension))
            }
        }
    }

    fn quantity(&mut self, written: &Placed<Quantity>) -> Option<(Value, Dimension)> {
        let at = || written.at.clone();
        let (number, dimension) = match &written.it {
            Quantity::Number(it) => (it.as_f64(), Bare),
            Quantity::Span(it) => (it.as_secs_f64(), Of(Unit::Seconds)),
            Quantity::Rate(it) => (it.per_second(), Of(Unit::PerSecond)),
            Quantity::Ratio(it) => (it.as_f64(), Of(Unit::Ratio)),
            Quantity::Factor(it) => (it.as_f64(), Of(Unit::Ratio)),
            Quantity::Money(it) => {
                match self.context.currency {
                    Some(currency) if currency == it.currency => {}
                    Some(currency) => {
                        let error = SyntaxError::new(
                            at(),
                            format!("the prices of this file are in {currency}, not in {}", it.currency),
                        );
                        return self.refuse(error);
                    }
                    None if self.context.directory.lists().partial => return None,
                    None => return self.refuse(SyntaxError::new(at(), "nothing in this file has a price")),
                }
                (it.nano as f64 / 1e9, Of(Unit::Money))
            }
            Quantity::Price(it) => {
                let error = SyntaxError::new(at(), "expected an amount of money, found a price");
                return self.refuse(error.help(format!("write `{}`", it.amount)));
            }
            other @ (Quantity::Bytes(_) | Quantity::Bandwidth(_)) => {
                let error = SyntaxError::new(at(), format!("no metric is {}", other.noun()));
                return self.refuse(error);
            }
        };
        Some((Value::Number(number), dimension))
    }

    /// `share(response(web) > 1s)`; to a nanosecond, so that `>=` and `>` differ.
    fn share(&mut self, of: &expr::Condition) -> Option<(Value, Dimension)> {
        let example = "write it like `share(response(web) > 1s)`";
        let (Expr::Metric(metric), expr::Bound::Value(Expr::Quantity(limit))) = (&of.left, &of.bound) else {
            let error = SyntaxError::new(of.left.at(), "a share is of responses slower or faster than a duration");
            return self.refuse(error.help(example));
        };
        if metric.key.it != "response" {
            let error = SyntaxError::new(
                metric.key.at.clone(),
                format!("a share is of `response`, not of `{}`", metric.key.it),
            );
            return self.refuse(error.help(example));
        }
        let Quantity::Span(span) = limit.it else {
            let error = SyntaxError::new(
                limit.at.clone(),
                format!("expected a duration, found {}", limit.it.noun()),
            );
            return self.refuse(error.help(example));
        };
        let Some(target) = &metric.target else {
            return self
                .refuse(SyntaxError::new(metric.at.clone(), "of what?").help("write `response(*)` for all requests"));
        };
        let target = self.target(Metric::MeanAll, "response", target)?;
        let slower = |limit: Span| Value::ShareSlower(target.clone(), limit);
        let before = Span::from_nanos(span.nanos().saturating_sub(1));
        let rest = |it: Value| Value::Binary(Operator::Subtract, Box::new(Value::Number(1.0)), Box::new(it));
        let value = match of.comparison.it {
            expr::Comparison::Above => slower(span),
            expr::Comparison::AtLeast => slower(before),
            expr::Comparison::AtMost => rest(slower(span)),
            expr::Comparison::Below => rest(slower(before)),
            expr::Comparison::Equal | expr::Comparison::Unequal => {
                let error = SyntaxError::new(
                    of.comparison.at.clone(),
                    "a share is of responses slower or faster than a duration",
                );
                return self.refuse(error.help(example));
            }
        };
        Some((value, Of(Unit::Ratio)))
    }

    fn metric(&mut self, written: &expr::Metric) -> Option<(Metric, Target)> {
        let key = &written.key;
        let Some(metric) = Metric::parse(&key.it) else {
            let error = SyntaxError::new(key.at.clone(), format!("no metric is called `{}`", key.it));
            let names = Metric::all_names();
            return self.refuse(
                match (key.it.as_str(), nearest(&key.it, names.iter().map(String::as_str))) {
                    ("response", _) => error.help("write `mean(...)`, `p99(...)` or `share(response(...) > 1s)`"),
                    (_, Some(it)) => error.help(format!("did you mean `{it}`?")),
                    (_, None) => error.help("`brownout explain metrics` lists them"),
                },
            );
        };
        if self.parts && !metric.spans() {
            let message = format!("`{}` is known only for the whole run, not for a part of it", key.it);
            self.errors.push(SyntaxError::new(key.at.clone(), message));
        }
        let target = match &written.target {
            Some(it) => self.target(metric, &key.it, it)?,
            None if Figure::of(metric).of == [Kind::Everything] => Target::Everything,
            None => {
                let error = SyntaxError::new(written.at.clone(), format!("`{}` of what?", key.it));
                let help = match metric.applies_to(&Target::Everything) {
                    true => format!("write `{0}(web)`, or `{0}(*)` for all requests", key.it),
                    false => self.example(metric, &key.it),
                };
                return self.refuse(error.help(help));
            }
        };
        Some((metric, target))
    }

    fn target(&mut self, metric: Metric, name: &str, written: &Addressed) -> Option<Target> {
        match written {
            Addressed::Node(it) if Figure::of(metric).of == [Kind::Fault] => self.fault(metric, name, it),
            Addressed::Node(it) => self.node(metric, name, it),
            Addressed::Edge(it) => self.edge(metric, name, it),
        }
    }

    fn fault(&mut self, metric: Metric, name: &str, written: &Address) -> Option<Target> {
        let placed = match (&written.subject.it, &written.endpoint, &written.zone) {
            (Subject::Name(fault), Some(it), None) if fault == "fault" => it.clone(),
            (Subject::Name(it), None, None) => Placed::new(it.clone(), written.subject.at.clone()),
            _ => {
                let error = SyntaxError::new(written.at.clone(), format!("`{name}` is of a fault"));
                let help = self.example(metric, name);
                return self.refuse(error.help(help));
            }
        };
        let found = self.context.directory.fault(&placed);
        self.found(found).map(Target::Fault)
    }

    fn node(&mut self, metric: Metric, name: &str, written: &Address) -> Option<Target> {
        let directory = self.context.directory;
        let lists = directory.lists();
        self.not_by_zone(written)?;
        let found = self.found(directory.address(written))?;
        if !found.zones.is_empty() {
            return self.refuse(SyntaxError::new(written.at.clone(), "figures are not kept by zone"));
        }
        let mut candidates = Vec::new();
        if written.subject.it == Subject::Any {
            candidates.push(Target::Everything);
            candidates.push(Target::Services(found.services.clone()));
        } else if found.services.is_empty() {
            let mut entries = directory.entries(|_| true);
            entries.retain(|it| found.loads.contains(&it.0));
            candidates.push(Target::Requests(entries));
        } else if !found.loads.is_empty() {
            let error = SyntaxError::new(
                written.at.clone(),
                format!("`{written}` names loads and services, whose figures differ"),
            );
            return self.refuse(error.help("name one of them, or use two tags"));
        } else if let Some(endpoint) = found.endpoint {
            candidates.push(self.endpoint(endpoint));
            let service = found.services[0];
            if directory.endpoints_of(service).count() == 1 {
                candidates.push(Target::Services(vec![service]));
            }
        } else {
            candidates.push(self.services(&found.services));
        }
        let fits = candidates.into_iter().find(|it| metric.applies_to(it));
        // A load that calls it may be among the calls that are missing.
        if fits.is_none() && lists.partial && Figure::of(metric).of.contains(&Kind::Requests) {
            return None;
        }
        fits.or_else(|| {
            let kind = match (found.loads.as_slice(), found.endpoint) {
                ([], Some(_)) => "an endpoint",
                ([], None) => "a service",
                _ => "a load",
            };
            let of_called = found.services.iter().all(|it| {
                lists
                    .mixes
                    .iter()
                    .flatten()
                    .all(|e| lists.endpoints[e.index()].0 != *it)
            });
            let message = match (Figure::of(metric).of.contains(&Kind::Requests), kind) {
                (true, "a service" | "an endpoint") if of_called => {
                    format!("`{name}` is of requests, and no load calls `{written}`")
                }
                _ => format!("`{name}` is not known of {kind}"),
            };
            let error = SyntaxError::new(written.at.clone(), message);
            let help = self.example(metric, name);
            self.refuse(error.help(help))
        })
    }

    fn services(&self, services: &[ServiceId]) -> Target {
        let directory = self.context.directory;
        let owner = |it: EndpointId| directory.lists().endpoints[it.index()].0;
        let called = |service: &ServiceId| !directory.entries(|it| owner(it) == *service).is_empty();
        let services = services.to_vec();
        if !services.iter().all(called) {
            return Target::Services(services);
        }
        let requests = directory.entries(|it| services.contains(&owner(it)));
        Target::Front {
            requests,
            services,
            endpoints: Vec::new(),
        }
    }

    fn endpoint(&self, endpoint: EndpointId) -> Target {
        let requests = self.context.directory.entries(|it| it == endpoint);
        if requests.is_empty() {
            return Target::Endpoints(vec![endpoint]);
        }
        Target::Front {
            requests,
            services: Vec::new(),
            endpoints: vec![endpoint],
        }
    }

    fn edge(&mut self, metric: Metric, name: &str, written: &EdgeAddress) -> Option<Target> {
        let directory = self.context.directory;
        self.not_by_zone(&written.from)?;
        self.not_by_zone(&written.to)?;
        let (from, to) = self.found(directory.edge(written))?;
        if let (Some(_), [service]) = (from.endpoint, from.services.as_slice())
            && directory.endpoints_of(*service).count() > 1
        {
            let error = SyntaxError::new(
                written.from.at.clone(),
                "calls are counted by calling service, not by its endpoints",
            );
            let service = &directory.lists().services[service.index()].name;
            return self.refuse(error.help(format!("write `{service} -> {}`", written.to)));
        }
        let calls = match to.endpoint {
            Some(_) => self.called(directory.lanes(written)).map(Target::Lanes)?,
            None => self.called(directory.edges(written)).map(Target::Edges)?,
        };
        if metric.applies_to(&calls) {
            return Some(calls);
        }
        let owner = |it: EndpointId| directory.lists().endpoints[it.index()].0;
        let called = |it: EndpointId| to.services.contains(&owner(it)) && to.endpoint.is_none_or(|one| one == it);
        let mut entries = directory.entries(called);
        entries.retain(|it| from.loads.contains(&it.0));
        let requests = Target::Requests(entries);
        if from.services.is_empty() && metric.applies_to(&requests) {
            return Some(requests);
        }
        let error = SyntaxError::new(written.at(), format!("`{name}` is not known of an edge"));
        let help = self.example(metric, name);
        self.refuse(error.help(help))
    }

    fn not_by_zone(&mut self, written: &Address) -> Option<()> {
        let Some(zone) = &written.zone else { return Some(()) };
        let whole = Address {
            zone: None,
            ..written.clone()
        };
        let error = SyntaxError::new(zone.at.clone(), "figures are not kept by zone");
        self.refuse(error.help(format!("write `{whole}`")))
    }

    /// How to write a metric, with a name of this scenario.
    fn example(&self, metric: Metric, name: &str) -> String {
        let directory = self.context.directory;
        let lists = directory.lists();
        let of = Figure::of(metric).of;
        let entrance = lists.mixes.iter().flatten().next();
        if of.contains(&Kind::Requests)
            && let Some(entrance) = entrance
        {
            return format!(
                "write it of a load or of what loads call, such as `{name}({})`",
                directory.endpoint_address(*entrance)
            );
        }
        if of.contains(&Kind::Services)
            && let Some(service) = lists.services.first()
        {
            return format!("write it of a service, such as `{name}({})`", service.name);
        }
        if of.contains(&Kind::Calls) {
            let edge = (0..lists.edges.len()).map(EdgeId::from_index).next();
            if let Some(edge) = edge {
                let (caller, callee) = lists.edges[edge.index()];
                let (caller, callee) = (directory.caller_name(caller), &lists.services[callee.index()].name);
                return format!("write it of an edge, such as `{name}({caller} -> {callee})`");
            }
        }
        if of.contains(&Kind::Fault) {
            let fault = lists.faults.first().map_or("x", String::as_str);
            return format!("write it of a fault, such as `{name}(fault.{fault})`");
        }
        format!("write `{name}`")
    }

    /// Checks that two values can be compared or added.
    fn fit(&mut self, left: (&Expr, Dimension), right: (&Expr, Dimension)) -> Option<()> {
        let (bare, unit, metric) = match (left.1, right.1) {
            (Bare, Bare) => return Some(()),
            (one, other) if one == other => return self.plausible(left.0, right.0),
            (Bare, Of(unit)) => (left.0, unit, right.0),
            (Of(unit), Bare) => (right.0, unit, left.0),
            (one, other) => {
                let message = format!("`{}` is {}, but `{}` is {}", left.0, one.noun(), right.0, other.noun());
                return self.refuse(SyntaxError::new(right.0.at(), message));
            }
        };
        let suffixes: &[&str] = match unit {
            Unit::Count => return Some(()),
            Unit::Ratio => return self.plausible(metric, bare),
            Unit::Seconds => &["ms", "s"],
            Unit::PerSecond => &["/s"],
            Unit::Money => &[" EUR"],
        };
        let own = self.context.currency.map(|it| format!(" {it}"));
        let suffixes: Vec<&str> = match (unit, &own) {
            (Unit::Money, Some(own)) => vec![own],
            _ => suffixes.to_vec(),
        };
        let cures: Vec<String> = suffixes.iter().map(|it| format!("{bare}{it}")).collect();
        let error = SyntaxError::new(
            bare.at(),
            format!("`{metric}` is {}, but `{bare}` has no unit", Of(unit).noun()),
        );
        let cure = either(cures.iter().map(String::as_str));
        self.refuse(if matches!(bare, Expr::Quantity(_)) {
            error.help(format!("write {cure}"))
        } else {
            error
        })
    }

    /// A share is never above 100 %: whoever compares it with more has forgotten a `%`.
    fn plausible(&mut self, one: &Expr, other: &Expr) -> Option<()> {
        let (metric, quantity) = match (one, other) {
            (Expr::Metric(metric), Expr::Quantity(quantity)) | (Expr::Quantity(quantity), Expr::Metric(metric)) => {
                (metric, quantity)
            }
            _ => return Some(()),
        };
        let Some(parsed) = Metric::parse(&metric.key.it) else {
            return Some(());
        };
        let factor = matches!(parsed, Metric::Amplification | Metric::SlowdownMean);
        let value = match &quantity.it {
            Quantity::Number(it) => it.as_f64(),
            Quantity::Ratio(it) => it.as_f64(),
            Quantity::Factor(it) => it.as_f64(),
            _ => return Some(()),
        };
        if parsed.unit() != Unit::Ratio || factor || value <= 1.0 {
            return Some(());
        }
        let error = SyntaxError::new(quantity.at.clone(), format!("`{}` is never above 100%", metric.key.it));
        self.refuse(match &quantity.it {
            Quantity::Number(it) if value <= 100.0 => error.help(format!("write `{it}%`")),
            _ => error,
        })
    }
}

/// What a product or a quotient counts; `None` if that is nothing anyone measures.
fn combined(operator: Operator, left: Dimension, right: Dimension) -> Option<Dimension> {
    use Unit::{Count, PerSecond, Seconds};
    let scalar = |it: Dimension| matches!(it, Bare | Of(Unit::Ratio));
    match operator {
        Operator::Multiply => match (left, right) {
            (it, other) | (other, it) if scalar(other) => Some(it),
            (Of(Seconds), Of(PerSecond)) | (Of(PerSecond), Of(Seconds)) => Some(Of(Count)),
            (Of(Count), it) | (it, Of(Count)) => Some(it),
            _ => None,
        },
        _ => match (left, right) {
            (it, other) if it == other => Some(Of(Unit::Ratio)),
            (it, other) if scalar(other) => Some(it),
            (it, Of(Count)) => Some(if it == Bare { Of(Unit::Ratio) } else { it }),
            (Of(Count), Of(Seconds)) => Some(Of(PerSecond)),
            (Of(Count), Of(PerSecond)) => Some(Of(Seconds)),
            (Bare, Of(Seconds)) => Some(Of(PerSecond)),
            (Bare, Of(PerSecond)) => Some(Of(Seconds)),
            _ => None,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::super::resolve::testing::shop;
    use super::*;
    use crate::syntax::testing::shown;

    fn seen(text: &str) -> String {
        let directory = Directory::new(shop());
        let context = Context {
            directory: &directory,
            currency: Some("EUR"),
        };
        let written = expr::measure(text).expect("it is well written");
        match measure("m", &written, context) {
            Ok(it) => format!("{text}: {:?}", it.value),
            Err(errors) => shown(text, errors),
        }
    }

    #[test]
    fn an_address_means_requests_services_or_calls() {
        let texts = [
            "success_ratio(web.home)",
            "p99(web)",
            "p99(db)",
            "p99(db.query)",
            "utilization(web)",
            "utilization(app.render)",
            "goodput(shoppers)",
            "goodput(*)",
            "utilization(*)",
            "success_ratio(#outside)",
            "in_system(#tier)",
            "cost",
            "p99(app -> db)",
            "attempts(app.render -> db.query)",
            "goodput_ratio(shoppers -> web)",
            "failed.timeout(* -> *)",
            "goodput_ratio(#outside -> web.cart)",
            "downtime(fault.db-slow)",
            "start(west-down)",
            "wait_p99(web.home)",
        ];
        insta::assert_snapshot!(texts.map(seen).join("\n"));
    }

    #[test]
    fn a_metric_that_nobody_keeps_is_a_mistake_with_a_cure() {
        let texts = [
            "goodput_ratio(db)",
            "utilization(db.query)",
            "utilization(shoppers)",
            "utilization(app -> db)",
            "attempt_s.p99(db)",
            "p99",
            "utilization",
            "cost(web)",
            "downtime(db)",
            "downtime(app -> db)",
            "p99(db @ east)",
            "p99(east)",
            "p98z(web)",
            "sucess_ratio(web)",
            "response(web)",
            "p99(wbe)",
            "p99(db -> app)",
            "goodput_ratio(web -> app)",
            "offered(#tier -> db @ west)",
            "axis.timeout",
            "attempts(web.home -> mail)",
            "max(utilization(db))",
            "max(p99(db) + p50(db))",
            "share(p99(web) > 1s)",
            "share(response(web) > 5)",
            "share(response(web) == 1s)",
            "share(response(web) / 2 > 1s)",
        ];
        insta::assert_snapshot!(texts.map(seen).join("\n"));
    }

    #[test]
    fn both_sides_have_one_unit() {
        let texts = [
            "p99(web) <= 250ms",
            "p99(web) <= 250",
            "p99(web) <= 3/s",
            "p99(web) <= 50%",
            "offered(web) > 5/s",
            "offered(web) > 5",
            "success_ratio(web) >= 99.9%",
            "success_ratio(web) >= 0.999",
            "success_ratio(web) >= 99.9",
            "success_ratio(web) >= 150%",
            "success_ratio(web) >= x0.9",
            "amplification(app -> db) < 1.5",
            "amplification(app -> db) < 150%",
            "attempts(app -> db) == 0",
            "attempts(app -> db) < 5%",
            "cost <= 12 EUR",
            "cost <= 12 USD",
            "cost <= 12",
            "cost < 1 EUR/call",
            "p99(web) < 5kB",
            "p99(web) / p50(web) < 3",
            "p99(web) - p50(web) < 100ms",
            "p99(web) + 5 < 1s",
            "offered(web) * p99(web) < 64",
            "p99(web) * p99(web) < 1s",
            "attempts(app -> db) / offered_count(app -> db) < 2",
            "p99(web) < p99(db) * 2",
            "p99(web) < offered(db)",
            "250ms > p99(web)",
            "99.9 < success_ratio(web)",
            "cost / offered_count(*) < 0.1 EUR",
            "1 < 2",
            "goodput(web) >= 95% of baseline",
            "utilization(db) < 120% of baseline",
            "5 > 90% of baseline",
            "share(response(web) > 1s) <= 1%",
            "share(response(web) < 1s) >= 99%",
            "share(response(web) >= 1s) <= 1%",
            "(time until p99(web) < 1s after fault.db-slow.end) < 2m",
            "(time until utilization(db) < 50%) < 2m",
            "time until goodput_ratio(web.home) >= 95% of baseline after change.scale-out.end - 5s",
            "time until p99(web) < 1s after fault.db-slo.end",
            "time until p99(web) < 1s after change.nothing.start",
        ];
        insta::assert_snapshot!(texts.map(seen).join("\n"));
    }

    fn expected(that: &str, during: Option<&str>, within: Option<&str>, over: Option<Span>) -> String {
        let directory = Directory::new(shop());
        let context = Context {
            directory: &directory,
            currency: None,
        };
        let that_read = expr::condition(that).expect("it is well written");
        let during_read = during.map(|it| instant::during(it).expect("it is well written"));
        let within_read = within.map(|it| instant::within(it).expect("it is well written"));
        let variants = ["budget".to_owned()];
        let written = Written {
            name: "e",
            that: &that_read,
            during: during_read.as_ref(),
            within: within_read.as_ref(),
            over,
            share: Some(Ratio(900_000_000_000)),
            variants: Some(&variants),
        };
        match expectation(&written, context) {
            Ok(it) => format!("{it:?}"),
            Err(mistakes) => {
                let text = |field: Field| match field {
                    Field::That => that,
                    Field::During => during.unwrap_or(""),
                    Field::Within => within.unwrap_or(""),
                    Field::Over => "",
                };
                let told = mistakes
                    .into_iter()
                    .map(|it| format!("{}: {}", it.field.name(), shown(text(it.field), it.error)));
                told.collect::<Vec<_>>().join("\n")
            }
        }
    }

    #[test]
    fn an_expectation_takes_its_spans_along() {
        let recovers = "goodput_ratio(web.home) >= 95% of baseline";
        let seconds = Span::from_secs;
        let seen = [
            expected("p99(web) < 1s", Some("2m .. fault.db-slow.start"), None, None),
            expected(recovers, None, Some("2m after fault.db-slow.end + 30s"), None),
            expected(recovers, None, Some("2m"), Some(seconds(30))),
            expected("(time until p99(web) < 1s) < 2m", None, None, Some(seconds(5))),
        ];
        insta::assert_snapshot!(seen.join("\n"));
    }

    #[test]
    fn all_mistakes_of_an_expectation_come_at_once() {
        let seen = [
            expected(
                "p99(wbe) < 1s",
                Some("fault.x.start .. fault.db-slo.end"),
                Some("2m after change.y.start"),
                None,
            ),
            expected("utilization(db) < 50%", Some("2m .. 3m"), None, None),
            expected("failed.timeout(app -> db) < 5", None, Some("2m"), None),
            expected("p99(web) < 1s", None, None, Some(Span::ZERO)),
        ];
        insta::assert_snapshot!(seen.join("\n"));
    }
}
