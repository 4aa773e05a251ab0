//! Patterns that are part of the program. Comes in: a pattern written in the source. Goes out: the compiled
//! regular expression. `\b` means the edge of an ASCII word, because Japanese letters touch Latin words
//! without a space (JANコード). It must not be used for patterns from files: those can be wrong and are checked.

use regex::Regex;

/// Compiles a pattern from the source; each one is compiled in a test, so it cannot fail at run time.
pub(super) fn regex(pattern: &str) -> Regex {
    crate::mail::pattern::regex(&ascii_edges(pattern))
}

fn ascii_edges(pattern: &str) -> String {
    pattern.replace(r"\b", r"(?-u:\b)")
}
