//! From the parameters of a call to a distribution.

use brownout_sim_core::time::Span;

use super::families::{Family, KEY_FAMILIES};
use super::{DistSpec, KeySpec, Level, Location, Spread, family};
use crate::syntax::call::{Bound, Value};
use crate::syntax::number::{Decimal, count, number};
use crate::syntax::units::{Zero, duration};
use crate::syntax::{Errors, Placed, SyntaxError, either};

/// The parameters of one distribution on the way to a [`DistSpec`].
pub(super) struct Params<'a, 'e> {
    pub(super) bound: Bound<'a>,
    pub(super) family: &'a Family,
    pub(super) value: &'a Placed<Value>,
    pub(super) errors: &'e mut Errors,
}

impl Params<'_, '_> {
    pub(super) fn build(mut self) -> Option<DistSpec> {
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

pub(super) fn key_dist(value: &Placed<Value>, errors: &mut Errors) -> Option<KeySpec> {
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
