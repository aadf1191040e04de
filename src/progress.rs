//! A bar with the time left, on a terminal only.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use brownout_sim_core::time::Span;
use indicatif::{ProgressBar, ProgressStyle};

/// How far an experiment is, counted in simulated time.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
    finished: AtomicU32,
    replications: u32,
}

impl Progress {
    /// A bar on stderr for so many replications of `each`; invisible unless stderr is a terminal.
    pub fn new(replications: u32, each: Span) -> Progress {
        let bar = ProgressBar::new(millis(each).saturating_mul(u64::from(replications)));
        let style = ProgressStyle::with_template("{msg} [{bar:40}] {percent} %, {eta} left");
        bar.set_style(style.expect("the template is well formed").progress_chars("=> "));
        bar.enable_steady_tick(Duration::from_millis(200));
        let progress = Progress {
            bar,
            finished: AtomicU32::new(0),
            replications,
        };
        progress.say();
        progress
    }

    /// Some replication simulated this much more.
    pub fn advance(&self, by: Span) {
        self.bar.inc(millis(by));
    }

    /// One more replication is done.
    pub fn finish_one(&self) {
        self.finished.fetch_add(1, Ordering::Relaxed);
        self.say();
    }

    /// Takes the bar away.
    pub fn clear(&self) {
        self.bar.finish_and_clear();
    }

    fn say(&self) {
        self.bar.set_message(format!(
            "run {}/{}",
            self.finished.load(Ordering::Relaxed),
            self.replications
        ));
    }
}

fn millis(span: Span) -> u64 {
    span.nanos() / 1_000_000
}
