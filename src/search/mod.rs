//! Finds a cliff: the value of a setting from which on something happens in more than a share of the runs.
//!
//! Near a cliff one run says nothing, and ten say little. So each value is run until it is clear on which side it lies (an exact
//! binomial test, corrected for how often it is looked at and at how many values), and only clear values move the ends of the
//! bisection. What comes out is an interval: between the last value that is surely on one side, and the first that is surely on the
//! other. It is right in 95 % of searches if the share only grows, or only falls, along the range.

pub mod bisection;
pub mod side;
