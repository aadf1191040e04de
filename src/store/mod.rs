//! Results on disk: what a unit left behind, a journal of finished ones, and tables that other tools read.
//!
//! | file | what |
//! | --- | --- |
//! | `unit` | which run, and what is kept of it |
//! | `journal` | finished units as they come in, safe against an end at any moment |
//! | `table` | rows of cells in Parquet files |
//! | `tables` | the tables of a results folder: runs, checkpoints, series, transitions |
//! | `manifest` | what a folder holds, and of what |
//! | `folder` | the folder itself: one writer at a time, whole or to be gone on with |
//! | `record` | from runs and scenarios to what is kept of them |
//! | `stored` | a folder being read |

pub mod folder;
pub mod journal;
pub mod manifest;
pub mod record;
pub mod stored;
pub mod table;
pub mod tables;
pub mod unit;
