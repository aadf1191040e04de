//! What a run's timeline is drawn from: one point a column of the figure, all loads together.

use brownout_sim_core::observe::histogram::Histogram;
use brownout_sim_core::results::RunResult;
use brownout_sim_core::time::SimTime;

/// Requests of one run in equal stretches from 0 to duration.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Points {
    /// Arrived, per second.
    pub offered_per_s: Vec<f64>,
    /// Goodput, per second of arrival.
    pub goodput_per_s: Vec<f64>,
    /// Median response time of those that ended `ok`, in seconds.
    pub p50_s: Vec<Option<f64>>,
    /// Their 99 % quantile, in seconds.
    pub p99_s: Vec<Option<f64>>,
}

impl Points {
    /// At most `columns` points of a run that recorded its loads; each is a whole number of windows.
    pub fn of(result: &RunResult, duration: SimTime, columns: usize) -> Points {
        let timeline = &result.timeline;
        let windows = timeline.windows;
        let columns = columns.min(windows);
        let mut points = Points::default();
        for column in 0..columns {
            let range = column * windows / columns..(column + 1) * windows / columns;
            let ns = |window: usize| {
                (window as u64)
                    .saturating_mul(timeline.window.nanos())
                    .min(duration.nanos())
            };
            let seconds = (ns(range.end) - ns(range.start)) as f64 / 1e9;
            let (mut offered, mut good, mut response) = (0u64, 0u64, Histogram::default());
            for point in timeline.loads.iter().flatten().flat_map(|it| &it[range.clone()]) {
                offered += u64::from(point.offered);
                good += u64::from(point.good);
                response.merge(&point.response_ok);
            }
            points.offered_per_s.push(offered as f64 / seconds);
            points.goodput_per_s.push(good as f64 / seconds);
            points.p50_s.push(response.quantile_s(0.5));
            points.p99_s.push(response.quantile_s(0.99));
        }
        points
    }
}
