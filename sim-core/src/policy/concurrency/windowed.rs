//! Windows of samples: a limit sees the mean of a second instead of every call.
//!
//! Samples of less than `min_rtt_threshold` are ignored. A window closes with the first sample that ends after its time; the
//! next one is `clamp(2 · shortest, min_window_time, max_window_time)` long. The limit is told the mean time, the most in flight
//! and whether anything was dropped, and only if the window has `window_size` samples. The time of the first window is zero, so
//! that the very first sample closes it, and its one sample is lost.
//!
//! Source: Netflix concurrency-limits (2026), `WindowedLimit` and `ImmutableAverageSampleWindow`.

use super::Sample;
use crate::policy::{Invalid, require};
use crate::time::{SimTime, Span};

/// Settings of Netflix's `WindowedLimit`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Windowed {
    /// The shortest window: at least 100 ms.
    pub min_window_time: Span,
    /// The longest window: at least 100 ms.
    pub max_window_time: Span,
    /// The fewest samples that tell something: at least 10.
    pub window_size: u32,
    /// Shorter samples are ignored.
    pub min_rtt_threshold: Span,
}

/// The samples of a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    closes: SimTime,
    samples: u32,
    sum_ns: u128,
    shortest: Span,
    in_flight_max: u32,
    dropped: bool,
}

impl Window {
    const fn open(closes: SimTime) -> Window {
        Window {
            closes,
            samples: 0,
            sum_ns: 0,
            shortest: Span::MAX,
            in_flight_max: 0,
            dropped: false,
        }
    }
}

impl Windowed {
    /// Netflix's defaults.
    pub const DEFAULT: Windowed = Windowed {
        min_window_time: Span::from_secs(1),
        max_window_time: Span::from_secs(1),
        window_size: 10,
        min_rtt_threshold: Span::from_micros(100),
    };

    pub(super) fn start(&self) -> Window {
        Window::open(SimTime::ZERO)
    }

    /// Adds a sample; gives the window's sum if that closes it and there is enough in it.
    #[inline]
    pub(super) fn add(&self, window: &mut Window, sample: &Sample) -> Option<Sample> {
        if sample.rtt < self.min_rtt_threshold {
            return None;
        }
        window.samples += 1;
        window.sum_ns += u128::from(sample.rtt.nanos());
        window.shortest = window.shortest.min(sample.rtt);
        window.in_flight_max = window.in_flight_max.max(sample.in_flight);
        window.dropped |= sample.dropped;
        if sample.ended <= window.closes {
            return None;
        }
        let width = (window.shortest + window.shortest)
            .max(self.min_window_time)
            .min(self.max_window_time);
        let full = core::mem::replace(window, Window::open(sample.ended + width));
        (full.samples >= self.window_size).then(|| Sample {
            ended: sample.ended,
            rtt: Span::from_nanos((full.sum_ns / u128::from(full.samples)) as u64),
            in_flight: full.in_flight_max,
            dropped: full.dropped,
        })
    }

    pub(super) fn check(&self) -> Result<(), Invalid> {
        let shortest = Span::from_millis(100);
        require(
            self.min_window_time >= shortest,
            "min_window_time is at least 100ms (default 1s)",
        )?;
        require(
            self.max_window_time >= shortest,
            "max_window_time is at least 100ms (default 1s)",
        )?;
        require(
            self.min_window_time <= self.max_window_time,
            "min_window_time is at most max_window_time (both 1s by default)",
        )?;
        require(
            self.window_size >= 10,
            "window_size is at least 10 samples (default 10)",
        )
    }
}
