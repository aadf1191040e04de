//! Simulated time: whole nanoseconds, with instants and lengths kept apart.

use core::fmt;
use core::ops::{Add, AddAssign, Sub};

/// An instant on the simulated clock: nanoseconds since the run began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SimTime(u64);

/// A length of simulated time in nanoseconds; never negative.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span(u64);

impl SimTime {
    /// The beginning of every run.
    pub const ZERO: SimTime = SimTime(0);
    /// Later than everything that happens: "never".
    pub const MAX: SimTime = SimTime(u64::MAX);

    /// The instant `ns` nanoseconds after the run began.
    pub const fn from_nanos(ns: u64) -> SimTime {
        SimTime(ns)
    }

    /// The instant `s` whole seconds after the run began.
    pub const fn from_secs(s: u64) -> SimTime {
        SimTime(s * 1_000_000_000)
    }

    /// Nanoseconds since the run began.
    pub const fn nanos(self) -> u64 {
        self.0
    }

    /// Seconds since the run began, for reports.
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / 1e9
    }

    /// How long ago `earlier` was.
    #[inline]
    pub fn since(self, earlier: SimTime) -> Span {
        assert!(earlier <= self, "simulated time ran backwards");
        Span(self.0 - earlier.0)
    }

    /// How long until `later`; zero if it has passed.
    #[inline]
    pub fn until(self, later: SimTime) -> Span {
        Span(later.0.saturating_sub(self.0))
    }
}

impl Span {
    /// No time at all.
    pub const ZERO: Span = Span(0);
    /// Longer than any run: "for ever".
    pub const MAX: Span = Span(u64::MAX);

    /// A length of `ns` nanoseconds.
    pub const fn from_nanos(ns: u64) -> Span {
        Span(ns)
    }

    /// A length of `us` microseconds.
    pub const fn from_micros(us: u64) -> Span {
        Span(us * 1_000)
    }

    /// A length of `ms` milliseconds.
    pub const fn from_millis(ms: u64) -> Span {
        Span(ms * 1_000_000)
    }

    /// A length of `s` whole seconds.
    pub const fn from_secs(s: u64) -> Span {
        Span(s * 1_000_000_000)
    }

    /// A length from a fractional number of nanoseconds: rounded to the nearest (of two, the even one), negative and NaN
    /// become zero.
    #[inline]
    pub fn from_nanos_f64(ns: f64) -> Span {
        const WHOLE: f64 = (1u64 << 52) as f64;
        // Of non-negative numbers, the bits are in the order of the numbers; all others are beyond.
        if ns.to_bits() < (WHOLE / 2.0).to_bits() {
            // There, neighbouring floats are one apart: the sum is rounded to a whole number, which stands in its last bits.
            Span((ns + WHOLE).to_bits() ^ WHOLE.to_bits())
        } else {
            Span::from_far_nanos_f64(ns)
        }
    }

    #[cold]
    fn from_far_nanos_f64(ns: f64) -> Span {
        // `as` saturates at the ends of u64 and turns NaN into zero.
        Span(ns.round_ties_even() as u64)
    }

    /// Nanoseconds.
    pub const fn nanos(self) -> u64 {
        self.0
    }

    /// Seconds, for reports.
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / 1e9
    }

    /// The sum, or [`Span::MAX`] where it does not fit.
    pub const fn saturating_add(self, other: Span) -> Span {
        Span(self.0.saturating_add(other.0))
    }

    /// The difference, or zero where it would be negative.
    pub const fn saturating_sub(self, other: Span) -> Span {
        Span(self.0.saturating_sub(other.0))
    }

    /// `self * numerator / denominator`, rounded down; [`Span::MAX`] where it does not fit.
    #[inline]
    pub fn scale(self, numerator: u64, denominator: u64) -> Span {
        let wide = u128::from(self.0) * u128::from(numerator) / u128::from(denominator);
        Span(u64::try_from(wide).unwrap_or(u64::MAX))
    }
}

impl Add<Span> for SimTime {
    type Output = SimTime;
    /// Saturates at [`SimTime::MAX`]: an instant beyond the clock never comes.
    #[inline]
    fn add(self, span: Span) -> SimTime {
        SimTime(self.0.saturating_add(span.0))
    }
}

impl Add for Span {
    type Output = Span;
    #[inline]
    fn add(self, other: Span) -> Span {
        self.saturating_add(other)
    }
}

impl AddAssign for Span {
    #[inline]
    fn add_assign(&mut self, other: Span) {
        *self = *self + other;
    }
}

impl Sub for Span {
    type Output = Span;
    /// Panics if the result would be negative.
    #[inline]
    fn sub(self, other: Span) -> Span {
        assert!(other.0 <= self.0, "a span cannot be negative");
        Span(self.0 - other.0)
    }
}

impl fmt::Display for Span {
    /// The largest unit that shows the value without a fraction, as a scenario file would write it: `1500us`, `2s`, `10m`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNITS: [(u64, &str); 7] = [
            (86_400_000_000_000, "d"),
            (3_600_000_000_000, "h"),
            (60_000_000_000, "m"),
            (1_000_000_000, "s"),
            (1_000_000, "ms"),
            (1_000, "us"),
            (1, "ns"),
        ];
        if self.0 == 0 {
            return f.write_str("0s");
        }
        let (size, name) = UNITS
            .into_iter()
            .find(|(size, _)| self.0.is_multiple_of(*size))
            .expect("1 ns divides everything");
        write!(f, "{}{name}", self.0 / size)
    }
}

impl fmt::Display for SimTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Span(self.0).fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_print_as_a_scenario_writes_them() {
        let shown: Vec<String> = [0, 250_000, 1_500_000, 2_000_000_000, 600_000_000_000, 7]
            .into_iter()
            .map(|ns| Span::from_nanos(ns).to_string())
            .collect();
        assert_eq!(shown, ["0s", "250us", "1500us", "2s", "10m", "7ns"]);
    }

    #[test]
    fn adding_beyond_the_clock_is_never() {
        assert_eq!(SimTime::from_nanos(u64::MAX - 1) + Span::from_secs(1), SimTime::MAX);
    }

    #[test]
    #[should_panic(expected = "backwards")]
    fn time_does_not_run_backwards() {
        let _ = SimTime::ZERO.since(SimTime::from_nanos(1));
    }
}
