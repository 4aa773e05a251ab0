//! Where a machine answers us on a ticket (SPEC §5, R11): the ticket falls quiet for a day, one alarm says so,
//! and nothing automatic is queued on it. Comes in: a ticket to which a mail was just added. Goes out: rows
//! and at most one alarm. It must never keep a mail from being stored, nor a person's answer from going out.

use super::PipelineError;
use super::holding::notice;
use super::letters::{Letters, Outgoing};
use crate::correspondence::Draft;
use crate::correspondence::letter::instant_words;
use crate::correspondence::list_values::QuietValues;
use crate::inquiry::duty_roster::calls_out;
use crate::inquiry::ping_pong::{QUIET_FOR, is_ping_pong};
use crate::store::outbox::Purpose;
use crate::store::{Tx, quiet, tickets};
use crate::ticket::{Actor, EventKind, Ticket};

impl Letters<'_> {
    /// Makes a ticket quiet on which a machine answers.
    pub(super) async fn watch_exchange(&self, tx: &mut Tx, ticket: &Ticket) -> Result<(), PipelineError> {
        if quiet::is_quiet(tx, ticket.id, self.now).await? {
            return Ok(());
        }
        let (inbound, sent) = quiet::list_exchange(tx, ticket.id, self.now - QUIET_FOR).await?;
        if !is_ping_pong(&inbound, &sent, self.now) {
            return Ok(());
        }
        let until = self.now + QUIET_FOR;
        quiet::insert_quiet(tx, ticket.id, until).await?;
        let language = self.pipeline.settings.staff_language;
        let until = instant_words(language, until);
        let detail = format!("a machine seems to answer: nothing automatic until {until}");
        let machine = (Actor::System, EventKind::MachineWrote);
        self.keep_event(tx, ticket, machine, detail).await?;
        let values = QuietValues {
            mark: self.mark(),
            number: self.number(ticket),
            author: ticket.author.to_string(),
            subject: ticket.subject.clone(),
            until,
        };
        let templates = &self.pipeline.templates;
        let subject = templates.render(language, "ping-pong.subject", &values)?;
        let text = templates.render(language, "ping-pong.txt", &values)?;
        let policy = self.pipeline.policy();
        for member in policy
            .duty
            .told((ticket.desk, ticket.assignee), self.now, self.staff)
        {
            let Some(address) = member.addresses.first() else {
                continue;
            };
            let alarm = Outgoing {
                purpose: Purpose::Alarm,
                ticket: Some(ticket.id),
                mail: self.cause.map(|case| case.stored.id),
                draft: Draft {
                    references: self.thread_root(ticket.id).into_iter().collect(),
                    ..notice(self, member, subject.clone(), text.clone())
                },
                recipients: std::slice::from_ref(address),
                due_at: self.now,
            };
            self.queue(tx, alarm).await?;
        }
        Ok(())
    }

    /// Whether a mail is not sent because a machine would answer it. On a ticket that people are called for,
    /// they are told all the same: a person may write as fast as a machine while a system is down.
    pub(super) async fn is_stopped(&self, tx: &mut Tx, out: &Outgoing<'_>) -> Result<bool, PipelineError> {
        let Some(id) = out.ticket.filter(|_| out.purpose.is_automatic()) else {
            return Ok(false);
        };
        if self.fresh == Some(id) || !quiet::is_quiet(tx, id, self.now).await? {
            return Ok(false);
        }
        let ticket = tickets::find_ticket(tx, id).await?;
        let urgent = ticket.is_some_and(|ticket| calls_out(ticket.severity));
        Ok(out.purpose.is_to_customer() || !urgent)
    }
}
