//! Decimal numbers as written: digits and a point, never a float.

use super::{SyntaxError, nearest, trimmed};
use core::fmt;
use core::ops::Range;

/// A number from decimal text, not negative and exact: `mantissa` / 10^`decimals`, without trailing zeros after the point.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Decimal {
    mantissa: u128,
    decimals: u32,
}

/// How many digits after the point are read at most; no unit is finer.
const DECIMALS_MAX: u32 = 30;

impl Decimal {
    /// A whole number.
    pub const fn whole(value: u64) -> Decimal {
        Decimal {
            mantissa: value as u128,
            decimals: 0,
        }
    }

    /// `mantissa` / 10^`decimals`.
    pub(crate) fn of(mantissa: u128, decimals: u32) -> Decimal {
        normal(mantissa, decimals)
    }

    /// How many steps of 10^-`decimals` it is, if it is a whole number of them and fits.
    pub(crate) fn in_steps(self, decimals: u32) -> Option<u128> {
        let more = decimals.checked_sub(self.decimals)?;
        self.mantissa.checked_mul(10_u128.checked_pow(more)?)
    }

    /// Whether it is zero.
    pub const fn is_zero(self) -> bool {
        self.mantissa == 0
    }

    /// The whole number it is, if it is one and fits.
    pub fn as_whole(self) -> Option<u64> {
        if self.decimals == 0 {
            u64::try_from(self.mantissa).ok()
        } else {
            None
        }
    }

    /// The nearest float: for parameters that are real numbers, such as a shape.
    pub fn as_f64(self) -> f64 {
        self.to_string().parse().expect("decimal digits are a float")
    }

    /// How it compares with a whole number.
    pub fn cmp_whole(self, other: u64) -> core::cmp::Ordering {
        let unit = 10_u128.pow(self.decimals);
        match (self.mantissa / unit).cmp(&u128::from(other)) {
            core::cmp::Ordering::Equal if !self.mantissa.is_multiple_of(unit) => core::cmp::Ordering::Greater,
            order => order,
        }
    }

    /// `self * scale`, if that is a whole number.
    fn times(self, scale: u64) -> Result<u64, Inexact> {
        let unit = 10_u128.pow(self.decimals);
        // Whole and fraction apart, so that a long fraction is no overflow.
        let whole = (self.mantissa / unit)
            .checked_mul(u128::from(scale))
            .ok_or(Inexact::TooLarge)?;
        let part = reduced_product(self.mantissa % unit, scale, unit).ok_or(Inexact::TooFine)?;
        u64::try_from(whole.saturating_add(part)).map_err(|_| Inexact::TooLarge)
    }
}

/// `part * scale / unit` if it is whole; `part < unit`, a power of ten.
fn reduced_product(part: u128, scale: u64, unit: u128) -> Option<u128> {
    let (mut part, mut scale, mut unit) = (part, u128::from(scale), unit);
    if part == 0 {
        return Some(0);
    }
    for prime in [2, 5] {
        while unit.is_multiple_of(prime) && scale.is_multiple_of(prime) {
            (scale, unit) = (scale / prime, unit / prime);
        }
        while unit.is_multiple_of(prime) && part.is_multiple_of(prime) {
            (part, unit) = (part / prime, unit / prime);
        }
    }
    if unit == 1 { part.checked_mul(scale) } else { None }
}

/// Why a decimal is no whole number of some small unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Inexact {
    TooLarge,
    TooFine,
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.decimals == 0 {
            return write!(f, "{}", self.mantissa);
        }
        let unit = 10_u128.pow(self.decimals);
        write!(
            f,
            "{}.{:0width$}",
            self.mantissa / unit,
            self.mantissa % unit,
            width = self.decimals as usize
        )
    }
}

/// `value` / 10^`decimals`, as a scenario would write it.
pub(crate) fn decimal(value: u64, decimals: u32) -> Decimal {
    normal(u128::from(value), decimals)
}

/// Drops trailing zeros after the point.
fn normal(mut mantissa: u128, mut decimals: u32) -> Decimal {
    while decimals > 0 && mantissa.is_multiple_of(10) {
        (mantissa, decimals) = (mantissa / 10, decimals - 1);
    }
    Decimal { mantissa, decimals }
}

/// One kind of quantity: how its units are called and how large they are.
pub(crate) struct Kind {
    /// With its article: "a duration".
    pub noun: &'static str,
    /// A right one, for messages.
    pub example: &'static str,
    /// A right one of several parts, for messages.
    pub compound: &'static str,
    /// What the smallest step is called: "1 ns".
    pub step: &'static str,
    /// Units and how many steps each is; in rising order.
    pub units: &'static [(&'static str, u64)],
    /// Other names people write, lower case, with the right one.
    pub aliases: &'static [(&'static str, &'static str)],
    /// The units to propose where one is missing.
    pub propose: &'static [&'static str],
}

impl Kind {
    /// How many steps a unit is.
    pub fn unit(&self, unit: &str) -> Option<u64> {
        self.units.iter().find(|it| it.0 == unit).map(|it| it.1)
    }

    /// The right name for a wrong unit.
    pub fn nearest(&self, unit: &str) -> Option<&'static str> {
        let lower = unit.to_lowercase();
        let alias = self.aliases.iter().find(|it| it.0 == lower).map(|it| it.1);
        let same = || self.units.iter().find(|it| it.0.to_lowercase() == lower).map(|it| it.0);
        alias
            .or_else(same)
            // Of a single letter every other one is near.
            .or_else(|| nearest(unit, self.units.iter().map(|it| it.0)).filter(|_| unit.chars().count() > 1))
    }

    /// One whole quantity, in steps.
    pub fn parse(&self, text: &str) -> Result<u64, SyntaxError> {
        let (inner, from) = trimmed(text);
        let (number, unit_at) = scan(inner, self.noun, self.example).map_err(|it| it.shifted(from))?;
        let size = self
            .size(inner, unit_at..inner.len(), number)
            .map_err(|it| it.shifted(from))?;
        self.steps(inner, 0..inner.len(), number, size)
            .map_err(|it| it.shifted(from))
    }

    /// How many steps the unit at `at` is.
    pub fn size(&self, text: &str, at: Range<usize>, number: Decimal) -> Result<u64, SyntaxError> {
        let unit = &text[at.clone()];
        if let Some(size) = self.unit(unit) {
            return Ok(size);
        }
        if unit.is_empty() {
            let cure: Vec<String> = self.propose.iter().map(|it| format!("`{number}{it}`")).collect();
            let error = SyntaxError::new(0..at.end, format!("`{number}` has no unit"));
            return Err(error.help(format!("write {}", cure.join(" or "))));
        }
        if let Some(size) = unit.strip_prefix(char::is_whitespace).map(str::trim_start)
            && self.unit(size).is_some()
        {
            let error = SyntaxError::new(at, "a number and its unit stand together");
            return Err(error.help(format!("write `{number}{size}`")));
        }
        if unit.starts_with(['_', ',', '\'']) {
            let error = SyntaxError::new(at, "numbers have no separators");
            return Err(error.help("write the digits together, with a point before decimals"));
        }
        if let Some(size) = unit.strip_suffix(char::is_whitespace).map(str::trim_end)
            && self.unit(size).is_some()
        {
            let error = SyntaxError::new(
                at.start + size.len()..at.end,
                format!("the parts of {} stand together", self.noun),
            );
            return Err(error.help(format!("write it like `{}`", self.compound)));
        }
        let joined: String = unit.split_whitespace().collect();
        if self.unit(&joined).is_some() {
            let error = SyntaxError::new(at, "a number and its unit stand together");
            return Err(error.help(format!("write `{number}{joined}`")));
        }
        let unit = unit.trim();
        let error = SyntaxError::new(at, format!("{} has no unit called `{unit}`", self.noun));
        Err(match self.nearest(unit) {
            Some(right) => error.help(format!("did you mean `{number}{right}`?")),
            None => {
                let all: Vec<&str> = self.units.iter().map(|it| it.0).collect();
                error.help(format!("units are {}", all.join(", ")))
            }
        })
    }

    /// `number` units of `size` steps each.
    pub fn steps(&self, text: &str, at: Range<usize>, number: Decimal, size: u64) -> Result<u64, SyntaxError> {
        number.times(size).map_err(|why| match why {
            Inexact::TooLarge => {
                SyntaxError::new(at.clone(), format!("`{}` is too large for {}", &text[at], self.noun))
            }
            Inexact::TooFine => SyntaxError::new(at.clone(), format!("`{}` is too fine for {}", &text[at], self.noun))
                .help(format!("the smallest step is {}", self.step)),
        })
    }
}

/// Reads the number that `text` begins with; also returns where it ends. `noun` is what is expected, with its article.
pub(crate) fn scan(text: &str, noun: &str, example: &str) -> Result<(Decimal, usize), SyntaxError> {
    let expected = |found: &str| {
        let error = SyntaxError::new(0..text.len(), format!("expected {noun}, found {found}"));
        error.help(format!("write it like `{example}`"))
    };
    if text.is_empty() {
        return Err(expected("nothing"));
    }
    let unsigned = text.trim_start_matches(['-', '+', '−']);
    let lower = unsigned.to_ascii_lowercase();
    if ["nan", "inf"].into_iter().any(|it| lower.starts_with(it)) {
        return Err(SyntaxError::new(
            0..text.len(),
            format!("{noun} is a finite number, not `{text}`"),
        ));
    }
    let numeric = unsigned.starts_with(|it: char| it.is_ascii_digit());
    if numeric && text.starts_with(['-', '−']) {
        return Err(SyntaxError::new(0..text.len(), format!("{noun} cannot be negative")));
    }
    if numeric && unsigned.len() < text.len() {
        return Err(SyntaxError::new(
            0..text.len() - unsigned.len(),
            format!("{noun} has no sign"),
        ));
    }
    if let Some(rest) = text.strip_prefix('.')
        && rest.starts_with(|it: char| it.is_ascii_digit())
    {
        let error = SyntaxError::new(0..1, "a number begins with a digit");
        return Err(error.help(format!("write `0{text}`")));
    }
    let digits = |from: usize| text[from..].bytes().take_while(u8::is_ascii_digit).count();
    let whole = digits(0);
    if whole == 0 {
        return Err(expected(&format!("`{text}`")));
    }
    let mut end = whole;
    let mut fraction = "";
    if text[end..].starts_with('.') {
        let length = digits(end + 1);
        if length == 0 {
            return Err(SyntaxError::new(end..end + 1, "expected digits after the point"));
        }
        fraction = text[end + 1..end + 1 + length].trim_end_matches('0');
        end += 1 + length;
    }
    let rest = &text[end..];
    if rest.starts_with(['e', 'E']) && rest[1..].starts_with(|it: char| it.is_ascii_digit() || it == '-' || it == '+') {
        let error = SyntaxError::new(end..text.len(), "numbers have no exponent");
        return Err(error.help("write all digits"));
    }
    if fraction.len() > DECIMALS_MAX as usize {
        let message = format!("more than {DECIMALS_MAX} digits after the point");
        return Err(SyntaxError::new(0..end, message));
    }
    let mut mantissa: u128 = 0;
    for digit in text[..whole].bytes().chain(fraction.bytes()) {
        let next = mantissa
            .checked_mul(10)
            .and_then(|it| it.checked_add(u128::from(digit - b'0')));
        mantissa = next.ok_or_else(|| SyntaxError::new(0..end, format!("`{}` has too many digits", &text[..end])))?;
    }
    Ok((normal(mantissa, fraction.len() as u32), end))
}

/// A plain number, such as a shape or a factor of growth: no unit.
pub fn number(text: &str) -> Result<Decimal, SyntaxError> {
    let (inner, from) = trimmed(text);
    let (number, end) = scan(inner, "a number", "1.5").map_err(|it| it.shifted(from))?;
    if end < inner.len() {
        let error = SyntaxError::new(
            from + end..from + inner.len(),
            format!("expected a plain number, found `{inner}`"),
        );
        return Err(error.help(format!("write `{number}`")));
    }
    Ok(number)
}

/// A whole number without a unit: how many.
pub fn count(text: &str) -> Result<u64, SyntaxError> {
    let (inner, from) = trimmed(text);
    let value = number(text)?;
    let at = from..from + inner.len();
    value.as_whole().ok_or_else(|| match value.decimals {
        0 => SyntaxError::new(at, format!("`{inner}` is too large")),
        _ => SyntaxError::new(at, format!("expected a whole number, found `{inner}`")),
    })
}
