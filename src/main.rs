//! Flags to a subcommand; nothing else.

use std::process::ExitCode;

use clap::Parser;
use madoguchi::cli::{Arguments, run_command};

#[tokio::main(worker_threads = 2)]
async fn main() -> ExitCode {
    match run_command(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            #[expect(
                clippy::print_stderr,
                reason = "the one place where a command says why it failed"
            )]
            {
                eprintln!("madoguchi: {error:#}");
            }
            ExitCode::FAILURE
        }
    }
}
