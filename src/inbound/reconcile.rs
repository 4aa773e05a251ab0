//! Proves that every mail of the mailboxes has its outcome (SPEC §2). Comes in: the mailboxes, listed beside
//! a running desk. Goes out: what differs. It takes no mail itself, since the desk may be taking it; what it
//! changes, on request alone, are marks of the ledger, and the folder a mail lies in.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use uuid::Uuid;

use super::error::ImapError;
use super::poller::{IntakeError, PollerSettings};
use super::session::ImapSession;
use crate::mail::MessageId;
use crate::mail::parse::content_hash;
use crate::pipeline::{Difference, Finding, Pipeline};
use crate::store::mails::MailPlace;
use crate::store::reconciling::{self, LedgerPlace};
use crate::store::{Tx, mailboxes};

/// UIDs compared at a time.
const COMPARED_AT_ONCE: usize = 500;

/// Rows of the ledger read at a time.
const KEYS_AT_ONCE: i64 = 10_000;

/// What to do beyond looking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wish {
    /// How long to wait before what differs is looked at again: a mail may just be arriving.
    pub settle: Duration,
    /// Correct marks of the ledger that are wrong.
    pub repair: bool,
    /// Lay mails that the ledger has never seen back into the mailbox.
    pub take_back: bool,
}

/// What was compared, and what differs.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Reconciliation {
    /// Each folder with the number of its mails.
    pub folders: Vec<(String, usize)>,
    /// What differs.
    pub findings: Vec<Finding>,
}

/// Compares mailboxes, folders and outbox with what is recorded of them.
pub async fn reconcile(
    pipeline: &Pipeline,
    settings: &[PollerSettings],
    wish: Wish,
) -> Result<Reconciliation, IntakeError> {
    if !wish.settle.is_zero() {
        let only_look = Wish {
            repair: false,
            take_back: false,
            ..wish
        };
        let first = compare(pipeline, settings, only_look).await?;
        if first.findings.is_empty() {
            return Ok(first);
        }
        tokio::time::sleep(wish.settle).await;
    }
    compare(pipeline, settings, wish).await
}

async fn compare(
    pipeline: &Pipeline,
    settings: &[PollerSettings],
    wish: Wish,
) -> Result<Reconciliation, IntakeError> {
    let names: Vec<&str> = settings.iter().map(|one| one.mailbox.as_str()).collect();
    let mut whole = Reconciliation {
        folders: Vec::new(),
        findings: pipeline.find_differences(&names).await?,
    };
    for one in settings {
        let mut session = ImapSession::connect(&one.imap).await?;
        let look = Look {
            pipeline,
            settings: one,
            wish,
        };
        look.at_mailbox(&mut session, &mut whole).await?;
        // The junk folder's mails go to the same folders, which are compared once.
        if let (Some((processed, quarantine)), false) = (&one.folders, one.junk) {
            for folder in [processed, quarantine] {
                look.at_folder(&mut session, folder, &mut whole).await?;
            }
        }
        session.logout().await;
    }
    Ok(whole)
}

struct Look<'a> {
    pipeline: &'a Pipeline,
    settings: &'a PollerSettings,
    wish: Wish,
}

impl Look<'_> {
    async fn at_mailbox(
        &self,
        session: &mut ImapSession,
        whole: &mut Reconciliation,
    ) -> Result<(), IntakeError> {
        let mailbox = &self.settings.mailbox;
        let validity = session.select(mailbox).await?.uid_validity;
        let listed = session.list_uids().await?;
        whole.folders.push((mailbox.clone(), listed.len()));
        for part in listed.chunks(COMPARED_AT_ONCE) {
            let (Some(first), Some(last)) = (part.first(), part.last()) else {
                continue;
            };
            let mut tx = self.pipeline.database.read().await?;
            let known = reconciling::list_places(&mut tx, mailbox, validity, (*first, *last)).await?;
            drop(tx);
            for uid in part {
                let row = known
                    .binary_search_by_key(uid, |place| place.uid)
                    .ok()
                    .and_then(|at| known.get(at));
                if let Some(mut finding) = self.difference(*uid, row) {
                    if self.wish.repair && finding.kind == Difference::WrongMark {
                        let place = MailPlace {
                            uid_validity: validity,
                            uid: *uid,
                        };
                        self.unfile(place).await?;
                        finding.repaired = true;
                    }
                    whole.findings.push(finding);
                }
            }
        }
        Ok(())
    }

    fn difference(&self, uid: u32, row: Option<&LedgerPlace>) -> Option<Finding> {
        let moves = self.settings.folders.is_some() && !self.settings.junk;
        let (kind, what) = match row {
            None => (Difference::NotTaken, "the ledger does not know it"),
            // Told by the ledger, with its last error.
            Some(row) if !row.decided => return None,
            Some(row) if moves && row.filed => {
                (Difference::WrongMark, "the ledger says that it was moved away")
            }
            Some(_) if moves => (
                Difference::NotMoved,
                "it has its outcome and waits to be moved away",
            ),
            Some(_) => return None,
        };
        let place = format!("{} UID {uid}", self.settings.mailbox);
        Some(Finding::new(kind, place, what))
    }

    async fn unfile(&self, place: MailPlace) -> Result<(), IntakeError> {
        let mut tx = self.pipeline.database.begin().await?;
        mailboxes::mark_unfiled(&mut tx, &self.settings.mailbox, place).await?;
        Ok(tx.commit().await?)
    }

    /// Moved mails have new UIDs: they are known by Message-ID and size, else by their content.
    async fn at_folder(
        &self,
        session: &mut ImapSession,
        folder: &str,
        whole: &mut Reconciliation,
    ) -> Result<(), IntakeError> {
        match session.select(folder).await {
            Ok(_) => {}
            // It is made with the first mail that is moved there.
            Err(ImapError::Refused { .. }) => return Ok(()),
            Err(error) => return Err(error.into()),
        }
        let listed = session.list_uids().await?;
        whole.folders.push((folder.to_owned(), listed.len()));
        if listed.is_empty() {
            return Ok(());
        }
        let keys = Keys::read(self.pipeline).await?;
        for part in listed.chunks(COMPARED_AT_ONCE) {
            let sizes = session.fetch_sizes(part).await?;
            let ids = session.fetch_message_id_fields(part).await?;
            let mut unknown = Vec::new();
            for (uid, size) in sizes {
                let id = ids.get(&uid).and_then(|field| named_in(field));
                let known = id.as_ref().is_some_and(|id| keys.has(id.as_str(), size))
                    || self.knows_content(session, (uid, size)).await?;
                if !known {
                    unknown.push((uid, id));
                }
            }
            self.tell_unknown(session, folder, unknown, whole).await?;
        }
        Ok(())
    }

    async fn knows_content(
        &self,
        session: &mut ImapSession,
        (uid, size): (u32, u64),
    ) -> Result<bool, IntakeError> {
        let bytes = if size > self.settings.limit_octets {
            session.fetch_header(uid).await?
        } else {
            session.fetch_raw(&[uid]).await?.pop().map(|(_, bytes)| bytes)
        };
        // What somebody took away meanwhile is no difference.
        let Some(bytes) = bytes else { return Ok(true) };
        let mut tx: Tx = self.pipeline.database.read().await?;
        Ok(reconciling::has_content(&mut tx, &content_hash(&bytes)).await?)
    }

    async fn tell_unknown(
        &self,
        session: &mut ImapSession,
        folder: &str,
        unknown: Vec<(u32, Option<MessageId>)>,
        whole: &mut Reconciliation,
    ) -> Result<(), IntakeError> {
        let uids: Vec<u32> = unknown.iter().map(|(uid, _)| *uid).collect();
        if self.wish.take_back && !uids.is_empty() {
            session.move_to(&uids, &self.settings.mailbox).await?;
        }
        for (uid, id) in unknown {
            let what = id.map_or_else(
                || "without Message-ID".to_owned(),
                |id| format!("<{}>", id.as_str()),
            );
            let mut finding = Finding::new(Difference::NotInLedger, format!("{folder} UID {uid}"), what);
            finding.repaired = self.wish.take_back;
            whole.findings.push(finding);
        }
        Ok(())
    }
}

/// The identifier in a field that was fetched alone.
fn named_in(field: &[u8]) -> Option<MessageId> {
    let text = String::from_utf8_lossy(field);
    let (_, value) = text.split_once(':')?;
    MessageId::parse_list(value).into_iter().next()
}

/// Message-IDs and sizes of every mail with an outcome, as numbers: a million of them fit into memory.
struct Keys {
    hasher: RandomState,
    numbers: HashSet<u64>,
}

impl Keys {
    async fn read(pipeline: &Pipeline) -> Result<Self, IntakeError> {
        let mut keys = Self {
            hasher: RandomState::new(),
            numbers: HashSet::new(),
        };
        let mut after = Uuid::nil();
        loop {
            // A transaction for each part: a long one would keep the database from tidying itself.
            let mut tx = pipeline.database.read().await?;
            let part = reconciling::list_ledger_keys(&mut tx, after, KEYS_AT_ONCE).await?;
            drop(tx);
            let Some(last) = part.last() else {
                return Ok(keys);
            };
            after = last.id;
            for key in part.iter().filter(|key| !key.message_id.is_empty()) {
                let number = keys.hasher.hash_one((key.message_id.as_str(), key.size));
                keys.numbers.insert(number);
            }
        }
    }

    fn has(&self, message_id: &str, size: u64) -> bool {
        self.numbers.contains(&self.hasher.hash_one((message_id, size)))
    }
}
