//! Turns a decision into rows, all in one transaction: ticket, message, events, outbox rows.

use uuid::Uuid;

use super::answering::{inside, record_outside, relay};
use super::explaining::{findings_of, keep_remarks};
use super::letters::Letters;
use super::notifying::Notice;
use super::posting::customers_origin;
use super::{Pipeline, PipelineError, silent};
use crate::authentication::SenderVerdict;
use crate::correspondence::NotificationKind;
use crate::inquiry::redaction::redacted;
use crate::inquiry::{
    Acknowledgement, Decision, Effect, FORWARDED_BY_STAFF, JoinTicket, NewTicket, Situation,
};
use crate::mail::InboundMessage;
use crate::registry::StaffMember;
use crate::store::mails::StoredMail;
use crate::store::messages::Origin;
use crate::store::outbox::Purpose;
use crate::store::{Tx, findings, messages, tickets};
use crate::ticket::{
    Actor, EventKind, MailOutcome, Message, MessageKind, Severity, Ticket, TicketEvent, TicketStatus,
};

/// One mail on its way into the database: what was read, found and decided.
#[derive(Debug)]
pub(super) struct Case<'a> {
    pub(super) stored: &'a StoredMail,
    pub(super) message: &'a InboundMessage,
    pub(super) situation: &'a Situation,
    pub(super) decision: &'a Decision,
    pub(super) staff: &'a [StaffMember],
}

/// Writes everything a decision causes; returns the ticket it concerns.
pub(super) async fn write(
    pipeline: &Pipeline,
    tx: &mut Tx,
    case: &Case<'_>,
) -> Result<Option<Uuid>, PipelineError> {
    let letters = Letters {
        pipeline,
        now: case.situation.now,
        staff: case.staff,
        cause: Some(case),
        fresh: None,
    };
    match &case.decision.effect {
        Effect::Nothing => Ok(None),
        Effect::Open(new) => open(&letters, tx, case, new).await.map(Some),
        Effect::OpenFor { ticket, staff } => super::on_behalf::open_for(&letters, tx, case, (ticket, *staff))
            .await
            .map(Some),
        Effect::Join(join) => join_ticket(&letters, tx, case, join).await.map(Some),
        Effect::Store { ticket } => silent::store_machine_mail(&letters, tx, case, *ticket)
            .await
            .map(Some),
        Effect::AddNotice { ticket, accounts } => silent::add_notice(&letters, tx, case, (*ticket, accounts))
            .await
            .map(Some),
        Effect::Relay(act) => relay(&letters, tx, case, act).await.map(Some),
        Effect::Inside(act) => inside(&letters, tx, case, act).await.map(Some),
        Effect::Record { ticket, staff } => record_outside(&letters, tx, case, *ticket, *staff)
            .await
            .map(Some),
        Effect::Answered(answer) => super::confirming::answered(&letters, tx, answer).await,
        Effect::Return {
            ticket,
            staff,
            refused,
        } => {
            let ticket = letters.ticket(tx, *ticket).await?;
            letters.returned(tx, &ticket, *staff, refused.as_ref()).await?;
            Ok(Some(ticket.id))
        }
        Effect::Hold(hold) => super::holding::hold(&letters, tx, case, hold).await,
        Effect::Bounce { recipients, original } => {
            super::bounces::record(&letters, tx, recipients, original.as_ref()).await
        }
    }
}

pub(super) async fn open(
    letters: &Letters<'_>,
    tx: &mut Tx,
    case: &Case<'_>,
    new: &NewTicket,
) -> Result<Uuid, PipelineError> {
    let now = case.situation.now;
    let ticket = Ticket {
        id: letters.pipeline.clock.fresh_id(),
        number: tickets::next_ticket_number(tx).await?,
        customer_id: new.customer.as_ref().map(|customer| customer.id.clone()),
        account_id: new.account_id,
        account_outcome: new.account.outcome.as_str().to_owned(),
        status: new.status,
        category: new.classification.category,
        confidence: new.classification.confidence,
        severity: Severity::Normal,
        desk: new.classification.category.desk(),
        language: new.language,
        // A list of tickets shows subjects: nothing that must not leave stands in them.
        subject: redacted(&case.message.subject, &case.situation.own_accounts()).into_owned(),
        author: new.author.clone(),
        author_name: new.author_name.clone(),
        assignee: None,
        related_to: new.related_to,
        opened_at: now,
        updated_at: now,
        clock_starts_at: new.start.at.to_utc(),
        answered_at: None,
        closed_at: None,
    };
    tickets::insert_ticket(tx, &ticket).await?;
    let letters = &Letters {
        fresh: Some(ticket.id),
        ..*letters
    };
    letters.start_clock(tx, &ticket).await?;
    for address in &new.participants {
        tickets::insert_participant(tx, ticket.id, address, "cc").await?;
    }
    let (kind, told) = kind_of(case);
    keep_message(letters, tx, case, &ticket, kind).await?;
    let detail = format!("{}; {}", case.decision.reason, case.decision.detail);
    letters
        .keep_event(
            tx,
            &ticket,
            (Actor::Person(new.author.clone()), EventKind::Opened),
            detail,
        )
        .await?;
    findings::upsert_findings(tx, ticket.id, &findings_of(new, case.situation)).await?;
    if !matches!(new.acknowledgement, Acknowledgement::None(_)) {
        letters.acknowledge(tx, &ticket, new).await?;
    }
    if new.listed {
        letters.tell_in_list(tx, case, &ticket).await?;
    } else {
        let notice = Notice::explained(told, &new.classification);
        letters.notify(tx, &ticket, notice).await?;
    }
    Ok(ticket.id)
}

/// What a mail that opens a ticket is there, and as what staff are told of it.
fn kind_of(case: &Case<'_>) -> (MessageKind, NotificationKind) {
    let decision = case.decision;
    if decision.outcome == MailOutcome::AwsNotice {
        (MessageKind::FromAws, NotificationKind::AwsNotice)
    } else if decision.reason == FORWARDED_BY_STAFF {
        // While it is open whose words they are, they are no customer's.
        let one = case.message.single_author().is_some();
        let kind = if one {
            MessageKind::FromCustomer
        } else {
            MessageKind::Note
        };
        (kind, NotificationKind::Proposed)
    } else {
        (MessageKind::FromCustomer, NotificationKind::New)
    }
}

async fn join_ticket(
    letters: &Letters<'_>,
    tx: &mut Tx,
    case: &Case<'_>,
    join: &JoinTicket,
) -> Result<Uuid, PipelineError> {
    let mut ticket = letters.ticket(tx, join.ticket).await?;
    let actor = || Actor::Person(join.author.clone());
    keep_message(letters, tx, case, &ticket, MessageKind::FromCustomer).await?;
    letters
        .keep_event(
            tx,
            &ticket,
            (actor(), EventKind::CustomerWrote),
            case.decision.reason.to_owned(),
        )
        .await?;
    letters.watch_exchange(tx, &ticket).await?;
    for address in &join.participants {
        tickets::insert_participant(tx, ticket.id, address, "cc").await?;
    }
    keep_remarks(tx, case, join).await?;
    if let Some(settled) = &join.settles {
        ticket.customer_id = Some(settled.customer.id.clone());
        ticket.author_name.clone_from(&settled.author_name);
    }
    if let Some(account) = join.completes_account {
        ticket.account_id = Some(account);
        "resolved".clone_into(&mut ticket.account_outcome);
        letters
            .keep_event(
                tx,
                &ticket,
                (actor(), EventKind::AccountCompleted),
                account.to_string(),
            )
            .await?;
    }
    set_status(letters, tx, &mut ticket, join.status, actor()).await?;
    if join.completes_account.is_some() {
        letters.drop_copied_readers(tx, &ticket).await?;
    }
    if join.completes_account.is_some() && case.decision.screening.acknowledge {
        letters.account_completed(tx, &ticket).await?;
    }
    if join.cannot_read {
        letters.cannot_read(tx, &ticket).await?;
    }
    if join.listed {
        letters.tell_in_list(tx, case, &ticket).await?;
    } else {
        letters
            .notify(tx, &ticket, Notice::of(NotificationKind::Update))
            .await?;
    }
    Ok(ticket.id)
}

/// Sets a ticket's status and writes the ticket; a change leaves an event.
pub(super) async fn set_status(
    letters: &Letters<'_>,
    tx: &mut Tx,
    ticket: &mut Ticket,
    status: TicketStatus,
    actor: Actor,
) -> Result<(), PipelineError> {
    let before = std::mem::replace(&mut ticket.status, status);
    ticket.updated_at = letters.now;
    ticket.closed_at = match status {
        TicketStatus::Closed => ticket.closed_at.or(Some(letters.now)),
        TicketStatus::New
        | TicketStatus::AwaitingAccount
        | TicketStatus::Open
        | TicketStatus::Answered
        | TicketStatus::PendingCustomer
        | TicketStatus::Escalated => None,
    };
    tickets::update_ticket(tx, ticket).await?;
    letters.follow_status(tx, ticket, before).await?;
    if before != status {
        let detail = format!("{before} → {status}");
        letters
            .keep_event(tx, ticket, (actor, EventKind::StatusChanged), detail)
            .await?;
    }
    Ok(())
}

/// Keeps what a mail said, and its Message-ID as a way to the ticket.
pub(super) async fn keep_message(
    letters: &Letters<'_>,
    tx: &mut Tx,
    case: &Case<'_>,
    ticket: &Ticket,
    kind: MessageKind,
) -> Result<(), PipelineError> {
    let mail = case.message;
    let author = mail
        .single_author()
        .map(|author| author.address.folded().to_owned())
        .unwrap_or_default();
    let message = Message {
        id: letters.pipeline.clock.fresh_id(),
        ticket_id: ticket.id,
        mail_id: Some(case.stored.id),
        kind,
        author,
        subject: redacted(&mail.subject, &case.situation.own_accounts()).into_owned(),
        body: mail.text.clone(),
        visible: mail.reply.written(),
        created_at: case.situation.now,
    };
    messages::insert_message(tx, &message).await?;
    let failed = case.situation.authentication.sender == SenderVerdict::Failed;
    if failed && kind == MessageKind::FromCustomer {
        messages::mark_unechoed(tx, message.id).await?;
    }
    if let Some(id) = &mail.message_id {
        let origin = match kind {
            MessageKind::FromCustomer | MessageKind::System => customers_origin(case.stored),
            MessageKind::ToCustomer | MessageKind::Note | MessageKind::FromAws => Origin::Staff,
        };
        messages::insert_message_id(tx, id, ticket.id, origin, case.situation.now).await?;
    }
    Ok(())
}

impl Letters<'_> {
    /// Keeps one change of a ticket: who, what, why.
    pub(super) async fn keep_event(
        &self,
        tx: &mut Tx,
        ticket: &Ticket,
        (actor, kind): (Actor, EventKind),
        detail: impl Into<String>,
    ) -> Result<(), PipelineError> {
        let event = TicketEvent {
            id: self.pipeline.clock.fresh_id(),
            ticket_id: ticket.id,
            at: self.now,
            actor: actor.to_string(),
            kind,
            detail: detail.into(),
        };
        Ok(tickets::insert_event(tx, &event).await?)
    }
}

/// Purposes whose Message-ID a customer's thread may name.
pub(super) const fn origin_of(purpose: Purpose) -> Origin {
    if purpose.is_to_customer() {
        Origin::Desk
    } else {
        Origin::Staff
    }
}
