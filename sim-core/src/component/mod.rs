//! Parts of a system that are not plain services.

pub mod credits;
pub mod pool;
pub mod quota;
