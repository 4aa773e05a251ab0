//! The page's words in both languages, from `templates/web/words/`. Comes in: nothing. Goes out: one catalogue a
//! language, with equal keys.

use minijinja::Value;
use minijinja::value::Serde;

use super::views::ViewError;
use crate::ticket::Language;

const JAPANESE: &str = include_str!("../../templates/web/words/ja.toml");
const ENGLISH: &str = include_str!("../../templates/web/words/en.toml");

/// The catalogues as templates read them.
#[derive(Debug)]
pub(super) struct Words {
    japanese: Value,
    english: Value,
}

impl Words {
    /// Reads both.
    pub(super) fn embedded() -> Result<Self, ViewError> {
        Ok(Self {
            japanese: value_of(JAPANESE)?,
            english: value_of(ENGLISH)?,
        })
    }

    /// The catalogue of a language.
    pub(super) fn of(&self, language: Language) -> Value {
        match language {
            Language::Japanese => self.japanese.clone(),
            Language::English => self.english.clone(),
        }
    }
}

fn value_of(text: &str) -> Result<Value, ViewError> {
    let table: toml::Table = toml::from_str(text).map_err(|error| ViewError(error.to_string()))?;
    Ok(Value::from(Serde(table)))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn keys(text: &str) -> BTreeMap<String, String> {
        fn walk(path: &str, value: &toml::Value, all: &mut BTreeMap<String, String>) {
            if let Some(table) = value.as_table() {
                for (key, value) in table {
                    walk(&format!("{path}.{key}"), value, all);
                }
            } else {
                all.insert(path.to_owned(), value.as_str().unwrap().to_owned());
            }
        }
        let table: toml::Table = toml::from_str(text).unwrap();
        let mut all = BTreeMap::new();
        walk("", &toml::Value::Table(table), &mut all);
        all
    }

    /// The `{names}` in a text, sorted.
    fn gaps(text: &str) -> Vec<&str> {
        let mut gaps: Vec<&str> = text
            .split('{')
            .skip(1)
            .filter_map(|rest| rest.split_once('}'))
            .map(|(name, _)| name)
            .collect();
        gaps.sort_unstable();
        gaps.dedup();
        gaps
    }

    #[test]
    fn both_languages_have_the_same_words_with_the_same_gaps() {
        let (japanese, english) = (keys(JAPANESE), keys(ENGLISH));
        assert!(japanese.len() > 40, "the catalogue was not read");
        assert_eq!(
            japanese.keys().collect::<Vec<_>>(),
            english.keys().collect::<Vec<_>>()
        );
        for (key, text) in &japanese {
            assert!(
                !text.trim().is_empty() && !english[key].trim().is_empty(),
                "{key}"
            );
            assert_eq!(gaps(text), gaps(&english[key]), "{key}");
        }
    }

    #[test]
    fn the_words_keep_to_the_house_style() {
        for (key, text) in keys(JAPANESE) {
            for refused in [
                "こちら",
                "クリック",
                "遷移",
                "不正",
                "無効な値",
                "することができ",
                "させていただ",
            ] {
                assert!(!text.contains(refused), "{key} says {refused}");
            }
        }
    }
}
