//! What is to be done with one mail: data that the shell turns into rows and mails.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::account_ids::AccountDecision;
use super::classification::Classification;
use super::commands::{Command, Refused};
use super::coverage::Coverage;
use super::response_clock::Start;
use super::screening::Screening;
use super::secrets::SecretKind;
use crate::authentication::AnchorVerdict;
use crate::mail::bounce::BouncedRecipient;
use crate::mail::{EmailAddress, MessageId};
use crate::registry::{AccountId, Customer};
use crate::ticket::{Language, MailOutcome, TicketStatus};

/// The decision on one mail.
#[derive(Debug, Clone)]
pub struct Decision {
    /// The one outcome that is recorded (SPEC §2).
    pub outcome: MailOutcome,
    /// Why, kebab-case, stable: shown on the page, in the log, in lists.
    pub reason: &'static str,
    /// The particulars for people.
    pub detail: String,
    /// Person or machine.
    pub screening: Screening,
    /// What to keep and send.
    pub effect: Effect,
}

/// What a decision causes.
#[derive(Debug, Clone)]
pub enum Effect {
    /// Nothing but the record.
    Nothing,
    /// A new ticket.
    Open(Box<NewTicket>),
    /// A new ticket on a customer's behalf, from a staff member's forward.
    OpenFor {
        /// The ticket, the staff member's own until it is confirmed.
        ticket: Box<NewTicket>,
        /// Who passed the mail on.
        staff: u32,
    },
    /// A message joins a ticket.
    Join(Box<JoinTicket>),
    /// A machine's mail is stored with a ticket, and changes nothing.
    Store {
        /// The ticket.
        ticket: Uuid,
    },
    /// A further notice of AWS about the event that opened a ticket.
    AddNotice {
        /// The ticket.
        ticket: Uuid,
        /// The accounts this notice names.
        accounts: Vec<AccountId>,
    },
    /// A staff answer goes to the customer.
    Relay(StaffAct),
    /// A staff note, or commands alone.
    Inside(StaffAct),
    /// A staff mail to the customer that the desk only records.
    Record {
        /// The ticket.
        ticket: Uuid,
        /// Who wrote it; `None` where it was written in the desk's own name.
        staff: Option<u32>,
    },
    /// A staff member answers the desk itself.
    Answered(DeskAnswer),
    /// The mail comes back to the staff member with the reason; nothing else is done.
    Return {
        /// The ticket.
        ticket: Uuid,
        /// Who wrote it.
        staff: u32,
        /// The command that was not carried out; `None` where nothing was written.
        refused: Option<Refused>,
    },
    /// The mail is held.
    Hold(Hold),
    /// A delivery report about a mail of ours.
    Bounce {
        /// One entry a recipient.
        recipients: Vec<BouncedRecipient>,
        /// The mail that came back.
        original: Option<MessageId>,
    },
}

/// A ticket to open.
#[derive(Debug, Clone)]
pub struct NewTicket {
    /// Whose, as far as it is clear.
    pub customer: Option<Customer>,
    /// The author's name from the registry; empty where unknown.
    pub author_name: String,
    /// Who wrote it.
    pub author: EmailAddress,
    /// How the account was found.
    pub account: AccountDecision,
    /// The account to file it under.
    pub account_id: Option<AccountId>,
    /// What it is about, with its evidence.
    pub classification: Classification,
    /// When the desk starts.
    pub start: Start,
    /// `new`, or `awaiting-account`.
    pub status: TicketStatus,
    /// Language to write in.
    pub language: Language,
    /// An older ticket it may belong to.
    pub related_to: Option<Uuid>,
    /// Contacts in Cc that take part by themselves.
    pub participants: Vec<EmailAddress>,
    /// Whether and how to acknowledge.
    pub acknowledgement: Acknowledgement,
    /// Whether it is covered, for staff.
    pub coverage: Coverage,
    /// Kinds of secrets in the mail, for staff to erase it.
    pub secrets: Vec<SecretKind>,
    /// The acknowledgement is not sent before.
    pub acknowledges_at: DateTime<Utc>,
    /// Staff are told of it in the hourly list and not at once.
    pub listed: bool,
}

/// Whether and how an inquiry is acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Acknowledgement {
    /// With all particulars.
    Full,
    /// A fixed text without an echo, for senders that failed or are unregistered.
    Fixed,
    /// The fixed text that says that the mail was too large to take in.
    TooLarge,
    /// The fixed text that says that an encrypted mail cannot be read.
    CannotRead,
    /// Together with others to the same address, once its budget allows.
    Later(Waiting),
    /// None, for this reason.
    None(&'static str),
}

crate::slug_enum! {
    /// What an acknowledgement has to say that waits.
    pub enum Waiting {
        /// All particulars.
        Full = "full",
        /// That the mail was too large to take in.
        TooLarge = "too-large",
        /// That an encrypted mail cannot be read.
        CannotRead = "cannot-read",
    }
}

/// A message that joins a ticket.
#[derive(Debug, Clone)]
pub struct JoinTicket {
    /// The ticket.
    pub ticket: Uuid,
    /// Who wrote it.
    pub author: EmailAddress,
    /// The ticket's status afterwards.
    pub status: TicketStatus,
    /// The account ID that was asked for and has arrived.
    pub completes_account: Option<AccountId>,
    /// Whose ticket it turns out to be, where the account tells.
    pub settles: Option<Settled>,
    /// Accounts the mail names beside the one the ticket is bound to.
    pub other_accounts: Vec<AccountId>,
    /// Kinds of secrets in the mail, for staff to erase it.
    pub secrets: Vec<SecretKind>,
    /// Contacts in Cc that take part from now on.
    pub participants: Vec<EmailAddress>,
    /// The author is told that the mail is encrypted and cannot be read.
    pub cannot_read: bool,
    /// Staff are told of it in the hourly list and not at once.
    pub listed: bool,
}

/// The customer of a contact of several, as an account ID has settled it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settled {
    /// The customer.
    pub customer: Customer,
    /// The author's name as that customer has it.
    pub author_name: String,
}

/// What a staff member does by mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaffAct {
    /// The ticket.
    pub ticket: Uuid,
    /// Who.
    pub staff: u32,
    /// The answer, or the note; empty for commands alone.
    pub text: String,
    /// Commands to carry out afterwards.
    pub commands: Vec<Command>,
}

/// A staff mail that is not relayed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    /// The ticket it is about, where one is known.
    pub ticket: Option<Uuid>,
    /// Whom it claims to come from.
    pub staff: Option<u32>,
    /// What would have gone out.
    pub body: String,
}

/// An answer to the desk itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeskAnswer {
    /// To a probe.
    Probe {
        /// Who.
        staff: u32,
        /// From which address.
        address: EmailAddress,
        /// Whether the anchor passes.
        verdict: AnchorVerdict,
    },
    /// To the request about a held mail: it is theirs.
    Confirmation {
        /// Number of the request.
        number: i64,
        /// The held mail.
        held: Uuid,
        /// Who.
        staff: u32,
        /// The address for which the anchor was seen to pass by this answer.
        enrols: Option<EmailAddress>,
    },
    /// To such a request, and nothing is done.
    Refused {
        /// The held mail.
        held: Uuid,
        /// Who.
        staff: u32,
        /// Why, kebab-case.
        why: &'static str,
    },
}

impl Decision {
    /// The staff member in whose name the mail was acted upon, where it was.
    pub fn acted_for(&self) -> Option<u32> {
        match &self.effect {
            Effect::Relay(act) | Effect::Inside(act) => Some(act.staff),
            Effect::Return { staff, .. }
            | Effect::OpenFor { staff, .. }
            | Effect::Answered(DeskAnswer::Confirmation { staff, .. }) => Some(*staff),
            Effect::Nothing
            | Effect::Open(_)
            | Effect::Join(_)
            | Effect::Store { .. }
            | Effect::AddNotice { .. }
            | Effect::Record { .. }
            | Effect::Answered(_)
            | Effect::Hold(_)
            | Effect::Bounce { .. } => None,
        }
    }

    /// A decision without particulars.
    pub fn new(outcome: MailOutcome, reason: &'static str, screening: Screening, effect: Effect) -> Self {
        Self {
            outcome,
            reason,
            detail: String::new(),
            screening,
            effect,
        }
    }

    /// The same with particulars for people.
    #[must_use]
    pub fn because(mut self, detail: impl Into<String>) -> Self {
        self.detail = detail.into();
        self
    }
}
