//! `completions`: what a shell needs to complete our commands.

use clap::CommandFactory;
use clap_complete::Shell;

use super::{Cli, print};
use crate::exit::{Exit, Failure};

/// Prints a completion script for a shell
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  brownout completions bash > ~/.local/share/bash-completion/completions/brownout\n  \
    brownout completions fish > ~/.config/fish/completions/brownout.fish"
)]
pub struct Args {
    /// The shell
    shell: Shell,
}

/// Runs the command.
pub fn run(args: &Args) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "brownout", &mut script);
    print(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Success)
}
