//! Where drawn points lie: for each axis a share of the way through its range, from 0 to below 1.
//!
//! | method | points |
//! | --- | --- |
//! | random | independent; the first ones stay when there are more |
//! | Latin hypercube | of n points one in each n-th of every axis, in an order of its own (McKay, Beckman, Conover, 1979) |
//! | Sobol | the first n of an Owen-scrambled Sobol sequence (Burley, "Practical Hash-based Owen Scrambling", 2020) |
//!
//! Draws of the first two belong to the axis's name: another axis moves none. In a Sobol sequence an axis's place in the file
//! is its dimension, so that a new axis at the end moves none.

use brownout_sim_core::rng::{Draw, Key, Purpose, Stream, Streams, mix};

use crate::spec::study::Method;

/// Points of a Sobol sequence at most.
pub const SOBOL_POINTS_MAX: u32 = 1 << 16;
/// Axes of a Sobol sequence at most.
pub const SOBOL_AXES_MAX: usize = 256;

/// The shares of one axis, by point. `place` is the axis's place among all that draw.
pub fn shares(method: Method, seed: u64, points: u32, axis: &str, place: usize) -> Vec<f64> {
    let mut stream = Streams::new(seed).stream(Purpose::Study, Key::of(axis));
    match method {
        Method::Random => (0..points).map(|_| stream.unit()).collect(),
        Method::LatinHypercube => latin(&mut stream, points),
        Method::Sobol => {
            let folded = mix(seed, Key::of("sobol").0);
            let seed = (folded ^ (folded >> 32)) as u32;
            let one = |point| f64::from(sobol_burley::sample(point, place as u32, seed));
            (0..points).map(one).collect()
        }
        Method::Grid | Method::Zip => unreachable!("their points are not drawn"),
    }
}

fn latin(stream: &mut Stream, points: u32) -> Vec<f64> {
    let mut slices: Vec<u32> = (0..points).collect();
    for at in (1..slices.len()).rev() {
        slices.swap(at, stream.below(at as u64 + 1) as usize);
    }
    let within = |slice: u32| (f64::from(slice) + stream.unit()) / f64::from(points);
    slices.into_iter().map(within).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slices(shares: &[f64]) -> Vec<usize> {
        let mut all: Vec<usize> = shares.iter().map(|it| (it * shares.len() as f64) as usize).collect();
        all.sort_unstable();
        all
    }

    #[test]
    fn a_latin_hypercube_has_one_point_in_each_slice_of_each_axis() {
        for (seed, axis) in [(1, "a"), (2, "b"), (2026, "timeout")] {
            let it = shares(Method::LatinHypercube, seed, 100, axis, 0);
            assert_eq!(slices(&it), (0..100).collect::<Vec<_>>());
        }
        let (a, b) = (
            shares(Method::LatinHypercube, 1, 100, "a", 0),
            shares(Method::LatinHypercube, 1, 100, "b", 0),
        );
        assert_ne!(a, b, "each axis has an order of its own");
    }

    #[test]
    fn draws_belong_to_the_name_of_the_axis() {
        for method in [Method::Random, Method::LatinHypercube] {
            assert_eq!(shares(method, 7, 20, "load", 0), shares(method, 7, 20, "load", 3));
            assert_ne!(shares(method, 7, 20, "load", 0), shares(method, 8, 20, "load", 0));
        }
        let (few, many) = (
            shares(Method::Random, 7, 10, "load", 0),
            shares(Method::Random, 7, 20, "load", 0),
        );
        assert_eq!(few[..], many[..10]);
    }

    #[test]
    fn a_sobol_sequence_fills_every_power_of_two_evenly() {
        for seed in [1, 2, 2026] {
            let (x, y) = (
                shares(Method::Sobol, seed, 64, "x", 0),
                shares(Method::Sobol, seed, 64, "y", 1),
            );
            assert_eq!(slices(&x), (0..64).collect::<Vec<_>>());
            assert_eq!(slices(&y), (0..64).collect::<Vec<_>>());
            // The first two dimensions are a (0, 2)-sequence: one point in each of 8 x 8 fields.
            let mut fields: Vec<usize> = x
                .iter()
                .zip(&y)
                .map(|(x, y)| (x * 8.0) as usize * 8 + (y * 8.0) as usize)
                .collect();
            fields.sort_unstable();
            assert_eq!(fields, (0..64).collect::<Vec<_>>());
        }
    }

    #[test]
    fn the_first_points_of_a_sobol_sequence_are_those_of_every_machine() {
        insta::assert_snapshot!(format!(
            "{:?}\n{:?}",
            shares(Method::Sobol, 1, 4, "x", 0),
            shares(Method::Sobol, 1, 4, "y", 1)
        ));
    }
}
