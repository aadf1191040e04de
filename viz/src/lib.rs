//! Brownout's figures: plain data first, then ways to show it.
//!
//! [`figure`] holds what is shown; [`svg`] writes it as SVG, `png` (with the feature of that name) paints it,
//! [`terminal`] turns it into text. [`theme`] knows the colours, [`number`] writes numbers the way people read them.
//! Nothing here knows scenarios, runs or files.
//!
//! ```
//! use brownout_viz::figure::{Axis, Facet, Figure, Lines, Point, Role, Series};
//! use brownout_viz::number::Unit;
//! use brownout_viz::svg::{self, natural_size};
//! use brownout_viz::theme::Theme;
//!
//! let point = |x, y| Point { x, y: Some(y), band: Some((y * 0.9, y * 1.1)) };
//! let figure = Figure::Lines(Lines {
//!     title: "Timeouts".to_owned(),
//!     x: Axis::log("timeout", Unit::Seconds),
//!     y: Axis::linear("recovery time", Unit::Seconds),
//!     facets: vec![Facet {
//!         label: String::new(),
//!         series: vec![Series {
//!             label: "naive".to_owned(),
//!             role: Role::Nth(0),
//!             points: vec![point(0.1, 40.0), point(1.0, 300.0)],
//!         }],
//!     }],
//!     references: Vec::new(),
//! });
//! assert_eq!(
//!     figure.caption(),
//!     "Recovery time over timeout, 100 ms to 1.00 s; naive 40.0 s at 100 ms to 300 s at 1 s."
//! );
//! let text = svg::render(&figure, &Theme::dark(), natural_size(&figure));
//! assert!(text.starts_with("<svg "));
//! ```

mod draw;
pub mod figure;
mod layout;
pub mod number;
#[cfg(feature = "png")]
pub mod png;
mod ruler;
pub mod svg;
pub mod terminal;
pub mod theme;
