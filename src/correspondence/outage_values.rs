//! What the mails about the desk's own health are made of, and samples of it.

use serde::Serialize;

use super::letter::instant_words;
use super::samples::either;
use crate::inquiry::notification_mark;
use crate::ticket::Language;

/// Values of the word that something is out of order, or in order again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OutageValues {
    /// The line that marks it as internal.
    pub mark: String,
    /// What it is, kebab-case: `mailbox-silent`, `probe-missing` or `storage-full`.
    pub kind: String,
    /// What it concerns.
    pub name: String,
    /// Since when, in words.
    pub since: String,
    /// Whether it is over.
    pub over: bool,
    /// What is known of it.
    pub detail: String,
}

/// Values of the mail to ourselves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SelfProbeValues {
    /// The line that marks it as internal.
    pub mark: String,
}

pub(super) fn outages(language: Language) -> Vec<OutageValues> {
    let mark = notification_mark(language).to_owned();
    let one = |kind: &str, over: bool, detail: String| OutageValues {
        mark: mark.clone(),
        kind: kind.to_owned(),
        name: "INBOX".to_owned(),
        since: instant_words(language, chrono::DateTime::UNIX_EPOCH),
        over,
        detail,
    };
    let silent = either(
        language,
        "最後の読み取り 1月1日 9:00",
        "last read on 1 January, 09:00",
    );
    vec![
        one("mailbox-silent", false, silent),
        one("mailbox-silent", true, String::new()),
        one("probe-missing", false, String::new()),
        one("probe-missing", true, String::new()),
        one("storage-full", false, String::new()),
        one("storage-full", true, String::new()),
    ]
}

pub(super) fn self_probes(language: Language) -> Vec<SelfProbeValues> {
    let one = SelfProbeValues {
        mark: notification_mark(language).to_owned(),
    };
    vec![one.clone(), one]
}
