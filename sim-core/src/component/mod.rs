//! Parts of a system that are not plain services.

pub mod quota;
