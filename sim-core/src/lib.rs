//! The pure heart of Brownout: a deterministic discrete-event simulator of services, networks and their failures.
//!
//! Five layers; a module imports only from layers above its own:
//!
//! | layer | modules | what |
//! | --- | --- | --- |
//! | 0 ground | [`time`] [`ids`] [`outcome`] [`quantity`] [`rng`] [`dist`] [`theory`] | integer time, typed indices, random streams, distributions, closed forms |
//! | 1 mechanisms | [`policy`] [`server`] [`routing`] [`component`] | one small pure state machine a file |
//! | 2 model | [`model`] | the compiled system: dense and immutable |
//! | 3 record | [`observe`] [`results`] [`measure`] [`stats`] | from what happened to an answer |
//! | 4 engine | [`engine`] | the event queue, one closed list of events, one `match` |
//!
//! Nothing here does I/O, reads a clock or starts a thread.

pub mod component;
pub mod dist;
pub mod engine;
pub mod ids;
pub mod measure;
pub mod model;
pub mod observe;
pub mod outcome;
pub mod policy;
pub mod quantity;
pub mod results;
pub mod rng;
pub mod routing;
pub mod server;
pub mod stats;
pub mod theory;
pub mod time;
