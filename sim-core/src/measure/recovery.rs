//! From when on a condition holds for good, and how long it holds in all.
//!
//! A stretch of length `over` (rounded up to whole windows) is laid at every window from the first one that begins at or
//! after the moment to the last that fits before the arrivals stop. The answer is the beginning of the first stretch from
//! which on no stretch breaks the condition, in seconds after the moment; so its resolution is a window.
//!
//! A stretch in which there was nothing to measure (a ratio where nothing was offered) breaks nothing, but proves nothing
//! either: recovery begins with a stretch that was measured and held. If no such stretch follows the last one that broke the
//! condition, the time is censored at the end of the arrivals.

use super::evaluate::{Check, Evaluator, Measured, Missing};
use super::spans::{self, Scope};
use super::{Bound, Condition, Moment, Value};
use crate::time::Span;

impl Evaluator<'_> {
    /// Seconds from `after` until `condition` holds in every later stretch of length `over` until the arrivals stop.
    pub(super) fn time_until(&self, condition: &Condition, after: Moment, over: Span) -> Measured {
        self.recovery(condition, after, over).unwrap_or_else(Measured::Missing)
    }

    fn recovery(&self, condition: &Condition, after: Moment, over: Span) -> Result<Measured, Missing> {
        let run = self.run;
        let after = spans::instant(run, after)?;
        let width = spans::window(run)?.nanos();
        let length = over.nanos().div_ceil(width).max(1) as usize;
        let first = after.nanos().div_ceil(width) as usize;
        let stretches = (spans::window_count(run)? + 1).saturating_sub(length);
        if first >= stretches {
            return Err(Missing::TooLate);
        }

        let condition = &self.settled(condition)?;
        let (mut since, mut measured) = (None, false);
        for start in (first..stretches).rev() {
            let Check { holds, .. } = self.check_over(condition, &Scope::Windows(start..start + length));
            match holds {
                Ok(true) => (since, measured) = (Some(start), true),
                Ok(false) => {
                    measured = true;
                    break;
                }
                Err(Missing::NothingThere) => (),
                Err(why) => return Err(why),
            }
        }
        match since {
            Some(start) => Ok(Measured::Number(after.until(spans::start_of(run, start)).as_secs_f64())),
            None if measured => Ok(Measured::Censored(after.until(spans::duration(run)).as_secs_f64())),
            None => Err(Missing::NothingThere),
        }
    }

    /// Seconds of the windows of the span in which `condition` holds.
    pub(super) fn time_while(&self, condition: &Condition, scope: &Scope) -> Result<f64, Missing> {
        let condition = &self.settled(condition)?;
        let (mut seconds, mut measured) = (0.0, false);
        for window in spans::windows_of(self.run, scope)? {
            let one = Scope::Windows(window..window + 1);
            match self.check_over(condition, &one).holds {
                Ok(holds) => {
                    measured = true;
                    seconds += if holds { spans::seconds(self.run, &one) } else { 0.0 };
                }
                Err(Missing::NothingThere) => (),
                Err(why) => return Err(why),
            }
        }
        if measured {
            Ok(seconds)
        } else {
            Err(Missing::NothingThere)
        }
    }

    /// The condition with its baseline as a number: it is the same for each stretch, and looked up once.
    fn settled(&self, condition: &Condition) -> Result<Condition, Missing> {
        let number = match &condition.right {
            Bound::Value(_) => return Ok(condition.clone()),
            Bound::OfBaseline(share) => match self.baseline(&condition.left, *share) {
                Measured::Number(number) => number,
                Measured::Censored(_) => return Err(Missing::Undecided),
                Measured::Missing(why) => return Err(why),
            },
        };
        Ok(Condition {
            right: Bound::Value(Value::Number(number)),
            ..condition.clone()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{FaultId, LoadId};
    use crate::measure::testing::{fault, run_with_goodput, wiring};
    use crate::measure::{Comparison, Metric, Target};
    use crate::results::RunResult;
    use crate::time::SimTime;
    use Measured::{Censored, Number};
    use proptest::prelude::*;

    fn condition(right: Bound) -> Condition {
        let left = Value::Metric(Metric::GoodputRatio, Target::Requests(vec![(LoadId(0), 0)]));
        Condition {
            left,
            comparison: Comparison::AtLeast,
            right,
        }
    }

    fn time_until(run: &RunResult, after_ms: u64, over_s: u64) -> Measured {
        let wiring = wiring();
        let after = Moment::At(SimTime::ZERO + Span::from_millis(after_ms));
        let half = condition(Bound::Value(Value::Number(0.5)));
        Evaluator::new(run, &wiring).time_until(&half, after, Span::from_secs(over_s))
    }

    #[test]
    fn it_is_the_first_instant_from_which_every_later_stretch_holds() {
        // Down from 20 to 40, and once more for a second at 60.
        let run = run_with_goodput(100, |it| if (20..40).contains(&it) || it == 60 { 0 } else { 100 });
        assert_eq!(time_until(&run, 20_000, 1), Number(41.0));
        // Over 10 s one bad second is no break, and a stretch that begins in the outage may be half good.
        assert_eq!(time_until(&run, 20_000, 10), Number(15.0));
        assert_eq!(time_until(&run, 70_000, 10), Number(0.0));
    }

    #[test]
    fn it_counts_from_the_moment_to_the_beginning_of_a_window() {
        let run = run_with_goodput(100, |it| if it < 40 { 0 } else { 100 });
        assert_eq!(time_until(&run, 30_250, 1), Number(9.75));
        assert_eq!(time_until(&run, 50_250, 1), Number(0.75));
    }

    #[test]
    fn never_is_censored_at_the_end_of_the_arrivals() {
        let run = run_with_goodput(100, |it| if it < 99 { 100 } else { 0 });
        assert_eq!(time_until(&run, 20_000, 1), Censored(80.0));
        // The last stretch of 10 s is good enough.
        assert_eq!(time_until(&run, 20_000, 10), Number(0.0));
        let collapsed = run_with_goodput(100, |it| if it < 30 { 100 } else { 10 });
        assert_eq!(time_until(&collapsed, 40_500, 10), Censored(59.5));
    }

    #[test]
    fn a_stretch_has_to_fit_before_the_arrivals_stop() {
        let run = run_with_goodput(100, |_| 100);
        assert_eq!(time_until(&run, 90_000, 10), Number(0.0));
        assert_eq!(time_until(&run, 90_001, 10), Measured::Missing(Missing::TooLate));
        assert_eq!(time_until(&run, 0, 101), Measured::Missing(Missing::TooLate));
    }

    #[test]
    fn where_nothing_is_offered_nothing_is_broken_and_nothing_proven() {
        let silent = |run: &mut RunResult, from: usize, to: usize| {
            run.timeline.loads[0][0][from..to]
                .iter_mut()
                .for_each(|it| *it = Default::default());
        };
        let mut run = run_with_goodput(100, |it| if it < 40 { 0 } else { 100 });
        silent(&mut run, 60, 70);
        assert_eq!(time_until(&run, 20_000, 1), Number(20.0));
        silent(&mut run, 40, 50);
        assert_eq!(time_until(&run, 20_000, 1), Number(30.0), "proven at 50 s only");
        silent(&mut run, 40, 100);
        assert_eq!(
            time_until(&run, 20_000, 1),
            Censored(80.0),
            "stuck users send nothing: no recovery"
        );
        silent(&mut run, 0, 100);
        assert_eq!(time_until(&run, 20_000, 1), Measured::Missing(Missing::NothingThere));
    }

    #[test]
    fn the_baseline_and_the_fault_are_those_of_the_run() {
        let wiring = wiring();
        let mut run = run_with_goodput(300, |it| match it {
            0..200 => 80,
            200..250 => 20,
            250..265 => 70,
            _ => 77,
        });
        let until = |run: &RunResult| {
            let after = Moment::FaultEnd(FaultId(0), 0);
            Evaluator::new(run, &wiring).time_until(&condition(Bound::OfBaseline(0.95)), after, Span::from_secs(1))
        };
        assert_eq!(until(&run), Measured::Missing(Missing::FaultNeverStarted));
        run.faults = vec![fault(0, 200, Some(250))];
        assert_eq!(until(&run), Number(15.0));
        run.faults[0].end = None;
        assert_eq!(until(&run), Measured::Missing(Missing::FaultNeverEnded));
        run.faults[0] = fault(0, 0, Some(250));
        assert_eq!(until(&run), Measured::Missing(Missing::NoBaseline));
    }

    proptest! {
        #[test]
        fn it_agrees_with_looking_at_every_stretch(
            good in prop::collection::vec(prop::sample::select(vec![0u32, 40, 60, 100]), 30),
            after in 0u64..30,
            over in 1u64..8,
        ) {
            let run = run_with_goodput(30, |it| good[it as usize]);
            let holds: Vec<bool> =
                good.windows(over as usize).map(|it| it.iter().sum::<u32>() >= 50 * over as u32).collect();
            let expected = match holds.get(after as usize..) {
                None | Some([]) => Measured::Missing(Missing::TooLate),
                Some(later) => match later.iter().rposition(|it| !it).map_or(0, |it| it + 1) {
                    first if first < later.len() => Number(first as f64),
                    _ => Censored((30 - after) as f64),
                },
            };
            prop_assert_eq!(time_until(&run, after * 1_000, over), expected);
        }
    }
}
