//! Peak EWMA: an estimate of a replica's response time that jumps up at once and comes down slowly.
//!
//! A sample above the estimate replaces it. One below is mixed in: with `w = e^(-dt / decay)`, `dt` being the time since the
//! last update, the estimate becomes `estimate w + sample (1 - w)`. Looking at the load is an update with a sample of 0, so an
//! estimate fades while nobody calls. The load is the estimate times one more than the calls outstanding.
//!
//! Sources: tower 0.5, `load::PeakEwma`; linkerd2-proxy (30 ms and 10 s); Finagle, `loadbalancer.PeakEwma`.

use super::Observed;
use crate::policy::{Invalid, require};
use crate::time::{SimTime, Span};

/// Settings of peak EWMA.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PeakEwma {
    /// `decay` (tower), `decayTime` (Finagle): in this time an estimate loses all but 1/e of its distance to the samples.
    pub decay: Span,
    /// What is believed of a replica that has not answered yet.
    pub default_rtt: DefaultRtt,
}

/// What is believed of a replica that has not answered yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DefaultRtt {
    /// `default_rtt`: that it takes this long, as tower and linkerd.
    Is(Span),
    /// That it costs nothing until it is called, and more than all others while its first calls are out, as Finagle.
    Penalty,
}

/// Finagle's `Penalty`.
const PENALTY: f64 = (i64::MAX >> 16) as f64;

/// What is believed of one replica.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    rtt_ns: f64,
    at: SimTime,
}

impl Estimate {
    /// The estimate in nanoseconds.
    pub const fn rtt_ns(&self) -> f64 {
        self.rtt_ns
    }

    #[inline]
    fn update(&mut self, now: SimTime, sample_ns: f64, decay: Span) {
        if sample_ns > self.rtt_ns {
            self.rtt_ns = sample_ns;
        } else {
            let passed = now.since(self.at).nanos() as f64;
            let stays = libm::exp(-passed / decay.nanos() as f64);
            self.rtt_ns = self.rtt_ns * stays + sample_ns * (1.0 - stays);
        }
        self.at = now;
    }
}

/// What is believed of each slot.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Estimates(Vec<Estimate>);

impl PeakEwma {
    /// linkerd's: 30 ms unless known better, forgotten in 10 s.
    pub const LINKERD: PeakEwma = PeakEwma {
        decay: Span::from_secs(10),
        default_rtt: DefaultRtt::Is(Span::from_millis(30)),
    };
    /// Finagle's `p2cPeakEwma`.
    pub const FINAGLE: PeakEwma = PeakEwma {
        decay: Span::from_secs(10),
        default_rtt: DefaultRtt::Penalty,
    };

    pub(super) fn check(&self) -> Result<(), Invalid> {
        require(self.decay > Span::ZERO, "decay is longer than 0; the default is 10s")?;
        let some = self.default_rtt != DefaultRtt::Is(Span::ZERO);
        require(some, "default_rtt is longer than 0; the default is 30ms")
    }

    /// What is believed of a replica that came at `now`.
    pub fn first(&self, now: SimTime) -> Estimate {
        let rtt_ns = match self.default_rtt {
            DefaultRtt::Is(rtt) => rtt.nanos() as f64,
            DefaultRtt::Penalty => 0.0,
        };
        Estimate { rtt_ns, at: now }
    }

    pub(super) fn start(&self, slots: usize) -> Estimates {
        Estimates(vec![self.first(SimTime::ZERO); slots])
    }

    pub(super) fn forget(&self, estimates: &mut Estimates, slot: usize, now: SimTime) {
        estimates.0[slot] = self.first(now);
    }

    /// A call took `rtt`, whatever its outcome.
    #[inline]
    pub fn sample(&self, estimate: &mut Estimate, now: SimTime, rtt: Span) {
        estimate.update(now, rtt.nanos() as f64, self.decay);
    }

    #[inline]
    pub(super) fn observe(&self, estimates: &mut Estimates, observed: &Observed) {
        self.sample(&mut estimates.0[observed.slot], observed.now, observed.rtt);
    }

    /// How loaded a replica with this many calls outstanding is. Looking lets the estimate fade.
    #[inline]
    pub fn load(&self, estimate: &mut Estimate, now: SimTime, outstanding: u32) -> f64 {
        estimate.update(now, 0.0, self.decay);
        if self.default_rtt == DefaultRtt::Penalty && estimate.rtt_ns == 0.0 && outstanding != 0 {
            return PENALTY + f64::from(outstanding);
        }
        estimate.rtt_ns * (f64::from(outstanding) + 1.0)
    }

    #[inline]
    pub(super) fn load_of(&self, estimates: &mut Estimates, slot: usize, now: SimTime, outstanding: u32) -> f64 {
        self.load(&mut estimates.0[slot], now, outstanding)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(ms: u64) -> SimTime {
        SimTime::from_nanos(ms * 1_000_000)
    }

    #[test]
    fn lb_4_peaks_count_at_once_and_fade_slowly() {
        let ewma = PeakEwma::LINKERD;
        let mut estimate = ewma.first(at(0));
        let after: Vec<f64> = [(0, 10), (1_000, 100), (1_100, 10), (11_100, 10)]
            .into_iter()
            .map(|(ms, rtt)| {
                ewma.sample(&mut estimate, at(ms), Span::from_millis(rtt));
                estimate.rtt_ns() / 1e6
            })
            .collect();
        for (got, expected) in after.iter().zip([30.0, 100.0, 99.1045, 42.7797]) {
            assert!((got - expected).abs() < 5e-5, "{got}, not {expected}");
        }
        let read = ewma.load(&mut estimate, at(21_100), 0) / 1e6;
        assert!((read - 15.7378).abs() < 5e-5, "{read}");
        // One more outstanding doubles the load; the same instant lets nothing fade.
        assert_eq!(ewma.load(&mut estimate, at(21_100), 1) / 1e6, 2.0 * read);
    }

    #[test]
    fn finagle_shuns_a_replica_whose_first_answer_is_awaited() {
        let ewma = PeakEwma::FINAGLE;
        let mut new = ewma.first(at(0));
        assert_eq!(ewma.load(&mut new, at(5), 0), 0.0);
        assert_eq!(ewma.load(&mut new, at(5), 2), 140_737_488_355_327.0 + 2.0);
        ewma.sample(&mut new, at(6), Span::from_millis(4));
        assert_eq!(ewma.load(&mut new, at(6), 2), 12e6);
    }

    #[test]
    fn nonsense_is_named_with_its_default() {
        let zero = PeakEwma {
            decay: Span::ZERO,
            ..PeakEwma::LINKERD
        };
        assert_eq!(zero.check(), Err(Invalid("decay is longer than 0; the default is 10s")));
        let instant = PeakEwma {
            default_rtt: DefaultRtt::Is(Span::ZERO),
            ..PeakEwma::LINKERD
        };
        assert!(instant.check().is_err());
        assert_eq!(PeakEwma::FINAGLE.check(), Ok(()));
    }

    proptest! {
        /// An estimate lies between the least and the greatest that it has seen, and right after a sample not below it.
        #[test]
        fn estimates_stay_between_their_samples(samples in prop::collection::vec((0u64..20_000, 1u64..500), 1..60)) {
            let ewma = PeakEwma::LINKERD;
            let mut estimate = ewma.first(at(0));
            let (mut now, mut low, mut high) = (0, 30.0f64, 30.0f64);
            for (gap, rtt) in samples {
                now += gap;
                (low, high) = (low.min(rtt as f64), high.max(rtt as f64));
                ewma.sample(&mut estimate, at(now), Span::from_millis(rtt));
                let ms = estimate.rtt_ns() / 1e6;
                prop_assert!(ms >= low - 1e-9 && ms <= high + 1e-9 && ms >= rtt as f64 - 1e-9, "{ms} of {low}..{high}");
            }
        }
    }
}
