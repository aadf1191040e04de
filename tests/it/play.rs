//! Mechanisms driven by hand: transcripts, the reference's vectors, and whether every machine can be played.

mod examples;
mod vectors;

use crate::shell::Shell;

/// Runs `brownout play` with these words.
fn transcript(words: &[&str]) -> String {
    let mut all = vec!["play"];
    all.extend(words);
    Shell::new().transcript(&all)
}
