//! Polly v8's back-off.
//!
//! | shape | without jitter | with jitter |
//! | --- | --- | --- |
//! | constant | `b` | `b (0.75 + 0.5 u)` |
//! | linear | `n b` | `n b (0.75 + 0.5 u)` |
//! | exponential | `2^(n-1) b` | decorrelated V2: `t = n - 1 + u; g = 2^t tanh(sqrt(4 t)); d = (g - g') b / 1.4`, `g'` being the `g` before |
//!
//! The cap comes last.
//!
//! Source: Polly 8, `RetryHelper.cs` and `RetryConstants.cs` (defaults: 2 s, constant, no jitter).

use super::{DOUBLING, exponential, part};
use crate::policy::{Invalid, require};
use crate::rng::Draw;
use crate::time::Span;

/// Settings of Polly's back-off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Polly {
    /// How it grows.
    pub shape: Shape,
    /// `Delay`; the median of the first pause with decorrelated jitter.
    pub base: Span,
    /// `UseJitter`.
    pub jitter: bool,
    /// `MaxDelay`; [`Span::MAX`] is none.
    pub cap: Span,
}

/// Polly's `DelayBackoffType`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Always the same.
    Constant,
    /// By the same step each time.
    Linear,
    /// Twice as long each time.
    Exponential,
}

impl Polly {
    /// Polly's defaults.
    pub const DEFAULT: Polly = Polly {
        shape: Shape::Constant,
        base: Span::from_secs(2),
        jitter: false,
        cap: Span::MAX,
    };

    fn plain(&self, n: u32) -> Span {
        match self.shape {
            Shape::Constant => self.base,
            Shape::Linear => self.base.scale(u64::from(n), 1),
            Shape::Exponential => exponential(self.base, DOUBLING, n - 1, Span::MAX),
        }
    }

    #[inline]
    pub(super) fn delay(&self, n: u32, memory: &mut u64, draw: &mut impl Draw) -> Span {
        let pause = match (self.jitter, self.shape) {
            (false, _) => self.plain(n),
            (true, Shape::Constant | Shape::Linear) => part(self.plain(n), 0.75 + 0.5 * draw.unit()),
            (true, Shape::Exponential) => {
                let grown = growth(f64::from(n - 1) + draw.unit());
                let before = f64::from_bits(*memory); // All bits zero is 0.0.
                *memory = grown.to_bits();
                self.scaled(grown - before, grown)
            }
        };
        pause.min(self.cap)
    }

    pub(super) fn bound(&self, n: u32) -> Span {
        let bound = match (self.jitter, self.shape) {
            (false, _) => self.plain(n),
            (true, Shape::Constant | Shape::Linear) => self.plain(n).scale(5, 4) + Span::from_nanos(1),
            (true, Shape::Exponential) => {
                let (high, low) = (growth(f64::from(n)), growth(f64::from(n.saturating_sub(2))));
                self.scaled(high - low, high) + Span::from_nanos(1)
            }
        };
        bound.min(self.cap)
    }

    /// `difference · b / 1.4`; for ever once the growth has left the numbers.
    fn scaled(&self, difference: f64, grown: f64) -> Span {
        if grown.is_infinite() {
            return Span::MAX;
        }
        Span::from_nanos_f64(difference * (self.base.nanos() as f64 / 1.4))
    }

    pub(super) fn check(&self) -> Result<(), Invalid> {
        require(
            self.base <= Span::from_secs(86_400),
            "Polly's delay is at most 24h (default 2s)",
        )
    }
}

/// `2^t tanh(sqrt(4 t))`.
fn growth(t: f64) -> f64 {
    libm::exp2(t) * libm::tanh(libm::sqrt(4.0 * t))
}
