//! Everything stored that a decision may look at, gathered in one transaction before it (SPEC §2).

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::account_ids::Findings;
use super::classification::Rules;
use super::duty_roster::DutyRoster;
use super::on_behalf::Forwarded;
use super::response_clock::ResponsePolicy;
use super::restricted_services::RestrictedServices;
use super::speaking::SpeakingFacts;
use crate::authentication::Authentication;
use crate::calendar::Calendar;
use crate::mail::EmailAddress;
use crate::registry::{Account, AccountId, Contact, Customer, StaffMember};
use crate::ticket::Ticket;

/// What holds for every mail until the configuration or a rules file changes.
#[derive(Debug, Clone)]
pub struct Policy {
    /// The address customers write to.
    pub contact: EmailAddress,
    /// Every address the desk itself receives or sends with.
    pub own_addresses: BTreeSet<EmailAddress>,
    /// Value of the loop header in our own automatic mail.
    pub loop_mark: String,
    /// Prefix of ticket numbers, such as `DESK-`.
    pub number_prefix: String,
    /// What inquiries are about.
    pub rules: Arc<Rules>,
    /// Services that the contract restricts.
    pub restricted: Arc<RestrictedServices>,
    /// Business days.
    pub calendar: Calendar,
    /// When desks work.
    pub response: ResponsePolicy,
    /// Who is on duty.
    pub duty: DutyRoster,
    /// How many acknowledgements one address may get.
    pub budget: Budget,
}

/// Limits on acknowledgements (SPEC §5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// To one address within ten minutes.
    pub per_ten_minutes: i64,
    /// To one address within 24 hours.
    pub per_day: i64,
    /// To the addresses of one domain within an hour; for strangers.
    pub per_domain_hour: i64,
    /// To everybody within an hour; for strangers.
    pub overall_per_hour: i64,
    /// To an unregistered address within seven days.
    pub unregistered_per_week: i64,
}

impl Budget {
    /// Whether one more would be too many for the address.
    pub const fn is_spent(&self, spent: &Spent) -> bool {
        spent.ten_minutes >= self.per_ten_minutes || spent.day >= self.per_day
    }

    /// Whether one more would be too many for strangers: their addresses cost nothing, so their domain and all
    /// of them together are limited too. A registered customer with many people is not.
    pub const fn is_spent_for_strangers(&self, spent: &Spent) -> bool {
        self.is_spent(spent)
            || spent.domain_hour >= self.per_domain_hour
            || spent.overall_hour >= self.overall_per_hour
    }
}

/// What was sent to the author's address, and what it has opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Spent {
    /// Within ten minutes.
    pub ten_minutes: i64,
    /// Within 24 hours.
    pub day: i64,
    /// Within seven days.
    pub week: i64,
    /// Acknowledgements to its domain within an hour.
    pub domain_hour: i64,
    /// Acknowledgements to everybody within an hour.
    pub overall_hour: i64,
    /// Tickets it has opened within 24 hours.
    pub opened_day: i64,
    /// Acknowledgements that wait for it.
    pub waiting: i64,
}

/// An automatic mail of ours that the author was sent lately.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AutomaticMail {
    /// Its subject.
    pub subject: String,
    /// Its text.
    pub text: String,
    /// When it was sent.
    pub at: DateTime<Utc>,
}

/// A registered contact row that the author falls under.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownContact {
    /// The row.
    pub contact: Contact,
    /// Its customer.
    pub customer: Customer,
    /// That customer's accounts within the contact's scope whose contract runs: those that count.
    pub accounts: Vec<Account>,
    /// Those within the scope whose contract does not run.
    pub dormant: Vec<Account>,
}

impl KnownContact {
    /// Whether the account is one that counts.
    pub fn has_account(&self, id: AccountId) -> bool {
        self.accounts.iter().any(|account| account.account_id == id)
    }
}

/// A ticket the mail may belong to.
#[derive(Debug, Clone, PartialEq)]
pub struct TicketFacts {
    /// The ticket.
    pub ticket: Ticket,
    /// Who takes part beside its author.
    pub participants: Vec<EmailAddress>,
}

/// How the mail was taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Intake {
    /// Whether the whole mail was fetched, or its header alone because it is too large.
    pub whole: bool,
    /// Full size in octets.
    pub size: u64,
    /// When it reached the mailbox; at the latest now.
    pub arrived_at: DateTime<Utc>,
    /// Whether an acknowledgement is wanted at all (imports are silent).
    pub acknowledge: bool,
    /// An earlier mail with the same content and Message-ID.
    pub duplicate_of: Option<Uuid>,
}

/// How the author stands with the desk, beside what the mail itself proves (SPEC §6).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StaffStanding {
    /// Whether the anchor was seen to pass for the author's address before.
    pub enrolled: bool,
    /// The mail with the same proof and Message-ID that was acted upon before.
    pub replay_of: Option<Uuid>,
    /// The staff member whose address stands in a From that names no single author.
    pub seen_in_from: Option<u32>,
    /// The request about a held mail that this mail answers, its address found right.
    pub request: Option<StaffRequest>,
}

/// A request about a held mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaffRequest {
    /// Its number.
    pub number: i64,
    /// The held mail.
    pub held: Uuid,
    /// Whom it was sent to.
    pub staff: u32,
    /// Whether it was answered before, or the mail was decided otherwise.
    pub used: bool,
    /// Whether it is too old.
    pub expired: bool,
}

/// What is stored and concerns one mail.
#[derive(Debug, Clone)]
pub struct Situation {
    /// Now.
    pub now: DateTime<Utc>,
    /// How it was taken in.
    pub intake: Intake,
    /// The verdict on its author.
    pub authentication: Authentication,
    /// How the author stands with the desk.
    pub standing: StaffStanding,
    /// Contact rows of the author that count today.
    pub contacts: Vec<KnownContact>,
    /// Contact rows of the other addresses in To and Cc.
    pub cc_contacts: Vec<Contact>,
    /// The staff member with the author's address, enabled or not.
    pub staff: Option<StaffMember>,
    /// Tickets of the Message-IDs it answers, strongest evidence first.
    pub answered: Vec<TicketFacts>,
    /// The ticket its reply token names.
    pub by_token: Option<TicketFacts>,
    /// The ticket whose number stands in its subject: a hint, no more.
    pub by_number: Option<TicketFacts>,
    /// The ticket of a mail that names none: a password notice's, a recall's, an AWS event's.
    pub beside: Option<TicketFacts>,
    /// What the search for accounts found in the mail, with the author's accounts known.
    pub findings: Findings,
    /// Account IDs in the mail that are contracted to a customer other than the author's; in a staff mail,
    /// other than the ticket's.
    pub foreign_accounts: Vec<AccountId>,
    /// Acknowledgements the author was sent lately.
    pub spent: Spent,
    /// Automatic mails the author was sent within 24 hours, newest first.
    pub automatic: Vec<AutomaticMail>,
    /// When the author opened tickets within 24 hours.
    pub openings: Vec<DateTime<Utc>>,
    /// What matters once a staff member speaks; empty for everybody else.
    pub speaking: SpeakingFacts,
    /// What the mail passes on, where a staff member writes who may open tickets on a customer's behalf.
    pub forwarded: Option<Box<Forwarded>>,
}

impl Situation {
    /// The accounts that count for the author.
    pub fn own_accounts(&self) -> Vec<AccountId> {
        let accounts = self.contacts.iter().flat_map(|known| &known.accounts);
        accounts.map(|account| account.account_id).collect()
    }
}
