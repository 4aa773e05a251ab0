//! What a notification shows of a mail: its author, words, files, and why it was taken for what it is. Comes in:
//! the mail and its case. Goes out: lines for people, without secrets.

use super::writing::Case;
use crate::correspondence::letter::stays_behind_words;
use crate::inquiry::classification::Classification;
use crate::inquiry::passing::to_staff;
use crate::inquiry::redaction::redacted;
use crate::mail::InboundMessage;
use crate::registry::AccountId;
use crate::ticket::{Language, Ticket};

/// Pieces of evidence that are shown; the ticket shows all, with their rules.
const MAX_EVIDENCE: usize = 6;

/// The rule whose pieces are shreds of words, which tell a reader nothing.
const LEARNED: &str = "learned-words";

/// What a notification shows of a mail.
pub(super) struct Shown {
    pub(super) author: String,
    pub(super) verdict: &'static str,
    pub(super) subject: String,
    pub(super) attachments: Vec<String>,
    pub(super) text: String,
}

impl Shown {
    /// The same without what must not be mailed around.
    pub(super) fn redacted(self, accounts: &[AccountId]) -> Self {
        let clear = |text: &str| redacted(text, accounts).into_owned();
        Self {
            subject: clear(&self.subject),
            attachments: self.attachments.iter().map(|name| clear(name)).collect(),
            text: clear(&self.text),
            ..self
        }
    }
}

/// What is shown of the mail that causes the notification.
pub(super) fn shown_of(case: &Case<'_>, ticket: &Ticket, language: Language) -> Shown {
    let mail = case.message;
    let words = mail.reply.written();
    Shown {
        author: mail
            .single_author()
            .map_or_else(|| ticket.author.to_string(), |author| author.address.to_string()),
        verdict: case.situation.authentication.sender.as_str(),
        subject: mail.subject.clone(),
        attachments: attachments(mail, language),
        text: if words.is_empty() {
            mail.text.trim().to_owned()
        } else {
            words
        },
    }
}

/// The words of the customer that decided on the category, each in quotation marks.
pub(super) fn evidence(found: &Classification, language: Language) -> Vec<String> {
    let of_category = found.evidence.iter().filter(|one| one.flag.is_none());
    let texts: Vec<&str> = of_category
        .filter(|one| one.rule != LEARNED)
        .map(|one| one.text.as_str())
        .collect();
    let mut told: Vec<&str> = Vec::new();
    for text in &texts {
        // A piece of another piece says nothing more.
        let within = texts.iter().any(|other| other != text && other.contains(text));
        if !within && !told.contains(text) {
            told.push(text);
        }
    }
    let shown = told.into_iter().take(MAX_EVIDENCE);
    shown
        .map(|text| match language {
            Language::Japanese => format!("「{text}」"),
            Language::English => format!("\"{text}\""),
        })
        .collect()
}

/// What the mail carries, and what of it was not passed on.
fn attachments(mail: &InboundMessage, language: Language) -> Vec<String> {
    let passings = to_staff(&mail.attachments);
    let shown = mail.attachments.iter().zip(passings);
    let shown = shown.filter(|(attachment, passing)| !attachment.inline || passing.stays.is_some());
    shown
        .map(|(attachment, passing)| {
            let kilobytes = attachment.size.div_ceil(1024);
            let name = passing.name;
            match (passing.stays, language) {
                (None, _) => format!("{name} ({kilobytes} KB)"),
                (Some(why), Language::Japanese) => format!(
                    "{name} ({kilobytes} KB、{}このメールには添付していません)",
                    stays_behind_words(language, why)
                ),
                (Some(why), Language::English) => format!(
                    "{name} ({kilobytes} KB, not attached: {})",
                    stays_behind_words(language, why)
                ),
            }
        })
        .collect()
}

/// A confidence as a whole number of per cent.
#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped to 0–100 before"
)]
pub(super) fn percent(confidence: f64) -> u32 {
    (confidence.clamp(0.0, 1.0) * 100.0).round() as u32
}
