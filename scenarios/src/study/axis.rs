//! Axes: what is varied, with its levels.

use std::sync::Arc;

use super::levels::{Level, Steps};
use super::path::{self, VARIANT};
use super::sample;
use super::{Base, amount};
use crate::diagnostics::Diagnostics;
use crate::document::{Node, Place, path as paths};
use crate::spec::Named;
use crate::spec::study::{self, Method, StudySpec, Values};
use crate::syntax::range::{LEVELS_MAX, Range};

/// The keys of a path, and where the path stands.
pub(super) type Keys = (Vec<String>, Place);

/// What is varied.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    /// Its name.
    pub name: String,
    /// The paths that take its values; `variant` alone is the variant.
    pub paths: Vec<String>,
    /// What tables and charts call it, if the file says so.
    pub label: Option<String>,
    /// Its levels in order; where points are drawn, what was drawn for each of them, before constraints.
    pub levels: Vec<Arc<Level>>,
    /// Whether the levels were drawn.
    pub drawn: bool,
    /// Whether it is a range at even ratios: a chart shows it so.
    pub is_log: bool,
    /// The unit of the levels' numbers, `s` or `/s` for example, and empty for fractions, factors and counts; `None` if a level
    /// has no number, or they have different units.
    pub unit: Option<String>,
    /// Each path once more, as keys.
    pub(super) keys: Vec<Keys>,
    /// Where the axis is declared.
    pub(super) at: Place,
    /// Where its values stand.
    pub(super) values_at: Place,
}

impl Axis {
    /// Whether its values are variants.
    pub fn is_variant(&self) -> bool {
        self.keys.iter().any(|it| it.0 == [VARIANT])
    }
}

/// The axes of a study; those with a mistake are left out.
pub(super) fn axes(spec: &StudySpec, base: &Base<'_>, out: &mut Diagnostics) -> Vec<Axis> {
    let plan = spec.plan.as_ref().map(|it| &it.value);
    let method = plan
        .and_then(|it| it.method.as_ref())
        .map_or(Method::Grid, |it| it.value);
    let seed = plan.and_then(|it| it.seed.as_ref()).map_or(1, |it| it.value);
    let points = points(spec, method, out);
    let mut found: Vec<Axis> = Vec::new();
    for (place, written) in spec.axis.iter().enumerate() {
        let keys = keys(written, base, &found, out);
        let Some((keys, whole)) = keys else {
            continue;
        };
        let Some(values) = &written.it.values else { continue };
        let drawing = Drawing {
            method,
            seed,
            points,
            place,
        };
        let Some(levels) = levels(&written.name, &values.value, values.at, whole, &drawing, base, out) else {
            continue;
        };
        let mut units: Vec<Option<String>> = levels.iter().map(|it| it.quantity.as_ref().map(amount::unit)).collect();
        units.dedup();
        found.push(Axis {
            name: written.name.value.clone(),
            paths: keys
                .iter()
                .map(|it| paths::print(it.0.iter().map(String::as_str)))
                .collect(),
            label: written.it.label.as_ref().map(|it| it.value.clone()),
            levels,
            drawn: method.draws(),
            is_log: matches!(&values.value, Values::Range(it) if it.scale == crate::syntax::range::Scale::Log),
            unit: if units.len() == 1 { units.remove(0) } else { None },
            keys,
            at: written.name.at,
            values_at: values.at,
        });
    }
    if method == Method::Zip {
        let mut rest = found.iter();
        if let Some(first) = rest.next() {
            for it in rest.filter(|it| it.levels.len() != first.levels.len()) {
                let other = (first.values_at, first.name.as_str(), first.levels.len());
                out.unequal_axes(it.values_at, (&it.name, it.levels.len()), other);
            }
        }
    }
    found
}

/// How many points are drawn; `None` for methods that do not, and if it is not said.
fn points(spec: &StudySpec, method: Method, out: &mut Diagnostics) -> Option<u32> {
    let plan = spec.plan.as_ref()?;
    match (&plan.value.points, method.draws()) {
        (None, true) => {
            let at = plan.value.method.as_ref().map_or(plan.at, |it| it.at);
            let message = format!(
                "`{}` draws its points, and `points` does not say how many",
                method.name()
            );
            out.unfit_points(at, message, "add `points = 64`");
            None
        }
        (Some(it), false) => {
            let message = format!(
                "`{}` makes its points of the axes' levels and draws none",
                method.name()
            );
            let cure = "take `points` away, or use `random`, `lhs` or `sobol`";
            out.unfit_points(it.at, message, cure);
            None
        }
        (Some(it), true) if method == Method::Sobol && it.value > sample::SOBOL_POINTS_MAX => {
            let message = format!("a Sobol sequence has at most {} points here", sample::SOBOL_POINTS_MAX);
            out.too_many_points(it.at, message, "use `method = \"lhs\"`");
            None
        }
        (it, _) => it.as_ref().map(|it| it.value),
    }
}

/// The paths of an axis, and whether what they lead to is a count.
fn keys(
    written: &Named<study::Axis>,
    base: &Base<'_>,
    others: &[Axis],
    out: &mut Diagnostics,
) -> Option<(Vec<Keys>, bool)> {
    let list = written.it.path.as_ref()?;
    let (mut found, mut whole, mut sound) = (Vec::new(), false, true);
    for path in &list.value {
        let Ok(keys) = paths::keys(&path.value) else { continue };
        let same = |it: &&Axis| it.keys.iter().any(|it| it.0 == keys);
        if let Some(other) = others.iter().find(same) {
            out.path_twice(path.at, &path.value, Some((other.at, &other.name)));
            sound = false;
        }
        if found.iter().any(|it: &Keys| it.0 == keys) {
            out.conflict(path.at, format!("`{}` stands in this list twice", path.value))
                .help("write it once");
            sound = false;
        }
        let covers = |it: &&(String, String)| paths::keys(&it.0).is_ok_and(|it| keys.starts_with(&it));
        if let Some((set, _)) = base.sets.iter().find(covers) {
            out.path_twice(path.at, set, None);
            sound = false;
        }
        if keys == [VARIANT] {
            if list.value.len() > 1 {
                out.conflict(
                    path.at,
                    "`variant` is no setting that could share its values with others",
                )
                .help("give it an axis of its own");
                sound = false;
            }
        } else if keys == ["run", "replications"] {
            out.no_effect(path.at, "how often a point is run is for `[plan]` to say")
                .help("write `replications = 20` there");
            sound = false;
        } else if ["variant", "defaults", "format"].contains(&keys[0].as_str()) {
            out.not_settable(path.at, &keys[0]);
            sound = false;
        } else if !base.roots.is_empty() {
            match path::check(path, &keys, &base.roots, out) {
                Some(field) => whole |= path::is_count(field),
                None => sound = false,
            }
        }
        found.push((keys, path.at));
    }
    sound.then_some((found, whole))
}

/// What drawing needs to know.
struct Drawing {
    method: Method,
    seed: u64,
    points: Option<u32>,
    /// The axis's place in the file.
    place: usize,
}

fn levels(
    name: &str,
    values: &Values,
    at: Place,
    whole: bool,
    drawing: &Drawing,
    base: &Base<'_>,
    out: &mut Diagnostics,
) -> Option<Vec<Arc<Level>>> {
    let method = drawing.method;
    match values {
        Values::List(_) if method.draws() => {
            let cure = "write a range, such as `\"linear(a .. b)\"`, or use `method = \"grid\"`";
            out.unfit_values(at, method, "a list", cure);
            None
        }
        Values::List(list) if list.len() as u64 > LEVELS_MAX => {
            let message = format!("`axis.{name}` has {} values; there can be {LEVELS_MAX}", list.len());
            out.too_many_points(
                at,
                message,
                "draw points from a range instead (`random`, `lhs`, `sobol`)",
            );
            None
        }
        Values::List(list) => {
            if method == Method::Grid {
                twice(list, out);
            }
            Some(
                list.iter()
                    .map(|it| Arc::new(Level::listed(it, base.written(it.at))))
                    .collect(),
            )
        }
        Values::Range(range) => {
            let Some(steps) = Steps::new(range, whole, at) else {
                let error = crate::syntax::SyntaxError::new(
                    range.from.at.start..range.to.at.end,
                    "the ends are too large or too fine",
                );
                out.bad_value(at, vec![error]);
                return None;
            };
            of_range(range, &steps, name, at, drawing, out)
        }
    }
}

/// In a grid, values that stand in a list twice would be the same points.
fn twice(list: &[Node], out: &mut Diagnostics) {
    for (row, it) in list.iter().enumerate() {
        if let Some(first) = list[..row].iter().find(|first| first.value == it.value) {
            out.conflict(it.at, "this value stands in the list twice")
                .also(first.at, "here, too")
                .help("write it once; `[plan]` says how often a point is run");
        }
    }
}

fn of_range(
    range: &Range,
    steps: &Steps<'_>,
    name: &str,
    at: Place,
    drawing: &Drawing,
    out: &mut Diagnostics,
) -> Option<Vec<Arc<Level>>> {
    let (method, ends) = (drawing.method, format!("{} .. {}", range.from.it, range.to.it));
    match (&range.count, method.draws()) {
        (Some(count), true) => {
            let cure = format!(
                "write `\"{}({ends})\"`; `points` says how many there are",
                range.scale.name()
            );
            out.unfit_values(at.within(count.at.clone()), method, "a number of levels", &cure);
            None
        }
        (None, false) => {
            let cure = format!("say how many levels it has: `\"{}({ends}, 9)\"`", range.scale.name());
            out.unfit_values(at, method, "a range without a number of levels", &cure);
            None
        }
        (Some(count), false) => {
            let (levels, dropped) = steps.levels(count.it);
            if dropped > 0 {
                out.levels_together(at, count.it as usize, levels.len());
            }
            Some(levels)
        }
        (None, true) if method == Method::Sobol && drawing.place >= sample::SOBOL_AXES_MAX => {
            let message = format!("a Sobol sequence has at most {} axes here", sample::SOBOL_AXES_MAX);
            out.too_many_points(at, message, "use `method = \"lhs\"`");
            None
        }
        (None, true) => {
            let points = drawing.points?;
            let shares = sample::shares(method, drawing.seed, points, name, drawing.place);
            Some(steps.drawn(&shares))
        }
    }
}
