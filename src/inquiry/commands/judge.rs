//! Whether what is stored allows a command (SPEC §13). Comes in: the command, its ticket, who gives it and
//! the facts it touches. Goes out: yes, or why not. The same answer serves mail and page.

use uuid::Uuid;

use super::command::{Assignee, Command};
use super::proposed::judge_proposed;
use super::trouble::{CommandTrouble, Refused};
use crate::inquiry::on_behalf::ProposalFacts;
use crate::mail::EmailAddress;
use crate::registry::{AccountId, Contact, Reach, StaffMember};
use crate::ticket::Ticket;

/// What is stored and a command may touch; only what the commands of one mail name is gathered.
#[derive(Debug, Clone, Default)]
pub struct CommandFacts {
    /// Accounts contracted to the ticket's customer.
    pub accounts: Vec<AccountId>,
    /// Everybody on the staff list.
    pub staff: Vec<StaffMember>,
    /// Addresses the desk itself uses.
    pub own_addresses: Vec<EmailAddress>,
    /// Contact rows of the addresses that are to take part.
    pub contacts_of_addresses: Vec<Contact>,
    /// The ticket that a merge names.
    pub merge_into: Option<Ticket>,
    /// The older ticket whose thread the author wanted to join.
    pub related: Option<Ticket>,
    /// Nobody has confirmed yet whose that older ticket is.
    pub related_is_nobodys: bool,
    /// Contacts of the customer the author may be.
    pub persons: Vec<Contact>,
    /// Mails of the customer in the ticket.
    pub customer_messages: usize,
    /// Answers of the ticket that wait to be sent.
    pub waiting_answers: usize,
    /// Answers of the ticket that went out.
    pub sent_answers: usize,
    /// Held mails of the ticket in the name of whoever writes, newest first.
    pub held: Vec<HeldChoice>,
    /// For whom the ticket was opened, where a forward of staff did.
    pub proposal: Option<ProposalFacts>,
}

impl CommandFacts {
    /// The contact rows that an address falls under: its own, or that of its domain.
    pub(super) fn rows_of<'a>(&'a self, address: &'a EmailAddress) -> impl Iterator<Item = &'a Contact> {
        self.contacts_of_addresses
            .iter()
            .filter(move |contact| match &contact.reach {
                Reach::Address(own) => own == address,
                Reach::Domain(domain) => domain.eq_ignore_ascii_case(address.domain()),
            })
    }
}

/// A held mail that its owner may mean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldChoice {
    /// The held mail.
    pub id: Uuid,
    /// The request by which its owner may let it go; `None` where nobody may by mail.
    pub request: Option<i64>,
    /// Whether its owner was told of it.
    pub told: bool,
    /// Its first line, without secrets.
    pub first_line: String,
}

impl HeldChoice {
    /// The word by which a person names it: the end of its id.
    pub fn key(&self) -> String {
        /// Enough to tell the few of one ticket apart, short enough to type.
        const LETTERS: usize = 6;
        let id = self.id.simple().to_string();
        id.get(id.len().saturating_sub(LETTERS)..)
            .unwrap_or_default()
            .to_owned()
    }
}

/// Which held mail a `#send` means, with the request by which it is let go: the one that is named, or the only
/// one there is, if its owner was told of it.
pub(crate) fn choose_held(command: &Command, facts: &CommandFacts) -> Result<(Uuid, i64), Refused> {
    let chosen = if let Command::Send(chosen) = command {
        chosen.as_deref()
    } else {
        None
    };
    let open: Vec<(&HeldChoice, i64)> = facts
        .held
        .iter()
        .filter_map(|held| held.request.map(|number| (held, number)))
        .collect();
    let refuse = |trouble| {
        let lines = open
            .iter()
            .map(|(held, _)| format!("\n  #send {}  {}", held.key(), held.first_line));
        Refused::new(&command.to_string(), trouble).hinting(lines.collect::<String>())
    };
    let found = |(held, number): &(&HeldChoice, i64)| Ok((held.id, *number));
    match (chosen, open.as_slice()) {
        (_, []) if facts.held.is_empty() => Err(refuse(CommandTrouble::NothingHeld)),
        (_, []) => Err(refuse(CommandTrouble::HeldForGood)),
        (None, [one]) if one.0.told => found(one),
        (None, _) => Err(refuse(CommandTrouble::HeldToChoose)),
        (Some(key), all) => all
            .iter()
            .find(|(held, _)| held.key() == key)
            .map_or_else(|| Err(refuse(CommandTrouble::HeldUnknown)), found),
    }
}

/// Says whether a command may be carried out.
pub fn judge(
    command: &Command,
    ticket: &Ticket,
    by: &StaffMember,
    facts: &CommandFacts,
) -> Result<(), Refused> {
    let refuse = |trouble| Err(Refused::new(&command.to_string(), trouble));
    if let Some(settled) = judge_proposed(command, ticket, facts) {
        return settled;
    }
    match command {
        Command::Account(account) if !facts.accounts.contains(account) => {
            let list = facts.accounts.iter().map(ToString::to_string).collect::<Vec<_>>();
            refuse(CommandTrouble::AccountNotOfCustomer).map_err(|refused| refused.hinting(list.join(", ")))
        }
        Command::Assign(assignee) => {
            find_assignee(assignee, by, ticket, facts)
                .map(|_| ())
                .map_err(|refused| Refused {
                    line: command.to_string(),
                    ..refused
                })
        }
        Command::Merge(_) => judge_merge(ticket, facts).or_else(refuse),
        Command::Cc(addresses) => judge_addresses(addresses, ticket, facts).or_else(refuse),
        Command::Accept(whom) => judge_accept(whom.as_deref(), ticket, facts).or_else(refuse),
        Command::Split if facts.customer_messages < 2 => refuse(CommandTrouble::NothingToSplit),
        Command::Recall if facts.waiting_answers == 0 && facts.sent_answers > 0 => {
            refuse(CommandTrouble::TooLateToRecall)
        }
        Command::Recall if facts.waiting_answers == 0 => refuse(CommandTrouble::NothingToRecall),
        Command::Send(_) => choose_held(command, facts).map(|_| ()),
        Command::Close
        | Command::Pending
        | Command::Category(_)
        | Command::Account(_)
        | Command::Severity(_)
        | Command::Split
        | Command::Decline(_)
        | Command::Spam
        | Command::Recall => Ok(()),
    }
}

/// Whom an assignment means: an exact name or address first, else a part of one name.
pub fn find_assignee<'a>(
    assignee: &Assignee,
    by: &'a StaffMember,
    ticket: &Ticket,
    facts: &'a CommandFacts,
) -> Result<Option<&'a StaffMember>, Refused> {
    let refused = |trouble| Refused::new("", trouble);
    let name = match assignee {
        Assignee::Me => return Ok(Some(by)),
        Assignee::Nobody => return Ok(None),
        Assignee::Named(name) => name,
    };
    let enabled = || facts.staff.iter().filter(|member| member.is_enabled());
    let exact = enabled().find(|member| {
        member.name == *name
            || member
                .addresses
                .iter()
                .any(|address| address.folded() == name.to_lowercase())
    });
    let parts: Vec<&StaffMember> = enabled().filter(|member| goes_by(member, name)).collect();
    let member = match (exact, parts.as_slice()) {
        (Some(member), _) => member,
        (None, [member]) => *member,
        (None, []) => {
            return Err(refused(CommandTrouble::StaffUnknown).hinting(names(&enabled().collect::<Vec<_>>())));
        }
        (None, several) => {
            return Err(refused(CommandTrouble::StaffAmbiguous).hinting(names(several)));
        }
    };
    if member.serves(ticket.desk) {
        Ok(Some(member))
    } else {
        Err(refused(CommandTrouble::StaffNotOnDesk).hinting(member.name.clone()))
    }
}

fn goes_by(member: &StaffMember, name: &str) -> bool {
    let local_part = |address: &EmailAddress| {
        address
            .folded()
            .split_once('@')
            .is_some_and(|(local, _)| local == name.to_lowercase())
    };
    member.name.contains(name) || member.addresses.iter().any(local_part)
}

fn names(members: &[&StaffMember]) -> String {
    members
        .iter()
        .map(|member| member.name.as_str())
        .collect::<Vec<_>>()
        .join(", ")
}

fn judge_merge(ticket: &Ticket, facts: &CommandFacts) -> Result<(), CommandTrouble> {
    let into = facts.merge_into.as_ref().ok_or(CommandTrouble::TicketUnknown)?;
    if into.id == ticket.id {
        return Err(CommandTrouble::TicketItself);
    }
    // Within one customer only: merging would show one customer's words to the other.
    match (&ticket.customer_id, &into.customer_id) {
        (Some(one), Some(other)) if one == other => Ok(()),
        (None, None) if ticket.author == into.author => Ok(()),
        _ => Err(CommandTrouble::TicketOfAnotherCustomer),
    }
}

fn judge_addresses(
    addresses: &[EmailAddress],
    ticket: &Ticket,
    facts: &CommandFacts,
) -> Result<(), CommandTrouble> {
    for address in addresses {
        let of_staff = facts
            .staff
            .iter()
            .any(|member| member.addresses.contains(address));
        if of_staff || facts.own_addresses.contains(address) {
            return Err(CommandTrouble::AddressOfDesk);
        }
        let rows: Vec<&Contact> = facts.rows_of(address).collect();
        let of_ticket = |contact: &&Contact| Some(&contact.customer_id) == ticket.customer_id.as_ref();
        if !rows.is_empty() && !rows.iter().any(of_ticket) {
            return Err(CommandTrouble::AddressOfAnotherCustomer);
        }
    }
    Ok(())
}

fn judge_accept(whom: Option<&str>, ticket: &Ticket, facts: &CommandFacts) -> Result<(), CommandTrouble> {
    let related = facts.related.as_ref().ok_or(CommandTrouble::NothingToAccept)?;
    // Once it is confirmed, what its customer has written meanwhile moves there by itself.
    if facts.related_is_nobodys {
        return Err(CommandTrouble::RelatedNotConfirmed);
    }
    // Whoever is let in reads what is said there from then on.
    judge_addresses(std::slice::from_ref(&ticket.author), related, facts)?;
    match whom {
        Some(whom) if find_person(whom, &facts.persons).is_none() => Err(CommandTrouble::PersonUnknown),
        _ => Ok(()),
    }
}

/// The contact a name or an address means.
pub fn find_person<'a>(whom: &str, persons: &'a [Contact]) -> Option<&'a Contact> {
    let bare = |text: &str| text.replace([' ', '\u{3000}'], "");
    persons.iter().find(|contact| {
        let by_address =
            matches!(&contact.reach, Reach::Address(address) if address.folded() == whom.to_lowercase());
        by_address || (!contact.person_name.is_empty() && bare(&contact.person_name) == bare(whom))
    })
}
