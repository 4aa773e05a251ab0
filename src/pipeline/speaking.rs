//! Gathers what matters once a staff member speaks on a ticket: what the commands touch, and what must stay
//! inside (SPEC §13). In the transaction that will write the decision.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use super::Pipeline;
use super::correcting::accounts_open_to;
use super::situation::facts as facts_of;
use crate::inquiry::{
    Command, CommandFacts, Inside, NOTIFICATION_MARK, ProposalFacts, SpeakingFacts, TicketFacts, belongs,
    commands_of, read_staff_text,
};
use crate::mail::parse::parse_mail;
use crate::mail::{EmailAddress, InboundMessage};
use crate::registry::{AccountId, Contact, StaffMember};
use crate::store::outbox::Purpose;
use crate::store::{StoreError, Tx, held, messages, outbox, proposals, registry, tickets};
use crate::ticket::{MessageKind, Ticket};

/// What gathering needs beside the mail and its ticket.
#[derive(Debug, Clone, Copy)]
pub(super) struct DeskPeople<'a> {
    pub(super) now: DateTime<Utc>,
    pub(super) number_prefix: &'a str,
    pub(super) staff: &'a [StaffMember],
    pub(super) own_addresses: &'a BTreeSet<EmailAddress>,
}

impl Pipeline {
    /// Gathers for a mail whose ticket is known otherwise.
    pub(super) async fn speaking(
        &self,
        tx: &mut Tx,
        message: &InboundMessage,
        facts: &TicketFacts,
        staff: &[StaffMember],
    ) -> Result<SpeakingFacts, StoreError> {
        let policy = self.policy();
        let people = DeskPeople {
            now: self.clock.now(),
            number_prefix: &policy.number_prefix,
            staff,
            own_addresses: &policy.own_addresses,
        };
        gather_speaking(tx, message, (facts, &[]), &people).await
    }
}

/// Gathers for a mail whose token names this ticket.
pub(super) async fn gather_speaking(
    tx: &mut Tx,
    message: &InboundMessage,
    (facts, foreign_accounts): (&TicketFacts, &[AccountId]),
    around: &DeskPeople<'_>,
) -> Result<SpeakingFacts, StoreError> {
    let text = read_staff_text(&message.reply.written(), around.number_prefix);
    let ticket = &facts.ticket;
    let own_accounts = accounts_of(tx, ticket).await?;
    let mut commands = command_facts(tx, commands_of(&text), facts, around).await?;
    commands.proposal = proposals::find_proposal(tx, ticket.id)
        .await?
        .map(|proposal| ProposalFacts {
            senders: proposal.senders,
            confirmed: proposal.confirmed_at.is_some(),
        });
    Ok(SpeakingFacts {
        inside: inside(tx, ticket, foreign_accounts, own_accounts).await?,
        commands,
    })
}

async fn accounts_of(tx: &mut Tx, ticket: &Ticket) -> Result<Vec<AccountId>, StoreError> {
    let Some(customer) = &ticket.customer_id else {
        return Ok(Vec::new());
    };
    let accounts = registry::list_accounts_of(tx, customer).await?;
    Ok(accounts.into_iter().map(|account| account.account_id).collect())
}

/// What must not leave with the answer.
async fn inside(
    tx: &mut Tx,
    ticket: &Ticket,
    foreign_accounts: &[AccountId],
    own_accounts: Vec<AccountId>,
) -> Result<Inside, StoreError> {
    let mut texts = notifications(tx, ticket).await?;
    let mut known_to_customer = Vec::new();
    for message in messages::list_messages(tx, ticket.id).await? {
        match message.kind {
            MessageKind::Note | MessageKind::FromAws => texts.push(message.visible),
            MessageKind::FromCustomer | MessageKind::ToCustomer => known_to_customer.push(message.body),
            MessageKind::System => {}
        }
    }
    Ok(Inside {
        accounts_elsewhere: foreign_accounts.to_vec(),
        own_accounts,
        texts,
        known_to_customer,
    })
}

/// What the desk told its staff about the ticket. The customer's own words in it are taken out by the guard.
async fn notifications(tx: &mut Tx, ticket: &Ticket) -> Result<Vec<String>, StoreError> {
    let mut texts = Vec::new();
    let mut seen = BTreeSet::new();
    for entry in outbox::list_outbox_of(tx, ticket.id).await? {
        let told = matches!(
            entry.purpose,
            Purpose::Notification | Purpose::Alarm | Purpose::HeldNotice
        );
        if told && seen.insert(entry.message_id.clone()) {
            let Ok(mail) = parse_mail(&entry.bytes) else {
                continue;
            };
            let text = mail.text;
            let internal = text
                .split_once(WORDS_OF_CUSTOMER)
                .map_or(text.as_str(), |(head, _)| head);
            texts.push(internal.replace(NOTIFICATION_MARK, ""));
        }
    }
    Ok(texts)
}

/// The heading beneath which a notification carries the customer's own words.
const WORDS_OF_CUSTOMER: &str = "▼";

async fn command_facts(
    tx: &mut Tx,
    commands: &[Command],
    facts: &TicketFacts,
    around: &DeskPeople<'_>,
) -> Result<CommandFacts, StoreError> {
    let ticket = &facts.ticket;
    let mut found = CommandFacts {
        staff: around.staff.to_vec(),
        own_addresses: around.own_addresses.iter().cloned().collect(),
        ..CommandFacts::default()
    };
    for command in commands {
        match command {
            Command::Account(_) => found.accounts = accounts_open_to(tx, ticket, around.now).await?,
            Command::Cc(addresses) => {
                for address in addresses {
                    found
                        .contacts_of_addresses
                        .extend(registry::find_contacts(tx, address).await?);
                }
            }
            Command::Merge(number) => {
                found.merge_into = match tickets::find_ticket_by_number(tx, *number).await? {
                    Some(named) => facts_of(tx, named.id).await?.map(|facts| facts.ticket),
                    None => None,
                };
            }
            Command::Accept(_) => accept_facts(tx, facts, &mut found).await?,
            Command::Split => {
                let all = messages::list_messages(tx, ticket.id).await?;
                let of_customer = all.iter().filter(|one| one.kind == MessageKind::FromCustomer);
                found.customer_messages = of_customer.count();
            }
            Command::Recall => {
                let (waiting, sent) = outbox::count_answers(tx, ticket.id).await?;
                found.waiting_answers = usize::try_from(waiting).unwrap_or_default();
                found.sent_answers = usize::try_from(sent).unwrap_or_default();
            }
            Command::Send => found.held = held::list_held_of(tx, ticket.id).await?.len(),
            Command::Close
            | Command::Pending
            | Command::Category(_)
            | Command::Assign(_)
            | Command::Severity(_)
            | Command::Decline(_)
            | Command::Spam => {}
        }
    }
    Ok(found)
}

/// The ticket whose thread the author wanted to join and did not belong to, and who of its customer's people
/// they may be.
async fn accept_facts(tx: &mut Tx, facts: &TicketFacts, found: &mut CommandFacts) -> Result<(), StoreError> {
    let Some(related) = facts.ticket.related_to else {
        return Ok(());
    };
    let Some(joined) = facts_of(tx, related).await? else {
        return Ok(());
    };
    if belongs(&facts.ticket.author, &joined, &[]) {
        return Ok(());
    }
    let related = joined.ticket;
    let of_customer = |contact: &Contact| Some(&contact.customer_id) == related.customer_id.as_ref();
    found.persons = registry::list_contacts(tx)
        .await?
        .into_iter()
        .filter(of_customer)
        .collect();
    found.related = Some(related);
    Ok(())
}
