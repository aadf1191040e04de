//! Standard exponential and normal numbers from one random word, nearly always.
//!
//! The area under the density is cut into 256 layers of equal area. A word picks a layer (its low 8 bits) and a point in
//! it (its high 53 bits); 98.9 % of the points are certainly under the curve and need no transcendental function. The
//! tables are computed at compile time, where floating point is the same on every platform.
//!
//! Source: G. Marsaglia, W. W. Tsang, "The Ziggurat Method for Generating Random Variables", J. Stat. Software 5(8), 2000.

use crate::rng::{Draw, unit_from_bits};

const LAYERS: usize = 256;

/// `x[0]` is the width of the base layer as if it were a rectangle, `x[1]` where the tail begins, `x[256]` is zero;
/// `f[i]` is the density (scaled to 1 at zero) at `x[i]`.
struct Table {
    x: [f64; LAYERS + 1],
    f: [f64; LAYERS + 1],
}

/// Where the tail of e^-x begins, for 256 layers: the root that closes the last layer at height 1.
const EXPONENTIAL_TAIL: f64 = 7.697_117_470_131_05;
/// The same for e^(-x^2/2).
const NORMAL_TAIL: f64 = 3.654_152_885_361_009;
/// The area of one layer under e^(-x^2/2): `R f(R) + sqrt(pi/2) erfc(R/sqrt 2)`.
const NORMAL_AREA: f64 = 0.004_928_673_233_974_655;

static EXPONENTIAL: Table = exponential_table();
static NORMAL: Table = normal_table();

const fn exponential_table() -> Table {
    let (mut x, mut f) = ([0.0; LAYERS + 1], [1.0; LAYERS + 1]);
    let area = (EXPONENTIAL_TAIL + 1.0) * exp(-EXPONENTIAL_TAIL);
    x[1] = EXPONENTIAL_TAIL;
    f[1] = exp(-EXPONENTIAL_TAIL);
    x[0] = area / f[1];
    f[0] = exp(-x[0]);
    let mut i = 2;
    while i < LAYERS {
        f[i] = f[i - 1] + area / x[i - 1];
        x[i] = -ln(f[i]);
        i += 1;
    }
    Table { x, f }
}

const fn normal_table() -> Table {
    let (mut x, mut f) = ([0.0; LAYERS + 1], [1.0; LAYERS + 1]);
    x[1] = NORMAL_TAIL;
    f[1] = exp(-0.5 * NORMAL_TAIL * NORMAL_TAIL);
    x[0] = NORMAL_AREA / f[1];
    f[0] = exp(-0.5 * x[0] * x[0]);
    let mut i = 2;
    while i < LAYERS {
        f[i] = f[i - 1] + NORMAL_AREA / x[i - 1];
        x[i] = sqrt(-2.0 * ln(f[i]));
        i += 1;
    }
    Table { x, f }
}

/// An exponential number of mean 1.
#[inline]
pub(crate) fn exponential(draw: &mut impl Draw) -> f64 {
    let bits = draw.bits();
    exponential_from(bits).unwrap_or_else(|| exponential_edge(draw, bits))
}

/// The exponential number that a word gives, if it is well under the curve.
#[inline]
pub(super) fn exponential_from(bits: u64) -> Option<f64> {
    let layer = (bits & 0xff) as usize;
    let x = unit_from_bits(bits) * EXPONENTIAL.x[layer];
    (x < EXPONENTIAL.x[layer + 1]).then_some(x)
}

#[cold]
#[inline(never)]
fn exponential_edge(draw: &mut impl Draw, bits: u64) -> f64 {
    let mut layer = (bits & 0xff) as usize;
    let mut x = unit_from_bits(bits) * EXPONENTIAL.x[layer];
    let mut beyond = 0.0;
    loop {
        if layer == 0 {
            // The tail of an exponential is the tail's beginning and an exponential.
            beyond += EXPONENTIAL_TAIL;
        } else {
            let height = EXPONENTIAL.f[layer] + (EXPONENTIAL.f[layer + 1] - EXPONENTIAL.f[layer]) * draw.unit();
            if height < libm::exp(-x) {
                return beyond + x;
            }
        }
        let bits = draw.bits();
        layer = (bits & 0xff) as usize;
        x = unit_from_bits(bits) * EXPONENTIAL.x[layer];
        if x < EXPONENTIAL.x[layer + 1] {
            return beyond + x;
        }
    }
}

/// A normal number of mean 0 and variance 1.
#[inline]
pub(super) fn normal(draw: &mut impl Draw) -> f64 {
    loop {
        let bits = draw.bits();
        if let Some(x) = normal_from(bits).or_else(|| normal_edge(draw, bits)) {
            return x;
        }
    }
}

/// The normal number that a word gives, if it is well under the curve.
#[inline]
pub(super) fn normal_from(bits: u64) -> Option<f64> {
    let layer = (bits & 0xff) as usize;
    let x = unit_from_bits(bits) * NORMAL.x[layer];
    (x < NORMAL.x[layer + 1]).then_some(signed(x, bits))
}

/// The sign is the word's ninth bit.
#[inline]
fn signed(x: f64, bits: u64) -> f64 {
    f64::from_bits(x.to_bits() | (bits & 0x100) << 55)
}

#[cold]
#[inline(never)]
fn normal_edge(draw: &mut impl Draw, bits: u64) -> Option<f64> {
    let layer = (bits & 0xff) as usize;
    let x = unit_from_bits(bits) * NORMAL.x[layer];
    edge_beyond(draw, layer, x).map(|it| signed(it, bits))
}

/// Whether, or where, a point at the edge of the normal density is under it.
fn edge_beyond(draw: &mut impl Draw, layer: usize, x: f64) -> Option<f64> {
    if layer > 0 {
        let height = NORMAL.f[layer] + (NORMAL.f[layer + 1] - NORMAL.f[layer]) * draw.unit();
        return (height < libm::exp(-0.5 * x * x)).then_some(x);
    }
    // Marsaglia's method for the tail.
    loop {
        let beyond = exponential(draw) / NORMAL_TAIL;
        if 2.0 * exponential(draw) > beyond * beyond {
            return Some(NORMAL_TAIL + beyond);
        }
    }
}

// libm is not `const`; these three are only for the tables.

const LN_2_HIGH: f64 = 6.931_471_803_691_238e-1;
const LN_2_LOW: f64 = 1.908_214_929_270_587_7e-10;

/// e^x for `x` in -700..=0: Taylor's series after taking out powers of two.
pub(super) const fn exp(x: f64) -> f64 {
    let halvings = (-x / core::f64::consts::LN_2 + 0.5) as u32;
    let rest = (x + halvings as f64 * LN_2_HIGH) + halvings as f64 * LN_2_LOW;
    let (mut sum, mut term) = (0.0, 1.0);
    let mut terms = [0.0; 20];
    let mut i = 0;
    while i < 20 {
        terms[i] = term;
        i += 1;
        term *= rest / i as f64;
    }
    while i > 0 {
        i -= 1;
        sum += terms[i];
    }
    let mut n = 0;
    while n < halvings {
        sum *= 0.5;
        n += 1;
    }
    sum
}

/// ln x for `x` in (0, 1]: the series of the inverse hyperbolic tangent after taking out powers of two.
const fn ln(mut x: f64) -> f64 {
    let mut doublings = 0.0;
    while x < core::f64::consts::FRAC_1_SQRT_2 {
        x *= 2.0;
        doublings += 1.0;
    }
    let ratio = (x - 1.0) / (x + 1.0);
    let square = ratio * ratio;
    let mut sum = 0.0;
    let mut i = 24;
    while i > 0 {
        i -= 1;
        sum = sum * square + 1.0 / (2 * i + 1) as f64;
    }
    (2.0 * ratio * sum - doublings * LN_2_LOW) - doublings * LN_2_HIGH
}

/// The square root of a number near one, by Newton's method.
const fn sqrt(x: f64) -> f64 {
    let mut root = if x > 1.0 { x } else { 1.0 };
    let mut i = 0;
    while i < 60 {
        root = 0.5 * (root + x / root);
        i += 1;
    }
    root
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(a: f64, b: f64) -> bool {
        (a - b).abs() <= 1e-13 * b.abs().max(1e-3)
    }

    #[test]
    fn the_exponential_table_is_what_libm_computes() {
        let area = (EXPONENTIAL_TAIL + 1.0) * libm::exp(-EXPONENTIAL_TAIL);
        assert!(near(EXPONENTIAL.x[0], area / libm::exp(-EXPONENTIAL_TAIL)));
        for i in 1..LAYERS {
            assert!(near(EXPONENTIAL.f[i], libm::exp(-EXPONENTIAL.x[i])), "{i}");
            let height = if i + 1 < LAYERS { EXPONENTIAL.f[i + 1] } else { 1.0 };
            let layer = EXPONENTIAL.x[i] * (height - EXPONENTIAL.f[i]);
            assert!(
                (layer / area - 1.0).abs() < 1e-9,
                "layer {i} has area {layer}, not {area}"
            );
        }
        assert_eq!((EXPONENTIAL.x[LAYERS], EXPONENTIAL.f[LAYERS]), (0.0, 1.0));
    }

    #[test]
    fn the_normal_table_is_what_libm_computes() {
        let tail = (core::f64::consts::PI / 2.0).sqrt() * libm::erfc(NORMAL_TAIL / core::f64::consts::SQRT_2);
        let area = NORMAL_TAIL * libm::exp(-0.5 * NORMAL_TAIL * NORMAL_TAIL) + tail;
        assert!((NORMAL_AREA / area - 1.0).abs() < 1e-14, "{NORMAL_AREA} {area:.20}");
        for i in 1..LAYERS {
            assert!(near(NORMAL.f[i], libm::exp(-0.5 * NORMAL.x[i] * NORMAL.x[i])), "{i}");
            let height = if i + 1 < LAYERS { NORMAL.f[i + 1] } else { 1.0 };
            let layer = NORMAL.x[i] * (height - NORMAL.f[i]);
            assert!(
                (layer / area - 1.0).abs() < 1e-9,
                "layer {i} has area {layer}, not {area}"
            );
        }
        assert_eq!((NORMAL.x[LAYERS], NORMAL.f[LAYERS]), (0.0, 1.0));
    }

    #[test]
    fn one_word_nearly_always_suffices() {
        struct Counting(u64, u64);
        impl Draw for Counting {
            fn bits(&mut self) -> u64 {
                self.1 += 1;
                self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
                crate::rng::mix(self.0, 7)
            }
        }
        let mut words = Counting(1, 0);
        for _ in 0..10_000 {
            exponential(&mut words);
            normal(&mut words);
        }
        assert!(words.1 < 20_900, "{} words for 20000 numbers", words.1);
    }
}
