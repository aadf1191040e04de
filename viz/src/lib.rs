//! Brownout's figures: plain data first, then ways to show it.
//!
//! [`figure`] holds what is shown; [`svg`] writes it as SVG, `png` (with the feature of that name) paints it,
//! [`terminal`] turns it into text. [`theme`] knows the colours, [`number`] writes numbers the way people read them.
//! Nothing here knows scenarios, runs or files.

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
