//! A hedge's delay by percentile: as long as so many calls take.
//!
//! As Finagle: calls are counted in buckets of 10 s; the last three that are full make a histogram, and every 3 s its percentile
//! becomes the delay, at least 1 ms. Before the first look nothing is hedged; from then until the first bucket is full the
//! histogram is empty and the delay is the least one. When the delay reaches the most that the histogram knows, hedging
//! stops. Successes, timeouts and cancelled losers count; other failures are quick and would make it too short.
//!
//! Source: Finagle, `BackupRequestFilter` and `WindowedPercentileHistogram`.

use super::histogram::Histogram;
use crate::outcome::Outcome;
use crate::policy::{Invalid, require};
use crate::quantity::Factor;
use crate::time::{SimTime, Span};

const MILLISECOND: u64 = 1_000_000;

/// Settings of a delay by percentile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Percentile {
    /// The share of calls that are quicker.
    pub percentile: Factor,
    /// `numBuckets`.
    pub num_buckets: u32,
    /// `bucketSize`.
    pub bucket_size: Span,
    /// `RefreshPercentileInterval`: how often the delay is computed.
    pub refresh_interval: Span,
    /// `minSendBackupAfterMs`.
    pub min_send_backup_after: Span,
    /// `highestTrackableMsValue`.
    pub highest_trackable: Span,
}

/// Histograms by age.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    filling: Histogram,
    full: Vec<Histogram>,
    /// Which of the full ones is the oldest.
    oldest: usize,
    /// Their sum.
    sum: Histogram,
    next_flush: SimTime,
    next_refresh: SimTime,
    delay: Span,
}

impl Percentile {
    /// Finagle's numbers.
    pub const fn finagle(percentile: Factor) -> Percentile {
        Percentile {
            percentile,
            num_buckets: 3,
            bucket_size: Span::from_secs(10),
            refresh_interval: Span::from_secs(3),
            min_send_backup_after: Span::from_millis(1),
            highest_trackable: Span::from_secs(2),
        }
    }

    pub(super) fn check(&self) -> Result<(), Invalid> {
        // Finagle's `maxExtraLoad` is at least 0 and below 1.
        let share = self.percentile.0 > 0 && self.percentile <= Factor::ONE;
        require(
            share,
            "a hedge's percentile is above 0 and at most 100 %; it has no default",
        )?;
        require(
            self.num_buckets >= 1 && self.num_buckets <= 100,
            "num_buckets is between 1 and 100; the default is 3",
        )?;
        require(
            self.bucket_size >= Span::from_millis(100),
            "bucket_size is at least 100ms; the default is 10s",
        )?;
        require(
            self.refresh_interval > Span::ZERO,
            "refresh_interval is longer than 0; the default is 3s",
        )?;
        require(
            self.min_send_backup_after >= Span::from_millis(1),
            "min_send_backup_after is at least 1ms, the default",
        )?;
        require(
            self.highest_trackable >= Span::from_millis(2) && self.highest_trackable <= Span::from_secs(3600),
            "highest_trackable is between 2ms and 1h; the default is 2s",
        )
    }

    pub(super) fn start(&self) -> Window {
        let empty = Histogram::new(self.highest_trackable.nanos() / MILLISECOND);
        Window {
            filling: empty.clone(),
            full: vec![empty.clone(); self.num_buckets as usize],
            oldest: 0,
            sum: empty,
            next_flush: SimTime::ZERO + self.bucket_size,
            next_refresh: SimTime::ZERO + self.refresh_interval,
            delay: Span::MAX,
        }
    }

    /// What the two clocks have done up to `now`.
    fn advance(&self, window: &mut Window, now: SimTime) {
        loop {
            if window.next_flush <= now && window.next_flush <= window.next_refresh {
                self.flush(window);
                window.next_flush = window.next_flush + self.bucket_size;
            } else if window.next_refresh <= now {
                let ms = window.sum.quantile(self.percentile.0);
                window.delay = Span::from_millis(ms).max(self.min_send_backup_after);
                // Nothing changes until the next bucket is full, so the looks before it need not be made.
                let looks =
                    window.next_refresh.until(window.next_flush.min(now)).nanos() / self.refresh_interval.nanos();
                window.next_refresh = window.next_refresh + self.refresh_interval.scale(looks.max(1), 1);
            } else {
                return;
            }
        }
    }

    fn flush(&self, window: &mut Window) {
        let full = &mut window.full[window.oldest];
        core::mem::swap(full, &mut window.filling);
        window.filling.clear();
        window.oldest = (window.oldest + 1) % window.full.len();
        window.sum.clear();
        window.full.iter().for_each(|it| window.sum.add(it));
    }

    pub(super) fn next(&self, window: &mut Window, now: SimTime) -> Span {
        self.advance(window, now);
        if window.delay >= self.highest_trackable {
            return Span::MAX;
        }
        window.delay
    }

    pub(super) fn record(&self, window: &mut Window, now: SimTime, outcome: Outcome, took: Span) {
        if !outcome.is_failure() || matches!(outcome, Outcome::Timeout | Outcome::Cancelled) {
            self.advance(window, now);
            window.filling.record(took.nanos() / MILLISECOND);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: u64) -> SimTime {
        SimTime::from_nanos(ms * 1_000_000)
    }

    fn ms(ms: u64) -> Span {
        Span::from_millis(ms)
    }

    const P95: Percentile = Percentile::finagle(Factor(950_000));

    fn record(state: &mut Window, now: u64, took: u64) {
        P95.record(state, at(now), Outcome::Ok, ms(took));
    }

    #[test]
    fn a_percentile_is_of_the_last_full_buckets() {
        let mut state = P95.start();
        (1..=100).for_each(|took| record(&mut state, 20 * took, took));
        let next = |state: &mut Window, now| P95.next(state, at(now));
        assert_eq!(
            next(&mut state, 2_999),
            Span::MAX,
            "nothing is hedged before the first look"
        );
        assert_eq!(next(&mut state, 3_000), ms(1), "and the first bucket is not full");
        assert_eq!(next(&mut state, 11_999), ms(1));
        assert_eq!(next(&mut state, 12_000), ms(95));
        // In the second bucket everything takes 300 ms, and is seen at 21 s.
        (0..900).for_each(|_| record(&mut state, 15_000, 300));
        assert_eq!(next(&mut state, 20_999), ms(95));
        assert_eq!(next(&mut state, 21_000), ms(300));
        // The last that is known is forgotten when three further buckets are full: 50 s, seen at 51.
        assert_eq!(next(&mut state, 50_999), ms(300));
        assert_eq!(next(&mut state, 51_000), ms(1));
    }

    #[test]
    fn looks_that_nobody_made_step_by_step_are_made_at_once() {
        let play = |steps: &[u64]| {
            let mut state = P95.start();
            (1..=100).for_each(|took| record(&mut state, 100 * took - 1, took));
            steps.iter().map(|&now| P95.next(&mut state, at(now))).last()
        };
        let steps: Vec<u64> = (0..340).map(|it| 10_000 + it * 100).collect();
        for end in 1..steps.len() {
            assert_eq!(play(&steps[..end]), play(&[steps[end - 1]]), "{}", steps[end - 1]);
        }
    }

    #[test]
    fn too_slow_is_not_hedged_and_quick_failures_do_not_count() {
        let mut state = P95.start();
        for outcome in [Outcome::Error, Outcome::Refused, Outcome::QueueFull] {
            P95.record(&mut state, at(1), outcome, ms(1));
        }
        for outcome in [Outcome::Timeout, Outcome::Cancelled, Outcome::Degraded] {
            P95.record(&mut state, at(1), outcome, ms(70));
        }
        assert_eq!(P95.next(&mut state, at(12_000)), ms(70));
        (0..100).for_each(|_| record(&mut state, 12_000, 2_000));
        assert_eq!(P95.next(&mut state, at(21_000)), Span::MAX);
    }

    #[test]
    fn nonsense_is_named_with_its_default() {
        let finagle = Percentile::finagle(Factor(950_000));
        let bad = [
            Percentile {
                percentile: Factor(0),
                ..finagle
            },
            Percentile {
                num_buckets: 0,
                ..finagle
            },
            Percentile {
                bucket_size: Span::ZERO,
                ..finagle
            },
            Percentile {
                refresh_interval: Span::ZERO,
                ..finagle
            },
            Percentile {
                min_send_backup_after: Span::ZERO,
                ..finagle
            },
            Percentile {
                highest_trackable: Span::ZERO,
                ..finagle
            },
        ];
        assert!(bad.into_iter().all(|it| it.check().is_err()));
        assert_eq!(P95.check(), Ok(()));
    }
}
