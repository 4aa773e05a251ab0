//! Mails that are more, or less, than a text. Comes in: the opened mail. Goes out: what kind of special mail
//! it is (SPEC §4). It must not decide what that means for a ticket.

use super::calendar_part;
use super::leaf::Leaf;
use super::message::TextSource;
use super::opened::Opened;
use super::pattern::patterns;
use super::question::asks;
use super::smime;
use super::tree::Node;

crate::slug_enum! {
    /// What a mail is besides a message from a person.
    pub enum SpecialMail {
        /// S/MIME that only its recipient's key opens.
        EncryptedSmime = "encrypted-smime",
        /// PGP that only its recipient's key opens.
        EncryptedPgp = "encrypted-pgp",
        /// A message under Microsoft's rights management: only its portal shows it.
        EncryptedRights = "encrypted-rights",
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

impl SpecialMail {
    /// Calendar answers, reactions and recall requests: kept with their ticket and never answered (SPEC §4).
    pub const fn asks_nothing(self) -> bool {
        matches!(self, Self::CalendarAnswer | Self::Reaction | Self::Recall)
    }

    /// Nothing but its recipient's key opens it.
    pub const fn is_encrypted(self) -> bool {
        matches!(
            self,
            Self::EncryptedSmime | Self::EncryptedPgp | Self::EncryptedRights
        )
    }
}

/// Text beside an encrypted part that still leaves the mail unread: a notice or a disclaimer, in characters.
const LONGEST_NOTICE: usize = 600;
/// A recall says whose mail it takes back, and no more; in characters.
const LONGEST_RECALL: usize = 600;

patterns! {
    recall_subject = r"(?i)^\s*(?:recall|取り消し|回収|リコール|メッセージの(?:取り消し|回収))\s?[:：]\s*";
    recall_words = r"(?is)\brecall(?:ed)? the message\b|メッセージ.{0,400}?(?:を|の)\s?(?:取り消|回収|リコール)";
    pgp_block = r"(?s)-----BEGIN PGP MESSAGE-----.*?(?:-----END PGP MESSAGE-----|$)";
}

/// The subject of the mail that a recall takes back.
pub fn recalled_subject(subject: &str) -> &str {
    let prefix = recall_subject().find(subject).map_or(0, |prefix| prefix.end());
    subject.get(prefix..).unwrap_or_default().trim()
}

/// Recognises a special mail.
pub(super) fn recognise(opened: &Opened<'_>, subject: &str) -> Option<SpecialMail> {
    encryption(opened).or_else(|| {
        let leaves = &opened.tree.leaves;
        if leaves.iter().any(is_reaction) {
            Some(SpecialMail::Reaction)
        } else if is_recall(opened, subject) {
            Some(SpecialMail::Recall)
        } else {
            calendar(opened)
        }
    })
}

/// What keeps the mail from being read; a mail whose readable text asks something is read as it is.
fn encryption(opened: &Opened<'_>) -> Option<SpecialMail> {
    if opened.tree.leaves.iter().any(is_rights_managed) {
        return Some(SpecialMail::EncryptedRights);
    }
    encrypted_part(opened).filter(|_| !is_readable(&opened.body.text))
}

fn encrypted_part(opened: &Opened<'_>) -> Option<SpecialMail> {
    if pgp_block().is_match(&opened.body.text) || has_encrypted_node(&opened.tree.root) {
        return Some(SpecialMail::EncryptedPgp);
    }
    opened
        .tree
        .leaves
        .iter()
        .find_map(|leaf| match leaf.media_type.as_str() {
            // Exchange turns multipart/encrypted into multipart/mixed and leaves its two parts.
            "application/pgp-encrypted" => Some(SpecialMail::EncryptedPgp),
            _ if smime::is_candidate(leaf) && smime::is_encrypted(&leaf.decoded().0) => {
                Some(SpecialMail::EncryptedSmime)
            }
            _ => None,
        })
}

/// Whether the text outside an encrypted block says something of its own.
fn is_readable(text: &str) -> bool {
    let outside = pgp_block().replace_all(text, "");
    asks(&outside) || outside.chars().count() > LONGEST_NOTICE
}

fn is_rights_managed(leaf: &Leaf<'_>) -> bool {
    leaf.media_type == "application/x-microsoft-rpmsg-message"
        || (leaf.media_type == "application/octet-stream"
            && leaf
                .name()
                .is_some_and(|name| name.to_ascii_lowercase().ends_with(".rpmsg")))
}

fn has_encrypted_node(node: &Node) -> bool {
    match node {
        Node::Leaf(_) => false,
        Node::Multipart(subtype, children) => {
            subtype == "encrypted" || children.iter().any(has_encrypted_node)
        }
    }
}

fn is_reaction(leaf: &Leaf<'_>) -> bool {
    leaf.disposition.value == "reaction" || leaf.media_type == "text/vnd.google.email-reaction+json"
}

fn is_recall(opened: &Opened<'_>, subject: &str) -> bool {
    let by_class = opened
        .message_class
        .as_deref()
        .is_some_and(|class| class.contains("Recall"));
    let text = opened.body.text.as_str();
    let by_words = recall_subject().is_match(subject)
        && text.contains(recalled_subject(subject))
        && recall_words().is_match(text)
        && text.chars().count() <= LONGEST_RECALL
        && !asks(text);
    by_class || by_words
}

/// A calendar is the mail's own where it is no file among others; an answer with a question is a question.
fn calendar(opened: &Opened<'_>) -> Option<SpecialMail> {
    let text = opened.body.text.as_str();
    let alone = opened.body.source == TextSource::Calendar || text.trim().is_empty();
    let leaf = opened.tree.leaves.iter().find(|leaf| {
        leaf.media_type == "text/calendar" && (alone || leaf.disposition.value != "attachment")
    })?;
    match method(leaf).as_str() {
        "REQUEST" | "CANCEL" | "ADD" | "PUBLISH" => Some(SpecialMail::CalendarRequest),
        "REPLY" | "COUNTER" | "DECLINECOUNTER" => {
            (alone || !asks(text)).then_some(SpecialMail::CalendarAnswer)
        }
        _ => None,
    }
}

fn method(leaf: &Leaf<'_>) -> String {
    let given = leaf.content_type.get("method").unwrap_or_else(|| {
        let (decoded, _) = leaf.text();
        calendar_part::parse(&decoded.text).method
    });
    given.to_ascii_uppercase()
}

#[cfg(test)]
mod tests {
    use super::SpecialMail;
    use crate::mail::parse::parse_mail;

    fn special(head: &str, body: &str) -> Option<SpecialMail> {
        let raw = format!("From: <sato@customer.example>\nMIME-Version: 1.0\n{head}\n\n{body}\n");
        parse_mail(raw.as_bytes()).unwrap().special
    }

    #[test]
    fn encrypted_mails_are_known_through_what_gateways_make_of_them() {
        let mixed = "Subject: x\nContent-Type: multipart/mixed; boundary=b";
        let pgp = "--b\nContent-Type: application/pgp-encrypted\n\nVersion: 1\n--b\n\
                   Content-Type: application/octet-stream; name=encrypted.asc\n\nx\n--b--";
        assert_eq!(special(mixed, pgp), Some(SpecialMail::EncryptedPgp));
        let rights = "--b\nContent-Type: text/plain\n\nHow can I open this message?\n--b\n\
                      Content-Type: application/octet-stream; name=message_v2.rpmsg\n\nx\n--b--";
        assert_eq!(special(mixed, rights), Some(SpecialMail::EncryptedRights));
    }

    #[test]
    fn a_question_about_an_encrypted_text_can_be_read() {
        let block = "-----BEGIN PGP MESSAGE-----\n\nhQEM\n-----END PGP MESSAGE-----";
        assert_eq!(special("Subject: x", block), Some(SpecialMail::EncryptedPgp));
        let asked = format!("How do I decrypt this in AWS Transfer Family?\n\n{block}");
        assert_eq!(special("Subject: x", &asked), None);
    }

    #[test]
    fn a_recall_names_what_it_takes_back() {
        let subject = "Subject: Recall: budget";
        assert_eq!(
            special(subject, "Sato would like to recall the message, \"budget\"."),
            Some(SpecialMail::Recall)
        );
        assert_eq!(
            special(subject, "Our recall of the model is low. What can we do?"),
            None
        );
    }
}
