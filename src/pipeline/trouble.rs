//! Telling staff that a mail cannot be delivered (SPEC §14).

use super::holding::notice;
use super::letters::{Letters, Outgoing};
use super::writing::set_status;
use super::{Pipeline, PipelineError};
use crate::correspondence::Draft;
use crate::correspondence::staff_words::{purpose_words, state_words};
use crate::correspondence::values::AlarmValues;
use crate::registry::{Role, StaffMember};
use crate::store::outbox::{OutboxEntry, OutboxState, Purpose};
use crate::store::{Tx, registry};
use crate::ticket::{Actor, EventKind, Happening, Ticket};

impl Pipeline {
    /// Tells the people of the ticket, or the leads, and opens the ticket again when a customer's mail failed.
    pub async fn tell_delivery_trouble(
        &self,
        tx: &mut Tx,
        entry: &OutboxEntry,
        state: OutboxState,
        reply: &str,
    ) -> Result<(), PipelineError> {
        let staff = registry::list_staff(tx).await?;
        let letters = Letters {
            pipeline: self,
            now: self.clock.now(),
            staff: &staff,
            cause: None,
            fresh: None,
        };
        let to_customer = entry.purpose.is_to_customer();
        let mut ticket = match entry.ticket_id {
            Some(id) => Some(letters.ticket(tx, id).await?),
            None => None,
        };
        if let Some(ticket) = ticket.as_mut().filter(|_| to_customer) {
            let detail = format!("{} to {}: {state}: {reply}", entry.purpose, entry.recipient);
            letters
                .keep_event(tx, ticket, (Actor::System, EventKind::DeliveryFailed), detail)
                .await?;
            if state == OutboxState::Failed {
                let status = ticket.status.after(Happening::AnswerBounced);
                set_status(&letters, tx, ticket, status, Actor::System).await?;
            }
        }
        // An alarm about an alarm that cannot be delivered would only go the same way; it is in the log.
        // A mail to ourselves that does not go is told by the probe that does not arrive.
        if matches!(
            entry.purpose,
            Purpose::Alarm | Purpose::HeldNotice | Purpose::SelfProbe
        ) {
            return Ok(());
        }
        letters.alarm(tx, entry, ticket.as_ref(), (state, reply)).await
    }
}

impl Letters<'_> {
    async fn alarm(
        &self,
        tx: &mut Tx,
        entry: &OutboxEntry,
        ticket: Option<&Ticket>,
        (state, reply): (OutboxState, &str),
    ) -> Result<(), PipelineError> {
        let language = self.pipeline.settings.staff_language;
        let values = AlarmValues {
            mark: self.mark(),
            number: ticket.map(|ticket| self.number(ticket)),
            recipient: entry.recipient.to_string(),
            purpose: purpose_words(language, entry.purpose.as_str()).to_owned(),
            subject: entry.subject.clone(),
            state: state_words(language, state.as_str()).to_owned(),
            reply: reply.to_owned(),
            attempts: entry.attempts,
        };
        let subject = self
            .pipeline
            .templates
            .render(language, "alarm.subject", &values)?;
        let text = self.pipeline.templates.render(language, "alarm.txt", &values)?;
        for member in told(self.staff, ticket, entry) {
            let Some(address) = member.addresses.first() else {
                continue;
            };
            let outgoing = Outgoing {
                purpose: Purpose::Alarm,
                ticket: entry.ticket_id,
                mail: entry.mail_id,
                draft: Draft {
                    references: entry
                        .ticket_id
                        .and_then(|id| self.thread_root(id))
                        .into_iter()
                        .collect(),
                    ..notice(self, member, subject.clone(), text.clone())
                },
                recipients: std::slice::from_ref(address),
                due_at: self.now,
            };
            self.queue(tx, outgoing).await?;
        }
        Ok(())
    }
}

/// Trouble with a customer's mail: the assignee, else the desk. Trouble with a mail to staff: the leads.
/// Never the address that does not work.
fn told<'a>(staff: &'a [StaffMember], ticket: Option<&Ticket>, entry: &OutboxEntry) -> Vec<&'a StaffMember> {
    let to_customer = entry.purpose.is_to_customer();
    let wanted = |member: &&StaffMember| match (to_customer, ticket) {
        (true, Some(ticket)) => match ticket.assignee {
            Some(serial) => member.serial == serial,
            None => member.desks.contains(&ticket.desk),
        },
        (true, None) | (false, _) => matches!(member.role, Role::Lead | Role::Admin),
    };
    staff
        .iter()
        .filter(|member| member.is_enabled() && !member.addresses.contains(&entry.recipient))
        .filter(wanted)
        .collect()
}
