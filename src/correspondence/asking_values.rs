//! The values of mails that ask a staff member for a word: held mails, and whose a forwarded mail is.

use serde::Serialize;

use super::values::AccountValue;

/// Values of the notice of a held mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HeldValues {
    /// The line that marks it as internal.
    pub mark: String,
    /// Ticket number with prefix, where known.
    pub number: Option<String>,
    /// The staff member it claims to come from.
    pub staff_name: String,
    /// Reason slug.
    pub reason: String,
    /// Reason in words.
    pub reason_text: String,
    /// Particulars.
    pub detail: String,
    /// Key of the held mail.
    pub held_id: String,
    /// Whether an answer lets it go.
    pub confirms: bool,
    /// Hours within which it may be answered.
    pub hours: i64,
    /// Whom it would go to.
    pub recipient: Option<String>,
    /// What would go out, each line marked as quoted.
    pub text: String,
}

/// Values of the list of held mails.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HeldDigestValues {
    /// The line that marks it as internal.
    pub mark: String,
    /// How many were held.
    pub count: usize,
    /// How many of them are not listed.
    pub more: usize,
    /// Hours within which they may be answered.
    pub hours: i64,
    /// The others.
    pub entries: Vec<HeldEntry>,
}

/// One held mail of the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HeldEntry {
    /// Ticket number with prefix, where known.
    pub number: Option<String>,
    /// Reason slug.
    pub reason: String,
    /// Reason in words.
    pub reason_text: String,
    /// Key of the held mail.
    pub held_id: String,
    /// The first written line.
    pub first_line: String,
    /// The address that lets it go, where one does.
    pub send_to: Option<String>,
}

/// Values of the word that an answer about a held mail did nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HeldAnswerValues {
    /// The line that marks it as internal.
    pub mark: String,
    /// Ticket number with prefix, where known.
    pub number: Option<String>,
    /// Key of the held mail.
    pub held_id: String,
    /// Reason slug.
    pub reason: String,
    /// Reason in words.
    pub reason_text: String,
}

/// Values of the word to whoever passed a customer's mail on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProposalValues {
    /// The line that marks it as internal.
    pub mark: String,
    /// Ticket number with prefix.
    pub number: String,
    /// Whom it asks.
    pub staff_name: String,
    /// Whom the mail was read to come from: one, several, or none.
    pub senders: Vec<String>,
    /// The sender's name from the registry; empty where unknown.
    pub person: String,
    /// The customers the sender writes for.
    pub customers: Vec<String>,
    /// The original subject.
    pub subject: String,
    /// The account found.
    pub account: Option<AccountValue>,
    /// Category in words.
    pub category: String,
    /// When the desk starts, in words.
    pub starts: String,
    /// Whether the desk works on business days only.
    pub business_hours: bool,
    /// The customer's words.
    pub text: String,
}
