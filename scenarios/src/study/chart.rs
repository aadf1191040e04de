//! Charts: which figures show the results.

use super::Axis;
use crate::diagnostics::Diagnostics;
use crate::document::At;
use crate::spec::study::{self, ChartKind, StudySpec};
use crate::spec::{Named, Opt};

/// A figure of a study's results.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chart {
    /// Its name.
    pub name: String,
    /// What it looks like.
    pub kind: ChartKind,
    /// What stands above it, if the file says so.
    pub title: Option<String>,
    /// What goes to the right: an axis.
    pub x: Source,
    /// What goes up: an axis in a heatmap, a measure for lines.
    pub y: Source,
    /// A measure in a heatmap; for lines an axis or the variant, if there are several lines.
    pub color: Option<Source>,
    /// What each of several figures side by side is for: an axis or the variant.
    pub facet: Option<Source>,
}

/// What a chart shows in one direction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// The axis of this index.
    Axis(usize),
    /// The measure of this name.
    Measure(String),
    /// The variant.
    Variant,
}

impl Source {
    fn noun(&self) -> &'static str {
        match self {
            Source::Axis(_) => "an axis",
            Source::Measure(_) => "a measure",
            Source::Variant => "the variant",
        }
    }
}

/// What a field of a chart has to be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Axis,
    Measure,
    Group,
}

/// The charts without a mistake; the others are reported. `broken`: axes may be missing because of mistakes of their own, and
/// `measures` is `None` if they are not known.
pub(super) fn charts(
    spec: &StudySpec,
    axes: &[Axis],
    measures: Option<&[&str]>,
    broken: bool,
    out: &mut Diagnostics,
) -> Vec<Chart> {
    let context = Context {
        spec,
        axes,
        measures,
        broken,
    };
    spec.chart.iter().filter_map(|it| context.chart(it, out)).collect()
}

struct Context<'a> {
    spec: &'a StudySpec,
    axes: &'a [Axis],
    measures: Option<&'a [&'a str]>,
    broken: bool,
}

impl Context<'_> {
    fn chart(&self, written: &Named<study::Chart>, out: &mut Diagnostics) -> Option<Chart> {
        let it = &written.it;
        let kind = it.kind.as_ref()?.value;
        let (up, colour) = match kind {
            ChartKind::Heatmap => (Wanted::Axis, Wanted::Measure),
            ChartKind::Lines => (Wanted::Measure, Wanted::Group),
        };
        let before = out.len();
        let x = self.source("x", &it.x, Wanted::Axis, kind, out);
        let y = self.source("y", &it.y, up, kind, out);
        let color = self.source("color", &it.color, colour, kind, out);
        let facet = self.source("facet", &it.facet, Wanted::Group, kind, out);
        if out.len() > before {
            return None;
        }
        if kind == ChartKind::Heatmap && it.color.is_none() {
            let cure = "add `color`, the name of a measure";
            out.unfit_chart(
                written.name.at,
                "a heatmap shows a measure as its colour".to_owned(),
                cure,
            );
            return None;
        }
        let all = [(&x, &it.x), (&y, &it.y), (&color, &it.color), (&facet, &it.facet)];
        for (row, (one, _)) in all.iter().enumerate() {
            for (other, place) in &all[row + 1..] {
                if one.is_some() && one == other && !matches!(one, Some(Source::Measure(_))) {
                    let at = place.as_ref().map_or(written.name.at, |it| it.at);
                    let cure = "show each axis in one direction only";
                    out.unfit_chart(at, "the chart shows this twice".to_owned(), cure);
                    return None;
                }
            }
        }
        Some(Chart {
            name: written.name.value.clone(),
            kind,
            title: it.title.as_ref().map(|it| it.value.clone()),
            x: x?,
            y: y?,
            color,
            facet,
        })
    }

    /// What a field names. `None` if it is absent, or wrong, which is reported.
    fn source(
        &self,
        field: &str,
        written: &Opt<String>,
        wanted: Wanted,
        kind: ChartKind,
        out: &mut Diagnostics,
    ) -> Option<Source> {
        let written = written.as_ref()?;
        let found = self.named(written, out)?;
        let fits = matches!(
            (&found, wanted),
            (Source::Axis(_), Wanted::Axis | Wanted::Group)
                | (Source::Measure(_), Wanted::Measure)
                | (Source::Variant, Wanted::Group)
        );
        if fits {
            return Some(found);
        }
        let (what, cure) = match wanted {
            Wanted::Axis => ("an axis", "write `axis.NAME`"),
            Wanted::Measure => ("a measure", "write the name of a measure"),
            Wanted::Group => ("an axis or `variant`", "write `axis.NAME` or `variant`"),
        };
        let kind = match kind {
            ChartKind::Heatmap => "a heatmap",
            ChartKind::Lines => "a chart of lines",
        };
        let message = format!("`{field}` of {kind} is {what}, and this is {}", found.noun());
        out.unfit_chart(written.at, message, cure);
        None
    }

    fn named(&self, written: &At<String>, out: &mut Diagnostics) -> Option<Source> {
        let text = written.value.as_str();
        if text == super::path::VARIANT {
            return Some(Source::Variant);
        }
        if let Some(name) = text.strip_prefix("axis.") {
            if let Some(row) = self.axes.iter().position(|it| it.name == name) {
                return Some(Source::Axis(row));
            }
            let declared = self.spec.axis.iter().any(|it| it.name.value == name);
            if !declared || !self.broken {
                let known = self.spec.axis.iter().map(|it| it.name.value.as_str());
                out.nothing_called(written.at, "axis", name, known);
            }
            return None;
        }
        let measures = self.measures?;
        if measures.contains(&text) {
            return Some(Source::Measure(text.to_owned()));
        }
        if self.spec.axis.iter().any(|it| it.name.value == text) {
            out.unfit_chart(
                written.at,
                format!("`{text}` is an axis, and no measure"),
                &format!("write `axis.{text}`"),
            );
        } else {
            let known = measures.iter().copied().chain([super::path::VARIANT]);
            out.nothing_called(written.at, "measure", text, known);
        }
        None
    }
}
