//! Sends what lies in the outbox. Comes in: due rows, claimed and committed before SMTP begins. Goes out:
//! one attempt each, and its end recorded. It must not compose or change a mail.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::conversation::{NotReady, SmtpConversation, SmtpSettings};
use super::error::SmtpError;
use super::outcome::DeliveryOutcome;
use super::recorder::Recorder;
use super::rewritten_id::{rewritten_id, rewritten_id_domain};
use super::standing::Leave;
use crate::failpoints::{self, Point};
use crate::mail::MessageId;
use crate::pipeline::{Pipeline, PipelineError};
use crate::store::outbox::{self, OutboxEntry};
use crate::store::{Tx, outages};

/// Mails claimed at a time: few enough that a lease covers all their time limits.
pub(super) const BATCH: i64 = 16;

/// How long a claim counts. Whoever has not answered by then is gone: it is above the sum of the time
/// limits of a whole batch on a server that answers at all.
pub(super) const LEASE: TimeDelta = TimeDelta::minutes(30);

/// How long a server that cannot be reached is left alone, at first and at the longest.
const FIRST_AWAY: TimeDelta = TimeDelta::seconds(10);
const LONGEST_AWAY: TimeDelta = TimeDelta::seconds(60);

/// The alarm that the server does not let the desk send; it cannot be told by mail.
const SENDING_REFUSED: &str = "sending-refused";

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
    away: Option<Away>,
    /// Whether the server has taken a mail in this step.
    accepted: bool,
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
            away: None,
            accepted: false,
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
        let Some(limit) = self.may_claim(now) else {
            return Ok(0);
        };
        let mut tx = self.pipeline.database.begin().await?;
        outbox::give_back(&mut tx, &self.untried).await?;
        let gone = outbox::take_abandoned(&mut tx, now, now + LEASE).await?;
        let claimed = outbox::claim_outbox(&mut tx, now, now + LEASE, limit).await?;
        let claimed = self.keep_pace(&mut tx, claimed, now).await?;
        let claims = self.pipeline.count_claim(&mut tx, &claimed).await?;
        tx.commit().await?;
        self.pipeline.keep_sent_mark(claims);
        if !claimed.is_empty() {
            failpoints::reach(Point::AfterClaim);
        }
        self.untried.clear();
        if !gone.is_empty() {
            tracing::warn!(
                mails = gone.len(),
                "a process ended while it was sending these; whether they went is not known, so each is tried once more \
                 in 15 minutes"
            );
        }
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
        self.give_back_untried().await?;
        // After the mails, none of which waits for it.
        if std::mem::take(&mut self.accepted) && self.recorder.standing.accepts() {
            self.end_alarm().await?;
        }
        Ok(attempts)
    }

    /// Sends mails one after the other. While the server is prepared for one, the end of the one before is
    /// recorded, and only then the next goes over: a process that dies leaves one mail a connection in doubt.
    async fn send_all(&mut self, claimed: Vec<OutboxEntry>) -> Result<(), PipelineError> {
        let mut left = claimed.into_iter();
        let mut recording = Recording::done();
        while let Some(entry) = left.next() {
            let Ok(Attempt { outcome, reached }) = self.attempt(&entry, &mut recording).await else {
                self.untried.push(entry.id);
                self.untried.extend(left.map(|entry| entry.id));
                return recording.result();
            };
            if let DeliveryOutcome::Forbidden { reply } = &outcome {
                self.untried.push(entry.id);
                self.untried.extend(left.map(|entry| entry.id));
                recording.wait().await;
                self.stop_sending(reply).await?;
                return recording.result();
            }
            self.accepted |= matches!(outcome, DeliveryOutcome::Accepted { .. });
            self.note(entry, outcome);
            recording = Recording::begin(&self.recorder);
            if reached {
                self.away = None;
            } else {
                // The others would wait for the same server one after the other.
                self.untried.extend(left.by_ref().map(|entry| entry.id));
                self.stay_away();
            }
        }
        recording.wait().await;
        recording.result()
    }

    /// How many mails may be claimed now; `None`: the server is left alone for a while.
    fn may_claim(&self, now: DateTime<Utc>) -> Option<i64> {
        // A clock that was set back does not lengthen the pause.
        let away = |away: &Away| away.until > now && away.until - now <= LONGEST_AWAY;
        if self.away.as_ref().is_some_and(away) {
            return None;
        }
        match self.recorder.standing.leave(now) {
            Leave::All => Some(BATCH),
            Leave::One => Some(1),
            Leave::NothingUntil(_) => None,
        }
    }

    fn stay_away(&mut self) {
        let pause = self.away.as_ref().map_or(FIRST_AWAY, |away| away.pause * 2);
        let pause = pause.min(LONGEST_AWAY);
        self.away = Some(Away {
            pause,
            until: self.pipeline.clock.now() + pause,
        });
    }

    /// Puts off what would be more than the server allows a minute; the rest of its ticket to the same recipient
    /// waits with it.
    async fn keep_pace(
        &self,
        tx: &mut Tx,
        claimed: Vec<OutboxEntry>,
        now: DateTime<Utc>,
    ) -> Result<Vec<OutboxEntry>, PipelineError> {
        let mut admitted = Vec::with_capacity(claimed.len());
        for entry in claimed {
            match self.recorder.pace.admit(&entry.recipient, now) {
                Ok(()) => admitted.push(entry),
                Err(later) => outbox::put_off(tx, entry.id, later).await?,
            }
        }
        Ok(admitted)
    }

    /// Nothing stays claimed that nobody is sending.
    async fn give_back_untried(&mut self) -> Result<(), PipelineError> {
        if self.untried.is_empty() {
            return Ok(());
        }
        let mut tx = self.pipeline.database.begin().await?;
        outbox::give_back(&mut tx, &self.untried).await?;
        tx.commit().await?;
        self.untried.clear();
        Ok(())
    }

    /// The server does not let the desk send: all of it waits, and people are told where no mail is needed for it.
    async fn stop_sending(&self, reply: &str) -> Result<(), PipelineError> {
        let now = self.pipeline.clock.now();
        if self.recorder.standing.refuses(now) {
            tracing::error!(
                reply,
                "SENDING: the server does not let this desk send; mail waits in the outbox and one is tried now and \
                 then. Put account, password or sender right"
            );
        }
        let mut tx = self.pipeline.database.begin().await?;
        outages::insert_outage(&mut tx, SENDING_REFUSED, now, reply).await?;
        Ok(tx.commit().await?)
    }

    async fn end_alarm(&self) -> Result<(), PipelineError> {
        let mut tx = self.pipeline.database.begin().await?;
        if outages::end_outage(&mut tx, SENDING_REFUSED).await?.is_some() {
            tracing::info!("SENDING: the server takes mail of this desk again");
        }
        Ok(tx.commit().await?)
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
        if self.may_wait() {
            return Ok(LONGEST);
        }
        Ok(wait.unwrap_or(LONGEST).min(LONGEST))
    }

    /// Whether the server is left alone, whatever is due.
    fn may_wait(&self) -> bool {
        let now = self.pipeline.clock.now();
        self.away.as_ref().is_some_and(|away| away.until > now) || self.recorder.standing.is_stopped()
    }

    pub(super) async fn attempt(
        &mut self,
        entry: &OutboxEntry,
        recording: &mut Recording,
    ) -> Result<Attempt, NotReady> {
        #[cfg(feature = "failpoints")]
        let entry = &super::faulty::reidentified(entry);
        let mut open = self.connection.take();
        loop {
            let used = open.is_some();
            let mut connection = match open.take() {
                Some(connection) => connection,
                None => match SmtpConversation::connect(&self.settings).await {
                    Ok(connection) => connection.with_copy_to(self.recorder.copy_to.clone()),
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
                    return Ok(Attempt::reaching(DeliveryOutcome::Deferred { why }));
                }
                Some(outcome) => {
                    self.connection = Some(connection).filter(SmtpConversation::is_usable);
                    return Ok(Attempt::reaching(outcome));
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

/// What became of a mail, and whether there was a server to speak to.
#[derive(Debug)]
pub(super) struct Attempt {
    pub(super) outcome: DeliveryOutcome,
    reached: bool,
}

impl Attempt {
    const fn reaching(outcome: DeliveryOutcome) -> Self {
        Self {
            outcome,
            reached: true,
        }
    }
}

/// A server that was not reached, and how long it is left alone.
#[derive(Debug)]
struct Away {
    pause: TimeDelta,
    until: DateTime<Utc>,
}

/// No mail is refused because of the connection: a wrong password is put right by a person.
fn unreachable(error: &SmtpError) -> Attempt {
    let words = error.to_string();
    let outcome = if error.is_forbidden() {
        DeliveryOutcome::Forbidden { reply: words }
    } else {
        DeliveryOutcome::Deferred { why: words }
    };
    Attempt {
        outcome,
        reached: false,
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
