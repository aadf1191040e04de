//! Instants, `90s`, `fault.a.end + 30s`, and stretches of time: `2m .. fault.db-slow.start`, `2m after fault.db-slow.end`.

use super::cursor::Cursor;
use super::units::Quantity;
use super::{Placed, SyntaxError};
use brownout_sim_core::time::Span;
use core::fmt;
use core::ops::Range;

/// What an instant is counted from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The beginning of the run.
    Run,
    /// The start of a fault; of a recurring one, the first.
    FaultStart(Placed<String>),
    /// The end of a fault; of a recurring one, the last.
    FaultEnd(Placed<String>),
    /// The first start of any fault.
    FaultsStart,
    /// The last end of all faults.
    FaultsEnd,
    /// When a change is made, or begins to be.
    ChangeStart(Placed<String>),
    /// When a change is complete, its ramp over.
    ChangeEnd(Placed<String>),
}

/// How far from its origin an instant lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Offset {
    /// That much later; may be zero.
    After(Span),
    /// That much earlier; above zero.
    Before(Span),
}

/// A point in time; `90s` is 90 s after the run's beginning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instant {
    /// What it is counted from.
    pub origin: Origin,
    /// How far from there.
    pub offset: Offset,
    /// From its first to its last character.
    pub at: Range<usize>,
}

impl Instant {
    /// The time since the run's beginning, if that is all it is.
    pub fn fixed(&self) -> Option<Span> {
        match (&self.origin, self.offset) {
            (Origin::Run, Offset::After(it)) => Some(it),
            _ => None,
        }
    }
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.origin {
            Origin::Run => {}
            Origin::FaultStart(it) => write!(f, "fault.{}.start", it.it)?,
            Origin::FaultEnd(it) => write!(f, "fault.{}.end", it.it)?,
            Origin::FaultsStart => f.write_str("faults.start")?,
            Origin::FaultsEnd => f.write_str("faults.end")?,
            Origin::ChangeStart(it) => write!(f, "change.{}.start", it.it)?,
            Origin::ChangeEnd(it) => write!(f, "change.{}.end", it.it)?,
        }
        match (&self.origin, self.offset) {
            (Origin::Run, Offset::After(it)) => it.fmt(f),
            (_, Offset::After(Span::ZERO)) => Ok(()),
            (_, Offset::After(it)) => write!(f, " + {it}"),
            (_, Offset::Before(it)) => write!(f, " - {it}"),
        }
    }
}

/// From one instant to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct During {
    /// From here on.
    pub from: Instant,
    /// Up to here; after `from` where both are counted from the same.
    pub to: Instant,
}

impl fmt::Display for During {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} .. {}", self.from, self.to)
    }
}

/// At most so long, from the run's beginning or from another instant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Within {
    /// How long at most; above zero.
    pub span: Placed<Span>,
    /// Counted from here.
    pub after: Option<Instant>,
}

impl fmt::Display for Within {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.span.it.fmt(f)?;
        self.after.as_ref().map_or(Ok(()), |it| write!(f, " after {it}"))
    }
}

/// An instant: `90s`, `fault.a.start`, `fault.a.end + 30s`, `change.x.start - 5s`.
pub fn instant(text: &str) -> Result<Instant, SyntaxError> {
    let mut cursor = Cursor::new(text);
    let instant = read_instant(&mut cursor)?;
    cursor.end(&format!("`{instant}`"))?;
    Ok(instant)
}

/// A stretch of time: `2m .. fault.db-slow.start`.
pub fn during(text: &str) -> Result<During, SyntaxError> {
    let mut cursor = Cursor::new(text);
    let from = read_instant(&mut cursor)?;
    if cursor.eat("..").is_none() {
        return Err(cursor
            .expected("`..`")
            .help(format!("write `{from} .. ` and where it ends")));
    }
    let to = read_instant(&mut cursor)?;
    let during = During { from, to };
    cursor.end(&format!("`{during}`"))?;
    let (from, to) = (&during.from, &during.to);
    if same_origin(&from.origin, &to.origin) && to.offset.nanos() <= from.offset.nanos() {
        return Err(SyntaxError::new(to.at.clone(), format!("this is not after `{from}`")));
    }
    Ok(during)
}

/// A limit: `2m after fault.db-slow.end`, or just `2m`.
pub fn within(text: &str) -> Result<Within, SyntaxError> {
    let mut cursor = Cursor::new(text);
    let (quantity, at) = cursor.quantity()?;
    let Quantity::Span(span) = quantity else {
        let error = SyntaxError::new(at, format!("expected a duration, found {}", quantity.noun()));
        return Err(error.help("write it like `2m after fault.x.end`"));
    };
    if span == Span::ZERO {
        return Err(SyntaxError::new(at, "a duration of zero makes no sense here"));
    }
    let after = match cursor.eat_word("after") {
        Some(_) => Some(read_instant(&mut cursor)?),
        None => None,
    };
    let within = Within {
        span: Placed::new(span, at),
        after,
    };
    cursor.end(&format!("`{within}`"))?;
    Ok(within)
}

impl Offset {
    fn nanos(self) -> i128 {
        match self {
            Offset::After(it) => i128::from(it.nanos()),
            Offset::Before(it) => -i128::from(it.nanos()),
        }
    }
}

fn same_origin(one: &Origin, other: &Origin) -> bool {
    match (one, other) {
        (Origin::Run, Origin::Run)
        | (Origin::FaultsStart, Origin::FaultsStart)
        | (Origin::FaultsEnd, Origin::FaultsEnd) => true,
        (Origin::FaultStart(a), Origin::FaultStart(b))
        | (Origin::FaultEnd(a), Origin::FaultEnd(b))
        | (Origin::ChangeStart(a), Origin::ChangeStart(b))
        | (Origin::ChangeEnd(a), Origin::ChangeEnd(b)) => a.it == b.it,
        _ => false,
    }
}

pub(crate) fn read_instant(cursor: &mut Cursor<'_>) -> Result<Instant, SyntaxError> {
    let start = cursor.space().pos();
    if cursor.rest().starts_with(|it: char| it.is_ascii_digit() || it == '-') {
        let span = read_span(cursor)?;
        let at = start..cursor.pos();
        if let Some(sign) = cursor.eat("+").or_else(|| cursor.eat("-")) {
            return Err(SyntaxError::new(sign, "a fixed instant has nothing added").help("write the sum"));
        }
        return Ok(Instant {
            origin: Origin::Run,
            offset: Offset::After(span),
            at,
        });
    }
    let help = "write a duration, or `fault.NAME.start`, `fault.NAME.end`, `change.NAME.start`";
    let Some(kind) = cursor.name() else {
        return Err(cursor.expected("an instant").help(help));
    };
    let (kind, kind_at) = (cursor.text(kind.clone()), kind);
    if kind == "faults" {
        return of_all_faults(cursor, start);
    }
    if !["fault", "change"].contains(&kind) {
        return Err(SyntaxError::new(kind_at, format!("expected an instant, found `{kind}`")).help(help));
    }
    dot(cursor, &format!("`{kind}.NAME.start`"))?;
    let at = cursor
        .name()
        .ok_or_else(|| cursor.expected(&format!("the name of a {kind}")))?;
    let name = Placed::new(cursor.text(at.clone()).to_owned(), at);
    dot(
        cursor,
        &format!("`{kind}.{}.start` or `{kind}.{}.end`", name.it, name.it),
    )?;
    let edge = cursor.name().ok_or_else(|| cursor.expected("`start` or `end`"))?;
    let origin = match (kind, cursor.text(edge.clone())) {
        ("fault", "start") => Origin::FaultStart(name),
        ("fault", "end") => Origin::FaultEnd(name),
        ("change", "start") => Origin::ChangeStart(name),
        ("change", "end") => Origin::ChangeEnd(name),
        (_, found) => {
            let error = SyntaxError::new(edge, format!("expected `start` or `end`, found `{found}`"));
            let joined = found.starts_with("start-") || found.starts_with("end-");
            return Err(if joined {
                error.help("put spaces around `-`")
            } else {
                error
            });
        }
    };
    shifted(cursor, origin, start)
}

/// `faults.start` and `faults.end`, the first word being read.
fn of_all_faults(cursor: &mut Cursor<'_>, start: usize) -> Result<Instant, SyntaxError> {
    dot(cursor, "`faults.start` or `faults.end`")?;
    let edge = cursor.name().ok_or_else(|| cursor.expected("`start` or `end`"))?;
    let origin = match cursor.text(edge.clone()) {
        "start" => Origin::FaultsStart,
        "end" => Origin::FaultsEnd,
        found => {
            let error = SyntaxError::new(edge, format!("expected `start` or `end`, found `{found}`"));
            return Err(error.help("for one fault, write `fault.NAME.end`"));
        }
    };
    shifted(cursor, origin, start)
}

/// The instant with what is added to its origin or taken from it.
fn shifted(cursor: &mut Cursor<'_>, origin: Origin, start: usize) -> Result<Instant, SyntaxError> {
    let mut end = cursor.pos();
    let mut offset = Offset::After(Span::ZERO);
    for plus in [true, false] {
        if cursor.eat(if plus { "+" } else { "-" }).is_some() {
            let span = read_span(cursor)?;
            offset = if plus || span == Span::ZERO {
                Offset::After(span)
            } else {
                Offset::Before(span)
            };
            end = cursor.pos();
            break;
        }
    }
    Ok(Instant {
        origin,
        offset,
        at: start..end,
    })
}

fn dot(cursor: &mut Cursor<'_>, form: &str) -> Result<(), SyntaxError> {
    if !cursor.rest().starts_with('.') || cursor.rest().starts_with("..") {
        return Err(cursor.expected("`.`").help(format!("write {form}")));
    }
    cursor.take(1);
    Ok(())
}

fn read_span(cursor: &mut Cursor<'_>) -> Result<Span, SyntaxError> {
    let (quantity, at) = cursor.quantity()?;
    match quantity {
        Quantity::Span(it) => Ok(it),
        Quantity::Number(it) => {
            let error = SyntaxError::new(at, format!("`{it}` has no unit"));
            Err(error.help(format!("write `{it}s` or `{it}m`")))
        }
        other => Err(SyntaxError::new(
            at,
            format!("expected a duration, found {}", other.noun()),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::testing::{check_places, shown};
    use proptest::prelude::*;

    fn table<T: fmt::Display>(texts: &[&str], parse: impl Fn(&str) -> Result<T, SyntaxError>) -> String {
        let row = |text: &&str| parse(text).map_or_else(|it| shown(text, it), |it| format!("{text} => {it}"));
        texts.iter().map(row).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn instants_are_counted_from_the_run_or_an_event() {
        let texts = [
            "90s",
            "0s",
            "1h30m",
            "fault.a.start",
            "fault.db-slow.end + 30s",
            "change.x.start - 5s",
            "fault.a.end+30s",
            "fault.a.end + 0s",
            "change.x.end",
            "",
            "90",
            "-5s",
            "90s + 5s",
            "fault",
            "fault.a",
            "fault.a.",
            "fault.a.begin",
            "fault.a.end-5s",
            "fault.a.end + ",
            "fault.a.end + 5",
            "fault.a.end + 5%",
            "fault..start",
            "service.a.start",
            "fault.a.end 5s",
            "start",
            "5x",
            "fault.é.end",
        ];
        insta::assert_snapshot!(table(&texts, instant), @r#"
90s => 90s
0s => 0s
1h30m => 90m
fault.a.start => fault.a.start
fault.db-slow.end + 30s => fault.db-slow.end + 30s
change.x.start - 5s => change.x.start - 5s
fault.a.end+30s => fault.a.end + 30s
fault.a.end + 0s => fault.a.end
change.x.end => change.x.end
[]: expected an instant, found the end (write a duration, or `fault.NAME.start`, `fault.NAME.end`, `change.NAME.start`)
[90]: `90` has no unit (write `90s` or `90m`)
[-5s]: a quantity cannot be negative
90s [+] 5s: a fixed instant has nothing added (write the sum)
fault[]: expected `.`, found the end (write `fault.NAME.start`)
fault.a[]: expected `.`, found the end (write `fault.a.start` or `fault.a.end`)
fault.a.[]: expected `start` or `end`, found the end
fault.a.[begin]: expected `start` or `end`, found `begin`
fault.a.[end-5s]: expected `start` or `end`, found `end-5s` (put spaces around `-`)
fault.a.end + []: expected a quantity, found the end
fault.a.end + [5]: `5` has no unit (write `5s` or `5m`)
fault.a.end + [5%]: expected a duration, found a percentage
fault[.].start: expected `.`, found `.` (write `fault.NAME.start`)
[service].a.start: expected an instant, found `service` (write a duration, or `fault.NAME.start`, `fault.NAME.end`, `change.NAME.start`)
fault.a.end [5s]: expected nothing after `fault.a.end`, found `5s`
[start]: expected an instant, found `start` (write a duration, or `fault.NAME.start`, `fault.NAME.end`, `change.NAME.start`)
5[x]: a duration has no unit called `x` (units are ns, us, ms, s, m, h, d)
fault.[é].end: expected the name of a fault, found `é`
"#);
        insta::assert_snapshot!(format!("{:?}", instant(" fault.a.end - 3s ")), @r#"
Ok(Instant { origin: FaultEnd(Placed { it: "a", at: 7..8 }), offset: Before(Span(3000000000)), at: 1..17 })
"#);
    }

    #[test]
    fn stretches_of_time_have_a_length() {
        let texts = [
            "2m .. fault.db-slow.start",
            "2m..4m",
            "fault.a.end .. fault.a.end + 30s",
            "fault.a.start .. fault.a.end",
            "4m .. 2m",
            "2m .. 2m",
            "2m",
            "2m ..",
            ".. 2m",
            "2m to 4m",
            "2m ... 4m",
            "fault.a.end .. fault.a.end",
            "fault.a.end - 3s .. fault.a.end - 5s",
            "2m .. 4m .. 6m",
        ];
        insta::assert_snapshot!(table(&texts, during), @r#"
2m .. fault.db-slow.start => 2m .. fault.db-slow.start
2m..4m => 2m .. 4m
fault.a.end .. fault.a.end + 30s => fault.a.end .. fault.a.end + 30s
fault.a.start .. fault.a.end => fault.a.start .. fault.a.end
4m .. [2m]: this is not after `4m`
2m .. [2m]: this is not after `2m`
2m[]: expected `..`, found the end (write `2m .. ` and where it ends)
2m ..[]: expected an instant, found the end (write a duration, or `fault.NAME.start`, `fault.NAME.end`, `change.NAME.start`)
[.]. 2m: expected an instant, found `.` (write a duration, or `fault.NAME.start`, `fault.NAME.end`, `change.NAME.start`)
2m [to] 4m: expected `..`, found `to` (write `2m .. ` and where it ends)
2m ..[.] 4m: expected an instant, found `.` (write a duration, or `fault.NAME.start`, `fault.NAME.end`, `change.NAME.start`)
fault.a.end .. [fault.a.end]: this is not after `fault.a.end`
fault.a.end - 3s .. [fault.a.end - 5s]: this is not after `fault.a.end - 3s`
2m .. 4m [.. 6m]: expected nothing after `2m .. 4m`, found `.. 6m`
"#);
        let texts = [
            "2m after fault.db-slow.end",
            "90s",
            "2m after 5m",
            "0s after 5m",
            "5% after 3s",
            "2m afterwards",
            "2m after",
            "after 2m",
            "2m fault.a.end",
            "",
        ];
        insta::assert_snapshot!(table(&texts, within), @r#"
2m after fault.db-slow.end => 2m after fault.db-slow.end
90s => 90s
2m after 5m => 2m after 5m
[0s] after 5m: a duration of zero makes no sense here
[5%] after 3s: expected a duration, found a percentage (write it like `2m after fault.x.end`)
2m [afterwards]: expected nothing after `2m`, found `afterwards`
2m after[]: expected an instant, found the end (write a duration, or `fault.NAME.start`, `fault.NAME.end`, `change.NAME.start`)
[after] 2m: expected a quantity, found `after`
2m [fault.a.end]: expected nothing after `2m`, found `fault.a.end`
[]: expected a quantity, found the end
"#);
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "\\PC*", resembling in "(fault|change|5s|2m|[.a +-]){0,3}(\\.| )(start|end|after|\\.\\.|é)?[ +-]{0,3}(5s|7|x8|fault)?") {
            for text in [text, resembling] {
                check_places(&text, instant(&text));
                check_places(&text, during(&text));
                check_places(&text, within(&text));
            }
        }

        #[test]
        fn what_is_printed_reads_back(name in "[a-z][a-z0-9-]{0,3}", change: bool, end: bool, later: bool, nanos in 1_u64..u64::MAX) {
            let kind = if change { "change" } else { "fault" };
            let sign = if later { '+' } else { '-' };
            let text = format!("{kind}.{name}.{} {sign} {}", if end { "end" } else { "start" }, Span::from_nanos(nanos));
            prop_assert_eq!(instant(&text).map(|it| it.to_string()), Ok(text));
        }
    }
}
