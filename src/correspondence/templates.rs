//! The texts, from `templates/mail/`. Comes in: a language, a template's name and its values. Goes out: the
//! text. Values are inserted as they are: mail text is never compiled as a template.

use std::path::{Path, PathBuf};

use minijinja::{Environment, UndefinedBehavior};
use serde::Serialize;

use super::compose::ComposeError;
use super::samples::{render_samples, value_names};
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
    "account-corrected.txt",
    "acknowledgement-bundle.txt",
    "acknowledgement-fixed.subject",
    "acknowledgement-fixed.txt",
    "acknowledgement.txt",
    "alarm.subject",
    "alarm.txt",
    "answer-notice.txt",
    "answer.txt",
    "cannot-read-encrypted.txt",
    "clock-changed.txt",
    "decline-code-development.txt",
    "decline-debugging.txt",
    "decline-restricted-service.txt",
    "decline-third-party.txt",
    "held-answer.subject",
    "held-answer.txt",
    "held-digest.subject",
    "held-digest.txt",
    "held-notice.subject",
    "held-notice.txt",
    "junk-list.subject",
    "junk-list.txt",
    "notification.subject",
    "notification.txt",
    "outage.subject",
    "outage.txt",
    "pending-closed.txt",
    "pending-reminder.txt",
    "ping-pong.subject",
    "ping-pong.txt",
    "proposal.subject",
    "proposal.txt",
    "probe-answer.subject",
    "probe-answer.txt",
    "probe.subject",
    "probe.txt",
    "receipt.subject",
    "receipt.txt",
    "returned.subject",
    "returned.txt",
    "sign-in.subject",
    "sign-in.txt",
    "self-probe.subject",
    "self-probe.txt",
    "too-large.txt",
    "unregistered-digest.subject",
    "unregistered-digest.txt",
    "warning.subject",
    "warning.txt",
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
    /// whose name no template has is refused: it would silently change nothing. So is a value that no mail
    /// of that kind has, and a text that cannot be rendered from sample values: the desk would find out when
    /// a customer waits for it.
    pub fn with_overrides(mut self, directory: &Path) -> Result<Self, ComposeError> {
        match self.check_overrides(directory).into_iter().next() {
            Some(error) => Err(error),
            None => Ok(self),
        }
    }

    /// Takes the files of a directory in place of the embedded texts; returns what is wrong with them.
    pub fn check_overrides(&mut self, directory: &Path) -> Vec<ComposeError> {
        let mut wrong = Vec::new();
        for (language, name, path) in override_files(directory) {
            if let Err(error) = self.replace(language, &name, &path) {
                wrong.push(ComposeError(format!("{}: {}", path.display(), error.0)));
            }
        }
        wrong
    }

    fn replace(&mut self, language: Language, name: &str, file: &Path) -> Result<(), ComposeError> {
        if !Self::names().any(|known| known == name) {
            let nearest = nearest(name, &Self::names().collect::<Vec<_>>());
            return Err(ComposeError(format!(
                "there is no template of that name{nearest}"
            )));
        }
        let text = std::fs::read_to_string(file).map_err(|error| ComposeError(error.to_string()))?;
        let place = format!("{language}/{name}");
        self.0
            .add_template_owned(place.clone(), text)
            .map_err(|error| broken(&error))?;
        let template = self.0.get_template(&place).map_err(|error| broken(&error))?;
        let known = value_names(name)?;
        let mut used: Vec<String> = template.undeclared_variables(false).into_iter().collect();
        used.sort();
        if let Some(unknown) = used.into_iter().find(|used| !known.contains(used)) {
            let nearest = nearest(&unknown, &known.iter().map(String::as_str).collect::<Vec<_>>());
            return Err(ComposeError(format!(
                "there is no value `{unknown}` in this mail{nearest}"
            )));
        }
        render_samples(self, language, name).map(|_| ())
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

/// The files of a directory of texts, those of each language in its folder, in a stable order.
pub fn override_files(directory: &Path) -> Vec<(Language, String, PathBuf)> {
    let mut files = Vec::new();
    for language in Language::ALL {
        let Ok(entries) = std::fs::read_dir(directory.join(language.as_str())) else {
            continue;
        };
        for entry in entries.flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            files.push((*language, name, entry.path()));
        }
    }
    files.sort();
    files
}

/// What may have been meant, as the end of a sentence.
fn nearest(word: &str, known: &[&str]) -> String {
    let nearest = known
        .iter()
        .min_by_key(|known| strsim::damerau_levenshtein(word, known));
    nearest.map_or_else(String::new, |nearest| format!("; did you mean `{nearest}`?"))
}

/// The whole chain of a template error, with the template's name and line.
fn broken(error: &minijinja::Error) -> ComposeError {
    ComposeError(format!("{error:#}").lines().take(3).collect::<Vec<_>>().join(" "))
}
