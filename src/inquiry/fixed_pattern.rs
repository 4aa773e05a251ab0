//! Patterns that are part of the program. Comes in: a pattern written in the source. Goes out: the compiled
//! regular expression. `\b` means the edge of an ASCII word, because Japanese letters touch Latin words
//! without a space (JANコード). It must not be used for patterns from files: those can be wrong and are checked.

use regex::{Regex, RegexSet};

/// Compiles a pattern from the source; each one is compiled in a test, so it cannot fail at run time.
pub(super) fn regex(pattern: &str) -> Regex {
    crate::mail::pattern::regex(&ascii_edges(pattern))
}

/// Compiles patterns from the source to be looked for in one pass.
#[expect(
    clippy::expect_used,
    reason = "the patterns are constants that a unit test compiles"
)]
pub(super) fn regex_set(patterns: impl Iterator<Item = &'static str>) -> RegexSet {
    RegexSet::new(patterns.map(ascii_edges)).expect("the patterns in the source compile")
}

fn ascii_edges(pattern: &str) -> String {
    pattern.replace(r"\b", r"(?-u:\b)")
}
