//! From text to trees.

use core::ops::Range;

use super::{Bound, Comparison, Condition, Expr, Extreme, Measure, Metric, Operator};
use crate::syntax::address::read_target;
use crate::syntax::cursor::{Cursor, is_name};
use crate::syntax::instant::read_instant;
use crate::syntax::units::Quantity;
use crate::syntax::{Placed, SyntaxError};

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

pub(crate) fn comparison(cursor: &mut Cursor<'_>) -> Result<Option<Placed<Comparison>>, SyntaxError> {
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

pub(super) fn bound(cursor: &mut Cursor<'_>, depth: usize) -> Result<Bound, SyntaxError> {
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

pub(super) fn product(cursor: &mut Cursor<'_>, depth: usize) -> Result<Expr, SyntaxError> {
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
    if cursor.at_word("time") && rest["time".len()..].trim_start().starts_with("while") {
        cursor.eat_word("time");
        if cursor.eat_word("while").is_none() {
            return Err(cursor.expected("`while`"));
        }
        let condition = Box::new(full_condition(cursor, depth + 1)?);
        return Ok(Expr::TimeWhile {
            condition,
            at: start..cursor.pos(),
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
        "never" if open => {
            cursor.take(1);
            let of = Box::new(sum(cursor, depth + 1)?);
            closing(cursor)?;
            Ok(Expr::Never {
                of,
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
