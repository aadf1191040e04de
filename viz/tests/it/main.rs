//! Figures from the outside: what they say, how they are written, and what they bear.

mod arbitrary;
mod hostile;
mod page;
mod samples;
mod snapshots;
