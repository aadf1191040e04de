//! Distributions as written become distributions that can be sampled; measured values come from files.
//!
//! A lognormal takes any two parameters that say where it lies and how wide it is. Its logarithm is normal with mean `mu` and
//! standard deviation `sigma`, so with `z` the standard normal quantile of a level: median = `exp(mu)`, mean =
//! `exp(mu + sigma^2 / 2)`, quantile = `exp(mu + z sigma)`, `cv^2 = exp(sigma^2) - 1`.

use core::ops::Range;

use brownout_sim_core::dist::special::normal_quantile;
use brownout_sim_core::dist::{Dist, DistError, Zipf};
use brownout_sim_core::time::Span;

use crate::syntax::SyntaxError;
use crate::syntax::dist::{DistSpec, KeySpec, Level, Location, Spread};
use crate::syntax::units::{Zero, duration};

/// Hands in the bytes of a file that a scenario names, or the reason why it cannot.
pub type Files<'a> = &'a dyn Fn(&str) -> Result<Vec<u8>, String>;

/// Above this a mean lies so far in the tail that no run meets it: such a lognormal is a slip of the pen.
const SIGMA_MAX_FROM_MEAN: f64 = 4.0;

/// The distribution that `spec` describes. It stands at `at` in its string, which is where mistakes are reported that do not
/// belong to a file's name.
///
/// Fails if no such distribution exists, or if a file is missing or broken.
pub fn dist(spec: &DistSpec, at: Range<usize>, files: Files<'_>) -> Result<Dist, SyntaxError> {
    let here = |error: DistError| SyntaxError::new(at.clone(), error.to_string());
    match spec {
        DistSpec::Constant(length) => Ok(Dist::constant(*length)),
        DistSpec::Exponential { mean } => Dist::exponential(*mean).map_err(here),
        DistSpec::Uniform { min, max } => Dist::uniform(*min, *max).map_err(here),
        DistSpec::Lognormal { location, spread } => {
            lognormal(*location, *spread).map_err(|message| SyntaxError::new(at.clone(), message))
        }
        DistSpec::Gamma { mean, cv } => Dist::gamma(*mean, cv.as_f64()).map_err(here),
        DistSpec::Erlang { mean, k } => Dist::erlang(*mean, *k).map_err(here),
        DistSpec::Hyperexponential { mean, cv } => Dist::hyperexponential(*mean, cv.as_f64()).map_err(here),
        DistSpec::Pareto { min, alpha, max } => Dist::pareto(*min, alpha.as_f64(), *max).map_err(here),
        DistSpec::Weibull { shape, scale } => Dist::weibull(shape.as_f64(), *scale).map_err(here),
        DistSpec::WeibullMeanCv { mean, cv } => Dist::weibull_mean_cv(*mean, cv.as_f64()).map_err(here),
        DistSpec::ShiftedExp { min, mean } => Dist::shifted_exponential(*min, *mean).map_err(here),
        DistSpec::Normal { mean, sd } => Dist::normal(*mean, *sd).map_err(here),
        DistSpec::Empirical { file } => {
            let wrong = |message: String| SyntaxError::new(file.at.clone(), message);
            let bytes = files(&file.it).map_err(|why| wrong(format!("cannot read `{}`: {why}", file.it)))?;
            let (values, weights) = measured(&bytes).map_err(|broken| wrong(broken.told(&file.it)))?;
            Dist::empirical_weighted(&values, &weights).map_err(|error| wrong(format!("`{}`: {error}", file.it)))
        }
        DistSpec::Mix(parts) => {
            let part = |(weight, part): &(_, DistSpec)| {
                let weight: &crate::syntax::units::Ratio = weight;
                Ok((weight.as_f64(), dist(part, at.clone(), files)?))
            };
            let parts = parts.iter().map(part).collect::<Result<Vec<_>, SyntaxError>>()?;
            Dist::mix(parts).map_err(here)
        }
    }
}

/// The popularity of keys that `spec` describes, standing at `at`.
pub fn keys(spec: &KeySpec, at: Range<usize>) -> Result<Zipf, SyntaxError> {
    let zipf = match spec {
        KeySpec::Zipf { n, s } => Zipf::new(*n, s.as_f64()),
        KeySpec::Uniform { n } => Zipf::new(*n, 0.0),
    };
    zipf.map_err(|error| SyntaxError::new(at, error.to_string()))
}

fn lognormal(location: Location, spread: Spread) -> Result<Dist, String> {
    let told = |error: DistError| error.to_string();
    match (location, spread) {
        // The forms that the ground layer solves itself, to the same bits.
        (Location::Median(median), Spread::Quantile(Level(990_000), p99)) => {
            return Dist::lognormal_median_p99(median, p99).map_err(told);
        }
        (Location::Median(median), Spread::Quantile(Level(950_000), p95)) => {
            return Dist::lognormal_median_p95(median, p95).map_err(told);
        }
        (Location::Mean(mean), Spread::Cv(cv)) => return Dist::lognormal_mean_cv(mean, cv.as_f64()).map_err(told),
        _ => {}
    }
    let log = |span: Span| libm::log(span.nanos() as f64) - libm::log(1e9);
    let z = |level: Level| normal_quantile(level.as_f64());
    let sigma = match spread {
        Spread::Sigma(sigma) => sigma.as_f64(),
        Spread::Cv(cv) => {
            let cv = cv.as_f64();
            if !(0.001..=100.0).contains(&cv) {
                return Err("`cv` must be between 0.001 and 100".to_owned());
            }
            libm::log1p(cv * cv).sqrt()
        }
        Spread::Quantile(level, quantile) => match location {
            Location::Median(median) => (log(quantile) - log(median)) / z(level),
            Location::Quantile(below, lower) => (log(quantile) - log(lower)) / (z(level) - z(below)),
            Location::Mean(mean) => sigma_of_mean_and_quantile(mean, level, quantile)?,
        },
    };
    let mu = match location {
        Location::Median(median) => log(median),
        Location::Mean(mean) => log(mean) - sigma * sigma / 2.0,
        Location::Quantile(level, quantile) => log(quantile) - z(level) * sigma,
    };
    Dist::lognormal(mu, sigma).map_err(told)
}

/// Solves `ln(quantile / mean) = z sigma - sigma^2 / 2` for the least positive sigma: of two lognormals with the same mean
/// and quantile the one with the lesser spread is meant.
fn sigma_of_mean_and_quantile(mean: Span, level: Level, quantile: Span) -> Result<f64, String> {
    let z = normal_quantile(level.as_f64());
    let log_ratio = libm::log(quantile.nanos() as f64 / mean.nanos() as f64);
    let inside = z * z - 2.0 * log_ratio;
    if inside < 0.0 {
        let most = libm::exp(z * z / 2.0);
        return Err(format!(
            "no lognormal has this quantile so far above its mean: at most {most:.3} times the mean"
        ));
    }
    let (low, high) = (z - inside.sqrt(), z + inside.sqrt());
    let sigma = if low > 0.0 { low } else { high };
    if sigma > SIGMA_MAX_FROM_MEAN {
        return Err(format!(
            "only a lognormal with a sigma of {sigma:.1} has this quantile below its mean: no run would ever see that mean"
        ));
    }
    Ok(sigma.max(0.0))
}

/// What is wrong with a file, and in which line; lines count from 1, and 0 is the whole file.
struct Broken {
    line: usize,
    reason: String,
}

impl Broken {
    fn told(&self, file: &str) -> String {
        match self.line {
            0 => format!("`{file}`: {}", self.reason),
            line => format!("`{file}`, line {line}: {}", self.reason),
        }
    }
}

/// The values and weights of a file of measurements.
///
/// One value a line; a second column of weights if the header calls it `weight` or `count`. Values have units (`12ms`), or
/// the first line names the unit of all: `latency_ms`, `latency (ms)`, `ms`. Lines that are empty or begin with `#` are
/// skipped. Digits beyond a nanosecond are dropped.
fn measured(bytes: &[u8]) -> Result<(Vec<Span>, Vec<f64>), Broken> {
    let text = core::str::from_utf8(bytes).map_err(|error| {
        let line = bytes[..error.valid_up_to()].iter().filter(|it| **it == b'\n').count() + 1;
        let reason = "this is not UTF-8".to_owned();
        Broken { line, reason }
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let (mut values, mut weights) = (Vec::new(), Vec::new());
    let (mut unit, mut weighted, mut begun) = (None, false, false);
    for (row, line) in text.lines().enumerate() {
        let broken = |reason: String| Broken { line: row + 1, reason };
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let cells: Vec<&str> = line
            .split([',', ';', '\t'])
            .map(|it| it.trim().trim_matches('"').trim())
            .collect();
        let is_header =
            !begun && cells[0].starts_with(|it: char| !it.is_ascii_digit() && !matches!(it, '.' | '-' | '+'));
        begun = true;
        if is_header {
            unit = unit_of(cells[0]);
            weighted = match cells.get(1) {
                None => false,
                Some(&("weight" | "count")) if cells.len() == 2 => true,
                Some(other) => {
                    return Err(broken(format!(
                        "expected one column of values, perhaps a second called `weight` or `count`, found `{other}`"
                    )));
                }
            };
            continue;
        }
        let columns = 1 + usize::from(weighted);
        if cells.len() != columns {
            return Err(broken(format!(
                "expected {columns} {}, found {}",
                plural("value", columns),
                cells.len()
            )));
        }
        values.push(value(cells[0], unit).map_err(broken)?);
        let weight = match weighted {
            true => weight(cells[1]).map_err(broken)?,
            false => 1.0,
        };
        weights.push(weight);
    }
    if values.is_empty() {
        return Err(Broken {
            line: 0,
            reason: "there is no value in it".to_owned(),
        });
    }
    Ok((values, weights))
}

fn plural(word: &str, n: usize) -> String {
    if n == 1 { word.to_owned() } else { format!("{word}s") }
}

/// Units that a header can name, and how many digits after the point they have down to a nanosecond.
const UNITS: [(&str, usize); 4] = [("ns", 0), ("us", 3), ("ms", 6), ("s", 9)];

/// The unit that a header such as `latency_ms`, `latency (ms)` or `ms` names.
fn unit_of(header: &str) -> Option<(&'static str, usize)> {
    let word = header
        .rsplit(|it: char| !it.is_ascii_alphabetic())
        .find(|it| !it.is_empty())?;
    UNITS.into_iter().find(|it| it.0 == word)
}

fn value(cell: &str, unit: Option<(&str, usize)>) -> Result<Span, String> {
    let told = |error: SyntaxError| match error.help {
        Some(help) => format!("{} ({help})", error.message),
        None => error.message,
    };
    let bare = !cell.is_empty() && cell.bytes().all(|it| it.is_ascii_digit() || it == b'.');
    let Some((unit, digits)) = unit.filter(|_| bare) else {
        let error = duration(cell, Zero::Allowed);
        return error.map_err(|error| {
            if bare {
                format!("`{cell}` has no unit (write `{cell}ms`, or begin the file with a line such as `latency_ms`)")
            } else {
                told(error)
            }
        });
    };
    let kept = match cell.split_once('.') {
        Some((whole, fraction)) if fraction.len() > digits && fraction.bytes().all(|it| it.is_ascii_digit()) => {
            let fraction = &fraction[..digits];
            if fraction.is_empty() {
                whole.to_owned()
            } else {
                format!("{whole}.{fraction}")
            }
        }
        _ => cell.to_owned(),
    };
    duration(&format!("{kept}{unit}"), Zero::Allowed).map_err(told)
}

fn weight(cell: &str) -> Result<f64, String> {
    let number: Result<f64, _> = cell.parse();
    match number {
        Ok(it) if it.is_finite() && it >= 0.0 => Ok(it),
        _ => Err(format!("`{cell}` is no weight: a number of at least 0")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::dist as written;

    fn files(name: &str) -> Result<Vec<u8>, String> {
        let text: &[u8] = match name {
            "plain.csv" => b"1ms\n2ms\n\n# comment\n3ms\n",
            "header.csv" => b"latency_ms\n1.5\n2.25000000019\n",
            "weights.csv" => b"\xef\xbb\xbflatency (us),weight\r\n10,1\r\n20,3\r\n",
            "units.csv" => b"value\n5us\n1s\n",
            "broken.csv" => b"ms\n1\n2\nabc\n",
            "unitless.csv" => b"12\n",
            "short.csv" => b"ms,count\n1,2\n3\n",
            "negative.csv" => b"ms\n1\n-2\n",
            "latin.csv" => b"ms\n1\n\xe9\n",
            "empty.csv" => b"# nothing\n",
            "wide.csv" => b"ms,place\n1,here\n",
            "zero.csv" => b"ms,weight\n1,0\n",
            _ => return Err("no such file".to_owned()),
        };
        Ok(text.to_vec())
    }

    fn made(text: &str) -> Result<Dist, SyntaxError> {
        dist(
            &written::parse(text).expect("it is well written"),
            0..text.len(),
            &files,
        )
    }

    /// Mean, median and 99th percentile in milliseconds.
    fn seen(text: &str) -> String {
        match made(text) {
            Ok(it) => {
                let mean = it
                    .mean_ns()
                    .map_or("infinite".to_owned(), |it| format!("{:.4}", it / 1e6));
                format!(
                    "{text}: {mean} {:.4} {:.4}",
                    it.quantile(0.5) / 1e6,
                    it.quantile(0.99) / 1e6
                )
            }
            Err(error) => format!("{text}: [{}] {}", &text[error.at], error.message),
        }
    }

    #[test]
    fn every_family_has_the_mean_and_quantiles_it_was_written_with() {
        let texts = [
            "5ms",
            "exponential(mean=10ms)",
            "uniform(1ms, 5ms)",
            "lognormal(median=4ms, p99=25ms)",
            "lognormal(median=4ms, p95=12ms)",
            "lognormal(median=4ms, p01=1ms)",
            "lognormal(median=4ms, cv=1.2)",
            "lognormal(median=4ms, sigma=0.8)",
            "lognormal(mean=5ms, cv=1.2)",
            "lognormal(mean=5ms, sigma=0.8)",
            "lognormal(mean=5ms, p99=25ms)",
            "lognormal(mean=5ms, p50=4ms)",
            "lognormal(mean=5ms, p10=2ms)",
            "lognormal(p99=25ms, cv=1.2)",
            "lognormal(p99=25ms, sigma=0.5)",
            "lognormal(p90=4ms, p99=25ms)",
            "gamma(mean=10ms, cv=0.5)",
            "erlang(mean=10ms, k=4)",
            "hyperexponential(mean=10ms, cv=2)",
            "pareto(min=1ms, alpha=2.5)",
            "pareto(min=1ms, alpha=0.9)",
            "pareto(min=1ms, alpha=1.5, max=10s)",
            "weibull(shape=0.7, scale=10ms)",
            "weibull(mean=10ms, cv=1.5)",
            "shifted_exp(min=250us, mean=400us)",
            "normal(mean=10ms, sd=2ms)",
            "mix(90% 5ms, 10% uniform(50ms, 70ms))",
            "empirical('plain.csv')",
            "empirical('header.csv')",
            "empirical('weights.csv')",
            "mix(50% empirical('units.csv'), 50% 1ms)",
        ];
        insta::assert_snapshot!(texts.map(seen).join("\n"));
    }

    #[test]
    fn what_no_distribution_has_is_a_mistake_with_a_reason() {
        let texts = [
            "lognormal(mean=5ms, p99=90ms)",
            "lognormal(mean=5ms, p99=1ms)",
            "lognormal(median=4ms, cv=1000)",
            "lognormal(median=4ms, sigma=11)",
            "gamma(mean=10ms, cv=0.0001)",
            "erlang(mean=10ms, k=20000)",
            "hyperexponential(mean=10ms, cv=200)",
            "pareto(min=1ms, alpha=0.001)",
            "mix(50% 5ms, 50% lognormal(mean=5ms, p99=90ms))",
            "empirical('broken.csv')",
            "empirical('unitless.csv')",
            "empirical('short.csv')",
            "empirical('negative.csv')",
            "empirical('latin.csv')",
            "empirical('empty.csv')",
            "empirical('wide.csv')",
            "empirical('zero.csv')",
            "mix(50% empirical('gone.csv'), 50% 1ms)",
        ];
        insta::assert_snapshot!(texts.map(seen).join("\n"));
    }

    #[test]
    fn two_ways_to_write_one_lognormal_agree() {
        let of = |text: &str| made(text).expect("it exists");
        let (a, b) = (
            of("lognormal(median=4ms, p99=25ms)"),
            of("lognormal(p50=4ms, p99=25ms)"),
        );
        assert_eq!(a, b);
        let general = of("lognormal(p10=2ms, p90=8ms)");
        assert!(
            (general.quantile(0.5) / 4e6 - 1.0).abs() < 1e-9,
            "the median is the geometric middle"
        );
    }

    #[test]
    fn keys_have_their_exponent() {
        let of = |text: &str| keys(&written::keys(text).expect("it is well written"), 0..text.len());
        let zipf = of("zipf(1000, 0.9)").expect("it exists");
        assert_eq!((zipf.ranks(), zipf.exponent()), (1000, 0.9));
        let uniform = of("uniform(10)").expect("it exists");
        assert_eq!((uniform.ranks(), uniform.exponent()), (10, 0.0));
        assert_eq!(
            of("zipf(10, 500)").expect_err("too steep").message,
            "`s` must be between 0 and 100"
        );
    }
}
