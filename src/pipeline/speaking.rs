//! Gathers what matters once a staff member speaks on a ticket: what the commands touch, and what must stay
//! inside (SPEC §13). In the transaction that will write the decision.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use super::Pipeline;
use super::correcting::accounts_open_to;
use super::situation::facts as facts_of;
use crate::inquiry::redaction::redacted;
use crate::inquiry::{
    Command, CommandFacts, HeldChoice, Inside, ProposalFacts, SpeakingFacts, TicketFacts, belongs,
    commands_of, read_staff_text, without_marks,
};
use crate::mail::parse::parse_mail;
use crate::mail::{EmailAddress, InboundMessage};
use crate::registry::{AccountId, Contact, StaffMember};
use crate::store::{StoreError, Tx, authority, held, messages, outbox, proposals, registry, tickets, told};
use crate::ticket::{MessageKind, Ticket};

/// The desk as gathering knows it.
#[derive(Debug, Clone, Copy)]
pub(super) struct DeskPeople<'a> {
    /// Now.
    pub(super) now: DateTime<Utc>,
    /// Prefix of ticket numbers.
    pub(super) number_prefix: &'a str,
    /// All staff.
    pub(super) staff: &'a [StaffMember],
    /// Addresses the desk itself uses.
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
    let mut commands = command_facts(tx, (message, commands_of(&text)), facts, around).await?;
    commands.proposal = proposals::find_proposal(tx, ticket.id)
        .await?
        .map(|proposal| ProposalFacts {
            senders: proposal.senders,
            confirmed: proposal.confirmed_at.is_some(),
        });
    Ok(SpeakingFacts {
        inside: inside(tx, (facts, commands_of(&text)), foreign_accounts, own_accounts).await?,
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
    (facts, commands): (&TicketFacts, &[Command]),
    foreign_accounts: &[AccountId],
    own_accounts: Vec<AccountId>,
) -> Result<Inside, StoreError> {
    let ticket = &facts.ticket;
    let mut texts = notifications(tx, ticket).await?;
    let mut known_to_customer = addresses_of_customer(facts, commands);
    known_to_customer.push(ticket.subject.clone());
    for message in messages::list_messages(tx, ticket.id).await? {
        match message.kind {
            MessageKind::Note | MessageKind::FromAws => texts.push(message.visible),
            MessageKind::FromCustomer | MessageKind::ToCustomer => {
                known_to_customer.extend([message.subject, message.body]);
            }
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

/// Addresses that a notification names and the customer knows: of whoever takes part, and is about to.
fn addresses_of_customer(facts: &TicketFacts, commands: &[Command]) -> Vec<String> {
    let joining = commands.iter().flat_map(|command| {
        if let Command::Cc(addresses) = command {
            addresses.as_slice()
        } else {
            &[]
        }
    });
    std::iter::once(&facts.ticket.author)
        .chain(&facts.participants)
        .chain(joining)
        .map(ToString::to_string)
        .collect()
}

/// Mails to staff that are read back; older ones repeat the same particulars of the ticket.
const MOST_TOLD: i64 = 200;

/// Bytes that are read of each: what stands above the customer's words is far shorter.
const HEAD_BYTES: i32 = 32 * 1024;

/// What the desk told its staff about the ticket. The customer's own words in it are taken out by the guard.
async fn notifications(tx: &mut Tx, ticket: &Ticket) -> Result<Vec<String>, StoreError> {
    let heads = told::list_told(tx, ticket.id, (MOST_TOLD, HEAD_BYTES)).await?;
    let mut texts = BTreeSet::new();
    for head in heads {
        let Ok(mail) = parse_mail(&head) else {
            continue;
        };
        let internal = mail.text.split(WORDS_OF_CUSTOMER).next().unwrap_or_default();
        texts.insert(without_marks(internal));
    }
    Ok(texts.into_iter().collect())
}

/// What opens the heading beneath which a notification carries the customer's own words.
const WORDS_OF_CUSTOMER: &str = "\n▼ ";

async fn command_facts(
    tx: &mut Tx,
    (message, commands): (&InboundMessage, &[Command]),
    facts: &TicketFacts,
    around: &DeskPeople<'_>,
) -> Result<CommandFacts, StoreError> {
    let ticket = &facts.ticket;
    let author = message.single_author().map(|author| &author.address);
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
            Command::Accept(whom) => {
                accept_facts(tx, facts, &mut found).await?;
                let named = whom.as_deref().and_then(|whom| EmailAddress::parse(whom).ok());
                confirm_facts(tx, ticket, named, &mut found).await?;
            }
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
            Command::Send(_) => found.held = held_choices(tx, ticket, author, around).await?,
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

/// Held mails that are offered to choose from.
const MOST_CHOICES: i64 = 20;

/// Characters of a held mail that are shown with its name.
const FIRST_LINE: usize = 60;

/// The held mails in the author's name; what merely asks to send another one is none.
async fn held_choices(
    tx: &mut Tx,
    ticket: &Ticket,
    author: Option<&EmailAddress>,
    around: &DeskPeople<'_>,
) -> Result<Vec<HeldChoice>, StoreError> {
    let of_author = |member: &&StaffMember| author.is_some_and(|author| member.addresses.contains(author));
    let Some(member) = around.staff.iter().find(of_author) else {
        return Ok(Vec::new());
    };
    let mut choices = Vec::new();
    for request in authority::list_requests_on(tx, member.serial, ticket.id, MOST_CHOICES).await? {
        let Some(row) = held::find_held(tx, request.held_id).await? else {
            continue;
        };
        let text = read_staff_text(&row.body, around.number_prefix);
        if matches!(commands_of(&text), [Command::Send(_)]) {
            continue;
        }
        let first = row.body.lines().find(|line| !line.trim().is_empty());
        let first = redacted(first.unwrap_or_default(), &[]);
        choices.push(HeldChoice {
            id: row.id,
            request: request.confirms.then_some(request.number),
            told: request.asked_at.is_some(),
            first_line: first.chars().take(FIRST_LINE).collect(),
        });
    }
    Ok(choices)
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
    found.related_is_nobodys = proposals::find_proposal(tx, related.id)
        .await?
        .is_some_and(|proposal| proposal.confirmed_at.is_none());
    found
        .contacts_of_addresses
        .extend(registry::find_contacts(tx, &facts.ticket.author).await?);
    let of_customer = |contact: &Contact| Some(&contact.customer_id) == related.customer_id.as_ref();
    found.persons = registry::list_contacts(tx)
        .await?
        .into_iter()
        .filter(of_customer)
        .collect();
    found.related = Some(related);
    Ok(())
}

/// Whose contacts those are whom a forward was read to come from, and the one who is named instead.
async fn confirm_facts(
    tx: &mut Tx,
    ticket: &Ticket,
    named: Option<EmailAddress>,
    found: &mut CommandFacts,
) -> Result<(), StoreError> {
    let Some(proposal) = proposals::find_proposal(tx, ticket.id).await? else {
        return Ok(());
    };
    for address in proposal.senders.iter().chain(&named) {
        let rows = registry::find_contacts(tx, address).await?;
        found.contacts_of_addresses.extend(rows);
    }
    Ok(())
}
