//! Distributions: `5ms`, `exponential(mean=10ms)`, `lognormal(median=4ms, p99=25ms)`, `mix(90% 5ms, 10% ...)`.

use super::call::{self, Arg, Bound, Call, Value};
use super::number::{Decimal, count, number};
use super::units::{Ratio, Zero, duration, share};
use super::{Errors, Placed, SyntaxError, either, nearest};
use brownout_sim_core::time::Span;

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

/// A distribution's name, the parameters that need no name, and the ways to write it.
struct Family {
    name: &'static str,
    positional: &'static [&'static str],
    keys: &'static [&'static str],
    forms: &'static [&'static str],
}

const FAMILIES: [Family; 13] = [
    Family {
        name: "constant",
        positional: &["value"],
        keys: &["value"],
        forms: &["constant(5ms)", "5ms"],
    },
    Family {
        name: "exponential",
        positional: &["mean"],
        keys: &["mean"],
        forms: &["exponential(mean=10ms)"],
    },
    Family {
        name: "uniform",
        positional: &["min", "max"],
        keys: &["min", "max"],
        forms: &["uniform(1ms, 5ms)"],
    },
    Family {
        name: "lognormal",
        positional: &[],
        keys: &["median", "mean", "cv", "sigma", "p99"],
        forms: &[
            "lognormal(median=4ms, p99=25ms)",
            "lognormal(mean=5ms, p99=25ms)",
            "lognormal(mean=5ms, cv=1.2)",
            "lognormal(median=4ms, cv=1.2)",
            "lognormal(median=4ms, sigma=0.8)",
            "lognormal(p50=4ms, p95=12ms)",
        ],
    },
    Family {
        name: "gamma",
        positional: &["mean", "cv"],
        keys: &["mean", "cv"],
        forms: &["gamma(mean=10ms, cv=0.5)"],
    },
    Family {
        name: "erlang",
        positional: &["mean", "k"],
        keys: &["mean", "k"],
        forms: &["erlang(mean=10ms, k=4)"],
    },
    Family {
        name: "hyperexponential",
        positional: &["mean", "cv"],
        keys: &["mean", "cv"],
        forms: &["hyperexponential(mean=10ms, cv=2)"],
    },
    Family {
        name: "pareto",
        positional: &["min", "alpha", "max"],
        keys: &["min", "alpha", "max"],
        forms: &["pareto(min=1ms, alpha=2.5)", "pareto(min=1ms, alpha=1.5, max=10s)"],
    },
    Family {
        name: "weibull",
        positional: &[],
        keys: &["shape", "scale", "mean", "cv"],
        forms: &["weibull(shape=0.7, scale=10ms)", "weibull(mean=10ms, cv=1.5)"],
    },
    Family {
        name: "shifted_exp",
        positional: &["min", "mean"],
        keys: &["min", "mean"],
        forms: &["shifted_exp(min=250us, mean=400us)"],
    },
    Family {
        name: "normal",
        positional: &["mean", "sd"],
        keys: &["mean", "sd"],
        forms: &["normal(mean=10ms, sd=2ms)"],
    },
    Family {
        name: "empirical",
        positional: &["file"],
        keys: &["file"],
        forms: &["empirical(\"file.csv\")"],
    },
    Family {
        name: "mix",
        positional: &[],
        keys: &[],
        forms: &["mix(90% 5ms, 10% lognormal(median=4ms, p99=25ms))"],
    },
];

const KEY_FAMILIES: [Family; 2] = [
    Family {
        name: "zipf",
        positional: &["n", "s"],
        keys: &["n", "s"],
        forms: &["zipf(10000, 0.9)"],
    },
    Family {
        name: "uniform",
        positional: &["n"],
        keys: &["n"],
        forms: &["uniform(10000)"],
    },
];

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

/// The parameters of one distribution on the way to a [`DistSpec`].
struct Params<'a, 'e> {
    bound: Bound<'a>,
    family: &'a Family,
    value: &'a Placed<Value>,
    errors: &'e mut Errors,
}

impl Params<'_, '_> {
    fn build(mut self) -> Option<DistSpec> {
        let given = self.bound.keys();
        match self.family.name {
            "constant" => {
                self.needs(&["value"])?;
                Some(DistSpec::Constant(self.span("value", Zero::Allowed)?.it))
            }
            "exponential" => {
                self.needs(&["mean"])?;
                Some(DistSpec::Exponential {
                    mean: self.span("mean", Zero::Refused)?.it,
                })
            }
            "uniform" => {
                self.needs(&["min", "max"])?;
                let (min, max) = (self.span("min", Zero::Allowed), self.span("max", Zero::Refused));
                let (min, max) = self.rising(("min", min?), ("max", max?))?;
                Some(DistSpec::Uniform { min, max })
            }
            "lognormal" => self.lognormal(),
            "gamma" => {
                let (mean, cv) = self.mean_cv()?;
                Some(DistSpec::Gamma { mean, cv: cv.it })
            }
            "hyperexponential" => {
                let (mean, cv) = self.mean_cv()?;
                if cv.it.cmp_whole(1).is_lt() {
                    let error = SyntaxError::new(cv.at, "`cv` of a hyperexponential is at least 1");
                    self.errors
                        .push(error.help("for less variation use `gamma` or `erlang`"));
                    return None;
                }
                Some(DistSpec::Hyperexponential { mean, cv: cv.it })
            }
            "erlang" => {
                self.needs(&["mean", "k"])?;
                let (mean, k) = (
                    self.span("mean", Zero::Refused),
                    self.bound.read("k", self.errors, count),
                );
                let (mean, k) = (mean?, k?);
                match u32::try_from(k.it) {
                    Ok(0) | Err(_) => {
                        self.errors
                            .push(SyntaxError::new(k.at, format!("`k` is between 1 and {}", u32::MAX)));
                        None
                    }
                    Ok(k) => Some(DistSpec::Erlang { mean: mean.it, k }),
                }
            }
            "pareto" => {
                self.needs_of(&[&["min", "alpha"], &["min", "alpha", "max"]])?;
                let (min, alpha) = (self.span("min", Zero::Refused), self.positive("alpha"));
                let has_max = given.contains(&"max");
                let max = if has_max { self.span("max", Zero::Refused) } else { None };
                let (min, alpha) = (min?, alpha?.it);
                if has_max {
                    let (min, max) = self.rising(("min", min), ("max", max?))?;
                    return Some(DistSpec::Pareto {
                        min,
                        alpha,
                        max: Some(max),
                    });
                }
                Some(DistSpec::Pareto {
                    min: min.it,
                    alpha,
                    max: None,
                })
            }
            "weibull" => {
                self.needs_of(&[&["shape", "scale"], &["mean", "cv"]])?;
                if given.contains(&"shape") {
                    let (shape, scale) = (self.positive("shape"), self.span("scale", Zero::Refused));
                    return Some(DistSpec::Weibull {
                        shape: shape?.it,
                        scale: scale?.it,
                    });
                }
                let (mean, cv) = self.mean_cv()?;
                Some(DistSpec::WeibullMeanCv { mean, cv: cv.it })
            }
            "shifted_exp" => {
                self.needs(&["min", "mean"])?;
                let (min, mean) = (self.span("min", Zero::Allowed), self.span("mean", Zero::Refused));
                let (min, mean) = self.rising(("min", min?), ("mean", mean?))?;
                Some(DistSpec::ShiftedExp { min, mean })
            }
            "normal" => {
                self.needs(&["mean", "sd"])?;
                let (mean, sd) = (self.span("mean", Zero::Refused), self.span("sd", Zero::Refused));
                Some(DistSpec::Normal {
                    mean: mean?.it,
                    sd: sd?.it,
                })
            }
            "empirical" => self.empirical(),
            other => unreachable!("`{other}` is in the table of families but is not built"),
        }
    }

    fn lognormal(&mut self) -> Option<DistSpec> {
        let given = self.bound.keys();
        let of = |wanted: &[&str]| given.iter().filter(|it| wanted.contains(it)).count();
        let (centers, widths) = (of(&["median", "mean"]), of(&["cv", "sigma"]));
        let mut levels: Vec<(Level, &str)> = given.iter().filter_map(|it| Some((Level::parse(it)?, *it))).collect();
        levels.sort();
        if !matches!(
            (centers, widths, levels.len()),
            (1, 1, 0) | (1, 0, 1) | (0, 1, 1) | (0, 0, 2)
        ) {
            return self.wrong_set();
        }
        // All values are read before any is used, so that all their mistakes are reported.
        let quantiles: Vec<_> = levels
            .iter()
            .map(|it| (it.0, it.1, self.span(it.1, Zero::Refused)))
            .collect();
        let center = ["median", "mean"].into_iter().find(|it| given.contains(it));
        let center = center.map(|it| (it, self.span(it, Zero::Refused)));
        let spread = ["cv", "sigma"]
            .into_iter()
            .find(|it| given.contains(it))
            .map(|it| (it, self.positive(it)));
        let mut quantiles = quantiles.into_iter();
        let location = match center {
            Some(("median", span)) => Location::Median(span?.it),
            Some((_, span)) => Location::Mean(span?.it),
            None => {
                let (level, _, span) = quantiles.next().expect("one of the sets above");
                Location::Quantile(level, span?.it)
            }
        };
        let spread = match (spread, quantiles.next()) {
            (Some(("cv", it)), _) => Spread::Cv(it?.it),
            (Some((_, it)), _) => Spread::Sigma(it?.it),
            (None, Some((level, name, span))) => {
                let span = span?;
                let lower = match location {
                    Location::Median(it) => Some(("the median", Level::MEDIAN, it)),
                    Location::Quantile(below, it) => Some((levels[0].1, below, it)),
                    Location::Mean(_) => None,
                };
                if let Some((what, below, it)) = lower
                    && (level == below || (level > below) != (span.it > it) || span.it == it)
                {
                    let side = if level > below { "above" } else { "below" };
                    let message = match level == below {
                        true => format!("`{name}` is {what}: it says nothing about the width"),
                        false => format!("`{name}` must be {side} {what}, {it}"),
                    };
                    self.errors.push(SyntaxError::new(span.at, message));
                    return None;
                }
                Spread::Quantile(level, span.it)
            }
            (None, None) => unreachable!("one of the sets above"),
        };
        // `p50` is the median by another name.
        let location = match location {
            Location::Quantile(Level::MEDIAN, it) => Location::Median(it),
            other => other,
        };
        Some(DistSpec::Lognormal { location, spread })
    }

    fn empirical(&mut self) -> Option<DistSpec> {
        self.needs(&["file"])?;
        let Value::Call(call) = &self.value.it else {
            unreachable!("a distribution with parameters is a call")
        };
        let value = &call.args[0].value;
        match &value.it {
            Value::Text(file) if !file.trim().is_empty() => Some(DistSpec::Empirical {
                file: Placed::new(file.clone(), value.at.clone()),
            }),
            other => {
                let error = SyntaxError::new(value.at.clone(), "the name of a file stands in quotes");
                let name = match other {
                    Value::Atom(it) => it.as_str(),
                    _ => "file.csv",
                };
                self.errors.push(error.help(format!("write `empirical('{name}')`")));
                None
            }
        }
    }

    fn mean_cv(&mut self) -> Option<(Span, Placed<Decimal>)> {
        self.needs(&["mean", "cv"])?;
        let (mean, cv) = (self.span("mean", Zero::Refused), self.positive("cv"));
        Some((mean?.it, cv?))
    }

    fn span(&mut self, key: &str, zero: Zero) -> Option<Placed<Span>> {
        self.bound.read(key, self.errors, |it| duration(it, zero))
    }

    fn positive(&mut self, key: &str) -> Option<Placed<Decimal>> {
        let value = self.bound.read(key, self.errors, number)?;
        if value.it.is_zero() {
            self.errors
                .push(SyntaxError::new(value.at, format!("`{key}` must be above zero")));
            return None;
        }
        Some(value)
    }

    fn rising(&mut self, low: (&str, Placed<Span>), high: (&str, Placed<Span>)) -> Option<(Span, Span)> {
        if low.1.it < high.1.it {
            return Some((low.1.it, high.1.it));
        }
        let message = format!("`{}` must be above `{}`, {}", high.0, low.0, low.1.it);
        self.errors.push(SyntaxError::new(high.1.at, message));
        None
    }

    fn needs(&mut self, keys: &[&str]) -> Option<()> {
        self.needs_of(&[keys])
    }

    /// Exactly one of some sets of parameters must be there.
    fn needs_of(&mut self, sets: &[&[&str]]) -> Option<()> {
        let given = self.bound.keys();
        let same = |set: &&&[&str]| set.len() == given.len() && set.iter().all(|it| self.bound.has(it));
        if sets.iter().any(|set| same(&set)) {
            return Some(());
        }
        if let [keys] = sets {
            let missing: Vec<&str> = keys.iter().copied().filter(|it| !self.bound.has(it)).collect();
            let message = format!(
                "`{}` lacks {}",
                self.family.name,
                either(missing).replace(" or ", " and ")
            );
            self.errors
                .push(SyntaxError::new(self.value.at.clone(), message).help(self.accepted()));
            return None;
        }
        self.wrong_set()
    }

    fn wrong_set<T>(&mut self) -> Option<T> {
        let given = self.bound.keys();
        let name = &self.bound.name().it;
        let message = match given.as_slice() {
            [] => format!("`{name}` lacks its parameters"),
            _ => format!(
                "`{name}` cannot be made from {}",
                either(given).replace(" or ", " and ")
            ),
        };
        self.errors
            .push(SyntaxError::new(self.value.at.clone(), message).help(self.accepted()));
        None
    }

    fn accepted(&self) -> String {
        format!("write {}", either(self.family.forms.iter().copied()))
    }
}

fn key_dist(value: &Placed<Value>, errors: &mut Errors) -> Option<KeySpec> {
    let Value::Call(call) = &value.it else {
        let error = SyntaxError::new(
            value.at.clone(),
            format!("expected a distribution of keys, found `{}`", value.it),
        );
        errors.push(error.help("write `zipf(10000, 0.9)` or `uniform(10000)`"));
        return None;
    };
    let family = family(&KEY_FAMILIES, &call.name, "distribution of keys", errors)?;
    let before = errors.len();
    let bound = Bound::new(call, family.positional, |_| false, family.keys, errors);
    if errors.len() > before {
        return None;
    }
    let mut params = Params {
        bound,
        family,
        value,
        errors,
    };
    params.needs(family.keys)?;
    let n = params.bound.read("n", params.errors, count);
    let s = if family.name == "zipf" {
        params.bound.read("s", params.errors, number)
    } else {
        None
    };
    let n = n?;
    if n.it == 0 {
        params
            .errors
            .push(SyntaxError::new(n.at, "there must be at least 1 key"));
        return None;
    }
    match family.name {
        "zipf" => Some(KeySpec::Zipf { n: n.it, s: s?.it }),
        _ => Some(KeySpec::Uniform { n: n.it }),
    }
}

#[cfg(test)]
mod tests;
