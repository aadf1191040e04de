//! Goodput and latency of a sweep over the load.
//!
//! The load is the first axis that changes a load's rate, scale or users. Goodput is the first measure that is goodput or its ratio,
//! latency the first that is a mean or a quantile of response times. A line is for each variant, or with a single one for each
//! level of the first other axis.

use brownout_scenarios::study::Source;
use brownout_sim_core::measure::{Metric, Value};
use brownout_viz::figure::LoadCurve;

use super::grid::Swept;
use super::lines::series;
use crate::comparison::value_of;
use crate::exit::Failure;

/// The curve; fails if the study does not vary a load, or does not measure what is needed.
pub fn load_curve(swept: &Swept<'_>) -> Result<LoadCurve, Failure> {
    let study = &swept.project.study;
    let is_load =
        |path: &String| path.starts_with("load.") && [".rate", ".scale", ".users"].iter().any(|it| path.ends_with(it));
    let load = study.axes().iter().position(|it| it.paths.iter().any(is_load));
    let load = load.ok_or_else(|| {
        Failure::usage(format!(
            "a load curve is over the load, and no axis of `{}` changes one",
            study.name()
        ))
        .help("an axis with `path = \"load.NAME.scale\"` does")
    })?;
    let first = swept.project.compile(0, 0)?;
    let find = |wanted: fn(&Metric) -> bool, what: &str, example: &str| {
        let is = |name: &String| matches!(value_of(name, &first), Some(Value::Metric(it, _)) if wanted(&it));
        swept.project.measures.iter().position(is).ok_or_else(|| {
            Failure::usage(format!(
                "a load curve shows {what}, and `{}` does not measure it",
                study.name()
            ))
            .help(format!("add `{example}` to `[measure]` of the study, and run it again"))
        })
    };
    let name = first.names.loads.first().map_or("LOAD", String::as_str);
    let goodput = find(
        |it| matches!(it, Metric::Goodput | Metric::GoodputRatio),
        "goodput",
        &format!("goodput = \"goodput({name})\""),
    )?;
    let latency = find(
        |it| {
            matches!(
                it,
                Metric::Mean | Metric::MeanAll | Metric::Quantile(_) | Metric::QuantileAll(_)
            )
        },
        "response times",
        &format!("p99 = \"p99({name})\""),
    )?;
    let several = study.variants().len() > 1;
    let other = (0..study.axes().len()).find(|it| *it != load).map(Source::Axis);
    let by = swept.steps(if several {
        Some(&Source::Variant)
    } else {
        other.as_ref()
    });
    let x = swept.steps(Some(&Source::Axis(load)));
    let of = |measure: usize| {
        let axis = swept.measure_axis(measure);
        let series = series(swept, measure, &x, &by, &|_| true, &axis.label);
        (axis, series)
    };
    let ((goodput, goodput_series), (latency, latency_series)) = (of(goodput), of(latency));
    Ok(LoadCurve {
        title: study.title().unwrap_or(study.name()).to_owned(),
        load: x.axis(),
        goodput,
        goodput_series,
        latency,
        latency_series,
        references: Vec::new(),
    })
}
