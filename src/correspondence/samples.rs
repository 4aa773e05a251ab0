//! What a template is checked with before it goes into use, and what the tests render. Comes in: a template's
//! name. Goes out: its text from sample values. It must not know what a template looks like inside.

use serde::Serialize;
use serde_json::Value;

use super::compose::ComposeError;
use super::list_values;
use super::outage_values::{outages, self_probes};
use super::sign_in_values::sign_in;
use super::templates::Templates;
use super::{sample_letters as letters, sample_staff_mails as staff};
use crate::ticket::Language;

/// Renders a template from its sample values, once with everything there is and once with nothing that may
/// be missing.
pub fn render_samples(
    templates: &Templates,
    language: Language,
    name: &str,
) -> Result<[String; 2], ComposeError> {
    let mut all = render_variants(templates, language, name)?.into_iter();
    match (all.next(), all.next()) {
        (Some(full), Some(bare)) => Ok([full, bare]),
        _ => Err(ComposeError(format!("there are no samples for {name}"))),
    }
}

/// Renders a template from all of its sample values: the two of [`render_samples`], and the others as they
/// are written in practice.
pub fn render_variants(
    templates: &Templates,
    language: Language,
    name: &str,
) -> Result<Vec<String>, ComposeError> {
    let values = values_of(language, name)?;
    values
        .iter()
        .map(|values| templates.render(language, name, values))
        .collect()
}

/// The names a template may use, of the values it is rendered from.
pub(super) fn value_names(name: &str) -> Result<Vec<String>, ComposeError> {
    let values = values_of(Language::Japanese, name)?;
    let names = values.first().and_then(Value::as_object);
    Ok(names
        .map(|object| object.keys().cloned().collect())
        .unwrap_or_default())
}

fn values_of(language: Language, name: &str) -> Result<Vec<Value>, ComposeError> {
    match name.split('.').next().unwrap_or(name) {
        "answer" => plain(&letters::answers(language)),
        "answer-notice" => plain(&letters::answer_notices(language)),
        "notification" => plain(&staff::notifications(language)),
        "receipt" => plain(&staff::receipts(language)),
        "returned" => plain(&staff::returned(language)),
        "pending-reminder" | "pending-closed" => plain(&letters::pending(language)),
        "warning" => plain(&staff::warnings(language)),
        "held-notice" => plain(&staff::held(language)),
        "held-answer" => plain(&staff::held_answers(language)),
        "held-digest" => plain(&staff::held_digests(language)),
        "proposal" => plain(&staff::proposals(language)),
        "probe" | "probe-answer" => plain(&staff::probes(language)),
        "sign-in" => plain(&sign_in(language)),
        "outage" => plain(&outages(language)),
        "self-probe" => plain(&self_probes(language)),
        "alarm" => plain(&staff::alarms(language)),
        "acknowledgement-bundle" => {
            plain(&[list_values::bundle(language), list_values::bare_bundle(language)])
        }
        "unregistered-digest" => plain(&[
            list_values::unregistered(language),
            list_values::bare_unregistered(language),
        ]),
        "junk-list" => plain(&[list_values::junk(language), list_values::junk(language)]),
        "ping-pong" => plain(&[list_values::quiet(language), list_values::quiet(language)]),
        "account-completed" | "account-corrected" => plain(&letters::accounts(language)),
        decline if decline.starts_with("decline-") => plain(&letters::declines(language)),
        _ => plain(&letters::acknowledgements(language)),
    }
}

fn plain(values: &[impl Serialize]) -> Result<Vec<Value>, ComposeError> {
    let plain = values.iter().map(serde_json::to_value);
    plain
        .collect::<Result<_, _>>()
        .map_err(|error| ComposeError(error.to_string()))
}

/// The Japanese or the English of two words.
pub(super) fn either(language: Language, japanese: &str, english: &str) -> String {
    match language {
        Language::Japanese => japanese,
        Language::English => english,
    }
    .to_owned()
}

/// The number of the sample ticket.
pub(super) fn number() -> String {
    "DESK-000123".to_owned()
}
