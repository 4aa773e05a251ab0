//! Patterns that are part of the program. Comes in: a pattern written in the source. Goes out: the compiled
//! regular expression. It must not be used for patterns from files: those can be wrong and are checked.

use regex::Regex;

/// Compiles a pattern from the source. Tests run every pattern, so none can fail at run time; the `regex`
/// crate matches in linear time whatever the text.
#[expect(
    clippy::expect_used,
    reason = "the pattern is a constant that the tests compile"
)]
pub(crate) fn regex(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a pattern in the source compiles")
}

/// Declares functions that give a pattern, compiled at its first use.
macro_rules! patterns {
    ($($(#[$meta:meta])* $name:ident = $pattern:expr;)+) => {
        $($(#[$meta])* fn $name() -> &'static regex::Regex {
            static COMPILED: std::sync::LazyLock<regex::Regex> =
                std::sync::LazyLock::new(|| $crate::mail::pattern::regex($pattern));
            &COMPILED
        })+

        #[cfg(test)]
        #[test]
        fn every_pattern_here_compiles() {
            $(assert!(!$name().as_str().is_empty());)+
        }
    };
}

pub(crate) use patterns;
