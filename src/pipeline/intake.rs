//! Mails in batches: kept in one transaction, taken through in a second; one bad mail never stops the rest.
//!
//! The raw mail and its attempt counter are committed before anything reads it (SPEC §3), so that a mail
//! that kills the process is known by its counter afterwards. A batch shares both commits; when the second
//! fails, every mail of it is tried alone.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use futures_util::StreamExt;
use uuid::Uuid;

use super::{Pipeline, PipelineError, Processed};
use crate::authentication::OwnCheck;
use crate::failpoints::{self, Fault, Point};
use crate::mail::InboundMessage;
use crate::mail::parse::{content_hash, parse_mail};
use crate::registry::StaffMember;
use crate::store::mails::{MailPlace, NewMail, StoredMail};
use crate::store::{Tx, mailboxes, mails, registry};
use crate::ticket::MailOutcome;

/// Attempts after which a mail goes to quarantine (SPEC §3).
const MAX_ATTEMPTS: i64 = 3;

/// Mails whose senders are verified at the same time.
const CHECKS_AT_A_TIME: usize = 64;

/// How long the verification of one batch may take: silent name servers of many senders must not add up.
const CHECKS_WITHIN: std::time::Duration = std::time::Duration::from_secs(10);

/// A mail as it arrived.
#[derive(Debug, Clone)]
pub struct Arrival<'a> {
    /// `imap`, `ingest` or `page`.
    pub source: &'static str,
    /// Mailbox or file name.
    pub mailbox: &'a str,
    /// Place in the mailbox.
    pub place: Option<MailPlace>,
    /// When the mail server took it in (INTERNALDATE), where one said so.
    pub arrived_at: Option<DateTime<Utc>>,
    /// Full size in octets.
    pub size: u64,
    /// The whole mail, or its header alone.
    pub raw: Cow<'a, [u8]>,
    /// Whether it is the whole mail.
    pub whole: bool,
    /// Whether an acknowledgement is wanted.
    pub acknowledge: bool,
}

impl Arrival<'_> {
    /// The row it becomes.
    pub(super) fn as_row<'a>(&'a self, id: Uuid, content_hash: &'a str, at: DateTime<Utc>) -> NewMail<'a> {
        NewMail {
            id,
            source: self.source,
            mailbox: self.mailbox,
            place: self.place,
            received_at: at,
            arrived_at: self.arrived_at,
            size: self.size,
            content_hash,
            raw: &self.raw,
            whole: self.whole,
            acknowledge: self.acknowledge,
        }
    }
}

impl Arrival<'_> {
    /// The same as it lies in the ledger, without reading it back.
    fn into_stored(self, kept: Kept) -> StoredMail {
        StoredMail {
            id: kept.id,
            mailbox: self.mailbox.to_owned(),
            in_mailbox: self.place.is_some(),
            content_hash: kept.content_hash,
            received_at: kept.at,
            arrived_at: self.arrived_at,
            size: self.size,
            raw: self.raw.into_owned(),
            whole: self.whole,
            acknowledge: self.acknowledge,
            attempts: 1,
        }
    }
}

/// A mail that is in the ledger now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Its key.
    pub id: Uuid,
    /// Whether it was new; `false`: its place was in the ledger before.
    pub new: bool,
    content_hash: String,
    at: DateTime<Utc>,
}

enum Reading {
    /// The mail, and what the desk's own check of its author found.
    Message(Box<InboundMessage>, OwnCheck),
    Unreadable(String),
}

impl Pipeline {
    /// Keeps mails and takes those through that are new; what fails is left without outcome, for
    /// [`retry_waiting`](Self::retry_waiting). Says how many were new.
    pub async fn take(&self, arrivals: Vec<Arrival<'_>>) -> Result<usize, PipelineError> {
        let kept = self.keep(&arrivals).await?;
        let new = arrivals.into_iter().zip(kept).filter(|(_, kept)| kept.new);
        let stored: Vec<_> = new.map(|(arrival, kept)| arrival.into_stored(kept)).collect();
        let count = stored.len();
        self.process_stored(stored).await?;
        Ok(count)
    }

    /// Keeps one mail whose author has signed in, and takes it through; `None`: it failed and is tried again
    /// like any other.
    pub(super) async fn take_signed_in(
        &self,
        arrival: Arrival<'_>,
    ) -> Result<Option<Processed>, PipelineError> {
        let kept = self.keep(std::slice::from_ref(&arrival)).await?;
        let Some(kept) = kept.into_iter().next() else {
            return Ok(None);
        };
        let mut tx = self.database.read().await?;
        let staff = registry::list_staff(&mut tx).await?;
        tx.commit().await?;
        let (stored, reading) = read_one(arrival.into_stored(kept)).await;
        let proven = match reading {
            Reading::Message(message, _) => Reading::Message(message, OwnCheck::Aligned),
            unreadable @ Reading::Unreadable(_) => unreadable,
        };
        let read = [(stored, proven)];
        match self.take_through(&read, &staff).await {
            Ok(done) => Ok(done.into_iter().next()),
            Err(error) => self.note_failure(&read, error).await.map(|()| None),
        }
    }

    /// Keeps mails, all in one transaction, with their first attempt counted.
    pub async fn keep(&self, arrivals: &[Arrival<'_>]) -> Result<Vec<Kept>, PipelineError> {
        self.wants_room()?;
        let mut kept: Vec<Kept> = arrivals.iter().map(|arrival| self.first_seen(arrival)).collect();
        let rows = arrivals.iter().zip(&kept);
        let rows: Vec<_> = rows
            .map(|(arrival, kept)| arrival.as_row(kept.id, &kept.content_hash, kept.at))
            .collect();
        let mut tx = self.database.begin().await?;
        let mut new: BTreeSet<Uuid> = mails::insert_mails(&mut tx, &rows).await?.into_iter().collect();
        for row in &rows {
            if !new.contains(&row.id) && listed_again(&mut tx, row).await? {
                new.insert(row.id);
            }
        }
        failpoints::reach(Point::BeforeKeep);
        tx.commit().await?;
        failpoints::reach(Point::AfterKeep);
        for one in &mut kept {
            one.new = new.contains(&one.id);
        }
        Ok(kept)
    }

    fn first_seen(&self, arrival: &Arrival<'_>) -> Kept {
        let id = self.clock.fresh_id();
        let content_hash = if failpoints::has(Fault::LedgerSkipped) {
            id.to_string()
        } else {
            content_hash(&arrival.raw)
        };
        Kept {
            id,
            new: false,
            content_hash,
            at: self.clock.now(),
        }
    }

    /// Takes kept mails through; what fails is left without outcome, for [`retry_waiting`](Self::retry_waiting).
    pub async fn process(&self, ids: &[Uuid]) -> Result<Vec<Processed>, PipelineError> {
        let mut tx = self.database.read().await?;
        let mut stored = Vec::with_capacity(ids.len());
        for id in ids {
            stored.extend(mails::find_mail(&mut tx, *id).await?);
        }
        tx.commit().await?;
        self.process_stored(stored).await
    }

    async fn process_stored(&self, stored: Vec<StoredMail>) -> Result<Vec<Processed>, PipelineError> {
        if stored.is_empty() {
            return Ok(Vec::new());
        }
        let mut tx = self.database.read().await?;
        let staff = registry::list_staff(&mut tx).await?;
        tx.commit().await?;
        let mut read = read_all(stored).await;
        self.check_senders(&mut read, &staff).await;
        match self.take_through(&read, &staff).await {
            Ok(done) => Ok(done),
            // Each of them alone would fail in the same way.
            Err(PipelineError::Store(error)) if error.is_outage() => {
                self.storage.spare(read.iter().map(|(stored, _)| stored.id));
                Err(error.into())
            }
            Err(error) if read.len() == 1 => self.note_failure(&read, error).await.map(|()| Vec::new()),
            Err(error) => {
                tracing::warn!(%error, mails = read.len(), "batch failed, taking its mails one by one");
                self.take_each(&read, &staff).await
            }
        }
    }

    /// Verifies what has to be asked in DNS, several mails at a time and before any transaction, so that a
    /// slow name server keeps neither the database nor many mails.
    async fn check_senders(&self, read: &mut [(StoredMail, Reading)], staff: &[StaffMember]) {
        let wanting: Vec<_> = read
            .iter_mut()
            .filter_map(|(stored, reading)| match reading {
                Reading::Message(message, own) if self.wants_check(message, staff) => {
                    // What time runs out for stays so, which for staff is asked again later.
                    *own = OwnCheck::Undetermined;
                    Some((stored, message, own))
                }
                Reading::Message(..) | Reading::Unreadable(_) => None,
            })
            .collect();
        let checks = futures_util::stream::iter(wanting).for_each_concurrent(
            CHECKS_AT_A_TIME,
            async |(stored, message, own)| {
                *own = self.check_sender(message, stored, staff).await;
            },
        );
        drop(tokio::time::timeout(CHECKS_WITHIN, checks).await);
    }

    async fn take_each(
        &self,
        read: &[(StoredMail, Reading)],
        staff: &[StaffMember],
    ) -> Result<Vec<Processed>, PipelineError> {
        let mut done = Vec::new();
        for (place, one) in read.chunks(1).enumerate() {
            let noted = match self.take_through(one, staff).await {
                Ok(mut processed) => {
                    done.append(&mut processed);
                    Ok(())
                }
                Err(error) => self.note_failure(one, error).await,
            };
            if noted.is_err() {
                let untried = read.iter().skip(place.saturating_add(1));
                self.storage.spare(untried.map(|(stored, _)| stored.id));
            }
            noted?;
        }
        Ok(done)
    }

    async fn take_through(
        &self,
        read: &[(StoredMail, Reading)],
        staff: &[StaffMember],
    ) -> Result<Vec<Processed>, PipelineError> {
        let mut tx = self.database.begin().await?;
        let ids: Vec<Uuid> = read.iter().map(|(stored, _)| stored.id).collect();
        let waiting = mails::lock_waiting(&mut tx, &ids).await?;
        let mut done = Vec::with_capacity(read.len());
        for (stored, reading) in read.iter().filter(|(stored, _)| waiting.contains(&stored.id)) {
            done.push(match reading {
                Reading::Message(message, own) => {
                    self.receive(&mut tx, stored, (message, own), staff).await?
                }
                Reading::Unreadable(problem) => {
                    mails::mark_attempt_failed(&mut tx, stored.id, problem).await?;
                    let now = self.clock.now();
                    mails::mark_outcome(&mut tx, stored.id, MailOutcome::Quarantined, "unreadable", now)
                        .await?;
                    quarantined(stored.id, "unreadable")
                }
            });
        }
        failpoints::reach(Point::BeforeTakeThrough);
        tx.commit().await?;
        failpoints::reach(Point::AfterTakeThrough);
        for processed in &done {
            tracing::info!(mail = %processed.mail, outcome = %processed.outcome, reason = processed.reason,
                ticket = ?processed.ticket, "mail processed");
        }
        Ok(done)
    }

    /// Records that an attempt failed. A failure of the database itself says nothing of the mail, which keeps its
    /// attempt; a database that is out of order ends the work.
    async fn note_failure(
        &self,
        read: &[(StoredMail, Reading)],
        error: PipelineError,
    ) -> Result<(), PipelineError> {
        if let PipelineError::Store(failed) = &error
            && failed.is_blameless()
        {
            self.storage.spare(read.iter().map(|(stored, _)| stored.id));
            return if failed.is_conflict() { Ok(()) } else { Err(error) };
        }
        let mut tx = self.database.begin().await?;
        for (stored, _) in read {
            tracing::error!(mail = %stored.id, attempts = stored.attempts, %error, "mail not processed");
            mails::mark_attempt_failed(&mut tx, stored.id, &error.to_string()).await?;
        }
        Ok(tx.commit().await?)
    }

    /// Tries mails again that were left without outcome by a failure or a crash; after the third attempt a
    /// mail goes to quarantine, where its bytes wait for a person.
    pub async fn retry_waiting(&self, limit: i64) -> Result<Vec<Processed>, PipelineError> {
        let mut tx = self.database.read().await?;
        let waiting = mails::list_waiting_mails(&mut tx, limit).await?;
        tx.commit().await?;
        let mut done = Vec::new();
        // One by one, each counted when its turn comes: the mail that stops the process must not take
        // others with it.
        for id in waiting {
            match self.begin_attempt(id).await? {
                Some(given_up) => done.push(given_up),
                None => done.append(&mut self.process(&[id]).await?),
            }
        }
        Ok(done)
    }

    /// Counts one more attempt of a mail, before it is read; the outcome, where it has had enough of them.
    async fn begin_attempt(&self, id: Uuid) -> Result<Option<Processed>, PipelineError> {
        if self.storage.takes_spared(id) {
            return Ok(None);
        }
        let mut tx = self.database.begin().await?;
        let attempts = mails::find_mail(&mut tx, id)
            .await?
            .map_or(0, |mail| mail.attempts);
        if attempts < MAX_ATTEMPTS {
            mails::raise_attempts(&mut tx, id).await?;
            tx.commit().await?;
            return Ok(None);
        }
        let now = self.clock.now();
        mails::mark_outcome(&mut tx, id, MailOutcome::Quarantined, "three-attempts", now).await?;
        tx.commit().await?;
        tracing::error!(mail = %id, "mail quarantined after three attempts");
        Ok(Some(quarantined(id, "three-attempts")))
    }
}

/// A mail whose place is in the ledger already. `true`: the UID was given twice, and this is another mail, which
/// is kept now; else it was not moved after all, and moving it is due again.
async fn listed_again(tx: &mut Tx, row: &NewMail<'_>) -> Result<bool, PipelineError> {
    let Some(place) = row.place else {
        return Ok(false);
    };
    let content = (row.content_hash, row.whole);
    if mailboxes::free_reused_place(tx, row.mailbox, place, content).await? {
        return Ok(mails::insert_mail(tx, row).await?);
    }
    mailboxes::mark_unfiled(tx, row.mailbox, place).await?;
    Ok(false)
}

fn quarantined(mail: Uuid, reason: &str) -> Processed {
    Processed {
        mail,
        outcome: MailOutcome::Quarantined,
        reason: reason.to_owned(),
        ticket: None,
    }
}

/// Reads mails off the async threads, as many at a time as there are cores; a panic in reading is a mail that
/// cannot be read.
async fn read_all(stored: Vec<StoredMail>) -> Vec<(StoredMail, Reading)> {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    futures_util::stream::iter(stored.into_iter().map(read_one))
        .buffered(cores)
        .collect()
        .await
}

async fn read_one(mail: StoredMail) -> (StoredMail, Reading) {
    let shared = Arc::new(mail);
    let again = Arc::clone(&shared);
    let reading = tokio::task::spawn_blocking(move || {
        failpoints::reach(Point::InParsing);
        match parse_mail(&shared.raw) {
            Ok(message) => Reading::Message(Box::new(message), OwnCheck::NotMade),
            Err(error) => Reading::Unreadable(error.to_string()),
        }
    })
    .await
    .unwrap_or_else(|_| Reading::Unreadable("reading it panicked".to_owned()));
    (Arc::unwrap_or_clone(again), reading)
}
