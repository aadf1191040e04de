//! Scales with their ticks: where a value lies, and which values are written beside the scale.

mod step;

use plotters::coord::ranged1d::{DefaultFormatting, KeyPointHint, Ranged};

use crate::figure::Scale;
use crate::figure::parts::{SHOWN_MAX, extent};
use crate::number::{Unit, show_clock, show_exact, show_like, size};
use step::{LogMark, Step, ten_to};

/// A scale from one value to another.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Ruler {
    warp: Warp,
    /// The ends, after the warp.
    low: f64,
    high: f64,
    pub(crate) ticks: Vec<Tick>,
}

/// A mark on a scale.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Tick {
    /// Where.
    pub(crate) value: f64,
    /// What is written there; empty for the small ones in between.
    pub(crate) label: String,
}

/// How equal steps of the scale relate to values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Warp {
    None,
    Log,
    /// Nines: as many steps as there are nines in the share.
    Nines,
}

impl Warp {
    fn apply(self, value: f64) -> Option<f64> {
        let warped = match self {
            Warp::None => value,
            Warp::Log if value > 0.0 => libm::log10(value),
            Warp::Nines if (0.0..1.0).contains(&value) => -libm::log10(1.0 - value),
            Warp::Log | Warp::Nines => return None,
        };
        (warped.abs() <= SHOWN_MAX).then_some(warped)
    }
}

impl Ruler {
    /// For values of this unit, with at most about `room` written ticks. A linear one begins at zero, or below it for
    /// negative values.
    pub(crate) fn new(scale: Scale, unit: Unit, values: impl Iterator<Item = f64>, room: usize) -> Ruler {
        let room = room.max(2);
        match scale {
            Scale::Linear => {
                let (least, most) = extent(values.chain([0.0])).unwrap_or((0.0, 0.0));
                Ruler::linear(unit, least, most, room)
            }
            Scale::Log => Ruler::log(unit, values, room),
        }
    }

    /// For what is varied: no length stands for a number, so zero need not be on it, and it ends about where the values
    /// do.
    pub(crate) fn across(scale: Scale, unit: Unit, values: &[f64], room: usize) -> Ruler {
        let ruler = match extent(values.iter().copied()) {
            Some((least, most)) if scale == Scale::Linear && is_far(least, most) => {
                Ruler::linear(unit, least, most, room.max(2))
            }
            _ => Ruler::new(scale, unit, values.iter().copied(), room),
        };
        ruler.tight(values)
    }

    fn linear(unit: Unit, least: f64, most: f64, room: usize) -> Ruler {
        let (least, most) = if most - least < 1e-30 {
            (0.0, 1.0)
        } else {
            (least, most)
        };
        let like = most.abs().max(least.abs());
        // Steps are round in the unit in which they are written: 60 s is 1 min.
        let unit_s = if unit == Unit::Seconds {
            size(unit, like).max(1.0)
        } else {
            1.0
        };
        let step = Step::of((most - least) / room as f64 / unit_s);
        let first = step.below(least / unit_s);
        let last = step.above(most / unit_s);
        let parts = step.parts();
        let mut ticks = Vec::new();
        for at in first..=last {
            let value = step.times(at) * unit_s;
            let label = show_like(unit, value, like);
            ticks.push(Tick { value, label });
            if at < last {
                let small = |part| (step.times(at) + step.size() * f64::from(part) / f64::from(parts)) * unit_s;
                ticks.extend((1..parts).map(|part| Tick {
                    value: small(part),
                    label: String::new(),
                }));
            }
        }
        Ruler {
            warp: Warp::None,
            low: step.times(first) * unit_s,
            high: step.times(last) * unit_s,
            ticks,
        }
    }

    fn log(unit: Unit, values: impl Iterator<Item = f64>, room: usize) -> Ruler {
        let positive = values.filter(|it| *it > 1.0 / SHOWN_MAX);
        let (least, most) = extent(positive).unwrap_or((0.001, 1.0));
        let mut first = LogMark::below(least);
        let mut last = LogMark::above(most);
        if first == last {
            (first, last) = (first.before(), last.after());
        }
        let decades = libm::log10(last.value() / first.value());
        let written = |mark: LogMark| match decades {
            it if it * 3.0 <= room as f64 => true,
            it if it <= room as f64 => mark.digit == 1,
            it => mark.digit == 1 && mark.decade.rem_euclid((it / room as f64).ceil() as i32) == 0,
        };
        let mut ticks = Vec::new();
        for decade in first.decade..=last.decade {
            for digit in 1..10 {
                let mark = LogMark { digit, decade };
                if mark < first || mark > last {
                    continue;
                }
                let is_round = matches!(digit, 1 | 2 | 5);
                let is_end = decades < 3.0 && (mark == first || mark == last);
                let label = if is_round && (written(mark) || is_end) {
                    show_exact(unit, mark.value())
                } else {
                    String::new()
                };
                ticks.push(Tick {
                    value: mark.value(),
                    label,
                });
            }
        }
        Ruler {
            warp: Warp::Log,
            low: libm::log10(first.value()),
            high: libm::log10(last.value()),
            ticks,
        }
    }

    /// A scale on which nothing is written.
    pub(crate) fn blank() -> Ruler {
        Ruler {
            warp: Warp::None,
            low: 0.0,
            high: 1.0,
            ticks: Vec::new(),
        }
    }

    /// The same without what lies below the least and above the greatest of some values; but from zero where it began
    /// there.
    fn tight(mut self, values: &[f64]) -> Ruler {
        let warped = extent(values.iter().filter_map(|it| self.warp.apply(*it)));
        let Some((low, high)) = warped.filter(|it| it.0 < it.1) else {
            return self;
        };
        let slack = (high - low) * 0.03;
        if self.warp == Warp::Log || self.low > 0.0 {
            self.low = self.low.max(low - slack);
        }
        self.high = self.high.min(high + slack);
        let (low, high, warp) = (self.low - slack * 0.01, self.high + slack * 0.01, self.warp);
        self.ticks
            .retain(|it| warp.apply(it.value).is_some_and(|it| it >= low && it <= high));
        self
    }

    /// For instants of simulated time in seconds, from one to another and no further.
    pub(crate) fn time(from_s: f64, to_s: f64, room: usize) -> Ruler {
        let (from_s, to_s) = if to_s > from_s { (from_s, to_s) } else { (0.0, 1.0) };
        // Steps that clocks have, and into how many parts each is divided.
        const STEPS: [(f64, u32); 20] = [
            (1.0, 5),
            (2.0, 4),
            (5.0, 5),
            (10.0, 5),
            (15.0, 3),
            (30.0, 3),
            (60.0, 6),
            (120.0, 4),
            (300.0, 5),
            (600.0, 5),
            (900.0, 3),
            (1_800.0, 3),
            (3_600.0, 4),
            (7_200.0, 4),
            (14_400.0, 4),
            (21_600.0, 6),
            (43_200.0, 4),
            (86_400.0, 4),
            (172_800.0, 4),
            (604_800.0, 7),
        ];
        let least = (to_s - from_s) / room.max(2) as f64;
        let known = STEPS
            .into_iter()
            .find(|it| it.0 >= least * (1.0 - 1e-9))
            .filter(|_| least > 0.5);
        let (step, parts) = known.unwrap_or_else(|| {
            let step = Step::of(least);
            (step.size(), step.parts())
        });
        let mut ticks = Vec::new();
        let first = (from_s / step).floor();
        let mut at = 0.0;
        while (first + at) * step <= to_s + step * 1e-9 {
            for part in 0..parts {
                let value = (first + at + f64::from(part) / f64::from(parts)) * step;
                if value < from_s - step * 1e-9 || value > to_s + step * 1e-9 {
                    continue;
                }
                let label = match part {
                    0 if step < 1.0 => show_like(Unit::Seconds, value, to_s.abs().max(from_s.abs())),
                    0 => show_clock(value),
                    _ => String::new(),
                };
                ticks.push(Tick { value, label });
            }
            at += 1.0;
        }
        Ruler {
            warp: Warp::None,
            low: from_s,
            high: to_s,
            ticks,
        }
    }

    /// For shares in `0..1`: 0 %, 90 %, 99 %, 99.9 % ... at equal distances, up to the last share.
    pub(crate) fn nines(shares: impl Iterator<Item = f64>) -> Ruler {
        let most = shares.filter_map(|it| Warp::Nines.apply(it)).fold(0.0, f64::max);
        // Sixteen nines are more than a double can tell from 1.
        let nines = (most - 1e-9).ceil().clamp(1.0, 15.0) as i32;
        let mut ticks = Vec::new();
        for nine in 0..=nines {
            let share = 1.0 - ten_to(-nine);
            let name = |share: f64, digits: i32| format!("{:.*} %", digits.max(0) as usize, share * 100.0);
            ticks.push(Tick {
                value: share,
                label: name(share, nine - 2),
            });
            if nine == nines {
                break;
            }
            // Between 90 % and 99 %: 95 %; between 0 and 90 % also its half and quarters.
            let between: &[f64] = if nine == 0 { &[0.25, 0.5, 0.75] } else { &[0.5] };
            for part in between {
                let share = 1.0 - ten_to(-nine) * (1.0 - part);
                let label = if *part == 0.5 {
                    name(share, nine - 1)
                } else {
                    String::new()
                };
                ticks.push(Tick { value: share, label });
            }
        }
        Ruler {
            warp: Warp::Nines,
            low: 0.0,
            high: f64::from(nines),
            ticks,
        }
    }

    /// Where a value lies: 0 at the lower end, 1 at the upper; `None` if it cannot be shown.
    pub(crate) fn place(&self, value: f64) -> Option<f64> {
        let warped = self.warp.apply(value)?;
        Some(((warped - self.low) / (self.high - self.low)).clamp(0.0, 1.0))
    }

    /// The value at a place, on scales without a warp; elsewhere the warped one.
    pub(crate) fn value_at(&self, place: f64) -> f64 {
        self.low + (self.high - self.low) * place
    }

    /// Whether a value lies between the ends.
    pub(crate) fn contains(&self, value: f64) -> bool {
        let slack = (self.high - self.low) * 1e-9;
        let inside = |it: f64| it >= self.low - slack && it <= self.high + slack;
        self.warp.apply(value).is_some_and(inside)
    }
}

/// Plotters' view of a scale. What cannot be shown lies at the lower end; callers leave it out.
impl Ranged for Ruler {
    type FormatOption = DefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, limit: (i32, i32)) -> i32 {
        let place = self.place(*value).unwrap_or(0.0);
        limit.0 + (place * f64::from(limit.1 - limit.0)).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<f64> {
        let written = self.ticks.iter().filter(|it| !it.label.is_empty());
        written.take(hint.max_num_points()).map(|it| it.value).collect()
    }

    fn range(&self) -> core::ops::Range<f64> {
        let first = self.ticks.first().map_or(0.0, |it| it.value);
        first..self.ticks.last().map_or(1.0, |it| it.value)
    }
}

/// Whether values lie so far from zero, and so close to each other, that a scale from zero would show nothing.
fn is_far(least: f64, most: f64) -> bool {
    let length = most - least;
    least > length / 4.0 && length > most * 1e-9
}

#[cfg(test)]
mod tests;
