//! Round steps: 1, 2 or 5 times a power of ten.

/// A power of ten, exactly as a number written in decimals would be read.
pub(super) fn ten_to(exponent: i32) -> f64 {
    if exponent < 0 {
        1.0 / libm::pow(10.0, f64::from(-exponent))
    } else {
        libm::pow(10.0, f64::from(exponent))
    }
}

/// A step of 1, 2 or 5 times a power of ten.
#[derive(Clone, Copy)]
pub(super) struct Step {
    pub(super) digit: u32,
    pub(super) decade: i32,
}

impl Step {
    /// The least step that is not shorter than `length`.
    pub(super) fn of(length: f64) -> Step {
        let decade = libm::log10(length).floor() as i32;
        let digit = [1, 2, 5]
            .into_iter()
            .find(|it| f64::from(*it) * ten_to(decade) >= length * (1.0 - 1e-9));
        match digit {
            Some(digit) => Step { digit, decade },
            None => Step {
                digit: 1,
                decade: decade + 1,
            },
        }
    }

    pub(super) fn size(self) -> f64 {
        self.times(1)
    }

    /// So many steps, rounded once only.
    pub(super) fn times(self, count: i64) -> f64 {
        let whole = count as f64 * f64::from(self.digit);
        if self.decade < 0 {
            whole / ten_to(-self.decade)
        } else {
            whole * ten_to(self.decade)
        }
    }

    /// The last whole step at or below a value.
    pub(super) fn below(self, value: f64) -> i64 {
        (value / self.size() + 1e-9).floor() as i64
    }

    /// The first whole step at or above a value.
    pub(super) fn above(self, value: f64) -> i64 {
        (value / self.size() - 1e-9).ceil() as i64
    }

    /// Into how many parts its small ticks divide it.
    pub(super) fn parts(self) -> u32 {
        if self.digit == 2 { 4 } else { 5 }
    }
}

/// A digit times a power of ten.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct LogMark {
    pub(super) digit: u32,
    pub(super) decade: i32,
}

impl PartialOrd for LogMark {
    fn partial_cmp(&self, other: &LogMark) -> Option<core::cmp::Ordering> {
        (self.decade, self.digit).partial_cmp(&(other.decade, other.digit))
    }
}

impl LogMark {
    const ROUND: [u32; 3] = [1, 2, 5];

    pub(super) fn value(self) -> f64 {
        Step {
            digit: self.digit,
            decade: self.decade,
        }
        .size()
    }

    /// The last of 1, 2 and 5 times a power of ten at or below a value.
    pub(super) fn below(value: f64) -> LogMark {
        let above = LogMark::above(value);
        if above.value() <= value * (1.0 + 1e-9) {
            above
        } else {
            above.before()
        }
    }

    /// The first of them at or above a value.
    pub(super) fn above(value: f64) -> LogMark {
        let step = Step::of(value);
        LogMark {
            digit: step.digit,
            decade: step.decade,
        }
    }

    pub(super) fn before(self) -> LogMark {
        match LogMark::ROUND.into_iter().rfind(|it| *it < self.digit) {
            Some(digit) => LogMark { digit, ..self },
            None => LogMark {
                digit: 5,
                decade: self.decade - 1,
            },
        }
    }

    pub(super) fn after(self) -> LogMark {
        match LogMark::ROUND.into_iter().find(|it| *it > self.digit) {
            Some(digit) => LogMark { digit, ..self },
            None => LogMark {
                digit: 1,
                decade: self.decade + 1,
            },
        }
    }
}
