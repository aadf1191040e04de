//! Numbers, counts and limits.

use super::{Read, wrong_type};
use crate::document::{Node, Place, Value};
use crate::fields::cx::Cx;
use crate::fields::shape::Shape;
use crate::spec::Limit;
use crate::syntax::number::Decimal;
use crate::syntax::units::Quantity;
use crate::syntax::{SyntaxError, number, units};

/// A quantity of any kind; a plain number needs no quotes.
pub(crate) fn quantity() -> Numeric<Quantity> {
    Numeric {
        noun: "a quantity",
        parse: units::quantity,
    }
}

/// A number from 1 to `most`.
pub(crate) fn number_from_1(most: u64) -> Between {
    Between {
        noun: "a number of at least 1",
        low: |it| it.cmp_whole(1).is_lt().then_some("the number is at least 1"),
        most,
    }
}

/// A number from zero to `most`.
pub(crate) fn number_or_zero(most: u64) -> Between {
    Between {
        noun: "a number",
        low: |_| None,
        most,
    }
}

/// A number above zero and up to `most`.
pub(crate) fn number_above_zero(most: u64) -> Between {
    Between {
        noun: "a number above zero",
        low: |it| it.is_zero().then_some("the number is above zero"),
        most,
    }
}

/// A number in a range.
pub(crate) struct Between {
    noun: &'static str,
    /// Why a number is too small, if it is.
    low: fn(Decimal) -> Option<&'static str>,
    most: u64,
}

impl Read for Between {
    type Out = Decimal;

    fn shape(&self) -> Shape {
        Shape::Number(self.noun)
    }

    fn read(&self, cx: &mut Cx<'_>, node: &Node) -> Option<Decimal> {
        let number = Numeric {
            noun: self.noun,
            parse: number::number,
        }
        .read(cx, node)?;
        let wrong = match (self.low)(number) {
            Some(it) => it.to_owned(),
            None if number.cmp_whole(self.most).is_gt() => format!("the number is at most {}", self.most),
            None => return Some(number),
        };
        cx.out
            .bad_value(Place { inset: 0, ..node.at }, vec![SyntaxError::new(0..0, wrong)]);
        None
    }
}

/// A number or a text that both go through a parser.
pub(crate) struct Numeric<T> {
    noun: &'static str,
    parse: fn(&str) -> Result<T, SyntaxError>,
}

impl<T> Read for Numeric<T> {
    type Out = T;

    fn shape(&self) -> Shape {
        Shape::Number(self.noun)
    }

    fn read(&self, cx: &mut Cx<'_>, node: &Node) -> Option<T> {
        let (Value::String(text) | Value::Integer(_, text) | Value::Float(text)) = &node.value else {
            wrong_type(cx, node, &Read::shape(self));
            return None;
        };
        (self.parse)(text)
            .map_err(|error| cx.out.bad_value(node.at, vec![error]))
            .ok()
    }
}

/// A whole number in a range.
pub(crate) struct Whole {
    least: u64,
    most: u64,
}

/// A whole number.
pub(crate) fn whole(least: u64, most: u64) -> Whole {
    Whole { least, most }
}

impl Read for Whole {
    type Out = u64;

    fn shape(&self) -> Shape {
        Shape::Whole(self.least, self.most)
    }

    fn read(&self, cx: &mut Cx<'_>, node: &Node) -> Option<u64> {
        let Value::Integer(number, text) = &node.value else {
            wrong_type(cx, node, &Read::shape(self));
            return None;
        };
        let fits = number
            .and_then(|it| u64::try_from(it).ok())
            .filter(|it| (self.least..=self.most).contains(it));
        if fits.is_none() {
            cx.out.out_of_range(node.at, text, self.least, self.most);
        }
        fits
    }
}

/// A count.
pub(crate) struct Count(Whole);

/// A count; `most` fits 32 bits.
pub(crate) fn count(least: u64, most: u64) -> Count {
    Count(whole(least, most))
}

impl Read for Count {
    type Out = u32;

    fn shape(&self) -> Shape {
        Read::shape(&self.0)
    }

    fn read(&self, cx: &mut Cx<'_>, node: &Node) -> Option<u32> {
        self.0
            .read(cx, node)
            .map(|it| u32::try_from(it).expect("a count's range fits"))
    }
}

/// A count or `"unlimited"`.
pub(crate) struct LimitRead(Count);

/// A count or `"unlimited"`, at least `least`.
pub(crate) fn limit(least: u64) -> LimitRead {
    LimitRead(count(least, u64::from(u32::MAX) - 1))
}

impl Read for LimitRead {
    type Out = Limit;

    fn shape(&self) -> Shape {
        Shape::Either(vec![Read::shape(&self.0), Shape::Words(vec!["unlimited"])])
    }

    fn read(&self, cx: &mut Cx<'_>, node: &Node) -> Option<Limit> {
        match &node.value {
            Value::String(it) if it == "unlimited" => Some(Limit::Unlimited),
            Value::String(it) if !it.bytes().all(|it| it.is_ascii_digit()) || it.is_empty() => {
                wrong_type(cx, node, &Read::shape(self));
                None
            }
            _ => self.0.read(cx, node).map(Limit::Count),
        }
    }
}
