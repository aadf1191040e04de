//! Measured lengths, drawn again by weight.

use super::error::{DistError, require};
use crate::rng::Draw;
use crate::time::Span;

/// Some values with weights. The cdf is a staircase: only values that were given come out, none in between.
///
/// Sampling inverts the cdf, so one word gives one value and a larger word no smaller one.
#[derive(Clone, Debug, PartialEq)]
pub struct Empirical {
    /// Rising, each once.
    values: Vec<Span>,
    /// The probability of at most `values[i]`; the last is exactly one.
    up_to: Vec<f64>,
    mean: f64,
    variance: f64,
}

/// Checks weights and turns them into running shares that end at exactly one.
pub(super) fn running_shares(weights: &[f64]) -> Result<Vec<f64>, DistError> {
    let fine = weights.iter().all(|weight| weight.is_finite() && *weight >= 0.0);
    let total: f64 = weights.iter().sum();
    require(
        fine && total > 0.0 && total.is_finite(),
        "weights",
        "at least zero, finite, and not all zero",
    )?;
    let mut sum = 0.0;
    let mut shares: Vec<f64> = weights
        .iter()
        .map(|weight| {
            sum += weight;
            (sum / total).min(1.0)
        })
        .collect();
    // From the last weight above zero on, whatever rounding left out.
    let last = weights
        .iter()
        .rposition(|weight| *weight > 0.0)
        .expect("the total is above zero");
    shares[last..].fill(1.0);
    Ok(shares)
}

impl Empirical {
    pub(super) fn new(values: &[Span], weights: &[f64]) -> Result<Empirical, DistError> {
        if values.is_empty() {
            return Err(DistError::Empty {
                family: "an empirical distribution",
                item: "value",
            });
        }
        if values.len() != weights.len() {
            return Err(DistError::WeightCount {
                values: values.len(),
                weights: weights.len(),
            });
        }
        let mut pairs: Vec<(Span, f64)> = values.iter().copied().zip(weights.iter().copied()).collect();
        // Equal values with unequal weights are sorted too: the order of the file is not to be seen in the sums.
        pairs.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
        let shares = running_shares(&pairs.iter().map(|pair| pair.1).collect::<Vec<_>>())?;
        let mut kept: (Vec<Span>, Vec<f64>) = (Vec::new(), Vec::new());
        for ((value, _), share) in pairs.into_iter().zip(shares) {
            if kept.0.last() == Some(&value) {
                *kept.1.last_mut().expect("as many shares as values") = share;
            } else if share > kept.1.last().copied().unwrap_or(0.0) {
                kept.0.push(value);
                kept.1.push(share);
            }
        }
        let (values, up_to) = kept;
        let weight_of = |i: usize| up_to[i] - if i == 0 { 0.0 } else { up_to[i - 1] };
        let mean = (0..values.len())
            .map(|i| weight_of(i) * values[i].nanos() as f64)
            .sum::<f64>();
        let variance = (0..values.len())
            .map(|i| {
                let off = values[i].nanos() as f64 - mean;
                weight_of(i) * off * off
            })
            .sum();
        Ok(Empirical {
            values,
            up_to,
            mean,
            variance,
        })
    }

    pub(super) fn sample(&self, draw: &mut impl Draw) -> Span {
        let u = draw.unit();
        self.values[self.up_to.partition_point(|share| *share <= u)]
    }

    pub(super) fn mean(&self) -> f64 {
        self.mean
    }

    pub(super) fn variance(&self) -> f64 {
        self.variance
    }

    pub(super) fn cdf(&self, x: f64) -> f64 {
        match self.values.partition_point(|value| value.nanos() as f64 <= x) {
            0 => 0.0,
            n => self.up_to[n - 1],
        }
    }

    pub(super) fn quantile(&self, p: f64) -> f64 {
        self.values[self.up_to.partition_point(|share| *share < p)].nanos() as f64
    }
}
