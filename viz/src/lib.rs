//! Brownout's figures: plain data first, then a way to show it.
//!
//! [`figure`] holds what is shown, [`terminal`] turns it into text, [`number`] writes numbers the way people read them.
//! Nothing here knows scenarios, runs or files.

pub mod figure;
pub mod number;
pub mod terminal;
