//! Values written as texts in a small language.

use brownout_sim_core::quantity::Factor;
use brownout_sim_core::time::Span;

use super::{Read, wrong_type};
use crate::document::{Node, Place, Value};
use crate::fields::cx::Cx;
use crate::fields::shape::Shape;
use crate::syntax::address::{Address, EdgeAddress, Target};
use crate::syntax::backoff::Backoff;
use crate::syntax::dist::{DistSpec, KeySpec};
use crate::syntax::expr::{Condition, Measure};
use crate::syntax::goal::Goal;
use crate::syntax::instant::{During, Instant, Within};
use crate::syntax::range::Range;
use crate::syntax::rule::Rule;
use crate::syntax::units::{Bandwidth, Bytes, Price, Rate, Ratio, Zero};
use crate::syntax::{Errors, SyntaxError, address, backoff, dist, expr, goal, instant, range, rule, units};

/// A text in a small language.
pub(crate) struct Text<T> {
    noun: &'static str,
    example: &'static str,
    parse: fn(&str) -> Result<T, Errors>,
}

impl<T> Read for Text<T> {
    type Out = T;

    fn shape(&self) -> Shape {
        Shape::Text(self.noun, self.example)
    }

    fn read(&self, cx: &mut Cx<'_>, node: &Node) -> Option<T> {
        match &node.value {
            Value::String(text) => (self.parse)(text)
                .map_err(|errors| cx.out.bad_value(node.at, errors))
                .ok(),
            // `timeout = 500`: the parser knows best what is missing.
            Value::Integer(_, text) | Value::Float(text) => {
                match (self.parse)(text) {
                    Err(errors) => {
                        let plain = Place { inset: 0, ..node.at };
                        cx.out.bad_value(plain, errors.into_iter().map(quoted).collect());
                    }
                    Ok(_) => wrong_type(cx, node, &Read::shape(self)),
                }
                None
            }
            _ => {
                wrong_type(cx, node, &Read::shape(self));
                None
            }
        }
    }
}

/// The same mistake, its cure with the quotes that TOML wants.
fn quoted(error: SyntaxError) -> SyntaxError {
    let Some(help) = error
        .help
        .as_ref()
        .filter(|it| it.starts_with("write") || it.starts_with("did"))
    else {
        return error;
    };
    let parts = help.split('`').enumerate().map(|(at, part)| {
        if at % 2 == 1 {
            format!("`\"{part}\"`")
        } else {
            part.to_owned()
        }
    });
    let help = parts.collect();
    SyntaxError {
        help: Some(help),
        ..error
    }
}

pub(super) const fn reader<T>(
    noun: &'static str,
    example: &'static str,
    parse: fn(&str) -> Result<T, Errors>,
) -> Text<T> {
    Text { noun, example, parse }
}

/// A length of time above zero.
pub(crate) fn duration() -> Text<Span> {
    reader("a duration", "250ms", |it| Ok(units::duration(it, Zero::Refused)?))
}

/// A length of time.
pub(crate) fn duration_or_zero() -> Text<Span> {
    reader("a duration", "250ms", |it| Ok(units::duration(it, Zero::Allowed)?))
}

/// A rate above zero.
pub(crate) fn rate() -> Text<Rate> {
    reader("a rate", "1200/s", |it| Ok(units::rate(it, Zero::Refused)?))
}

/// A rate.
pub(crate) fn rate_or_zero() -> Text<Rate> {
    reader("a rate", "1200/s", |it| Ok(units::rate(it, Zero::Allowed)?))
}

/// An amount of data.
pub(crate) fn bytes() -> Text<Bytes> {
    reader("a size", "4kB", |it| Ok(units::bytes(it, Zero::Allowed)?))
}

/// A flow of data above zero.
pub(crate) fn bandwidth() -> Text<Bandwidth> {
    reader("a bandwidth", "1Gbit/s", |it| Ok(units::bandwidth(it, Zero::Refused)?))
}

/// A percentage up to 100 %.
pub(crate) fn share() -> Text<Ratio> {
    reader("a percentage", "5%", |it| Ok(units::share(it)?))
}

/// Any percentage.
pub(crate) fn percentage() -> Text<Ratio> {
    reader("a percentage", "5%", |it| Ok(units::percentage(it)?))
}

/// A factor above zero.
pub(crate) fn factor() -> Text<Factor> {
    reader("a factor", "x1.5", |it| Ok(units::factor(it, Zero::Refused)?))
}

/// A factor.
pub(crate) fn factor_or_zero() -> Text<Factor> {
    reader("a factor", "x1.5", |it| Ok(units::factor(it, Zero::Allowed)?))
}

/// A price.
pub(crate) fn price() -> Text<Price> {
    reader("a price", "0.02 EUR/call", |it| Ok(units::price(it)?))
}

/// A distribution of time.
pub(crate) fn dist() -> Text<DistSpec> {
    reader("a distribution", "lognormal(median=4ms, p99=25ms)", dist::parse)
}

/// A distribution of time that is not constantly zero.
pub(crate) fn dist_above_zero() -> Text<DistSpec> {
    reader("a distribution", "exponential(mean=30s)", |text| {
        match dist::parse(text)? {
            DistSpec::Constant(Span::ZERO) => {
                Err(SyntaxError::new(0..text.len(), "a duration of zero makes no sense here").into())
            }
            it => Ok(it),
        }
    })
}

/// A distribution of keys.
pub(crate) fn keys() -> Text<KeySpec> {
    reader("a distribution of keys", "zipf(10000, 0.9)", dist::keys)
}

/// An instant.
pub(crate) fn instant() -> Text<Instant> {
    reader("an instant", "fault.db-slow.end + 30s", |it| Ok(instant::instant(it)?))
}

/// A stretch of time between two instants.
pub(crate) fn during() -> Text<During> {
    reader("a stretch of time", "2m .. fault.db-slow.start", |it| {
        Ok(instant::during(it)?)
    })
}

/// A time limit from some instant.
pub(crate) fn within() -> Text<Within> {
    reader("a time limit", "2m after fault.db-slow.end", |it| {
        Ok(instant::within(it)?)
    })
}

/// An edge.
pub(crate) fn edge() -> Text<EdgeAddress> {
    reader("an edge", "app -> db", |it| Ok(address::edge(it)?))
}

/// Components or an edge.
pub(crate) fn target() -> Text<Target> {
    reader("an address", "db", |it| Ok(address::target(it)?))
}

/// One component or an endpoint of it.
pub(crate) fn callee() -> Text<Address> {
    reader("an address", "web.home", |text| {
        let it = address::address(text)?;
        if it.plain().is_none() {
            let error = SyntaxError::new(it.at.clone(), format!("a call goes to one component, not to `{it}`"));
            return Err(error.help("write `name` or `name.endpoint`").into());
        }
        Ok(it)
    })
}

/// A back-off.
pub(crate) fn backoff() -> Text<Backoff> {
    reader("a back-off", "exponential(50ms, factor=2, cap=2s)", backoff::parse)
}

/// A comparison.
pub(crate) fn condition() -> Text<Condition> {
    reader("a statement", "success_ratio(web.home) >= 99.9%", |it| {
        Ok(expr::condition(it)?)
    })
}

/// A measure.
pub(crate) fn measure() -> Text<Measure> {
    reader("an expression", "p99(web.home)", |it| Ok(expr::measure(it)?))
}

/// A range of an axis.
pub(crate) fn range() -> Text<Range> {
    reader("a range", "log(50ms .. 5s, 9)", |it| Ok(range::range(it)?))
}

/// A constraint.
pub(crate) fn rule() -> Text<Rule> {
    reader("a constraint", "axis.timeout <= 2s", |it| Ok(rule::rule(it)?))
}

/// Until when a point is repeated.
pub(crate) fn goal() -> Text<Goal> {
    reader("a goal", "halfwidth(recovery_time) < 5%", |it| Ok(goal::goal(it)?))
}

/// A dotted path.
pub(crate) fn path() -> Text<String> {
    reader("a path", "service.db.replicas", |it| {
        crate::document::path::keys(it)?;
        Ok(it.to_owned())
    })
}

/// Any text but an empty one.
pub(crate) fn text() -> Text<String> {
    reader("a text", "in a few words", |it| match it.trim() {
        "" => Err(SyntaxError::new(0..it.len(), "the text is empty").into()),
        it => Ok(it.to_owned()),
    })
}

/// The name of a scenario.
pub(crate) fn scenario() -> Text<String> {
    reader("the name of a scenario", "retry-storm.toml", |it| match it.trim() {
        "" => Err(SyntaxError::new(0..it.len(), "the name of a scenario is empty").into()),
        it => Ok(it.to_owned()),
    })
}

/// The name of a file.
pub(crate) fn file() -> Text<String> {
    reader("the name of a file", "friday.csv", |it| match it.trim() {
        "" => Err(SyntaxError::new(0..it.len(), "the name of a file is empty").into()),
        it => Ok(it.to_owned()),
    })
}

/// A name; `noun` says whose, with its article.
pub(crate) fn name_of(noun: &'static str) -> Text<String> {
    let noun = match noun {
        "a zone" => "the name of a zone",
        "a region" => "the name of a region",
        "a class" => "the name of a class",
        "a tag" => "a tag",
        "a variant" => "the name of a variant",
        _ => "a name",
    };
    reader(noun, "name", |it| {
        address::name(it)?;
        Ok(it.to_owned())
    })
}
