//! One inquiry and its number.

use std::fmt;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{Category, Desk, EventKind, Language, MessageKind, Severity, TicketStatus};
use crate::mail::EmailAddress;
use crate::registry::AccountId;

/// A ticket's number, counted from 1; written with the desk's prefix (`DESK-000123`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TicketNumber(pub i64);

impl TicketNumber {
    /// The number as people see it.
    pub fn with_prefix(self, prefix: &str) -> String {
        format!("{prefix}{:06}", self.0)
    }

    /// Reads `DESK-000123`, `desk-123` or `123`.
    pub fn parse(text: &str, prefix: &str) -> Option<Self> {
        let text = text.trim();
        let digits = match text.get(..prefix.len()) {
            Some(start) if start.eq_ignore_ascii_case(prefix) => text.get(prefix.len()..)?,
            _ => text,
        };
        digits.parse().ok().filter(|number| *number > 0).map(Self)
    }

    /// The first number with the prefix in a text such as a subject.
    pub fn find_in(text: &str, prefix: &str) -> Option<Self> {
        let folded = text.to_ascii_uppercase();
        let (_, rest) = folded.split_once(&prefix.to_ascii_uppercase())?;
        let digits: String = rest.chars().take_while(char::is_ascii_digit).take(12).collect();
        Self::parse(&digits, "")
    }
}

/// One inquiry as it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Ticket {
    /// Key.
    pub id: Uuid,
    /// Number that people use.
    pub number: TicketNumber,
    /// Whose inquiry; `None` for unregistered senders and while a shared contact's customer is open.
    pub customer_id: Option<String>,
    /// The account it is filed under.
    pub account_id: Option<AccountId>,
    /// How the account was found: the slug of the account outcome (SPEC §8).
    pub account_outcome: String,
    /// Where it stands.
    pub status: TicketStatus,
    /// What it is about.
    pub category: Category,
    /// How sure the machine was of the category, 0 to 1; 1 once a person has set it.
    pub confidence: f64,
    /// How hard the customer is hit.
    pub severity: Severity,
    /// Who handles it.
    pub desk: Desk,
    /// Language the customer is written to in.
    pub language: Language,
    /// Subject of the first mail.
    pub subject: String,
    /// Who opened it.
    pub author: EmailAddress,
    /// That person's name from the registry; empty where unknown.
    pub author_name: String,
    /// Serial of the staff member it is assigned to.
    pub assignee: Option<u32>,
    /// An older ticket it may belong to.
    pub related_to: Option<Uuid>,
    /// When it was opened.
    pub opened_at: DateTime<Utc>,
    /// When anything last happened.
    pub updated_at: DateTime<Utc>,
    /// When its desk starts to work on it.
    pub clock_starts_at: DateTime<Utc>,
    /// When the first answer was relayed.
    pub answered_at: Option<DateTime<Utc>>,
    /// When it was closed.
    pub closed_at: Option<DateTime<Utc>>,
}

/// One mail, note or web post in a ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Key.
    pub id: Uuid,
    /// Its ticket.
    pub ticket_id: Uuid,
    /// The raw mail it came from.
    pub mail_id: Option<Uuid>,
    /// What it is.
    pub kind: MessageKind,
    /// Who wrote it: a folded address, or `staff:3`, or `system`.
    pub author: String,
    /// Subject.
    pub subject: String,
    /// The whole text.
    pub body: String,
    /// What was newly written.
    pub visible: String,
    /// When it was taken in or written.
    pub created_at: DateTime<Utc>,
}

/// Who caused an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// The desk's machine.
    System,
    /// A staff member, by serial.
    Staff(u32),
    /// Somebody outside, by address.
    Person(EmailAddress),
    /// Whoever is at the command line.
    Operator,
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::System => f.write_str("system"),
            Self::Staff(serial) => write!(f, "staff:{serial}"),
            Self::Person(address) => f.write_str(address.folded()),
            Self::Operator => f.write_str("operator"),
        }
    }
}

/// One change of a ticket: who, when, what and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TicketEvent {
    /// Key.
    pub id: Uuid,
    /// Its ticket.
    pub ticket_id: Uuid,
    /// When.
    pub at: DateTime<Utc>,
    /// Who.
    pub actor: String,
    /// What.
    pub kind: EventKind,
    /// Why, with the particulars, for people to read.
    pub detail: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_reads_back_however_a_person_types_it() {
        for text in ["DESK-000123", "desk-123", " 123 "] {
            assert_eq!(
                TicketNumber::parse(text, "DESK-"),
                Some(TicketNumber(123)),
                "{text}"
            );
        }
        assert_eq!(TicketNumber(123).with_prefix("DESK-"), "DESK-000123");
    }

    #[test]
    fn a_number_is_found_in_a_subject() {
        assert_eq!(
            TicketNumber::find_in("Re: [desk-000042] 件", "DESK-"),
            Some(TicketNumber(42))
        );
        assert_eq!(TicketNumber::find_in("Re: 480913372265", "DESK-"), None);
    }
}
