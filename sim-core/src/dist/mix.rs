//! A mixture: one of several distributions, by weight.

use super::empirical::running_shares;
use super::error::DistError;
use super::{Dist, special};
use crate::rng::Draw;

/// Parts and the running shares of their weights.
#[derive(Clone, Debug, PartialEq)]
pub struct Mix {
    parts: Vec<Dist>,
    up_to: Vec<f64>,
}

impl Mix {
    pub(super) fn new(parts: Vec<(f64, Dist)>) -> Result<Mix, DistError> {
        if parts.is_empty() {
            return Err(DistError::Empty {
                family: "a mix",
                item: "part",
            });
        }
        let (weights, parts): (Vec<f64>, Vec<Dist>) = parts.into_iter().unzip();
        Ok(Mix {
            parts,
            up_to: running_shares(&weights)?,
        })
    }

    pub(super) fn pick(&self, draw: &mut impl Draw) -> &Dist {
        let u = draw.unit();
        &self.parts[self.up_to.partition_point(|share| *share <= u)]
    }

    /// The parts with a share above zero.
    fn shares(&self) -> impl Iterator<Item = (f64, &Dist)> {
        let before = core::iter::once(0.0).chain(self.up_to.iter().copied());
        let shares = self.up_to.iter().zip(before).map(|(up_to, before)| up_to - before);
        shares.zip(&self.parts).filter(|(share, _)| *share > 0.0)
    }

    pub(super) fn mean(&self) -> Option<f64> {
        self.shares()
            .try_fold(0.0, |sum, (share, part)| Some(sum + share * part.mean_ns()?))
    }

    pub(super) fn variance(&self) -> Option<f64> {
        let mean = self.mean()?;
        self.shares().try_fold(0.0, |sum, (share, part)| {
            let off = part.mean_ns()? - mean;
            Some(sum + share * (part.variance_ns2()? + off * off))
        })
    }

    pub(super) fn cdf(&self, x: f64) -> f64 {
        self.shares()
            .map(|(share, part)| share * part.cdf(x))
            .sum::<f64>()
            .min(1.0)
    }

    pub(super) fn quantile(&self, p: f64) -> f64 {
        // The quantile lies between those of the parts; at the ends they are it.
        let (mut low, mut high) = (f64::INFINITY, 0.0_f64);
        for (_, part) in self.shares() {
            let quantile = part.quantile(p);
            low = low.min(quantile);
            high = high.max(quantile);
        }
        if p == 0.0 || low == high {
            return low;
        }
        if p == 1.0 {
            return high;
        }
        // Shares may add up to a last bit less than one.
        let p = p - 1e-15;
        if self.cdf(low) >= p {
            low
        } else {
            special::rising_root(low, high, |x| self.cdf(x) - p)
        }
    }
}
