//! Printing. The one place that writes to standard output, so that a closed pipe ends a command quietly.

use std::io::Write;

use chrono::{DateTime, Utc};

use crate::calendar::to_jst;

/// Prints one line; a reader that went away is no error.
pub(super) fn say(line: impl AsRef<str>) {
    let mut out = std::io::stdout().lock();
    if writeln!(out, "{}", line.as_ref())
        .and_then(|()| out.flush())
        .is_err()
    {
        std::process::exit(0);
    }
}

/// An instant on Japanese clocks, as lists show it.
pub(super) fn when(at: DateTime<Utc>) -> String {
    to_jst(at).format("%Y-%m-%d %H:%M").to_string()
}
