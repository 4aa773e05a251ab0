//! What an authenticated staff member's mail does to its ticket: an answer goes out, a note stays inside,
//! commands are carried out, an answer given outside is recorded. In the decision's own transaction.

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::PipelineError;
use super::commanding::Order;
use super::enclosing::to_customer_of;
use super::letters::Letters;
use super::notifying::Notice;
use super::writing::{Case, keep_message, set_status};
use crate::correspondence::NotificationKind;
use crate::inquiry::{Command, StaffAct};
use crate::registry::StaffMember;
use crate::store::{Tx, customer_pages, threads};
use crate::ticket::{Actor, EventKind, Happening, MessageKind, Ticket};

/// Sends a staff answer to the customer, with its files and the prepared reply it asks for.
pub(super) async fn relay(
    letters: &Letters<'_>,
    tx: &mut Tx,
    case: &Case<'_>,
    act: &StaffAct,
) -> Result<Uuid, PipelineError> {
    let mut ticket = letters.ticket(tx, act.ticket).await?;
    let actor = Actor::Staff(act.staff);
    let act = &letters.with_prepared(tx, &ticket, act).await?;
    let (before, after): (Vec<_>, Vec<_>) = act.commands.iter().partition(|one| one.precedes_answer());
    carry_out_all(letters, tx, case, &mut ticket, (act.staff, &before)).await?;
    keep_message(letters, tx, case, &ticket, MessageKind::ToCustomer).await?;
    let enclosed = to_customer_of(case, &act.text);
    let written = StaffAct {
        text: enclosed.text,
        ..act.clone()
    };
    customer_pages::set_shown(tx, ticket.id, case.stored.id, &written.text).await?;
    let mut sent = letters
        .answer(tx, &ticket, &written, (case.stored.id, enclosed.files))
        .await?;
    sent.left_behind = enclosed.left_behind;
    let others = letters.others_who_answered(tx, &ticket, act.staff).await?;
    sent.others = others.iter().map(|member| member.name.clone()).collect();
    letters
        .tell_of_answer(tx, &ticket, (&written, sent.due_at), &others)
        .await?;
    threads::insert_watcher(tx, ticket.id, act.staff).await?;
    letters
        .keep_event(
            tx,
            &ticket,
            (actor.clone(), EventKind::StaffReplied),
            case.decision.reason.to_owned(),
        )
        .await?;
    ticket.assignee = ticket.assignee.or(Some(act.staff));
    letters.mark_answered(tx, &mut ticket, actor).await?;
    carry_out_all(letters, tx, case, &mut ticket, (act.staff, &after)).await?;
    letters.receipt(tx, &ticket, act, Some(&sent)).await?;
    Ok(ticket.id)
}

/// Keeps a note and carries out commands; nothing is sent, unless a prepared reply is asked for.
pub(super) async fn inside(
    letters: &Letters<'_>,
    tx: &mut Tx,
    case: &Case<'_>,
    act: &StaffAct,
) -> Result<Uuid, PipelineError> {
    if act.text.is_empty() && declines(act) {
        return relay(letters, tx, case, act).await;
    }
    let mut ticket = letters.ticket(tx, act.ticket).await?;
    let actor = Actor::Staff(act.staff);
    threads::insert_watcher(tx, ticket.id, act.staff).await?;
    if !act.text.is_empty() {
        keep_message(letters, tx, case, &ticket, MessageKind::Note).await?;
        letters
            .keep_event(tx, &ticket, (actor.clone(), EventKind::Noted), String::new())
            .await?;
    }
    let all: Vec<&Command> = act.commands.iter().collect();
    carry_out_all(letters, tx, case, &mut ticket, (act.staff, &all)).await?;
    letters.receipt(tx, &ticket, act, None).await?;
    Ok(ticket.id)
}

/// Records what a staff member wrote to the customer directly.
pub(super) async fn record_outside(
    letters: &Letters<'_>,
    tx: &mut Tx,
    case: &Case<'_>,
    ticket: Uuid,
    staff: Option<u32>,
) -> Result<Uuid, PipelineError> {
    let mut ticket = letters.ticket(tx, ticket).await?;
    let contact = || Actor::Person(letters.pipeline.policy().contact.clone());
    let actor = staff.map_or_else(contact, Actor::Staff);
    keep_message(letters, tx, case, &ticket, MessageKind::ToCustomer).await?;
    let words = case.message.reply.written();
    customer_pages::set_shown(tx, ticket.id, case.stored.id, &words).await?;
    let detail = "answered outside the desk".to_owned();
    letters
        .keep_event(tx, &ticket, (actor.clone(), EventKind::StaffReplied), detail)
        .await?;
    letters.mark_answered(tx, &mut ticket, actor).await?;
    Ok(ticket.id)
}

impl Letters<'_> {
    /// Tells whoever has answered the same question, and whoever has taken the ticket, that a colleague answers.
    async fn tell_of_answer(
        &self,
        tx: &mut Tx,
        ticket: &Ticket,
        (act, goes_out): (&StaffAct, DateTime<Utc>),
        others: &[&StaffMember],
    ) -> Result<(), PipelineError> {
        let assignee = ticket.assignee.filter(|serial| *serial != act.staff);
        let assignee = assignee.and_then(|serial| self.staff_member(serial));
        let further = assignee.filter(|member| others.iter().all(|other| other.serial != member.serial));
        let told = others.iter().copied().chain(further);
        let told: Vec<&StaffMember> = told.filter(|member| member.is_enabled()).collect();
        let notice = Notice {
            colleague: self.staff_member(act.staff),
            answer: Some((&act.text, goes_out)),
            ..Notice::of(NotificationKind::Answered)
        };
        self.notify_members(tx, ticket, notice, &told).await
    }

    /// The customer has an answer: the wait for it ends.
    async fn mark_answered(
        &self,
        tx: &mut Tx,
        ticket: &mut Ticket,
        actor: Actor,
    ) -> Result<(), PipelineError> {
        ticket.answered_at = ticket.answered_at.or(Some(self.now));
        self.end_wait(tx, ticket).await?;
        let status = ticket.status.after(Happening::AnswerRelayed);
        set_status(self, tx, ticket, status, actor).await
    }
}

/// Carries out the commands of a staff mail, in their order.
async fn carry_out_all(
    letters: &Letters<'_>,
    tx: &mut Tx,
    case: &Case<'_>,
    ticket: &mut Ticket,
    (staff, commands): (u32, &[&Command]),
) -> Result<(), PipelineError> {
    let Some(by) = letters.staff_member(staff) else {
        return Ok(());
    };
    let order = Order {
        by,
        facts: &case.situation.speaking.commands,
    };
    for command in commands {
        letters.carry_out(tx, ticket, command, order).await?;
    }
    Ok(())
}

/// Whether the mail asks for a prepared reply.
fn declines(act: &StaffAct) -> bool {
    act.commands
        .iter()
        .any(|command| matches!(command, Command::Decline(_)))
}

/// When a relayed answer goes out: after the delay in which it can be taken back.
pub(super) fn goes_out_at(now: DateTime<Utc>, delay_seconds: u32) -> DateTime<Utc> {
    now + TimeDelta::seconds(i64::from(delay_seconds))
}
