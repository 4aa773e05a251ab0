//! What the passing of time causes (SPEC §1, §11): reminders, calls, closings. Comes in: the clock. Goes out:
//! events and queued mails, one transaction a ticket, in which the ticket is locked and every reminder
//! claimed. The loop is the caller's: `loop { step().await; wait }`; tests call the same step.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::letters::Letters;
use super::ticking::CUSTOMER_REMINDED;
use super::writing::set_status;
use super::{Pipeline, PipelineError};
use crate::inquiry::Policy;
use crate::inquiry::response_clock::{Standing, Task};
use crate::registry::StaffMember;
use crate::store::clocks::{self, StoredReminder};
use crate::store::{Tx, budgets, registry, tickets};
use crate::ticket::{Actor, Ticket, TicketStatus};

/// Tickets looked at in one step; the next step follows at once while more are due.
const TICKETS_A_STEP: i64 = 50;

/// Things one ticket can have due at once; a bound, so that no fault can turn round for ever.
const TASKS_A_TICKET: usize = 6;

/// A ticket that failed is looked at again after this, so that it holds up no other.
const AFTER_FAILURE: TimeDelta = TimeDelta::minutes(5);

/// The clock is asked at least this often, for what another process has written.
const LONGEST_REST: Duration = Duration::from_secs(30);

/// Old acknowledgements are forgotten this often: a day's more of them slow no count down.
const FORGETS_EVERY: TimeDelta = TimeDelta::days(1);

/// Does what time asks for.
#[derive(Debug)]
pub struct Timekeeper {
    pipeline: Arc<Pipeline>,
    /// The hours and targets that all clocks are set by.
    adopted: Mutex<Option<Arc<Policy>>>,
    /// When what no budget counts any more was last forgotten.
    forgot_at: Mutex<Option<DateTime<Utc>>>,
}

impl Timekeeper {
    /// A timekeeper for a desk; it has looked at nothing yet.
    pub fn new(pipeline: Arc<Pipeline>) -> Self {
        Self {
            pipeline,
            adopted: Mutex::new(None),
            forgot_at: Mutex::new(None),
        }
    }

    /// Looks at the tickets whose time has come, and at what is sent in bundles and lists; returns how much
    /// there was.
    pub async fn step(&self) -> Result<usize, PipelineError> {
        self.adopt_policy().await?;
        self.forget_acknowledgements().await?;
        let now = self.pipeline.clock.now();
        let mut tx = self.pipeline.database.read().await?;
        let due = clocks::list_due_clocks(&mut tx, now, TICKETS_A_STEP).await?;
        let staff = registry::list_staff(&mut tx).await?;
        tx.commit().await?;
        for id in &due {
            if let Err(error) = self.look_at(*id, &staff).await {
                tracing::error!(ticket = %id, %error, "what time asks for could not be done");
                self.put_off(*id).await?;
            }
        }
        let bundles = self.pipeline.send_bundles(&staff).await?;
        let lists = self.pipeline.send_lists(&staff).await?;
        Ok(due.len().saturating_add(bundles).saturating_add(lists))
    }

    /// Forgets acknowledgements that no budget counts any more.
    async fn forget_acknowledgements(&self) -> Result<(), PipelineError> {
        let now = self.pipeline.clock.now();
        {
            let mut forgot = self.forgot_at.lock().unwrap_or_else(PoisonError::into_inner);
            if forgot.is_some_and(|at| now - at < FORGETS_EVERY) {
                return Ok(());
            }
            *forgot = Some(now);
        }
        let mut tx = self.pipeline.database.begin().await?;
        budgets::delete_acknowledgements(&mut tx, now - budgets::LONGEST_WINDOW).await?;
        Ok(tx.commit().await?)
    }

    /// How long nothing comes due.
    pub async fn next_due_in(&self) -> Result<Duration, PipelineError> {
        let mut tx = self.pipeline.database.read().await?;
        let next = clocks::find_next_look(&mut tx).await?;
        let left = next.map(|at| (at - self.pipeline.clock.now()).to_std().unwrap_or_default());
        Ok(left.unwrap_or(LONGEST_REST).min(LONGEST_REST))
    }

    /// Hours or targets that differ from those the clocks were set by have every open ticket looked at.
    async fn adopt_policy(&self) -> Result<(), PipelineError> {
        let policy = self.pipeline.policy();
        let known = {
            let adopted = self.adopted.lock().unwrap_or_else(PoisonError::into_inner);
            adopted.as_ref().is_some_and(|known| Arc::ptr_eq(known, &policy))
        };
        if known {
            return Ok(());
        }
        let mut tx = self.pipeline.database.begin().await?;
        if clocks::note_clock_policy(&mut tx, fingerprint(&policy)).await? {
            let tickets = clocks::revive_clocks(&mut tx, self.pipeline.clock.now()).await?;
            tracing::info!(
                tickets,
                "hours or targets have changed: open tickets are looked at"
            );
        }
        tx.commit().await?;
        *self.adopted.lock().unwrap_or_else(PoisonError::into_inner) = Some(policy);
        Ok(())
    }

    async fn look_at(&self, id: Uuid, staff: &[StaffMember]) -> Result<(), PipelineError> {
        let mut tx = self.pipeline.database.begin().await?;
        let letters = Letters {
            pipeline: &self.pipeline,
            now: self.pipeline.clock.now(),
            staff,
            cause: None,
            fresh: None,
        };
        if let Some(mut ticket) = tickets::lock_ticket(&mut tx, id).await? {
            for _ in 0..TASKS_A_TICKET {
                if !letters.do_what_is_due(&mut tx, &mut ticket).await? {
                    break;
                }
            }
            if let Some(clock) = clocks::find_clock(&mut tx, id).await? {
                letters.wind(&mut tx, &ticket, clock).await?;
            }
        }
        Ok(tx.commit().await?)
    }

    async fn put_off(&self, id: Uuid) -> Result<(), PipelineError> {
        let mut tx = self.pipeline.database.begin().await?;
        if let Some(mut clock) = clocks::find_clock(&mut tx, id).await? {
            clock.look_at = Some(self.pipeline.clock.now() + AFTER_FAILURE);
            clocks::put_clock(&mut tx, &clock).await?;
        }
        Ok(tx.commit().await?)
    }
}

impl Letters<'_> {
    /// Does the first thing that is due; `false` where nothing is.
    async fn do_what_is_due(&self, tx: &mut Tx, ticket: &mut Ticket) -> Result<bool, PipelineError> {
        let Some(clock) = clocks::find_clock(tx, ticket.id).await? else {
            return Ok(false);
        };
        let policy = self.pipeline.policy();
        let standing = self.standing(tx, ticket, &clock).await?;
        let agenda = standing.agenda(self.now, &policy.response, &policy.calendar);
        match agenda.due.first() {
            None => Ok(false),
            Some(Task::RemindStaff(reminder)) => self.remind_staff(tx, ticket, (*reminder, &standing)).await,
            Some(Task::CallLine(line)) => self.call_line(tx, ticket, (*line, &standing)).await,
            Some(Task::RemindCustomer) => self.remind_customer(tx, ticket, &standing).await,
            Some(Task::CloseUnanswered) => {
                set_status(self, tx, ticket, TicketStatus::Closed, Actor::System).await?;
                if self.has_written_openly(tx, ticket).await? {
                    self.tell_closed(tx, ticket, standing.since).await?;
                }
                Ok(true)
            }
            Some(Task::CloseAnswered) => {
                set_status(self, tx, ticket, TicketStatus::Closed, Actor::System).await?;
                Ok(true)
            }
        }
    }

    async fn remind_customer(
        &self,
        tx: &mut Tx,
        ticket: &Ticket,
        standing: &Standing,
    ) -> Result<bool, PipelineError> {
        let reminder = StoredReminder {
            kind: CUSTOMER_REMINDED.to_owned(),
            since: standing.since,
            told_at: self.now,
        };
        if !clocks::claim_reminder(tx, ticket.id, &reminder).await? {
            return Ok(false);
        }
        if self.has_written_openly(tx, ticket).await? {
            let policy = self.pipeline.policy();
            let afterwards = Standing {
                customer_reminded_at: Some(self.now),
                ..standing.clone()
            };
            let agenda = afterwards.agenda(self.now, &policy.response, &policy.calendar);
            let closes = agenda.look_at.unwrap_or(self.now);
            self.remind_author(tx, ticket, (standing.since, closes)).await?;
        }
        Ok(true)
    }
}

/// Tells one set of hours, targets and closures from another, the same in every process.
fn fingerprint(policy: &Policy) -> i64 {
    let mut hasher = DefaultHasher::new();
    format!("{:?} {:?} {:?}", policy.response, policy.calendar, policy.duty).hash(&mut hasher);
    hasher.finish().cast_signed()
}
