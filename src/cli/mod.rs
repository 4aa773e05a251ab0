//! Stage: subcommands.

pub mod calendar;
pub mod rules;
