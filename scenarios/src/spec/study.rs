//! A study: a second kind of file, which runs one scenario at many points.

use super::change::Patch;
use super::{At, Named, Opt};
use crate::document::Node;
use crate::fields::*;
use crate::syntax::expr::Measure;
use crate::syntax::goal::Goal;
use crate::syntax::range::Range;
use crate::syntax::rule::Rule;

table! {
    /// A study: one scenario at many points of a plan.
    pub struct StudySpec "study" {
        /// The format's version; comes first.
        format: Opt<u32> = count(1, 1), required(), "1";
        /// What it is called.
        title: Opt<String> = text(), optional(), "\"Where a spike is the end\"";
        /// The question it answers.
        question: Opt<String> = text(), optional(), "\"At which load does a spike of which size never end?\"";
        /// The scenario that is run: a file, relative to this one, or a shipped scenario's name.
        scenario: Opt<String> = scenario(), required(), "\"retry-storm.toml\"";
        /// The variants that are run at each point; all that the scenario declares if absent, or `base` if it declares none.
        variants: Opt<Vec<At<String>>> = many(name_of("a variant")), optional(), "[\"naive\", \"budget\"]";
        /// What is different from the scenario at every point: settings by their path.
        set: Opt<Patch> = patch(), optional(), "{ run.duration = \"5m\" }";
        /// Settings of the scenario that are gone at every point, by their path.
        unset: Opt<Vec<At<String>>> = many(path()), optional(), "[\"load.users.spike\"]";
        /// Which points there are, and how often each is run.
        plan: Opt<Plan> = table::<Plan>(), optional(), "{ method = \"grid\", replications = 20 }";
        /// What is varied; in a grid the first axis is the slowest.
        axis: Vec<Named<Axis>> = named::<Axis>("axis"), required(), "{ load = { path = \"load.shoppers.scale\", values = [\"x0.5\", \"x1\"] } }";
        /// Which points stay.
        constraint: Vec<Named<Constraint>> = named::<Constraint>("constraint"), optional(), "{ patient = { that = \"axis.timeout <= 2s\", why = \"web gives up first\" } }";
        /// Numbers to report for each run, by name; the scenario's own if absent.
        measure: Vec<Named<Opt<Measure>>> = named_values(measure(), "measure"), optional(), "{ p99 = \"p99(web.home)\" }";
        /// Figures of the results.
        chart: Vec<Named<Chart>> = named::<Chart>("chart"), optional(), "{ cliff = { kind = \"heatmap\", x = \"axis.load\", y = \"axis.timeout\", color = \"p99\" } }";
    }
}

table! {
    /// Which points there are, and how often each is run.
    pub struct Plan "plan" {
        /// How points are made of the axes' values: all combinations (`grid`), the first of each, the second of each and so on (`zip`), or drawn from ranges (`random`; `lhs`, Latin hypercube; `sobol`, scrambled).
        method: Opt<Method> = words(METHODS), default("\"grid\""), "\"grid\"";
        /// How many points are drawn, for `random`, `lhs` and `sobol`.
        points: Opt<u32> = count(1, 100_000), optional(), "64";
        /// Seed of the draws; runs have the scenario's `run.seed`.
        seed: Opt<u64> = whole(0, (1 << 53) - 1), default("1"), "2026";
        /// How many runs of each variant at each point, or until when it is repeated; the scenario's `run.replications` if absent.
        replications: Opt<Replications> = replications(), optional(), "20";
    }
}

/// How points are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// All combinations.
    Grid,
    /// The first value of each axis, then the second of each.
    Zip,
    /// Independent draws.
    Random,
    /// Latin hypercube: on each axis one point in each of as many slices as there are points.
    LatinHypercube,
    /// Owen-scrambled Sobol sequence.
    Sobol,
}

const METHODS: &[(&str, Method)] = &[
    ("grid", Method::Grid),
    ("zip", Method::Zip),
    ("random", Method::Random),
    ("lhs", Method::LatinHypercube),
    ("sobol", Method::Sobol),
];

impl Method {
    /// How it is written.
    pub fn name(self) -> &'static str {
        METHODS.iter().find(|it| it.1 == self).expect("every one is listed").0
    }

    /// Whether its points are drawn from ranges.
    pub fn draws(self) -> bool {
        !matches!(self, Method::Grid | Method::Zip)
    }
}

/// How often a point is run.
#[derive(Clone, Debug, PartialEq)]
pub enum Replications {
    /// So often.
    Fixed(u32),
    /// Until intervals are narrow.
    Until(Until),
}

table! {
    /// Runs until intervals are narrow enough, within limits.
    pub struct Until "replications" {
        /// Runs at least.
        min: Opt<u32> = count(2, 1_000_000), default("10"), "10";
        /// Runs at most.
        max: Opt<u32> = count(2, 1_000_000), default("200"), "200";
        /// When it is enough: every half-width of a 95 % interval is below its goal. A percentage is of the mean, any other quantity absolute; of a measure that is yes or no it is in points of the share.
        until: Opt<Vec<At<Goal>>> = one_or_many(goal()), required(), "\"halfwidth(recovery_time) < 5%\"";
    }
}

table! {
    /// One thing that is varied.
    pub struct Axis "axis" {
        /// The setting's path, or a list of paths that take the same value; `variant` for the variant, `run.seed` for the seed.
        path: Opt<Vec<At<String>>> = one_or_many(path()), required(), "\"policy.app-to-db.timeout\"";
        /// Its values: a list, or levels at even distances (`linear(a .. b, n)`) or even ratios (`log(a .. b, n)`), rounded to three digits or as many as tell them apart; without `n` for methods that draw.
        values: Opt<Values> = values(), required(), "\"log(50ms .. 5s, 9)\"";
        /// What tables and charts call it.
        label: Opt<String> = text(), optional(), "\"timeout of the database\"";
    }
}

/// The values of an axis as written.
#[derive(Clone, Debug, PartialEq)]
pub enum Values {
    /// One by one.
    List(Vec<Node>),
    /// From a range.
    Range(Range),
}

table! {
    /// A statement about the axes that holds at every point that is run.
    pub struct Constraint "constraint" {
        /// The statement: axes and quantities compared with each other, with `and`, `or` and `not`.
        that: Opt<Rule> = rule(), required(), "\"axis.timeout <= 2s\"";
        /// Why the other points are left out.
        why: Opt<String> = text(), required(), "\"web gives up first\"";
    }
}

table! {
    /// A figure of the results.
    pub struct Chart "chart" {
        /// A field of colours over two axes, or lines over one.
        kind: Opt<ChartKind> = words(CHARTS), required(), "\"heatmap\"";
        /// What goes to the right: `axis.NAME`.
        x: Opt<String> = text(), required(), "\"axis.load\"";
        /// What goes up: an axis in a heatmap, a measure for lines.
        y: Opt<String> = text(), required(), "\"axis.timeout\"";
        /// What the colour is: a measure in a heatmap; for lines an axis or `variant`, with a line for each value.
        color: Opt<String> = text(), optional(), "\"collapsed\"";
        /// What each of several figures side by side is for: an axis or `variant`.
        facet: Opt<String> = text(), optional(), "\"variant\"";
        /// What stands above it.
        title: Opt<String> = text(), optional(), "\"The cliff\"";
    }
}

/// Kinds of figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChartKind {
    /// A field of colours over two axes.
    Heatmap,
    /// Lines over an axis.
    Lines,
}

const CHARTS: &[(&str, ChartKind)] = &[("heatmap", ChartKind::Heatmap), ("lines", ChartKind::Lines)];

impl ChartKind {
    /// How it is written.
    pub fn name(self) -> &'static str {
        CHARTS.iter().find(|it| it.1 == self).expect("every one is listed").0
    }
}
