//! From results to figures: one file for each kind of figure.
//!
//! | file | from what |
//! | --- | --- |
//! | `runs` | single runs with their timelines, just made or stored |
//! | `health` | when a service is out of its objective, by one rule |
//! | `timeline` | one run |
//! | `cascade` | one run |
//! | `traffic` | what came where and failed, over all runs of a variant |
//! | `topology` | the traffic |
//! | `percentiles` | the histograms of all runs of a variant |
//! | `comparison` | the measures of several variants |
//! | `grid` | the cells of a sweep, by axis and variant |
//! | `heat_map`, `lines`, `load_curve` | a sweep |
//! | `sweep` | which of them is meant |
//!
//! What a figure looks like is `brownout_viz`'s affair; what a run recorded is `recorded`'s.

pub mod cascade;
pub mod comparison;
pub mod grid;
pub mod health;
pub mod heat_map;
pub mod kind;
pub mod lines;
pub mod load_curve;
pub mod percentiles;
pub mod runs;
pub mod sweep;
pub mod timeline;
pub mod topology;
pub mod traffic;

pub use kind::Kind;
