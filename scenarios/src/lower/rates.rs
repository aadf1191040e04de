//! Rates over time: jumps, slopes, daily waves and spikes become one piecewise-linear table.

use brownout_sim_core::model::{Rate, RatePoint};
use brownout_sim_core::time::{SimTime, Span};

use super::Cx;
use crate::document::Place;
use crate::spec::load::{Diurnal, Load};

/// Straight pieces in one period of a daily wave: off by at most 0.05 % of the amplitude.
const PIECES: u64 = 96;

/// Points of one table at most.
const POINTS_MAX: u64 = 1_000_000;

/// A function of time that may jump: its value just before and just after an instant.
struct Curve {
    points: Vec<RatePoint>,
}

impl Curve {
    fn at(&self, at: SimTime, after: bool) -> f64 {
        let next = self
            .points
            .partition_point(|it| if after { it.at <= at } else { it.at < at });
        let Some(before) = next.checked_sub(1).map(|it| self.points[it]) else {
            return self.points[0].per_second;
        };
        match self.points.get(next) {
            Some(to) if to.at > before.at => {
                let share = at.since(before.at).nanos() as f64 / to.at.since(before.at).nanos() as f64;
                before.per_second + (to.per_second - before.per_second) * share
            }
            _ => before.per_second,
        }
    }
}

/// A time during which the rate is multiplied.
struct Crowd {
    from: SimTime,
    to: SimTime,
    factor: f64,
}

/// A wave around its mean, 1.
struct Wave {
    amplitude: f64,
    period: Span,
    phase: Span,
}

impl Wave {
    fn at(&self, at: SimTime) -> f64 {
        let period = self.period.nanos();
        let into = (u128::from(at.nanos()) + u128::from(self.phase.nanos())) % u128::from(period);
        1.0 + self.amplitude * libm::sin(core::f64::consts::TAU * (into as f64 / period as f64))
    }
}

/// The rate of an open load until `end`. `None` if a mistake was found.
pub(crate) fn rate(load: &Load, end: SimTime, cx: &mut Cx<'_>) -> Option<Rate> {
    let base = base(load, cx)?;
    let wave = match &load.diurnal {
        Some(it) => Some(wave(&it.value, it.at, &base, end, cx)?),
        None => None,
    };
    let crowds = crowds(load, cx)?;
    let mut instants: Vec<SimTime> = base.points.iter().map(|it| it.at).collect();
    instants.extend(crowds.iter().flat_map(|it| [it.from, it.to]));
    if let Some(wave) = &wave {
        let step = wave.period.nanos().div_ceil(PIECES).max(1);
        instants.extend((0..=end.nanos() / step + 1).map(|it| SimTime::from_nanos(it * step)));
    }
    instants.push(SimTime::ZERO);
    instants.sort_unstable();
    instants.dedup();
    let value = |at: SimTime, after: bool| {
        let here = |it: &&Crowd| {
            if after {
                it.from <= at && at < it.to
            } else {
                it.from < at && at <= it.to
            }
        };
        let crowd: f64 = crowds.iter().filter(here).map(|it| it.factor).product();
        base.at(at, after) * wave.as_ref().map_or(1.0, |it| it.at(at)).max(0.0) * crowd
    };
    let mut points: Vec<RatePoint> = Vec::new();
    for at in instants {
        let (before, after) = (value(at, false), value(at, true));
        if at > SimTime::ZERO && before != after {
            points.push(RatePoint { at, per_second: before });
        }
        points.push(RatePoint { at, per_second: after });
    }
    Some(Rate { points })
}

/// What `rate` and the mean of `diurnal` say.
fn base(load: &Load, cx: &mut Cx<'_>) -> Option<Curve> {
    let mean = load.diurnal.as_ref().and_then(|it| it.value.mean.as_ref());
    let Some(rate) = &load.rate else {
        let point = RatePoint {
            at: SimTime::ZERO,
            per_second: mean?.value.per_second(),
        };
        return Some(Curve { points: vec![point] });
    };
    let mut points: Vec<RatePoint> = Vec::new();
    let mut sound = true;
    for point in &rate.value {
        let (Some(at), Some(value)) = (&point.at, &point.value) else {
            return None;
        };
        let from = SimTime::ZERO + at.value;
        let per_second = value.value.per_second();
        let Some(last) = points.last().copied() else {
            if from > SimTime::ZERO {
                cx.out
                    .inconsistent(at.at, "the first point of a rate is at `0s`")
                    .help("say what the rate is until then");
                sound = false;
            }
            points.push(RatePoint {
                at: SimTime::ZERO,
                per_second,
            });
            continue;
        };
        if from < last.at {
            return None; // The decoder has said so.
        }
        points.push(RatePoint {
            at: from,
            per_second: last.per_second,
        });
        let to = point.ramp.as_ref().map_or(from, |it| from + it.value);
        points.push(RatePoint { at: to, per_second });
    }
    (sound && !points.is_empty()).then_some(Curve { points })
}

fn wave(diurnal: &Diurnal, at: Place, base: &Curve, end: SimTime, cx: &mut Cx<'_>) -> Option<Wave> {
    let period = diurnal.period.as_ref().map_or(Span::from_secs(86_400), |it| it.value);
    let phase = diurnal.phase.as_ref().map_or(Span::ZERO, |it| it.value);
    let amplitude = match (&diurnal.amplitude, &diurnal.peak) {
        (Some(it), None) => it.value.as_f64(),
        (None, Some(peak)) => {
            let mean = base.points.iter().map(|it| it.per_second).fold(0.0, f64::max);
            let amplitude = peak.value.per_second() / mean - 1.0;
            if !(0.0..=1.0).contains(&amplitude) {
                cx.out
                    .inconsistent(peak.at, "the peak lies between the mean and twice the mean");
                return None;
            }
            amplitude
        }
        (Some(_), Some(_)) | (None, None) => return None, // The decoder has said so.
    };
    if end.nanos() / (period.nanos().div_ceil(PIECES).max(1)) > POINTS_MAX {
        cx.out
            .inconsistent(at, format!("a wave of {period} is too short for a run of {end}"));
        return None;
    }
    Some(Wave {
        amplitude,
        period,
        phase,
    })
}

fn crowds(load: &Load, cx: &mut Cx<'_>) -> Option<Vec<Crowd>> {
    let mut crowds = Vec::new();
    let mut sound = true;
    for spike in load.spike.iter().flat_map(|it| &it.value) {
        let spike = &spike.value;
        let (Some(at), Some(lasts), Some(factor)) = (&spike.at, &spike.lasts, &spike.factor) else {
            return None;
        };
        let Some(from) = at.value.fixed() else {
            cx.out
                .inconsistent(at.at, "a spike begins at a fixed instant")
                .help("let a [change] scale the load after a fault");
            sound = false;
            continue;
        };
        let from = SimTime::ZERO + from;
        crowds.push(Crowd {
            from,
            to: from + lasts.value,
            factor: factor.value.as_f64(),
        });
    }
    sound.then_some(crowds)
}
