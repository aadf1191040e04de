//! Which figure of a sweep is meant: a chart of the study, or a kind. Of a kind it is the first chart of the study that is of it;
//! without one, heat maps show the first two axes, lines the first, and both the first measure.

use brownout_scenarios::study::{Chart, ChartKind, Source};
use brownout_viz::figure::Figure;

use super::grid::Swept;
use super::heat_map::{self, heat_map};
use super::kind::{self, Kind};
use super::lines::{self, lines};
use super::load_curve::load_curve;
use crate::exit::Failure;
use crate::input::nearest;

/// The figure called `name`, with this measure instead of the chart's own if one is given.
pub fn figure(swept: &Swept<'_>, name: &str, measure: Option<&str>) -> Result<Figure, Failure> {
    let charts = swept.project.study.charts();
    if let Some(chart) = charts.iter().find(|it| it.name == name) {
        return declared(swept, chart, measure);
    }
    let of = |kind: ChartKind| charts.iter().find(|it| it.kind == kind);
    match Kind::find(name) {
        Some(Kind::HeatMap) => match of(ChartKind::Heatmap) {
            Some(chart) => declared(swept, chart, measure),
            None => plain_map(swept, measure),
        },
        Some(Kind::Lines) => match of(ChartKind::Lines) {
            Some(chart) => declared(swept, chart, measure),
            None => plain_lines(swept, measure),
        },
        Some(Kind::LoadCurve) => load_curve(swept).map(Figure::LoadCurve),
        _ => {
            let names: Vec<&str> = charts.iter().map(|it| it.name.as_str()).collect();
            Err(kind::unknown(name, &names))
        }
    }
}

/// The place of the measure that was asked for, or of the chart's own.
fn measure_of(swept: &Swept<'_>, asked: Option<&str>, own: Option<&Source>) -> Result<usize, Failure> {
    let own = match own {
        Some(Source::Measure(name)) => Some(name.as_str()),
        _ => None,
    };
    let Some(name) = asked.or(own) else { return Ok(0) };
    swept.measure(name).ok_or_else(|| {
        let measures = &swept.project.measures;
        let failure = Failure::usage(format!("the study does not measure `{name}`"));
        match nearest(name, measures.iter().map(String::as_str)) {
            Some(near) => failure.help(format!("did you mean `{near}`?")),
            None => failure.help(format!("it measures {}", measures.join(", "))),
        }
    })
}

fn declared(swept: &Swept<'_>, chart: &Chart, measure: Option<&str>) -> Result<Figure, Failure> {
    // Another measure is not what the study's title speaks of.
    let title = chart.title.as_deref().filter(|_| measure.is_none());
    Ok(match chart.kind {
        ChartKind::Heatmap => Figure::HeatMap(heat_map(
            swept,
            &heat_map::Plan {
                title,
                x: chart.x.clone(),
                y: chart.y.clone(),
                measure: measure_of(swept, measure, chart.color.as_ref())?,
                facet: chart.facet.clone(),
            },
        )),
        ChartKind::Lines => Figure::Lines(lines(
            swept,
            &lines::Plan {
                title,
                x: chart.x.clone(),
                measure: measure_of(swept, measure, Some(&chart.y))?,
                line: chart.color.clone(),
                facet: chart.facet.clone(),
            },
        )),
    })
}

fn plain_map(swept: &Swept<'_>, measure: Option<&str>) -> Result<Figure, Failure> {
    if swept.project.study.axes().len() < 2 {
        return Err(Failure::usage(format!(
            "a heat map is over two axes, and `{}` has one",
            swept.project.study.name()
        ))
        .help("`lines` shows a measure over one axis"));
    }
    Ok(Figure::HeatMap(heat_map(
        swept,
        &heat_map::Plan {
            title: None,
            x: Source::Axis(0),
            y: Source::Axis(1),
            measure: measure_of(swept, measure, None)?,
            facet: None,
        },
    )))
}

fn plain_lines(swept: &Swept<'_>, measure: Option<&str>) -> Result<Figure, Failure> {
    Ok(Figure::Lines(lines(
        swept,
        &lines::Plan {
            title: None,
            x: Source::Axis(0),
            measure: measure_of(swept, measure, None)?,
            line: (swept.project.study.axes().len() > 1).then_some(Source::Axis(1)),
            facet: None,
        },
    )))
}
