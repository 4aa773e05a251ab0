//! Gathers everything stored that concerns one mail, in the transaction that will write its decision.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use crate::authentication::Authentication;
use crate::calendar::to_jst;
use crate::inquiry::account_ids::{self, Findings};
use crate::inquiry::coverage::ContractStanding;
use crate::inquiry::{Intake, KnownContact, Situation, Spent, TicketFacts, sources};
use crate::mail::{EmailAddress, InboundMessage};
use crate::registry::{AccountId, Contact, StaffMember};
use crate::store::mails::StoredMail;
use crate::store::{StoreError, Tx, mails, messages, outbox, registry, tickets};
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
    /// Now.
    pub(super) now: DateTime<Utc>,
    /// Prefix of ticket numbers.
    pub(super) number_prefix: &'a str,
    /// All staff.
    pub(super) staff: &'a [StaffMember],
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
    let subject_ticket = TicketNumber::find_in(&message.subject, around.number_prefix);
    let staff = around
        .staff
        .iter()
        .find(|member| author.as_ref().is_some_and(|a| member.addresses.contains(a)))
        .cloned();
    let rows = match &author {
        Some(author) => registry::find_contacts(tx, author).await?,
        None => Vec::new(),
    };
    let mut own_customers: BTreeSet<String> = rows.iter().map(|row| row.customer_id.clone()).collect();
    let contacts = known_contacts(tx, rows, around.now).await?;
    let answered = answered_tickets(tx, message).await?;
    let by_token = by_number(tx, token_ticket).await?;
    if let Some(facts) = by_token.as_ref().or(answered.first()).filter(|_| staff.is_some()) {
        own_customers.extend(customers_of(tx, &facts.ticket).await?);
    }
    let findings = search(message, &contacts);
    Ok(Situation {
        now: around.now,
        intake: Intake {
            whole: stored.whole,
            size: stored.size,
            acknowledge: stored.acknowledge,
            duplicate_of: mails::find_same_content(tx, &stored.content_hash, stored.id).await?,
        },
        foreign_accounts: accounts_of_others(tx, &findings, &own_customers).await?,
        findings,
        contacts,
        cc_contacts: listed_recipients(tx, message).await?,
        staff,
        answered,
        by_token,
        by_number: by_number(tx, subject_ticket).await?,
        spent: spent(tx, author.as_ref(), around.now).await?,
        authentication,
    })
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

async fn facts(tx: &mut Tx, id: Uuid) -> Result<Option<TicketFacts>, StoreError> {
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

async fn spent(tx: &mut Tx, author: Option<&EmailAddress>, now: DateTime<Utc>) -> Result<Spent, StoreError> {
    let Some(author) = author else {
        return Ok(Spent::default());
    };
    let week = outbox::count_acknowledgements_to(tx, author, now - TimeDelta::days(7)).await?;
    if week == 0 {
        return Ok(Spent::default());
    }
    let ten_minutes = outbox::count_acknowledgements_to(tx, author, now - TimeDelta::minutes(10)).await?;
    let day = outbox::count_acknowledgements_to(tx, author, now - TimeDelta::days(1)).await?;
    Ok(Spent {
        ten_minutes,
        day,
        week,
    })
}
