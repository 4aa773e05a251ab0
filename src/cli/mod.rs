//! The command line (SPEC §20): one file a subcommand. What is printed to standard output is the answer;
//! logs go to standard error.

mod arguments;
mod arrival;
pub mod calendar;
mod check;
mod fee;
mod findings;
mod held;
mod ingest;
pub mod inspect;
mod inspect_marks;
mod inspect_text;
mod outbox;
mod quarantine;
mod reconcile;
mod registry;
#[cfg(feature = "failpoints")]
mod rehearsal;
pub mod rules;
mod run;
mod screen;
mod staff;
mod templates;
mod ticket;
mod underline;

pub use arguments::{Arguments, run_command};
