//! Least request: of several replicas drawn with replacement, the one with the fewest requests outstanding, the first on a
//! tie.
//!
//! So it is while all weights are equal. As soon as they differ, Envoy turns to a schedule by deadlines, in which a replica's
//! weight is `weight / (outstanding + 1)^active_request_bias`, read when it is put back: after its own pick, before the
//! request that it was picked for counts. As in [`Edf`](super::Edf) each caller skips some picks at first.
//!
//! Sources: Envoy, `LeastRequestLbConfig` and `LeastRequestLoadBalancer`; gRPC proposal A48 (`choiceCount` 2 to 10, no
//! weights).

use super::edf::Deadlines;
use super::slow_start::SlowStart;
use super::{View, least_outstanding};
use crate::policy::{Invalid, require};
use crate::quantity::Factor;
use crate::rng::Draw;

/// Settings of least request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeastRequest {
    /// `choice_count`: how many are drawn.
    pub choice_count: u32,
    /// `selection_method`.
    pub selection_method: SelectionMethod,
    /// `active_request_bias`: how much requests outstanding lower a weight; 0 not at all.
    pub active_request_bias: Factor,
    /// `slow_start_config`: new replicas gain weight step by step. With it, weights count as different.
    pub slow_start: Option<SlowStart>,
}

/// Among whom the least is sought.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SelectionMethod {
    /// `N_CHOICES`: among those drawn.
    #[default]
    NChoices,
    /// `FULL_SCAN`: among all; ties at random.
    FullScan,
}

/// The schedule for weights that differ.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Schedule {
    deadlines: Deadlines,
    /// How many picks this caller skips after a change.
    seed: u64,
    built: bool,
    weighted: bool,
}

impl LeastRequest {
    /// Envoy's defaults.
    pub const DEFAULT: LeastRequest = LeastRequest {
        choice_count: 2,
        selection_method: SelectionMethod::NChoices,
        active_request_bias: Factor::ONE,
        slow_start: None,
    };

    pub(super) fn check(&self) -> Result<(), Invalid> {
        require(
            self.choice_count >= 2,
            "choice_count is at least 2 (gRPC: at most 10); the default is 2",
        )?;
        self.slow_start.as_ref().map_or(Ok(()), SlowStart::check)
    }

    pub(super) fn start(&self, slots: usize, draw: &mut impl Draw) -> Schedule {
        Schedule {
            seed: if slots > 1 { draw.bits() } else { 0 },
            ..Schedule::default()
        }
    }

    fn weight(&self, view: &impl View, at: usize) -> f64 {
        let own = f64::from(view.weight(at));
        let busy = f64::from(view.outstanding(at)) + 1.0;
        let biased = match self.active_request_bias {
            Factor(0) => own,
            Factor::ONE => own / busy,
            bias => own / libm::pow(busy, bias.as_f64()),
        };
        match &self.slow_start {
            Some(slow) => biased * slow.factor(view.age(at)),
            None => biased,
        }
    }

    pub(super) fn build(&self, schedule: &mut Schedule, view: &impl View) {
        schedule.deadlines.clear();
        schedule.built = true;
        let differ = (1..view.len()).any(|at| view.weight(at) != view.weight(0));
        schedule.weighted = differ || self.slow_start.is_some();
        if schedule.weighted {
            for at in 0..view.len() {
                schedule.deadlines.add(view.slot(at) as u32, self.weight(view, at));
            }
            for _ in 0..schedule.seed % view.len().max(1) as u64 {
                self.next(schedule, view);
            }
        }
    }

    fn next(&self, schedule: &mut Schedule, view: &impl View) -> Option<usize> {
        let weight = |slot: u32| view.position(slot as usize).map(|at| self.weight(view, at));
        let slot = schedule.deadlines.next(weight)?;
        view.position(slot as usize)
    }

    /// Draws `choice_count` times, or once among ties of a full scan; nothing if weights differ. `None` if all weights are
    /// zero.
    #[inline]
    pub(super) fn pick(&self, schedule: &mut Schedule, view: &impl View, draw: &mut impl Draw) -> Option<usize> {
        if !schedule.built {
            self.build(schedule, view);
        }
        if schedule.weighted {
            return self.next(schedule, view);
        }
        if view.weight(0) == 0 {
            return None;
        }
        match self.selection_method {
            _ if view.len() == 1 => Some(0),
            SelectionMethod::FullScan => Some(least_outstanding::pick(view, draw)),
            SelectionMethod::NChoices => {
                let n = view.len() as u64;
                let mut best = draw.below(n) as usize;
                for _ in 1..self.choice_count {
                    let other = draw.below(n) as usize;
                    if view.outstanding(other) < view.outstanding(best) {
                        best = other;
                    }
                }
                Some(best)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::scripted::Scripted;
    use crate::routing::Balance;
    use crate::routing::tests::{Replicas, counts};
    use crate::time::Span;

    fn of(choice_count: u32) -> LeastRequest {
        LeastRequest {
            choice_count,
            ..LeastRequest::DEFAULT
        }
    }

    #[test]
    fn the_busier_of_two_is_picked_when_all_draws_meet_it() {
        let pair = Replicas::busy(&[7, 2]);
        // 1/4 and 1/8 of 40000: five standard deviations on either side.
        let two = counts(Balance::LeastRequest(of(2)), &pair, 40_000);
        assert!((9_567..10_433).contains(&two[0]), "{two:?}");
        let three = counts(Balance::LeastRequest(of(3)), &pair, 40_000);
        assert!((4_670..5_330).contains(&three[0]), "{three:?}");
        let scan = LeastRequest {
            selection_method: SelectionMethod::FullScan,
            ..of(2)
        };
        assert_eq!(counts(Balance::LeastRequest(scan), &pair, 1_000), [0, 1_000]);
    }

    #[test]
    fn the_first_draw_stays_unless_a_later_one_has_strictly_fewer() {
        let pick = |outstanding: &[u32], shares: &[f64]| {
            let mut draw = Scripted::new(shares);
            let settings = of(shares.len() as u32);
            let at = settings.pick(&mut Schedule::default(), &Replicas::busy(outstanding), &mut draw);
            assert_eq!(draw.draws, shares.len());
            at
        };
        assert_eq!(pick(&[1, 1, 1, 1], &[0.5, 0.0]), Some(2));
        assert_eq!(pick(&[1, 1, 2, 0], &[0.5, 0.0, 0.25]), Some(0));
        assert_eq!(pick(&[1, 1, 2, 0], &[0.5, 0.0, 0.75]), Some(3));
    }

    #[test]
    fn as_two_choices_with_replacement_it_draws_the_same() {
        let view = Replicas::busy(&[3, 1, 4, 1, 5]);
        let mut draw = crate::rng::Streams::new(3).stream(crate::rng::Purpose::Balance, crate::rng::Key(1));
        let mut same = draw.clone();
        let replaced = Balance::TwoChoices { replacement: true };
        let mut schedule = Schedule::default();
        for _ in 0..200 {
            let other = replaced.pick(&mut crate::routing::BalanceState::None, &view, &mut same);
            assert_eq!(of(2).pick(&mut schedule, &view, &mut draw), other);
        }
    }

    #[test]
    fn weights_that_differ_make_a_schedule_with_the_load_read_at_insertion() {
        let mut draw = Scripted::new(&[0.5]);
        let mut view = Replicas::weighted(&[2, 1]);
        let (settings, mut schedule) = (of(2), Schedule::default());
        // Put in idle: a is due at 1/2, b at 1.
        assert_eq!(settings.pick(&mut schedule, &view, &mut draw), Some(0));
        // a, then with 3 outstanding, was put back with its weight of 2 and is due at 1, behind b; b comes first.
        view.rows[0].1 = 3;
        assert_eq!(settings.pick(&mut schedule, &view, &mut draw), Some(1));
        // Now a is put back with 2/4 and is due at 3; b, put back at 1 with weight 1, at 2, and again at 3, after a.
        let picks: Vec<usize> = (0..4)
            .map(|_| settings.pick(&mut schedule, &view, &mut draw).unwrap())
            .collect();
        assert_eq!(picks, [0, 1, 0, 1]);
        assert_eq!(draw.draws, 0);
    }

    #[test]
    fn the_bias_says_how_much_the_load_counts() {
        let shares = |bias: u64| {
            let mut view = Replicas::weighted(&[8, 4]);
            view.rows[0].1 = 3;
            let settings = LeastRequest {
                active_request_bias: Factor(bias),
                ..LeastRequest::DEFAULT
            };
            counts(Balance::LeastRequest(settings), &view, 1_200)
        };
        // 8 : 4 without; 8/4 : 4 with bias 1; 8/16 : 4 with bias 2; 8/2 : 4 with 1/2.
        for (bias, share) in [(0, 800), (1_000_000, 400), (2_000_000, 133), (500_000, 600)] {
            assert!(shares(bias)[0].abs_diff(share) <= 2, "{bias}: {:?}", shares(bias));
        }
    }

    #[test]
    fn with_slow_start_equal_weights_are_scheduled_too() {
        let slow = LeastRequest {
            slow_start: Some(SlowStart::envoy(Span::from_secs(60))),
            ..LeastRequest::DEFAULT
        };
        let mut view = Replicas::idle(3);
        view.age = Span::from_secs(6);
        assert_eq!(counts(Balance::LeastRequest(slow), &view, 30), [10, 10, 10]);
    }

    #[test]
    fn nonsense_is_named_with_its_default() {
        assert_eq!(
            of(1).check(),
            Err(Invalid(
                "choice_count is at least 2 (gRPC: at most 10); the default is 2"
            ))
        );
        let slow = LeastRequest {
            slow_start: Some(SlowStart::envoy(Span::ZERO)),
            ..LeastRequest::DEFAULT
        };
        assert!(slow.check().is_err());
    }
}
