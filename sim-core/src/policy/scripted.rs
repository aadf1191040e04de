//! A source of chosen numbers, for tests whose answer depends on what is drawn.

use crate::rng::Draw;

/// Draws these shares of `[0, 1)` again and again; an integer below n is `trunc(share n)`.
pub(crate) struct Scripted {
    shares: Vec<f64>,
    /// How many draws have been made.
    pub(crate) draws: usize,
}

/// The largest number that [`Draw::unit`] gives.
pub(crate) const ALMOST_ONE: f64 = 1.0 - f64::EPSILON / 2.0;

impl Scripted {
    pub(crate) fn new(shares: &[f64]) -> Scripted {
        Scripted {
            shares: shares.to_vec(),
            draws: 0,
        }
    }

    fn next(&mut self) -> f64 {
        self.draws += 1;
        self.shares[(self.draws - 1) % self.shares.len()]
    }
}

impl Draw for Scripted {
    fn bits(&mut self) -> u64 {
        (self.next() * 18_446_744_073_709_551_616.0) as u64
    }

    fn below(&mut self, n: u64) -> u64 {
        (self.next() * n as f64) as u64
    }
}
