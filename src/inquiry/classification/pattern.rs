//! Patterns of the rules file. Comes in: a text such as `料金…教えて` or `@service…cannot`. Goes out: the
//! words that must follow each other within one sentence.
//!
//! - A word matches wherever it stands; Latin words only as whole words, `throttl*` also as their beginning.
//! - `@name` stands for any word of that list.
//! - `…` lets a few other words stand between.

/// One place of a pattern.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Slot {
    /// A word list, without the `@`.
    List(String),
    /// A word, as written.
    Word(String),
}

/// Why a pattern is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no pattern: between `…` there must be a word or `@list`")]
pub(super) struct InvalidPattern(String);

/// Reads a pattern; slots in order.
pub(super) fn parse(text: &str) -> Result<Vec<Slot>, InvalidPattern> {
    text.split('…')
        .map(|part| {
            let part = part.trim();
            let slot = match part.strip_prefix('@') {
                Some(name) => Slot::List(name.to_owned()),
                None => Slot::Word(part.to_owned()),
            };
            let bare = part.trim_start_matches('@').trim_matches('*');
            if bare.is_empty() {
                Err(InvalidPattern(text.to_owned()))
            } else {
                Ok(slot)
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_lists_are_told_apart() {
        let slots = parse("@service…使え").unwrap();
        assert_eq!(slots, [Slot::List("service".into()), Slot::Word("使え".into())]);
    }

    #[test]
    fn an_empty_place_is_refused() {
        assert!(parse("料金…").is_err() && parse("").is_err() && parse("@").is_err());
    }
}
