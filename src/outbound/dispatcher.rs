//! Sends what lies in the outbox. Comes in: due rows, claimed and committed before SMTP begins. Goes out:
//! one attempt each, and its end recorded. It must not compose or change a mail.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use uuid::Uuid;

use super::conversation::{NotReady, SmtpConversation, SmtpSettings};
use super::error::SmtpError;
use super::outcome::DeliveryOutcome;
use super::recorder::Recorder;
use super::rewritten_id::{rewritten_id, rewritten_id_domain};
use crate::failpoints::{self, Point};
use crate::mail::MessageId;
use crate::pipeline::{Pipeline, PipelineError};
use crate::store::outbox::{self, OutboxEntry};

/// Mails claimed at a time: few enough that a lease covers all their time limits.
pub(super) const BATCH: i64 = 16;

/// How long a claim counts. Whoever has not answered by then is gone: it is above the sum of the time
/// limits of a whole batch on a server that answers at all.
pub(super) const LEASE: TimeDelta = TimeDelta::minutes(30);

/// One worker with at most one connection.
#[derive(Debug)]
pub struct Dispatcher {
    pipeline: Arc<Pipeline>,
    settings: SmtpSettings,
    /// Domain of the identifiers that the server writes over ours.
    rewritten_ids: Option<String>,
    connection: Option<SmtpConversation>,
    recorder: Arc<Recorder>,
    /// Mails that were claimed and not tried, because the database had failed meanwhile.
    untried: Vec<Uuid>,
}

impl Dispatcher {
    /// A worker that is not connected yet.
    pub fn new(pipeline: Arc<Pipeline>, settings: SmtpSettings) -> Self {
        Self {
            recorder: Recorder::new(Arc::clone(&pipeline)),
            pipeline,
            rewritten_ids: rewritten_id_domain(&settings.host),
            settings,
            connection: None,
            untried: Vec::new(),
        }
    }

    /// The same for a server that writes identifiers of this domain over ours.
    #[must_use]
    pub fn with_rewritten_ids(mut self, domain: &str) -> Self {
        self.rewritten_ids = Some(domain.to_owned());
        self
    }

    /// The same, recording together with others.
    #[must_use]
    pub fn with_recorder(mut self, recorder: Arc<Recorder>) -> Self {
        self.recorder = recorder;
        self
    }

    /// Where rows and clock are.
    pub fn pipeline(&self) -> &Pipeline {
        &self.pipeline
    }

    /// Sends the mails that are due now; returns how many attempts were made.
    pub async fn step(&mut self) -> Result<usize, PipelineError> {
        #[cfg(feature = "failpoints")]
        if failpoints::has(failpoints::Fault::CommitAfterSend) {
            return self.step_recording_afterwards().await;
        }
        self.recorder.settle().await?;
        let now = self.pipeline.clock.now();
        let mut tx = self.pipeline.database.begin().await?;
        outbox::give_back(&mut tx, &self.untried).await?;
        let gone = outbox::take_abandoned(&mut tx, now, now + LEASE).await?;
        let claimed = outbox::claim_outbox(&mut tx, now, now + LEASE, BATCH).await?;
        let claims = self.pipeline.count_claim(&mut tx, &claimed).await?;
        tx.commit().await?;
        self.pipeline.keep_sent_mark(claims);
        if !claimed.is_empty() {
            failpoints::reach(Point::AfterClaim);
        }
        self.untried.clear();
        let attempts = claimed.len().saturating_add(gone.len());
        for entry in gone {
            let why = "the attempt was interrupted; whether it was accepted is not known".to_owned();
            self.note(entry, DeliveryOutcome::Unknown { why });
        }
        if claimed.is_empty() {
            self.hang_up().await;
        }
        self.send_all(claimed).await?;
        self.recorder.settle().await?;
        Ok(attempts)
    }

    /// Sends mails one after the other. While the server is prepared for one, the end of the one before is
    /// recorded, and only then the next goes over: a process that dies leaves one mail a connection in doubt.
    async fn send_all(&mut self, claimed: Vec<OutboxEntry>) -> Result<(), PipelineError> {
        let mut left = claimed.into_iter();
        let mut recording = Recording::done();
        while let Some(entry) = left.next() {
            let Ok(outcome) = self.attempt(&entry, &mut recording).await else {
                self.untried.push(entry.id);
                self.untried.extend(left.map(|entry| entry.id));
                return recording.result();
            };
            self.note(entry, outcome);
            recording = Recording::begin(&self.recorder);
        }
        recording.wait().await;
        recording.result()
    }

    /// Makes what was noted durable.
    #[cfg(feature = "failpoints")]
    pub(super) async fn settle(&self) -> Result<(), PipelineError> {
        self.recorder.settle().await
    }

    pub(super) fn note(&self, entry: OutboxEntry, outcome: DeliveryOutcome) {
        self.recorder.note(entry, outcome, self.rewritten_ids.as_deref());
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

    pub(super) async fn attempt(
        &mut self,
        entry: &OutboxEntry,
        recording: &mut Recording,
    ) -> Result<DeliveryOutcome, NotReady> {
        #[cfg(feature = "failpoints")]
        let entry = &super::faulty::reidentified(entry);
        let mut open = self.connection.take();
        loop {
            let used = open.is_some();
            let mut connection = match open.take() {
                Some(connection) => connection,
                None => match SmtpConversation::connect(&self.settings).await {
                    Ok(connection) => connection,
                    Err(error) => return Ok(unreachable(&error)),
                },
            };
            let ready = async {
                recording.wait().await;
                recording.is_recorded()
            };
            let envelope = (Some(&entry.sender), &entry.recipient);
            let outcome = connection.deliver_when(envelope, &entry.bytes, ready).await?;
            match outcome {
                // A server may leave whenever nobody speaks to it; that is no trouble of the mail.
                None if used => {}
                None => {
                    let why = "the server left before it was spoken to".to_owned();
                    return Ok(DeliveryOutcome::Deferred { why });
                }
                Some(outcome) => {
                    self.connection = Some(connection).filter(SmtpConversation::is_usable);
                    return Ok(outcome);
                }
            }
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

/// The identifier under which the recipient knows a mail, where it is not ours.
pub(super) fn sent_id(outcome: &DeliveryOutcome, rewritten_ids: Option<&str>) -> Option<MessageId> {
    match (outcome, rewritten_ids) {
        (DeliveryOutcome::Accepted { reply }, Some(domain)) => rewritten_id(domain, reply),
        _ => None,
    }
}

/// The recording of the attempt before, under way beside the next one.
#[derive(Debug)]
pub(super) enum Recording {
    UnderWay(tokio::task::JoinHandle<Result<(), PipelineError>>),
    Over(Result<(), PipelineError>),
}

impl Recording {
    pub(super) const fn done() -> Self {
        Self::Over(Ok(()))
    }

    fn begin(recorder: &Arc<Recorder>) -> Self {
        let recorder = Arc::clone(recorder);
        Self::UnderWay(tokio::spawn(async move { recorder.settle().await }))
    }

    async fn wait(&mut self) {
        if let Self::UnderWay(task) = self {
            // A panic in recording leaves the attempt with the recorder's next turn, or with its lease.
            let result = task.await.unwrap_or_else(|_| Err(PipelineError::Interrupted));
            *self = Self::Over(result);
        }
    }

    const fn is_recorded(&self) -> bool {
        matches!(self, Self::Over(Ok(())))
    }

    fn result(self) -> Result<(), PipelineError> {
        match self {
            Self::Over(result) => result,
            Self::UnderWay(_) => Err(PipelineError::Interrupted),
        }
    }
}
