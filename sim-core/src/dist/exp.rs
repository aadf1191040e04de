//! e^x for samplers: fast, and the same bits on every machine.
//!
//! `x` is a multiple of ln 2 / 128 and a small rest: the one gives a power of two and an entry of a table, the other a short
//! polynomial. Only sums, products and bits: nothing that a machine could do in its own way.
//!
//! Source: P. T. P. Tang, "Table-Driven Implementation of the Exponential Function in IEEE Floating-Point Arithmetic", ACM
//! TOMS 15(2), 1989.

use super::ziggurat::exp as exp_at_compile_time;

const STEPS: usize = 128;
const STEPS_BITS: u32 = STEPS.trailing_zeros();

/// 2^(i / 128).
static POWERS: [f64; STEPS] = {
    let (mut powers, mut at) = ([1.0; STEPS], 1);
    while at < STEPS {
        // Twice e^-x with x in (0, ln 2).
        let x = core::f64::consts::LN_2 * ((STEPS - at) as f64 / STEPS as f64);
        powers[at] = 2.0 * exp_at_compile_time(-x);
        at += 1;
    }
    powers
};

/// ln 2 / 128 in two parts, the first with so many zeros at its end that its product with the multiple is exact.
const STEP_HIGH: f64 = 6.931_471_803_691_238e-1 / STEPS as f64;
const STEP_LOW: f64 = 1.908_214_929_270_587_7e-10 / STEPS as f64;

/// Beyond this, the power of two would not be a normal number.
const FAR: f64 = 700.0;

/// e^x, right to two units in the last place.
#[inline]
pub(super) fn exp(x: f64) -> f64 {
    // A number added and taken away again leaves the nearest integer, which also stands in the last bits of the sum.
    const ROUND: f64 = 1.5 * (1u64 << 52) as f64;
    if x.abs() < FAR {
        let shifted = x * (STEPS as f64 / core::f64::consts::LN_2) + ROUND;
        let steps = shifted.to_bits();
        let whole = shifted - ROUND;
        let rest = (x - whole * STEP_HIGH) - whole * STEP_LOW;
        let square = rest * rest;
        let tail = rest + square * ((0.5 + rest * (1.0 / 6.0)) + square * (1.0 / 24.0 + rest * (1.0 / 120.0)));
        let power = POWERS[steps as usize % STEPS];
        let scale = f64::from_bits(power.to_bits().wrapping_add((steps >> STEPS_BITS) << 52));
        scale + scale * tail
    } else {
        far(x)
    }
}

#[cold]
#[inline(never)]
fn far(x: f64) -> f64 {
    libm::exp(x)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_what_libm_computes_to_two_units_in_the_last_place() {
        let mut bits = 1u64;
        for at in 0..200_000 {
            bits = crate::rng::mix(bits, at);
            let x = (crate::rng::unit_from_bits(bits) - 0.5) * 2.0 * FAR;
            let (ours, theirs) = (exp(x), libm::exp(x));
            let apart = ours.to_bits().abs_diff(theirs.to_bits());
            assert!(apart <= 2, "e^{x}: {ours:e} {theirs:e}");
        }
        assert_eq!(exp(0.0), 1.0);
    }

    #[test]
    fn far_away_it_is_libm_itself() {
        for x in [
            -1e9,
            -745.0,
            -700.0,
            700.0,
            709.7,
            1e9,
            f64::INFINITY,
            f64::NEG_INFINITY,
        ] {
            assert_eq!(exp(x).to_bits(), libm::exp(x).to_bits(), "{x}");
        }
        assert!(exp(f64::NAN).is_nan());
    }
}
