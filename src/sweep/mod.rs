//! Sweeps: all units of a study, on as many cores and machines as there are, to the same bytes.
//!
//! | file | what |
//! | --- | --- |
//! | `queue` | which units are to be run, and what finished ones decide |
//! | `shard` | which of them are whose |
//! | `work` | makes them on all cores |

pub mod queue;
pub mod shard;
pub mod work;
