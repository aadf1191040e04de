//! Money and prices.

use core::fmt;

use brownout_sim_core::quantity::Nanomoney;
use brownout_sim_core::time::Span;

use crate::syntax::number::{Kind, decimal, scan};
use crate::syntax::{SyntaxError, trimmed};

/// An amount of money in one currency.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Money {
    /// Billionths of the currency.
    pub nano: u64,
    /// Its code: three capital letters, such as `EUR`.
    pub currency: String,
}

impl Money {
    /// The amount without its currency.
    pub fn amount(&self) -> Nanomoney {
        Nanomoney(self.nano)
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", decimal(self.nano, 9), self.currency)
    }
}

/// What a price is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Per {
    /// One call.
    Call,
    /// A second.
    Second,
    /// A minute.
    Minute,
    /// An hour.
    Hour,
    /// A day.
    Day,
    /// A month of 730 hours, a twelfth of 365 days.
    Month,
    /// 10^9 bytes.
    Gigabyte,
}

impl Per {
    pub(super) const NAMES: [(&'static str, Per); 7] = [
        ("call", Per::Call),
        ("s", Per::Second),
        ("min", Per::Minute),
        ("h", Per::Hour),
        ("d", Per::Day),
        ("month", Per::Month),
        ("GB", Per::Gigabyte),
    ];

    /// How a price names it.
    pub fn name(self) -> &'static str {
        Per::NAMES
            .iter()
            .find(|it| it.1 == self)
            .expect("every one is listed")
            .0
    }

    /// The stretch of time, if the price is for time.
    pub fn span(self) -> Option<Span> {
        let seconds = match self {
            Per::Call | Per::Gigabyte => return None,
            Per::Second => 1,
            Per::Minute => 60,
            Per::Hour => 3_600,
            Per::Day => 86_400,
            Per::Month => 730 * 3_600,
        };
        Some(Span::from_secs(seconds))
    }
}

/// What something costs.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Price {
    /// How much.
    pub amount: Money,
    /// For what.
    pub per: Per,
}

impl fmt::Display for Price {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.amount, self.per.name())
    }
}

pub(super) const MONEY: Kind = Kind {
    noun: "a price",
    example: "0.02 EUR/call",
    compound: "0.02 EUR/call",
    step: "0.000000001 of the currency",
    units: &[("", 1_000_000_000)],
    aliases: &[],
    propose: &[],
};

/// Reads `0.02 EUR`; also returns where it ends.
fn money_prefix(text: &str) -> Result<(Money, usize), SyntaxError> {
    if text.starts_with(['$', '€', '£', '¥']) {
        let error = SyntaxError::new(0..text.len(), "money is a number and the code of its currency");
        return Err(error.help(format!("write it like `{}`", MONEY.example)));
    }
    let (number, end) = scan(text, MONEY.noun, MONEY.example)?;
    let rest = text[end..].trim_start();
    let from = text.len() - rest.len();
    let code = rest.find(|it: char| !it.is_alphabetic()).map_or(rest, |it| &rest[..it]);
    if code.len() != 3 || !code.bytes().all(|it| it.is_ascii_uppercase()) {
        let at = if code.is_empty() {
            0..text.len()
        } else {
            from..from + code.len()
        };
        let error = SyntaxError::new(at, "expected the code of a currency after the number");
        return Err(error.help(format!("write it like `{}`", MONEY.example)));
    }
    let nano = MONEY.steps(text, 0..end, number, 1_000_000_000)?;
    Ok((
        Money {
            nano,
            currency: code.to_owned(),
        },
        from + code.len(),
    ))
}

/// An amount of money: `12 EUR`; at most nine digits after the point.
pub fn money(text: &str) -> Result<Money, SyntaxError> {
    let (inner, from) = trimmed(text);
    let (money, end) = money_prefix(inner).map_err(|it| it.shifted(from))?;
    if end < inner.len() {
        let message = format!("expected nothing after `{money}`");
        return Err(SyntaxError::new(from + end..from + inner.len(), message));
    }
    Ok(money)
}

/// What something costs: `0.02 EUR/call`, also for `/s /min /h /d /month /GB`; at most nine digits after the point.
pub fn price(text: &str) -> Result<Price, SyntaxError> {
    let (inner, from) = trimmed(text);
    let (amount, end) = money_prefix(inner).map_err(|it| it.shifted(from))?;
    let rest = inner[end..].trim_start();
    let names = || Per::NAMES.iter().map(|it| it.0);
    let Some(per) = rest.strip_prefix('/') else {
        let error = SyntaxError::new(from..from + inner.len(), format!("`{inner}` does not say for what"));
        return Err(error.help(format!(
            "write `{amount}/call`, or one of /{}",
            names().skip(1).collect::<Vec<_>>().join(" /")
        )));
    };
    let per = per.trim();
    if let Some(found) = Per::NAMES.iter().find(|it| it.0 == per) {
        return Ok(Price { amount, per: found.1 });
    }
    let alias = match per.to_lowercase().as_str() {
        "request" | "req" | "calls" => Some("call"),
        "hour" | "hr" => Some("h"),
        "minute" | "m" => Some("min"),
        "day" => Some("d"),
        "second" | "sec" => Some("s"),
        "mo" | "mon" => Some("month"),
        "gb" | "gib" => Some("GB"),
        _ => crate::syntax::nearest(per, names()),
    };
    let error = SyntaxError::new(from + end..from + inner.len(), format!("a price cannot be for `{per}`"));
    Err(match alias {
        Some(right) => error.help(format!("did you mean `{amount}/{right}`?")),
        None => error.help(format!("it is for one of {}", names().collect::<Vec<_>>().join(", "))),
    })
}
