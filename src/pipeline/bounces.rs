//! Mails of ours that came back (SPEC §15).

use uuid::Uuid;

use super::PipelineError;
use super::letters::Letters;
use super::notifying::Notice;
use super::writing::set_status;
use crate::correspondence::NotificationKind;
use crate::mail::bounce::{BounceAction, BouncedRecipient};
use crate::mail::{EmailAddress, MessageId};
use crate::store::Tx;
use crate::store::delivery_reports::{self, DeliveryReport};
use crate::store::outbox::{self, Purpose};
use crate::ticket::{Actor, EventKind, Happening};

/// Matches a report to the mail it is about and records each recipient and status once, however often it is
/// told. The first hard one on a customer's mail opens the ticket again and tells staff; anything unmatched
/// is only counted.
pub(super) async fn record(
    letters: &Letters<'_>,
    tx: &mut Tx,
    recipients: &[BouncedRecipient],
    original: Option<&MessageId>,
) -> Result<Option<Uuid>, PipelineError> {
    // A report about a mail that this desk did not write is backscatter of somebody's forgery.
    let Some(id) = original.filter(|id| letters.pipeline.keys.is_own_message_id(id)) else {
        return Ok(None);
    };
    let Some(entry) = outbox::find_outbox_by_message_id(tx, id).await? else {
        return Ok(None);
    };
    let Some(ticket_id) = entry.ticket_id else {
        return Ok(None);
    };
    let mut ticket = letters.ticket(tx, ticket_id).await?;
    let (mut told_anew, mut failed) = (Vec::new(), false);
    for one in recipients {
        let address = one.address.as_ref().map(EmailAddress::folded);
        let report = DeliveryReport {
            message: &entry.message_id,
            recipient: address.unwrap_or_default(),
            status: one.status.as_deref().unwrap_or_default(),
            failed: one.action == BounceAction::Failed,
        };
        let novelty = delivery_reports::insert_report(tx, report, letters.now).await?;
        failed |= novelty.first_failure;
        told_anew.extend(novelty.new.then_some(one));
    }
    if told_anew.is_empty() {
        return Ok(Some(ticket_id));
    }
    let detail = described(&told_anew, entry.purpose);
    letters
        .keep_event(tx, &ticket, (Actor::System, EventKind::Bounced), detail)
        .await?;
    if failed && entry.purpose.is_to_customer() {
        let status = ticket.status.after(Happening::AnswerBounced);
        set_status(letters, tx, &mut ticket, status, Actor::System).await?;
        letters
            .notify(tx, &ticket, Notice::of(NotificationKind::Bounced))
            .await?;
    }
    Ok(Some(ticket_id))
}

fn described(recipients: &[&BouncedRecipient], purpose: Purpose) -> String {
    let one = |recipient: &&BouncedRecipient| {
        let address = recipient
            .address
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default();
        format!(
            "{address} {} {}",
            recipient.action,
            recipient.status.as_deref().unwrap_or("-")
        )
    };
    format!(
        "{purpose}: {}",
        recipients.iter().map(one).collect::<Vec<_>>().join(", ")
    )
}
