//! Reads a mailbox. Comes in: a mailbox by IMAP. Goes out: kept and processed mails, and the mailbox tidied.
//!
//! IDLE is only a hint: the ledger of UIDs is the truth. Whatever lies in the mailbox and has no row in the
//! ledger is work, whether or not somebody has seen it (SPEC §3). Nothing is moved before its outcome is
//! committed; a crash at any point repeats at most the move.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::time::Instant;

use super::error::ImapError;
use super::session::{IdleOutcome, ImapSession, ImapSettings};
use super::work::Work;
use crate::failpoints::{self, Fault, Point};
use crate::pipeline::{Arrival, Pipeline, PipelineError};
use crate::store::mailboxes;
use crate::store::mails::MailPlace;

/// Mails moved by one command.
const FILE_AT_ONCE: usize = 500;

/// Mails without outcome that are tried again in one step.
const RETRY_AT_ONCE: i64 = 20;

/// What the poller needs of the configuration.
#[derive(Debug, Clone)]
pub struct PollerSettings {
    /// The server.
    pub imap: ImapSettings,
    /// The mailbox to read.
    pub mailbox: String,
    /// Folders for processed and for unreadable mail; `None` leaves everything in place.
    pub folders: Option<(String, String)>,
    /// Mails above this are not fetched whole, in octets.
    pub limit_octets: u64,
    /// Whether this is the junk folder: only awaited mail is taken from it.
    pub junk: bool,
    /// Time between listings at the most.
    pub poll_every: Duration,
    /// Time of one IDLE at the most.
    pub idle_for: Duration,
    /// Age at which a connection is replaced: what a server or a firewall holds against old ones does not add up.
    pub renew_after: Duration,
}

/// Why a step failed; the next one begins with a new connection.
#[derive(Debug, thiserror::Error)]
pub enum IntakeError {
    /// The mailbox could not be read.
    #[error("IMAP: {0}")]
    Imap(#[from] ImapError),
    /// Keeping failed.
    #[error(transparent)]
    Pipeline(#[from] PipelineError),
}

impl IntakeError {
    /// Whether the server refuses the password: trying fast again would lock the account.
    pub fn is_login_failure(&self) -> bool {
        match self {
            Self::Imap(error) => matches!(error, ImapError::LoginRefused { .. }),
            Self::Pipeline(_) => false,
        }
    }
}

impl From<crate::store::StoreError> for IntakeError {
    fn from(error: crate::store::StoreError) -> Self {
        Self::Pipeline(error.into())
    }
}

/// What one step did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct StepReport {
    /// Mails that were new.
    pub taken: usize,
    /// Mails moved out of the mailbox.
    pub filed: usize,
}

/// Reads one mailbox over one connection.
#[derive(Debug)]
pub struct Poller {
    pipeline: Arc<Pipeline>,
    settings: PollerSettings,
    session: Option<ImapSession>,
    connected_at: Instant,
}

impl Poller {
    /// A poller that is not connected yet.
    pub fn new(pipeline: Arc<Pipeline>, settings: PollerSettings) -> Self {
        Self {
            pipeline,
            settings,
            session: None,
            connected_at: Instant::now(),
        }
    }

    /// Where mails go.
    pub(super) fn pipeline(&self) -> &Pipeline {
        &self.pipeline
    }

    /// The mailbox that is read.
    pub(super) fn mailbox(&self) -> &str {
        &self.settings.mailbox
    }

    /// One full listing of the mailbox and all the work it shows.
    pub async fn step(&mut self) -> Result<StepReport, IntakeError> {
        // Before the session is taken: it is still good when there is room again.
        self.pipeline.wants_room()?;
        if self.connected_at.elapsed() >= self.settings.renew_after {
            self.log_out().await;
        }
        let mut session = if let Some(session) = self.session.take() {
            session
        } else {
            let session = self.connect().await?;
            self.connected_at = Instant::now();
            session
        };
        let report = self.scan(&mut session).await?;
        // Only a session that did everything right is used again.
        self.session = Some(session);
        Ok(report)
    }

    /// Waits until the server says that something came, or it is time to list anyway.
    pub async fn wait(&mut self) -> Result<(), IntakeError> {
        let Some(mut session) = self.session.take() else {
            return Ok(());
        };
        let outcome = session
            .idle(self.settings.poll_every.min(self.settings.idle_for))
            .await?;
        tracing::debug!(new_mail = outcome == IdleOutcome::NewMail, "idle ended");
        self.session = Some(session);
        Ok(())
    }

    /// Signs off.
    pub async fn log_out(&mut self) {
        if let Some(session) = self.session.take() {
            session.logout().await;
        }
    }

    async fn connect(&self) -> Result<ImapSession, IntakeError> {
        let mut session = ImapSession::connect(&self.settings.imap).await?;
        self.ensure_folders(&mut session).await?;
        Ok(session)
    }

    async fn ensure_folders(&self, session: &mut ImapSession) -> Result<(), ImapError> {
        if let Some((processed, quarantine)) = &self.settings.folders {
            session.ensure_mailbox(processed).await?;
            session.ensure_mailbox(quarantine).await?;
        }
        Ok(())
    }

    async fn scan(&self, session: &mut ImapSession) -> Result<StepReport, IntakeError> {
        let mut report = StepReport::default();
        let validity = session.select(&self.settings.mailbox).await?.uid_validity;
        let validity = if failpoints::has(Fault::LedgerSkipped) {
            std::process::id()
        } else {
            validity
        };
        self.notice_validity(validity).await?;
        self.pipeline.retry_waiting(RETRY_AT_ONCE).await?;
        let listed = session.list_uids().await?;
        failpoints::reach(Point::AfterListing);
        // What is left in the junk folder counts as filed and lies there all the same.
        let filed_goes = session.removes_mail() && !self.settings.junk;
        let known = self.known_uids(validity, filed_goes).await?;
        let new: Vec<u32> = listed
            .iter()
            .copied()
            .filter(|uid| !known.contains(uid))
            .collect();
        self.forget_gone(validity, &listed).await?;
        let mut work = Work::new(validity, new);
        let mut batch = self.fetch_next(session, &mut work).await?;
        while !batch.is_empty() {
            let (taken, next) = if work.next_is_large() {
                // Two giants at once are not held in memory.
                (self.pipeline.take(batch).await, Ok(Vec::new()))
            } else {
                let meanwhile = self.tidy_and_fetch(session, &mut work, &mut report);
                futures_util::future::join(self.pipeline.take(batch), meanwhile).await
            };
            report.taken = report.taken.saturating_add(taken?);
            batch = next?;
            if batch.is_empty() {
                batch = self.fetch_next(session, &mut work).await?;
            }
        }
        report.filed = report.filed.saturating_add(self.tidy(session, validity).await?);
        let mut tx = self.pipeline.database.begin().await?;
        mailboxes::mark_scanned(
            &mut tx,
            &self.settings.mailbox,
            validity,
            self.pipeline.clock.now(),
        )
        .await?;
        tx.commit().await?;
        Ok(report)
    }

    /// A new UIDVALIDITY means that all UIDs are new: everything is read again and known by its content.
    async fn notice_validity(&self, validity: u32) -> Result<(), IntakeError> {
        let mut tx = self.pipeline.database.read().await?;
        let before = mailboxes::find_uid_validity(&mut tx, &self.settings.mailbox).await?;
        if before.is_some_and(|before| before != validity) {
            tracing::warn!(
                mailbox = self.settings.mailbox,
                before,
                validity,
                "UIDVALIDITY changed; reading all mail again"
            );
        }
        Ok(())
    }

    /// What was filed counts as gone, except on a server where it cannot go.
    async fn known_uids(&self, validity: u32, filed_goes: bool) -> Result<BTreeSet<u32>, IntakeError> {
        let mut tx = self.pipeline.database.read().await?;
        let known = if filed_goes {
            mailboxes::list_known_uids(&mut tx, &self.settings.mailbox, validity).await?
        } else {
            mailboxes::list_taken_uids(&mut tx, &self.settings.mailbox, validity).await?
        };
        Ok(known.into_iter().collect())
    }

    /// Mails with an outcome that somebody else moved or deleted need no moving any more.
    async fn forget_gone(&self, validity: u32, listed: &[u32]) -> Result<(), IntakeError> {
        let here: BTreeSet<u32> = listed.iter().copied().collect();
        let mut tx = self.pipeline.database.begin().await?;
        let unfiled = mailboxes::list_unfiled(&mut tx, &self.settings.mailbox, validity, i64::MAX).await?;
        let gone: Vec<_> = unfiled.iter().filter(|mail| !here.contains(&mail.uid)).collect();
        for part in gone.chunks(FILE_AT_ONCE) {
            let ids: Vec<_> = part.iter().map(|mail| mail.id).collect();
            mailboxes::mark_filed(&mut tx, &ids, self.pipeline.clock.now()).await?;
        }
        Ok(tx.commit().await?)
    }

    /// What the mailbox can be asked for while a batch is taken through: moving what is done, the next batch.
    async fn tidy_and_fetch<'a>(
        &'a self,
        session: &mut ImapSession,
        work: &mut Work,
        report: &mut StepReport,
    ) -> Result<Vec<Arrival<'a>>, IntakeError> {
        report.filed = report
            .filed
            .saturating_add(self.tidy(session, work.validity).await?);
        self.fetch_next(session, work).await
    }

    /// The next batch that has a mail in it; an empty one when nothing is left.
    async fn fetch_next<'a>(
        &'a self,
        session: &mut ImapSession,
        work: &mut Work,
    ) -> Result<Vec<Arrival<'a>>, IntakeError> {
        loop {
            if work.sized.is_empty() {
                let part = work.next_listed();
                if part.is_empty() {
                    return Ok(Vec::new());
                }
                let wanted = if self.settings.junk {
                    self.sort_junk(session, work.validity, &part).await?
                } else {
                    part
                };
                work.sized = session.fetch_sizes(&wanted).await?;
            }
            let batch = work.next_batch(self.settings.limit_octets);
            if batch.is_empty() {
                continue;
            }
            let fetched = self.fetch(session, &batch).await?;
            // Somebody may have moved all of them meanwhile.
            if !fetched.is_empty() {
                let uids: Vec<u32> = fetched.iter().map(|(uid, _)| *uid).collect();
                let dates = session.fetch_dates(&uids).await?;
                return Ok(self.arrivals(work.validity, &batch, fetched, &dates));
            }
        }
    }

    fn arrivals(
        &self,
        uid_validity: u32,
        batch: &[(u32, u64)],
        fetched: Vec<(u32, Vec<u8>)>,
        dates: &BTreeMap<u32, DateTime<Utc>>,
    ) -> Vec<Arrival<'_>> {
        let size_of = |uid: u32| {
            batch
                .iter()
                .find(|(known, _)| *known == uid)
                .map_or(0, |(_, size)| *size)
        };
        let arrival = |(uid, raw): (u32, Vec<u8>)| Arrival {
            source: "imap",
            mailbox: &self.settings.mailbox,
            place: Some(MailPlace { uid_validity, uid }),
            arrived_at: dates.get(&uid).copied(),
            size: size_of(uid),
            raw: raw.into(),
            whole: size_of(uid) <= self.settings.limit_octets,
            acknowledge: true,
        };
        fetched.into_iter().map(arrival).collect()
    }

    /// Whole mails in one command; of a mail above the limit its header alone.
    async fn fetch(
        &self,
        session: &mut ImapSession,
        batch: &[(u32, u64)],
    ) -> Result<Vec<(u32, Vec<u8>)>, IntakeError> {
        match batch {
            [(uid, size)] if *size > self.settings.limit_octets => {
                let header = session.fetch_header(*uid).await?;
                Ok(header.map(|header| (*uid, header)).into_iter().collect())
            }
            _ => {
                let uids: Vec<u32> = batch.iter().map(|(uid, _)| *uid).collect();
                Ok(session.fetch_raw(&uids).await?)
            }
        }
    }

    /// Moves what can be moved. A mailbox that cannot be tidied is still read: only a session that is over
    /// ends the scan, and what stayed is tried again in the next one.
    async fn tidy(&self, session: &mut ImapSession, validity: u32) -> Result<usize, IntakeError> {
        let filed = self.file(session, validity).await;
        let Err(IntakeError::Imap(error)) = &filed else {
            return filed;
        };
        if session.is_dead() {
            return filed;
        }
        tracing::warn!(mailbox = self.settings.mailbox, %error, "mails that are done could not be moved");
        // Somebody may have deleted the folder; whether it can be made is seen by the next move.
        let made = self.ensure_folders(session).await;
        if session.is_dead() {
            made?;
        }
        Ok(0)
    }

    /// Moves what has its outcome; the outcome was committed before.
    async fn file(&self, session: &mut ImapSession, validity: u32) -> Result<usize, IntakeError> {
        let Some((processed, quarantine)) = &self.settings.folders else {
            return Ok(0);
        };
        let most = i64::try_from(FILE_AT_ONCE).unwrap_or(i64::MAX);
        let mut tx = self.pipeline.database.read().await?;
        let due = mailboxes::list_unfiled(&mut tx, &self.settings.mailbox, validity, most).await?;
        drop(tx);
        if !due.is_empty() {
            failpoints::reach(Point::BeforeMove);
        }
        for (folder, quarantined) in [(processed, false), (quarantine, true)] {
            let uids: Vec<u32> = due
                .iter()
                .filter(|m| m.quarantined == quarantined)
                .map(|m| m.uid)
                .collect();
            if !uids.is_empty() {
                session.move_to(&uids, folder).await?;
                failpoints::reach(Point::AfterMove);
            }
        }
        let mut tx = self.pipeline.database.begin().await?;
        let ids: Vec<_> = due.iter().map(|mail| mail.id).collect();
        mailboxes::mark_filed(&mut tx, &ids, self.pipeline.clock.now()).await?;
        tx.commit().await?;
        Ok(due.len())
    }
}
