//! Stage: subcommands.
