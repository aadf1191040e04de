//! Ctrl-C: the first one asks for what is finished so far, the second one ends the process.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::exit::{Exit, Failure};

/// Set once somebody pressed Ctrl-C.
static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// Listens for Ctrl-C from now on, and returns the flag it sets.
pub fn listen() -> Result<&'static AtomicBool, Failure> {
    ctrlc::set_handler(|| {
        if INTERRUPTED.swap(true, Ordering::SeqCst) {
            std::process::exit(i32::from(Exit::Interrupted.code()));
        }
        eprintln!("interrupted: finishing with the replications that are done (again to stop at once)");
    })
    .map_err(|why| Failure::system(format!("cannot listen for Ctrl-C: {why}")))?;
    Ok(&INTERRUPTED)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn the_first_signal_asks_and_does_not_end_the_process() {
        let interrupted = listen().unwrap();
        let kill = format!("kill -INT {}", std::process::id());
        assert!(
            std::process::Command::new("sh")
                .args(["-c", &kill])
                .status()
                .unwrap()
                .success()
        );
        // The handler runs on a thread of its own.
        while !interrupted.load(Ordering::SeqCst) {
            std::thread::yield_now();
        }
    }
}
