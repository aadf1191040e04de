//! Expressions of expectations, measures and constraints: `goodput_ratio(web.home) >= 95% of baseline`.
//!
//! ```text
//! condition  = sum ( ">=" | "<=" | ">" | "<" | "==" | "!=" ) bound
//! bound      = percentage "of" "baseline" | sum
//! sum        = product { ( "+" | "-" ) product }
//! product    = value { ( "*" | "/" ) value }
//! value      = quantity | "(" sum ")" | metric | ( "max" | "min" ) "(" sum ")" | "share" "(" condition ")"
//!            | "time" "until" condition [ "after" instant ]
//! metric     = key [ "(" target ")" ]          key = name { "." name-or-digits }
//! ```
//!
//! A `-` or `/` between words or numbers wants spaces around it, since names have `-` and rates have `/`. Which metrics
//! there are, what they measure and whether both sides of a comparison fit is for the next layer to know.

use super::address::{Target, read_target};
use super::cursor::{Cursor, is_name};
use super::instant::{Instant, read_instant};
use super::units::{Quantity, Ratio};
use super::{Placed, SyntaxError};
use core::fmt;
use core::ops::Range;

/// A value computed from the results of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expr {
    /// A fixed quantity.
    Quantity(Placed<Quantity>),
    /// Something measured.
    Metric(Box<Metric>),
    /// The most or least of a value over the windows of the timeline.
    Extreme {
        /// Which.
        which: Extreme,
        /// Of what; has at least one metric.
        of: Box<Expr>,
        /// From its first to its last character.
        at: Range<usize>,
    },
    /// The share of requests, calls or attempts for which a condition holds.
    Share {
        /// The condition on each.
        of: Box<Condition>,
        /// From its first to its last character.
        at: Range<usize>,
    },
    /// How long until a condition holds for good.
    TimeUntil {
        /// The condition.
        condition: Box<Condition>,
        /// Counted from here; from the run's beginning where there is none.
        after: Option<Instant>,
        /// From its first to its last character.
        at: Range<usize>,
    },
    /// Two values together.
    Binary {
        /// How.
        operator: Placed<Operator>,
        /// The first.
        left: Box<Expr>,
        /// The second.
        right: Box<Expr>,
    },
}

/// Something measured, by its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metric {
    /// Its name, dots included: `p99`, `response_ok_s.p99`, `failed.timeout`, `axis.timeout`.
    pub key: Placed<String>,
    /// Of what; a metric of the whole run has none.
    pub target: Option<Target>,
    /// From its first to its last character.
    pub at: Range<usize>,
}

/// The most or the least.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extreme {
    /// The most.
    Max,
    /// The least.
    Min,
}

/// Arithmetic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
}

/// How two values compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `>=`
    AtLeast,
    /// `<=`
    AtMost,
    /// `>`
    Above,
    /// `<`
    Below,
    /// `==`
    Equal,
    /// `!=`
    Unequal,
}

/// A comparison of a value with a bound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// What is compared.
    pub left: Expr,
    /// How.
    pub comparison: Placed<Comparison>,
    /// With what.
    pub bound: Bound,
}

/// What a value is compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Bound {
    /// Another value.
    Value(Expr),
    /// A share of what the left side was before the first fault.
    OfBaseline(Placed<Ratio>),
}

/// What a measure is: a number, or a yes or no for each run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Measure {
    /// A number.
    Value(Expr),
    /// A yes or no.
    Condition(Condition),
}

impl Expr {
    /// From its first to its last character, parentheses around it left out.
    pub fn at(&self) -> Range<usize> {
        match self {
            Expr::Quantity(it) => it.at.clone(),
            Expr::Metric(it) => it.at.clone(),
            Expr::Extreme { at, .. } | Expr::Share { at, .. } | Expr::TimeUntil { at, .. } => at.clone(),
            Expr::Binary { left, right, .. } => left.at().start..right.at().end,
        }
    }

    /// Every metric in it, in order of writing.
    pub fn metrics(&self) -> Vec<&Metric> {
        match self {
            Expr::Quantity(_) => Vec::new(),
            Expr::Metric(it) => vec![it],
            Expr::Extreme { of, .. } => of.metrics(),
            Expr::Share { of: condition, .. } | Expr::TimeUntil { condition, .. } => condition.metrics(),
            Expr::Binary { left, right, .. } => [left.metrics(), right.metrics()].concat(),
        }
    }

    /// Every instant in it, in order of writing.
    pub fn instants(&self) -> Vec<&Instant> {
        match self {
            Expr::Quantity(_) | Expr::Metric(_) => Vec::new(),
            Expr::Extreme { of, .. } => of.instants(),
            Expr::Share { of, .. } => of.instants(),
            Expr::TimeUntil { condition, after, .. } => condition.instants().into_iter().chain(after).collect(),
            Expr::Binary { left, right, .. } => [left.instants(), right.instants()].concat(),
        }
    }
}

impl Condition {
    /// Every metric in it, in order of writing.
    pub fn metrics(&self) -> Vec<&Metric> {
        let right = match &self.bound {
            Bound::Value(it) => it.metrics(),
            Bound::OfBaseline(_) => Vec::new(),
        };
        [self.left.metrics(), right].concat()
    }

    /// Every instant in it, in order of writing.
    pub fn instants(&self) -> Vec<&Instant> {
        let right = match &self.bound {
            Bound::Value(it) => it.instants(),
            Bound::OfBaseline(_) => Vec::new(),
        };
        [self.left.instants(), right].concat()
    }
}

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Expr::Quantity(it) => it.it.fmt(f),
            Expr::Metric(it) => match &it.target {
                Some(target) => write!(f, "{}({target})", it.key.it),
                None => f.write_str(&it.key.it),
            },
            Expr::Extreme {
                which: Extreme::Max,
                of,
                ..
            } => write!(f, "max({of})"),
            Expr::Extreme {
                which: Extreme::Min,
                of,
                ..
            } => write!(f, "min({of})"),
            Expr::Share { of, .. } => write!(f, "share({of})"),
            Expr::TimeUntil {
                condition,
                after: Some(after),
                ..
            } => write!(f, "time until {condition} after {after}"),
            Expr::TimeUntil { condition, .. } => write!(f, "time until {condition}"),
            Expr::Binary { operator, left, right } => {
                let sign = match operator.it {
                    Operator::Add => '+',
                    Operator::Subtract => '-',
                    Operator::Multiply => '*',
                    Operator::Divide => '/',
                };
                let side = |it: &Expr, parentheses: bool| if parentheses { format!("({it})") } else { it.to_string() };
                let product = matches!(operator.it, Operator::Multiply | Operator::Divide);
                // What would be read back in another order stands in parentheses.
                let looser = |it: &Expr| match it {
                    Expr::Binary { operator, .. } => {
                        matches!(operator.it, Operator::Add | Operator::Subtract) && product
                    }
                    Expr::TimeUntil { .. } => true,
                    _ => false,
                };
                let nested = matches!(**right, Expr::Binary { .. });
                let right_in = looser(right) || nested && (product || !is_product(right));
                write!(f, "{} {sign} {}", side(left, looser(left)), side(right, right_in))
            }
        }
    }
}

fn is_product(it: &Expr) -> bool {
    matches!(it, Expr::Binary { operator, .. } if matches!(operator.it, Operator::Multiply | Operator::Divide))
}

impl Comparison {
    const SIGNS: [(&'static str, Comparison); 6] = [
        (">=", Comparison::AtLeast),
        ("<=", Comparison::AtMost),
        ("==", Comparison::Equal),
        ("!=", Comparison::Unequal),
        (">", Comparison::Above),
        ("<", Comparison::Below),
    ];

    /// How it is written.
    pub fn sign(self) -> &'static str {
        Comparison::SIGNS
            .iter()
            .find(|it| it.1 == self)
            .expect("every one is listed")
            .0
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = self.comparison.it.sign();
        let side = |it: &Expr| {
            if matches!(it, Expr::TimeUntil { .. }) {
                format!("({it})")
            } else {
                it.to_string()
            }
        };
        match &self.bound {
            Bound::Value(it) => write!(f, "{} {sign} {}", side(&self.left), side(it)),
            Bound::OfBaseline(it) => write!(f, "{} {sign} {} of baseline", side(&self.left), it.it),
        }
    }
}

impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Measure::Value(it) => it.fmt(f),
            Measure::Condition(it) => it.fmt(f),
        }
    }
}

/// What an expectation or a constraint claims: `success_ratio(web.home) >= 99.9%`.
pub fn condition(text: &str) -> Result<Condition, SyntaxError> {
    match measure(text)? {
        Measure::Condition(it) => Ok(it),
        Measure::Value(it) => {
            let end = text.trim_end().len();
            let error = SyntaxError::new(end..end, format!("`{it}` is compared with nothing"));
            Err(error.help("add a bound, such as `>= 99%` or `< 500ms`"))
        }
    }
}

/// What a measure is: a number, `p99(web.home)`, or a condition.
pub fn measure(text: &str) -> Result<Measure, SyntaxError> {
    let mut cursor = Cursor::new(text);
    let left = sum(&mut cursor, 0)?;
    let measure = match comparison(&mut cursor)? {
        Some(sign) => Measure::Condition(Condition {
            left,
            comparison: sign,
            bound: bound(&mut cursor, 0)?,
        }),
        None => Measure::Value(left),
    };
    cursor.end(&format!("`{measure}`")).map_err(|error| {
        let rest = &text[error.at.start..];
        if ["and", "or", "&&", "||"].into_iter().any(|it| rest.starts_with(it)) {
            return error.help("write two expectations");
        }
        if rest.starts_with(['<', '>', '=', '!']) {
            error.help("compare two values only")
        } else {
            error
        }
    })?;
    Ok(measure)
}

/// Parentheses within parentheses at most.
const DEPTH_MAX: usize = 32;

fn comparison(cursor: &mut Cursor<'_>) -> Result<Option<Placed<Comparison>>, SyntaxError> {
    for (sign, it) in Comparison::SIGNS {
        if let Some(at) = cursor.eat(sign) {
            return Ok(Some(Placed::new(it, at)));
        }
    }
    for (wrong, right) in [
        ("=>", ">="),
        ("=<", "<="),
        ("≥", ">="),
        ("≤", "<="),
        ("≠", "!="),
        ("=", "=="),
    ] {
        if let Some(at) = cursor.eat(wrong) {
            let error = SyntaxError::new(at, format!("no comparison is written `{wrong}`"));
            return Err(error.help(format!("write `{right}`")));
        }
    }
    Ok(None)
}

fn full_condition(cursor: &mut Cursor<'_>, depth: usize) -> Result<Condition, SyntaxError> {
    let left = sum(cursor, depth)?;
    let Some(comparison) = comparison(cursor)? else {
        return Err(cursor
            .expected("a comparison")
            .help("write it like `response(web) > 1s`"));
    };
    Ok(Condition {
        left,
        comparison,
        bound: bound(cursor, depth)?,
    })
}

fn bound(cursor: &mut Cursor<'_>, depth: usize) -> Result<Bound, SyntaxError> {
    if let Some(at) = cursor.eat_word("baseline") {
        return Err(SyntaxError::new(at, "`baseline` stands after a percentage").help("write `100% of baseline`"));
    }
    let value = sum(cursor, depth)?;
    let Some(of) = cursor.eat_word("of") else {
        return Ok(Bound::Value(value));
    };
    let Expr::Quantity(Placed {
        it: Quantity::Ratio(ratio),
        at,
    }) = value
    else {
        let error = SyntaxError::new(
            value.at(),
            format!("expected a percentage before `of`, found `{value}`"),
        );
        return Err(error.help("write `95% of baseline`"));
    };
    if cursor.eat_word("baseline").is_none() {
        return Err(cursor
            .expected("`baseline`")
            .help(format!("write `{ratio} of baseline`")));
    }
    debug_assert!(at.end <= of.start, "a bound is read from left to right");
    Ok(Bound::OfBaseline(Placed::new(ratio, at)))
}

fn sum(cursor: &mut Cursor<'_>, depth: usize) -> Result<Expr, SyntaxError> {
    chain(
        cursor,
        depth,
        &[("+", Operator::Add), ("-", Operator::Subtract)],
        product,
    )
}

fn product(cursor: &mut Cursor<'_>, depth: usize) -> Result<Expr, SyntaxError> {
    chain(
        cursor,
        depth,
        &[("*", Operator::Multiply), ("/", Operator::Divide)],
        value,
    )
}

fn chain(
    cursor: &mut Cursor<'_>,
    depth: usize,
    operators: &[(&str, Operator)],
    part: fn(&mut Cursor<'_>, usize) -> Result<Expr, SyntaxError>,
) -> Result<Expr, SyntaxError> {
    let mut left = part(cursor, depth)?;
    let mut links = 0;
    loop {
        // `->` is an arrow, not a minus.
        let arrow = cursor.space().rest().starts_with("->");
        let Some((operator, at)) = operators
            .iter()
            .filter(|_| !arrow)
            .find_map(|it| Some((it.1, cursor.eat(it.0)?)))
        else {
            return Ok(left);
        };
        links += 1;
        if links > DEPTH_MAX {
            return Err(SyntaxError::new(
                at,
                format!("more than {DEPTH_MAX} operators in a row"),
            ));
        }
        let right = Box::new(part(cursor, depth)?);
        left = Expr::Binary {
            operator: Placed::new(operator, at),
            left: Box::new(left),
            right,
        };
    }
}

fn value(cursor: &mut Cursor<'_>, depth: usize) -> Result<Expr, SyntaxError> {
    let start = cursor.space().pos();
    if depth > DEPTH_MAX {
        return Err(cursor.expected(&format!("at most {DEPTH_MAX} levels of parentheses")));
    }
    if cursor.eat("(").is_some() {
        let inner = sum(cursor, depth + 1)?;
        closing(cursor)?;
        return Ok(inner);
    }
    let rest = cursor.rest();
    let digits = rest.strip_prefix('-').unwrap_or(rest);
    let digits = digits.strip_prefix('x').unwrap_or(digits);
    if digits.starts_with(|it: char| it.is_ascii_digit()) {
        let (it, at) = cursor.quantity()?;
        return Ok(Expr::Quantity(Placed::new(it, at)));
    }
    if cursor.at_word("time") && rest["time".len()..].trim_start().starts_with("until") {
        cursor.eat_word("time");
        if cursor.eat_word("until").is_none() {
            return Err(cursor.expected("`until`"));
        }
        let condition = Box::new(full_condition(cursor, depth + 1)?);
        let end = cursor.pos();
        let after = if cursor.eat_word("after").is_some() {
            Some(read_instant(cursor)?)
        } else {
            None
        };
        let end = after.as_ref().map_or(end, |it| it.at.end);
        return Ok(Expr::TimeUntil {
            condition,
            after,
            at: start..end,
        });
    }
    let Some(key) = metric_key(cursor) else {
        let error = cursor.expected("a metric or a quantity");
        return Err(error.help("write it like `p99(web.home)` or `250ms`"));
    };
    let name = cursor.text(key.clone()).to_owned();
    let open = cursor.rest().starts_with('(');
    if !open && ["nan", "inf", "infinity"].contains(&name.to_ascii_lowercase().as_str()) {
        return Err(SyntaxError::new(
            key,
            format!("a quantity is a finite number, not `{name}`"),
        ));
    }
    match name.as_str() {
        "max" | "min" if open => {
            cursor.take(1);
            let of = sum(cursor, depth + 1)?;
            if cursor.eat("->").is_some() || cursor.eat("@").is_some() || of.metrics().is_empty() {
                let error = SyntaxError::new(start..cursor.pos(), format!("`{name}` is of a metric over the windows"));
                return Err(error.help(format!("write it like `{name}(p99(web.home))`")));
            }
            closing(cursor)?;
            let which = if name == "max" { Extreme::Max } else { Extreme::Min };
            Ok(Expr::Extreme {
                which,
                of: Box::new(of),
                at: start..cursor.pos(),
            })
        }
        "share" if open => {
            cursor.take(1);
            let of = Box::new(full_condition(cursor, depth + 1)?);
            closing(cursor)?;
            Ok(Expr::Share {
                of,
                at: start..cursor.pos(),
            })
        }
        _ => {
            let mut target = None;
            if open {
                cursor.take(1);
                if cursor.eat(")").is_none() {
                    target = Some(read_target(cursor)?);
                    closing(cursor)?;
                }
            }
            Ok(Expr::Metric(Box::new(Metric {
                key: Placed::new(name, key),
                target,
                at: start..cursor.pos(),
            })))
        }
    }
}

fn closing(cursor: &mut Cursor<'_>) -> Result<(), SyntaxError> {
    match cursor.eat(")") {
        Some(_) => Ok(()),
        None => Err(cursor.expected("`)`")),
    }
}

/// Passes over `name.name.3` and `name.3+`: the parts after the first may begin with a digit. A `+` right between a number and
/// `(` belongs to the name: nothing could be added there.
fn metric_key(cursor: &mut Cursor<'_>) -> Option<Range<usize>> {
    let start = cursor.name()?.start;
    while let Some(part) = cursor.rest().strip_prefix('.') {
        let length = part.find(|it| !is_name(it)).unwrap_or(part.len());
        if length == 0 {
            break;
        }
        cursor.take(1 + length);
        if part[..length].bytes().all(|it| it.is_ascii_digit()) && cursor.rest().starts_with("+(") {
            cursor.take(1);
        }
    }
    Some(start..cursor.pos())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::testing::{check_places, shown};
    use proptest::prelude::*;

    fn seen(text: &str) -> String {
        match measure(text) {
            Ok(it) => {
                let (kind, metrics) = match &it {
                    Measure::Value(it) => ("value", it.metrics()),
                    Measure::Condition(it) => ("condition", it.metrics()),
                };
                let places: Vec<&str> = metrics.into_iter().map(|it| &text[it.at.clone()]).collect();
                format!("{it} => {kind} of {places:?}")
            }
            Err(it) => shown(text, it),
        }
    }

    fn table(texts: &[&str]) -> String {
        texts.iter().map(|it| seen(it)).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn expressions_of_the_format_are_read() {
        let texts = [
            "success_ratio(web.home) >= 99.9%",
            "goodput_ratio(web.home) >= 95% of baseline",
            "time until goodput_ratio(web.home) >= 95% of baseline after fault.db-slow.end",
            "success_ratio(web.home) < 70%",
            "p99(web.home)",
            "response_ok_s.p99(shop) <= 250ms",
            "failed.timeout(app -> db) == 0",
            "amplification(app->db @ zone-a) < 1.5",
            "max(p99(web.home)) < 2s",
            "share(response(web) > 1s) <= 1%",
            "axis.timeout <= 2s",
            "cost <= 12 EUR",
            "cost() < 0.02 EUR/call",
            "offered(shoppers) > 5/s",
            "halfwidth(recovery_time) < 5%",
            "time_share.3(db) != 0",
            "by_class.gold.success_ratio(shop) > 1%",
            "(time until p99(a) < 1s) <= 2m",
            "time until p99(a) < 1s after fault.x.end + 30s <= 2m",
            "p99(#tier) / p50(*) < 3",
            "p99(a)-p99(b) > 0s",
            "offered(a) + offered(b) * 2 - 3 / (throughput(c) + 1)",
            "a(x) - (b(x) - c(x))",
            "min(goodput(a) / offered(a)) > x0.5",
            "(p99(a)) > (1s)",
            " time ( x ) >= 2",
            "throughput(a) >= 95%of baseline",
        ];
        insta::assert_snapshot!(table(&texts), @r#"
success_ratio(web.home) >= 99.9% => condition of ["success_ratio(web.home)"]
goodput_ratio(web.home) >= 95% of baseline => condition of ["goodput_ratio(web.home)"]
time until goodput_ratio(web.home) >= 95% of baseline after fault.db-slow.end => value of ["goodput_ratio(web.home)"]
success_ratio(web.home) < 70% => condition of ["success_ratio(web.home)"]
p99(web.home) => value of ["p99(web.home)"]
response_ok_s.p99(shop) <= 250ms => condition of ["response_ok_s.p99(shop)"]
failed.timeout(app -> db) == 0 => condition of ["failed.timeout(app -> db)"]
amplification(app -> db @ zone-a) < 1.5 => condition of ["amplification(app->db @ zone-a)"]
max(p99(web.home)) < 2s => condition of ["p99(web.home)"]
share(response(web) > 1s) <= 1% => condition of ["response(web)"]
axis.timeout <= 2s => condition of ["axis.timeout"]
cost <= 12 EUR => condition of ["cost"]
cost < 0.02 EUR/call => condition of ["cost()"]
offered(shoppers) > 5/s => condition of ["offered(shoppers)"]
halfwidth(recovery_time) < 5% => condition of ["halfwidth(recovery_time)"]
time_share.3(db) != 0 => condition of ["time_share.3(db)"]
by_class.gold.success_ratio(shop) > 1% => condition of ["by_class.gold.success_ratio(shop)"]
(time until p99(a) < 1s) <= 2m => condition of ["p99(a)"]
(time until p99(a) < 1s after fault.x.end + 30s) <= 2m => condition of ["p99(a)"]
p99(#tier) / p50(*) < 3 => condition of ["p99(#tier)", "p50(*)"]
p99(a) - p99(b) > 0s => condition of ["p99(a)", "p99(b)"]
offered(a) + offered(b) * 2 - 3 / (throughput(c) + 1) => value of ["offered(a)", "offered(b)", "throughput(c)"]
a(x) - (b(x) - c(x)) => value of ["a(x)", "b(x)", "c(x)"]
min(goodput(a) / offered(a)) > x0.5 => condition of ["goodput(a)", "offered(a)"]
p99(a) > 1s => condition of ["p99(a)"]
 time [( x ) >= 2]: expected nothing after `time`, found `( x ) >= 2`
throughput(a) >= 95[%of] baseline: a duration has no unit called `%of` (units are ns, us, ms, s, m, h, d)
"#);
    }

    #[test]
    fn mistakes_in_expressions_name_the_cure() {
        let texts = [
            "",
            "p99(web.home",
            "p99(web.home))",
            "p99(web) >",
            "p99(web) => 5ms",
            "p99(web) = 5ms",
            "p99(web) ≥ 5ms",
            "p99(web) >= 5",
            "p99(web) >= 5parsecs",
            "p99(web) >= -5ms",
            "p99(web) >= baseline",
            "p99(web) >= 95% of",
            "p99(web) >= 95% of normal",
            "p99(web) >= 2s of baseline",
            "p99(web) > 1s and p50(web) < 1s",
            "1s < p99(web) < 2s",
            "max(5ms)",
            "max(app -> db)",
            "max()",
            "share(response(web))",
            "share(web)",
            "time until p99(web)",
            "time until",
            "time until p99(a) < 1s after",
            "time until p99(a) < 1s after noon",
            "p99(web.home.x) > 1s",
            "p99(2web) > 1s",
            "p99(a, b)",
            "p99 web > 1s",
            "2/p99(x)",
            "p99(a) +",
            "* 3",
            "p99(a) > nan",
            "é",
            "p99(a b)",
            "goodput(a) > 5 5",
        ];
        insta::assert_snapshot!(table(&texts), @r#"
[]: expected a metric or a quantity, found the end (write it like `p99(web.home)` or `250ms`)
p99(web.home[]: expected `)`, found the end
p99(web.home)[)]: expected nothing after `p99(web.home)`, found `)`
p99(web) >[]: expected a metric or a quantity, found the end (write it like `p99(web.home)` or `250ms`)
p99(web) [=>] 5ms: no comparison is written `=>` (write `>=`)
p99(web) [=] 5ms: no comparison is written `=` (write `==`)
p99(web) [≥] 5ms: no comparison is written `≥` (write `>=`)
p99(web) >= 5 => condition of ["p99(web)"]
p99(web) >= 5[parsecs]: a duration has no unit called `parsecs` (units are ns, us, ms, s, m, h, d)
p99(web) >= [-5ms]: a quantity cannot be negative
p99(web) >= [baseline]: `baseline` stands after a percentage (write `100% of baseline`)
p99(web) >= 95% of[]: expected `baseline`, found the end (write `95% of baseline`)
p99(web) >= 95% of [normal]: expected `baseline`, found `normal` (write `95% of baseline`)
p99(web) >= [2s] of baseline: expected a percentage before `of`, found `2s` (write `95% of baseline`)
p99(web) > 1s [and p50(web) < 1s]: expected nothing after `p99(web) > 1s`, found `and p50(web) < 1s` (write two expectations)
1s < p99(web) [< 2s]: expected nothing after `1s < p99(web)`, found `< 2s` (compare two values only)
[max(5ms]): `max` is of a metric over the windows (write it like `max(p99(web.home))`)
[max(app ->] db): `max` is of a metric over the windows (write it like `max(p99(web.home))`)
max([)]: expected a metric or a quantity, found `)` (write it like `p99(web.home)` or `250ms`)
share(response(web)[)]: expected a comparison, found `)` (write it like `response(web) > 1s`)
share(web[)]: expected a comparison, found `)` (write it like `response(web) > 1s`)
time until p99(web)[]: expected a comparison, found the end (write it like `response(web) > 1s`)
time until[]: expected a metric or a quantity, found the end (write it like `p99(web.home)` or `250ms`)
time until p99(a) < 1s after[]: expected an instant, found the end (write a duration, or `fault.NAME.start`, `fault.NAME.end`, `change.NAME.start`)
time until p99(a) < 1s after [noon]: expected an instant, found `noon` (write a duration, or `fault.NAME.start`, `fault.NAME.end`, `change.NAME.start`)
p99(web.home[.]x) > 1s: an address has one `.`, between a name and an endpoint
p99([2web]) > 1s: expected a name, `#tag` or `*`, found `2web` (a name begins with a letter; letters, digits, `_` and `-` follow)
p99(a[,] b): expected `)`, found `,`
p99 [web > 1s]: expected nothing after `p99`, found `web > 1s`
2 / p99(x) => value of ["p99(x)"]
p99(a) +[]: expected a metric or a quantity, found the end (write it like `p99(web.home)` or `250ms`)
[*] 3: expected a metric or a quantity, found `*` (write it like `p99(web.home)` or `250ms`)
p99(a) > [nan]: a quantity is a finite number, not `nan`
[é]: expected a metric or a quantity, found `é` (write it like `p99(web.home)` or `250ms`)
p99(a [b]): expected `)`, found `b`
goodput(a) > 5 [5]: expected nothing after `goodput(a) > 5`, found `5`
"#);
        insta::assert_snapshot!(shown("p99(web) ", condition("p99(web) ").unwrap_err()), @r#"
p99(web)[] : `p99(web)` is compared with nothing (add a bound, such as `>= 99%` or `< 500ms`)
"#);
        assert!(measure(&"(".repeat(100_000)).is_err());
        assert!(measure(&"a+".repeat(100_000)).is_err());
        assert!(measure(&"time until ".repeat(10_000)).is_err());
    }

    #[test]
    fn operators_bind_as_in_arithmetic() {
        let Ok(Measure::Value(Expr::Binary { operator, left, right })) = measure("1 + 2 * 3") else {
            panic!("a sum")
        };
        assert_eq!(
            (operator.it, left.to_string().as_str(), right.to_string().as_str()),
            (Operator::Add, "1", "2 * 3")
        );
        let Ok(Measure::Value(Expr::Binary { operator, left, right })) = measure("1 - 2 - 3") else {
            panic!("a sum")
        };
        assert_eq!(
            (operator.it, left.to_string().as_str(), right.to_string().as_str()),
            (Operator::Subtract, "1 - 2", "3")
        );
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "\\PC*", words in prop::collection::vec(prop::sample::select(vec![
            "p99", "max", "share", "time", "until", "after", "fault.x.end", "(", "(", ")", ")", "web.home", "app -> db", " ", " ", ">=", "<", "=", "+", "-", "*", "/", "95%", "of",
            "baseline", "5ms", "3", "x2", "1 EUR", "é", ".", "..",
        ]), 0..20)) {
            check_places(&text, measure(&text));
            let text = words.concat();
            check_places(&text, measure(&text));
            check_places(&text, condition(&text));
        }

        #[test]
        fn what_is_printed_reads_back(words in prop::collection::vec(prop::sample::select(vec![
            "p99(a)", "max(p50(b -> c))", "5ms", "3", "(1 + p9(x))", "share(response(w) > 1s)", "time until p9(a) < 1s after fault.x.end",
        ]), 1..6), signs in prop::collection::vec(prop::sample::select(vec![" + ", " - ", " * ", " / ", " < "]), 6)) {
            let text: String = words.iter().zip(&signs).flat_map(|(word, sign)| [*word, *sign]).collect();
            let text = text.trim_end_matches(|it| " +-*/<".contains(it));
            if let Ok(first) = measure(text) {
                let again = measure(&first.to_string()).map(|it| it.to_string());
                prop_assert_eq!(again, Ok(first.to_string()));
            }
        }
    }
}
