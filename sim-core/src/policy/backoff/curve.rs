//! The textbook curves and jitters of back-off.
//!
//! | curve | pause before retry n |
//! | --- | --- |
//! | fixed | `b` |
//! | linear | `min(cap, n b)` |
//! | exponential | `min(cap, b m^(n-1))` |
//!
//! | jitter | what is waited, `x` being the curve and `u` uniform in [0, 1) |
//! | --- | --- |
//! | none | `x` |
//! | full | `u x` |
//! | equal | `x/2 + u x/2` |
//! | decorrelated | `d = min(cap, b + u (3 d' - b))`, `d'` being the pause before, first `b`; the curve gives only `b` and the cap |
//!
//! Source: M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog (2015), and its simulator.

use super::{exponential, part};
use crate::policy::{Invalid, require};
use crate::quantity::Factor;
use crate::rng::Draw;
use crate::time::Span;

/// How a pause grows with the number of the retry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Curve {
    /// Always the same.
    Fixed(Span),
    /// By the same step each time.
    Linear {
        /// The first pause and the step.
        base: Span,
        /// The longest pause; [`Span::MAX`] is none.
        cap: Span,
    },
    /// By the same factor each time.
    Exponential {
        /// The first pause.
        base: Span,
        /// The growth; usually 2.
        factor: Factor,
        /// The longest pause; [`Span::MAX`] is none.
        cap: Span,
    },
}

/// What chance does to a pause.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Jitter {
    /// Nothing.
    #[default]
    None,
    /// Anything between nothing and all of it.
    Full,
    /// Half of it stays.
    Equal,
    /// A walk that depends on the pause before.
    Decorrelated,
}

impl Curve {
    /// The pause before retry `n` without jitter.
    #[inline]
    pub fn at(&self, n: u32) -> Span {
        match *self {
            Curve::Fixed(pause) => pause,
            Curve::Linear { base, cap } => base.scale(u64::from(n), 1).min(cap),
            Curve::Exponential { base, factor, cap } => exponential(base, factor, n - 1, cap),
        }
    }

    fn base(&self) -> Span {
        match *self {
            Curve::Fixed(base) | Curve::Linear { base, .. } | Curve::Exponential { base, .. } => base,
        }
    }

    fn cap(&self) -> Span {
        match *self {
            Curve::Fixed(_) => Span::MAX,
            Curve::Linear { cap, .. } | Curve::Exponential { cap, .. } => cap,
        }
    }
}

impl Jitter {
    /// The name used in files.
    pub const fn name(self) -> &'static str {
        match self {
            Jitter::None => "none",
            Jitter::Full => "full",
            Jitter::Equal => "equal",
            Jitter::Decorrelated => "decorrelated",
        }
    }

    #[inline]
    pub(super) fn apply(self, curve: &Curve, n: u32, before: &mut u64, draw: &mut impl Draw) -> Span {
        match self {
            Jitter::None => curve.at(n),
            Jitter::Full => part(curve.at(n), draw.unit()),
            Jitter::Equal => part(curve.at(n), 0.5 + 0.5 * draw.unit()),
            Jitter::Decorrelated => {
                let base = curve.base().nanos() as f64;
                let before_ns = if n == 1 { base } else { *before as f64 };
                let pause = Span::from_nanos_f64(base + draw.unit() * (3.0 * before_ns - base)).min(curve.cap());
                *before = pause.nanos();
                pause
            }
        }
    }

    pub(super) fn bound(self, curve: &Curve, n: u32) -> Span {
        match self {
            Jitter::None | Jitter::Full | Jitter::Equal => curve.at(n),
            Jitter::Decorrelated => exponential(curve.base(), Factor(3_000_000), n, curve.cap()),
        }
    }

    pub(super) fn mean(self, curve: &Curve, n: u32) -> Option<f64> {
        let whole = curve.at(n).as_secs_f64();
        match self {
            Jitter::None => Some(whole),
            Jitter::Full => Some(whole / 2.0),
            Jitter::Equal => Some(whole * 0.75),
            Jitter::Decorrelated => None,
        }
    }

    pub(super) fn check(self, curve: &Curve) -> Result<(), Invalid> {
        require(
            curve.cap() >= curve.base(),
            "the cap of a back-off is at least its first pause",
        )?;
        if let Curve::Exponential { factor, .. } = curve {
            require(*factor >= Factor::ONE, "the factor of a back-off is at least 1")?;
        }
        let endless = matches!(self, Jitter::Decorrelated) && curve.cap() == Span::MAX;
        require(
            !endless,
            "decorrelated jitter needs a curve with a cap: it triples without end",
        )
    }
}
