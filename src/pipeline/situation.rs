//! Gathers everything stored that concerns one mail, in the transaction that will write its decision.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::beside::Beside;
use crate::authentication::Authentication;
use crate::calendar::to_jst;
use crate::inquiry::{Intake, KnownContact, Situation, Spent, TicketFacts, named_accounts};
use crate::mail::{EmailAddress, InboundMessage};
use crate::registry::{AccountId, Contact, StaffMember};
use crate::store::mails::StoredMail;
use crate::store::{StoreError, Tx, mails, messages, outbox, registry, tickets};
use crate::ticket::TicketNumber;

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
    let contacts = known_contacts(tx, author.as_ref(), around.now).await?;
    let beside = Beside {
        message,
        contacts: &contacts,
        number_prefix: around.number_prefix,
        now: around.now,
    };
    let token_ticket = authentication.token.map(|token| token.ticket);
    let subject_ticket = TicketNumber::find_in(&message.subject, around.number_prefix);
    Ok(Situation {
        now: around.now,
        intake: Intake {
            whole: stored.whole,
            size: stored.size,
            acknowledge: stored.acknowledge,
            duplicate_of: mails::find_same_content(tx, &stored.content_hash, stored.id).await?,
        },
        foreign_accounts: accounts_of_others(tx, message, author.as_ref()).await?,
        beside: beside.find(tx).await?,
        contacts,
        cc_contacts: listed_recipients(tx, message).await?,
        staff: around
            .staff
            .iter()
            .find(|member| author.as_ref().is_some_and(|a| member.addresses.contains(a)))
            .cloned(),
        answered: answered_tickets(tx, message).await?,
        by_token: by_number(tx, token_ticket).await?,
        by_number: by_number(tx, subject_ticket).await?,
        spent: spent(tx, author.as_ref(), around.now).await?,
        authentication,
    })
}

async fn known_contacts(
    tx: &mut Tx,
    author: Option<&EmailAddress>,
    now: DateTime<Utc>,
) -> Result<Vec<KnownContact>, StoreError> {
    let Some(author) = author else {
        return Ok(Vec::new());
    };
    let today = to_jst(now).date_naive();
    let mut known = Vec::new();
    for contact in registry::find_contacts(tx, author)
        .await?
        .into_iter()
        .filter(|c| c.is_valid_on(today))
    {
        let Some(customer) = registry::find_customer(tx, &contact.customer_id).await? else {
            continue;
        };
        let mut accounts = registry::list_accounts_of(tx, &customer.id).await?;
        // Accounts count only while their contract runs (SPEC §10), and a person's only within the scope.
        accounts.retain(|account| {
            account.is_contracted_on(today) && contact.account_scope.includes(account.account_id)
        });
        known.push(KnownContact {
            contact,
            customer,
            accounts,
        });
    }
    Ok(known)
}

/// Which of the account IDs in the mail are contracted to somebody else; staff see the difference, the
/// customer never does (SPEC §8).
async fn accounts_of_others(
    tx: &mut Tx,
    message: &InboundMessage,
    author: Option<&EmailAddress>,
) -> Result<Vec<AccountId>, StoreError> {
    let Some(author) = author else {
        return Ok(Vec::new());
    };
    let own: BTreeSet<String> = registry::find_contacts(tx, author)
        .await?
        .into_iter()
        .map(|contact| contact.customer_id)
        .collect();
    let mut others = Vec::new();
    for id in named_accounts(message).into_iter().take(MAX_ACCOUNTS) {
        let owners = registry::find_accounts(tx, id).await?;
        if !owners.is_empty() && owners.iter().all(|account| !own.contains(&account.customer_id)) {
            others.push(id);
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

/// A ticket with who takes part in it.
pub(super) async fn facts(tx: &mut Tx, id: Uuid) -> Result<Option<TicketFacts>, StoreError> {
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
