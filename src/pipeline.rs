//! The way of one mail: keep → read → authenticate → situation → decide → write → commit.
//!
//! Comes in: raw mails, from IMAP or from files. Goes out: outcomes in the database. Every entry of a mail
//! comes through here. It must send nothing: what is to be sent lies in the outbox afterwards. DNS is
//! asked before a transaction, never inside one.

mod answering;
mod beside;
mod bounces;
mod bundling;
mod calling;
mod clock_letters;
mod commanding;
mod confirming;
mod correcting;
mod customer_letters;
mod deciding_outgoing;
mod echoing;
mod enclosing;
mod explaining;
mod forwarding;
mod holding;
mod intake;
mod judging;
mod junk;
mod letters;
mod listing;
mod notifying;
mod on_behalf;
mod posting;
mod probing;
mod quieting;
mod reckoning;
mod reconciling;
mod releasing;
mod remarking;
mod restoring;
mod sent_as;
mod showing;
mod signing_in;
mod silent;
mod situation;
mod speaking;
mod staff_letters;
mod storage;
mod ticking;
mod timekeeping;
mod trouble;
mod watching;
mod writing;

use std::sync::{Arc, PoisonError, RwLock};

use uuid::Uuid;

use crate::authentication::{OwnCheck, TokenKeys, Trust};
use crate::billing::Shelf;
use crate::clock::Clock;
use crate::correspondence::{ComposeError, Templates};
use crate::inquiry::{Policy, decide};
use crate::mail::InboundMessage;
use crate::registry::StaffMember;
use crate::store::leases::Fence;
use crate::store::mails::StoredMail;
use crate::store::{Database, StoreError, Tx, mails};
use crate::ticket::{Language, MailOutcome};

pub use correcting::{Correction, CorrectionRefusal};
pub use deciding_outgoing::OutboxRefusal;
pub use intake::{Arrival, Kept};
pub use junk::LEFT_IN_JUNK;
pub use posting::{Post, Posting};
pub use probing::AddressStanding;
pub use reconciling::{Difference, Finding, SILENT_AFTER};
pub use releasing::{ReleaseRefusal, ReleaseTarget};
pub use signing_in::{PagePerson, Seat, SignInRequest};
pub use storage::Storage;
pub use timekeeping::Timekeeper;
pub use watching::{OutageKind, WatchSettings, Watchman};

/// What letters need of the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LetterSettings {
    /// The desk's name in From and in texts, in Japanese and in English letters.
    pub desk_names: ByLanguage,
    /// The desk's signature in letters.
    pub signatures: ByLanguage,
    /// Address of the support page, where there is one.
    pub page_url: Option<String>,
    /// Language of mails to staff.
    pub staff_language: Language,
    /// Seconds a relayed answer waits, so that it can be taken back.
    pub relay_delay_seconds: u32,
    /// Size limit of inbound mail, in megabytes, as customers are told it.
    pub limit_megabytes: u64,
}

/// A text in both languages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ByLanguage {
    /// In Japanese letters.
    pub japanese: String,
    /// In English letters.
    pub english: String,
}

impl ByLanguage {
    /// The text for a language.
    pub fn text(&self, language: Language) -> &str {
        match language {
            Language::Japanese => &self.japanese,
            Language::English => &self.english,
        }
    }
}

/// Everything a mail needs on its way; clones share the policy.
#[derive(Debug, Clone)]
pub struct Pipeline {
    /// Where it is kept.
    pub database: Database,
    /// Time and fresh ids.
    pub clock: Clock,
    /// Token and Message-ID keys.
    pub keys: TokenKeys,
    /// What counts as a staff member's own hand, and whose word on customers is believed.
    pub trust: Arc<Trust>,
    /// The texts.
    pub templates: Arc<Templates>,
    /// What letters say.
    pub settings: LetterSettings,
    /// Rules and calendar; replaced as a whole when a file changes.
    pub policy: Arc<RwLock<Arc<Policy>>>,
    /// What is known of the storage below the database.
    pub storage: Arc<Storage>,
    /// Statements of the support fee, for inquiries about it.
    pub fees: Arc<Shelf>,
}

/// Why a mail could not be taken through; it stays without outcome and is tried again.
#[derive(Debug, thiserror::Error)]
pub enum PipelineError {
    /// Keeping failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A text could not be composed.
    #[error(transparent)]
    Compose(#[from] ComposeError),
    /// A decision names a ticket that is not there.
    #[error("ticket {0} is missing although a decision names it")]
    MissingTicket(Uuid),
    /// A held mail was decided by somebody else at the same moment.
    #[error("held mail {0} was decided at the same moment; trying again")]
    DecidedMeanwhile(Uuid),
    /// Recording the end of a delivery was cut off.
    #[error("recording how a delivery ended was cut off; it is done again")]
    Interrupted,
    /// There is less room on the disk than must be free; nothing was begun.
    #[error(
        "{free} MB are free where the database lies, {wanted} MB must be ([database] free_megabytes); \
         no mail is taken until there is room again"
    )]
    NoRoom {
        /// Megabytes that are free.
        free: u64,
        /// Megabytes that must be.
        wanted: u64,
    },
    /// No token key is configured.
    #[error("no token key is configured; set [tokens] key_file")]
    NoTokenKey,
}

impl PipelineError {
    /// Whether trying again may help without anybody's doing.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Store(error) => error.is_transient(),
            Self::DecidedMeanwhile(_) | Self::Interrupted | Self::NoRoom { .. } => true,
            Self::Compose(_) | Self::MissingTicket(_) | Self::NoTokenKey => false,
        }
    }
}

impl PipelineError {
    /// Whether the disk below the database is full or broken.
    pub fn is_storage_trouble(&self) -> bool {
        match self {
            Self::Store(error) => error.is_storage_trouble(),
            Self::NoRoom { .. } => true,
            Self::Compose(_)
            | Self::MissingTicket(_)
            | Self::DecidedMeanwhile(_)
            | Self::Interrupted
            | Self::NoTokenKey => false,
        }
    }
}

/// What became of a mail: one line of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Processed {
    /// The mail.
    pub mail: Uuid,
    /// Its outcome.
    pub outcome: MailOutcome,
    /// Why.
    pub reason: String,
    /// The ticket it concerns.
    pub ticket: Option<Uuid>,
}

impl Pipeline {
    /// The same for work that only the holder of a lease may do.
    #[must_use]
    pub fn fenced(&self, fence: Fence) -> Self {
        Self {
            database: self.database.fenced(fence),
            ..self.clone()
        }
    }

    /// The rules and calendar in force.
    pub fn policy(&self) -> Arc<Policy> {
        Arc::clone(&self.policy.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes one readable mail through, inside the caller's transaction.
    async fn receive(
        &self,
        tx: &mut Tx,
        stored: &StoredMail,
        (message, own): (&InboundMessage, &OwnCheck),
        staff: &[StaffMember],
    ) -> Result<Processed, PipelineError> {
        let policy = self.policy();
        let situation = Box::pin(self.situation(tx, stored, (message, own), staff)).await?;
        let decision = decide(message, &situation, &policy);
        let case = writing::Case {
            stored,
            message,
            situation: &situation,
            decision: &decision,
            staff,
        };
        // On the heap: what a mail may cause is a wide tree, and every caller would carry all of it.
        let ticket = Box::pin(writing::write(self, tx, &case)).await?;
        self.remember(tx, &case).await?;
        if let (true, Some(id)) = (situation.authentication.own_message_id, &message.message_id) {
            self.notice_own_copy(tx, id).await?;
        }
        let message_id = message.message_id.as_ref().map(crate::mail::MessageId::as_str);
        let read = mails::ReadMail {
            message_id,
            ticket,
            outcome: decision.outcome,
            reason: decision.reason,
        };
        mails::mark_read(tx, stored.id, read, situation.now).await?;
        Ok(Processed {
            mail: stored.id,
            outcome: decision.outcome,
            reason: decision.reason.to_owned(),
            ticket,
        })
    }
}
