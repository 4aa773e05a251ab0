//! The services that the contract restricts, a list that staff edit. Comes in: the list and an inquiry. Goes
//! out: the services the author names, with their places. Marked as an example until staff confirm it; a
//! mention is a hint for a person and refuses nothing (SPEC §10).

use std::ops::Range;

use serde::Deserialize;

use super::classification::{Field, Inquiry};
use super::folded_text::{FoldedText, Folding, head};

/// The compiled-in list, an example until staff confirm it.
const EMBEDDED: &str = include_str!("restricted_services.toml");

/// Only so much of a text is searched; what follows is a log or a document.
const MOST_BYTES: usize = 48 * 1024;

/// A restricted service named in the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestrictedMention {
    /// The service.
    pub service: String,
    /// Where its restriction is written.
    pub source: String,
    /// The field that names it.
    pub field: Field,
    /// Bytes of that field's text.
    pub range: Range<usize>,
    /// The text at that range.
    pub text: String,
}

/// The services the contract restricts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestrictedServices {
    confirmed: String,
    services: Vec<RestrictedService>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct RestrictedService {
    name: String,
    source: String,
    /// Folded as the texts are that they are looked for in.
    words: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RestrictedFile {
    /// Who confirmed the list; empty while it is an example.
    #[serde(default)]
    confirmed: String,
    #[serde(default)]
    service: Vec<RestrictedEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RestrictedEntry {
    name: String,
    words: Vec<String>,
    source: String,
}

/// A list that does not read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the list of restricted services does not read: {0}")]
pub struct RestrictedListError(String);

impl RestrictedServices {
    /// Reads a list; every service needs a name, words to be recognised by, and a source.
    pub fn parse(toml: &str) -> Result<Self, RestrictedListError> {
        let file: RestrictedFile =
            toml::from_str(toml).map_err(|error| RestrictedListError(error.to_string()))?;
        let services = file.service.into_iter().map(RestrictedEntry::folded);
        Ok(Self {
            confirmed: file.confirmed,
            services: services.collect::<Result<_, _>>()?,
        })
    }

    /// The compiled-in example.
    pub fn embedded() -> Self {
        Self::parse(EMBEDDED).unwrap_or(Self {
            confirmed: String::new(),
            services: Vec::new(),
        })
    }

    /// Whether staff have confirmed the list.
    pub fn is_confirmed(&self) -> bool {
        !self.confirmed.trim().is_empty()
    }

    /// How many services it names.
    pub fn len(&self) -> usize {
        self.services.len()
    }

    /// Whether it names none.
    pub fn is_empty(&self) -> bool {
        self.services.is_empty()
    }

    /// The restricted services that an inquiry names in the author's own words, each once.
    pub fn mentions(&self, inquiry: &Inquiry<'_>) -> Vec<RestrictedMention> {
        let mut found: Vec<RestrictedMention> = Vec::new();
        for field in [Field::Subject, Field::Written] {
            let text = head(inquiry.text(field), MOST_BYTES);
            let folded = FoldedText::new(text, Folding::Words);
            for service in &self.services {
                let known = found.iter().any(|mention| mention.service == service.name);
                let Some(place) = service.position(folded.as_str()).filter(|_| !known) else {
                    continue;
                };
                let range = folded.original_range(&place);
                found.push(RestrictedMention {
                    service: service.name.clone(),
                    source: service.source.clone(),
                    field,
                    text: text.get(range.clone()).unwrap_or_default().to_owned(),
                    range,
                });
            }
        }
        found
    }
}

impl RestrictedEntry {
    fn folded(self) -> Result<RestrictedService, RestrictedListError> {
        let words: Vec<String> = self
            .words
            .iter()
            .map(|word| FoldedText::new(word.trim(), Folding::Words).as_str().to_owned())
            .collect();
        let (name, source) = (self.name, self.source);
        if words.is_empty() || words.iter().any(String::is_empty) {
            return Err(RestrictedListError(format!(
                "`{name}` has no words, or an empty one"
            )));
        }
        if name.trim().is_empty() || source.trim().is_empty() {
            return Err(RestrictedListError(format!(
                "`{name}` needs a name and the source of its restriction"
            )));
        }
        Ok(RestrictedService { name, source, words })
    }
}

impl RestrictedService {
    /// Where the service's first word stands in a folded text; Latin words match whole.
    fn position(&self, text: &str) -> Option<Range<usize>> {
        let whole = |at: usize, word: &str| {
            let latin = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
            let outside = |text: Option<&str>, first: bool| {
                let text = text.unwrap_or_default();
                if first {
                    text.chars().next_back()
                } else {
                    text.chars().next()
                }
            };
            let before = latin(word.chars().next()) && latin(outside(text.get(..at), true));
            let behind =
                latin(word.chars().next_back()) && latin(outside(text.get(at + word.len()..), false));
            !before && !behind
        };
        self.words.iter().find_map(|word| {
            let (at, _) = text
                .match_indices(word.as_str())
                .find(|(at, _)| whole(*at, word))?;
            Some(at..at + word.len())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mentioned(written: &str) -> Vec<(String, String)> {
        let inquiry = Inquiry {
            written,
            ..Inquiry::default()
        };
        let found = RestrictedServices::embedded().mentions(&inquiry);
        found.into_iter().map(|m| (m.service, m.text)).collect()
    }

    #[test]
    fn the_embedded_list_reads_and_is_marked_unconfirmed() {
        let list = RestrictedServices::parse(EMBEDDED).unwrap();
        assert!(!list.is_confirmed() && !list.is_empty());
    }

    #[test]
    fn a_mention_points_at_the_text() {
        let found = mentioned("ＣｏｎｔｒｏｌＴower ではなく Control　Tower を使いたい");
        assert_eq!(
            found,
            [("AWS Control Tower".to_owned(), "Control　Tower".to_owned())]
        );
    }

    #[test]
    fn latin_words_are_met_whole_only() {
        assert!(mentioned("ArControl Towers を使いたい").is_empty());
        assert!(mentioned("YOUを作成").is_empty());
        assert_eq!(mentioned("新しいOUを作成したい").len(), 1);
    }

    #[test]
    fn a_service_without_words_or_source_is_refused() {
        for entry in [
            "name = \"x\"\nwords = []\nsource = \"y\"",
            "name = \"x\"\nwords = [\"a\", \" \"]\nsource = \"y\"",
            "name = \"x\"\nwords = [\"a\"]\nsource = \"\"",
        ] {
            assert!(
                RestrictedServices::parse(&format!("[[service]]\n{entry}")).is_err(),
                "{entry}"
            );
        }
    }
}
