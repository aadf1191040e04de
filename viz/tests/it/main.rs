//! Figures from the outside: what they say, how they are written, and what they bear.

mod arbitrary;
mod book;
mod hostile;
mod page;
mod samples;
mod snapshots;
