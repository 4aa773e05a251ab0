//! The texts, from `templates/mail/`. Comes in: a language, a template's name and its values. Goes out: the
//! text. Values are inserted as they are: mail text is never compiled as a template.

use std::path::Path;

use minijinja::{Environment, UndefinedBehavior};
use serde::Serialize;

use super::compose::ComposeError;
use crate::ticket::Language;

/// Operations one rendering may take: far above any real text, so that an overridden template with an
/// endless loop cannot stop the desk.
const FUEL: u64 = 200_000;

macro_rules! embedded {
    ($($name:literal),+ $(,)?) => {
        /// Every template: name, Japanese text, English text.
        const EMBEDDED: &[(&str, &str, &str)] = &[$((
            $name,
            include_str!(concat!("../../templates/mail/ja/", $name)),
            include_str!(concat!("../../templates/mail/en/", $name)),
        )),+];
    };
}

embedded![
    "account-completed.txt",
    "acknowledgement-fixed.subject",
    "acknowledgement-fixed.txt",
    "acknowledgement.txt",
    "alarm.subject",
    "alarm.txt",
    "answer-notice.txt",
    "answer.txt",
    "cannot-read-encrypted.txt",
    "held-notice.subject",
    "held-notice.txt",
    "notification.subject",
    "notification.txt",
    "receipt.subject",
    "receipt.txt",
    "returned.subject",
    "returned.txt",
    "too-large.txt",
];

/// Every text the desk can send, compiled.
#[derive(Debug)]
pub struct Templates(Environment<'static>);

impl Templates {
    /// The texts that come with the program.
    pub fn embedded() -> Result<Self, ComposeError> {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_fuel(Some(FUEL));
        environment.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
        for (name, japanese, english) in EMBEDDED {
            for (language, text) in [(Language::Japanese, japanese), (Language::English, english)] {
                environment
                    .add_template_owned(format!("{language}/{name}"), *text)
                    .map_err(|e| broken(&e))?;
            }
        }
        Ok(Self(environment))
    }

    /// The same with the files of a directory (`ja/answer.txt` …) in place of the embedded ones. A file
    /// whose name no template has is refused: it would silently change nothing.
    pub fn with_overrides(mut self, directory: &Path) -> Result<Self, ComposeError> {
        for language in Language::ALL {
            let folder = directory.join(language.as_str());
            let Ok(files) = std::fs::read_dir(&folder) else {
                continue;
            };
            for file in files.flatten() {
                let name = file.file_name().to_string_lossy().into_owned();
                if !EMBEDDED.iter().any(|(known, _, _)| *known == name) {
                    return Err(ComposeError(format!(
                        "{}: there is no template of that name",
                        file.path().display()
                    )));
                }
                let text = std::fs::read_to_string(file.path())
                    .map_err(|error| ComposeError(format!("{}: {error}", file.path().display())))?;
                self.0
                    .add_template_owned(format!("{language}/{name}"), text)
                    .map_err(|error| broken(&error))?;
            }
        }
        Ok(self)
    }

    /// The names of all templates.
    pub fn names() -> impl Iterator<Item = &'static str> {
        EMBEDDED.iter().map(|(name, _, _)| *name)
    }

    /// Renders one text; ends without blank lines.
    pub fn render(
        &self,
        language: Language,
        name: &str,
        values: &impl Serialize,
    ) -> Result<String, ComposeError> {
        let template = self
            .0
            .get_template(&format!("{language}/{name}"))
            .map_err(|error| broken(&error))?;
        let text = template
            .render(minijinja::value::Serde(values))
            .map_err(|error| broken(&error))?;
        Ok(text.trim_end().to_owned())
    }
}

/// The whole chain of a template error, with the template's name and line.
fn broken(error: &minijinja::Error) -> ComposeError {
    ComposeError(format!("{error:#}").lines().take(3).collect::<Vec<_>>().join(" "))
}
