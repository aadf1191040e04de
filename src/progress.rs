//! How far an experiment is: a bar with the time left, on a terminal only, or a line for each run.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use brownout_sim_core::time::Span;
use clap::ValueEnum;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// What to show on standard error while runs go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Show {
    /// A bar if standard error is a terminal, else nothing
    Bar,
    /// A line for each run that is finished, for logs
    Lines,
    /// Nothing
    None,
}

/// How far an experiment is, counted in simulated time.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
    show: Show,
    finished: AtomicU32,
    replications: AtomicU32,
}

impl Progress {
    /// For so many replications of `each`.
    pub fn new(show: Show, replications: u32, each: Span) -> Progress {
        let target = match show {
            Show::Bar => ProgressDrawTarget::stderr(),
            Show::Lines | Show::None => ProgressDrawTarget::hidden(),
        };
        let length = millis(each).saturating_mul(u64::from(replications));
        let bar = ProgressBar::with_draw_target(Some(length), target);
        let style = ProgressStyle::with_template("{msg} [{bar:40}] {percent} %, {eta} left");
        bar.set_style(style.expect("the template is well formed").progress_chars("=> "));
        bar.enable_steady_tick(Duration::from_millis(200));
        let progress = Progress {
            bar,
            show,
            finished: AtomicU32::new(0),
            replications: AtomicU32::new(replications),
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
        let finished = self.finished.fetch_add(1, Ordering::Relaxed) + 1;
        if self.show == Show::Lines {
            eprintln!(
                "finished {finished} of {} runs",
                self.replications.load(Ordering::Relaxed)
            );
        }
        self.say();
    }

    /// So many more replications of `each` are to be made.
    pub fn extend(&self, replications: u32, each: Span) {
        self.replications.fetch_add(replications, Ordering::Relaxed);
        self.bar
            .inc_length(millis(each).saturating_mul(u64::from(replications)));
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
            self.replications.load(Ordering::Relaxed)
        ));
    }
}

fn millis(span: Span) -> u64 {
    span.nanos() / 1_000_000
}
