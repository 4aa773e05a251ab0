//! Printing. The one place that writes to standard output, so that a closed pipe ends a command quietly.

use std::borrow::Cow;
use std::io::Write;

use chrono::{DateTime, Utc};

use crate::calendar::to_jst;

/// Prints one line; a reader that went away is no error. Nothing of a mail can speak to the terminal.
pub(super) fn say(line: impl AsRef<str>) {
    let mut out = std::io::stdout().lock();
    if writeln!(out, "{}", harmless(line.as_ref()))
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

/// Text without anything that a terminal obeys: escape sequences and other controls, and marks that turn the
/// direction of what follows.
pub(super) fn harmless(text: &str) -> Cow<'_, str> {
    let obeyed = |c: char| {
        (c.is_control() && c != '\n' && c != '\t')
            || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}')
    };
    if text.contains(obeyed) {
        Cow::Owned(text.replace(obeyed, "\u{fffd}"))
    } else {
        Cow::Borrowed(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_a_terminal_obeys_is_printed() {
        assert_eq!(
            harmless("a\u{1b}[2J\u{9b}1mb\r\u{202e}c"),
            "a\u{fffd}[2J\u{fffd}1mb\u{fffd}\u{fffd}c"
        );
        assert_eq!(harmless("表\tと\n行"), "表\tと\n行");
    }
}
