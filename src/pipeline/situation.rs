//! Gathers everything stored that concerns one mail, in the transaction that will write its decision.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::beside::Beside;
use super::confirming::CONFIRM_WITHIN;
use super::speaking::{DeskPeople, gather_speaking};
use crate::authentication::{Authentication, TokenKeys};
use crate::calendar::to_jst;
use crate::inquiry::account_ids::{self, Findings};
use crate::inquiry::coverage::ContractStanding;
use crate::inquiry::{
    AutomaticMail, Budget, Intake, KnownContact, Situation, SpeakingFacts, Spent, StaffRequest,
    StaffStanding, TicketFacts, sources,
};
use crate::mail::parse::parse_mail;
use crate::mail::{Author, EmailAddress, InboundMessage};
use crate::registry::{AccountId, Contact, StaffMember};
use crate::store::held::{self, HeldState};
use crate::store::mails::StoredMail;
use crate::store::{StoreError, Tx, authority, budgets, mails, messages, quiet, registry, threads, tickets};
use crate::ticket::{Ticket, TicketNumber};

/// Answered Message-IDs that are looked up; a longer chain repeats the same ticket or is hostile.
const MAX_ANSWERED: usize = 40;

/// Recipients that are looked up in the registry.
const MAX_RECIPIENTS: usize = 30;

/// Account IDs of one mail that are looked up.
const MAX_ACCOUNTS: usize = 50;

/// What gathering needs beside the mail.
#[derive(Debug, Clone, Copy)]
pub(super) struct Surroundings<'a> {
    /// The desk and its people.
    pub(super) desk: DeskPeople<'a>,
    /// The keys of addresses.
    pub(super) keys: &'a TokenKeys,
    /// The anchor's name.
    pub(super) anchor: &'a str,
    /// What acknowledgements are limited to.
    pub(super) budget: Budget,
}

/// Gathers the situation of a mail.
pub(super) async fn gather(
    tx: &mut Tx,
    stored: &StoredMail,
    message: &InboundMessage,
    authentication: Authentication,
    around: Surroundings<'_>,
) -> Result<Situation, StoreError> {
    let author = message.single_author().map(|mailbox| mailbox.address.clone());
    let token_ticket = authentication.token.map(|token| token.ticket);
    let subject_ticket = TicketNumber::find_in(&message.subject, around.desk.number_prefix);
    let staff = around
        .desk
        .staff
        .iter()
        .find(|member| author.as_ref().is_some_and(|a| member.addresses.contains(a)));
    let rows = contact_rows(tx, author.as_ref()).await?;
    let mut own_customers: BTreeSet<String> = rows.iter().map(|row| row.customer_id.clone()).collect();
    let contacts = known_contacts(tx, rows, around.desk.now).await?;
    let (number_prefix, now) = (around.desk.number_prefix, around.desk.now);
    let beside = Beside {
        message,
        contacts: &contacts,
        number_prefix,
        now,
    };
    let beside = beside.find(tx).await?;
    let answered = answered_tickets(tx, message).await?;
    let by_token = by_number(tx, token_ticket).await?;
    if let Some(facts) = by_token.as_ref().or(answered.first()).filter(|_| staff.is_some()) {
        own_customers.extend(customers_of(tx, &facts.ticket).await?);
    }
    let findings = search(message, &contacts);
    let foreign_accounts = accounts_of_others(tx, &findings, &own_customers).await?;
    let speaking = match (staff, &by_token) {
        (Some(_), Some(facts)) => {
            gather_speaking(tx, message, (facts, &foreign_accounts), &around.desk).await?
        }
        _ => SpeakingFacts::default(),
    };
    let (automatic, openings) = automatic_mails(tx, author.as_ref(), around.desk.now).await?;
    let spent = spent(tx, author.as_ref(), contacts.is_empty(), around).await?;
    let standing = standing(tx, (stored, message), &authentication, staff, around).await?;
    Ok(Situation {
        now: around.desk.now,
        intake: intake(tx, stored, around.desk.now).await?,
        foreign_accounts,
        findings,
        beside,
        contacts,
        cc_contacts: listed_recipients(tx, message).await?,
        staff: staff.cloned(),
        standing,
        answered,
        by_token,
        speaking,
        by_number: by_number(tx, subject_ticket).await?,
        spent,
        automatic,
        openings,
        authentication,
        forwarded: None,
    })
}

async fn intake(tx: &mut Tx, stored: &StoredMail, now: DateTime<Utc>) -> Result<Intake, StoreError> {
    Ok(Intake {
        whole: stored.whole,
        size: stored.size,
        arrived_at: stored.received_at.min(now),
        acknowledge: stored.acknowledge,
        duplicate_of: mails::find_same_content(tx, &stored.content_hash, stored.id).await?,
    })
}

async fn contact_rows(tx: &mut Tx, author: Option<&EmailAddress>) -> Result<Vec<Contact>, StoreError> {
    match author {
        Some(author) => registry::find_contacts(tx, author).await,
        None => Ok(Vec::new()),
    }
}

/// How a staff member stands with the desk; nothing is looked up for anybody else.
async fn standing(
    tx: &mut Tx,
    (stored, message): (&StoredMail, &InboundMessage),
    authentication: &Authentication,
    staff: Option<&StaffMember>,
    around: Surroundings<'_>,
) -> Result<StaffStanding, StoreError> {
    let mut standing = StaffStanding {
        seen_in_from: seen_in_from(message, around.desk.staff),
        request: request(tx, authentication, around).await?,
        ..StaffStanding::default()
    };
    if let (Some(staff), Some(author)) = (staff, message.single_author()) {
        let whose = (staff.serial, &author.address);
        standing.enrolled = authority::is_enrolled(tx, whose, around.anchor).await?;
        let (proofs, id) = proofs_of(stored, message, authentication);
        for proof in proofs {
            let seen = authority::find_replay(tx, (staff.serial, proof, id)).await?;
            standing.replay_of = standing.replay_of.or(seen);
        }
    }
    Ok(standing)
}

/// What a replay has in common with the mail it repeats. A mail without signature was proven by a fresh
/// sign-in, so only the very same content is the same mail.
pub(super) fn proofs_of<'a>(
    stored: &'a StoredMail,
    message: &'a InboundMessage,
    authentication: &'a Authentication,
) -> (Vec<&'a str>, &'a str) {
    let mut proofs: Vec<&str> = authentication.proofs.iter().map(String::as_str).collect();
    if proofs.is_empty() {
        proofs.push(&stored.content_hash);
    }
    let id = message.message_id.as_ref().map(crate::mail::MessageId::as_str);
    (proofs, id.unwrap_or_default())
}

fn seen_in_from(message: &InboundMessage, staff: &[StaffMember]) -> Option<u32> {
    let Author::Ambiguous { seen, .. } = &message.author else {
        return None;
    };
    let listed = |member: &&StaffMember| {
        seen.iter()
            .any(|mailbox| member.addresses.contains(&mailbox.address))
    };
    staff.iter().find(listed).map(|member| member.serial)
}

async fn request(
    tx: &mut Tx,
    authentication: &Authentication,
    around: Surroundings<'_>,
) -> Result<Option<StaffRequest>, StoreError> {
    let Some(claim) = &authentication.confirmation else {
        return Ok(None);
    };
    let Some(row) = authority::find_held_request(tx, claim.number).await? else {
        return Ok(None);
    };
    let right = row.staff_serial == claim.staff && around.keys.confirms(claim, &row.content_hash);
    let (true, Some(asked_at)) = (right && row.confirms, row.asked_at) else {
        return Ok(None);
    };
    let held = held::find_held(tx, row.held_id).await?;
    Ok(Some(StaffRequest {
        number: row.number,
        held: row.held_id,
        staff: row.staff_serial,
        used: row.used_at.is_some() || held.is_none_or(|held| held.state != HeldState::Waiting),
        expired: around.desk.now - asked_at > CONFIRM_WITHIN,
    }))
}

async fn known_contacts(
    tx: &mut Tx,
    rows: Vec<Contact>,
    now: DateTime<Utc>,
) -> Result<Vec<KnownContact>, StoreError> {
    let today = to_jst(now).date_naive();
    let mut known = Vec::new();
    for contact in rows.into_iter().filter(|row| row.is_valid_on(today)) {
        let Some(customer) = registry::find_customer(tx, &contact.customer_id).await? else {
            continue;
        };
        // Accounts count only while their contract runs (SPEC §10), and a person's only within the scope.
        let (accounts, dormant) = registry::list_accounts_of(tx, &customer.id)
            .await?
            .into_iter()
            .filter(|account| contact.account_scope.includes(account.account_id))
            .partition(|account| ContractStanding::of(account, now) == ContractStanding::Running);
        known.push(KnownContact {
            contact,
            customer,
            accounts,
            dormant,
        });
    }
    Ok(known)
}

/// The one search for accounts in the mail; everything later looks at what it found.
fn search(message: &InboundMessage, contacts: &[KnownContact]) -> Findings {
    let accounts = contacts.iter().flat_map(|known| &known.accounts);
    let own: Vec<AccountId> = accounts.map(|account| account.account_id).collect();
    account_ids::find(&sources(message), &own)
}

/// Whose accounts may be named in an answer: the ticket's customer's, and until that is clear those of every
/// customer its author writes for.
async fn customers_of(tx: &mut Tx, ticket: &Ticket) -> Result<Vec<String>, StoreError> {
    if let Some(customer) = &ticket.customer_id {
        return Ok(vec![customer.clone()]);
    }
    let rows = registry::find_contacts(tx, &ticket.author).await?;
    Ok(rows.into_iter().map(|row| row.customer_id).collect())
}

/// Which of the account IDs in the mail are contracted to somebody else; staff see the difference, the
/// customer never does (SPEC §8).
async fn accounts_of_others(
    tx: &mut Tx,
    findings: &Findings,
    own_customers: &BTreeSet<String>,
) -> Result<Vec<AccountId>, StoreError> {
    let mut others = Vec::new();
    let named = findings.best();
    for candidate in named.iter().filter(|candidate| !candidate.own).take(MAX_ACCOUNTS) {
        let owners = registry::find_accounts(tx, candidate.id).await?;
        if !owners.is_empty()
            && owners
                .iter()
                .all(|account| !own_customers.contains(&account.customer_id))
        {
            others.push(candidate.id);
        }
    }
    Ok(others)
}

async fn listed_recipients(tx: &mut Tx, message: &InboundMessage) -> Result<Vec<Contact>, StoreError> {
    let addresses: BTreeSet<&EmailAddress> = message
        .to
        .iter()
        .chain(&message.cc)
        .map(|mailbox| &mailbox.address)
        .take(MAX_RECIPIENTS)
        .collect();
    let mut listed = Vec::new();
    for address in addresses {
        listed.extend(registry::find_contacts(tx, address).await?);
    }
    Ok(listed)
}

async fn answered_tickets(tx: &mut Tx, message: &InboundMessage) -> Result<Vec<TicketFacts>, StoreError> {
    let mut ids: Vec<Uuid> = Vec::new();
    for answered in message.answered_ids().take(MAX_ANSWERED) {
        for ticket in messages::find_tickets_by_message_id(tx, answered).await? {
            if !ids.contains(&ticket) {
                ids.push(ticket);
            }
        }
    }
    let mut found = Vec::new();
    for id in ids {
        found.extend(facts(tx, id).await?);
    }
    Ok(found)
}

/// A ticket with its people; one that was merged is the one under which it goes on.
pub(super) async fn facts(tx: &mut Tx, id: Uuid) -> Result<Option<TicketFacts>, StoreError> {
    let id = threads::find_survivor(tx, id).await?;
    let Some(ticket) = tickets::find_ticket(tx, id).await? else {
        return Ok(None);
    };
    let participants = tickets::list_participants(tx, id).await?;
    Ok(Some(TicketFacts { ticket, participants }))
}

async fn by_number(tx: &mut Tx, number: Option<TicketNumber>) -> Result<Option<TicketFacts>, StoreError> {
    let Some(number) = number else { return Ok(None) };
    match tickets::find_ticket_by_number(tx, number).await? {
        Some(ticket) => facts(tx, ticket.id).await,
        None => Ok(None),
    }
}

/// What the author has had of the budgets, and strangers of those they share.
async fn spent(
    tx: &mut Tx,
    author: Option<&EmailAddress>,
    stranger: bool,
    around: Surroundings<'_>,
) -> Result<Spent, StoreError> {
    let Some(author) = author else {
        return Ok(Spent::default());
    };
    let mut spent = spent_on(tx, author, around.desk.now).await?;
    // Nothing waits for an address that was sent nothing lately.
    if spent.day > 0 {
        spent.waiting = quiet::count_waiting_acknowledgements(tx, author).await?;
    }
    if !stranger {
        return Ok(spent);
    }
    let most = around.budget.per_domain_hour.max(around.budget.overall_per_hour);
    let shared = budgets::count_shared(tx, author.domain(), most, around.desk.now).await?;
    Ok(Spent {
        domain_hour: shared.domain_hour,
        overall_hour: shared.overall_hour,
        ..spent
    })
}

/// What an address has had of its own budgets.
pub(super) async fn spent_on(
    tx: &mut Tx,
    address: &EmailAddress,
    now: DateTime<Utc>,
) -> Result<Spent, StoreError> {
    let counts = budgets::count_of_address(tx, address, now).await?;
    Ok(Spent {
        ten_minutes: counts.ten_minutes,
        day: counts.day,
        week: counts.week,
        opened_day: counts.opened_day,
        ..Spent::default()
    })
}

/// The automatic mails the author was sent within 24 hours, and when the author opened tickets.
async fn automatic_mails(
    tx: &mut Tx,
    author: Option<&EmailAddress>,
    now: DateTime<Utc>,
) -> Result<(Vec<AutomaticMail>, Vec<DateTime<Utc>>), StoreError> {
    let Some(author) = author else {
        return Ok((Vec::new(), Vec::new()));
    };
    let since = now - TimeDelta::days(1);
    let mut automatic = Vec::new();
    for sent in budgets::list_automatic_to(tx, author, since).await? {
        automatic.push(AutomaticMail {
            text: parse_mail(&sent.bytes).map(|mail| mail.text).unwrap_or_default(),
            subject: sent.subject,
            at: sent.at,
        });
    }
    let openings = if automatic.is_empty() {
        Vec::new()
    } else {
        budgets::list_openings_by(tx, author, since).await?
    };
    Ok((automatic, openings))
}
