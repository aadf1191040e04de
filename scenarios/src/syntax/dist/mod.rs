//! Distributions: `5ms`, `exponential(mean=10ms)`, `lognormal(median=4ms, p99=25ms)`, `mix(90% 5ms, 10% ...)`.

mod families;
mod params;

use brownout_sim_core::time::Span;

use super::call::{Arg, Bound, Call, Value};
use super::number::Decimal;
use super::units::{Ratio, Zero, duration, share};
use super::{Errors, Placed, SyntaxError, call, either, nearest};
use families::{FAMILIES, Family};
use params::{Params, key_dist};

/// A quantile's level in millionths: 990000 for the 99th percentile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Level(pub u32);

impl Level {
    /// The median.
    pub const MEDIAN: Level = Level(500_000);

    /// `p50`, `p99`, `p999`: the digits after a decimal point, two to six of them, not all zero.
    pub fn parse(text: &str) -> Option<Level> {
        let digits = text.strip_prefix('p')?;
        if !(2..=6).contains(&digits.len()) || !digits.bytes().all(|it| it.is_ascii_digit()) {
            return None;
        }
        let millionths = digits.parse::<u32>().ok()? * 10_u32.pow(6 - digits.len() as u32);
        (millionths > 0).then_some(Level(millionths))
    }

    /// The level as a fraction in `0..1`.
    pub fn as_f64(self) -> f64 {
        f64::from(self.0) / 1e6
    }
}

/// A distribution of time, its parameters as people gave them. Every length is at least what its comment says, every
/// number is positive; that a solution exists is checked here where whole numbers can decide it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DistSpec {
    /// Always the same; may be zero.
    Constant(Span),
    /// Memoryless.
    Exponential {
        /// Above zero.
        mean: Span,
    },
    /// Every value between two is as likely.
    Uniform {
        /// The smallest; may be zero.
        min: Span,
        /// The largest; above `min`.
        max: Span,
    },
    /// The logarithm is normal.
    Lognormal {
        /// Where it lies.
        location: Location,
        /// How wide it is.
        spread: Spread,
    },
    /// Gamma.
    Gamma {
        /// Above zero.
        mean: Span,
        /// Standard deviation over mean.
        cv: Decimal,
    },
    /// The sum of `k` equal exponentials.
    Erlang {
        /// Of the sum; above zero.
        mean: Span,
        /// At least 1.
        k: u32,
    },
    /// A mixture of two exponentials with balanced means.
    Hyperexponential {
        /// Above zero.
        mean: Span,
        /// Standard deviation over mean; at least 1.
        cv: Decimal,
    },
    /// A power law from `min`; cut off at `max`, if there is one.
    Pareto {
        /// The smallest; above zero.
        min: Span,
        /// The tail's exponent.
        alpha: Decimal,
        /// The largest, above `min`.
        max: Option<Span>,
    },
    /// Weibull by its own parameters.
    Weibull {
        /// Below 1 heavy, 1 exponential, above 1 light.
        shape: Decimal,
        /// The 63.2 % quantile; above zero.
        scale: Span,
    },
    /// Weibull by mean and coefficient of variation.
    WeibullMeanCv {
        /// Above zero.
        mean: Span,
        /// Standard deviation over mean.
        cv: Decimal,
    },
    /// `min` and an exponential on top.
    ShiftedExp {
        /// The smallest; may be zero.
        min: Span,
        /// Of the whole; above `min`.
        mean: Span,
    },
    /// Normal; what would be negative is the engine's to cut off.
    Normal {
        /// Above zero.
        mean: Span,
        /// Above zero.
        sd: Span,
    },
    /// Measured values in a file.
    Empirical {
        /// As written; relative to the scenario.
        file: Placed<String>,
    },
    /// One of several, by weight; the weights are above zero and sum to 100 %.
    Mix(Vec<(Ratio, DistSpec)>),
}

impl DistSpec {
    /// The files it needs, with their places.
    pub fn files(&self) -> Vec<&Placed<String>> {
        match self {
            DistSpec::Empirical { file } => vec![file],
            DistSpec::Mix(parts) => parts.iter().flat_map(|it| it.1.files()).collect(),
            _ => Vec::new(),
        }
    }

    /// Moves the places within it, when the text turns out to be part of a longer one.
    pub(crate) fn shift(&mut self, by: usize) {
        match self {
            DistSpec::Empirical { file } => file.at = file.at.start + by..file.at.end + by,
            DistSpec::Mix(parts) => parts.iter_mut().for_each(|it| it.1.shift(by)),
            _ => {}
        }
    }
}

/// One of the two parameters of a lognormal. Every length is above zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Location {
    /// The median, which is also the logarithm's mean.
    Median(Span),
    /// The mean.
    Mean(Span),
    /// A quantile; its level is below that of the [`Spread::Quantile`] that goes with it, and so is its value.
    Quantile(Level, Span),
}

/// The other parameter of a lognormal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spread {
    /// Standard deviation over mean.
    Cv(Decimal),
    /// Standard deviation of the logarithm.
    Sigma(Decimal),
    /// A quantile. With a median it lies on the right side of it. With a mean it can be impossible (too far above the
    /// mean for any lognormal), which whoever solves for sigma has to report.
    Quantile(Level, Span),
}

/// How the keys of requests are chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeySpec {
    /// Key i of `1..=n` with a chance proportional to i^-s.
    Zipf {
        /// How many keys; at least 1.
        n: u64,
        /// The exponent; may be zero.
        s: Decimal,
    },
    /// All of `1..=n` alike.
    Uniform {
        /// How many keys; at least 1.
        n: u64,
    },
}

/// Every way to write a distribution of time, one example each: for help texts.
pub fn forms() -> impl Iterator<Item = &'static str> {
    FAMILIES.iter().flat_map(|it| it.forms.iter().copied())
}

/// A distribution of time.
pub fn parse(text: &str) -> Result<DistSpec, Errors> {
    let value = call::parse(text).map_err(|it| match text.trim().is_empty() {
        true => SyntaxError::new(0..text.len(), "expected a distribution, found nothing").help(write_one()),
        false => it,
    })?;
    of_value(&value)
}

/// A distribution of time that is already read as far as its notation.
pub fn of_value(value: &Placed<Value>) -> Result<DistSpec, Errors> {
    let mut errors = Errors::new();
    let spec = dist(value, &mut errors);
    if errors.is_empty() {
        Ok(spec.expect("without an error there is a distribution"))
    } else {
        Err(errors)
    }
}

/// A distribution of keys: `zipf(n, s)` or `uniform(n)`.
pub fn keys(text: &str) -> Result<KeySpec, Errors> {
    let value = call::parse(text)?;
    let mut errors = Errors::new();
    let spec = key_dist(&value, &mut errors);
    if errors.is_empty() {
        Ok(spec.expect("without an error there is a distribution"))
    } else {
        Err(errors)
    }
}

fn write_one() -> String {
    "write a duration, such as `5ms`, or a distribution, such as `exponential(mean=10ms)`".to_owned()
}

fn dist(value: &Placed<Value>, errors: &mut Errors) -> Option<DistSpec> {
    let call = match &value.it {
        Value::Call(call) => call,
        Value::Text(_) => {
            let error = SyntaxError::new(value.at.clone(), "expected a distribution, found a text in quotes");
            errors.push(error.help(write_one()));
            return None;
        }
        Value::Atom(text) => return constant(text, value, errors),
    };
    let family = family(&FAMILIES, &call.name, "distribution", errors)?;
    if family.name == "mix" {
        return mix(call, value, errors);
    }
    let before = errors.len();
    let quantile = |it: &str| family.name == "lognormal" && Level::parse(it).is_some();
    let bound = Bound::new(call, family.positional, quantile, family.keys, errors);
    if errors.len() > before {
        return None;
    }
    Params {
        bound,
        family,
        value,
        errors,
    }
    .build()
}

fn constant(text: &str, value: &Placed<Value>, errors: &mut Errors) -> Option<DistSpec> {
    if let Some(family) = FAMILIES.iter().find(|it| it.name == text) {
        let error = SyntaxError::new(value.at.clone(), format!("`{text}` has no parameters here"));
        errors.push(error.help(format!("write {}", either(family.forms.iter().copied()))));
        return None;
    }
    match duration(text, Zero::Allowed) {
        Ok(it) => Some(DistSpec::Constant(it)),
        Err(error) if text.starts_with(char::is_alphabetic) => {
            let known = nearest(text, FAMILIES.iter().map(|it| it.name));
            let error = SyntaxError {
                message: format!("expected a distribution, found `{text}`"),
                ..error
            };
            let family = FAMILIES.iter().find(|it| Some(it.name) == known);
            let help = family.map_or_else(write_one, |it| format!("did you mean `{}`?", it.forms[0]));
            errors.push(error.help(help).shifted(value.at.start));
            None
        }
        Err(error) => {
            errors.push(error.shifted(value.at.start));
            None
        }
    }
}

fn family<'a>(all: &'a [Family], name: &Placed<String>, what: &str, errors: &mut Errors) -> Option<&'a Family> {
    let found = all.iter().find(|it| it.name == name.it);
    if found.is_none() {
        let error = SyntaxError::new(name.at.clone(), format!("no {what} is called `{}`", name.it));
        let lower = name.it.to_lowercase();
        let alias = match lower.as_str() {
            "exp" | "expo" => Some("exponential"),
            "gauss" | "gaussian" => Some("normal"),
            "const" | "fixed" | "deterministic" => Some("constant"),
            "shifted_exponential" | "shiftedexp" => Some("shifted_exp"),
            "hyperexp" => Some("hyperexponential"),
            "mixture" => Some("mix"),
            "file" | "csv" | "trace" => Some("empirical"),
            _ => nearest(&lower, all.iter().map(|it| it.name)),
        };
        errors.push(match alias.filter(|it| all.iter().any(|known| known.name == *it)) {
            Some(it) => error.help(format!("did you mean `{it}`?")),
            None => error.help(format!(
                "there are {}",
                either(all.iter().map(|it| it.name)).replace(" or ", " and ")
            )),
        });
    }
    found
}

fn mix(call: &Call, value: &Placed<Value>, errors: &mut Errors) -> Option<DistSpec> {
    let before = errors.len();
    let mut parts = Vec::new();
    for arg in &call.args {
        let weight = weight_of(arg, errors);
        let part = dist(&arg.value, errors);
        parts.extend(weight.zip(part));
    }
    if errors.len() > before {
        return None;
    }
    let sum = parts.iter().map(|it| u128::from(it.0.0)).sum::<u128>();
    if sum != u128::from(Ratio::ONE.0) {
        let shown = u64::try_from(sum).map_or("far more".to_owned(), |it| Ratio(it).to_string());
        let error = SyntaxError::new(
            value.at.clone(),
            format!("the weights of this `mix` sum to {shown}, not to 100%"),
        );
        errors.push(if parts.is_empty() {
            error.help("write `mix(90% 5ms, 10% 50ms)`")
        } else {
            error
        });
        return None;
    }
    Some(DistSpec::Mix(parts))
}

fn weight_of(arg: &Arg, errors: &mut Errors) -> Option<Ratio> {
    if let Some(key) = &arg.key {
        errors.push(SyntaxError::new(key.at.clone(), "the parts of `mix` have no names").help("write `90% 5ms`"));
        return None;
    }
    let Some(weight) = &arg.weight else {
        let error = SyntaxError::new(arg.at(), "this part of `mix` has no weight");
        errors.push(error.help(format!("write `10% {}`", arg.value.it)));
        return None;
    };
    match share(&weight.it) {
        Ok(Ratio(0)) => errors.push(SyntaxError::new(
            weight.at.clone(),
            "a weight of zero makes no sense here",
        )),
        Ok(it) => return Some(it),
        Err(error) => errors.push(error.shifted(weight.at.start)),
    }
    None
}

#[cfg(test)]
mod tests;
