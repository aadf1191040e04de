//! Brownout: a dimmer that serves the optional part of answers less often while responses are slow.
//!
//! Each request gets the optional part with probability `theta`. Every control period the dimmer compares the 95th percentile
//! of the response times with its setpoint and moves: `theta += (1 - pole) · (setpoint - t95) / gain`, held within `0..=1`. The
//! gain says how many seconds a whole unit of `theta` costs; it is fixed, or estimated from pairs of `theta` and `t95` by
//! recursive least squares that forget. The nearer the pole is to 1, the slower and steadier.
//!
//! A period without responses changes nothing, and nothing is learnt about the gain while `theta` is zero.
//!
//! Source: C. Klein, M. Maggio, K.-E. Årzén, F. Hernández-Rodriguez, "Brownout: building more robust cloud applications", ICSE
//! 2014; the defaults are those of the authors' simulator (gain 1 s, forgetting 0.95, `theta` 0.5).

use crate::policy::{Invalid, require};
use crate::quantity::Factor;
use crate::rng::Draw;
use crate::time::Span;

/// Settings of a dimmer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dimmer {
    /// The 95th percentile of response times that is aimed at.
    pub setpoint: Span,
    /// How slowly the dimmer moves: from 0 to below 1.
    pub pole: Factor,
    /// How often it moves; the engine's timer.
    pub control_period: Span,
    /// The probability of the optional part at the start: 0 to 1.
    pub initial_theta: Factor,
    /// How long responses take more for a unit of the probability; at the start, if it is estimated.
    pub gain: Span,
    /// How much of what was known is kept each period: above 0 to 1. `None` leaves the gain as it is.
    pub forgetting: Option<Factor>,
}

/// Where a dimmer stands.
#[derive(Clone, Debug, PartialEq)]
pub struct DimmerState {
    theta: f64,
    gain_s: f64,
    /// How uncertain the gain is: the scalar covariance of least squares.
    covariance: f64,
    responses: Vec<Span>,
}

impl DimmerState {
    /// The probability of the optional part.
    pub const fn theta(&self) -> f64 {
        self.theta
    }

    /// The gain, in seconds per unit.
    pub const fn gain_s(&self) -> f64 {
        self.gain_s
    }
}

/// Next to nothing is known about the gain at the start.
const COVARIANCE: f64 = 1000.0;
/// The smallest gain that is believed, in seconds per unit: it is divided by.
const GAIN_MIN_S: f64 = 1e-9;
/// The percentile that is controlled, in hundredths.
const PERCENT: usize = 95;

impl Dimmer {
    /// The defaults of the authors' simulator.
    pub const DEFAULT: Dimmer = Dimmer {
        setpoint: Span::from_secs(1),
        pole: Factor(900_000),
        control_period: Span::from_secs(1),
        initial_theta: Factor(500_000),
        gain: Span::from_secs(1),
        forgetting: Some(Factor(950_000)),
    };

    /// Whether the settings make sense.
    pub fn check(&self) -> Result<(), Invalid> {
        require(self.setpoint > Span::ZERO, "setpoint is above zero (default 1s)")?;
        require(self.pole < Factor::ONE, "pole is from 0 to below 1 (default 0.9)")?;
        require(
            self.control_period > Span::ZERO,
            "control_period is above zero (default 1s)",
        )?;
        require(
            self.initial_theta <= Factor::ONE,
            "initial_theta is from 0 to 1 (default 0.5)",
        )?;
        require(self.gain > Span::ZERO, "gain is above zero (default 1s)")?;
        let forgetting = self.forgetting.is_none_or(|it| it.0 > 0 && it <= Factor::ONE);
        require(
            forgetting,
            "forgetting is above 0 and at most 1, or none (default 0.95)",
        )
    }

    /// The dimmer at its beginning.
    pub fn start(&self) -> DimmerState {
        DimmerState {
            theta: self.initial_theta.as_f64(),
            gain_s: self.gain.as_secs_f64(),
            covariance: COVARIANCE,
            responses: Vec::new(),
        }
    }

    /// Whether a request gets the optional part. Draws once.
    #[inline]
    pub fn serves_optional(&self, state: &DimmerState, draw: &mut impl Draw) -> bool {
        draw.unit() < state.theta
    }

    /// A request was answered after this long.
    #[inline]
    pub fn on_response(&self, state: &mut DimmerState, took: Span) {
        state.responses.push(took);
    }

    /// A control period has ended.
    pub fn on_period(&self, state: &mut DimmerState) {
        if state.responses.is_empty() {
            return;
        }
        // The smallest response time that covers 95 % of them.
        let rank = (state.responses.len() * PERCENT).div_ceil(100) - 1;
        let t95 = *state.responses.select_nth_unstable(rank).1;
        state.responses.clear();
        self.control(state, t95);
    }

    /// Moves the dimmer after a period whose 95th percentile was `t95`.
    pub fn control(&self, state: &mut DimmerState, t95: Span) {
        let t95_s = t95.as_secs_f64();
        if let Some(forgetting) = self.forgetting
            && state.theta > 0.0
        {
            learn(state, t95_s, forgetting.as_f64());
        }
        let error_s = self.setpoint.as_secs_f64() - t95_s;
        let step = (1.0 - self.pole.as_f64()) * error_s / state.gain_s;
        state.theta = (state.theta + step).clamp(0.0, 1.0);
    }
}

/// One step of least squares: `t95 = gain · theta`.
fn learn(state: &mut DimmerState, t95_s: f64, forgetting: f64) {
    let (theta, covariance) = (state.theta, state.covariance);
    let correction = covariance * theta / (forgetting + theta * covariance * theta);
    state.covariance = (covariance - correction * theta * covariance) / forgetting;
    let gain_s = state.gain_s + correction * (t95_s - theta * state.gain_s);
    state.gain_s = gain_s.max(GAIN_MIN_S);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::scripted::{ALMOST_ONE, Scripted};
    use proptest::prelude::*;

    fn fixed(initial_theta: u64) -> Dimmer {
        Dimmer {
            initial_theta: Factor(initial_theta),
            gain: Span::from_millis(500),
            forgetting: None,
            ..Dimmer::DEFAULT
        }
    }

    #[track_caller]
    fn assert_theta(state: &DimmerState, expected: f64) {
        assert!((state.theta() - expected).abs() < 1e-12, "{}", state.theta());
    }

    #[test]
    fn bo_1_the_dimmer_moves_with_the_error() {
        let dimmer = fixed(600_000);
        assert_eq!(dimmer.check(), Ok(()));
        let mut state = dimmer.start();
        dimmer.control(&mut state, Span::from_millis(1_500));
        assert_theta(&state, 0.5);
        dimmer.control(&mut state, Span::from_millis(200));
        assert_theta(&state, 0.66);
    }

    #[test]
    fn bo_2_the_dimmer_stays_within_its_range() {
        let dimmer = fixed(950_000);
        let mut state = dimmer.start();
        dimmer.control(&mut state, Span::from_millis(200));
        assert_eq!(state.theta(), 1.0);
        dimmer.control(&mut state, Span::from_secs(100));
        assert_eq!(state.theta(), 0.0);
    }

    #[test]
    fn a_period_is_judged_by_its_95th_percentile() {
        let dimmer = fixed(500_000);
        let mut state = dimmer.start();
        // 95 of 100 take at most 950 ms.
        for k in (1..=100).rev() {
            dimmer.on_response(&mut state, Span::from_millis(10 * k));
        }
        dimmer.on_period(&mut state);
        assert_theta(&state, 0.5 + 0.1 * 0.05 / 0.5);
        let before = state.clone();
        dimmer.on_period(&mut state);
        assert_eq!(state, before, "nothing was answered");
    }

    #[test]
    fn the_optional_part_comes_with_the_probability_of_the_dimmer() {
        let dimmer = fixed(500_000);
        let state = dimmer.start();
        for (u, served) in [(0.0, true), (0.499, true), (0.5, false), (ALMOST_ONE, false)] {
            assert_eq!(dimmer.serves_optional(&state, &mut Scripted::new(&[u])), served, "{u}");
        }
        let dark = fixed(0);
        assert!(!dark.serves_optional(&dark.start(), &mut Scripted::new(&[0.0])));
        let bright = fixed(1_000_000);
        assert!(bright.serves_optional(&bright.start(), &mut Scripted::new(&[ALMOST_ONE])));
    }

    #[test]
    fn an_estimated_gain_finds_the_plant_and_settles_at_the_setpoint() {
        // Responses take 3.2 s for a unit of the optional part: 1 s at 0.3125.
        let dimmer = Dimmer::DEFAULT;
        assert_eq!(dimmer.check(), Ok(()));
        let mut state = dimmer.start();
        for _ in 0..100 {
            let t95 = Span::from_nanos_f64(3.2e9 * state.theta());
            dimmer.control(&mut state, t95);
        }
        assert!((state.gain_s() - 3.2).abs() < 1e-4, "{}", state.gain_s());
        assert!((state.theta() - 0.3125).abs() < 1e-4, "{}", state.theta());
    }

    #[test]
    fn settings_out_of_range_are_refused() {
        let bad = [
            Dimmer {
                pole: Factor::ONE,
                ..Dimmer::DEFAULT
            },
            Dimmer {
                gain: Span::ZERO,
                ..Dimmer::DEFAULT
            },
            Dimmer {
                forgetting: Some(Factor(0)),
                ..Dimmer::DEFAULT
            },
            Dimmer {
                initial_theta: Factor(1_000_001),
                ..Dimmer::DEFAULT
            },
        ];
        for dimmer in bad {
            let Err(Invalid(message)) = dimmer.check() else {
                panic!("{dimmer:?} was accepted")
            };
            assert!(message.contains("default"), "{message}");
        }
    }

    proptest! {
        #[test]
        fn the_dimmer_never_leaves_its_range(
            estimated in any::<bool>(), t95s_ms in prop::collection::vec(0u64..20_000, 1..200),
        ) {
            let dimmer = if estimated { Dimmer::DEFAULT } else { fixed(500_000) };
            let mut state = dimmer.start();
            for t95_ms in t95s_ms {
                let before = state.theta();
                dimmer.control(&mut state, Span::from_millis(t95_ms));
                prop_assert!((0.0..=1.0).contains(&state.theta()));
                prop_assert!(state.gain_s() > 0.0 && state.gain_s().is_finite());
                let moves_back = (t95_ms > 1_000) == (state.theta() > before);
                prop_assert!(state.theta() == before || !moves_back);
            }
        }
    }
}
