//! One request, and where its time went.

use brownout_sim_core::outcome::Outcome;

use super::parts::{counted, extent, is_stretch, listed, shown};
use super::table::Table;
use crate::number::{Unit, show};

/// The calls and attempts of one request, below each other.
#[derive(Clone, Debug, PartialEq)]
pub struct Waterfall {
    /// What stands above it.
    pub title: String,
    /// When the one who asked had an answer, in seconds since the request was sent; `None` if it never was.
    pub answered_s: Option<f64>,
    /// How the request ended; `None` if it was unfinished.
    pub outcome: Option<Outcome>,
    /// In the order in which they are drawn, callers before what they call.
    pub tracks: Vec<Track>,
}

/// One call or attempt.
#[derive(Clone, Debug, PartialEq)]
pub struct Track {
    /// Which: `app -> db, attempt 2`.
    pub label: String,
    /// How deep in the tree of calls; from 0.
    pub depth: usize,
    /// What it is.
    pub kind: TrackKind,
    /// How it ended, as its caller saw it; `None` if it was unfinished.
    pub outcome: Option<Outcome>,
    /// What happened, in the order of time.
    pub segments: Vec<Segment>,
    /// From when on nobody waited for it any more, in seconds since the request was sent: what follows is orphaned
    /// work.
    pub orphaned_s: Option<f64>,
}

/// What a track stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrackKind {
    /// A call with its attempts.
    Call,
    /// One try of a call.
    Attempt,
    /// A second copy beside the first.
    Hedge,
}

/// A stretch of a track.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Segment {
    /// What happened.
    pub activity: Activity,
    /// From here, in seconds since the request was sent.
    pub from_s: f64,
    /// To here, likewise.
    pub to_s: f64,
}

/// What time is spent on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Activity {
    /// A message is under way.
    Network,
    /// In a queue before a worker.
    Queue,
    /// A worker computes.
    Work,
    /// A worker, or nobody, waits for calls below.
    Waiting,
    /// The pause before the next attempt.
    Backoff,
}

impl Activity {
    /// All of them, in the order of the legend.
    pub const ALL: [Activity; 5] = [
        Activity::Queue,
        Activity::Work,
        Activity::Network,
        Activity::Waiting,
        Activity::Backoff,
    ];

    /// The word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Activity::Network => "network",
            Activity::Queue => "queue",
            Activity::Work => "work",
            Activity::Waiting => "waits for calls",
            Activity::Backoff => "back-off",
        }
    }
}

impl TrackKind {
    /// The word for it.
    pub const fn word(self) -> &'static str {
        match self {
            TrackKind::Call => "call",
            TrackKind::Attempt => "attempt",
            TrackKind::Hedge => "hedge",
        }
    }
}

impl Segment {
    /// Its ends, if both can be shown.
    pub(crate) fn ends(&self) -> Option<(f64, f64)> {
        let can = shown(Some(self.from_s)).is_some() && shown(Some(self.to_s)).is_some() && self.to_s >= self.from_s;
        can.then_some((self.from_s, self.to_s))
    }
}

impl Waterfall {
    /// Where the time axis begins and ends, in seconds; `None` without any data.
    pub(crate) fn span(&self) -> Option<(f64, f64)> {
        let ends = self.tracks.iter().flat_map(|it| &it.segments).filter_map(Segment::ends);
        let (from, to) = extent(ends.flat_map(|it| [it.0, it.1]))?;
        let to = shown(self.answered_s).map_or(to, |it| it.max(to));
        Some((from.min(0.0), to))
    }

    /// Whether there is nothing to show.
    pub fn is_empty(&self) -> bool {
        self.span().is_none_or(|it| !is_stretch(it.0, it.1))
    }

    /// Work after the last one who waited for it was gone, in seconds.
    pub(crate) fn orphaned_s(&self) -> f64 {
        let of = |track: &Track| -> f64 {
            let Some(from) = shown(track.orphaned_s) else {
                return 0.0;
            };
            let works = track.segments.iter().filter(|it| it.activity == Activity::Work);
            works
                .filter_map(Segment::ends)
                .map(|it| (it.1 - it.0.max(from)).max(0.0))
                .sum()
        };
        self.tracks.iter().map(of).sum()
    }

    /// How the request ended, and when.
    pub(crate) fn end_words(&self) -> String {
        let outcome = self.outcome.map_or("unfinished", Outcome::name);
        match shown(self.answered_s) {
            Some(at) => format!("{outcome} after {}", show(Unit::Seconds, at)),
            None => format!("{outcome}, never answered"),
        }
    }

    /// What is to be seen, in a sentence with numbers and units.
    pub fn caption(&self) -> String {
        let mut times: Vec<String> = Vec::new();
        for activity in Activity::ALL {
            let of = self
                .tracks
                .iter()
                .flat_map(|it| &it.segments)
                .filter(|it| it.activity == activity);
            let sum: f64 = of.filter_map(Segment::ends).map(|it| it.1 - it.0).sum();
            if sum > 0.0 {
                times.push(format!("{} {}", activity.word(), show(Unit::Seconds, sum)));
            }
        }
        let of = |kind: TrackKind| self.tracks.iter().filter(|it| it.kind == kind).count();
        let attempts = of(TrackKind::Attempt);
        let hedges = of(TrackKind::Hedge);
        let failed: Vec<String> = self
            .tracks
            .iter()
            .filter_map(|it| Some((it, it.outcome.filter(|it| it.is_failure())?)))
            .map(|it| format!("{} ({})", it.0.label, it.1.name()))
            .collect();
        let failed = if failed.is_empty() {
            String::new()
        } else {
            format!("; failed: {}", listed(&failed, ", "))
        };
        let orphaned = match self.orphaned_s() {
            it if it > 0.0 => format!("; {} of work that nobody waited for", show(Unit::Seconds, it)),
            _ => String::new(),
        };
        let times = if times.is_empty() {
            String::new()
        } else {
            format!("; {} over all tracks", times.join(", "))
        };
        format!(
            "One request, {}, with {} and {}{times}{failed}{orphaned}.",
            self.end_words(),
            counted(attempts, "attempt"),
            counted(hedges, "hedge")
        )
    }

    /// A row for each segment.
    pub fn to_table(&self) -> Table {
        let mut table = Table::new(&[
            "track",
            "depth",
            "kind",
            "outcome",
            "activity",
            "from_s",
            "to_s",
            "orphaned_s",
        ]);
        for track in &self.tracks {
            for it in &track.segments {
                table.rows.push(vec![
                    track.label.as_str().into(),
                    (track.depth as f64).into(),
                    track.kind.word().into(),
                    track.outcome.map_or("unfinished", Outcome::name).into(),
                    it.activity.word().into(),
                    it.from_s.into(),
                    it.to_s.into(),
                    track.orphaned_s.into(),
                ]);
            }
        }
        table
    }
}
