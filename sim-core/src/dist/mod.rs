//! Distributions of lengths of time: sampled to whole nanoseconds, with mean, variance, cdf and quantiles in closed form.
//!
//! Constructors take the parameters people know and check them; `cv` is the coefficient of variation, standard deviation
//! over mean. A spread of zero gives a constant. Sampling uses `libm` only, so every platform draws the same bits; how
//! many words a sample takes is stated where it is not one. A sample longer than [`Span::MAX`] is [`Span::MAX`].

mod empirical;
mod error;
mod exp;
mod exponential;
mod gamma;
mod mix;
mod normal;
mod pareto;
pub mod special;
mod uniform;
mod weibull;
pub(crate) mod ziggurat;
mod zipf;

#[cfg(test)]
mod tests;

pub use empirical::Empirical;
pub use error::DistError;
pub use exponential::{Exponential, Hyperexponential, ShiftedExponential};
pub use gamma::{Erlang, Gamma};
pub use mix::Mix;
pub use normal::{Lognormal, Normal};
pub use pareto::Pareto;
pub use uniform::Uniform;
pub use weibull::Weibull;
pub use zipf::Zipf;

use crate::rng::Draw;
use crate::time::Span;
use error::require;

/// A distribution of a length of time.
#[derive(Clone, Debug, PartialEq)]
pub enum Dist {
    /// Always the same; takes no random word.
    Constant(Span),
    /// Memoryless.
    Exponential(Exponential),
    /// The logarithm is normal: the usual shape of service times.
    Lognormal(Lognormal),
    /// Anything in an interval alike.
    Uniform(Uniform),
    /// A least length and an exponential beyond it: the usual shape of network delay.
    ShiftedExponential(ShiftedExponential),
    /// Gamma.
    Gamma(Gamma),
    /// The sum of some exponentials: less variable than one.
    Erlang(Erlang),
    /// A fast or a slow exponential: more variable than one.
    Hyperexponential(Hyperexponential),
    /// A power law, perhaps cut off.
    Pareto(Pareto),
    /// Weibull.
    Weibull(Weibull),
    /// The absolute value of a normal number.
    Normal(Normal),
    /// Measured values.
    Empirical(Box<Empirical>),
    /// One of several distributions, by weight.
    Mix(Box<Mix>),
}

const ABOVE_ZERO: &str = "above zero";
/// Below a cv of a thousandth a spread is not worth its rounding errors; above 100 no run is long enough.
const CV: &str = "0, or between 0.001 and 100";

fn require_cv(cv: f64) -> Result<(), DistError> {
    require(cv == 0.0 || (0.001..=100.0).contains(&cv), "cv", CV)
}

fn nanos(span: Span) -> f64 {
    span.nanos() as f64
}

impl Dist {
    /// Zero, always.
    pub const ZERO: Dist = Dist::Constant(Span::ZERO);

    /// Always `length`.
    pub const fn constant(length: Span) -> Dist {
        Dist::Constant(length)
    }

    /// Exponential; the mean must be above zero.
    pub fn exponential(mean: Span) -> Result<Dist, DistError> {
        require(mean > Span::ZERO, "mean", ABOVE_ZERO)?;
        Ok(Dist::Exponential(Exponential::new(nanos(mean))))
    }

    /// The gaps of a Poisson process of `per_s` events per second, which must be above zero and finite.
    pub fn exponential_rate(per_s: f64) -> Result<Dist, DistError> {
        require(
            per_s > 0.0 && per_s.is_finite() && (1e9 / per_s).is_finite(),
            "rate",
            "above zero and finite",
        )?;
        Ok(Dist::Exponential(Exponential::new(1e9 / per_s)))
    }

    /// At least `min`, exponential beyond it; `mean` is the mean of the whole and at least `min`.
    pub fn shifted_exponential(min: Span, mean: Span) -> Result<Dist, DistError> {
        require(mean >= min, "mean", "at least `min`")?;
        if mean == min {
            return Ok(Dist::Constant(min));
        }
        Ok(Dist::ShiftedExponential(ShiftedExponential::new(
            nanos(min),
            nanos(mean),
        )))
    }

    /// Two exponentials with balanced means (each carries half of the total time): takes two words.
    ///
    /// `cv` lies in `1..=100`; 1 gives the exponential.
    pub fn hyperexponential(mean: Span, cv: f64) -> Result<Dist, DistError> {
        require(mean > Span::ZERO, "mean", ABOVE_ZERO)?;
        require((1.0..=100.0).contains(&cv), "cv", "between 1 and 100")?;
        if cv == 1.0 {
            return Dist::exponential(mean);
        }
        Ok(Dist::Hyperexponential(Hyperexponential::balanced(nanos(mean), cv)))
    }

    /// Uniform in `min..=max`.
    pub fn uniform(min: Span, max: Span) -> Result<Dist, DistError> {
        require(max >= min, "max", "at least `min`")?;
        if max == min {
            return Ok(Dist::Constant(min));
        }
        Ok(Dist::Uniform(Uniform::new(nanos(min), nanos(max))))
    }

    /// Lognormal whose logarithm (of the length in seconds) has mean `mu` and standard deviation `sigma` in `0..=10`.
    pub fn lognormal(mu: f64, sigma: f64) -> Result<Dist, DistError> {
        require(
            mu.is_finite() && mu.abs() <= 50.0,
            "mu",
            "between -50 and 50 (the logarithm of seconds)",
        )?;
        require((0.0..=10.0).contains(&sigma), "sigma", "between 0 and 10")?;
        Ok(Dist::from_lognormal(mu + libm::log(1e9), sigma))
    }

    /// Lognormal with this mean and cv.
    pub fn lognormal_mean_cv(mean: Span, cv: f64) -> Result<Dist, DistError> {
        require(mean > Span::ZERO, "mean", ABOVE_ZERO)?;
        require_cv(cv)?;
        let variance = libm::log1p(cv * cv);
        Ok(Dist::from_lognormal(
            libm::log(nanos(mean)) - variance / 2.0,
            variance.sqrt(),
        ))
    }

    /// Lognormal with this median and 99th percentile, which is at least the median.
    pub fn lognormal_median_p99(median: Span, p99: Span) -> Result<Dist, DistError> {
        require(p99 >= median, "p99", "at least `median`")?;
        Dist::lognormal_median_quantile(median, 0.99, p99)
    }

    /// Lognormal with this median and 95th percentile, which is at least the median.
    pub fn lognormal_median_p95(median: Span, p95: Span) -> Result<Dist, DistError> {
        require(p95 >= median, "p95", "at least `median`")?;
        Dist::lognormal_median_quantile(median, 0.95, p95)
    }

    fn lognormal_median_quantile(median: Span, p: f64, quantile: Span) -> Result<Dist, DistError> {
        require(median > Span::ZERO, "median", ABOVE_ZERO)?;
        let sigma = libm::log(nanos(quantile) / nanos(median)) / special::normal_quantile(p);
        Ok(Dist::from_lognormal(libm::log(nanos(median)), sigma))
    }

    /// Lognormal with this mean and 99th percentile, which lies between once and 14.9 times the mean.
    ///
    /// Two lognormals have that mean and p99; this is the one with the lesser spread. At 14.97 times the mean they meet,
    /// and beyond it there is none: a heavier tail moves its weight past the p99.
    pub fn lognormal_mean_p99(mean: Span, p99: Span) -> Result<Dist, DistError> {
        require(mean > Span::ZERO, "mean", ABOVE_ZERO)?;
        let ratio = nanos(p99) / nanos(mean);
        require(
            (1.0..=14.9).contains(&ratio),
            "p99",
            "between once and 14.9 times `mean`",
        )?;
        let z = special::normal_quantile(0.99);
        let sigma = z - (z * z - 2.0 * libm::log(ratio)).sqrt();
        Ok(Dist::from_lognormal(
            libm::log(nanos(mean)) - sigma * sigma / 2.0,
            sigma,
        ))
    }

    fn from_lognormal(mu_ns: f64, sigma: f64) -> Dist {
        if sigma == 0.0 {
            return Dist::Constant(Span::from_nanos_f64(libm::exp(mu_ns)));
        }
        Dist::Lognormal(Lognormal::new(mu_ns, sigma))
    }

    /// Gamma with this mean and cv. Takes two words or a few more.
    pub fn gamma(mean: Span, cv: f64) -> Result<Dist, DistError> {
        require(mean > Span::ZERO, "mean", ABOVE_ZERO)?;
        require_cv(cv)?;
        if cv == 0.0 {
            return Ok(Dist::Constant(mean));
        }
        let shape = 1.0 / (cv * cv);
        Ok(Dist::Gamma(Gamma::new(shape, nanos(mean) / shape)))
    }

    /// The sum of `k` exponentials (1 to 10000) with this mean altogether. Takes `k` words up to 8, then two or a few more.
    pub fn erlang(mean: Span, k: u32) -> Result<Dist, DistError> {
        require(mean > Span::ZERO, "mean", ABOVE_ZERO)?;
        require((1..=10_000).contains(&k), "k", "between 1 and 10000")?;
        Ok(Dist::Erlang(Erlang::new(k, nanos(mean))))
    }

    /// Pareto: `P(X > x) = (min / x)^alpha` from `min` on, conditioned on `X <= max` where that is given.
    ///
    /// `alpha` lies in `0.05..=1000`; the mean is infinite up to 1 and the variance up to 2, unless bounded.
    pub fn pareto(min: Span, alpha: f64, max: Option<Span>) -> Result<Dist, DistError> {
        require(min > Span::ZERO, "min", ABOVE_ZERO)?;
        require((0.05..=1000.0).contains(&alpha), "alpha", "between 0.05 and 1000")?;
        require(max.is_none_or(|max| max >= min), "max", "at least `min`")?;
        if max == Some(min) {
            return Ok(Dist::Constant(min));
        }
        Ok(Dist::Pareto(Pareto::new(nanos(min), alpha, max.map(nanos))))
    }

    /// Weibull: `P(X > x) = exp(-(x / scale)^shape)`, with `shape` in `0.1..=1500`.
    pub fn weibull(shape: f64, scale: Span) -> Result<Dist, DistError> {
        require(scale > Span::ZERO, "scale", ABOVE_ZERO)?;
        require((0.1..=1500.0).contains(&shape), "shape", "between 0.1 and 1500")?;
        Ok(Dist::Weibull(Weibull::new(shape, nanos(scale))))
    }

    /// Weibull with this mean and cv.
    pub fn weibull_mean_cv(mean: Span, cv: f64) -> Result<Dist, DistError> {
        require(mean > Span::ZERO, "mean", ABOVE_ZERO)?;
        require_cv(cv)?;
        if cv == 0.0 {
            return Ok(Dist::Constant(mean));
        }
        Ok(Dist::Weibull(Weibull::with_mean_cv(nanos(mean), cv)))
    }

    /// The absolute value of a normal number of this mean and standard deviation; nearly the normal while `mean` is
    /// several times `sd`.
    pub fn normal(mean: Span, sd: Span) -> Result<Dist, DistError> {
        if sd == Span::ZERO {
            return Ok(Dist::Constant(mean));
        }
        Ok(Dist::Normal(Normal::new(nanos(mean), nanos(sd))))
    }

    /// One of `values`, each as likely as the others.
    pub fn empirical(values: &[Span]) -> Result<Dist, DistError> {
        Ok(Dist::Empirical(Box::new(Empirical::new(
            values,
            &vec![1.0; values.len()],
        )?)))
    }

    /// One of `values` by weight; weights are at least zero, not all zero, and need not add up to one.
    pub fn empirical_weighted(values: &[Span], weights: &[f64]) -> Result<Dist, DistError> {
        Ok(Dist::Empirical(Box::new(Empirical::new(values, weights)?)))
    }

    /// One of the parts by weight; weights are at least zero, not all zero, and need not add up to one. Takes one word
    /// more than the part chosen.
    pub fn mix(parts: Vec<(f64, Dist)>) -> Result<Dist, DistError> {
        Ok(Dist::Mix(Box::new(Mix::new(parts)?)))
    }

    /// Draws one length.
    #[inline]
    pub fn sample(&self, draw: &mut impl Draw) -> Span {
        match self {
            Dist::Constant(length) => *length,
            Dist::Exponential(it) => Span::from_nanos_f64(it.sample(draw)),
            Dist::Lognormal(it) => Span::from_nanos_f64(it.sample(draw)),
            Dist::ShiftedExponential(it) => Span::from_nanos_f64(it.sample(draw)),
            _ => self.sample_rare(draw),
        }
    }

    /// What [`Dist::sample`] gives for a source whose first word is `word`, if that word suffices, as it nearly always
    /// does for the common families; `None` if it may not.
    #[inline(always)]
    pub fn sample_from(&self, word: u64) -> Option<Span> {
        match self {
            Dist::Constant(length) => Some(*length),
            Dist::Exponential(it) => it.sample_from(word).map(Span::from_nanos_f64),
            Dist::Lognormal(it) => it.sample_from(word).map(Span::from_nanos_f64),
            Dist::ShiftedExponential(it) => it.sample_from(word).map(Span::from_nanos_f64),
            _ => None,
        }
    }

    #[inline(never)]
    fn sample_rare<D: Draw>(&self, draw: &mut D) -> Span {
        Span::from_nanos_f64(match self {
            Dist::Uniform(it) => it.sample(draw),
            Dist::Gamma(it) => it.sample(draw),
            Dist::Erlang(it) => it.sample(draw),
            Dist::Hyperexponential(it) => it.sample(draw),
            Dist::Pareto(it) => it.sample(draw),
            Dist::Weibull(it) => it.sample(draw),
            Dist::Normal(it) => it.sample(draw),
            Dist::Empirical(it) => return it.sample(draw),
            Dist::Mix(it) => return it.pick(draw).sample(draw),
            Dist::Constant(_) | Dist::Exponential(_) | Dist::Lognormal(_) | Dist::ShiftedExponential(_) => {
                unreachable!("the common families are sampled in place")
            }
        })
    }

    /// The mean in nanoseconds; `None` where it is infinite.
    pub fn mean_ns(&self) -> Option<f64> {
        match self {
            Dist::Constant(it) => Some(nanos(*it)),
            Dist::Exponential(it) => Some(it.mean()),
            Dist::Lognormal(it) => Some(it.mean()),
            Dist::ShiftedExponential(it) => Some(it.mean()),
            Dist::Uniform(it) => Some(it.mean()),
            Dist::Gamma(it) => Some(it.mean()),
            Dist::Erlang(it) => Some(it.mean()),
            Dist::Hyperexponential(it) => Some(it.mean()),
            Dist::Pareto(it) => it.moment(1.0),
            Dist::Weibull(it) => Some(it.mean()),
            Dist::Normal(it) => Some(it.mean()),
            Dist::Empirical(it) => Some(it.mean()),
            Dist::Mix(it) => it.mean(),
        }
    }

    /// The variance in square nanoseconds; `None` where it is infinite.
    pub fn variance_ns2(&self) -> Option<f64> {
        match self {
            Dist::Constant(_) => Some(0.0),
            Dist::Exponential(it) => Some(it.variance()),
            Dist::Lognormal(it) => Some(it.variance()),
            Dist::ShiftedExponential(it) => Some(it.variance()),
            Dist::Uniform(it) => Some(it.variance()),
            Dist::Gamma(it) => Some(it.variance()),
            Dist::Erlang(it) => Some(it.variance()),
            Dist::Hyperexponential(it) => Some(it.variance()),
            Dist::Pareto(it) => it.variance(),
            Dist::Weibull(it) => Some(it.variance()),
            Dist::Normal(it) => Some(it.variance()),
            Dist::Empirical(it) => Some(it.variance()),
            Dist::Mix(it) => it.variance(),
        }
    }

    /// The coefficient of variation, standard deviation over mean; `None` where either is infinite, 0 for constant zero.
    pub fn cv(&self) -> Option<f64> {
        let (mean, variance) = (self.mean_ns()?, self.variance_ns2()?);
        Some(if mean == 0.0 { 0.0 } else { variance.sqrt() / mean })
    }

    /// The probability of at most `ns` nanoseconds (of the unrounded length).
    pub fn cdf(&self, ns: f64) -> f64 {
        match self {
            Dist::Constant(it) => f64::from(u8::from(nanos(*it) <= ns)),
            Dist::Exponential(it) => it.cdf(ns),
            Dist::Lognormal(it) => it.cdf(ns),
            Dist::ShiftedExponential(it) => it.cdf(ns),
            Dist::Uniform(it) => it.cdf(ns),
            Dist::Gamma(it) => it.cdf(ns),
            Dist::Erlang(it) => it.cdf(ns),
            Dist::Hyperexponential(it) => it.cdf(ns),
            Dist::Pareto(it) => it.cdf(ns),
            Dist::Weibull(it) => it.cdf(ns),
            Dist::Normal(it) => it.cdf(ns),
            Dist::Empirical(it) => it.cdf(ns),
            Dist::Mix(it) => it.cdf(ns),
        }
    }

    /// The quantile in nanoseconds: the least length with `cdf >= p`, for `p` in `0..=1` (else it panics); infinite where
    /// `p` is 1 and the family has no end.
    pub fn quantile(&self, p: f64) -> f64 {
        assert!((0.0..=1.0).contains(&p), "a probability lies in 0..=1, not {p}");
        let numeric = |start: f64| special::quantile_of(|ns| self.cdf(ns), p, start);
        match self {
            Dist::Constant(it) => nanos(*it),
            Dist::Exponential(it) => it.quantile(p),
            Dist::Lognormal(it) => it.quantile(p),
            Dist::ShiftedExponential(it) => it.quantile(p),
            Dist::Uniform(it) => it.quantile(p),
            Dist::Pareto(it) => it.quantile(p),
            Dist::Weibull(it) => it.quantile(p),
            Dist::Empirical(it) => it.quantile(p),
            Dist::Mix(it) => it.quantile(p),
            _ if p == 1.0 => f64::INFINITY,
            Dist::Gamma(it) => numeric(it.mean()),
            Dist::Erlang(it) => numeric(it.mean()),
            Dist::Hyperexponential(it) => numeric(it.mean()),
            Dist::Normal(it) => numeric(it.mean()),
        }
    }
}
