//! Flags to a subcommand; nothing else.

fn main() {}
