//! The arithmetic of rates over time: how long until so much intensity has passed, and how much passes meanwhile.

use crate::model::Rate;
use crate::time::SimTime;

impl Rate {
    /// Nanoseconds from `from` until `units` of intensity have passed, each point's rate times `factor`; `None` is never.
    pub(super) fn time_to(&self, from: SimTime, factor: f64, mut units: f64) -> Option<f64> {
        let mut gone = 0.0;
        let mut at = from;
        loop {
            if units <= 0.0 {
                return Some(gone);
            }
            let next = self.points.partition_point(|it| it.at <= at);
            let end = self.points.get(next).map(|it| it.at);
            let here = &self.points[next.saturating_sub(1)];
            let sloped = next > 0 && end.is_some();
            // Intensity per nanosecond at `at`, and how it changes.
            let slope = match (sloped, end) {
                (true, Some(end)) => {
                    let to = &self.points[next];
                    (to.per_second - here.per_second) * factor / 1e9 / end.since(here.at).nanos() as f64
                }
                _ => 0.0,
            };
            let inside = if next > 0 {
                at.since(here.at).nanos() as f64
            } else {
                0.0
            };
            let rate = here.per_second * factor / 1e9 + slope * inside;
            let stretch = end.map(|end| end.since(at).nanos() as f64);
            let needed = if slope == 0.0 {
                if rate > 0.0 { units / rate } else { f64::INFINITY }
            } else {
                // The root of `slope/2 x^2 + rate x = units` that does not cancel.
                let under = rate * rate + 2.0 * slope * units;
                if under < 0.0 {
                    f64::INFINITY
                } else {
                    2.0 * units / (rate + under.sqrt())
                }
            };
            match stretch {
                Some(stretch) if needed >= stretch => {
                    units -= rate * stretch + 0.5 * slope * stretch * stretch;
                    units = units.max(0.0);
                    gone += stretch;
                    at = end.expect("a stretch has an end");
                }
                _ => return needed.is_finite().then_some(gone + needed),
            }
        }
    }

    /// Intensity that passes between two instants.
    pub(super) fn between(&self, from: SimTime, to: SimTime, factor: f64) -> f64 {
        let mut units = 0.0;
        let mut at = from;
        while at < to {
            let next = self.points.partition_point(|it| it.at <= at);
            let end = self.points.get(next).map_or(to, |it| it.at.min(to));
            units += 0.5 * (self.at(at, next) + self.at(end, next)) * factor * end.since(at).as_secs_f64();
            at = end;
        }
        units
    }

    /// The rate at an instant of the stretch before point `next`.
    fn at(&self, at: SimTime, next: usize) -> f64 {
        let here = &self.points[next.saturating_sub(1)];
        match self.points.get(next) {
            Some(to) if next > 0 => {
                let share = at.since(here.at).nanos() as f64 / to.at.since(here.at).nanos() as f64;
                here.per_second + (to.per_second - here.per_second) * share
            }
            _ => here.per_second,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::RatePoint;
    use crate::time::Span;

    fn rate(points: &[(u64, f64)]) -> Rate {
        let points = points.iter().map(|&(s, per_second)| RatePoint {
            at: SimTime::from_secs(s),
            per_second,
        });
        Rate {
            points: points.collect(),
        }
    }

    #[test]
    fn a_constant_rate_takes_units_over_rate() {
        assert_eq!(rate(&[(0, 50.0)]).time_to(SimTime::from_secs(7), 2.0, 1.0), Some(1e7));
        assert_eq!(rate(&[(0, 0.0)]).time_to(SimTime::ZERO, 1.0, 1.0), None);
    }

    #[test]
    fn a_jump_counts_from_its_instant() {
        let jump = rate(&[(0, 10.0), (10, 10.0), (10, 20.0)]);
        // 100 units by 10 s, the other 20 take 1 s at twice the rate.
        assert!((jump.time_to(SimTime::ZERO, 1.0, 120.0).unwrap() - 11e9).abs() < 1.0);
        assert!((jump.between(SimTime::ZERO, SimTime::from_secs(11), 1.0) - 120.0).abs() < 1e-9);
    }

    #[test]
    fn slopes_are_integrated_both_ways() {
        let up_and_down = rate(&[(0, 0.0), (10, 20.0), (20, 0.0), (30, 0.0), (30, 5.0)]);
        for (from, units) in [(0, 10.0), (0, 150.0), (5, 120.0), (12, 60.0), (0, 205.0)] {
            let from = SimTime::from_secs(from);
            let took = up_and_down.time_to(from, 1.0, units).unwrap();
            let passed = up_and_down.between(from, from + Span::from_nanos(took as u64), 1.0);
            assert!((passed - units).abs() < 1e-6, "{units} units: {passed}");
        }
    }
}
