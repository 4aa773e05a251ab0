//! Mails that are kept with a ticket and told to nobody: machines' answers, password notices, reactions, and
//! further notices of one AWS event. Comes in: the mail and its ticket. Goes out: a message and an event.

use uuid::Uuid;

use super::PipelineError;
use super::letters::Letters;
use super::writing::{Case, keep_message};
use crate::inquiry::account_ids::AccountOutcome;
use crate::registry::AccountId;
use crate::store::{Tx, tickets};
use crate::ticket::{Actor, EventKind, MessageKind};

/// Stores a mail with a ticket whose status it does not change.
pub(super) async fn store_machine_mail(
    letters: &Letters<'_>,
    tx: &mut Tx,
    case: &Case<'_>,
    ticket: Uuid,
) -> Result<Uuid, PipelineError> {
    let ticket = letters.ticket(tx, ticket).await?;
    keep_message(letters, tx, case, &ticket, MessageKind::System).await?;
    let machine = (Actor::System, EventKind::MachineWrote);
    letters
        .keep_event(tx, &ticket, machine, case.decision.reason.to_owned())
        .await?;
    letters.watch_exchange(tx, &ticket).await?;
    Ok(ticket.id)
}

/// Adds a notice of AWS to the ticket of its event, with the accounts it names.
pub(super) async fn add_notice(
    letters: &Letters<'_>,
    tx: &mut Tx,
    case: &Case<'_>,
    (ticket, accounts): (Uuid, &[AccountId]),
) -> Result<Uuid, PipelineError> {
    let mut ticket = letters.ticket(tx, ticket).await?;
    keep_message(letters, tx, case, &ticket, MessageKind::FromAws).await?;
    let detail = format!("{}; {}", case.decision.reason, case.decision.detail);
    letters
        .keep_event(tx, &ticket, (Actor::System, EventKind::MachineWrote), detail)
        .await?;
    if accounts.iter().any(|account| ticket.account_id != Some(*account)) {
        ticket.account_id = None;
        AccountOutcome::Several
            .as_str()
            .clone_into(&mut ticket.account_outcome);
    }
    ticket.updated_at = letters.now;
    tickets::update_ticket(tx, &ticket).await?;
    Ok(ticket.id)
}
