//! Records how attempts ended, for all dispatchers of a process together.
//!
//! Comes in: the end of each attempt. Goes out: its row's new state, committed. Whatever ends while one commit
//! runs is recorded by the next one, so that the disk is waited for once for many mails. What could not be
//! recorded stays here and is recorded first of all when the database is back; only the death of the process
//! loses it, and then the mail's lease runs out and it counts as unknown.

use std::sync::{Arc, Mutex, PoisonError};

use super::dispatcher::sent_id;
use super::outcome::DeliveryOutcome;
use super::pace::{Pace, SendingTerms};
use super::schedule::{Verdict, judge};
use super::standing::Standing;
use crate::failpoints::{self, Point};
use crate::mail::{EmailAddress, MessageId};
use crate::pipeline::{Pipeline, PipelineError};
use crate::store::Tx;
use crate::store::outbox::{self, AttemptEnd, OutboxEntry, OutboxState, SentMail};

/// Where attempts are recorded.
#[derive(Debug)]
pub struct Recorder {
    pipeline: Arc<Pipeline>,
    ended: Mutex<Vec<Ended>>,
    /// Held by whoever records.
    turn: tokio::sync::Mutex<()>,
    pub(super) standing: Standing,
    pub(super) pace: Pace,
    pub(super) copy_to: Option<EmailAddress>,
}

/// An attempt that ended.
#[derive(Debug)]
struct Ended {
    entry: OutboxEntry,
    verdict: Verdict,
    sent_as: Option<MessageId>,
    at: chrono::DateTime<chrono::Utc>,
}

impl Recorder {
    /// A recorder with nothing to record.
    pub fn new(pipeline: Arc<Pipeline>) -> Arc<Self> {
        Self::on_terms(pipeline, SendingTerms::default())
    }

    /// The same for dispatchers that together send on these terms.
    pub fn on_terms(pipeline: Arc<Pipeline>, terms: SendingTerms) -> Arc<Self> {
        Arc::new(Self {
            standing: Standing::default(),
            pace: Pace::new(&terms),
            copy_to: terms.copy_to,
            pipeline,
            ended: Mutex::default(),
            turn: tokio::sync::Mutex::default(),
        })
    }

    /// Notes the end of an attempt; [`settle`](Self::settle) makes it durable.
    pub(super) fn note(&self, entry: OutboxEntry, outcome: DeliveryOutcome, rewritten_ids: Option<&str>) {
        let at = self.pipeline.clock.now();
        let sent_as = sent_id(&outcome, rewritten_ids);
        let verdict = judge(&entry, outcome, at);
        tracing::info!(outbox = %entry.id, purpose = %entry.purpose, state = %verdict.state,
            attempts = entry.attempts, reply = verdict.reply, "delivery attempt");
        let ended = Ended {
            entry,
            verdict,
            sent_as,
            at,
        };
        self.ended().push(ended);
    }

    /// Returns when everything that was noted before is committed.
    pub(super) async fn settle(&self) -> Result<(), PipelineError> {
        if self.ended().is_empty() && self.turn.try_lock().is_ok() {
            return Ok(());
        }
        let _turn = self.turn.lock().await;
        let group = std::mem::take(&mut *self.ended());
        if group.is_empty() {
            return Ok(());
        }
        let Err(error) = self.commit(&group).await else {
            return Ok(());
        };
        tracing::warn!(%error, attempts = group.len(), "recording attempts one by one");
        self.commit_each(group).await
    }

    async fn commit_each(&self, group: Vec<Ended>) -> Result<(), PipelineError> {
        let mut result = Ok(());
        for one in group {
            if let Err(error) = self.commit(std::slice::from_ref(&one)).await {
                result = result.and(self.keep_or_shorten(one, error).await);
            }
        }
        result
    }

    /// What the database did not take is kept for the next time. Where the letters about it are what fails,
    /// the attempt itself is recorded, so that one mail does not keep the others from it.
    async fn keep_or_shorten(&self, one: Ended, error: PipelineError) -> Result<(), PipelineError> {
        if error.is_transient() {
            self.ended().push(one);
            return Err(error);
        }
        tracing::error!(outbox = %one.entry.id, %error, "nobody could be told how a delivery ended");
        let recorded = self.commit_untold(&one).await;
        if recorded.is_err() {
            self.ended().push(one);
        }
        recorded
    }

    async fn commit_untold(&self, one: &Ended) -> Result<(), PipelineError> {
        let mut tx = self.pipeline.database.begin().await?;
        outbox::mark_attempt(&mut tx, one.entry.id, &one.as_end()).await?;
        Ok(tx.commit().await?)
    }

    async fn commit(&self, group: &[Ended]) -> Result<(), PipelineError> {
        let mut tx = self.pipeline.database.begin().await?;
        let (sent, others): (Vec<_>, Vec<_>) = group
            .iter()
            .partition(|ended| ended.verdict.state == OutboxState::Sent);
        let accepted: Vec<_> = sent.iter().map(|ended| ended.as_sent()).collect();
        outbox::mark_sent(&mut tx, &accepted).await?;
        for ended in &sent {
            if let Some(id) = &ended.sent_as {
                self.pipeline.keep_sent_as(&mut tx, &ended.entry, id).await?;
            }
        }
        for ended in others {
            self.record(&mut tx, ended).await?;
        }
        failpoints::reach(Point::BeforeUpdate);
        Ok(tx.commit().await?)
    }

    async fn record(&self, tx: &mut Tx, ended: &Ended) -> Result<(), PipelineError> {
        let verdict = &ended.verdict;
        outbox::mark_attempt(tx, ended.entry.id, &ended.as_end()).await?;
        if verdict.tell {
            self.pipeline
                .tell_delivery_trouble(tx, &ended.entry, verdict.state, &verdict.reply)
                .await?;
        }
        Ok(())
    }

    fn ended(&self) -> std::sync::MutexGuard<'_, Vec<Ended>> {
        self.ended.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ended {
    fn as_end(&self) -> AttemptEnd<'_> {
        AttemptEnd {
            state: self.verdict.state,
            due_at: self.verdict.due_at,
            reply: &self.verdict.reply,
            unknown: self.verdict.unknown,
            told: self.verdict.tell,
            at: self.at,
        }
    }

    fn as_sent(&self) -> SentMail<'_> {
        SentMail {
            id: self.entry.id,
            reply: &self.verdict.reply,
            at: self.at,
        }
    }
}
