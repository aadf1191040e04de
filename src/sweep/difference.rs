//! Two results of one unit that should be equal: whether they are, and if not, from when on.

use crate::store::unit::{Done, Ended, Number, Record};

/// In what two results of one unit differ.
#[derive(Clone, Debug, PartialEq)]
pub enum Difference {
    /// Other seeds.
    Seed(u64, u64),
    /// One stopped with an error, or both with different ones; what became of each.
    End(String, String),
    /// Other events: equal until the first instant (0 if nothing is known to be equal), different at the second one, in
    /// nanoseconds; `None` for the end.
    Events(u64, Option<u64>),
    /// Equal events, and another number for the measure at this place.
    Measure(usize, Number, Number),
    /// Equal events and measures, and other timelines or changes of state.
    Detail,
}

/// Compares two results of one unit; `None` if they are equal to the last bit.
pub fn difference(one: &Record, other: &Record) -> Option<Difference> {
    if one.bytes() == other.bytes() {
        return None;
    }
    if one.seed != other.seed {
        return Some(Difference::Seed(one.seed, other.seed));
    }
    let (Ended::Done(mine), Ended::Done(theirs)) = (&one.ended, &other.ended) else {
        return Some(Difference::End(ended(one), ended(other)));
    };
    if (mine.digest, mine.events) != (theirs.digest, theirs.events) || mine.checkpoints != theirs.checkpoints {
        return Some(stretch(mine, theirs));
    }
    let measures = mine.measures.iter().zip(&theirs.measures).enumerate();
    // Bits, not values: a not-a-number equals itself, and the two zeros differ.
    let bits = |it: &Number| match it {
        Number::Is(it) | Number::AtLeast(it) => it.to_bits(),
        Number::Missing(_) => 0,
    };
    let kind = std::mem::discriminant::<Number>;
    for (at, (a, b)) in measures {
        let reason = matches!((a, b), (Number::Missing(a), Number::Missing(b)) if a != b);
        if kind(a) != kind(b) || bits(a) != bits(b) || reason {
            return Some(Difference::Measure(at, a.clone(), b.clone()));
        }
    }
    Some(Difference::Detail)
}

fn ended(record: &Record) -> String {
    match &record.ended {
        Ended::Done(done) => format!("it ended after {} events with digest {}", done.events, done.digest),
        Ended::Failed(why) => format!("it stopped: {why}"),
    }
}

/// The stretch between checkpoints in which events differ first.
fn stretch(mine: &Done, theirs: &Done) -> Difference {
    let mut equal = 0;
    for (a, b) in mine.checkpoints.iter().zip(&theirs.checkpoints) {
        if a != b {
            return Difference::Events(equal, Some(a.at_ns.min(b.at_ns)));
        }
        equal = a.at_ns;
    }
    Difference::Events(equal, None)
}

/// An instant for people: seconds.
fn seconds(nanos: u64) -> String {
    format!("{} s", nanos as f64 / 1e9)
}

impl Difference {
    /// What differs, for people; measures have these names.
    pub fn tell(&self, measures: &[String]) -> String {
        match self {
            Difference::Seed(a, b) => format!("the seed is {a} in one and {b} in the other"),
            Difference::End(a, b) => format!("in one, {a}; in the other, {b}"),
            Difference::Events(0, None) => "the events differ".to_owned(),
            Difference::Events(from, None) => {
                format!("the events are equal until {}, and differ after it", seconds(*from))
            }
            Difference::Events(from, Some(to)) => {
                format!(
                    "the events differ first between {} and {}",
                    seconds(*from),
                    seconds(*to)
                )
            }
            Difference::Measure(at, a, b) => {
                let show = |it: &Number| match it {
                    Number::Is(it) => it.to_string(),
                    Number::AtLeast(it) => format!("at least {it}"),
                    Number::Missing(why) => format!("none ({why})"),
                };
                let name = measures.get(*at).map_or("a measure", String::as_str);
                format!(
                    "the events are equal, and `{name}` is {} in one and {} in the other",
                    show(a),
                    show(b)
                )
            }
            Difference::Detail => "events and measures are equal, and timelines or changes of state differ".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::unit::tests::record;
    use crate::store::unit::{Checkpoint, Words};

    fn changed(with: impl FnOnce(&mut Done)) -> String {
        let one = record(1, 1, 1);
        let mut other = one.clone();
        if let Ended::Done(done) = &mut other.ended {
            with(done);
        }
        let names = ["p99".to_owned()];
        difference(&one, &other).map_or("equal".to_owned(), |it| it.tell(&names))
    }

    #[test]
    fn every_difference_is_found_and_told() {
        assert_eq!(changed(|_| ()), "equal");
        assert_eq!(
            changed(|it| it.digest = Words(0, 0)),
            "the events are equal until 75 s, and differ after it"
        );
        let later = Checkpoint {
            at_ns: 75_000_000_000,
            digest: Words(9, 9),
        };
        assert_eq!(
            changed(|it| it.checkpoints[0] = later),
            "the events differ first between 0 s and 75 s"
        );
        assert_eq!(
            changed(|it| it.measures[0] = Number::Is(-0.0)),
            "the events are equal, and `p99` is 1.0625 in one and -0 in the other"
        );
        assert!(changed(|it| it.measures[2] = Number::Missing("other".to_owned())).contains("a measure"));
        assert!(changed(|it| it.series.clear()).contains("timelines"));
        let one = record(1, 1, 1);
        let failed = Record {
            ended: Ended::Failed("too many events".to_owned()),
            ..one.clone()
        };
        let told = difference(&one, &failed).unwrap().tell(&[]);
        assert!(told.ends_with("in the other, it stopped: too many events"), "{told}");
        let seed = Record { seed: 7, ..one.clone() };
        assert_eq!(difference(&one, &seed), Some(Difference::Seed(43, 7)));
    }
}
