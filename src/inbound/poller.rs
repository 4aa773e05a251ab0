//! Reads a mailbox. Comes in: a mailbox by IMAP. Goes out: kept and processed mails, and the mailbox tidied.
//!
//! IDLE is only a hint: the ledger of UIDs is the truth. Whatever lies in the mailbox and has no row in the
//! ledger is work, whether or not somebody has seen it (SPEC §3). Nothing is moved before its outcome is
//! committed; a crash at any point repeats at most the move.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use super::error::ImapError;
use super::session::{IdleOutcome, ImapSession, ImapSettings};
use crate::failpoints::{self, Fault, Point};
use crate::pipeline::{Arrival, Pipeline, PipelineError};
use crate::store::mailboxes;
use crate::store::mails::MailPlace;

/// Mails fetched and committed together.
const BATCH_MAILS: usize = 64;

/// Octets fetched together: memory stays flat however large the mails are.
const BATCH_OCTETS: u64 = 8 * 1024 * 1024;

/// Mails moved by one command.
const FILE_AT_ONCE: i64 = 500;

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
}

impl Poller {
    /// A poller that is not connected yet.
    pub fn new(pipeline: Arc<Pipeline>, settings: PollerSettings) -> Self {
        Self {
            pipeline,
            settings,
            session: None,
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
        let mut session = match self.session.take() {
            Some(session) => session,
            None => self.connect().await?,
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
        let known = self.known_uids(validity, session.removes_mail()).await?;
        let new: Vec<u32> = listed
            .iter()
            .copied()
            .filter(|uid| !known.contains(uid))
            .collect();
        self.forget_gone(validity, &listed).await?;
        for part in new.chunks(BATCH_MAILS) {
            let wanted = if self.settings.junk {
                self.sort_junk(session, validity, part).await?
            } else {
                part.to_vec()
            };
            let sizes = session.fetch_sizes(&wanted).await?;
            for batch in batches(&sizes, self.settings.limit_octets) {
                report.taken = report
                    .taken
                    .saturating_add(self.take(session, validity, batch).await?);
            }
            report.filed = report.filed.saturating_add(self.tidy(session, validity).await?);
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
        for mail in mailboxes::list_unfiled(&mut tx, &self.settings.mailbox, validity, i64::MAX).await? {
            if !here.contains(&mail.uid) {
                mailboxes::mark_filed(&mut tx, mail.id, self.pipeline.clock.now()).await?;
            }
        }
        Ok(tx.commit().await?)
    }

    /// Fetches one batch, keeps it, takes it through.
    async fn take(
        &self,
        session: &mut ImapSession,
        validity: u32,
        batch: &[(u32, u64)],
    ) -> Result<usize, IntakeError> {
        let fetched = self.fetch(session, batch).await?;
        let size_of = |uid: u32| {
            batch
                .iter()
                .find(|(known, _)| *known == uid)
                .map_or(0, |(_, size)| *size)
        };
        let arrivals: Vec<Arrival<'_>> = fetched
            .iter()
            .map(|(uid, raw)| Arrival {
                source: "imap",
                mailbox: &self.settings.mailbox,
                place: Some(MailPlace {
                    uid_validity: validity,
                    uid: *uid,
                }),
                size: size_of(*uid),
                raw,
                whole: size_of(*uid) <= self.settings.limit_octets,
                acknowledge: true,
            })
            .collect();
        let kept = self.pipeline.keep(&arrivals).await?;
        let new: Vec<_> = kept.iter().filter(|kept| kept.new).map(|kept| kept.id).collect();
        self.pipeline.process(&new).await?;
        Ok(new.len())
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
        let mut tx = self.pipeline.database.read().await?;
        let due = mailboxes::list_unfiled(&mut tx, &self.settings.mailbox, validity, FILE_AT_ONCE).await?;
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
        for mail in &due {
            mailboxes::mark_filed(&mut tx, mail.id, self.pipeline.clock.now()).await?;
        }
        tx.commit().await?;
        Ok(due.len())
    }
}

/// Cuts a list of mails into runs of bounded size; a mail above the limit is a run of its own.
fn batches(sizes: &[(u32, u64)], limit: u64) -> Vec<&[(u32, u64)]> {
    let mut runs = Vec::new();
    let mut rest = sizes;
    while let Some((_, first)) = rest.first() {
        let mut sum = *first;
        let more = rest.iter().skip(1).take_while(|(_, size)| {
            sum = sum.saturating_add(*size);
            *first <= limit && *size <= limit && sum <= BATCH_OCTETS
        });
        let length = more.count().saturating_add(1);
        let (run, after) = rest.split_at_checked(length).unwrap_or((rest, &[]));
        runs.push(run);
        rest = after;
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_is_bounded_in_octets_and_a_giant_goes_alone() {
        let mega = 1024 * 1024;
        let sizes = [
            (1, 5 * mega),
            (2, 2 * mega),
            (3, 3 * mega),
            (4, 50 * mega),
            (5, 1),
        ];
        let runs: Vec<Vec<u32>> = batches(&sizes, 40 * mega)
            .iter()
            .map(|run| run.iter().map(|(uid, _)| *uid).collect())
            .collect();
        assert_eq!(runs, [vec![1, 2], vec![3], vec![4], vec![5]]);
    }
}
