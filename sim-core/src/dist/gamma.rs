//! Gamma and Erlang lengths.

use super::special::gamma_p;
use super::ziggurat;
use crate::rng::Draw;

/// Gamma of some shape and scale.
#[derive(Clone, Debug, PartialEq)]
pub struct Gamma {
    shape: f64,
    scale: f64,
    /// `d` and `c` of the method below, for `shape`, or for `shape + 1` if it is below one.
    d: f64,
    c: f64,
}

impl Gamma {
    pub(super) fn new(shape: f64, scale: f64) -> Gamma {
        let d = if shape < 1.0 { shape + 1.0 } else { shape } - 1.0 / 3.0;
        Gamma {
            shape,
            scale,
            d,
            c: 1.0 / (9.0 * d).sqrt(),
        }
    }

    /// Rejection from the cube of a normal number; a shape below one is sampled from one above and a power of a uniform.
    ///
    /// Source: G. Marsaglia, W. W. Tsang, "A Simple Method for Generating Gamma Variables", ACM TOMS 26(3), 2000.
    pub(super) fn sample(&self, draw: &mut impl Draw) -> f64 {
        let core = loop {
            let z = ziggurat::normal(draw);
            let root = 1.0 + self.c * z;
            if root <= 0.0 {
                continue;
            }
            let cube = root * root * root;
            // -ln of a uniform number is an exponential one.
            let spare = ziggurat::exponential(draw);
            if -spare < 0.5 * z * z + self.d * (1.0 - cube + libm::log(cube)) {
                break self.d * cube;
            }
        };
        if self.shape < 1.0 {
            return self.scale * core * libm::exp(-ziggurat::exponential(draw) / self.shape);
        }
        self.scale * core
    }

    pub(super) fn mean(&self) -> f64 {
        self.shape * self.scale
    }

    pub(super) fn variance(&self) -> f64 {
        self.shape * self.scale * self.scale
    }

    pub(super) fn cdf(&self, x: f64) -> f64 {
        gamma_p(self.shape, x / self.scale)
    }
}

/// The sum of `k` exponentials.
#[derive(Clone, Debug, PartialEq)]
pub struct Erlang {
    k: u32,
    gamma: Gamma,
}

/// Up to so many phases, adding exponentials beats the gamma sampler.
const PHASES_ADDED: u32 = 8;

impl Erlang {
    pub(super) fn new(k: u32, mean: f64) -> Erlang {
        Erlang {
            k,
            gamma: Gamma::new(f64::from(k), mean / f64::from(k)),
        }
    }

    pub(super) fn sample(&self, draw: &mut impl Draw) -> f64 {
        if self.k > PHASES_ADDED {
            return self.gamma.sample(draw);
        }
        let mut sum = 0.0;
        for _ in 0..self.k {
            sum += ziggurat::exponential(draw);
        }
        self.gamma.scale * sum
    }

    pub(super) fn mean(&self) -> f64 {
        self.gamma.mean()
    }

    pub(super) fn variance(&self) -> f64 {
        self.gamma.variance()
    }

    pub(super) fn cdf(&self, x: f64) -> f64 {
        self.gamma.cdf(x)
    }
}
