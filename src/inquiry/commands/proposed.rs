//! What may be done to a ticket that a staff member's forward has opened on a customer's behalf. Comes in: the
//! command and for whom the ticket was opened. Goes out: yes, or why not; nothing where the usual rules hold.

use super::command::Command;
use super::judge::CommandFacts;
use super::trouble::{CommandTrouble, Refused};
use crate::inquiry::on_behalf::ProposalFacts;
use crate::mail::EmailAddress;
use crate::ticket::{Ticket, TicketStatus};

/// Judges a command by whether somebody has confirmed whose ticket it is.
pub(super) fn judge_proposed(
    command: &Command,
    ticket: &Ticket,
    facts: &CommandFacts,
) -> Option<Result<(), Refused>> {
    let proposal = facts.proposal.as_ref()?;
    let refused = |trouble| Refused::new(&command.to_string(), trouble);
    match command {
        Command::Accept(_) if proposal.confirmed => facts
            .related
            .is_none()
            .then(|| Err(refused(CommandTrouble::AlreadyConfirmed))),
        Command::Accept(whom) => Some(
            judge_confirmation(whom.as_deref(), ticket, (proposal, facts))
                .map_err(|trouble| refused(trouble).hinting(hint(trouble, &proposal.senders))),
        ),
        // Each of these speaks to the customer, or needs to know who that is.
        Command::Pending
        | Command::Account(_)
        | Command::Cc(_)
        | Command::Merge(_)
        | Command::Split
        | Command::Decline(_)
            if !proposal.confirmed =>
        {
            Some(Err(refused(CommandTrouble::NotConfirmed)))
        }
        Command::Close
        | Command::Pending
        | Command::Category(_)
        | Command::Account(_)
        | Command::Assign(_)
        | Command::Severity(_)
        | Command::Cc(_)
        | Command::Merge(_)
        | Command::Split
        | Command::Decline(_)
        | Command::Spam
        | Command::Send(_)
        | Command::Recall => None,
    }
}

fn judge_confirmation(
    whom: Option<&str>,
    ticket: &Ticket,
    (proposal, facts): (&ProposalFacts, &CommandFacts),
) -> Result<(), CommandTrouble> {
    if ticket.status == TicketStatus::Closed {
        return Err(CommandTrouble::ClosedBeforeConfirmed);
    }
    let several = proposal.senders.len() != 1;
    let Some(whom) = whom else {
        return if several {
            Err(CommandTrouble::SenderNotNamed)
        } else {
            Ok(())
        };
    };
    let address = EmailAddress::parse(whom).map_err(|_| CommandTrouble::SenderNotNamed)?;
    let of_staff = facts
        .staff
        .iter()
        .any(|member| member.addresses.contains(&address));
    if of_staff || facts.own_addresses.contains(&address) {
        return Err(CommandTrouble::AddressOfDesk);
    }
    // The words of one must not become another's: with several senders it is one of them.
    if proposal.senders.len() > 1 && !proposal.senders.contains(&address) {
        return Err(CommandTrouble::SenderNotNamed);
    }
    if !proposal.senders.contains(&address) && is_of_others(&address, (proposal, facts)) {
        return Err(CommandTrouble::AddressOfAnotherCustomer);
    }
    Ok(())
}

/// Whether an address is a contact of other customers than whoever the words were read to come from: one
/// customer's words are not sent to another by a slip.
fn is_of_others(address: &EmailAddress, (proposal, facts): (&ProposalFacts, &CommandFacts)) -> bool {
    let of_person = |address| facts.rows_of(address).map(|row| row.customer_id.as_str());
    let read: Vec<&str> = proposal.senders.iter().flat_map(of_person).collect();
    let mut named = of_person(address).peekable();
    !read.is_empty() && named.peek().is_some() && named.all(|customer| !read.contains(&customer))
}

fn hint(trouble: CommandTrouble, senders: &[EmailAddress]) -> String {
    if trouble != CommandTrouble::SenderNotNamed {
        return String::new();
    }
    let each = senders.iter().map(|sender| format!("#accept {sender}"));
    each.collect::<Vec<_>>().join(", ")
}
