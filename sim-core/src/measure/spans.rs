//! Moments and windows of a run.
//!
//! Over the whole measured span numbers come from the totals; over any other span they come from the timelines, so a span is
//! rounded **inward** to whole windows: one that begins or ends within a window leaves that window out. A span that holds no
//! whole window measures nothing.

use core::ops::Range;

use super::evaluate::Missing;
use super::{During, Moment};
use crate::results::RunResult;
use crate::time::{SimTime, Span};

/// The part of a run that something is measured over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    /// The measured span, from the totals.
    Whole,
    /// These windows of the timelines; not empty.
    Windows(Range<usize>),
}

/// When arrivals stop.
pub(super) fn duration(run: &RunResult) -> SimTime {
    run.measured.1
}

/// The instant of a moment in this run.
pub(super) fn instant(run: &RunResult, moment: Moment) -> Result<SimTime, Missing> {
    let (base, offset) = match moment {
        Moment::At(at) => (at, 0),
        Moment::FaultStart(fault, offset) => {
            let starts = run.faults.iter().filter(|it| it.fault == fault).map(|it| it.start);
            (starts.min().ok_or(Missing::FaultNeverStarted)?, offset)
        }
        Moment::FaultEnd(fault, offset) => (fault_end(run, fault)?, offset),
        Moment::FirstFaultStart(offset) => {
            let starts = run.faults.iter().map(|it| it.start);
            (starts.min().ok_or(Missing::NoFault)?, offset)
        }
        Moment::LastFaultEnd(offset) => {
            let mut last = None;
            for stretch in &run.faults {
                last = last.max(Some(stretch.end.ok_or(Missing::FaultNeverEnded)?));
            }
            (last.ok_or(Missing::NoFault)?, offset)
        }
        Moment::Change(change, offset) => {
            let times = run.changes.iter().filter(|it| it.0 == change).map(|it| it.1);
            (times.min().ok_or(Missing::ChangeNeverHappened)?, offset)
        }
    };
    Ok(SimTime::from_nanos(base.nanos().saturating_add_signed(offset)))
}

/// The last end of a fault.
pub(super) fn fault_end(run: &RunResult, fault: crate::ids::FaultId) -> Result<SimTime, Missing> {
    let mut last = None;
    for stretch in run.faults.iter().filter(|it| it.fault == fault) {
        last = last.max(Some(stretch.end.ok_or(Missing::FaultNeverEnded)?));
    }
    last.ok_or(Missing::FaultNeverStarted)
}

/// The span of a `during`; `None` is the measured span.
pub(super) fn scope(run: &RunResult, during: Option<&During>) -> Result<Scope, Missing> {
    let Some(during) = during else { return Ok(Scope::Whole) };
    between(run, instant(run, during.from)?, instant(run, during.to)?)
}

/// The span from one instant to another, cut to the time of arrivals.
pub(super) fn between(run: &RunResult, from: SimTime, to: SimTime) -> Result<Scope, Missing> {
    let to = to.min(duration(run));
    if (from, to) == run.measured {
        return Ok(Scope::Whole);
    }
    Ok(Scope::Windows(windows(run, from, to)?))
}

/// The whole windows between two instants.
pub(super) fn windows(run: &RunResult, from: SimTime, to: SimTime) -> Result<Range<usize>, Missing> {
    let width = window(run)?.nanos();
    let first = from.nanos().div_ceil(width) as usize;
    // The last window ends with the arrivals, even if it is shorter.
    let end = if to >= duration(run) {
        window_count(run)?
    } else {
        (to.nanos() / width) as usize
    };
    if first < end {
        Ok(first..end)
    } else {
        Err(Missing::EmptySpan)
    }
}

/// The width of a window.
pub(super) fn window(run: &RunResult) -> Result<Span, Missing> {
    if run.timeline.window == Span::ZERO || run.timeline.windows == 0 {
        return Err(Missing::NotRecorded);
    }
    Ok(run.timeline.window)
}

/// How many windows there are until the arrivals stop; an interrupted run left those after it empty.
pub(super) fn window_count(run: &RunResult) -> Result<usize, Missing> {
    let until_end = duration(run).nanos().div_ceil(window(run)?.nanos()) as usize;
    Ok(until_end.min(run.timeline.windows))
}

/// When a window begins.
pub(super) fn start_of(run: &RunResult, window: usize) -> SimTime {
    SimTime::from_nanos(run.timeline.window.nanos().saturating_mul(window as u64)).min(duration(run))
}

/// First and last instant of a scope.
pub(super) fn ends(run: &RunResult, scope: &Scope) -> (SimTime, SimTime) {
    match scope {
        Scope::Whole => run.measured,
        Scope::Windows(range) => (start_of(run, range.start), start_of(run, range.end)),
    }
}

/// The windows of a scope; those within the measured span if it is whole.
pub(super) fn windows_of(run: &RunResult, scope: &Scope) -> Result<Range<usize>, Missing> {
    match scope {
        Scope::Whole => windows(run, run.measured.0, run.measured.1),
        Scope::Windows(range) => Ok(range.clone()),
    }
}

/// How long a scope is, in seconds.
pub(super) fn seconds(run: &RunResult, scope: &Scope) -> f64 {
    let (from, to) = ends(run, scope);
    from.until(to).as_secs_f64()
}

/// The minute before the first fault, cut to the measured span: what a baseline is taken over.
pub(super) fn baseline(run: &RunResult) -> Result<Scope, Missing> {
    let fault = run.faults.iter().map(|it| it.start).min().ok_or(Missing::NoFault)?;
    let minute = SimTime::from_nanos(fault.nanos().saturating_sub(Span::from_secs(60).nanos()));
    let to = fault.min(duration(run));
    match windows(run, minute.max(run.measured.0), to) {
        Ok(range) => Ok(Scope::Windows(range)),
        Err(Missing::EmptySpan) => Err(Missing::NoBaseline),
        Err(other) => Err(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{ChangeId, FaultId};
    use crate::measure::testing::{fault, run};

    fn at(s: u64) -> SimTime {
        SimTime::from_secs(s)
    }

    fn ms(ms: u64) -> SimTime {
        SimTime::ZERO + Span::from_millis(ms)
    }

    #[test]
    fn spans_are_rounded_inward_to_whole_windows() {
        let run = run(10, 100);
        assert_eq!(windows(&run, at(20), at(30)), Ok(20..30));
        assert_eq!(windows(&run, ms(20_001), ms(29_999)), Ok(21..29));
        assert_eq!(windows(&run, ms(20_001), ms(21_999)), Err(Missing::EmptySpan));
        assert_eq!(windows(&run, at(30), at(30)), Err(Missing::EmptySpan));
        assert_eq!(windows(&run, at(30), at(20)), Err(Missing::EmptySpan));
        assert_eq!(windows(&run, at(90), at(500)), Ok(90..100));
        assert_eq!(windows(&run, at(100), at(500)), Err(Missing::EmptySpan));
    }

    #[test]
    fn a_shorter_last_window_counts_as_it_is() {
        let mut run = run(0, 10);
        run.measured.1 = ms(9_500);
        assert_eq!(windows(&run, at(8), ms(9_500)), Ok(8..10));
        assert_eq!(seconds(&run, &Scope::Windows(8..10)), 1.5);
        assert_eq!(windows(&run, at(8), ms(9_499)), Ok(8..9));
    }

    #[test]
    fn windows_after_an_interruption_are_no_windows() {
        let mut run = run(0, 100);
        run.interrupted = true;
        run.measured.1 = ms(30_500);
        assert_eq!(windows(&run, at(20), at(100)), Ok(20..31));
        assert_eq!(seconds(&run, &Scope::Windows(20..31)), 10.5);
        assert_eq!(windows(&run, at(31), at(100)), Err(Missing::EmptySpan));
    }

    #[test]
    fn the_measured_span_is_taken_from_the_totals() {
        let run = run(10, 100);
        assert_eq!(between(&run, at(10), at(100)), Ok(Scope::Whole));
        assert_eq!(between(&run, at(10), at(200)), Ok(Scope::Whole));
        assert_eq!(between(&run, at(0), at(100)), Ok(Scope::Windows(0..100)));
    }

    #[test]
    fn moments_are_the_first_start_and_the_last_end() {
        let mut run = run(0, 100);
        run.faults = vec![
            fault(0, 20, Some(30)),
            fault(1, 25, Some(90)),
            fault(0, 50, Some(60)),
            fault(2, 70, None),
        ];
        run.changes = vec![(ChangeId(0), at(40))];
        let second = 1_000_000_000;
        assert_eq!(instant(&run, Moment::FaultStart(FaultId(0), 0)), Ok(at(20)));
        assert_eq!(instant(&run, Moment::FaultStart(FaultId(0), -30 * second)), Ok(at(0)));
        assert_eq!(instant(&run, Moment::FaultEnd(FaultId(0), 5 * second)), Ok(at(65)));
        assert_eq!(
            instant(&run, Moment::FaultEnd(FaultId(2), 0)),
            Err(Missing::FaultNeverEnded)
        );
        assert_eq!(
            instant(&run, Moment::FaultStart(FaultId(3), 0)),
            Err(Missing::FaultNeverStarted)
        );
        assert_eq!(
            instant(&run, Moment::FaultEnd(FaultId(3), 0)),
            Err(Missing::FaultNeverStarted)
        );
        assert_eq!(instant(&run, Moment::Change(ChangeId(0), -second)), Ok(at(39)));
        assert_eq!(
            instant(&run, Moment::Change(ChangeId(1), 0)),
            Err(Missing::ChangeNeverHappened)
        );
    }

    #[test]
    fn the_baseline_is_the_minute_before_the_first_fault_within_the_measured_span() {
        let mut run = run(10, 300);
        assert_eq!(baseline(&run), Err(Missing::NoFault));
        run.faults = vec![fault(3, 200, None), fault(1, 250, None)];
        assert_eq!(baseline(&run), Ok(Scope::Windows(140..200)));
        run.faults[0].start = at(40);
        assert_eq!(baseline(&run), Ok(Scope::Windows(10..40)));
        run.faults[0].start = at(10);
        assert_eq!(baseline(&run), Err(Missing::NoBaseline));
    }

    #[test]
    fn without_timelines_no_span_is_measured() {
        let mut run = run(0, 100);
        run.timeline = Default::default();
        assert_eq!(windows(&run, at(0), at(10)), Err(Missing::NotRecorded));
    }
}
