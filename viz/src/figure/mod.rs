//! Figures as plain data: what is shown, not how.
//!
//! Each kind is a struct in a file of its own. [`Figure`] is any of them: it has a title, a caption that says in one
//! sentence what is to be seen (made from the data, for those who cannot see it), and the data as a table. What is not
//! a finite number is a gap, everywhere; a figure without any data is legal and says so.

mod cascade;
mod comparison;
mod heat_map;
mod lines;
mod load_curve;
pub(crate) mod parts;
mod percentiles;
mod table;
mod timeline;
mod topology;
mod waterfall;

pub use cascade::{Carrier, Cascade, Departure};
pub use comparison::{Comparison, Difference};
pub(crate) use heat_map::LIKELY;
pub use heat_map::{HeatCell, HeatFacet, HeatMap, Shading};
pub use lines::{Facet, Lines};
pub use load_curve::LoadCurve;
pub use parts::{Axis, Level, Point, Reference, Role, Scale, Series, Shade};
pub(crate) use percentiles::percentile_name;
pub use percentiles::{PercentileCurve, Percentiles};
pub use table::{Cell, Table};
pub use timeline::{Line, Mark, Panel, StateRow, StateSpan, Timeline};
pub use topology::{Call, Node, NodeKind, Topology};
pub use waterfall::{Activity, Segment, Track, TrackKind, Waterfall};

/// Any figure.
#[derive(Clone, Debug, PartialEq)]
pub enum Figure {
    /// Quantities and states over simulated time.
    Timeline(Timeline),
    /// Latency by percentile.
    Percentiles(Percentiles),
    /// Goodput and latency over offered load.
    LoadCurve(LoadCurve),
    /// Differences between variants.
    Comparison(Comparison),
    /// A measure over two axes of a sweep.
    HeatMap(HeatMap),
    /// A measure over one axis of a sweep.
    Lines(Lines),
    /// Services and who calls whom.
    Topology(Topology),
    /// Which service left its objective when.
    Cascade(Cascade),
    /// One request.
    Waterfall(Waterfall),
}

/// The same of whichever kind it is.
macro_rules! each {
    ($figure:expr, $it:ident => $what:expr) => {
        match $figure {
            Figure::Timeline($it) => $what,
            Figure::Percentiles($it) => $what,
            Figure::LoadCurve($it) => $what,
            Figure::Comparison($it) => $what,
            Figure::HeatMap($it) => $what,
            Figure::Lines($it) => $what,
            Figure::Topology($it) => $what,
            Figure::Cascade($it) => $what,
            Figure::Waterfall($it) => $what,
        }
    };
}

impl Figure {
    /// The kind in one word, as commands and class names call it.
    pub const fn kind(&self) -> &'static str {
        match self {
            Figure::Timeline(_) => "timeline",
            Figure::Percentiles(_) => "percentiles",
            Figure::LoadCurve(_) => "load-curve",
            Figure::Comparison(_) => "comparison",
            Figure::HeatMap(_) => "heat-map",
            Figure::Lines(_) => "lines",
            Figure::Topology(_) => "topology",
            Figure::Cascade(_) => "cascade",
            Figure::Waterfall(_) => "waterfall",
        }
    }

    /// What stands above it.
    pub fn title(&self) -> &str {
        each!(self, it => &it.title)
    }

    /// What is to be seen, in a sentence with numbers and units.
    pub fn caption(&self) -> String {
        if self.is_empty() {
            return format!("{}.", parts::NO_DATA);
        }
        // What an axis is called begins with a small letter, a sentence with a large one.
        let caption = each!(self, it => it.caption());
        let mut letters = caption.chars();
        letters
            .next()
            .map_or(String::new(), |it| it.to_uppercase().chain(letters).collect())
    }

    /// The data behind it.
    pub fn to_table(&self) -> Table {
        each!(self, it => it.to_table())
    }

    /// Whether there is nothing to show.
    pub fn is_empty(&self) -> bool {
        each!(self, it => it.is_empty())
    }
}
