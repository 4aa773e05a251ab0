//! What a staff member's mail passes on, gathered with what is stored about its sender, in the transaction that
//! will write the decision. Nothing is looked at in anybody else's mail.

use super::situation::{Surroundings, gather};
use crate::authentication::{AnchorVerdict, Authentication, SenderVerdict};
use crate::inquiry::{Forwarded, Situation};
use crate::mail::forward::{Forward, Original, read_forward};
use crate::mail::{Author, EmailAddress, InboundMessage, Mailbox};
use crate::store::mails::StoredMail;
use crate::store::{StoreError, Tx, messages};

/// Gathers for a mail that may open a ticket on a customer's behalf.
pub(super) async fn passed_on(
    tx: &mut Tx,
    stored: &StoredMail,
    message: &InboundMessage,
    situation: &Situation,
    around: Surroundings<'_>,
) -> Result<Option<Box<Forwarded>>, StoreError> {
    let proven = situation.authentication.anchor == AnchorVerdict::Passes;
    let may = proven
        && situation
            .staff
            .as_ref()
            .is_some_and(crate::registry::StaffMember::is_enabled);
    if !may || situation.authentication.token_attempted || !situation.answered.is_empty() {
        return Ok(None);
    }
    let Some(forward) = read(stored, message, around) else {
        return Ok(None);
    };
    // What a ticket holds already is no new inquiry.
    for id in forward.message_ids() {
        if !messages::find_tickets_by_message_id(tx, &id).await?.is_empty() {
            return Ok(None);
        }
    }
    let senders = forward.senders();
    let author = senders.first().filter(|_| senders.len() == 1);
    let Some(original) = forward.joined(author) else {
        return Ok(None);
    };
    let message = as_written_by(original.message, author);
    let situation = of_sender(tx, stored, &message, SenderVerdict::Unproven, around).await?;
    Ok(Some(Box::new(Forwarded {
        senders,
        original: message,
        raw: original.raw,
        remark: forward.remark,
        situation,
    })))
}

/// The original of a stored forward, as that of the person confirmed.
pub(super) fn original_of(
    stored: &StoredMail,
    message: &InboundMessage,
    author: &EmailAddress,
    around: Surroundings<'_>,
) -> Option<Original> {
    let forward = read(stored, message, around)?;
    let by_author = forward.joined(Some(author)).or_else(|| forward.joined(None))?;
    Some(Original {
        message: as_written_by(by_author.message, Some(author)),
        raw: by_author.raw,
    })
}

/// What is stored about whom an original is said to come from.
pub(super) async fn of_sender(
    tx: &mut Tx,
    stored: &StoredMail,
    original: &InboundMessage,
    sender: SenderVerdict,
    around: Surroundings<'_>,
) -> Result<Situation, StoreError> {
    let authentication = Authentication {
        sender,
        anchor: AnchorVerdict::Fails("passed-on"),
        token: None,
        token_attempted: false,
        confirmation: None,
        proofs: Vec::new(),
        own_message_id: false,
    };
    Box::pin(gather(tx, stored, original, authentication, around)).await
}

fn read(stored: &StoredMail, message: &InboundMessage, around: Surroundings<'_>) -> Option<Forward> {
    let company: Vec<&str> = around
        .desk
        .own_addresses
        .iter()
        .map(EmailAddress::domain)
        .chain(message.single_author().map(|author| author.address.domain()))
        .collect();
    let is_own = |address: &EmailAddress| {
        let colleague = around
            .desk
            .staff
            .iter()
            .any(|member| member.addresses.contains(address));
        colleague || company.contains(&address.domain())
    };
    read_forward(message, &stored.raw, &is_own)
}

fn as_written_by(message: InboundMessage, author: Option<&EmailAddress>) -> InboundMessage {
    let mailbox = |address: &EmailAddress| Mailbox {
        name: None,
        address: address.clone(),
    };
    InboundMessage {
        // The identifier of a mail leads to its author's ticket, and nobody is the author yet.
        message_id: message.message_id.clone().filter(|_| author.is_some()),
        author: author.map_or(Author::Missing, |address| Author::One(mailbox(address))),
        ..message
    }
}
