//! Power of two choices as Finagle and tower have it: two *different* replicas are drawn; the healthier one is taken if asked
//! for, else the less loaded, the first on a tie.
//!
//! The load is what is outstanding, or a [`PeakEwma`] of response times.
//!
//! Sources: Finagle, `loadbalancer.P2C` (`p2c`, `p2cPeakEwma`); tower 0.5, `balance::p2c`; linkerd2-proxy.

use super::peak_ewma::{Estimates, PeakEwma};
use super::{Observed, View};
use crate::policy::Invalid;
use crate::rng::Draw;
use crate::time::SimTime;

/// Settings of the power of two choices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct P2c {
    /// What is compared.
    pub load: Load,
    /// Whether a healthy replica is preferred to one that is not, whatever the load.
    pub prefer_healthy: bool,
}

/// What makes a replica loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Load {
    /// The calls outstanding ("least loaded").
    Outstanding,
    /// Response times, and the calls outstanding.
    PeakEwma(PeakEwma),
}

impl P2c {
    /// Finagle's default balancer.
    pub const FINAGLE: P2c = P2c {
        load: Load::Outstanding,
        prefer_healthy: true,
    };
    /// Finagle's `p2cPeakEwma`.
    pub const FINAGLE_PEAK_EWMA: P2c = P2c {
        load: Load::PeakEwma(PeakEwma::FINAGLE),
        prefer_healthy: true,
    };
    /// linkerd's, which is tower's.
    pub const LINKERD: P2c = P2c {
        load: Load::PeakEwma(PeakEwma::LINKERD),
        prefer_healthy: false,
    };

    pub(super) fn check(&self) -> Result<(), Invalid> {
        match &self.load {
            Load::Outstanding => Ok(()),
            Load::PeakEwma(it) => it.check(),
        }
    }

    pub(super) fn start(&self, slots: usize) -> Estimates {
        match &self.load {
            Load::Outstanding => Estimates::default(),
            Load::PeakEwma(it) => it.start(slots),
        }
    }

    #[inline]
    pub(super) fn observe(&self, estimates: &mut Estimates, observed: &Observed) {
        if let Load::PeakEwma(it) = &self.load {
            it.observe(estimates, observed);
        }
    }

    pub(super) fn host_changed(&self, estimates: &mut Estimates, now: SimTime, slot: usize) {
        if let Load::PeakEwma(it) = &self.load {
            it.forget(estimates, slot, now);
        }
    }

    /// Two draws, none if there is no choice.
    #[inline]
    pub(super) fn pick(&self, estimates: &mut Estimates, view: &impl View, draw: &mut impl Draw) -> usize {
        let n = view.len() as u64;
        if n == 1 {
            return 0;
        }
        let first = draw.below(n) as usize;
        let other = draw.below(n - 1) as usize;
        let second = if other >= first { other + 1 } else { other };
        if self.prefer_healthy && view.healthy(first) != view.healthy(second) {
            return if view.healthy(first) { first } else { second };
        }
        let lighter = match &self.load {
            Load::Outstanding => view.outstanding(second) < view.outstanding(first),
            Load::PeakEwma(it) => {
                let mut load = |at| it.load_of(estimates, view.slot(at), view.now(), view.outstanding(at));
                let one = load(first);
                load(second) < one
            }
        };
        if lighter { second } else { first }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::Outcome;
    use crate::policy::scripted::Scripted;
    use crate::rng::{Key, Purpose, Streams};
    use crate::routing::tests::Replicas;
    use crate::routing::{Balance, BalanceState};
    use crate::time::Span;

    #[test]
    fn the_healthier_is_taken_before_the_less_loaded() {
        let mut view = Replicas::busy(&[0, 5]);
        view.sick = vec![0];
        let pick = |p2c: P2c, shares: &[f64]| p2c.pick(&mut Estimates::default(), &view, &mut Scripted::new(shares));
        assert_eq!(pick(P2c::FINAGLE, &[0.0, 0.0]), 1);
        assert_eq!(pick(P2c::FINAGLE, &[0.5, 0.0]), 1);
        let blind = P2c {
            prefer_healthy: false,
            ..P2c::FINAGLE
        };
        assert_eq!(pick(blind, &[0.5, 0.0]), 0);
    }

    #[test]
    fn without_health_it_is_two_choices_and_draws_the_same() {
        let view = Replicas::busy(&[3, 1, 4, 1, 5]);
        let mut draw = Streams::new(3).stream(Purpose::Balance, Key(1));
        let mut same = draw.clone();
        let distinct = Balance::TwoChoices { replacement: false };
        for _ in 0..200 {
            let other = distinct.pick(&mut BalanceState::None, &view, &mut same).unwrap();
            assert_eq!(P2c::FINAGLE.pick(&mut Estimates::default(), &view, &mut draw), other);
        }
    }

    #[test]
    fn a_slow_replica_is_shunned_until_its_peak_has_faded() {
        let balance = Balance::P2c(P2c::LINKERD);
        let mut draw = Scripted::new(&[0.0]);
        let mut state = balance.start(2, &mut draw);
        let mut view = Replicas::idle(2);
        let end = |ms: u64, slot, rtt| Observed {
            now: SimTime::from_nanos(ms * 1_000_000),
            slot,
            rtt: Span::from_millis(rtt),
            outcome: Outcome::Error,
        };
        let mut pick = |state: &mut BalanceState, view: &Replicas| balance.pick(state, view, &mut draw).unwrap();
        assert_eq!(pick(&mut state, &view), 0, "equal: the first drawn");
        balance.observe(&mut state, &end(0, 0, 200));
        assert_eq!(pick(&mut state, &view), 1);
        // 200 ms against 30 ms and six more calls out: 7 times 30 is more.
        view.rows[1].1 = 6;
        assert_eq!(pick(&mut state, &view), 0);
        view.rows[1].1 = 5;
        assert_eq!(pick(&mut state, &view), 1);
        // Both fade alike, so only new samples change the order; a host that is new begins at 30 ms.
        view.now = SimTime::from_secs(40);
        assert_eq!(pick(&mut state, &view), 1);
        balance.host_changed(&mut state, &view, 0);
        view.rows[1].1 = 0;
        assert_eq!(
            pick(&mut state, &view),
            1,
            "30 ms that have faded for 40 s against fresh ones"
        );
    }
}
