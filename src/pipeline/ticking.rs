//! A ticket's clock as things happen to it (SPEC §11). Comes in: a ticket whose status was set, or that was
//! answered. Goes out: the row that says since when the customer waits, what of it does not count, and when
//! time itself has to be looked at. What time then causes is in `timekeeping`.

use super::PipelineError;
use super::letters::Letters;
use crate::inquiry::response_clock::{Call, Pause, Reminder, Response, Standing, Waiting};
use crate::store::clocks::{self, StoredReminder, TicketClock};
use crate::store::{Tx, tickets};
use crate::ticket::{Desk, Ticket, TicketStatus};

/// Kind of the reminder of a customer in `reminders`.
pub(super) const CUSTOMER_REMINDED: &str = "customer";

/// Kind of a reminder of staff: a desk is reminded of its own waits only.
pub(super) fn reminder_kind(reminder: Reminder, desk: Desk) -> String {
    format!("{reminder}@{desk}")
}

/// Kind of a call to an on-call line.
pub(super) fn call_kind(line: usize, desk: Desk) -> String {
    format!("line-{line}@{desk}")
}

impl Letters<'_> {
    /// Starts the clock of a new ticket.
    pub(super) async fn start_clock(&self, tx: &mut Tx, ticket: &Ticket) -> Result<(), PipelineError> {
        let policy = self.pipeline.policy();
        let mut clock = self.fresh_clock(ticket);
        clock.waiting_since = Some(self.now);
        // Nothing can have been told or paused yet, so nothing is read.
        let standing = Standing {
            waiting: Some(waiting(ticket, &clock, self.now)),
            ..bare(ticket, &clock)
        };
        let agenda = standing.agenda(self.now, &policy.response, &policy.calendar);
        clock.look_at = agenda.next_look(self.now);
        Ok(clocks::put_clock(tx, &clock).await?)
    }

    /// An answer went out: the customer's wait is over, and silence counts from now.
    pub(super) async fn end_wait(&self, tx: &mut Tx, ticket: &Ticket) -> Result<(), PipelineError> {
        clocks::forget_pauses(tx, ticket.id).await?;
        let known = clocks::find_clock(tx, ticket.id).await?;
        let clock = TicketClock {
            status_since: self.now,
            waiting_since: None,
            ..known.unwrap_or_else(|| self.fresh_clock(ticket))
        };
        Ok(clocks::put_clock(tx, &clock).await?)
    }

    /// Follows a ticket to the status it has now.
    pub(super) async fn follow_status(
        &self,
        tx: &mut Tx,
        ticket: &Ticket,
        before: TicketStatus,
    ) -> Result<(), PipelineError> {
        let known = clocks::find_clock(tx, ticket.id).await?;
        let mut clock = known.unwrap_or_else(|| self.fresh_clock(ticket));
        if before != ticket.status {
            clock.status_since = self.now;
        }
        match ticket.status {
            TicketStatus::New | TicketStatus::AwaitingAccount | TicketStatus::Open => {
                clocks::end_pause(tx, ticket.id, self.now).await?;
                if clock.waiting_since.is_none() {
                    clock.waiting_since = Some(self.now);
                    clock.is_first = ticket.answered_at.is_none();
                }
            }
            TicketStatus::PendingCustomer | TicketStatus::Escalated => {
                if clock.waiting_since.is_some() {
                    clocks::begin_pause(tx, ticket.id, self.now).await?;
                }
            }
            TicketStatus::Answered | TicketStatus::Closed => {
                clocks::forget_pauses(tx, ticket.id).await?;
                clock.waiting_since = None;
            }
        }
        self.wind(tx, ticket, clock).await
    }

    /// Writes the clock with the instant at which it must be looked at.
    pub(super) async fn wind(
        &self,
        tx: &mut Tx,
        ticket: &Ticket,
        mut clock: TicketClock,
    ) -> Result<(), PipelineError> {
        let policy = self.pipeline.policy();
        let standing = self.standing(tx, ticket, &clock).await?;
        let agenda = standing.agenda(self.now, &policy.response, &policy.calendar);
        clock.look_at = agenda.next_look(self.now);
        Ok(clocks::put_clock(tx, &clock).await?)
    }

    fn fresh_clock(&self, ticket: &Ticket) -> TicketClock {
        TicketClock {
            ticket_id: ticket.id,
            status_since: self.now,
            waiting_since: None,
            is_first: ticket.answered_at.is_none(),
            look_at: None,
        }
    }

    /// The ticket as the passing of time sees it.
    pub(super) async fn standing(
        &self,
        tx: &mut Tx,
        ticket: &Ticket,
        clock: &TicketClock,
    ) -> Result<Standing, PipelineError> {
        let mut standing = bare(ticket, clock);
        match (ticket.status, clock.waiting_since) {
            (TicketStatus::PendingCustomer, _) => {
                let told = clocks::list_reminders(tx, ticket.id, clock.status_since).await?;
                let reminder = told.iter().find(|one| one.kind == CUSTOMER_REMINDED);
                standing.customer_reminded_at = reminder.map(|one| one.told_at);
            }
            (_, Some(since)) => {
                let told = clocks::list_reminders(tx, ticket.id, since).await?;
                let was_told = |reminder| {
                    told.iter()
                        .any(|one| one.kind == reminder_kind(reminder, ticket.desk))
                };
                standing.reminded = [Reminder::Breached, Reminder::Approaching]
                    .into_iter()
                    .find(|reminder| was_told(*reminder));
                standing.call = self.unanswered_call(tx, ticket, &told).await?;
                standing.waiting = Some(self.waiting(tx, ticket, clock, since).await?);
            }
            (_, None) => {}
        }
        Ok(standing)
    }

    async fn waiting(
        &self,
        tx: &mut Tx,
        ticket: &Ticket,
        clock: &TicketClock,
        since: chrono::DateTime<chrono::Utc>,
    ) -> Result<Waiting, PipelineError> {
        let pauses = clocks::list_pauses(tx, ticket.id).await?;
        let pauses = pauses.into_iter().map(|pause| Pause {
            from: pause.from,
            until: pause.until,
        });
        Ok(Waiting {
            pauses: pauses.collect(),
            ..waiting(ticket, clock, since)
        })
    }

    /// The last call of the ticket's desk, where a further line is left and nobody of the desk has done
    /// anything on the ticket since.
    async fn unanswered_call(
        &self,
        tx: &mut Tx,
        ticket: &Ticket,
        told: &[StoredReminder],
    ) -> Result<Option<Call>, PipelineError> {
        let policy = self.pipeline.policy();
        let call_to = |line: usize| {
            let call = told.iter().find(|one| one.kind == call_kind(line, ticket.desk));
            call.map(|call| Call {
                line,
                at: call.told_at,
            })
        };
        let lines = (0_usize..).take_while(|line| policy.duty.on_call(ticket.desk, *line).is_some());
        let Some(call) = lines.filter_map(call_to).last() else {
            return Ok(None);
        };
        if policy
            .duty
            .on_call(ticket.desk, call.line.saturating_add(1))
            .is_none()
        {
            return Ok(None);
        }
        let events = tickets::list_events(tx, ticket.id).await?;
        let by_the_desk = |actor: &str| actor.starts_with("staff:") || actor == "operator";
        let answered = events
            .iter()
            .any(|event| event.at > call.at && by_the_desk(&event.actor));
        Ok((!answered).then_some(call))
    }
}

fn bare(ticket: &Ticket, clock: &TicketClock) -> Standing {
    Standing {
        status: ticket.status,
        since: clock.status_since,
        waiting: None,
        reminded: None,
        call: None,
        customer_reminded_at: None,
    }
}

fn waiting(ticket: &Ticket, clock: &TicketClock, since: chrono::DateTime<chrono::Utc>) -> Waiting {
    Waiting {
        category: ticket.category,
        severity: ticket.severity,
        response: if clock.is_first {
            Response::First
        } else {
            Response::Next
        },
        since,
        pauses: Vec::new(),
    }
}
