//! `schema`: the JSON Schema of scenario files.

use super::print;
use crate::exit::{Exit, Failure};

/// Prints the JSON Schema of scenario files, for editors that complete and check as you type
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example, for an editor with a TOML language server:\n  brownout schema > brownout.schema.json\n  \
    # first line of shop.toml:  #:schema ./brownout.schema.json"
)]
pub struct Args {
    /// The schema of studies instead
    #[arg(long)]
    study: bool,
}

/// Runs the command.
pub fn run(args: &Args) -> Result<Exit, Failure> {
    let schema = if args.study {
        brownout_scenarios::study_schema()
    } else {
        brownout_scenarios::schema()
    };
    let schema = serde_json::to_string_pretty(&schema).expect("a JSON value is JSON");
    print(&format!("{schema}\n"))?;
    Ok(Exit::Success)
}
