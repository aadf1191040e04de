//! The kinds of figures, as the command line names them.

use crate::exit::Failure;
use crate::input::nearest;

/// What a figure shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// One run over time.
    Timeline,
    /// Response times by percentile.
    Percentiles,
    /// Differences between variants.
    Comparison,
    /// A measure of a sweep over two axes.
    HeatMap,
    /// A measure of a sweep over one axis.
    Lines,
    /// Goodput and latency of a sweep over the load.
    LoadCurve,
    /// Services and who calls whom.
    Topology,
    /// Which service left its objective when.
    Cascade,
    /// One request.
    Waterfall,
}

impl Kind {
    /// All, in the order of the help.
    pub const ALL: [Kind; 9] = [
        Kind::Timeline,
        Kind::Percentiles,
        Kind::Comparison,
        Kind::Topology,
        Kind::Cascade,
        Kind::HeatMap,
        Kind::Lines,
        Kind::LoadCurve,
        Kind::Waterfall,
    ];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Kind::Timeline => "timeline",
            Kind::Percentiles => "percentiles",
            Kind::Comparison => "comparison",
            Kind::HeatMap => "heat-map",
            Kind::Lines => "lines",
            Kind::LoadCurve => "load-curve",
            Kind::Topology => "topology",
            Kind::Cascade => "cascade",
            Kind::Waterfall => "waterfall",
        }
    }

    /// The kind of this name, in capitals or not, with or without its hyphen.
    pub fn find(name: &str) -> Option<Kind> {
        let plain = |it: &str| it.to_lowercase().replace(['-', '_', ' '], "");
        Kind::ALL.into_iter().find(|it| plain(it.name()) == plain(name))
    }

    /// Whether it shows a sweep.
    pub const fn is_of_a_sweep(self) -> bool {
        matches!(self, Kind::HeatMap | Kind::Lines | Kind::LoadCurve)
    }
}

/// There is no figure of this name; `charts` are those that a study declares.
pub fn unknown(name: &str, charts: &[&str]) -> Failure {
    let kinds = || Kind::ALL.iter().map(|it| it.name());
    let failure = Failure::usage(format!("there is no kind of figure called `{name}`"));
    match nearest(name, kinds().chain(charts.iter().copied())) {
        Some(near) => failure.help(format!("did you mean `{near}`?")),
        None => {
            let mut help = format!("there are {}", kinds().collect::<Vec<_>>().join(", "));
            if !charts.is_empty() {
                help.push_str(&format!("; this study declares {}", charts.join(", ")));
            }
            failure.help(help)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_found_by_its_name_however_it_is_written() {
        for kind in Kind::ALL {
            assert_eq!(Kind::find(kind.name()), Some(kind));
        }
        assert_eq!(Kind::find("heatmap"), Some(Kind::HeatMap));
        assert_eq!(Kind::find("Load_Curve"), Some(Kind::LoadCurve));
        assert_eq!(Kind::find("pie"), None);
    }

    #[test]
    fn an_unknown_kind_is_told_what_is_near_or_what_there_is() {
        assert!(
            unknown("timelime", &[])
                .to_string()
                .contains("did you mean `timeline`?")
        );
        assert!(
            unknown("clif", &["cliff"])
                .to_string()
                .contains("did you mean `cliff`?")
        );
        let told = unknown("pie", &["cliff-of-goodput"]).to_string();
        assert!(
            told.contains("there are timeline, percentiles") && told.contains("declares cliff-of-goodput"),
            "{told}"
        );
    }
}
