//! The scales of a panel and of time.

use super::GUTTER;
use crate::figure::Scale;
use crate::number::{Unit, show_clock, show_exact};

/// The scale of a panel: from `low` to `high`, both in the panel's unit or, if logarithmic, its power of ten.
pub(super) struct Axis {
    pub(super) scale: Scale,
    pub(super) low: f64,
    pub(super) high: f64,
}

impl Axis {
    pub(super) fn new(scale: Scale, values: impl Iterator<Item = f64>) -> Axis {
        match scale {
            Scale::Linear => {
                let most = values.filter(|it| it.is_finite()).fold(0.0, f64::max);
                Axis {
                    scale,
                    low: 0.0,
                    high: if most > 0.0 { round_up(most) } else { 1.0 },
                }
            }
            Scale::Log => {
                let logs = values.filter(|it| *it > 0.0 && it.is_finite()).map(libm::log10);
                let (least, most) = logs.fold((f64::MAX, f64::MIN), |(low, high), it| (low.min(it), high.max(it)));
                if least > most {
                    return Axis {
                        scale,
                        low: -3.0,
                        high: 0.0,
                    };
                }
                let (low, high) = (round_log(least, f64::floor), round_log(most, f64::ceil));
                Axis {
                    scale,
                    low,
                    high: if high > low { high } else { low + 1.0 },
                }
            }
        }
    }

    /// Where a value lies, in `0..=1`; `None` if it cannot be shown.
    pub(super) fn height(&self, value: f64) -> Option<f64> {
        let value = match self.scale {
            Scale::Linear => value,
            Scale::Log if value > 0.0 => libm::log10(value),
            Scale::Log => return None,
        };
        value
            .is_finite()
            .then(|| ((value - self.low) / (self.high - self.low)).clamp(0.0, 1.0))
    }

    /// A label for each row, empty for most.
    pub(super) fn labels(&self, unit: Unit, rows: usize) -> Vec<String> {
        let mut labels = vec![String::new(); rows];
        match self.scale {
            Scale::Linear => {
                labels[0] = show_exact(unit, self.high);
                if rows >= 6 && rows.is_multiple_of(2) {
                    labels[rows / 2] = show_exact(unit, self.high / 2.0);
                }
                labels[rows - 1] = show_exact(unit, 0.0);
            }
            Scale::Log => {
                let mut label = |log: f64| {
                    let up = ((log - self.low) / (self.high - self.low) * rows as f64) as usize;
                    let label = &mut labels[rows - 1 - up.min(rows - 1)];
                    if label.is_empty() {
                        *label = show_exact(unit, number_of(log));
                    }
                };
                // The ends first, then whole powers of ten where they find a row of their own.
                label(self.low);
                label(self.high);
                let mut decade = self.low.ceil();
                while decade < self.high {
                    label(decade);
                    decade += 1.0;
                }
            }
        }
        labels
    }
}

/// The logarithm of the number 1, 2 or 5 times a power of ten that is next to `log`, below or above as `whole` rounds.
fn round_log(log: f64, whole: impl Fn(f64) -> f64) -> f64 {
    let steps = [0.0, libm::log10(2.0), libm::log10(5.0), 1.0];
    let decade = log.floor();
    let up = whole(0.5) > 0.5;
    let near = |step: &f64| {
        if up {
            decade + step >= log - 1e-9
        } else {
            decade + step <= log + 1e-9
        }
    };
    let step = if up {
        steps.into_iter().find(near)
    } else {
        steps.into_iter().rfind(near)
    };
    decade + step.unwrap_or(0.0)
}

/// The number whose logarithm this is, to three digits: what rounding left over is no part of a label.
fn number_of(log: f64) -> f64 {
    let number = libm::pow(10.0, log);
    format!("{number:.2e}").parse().unwrap_or(number)
}

/// The next number of the form 1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8 times a power of ten.
fn round_up(value: f64) -> f64 {
    let decade = libm::pow(10.0, libm::log10(value).floor());
    let steps = [1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0];
    // A maximum that lies on a step up to rounding error stays on it.
    let step = steps
        .into_iter()
        .find(|step| value <= step * decade * (1.0 + 1e-9))
        .unwrap_or(10.0);
    step * decade
}

/// The time axis with four to eight labels.
pub(super) fn time_axis(from_s: f64, to_s: f64, columns: usize, ascii: bool) -> String {
    let steps = [
        0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0,
        600.0, 1_200.0, 1_800.0, 3_600.0, 7_200.0, 14_400.0, 21_600.0, 43_200.0, 86_400.0, 172_800.0, 604_800.0,
    ];
    let length = to_s - from_s;
    let step = steps
        .into_iter()
        .find(|step| length / step <= 8.0)
        .unwrap_or(length / 4.0);
    let (line, tick, corner) = if ascii { ('-', '+', '+') } else { ('─', '┴', '└') };
    let mut axis: Vec<char> = vec![line; columns];
    let mut labels = String::new();
    let mut at = (from_s / step).ceil();
    while at * step <= to_s * (1.0 + 1e-9) {
        let column = ((at * step - from_s) / length * columns as f64) as usize;
        let label = show_clock(at * step);
        if column < columns {
            axis[column] = tick;
        }
        let written = labels.chars().count();
        // The last label ends where the axis does.
        let begins = column.min(columns.saturating_sub(label.len()));
        if begins >= written + usize::from(written > 0) {
            labels.extend(core::iter::repeat_n(' ', begins - written));
            labels.push_str(&label);
        }
        at += 1.0;
    }
    let blank = " ".repeat(GUTTER + 1);
    format!(
        "{blank}{corner}{}\n{blank} {labels}\n",
        axis.into_iter().collect::<String>()
    )
}
