//! The values that go into texts, each a plain struct, so that every template can be rendered from sample
//! data and a misspelt name in a template is an error.

use serde::Serialize;

use super::NotificationKind;
pub use super::asking_values::{HeldAnswerValues, HeldDigestValues, HeldEntry, HeldValues, ProposalValues};

/// An account as texts name it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AccountValue {
    /// Twelve digits.
    pub id: String,
    /// What the customer calls it; may be empty.
    pub label: String,
    /// Found by contract and not by the mail.
    pub assumed: bool,
}

/// An account whose contract does not run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LapsedValue {
    /// The account with its label.
    pub account: String,
    /// Whether the contract is over; else it has not begun.
    pub ended: bool,
    /// Its last or first day, in words; empty where it is not known.
    pub day: String,
}

/// Something staff should know before they answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RemarkValue {
    /// In words.
    pub words: String,
    /// The pieces of the mail that show it.
    pub evidence: Vec<String>,
}

/// A prepared reply that staff may send.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DraftValue {
    /// What it says, in a few words.
    pub about: String,
    /// The text.
    pub text: String,
}

/// Values of a prepared reply.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DeclineValues {
    /// Restricted services that the mail names.
    pub services: Vec<String>,
    /// Part of the inquiry is in scope all the same.
    pub partly_in_scope: bool,
}

/// Values of the texts that answer a customer's mail at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is one passage of the letter that stands or does not"
)]
pub struct AcknowledgementValues {
    /// Ticket number with prefix.
    pub number: String,
    /// First lines of the letter.
    pub salutation: String,
    /// The desk's name.
    pub desk_name: String,
    /// Category in words; `None` while a person has to decide.
    pub category: Option<String>,
    /// The account it is filed under.
    pub account: Option<AccountValue>,
    /// Other accounts of the customer that were named, with their labels.
    pub also_accounts: Vec<String>,
    /// IDs that were named and are not contracted to the customer.
    pub unknown_accounts: Vec<String>,
    /// The customer's own accounts that were named and whose contract does not run.
    pub lapsed_accounts: Vec<LapsedValue>,
    /// Accounts of which the customer is asked whether it is this one, with their labels.
    pub proposed_accounts: Vec<String>,
    /// Whether the account ID is asked for.
    pub asks_account: bool,
    /// Whether the mail refers to a case opened with AWS before the contract.
    pub prior_case: bool,
    /// Whether the desk works on business days only.
    pub business_hours: bool,
    /// Whether it is at work now.
    pub starts_at_once: bool,
    /// When it starts, in words.
    pub starts: String,
    /// By when a first answer is promised, in words; only where a target is published.
    pub target: Option<String>,
    /// Size limit in megabytes.
    pub limit_megabytes: u64,
    /// Link to the page.
    pub page: Option<String>,
    /// The desk's signature.
    pub signature: String,
}

/// Values of the texts about a question that the customer has not answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PendingValues {
    /// Ticket number with prefix.
    pub number: String,
    /// First lines of the letter.
    pub salutation: String,
    /// The desk's name.
    pub desk_name: String,
    /// The day since which the desk has waited, in words.
    pub since: String,
    /// The day on which the ticket is closed, in words.
    pub closes: String,
    /// Link to the page.
    pub page: Option<String>,
    /// The desk's signature.
    pub signature: String,
}

/// Values of a warning to staff or an on-call address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WarningValues {
    /// The line that marks it as internal.
    pub mark: String,
    /// `approaching`, `breached`, `severity`, `update` or `next-line`.
    pub kind: &'static str,
    /// Ticket number with prefix.
    pub number: String,
    /// The customer's name.
    pub customer: Option<String>,
    /// The author's name from the registry.
    pub person: String,
    /// The author's address.
    pub author: String,
    /// Subject as the customer wrote it.
    pub subject: String,
    /// Category in words.
    pub category: String,
    /// Severity in words.
    pub severity: String,
    /// Status in words.
    pub status: String,
    /// Name of the assignee.
    pub assignee: Option<String>,
    /// When the customer's mail came in, in words.
    pub since: Option<String>,
    /// By when an answer is due, in words.
    pub due: Option<String>,
    /// Whether the first answer is due.
    pub first: bool,
    /// Whether a reply to the mail reaches the customer.
    pub answerable: bool,
    /// The customer's words.
    pub text: String,
}

/// Values of a relayed answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AnswerValues {
    /// Ticket number with prefix.
    pub number: String,
    /// First lines of the letter.
    pub salutation: String,
    /// The desk's name.
    pub desk_name: String,
    /// The staff member's words.
    pub text: String,
    /// The customer's last words, quoted line by line.
    pub quote: String,
    /// When the customer wrote them, in words.
    pub quoted_at: String,
    /// Link to the page.
    pub page: Option<String>,
    /// Staff name and desk.
    pub signature: String,
}

/// Values of a notification to staff.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NotificationValues {
    /// The line that marks it as internal.
    pub mark: String,
    /// Why they are told.
    pub kind: NotificationKind,
    /// The colleague who causes it; empty where none does.
    pub colleague: String,
    /// Who has taken the ticket.
    pub assignee: Option<String>,
    /// Addresses in To and Cc that do not take part.
    pub waiting: Vec<String>,
    /// How many more there are.
    pub more_waiting: usize,
    /// Ticket number with prefix.
    pub number: String,
    /// The customer's name.
    pub customer: Option<String>,
    /// The author's name from the registry.
    pub person: String,
    /// The author's address.
    pub author: String,
    /// How far the author can be believed.
    pub verdict: &'static str,
    /// Subject as the customer wrote it.
    pub subject: String,
    /// The account it is filed under.
    pub account: Option<AccountValue>,
    /// How the account was found, in words; empty where there is nothing to add.
    pub account_note: String,
    /// Category in words.
    pub category: String,
    /// Percent.
    pub confidence: u32,
    /// When the desk starts, in words.
    pub starts: String,
    /// Whether the desk works on business days only.
    pub business_hours: bool,
    /// Status in words.
    pub status: String,
    /// What staff should know: flags, contracts, restricted services.
    pub remarks: Vec<RemarkValue>,
    /// Kinds of secrets in the mail, in words.
    pub secrets: Vec<String>,
    /// Prepared replies.
    pub drafts: Vec<DraftValue>,
    /// Matched rules with their text.
    pub evidence: Vec<String>,
    /// Attachment names with sizes.
    pub attachments: Vec<String>,
    /// What else a person should know.
    pub detail: String,
    /// Earlier tickets of the customer, a line each.
    pub earlier: Vec<String>,
    /// The customer's words.
    pub text: String,
    /// What is known of the support fee, where the inquiry is about it.
    pub fee: Option<FeeValue>,
}

/// The support fee of an account, for staff.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FeeValue {
    /// `statement`, `nothing`, `not-read` or `unreadable`.
    pub state: &'static str,
    /// The account.
    pub account: String,
    /// The month as 2025-02; empty where the latest is meant.
    pub month: String,
    /// The statements, or why the reports cannot be read.
    pub text: String,
}

/// Values of the receipt to a staff member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReceiptValues {
    /// The line that marks it as internal.
    pub mark: String,
    /// Ticket number with prefix.
    pub number: String,
    /// Subject.
    pub subject: String,
    /// Everybody the answer goes to.
    pub recipients: Vec<String>,
    /// Whether it waits before it goes out.
    pub delayed: bool,
    /// When it goes out, in words.
    pub goes_out: String,
    /// Status afterwards, in words.
    pub status: String,
    /// Names of the files that go along.
    pub attached: Vec<String>,
    /// Files that stay behind, with the reason.
    pub left_behind: Vec<String>,
    /// Colleagues who have answered the same question.
    pub others: Vec<String>,
    /// The commands that were carried out, as they could be written again.
    pub done: Vec<String>,
    /// Whether something was hidden in what is shown.
    pub hidden: bool,
    /// The note that was recorded; empty where there is none.
    pub note: String,
    /// What the customer receives; empty where nothing is sent.
    pub text: String,
}

/// Values of the mail that says that nothing was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReturnedValues {
    /// The line that marks it as internal.
    pub mark: String,
    /// Ticket number with prefix.
    pub number: String,
    /// Subject.
    pub subject: String,
    /// The command that was not carried out; empty where nothing was written.
    pub line: String,
    /// Why, in words.
    pub trouble: String,
    /// What may have been meant, or what could be written instead.
    pub hint: String,
}

/// Values of the probe, and of the word on its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProbeValues {
    /// The line that marks it as internal.
    pub mark: String,
    /// Whom it asks.
    pub staff_name: String,
    /// The address it is about.
    pub address: String,
    /// Whether the anchor passed.
    pub passed: bool,
    /// The anchor's name.
    pub anchor: String,
    /// Why not, kebab-case.
    pub reason: String,
    /// Why not, in words.
    pub reason_text: String,
}

/// Values of the alarm about a mail that cannot be delivered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AlarmValues {
    /// The line that marks it as internal.
    pub mark: String,
    /// Ticket number with prefix, where known.
    pub number: Option<String>,
    /// Whom the mail was for.
    pub recipient: String,
    /// What it was for.
    pub purpose: String,
    /// Its subject.
    pub subject: String,
    /// Where it stands.
    pub state: String,
    /// The server's words.
    pub reply: String,
    /// Attempts so far.
    pub attempts: i64,
}
