//! One request that was in the storm.

use brownout_sim_core::outcome::Outcome;
use brownout_viz::figure::{Activity, Figure, Segment, Track, TrackKind, Waterfall};

pub fn figures() -> Vec<(&'static str, Figure)> {
    vec![("waterfall", Figure::Waterfall(request()))]
}

fn track(
    label: &str,
    depth: usize,
    kind: TrackKind,
    outcome: Option<Outcome>,
    from_s: f64,
    parts: &[(Activity, f64)],
) -> Track {
    let mut at = from_s;
    let segments = parts
        .iter()
        .map(|(activity, length)| {
            let segment = Segment {
                activity: *activity,
                from_s: at,
                to_s: at + length,
            };
            at += length;
            segment
        })
        .collect();
    Track {
        label: label.to_owned(),
        depth,
        kind,
        outcome,
        segments,
        orphaned_s: None,
    }
}

fn orphaned(track: Track, at: f64) -> Track {
    Track {
        orphaned_s: Some(at),
        ..track
    }
}

fn request() -> Waterfall {
    use Activity::{Backoff, Network, Queue, Waiting, Work};
    use TrackKind::{Attempt, Call, Hedge};
    let late = Some(Outcome::Timeout);
    Waterfall {
        title: "Request 48,211 of shoppers, sent at 10m22s".to_owned(),
        answered_s: Some(1.52),
        outcome: Some(Outcome::Ok),
        tracks: vec![
            track(
                "shoppers -> web",
                0,
                Call,
                Some(Outcome::Ok),
                0.0,
                &[
                    (Network, 0.02),
                    (Work, 0.04),
                    (Waiting, 1.42),
                    (Work, 0.02),
                    (Network, 0.02),
                ],
            ),
            track(
                "web -> app",
                1,
                Call,
                Some(Outcome::Ok),
                0.06,
                &[
                    (Network, 0.01),
                    (Queue, 0.05),
                    (Work, 0.06),
                    (Waiting, 1.28),
                    (Network, 0.02),
                ],
            ),
            track(
                "app -> db",
                2,
                Call,
                Some(Outcome::Ok),
                0.18,
                &[(Waiting, 0.5), (Backoff, 0.06), (Waiting, 0.72)],
            ),
            orphaned(
                track(
                    "attempt 1",
                    3,
                    Attempt,
                    late,
                    0.18,
                    &[(Network, 0.01), (Queue, 0.62), (Work, 0.4), (Network, 0.01)],
                ),
                0.68,
            ),
            track(
                "attempt 2",
                3,
                Attempt,
                Some(Outcome::Ok),
                0.74,
                &[(Network, 0.01), (Queue, 0.36), (Work, 0.33), (Network, 0.02)],
            ),
            orphaned(
                track(
                    "hedge of attempt 2",
                    3,
                    Hedge,
                    Some(Outcome::Cancelled),
                    1.0,
                    &[(Network, 0.01), (Queue, 0.5), (Work, 0.36)],
                ),
                1.46,
            ),
            track(
                "web -> search",
                1,
                Call,
                Some(Outcome::BreakerOpen),
                0.06,
                &[(Waiting, 0.004)],
            ),
        ],
    }
}
