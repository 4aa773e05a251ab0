//! Mails that are more, or less, than a text. Comes in: the opened mail. Goes out: what kind of special mail
//! it is (SPEC §4). It must not decide what that means for a ticket.

use super::calendar_part;
use super::leaf::Leaf;
use super::opened::Opened;
use super::smime;
use super::tree::Node;

crate::slug_enum! {
    /// What a mail is besides a message from a person.
    pub enum SpecialMail {
        /// S/MIME that only its recipient's key opens.
        EncryptedSmime = "encrypted-smime",
        /// PGP that only its recipient's key opens.
        EncryptedPgp = "encrypted-pgp",
        /// A meeting request or its cancellation.
        CalendarRequest = "calendar-request",
        /// Somebody accepted, declined or countered a meeting.
        CalendarAnswer = "calendar-answer",
        /// A thumb or a heart for an earlier mail (RFC 9078, Gmail).
        Reaction = "reaction",
        /// A request to take back an earlier mail (Outlook).
        Recall = "recall",
    }
}

/// Subjects Outlook gives a recall.
const RECALL_SUBJECTS: &[&str] = &[
    "recall:",
    "取り消し:",
    "取り消し：",
    "回収:",
    "リコール:",
    "メッセージの取り消し:",
];
/// Words a recall's text holds.
const RECALL_WORDS: &[&str] = &["would like to recall the message", "取り消", "回収"];

/// Recognises a special mail.
pub(super) fn recognise(opened: &Opened<'_>, subject: &str) -> Option<SpecialMail> {
    encryption(opened).or_else(|| {
        let leaves = &opened.tree.leaves;
        if leaves.iter().any(is_reaction) {
            Some(SpecialMail::Reaction)
        } else if is_recall(opened, subject) {
            Some(SpecialMail::Recall)
        } else {
            leaves
                .iter()
                .find(|leaf| leaf.media_type == "text/calendar")
                .and_then(calendar)
        }
    })
}

fn encryption(opened: &Opened<'_>) -> Option<SpecialMail> {
    if let Node::Multipart(subtype, _) = &opened.tree.root
        && subtype == "encrypted"
    {
        return Some(SpecialMail::EncryptedPgp);
    }
    if opened
        .body
        .text
        .trim_start()
        .starts_with("-----BEGIN PGP MESSAGE-----")
    {
        return Some(SpecialMail::EncryptedPgp);
    }
    let container = opened.tree.leaves.iter().find(|leaf| smime::is_candidate(leaf))?;
    smime::is_encrypted(&container.decoded().0).then_some(SpecialMail::EncryptedSmime)
}

fn is_reaction(leaf: &Leaf<'_>) -> bool {
    leaf.disposition.value == "reaction" || leaf.media_type == "text/vnd.google.email-reaction+json"
}

fn is_recall(opened: &Opened<'_>, subject: &str) -> bool {
    let by_class = opened
        .message_class
        .as_deref()
        .is_some_and(|class| class.contains("Recall"));
    let subject = subject.to_lowercase();
    let by_words = RECALL_SUBJECTS.iter().any(|start| subject.starts_with(start))
        && RECALL_WORDS.iter().any(|words| opened.body.text.contains(words));
    by_class || by_words
}

fn calendar(leaf: &Leaf<'_>) -> Option<SpecialMail> {
    let method = leaf.content_type.get("method").unwrap_or_else(|| {
        let (decoded, _) = leaf.text();
        calendar_part::parse(&decoded.text).method
    });
    match method.to_ascii_uppercase().as_str() {
        "REQUEST" | "CANCEL" | "ADD" | "PUBLISH" => Some(SpecialMail::CalendarRequest),
        "REPLY" | "COUNTER" | "DECLINECOUNTER" => Some(SpecialMail::CalendarAnswer),
        _ => None,
    }
}
