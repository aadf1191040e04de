//! Sweeps: all units of a study, on as many cores and machines as there are, to the same bytes.
//!
//! | file | what |
//! | --- | --- |
//! | `project` | a study with everything that its results depend on |
//! | `forecast` | how much work it is |
//! | `queue` | which units are to be run, and what finished ones decide |
//! | `shard` | which of them are whose |
//! | `work` | makes them on all cores |
//! | `difference` | in what two results of one unit differ |
//! | `merge` | joins shards to the bytes of a single machine |
//! | `cells` | what each point and variant came to |
//! | `verify` | makes stored runs again |
//! | `emit` | job files for clusters |

pub mod cells;
pub mod difference;
pub mod emit;
pub mod forecast;
pub mod merge;
pub mod project;
pub mod queue;
pub mod shard;
pub mod verify;
pub mod work;
