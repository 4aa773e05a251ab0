//! Fixed text patterns. Comes in: a pattern written in the source. Goes out: the compiled expression.
//! It must not be given text that came from a mail.

use regex::Regex;

/// Compiles a pattern from the source; every use sits in a `LazyLock` that a unit test touches.
#[expect(
    clippy::expect_used,
    reason = "the pattern is a literal, and the tests of each pattern's file compile it"
)]
pub(crate) fn fixed(pattern: &'static str) -> Regex {
    Regex::new(pattern).expect("a pattern written in the source compiles")
}
