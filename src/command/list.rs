//! `list`: the shipped scenarios in teaching order.

use brownout_scenarios::library;

use super::print;
use crate::exit::{Exit, Failure};
use crate::report::{Style, folded};

/// Lists the shipped scenarios, in the order in which they teach, and the shipped studies
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Any of the names can stand where a command wants a FILE:\n  brownout run retry-storm\n  \
    brownout new mine --from retry-storm"
)]
pub struct Args {
    /// Show the question that each scenario answers, too
    #[arg(long)]
    long: bool,
}

/// Runs the command.
pub fn run(args: &Args) -> Result<Exit, Failure> {
    let all = library::all();
    let width = all.iter().map(|it| it.name.chars().count()).max().unwrap_or(0);
    let columns = Style::of_stdout(false).width;
    let mut text = String::new();
    for shipped in all {
        text.push_str(&format!(
            "{:>3}  {:<width$}  {}\n",
            shipped.lesson,
            shipped.name,
            shipped.title()
        ));
        if args.long {
            let indent = " ".repeat(5);
            for line in folded(shipped.question(), columns.saturating_sub(indent.len())).lines() {
                text.push_str(&format!("{indent}{line}\n"));
            }
            text.push('\n');
        }
    }
    text.push_str("\nStudies, for `brownout sweep`:\n");
    for shipped in library::studies() {
        text.push_str(&format!("     {:<width$}  {}\n", shipped.name, shipped.title()));
        if args.long {
            let indent = " ".repeat(5);
            for line in folded(shipped.question(), columns.saturating_sub(indent.len())).lines() {
                text.push_str(&format!("{indent}{line}\n"));
            }
            text.push('\n');
        }
    }
    print(&text)?;
    Ok(Exit::Success)
}
