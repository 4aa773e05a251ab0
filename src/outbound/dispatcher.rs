//! Sends what lies in the outbox. Comes in: due rows, claimed and committed before SMTP begins. Goes out:
//! one attempt each, and its end recorded. It must not compose or change a mail.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;

use super::conversation::{SmtpConversation, SmtpSettings};
use super::error::SmtpError;
use super::outcome::DeliveryOutcome;
use super::rewritten_id::{rewritten_id, rewritten_id_domain};
use super::schedule::judge;
use crate::mail::MessageId;
use crate::pipeline::{Pipeline, PipelineError};
use crate::store::outbox::{self, AttemptEnd, OutboxEntry};

/// Mails claimed at a time: few enough that a lease covers all their time limits.
const BATCH: i64 = 16;

/// How long a claim counts. Whoever has not answered by then is gone: it is above the sum of the time
/// limits of a whole batch on a server that answers at all.
const LEASE: TimeDelta = TimeDelta::minutes(30);

/// One worker with at most one connection.
#[derive(Debug)]
pub struct Dispatcher {
    pipeline: Arc<Pipeline>,
    settings: SmtpSettings,
    /// Domain of the identifiers that the server writes over ours.
    rewritten_ids: Option<String>,
    connection: Option<SmtpConversation>,
}

impl Dispatcher {
    /// A worker that is not connected yet.
    pub fn new(pipeline: Arc<Pipeline>, settings: SmtpSettings) -> Self {
        Self {
            pipeline,
            rewritten_ids: rewritten_id_domain(&settings.host),
            settings,
            connection: None,
        }
    }

    /// The same for a server that writes identifiers of this domain over ours.
    #[must_use]
    pub fn with_rewritten_ids(mut self, domain: &str) -> Self {
        self.rewritten_ids = Some(domain.to_owned());
        self
    }

    /// Sends the mails that are due now; returns how many attempts were made.
    pub async fn step(&mut self) -> Result<usize, PipelineError> {
        let now = self.pipeline.clock.now();
        let mut tx = self.pipeline.database.begin().await?;
        let gone = outbox::list_expired_leases(&mut tx, now).await?;
        let claimed = outbox::claim_outbox(&mut tx, now, now + LEASE, BATCH).await?;
        let claims = self.pipeline.count_claim(&mut tx, &claimed).await?;
        tx.commit().await?;
        self.pipeline.keep_sent_mark(claims);
        for entry in &gone {
            let why = "the attempt was interrupted; whether it was accepted is not known".to_owned();
            self.finish(entry, DeliveryOutcome::Unknown { why }).await?;
        }
        for entry in &claimed {
            let outcome = self.attempt(entry).await;
            self.finish(entry, outcome).await?;
        }
        if claimed.is_empty() {
            self.hang_up().await;
        }
        Ok(claimed.len().saturating_add(gone.len()))
    }

    /// When there is something to do again at the latest.
    pub async fn next_due_in(&self) -> Result<Duration, PipelineError> {
        /// Rows that other processes write are found within this time.
        const LONGEST: Duration = Duration::from_secs(5);
        let mut tx = self.pipeline.database.read().await?;
        let due = outbox::find_next_due(&mut tx).await?;
        let wait = due.map(|due| (due - self.pipeline.clock.now()).to_std().unwrap_or_default());
        Ok(wait.unwrap_or(LONGEST).min(LONGEST))
    }

    async fn attempt(&mut self, entry: &OutboxEntry) -> DeliveryOutcome {
        let mut connection = match self.connected().await {
            Ok(connection) => connection,
            Err(error) => return unreachable(&error),
        };
        let outcome = connection
            .deliver(Some(&entry.sender), &entry.recipient, &entry.bytes)
            .await;
        if connection.is_usable() {
            self.connection = Some(connection);
        }
        outcome
    }

    /// The open connection where the server is still there, else a new one.
    async fn connected(&mut self) -> Result<SmtpConversation, SmtpError> {
        if let Some(mut connection) = self.connection.take()
            && connection.reset().await
        {
            return Ok(connection);
        }
        SmtpConversation::connect(&self.settings).await
    }

    async fn finish(&self, entry: &OutboxEntry, outcome: DeliveryOutcome) -> Result<(), PipelineError> {
        let now = self.pipeline.clock.now();
        let sent_as = self.sent_as(&outcome);
        let verdict = judge(entry, outcome, now);
        tracing::info!(outbox = %entry.id, purpose = %entry.purpose, state = %verdict.state,
            attempts = entry.attempts, reply = verdict.reply, "delivery attempt");
        let mut tx = self.pipeline.database.begin().await?;
        let end = AttemptEnd {
            state: verdict.state,
            due_at: verdict.due_at,
            reply: &verdict.reply,
            unknown: verdict.unknown,
            told: verdict.tell,
            at: now,
        };
        outbox::mark_attempt(&mut tx, entry.id, &end).await?;
        if let Some(id) = sent_as {
            self.pipeline.keep_sent_as(&mut tx, entry, &id).await?;
        }
        if verdict.tell {
            self.pipeline
                .tell_delivery_trouble(&mut tx, entry, verdict.state, &verdict.reply)
                .await?;
        }
        Ok(tx.commit().await?)
    }

    /// The identifier under which the recipient knows the mail, where it is not ours.
    fn sent_as(&self, outcome: &DeliveryOutcome) -> Option<MessageId> {
        match (outcome, &self.rewritten_ids) {
            (DeliveryOutcome::Accepted { reply }, Some(domain)) => rewritten_id(domain, reply),
            _ => None,
        }
    }

    /// Says goodbye to the server; what it answers does not matter any more.
    pub async fn hang_up(&mut self) {
        if let Some(connection) = self.connection.take() {
            connection.quit().await;
        }
    }
}

/// No mail is refused because of the connection: a wrong password is put right by a person.
fn unreachable(error: &SmtpError) -> DeliveryOutcome {
    DeliveryOutcome::Deferred {
        why: error.to_string(),
    }
}
