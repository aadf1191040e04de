//! Readers: from a node to a value, with every mistake reported.

use super::cx::Cx;
use super::shape::{Shape, TableInfo};
use crate::document::{At, Node, Place, Table, Value};
use crate::spec::{Limit, Named, Switch};
use crate::syntax::address::{self, Address, EdgeAddress, Target};
use crate::syntax::backoff::{self, Backoff};
use crate::syntax::dist::{self, DistSpec, KeySpec};
use crate::syntax::expr::{self, Condition, Measure};
use crate::syntax::instant::{self, During, Instant, Within};
use crate::syntax::number::{self, Decimal};
use crate::syntax::units::{self, Bandwidth, Bytes, Price, Quantity, Rate, Ratio, Zero};
use crate::syntax::{Errors, SyntaxError};
use brownout_sim_core::quantity::Factor;
use brownout_sim_core::time::Span;
use core::marker::PhantomData;

/// Reads one value. `None` means that an error was reported.
pub(crate) trait Read {
    /// What comes out.
    type Out;

    /// What it accepts.
    fn shape(&self) -> Shape;

    /// Reads it.
    fn read(&self, cx: &mut Cx<'_>, node: &Node) -> Option<Self::Out>;
}

/// Fills one field of a struct from its table.
pub(crate) trait Slot {
    /// The field's type.
    type Field;

    /// What it accepts.
    fn shape(&self) -> Shape;

    /// Reads it, if it is there.
    fn take(&self, cx: &mut Cx<'_>, table: &Table, key: &str) -> Self::Field;
}

impl<R: Read> Slot for R {
    type Field = Option<At<R::Out>>;

    fn shape(&self) -> Shape {
        Read::shape(self)
    }

    fn take(&self, cx: &mut Cx<'_>, table: &Table, key: &str) -> Option<At<R::Out>> {
        let node = table.get(key)?;
        cx.within(key, |cx| self.read(cx, node))
            .map(|value| At::new(value, node.at))
    }
}

/// A struct declared by `table!`.
pub(crate) trait Block: Sized {
    /// Its description.
    fn info() -> &'static TableInfo;

    /// Reads its fields; other keys are not looked at.
    fn fields(cx: &mut Cx<'_>, table: &Table) -> Self;
}

/// What can be read from a table: a [`Block`] or an enum of them.
pub(crate) trait Form: Sized {
    /// What it accepts.
    fn shape() -> Shape;

    /// Reads it.
    fn from_table(cx: &mut Cx<'_>, table: &Table, at: Place) -> Option<Self>;
}

impl<T: Block> Form for T {
    fn shape() -> Shape {
        Shape::Table(T::info())
    }

    fn from_table(cx: &mut Cx<'_>, table: &Table, at: Place) -> Option<T> {
        Some(block(cx, table, at, &[]))
    }
}

/// Reads a block and checks its keys; `extra` keys are somebody else's.
pub(crate) fn block<T: Block>(cx: &mut Cx<'_>, table: &Table, at: Place, extra: &[&str]) -> T {
    cx.check_keys(T::info(), table, at, extra);
    T::fields(cx, table)
}

/// The `kind` a table says, if it is one of these.
pub(crate) fn kind_of(
    cx: &mut Cx<'_>,
    table: &Table,
    default: &'static str,
    kinds: &[&'static str],
) -> Option<&'static str> {
    let Some(node) = table.get("kind") else {
        return Some(default);
    };
    let Some(word) = node.as_str() else {
        wrong_type(cx, node, &Shape::Words(kinds.to_vec()));
        return None;
    };
    let found = kinds.iter().find(|it| **it == word).copied();
    if found.is_none() {
        cx.out.unknown_word(node.at, word, kinds.iter().copied());
    }
    found
}

/// Reports a value of the wrong type, with the cure where it is clear.
pub(crate) fn wrong_type(cx: &mut Cx<'_>, node: &Node, expected: &Shape) {
    let found = match &node.value {
        Value::String(it) => format!("the text \"{}\"", shortened(it)),
        Value::Integer(_, it) | Value::Float(it) => format!("`{it}`"),
        Value::Boolean(it) => format!("`{it}`"),
        _ => node.noun().to_owned(),
    };
    let help = match (expected, &node.value) {
        (Shape::Whole(..) | Shape::Number(_) | Shape::Negative(_), Value::String(it))
            if !it.is_empty() && it.trim_start_matches('-').bytes().all(|it| it.is_ascii_digit()) =>
        {
            Some(format!("write `{it}`, without quotes"))
        }
        (Shape::Flag, Value::String(it)) if it == "true" || it == "false" => {
            Some(format!("write `{it}`, without quotes"))
        }
        (Shape::Flag, Value::String(it)) if it == "yes" || it == "on" => Some("write `true`".to_owned()),
        (Shape::Flag, Value::String(it)) if it == "no" || it == "off" => Some("write `false`".to_owned()),
        (Shape::List(_), Value::String(it)) => Some(format!("write `[\"{}\"]`", shortened(it))),
        (Shape::Text(_, example), _) => Some(format!("write it like `\"{example}\"`")),
        (Shape::Table(info), _) => info
            .all_fields()
            .first()
            .map(|it| format!("write a table, such as `{{ {} = {} }}`", it.name, it.example)),
        (Shape::Either(all), Value::String(it)) => all.iter().find_map(|shape| match shape {
            Shape::Words(words) => {
                crate::syntax::nearest(it, words.iter().copied()).map(|it| format!("did you mean `{it}`?"))
            }
            _ => None,
        }),
        _ => None,
    };
    cx.out.wrong_type(node.at, &expected.noun(), &found).help = help;
}

fn shortened(text: &str) -> String {
    if text.chars().count() <= 40 {
        return text.to_owned();
    }
    let head: String = text.chars().take(37).collect();
    format!("{head}...")
}

/// A text in a small language.
pub(crate) struct Text<T> {
    noun: &'static str,
    example: &'static str,
    parse: fn(&str) -> Result<T, Errors>,
}

impl<T> Read for Text<T> {
    type Out = T;

    fn shape(&self) -> Shape {
        Shape::Text(self.noun, self.example)
    }

    fn read(&self, cx: &mut Cx<'_>, node: &Node) -> Option<T> {
        match &node.value {
            Value::String(text) => (self.parse)(text)
                .map_err(|errors| cx.out.bad_value(node.at, errors))
                .ok(),
            // `timeout = 500`: the parser knows best what is missing.
            Value::Integer(_, text) | Value::Float(text) => {
                match (self.parse)(text) {
                    Err(errors) => {
                        let plain = Place { inset: 0, ..node.at };
                        cx.out.bad_value(plain, errors.into_iter().map(quoted).collect());
                    }
                    Ok(_) => wrong_type(cx, node, &Read::shape(self)),
                }
                None
            }
            _ => {
                wrong_type(cx, node, &Read::shape(self));
                None
            }
        }
    }
}

/// The same mistake, its cure with the quotes that TOML wants.
fn quoted(error: SyntaxError) -> SyntaxError {
    let Some(help) = error
        .help
        .as_ref()
        .filter(|it| it.starts_with("write") || it.starts_with("did"))
    else {
        return error;
    };
    let parts = help.split('`').enumerate().map(|(at, part)| {
        if at % 2 == 1 {
            format!("`\"{part}\"`")
        } else {
            part.to_owned()
        }
    });
    let help = parts.collect();
    SyntaxError {
        help: Some(help),
        ..error
    }
}

const fn reader<T>(noun: &'static str, example: &'static str, parse: fn(&str) -> Result<T, Errors>) -> Text<T> {
    Text { noun, example, parse }
}

/// A length of time above zero.
pub(crate) fn duration() -> Text<Span> {
    reader("a duration", "250ms", |it| Ok(units::duration(it, Zero::Refused)?))
}

/// A length of time.
pub(crate) fn duration_or_zero() -> Text<Span> {
    reader("a duration", "250ms", |it| Ok(units::duration(it, Zero::Allowed)?))
}

/// A rate above zero.
pub(crate) fn rate() -> Text<Rate> {
    reader("a rate", "1200/s", |it| Ok(units::rate(it, Zero::Refused)?))
}

/// A rate.
pub(crate) fn rate_or_zero() -> Text<Rate> {
    reader("a rate", "1200/s", |it| Ok(units::rate(it, Zero::Allowed)?))
}

/// An amount of data.
pub(crate) fn bytes() -> Text<Bytes> {
    reader("a size", "4kB", |it| Ok(units::bytes(it, Zero::Allowed)?))
}

/// A flow of data above zero.
pub(crate) fn bandwidth() -> Text<Bandwidth> {
    reader("a bandwidth", "1Gbit/s", |it| Ok(units::bandwidth(it, Zero::Refused)?))
}

/// A percentage up to 100 %.
pub(crate) fn share() -> Text<Ratio> {
    reader("a percentage", "5%", |it| Ok(units::share(it)?))
}

/// Any percentage.
pub(crate) fn percentage() -> Text<Ratio> {
    reader("a percentage", "5%", |it| Ok(units::percentage(it)?))
}

/// A factor above zero.
pub(crate) fn factor() -> Text<Factor> {
    reader("a factor", "x1.5", |it| Ok(units::factor(it, Zero::Refused)?))
}

/// A factor.
pub(crate) fn factor_or_zero() -> Text<Factor> {
    reader("a factor", "x1.5", |it| Ok(units::factor(it, Zero::Allowed)?))
}

/// A price.
pub(crate) fn price() -> Text<Price> {
    reader("a price", "0.02 EUR/call", |it| Ok(units::price(it)?))
}

/// A distribution of time.
pub(crate) fn dist() -> Text<DistSpec> {
    reader("a distribution", "lognormal(median=4ms, p99=25ms)", dist::parse)
}

/// A distribution of time that is not constantly zero.
pub(crate) fn dist_above_zero() -> Text<DistSpec> {
    reader("a distribution", "exponential(mean=30s)", |text| {
        match dist::parse(text)? {
            DistSpec::Constant(Span::ZERO) => {
                Err(SyntaxError::new(0..text.len(), "a duration of zero makes no sense here").into())
            }
            it => Ok(it),
        }
    })
}

/// A distribution of keys.
pub(crate) fn keys() -> Text<KeySpec> {
    reader("a distribution of keys", "zipf(10000, 0.9)", dist::keys)
}

/// An instant.
pub(crate) fn instant() -> Text<Instant> {
    reader("an instant", "fault.db-slow.end + 30s", |it| Ok(instant::instant(it)?))
}

/// A stretch of time between two instants.
pub(crate) fn during() -> Text<During> {
    reader("a stretch of time", "2m .. fault.db-slow.start", |it| {
        Ok(instant::during(it)?)
    })
}

/// A time limit from some instant.
pub(crate) fn within() -> Text<Within> {
    reader("a time limit", "2m after fault.db-slow.end", |it| {
        Ok(instant::within(it)?)
    })
}

/// An edge.
pub(crate) fn edge() -> Text<EdgeAddress> {
    reader("an edge", "app -> db", |it| Ok(address::edge(it)?))
}

/// Components or an edge.
pub(crate) fn target() -> Text<Target> {
    reader("an address", "db", |it| Ok(address::target(it)?))
}

/// One component or an endpoint of it.
pub(crate) fn callee() -> Text<Address> {
    reader("an address", "web.home", |text| {
        let it = address::address(text)?;
        if it.plain().is_none() {
            let error = SyntaxError::new(it.at.clone(), format!("a call goes to one component, not to `{it}`"));
            return Err(error.help("write `name` or `name.endpoint`").into());
        }
        Ok(it)
    })
}

/// A back-off.
pub(crate) fn backoff() -> Text<Backoff> {
    reader("a back-off", "exponential(50ms, factor=2, cap=2s)", backoff::parse)
}

/// A comparison.
pub(crate) fn condition() -> Text<Condition> {
    reader("a statement", "success_ratio(web.home) >= 99.9%", |it| {
        Ok(expr::condition(it)?)
    })
}

/// A measure.
pub(crate) fn measure() -> Text<Measure> {
    reader("an expression", "p99(web.home)", |it| Ok(expr::measure(it)?))
}

/// A dotted path.
pub(crate) fn path() -> Text<String> {
    reader("a path", "service.db.replicas", |it| {
        crate::document::path::keys(it)?;
        Ok(it.to_owned())
    })
}

/// Any text but an empty one.
pub(crate) fn text() -> Text<String> {
    reader("a text", "in a few words", |it| match it.trim() {
        "" => Err(SyntaxError::new(0..it.len(), "the text is empty").into()),
        it => Ok(it.to_owned()),
    })
}

/// The name of a file.
pub(crate) fn file() -> Text<String> {
    reader("the name of a file", "friday.csv", |it| match it.trim() {
        "" => Err(SyntaxError::new(0..it.len(), "the name of a file is empty").into()),
        it => Ok(it.to_owned()),
    })
}

/// A name; `noun` says whose, with its article.
pub(crate) fn name_of(noun: &'static str) -> Text<String> {
    let noun = match noun {
        "a zone" => "the name of a zone",
        "a region" => "the name of a region",
        "a class" => "the name of a class",
        "a tag" => "a tag",
        "a variant" => "the name of a variant",
        _ => "a name",
    };
    reader(noun, "name", |it| {
        address::name(it)?;
        Ok(it.to_owned())
    })
}

/// A quantity of any kind; a plain number needs no quotes.
pub(crate) fn quantity() -> Numeric<Quantity> {
    Numeric {
        noun: "a quantity",
        parse: units::quantity,
    }
}

/// A number from 1 to `most`.
pub(crate) fn number_from_1(most: u64) -> Between {
    Between {
        noun: "a number of at least 1",
        low: |it| it.cmp_whole(1).is_lt().then_some("the number is at least 1"),
        most,
    }
}

/// A number above zero and up to `most`.
pub(crate) fn number_above_zero(most: u64) -> Between {
    Between {
        noun: "a number above zero",
        low: |it| it.is_zero().then_some("the number is above zero"),
        most,
    }
}

/// A number in a range.
pub(crate) struct Between {
    noun: &'static str,
    /// Why a number is too small, if it is.
    low: fn(Decimal) -> Option<&'static str>,
    most: u64,
}

impl Read for Between {
    type Out = Decimal;

    fn shape(&self) -> Shape {
        Shape::Number(self.noun)
    }

    fn read(&self, cx: &mut Cx<'_>, node: &Node) -> Option<Decimal> {
        let number = Numeric {
            noun: self.noun,
            parse: number::number,
        }
        .read(cx, node)?;
        let wrong = match (self.low)(number) {
            Some(it) => it.to_owned(),
            None if number.cmp_whole(self.most).is_gt() => format!("the number is at most {}", self.most),
            None => return Some(number),
        };
        cx.out
            .bad_value(Place { inset: 0, ..node.at }, vec![SyntaxError::new(0..0, wrong)]);
        None
    }
}

/// A number or a text that both go through a parser.
pub(crate) struct Numeric<T> {
    noun: &'static str,
    parse: fn(&str) -> Result<T, SyntaxError>,
}

impl<T> Read for Numeric<T> {
    type Out = T;

    fn shape(&self) -> Shape {
        Shape::Number(self.noun)
    }

    fn read(&self, cx: &mut Cx<'_>, node: &Node) -> Option<T> {
        let (Value::String(text) | Value::Integer(_, text) | Value::Float(text)) = &node.value else {
            wrong_type(cx, node, &Read::shape(self));
            return None;
        };
        (self.parse)(text)
            .map_err(|error| cx.out.bad_value(node.at, vec![error]))
            .ok()
    }
}

/// A whole number in a range.
pub(crate) struct Whole {
    least: u64,
    most: u64,
}

/// A whole number.
pub(crate) fn whole(least: u64, most: u64) -> Whole {
    Whole { least, most }
}

impl Read for Whole {
    type Out = u64;

    fn shape(&self) -> Shape {
        Shape::Whole(self.least, self.most)
    }

    fn read(&self, cx: &mut Cx<'_>, node: &Node) -> Option<u64> {
        let Value::Integer(number, text) = &node.value else {
            wrong_type(cx, node, &Read::shape(self));
            return None;
        };
        let fits = number
            .and_then(|it| u64::try_from(it).ok())
            .filter(|it| (self.least..=self.most).contains(it));
        if fits.is_none() {
            cx.out.out_of_range(node.at, text, self.least, self.most);
        }
        fits
    }
}

/// A count.
pub(crate) struct Count(Whole);

/// A count; `most` fits 32 bits.
pub(crate) fn count(least: u64, most: u64) -> Count {
    Count(whole(least, most))
}

impl Read for Count {
    type Out = u32;

    fn shape(&self) -> Shape {
        Read::shape(&self.0)
    }

    fn read(&self, cx: &mut Cx<'_>, node: &Node) -> Option<u32> {
        self.0
            .read(cx, node)
            .map(|it| u32::try_from(it).expect("a count's range fits"))
    }
}

/// A count or `"unlimited"`.
pub(crate) struct LimitRead(Count);

/// A count or `"unlimited"`, at least `least`.
pub(crate) fn limit(least: u64) -> LimitRead {
    LimitRead(count(least, u64::from(u32::MAX) - 1))
}

impl Read for LimitRead {
    type Out = Limit;

    fn shape(&self) -> Shape {
        Shape::Either(vec![Read::shape(&self.0), Shape::Words(vec!["unlimited"])])
    }

    fn read(&self, cx: &mut Cx<'_>, node: &Node) -> Option<Limit> {
        match &node.value {
            Value::String(it) if it == "unlimited" => Some(Limit::Unlimited),
            Value::String(it) if !it.bytes().all(|it| it.is_ascii_digit()) || it.is_empty() => {
                wrong_type(cx, node, &Read::shape(self));
                None
            }
            _ => self.0.read(cx, node).map(Limit::Count),
        }
    }
}

/// `true` or `false`.
pub(crate) struct Boolean;

/// `true` or `false`.
pub(crate) fn boolean() -> Boolean {
    Boolean
}

impl Read for Boolean {
    type Out = bool;

    fn shape(&self) -> Shape {
        Shape::Flag
    }

    fn read(&self, cx: &mut Cx<'_>, node: &Node) -> Option<bool> {
        let Value::Boolean(it) = node.value else {
            wrong_type(cx, node, &Shape::Flag);
            return None;
        };
        Some(it)
    }
}

/// One of a few words.
pub(crate) struct Words<T: 'static>(&'static [(&'static str, T)]);

/// One of a few words.
pub(crate) fn words<T: Copy>(words: &'static [(&'static str, T)]) -> Words<T> {
    Words(words)
}

impl<T: Copy> Read for Words<T> {
    type Out = T;

    fn shape(&self) -> Shape {
        Shape::Words(self.0.iter().map(|it| it.0).collect())
    }

    fn read(&self, cx: &mut Cx<'_>, node: &Node) -> Option<T> {
        let Some(word) = node.as_str() else {
            wrong_type(cx, node, &Read::shape(self));
            return None;
        };
        let found = self.0.iter().find(|it| it.0 == word).map(|it| it.1);
        if found.is_none() {
            cx.out.unknown_word(node.at, word, self.0.iter().map(|it| it.0));
        }
        found
    }
}

/// A table.
pub(crate) struct TableRead<T>(PhantomData<T>);

/// A table.
pub(crate) fn table<T: Form>() -> TableRead<T> {
    TableRead(PhantomData)
}

impl<T: Form> Read for TableRead<T> {
    type Out = T;

    fn shape(&self) -> Shape {
        T::shape()
    }

    fn read(&self, cx: &mut Cx<'_>, node: &Node) -> Option<T> {
        let Some(table) = node.as_table() else {
            wrong_type(cx, node, &T::shape());
            return None;
        };
        T::from_table(cx, table, node.at)
    }
}

/// A table, or the value of one of its fields alone.
pub(crate) struct Short<T> {
    key: &'static str,
    form: PhantomData<T>,
}

/// A table, or the value of its field `key` alone.
pub(crate) fn short<T: Form>(key: &'static str) -> Short<T> {
    Short { key, form: PhantomData }
}

impl<T: Form> Read for Short<T> {
    type Out = T;

    fn shape(&self) -> Shape {
        let table = T::shape();
        let of = |info: &'static TableInfo| info.field(self.key).map(|it| (it.shape)());
        let alone = match &table {
            Shape::Table(info) => of(info),
            Shape::Kinds(_, default, kinds) => kinds.iter().find(|it| it.0 == *default).and_then(|it| of(it.1)),
            _ => None,
        };
        Shape::Either(alone.into_iter().chain([table]).collect())
    }

    fn read(&self, cx: &mut Cx<'_>, node: &Node) -> Option<T> {
        match node.as_table() {
            Some(table) => T::from_table(cx, table, node.at),
            None => T::from_table(cx, &Table::single(self.key, node), node.at),
        }
    }
}

/// A kind's name alone, or a table with it.
pub(crate) struct KindOrTable<T>(PhantomData<T>);

/// A kind's name alone, or a table with it.
pub(crate) fn kind_or_table<T: Form>() -> KindOrTable<T> {
    KindOrTable(PhantomData)
}

impl<T: Form> Read for KindOrTable<T> {
    type Out = T;

    fn shape(&self) -> Shape {
        let table = T::shape();
        let words = match &table {
            Shape::Kinds(_, _, kinds) => kinds.iter().map(|it| it.0).collect(),
            _ => Vec::new(),
        };
        Shape::Either(vec![Shape::Words(words), table])
    }

    fn read(&self, cx: &mut Cx<'_>, node: &Node) -> Option<T> {
        match node.as_table() {
            Some(table) => T::from_table(cx, table, node.at),
            None => T::from_table(cx, &Table::single("kind", node), node.at),
        }
    }
}

/// A value, or `"none"`.
pub(crate) struct SwitchRead<R>(R);

/// A value, or `"none"`.
pub(crate) fn switch<R: Read>(reader: R) -> SwitchRead<R> {
    SwitchRead(reader)
}

impl<R: Read> Read for SwitchRead<R> {
    type Out = Switch<R::Out>;

    fn shape(&self) -> Shape {
        let mut all = match Read::shape(&self.0) {
            Shape::Either(all) => all,
            one => vec![one],
        };
        all.push(Shape::Words(vec!["none"]));
        Shape::Either(all)
    }

    fn read(&self, cx: &mut Cx<'_>, node: &Node) -> Option<Switch<R::Out>> {
        if node.as_str() == Some("none") {
            return Some(Switch::None);
        }
        self.0.read(cx, node).map(Switch::Set)
    }
}

/// A list.
pub(crate) struct Many<R> {
    reader: R,
    alone: bool,
}

/// A list; never empty.
pub(crate) fn many<R: Read>(reader: R) -> Many<R> {
    Many { reader, alone: false }
}

/// A list, or one value alone.
pub(crate) fn one_or_many<R: Read>(reader: R) -> Many<R> {
    Many { reader, alone: true }
}

impl<R: Read> Read for Many<R> {
    type Out = Vec<At<R::Out>>;

    fn shape(&self) -> Shape {
        let list = Shape::List(Box::new(Read::shape(&self.reader)));
        if self.alone {
            Shape::Either(vec![Read::shape(&self.reader), list])
        } else {
            list
        }
    }

    fn read(&self, cx: &mut Cx<'_>, node: &Node) -> Option<Vec<At<R::Out>>> {
        let items = match &node.value {
            Value::Array(items) => items.as_slice(),
            _ if self.alone => core::slice::from_ref(node),
            _ => {
                wrong_type(cx, node, &Read::shape(self));
                return None;
            }
        };
        if items.is_empty() {
            let here = cx.here();
            cx.out.empty(node.at, &here).help("leave it out if nothing is meant");
            return None;
        }
        let read: Vec<_> = items
            .iter()
            .map(|it| Some(At::new(self.reader.read(cx, it)?, it.at)))
            .collect();
        read.into_iter().collect()
    }
}

/// Named tables: `[service.web]`.
pub(crate) struct NamedTables<T> {
    what: &'static str,
    form: PhantomData<T>,
}

/// Named tables of one kind.
pub(crate) fn named<T: Form>(what: &'static str) -> NamedTables<T> {
    NamedTables {
        what,
        form: PhantomData,
    }
}

impl<T: Form> Slot for NamedTables<T> {
    type Field = Vec<Named<T>>;

    fn shape(&self) -> Shape {
        Shape::Map(self.what, Box::new(T::shape()))
    }

    fn take(&self, cx: &mut Cx<'_>, table: &Table, key: &str) -> Vec<Named<T>> {
        entries(cx, table, key, self.what, |cx, node| {
            let Some(table) = node.as_table() else {
                wrong_type(cx, node, &T::shape());
                return None;
            };
            T::from_table(cx, table, node.at)
        })
    }
}

/// Named values: `[measure]`.
pub(crate) struct NamedValues<R> {
    reader: R,
    what: &'static str,
}

/// Named values of one kind.
pub(crate) fn named_values<R: Read>(reader: R, what: &'static str) -> NamedValues<R> {
    NamedValues { reader, what }
}

impl<R: Read> Slot for NamedValues<R> {
    type Field = Vec<Named<Option<At<R::Out>>>>;

    fn shape(&self) -> Shape {
        Shape::Map(self.what, Box::new(Read::shape(&self.reader)))
    }

    fn take(&self, cx: &mut Cx<'_>, table: &Table, key: &str) -> Self::Field {
        entries(cx, table, key, self.what, |cx, node| {
            Some(self.reader.read(cx, node).map(|it| At::new(it, node.at)))
        })
    }
}

/// Reads a table with keys of the user's own, in the order of the text.
fn entries<T>(
    cx: &mut Cx<'_>,
    table: &Table,
    key: &str,
    what: &str,
    read: impl Fn(&mut Cx<'_>, &Node) -> Option<T>,
) -> Vec<Named<T>> {
    let Some(node) = table.get(key) else {
        return Vec::new();
    };
    let Some(tables) = node.as_table() else {
        let example = if what == "measure" {
            String::new()
        } else {
            format!("write `[{key}.name]`")
        };
        let it = cx
            .out
            .wrong_type(node.at, &format!("a table of {what}s by name"), node.noun());
        it.help = Some(example).filter(|it| !it.is_empty());
        return Vec::new();
    };
    cx.within(key, |cx| {
        let mut all = Vec::new();
        for (name, entry) in tables.in_order() {
            if address::name(name).is_err() {
                cx.out.bad_name(entry.key_at, name);
            }
            if let Some(it) = cx.within(name, |cx| read(cx, &entry.node)) {
                all.push(Named {
                    name: At::new(name.clone(), entry.key_at),
                    it,
                    at: entry.node.at,
                });
            }
        }
        all
    })
}

/// The fields of another block, written directly in this one's table.
pub(crate) struct InlineRead<T>(PhantomData<T>);

/// The fields of another block, written directly in this one's table.
pub(crate) fn inline<T: Block>() -> InlineRead<T> {
    InlineRead(PhantomData)
}

impl<T: Block> Slot for InlineRead<T> {
    type Field = T;

    fn shape(&self) -> Shape {
        Shape::Inline(T::info())
    }

    fn take(&self, cx: &mut Cx<'_>, table: &Table, _key: &str) -> T {
        T::fields(cx, table)
    }
}
