//! The engine against theory, against hand-computed runs and against itself, on small models.

mod admission;
mod arrivals;
mod backpressure;
mod build;
mod caches;
mod callers;
mod chain;
mod changes;
mod common_random_numbers;
mod covers;
mod direct;
mod disciplines;
mod faults;
mod flows;
mod gates;
mod properties;
mod queues;
mod routing;
